"""P18 and R112: what becomes of a claim on a carrier, and of the table's compensation beside it. Instants are Moscow's."""

import pytest

from backhaul.kit.days import MOSCOW
from backhaul.kit.money import Money
from backhaul.marketplace.rules import chart
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.calendar import timers
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.words import Mark, Route
from tests.rules.cast import (
    CALENDAR,
    CHEN,
    ELIF,
    EXPLAINED,
    LUMITEK,
    MARINA,
    OLEG,
    TWO_PHOTOS,
    Story,
    balance,
    check_in,
    line,
    moscow,
    rub,
)

ELIF_S_ACCOUNT, CHEN_S_ACCOUNT = "payable:seller:1180457", "payable:seller:2093311"


def announced(story: Story, kind: type[do.Command]) -> list[str]:
    due = timers(story.it, Terms().policy)
    return [f"{at.astimezone(MOSCOW):%Y-%m-%d %H:%M}" for at, command in due if type(command) is kind]


def lamp(reason: str = "packaging_and_product_damaged") -> Story:
    """J7's lamp on route A: damaged with its packaging on the way to the customer; taken in on 6 September, refunded on the 7th."""
    story = Story(reason=reason, of=line("16800.00", 800), at="2024-09-02 10:00").submitted("2024-09-02 10:00")
    story.approved("2024-09-04 15:00", Route.A).accepted("2024-09-06 14:00").dispatched("2024-09-06 15:00")
    return story.refunded("2024-09-07 12:00")


def crushed() -> Story:
    """J7 on route B: sound at the point, a crushed box on arrival, partially damaged; the claim is drafted on 25 September."""
    story = Story(LUMITEK, reason="did_not_fit", of=line("16800.00", 800), at="2024-09-10 10:00")
    story.accepted("2024-09-14 10:00").dispatched("2024-09-14 11:00").refunded("2024-09-15 12:00")
    return story.arrived("2024-09-25 14:00", packaging_intact=False).marked(Mark.PARTIALLY_DAMAGED, "2024-09-25 16:00")


# -- Filed in time, or not at all -------------------------------------------------------------------------------------


def test_a_draft_that_nobody_files_lapses_with_its_last_day() -> None:
    """P18: drafted 25 September, the last day is 9 October."""
    story = crushed()
    assert ["2024-10-10 00:00"] == announced(story, do.LapseClaim)
    story.does(CALENDAR, do.LapseClaim(), "2024-10-10 00:00")

    assert ("refused", "not_filed") == (story.it.claim.status, story.happened(e.ClaimMoved)[-1].comment)
    assert ("not_in_this_state", "conflict") == story.refuses(CHEN, do.FileClaim(), "2024-10-10 00:00")
    assert [] == announced(story, do.LapseClaim)


def test_the_point_without_photos_is_no_proof_that_the_box_was_sound() -> None:
    """P18: a sound PVZ photo; P7: goods that nobody checked have none."""
    story = Story(LUMITEK, reason="did_not_fit", of=line("16800.00", 800))
    story.accepted(check=check_in(checked=False, photos=())).dispatched().refunded()
    story.arrived(packaging_intact=False).marked(Mark.PARTIALLY_DAMAGED)

    assert "none" == story.it.claim.status


# -- The carrier answers within 30 days, or is told of ----------------------------------------------------------------


def test_a_carrier_has_thirty_days_to_answer() -> None:
    """Filed on 26 September: the last day is 26 October."""
    story = crushed()
    story.does(CHEN, do.FileClaim(), "2024-09-26 10:00")

    assert moscow("2024-10-27 00:00") == story.it.claim.answer_by
    assert ["2024-10-27 00:00"] == announced(story, do.AlarmClaim)

    story.does(MARINA, do.TakeUpClaim(), "2024-09-27 10:00")
    story.does(CALENDAR, do.AlarmClaim(), "2024-10-27 00:00")
    assert ("in_review", True) == (story.it.claim.status, story.it.claim.late)
    assert [] == announced(story, do.AlarmClaim)  # once
    assert [e.ClaimWentUnanswered(moscow("2024-10-27 00:00"))] == story.happened(e.ClaimWentUnanswered)


def test_an_answer_in_time_ends_the_waiting() -> None:
    story = crushed()
    story.does(CHEN, do.FileClaim(), "2024-09-26 10:00")
    story.does(
        MARINA, do.RecordCarrierAnswer(accepts=False, comment="Weak packing.", photos=TWO_PHOTOS), "2024-10-02 10:00"
    )

    assert ("in_review", [], False) == (story.it.claim.status, announced(story, do.AlarmClaim), story.it.claim.late)
    assert story.it.claim.answer == e.ClaimAnswered(accepts=False, comment="Weak packing.", photos=TWO_PHOTOS)


def test_an_objection_explains_itself() -> None:
    story = crushed()
    story.does(CHEN, do.FileClaim(), "2024-09-26 10:00")

    assert ("explanation_required", "invalid") == story.refuses(
        MARINA, do.RecordCarrierAnswer(accepts=False, comment=" ")
    )


def test_a_carrier_that_accepts_grants_the_claim_and_pays_the_full_price_once() -> None:
    """J6, J7: 16,800.00, and the customer's refund is untouched."""
    story = crushed()
    story.does(CHEN, do.FileClaim(), "2024-09-26 10:00")
    story.does(MARINA, do.RecordCarrierAnswer(accepts=True), "2024-10-02 10:00")
    story.does(MARINA, do.PayClaim(), "2024-10-18 10:00")

    assert rub("16800.00") == Money(-balance(story.entries, chart.CARRIERS))
    assert (0, rub("16800.00")) == (
        balance(story.entries, CHEN_S_ACCOUNT),
        Money(balance(story.entries, chart.IN_TRANSIT)),
    )


def test_no_carrier_answers_for_a_substitution() -> None:
    story = Story(LUMITEK, reason="did_not_fit", of=line("18500.50", 250))
    story.accepted().dispatched().refunded().arrived().marked(Mark.SUBSTITUTED)

    assert ("not_a_carriers_claim", "conflict") == story.refuses(MARINA, do.RecordCarrierAnswer(accepts=True))
    assert story.it.claim.answer_by is None
    assert [] == announced(story, do.AlarmClaim)


# -- Carrier or table, never both, and never neither ------------------------------------------------------------------


def test_while_the_claim_is_open_the_table_pays_nothing() -> None:
    assert ("draft", "none") == (lamp().it.claim.status, lamp().it.compensation.status)


def test_a_refused_claim_leaves_the_class_of_the_sellers_fault() -> None:
    """J7: weak packing: 15 % of 16,800.00 is 2,520.00; credited on day 6, due with day 7 after the decision."""
    story = lamp()
    story.does(ELIF, do.FileClaim(), "2024-09-08 10:00")
    story.does(MARINA, do.RecordCarrierAnswer(accepts=False, comment="Weak packing."), "2024-09-20 10:00")
    story.does(MARINA, do.RefuseClaim(EXPLAINED), "2024-09-23 10:00")

    quote = story.it.compensation.quote
    assert quote is not None
    assert ("seller_fault", 15, rub("2520.00")) == (quote.quality, quote.rate_pct, quote.amount)
    assert (moscow("2024-09-29 02:00"), moscow("2024-10-01 00:00")) == (
        story.it.compensation.credit_at, story.it.compensation.due_by,
    )  # fmt: skip
    story.does(CALENDAR, do.CreditCompensation(), "2024-09-29 02:00")
    assert rub("-14280.00") == Money(balance(story.entries, ELIF_S_ACCOUNT))  # 2,520.00 less the refund


def test_a_payment_that_is_taken_back_does_the_same() -> None:
    story = lamp()
    story.does(ELIF, do.FileClaim(), "2024-09-08 10:00")
    story.does(MARINA, do.RecordCarrierAnswer(accepts=True), "2024-09-20 10:00")
    story.does(MARINA, do.PayClaim(), "2024-09-21 10:00")
    story.does(MARINA, do.ReverseClaim(EXPLAINED), "2024-09-25 10:00")
    story.does(CALENDAR, do.CreditCompensation(), "2024-10-01 02:00")

    assert ("reversed", "credited") == (story.it.claim.status, story.it.compensation.status)
    assert rub("-14280.00") == Money(balance(story.entries, ELIF_S_ACCOUNT))
    assert 0 == balance(story.entries, chart.CARRIERS)


def test_a_lapsed_draft_does_the_same() -> None:
    """Drafted 6 September, so the last day is the 20th."""
    story = lamp()
    story.does(CALENDAR, do.LapseClaim(), "2024-09-21 00:00")

    assert ("accrued", rub("2520.00")) == (
        story.it.compensation.status, story.it.compensation.quote.amount if story.it.compensation.quote else None,
    )  # fmt: skip


def test_a_granted_claim_pays_the_full_price_and_the_table_nothing() -> None:
    story = lamp()
    story.does(ELIF, do.FileClaim(), "2024-09-08 10:00")
    story.does(MARINA, do.RecordCarrierAnswer(accepts=True), "2024-09-20 10:00")
    story.does(MARINA, do.PayClaim(), "2024-09-21 10:00")

    assert ("none", 0) == (story.it.compensation.status, balance(story.entries, ELIF_S_ACCOUNT))


def test_a_refund_that_is_sent_again_after_the_refusal_is_compensated_by_the_same_class() -> None:
    story = lamp()
    story.does(CALENDAR, do.LapseClaim(), "2024-09-21 00:00")
    story.does(MARINA, do.FailRefund("The card is closed."), "2024-09-22 10:00")
    story.does(MARINA, do.SendRefund(), "2024-09-23 10:00")

    assert ("accrued", rub("2520.00")) == (
        story.it.compensation.status, story.it.compensation.quote.amount if story.it.compensation.quote else None,
    )  # fmt: skip
    assert moscow("2024-10-01 00:00") == story.it.compensation.due_by


def test_a_claim_refused_before_the_refund_waits_for_the_refund() -> None:
    story = Story(reason="packaging_and_product_damaged", of=line("16800.00", 800)).approved(route=Route.A).accepted()
    story.does(MARINA, do.HoldRefund("Risk check."))
    story.does(CALENDAR, do.LapseClaim(), story.it.claim.file_by)
    assert "none" == story.it.compensation.status

    assert "accrued" == story.refunded().it.compensation.status


# -- Found ------------------------------------------------------------------------------------------------------------


def lost_on_route_a() -> Story:
    """Held for a risk check until it was lost, so that nothing is compensated and a claim is drafted."""
    story = Story(of=line("12400.00", 900), at="2024-09-02 10:00").approved("2024-09-04 15:00", Route.A)
    story.accepted("2024-09-06 14:00").dispatched("2024-09-06 15:00")
    story.lost("2024-10-07 00:00")
    assert ("lost", "draft") == (story.it.status, story.it.claim.status)
    return story


def test_what_the_sorting_point_finds_in_time_is_disposed_of_and_the_table_pays() -> None:
    story = lost_on_route_a()
    story.does(MARINA, do.SendRefund(), "2024-10-07 10:00")
    assert "none" == story.it.compensation.status
    story.does(OLEG, do.ReceiveForDisposal(), "2024-10-09 10:00")

    assert ("disposing_by_marketplace", "refused") == (story.it.status, story.it.claim.status)
    assert ("accrued", moscow("2024-10-17 00:00")) == (story.it.compensation.status, story.it.compensation.due_by)
    assert rub("3720.00") == story.happened(e.CompensationAccrued)[0].quote.amount


def test_what_was_paid_as_lost_belongs_to_the_carrier() -> None:
    story = lost_on_route_a().claimed()

    assert ("belongs_to_the_carrier", "conflict") == story.refuses(OLEG, do.ReceiveForDisposal())


@pytest.mark.parametrize("days", [1, 6])
def test_a_payment_that_is_taken_back_after_the_finding_leaves_the_product_to_the_seller(days: int) -> None:
    """J6: keep the money or take the product; nobody is left with neither."""
    story = Story(LUMITEK, reason="did_not_fit", of=line("21900.00", 1_100), at="2024-08-30 10:00")
    story.accepted("2024-09-01 15:00").dispatched("2024-09-01 16:00").refunded("2024-09-02 12:00")
    story.lost("2024-10-02 00:00").claimed("2024-10-10 10:00")
    story.arrived("2024-10-25 11:00")
    assert "found_after_claim" == story.it.status
    story.does(MARINA, do.ReverseClaim(EXPLAINED), f"2024-10-{25 + days} 12:00")

    assert ("at_partner", "reversed", None) == (story.it.status, story.it.claim.status, story.it.act_by)
    assert [] == announced(story, do.KeepMoney)
