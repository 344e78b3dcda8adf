"""SQL that only looks at payments and at the credit of payers."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us
from backhaul.kit.money import Money
from backhaul.partner import tables as t
from backhaul.partner.invoice_shapes import Payment
from backhaul.partner.rules import chart

UNMATCHED_MAX = 200

_i, _p = t.invoices.c, t.payments.c
_payment = sa.select(
    _p.reference, sa.func.coalesce(_i.number, ""), _p.amount_minor, _p.currency, _p.paid_on, _p.details, _p.source,
    _p.recorded_us,
).outerjoin(t.invoices, _i.id == _p.invoice_id)  # fmt: skip
PAYMENTS_OF_INVOICE = Statement(
    _payment.where(_p.invoice_id == bindparam("invoice")).order_by(_p.recorded_us, _p.reference).limit(500)
)
UNMATCHED = Statement(
    _payment.where(
        _p.invoice_id.is_(None),
        sa.or_(
            _p.recorded_us > bindparam("after_us"),
            sa.and_(_p.recorded_us == bindparam("after_us"), _p.reference > bindparam("after")),
        ),
    )
    .order_by(_p.recorded_us, _p.reference)
    .limit(UNMATCHED_MAX)
)
_e = t.journal.entries.c
_signed = sa.case((_e.credit == bindparam("account"), _e.amount_minor), else_=-_e.amount_minor)
CREDIT = Statement(
    sa.select(_e.currency, sa.func.sum(_signed))
    .where(sa.or_(_e.credit == bindparam("account"), _e.debit == bindparam("account")))
    .group_by(_e.currency)
    .order_by(_e.currency)
    .limit(20)
)


def payments_of(tx: Tx, invoice_id: int) -> list[Payment]:
    """What was paid for an invoice."""
    return [_payment_of(row) for row in tx.rows(PAYMENTS_OF_INVOICE, invoice=invoice_id)]


def unmatched(tx: Tx, after_us: int = -1, after: str = "") -> list[Payment]:
    """Money of which nobody knows what it was for, oldest first."""
    return [_payment_of(row) for row in tx.rows(UNMATCHED, after_us=after_us, after=after)]


def credit_of(tx: Tx, company_id: int | None, seller_id: int = 0) -> list[Money]:
    """What a payer has paid beyond all invoices."""
    rows = tx.rows(CREDIT, account=chart.prepaid(company_id, seller_id))
    return [Money(int(row[1]), row[0]) for row in rows if row[1]]


def _payment_of(row: tuple[Any, ...]) -> Payment:
    return Payment(row[0], row[1], Money(row[2], row[3]), row[4], row[5], row[6], from_us(row[7]))
