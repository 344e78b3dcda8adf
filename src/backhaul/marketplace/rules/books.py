"""The marketplace's own books against the law: what the state of a return says, and what its ledger entries add up to. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from backhaul.kit.days import end_of_day
from backhaul.kit.money import Money
from backhaul.marketplace.rules import payments
from backhaul.marketplace.rules.compensation import Quote
from backhaul.marketplace.rules.findings import BreakKind, Finding, Source
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import (
    ClaimKind,
    ClaimStatus,
    CompensationStatus,
    RefundStatus,
    Route,
    Status,
)

# What an entry's cause begins with, and the heading under which it counts; -1 takes back.
HEADINGS = {
    "refund_owed": ("owed", 1),
    "refund_cancelled": ("owed", -1),
    "refund": ("refund", 1),
    "refund_failed": ("refund", -1),
    "compensation": ("compensation", 1),
    "decompensation": ("compensation", -1),
    "claim": ("claim", 1),
    "claim_reversed": ("claim", -1),
}
WITHOUT_RETURN = frozenset({Status.REFUNDED_WITHOUT_RETURN, Status.PARTIALLY_REFUNDED})
OUT = frozenset({RefundStatus.SENT, RefundStatus.CONFIRMED, RefundStatus.IN_DOUBT})
CHARGED = OUT | {RefundStatus.HELD, RefundStatus.FAILED}
UNDER_WAY = frozenset({ClaimStatus.FILED, ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED, ClaimStatus.PAID})


class Posting(msgspec.Struct, frozen=True):
    """A ledger entry as far as it counts here."""

    cause: str
    amount_minor: int
    at: datetime


class Sum(msgspec.Struct, frozen=True):
    """What a heading came to, and when it last moved."""

    minor: int = 0
    at: datetime | None = None


def sums(postings: Iterable[Posting]) -> dict[str, Sum]:
    """The headings of a return. Entries of other causes count under none."""
    found: dict[str, Sum] = {}
    for posting in postings:
        heading, sign = HEADINGS.get(posting.cause.partition(":")[0], ("", 0))
        if sign:
            was = found.get(heading, Sum())
            last = posting.at if was.at is None else max(was.at, posting.at)
            found[heading] = Sum(was.minor + sign * posting.amount_minor, last)
    return found


def of_return(it: Return, postings: Iterable[Posting], credited_at: datetime | None, at: datetime, policy: Policy, *,
              overturned: bool = False) -> Iterator[Finding]:  # fmt: skip
    """What does not agree about one return.

    `credited_at`: when the compensation was really credited, however its calendar dates it; `overturned`: an appeal
    has upheld that the product was no substitution.
    """
    found = sums(postings)
    refund, compensation, claim = (found.get(name, Sum()) for name in ("refund", "compensation", "claim"))
    accepted = it.accepted_at is not None or it.status in WITHOUT_RETURN
    if refund.minor > 0 and not accepted:
        yield _finding(it, BreakKind.REFUND_WITHOUT_ACCEPTANCE, "refund", 0, refund, at)
    else:
        yield from _heading(it, "refund", _expected_refund(it), refund, at)
        yield from _heading(it, "owed", _owed(it), found.get("owed", Sum()), at)
    if _is_twice(it, compensation.minor, claim.minor):
        both = Sum(compensation.minor + claim.minor, max(one.at for one in (compensation, claim) if one.at))
        exclusive = compensation.minor > 0 and claim.minor > 0
        expected = max(compensation.minor, claim.minor) if exclusive else it.line.price.minor
        yield _finding(it, BreakKind.COMPENSATED_TWICE, "recovery", min(expected, it.line.price.minor), both, at)
        return
    yield from _of_compensation(it, compensation, credited_at, at, policy)
    yield from _of_claim(it, claim, at, overturned=overturned)


def _is_twice(it: Return, compensated: int, claimed: int) -> bool:
    """Table and claim exclude each other, and no sources together go beyond the price (R112, MNY-5)."""
    return (compensated > 0 and claimed > 0) or compensated + claimed > it.line.price.minor


def _of_compensation(
    it: Return, booked: Sum, credited_at: datetime | None, at: datetime, policy: Policy
) -> Iterator[Finding]:
    quote, due = it.compensation.quote, it.compensation.due_by
    status = it.compensation.status
    if booked.minor > 0 and it.refund.status not in OUT:
        yield _finding(it, BreakKind.MISSING_REVERSAL, "compensation_without_refund", 0, booked, at)
        return
    expected = quote.amount.minor if quote is not None and status is CompensationStatus.CREDITED else 0
    yield from _heading(it, "compensation", expected, booked, at)
    if quote is not None and due is not None:
        waits = status is CompensationStatus.ACCRUED and at >= due
        came_late = status is CompensationStatus.CREDITED and credited_at is not None and credited_at >= due
        if waits or came_late:
            why = "not_credited_yet" if waits else "credited_late"
            yield _finding(it, BreakKind.COMPENSATION_LATE, why, quote.amount.minor, booked, due, until=credited_at)
    promised = _promised(it)
    bound = compensation_bound(it, policy)
    if promised is not None and bound is not None and at >= bound:
        yield _finding(it, BreakKind.COMPENSATION_MISSING, "compensation_missing", promised.amount.minor, booked, bound)


def _promised(it: Return) -> Quote | None:
    """What was quoted and neither accrued nor replaced by a claim; None when nothing more is due."""
    quote = payments.table_quote(it) if it.route is Route.A else None
    if quote is None or quote.amount.minor <= 0 or it.status is Status.LOST:
        return None
    if it.compensation.status is not CompensationStatus.NONE or it.claim.status in UNDER_WAY:
        return None
    return quote if it.refund.status in OUT else None


def compensation_bound(it: Return, policy: Policy) -> datetime | None:
    """The first instant at which a compensation is late: the end of day 7 after max(refund sent, route locked) (P15)."""
    if it.refund.sent_at is None or it.accepted_at is None:
        return None
    return end_of_day(max(it.refund.sent_at, it.accepted_at), policy.compensation_due_days)


def _of_claim(it: Return, booked: Sum, at: datetime, *, overturned: bool) -> Iterator[Finding]:
    if booked.minor > 0 and overturned and it.claim.kind is ClaimKind.SUBSTITUTION:
        yield _finding(it, BreakKind.MISSING_REVERSAL, "finding_overturned", 0, booked, at)
    elif booked.minor > 0 and it.claim.kind is ClaimKind.LOST_IN_TRANSIT and it.status is Status.AT_PARTNER:
        yield _finding(it, BreakKind.MISSING_REVERSAL, "lost_unit_came", 0, booked, at)
    else:
        amount = it.claim.amount.minor if it.claim.amount is not None else 0
        yield from _heading(it, "claim", amount if it.claim.status is ClaimStatus.PAID else 0, booked, at)


def _heading(it: Return, heading: str, expected: int, booked: Sum, at: datetime) -> Iterator[Finding]:
    """More in the books than the state allows was never taken back; less was never written."""
    if booked.minor > expected:
        yield _finding(it, BreakKind.MISSING_REVERSAL, f"{heading}_not_reversed", expected, booked, at)
    elif booked.minor < expected:
        yield _finding(it, BreakKind.AMOUNT_DIFFERS, f"{heading}_not_booked", expected, booked, at)


def _expected_refund(it: Return) -> int:
    return it.refund.amount.minor if it.refund.amount is not None and it.refund.status in OUT else 0


def _owed(it: Return) -> int:
    return it.refund.amount.minor if it.refund.amount is not None and it.refund.status in CHARGED else 0


def _finding(it: Return, kind: BreakKind, why: str, expected: int, booked: Sum, at: datetime,
             until: datetime | None = None) -> Finding:  # fmt: skip
    late = kind in {BreakKind.COMPENSATION_LATE, BreakKind.COMPENSATION_MISSING}
    return Finding(
        key=f"{kind}:{it.id}" if late else f"{kind}:{it.id}:{why}",
        kind=kind,
        source=Source.BOOKS,
        seller_id=it.seller_id,
        why=why,
        since=at if late or booked.at is None else booked.at,
        return_id=it.id,
        return_number=it.number,
        expected=Money(expected),
        marketplace=Money(booked.minor),
        until=until,
    )
