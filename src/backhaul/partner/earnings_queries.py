"""SQL of the partner's finances: what is not invoiced, overdue and disputed, and what services were charged. Index-backed."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.money import Money
from backhaul.partner import tables as t
from backhaul.partner.rules.earnings import Charged
from backhaul.partner.rules.invoices import DisputeStatus

_c, _d, _x = t.charges.c, t.dues.c, t.disputes.c
CURRENCIES_MAX = 20
ROWS_MAX = 200

UNBILLED = Statement(
    sa.select(_c.currency, sa.func.count(), sa.func.sum(_c.amount_minor))
    .where(_c.invoice_id.is_(None))
    .group_by(_c.currency)
    .order_by(_c.currency)
    .limit(CURRENCIES_MAX)
)
OVERDUE = Statement(
    sa.select(_d.currency, sa.func.count(), sa.func.sum(_d.open_minor - _d.disputed_minor))
    .where(_d.open_minor > 0, _d.open_minor > _d.disputed_minor, _d.due_us <= bindparam("now_us"))
    .group_by(_d.currency)
    .order_by(_d.currency)
    .limit(CURRENCIES_MAX)
)
DISPUTED = Statement(
    sa.select(_x.currency, sa.func.count(), sa.func.sum(_x.amount_minor))
    .where(_x.status == DisputeStatus.OPEN.value)
    .group_by(_x.currency)
    .order_by(_x.currency)
    .limit(CURRENCIES_MAX)
)
CHARGED = Statement(
    sa.select(_c.service, _c.currency, sa.func.sum(_c.quantity), sa.func.sum(_c.amount_minor))
    .where(_c.at_us >= bindparam("from_us"), _c.at_us < bindparam("until_us"))
    .group_by(_c.service, _c.currency)
    .order_by(_c.service, _c.currency)
    .limit(ROWS_MAX)
)

Sums = tuple[int, tuple[Money, ...]]


def unbilled(tx: Tx) -> Sums:
    """Charges that no invoice has: how many, and how much in each currency."""
    return _sums(tx.rows(UNBILLED))


def overdue(tx: Tx, now: datetime) -> Sums:
    """What of invoices is overdue and not disputed."""
    return _sums(tx.rows(OVERDUE, now_us=to_us(now)))


def disputed(tx: Tx) -> Sums:
    """Disputes that nobody has answered, with what they are about."""
    return _sums(tx.rows(DISPUTED))


def charged(tx: Tx, since: datetime, until: datetime) -> list[Charged]:
    """What services were charged between two instants."""
    rows = tx.rows(CHARGED, from_us=to_us(since), until_us=to_us(until))
    return [Charged(row[0], row[1], int(row[2]), int(row[3])) for row in rows]


def _sums(rows: list[tuple[object, ...]]) -> Sums:
    return sum(int(str(row[1])) for row in rows), tuple(Money(int(str(row[2])), str(row[0])) for row in rows)
