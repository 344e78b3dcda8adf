"""SQL of the warehouse's figures: when things happened to the units that arrived in a period, by the index of arrivals."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.inside import inside
from backhaul.partner import tables as t
from backhaul.partner.rules.metrics import Walk

UNITS_MAX = 20_000

_p, _e = t.parcels.c, t.journal.events.c
_some = (
    sa.select(
        _p.id, _p.arrived_us, _p.gate, _p.status, _p.decision, inside(_p.doc, "destination.created_at").label("address"),
        inside(_p.doc, "destination.confirmed_at").label("usable"),
    )
    .where(_p.arrived_us >= bindparam("from_us"), _p.arrived_us < bindparam("until_us"))
    .order_by(_p.arrived_us.desc(), _p.id.desc())
    .limit(bindparam("most"))
    .subquery()
)  # fmt: skip


def _at(kind: str, *conditions: sa.ColumnElement[bool], last: bool = False) -> Any:
    chosen = sa.case((sa.and_(_e.kind == kind, *conditions), _e.at_us))
    return sa.func.max(chosen) if last else sa.func.min(chosen)


_ships = _e.data.like('%"decision":"ship\\_%', escape="\\")
WALKS = Statement(
    sa.select(
        _some.c.arrived_us, _some.c.gate, _some.c.status, _some.c.decision, _some.c.address, _some.c.usable,
        _at("GateChecked"), _at("InspectionQueued"), _at("Marked"), _at("MediaOrdered", last=True),
        _at("MediaDelivered", last=True), _at("Decided", _ships, last=True), _at("Dispatched", last=True),
    )
    .select_from(_some.join(t.journal.events, _e.case_id == _some.c.id))
    .group_by(*_some.c)
)  # fmt: skip


def walks(tx: Tx, since: datetime, until: datetime) -> list[Walk]:
    """The units that arrived in the period, the latest 20,000 of them."""
    rows = tx.rows(WALKS, from_us=to_us(since), until_us=to_us(until), most=UNITS_MAX)
    return [
        msgspec.structs.replace(
            Walk(from_us(row[0]), row[1], row[2], row[3], *(_moment(us) for us in row[6:])),
            address_at=_said(row[4]),
            address_usable_at=_said(row[5]),
        )
        for row in rows
    ]


def _moment(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)


def _said(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
