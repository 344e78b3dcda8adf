"""The figures of staff as pages and API v1 show them ([docs/metrics.md]): shares with the limits between which the true one lies."""

from datetime import datetime, timedelta

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.money import Money
from backhaul.marketplace import claim_queries, staff_metric_queries
from backhaul.marketplace.metric_views import share_pct
from backhaul.marketplace.point_figures import share_between

DAYS = (30, 90, 365)
DAYS_SHOWN = 90
POINTS_SHOWN = 100
NOTHING = Money(0)


class Over(msgspec.Struct, frozen=True):
    """The last days, until now and with it."""

    days: int
    since: datetime
    until: datetime


class Share(msgspec.Struct, frozen=True):
    """`part` of `whole` in percent, and Wilson's 95 % limits: nobody is ranked by chance."""

    part: int
    whole: int
    pct: float | None
    low_pct: int
    high_pct: int


class AgreementRow(msgspec.Struct, frozen=True):
    """Requests that a role rejected, and the disputes about them. `overturned`: of the decided ones those for the customer."""

    rejected_by: str
    rejected: int
    disputed: int
    open: int
    overturned: Share


class AgreementView(msgspec.Struct, frozen=True):
    """How often a rejection of a request of the period held when its customer objected."""

    since: datetime
    until: datetime
    rows: tuple[AgreementRow, ...]


def over(now: datetime, days: int) -> Over:
    """So many days until now."""
    return Over(days, now - timedelta(days=days), now)


def share(part: int, whole: int) -> Share:
    """With its limits."""
    return Share(part, whole, share_pct(part, whole), *share_between(part, whole))


def agreement(tx: Tx, asked: Over) -> AgreementView:
    """Rejections against the disputes about them, by who rejected."""
    rows = tuple(
        AgreementRow(
            one.by, one.count, one.open + one.upheld + one.refused, one.open, share(one.upheld, one.upheld + one.refused)
        )
        for one in staff_metric_queries.rejections(tx, asked.since, asked.until)
    )  # fmt: skip
    return AgreementView(asked.since, asked.until, rows)


class OpenClaimsRow(msgspec.Struct, frozen=True):
    """Claims of a kind on a carrier that are not over; `late`: past their bound."""

    kind: str
    carrier: str
    count: int
    amount: Money
    late: int


class EndedClaimsRow(msgspec.Struct, frozen=True):
    """Claims that were drafted in the period and are over. `days_to_money`: from filing to payment, of half of the paid ones."""

    kind: str
    carrier: str
    won: Share
    paid: Money
    days_to_money: int | None


class ClaimsView(msgspec.Struct, frozen=True):
    """Open claims by kind and carrier, and how those of the period ended."""

    since: datetime
    until: datetime
    open: tuple[OpenClaimsRow, ...]
    ended: tuple[EndedClaimsRow, ...]
    won: Share


def claims(tx: Tx, asked: Over) -> ClaimsView:
    """How claims stand and end."""
    ended = claim_queries.ended_claims(tx, asked.since, asked.until)
    return ClaimsView(
        asked.since,
        asked.until,
        tuple(
            OpenClaimsRow(one.kind, one.carrier, one.count, one.amount, one.late)
            for one in claim_queries.open_claims(tx, asked.until)
        ),
        tuple(
            EndedClaimsRow(one.kind, one.carrier, share(one.won, one.ended), one.paid, _half_days(one.seconds))
            for one in ended
        ),
        share(sum(one.won for one in ended), sum(one.ended for one in ended)),
    )


def _half_days(seconds: tuple[int, ...]) -> int | None:
    """Within how many whole days half of these were done: the median by the nearest rank, rounded up."""
    return -(-seconds[(len(seconds) - 1) // 2] // 86_400) if seconds else None
