"""What `decide` answers about money: refund, compensation, claim, and the postings of each. Instants are Moscow's.

Journeys J3, J6, J7, J8 and J13 of the requirements, with P8, P10, P15, P18, P26, R112 and decisions D3, D10.
"""

import msgspec
import pytest
from msgspec.structs import replace

from backhaul.kit.days import MOSCOW
from backhaul.kit.ledger import Entry
from backhaul.kit.money import Money
from backhaul.marketplace.rules import chart
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.calendar import timers
from backhaul.marketplace.rules.custody import payer_by_custody
from backhaul.marketplace.rules.decisions import By, open_acts
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Compensation, Return
from backhaul.marketplace.rules.words import Mark, Route
from tests.rules.cast import (
    ANADOLU,
    BANK,
    CALENDAR,
    CHEN,
    ELIF,
    IML,
    LUMITEK,
    MARINA,
    OLEG,
    TWO_PHOTOS,
    Story,
    all_commands,
    balance,
    check_in,
    line,
    moscow,
    rub,
)

TOO_LATE = ("too_late", "conflict")
NOT_NOW = ("not_in_this_state", "conflict")
ELIF_S_ACCOUNT = "payable:seller:1180457"
CHEN_S_ACCOUNT = "payable:seller:2093311"


def announced(it: Return, kind: type[do.Command]) -> list[str]:
    """When the calendar will give this command, on Moscow's wall."""
    return [
        f"{at.astimezone(MOSCOW):%Y-%m-%d %H:%M}" for at, command in timers(it, Terms().policy) if type(command) is kind
    ]


def moves(entries: list[Entry]) -> list[tuple[str, str, Money]]:
    return [(entry.debit, entry.credit, entry.amount) for entry in entries]


def throw(price: str = "12400.00") -> Story:
    """J3 up to the payout run: Elif chose to dispose; accepted 6 Sep, owed from then on."""
    story = Story(of=line(price, 900), at="2024-09-02 10:00").submitted("2024-09-02 10:00")
    return story.approved("2024-09-04 15:00", Route.A).accepted("2024-09-06 14:00")


# -- P8: a refund is sent within 24 hours of the acceptance -----------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("2024-09-06 00:00:00", "2024-09-06 12:00"),
        ("2024-09-06 11:59:59", "2024-09-06 12:00"),
        ("2024-09-06 12:00:00", "2024-09-07 12:00"),
        ("2024-09-06 14:00:00", "2024-09-07 12:00"),
        ("2024-09-06 23:59:59", "2024-09-07 12:00"),
    ],
)
def test_a_refund_waits_for_the_next_payout_run_and_never_longer_than_a_day(accepted: str, sent: str) -> None:
    story = Story().submitted().approved("2024-09-04 15:00").accepted(accepted)
    waits = moscow(sent) - moscow(accepted)

    assert [sent] == announced(story.it, do.SendRefund)
    assert 0 < waits.total_seconds() <= 24 * 60 * 60


def test_what_the_customer_paid_goes_back_and_not_the_seller_s_price() -> None:
    story = Story(of=line("12400.00", paid="11000.00")).accepted()

    assert ("held", rub("11000.00")) == (story.it.refund.status, story.it.refund.amount)


def test_a_refund_at_risk_is_held_until_ten_days_after_the_request_and_not_longer() -> None:
    """D10: max(request + 10 days, acceptance + 24 hours); request on 2 Sep 10:00."""
    story = throw()
    story.does(MARINA, do.HoldRefund("Risk check."), "2024-09-06 15:00")

    assert ["2024-09-12 10:00"] == announced(story.it, do.SendRefund)

    story.does(MARINA, do.HoldRefund("Still checking."), "2024-09-11 15:00")

    assert ["2024-09-12 10:00"] == announced(story.it, do.SendRefund)
    assert TOO_LATE == story.refuses(MARINA, do.HoldRefund("Once more."), "2024-09-12 10:00")


def test_after_a_late_acceptance_a_refund_is_held_for_a_day() -> None:
    story = Story(at="2024-09-02 10:00").submitted("2024-09-02 10:00")
    story.does(ELIF, do.Offer(100), "2024-09-05 10:00")
    story.does(CALENDAR, do.DeclineOffer(), "2024-09-09 00:00")
    story.approved("2024-09-11 10:00").accepted("2024-09-15 14:00")
    story.does(MARINA, do.HoldRefund("Risk check."), "2024-09-15 15:00")

    assert ["2024-09-16 14:00"] == announced(story.it, do.SendRefund)


@pytest.mark.parametrize("at", ["2024-09-04 12:00", "2024-09-11 23:00", "2024-09-12 09:59:59"])
def test_where_nothing_comes_back_only_the_request_counts(at: str) -> None:
    """P8, P24: never past ten days from the demand; there is no acceptance that could allow more."""
    story = Story(at="2024-09-02 10:00").submitted("2024-09-02 10:00")
    story.does(ELIF, do.RefundWithoutReturn(), "2024-09-03 12:00")
    story.does(MARINA, do.HoldRefund("Risk check."), at)

    assert ["2024-09-12 10:00"] == announced(story.it, do.SendRefund)


def test_where_nothing_comes_back_a_refund_is_not_held_after_ten_days() -> None:
    story = Story(at="2024-09-02 10:00").submitted("2024-09-02 10:00")
    story.does(ELIF, do.RefundWithoutReturn(), "2024-09-03 12:00")

    assert TOO_LATE == story.refuses(MARINA, do.HoldRefund("Risk check."), "2024-09-12 10:00")


def test_what_can_no_longer_be_held_has_no_button() -> None:
    """The buttons are what may be done: past the ceiling no comment helps."""
    story = throw()

    assert do.HoldRefund in open_acts(story.it, MARINA, moscow("2024-09-12 09:59:59"), story.terms)
    assert do.HoldRefund not in open_acts(story.it, MARINA, moscow("2024-09-12 10:00"), story.terms)


def test_holding_a_refund_needs_a_reason() -> None:
    assert ("explanation_required", "invalid") == throw().refuses(MARINA, do.HoldRefund(" "))


def test_a_refund_is_sent_once() -> None:
    story = throw().refunded()

    assert NOT_NOW == story.refuses(CALENDAR, do.SendRefund())
    assert NOT_NOW == story.refuses(MARINA, do.SendRefund())
    assert [] == announced(story.it, do.SendRefund)


def test_a_doubtful_refund_is_not_sent_again_before_the_bank_has_answered() -> None:
    story = throw().refunded()
    story.does(MARINA, do.QuestionRefund())

    assert NOT_NOW == story.refuses(MARINA, do.SendRefund())

    story.does(MARINA, do.FailRefund("It never left."))
    story.does(MARINA, do.SendRefund())
    story.does(MARINA, do.ConfirmRefund())

    assert ("confirmed", 2) == (story.it.refund.status, story.it.refund.attempt)
    assert rub("12400.00") == Money(balance(story.entries, chart.BANK))


# -- J3: disposal with compensation -----------------------------------------------------------------------------------


def test_the_throw_is_compensated_as_journey_3_tells() -> None:
    story = throw()

    assert ["2024-09-07 12:00"] == announced(story.it, do.SendRefund)

    story.refunded("2024-09-07 12:00")

    assert ("accrued", moscow("2024-09-15 00:00")) == (story.it.compensation.status, story.it.compensation.due_by)
    assert ["2024-09-13 02:00"] == announced(story.it, do.CreditCompensation)

    story.does(CALENDAR, do.CreditCompensation(), "2024-09-13 02:00")

    assert "credited" == story.it.compensation.status
    assert [
        (ELIF_S_ACCOUNT, chart.OWED, rub("12400.00")),
        (chart.OWED, chart.IN_TRANSIT, rub("12400.00")),
        (chart.COMPENSATIONS, chart.ACCRUED, rub("3720.00")),
        (chart.ACCRUED, ELIF_S_ACCOUNT, rub("3720.00")),
    ] == moves(story.entries)
    assert rub("3720.00") - rub("12400.00") == Money(balance(story.entries, ELIF_S_ACCOUNT))

    story.dispatched()
    story.does(OLEG, do.ReceiveForDisposal())
    story.does(OLEG, do.CertifyDisposal("shredded", "Oleg and Nadia", TWO_PHOTOS), "2024-09-16 11:00")

    assert ("disposed_by_marketplace", "credited") == (story.it.status, story.it.compensation.status)
    assert story.it.certificate


@pytest.mark.parametrize("route", [Route.B])
def test_route_b_is_not_compensated(route: Route) -> None:
    story = Story().submitted().approved(route=route).accepted().refunded()

    assert "none" == story.it.compensation.status

    story.dispatched().arrived()
    story.does(IML, do.RecordDisposal("DC-9", undecided=True))

    assert "none" == story.it.compensation.status  # D4: nothing for an undecided disposal either


def test_variant_c_is_not_compensated() -> None:
    assert "none" == Story(LUMITEK).accepted().refunded().it.compensation.status


def test_a_quote_of_nothing_accrues_nothing() -> None:
    story = throw("5000.00").refunded()

    refund = [(ELIF_S_ACCOUNT, chart.OWED, rub("5000.00")), (chart.OWED, chart.IN_TRANSIT, rub("5000.00"))]
    assert ("none", refund) == (
        story.it.compensation.status,
        moves(story.entries),
    )


def test_what_stays_with_the_customer_is_not_compensated() -> None:
    story = Story().submitted()
    story.does(ELIF, do.RefundWithoutReturn())
    story.refunded()

    assert "none" == story.it.compensation.status


def test_a_late_refund_makes_a_late_compensation() -> None:
    """P15: seven days after max(refund sent, route locked)."""
    story = throw()
    story.does(MARINA, do.HoldRefund("Risk check."), "2024-09-06 15:00")
    story.refunded("2024-09-12 10:00")

    assert moscow("2024-09-20 00:00") == story.it.compensation.due_by
    assert ["2024-09-18 02:00"] == announced(story.it, do.CreditCompensation)


def test_a_resent_refund_moves_the_due_date_to_the_successful_sending() -> None:
    """J13: refund cancelled by the bank and resent 9 Sep."""
    story = throw().refunded("2024-09-07 12:00")
    story.does(MARINA, do.FailRefund("The card is closed."), "2024-09-08 09:00")

    assert ("failed", "none") == (story.it.refund.status, story.it.compensation.status)
    assert [] == announced(story.it, do.CreditCompensation)
    assert 0 == balance(story.entries, chart.IN_TRANSIT) == balance(story.entries, chart.ACCRUED)
    assert rub("12400.00") == Money(balance(story.entries, chart.OWED))  # still owed to the customer

    story.does(MARINA, do.SendRefund(), "2024-09-09 15:00")

    assert ("sent", "accrued") == (story.it.refund.status, story.it.compensation.status)
    assert moscow("2024-09-17 00:00") == story.it.compensation.due_by
    assert ["2024-09-15 02:00"] == announced(story.it, do.CreditCompensation)

    story.does(CALENDAR, do.CreditCompensation(), "2024-09-15 02:00")

    assert rub("3720.00") - rub("12400.00") == Money(balance(story.entries, ELIF_S_ACCOUNT))
    assert len(story.entries) == len({entry.cause for entry in story.entries})


def test_a_refund_that_fails_after_the_credit_does_not_credit_twice() -> None:
    """MNY-4: at most once per return."""
    story = throw().refunded("2024-09-07 12:00")
    story.does(CALENDAR, do.CreditCompensation(), "2024-09-13 02:00")
    story.does(MARINA, do.FailRefund("The card is closed."), "2024-09-14 09:00")
    story.does(MARINA, do.SendRefund(), "2024-09-15 09:00")

    assert "credited" == story.it.compensation.status
    assert NOT_NOW == story.refuses(CALENDAR, do.CreditCompensation())
    assert rub("3720.00") - rub("12400.00") == Money(balance(story.entries, ELIF_S_ACCOUNT))


@pytest.mark.parametrize("credited", [False, True])
def test_a_compensation_is_taken_back_once_from_where_it_is(credited: bool) -> None:  # noqa: FBT001
    story = throw().refunded("2024-09-07 12:00")
    if credited:
        story.does(CALENDAR, do.CreditCompensation(), "2024-09-13 02:00")
    story.does(MARINA, do.ReverseCompensation("Paid by mistake."))
    origin = ELIF_S_ACCOUNT if credited else chart.ACCRUED

    assert "reversed" == story.it.compensation.status
    assert (origin, chart.COMPENSATIONS, rub("3720.00")) == moves(story.entries)[-1]
    assert 0 == balance(story.entries, chart.COMPENSATIONS) == balance(story.entries, chart.ACCRUED)
    assert rub("-12400.00") == Money(balance(story.entries, ELIF_S_ACCOUNT))
    assert NOT_NOW == story.refuses(MARINA, do.ReverseCompensation("Again."))
    assert NOT_NOW == story.refuses(CALENDAR, do.CreditCompensation())


# -- D3: damaged on the way to the customer ---------------------------------------------------------------------------


def test_damage_with_its_packaging_drafts_a_claim_on_the_outbound_carrier() -> None:
    """D3: with the customer's and the point's photos, so when the point has the product."""
    story = Story(reason="packaging_and_product_damaged", of=line("16800.00", 800))
    story.submitted().approved(route=Route.A).accepted()

    assert ("draft", "carrier_damage", rub("16800.00")) == (
        story.it.claim.status,
        story.it.claim.kind,
        story.it.claim.amount,
    )


def test_damage_in_sound_packaging_drafts_none() -> None:
    story = Story(reason="product_damaged_packaging_intact").submitted().approved(route=Route.A).accepted()

    assert "none" == story.it.claim.status


# -- J6: lost on the way ----------------------------------------------------------------------------------------------


def drone() -> Story:
    """Accepted 1 Sep, refund sent 2 Sep, on its way to the partner."""
    story = Story(
        LUMITEK, reason="did_not_fit", of=line("21900.00", 1_100, delivered="2024-08-25 12:00"), at="2024-08-28 10:00"
    )
    story.submitted("2024-08-28 10:00").approved("2024-08-29 10:00").accepted("2024-09-01 15:00")
    return story.dispatched("2024-09-01 18:00").refunded("2024-09-02 12:00")


def test_a_product_is_expected_on_day_10_late_after_day_15_and_lost_after_day_30() -> None:
    story = drone()

    assert [moscow("2024-09-11 00:00")] == [event.eta for event in story.happened(e.Dispatched)]
    assert ["2024-09-17 00:00"] == announced(story.it, do.MarkLate)
    assert ["2024-10-02 00:00"] == announced(story.it, do.DeclareLost)

    story.does(CALENDAR, do.MarkLate(), "2024-09-17 00:00")

    assert ("on_the_way", True) == (story.it.status, story.it.late)
    assert [] == announced(story.it, do.MarkLate)
    assert ["2024-10-02 00:00"] == announced(story.it, do.DeclareLost)


def test_a_lost_product_drafts_a_claim_for_the_full_price_that_the_seller_confirms() -> None:
    story = drone().lost("2024-10-02 00:00")

    assert ("lost", "draft", "lost_in_transit", rub("21900.00")) == (
        story.it.status,
        story.it.claim.status,
        story.it.claim.kind,
        story.it.claim.amount,
    )
    assert do.FileClaim in open_acts(story.it, CHEN, story.now, story.terms)
    assert NOT_NOW == story.refuses(MARINA, do.TakeUpClaim())

    story.claimed("2024-10-03 10:00")

    assert "paid" == story.it.claim.status
    assert (chart.CARRIERS, CHEN_S_ACCOUNT, rub("21900.00")) == moves(story.entries)[-1]
    assert 0 == balance(story.entries, CHEN_S_ACCOUNT)  # refunded 21,900.00, paid 21,900.00
    assert NOT_NOW == story.refuses(MARINA, do.PayClaim())


def test_a_claim_is_filed_within_fourteen_days() -> None:
    """P18: drafted 2 Oct, so the last day is 16 Oct."""
    story = drone().lost("2024-10-02 00:00")

    assert moscow("2024-10-17 00:00") == story.it.claim.file_by
    assert TOO_LATE == story.refuses(CHEN, do.FileClaim(), "2024-10-17 00:00")

    story.does(CHEN, do.FileClaim(), "2024-10-16 23:59:59")

    assert "filed" == story.it.claim.status


def found() -> Story:
    """Paid, and then scanned on 25 Oct: seven days to choose end at 2 Nov 00:00."""
    return drone().lost("2024-10-02 00:00").claimed("2024-10-03 10:00").arrived("2024-10-25 11:00")


def test_a_product_found_after_the_payment_asks_the_seller() -> None:
    story = found()

    assert ("found_after_claim", "paid", moscow("2024-11-02 00:00")) == (
        story.it.status,
        story.it.claim.status,
        story.it.act_by,
    )
    assert [do.KeepMoney, do.TakeProduct] == open_acts(story.it, CHEN, story.now, story.terms)


def test_taking_the_product_gives_the_money_back() -> None:
    story = found()
    story.does(CHEN, do.TakeProduct(), "2024-11-01 23:59:59")

    assert ("at_partner", "reversed") == (story.it.status, story.it.claim.status)
    assert (CHEN_S_ACCOUNT, chart.CARRIERS, rub("21900.00")) == moves(story.entries)[-1]
    assert 0 == balance(story.entries, chart.CARRIERS)
    assert rub("-21900.00") == Money(balance(story.entries, CHEN_S_ACCOUNT))


def test_taking_the_product_after_the_payment_was_reversed_takes_nothing_twice() -> None:
    story = found()
    story.does(MARINA, do.ReverseClaim("The carrier was not at fault."), "2024-10-26 10:00")

    assert "at_partner" == story.it.status
    assert ("not_in_this_state", "conflict") == story.refuses(CHEN, do.KeepMoney(), "2024-10-27 10:00")
    assert ("not_in_this_state", "conflict") == story.refuses(CHEN, do.TakeProduct(), "2024-10-27 10:00")
    assert ("at_partner", "reversed") == (story.it.status, story.it.claim.status)
    assert (0, rub("-21900.00")) == (
        balance(story.entries, chart.CARRIERS), Money(balance(story.entries, CHEN_S_ACCOUNT)),
    )  # fmt: skip


@pytest.mark.parametrize(("by", "at"), [(CHEN, "2024-11-01 23:59:59"), (CALENDAR, "2024-11-02 00:00")])
def test_keeping_the_money_moves_none_and_is_the_default(by: By, at: str) -> None:
    story = found()
    before = list(story.entries)

    assert ["2024-11-02 00:00"] == announced(story.it, do.KeepMoney)

    story.does(by, do.KeepMoney(), at)

    assert ("lost", "paid", before) == (story.it.status, story.it.claim.status, story.entries)
    assert None is story.it.act_by


REPORTS = (
    do.RecordMark(Mark.PARTIALLY_DAMAGED, 1, "finding", ("m1", "m2", "m3"), packaging_intact=False),
    do.RecordDecision("none", "disposal_due", "calendar", 0),
    do.RecordDisposal("DC-1", undecided=True),
)


def test_what_the_partner_tells_of_a_product_whose_money_was_kept_is_taken_in_and_moves_none() -> None:
    """It is the carrier's: damage gives the seller no second claim, and no report waits for ever."""
    story = found()
    story.does(CHEN, do.KeepMoney(), "2024-10-26 10:00")
    before = list(story.entries)
    for report in REPORTS:
        story.does(IML, report)

    assert ("lost", "paid", "lost_in_transit", before) == (
        story.it.status, story.it.claim.status, story.it.claim.kind, story.entries,
    )  # fmt: skip
    assert story.it.parcel is not None
    assert (Mark.PARTIALLY_DAMAGED, "none", "disposed", "DC-1") == (
        story.it.parcel.mark, story.it.parcel.decision, story.it.parcel.status, story.it.parcel.certificate,
    )  # fmt: skip


def test_who_sends_a_substitute_that_was_lost_and_found_gets_no_money_and_nobody_is_paid_twice() -> None:
    """MNY-3: the refund had failed; the seller has the price of the sale, so the claim's payment goes back."""
    story = found()
    story.does(MARINA, do.FailRefund("Closed."))
    story.does(CHEN, do.KeepMoney(), "2024-10-26 10:00")
    story.marked(Mark.SUBSTITUTED)

    assert ("at_partner", "cancelled", "reversed") == (story.it.status, story.it.refund.status, story.it.claim.status)
    assert 0 == balance(story.entries, CHEN_S_ACCOUNT)


@pytest.mark.parametrize("report", REPORTS)
def test_of_a_lost_product_the_partner_tells_its_arrival_first(report: do.Command) -> None:
    assert ("not_in_this_state", "conflict") == drone().lost("2024-10-02 00:00").refuses(IML, report)


@pytest.mark.parametrize("command", [do.KeepMoney(), do.TakeProduct()])
def test_after_seven_days_the_choice_is_gone(command: do.Command) -> None:
    assert TOO_LATE == found().refuses(CHEN, command, "2024-11-02 00:00")


@pytest.mark.parametrize("done", range(4))
def test_a_product_found_before_the_payment_is_not_lost_and_nothing_is_paid(done: int) -> None:
    story = drone().lost("2024-10-02 00:00")
    steps = [(CHEN, do.FileClaim()), (MARINA, do.TakeUpClaim()), (MARINA, do.ApproveClaim())]
    for by, command in steps[:done]:
        story.does(by, command)
    story.arrived("2024-10-25 11:00")

    assert ("at_partner", "refused") == (story.it.status, story.it.claim.status)
    assert NOT_NOW == story.refuses(MARINA, do.PayClaim())
    assert rub("-21900.00") == Money(balance(story.entries, CHEN_S_ACCOUNT))


# -- J7: damaged by the carrier ---------------------------------------------------------------------------------------


def lamp(reason: str = "did_not_fit", *, sound_at_point: bool = True, sound_on_arrival: bool = False) -> Story:
    """Refunded, and scanned by the partner on 25 Sep 14:00."""
    story = Story(LUMITEK, reason=reason, of=line("16800.00", 800), at="2024-09-08 10:00").submitted("2024-09-08 10:00")
    story.approved("2024-09-09 10:00").accepted("2024-09-14 10:00", check_in(packaging_intact=sound_at_point))
    story.dispatched("2024-09-14 18:00").refunded("2024-09-15 12:00")
    return story.arrived("2024-09-25 14:00", packaging_intact=sound_on_arrival)


@pytest.mark.parametrize("mark", [Mark.PARTIALLY_DAMAGED, Mark.COMPLETELY_DAMAGED])
@pytest.mark.parametrize("reason", ["did_not_fit", "product_damaged_packaging_intact"])
def test_sound_at_the_point_and_broken_on_arrival_is_the_carrier_s(reason: str, mark: Mark) -> None:
    """P18, and 4.3: taste and damage have a liability case."""
    story = lamp(reason).marked(mark, "2024-09-26 10:00")

    assert ("draft", "carrier_damage", rub("16800.00")) == (
        story.it.claim.status,
        story.it.claim.kind,
        story.it.claim.amount,
    )
    assert moscow("2024-10-11 00:00") == story.it.claim.file_by
    assert ("sent", rub("16800.00")) == (story.it.refund.status, story.it.refund.amount)


@pytest.mark.parametrize(
    ("sound_at_point", "sound_on_arrival", "mark"),
    [
        (True, True, Mark.PARTIALLY_DAMAGED),
        (False, False, Mark.PARTIALLY_DAMAGED),
        (False, True, Mark.COMPLETELY_DAMAGED),
        (True, False, Mark.SERVICEABLE),
        (True, True, Mark.SERVICEABLE),
    ],
)
def test_without_all_three_signs_nobody_presumes_the_carrier(
    sound_at_point: bool,  # noqa: FBT001
    sound_on_arrival: bool,  # noqa: FBT001
    mark: Mark,
) -> None:
    story = lamp(sound_at_point=sound_at_point, sound_on_arrival=sound_on_arrival).marked(mark)

    assert "none" == story.it.claim.status


def test_an_upheld_claim_pays_the_full_price_and_leaves_the_customer_alone() -> None:
    story = lamp().marked(Mark.PARTIALLY_DAMAGED).claimed()

    assert ("paid", "sent") == (story.it.claim.status, story.it.refund.status)
    assert 0 == balance(story.entries, CHEN_S_ACCOUNT)
    assert "at_partner" == story.it.status  # the seller still decides about the lamp


def test_weak_packing_pays_nothing_on_route_b() -> None:
    story = lamp().marked(Mark.PARTIALLY_DAMAGED)
    story.does(CHEN, do.FileClaim())
    story.does(MARINA, do.TakeUpClaim())
    story.does(MARINA, do.RefuseClaim("Weak packing."))

    assert ("refused", "none") == (story.it.claim.status, story.it.compensation.status)
    assert rub("-16800.00") == Money(balance(story.entries, CHEN_S_ACCOUNT))
    assert NOT_NOW == story.refuses(MARINA, do.PayClaim())


# -- J8: substituted --------------------------------------------------------------------------------------------------


def watch() -> Story:
    """Accepted 27 Sep, at the partner on 8 Oct 10:20; the refund is still owed."""
    story = Story(
        LUMITEK, reason="did_not_fit", of=line("18500.50", 250, delivered="2024-09-20 12:00"), at="2024-09-24 10:00"
    )
    story.submitted("2024-09-24 10:00").approved("2024-09-25 10:00").accepted("2024-09-27 15:00")
    return story.dispatched()


def test_a_substitution_after_the_refund_files_a_claim_for_the_full_price() -> None:
    story = watch().refunded("2024-09-28 12:00").arrived("2024-10-08 10:20").marked(Mark.SUBSTITUTED)

    assert ("sent", "filed", "substitution", rub("18500.50")) == (
        story.it.refund.status,
        story.it.claim.status,
        story.it.claim.kind,
        story.it.claim.amount,
    )


def test_a_substitution_before_the_refund_cancels_it_and_creates_no_claim() -> None:
    story = watch().arrived("2024-10-08 10:20").marked(Mark.SUBSTITUTED)

    assert ("cancelled", "none") == (story.it.refund.status, story.it.claim.status)
    assert [] == story.happened(e.ClaimDrafted)
    assert (0, 0) == (balance(story.entries, CHEN_S_ACCOUNT), balance(story.entries, chart.OWED))
    assert NOT_NOW == story.refuses(CALENDAR, do.SendRefund())
    assert [] == announced(story.it, do.SendRefund)


def test_a_second_report_of_the_substitution_creates_no_claim_either() -> None:
    """R68: a re-mark is a new revision. The seller already keeps the money."""
    story = watch().arrived("2024-10-08 10:20").marked(Mark.SUBSTITUTED)
    story.marked(Mark.SUBSTITUTED, revision=2)

    assert ("cancelled", "none") == (story.it.refund.status, story.it.claim.status)


def test_a_refund_that_the_bank_gave_back_is_not_sent_and_a_substitution_cancels_it() -> None:
    """P26: not sent, so cancelled; no claim on top of the money that the seller keeps."""
    story = watch().refunded("2024-09-28 12:00")
    story.does(MARINA, do.FailRefund("The card is closed."), "2024-09-30 09:00")
    story.arrived("2024-10-08 10:20").marked(Mark.SUBSTITUTED)

    assert ("cancelled", "none") == (story.it.refund.status, story.it.claim.status)
    assert 0 == balance(story.entries, CHEN_S_ACCOUNT)


def test_a_revised_mark_gives_the_customer_the_money_that_a_substitution_took() -> None:
    """R68, P26: the objection is right, so the refund is owed once more, and a third mark can take it again."""
    story = watch().arrived("2024-10-08 10:20").marked(Mark.SUBSTITUTED, "2024-10-08 11:00")
    story.marked(Mark.SERVICEABLE, "2024-10-09 13:00", revision=2)

    assert ("held", rub("18500.50")) == (story.it.refund.status, story.it.refund.amount)
    assert ["2024-10-10 12:00"] == announced(story.it, do.SendRefund)
    assert rub("-18500.50") == Money(balance(story.entries, CHEN_S_ACCOUNT))

    story.marked(Mark.SUBSTITUTED, "2024-10-09 14:00", revision=3)

    assert "cancelled" == story.it.refund.status
    assert 0 == balance(story.entries, CHEN_S_ACCOUNT)
    assert len(story.entries) == len({entry.cause for entry in story.entries})


@pytest.mark.parametrize(("paid", "then"), [(False, "refused"), (True, "reversed")])
def test_a_revised_mark_ends_the_claim_for_a_substitution(*, paid: bool, then: str) -> None:
    """J8: the appeal is upheld, the claim's payment is reversed."""
    story = watch().refunded("2024-09-28 12:00").arrived("2024-10-08 10:20").marked(Mark.SUBSTITUTED)
    if paid:
        story.claimed()
    story.marked(Mark.SERVICEABLE, revision=2)

    assert ("sent", then) == (story.it.refund.status, story.it.claim.status)
    assert rub("-18500.50") == Money(balance(story.entries, CHEN_S_ACCOUNT))


@pytest.mark.parametrize(("so_far", "then"), [("filed", "refused"), ("paid", "reversed")])
@pytest.mark.parametrize("doubted", [False, True])
def test_a_refund_that_fails_after_the_substitution_is_kept_by_the_seller_who_has_no_claim(
    so_far: str, then: str, *, doubted: bool
) -> None:
    """P26: the customer never had the money, so the seller retains it; the claim would be the same money again."""
    story = watch().refunded("2024-09-28 12:00")
    if doubted:
        story.does(MARINA, do.QuestionRefund())
    story.arrived("2024-10-08 10:20").marked(Mark.SUBSTITUTED)
    if so_far == "paid":
        story.claimed()
    story.does(MARINA, do.FailRefund("The card is closed."), "2024-10-20 09:00")

    assert ("cancelled", then) == (story.it.refund.status, story.it.claim.status)
    assert (0, 0) == (balance(story.entries, CHEN_S_ACCOUNT), balance(story.entries, chart.OWED))
    assert 0 == balance(story.entries, chart.FRAUD_FUND)
    assert NOT_NOW == story.refuses(MARINA, do.SendRefund())


def test_a_refused_substitution_claim_does_not_cancel_a_refund_that_failed() -> None:
    """R75: the review found no substitution by the customer, who still gets the money."""
    story = watch().refunded("2024-09-28 12:00").arrived("2024-10-08 10:20").marked(Mark.SUBSTITUTED)
    story.does(MARINA, do.TakeUpClaim())
    story.does(MARINA, do.RefuseClaim("The seller sent the other model."))
    story.does(MARINA, do.FailRefund("The card is closed."))

    assert ("failed", "refused") == (story.it.refund.status, story.it.claim.status)


@pytest.mark.parametrize("answer", [do.QuestionRefund(), do.ConfirmRefund()])
def test_a_refund_that_arrived_or_may_have_arrived_counts_as_sent(answer: do.Command) -> None:
    story = watch().refunded("2024-09-28 12:00")
    story.does(MARINA, answer)
    story.arrived("2024-10-08 10:20").marked(Mark.SUBSTITUTED)

    assert ("filed", "substitution") == (story.it.claim.status, story.it.claim.kind)


@pytest.mark.parametrize("revision", [0, 1])
def test_an_older_revision_of_a_mark_changes_nothing(revision: int) -> None:
    story = watch().refunded("2024-09-28 12:00").arrived("2024-10-08 10:20").marked(Mark.SERVICEABLE)
    before = story.it

    assert [] == story.does(IML, do.RecordMark(Mark.SUBSTITUTED, revision, "late report"))
    assert before == story.it


def substituted_and_filed() -> Story:
    story = watch().refunded("2024-09-28 12:00").arrived("2024-10-08 10:20").marked(Mark.SUBSTITUTED)
    assert "filed" == story.it.claim.status  # J8: by itself
    return story


def test_the_partner_reviews_a_substitution_claim_and_approves_it() -> None:
    """R75, the seed's line 64: IML reviews the claim and approves compensation."""
    story = substituted_and_filed()
    story.does(IML, do.RecordClaimReview("in_review"))
    story.does(IML, do.RecordClaimReview("approved", "fraud_fund"), "2024-10-14 10:00")
    assert [] == story.does(IML, do.RecordClaimReview("refused", comment="Too late."))
    story.does(MARINA, do.PayClaim(), "2024-10-17 10:00")

    assert "paid" == story.it.claim.status
    assert 0 == balance(story.entries, CHEN_S_ACCOUNT)


def test_the_partner_does_not_review_a_claim_on_a_carrier() -> None:
    story = lamp().marked(Mark.PARTIALLY_DAMAGED)
    story.does(CHEN, do.FileClaim())
    code, _ = story.refuses(IML, do.RecordClaimReview("in_review"))

    assert code
    assert "filed" == story.it.claim.status


def test_no_carrier_pays_for_what_a_customer_substituted() -> None:
    """P26, J8: the point's checklist is there, so the marketplace's fraud fund pays."""
    story = substituted_and_filed()
    for command in (do.TakeUpClaim(), do.ApproveClaim(), do.PayClaim()):
        story.does(MARINA, command)
    payer, payee, amount = moves(story.entries)[-1]

    assert (CHEN_S_ACCOUNT, rub("18500.50")) == (payee, amount)
    assert chart.CARRIERS != payer


def test_an_upheld_appeal_takes_the_payment_back() -> None:
    """J8: claim and block reversible. The command does not have a name in the papers; `ReverseClaim` is ours."""
    story = substituted_and_filed()
    for command in (do.TakeUpClaim(), do.ApproveClaim(), do.PayClaim()):
        story.does(MARINA, command)
    reverse_claim = all_commands().get("ReverseClaim")

    assert reverse_claim is not None

    story.does(MARINA, reverse_claim(comment="The seller had sent the other model."))

    assert "reversed" == story.it.claim.status
    assert rub("-18500.50") == Money(balance(story.entries, CHEN_S_ACCOUNT))


@pytest.mark.parametrize(
    ("payer", "account"),
    [("fraud_fund", chart.FRAUD_FUND), ("carrier", chart.CARRIERS), ("marketplace", chart.POINT_FAULTS)],
)
def test_who_bears_a_substitution_is_debited_and_given_back(payer: str, account: str) -> None:
    story = substituted_and_filed()
    story.does(IML, do.RecordClaimReview("approved", payer))
    story.does(MARINA, do.PayClaim())
    assert (account, CHEN_S_ACCOUNT, rub("18500.50")) == moves(story.entries)[-1]
    story.does(MARINA, do.ReverseClaim("The appeal is upheld."))

    assert (CHEN_S_ACCOUNT, account, rub("18500.50")) == moves(story.entries)[-1]


@pytest.mark.parametrize(
    ("at_point", "at_partner", "intact", "payer"),
    [
        (None, 112, True, "fraud_fund"),  # J8: accepted without scales, the box was closed
        (250, 112, True, "carrier"),
        (150, 100, True, "fraud_fund"),  # 50 g is within max(50 g, 10 %)
        (151, 100, True, "carrier"),
        (1000, 900, True, "fraud_fund"),
        (1000, 899, True, "carrier"),
        (None, 112, False, "carrier"),  # intact at the point, broken at the partner
    ],
)
def test_custody_says_who_bears_it(at_point: int | None, at_partner: int, intact: bool, payer: str) -> None:  # noqa: FBT001
    """P26: changed after the point, the carrier; otherwise the fraud fund."""
    it = substituted_and_filed().it
    assert it.check is not None
    assert it.parcel is not None
    seen = replace(
        it, check=replace(it.check, weight_gram=at_point, packaging_intact=True),
        parcel=replace(it.parcel, weight_gram=at_partner, packaging_intact=intact),
    )  # fmt: skip

    assert payer == payer_by_custody(seen)
    assert "marketplace" == payer_by_custody(replace(seen, check=None))


# -- R112: never a sum ------------------------------------------------------------------------------------------------


def test_a_compensated_product_that_is_lost_drafts_no_claim() -> None:
    story = throw().dispatched().refunded("2024-09-07 12:00")
    story.does(CALENDAR, do.CreditCompensation(), "2024-09-13 02:00")
    story.lost("2024-10-07 00:00")

    assert ("lost", "credited", "none") == (story.it.status, story.it.compensation.status, story.it.claim.status)


def test_a_lost_product_with_a_claim_is_not_compensated_when_its_refund_is_sent_again() -> None:
    story = throw().dispatched().refunded("2024-09-07 12:00")
    story.does(MARINA, do.FailRefund("The card is closed."), "2024-09-08 09:00")
    story.lost("2024-10-07 00:00")
    story.does(MARINA, do.SendRefund(), "2024-10-08 09:00")

    assert ("draft", "none") == (story.it.claim.status, story.it.compensation.status)


@pytest.mark.parametrize("status", ["accrued", "credited"])
def test_a_claim_is_not_paid_on_top_of_a_compensation(status: str) -> None:
    """The tables do not let it come to this; the payment asks once more."""
    compensated = throw().refunded("2024-09-07 12:00").it.compensation
    story = lamp().marked(Mark.PARTIALLY_DAMAGED)
    for by, command in ((CHEN, do.FileClaim()), (MARINA, do.TakeUpClaim()), (MARINA, do.ApproveClaim())):
        story.does(by, command)
    both = Compensation(type(compensated.status)(status), compensated.quote)
    story.it = replace(story.it, compensation=both)

    assert ("already_compensated", "conflict") == story.refuses(MARINA, do.PayClaim())


# -- The chart of accounts --------------------------------------------------------------------------------------------


def test_events_that_move_no_money_post_nothing() -> None:
    story = throw()
    owed = list(story.entries)
    story.dispatched()

    assert [(ELIF_S_ACCOUNT, chart.OWED, rub("12400.00"))] == moves(owed)
    assert owed == story.entries


def test_every_money_event_posts_one_balanced_entry_with_a_cause_of_its_own() -> None:
    """Each cause names what is paid for, so the same thing is never paid twice."""
    story = throw().refunded("2024-09-07 12:00")
    story.does(MARINA, do.FailRefund("Closed."))
    story.does(MARINA, do.SendRefund(), "2024-09-09 15:00")
    story.does(CALENDAR, do.CreditCompensation(), "2024-09-15 02:00")
    story.does(MARINA, do.ReverseCompensation("Paid by mistake."))

    assert [
        (ELIF_S_ACCOUNT, chart.OWED, rub("12400.00")),  # owed from the acceptance on
        (chart.OWED, chart.IN_TRANSIT, rub("12400.00")),  # sent
        (chart.COMPENSATIONS, chart.ACCRUED, rub("3720.00")),  # accrued
        (chart.IN_TRANSIT, chart.OWED, rub("12400.00")),  # the bank refused it
        (chart.ACCRUED, chart.COMPENSATIONS, rub("3720.00")),  # undone
        (chart.OWED, chart.IN_TRANSIT, rub("12400.00")),  # sent again
        (chart.COMPENSATIONS, chart.ACCRUED, rub("3720.00")),  # accrued again
        (chart.ACCRUED, ELIF_S_ACCOUNT, rub("3720.00")),  # credited
        (ELIF_S_ACCOUNT, chart.COMPENSATIONS, rub("3720.00")),  # taken back
    ] == moves(story.entries)
    assert len(story.entries) == len({entry.cause for entry in story.entries})


def refund_of(entries: list[Entry]) -> list[tuple[str, str, Money]]:
    """The moves of a refund since it left."""
    accounts = {chart.OWED, chart.IN_TRANSIT, chart.BANK}
    return [move for move in moves(entries) if {move[0], move[1]} <= accounts]


def test_a_refund_stands_on_the_clearing_account_until_the_bank_has_answered() -> None:
    story = throw().refunded()
    price = rub("12400.00")

    assert [(chart.OWED, chart.IN_TRANSIT, price)] == refund_of(story.entries)

    story.does(BANK, do.ConfirmRefund())

    assert (chart.IN_TRANSIT, chart.BANK, price) == refund_of(story.entries)[-1]

    story.does(BANK, do.FailRefund("returned: AC04"))  # days later

    assert (chart.BANK, chart.OWED, price) == refund_of(story.entries)[-1]
    assert 0 == balance(story.entries, chart.BANK) == balance(story.entries, chart.IN_TRANSIT)


@pytest.mark.parametrize(
    ("command", "posted"),
    [(do.ConfirmRefund(), []), (do.FailRefund("Closed."), [(chart.BANK, chart.OWED, rub("12400.00"))])],
)
def test_a_refund_that_was_sent_before_there_was_a_clearing_account_stays_as_it_was_posted(
    command: do.Command, posted: list[object]
) -> None:
    """As it is stored: neither its event nor the return says `in_transit`."""
    story = throw().refunded()
    sent = next(event for event in story.events if isinstance(event, e.RefundSent))
    stored = msgspec.json.encode(sent).replace(b',"in_transit":true', b"")
    old = msgspec.json.decode(stored, type=e.Any)

    assert [(chart.OWED, chart.BANK, rub("12400.00"))] == moves(chart.entries(story.it, old))

    story.it = replace(story.it, refund=replace(story.it.refund, in_transit=False))
    before = len(story.entries)
    story.does(MARINA, command)

    assert posted == refund_of(story.entries[before:])


def test_what_was_stored_of_answers_before_is_read_as_it_was_meant() -> None:
    price = Money(12_400_00)
    confirmed = msgspec.json.decode(b'{"type":"RefundConfirmed"}', type=e.Any)
    failed = {"type": "RefundFailed", "amount": price, "attempt": 1, "comment": "Closed."}
    it = throw().refunded().it

    assert [] == chart.entries(it, confirmed)
    assert [(chart.BANK, chart.OWED, price)] == moves(
        chart.entries(it, msgspec.json.decode(msgspec.json.encode(failed), type=e.Any))
    )


def test_a_refund_is_sent_again_as_often_as_the_policy_says() -> None:
    """Both sides of the bound: the third attempt is allowed, a fourth is not."""
    story = throw().refunded()
    for attempt in (2, 3):
        story.does(MARINA, do.FailRefund("Closed."))
        story.does(MARINA, do.SendRefund())

        assert attempt == story.it.refund.attempt

    story.does(MARINA, do.FailRefund("Closed."))

    assert ("refund_attempts_used", "conflict") == story.refuses(MARINA, do.SendRefund())


def test_a_refund_that_a_newer_mark_brings_back_is_sent_once_more_whatever_was_tried_before() -> None:
    story = watch().refunded("2024-09-28 12:00")
    for _ in range(2):
        story.does(MARINA, do.FailRefund("Closed."))
        story.does(MARINA, do.SendRefund())
    story.does(MARINA, do.FailRefund("Closed."))
    story.arrived("2024-10-08 10:20").marked(Mark.SUBSTITUTED).marked(Mark.SERVICEABLE, revision=2)
    story.does(MARINA, do.SendRefund())

    assert 4 == story.it.refund.attempt

    story.does(MARINA, do.FailRefund("Closed."))

    assert ("refund_attempts_used", "conflict") == story.refuses(MARINA, do.SendRefund())


def test_no_two_returns_share_a_cause() -> None:
    story = throw().refunded("2024-09-07 12:00")
    other = replace(story.it, id=18)
    causes = {entry.cause for entry in story.entries}
    others = {entry.cause for event in story.events for entry in chart.entries(other, event)}

    assert (3, 3, set()) == (len(causes), len(others), causes & others)


@pytest.mark.parametrize("shop", [ANADOLU, LUMITEK])
def test_the_refund_is_the_seller_s_to_bear(shop: object) -> None:
    story = Story(shop).accepted().refunded()  # type: ignore[arg-type]

    assert -story.it.line.paid.minor == balance(story.entries, chart.seller(story.it))
