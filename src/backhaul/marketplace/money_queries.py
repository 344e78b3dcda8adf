"""SQL that looks at where money stands: a seller's, and all of it for support. Every list has a limit and an order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.money import Money
from backhaul.marketplace import tables as t
from backhaul.marketplace.queries import decode_return
from backhaul.marketplace.rules.returns import Return

PAGE_ROWS = 50
FIRST = (-1, -1)

_m = t.return_money.c
_joined = t.return_money.join(t.returns, t.returns.c.id == _m.return_id)
_count, _sum = sa.func.count(), sa.func.coalesce(sa.func.sum(_m.compensation_minor), 0)
OF_SELLER = Statement(
    sa.select(_m.due_us, _m.return_id, t.returns.c.doc)
    .select_from(_joined)
    .where(
        _m.seller_id == bindparam("seller"),
        _m.compensation == bindparam("state"),
        sa.tuple_(_m.due_us, _m.return_id) > sa.tuple_(bindparam("after_us"), bindparam("after_id")),
    )
    .order_by(_m.due_us, _m.return_id)
    .limit(bindparam("most"))
)
OF_SELLER_LATEST = Statement(
    sa.select(_m.due_us, _m.return_id, t.returns.c.doc)
    .select_from(_joined)
    .where(
        _m.seller_id == bindparam("seller"),
        _m.compensation == bindparam("state"),
        sa.tuple_(_m.due_us, _m.return_id) < sa.tuple_(bindparam("after_us"), bindparam("after_id")),
    )
    .order_by(_m.due_us.desc(), _m.return_id.desc())
    .limit(bindparam("most"))
)
CLAIMS_OF_SELLER = Statement(
    sa.select(_m.return_id, _m.return_id, t.returns.c.doc)
    .select_from(_joined)
    .where(
        _m.seller_id == bindparam("seller"),
        _m.claim != sa.literal_column("'none'"),
        _m.return_id < bindparam("after_id"),
    )
    .order_by(_m.return_id.desc())
    .limit(bindparam("most"))
)
COMPENSATIONS_OF_SELLER = Statement(
    sa.select(_m.compensation, _count, _sum).where(_m.seller_id == bindparam("seller")).group_by(_m.compensation)
)
CLAIM_SUMS_OF_SELLER = Statement(
    sa.select(_m.claim, _count, sa.func.coalesce(sa.func.sum(_m.claim_minor), 0))
    .where(_m.seller_id == bindparam("seller"), _m.claim != sa.literal_column("'none'"))
    .group_by(_m.claim)
)
REFUNDS_OF_SELLER = Statement(
    sa.select(_m.refund, _count, sa.func.coalesce(sa.func.sum(_m.refund_minor), 0))
    .where(_m.seller_id == bindparam("seller"))
    .group_by(_m.refund)
)
DUE = Statement(
    sa.select(_m.due_us, _m.return_id, t.returns.c.doc)
    .select_from(_joined)
    .where(
        _m.compensation == "accrued",
        _m.due_us <= bindparam("until_us"),
        sa.tuple_(_m.due_us, _m.return_id) > sa.tuple_(bindparam("after_us"), bindparam("after_id")),
    )
    .order_by(_m.due_us, _m.return_id)
    .limit(bindparam("most"))
)
OBJECTED = Statement(
    sa.select(_m.return_id, _m.return_id, t.returns.c.doc)
    .select_from(_joined)
    .where(_m.weight == sa.literal_column("'objected'"))
    .order_by(_m.return_id)
    .limit(bindparam("most"))
)
DUE_BY_DAY = Statement(
    sa.select(_m.due_us, _count, _sum)
    .where(_m.compensation == "accrued", _m.due_us <= bindparam("until_us"))
    .group_by(_m.due_us)
    .order_by(_m.due_us)
    .limit(1000)
)
# Which returns ever accrued by these bounds: crediting one changes nothing here, one that accrues late does.
ACCRUED_BY_DAY = Statement(
    sa.select(_m.due_us, _count, sa.func.sum(_m.return_id))
    .where(among(_m.compensation, "states"), among(_m.due_us, "days"))
    .group_by(_m.due_us)
    .order_by(_m.due_us)
    .limit(1000)
)
BY_CELL = Statement(
    sa.select(
        _m.quality, _m.weight_low_gram, _m.weight_high_gram, _m.price_low_minor, _m.price_high_minor, _count, _sum,
    )
    .where(among(_m.compensation, "states"), _m.due_us >= bindparam("since_us"))
    .group_by(_m.quality, _m.weight_low_gram, _m.weight_high_gram, _m.price_low_minor, _m.price_high_minor)
    .order_by(_sum.desc(), _m.quality, _m.weight_low_gram, _m.price_low_minor)
    .limit(100)
)  # fmt: skip
REFUNDS = Statement(
    sa.select(_m.refund, _count, sa.func.coalesce(sa.func.sum(_m.refund_minor), 0))
    .where(among(_m.refund, "states"), _m.refund_us >= bindparam("since_us"))
    .group_by(_m.refund)
)


class Sum(msgspec.Struct, frozen=True):
    """How many, and how much together."""

    count: int = 0
    amount: Money = Money(0)


class Cell(msgspec.Struct, frozen=True):
    """What one cell of the rate card came to."""

    quality: str
    weight_low_gram: int
    weight_high_gram: int | None
    price_low_minor: int
    price_high_minor: int | None
    count: int
    amount: Money


class Day(msgspec.Struct, frozen=True):
    """What is due by one bound."""

    due_by: datetime
    count: int
    amount: Money


class Page(msgspec.Struct, frozen=True):
    """Returns, and the place where the list goes on; empty on the last page."""

    returns: list[Return]
    next: str = ""


def place(text: str, start: tuple[int, int]) -> tuple[int, int]:
    """Where a list goes on, as it came from outside; nonsense is the start."""
    one, _, other = text.partition("-")
    sound = all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (one, other))
    return (int(one), int(other)) if sound else start


def compensations(tx: Tx, seller_id: int, state: str, after: str = "", *, latest: bool = False) -> Page:
    """A seller's compensations in a state: by their bound, the next one first, or the latest."""
    at = place(after, (2**62, 2**62) if latest else FIRST)
    statement = OF_SELLER_LATEST if latest else OF_SELLER
    return paged(tx.rows(statement, seller=seller_id, state=state, after_us=at[0], after_id=at[1], most=PAGE_ROWS + 1))


def claims(tx: Tx, seller_id: int, after: str = "") -> Page:
    """A seller's claims, the newest return first."""
    at = place(after, (2**62, 2**62))
    return paged(tx.rows(CLAIMS_OF_SELLER, seller=seller_id, after_id=at[1], most=PAGE_ROWS + 1))


def due(tx: Tx, until: datetime, after: str = "") -> Page:
    """Compensations that are not credited and due by an instant, the longest overdue first."""
    at = place(after, FIRST)
    return paged(tx.rows(DUE, until_us=to_us(until), after_us=at[0], after_id=at[1], most=PAGE_ROWS + 1))


def weights_objected(tx: Tx) -> list[Return]:
    """Measured weights that sellers object to, the oldest return first."""
    return [decode_return(row[2]) for row in tx.rows(OBJECTED, most=PAGE_ROWS)]


def due_by_day(tx: Tx, until: datetime) -> list[Day]:
    """The same as sums, bound by bound."""
    rows = tx.rows(DUE_BY_DAY, until_us=to_us(until))
    return [Day(from_us(row[0]), int(row[1]), Money(int(row[2]))) for row in rows]


def accrued_by_day(tx: Tx, days: Sequence[datetime]) -> dict[datetime, str]:
    """For each bound a mark of what ever accrued by it, credited or not: another one once something accrued since."""
    rows = tx.rows(ACCRUED_BY_DAY, states=["accrued", "credited", "reversed"], days=[to_us(day) for day in days])
    return {from_us(row[0]): f"{int(row[1])}.{int(row[2])}" for row in rows}


def by_cell(tx: Tx, since: datetime) -> list[Cell]:
    """What each cell of the rate card cost for what was due since an instant, the dearest first."""
    rows = tx.rows(BY_CELL, states=["accrued", "credited"], since_us=to_us(since))
    return [Cell(row[0], row[1], row[2], row[3], row[4], int(row[5]), Money(int(row[6]))) for row in rows]


def sums_of_seller(tx: Tx, seller_id: int) -> tuple[dict[str, Sum], dict[str, Sum], dict[str, Sum]]:
    """A seller's compensations, claims and refunds by their states."""
    statements = (COMPENSATIONS_OF_SELLER, CLAIM_SUMS_OF_SELLER, REFUNDS_OF_SELLER)
    found = [_sums(tx.rows(statement, seller=seller_id)) for statement in statements]
    return found[0], found[1], found[2]


def refunds(tx: Tx, states: Sequence[str], since: datetime) -> dict[str, Sum]:
    """All refunds in these states, as far as they were sent or are to be sent since an instant."""
    return _sums(tx.rows(REFUNDS, states=list(states), since_us=to_us(since)))


def _sums(rows: list[tuple[Any, ...]]) -> dict[str, Sum]:
    return {row[0]: Sum(int(row[1]), Money(int(row[2]))) for row in rows}


def paged(rows: list[tuple[Any, ...]]) -> Page:
    """The rows (bound, return, document) that were found, one more than a page holds where it goes on."""
    shown = rows[:PAGE_ROWS]
    following = f"{shown[-1][0]}-{shown[-1][1]}" if len(rows) > PAGE_ROWS else ""
    return Page([decode_return(row[2]) for row in shown], following)
