"""SQL of what points do: sums over the returns of a period, and what waits there now. One row a point: who shows them ranks, then cuts."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import to_us
from backhaul.marketplace import tables as t
from backhaul.marketplace.queries import Point
from backhaul.marketplace.rules.words import Status

_o, _r = t.return_outcomes.c, t.returns.c
_count = sa.func.count()


def _sum(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0))


FIGURES = Statement(
    sa.select(
        _o.point_id, _sum(_o.taken == "accepted"), _sum(_o.taken == "refused"), sa.func.sum(_o.unchecked),
        _sum(_o.mark == "substituted"), sa.func.avg(_o.hold_us),
    )
    .where(_o.asked_us >= bindparam("from_us"), _o.asked_us <= bindparam("until_us"), _o.point_id != "")
    .group_by(_o.point_id)
)  # fmt: skip
WAITING = Statement(
    sa.select(_r.point_id, _count, _sum(_r.accepted_us < bindparam("before_us")))
    .where(_r.status == bindparam("status"))
    .group_by(_r.point_id)
)
SWAPPING = Statement(
    sa.select(_o.point_id, _sum(_o.taken == "accepted"), _sum(_o.mark == "substituted"))
    .where(_o.asked_us >= bindparam("from_us"), _o.asked_us <= bindparam("until_us"), _o.point_id != "")
    .group_by(_o.point_id)
    .having(_sum(_o.mark == "substituted") > 0)
)
NAMED = Statement(sa.select(*t.points.c).where(among(t.points.c.id, "ids")))


class PointFigures(msgspec.Struct, frozen=True):
    """One point's counts: taken in, refused, waiting now, waiting too long; how long goods stayed on average."""

    point_id: str
    accepted: int
    refused: int
    waiting: int
    dwelling: int
    hold_us: int | None
    unchecked: int
    substituted: int


def figures(tx: Tx, since: datetime, until: datetime, accepted_before: datetime) -> list[PointFigures]:
    """What each point did with the returns that were requested in a period, and what it holds now."""
    held = tx.rows(WAITING, status=Status.ACCEPTED_AT_PVZ, before_us=to_us(accepted_before))
    waiting = {row[0]: (int(row[1]), int(row[2])) for row in held}
    done = {row[0]: row for row in tx.rows(FIGURES, from_us=to_us(since), until_us=to_us(until))}
    nothing = ("", 0, 0, 0, 0, None)
    found = []
    for point_id in sorted(done.keys() | waiting.keys()):
        _, accepted, refused, unchecked, substituted, hold_us = done.get(point_id, nothing)
        now, too_long = waiting.get(point_id, (0, 0))
        hold = None if hold_us is None else int(hold_us)
        found.append(
            PointFigures(
                point_id, int(accepted), int(refused), now, too_long, hold, int(unchecked), int(substituted)
            )
        )  # fmt: skip
    return found


def swapping(tx: Tx, since: datetime, until: datetime) -> list[tuple[str, int, int]]:
    """The points that took in what was found to be another product: of a period, what they took in and how many of these."""
    rows = tx.rows(SWAPPING, from_us=to_us(since), until_us=to_us(until))
    return [(point_id, int(accepted), int(substituted)) for point_id, accepted, substituted in rows]


def named(tx: Tx, ids: Iterable[str]) -> dict[str, Point]:
    """What these points are and where."""
    return {row[0]: Point(*row) for row in tx.rows(NAMED, ids=list(ids))}
