"""SQL of the figures: a seller's sums over a period, grouped where the rows are. Every statement begins at an index of the seller."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.inside import inside
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.metrics import Due, Group

RETURNS_MAX = 5_000
PRODUCTS_MAX = 20
REASONS_MAX = 5_000
DEADLINES_MAX = 1_000
LEFT_THE_HOUSE = ("sent", "confirmed", "in_doubt")
ANSWERS = ("Approved", "Rejected", "Offered", "RefundedWithoutReturn")

_r, _m, _e, _l, _f = t.returns.c, t.return_money.c, t.journal.events.c, t.order_lines.c, t.return_facets.c
_count = sa.func.count()
_seller: sa.BindParameter[int] = bindparam("seller")


def _within(column: sa.Column[Any]) -> tuple[sa.ColumnElement[bool], ...]:
    return column >= bindparam("from_us"), column < bindparam("until_us")


def _kind(*kinds: str) -> sa.ColumnElement[bool]:
    return sa.or_(*(_e.kind == kind for kind in kinds))


_standing = (
    sa.select(
        _r.route, _r.status, _r.group_state, _m.compensation, _m.claim, _f.passed, _f.choice, _m.refund_minor,
        _m.compensation_minor, _m.claim_minor,
    )
    .select_from(t.return_money.join(t.returns, _r.id == _m.return_id).join(t.return_facets, _f.return_id == _r.id))
    .where(_m.seller_id == _seller, among(_m.refund, "states"), *_within(_m.refund_us))
    .subquery()
)  # fmt: skip
_s = _standing.c
_alike = (_s.route, _s.status, _s.group_state, _s.compensation, _s.claim, _s.passed, _s.choice)
REFUNDED = Statement(
    sa.select(
        *_alike, _count, *(sa.func.sum(_s[name]) for name in ("refund_minor", "compensation_minor", "claim_minor"))
    )
    .group_by(*_alike)
    .order_by(*_alike)
    .limit(1_000)
)

_asked_for = (_r.seller_id == _seller, _r.group_state != "", *_within(_r.requested_us))
_some = (
    sa.select(_r.id)
    .where(*_asked_for)
    .order_by(_r.requested_us.desc(), _r.id.desc())
    .limit(bindparam("most"))
    .subquery()
)


def _first(name: str, *conditions: sa.ColumnElement[bool]) -> Any:
    return sa.func.min(sa.case((sa.and_(*conditions), _e.at_us))).label(name)


_handed = sa.or_(_e.data.like('%"picked_up"%'), _e.data.like('%"delivered"%'))
_MOMENTS = (
    _first("submitted", _e.kind == "Submitted"),
    _first("answered", _kind(*ANSWERS)),
    _first("approved", _e.kind == "Approved"),
    _first("accepted", _e.kind == "CheckedIn"),
    _first("dispatched", _e.kind == "Dispatched"),
    _first("arrived", _e.kind == "Arrived"),
    _first("marked", _e.kind == "Marked"),
    _first("decided", _e.kind == "DecisionMirrored", sa.not_(_e.data.like('%"decision":"none"%'))),
    _first("done", sa.or_(_e.kind == "DisposalMirrored", sa.and_(_e.kind == "HandoverMirrored", _handed))),
)
MOMENT_NAMES = tuple(one.name for one in _MOMENTS)
MOMENTS = Statement(
    sa.select(*_MOMENTS).select_from(_some.join(t.journal.events, _e.case_id == _some.c.id)).group_by(_e.case_id)
)
MARKS = Statement(
    sa.select(_f.mark, _f.reason_group, _count)
    .select_from(t.returns.join(t.return_facets, _f.return_id == _r.id))
    .where(*_asked_for, _f.mark != "")
    .group_by(_f.mark, _f.reason_group)
    .order_by(_f.mark, _f.reason_group)
    .limit(REASONS_MAX)
)

# Units delivered in the period by SKU, and those of them that a pick-up point accepted back; both out of their index.
_newest = sa.func.max(_l.id)
_of_lines = (
    sa.select(
        _l.sku, _l.category, sa.func.sum(_l.quantity).label("delivered"), _newest.label("line_id"),
        sa.func.row_number().over(partition_by=_l.sku, order_by=_newest.desc()).label("place"),
    )
    .where(_l.seller_id == _seller, *_within(_l.delivered_us))
    .group_by(_l.sku, _l.category)
    .subquery()
)  # fmt: skip
_came_back = (_f.seller_id == _seller, _f.accepted_us.is_not(None), *_within(_f.delivered_us))
_of_returns = (
    sa.select(_f.sku, _f.category, _count.label("accepted")).where(*_came_back).group_by(_f.sku, _f.category).subquery()
)
_n = _of_lines.c
_accepted_of_pair = sa.func.coalesce(_of_returns.c.accepted, 0)
_delivered, _accepted = sa.func.sum(_n.delivered), sa.func.sum(_accepted_of_pair)


def _of_newest(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.max(sa.case((_n.place == 1, value)))


# With each product the sums of all. Its category is that of its newest line, with what it comes to there.
PRODUCTS = Statement(
    sa.select(
        _n.sku, _of_newest(_n.category), sa.func.max(_n.line_id), _delivered, _accepted,
        sa.func.sum(_delivered).over(), sa.func.sum(_accepted).over(), _of_newest(_n.delivered), _of_newest(_accepted_of_pair),
    )
    .select_from(
        _of_lines.outerjoin(_of_returns, sa.and_(_of_returns.c.sku == _n.sku, _of_returns.c.category == _n.category))
    )
    .group_by(_n.sku)
    .order_by(_accepted.desc(), _delivered, _n.sku)
    .limit(bindparam("most"))
)  # fmt: skip
NAMES = Statement(
    sa.select(_l.id, inside(_l.doc, "offer_id"), inside(_l.doc, "name")).where(among(_l.id, "ids")).limit(PRODUCTS_MAX)
)
REASONS_OF_PRODUCTS = Statement(
    sa.select(_f.sku, _f.reason_group, _count)
    .where(*_came_back)
    .group_by(_f.sku, _f.reason_group)
    .order_by(_count.desc(), _f.sku, _f.reason_group)
    .limit(REASONS_MAX)
)
# What categories come to with all sellers together: whoever asks for them keeps them for a day (category_rates).
DELIVERED_OF_CATEGORIES = Statement(
    sa.select(_l.category, sa.func.sum(_l.quantity), sa.func.count(sa.distinct(_l.seller_id)))
    .where(among(_l.category, "categories"), *_within(_l.delivered_us))
    .group_by(_l.category)
    .limit(PRODUCTS_MAX)
)
ACCEPTED_OF_CATEGORIES = Statement(
    sa.select(_f.category, _count)
    .where(among(_f.category, "categories"), _f.accepted_us.is_not(None), *_within(_f.delivered_us))
    .group_by(_f.category)
    .limit(PRODUCTS_MAX)
)

DUES = Statement(
    sa.select(_f.decide_us, _f.status, _count, sa.func.sum(_f.price_minor))
    .where(_f.seller_id == _seller, *_within(_f.decide_us))
    .group_by(_f.decide_us, _f.status)
    .order_by(_f.decide_us, _f.status)
    .limit(DEADLINES_MAX)
)
# Compensation by its bound: what accrued and is not credited yet.
CREDITS = Statement(
    sa.select(_m.due_us, _count, sa.func.sum(_m.compensation_minor))
    .where(_m.seller_id == _seller, _m.compensation == "accrued", *_within(_m.due_us))
    .group_by(_m.due_us)
    .order_by(_m.due_us)
    .limit(DEADLINES_MAX)
)


class Product(msgspec.Struct, frozen=True):
    """A product's units that were delivered in the period, and those of them that a pick-up point accepted back.

    `in_category`: both, of its lines in the category that it has now.
    """

    sku: int
    category: str
    offer_id: str
    name: str
    delivered: int
    accepted: int
    in_category: tuple[int, int]


class CategorySums(msgspec.Struct, frozen=True):
    """Units of a category that all sellers together delivered in a period, those of them that were accepted back, of how many sellers, and when that was summed."""

    delivered: int
    accepted: int
    sellers: int
    at: datetime


def refunded(tx: Tx, seller_id: int, since: datetime, until: datetime) -> list[Group]:
    """Returns whose refund left in the period, by where they stand now."""
    rows = tx.rows(REFUNDED, **_period(seller_id, since, until), states=list(LEFT_THE_HOUSE))
    return [Group(*row[:7], *(int(number) for number in row[7:])) for row in rows]


def moments(tx: Tx, seller_id: int, since: datetime, until: datetime) -> list[dict[str, int | None]]:
    """When things happened to the returns that were asked for in the period, to the latest 5,000 of them."""
    rows = tx.rows(MOMENTS, **_period(seller_id, since, until), most=RETURNS_MAX)
    return [dict(zip(MOMENT_NAMES, row, strict=True)) for row in rows]


def marks(tx: Tx, seller_id: int, since: datetime, until: datetime) -> list[tuple[str, str, int]]:
    """Marks of the returns that were asked for in the period, by the group of their reason."""
    rows = tx.rows(MARKS, **_period(seller_id, since, until))
    return [(mark, group, int(count)) for mark, group, count in rows]


def products(tx: Tx, seller_id: int, since: datetime, until: datetime) -> tuple[int, int, list[Product]]:
    """Units delivered in the period, those of them that were accepted back, and the products of which most came back."""
    rows = tx.rows(PRODUCTS, **_period(seller_id, since, until), most=PRODUCTS_MAX)
    delivered, accepted = (int(rows[0][5]), int(rows[0][6])) if rows else (0, 0)
    names = {row[0]: (row[1], row[2]) for row in tx.rows(NAMES, ids=[int(row[2]) for row in rows])} if rows else {}
    found = []
    for sku, category, line_id, of_it, came_back, _, _, *there in rows:
        offer_id, name = names[line_id]
        in_category = int(there[0]), int(there[1])
        found.append(Product(int(sku), category, offer_id, name, int(of_it), int(came_back), in_category))
    return delivered, accepted, found


def reasons(tx: Tx, seller_id: int, since: datetime, until: datetime) -> list[tuple[int, str, int]]:
    """Why units delivered in the period came back: SKU, group of the reason, how many."""
    rows = tx.rows(REASONS_OF_PRODUCTS, **_period(seller_id, since, until))
    return [(int(sku), group, int(count)) for sku, group, count in rows]


def of_categories(tx: Tx, categories: Sequence[str], since: datetime, until: datetime,
                  at: datetime) -> dict[str, CategorySums]:  # fmt: skip
    """What all sellers together delivered of each category in the period, as it stands at an instant."""
    asked = {"categories": list(categories), "from_us": to_us(since), "until_us": to_us(until)}
    accepted = dict(tx.rows(ACCEPTED_OF_CATEGORIES, **asked))
    delivered = {row[0]: (int(row[1]), int(row[2])) for row in tx.rows(DELIVERED_OF_CATEGORIES, **asked)}
    return {
        name: CategorySums(units, int(accepted.get(name, 0)), sellers, at)
        for name in categories
        for units, sellers in [delivered.get(name, (0, 0))]
    }


def dues(tx: Tx, seller_id: int, now: datetime, until: datetime) -> list[Due]:
    """What waits for the seller between two instants, by its bound, and what will be credited to it."""
    # A bound is the instant after the last moment that counts: that of the last day is asked for, too.
    over = _period(seller_id, now, until + timedelta(microseconds=1))
    waiting, accrued = tx.rows(DUES, **over), tx.rows(CREDITS, **over)
    return [
        *(Due(from_us(row[0]), "unit" if row[1] == "at_partner" else "request", int(row[2]), int(row[3])) for row in waiting),
        *(Due(from_us(row[0]), "credit", int(row[1]), int(row[2])) for row in accrued),
    ]  # fmt: skip


def _period(seller_id: int, since: datetime, until: datetime) -> dict[str, Any]:
    return {"seller": seller_id, "from_us": to_us(since), "until_us": to_us(until)}
