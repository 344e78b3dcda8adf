"""SQL that writes charges, invoices, disputes, credit notes and payments, and what such a write must read. For `invoice_errands` and the desk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Change
from backhaul.kit.journal import entry_row
from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.partner import tables as t
from backhaul.partner.rules import chart
from backhaul.partner.rules.invoices import DisputeStatus, Due, Invoice
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import LinkMode

_c, _i, _d = t.charges.c, t.invoices.c, t.dues.c

INSERT_CHARGE = Statement(t.charges.insert())
CHARGE = Statement(
    sa.select(_c.cause, _c.seller_id, _c.service, _c.amount_minor, _c.currency, _c.invoice_id).where(
        _c.cause == bindparam("cause")
    )
)
NEWEST_CLOSED = Statement(sa.select(sa.func.max(t.closed_months.c.month)))
CLOSE_MONTH = Statement(t.closed_months.insert())
OLDEST_UNBILLED = Statement(sa.select(sa.func.min(_c.at_us)).where(_c.invoice_id.is_(None)))
SELLERS_TO_BILL = Statement(
    sa.select(_c.seller_id, _c.currency)
    .where(
        _c.invoice_id.is_(None),
        _c.at_us < bindparam("bound_us"),
        ~sa.exists().where(_i.seller_id == _c.seller_id, _i.month == bindparam("month"), _i.currency == _c.currency),
    )
    .distinct()
    .order_by(_c.seller_id, _c.currency)
    .limit(bindparam("most"))
)
PUT_ON_INVOICE = Statement(
    t.charges.update()
    .where(
        _c.seller_id == bindparam("seller"),
        _c.currency == bindparam("in_currency"),
        _c.invoice_id.is_(None),
        _c.at_us < bindparam("bound_us"),
    )
    .values(invoice_id=bindparam("invoice"))
)
SUM_OF_LINES = Statement(
    sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_c.amount_minor), 0)).where(
        _c.invoice_id == bindparam("invoice")
    )
)
INSERT_INVOICE = Statement(t.invoices.insert())
INVOICE = Statement(sa.select(*t.invoices.c).where(_i.number == bindparam("number")))
INVOICE_BY_ID = Statement(sa.select(*t.invoices.c).where(_i.id == bindparam("invoice")))
INSERT_DUE = Statement(t.dues.insert())
DUE_LOCKED = Statement(sa.select(*t.dues.c).where(_d.invoice_id == bindparam("invoice")).with_for_update())
MOVE_DUE = Statement(
    t.dues.update()
    .where(_d.invoice_id == bindparam("invoice"))
    .values(
        credited_minor=_d.credited_minor + bindparam("credited"),
        paid_minor=_d.paid_minor + bindparam("paid"),
        disputed_minor=_d.disputed_minor + bindparam("disputed"),
        open_minor=_d.open_minor - bindparam("credited") - bindparam("paid"),
        remind_us=sa.case(
            (_d.open_minor - bindparam("credited") - bindparam("paid") == 0, sa.null()), else_=_d.remind_us
        ),
    )
)
SET_REMINDER = Statement(
    t.dues.update().where(_d.invoice_id == bindparam("invoice")).values(remind_us=bindparam("to_us"))
)
_owed = sa.select(_d.invoice_id, _d.seller_id, _d.open_minor, _d.disputed_minor).where(
    _d.open_minor > 0, _d.currency == bindparam("in_currency")
)
_in_turn = _owed.order_by(_d.due_us, _d.invoice_id).limit(100).with_for_update()
OPEN_OF_COMPANY = Statement(_in_turn.where(_d.company_id == bindparam("of")))
OPEN_OF_SELLER = Statement(_in_turn.where(_d.seller_id == bindparam("of")))
TO_REMIND = Statement(
    sa.select(_d.invoice_id)
    .where(_d.remind_us <= bindparam("now_us"), _d.open_minor > _d.disputed_minor)
    .order_by(_d.remind_us, _d.invoice_id)
    .limit(bindparam("most"))
)
_links = t.links.c
PAYERS = Statement(
    sa.select(_links.company_id)
    .where(_links.seller_id == bindparam("seller"), _links.mode == LinkMode.RETURNS)
    .order_by(_links.linked_us, _links.company_id)
    .limit(500)
)
LAST_PAYER = Statement(
    sa.select(_i.company_id)
    .where(_i.seller_id == bindparam("seller"), _i.company_id.is_not(None))
    .order_by(_i.id.desc())
    .limit(1)
)
SELLER_NAME = Statement(
    sa.select(_links.seller_name)
    .where(_links.seller_id == bindparam("seller"))
    .order_by(_links.linked_us, _links.company_id)
    .limit(1)
)
COMPANY = Statement(
    sa.select(t.companies.c.name, t.companies.c.country, t.companies.c.email).where(
        t.companies.c.id == bindparam("company")
    )
)
OWNER_LANGUAGE = Statement(
    sa.select(t.accounts.c.language)
    .where(t.accounts.c.company_id == bindparam("company"))
    .order_by(t.accounts.c.owner.desc(), t.accounts.c.id)
    .limit(1)
)
_n = t.journal.entries.c
_signed = sa.case((_n.credit == bindparam("account"), _n.amount_minor), else_=-_n.amount_minor)
PREPAID = Statement(
    sa.select(sa.func.coalesce(sa.func.sum(_signed), 0)).where(
        sa.or_(_n.credit == bindparam("account"), _n.debit == bindparam("account")),
        _n.currency == bindparam("in_currency"),
    )
)
DISPUTE_OF_LINE = Statement(sa.select(t.disputes.c.status).where(t.disputes.c.cause == bindparam("cause")))
INSERT_DISPUTE = Statement(
    t.disputes.insert()
    .values({c.name: bindparam(c.name) for c in t.disputes.columns if c.name != "id"})
    .returning(t.disputes.c.id)
)
DISPUTE = Statement(
    sa.select(*(t.disputes.c[name] for name in ("id", "cause", "invoice_id", "amount_minor", "status")))
    .where(t.disputes.c.id == bindparam("dispute"))
    .with_for_update()
)
DECIDE_DISPUTE = Statement(
    t.disputes.update()
    .where(t.disputes.c.id == bindparam("dispute"), t.disputes.c.status == DisputeStatus.OPEN.value)
    .values(
        status=bindparam("to_status"), answer=bindparam("words"), decided_us=bindparam("at_us"),
        decided_by=bindparam("person"),
    )
)  # fmt: skip
_notes = t.credit_notes.c
CREDITED_OF_INVOICE = Statement(
    sa.select(sa.func.coalesce(sa.func.sum(_notes.net_minor), 0)).where(_notes.invoice_id == bindparam("invoice"))
)
CREDITED_OF_LINE = Statement(
    sa.select(sa.func.coalesce(sa.func.sum(_notes.net_minor), 0)).where(
        _notes.invoice_id == bindparam("invoice"), _notes.cause == bindparam("cause")
    )
)
_x = t.disputes.c
_credited = (
    sa.select(sa.func.coalesce(sa.func.sum(_notes.net_minor), 0))
    .where(_notes.invoice_id == _x.invoice_id, _notes.cause == _x.cause)
    .scalar_subquery()
)
OPEN_DISPUTES = Statement(
    sa.select(_x.id, _x.amount_minor, _c.amount_minor - _credited)
    .join(t.charges, _c.cause == _x.cause)
    .where(_x.invoice_id == bindparam("invoice"), _x.status == DisputeStatus.OPEN.value)
    .order_by(_x.id)
    .limit(10_000)
)
SET_DISPUTED = Statement(
    t.disputes.update().where(_x.id == bindparam("dispute")).values(amount_minor=bindparam("minor"))
)
INSERT_CREDIT_NOTE = Statement(t.credit_notes.insert())
PAYMENT = Statement(
    sa.select(*(t.payments.c[name] for name in ("reference", "invoice_id", "amount_minor", "currency")))
    .where(t.payments.c.reference == bindparam("of"))
    .with_for_update()
)
INSERT_PAYMENT = Statement(t.payments.insert())
MATCH_PAYMENT = Statement(
    t.payments.update()
    .where(t.payments.c.reference == bindparam("of"), t.payments.c.invoice_id.is_(None))
    .values(invoice_id=bindparam("invoice"))
)


def save_charges(tx: Tx, changes: Sequence[Change[Parcel]]) -> None:
    """The charges of a batch, beside their ledger entries."""
    tx.many(INSERT_CHARGE, [
        _charge_row(charge, after, type(event).__name__, mark.at_us)
        for change in changes
        for _, (event, _, _, after), mark in change.events
        for charge in chart.charges(after, event)
    ])  # fmt: skip


def _charge_row(charge: chart.Charge, it: Parcel, event: str, at_us: int) -> dict[str, Any]:
    return {
        "cause": charge.cause, "seller_id": it.seller_id, "parcel_id": it.id, "number": it.number,
        "return_number": it.unit.return_number, "event": event, "service": charge.service,
        "quantity": charge.quantity, "price_minor": charge.price.minor, "amount_minor": charge.amount.minor,
        "currency": charge.amount.currency, "tariff": charge.tariff, "at_us": at_us,
        "stored_from_us": _us(charge.stored_from), "stored_until_us": _us(charge.stored_until), "invoice_id": None,
    }  # fmt: skip


def _us(at: datetime | None) -> int | None:
    return None if at is None else to_us(at)


def invoice(tx: Tx, number: str) -> Invoice:
    """An invoice by its number, or `Refused`."""
    row = tx.one(INVOICE, number=number.strip().upper())
    if row is None:
        raise Refused("not_found", "missing")
    return Invoice(*row)


def invoice_by_id(tx: Tx, invoice_id: int) -> Invoice:
    """The same by its id."""
    row = tx.one(INVOICE_BY_ID, invoice=invoice_id)
    if row is None:
        raise Refused("not_found", "missing")
    return Invoice(*row)


def due_locked(tx: Tx, invoice_id: int) -> Due:
    """What is owed; nobody else changes it before the transaction ends."""
    row = tx.one(DUE_LOCKED, invoice=invoice_id)
    if row is None:
        raise Refused("not_found", "missing")
    return Due(*row)


def move_due(tx: Tx, invoice_id: int, *, credited: int = 0, paid: int = 0, disputed: int = 0) -> None:
    """More was credited, paid or disputed, or less."""
    tx.run(MOVE_DUE, invoice=invoice_id, credited=credited, paid=paid, disputed=disputed)


def post(tx: Tx, entries: Sequence[Entry], invoice_id: int, at: datetime) -> None:
    """Ledger entries of an invoice: their case is its negative id, so that they stand together. 0: of no invoice yet."""
    rows = [entry_row(entry, -invoice_id, 0, to_us(at)) for entry in entries]
    t.journal.write(tx, [], rows, [], [])


def total(tx: Tx, statement: Statement, **values: object) -> int:
    """The one number that a statement answers."""
    row = tx.one(statement, **values)
    return 0 if row is None else int(row[0])
