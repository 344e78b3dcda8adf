"""SQL of the figures: a seller's sums over a period, grouped where the rows are. Every statement begins at an index of the seller."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.inside import holds, inside, whole
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.metrics import Due, Group
from backhaul.marketplace.rules.words import REASONS

RETURNS_MAX = 5_000
PRODUCTS_MAX = 20
REASONS_MAX = 5_000
DEADLINES_MAX = 1_000
LEFT_THE_HOUSE = ("sent", "confirmed", "in_doubt")
ASKED = ("seller_review", "seller_review_after_offer", "found_after_claim")
ANSWERS = ("Approved", "Rejected", "Offered", "RefundedWithoutReturn")

_r, _m, _e, _l, _u = t.returns.c, t.return_money.c, t.journal.events.c, t.order_lines.c, t.units.c
_count = sa.func.count()
_seller: sa.BindParameter[int] = bindparam("seller")


def _within(column: sa.Column[Any]) -> tuple[sa.ColumnElement[bool], ...]:
    return column >= bindparam("from_us"), column < bindparam("until_us")


def _kind(*kinds: str) -> sa.ColumnElement[bool]:
    return sa.or_(*(_e.kind == kind for kind in kinds))


_by_calendar = sa.exists().where(
    _e.case_id == _m.return_id, _e.role == "calendar", _kind("Approved", "RefundedWithoutReturn")
)
_undecided = sa.and_(_r.status == "at_partner", _r.group_state == "utilization", holds(_r.doc, "parcel.undecided"))
_passed = sa.case(
    (_undecided, sa.literal_column("'decision'")),
    (sa.and_(_by_calendar, sa.not_(sa.func.coalesce(holds(_r.doc, "moderated"), sa.false()))),
     sa.literal_column("'answer'")),
    else_=sa.literal_column("''"),
)  # fmt: skip
_standing = (
    sa.select(
        _r.route, _r.status, _r.group_state, _m.compensation, _m.claim, _passed.label("passed"), _m.refund_minor,
        _m.compensation_minor, _m.claim_minor,
    )
    .select_from(t.return_money.join(t.returns, _r.id == _m.return_id))
    .where(_m.seller_id == _seller, among(_m.refund, "states"), *_within(_m.refund_us))
    .subquery()
)  # fmt: skip
_s = _standing.c
_alike = (_s.route, _s.status, _s.group_state, _s.compensation, _s.claim, _s.passed)
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
_marked = (
    sa.select(
        inside(_r.doc, "parcel.mark").label("mark"), inside(_r.doc, "reason").label("reason"),
        inside(_r.doc, "reason_group").label("reason_group"),
    )
    .where(*_asked_for, _r.route == "B", _r.accepted_us.is_not(None))
    .subquery()
)  # fmt: skip
MARKS = Statement(
    sa.select(*_marked.c, _count)
    .where(_marked.c.mark.is_not(None))
    .group_by(*_marked.c)
    .order_by(*_marked.c)
    .limit(REASONS_MAX)
)

# Units delivered in the period, line by line, and those of them that a pick-up point accepted back.
_units_of_lines = (
    sa.select(_l.id, _count.label("delivered"), sa.func.count(_r.id).label("accepted"))
    .select_from(
        t.order_lines.join(t.units, _u.line_id == _l.id).outerjoin(
            t.returns, sa.and_(_r.id == _u.return_id, _r.accepted_us.is_not(None))
        )
    )
    .where(_l.seller_id == _seller, *_within(_l.delivered_us))
    .group_by(_l.id)
    .subquery()
)
_n = _units_of_lines.c
_products = (
    sa.select(
        inside(_l.doc, "sku").label("sku"), inside(_l.doc, "offer_id").label("offer_id"), inside(_l.doc, "name").label("name"),
        _n.delivered, _n.accepted,
    )
    .select_from(_units_of_lines.join(t.order_lines, _l.id == _n.id))
    .subquery()
)  # fmt: skip
_p = _products.c
_delivered, _accepted = sa.func.sum(_p.delivered), sa.func.sum(_p.accepted)
# With each product the sums of all.
PRODUCTS = Statement(
    sa.select(
        _p.sku, sa.func.min(_p.offer_id), sa.func.min(_p.name), _delivered, _accepted, sa.func.sum(_delivered).over(),
        sa.func.sum(_accepted).over(),
    )
    .group_by(_p.sku)
    .order_by(_accepted.desc(), _delivered, _p.sku)
    .limit(bindparam("most"))
)  # fmt: skip
_returned = (
    sa.select(
        inside(_r.doc, "line.sku").label("sku"), inside(_r.doc, "reason_group").label("reason_group"),
        inside(_r.doc, "reason").label("reason"),
    )
    .select_from(t.order_lines.join(t.units, _u.line_id == _l.id).join(t.returns, _r.id == _u.return_id))
    .where(_l.seller_id == _seller, *_within(_l.delivered_us), _r.accepted_us.is_not(None))
    .subquery()
)  # fmt: skip
REASONS_OF_PRODUCTS = Statement(
    sa.select(*_returned.c, _count).group_by(*_returned.c).order_by(_count.desc(), *_returned.c).limit(REASONS_MAX)
)

_open = (_r.seller_id == _seller, among(_r.group_state, "groups"))
_asked = (
    sa.select(_r.act_by_us, whole(_r.doc, "line.price.minor").label("minor"))
    .where(*_open, among(_r.status, "statuses"), *_within(_r.act_by_us))
    .subquery()
)
TO_ANSWER = Statement(
    sa.select(_asked.c.act_by_us, _count, sa.func.sum(_asked.c.minor))
    .group_by(_asked.c.act_by_us)
    .order_by(_asked.c.act_by_us)
    .limit(DEADLINES_MAX)
)
_waiting = (
    sa.select(
        inside(_r.doc, "parcel.decide_by").label("decide_by"), inside(_r.doc, "parcel.status").label("state"),
        inside(_r.doc, "parcel.decision").label("decision"), whole(_r.doc, "line.price.minor").label("minor"),
    )
    .where(*_open, _r.status == "at_partner")
    .subquery()
)  # fmt: skip
_w = _waiting.c
TO_DECIDE = Statement(
    sa.select(_w.decide_by, _count, sa.func.sum(_w.minor))
    .where(_w.state == "arrived", _w.decision == "none", _w.decide_by.is_not(None))
    .group_by(_w.decide_by)
    .order_by(_w.decide_by)
    .limit(DEADLINES_MAX)
)


class Product(msgspec.Struct, frozen=True):
    """A product's units that were delivered in the period, and those of them that a pick-up point accepted back."""

    sku: int
    offer_id: str
    name: str
    delivered: int
    accepted: int


def refunded(tx: Tx, seller_id: int, since: datetime, until: datetime) -> list[Group]:
    """Returns whose refund left in the period, by where they stand now."""
    rows = tx.rows(REFUNDED, **_period(seller_id, since, until), states=list(LEFT_THE_HOUSE))
    return [Group(*row[:6], *(int(number) for number in row[6:])) for row in rows]


def moments(tx: Tx, seller_id: int, since: datetime, until: datetime) -> list[dict[str, int | None]]:
    """When things happened to the returns that were asked for in the period, to the latest 5,000 of them."""
    rows = tx.rows(MOMENTS, **_period(seller_id, since, until), most=RETURNS_MAX)
    return [dict(zip(MOMENT_NAMES, row, strict=True)) for row in rows]


def marks(tx: Tx, seller_id: int, since: datetime, until: datetime) -> list[tuple[str, str, int]]:
    """Marks of the returns that were asked for in the period, by the group of their reason."""
    rows = tx.rows(MARKS, **_period(seller_id, since, until))
    return [(mark, _group(group, reason), int(count)) for mark, reason, group, count in rows]


def products(tx: Tx, seller_id: int, since: datetime, until: datetime) -> tuple[int, int, list[Product]]:
    """Units delivered in the period, those of them that were accepted back, and the products of which most came back."""
    rows = tx.rows(PRODUCTS, **_period(seller_id, since, until), most=PRODUCTS_MAX)
    delivered, accepted = (int(rows[0][5]), int(rows[0][6])) if rows else (0, 0)
    return delivered, accepted, [Product(int(row[0]), row[1], row[2], int(row[3]), int(row[4])) for row in rows]


def reasons(tx: Tx, seller_id: int, since: datetime, until: datetime) -> list[tuple[int, str, int]]:
    """Why units delivered in the period came back: SKU, group of the reason, how many."""
    rows = tx.rows(REASONS_OF_PRODUCTS, **_period(seller_id, since, until))
    return [(int(sku), _group(group, reason), int(count)) for sku, group, reason, count in rows]


def dues(tx: Tx, seller_id: int, now: datetime, until: datetime) -> list[Due]:
    """What waits for the seller between two instants, by its bound."""
    answers = tx.rows(TO_ANSWER, **_period(seller_id, now, until), statuses=list(ASKED), groups=["new", "arbitration"])
    units = tx.rows(TO_DECIDE, seller=seller_id, groups=["checkout"])
    return [
        *(Due(from_us(row[0]), at_partner=False, count=int(row[1]), minor=int(row[2])) for row in answers),
        *(Due(datetime.fromisoformat(row[0]), at_partner=True, count=int(row[1]), minor=int(row[2])) for row in units),
    ]


def _group(group: str | None, reason: str) -> str:
    """As `returns.group_of`: older returns do not carry the group of their reason."""
    return group or REASONS[reason].group.value


def _period(seller_id: int, since: datetime, until: datetime) -> dict[str, Any]:
    return {"seller": seller_id, "from_us": to_us(since), "until_us": to_us(until)}
