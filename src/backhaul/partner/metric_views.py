"""The warehouse's figures as page, API v1 and files show them: units on shelves by age, promises kept."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import at_hour, end_of_day
from backhaul.kit.spreadsheets import CsvSheet
from backhaul.partner import metric_queries, receiving_queries
from backhaul.partner.receiving_queries import Shelf
from backhaul.partner.rules import metrics
from backhaul.partner.rules.policy import Policy

# Days since the arrival, as `receiving_queries.AGES` counts them.
BUCKETS = ("0-3", "4-7", "8-10", "11-13", "14", "over")
COLUMNS = {
    "aging": ("warehouse", "shelf", "units", *(f"days_{bucket}" for bucket in BUCKETS), "orphans"),
    "promises": ("promise", "due", "kept", "kept_pct"),
}


class AgesView(msgspec.Struct, frozen=True):
    """Units by whole days since their arrival: 0–3, 4–7, 8–10, 11–13, 14 and over; of all, and of each shelf."""

    buckets: tuple[str, ...]
    units: int
    ages: tuple[int, ...]
    shelves: tuple[Shelf, ...]


class PromiseView(msgspec.Struct, frozen=True):
    """A promise: how often it was due or done in the period, and how often it was kept."""

    promise: str
    due: int
    kept: int
    kept_pct: float | None


class PromisesView(msgspec.Struct, frozen=True):
    """Promises about the units that arrived in the period, the latest 20,000 of them."""

    since: datetime
    until: datetime
    promises: tuple[PromiseView, ...]


def aging(tx: Tx, policy: Policy, now: datetime) -> AgesView:
    """What lies on the shelves, by age."""
    found = receiving_queries.shelves(tx, policy.warehouses, now)
    ages = tuple(sum(one.ages[n] for one in found) for n in range(len(BUCKETS)))
    return AgesView(BUCKETS, sum(one.units for one in found), ages, tuple(found))


def promises(tx: Tx, policy: Policy, now: datetime, days: int) -> PromisesView:
    """What was kept of the promises in the last days of Moscow, today with them."""
    since, until = at_hour(now, 1 - days, 0), end_of_day(now, 0)
    kept = metrics.promises(metric_queries.walks(tx, since, until), now, policy)
    return PromisesView(since, until - timedelta(microseconds=1), tuple(_promise(one) for one in kept))


def csv_of(tx: Tx, name: str, policy: Policy, now: datetime, days: int) -> bytes:
    """One of the tables as CSV, with the columns and codes of API v1."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        sheet = CsvSheet(path, COLUMNS[name])
        if name == "aging":
            for shelf in aging(tx, policy, now).shelves:
                sheet.add((shelf.warehouse, shelf.shelf, shelf.units, *shelf.ages, shelf.orphans))
        else:
            for one in promises(tx, policy, now, days).promises:
                sheet.add((one.promise, one.due, one.kept, None if one.kept_pct is None else f"{one.kept_pct:.1f}"))
        sheet.close()
        return path.read_bytes()


def _promise(it: metrics.Promise) -> PromiseView:
    share = it.kept_tenths
    return PromiseView(it.promise, it.due, it.kept, None if share is None else share / 10)
