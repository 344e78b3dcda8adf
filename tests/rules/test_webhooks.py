"""The law of webhooks: which events a seller is told of and what stands in them, how often a message is tried, when it is given up."""

import itertools
import typing
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from backhaul.kit.days import to_us
from backhaul.kit.rounds import next_probe
from backhaul.kit.webhook_law import is_given_up, is_to_pause, wants, was_down
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.webhooks import (
    TOLD,
    TYPES,
    Message,
    type_of,
)

AT = datetime(2024, 9, 2, 7, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# What is the customer's and the point's alone: a draft, more photos in it, an alarm at a point.
NOT_TOLD = {e.Requested, e.PhotosAdded, e.DwellAlarmed}
# What a person typed, who they are, where they live or were, what they photographed.
PRIVATE = {
    "comment", "customer_ref", "customer_language", "photos", "videos", "point_id", "witness", "defect", "by_whom", "line",
    "marking_code", "seal", "earlier", "number",
}  # fmt: skip


def test_every_event_is_told_or_is_known_not_to_be() -> None:
    """A new event wants a decision: say it to sellers, or here why not."""
    assert set(typing.get_args(e.Any)) == set(TOLD) | NOT_TOLD
    assert set() == set(TOLD) & NOT_TOLD


@pytest.mark.parametrize("event", TOLD)
def test_no_field_of_a_person_goes_along_and_all_fields_exist(event: type[e.Event]) -> None:
    assert set() == set(TOLD[event]) & PRIVATE
    assert set(TOLD[event]) <= set(event.__struct_fields__)


def test_types_are_named_like_the_events() -> None:
    assert "return.refund_sent" == type_of(e.RefundSent)
    assert "return.refunded_without_return" == type_of(e.RefundedWithoutReturn)
    assert "return.approved" == type_of(e.Approved)
    assert len(TOLD) == len(TYPES) == 47


def test_none_chosen_means_all() -> None:
    assert wants("", "return.approved")
    assert wants("return.approved return.rejected", "return.rejected")
    assert not wants("return.approved", "return.approved_twice")
    assert not wants("return.refund_sent", "return.refund")


@pytest.mark.parametrize(("fails", "seconds"), [(1, 5), (2, 10), (3, 20), (6, 160), (7, 300), (8, 300), (500, 300)])
def test_a_receiver_that_fails_is_asked_again_within_five_minutes(fails: int, seconds: int) -> None:
    assert to_us(AT + timedelta(seconds=seconds)) == next_probe(fails, AT, 1.0)
    assert to_us(AT + timedelta(seconds=seconds) / 2) == next_probe(fails, AT, 0.0)


def test_two_failures_are_a_message_and_three_are_the_receiver() -> None:
    assert (False, False, True) == (was_down(0), was_down(2), was_down(3))


def test_a_message_is_given_up_after_three_days_and_not_a_second_before() -> None:
    assert not is_given_up(AT, AT + timedelta(days=3) - SECOND, Policy())
    assert is_given_up(AT, AT + timedelta(days=3), Policy())


def test_a_receiver_is_paused_after_five_days_of_nothing_but_failures() -> None:
    assert not is_to_pause(AT, AT + timedelta(days=5) - SECOND, Policy())
    assert is_to_pause(AT, AT + timedelta(days=5), Policy())
    assert not is_to_pause(None, AT + timedelta(days=500), Policy())


def test_any_order_of_six_messages_leads_to_the_same_state() -> None:
    """T25: the version tells which is the latest; a receiver keeps the greatest, and the same id counts once."""
    said = [
        msgspec.json.encode({"id": f"evt_1_{n}", "type": "return.approved", "timestamp": AT, "data": {
            "return_id": 1, "return_number": "R-1", "version": n, "status": f"state {n}", "group_state": "new",
            "posting_number": "p", "offer_id": "o", "sku": 1}})
        for n in range(1, 7)
    ]  # fmt: skip
    ends = set()
    for order in itertools.permutations(said):
        seen: set[str] = set()
        state, version = "", 0
        for body in (*order, *order[::-1]):  # each twice
            one = msgspec.json.decode(body, type=Message)
            if one.id not in seen and one.data.version > version:
                state, version = one.data.status, one.data.version
            seen.add(one.id)
        ends.add((state, version))

    assert {("state 6", 6)} == ends
