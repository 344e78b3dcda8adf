"""The figures of staff as pages and API v1 show them ([docs/metrics.md]): shares with the limits between which the true one lies."""

from datetime import datetime, timedelta

import msgspec

from backhaul.kit.database import Tx
from backhaul.marketplace import staff_metric_queries
from backhaul.marketplace.metric_views import share_pct
from backhaul.marketplace.point_figures import share_between

DAYS = (30, 90, 365)
DAYS_SHOWN = 90


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
