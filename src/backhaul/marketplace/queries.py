"""SQL that only looks: what pages, APIs and jobs read. Every list has a limit and an order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.inside import inside
from backhaul.kit.journal import GENESIS, Mark, event_hash
from backhaul.kit.ledger import Entry
from backhaul.kit.money import Money
from backhaul.kit.second_factor import NO_CHANGE_OF_FACTORS
from backhaul.marketplace import tables as t
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.returns import Return, answers_photos, born, evolve
from backhaul.marketplace.rules.words import ClaimStatus, RefundStatus, Role, Route, Status

PAGE_ROWS = 50
POINT_ROWS = 200
ACT_GOODS_MAX = 5_000
OUTERMOST = 5_000
EVER_US = 2**62

decode_event = msgspec.json.Decoder(e.Any).decode
_decode_line = msgspec.json.Decoder(OrderLine).decode


class Happening(msgspec.Struct, frozen=True):
    """One line of a return's timeline. `at` is when it counts, `recorded_at` when it was written."""

    seq: int
    event: Any
    kind: str
    role: str
    actor: str
    at: datetime
    recorded_at: datetime


class Orderline(msgspec.Struct, frozen=True):
    """A delivered order line with how many of its units can still be returned."""

    id: int
    line: OrderLine
    units_free: int


class Point(msgspec.Struct, frozen=True):
    """A pick-up point or the sorting point."""

    id: str
    kind: str
    address: str


class Clerk(msgspec.Struct, frozen=True):
    """An employee of a point; `customer_ref` is what they buy under themselves."""

    login: str
    name: str
    point_id: str
    customer_ref: str


class Seller(msgspec.Struct, frozen=True):
    """A seller's settings."""

    id: int
    name: str
    country: str
    linked: bool
    default_route: str
    moderation_ticket: str
    moderation_price_version: str
    moderation_rules: str
    payout_currency: str = "RUB"


class Attempt(msgspec.Struct, frozen=True):
    """Somebody was refused: wrong role, wrong or dead key, a foreign return."""

    id: int
    at: datetime
    caller: str
    what: str
    code: str


decode_return = msgspec.json.Decoder(Return).decode

_r = t.returns.c
LOAD = Statement(sa.select(_r.id, _r.doc, _r.head).where(among(_r.id, "ids")).order_by(_r.id))
_docs = sa.select(_r.doc)
_of_period = (
    _r.seller_id == bindparam("seller"),
    _r.requested_us >= bindparam("from_us"),
    _r.requested_us < bindparam("to_us"),
)


def _outermost(which: Any, order: Any) -> Any:
    """The lowest or highest id of a period, out of the first or last by time: ids follow time, but for what comes at once."""
    some = sa.select(_r.id).where(*_of_period).order_by(order).limit(OUTERMOST).subquery()
    return sa.select(which(some.c.id)).scalar_subquery()


_wire_list = (
    _docs.where(
        _r.seller_id == bindparam("seller"),
        _r.id > bindparam("after"),
        _r.group_state != "",
    )
    .order_by(_r.id)
    .limit(bindparam("most"))
)
# A period is looked for between its own first and last id: neither what was before it nor what came after is read. They are asked
# beforehand, since SQLite begins at one lower bound only, and not at the higher of two.
OF_PERIOD = Statement(
    sa.select(_outermost(sa.func.min, _r.requested_us), _outermost(sa.func.max, _r.requested_us.desc()))
)
WIRE_LISTS = {
    (grouped, posting, offer, period): Statement(
        sa.select(sa.text("*")).select_from(
            _wire_list.where(
                *((_r.group_state == bindparam("group_state"),) if grouped else ()),
                *((_r.posting_number == bindparam("posting_number"),) if posting else ()),
                *((_r.offer_id == bindparam("offer_id"),) if offer else ()),
                *((*_of_period, _r.id <= bindparam("last")) if period else ()),
            ).subquery()
        )
    )
    for grouped in (False, True)
    for posting in (False, True)
    for offer in (False, True)
    for period in (False, True)
}
_after = _docs.where(_r.id < bindparam("before")).order_by(_r.id.desc()).limit(bindparam("most"))
OF_SELLER = Statement(_after.where(_r.seller_id == bindparam("seller"), _r.group_state != ""))
OF_CUSTOMER = Statement(_after.where(_r.customer_ref == bindparam("customer")))
IN_STATUS = Statement(_after.where(_r.status == bindparam("status")))
_at_point = (_r.point_id == bindparam("point"), _r.point_id != sa.literal_column("''"))  # said as the index says it
WAITING_AT_POINT = Statement(
    _docs.where(_r.status == bindparam("status"), *_at_point).order_by(_r.accepted_us, _r.id).limit(bindparam("most"))
)
DWELLING = Statement(
    _docs.where(_r.status == bindparam("status"), _r.accepted_us < bindparam("before_us"))
    .order_by(_r.accepted_us, _r.id)
    .limit(bindparam("most"))
)
_dispatched = (
    _docs.where(
        _r.point_id == bindparam("point"),
        _r.dispatched_us >= bindparam("from_us"),
        _r.dispatched_us < bindparam("to_us"),
    )
    .order_by(_r.dispatched_us.desc(), _r.id.desc())
    .limit(bindparam("most"))
)
DISPATCHED = Statement(_dispatched)
HANDED_OVER = Statement(
    _dispatched.where(
        sa.func.coalesce(inside(_r.doc, "carrier"), "") == bindparam("carrier"),
        sa.func.coalesce(inside(_r.doc, "waybill"), "") == bindparam("waybill"),
    )
)
AT_POINT = Statement(_after.where(_r.status == bindparam("status"), *_at_point))
AT_POINT_BY_DEADLINE = Statement(
    _docs.where(_r.status == bindparam("status"), *_at_point).order_by(_r.act_by_us, _r.id).limit(bindparam("most"))
)
ON_ROUTE = Statement(
    _docs.where(_r.status == bindparam("status"), _r.route == bindparam("route"), _r.id > bindparam("after"))
    .order_by(_r.id)
    .limit(bindparam("most"))
)
LATEST = Statement(_after.where(_r.group_state != ""))
_m = t.return_money.c
_in_money = sa.select(_m.return_id).order_by(_m.return_id.desc()).limit(bindparam("most"))
REFUNDS_HELD = Statement(
    sa.select(_m.return_id)
    .where(_m.refund == RefundStatus.HELD, _m.refund_us < bindparam("until_us"))
    .order_by(_m.refund_us, _m.return_id)
    .limit(bindparam("most"))
)
REFUNDS_IN = Statement(_in_money.where(_m.refund == bindparam("state")))
CLAIMS_IN = Statement(_in_money.where(_m.claim == bindparam("state"), _m.claim != sa.literal_column("'none'")))
BY_NUMBER = Statement(sa.select(_r.id).where(_r.number == bindparam("number")))
ALL_IDS = Statement(sa.select(_r.id, _r.status, _r.head).where(_r.id > bindparam("after")).order_by(_r.id).limit(500))
LINES_OF_CUSTOMER = Statement(
    sa.select(
        t.order_lines.c.id,
        t.order_lines.c.doc,
        sa.select(sa.func.count())
        .where(t.units.c.line_id == t.order_lines.c.id, t.units.c.return_id.is_(None))
        .scalar_subquery(),
    )
    .where(t.order_lines.c.customer_ref == bindparam("customer"))
    .order_by(t.order_lines.c.delivered_us.desc(), t.order_lines.c.id)
    .limit(200)
)
LINE_OF_CUSTOMER = Statement(LINES_OF_CUSTOMER.core.where(t.order_lines.c.id == bindparam("line")))
LINES_AFTER = Statement(
    LINES_OF_CUSTOMER.core.where(
        sa.or_(
            t.order_lines.c.delivered_us < bindparam("after_us"),
            sa.and_(t.order_lines.c.delivered_us == bindparam("after_us"), t.order_lines.c.id > bindparam("after_id")),
        )
    ).limit(PAGE_ROWS)
)
POINTS = Statement(sa.select(*t.points.c).order_by(t.points.c.id).limit(500))
CLERKS = Statement(
    sa.select(t.accounts.c.login, t.accounts.c.name, t.accounts.c.subject, t.accounts.c.customer_ref)
    .where(t.accounts.c.role == Role.CLERK.value)
    .order_by(t.accounts.c.subject, t.accounts.c.login)
    .limit(500)
)
SELLERS = Statement(sa.select(*t.sellers.c).order_by(t.sellers.c.id).limit(500))
SELLER = Statement(sa.select(*t.sellers.c).where(t.sellers.c.id == bindparam("id")))
_n = t.journal.entries.c
ENTRIES = Statement(
    sa.select(_n.debit, _n.credit, _n.amount_minor, _n.currency, _n.cause)
    .where(_n.case_id == bindparam("case_id"))
    .order_by(_n.seq, _n.cause)
)
_signed = sa.case((_n.credit == bindparam("account"), _n.amount_minor), else_=-_n.amount_minor)
BALANCE = Statement(
    sa.select(sa.func.coalesce(sa.func.sum(_signed), 0)).where(
        sa.or_(_n.credit == bindparam("account"), _n.debit == bindparam("account")),
        _n.currency == bindparam("currency"),
    )
)
OWN_BLOBS = Statement(
    sa.select(t.blob_uses.c.blob_id).where(
        t.blob_uses.c.blob_id == bindparam("blob"),
        t.blob_uses.c.uploader == bindparam("uploader"),
        ~sa.exists().where(t.blobs.c.id == t.blob_uses.c.blob_id, t.blobs.c.deleted_us.is_not(None)),
    )
)
USED = "used"  # a key's last use, see `key_log`; everything else in the access log is a refusal
_attempt = t.journal.access_log.c
ATTEMPTS_LOG = Statement(
    sa.select(_attempt.id, _attempt.at_us, _attempt.caller, _attempt.what, _attempt.code)
    .where(_attempt.id < bindparam("before"), _attempt.code != USED, NO_CHANGE_OF_FACTORS)
    .order_by(_attempt.id.desc())
    .limit(bindparam("most"))
)
LOG_OF_CALLER = Statement(
    sa.select(_attempt.id, _attempt.at_us, _attempt.caller, _attempt.what, _attempt.code)
    .where(_attempt.caller == bindparam("caller"), _attempt.id < bindparam("before"))
    .order_by(_attempt.id.desc())
    .limit(bindparam("most"))
)


def one(tx: Tx, return_id: int) -> Return | None:
    """A return by its id."""
    rows = tx.rows(LOAD, ids=[return_id])
    return decode_return(rows[0][1]) if rows else None


def cursor(text: str) -> int:
    """The number after which a list goes on, as it came from outside; nonsense is the start."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 2**62


def by_ids(tx: Tx, return_ids: Sequence[int]) -> list[Return]:
    """These returns as far as they exist, in the order of their ids."""
    return [decode_return(row[1]) for row in tx.rows(LOAD, ids=list(return_ids))] if return_ids else []


def in_order(tx: Tx, return_ids: Sequence[int]) -> list[Return]:
    """These returns as far as they exist, in this order."""
    found = {it.id: it for it in by_ids(tx, return_ids)}
    return [found[return_id] for return_id in return_ids if return_id in found]


def id_of_number(tx: Tx, number: str) -> int | None:
    """`R-100017`, in any case or as bare digits, to its id."""
    text = number.strip().upper()
    row = tx.one(BY_NUMBER, number=text if text.startswith("R-") else f"R-{text}")
    return None if row is None else int(row[0])


def wire_list(tx: Tx, seller_id: int, groups: Sequence[str], *, after: int, most: int, posting: str = "",  # noqa: PLR0913 -- the filters of the wire
              offer: str = "", from_us: int = 0, to_us: int = EVER_US) -> list[Return]:  # fmt: skip
    """The Seller API's list, by ascending id: one keyset a group, merged."""
    values: dict[str, Any] = {"seller": seller_id, "after": after, "most": most}
    period = from_us > 0 or to_us < EVER_US
    if period:
        times = {"from_us": from_us, "to_us": to_us}
        ((first, last),) = tx.rows(OF_PERIOD, seller=seller_id, **times)
        if first is None:
            return []
        values |= {**times, "after": max(after, first - 1), "last": last}
    if posting:
        values["posting_number"] = posting
    if offer:
        values["offer_id"] = offer
    found: list[Return] = []
    for group in groups or [""]:
        statement = WIRE_LISTS[bool(group), bool(posting), bool(offer), period]
        filters = {**values, "group_state": group} if group else values
        found += [decode_return(row[0]) for row in tx.rows(statement, **filters)]
    return sorted(found, key=lambda it: it.id)[:most]


def of_seller(tx: Tx, seller_id: int, before: int = 2**62) -> list[Return]:
    """A seller's returns, newest first."""
    return _decoded(tx.rows(OF_SELLER, seller=seller_id, before=before, most=PAGE_ROWS))


def of_customer(tx: Tx, customer_ref: str, before: int = 2**62) -> list[Return]:
    """A customer's returns, newest first."""
    return _decoded(tx.rows(OF_CUSTOMER, customer=customer_ref, before=before, most=PAGE_ROWS))


def in_status(tx: Tx, *statuses: Status, before: int = 2**62) -> list[Return]:
    """All returns in these states, newest first: the queues of staff."""
    found = [
        it for status in statuses for it in _decoded(tx.rows(IN_STATUS, status=status, before=before, most=PAGE_ROWS))
    ]
    return sorted(found, key=lambda it: -it.id)[:PAGE_ROWS]


def at_point(tx: Tx, point_id: str, status: Status, before: int = 2**62) -> list[Return]:
    """What a pick-up point expects, or holds, newest first."""
    return _decoded(tx.rows(AT_POINT, point=point_id, status=status, before=before, most=PAGE_ROWS))


def expected_at_point(tx: Tx, point_id: str) -> list[Return]:
    """What customers will bring to a pick-up point, the shortest time first."""
    return _decoded(tx.rows(AT_POINT_BY_DEADLINE, point=point_id, status=Status.AWAITING_DROPOFF, most=PAGE_ROWS))


def waiting_at_point(tx: Tx, point_id: str) -> list[Return]:
    """What a pick-up point holds for the carrier, the longest wait first."""
    return _decoded(tx.rows(WAITING_AT_POINT, point=point_id, status=Status.ACCEPTED_AT_PVZ, most=POINT_ROWS))


def dwelling(tx: Tx, accepted_before: datetime) -> list[Return]:
    """What waits at all pick-up points since before an instant, the longest wait first."""
    rows = tx.rows(DWELLING, status=Status.ACCEPTED_AT_PVZ, before_us=to_us(accepted_before), most=PAGE_ROWS)
    return _decoded(rows)


def dispatched(tx: Tx, point_id: str, start: datetime, end: datetime, most: int = PAGE_ROWS) -> list[Return]:
    """What a point handed to carriers between two instants, the latest first."""
    rows = tx.rows(DISPATCHED, point=point_id, from_us=to_us(start), to_us=to_us(end), most=most)
    return _decoded(rows)


def handed_over(tx: Tx, point_id: str, start: datetime, end: datetime, carrier: str, waybill: str) -> list[Return]:
    """What one carrier took from a point between two instants with one waybill, the latest first: the goods of an act."""
    rows = tx.rows(HANDED_OVER, point=point_id, from_us=to_us(start), to_us=to_us(end), carrier=carrier,
                   waybill=waybill, most=ACT_GOODS_MAX)  # fmt: skip
    return _decoded(rows)


def clerks(tx: Tx) -> list[Clerk]:
    """The employees of all points (up to 500)."""
    return [Clerk(*row) for row in tx.rows(CLERKS)]


def on_route(tx: Tx, status: Status, route: Route) -> list[Return]:
    """All returns in a state on one route, oldest first."""
    return _decoded(tx.rows(ON_ROUTE, status=status, route=route, after=0, most=PAGE_ROWS))


def latest(tx: Tx, before: int = 2**62) -> list[Return]:
    """The newest returns that were sent off."""
    return _decoded(tx.rows(LATEST, before=before, most=PAGE_ROWS))


def refunds_held(tx: Tx, until: datetime) -> list[Return]:
    """Refunds that wait for their payout run before `until`, soonest first."""
    return in_order(tx, [row[0] for row in tx.rows(REFUNDS_HELD, until_us=to_us(until), most=PAGE_ROWS)])


def refunds_in(tx: Tx, status: RefundStatus) -> list[Return]:
    """Refunds that failed or are in doubt, newest first."""
    return in_order(tx, [row[0] for row in tx.rows(REFUNDS_IN, state=status.value, most=PAGE_ROWS)])


def claims_in(tx: Tx, *statuses: ClaimStatus) -> list[Return]:
    """Claims that stand in these states, newest first."""
    found = [row[0] for status in statuses for row in tx.rows(CLAIMS_IN, state=status.value, most=PAGE_ROWS)]
    return in_order(tx, found)


def attempts(tx: Tx, before: int = 2**62) -> list[Attempt]:
    """Who was refused at a door, newest first."""
    rows = tx.rows(ATTEMPTS_LOG, before=min(before, 2**31 - 1), most=PAGE_ROWS)
    return [Attempt(row[0], from_us(row[1]), *row[2:]) for row in rows]


def log_of_key(tx: Tx, public_id: str, before: int = 2**62) -> list[Attempt]:
    """What a key was last used for, and what it was refused, newest first."""
    rows = tx.rows(LOG_OF_CALLER, caller=f"key:{public_id}", before=min(before, 2**31 - 1), most=PAGE_ROWS)
    return [Attempt(row[0], from_us(row[1]), *row[2:]) for row in rows]


def history(tx: Tx, return_id: int) -> list[Happening]:
    """The timeline of a return, oldest first."""
    return [
        Happening(row[1], decode_event(row[3]), row[2], row[6], row[7], from_us(row[4]), from_us(row[5]))
        for row in tx.rows(t.journal.history, case_id=return_id)
    ]


def replay(tx: Tx, return_id: int) -> tuple[Return | None, bool]:
    """The return folded anew from its events, and whether its chain of hashes verifies up to the row's head."""
    head = GENESIS
    it: Return | None = None
    for row in tx.rows(t.journal.history, case_id=return_id):
        mark = Mark(row[4], row[5], row[6], row[7], row[8])
        head = event_hash(head, return_id, row[1], row[3].encode(), mark)
        if head != bytes(row[9]):
            return it, False
        event = decode_event(row[3])
        if row[2] != type(event).__name__:
            return it, False  # the word beside the event is not in the chain
        it = born(return_id, event) if isinstance(event, e.Requested) else evolve(it, event) if it else None
    rows = tx.rows(LOAD, ids=[return_id])
    return it, bool(rows) and bytes(rows[0][2]) == head


def all_ids(tx: Tx, after: int = 0) -> list[tuple[int, str]]:
    """Ids and statuses of up to 500 returns after an id."""
    return [(row[0], row[1]) for row in tx.rows(ALL_IDS, after=after)]


def lines_of_customer(tx: Tx, customer_ref: str) -> list[Orderline]:
    """What a customer was delivered, newest first."""
    return [
        Orderline(row[0], _decode_line(row[1]), row[2]) for row in tx.rows(LINES_OF_CUSTOMER, customer=customer_ref)
    ]


def lines_after(tx: Tx, customer_ref: str, after: tuple[int, int] = (2**62, 0)) -> list[Orderline]:
    """A page of the same; `after`: when the last one seen was delivered, in us, and its id."""
    rows = tx.rows(LINES_AFTER, customer=customer_ref, after_us=after[0], after_id=after[1])
    return [Orderline(row[0], _decode_line(row[1]), row[2]) for row in rows]


def line_of_customer(tx: Tx, customer_ref: str, line_id: int) -> Orderline | None:
    """One order line, when it is this customer's."""
    if line_id >= 2**62:
        return None
    row = tx.one(LINE_OF_CUSTOMER, customer=customer_ref, line=line_id)
    return None if row is None else Orderline(row[0], _decode_line(row[1]), row[2])


def points(tx: Tx) -> list[Point]:
    """All pick-up points and the sorting point."""
    return [Point(*row) for row in tx.rows(POINTS)]


def pickup_points(tx: Tx) -> list[str]:
    """The ids of the points that take returns in from customers."""
    return [point.id for point in points(tx) if point.kind == "pickup"]


def sellers(tx: Tx) -> list[Seller]:
    """All sellers (up to 500)."""
    return [_seller(row) for row in tx.rows(SELLERS)]


def seller(tx: Tx, seller_id: int) -> Seller | None:
    """One seller's settings."""
    row = tx.one(SELLER, id=seller_id)
    return None if row is None else _seller(row)


def entries(tx: Tx, return_id: int) -> list[Entry]:
    """The ledger entries of a return."""
    return [Entry(row[0], row[1], Money(row[2], row[3]), row[4]) for row in tx.rows(ENTRIES, case_id=return_id)]


def balance(tx: Tx, account: str, currency: str = "RUB") -> Money:
    """Credits less debits of an account."""
    row = tx.one(BALANCE, account=account, currency=currency)
    return Money(0 if row is None else int(row[0]), currency)


def has_photos(tx: Tx, by: By, photos: Sequence[str]) -> bool:
    """Whether the caller brought all these files here."""
    return all(tx.one(OWN_BLOBS, blob=photo, uploader=uploader_of(by)) is not None for photo in photos)


def uploader_of(by: By) -> str:
    """The name under which a caller's uploads are kept."""
    return f"{by.role}:{by.subject or by.id}"


def shown_photos(it: Return, by: By) -> frozenset[str]:
    """The pictures of a return that this caller may see."""
    check = it.check.photos if it.check is not None else ()
    refused = it.turned_away.photos if it.turned_away is not None else ()
    inside: tuple[str, ...] = ()
    if by.role is not Role.CUSTOMER:
        inside += it.parcel.photos if it.parcel is not None else ()
        inside += it.received.photos if it.received is not None else ()
        inside += it.disposal.photos if it.disposal is not None else ()
        inside += answers_photos(it.claim)
        inside += it.weighing.photos
    return frozenset(it.photos + check + refused + inside)


def shown_videos(it: Return) -> frozenset[str]:
    """The videos of a return, for everybody whom it concerns."""
    return frozenset(it.videos)


def customer_files(returns: Sequence[Return]) -> frozenset[str]:
    """The photos and videos that the customers of these returns sent."""
    return frozenset(one for it in returns for one in it.photos + it.videos)


def _decoded(rows: list[tuple[Any, ...]]) -> list[Return]:
    return [decode_return(row[0]) for row in rows]


def _seller(row: tuple[Any, ...]) -> Seller:
    return Seller(row[0], row[1], row[2], bool(row[3]), *row[4:])
