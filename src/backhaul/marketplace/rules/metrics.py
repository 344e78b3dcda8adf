"""The figures of section 8.2 of the requirements, each with its one definition. Pure: sums come in, figures come out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

import msgspec

from backhaul.kit.days import MOSCOW, days_left, end_of_day
from backhaul.kit.money import half_up
from backhaul.marketplace.rules.words import ClaimStatus, CompensationStatus, Mark, ReasonGroup, Status

MONTHS = (1, 3, 6, 12)
MONTHS_SHOWN = 3
FORECAST_DAYS = 14


class Outcome(StrEnum):
    """What became of the value of a product whose customer has the money back."""

    COMPENSATION = "compensation"
    CLAIM = "claim"
    GOODS = "goods"
    OPEN = "open"
    LOST = "lost"


UNDERWAY = frozenset({Status.ACCEPTED_AT_PVZ, Status.ON_THE_WAY, Status.FOUND_AFTER_CLAIM})
OPEN_CLAIMS = frozenset({ClaimStatus.DRAFT, ClaimStatus.FILED, ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED})
OWED = frozenset({CompensationStatus.ACCRUED.value, CompensationStatus.CREDITED.value})
EXPECTED = "expected"
# Groups of the Seller API in which a product at the partner stands: the seller has it, or it waits.
HANDED_OVER, AT_REST = "approved", "checkout"


def outcome(status: str, group: str, compensation: str, claim: str) -> Outcome:
    """A paid claim stands instead of compensation. Open: something may still come of it. Otherwise it is lost."""
    if claim == ClaimStatus.PAID:
        return Outcome.CLAIM
    if compensation in OWED:
        return Outcome.COMPENSATION
    if status == Status.AT_PARTNER and group == HANDED_OVER:
        return Outcome.GOODS
    at_rest = status == Status.AT_PARTNER and group == AT_REST
    if claim in OPEN_CLAIMS or compensation == EXPECTED or status in UNDERWAY or at_rest:
        return Outcome.OPEN
    return Outcome.LOST


class Group(msgspec.Struct, frozen=True):
    """Returns alike: where they stand, and their sums in kopecks. `passed`: which deadline of the seller passed, if any."""

    route: str
    status: str
    group: str
    compensation: str
    claim: str
    passed: str
    choice: str
    count: int
    refund_minor: int
    compensation_minor: int
    claim_minor: int


class Balance(msgspec.Struct, frozen=True):
    """refunded = recovered + open + lost, but where more came back than was refunded."""

    count: int = 0
    refunded: int = 0
    recovered: int = 0
    open: int = 0
    lost: int = 0

    def __add__(self, other: "Balance") -> "Balance":
        return Balance(
            self.count + other.count, self.refunded + other.refunded, self.recovered + other.recovered,
            self.open + other.open, self.lost + other.lost,
        )  # fmt: skip


def balance(groups: Iterable[Group]) -> Balance:
    """Recovered = compensation + paid claims + what the customer had back for goods that the seller has again (8.2).

    The partner's charges and the export are not in it: they are owed to the partner, and stand in its invoices.
    """
    return sum((_balance(one) for one in groups), Balance())


def _balance(it: Group) -> Balance:
    kind = outcome(it.status, it.group, it.compensation, it.claim)
    recovered = {
        Outcome.COMPENSATION: it.compensation_minor, Outcome.CLAIM: it.claim_minor, Outcome.GOODS: it.refund_minor,
    }.get(kind, 0)  # fmt: skip
    if kind is Outcome.OPEN:
        return Balance(it.count, it.refund_minor, open=it.refund_minor)
    return Balance(it.count, it.refund_minor, recovered, 0, max(0, it.refund_minor - recovered))


def tenths(part: int, whole: int) -> int | None:
    """A share in tenths of a percent, half up; None of nothing. Recovery % is recovered ÷ refunded (8.2)."""
    return None if whole <= 0 else half_up(1000 * part, whole)


def months_from(now: datetime, count: int) -> list[tuple[datetime, datetime]]:
    """The last `count` months of Moscow, the present one with them: from each one's first instant to the next one's."""
    day = now.astimezone(MOSCOW)
    year, month = day.year, day.month
    bounds = [end_of_day(now, 0)]
    for _ in range(count):
        bounds.append(datetime(year, month, 1, tzinfo=MOSCOW).astimezone(now.tzinfo))
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    bounds.reverse()
    return list(pairwise(bounds))


STAGES: dict[str, tuple[str, str]] = {
    "answer": ("submitted", "answered"),
    "drop_off": ("approved", "accepted"),
    "dispatch": ("accepted", "dispatched"),
    "transit": ("dispatched", "arrived"),
    "inspection": ("arrived", "marked"),
    "decision": ("arrived", "decided"),
    "completion": ("decided", "done"),
}


class StageTime(msgspec.Struct, frozen=True):
    """How long a stage took those that went through it. The median and the 90th percentile are times that occurred."""

    stage: str
    count: int
    median_seconds: int | None
    p90_seconds: int | None


def stage_times(moments: Sequence[Mapping[str, int | None]]) -> tuple[StageTime, ...]:
    """Stage times (8.2) out of the instants of each return, in microseconds."""
    found = []
    for stage, (start, end) in STAGES.items():
        took = sorted(
            until - since
            for one in moments
            if (since := one[start]) is not None and (until := one[end]) is not None and until >= since
        )
        found.append(StageTime(stage, len(took), _rank(took, 50), _rank(took, 90)))
    return tuple(found)


def _rank(took: list[int], percent: int) -> int | None:
    """The nearest rank: the smallest time that so many percent did not exceed; in seconds."""
    return took[-(-len(took) * percent // 100) - 1] // 1_000_000 if took else None


def disagrees(mark: str, group: str) -> bool:
    """Whether the inspection says another thing than the customer (8.2): a fault that is not there, or one that nobody named."""
    if mark == Mark.SUBSTITUTED:
        return True
    faulty = group in (ReasonGroup.DEFECT, ReasonGroup.DAMAGE)
    return mark == Mark.SERVICEABLE if faulty else group == ReasonGroup.FIT and mark != Mark.SERVICEABLE


class DueDay(msgspec.Struct, frozen=True):
    """What must be decided by the end of a day: how many, and what the products cost; and what is credited by then."""

    last_day: datetime
    requests: int = 0
    requests_minor: int = 0
    units: int = 0
    units_minor: int = 0
    credits: int = 0
    credits_minor: int = 0


DUES = ("request", "unit", "credit")


class Due(msgspec.Struct, frozen=True):
    """Alike deadlines: of requests to answer, of units at the partner, of compensation that accrued. `kind`: one of `DUES`."""

    by: datetime
    kind: str
    count: int
    minor: int


def forecast(dues: Iterable[Due], now: datetime) -> tuple[DueDay, ...]:
    """What ends today and on the 13 days after it: the seller's deadlines with what the products cost, and credits."""
    sums = [[0] * 2 * len(DUES) for _ in range(FORECAST_DAYS)]
    for due in dues:
        left = days_left(due.by, now)
        if due.by > now and left < FORECAST_DAYS:
            at = 2 * DUES.index(due.kind)
            sums[left][at] += due.count
            sums[left][at + 1] += due.minor
    first = end_of_day(now, 0) - timedelta(microseconds=1)
    return tuple(DueDay(first + timedelta(days=n), *one) for n, one in enumerate(sums))
