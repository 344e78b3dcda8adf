"""What is read of second checks: those that wait, those of a parcel, the weeks of the inspectors."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.partner import tables as t
from backhaul.partner.loads import decode_parcel
from backhaul.partner.rules.second_checks import SecondCheck, SecondStatus, Week
from backhaul.partner.rules.words import InspectionStatus, Status

PAGE_ROWS = 50
LOT_MAX = 5000

_c = t.second_checks.c
_w = t.inspector_weeks.c
_m = t.marks.c
_p = t.parcels.c
decode = msgspec.json.Decoder(SecondCheck).decode

ONE = Statement(sa.select(_c.doc).where(_c.parcel_id == bindparam("parcel")))
IN_STATUS = Statement(
    sa.select(_c.doc)
    .where(_c.status == bindparam("status"), _c.parcel_id > bindparam("after"))
    .order_by(_c.parcel_id)
    .limit(PAGE_ROWS)
)
LOTS = Statement(
    sa.select(_m.inspector, sa.func.count())
    .where(_m.at_us >= bindparam("from_us"), _m.at_us < bindparam("to_us"))
    .group_by(_m.inspector)
    .order_by(_m.inspector)
    .limit(1000)
)
CANDIDATES = Statement(
    sa.select(_p.id, _p.return_number, _m.revision, _p.doc)
    .join(t.marks, _m.parcel_id == _p.id)
    .outerjoin(t.second_checks, _c.parcel_id == _p.id)
    .where(
        _m.at_us >= bindparam("from_us"),
        _m.at_us < bindparam("to_us"),
        _m.inspector == bindparam("inspector"),
        sa.or_(_p.status == Status.ARRIVED.value, _p.status == Status.DISPOSAL_DUE.value),
        _p.inspection == InspectionStatus.DONE.value,
        _c.parcel_id.is_(None),
    )
    .order_by(_p.id, _m.revision)
    .limit(LOT_MAX)
)
WEEKS = Statement(
    sa.select(_w.inspector, _w.week_us, _w.marks, _w.sample, _w.accepted, _w.tightened)
    .where(_w.week_us >= bindparam("from_us"))
    .order_by(_w.week_us.desc(), _w.inspector)
    .limit(500)
)
RESULTS = Statement(
    sa.select(_c.inspector, _c.week_us, _c.status, sa.func.count())
    .where(among(_c.inspector, "inspectors"), _c.week_us >= bindparam("from_us"))
    .group_by(_c.inspector, _c.week_us, _c.status)
)
_marked = (
    sa.select(_m.parcel_id)
    .where(_m.at_us >= bindparam("from_us"), _m.inspector == bindparam("inspector"))
    .limit(LOT_MAX)
    .subquery()
)
MARKED = Statement(sa.select(sa.func.count()).select_from(_marked))
LAST_WEEK = Statement(sa.select(t.numbers.c.next).where(t.numbers.c.name == "second_checks_week"))


def one(tx: Tx, parcel_id: int) -> SecondCheck | None:
    """The second check of a parcel."""
    row = tx.one(ONE, parcel=parcel_id)
    return None if row is None else decode(bytes(row[0]))


def in_status(tx: Tx, status: SecondStatus, after: int = 0) -> list[SecondCheck]:
    """Second checks that stand somewhere."""
    return [decode(bytes(row[0])) for row in tx.rows(IN_STATUS, status=status, after=after)]


def lots(tx: Tx, since: datetime, until: datetime) -> list[tuple[str, int]]:
    """(inspector, marks) of a week."""
    return [(row[0], int(row[1])) for row in tx.rows(LOTS, from_us=to_us(since), to_us=to_us(until))]


def marked(tx: Tx, inspector: str, since: datetime) -> int:
    """How many units an inspector has marked since an instant."""
    row = tx.one(MARKED, inspector=inspector, from_us=to_us(since))
    return 0 if row is None else int(row[0])


def candidates(tx: Tx, inspector: str, since: datetime, until: datetime) -> dict[int, str]:
    """The units of a week that are still in the house and whose mark in force is this one's, id -> return number."""
    rows = tx.rows(CANDIDATES, inspector=inspector, from_us=to_us(since), to_us=to_us(until))
    return {row[0]: row[1] for row in rows if decode_parcel(row[3]).inspection.revision == row[2]}


def weeks(tx: Tx, since: datetime) -> list[Week]:
    """The weeks of all inspectors since one, newest first, with what their second checks came to."""
    rows = tx.rows(WEEKS, from_us=to_us(since))
    return _with_results(tx, rows, to_us(since))


def _with_results(tx: Tx, rows: Sequence[tuple[object, ...]], from_us_: int) -> list[Week]:
    names = sorted({str(row[0]) for row in rows})
    found: dict[tuple[str, int], dict[str, int]] = {}
    for inspector, week_us, status, count in tx.rows(RESULTS, inspectors=names, from_us=from_us_) if names else []:
        found.setdefault((inspector, week_us), {})[status] = int(count)
    weeks_ = []
    for inspector, week_us, marks, sample, accepted, tightened in rows:
        name, at_us = str(inspector), int(str(week_us))
        came = found.get((name, at_us), {})
        gone = came.get(SecondStatus.GONE, 0)
        checked = sum(count for status, count in came.items() if status != SecondStatus.ORDERED) - gone
        differing = came.get(SecondStatus.DIFFERS, 0) + came.get(SecondStatus.REVISED, 0)
        weeks_.append(
            Week(name, from_us(at_us), int(str(marks)), int(str(sample)), int(str(accepted)), bool(tightened), checked,
                 differing, gone)
        )  # fmt: skip
    return weeks_


def last_week(tx: Tx) -> datetime | None:
    """The newest week whose sample was drawn."""
    row = tx.one(LAST_WEEK)
    return None if row is None else from_us(row[0])
