"""SQL of the reserve: what accrued, what waits for refunds, what is claimed, what was taken back. Every list has a limit."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.money import Money
from backhaul.marketplace import tables as t
from backhaul.marketplace.money_queries import PAGE_ROWS, Page, Sum, paged, place
from backhaul.marketplace.rules.reserve import Owed

DAYS_MAX = 10_000
REVERSED = "reversed"

_m = t.return_money.c
_count, _sum = sa.func.count(), sa.func.coalesce(sa.func.sum(_m.compensation_minor), 0)
ACCRUED = Statement(
    sa.select(_m.due_us, _count, _sum)
    .where(_m.compensation == "accrued")
    .group_by(_m.due_us)
    .order_by(_m.due_us)
    .limit(DAYS_MAX)
)
EXPECTED = Statement(
    sa.select(_m.refund_us, _count, _sum)
    .where(_m.compensation == "expected")
    .group_by(_m.refund_us)
    .order_by(_m.refund_us)
    .limit(DAYS_MAX)
)
CLAIMS = Statement(
    sa.select(_m.claim, _count, sa.func.coalesce(sa.func.sum(_m.claim_minor), 0))
    .where(_m.claim != sa.literal_column("'none'"), among(_m.claim, "states"))
    .group_by(_m.claim)
)
TAKEN_BACK = Statement(sa.select(_count, _sum).where(_m.compensation == REVERSED, _m.due_us >= bindparam("since_us")))
TAKEN_BACK_ROWS = Statement(
    sa.select(_m.due_us, _m.return_id, t.returns.c.doc)
    .select_from(t.return_money.join(t.returns, t.returns.c.id == _m.return_id))
    .where(
        _m.compensation == REVERSED,
        sa.tuple_(_m.due_us, _m.return_id) < sa.tuple_(bindparam("after_us"), bindparam("after_id")),
    )
    .order_by(_m.due_us.desc(), _m.return_id.desc())
    .limit(bindparam("most"))
)


def accrued(tx: Tx) -> list[Owed]:
    """Compensation that is not credited yet, by its bound."""
    return [Owed(from_us(row[0]), int(row[1]), int(row[2])) for row in tx.rows(ACCRUED)]


def expected(tx: Tx) -> list[Owed]:
    """Compensation that accrues when its customer's refund leaves, by the instant of that refund."""
    return [Owed(from_us(row[0]), int(row[1]), int(row[2])) for row in tx.rows(EXPECTED)]


def claims(tx: Tx, states: tuple[str, ...]) -> Sum:
    """Claims in these states."""
    rows = tx.rows(CLAIMS, states=list(states))
    return Sum(sum(int(row[1]) for row in rows), Money(sum(int(row[2]) for row in rows)))


def taken_back(tx: Tx, since: datetime) -> Sum:
    """Compensation that was taken back, of what was due since an instant."""
    row = tx.one(TAKEN_BACK, since_us=to_us(since))
    return Sum() if row is None else Sum(int(row[0]), Money(int(row[1])))


def taken_back_rows(tx: Tx, after: str = "") -> Page:
    """The same return by return, the latest bound first."""
    at = place(after, (2**62, 2**62))
    return paged(tx.rows(TAKEN_BACK_ROWS, after_us=at[0], after_id=at[1], most=PAGE_ROWS + 1))
