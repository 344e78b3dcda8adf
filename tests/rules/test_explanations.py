"""Why an amount is what it is: the steps of J3 and J13, with the numbers worked out by hand; all of them have words."""

import re
from datetime import date

import msgspec
import pytest

from backhaul.kit.money import Money
from backhaul.marketplace import explanation_texts
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.exchange import Payout, Rate
from backhaul.marketplace.rules.explanations import Explanation, Step, explained, for_customer
from backhaul.marketplace.rules.words import Mark, Route
from tests.rules.cast import (
    CALENDAR,
    LUMITEK,
    UNLINKED,
    Story,
    line,
    moscow,
    rub,
)

CNY_PRICE = msgspec.structs.replace(
    line("5000.13", 350), unit_price=Money(370_38, "CNY"), ordered_on="2024-08-24", order_rate="13.5",
    rate_on="2024-08-23", rate_source="Central bank",
)  # fmt: skip


def of(story: Story, what: str) -> Explanation:
    found = explained(story.it, story.terms.policy, story.events)
    return next(one for one in found if one.what == what)


def facts(one: Explanation, code: str) -> dict[str, object]:
    return next(dict(step.facts) for step in one.steps if step.code == code)


def disposed(of: object = None, **named: object) -> Story:
    story = Story(of=of or line(), at="2024-09-02 10:00", **named)  # type: ignore[arg-type]
    story.submitted("2024-09-02 10:00").approved("2024-09-04 15:00", Route.A).accepted("2024-09-06 14:00")
    return story.refunded("2024-09-07 12:00")


def test_the_compensation_of_j3_is_told_from_the_price_to_the_day_it_is_due() -> None:
    """Woven throw, 0.900 kg, 12,400 RUB, did not like it: 3,720.00, due by 14 Sep 23:59:59."""
    told = of(disposed(), "compensation")

    assert rub("3720.00") == told.amount
    assert moscow("2024-09-15 00:00") == told.due_by
    assert [
        "price_in_roubles", "class_by_reason", "class_stays", "weight_band", "price_band", "cell", "amount_exact",
        "card_of_quote", "due_since",
    ] == [step.code for step in told.steps]  # fmt: skip
    assert {"quality": "proper", "weight_band": "0..1000", "price_band": "1000000..1500000", "rate_pct": 30} == facts(
        told, "cell"
    )
    assert "seed-000_30f6c7343d7c5654" == facts(told, "card_of_quote")["version"]


def test_the_price_of_j13_tells_its_rate_day_and_source_and_is_rounded_before_the_band() -> None:
    """370.38 CNY x 13.50 = 5,000.13; 20 % are 1,000.026."""
    told = of(disposed(CNY_PRICE), "compensation")

    assert rub("1000.03") == told.amount
    assert {
        "unit_price": Money(370_38, "CNY"), "price": rub("5000.13"), "ordered_on": date(2024, 8, 24), "currency": "CNY",
        "rate": "13.5", "source": "Central bank", "rate_on": date(2024, 8, 23),
    } == facts(told, "price_by_rate")  # fmt: skip
    assert "1000.0260" == facts(told, "amount_rounded")["exact"]


def test_nothing_is_explained_as_well() -> None:
    """J13: Elif asks why 0: 5,000.00 is in the first band of prices."""
    told = of(disposed(line("5000.00", 350)), "compensation")

    assert Money(0) == told.amount
    assert 0 == facts(told, "cell")["rate_pct"]


def test_a_seller_of_variant_c_and_a_product_at_the_partner_read_why_there_is_none() -> None:
    lumitek = Story(LUMITEK).submitted().approved().accepted()
    partner = Story(of=line(), at="2024-09-02 10:00").submitted().approved(route=Route.B).accepted()

    assert ("none_variant", None) == (of(lumitek, "compensation").steps[0].code, of(lumitek, "compensation").amount)
    assert "none_route" == of(partner, "compensation").steps[0].code


def test_a_payout_is_told_with_the_rate_of_the_accrual() -> None:
    rate = Rate("CNY", date(2024, 9, 7), 1, 13_500_000, "Central bank")
    paid_in_yuan = msgspec.structs.replace(UNLINKED, payout=Payout("CNY", (rate,)))
    story = disposed(facts=paid_in_yuan)
    story.does(CALENDAR, do.CreditCompensation(), "2024-09-13 02:00")

    assert Money(275_56, "CNY") == of(story, "compensation").payout.amount  # type: ignore[union-attr]
    assert date(2024, 9, 7) == facts(of(story, "compensation"), "payout")["rate_on"]


def test_a_claim_says_that_it_stands_in_place_of_the_table() -> None:
    story = Story(LUMITEK, of=line("16800.00", 800)).submitted().approved().accepted().refunded().dispatched()
    story.arrived(packaging_intact=False).marked(Mark.PARTIALLY_DAMAGED)
    told = of(story, "claim")

    assert rub("16800.00") == told.amount
    assert {"claim_carrier_damage", "claim_full", "claim_file", "claim_instead"} <= {step.code for step in told.steps}


def test_a_customer_reads_of_the_refund_alone() -> None:
    story = disposed()

    assert ["refund"] == [one.what for one in for_customer(explained(story.it, story.terms.policy, story.events))]


@pytest.mark.parametrize("code", explanation_texts.STEPS)
def test_every_step_has_words_without_a_gap(code: str) -> None:
    """With every fact there is, no place of any sentence stays open."""
    said = {
        **dict.fromkeys(re.findall(r"{(\w+)}", explanation_texts.STEPS[code]), "x"), "weight_gram": 900, "rate_pct": 30,
        "weight_band": "0..1000", "price_band": "500000..", "quality": "proper", "group": "fit", "reason": "did_not_like",
    }  # fmt: skip

    assert "{" not in explanation_texts.sentence(Step(code, said), "en", {"did_not_like": "Did not like it"})  # type: ignore[arg-type]
