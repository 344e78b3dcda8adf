"""Every event of a return is about something, so that no line of the timeline is lost to a filter."""

from typing import get_args

from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.timeline import AMOUNTS, KINDS
from backhaul.marketplace.timeline_texts import FACTS, KIND_LABELS


def test_every_event_has_its_kind_and_every_kind_its_name() -> None:
    assert set(get_args(e.Any)) == KINDS.keys()
    assert set(KINDS.values()) | {"message"} == KIND_LABELS.keys()
    assert AMOUNTS.keys() <= KINDS.keys()


def test_no_line_shows_who_the_customer_or_a_witness_is() -> None:
    assert not {"customer_ref", "customer_language", "witness", "comment"} & FACTS.keys()
