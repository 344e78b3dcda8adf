"""Which template fits which return, what its places say, and what no template may contain."""

from typing import Any

import msgspec
import pytest

from backhaul.kit.machine import Refused
from backhaul.marketplace.answer_texts import FIELD_LABELS, PLACES, SITUATIONS, seeds
from backhaul.marketplace.rules import answers
from backhaul.marketplace.rules.answers import Facts, Situation, Template, check, check_message, facts_for, filled
from backhaul.marketplace.rules.returns import Return, group_of
from backhaul.marketplace.rules.words import LANGUAGES, ReasonGroup, Role, Variant
from tests.rules.cast import LUMITEK, Story, moscow


def texts(text: str = "Return {number} of {product}.") -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


GOOD = Template("where_is_it", "Where is it", texts())


def refusal(template: Template) -> tuple[str, str | None]:
    with pytest.raises(Refused) as found:
        check(template)
    return found.value.code, found.value.field


def test_the_templates_of_the_product_are_good_and_speak_four_languages() -> None:
    for seed in seeds():
        check(seed)
        assert set(LANGUAGES) == seed.texts.keys()
    assert SITUATIONS.keys() == set(Situation)
    assert PLACES.keys() == set(answers.PLACES)
    assert {f"text_{language}" for language in LANGUAGES} <= FIELD_LABELS.keys()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"texts": texts("{customer} waits")}, "template_place_unknown", "text_en"),
        ({"texts": {**texts(), "tr": "{number!r}"}}, "template_place_unknown", "text_tr"),
        ({"texts": {**texts(), "ru": "{number"}}, "template_place_open", "text_ru"),
        ({"texts": {**texts(), "zh": "number}"}}, "template_place_open", "text_zh"),
        ({"texts": {**texts(), "zh": " "}}, "template_text_missing", "text_zh"),
        ({"texts": texts("x" * 2_001)}, "field_invalid", "text_en"),
        ({"texts": {**texts(), "de": "Nein"}}, "field_invalid", "texts"),
        ({"title": " "}, "field_invalid", "title"),
        ({"title": "x" * 121}, "field_invalid", "title"),
        ({"code": "new"}, "template_code_invalid", "code"),
        ({"code": "ab"}, "template_code_invalid", "code"),
        ({"code": "a" * 41}, "template_code_invalid", "code"),
        ({"code": "Über"}, "template_code_invalid", "code"),
        ({"to": Role.CLERK}, "field_invalid", "to"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(changes: dict[str, Any], code: str, field: str) -> None:
    check(GOOD)
    check(msgspec.structs.replace(GOOD, texts=texts("x" * 2_000), title="x" * 120, code="a" * 40))

    assert (code, field) == refusal(msgspec.structs.replace(GOOD, **changes))


def test_a_message_with_a_place_that_nobody_filled_is_not_sent() -> None:
    assert "Hello {world}" == check_message("  Hello {world} ")
    assert "x\n" * 999 + "xy" == check_message("x\r\n" * 999 + "xy")
    for text, code in (
        ("Until {deadline}", "message_place_left"),
        (" \n", "field_invalid"),
        ("x" * 2_001, "field_invalid"),
    ):
        with pytest.raises(Refused) as found:
            check_message(text)
        assert code == found.value.code


def test_only_known_places_are_filled_and_nothing_is_computed() -> None:
    assert "R-1 and {other} {number.x}" == filled("{number} and {other} {number.x}", {"number": "R-1"})


def fitting(it: Return) -> dict[str, Facts]:
    return {seed.code: facts for seed in seeds() if (facts := facts_for(seed, it)) is not None}


def test_a_template_fits_by_where_the_return_stands_and_says_its_own_deadline_and_amount() -> None:
    """P5, P6: five days to drop off, two to answer an offer; people read the last minute that counts."""
    story = Story(LUMITEK).submitted("2024-09-02 10:00")
    assert {} == fitting(story.it)
    approved = story.approved("2024-09-03 09:00").it
    assert ["how_to_send"] == list(fitting(approved))
    until = fitting(approved)["how_to_send"].deadline
    assert until is not None
    assert approved.act_by is not None
    assert moscow("2024-09-08 23:59") <= until < approved.act_by
    accepted = story.accepted("2024-09-04 10:00").it
    assert ["refund_waits"] == list(fitting(accepted))
    assert (accepted.refund.amount, accepted.refund.send_at) == (
        fitting(accepted)["refund_waits"].amount, fitting(accepted)["refund_waits"].deadline,
    )  # fmt: skip
    assert ["refund_sent"] == list(fitting(story.refunded().it))


def test_variant_and_reason_group_narrow_a_template_and_a_retired_one_is_not_offered() -> None:
    it = Story(LUMITEK).submitted("2024-09-02 10:00").it  # variant C, did not fit

    assert facts_for(GOOD, it) is not None
    for changes, fits in (
        ({"variant": Variant.C}, True), ({"variant": Variant.T}, False),
        ({"reason_group": group_of(it)}, True), ({"reason_group": ReasonGroup.DAMAGE}, group_of(it) is ReasonGroup.DAMAGE),
        ({"active": False}, False), ({"situation": Situation.OFFER}, False),
    ):  # fmt: skip
        assert fits == (facts_for(msgspec.structs.replace(GOOD, **changes), it) is not None), changes


def test_a_template_whose_place_has_nothing_to_say_is_not_offered() -> None:
    """After the acceptance no bound of the customer runs."""
    accepted = Story(LUMITEK).submitted("2024-09-02 10:00").approved("2024-09-03 09:00").accepted("2024-09-04 10:00").it
    until = msgspec.structs.replace(GOOD, texts=texts("Until {deadline}"))

    assert accepted.act_by is None
    assert facts_for(until, accepted) is None
    assert facts_for(GOOD, accepted) == Facts(accepted.number, accepted.line.name, accepted.refund.amount, None)
