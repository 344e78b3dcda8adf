"""SQL that only looks at the orphan bay, and at the expected units that may belong there."""

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.journal import GENESIS, Mark, event_hash
from backhaul.partner import loads, queries
from backhaul.partner import tables as t
from backhaul.partner.rules import candidates, codes
from backhaul.partner.rules import orphans as o
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import Status
from backhaul.partner.shapes import Happening

NEAREST_MAX = 250
DAY_US = 86_400_000_000

decode_orphan = msgspec.json.Decoder(o.Orphan).decode
decode_event = msgspec.json.Decoder(o.Any).decode

_o, _p = t.orphans.c, t.parcels.c
LOAD = Statement(sa.select(_o.doc, _o.head).where(_o.id == bindparam("orphan")))
BY_IDS = Statement(sa.select(_o.doc).where(among(_o.id, "ids")).order_by(_o.id.desc()))
IN_STATUS = Statement(
    sa.select(_o.doc)
    .where(_o.status == bindparam("status"), _o.id > bindparam("after"))
    .order_by(_o.id)
    .limit(queries.PAGE_ROWS)
)
CLOSED = Statement(
    sa.select(_o.doc)
    .where(_o.status != o.OrphanStatus.OPEN.value, _o.id < bindparam("before"))
    .order_by(_o.id.desc())
    .limit(queries.PAGE_ROWS)
)
COUNT_OPEN = Statement(sa.select(sa.func.count()).where(_o.status == o.OrphanStatus.OPEN.value))
BY_CODE = Statement(
    sa.select(t.orphan_codes.c.orphan_id)
    .where(t.orphan_codes.c.code == bindparam("code"))
    .order_by(t.orphan_codes.c.orphan_id.desc())
    .limit(queries.PAGE_ROWS)
)
ALL_IDS = Statement(sa.select(_o.id, _o.status).where(_o.id > bindparam("after")).order_by(_o.id).limit(500))
HISTORY = Statement(
    sa.select(*t.orphan_events.c)
    .where(t.orphan_events.c.orphan_id == bindparam("orphan"))
    .order_by(t.orphan_events.c.seq)
)
_expected = sa.select(_p.doc).where(_p.status == Status.EXPECTED.value)
DUE_BEFORE = Statement(
    _expected.where(_p.eta_us <= bindparam("at_us"), _p.eta_us >= bindparam("from_us"))
    .order_by(_p.eta_us.desc(), _p.id.desc())
    .limit(NEAREST_MAX)
)
DUE_AFTER = Statement(
    _expected.where(_p.eta_us > bindparam("at_us"), _p.eta_us <= bindparam("to_us"))
    .order_by(_p.eta_us, _p.id)
    .limit(NEAREST_MAX)
)


def one(tx: Tx, orphan_id: int) -> o.Orphan | None:
    """An orphan by its id."""
    row = tx.one(LOAD, orphan=orphan_id)
    return None if row is None else decode_orphan(row[0])


def in_the_bay(tx: Tx, after: int = 0) -> list[o.Orphan]:
    """What waits to be recognised, the longest first."""
    return [decode_orphan(row[0]) for row in tx.rows(IN_STATUS, status=o.OrphanStatus.OPEN.value, after=after)]


def closed(tx: Tx, before: int = 2**62) -> list[o.Orphan]:
    """What was matched or left, the newest first."""
    return [decode_orphan(row[0]) for row in tx.rows(CLOSED, before=before)]


def count_open(tx: Tx) -> int:
    """How many lie in the bay."""
    row = tx.one(COUNT_OPEN)
    return 0 if row is None else int(row[0])


def by_code(tx: Tx, scan: str) -> list[o.Orphan]:
    """The orphans on which this code was seen, those in the bay first, then the newest."""
    ids = sorted({row[0] for code in codes.readings(scan) for row in tx.rows(BY_CODE, code=code)})
    found = [decode_orphan(row[0]) for row in tx.rows(BY_IDS, ids=ids)] if ids else []
    return sorted(found, key=lambda it: it.status is not o.OrphanStatus.OPEN)[: queries.PAGE_ROWS]


def candidates_for(tx: Tx, it: o.Orphan, policy: Policy) -> list[candidates.Candidate]:
    """Expected units of these days and those that carry one of its codes, ranked."""
    at_us = to_us(it.registered_at)
    first = at_us - policy.orphan_window_days_before * DAY_US
    last = at_us + policy.orphan_window_days_after * DAY_US
    rows = [
        *tx.rows(DUE_BEFORE, at_us=at_us, from_us=first),
        *tx.rows(DUE_AFTER, at_us=at_us, to_us=last),
    ]
    units = [loads.decode_parcel(row[0]) for row in rows]
    named = queries.by_ids(tx, sorted({parcel_id for code in it.codes for parcel_id in queries.by_code(tx, code)}))
    units += [unit for unit in named if unit.status is Status.EXPECTED]
    return candidates.ranked(it, units, policy)


def history(tx: Tx, orphan_id: int) -> list[Happening]:
    """What happened to an orphan, oldest first."""
    return [
        Happening(row[1], decode_event(row[3]), row[2], row[6], row[7], from_us(row[4]), from_us(row[5]))
        for row in tx.rows(HISTORY, orphan=orphan_id)
    ]


def replay(tx: Tx, orphan_id: int) -> tuple[o.Orphan | None, bool]:
    """The orphan folded anew from its events, and whether its chain of hashes verifies up to the row's head."""
    head = GENESIS
    it: o.Orphan | None = None
    for row in tx.rows(HISTORY, orphan=orphan_id):
        head = event_hash(head, orphan_id, row[1], row[3].encode(), Mark(row[4], row[5], row[6], row[7], row[8]))
        if head != bytes(row[9]):
            return it, False
        event: Any = decode_event(row[3])
        if row[2] != type(event).__name__:
            return it, False  # the word beside the event is not in the chain
        it = o.born(orphan_id, event) if isinstance(event, o.Registered) else o.evolve(it, event) if it else None
    stored = tx.one(LOAD, orphan=orphan_id)
    return it, stored is not None and bytes(stored[1]) == head


def all_ids(tx: Tx, after: int = 0) -> list[tuple[int, str]]:
    """Ids and statuses of up to 500 orphans after an id."""
    return [(row[0], row[1]) for row in tx.rows(ALL_IDS, after=after)]
