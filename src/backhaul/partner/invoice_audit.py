"""Whether charges, invoices, credit notes and payments agree with the ledger, to the cent: a part of `backhaul verify partner`."""

from typing import Any

import sqlalchemy as sa

from backhaul.kit.database import Statement, Tx
from backhaul.partner import tables as t
from backhaul.partner.rules.chart import BANK, VAT
from backhaul.partner.rules.invoices import DisputeStatus

FAULTS_MAX = 100

_c, _i, _d, _n, _p, _x = t.charges.c, t.invoices.c, t.dues.c, t.credit_notes.c, t.payments.c, t.disputes.c
_e = t.journal.entries.c
_owes = sa.literal("receivable:seller:") + sa.cast(_c.seller_id, sa.Text)
_earned = sa.literal("income:") + _c.service


def _sum(column: Any, *where: Any) -> Any:
    whole = sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(*where)
    return whole.correlate(t.invoices, t.dues, t.payments).scalar_subquery()


def _count(table: sa.Table, *where: Any) -> Any:
    return sa.select(sa.func.count()).select_from(table).where(*where).correlate(t.invoices).scalar_subquery()


_account = sa.literal("receivable:seller:") + sa.cast(_i.seller_id, sa.Text)
_of_invoice = _e.case_id == -_i.id
_settled = _sum(_e.amount_minor, _of_invoice, _e.credit == _account) - _sum(
    _e.amount_minor, _of_invoice, _e.debit == _account, _e.credit != VAT
)

# What must not be found: a sentence with the cause, number or reference of each that is.
CHECKS: tuple[tuple[str, Statement], ...] = (
    (
        "charge {}: the ledger says something else",
        Statement(
            sa.select(_c.cause)
            .outerjoin(t.journal.entries, _e.cause == _c.cause)
            .where(
                sa.or_(
                    _e.cause.is_(None),
                    _e.amount_minor != _c.amount_minor,
                    _e.currency != _c.currency,
                    _e.debit != _owes,
                    _e.credit != _earned,
                    _c.amount_minor != _c.quantity * _c.price_minor,
                )
            )
            .order_by(_c.cause)
            .limit(FAULTS_MAX)
        ),
    ),
    (
        "entry {}: income without a charge",
        Statement(
            sa.select(_e.cause)
            .outerjoin(t.charges, _c.cause == _e.cause)
            .where(_e.credit.like("income:%"), _c.cause.is_(None))
            .order_by(_e.cause)
            .limit(FAULTS_MAX)
        ),
    ),
    (
        "invoice {}: its lines are not its sum",
        Statement(
            sa.select(_i.number)
            .where(
                sa.or_(
                    _sum(_c.amount_minor, _c.invoice_id == _i.id) != _i.net_minor,
                    _count(t.charges, _c.invoice_id == _i.id) != _i.lines,
                    _sum(_e.amount_minor, _of_invoice, _e.credit == VAT) != _i.vat_minor,
                    _i.net_minor + _i.vat_minor != _i.total_minor,
                )
            )
            .order_by(_i.number)
            .limit(FAULTS_MAX)
        ),
    ),
    (
        "invoice {}: what is owed is not what the ledger says",
        Statement(
            sa.select(_i.number)
            .join(t.dues, _d.invoice_id == _i.id)
            .where(
                sa.or_(
                    _settled != _d.credited_minor + _d.paid_minor,
                    _d.open_minor != _i.total_minor - _d.credited_minor - _d.paid_minor,
                    _sum(_n.net_minor + _n.vat_minor, _n.invoice_id == _i.id) != _d.credited_minor,
                    _sum(_x.amount_minor, _x.invoice_id == _i.id, _x.status == DisputeStatus.OPEN.value)
                    != _d.disputed_minor,
                )
            )
            .order_by(_i.number)
            .limit(FAULTS_MAX)
        ),
    ),
    (
        "line {}: more was credited than it says",
        Statement(
            sa.select(_n.cause)
            .join(t.charges, _c.cause == _n.cause)
            .group_by(_n.cause, _c.amount_minor)
            .having(sa.func.sum(_n.net_minor) > _c.amount_minor)
            .order_by(_n.cause)
            .limit(FAULTS_MAX)
        ),
    ),
    (
        "payment {}: the ledger has another amount",
        Statement(
            sa.select(_p.reference)
            .where(
                _sum(
                    _e.amount_minor,
                    _e.debit == BANK,
                    sa.or_(
                        _e.cause == sa.literal("payment:") + _p.reference,
                        _e.cause == sa.literal("payment:") + _p.reference + sa.literal(":beyond"),
                    ),
                )
                != _p.amount_minor
            )
            .order_by(_p.reference)
            .limit(FAULTS_MAX)
        ),
    ),
)
NUMBERS: tuple[tuple[str, Statement], ...] = (
    ("invoices", Statement(sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(_i.id), 0)))),
    ("credit notes", Statement(sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(_n.id), 0)))),
)


def faults(tx: Tx) -> list[str]:
    """What does not agree, a sentence each; at most a hundred of a kind."""
    found = [sentence.format(row[0]) for sentence, statement in CHECKS for row in tx.rows(statement)]
    for what, statement in NUMBERS:
        count, newest = tx.one(statement) or (0, 0)
        if count != newest:
            found.append(f"{what}: {count} are there, the last number is {newest}")
    return found
