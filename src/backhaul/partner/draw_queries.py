"""What is read of the draw: epochs, strata, the log of an epoch, and what the law must know of a unit that arrives."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Database, Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.partner import tables as t
from backhaul.partner.rules import sampling
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.sampling import Drawing, Stratum, Ticket
from backhaul.partner.rules.words import InspectionStatus

PAGE_EPOCHS = 50
PAGE_DRAWS = 1000
TICKETS = 4
NUMBER_MAX = 2**31 - 1

_e = t.draw_epochs.c
_columns = [_e.number, _e.begins_us, _e.ends_us, _e.sealed_key, _e.key_sha256, _e.published_us]
EPOCHS = Statement(
    sa.select(*_columns)
    .where(_e.number < bindparam("before"))
    .order_by(_e.number.desc())
    .limit(bindparam("most", type_=sa.Integer))
)
_d = t.draws.c
LOG = Statement(
    sa.select(
        _d.return_number, _d.stratum, _d.basis, _d.policy_version, _d.share_pct, _d.digest, _d.drawn, _d.rules, _d.at_us,
        _d.parcel_id,
    )
    .where(_d.epoch == bindparam("epoch"), _d.parcel_id > bindparam("after"))
    .order_by(_d.parcel_id)
    .limit(bindparam("most", type_=sa.Integer))
)  # fmt: skip
_n = t.draw_counts.c
COUNTS = Statement(sa.select(_n.epoch, _n.units, _n.drawn).where(among(_n.epoch, "numbers")))
_s = t.strata.c
STRATA = Statement(sa.select(_s.name, _s.arrived, _s.units, _s.clean_run).where(among(_s.name, "names")))
_p = t.parcels.c
QUEUE_DUE = Statement(
    sa.select(_p.inspect_by_us)
    .where(_p.inspection == InspectionStatus.QUEUED.value)
    .order_by(_p.inspect_by_us, _p.id)
    .limit(1)
    .offset(bindparam("others", type_=sa.Integer))
)


class Epoch(msgspec.Struct, frozen=True):
    """An epoch of the draw. The key stays sealed in here; who shows it asks `is_over` first."""

    number: int
    begins: datetime
    ends: datetime
    sealed_key: bytes
    key_sha256: str
    published: datetime

    def is_over(self, at: datetime) -> bool:
        """Whether its key may be known."""
        return at >= self.ends


class Drawn(msgspec.Struct, frozen=True):
    """A line of an epoch's log."""

    return_number: str
    stratum: str
    basis: str
    policy_version: str
    share_pct: int
    digest: str
    drawn: bool
    rules: tuple[str, ...]
    at: datetime


def epochs(tx: Tx, before: int = NUMBER_MAX, most: int = PAGE_EPOCHS) -> list[Epoch]:
    """The newest epochs first."""
    return [
        Epoch(row[0], from_us(row[1]), from_us(row[2]), bytes(row[3]), row[4], from_us(row[5]))
        for row in tx.rows(EPOCHS, before=min(max(before, 0), NUMBER_MAX), most=most)
    ]


def epoch(tx: Tx, number: int) -> Epoch | None:
    """One epoch."""
    found = epochs(tx, number + 1, 1) if 0 < number < NUMBER_MAX else []
    return found[0] if found and found[0].number == number else None


def counts(tx: Tx, numbers: Sequence[int]) -> dict[int, tuple[int, int]]:
    """How many units are in the logs of these epochs, and how many of them were drawn."""
    found = {row[0]: (int(row[1]), int(row[2])) for row in tx.rows(COUNTS, numbers=sorted(numbers))} if numbers else {}
    return {number: found.get(number, (0, 0)) for number in numbers}


def log_page(tx: Tx, number: int, after: int = 0, most: int = PAGE_DRAWS) -> tuple[list[Drawn], int]:
    """Lines of an epoch's log, and the parcel after which the next ones come."""
    rows = tx.rows(LOG, epoch=number, after=after, most=most)
    lines = [
        Drawn(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6]), tuple(json.loads(row[7])), from_us(row[8]))
        for row in rows
    ]
    return lines, rows[-1][9] if rows else after


def whole_log(database: Database, number: int) -> Iterator[list[Drawn]]:
    """The whole log in pages, each read by itself: nothing is written to the log of an epoch that is over."""
    after = 0
    while True:
        with database.read() as tx:
            lines, after = log_page(tx, number, after)
        if not lines:
            return
        yield lines


def drawings(tx: Tx, parcels: Sequence[Parcel], opened: Callable[[Epoch], bytes], policy: Policy) -> dict[int, Drawing]:
    """What each of these units draws, and the records of its strata; a few queries for all of them."""
    if not parcels:
        return {}
    named = {it.id: (sampling.scopes(it.unit), sampling.sku_scope(it.unit)) for it in parcels}
    names = sorted({name for three, sku in named.values() for name in (*three, sku)})
    known = {row[0]: row for row in tx.rows(STRATA, names=names)}
    running = epochs(tx, most=TICKETS + policy.draw_epochs_ahead)
    due = tx.one(QUEUE_DUE, others=max(policy.overload_units - 1, 0))
    queue_due = None if due is None else from_us(due[0])

    def arrived(name: str) -> int:
        return int(known[name][1]) if name in known else 0

    def stratum(name: str) -> Stratum:
        return Stratum(name, int(known[name][2]), int(known[name][3])) if name in known else Stratum(name)

    found = {}
    for it in parcels:
        (own, seller, everything), sku = named[it.id]
        tickets = tuple(
            Ticket(one.number, one.begins, one.ends, sampling.digest(opened(one), it.unit.return_number))
            for one in running
        )
        strata = (stratum(own), stratum(seller), stratum(everything))
        found[it.id] = Drawing(tickets, strata, arrived(seller), arrived(sku), queue_due)
    return found
