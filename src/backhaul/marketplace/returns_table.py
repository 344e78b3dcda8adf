"""All returns as one table for a data warehouse: what a return is, where it stands and when; nothing that names its customer."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from backhaul.kit.database import Statement
from backhaul.kit.whole_tables import harmless, instant, suspicious
from backhaul.marketplace import tables as t

_r, _f = t.returns.c, t.return_facets.c
_COLUMNS: tuple[sa.Column[Any], ...] = (
    _r.number, _r.seller_id, _r.posting_number, _f.sku, _r.offer_id, _f.category, _f.price_minor, _r.status, _r.route,
    _f.reason_group, _f.mark, _r.point_id, _r.requested_us, _f.decide_us, _r.accepted_us, _r.dispatched_us,
)  # fmt: skip
_SAID_BY_OTHERS = (_r.offer_id, _f.category)
NAMES = tuple(column.name.replace("_us", "_at").replace("decide_at", "decide_by") for column in _COLUMNS)
INSTANTS = tuple(column.name.endswith("_us") for column in _COLUMNS)
_NAMED = [column.label(name) for column, name in zip(_COLUMNS, NAMES, strict=True)]


def _dated(column: sa.Column[Any], name: str) -> sa.ColumnElement[Any]:
    return instant(column).label(name) if column.name.endswith("_us") else column.label(name)


def _worded(column: sa.Column[Any], name: str) -> sa.ColumnElement[Any]:
    return harmless(column).label(name) if column in set(_SAID_BY_OTHERS) else _dated(column, name)


def _all(columns: Sequence[sa.ColumnElement[Any]]) -> Statement:
    return Statement(sa.select(*columns).join(t.return_facets, _f.return_id == _r.id).order_by(_r.id))


RAW = _all(_NAMED)
WORDED = _all([_worded(column, name) for column, name in zip(_COLUMNS, NAMES, strict=True)])
# For PostgreSQL, when it has found nothing suspicious in the same snapshot.
DATED = _all([_dated(column, name) for column, name in zip(_COLUMNS, NAMES, strict=True)])
SUSPICIOUS = tuple(suspicious(column) for column in _SAID_BY_OTHERS)
COUNT = Statement(sa.select(sa.func.count()).select_from(t.return_facets))
