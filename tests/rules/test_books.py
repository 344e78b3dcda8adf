"""The marketplace's own books against the law of a return: what `decide` writes agrees; one entry more or less is named.

J3 of the requirements: a throw for 12,400.00, 30 % of it, 3,720.00, due by the end of the seventh day after the refund (P15, D10).
Instants are Moscow's.
"""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from backhaul.kit.days import MICROSECOND
from backhaul.kit.ledger import Entry
from backhaul.kit.money import Money
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.books import Posting, of_return
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Refund
from backhaul.marketplace.rules.words import Mark, RefundStatus, Route, Status
from tests.rules.cast import CALENDAR, ELIF, IRINA, LUMITEK, MARINA, Story, check_in, line, moscow, rub

BOUND = moscow("2024-09-15 00:00")  # the refund of 7 September: the end of the 14th


def throw() -> Story:
    """Elif chose to dispose; accepted 6 September, refunded by the run of the 7th at noon."""
    story = Story(of=line("12400.00", 900), at="2024-09-02 10:00").submitted("2024-09-02 10:00")
    return story.approved("2024-09-04 15:00", Route.A).accepted("2024-09-06 14:00").refunded()


def booked(entries: list[Entry], at: datetime) -> list[Posting]:
    return [Posting(entry.cause, entry.amount.minor, at) for entry in entries]


def told(story: Story, at: datetime | None = None, *extra: tuple[str, int], credited: datetime | None = None,
         without: str = "", overturned: bool = False) -> list[tuple[str, str, Money | None, Money | None]]:  # fmt: skip
    """Kind, why, what is expected, what the books say. `extra` entries stand in the books beside those of the story."""
    when = at or story.now
    entries = [entry for entry in story.entries if not without or not entry.cause.startswith(without)]
    postings = [*booked(entries, story.now), *(Posting(cause, minor, story.now) for cause, minor in extra)]
    wrong = of_return(story.it, postings, credited, when, Policy(), overturned=overturned)
    return [(one.kind.value, one.why, one.expected, one.marketplace) for one in wrong]


def test_what_the_law_writes_agrees_with_the_law() -> None:
    story = throw()
    assert [] == told(story)
    story.does(CALENDAR, do.CreditCompensation(), story.it.compensation.credit_at)
    assert [] == told(story, credited=story.now)
    story.does(MARINA, do.ReverseCompensation("Sent twice by mistake."))
    assert [] == told(story)


@pytest.mark.parametrize(
    ("at", "late"),
    [(BOUND - MICROSECOND, []), (BOUND, [("compensation_late", "not_credited_yet", rub("3720.00"), rub("0"))])],
)
def test_a_compensation_is_late_from_the_end_of_the_seventh_day_on(at: datetime, late: list[object]) -> None:
    assert late == told(throw(), at)


@pytest.mark.parametrize(("credited", "late"), [(BOUND - MICROSECOND, 0), (BOUND, 1)])
def test_a_compensation_that_was_really_credited_after_the_bound_was_late_whatever_its_date_says(
    credited: datetime, late: int
) -> None:
    story = throw()
    story.does(CALENDAR, do.CreditCompensation(), story.it.compensation.credit_at)

    expected = [("compensation_late", "credited_late", rub("3720.00"), rub("3720.00"))]
    assert expected[:late] == told(story, BOUND + timedelta(days=1), credited=credited)


def damaged() -> Story:
    """Packaging and product damaged on route A: a claim on the carrier is drafted instead of the compensation (D3)."""
    story = Story(of=line("16500.00", 900), reason="packaging_and_product_damaged", at="2024-09-02 10:00")
    story.submitted("2024-09-02 10:00").approved("2024-09-04 15:00", Route.A)
    return story.accepted("2024-09-06 14:00", check_in(packaging_intact=False)).refunded()


def test_what_was_quoted_and_neither_accrued_nor_claimed_is_missing_after_the_bound() -> None:
    """Improper, 15-20 thousand, up to 1 kg: 23 % of 16,500.00 is 3,795.00."""
    missing = [("compensation_missing", "compensation_missing", rub("3795.00"), rub("0"))]

    assert [] == told(damaged(), BOUND - MICROSECOND)
    assert missing == told(damaged(), BOUND)
    filed = damaged()
    filed.does(ELIF, do.FileClaim())
    assert [] == told(filed, BOUND)


def test_a_refund_of_what_no_point_accepted_is_a_break_and_one_without_return_is_none() -> None:
    kept = Story(of=line("1500.00")).submitted()
    kept.does(ELIF, do.RefundWithoutReturn())
    kept.refunded()
    assert [] == told(kept)
    approved = Story(of=line("1500.00")).approved()
    assert [("refund_without_acceptance", "refund", rub("0"), rub("1500.00"))] == told(
        approved, None, ("refund:17:1", 150_000)
    )


def test_a_partial_refund_counts_with_its_own_amount() -> None:
    story = Story(of=line("1500.00")).submitted()
    story.does(ELIF, do.Offer(500))
    story.does(IRINA, do.AcceptOffer())
    story.refunded()
    assert [] == told(story)
    assert [("missing_reversal", "refund_not_reversed", rub("500.00"), rub("1000.00"))] == told(
        story, None, ("refund:17:2", 500_00)
    )


def test_a_refund_that_came_back_has_its_entry() -> None:
    story = throw()
    story.does(MARINA, do.FailRefund("The card is closed."))
    assert [] == told(story)
    assert [("missing_reversal", "refund_not_reversed", rub("0"), rub("12400.00"))] == told(
        story, without="refund_failed:"
    )


def test_a_compensation_without_a_refund_is_taken_back_or_the_refund_is_sent_again() -> None:
    """Credited on day 6; on day 8 the bank sends the refund back."""
    story = throw()
    story.does(CALENDAR, do.CreditCompensation(), story.it.compensation.credit_at)
    credited = story.now
    story.does(MARINA, do.FailRefund("The card is closed."), "2024-09-16 10:00")
    expected = [("missing_reversal", "compensation_without_refund", rub("0"), rub("3720.00"))]
    assert expected == told(story, credited=credited)
    story.does(MARINA, do.SendRefund())
    assert [] == told(story, credited=credited)


def test_compensation_and_claim_exclude_each_other_and_never_exceed_the_price() -> None:
    story = throw()
    story.does(CALENDAR, do.CreditCompensation(), story.it.compensation.credit_at)
    by_claim = told(story, None, ("claim:17", 12_400_00), credited=story.now)
    assert [("compensated_twice", "recovery", rub("12400.00"), rub("16120.00"))] == by_claim
    lost = Story(LUMITEK, of=line("12400.00", 900)).accepted().dispatched().refunded().lost().claimed()
    assert [] == told(lost)  # the claim is the whole price
    one_kopeck_more = told(lost, None, ("claim:again", 1))
    assert [("compensated_twice", "recovery", rub("12400.00"), rub("12400.01"))] == one_kopeck_more


def test_a_claim_that_was_paid_for_a_unit_that_came_has_to_be_taken_back() -> None:
    lost = Story(LUMITEK, of=line("12400.00", 900)).accepted().dispatched().refunded().lost().claimed()
    here = replace(lost.it, status=Status.AT_PARTNER)
    lost.it = here
    assert [("missing_reversal", "lost_unit_came", rub("0"), rub("12400.00"))] == told(lost)


def test_a_claim_for_a_substitution_that_an_appeal_has_overturned_has_to_be_taken_back() -> None:
    story = Story(LUMITEK, of=line("12400.00", 900)).accepted().dispatched().refunded().arrived()
    story.marked(Mark.SUBSTITUTED).claimed()
    assert [] == told(story)
    assert [("missing_reversal", "finding_overturned", rub("0"), rub("12400.00"))] == told(story, overturned=True)
    story.does(MARINA, do.ReverseClaim("An appeal was upheld."))
    assert [] == told(story, overturned=True)


def test_what_the_return_says_and_the_books_do_not_is_named_with_both_amounts() -> None:
    story = throw()
    assert [("amount_differs", "refund_not_booked", rub("12400.00"), rub("0"))] == told(story, without="refund:")
    story.it = replace(story.it, refund=Refund(RefundStatus.CONFIRMED, rub("12400.01"), None, story.now, 1))
    assert [
        ("amount_differs", "refund_not_booked", rub("12400.01"), rub("12400.00")),
        ("amount_differs", "owed_not_booked", rub("12400.01"), rub("12400.00")),
    ] == told(story)


def test_the_key_of_a_break_is_the_same_each_night() -> None:
    story = throw()
    nights = [
        [
            one.key
            for one in of_return(story.it, booked(story.entries, story.now), None, BOUND + timedelta(days=n), Policy())
        ]
        for n in range(3)
    ]

    assert [["compensation_late:17"]] * 3 == nights
