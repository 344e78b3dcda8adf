"""SQL that only looks at charges, invoices, disputes and credit notes. Every list has a limit and an order."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, last_moment, to_us
from backhaul.kit.money import Money
from backhaul.partner import access
from backhaul.partner import tables as t
from backhaul.partner.invoice_shapes import CreditNote, DisputeView, InvoiceView, Line, Unbilled
from backhaul.partner.rules.around import By
from backhaul.partner.rules.invoices import Addressee, DisputeStatus, month_bound, month_start, status_of
from backhaul.partner.rules.words import Role

PAGE_ROWS = 50
LINES_A_PAGE = UNBILLED_A_PAGE = 200

_c, _i, _d, _x, _n = t.charges.c, t.invoices.c, t.dues.c, t.disputes.c, t.credit_notes.c
_line = [
    _c[name]
    for name in (
        "cause", "seller_id", "parcel_id", "number", "return_number", "event", "service", "quantity", "price_minor",
        "amount_minor", "currency", "tariff", "at_us", "stored_from_us", "stored_until_us",
    )
]  # fmt: skip
_after = sa.or_(
    _c.at_us > bindparam("after_us"), sa.and_(_c.at_us == bindparam("after_us"), _c.cause > bindparam("after"))
)
STATEMENT = Statement(
    sa.select(*_line, sa.func.coalesce(_i.number, ""))
    .outerjoin(t.invoices, _i.id == _c.invoice_id)
    .where(
        among(_c.seller_id, "sellers"),
        _c.at_us >= bindparam("from_us"),
        _c.at_us < bindparam("to_us"),
        sa.or_(bindparam("service", type_=sa.Text) == "", _c.service == bindparam("service", type_=sa.Text)),
        sa.or_(
            bindparam("code", type_=sa.Text) == "",
            _c.number == bindparam("code", type_=sa.Text),
            _c.return_number == bindparam("code", type_=sa.Text),
        ),
        _after,
    )
    .order_by(_c.at_us, _c.cause)
    .limit(bindparam("most"))
)
SUMS = Statement(
    sa.select(_c.service, _c.currency, sa.func.sum(_c.quantity), sa.func.sum(_c.amount_minor))
    .where(among(_c.seller_id, "sellers"), _c.at_us >= bindparam("from_us"), _c.at_us < bindparam("to_us"))
    .group_by(_c.service, _c.currency)
    .order_by(_c.service, _c.currency)
    .limit(100)
)
LINES = Statement(
    sa.select(*_line, sa.literal(""))
    .where(_c.invoice_id == bindparam("invoice"), _after)
    .order_by(_c.at_us, _c.cause)
    .limit(bindparam("most"))
)
UNBILLED = Statement(
    sa.select(_c.seller_id, _c.currency, sa.func.count(), sa.func.sum(_c.amount_minor), sa.func.min(_c.at_us))
    .where(_c.invoice_id.is_(None), _c.seller_id > bindparam("after"))
    .group_by(_c.seller_id, _c.currency)
    .order_by(_c.seller_id, _c.currency)
    .limit(UNBILLED_A_PAGE)
)
_row = sa.select(
    _i.id, _i.number, _i.seller_id, _i.company_id, _i.month, _i.currency, _i.lines, _i.net_minor, _i.vat_pct,
    _i.vat_minor, _i.total_minor, _i.language, _i.issued_us, _i.due_us, _d.credited_minor, _d.paid_minor,
    _d.disputed_minor, _d.open_minor, sa.func.coalesce(t.companies.c.name, ""),
).select_from(
    t.invoices.join(t.dues, _d.invoice_id == _i.id).outerjoin(t.companies, t.companies.c.id == _i.company_id)
)  # fmt: skip
ONE = Statement(_row.where(_i.number == bindparam("number")))
DOC = Statement(sa.select(_i.doc).where(_i.id == bindparam("invoice")))
_newest = _row.where(_i.id < bindparam("before")).order_by(_i.id.desc()).limit(PAGE_ROWS)
ALL = Statement(_newest)
OF_COMPANY = Statement(_newest.where(sa.or_(_i.company_id == bindparam("company"), among(_i.seller_id, "sellers"))))
OVERDUE = Statement(
    _row.where(
        _d.open_minor > 0,
        _d.open_minor > _d.disputed_minor,
        _d.due_us <= bindparam("now_us"),
        _i.id < bindparam("before"),
    )
    .order_by(_i.id.desc())
    .limit(PAGE_ROWS)
)
UNPAID = Statement(_row.where(_d.open_minor > 0, _i.id < bindparam("before")).order_by(_i.id.desc()).limit(PAGE_ROWS))
_dispute = (
    sa.select(_x.id, _x.cause, _i.number, _x.amount_minor, _x.currency, _x.reason, _x.opened_us, _x.opened_by, _x.status,
              _x.answer, _x.decided_us, _c.service, _c.number, _c.parcel_id, _c.amount_minor)
    .join(t.invoices, _i.id == _x.invoice_id)
    .join(t.charges, _c.cause == _x.cause)
)  # fmt: skip
DISPUTES = Statement(
    _dispute.where(_x.status == bindparam("status"), _x.id > bindparam("after")).order_by(_x.id).limit(PAGE_ROWS)
)
DISPUTES_OF_INVOICE = Statement(_dispute.where(_x.invoice_id == bindparam("invoice")).order_by(_x.id).limit(1000))
_note = (
    sa.select(_n.id, _n.number, _i.number, _n.cause, _n.net_minor, _n.vat_minor, _n.currency, _n.reason, _n.issued_us,
              _c.service, _c.number)
    .join(t.invoices, _i.id == _n.invoice_id)
    .join(t.charges, _c.cause == _n.cause)
)  # fmt: skip
NOTES_OF_INVOICE = Statement(_note.where(_n.invoice_id == bindparam("invoice")).order_by(_n.id).limit(1000))
NOTE = Statement(_note.where(_n.number == bindparam("number")))


def statement(tx: Tx, sellers: Sequence[int], month: str, service: str = "", code: str = "", after: str = "",
              most: int = LINES_A_PAGE) -> list[Line]:  # fmt: skip
    """The charges of a month, oldest first, after the place that the last page ended at."""
    after_us, cause = place(after)
    rows = tx.rows(
        STATEMENT, sellers=list(sellers), from_us=to_us(month_start(month)), to_us=to_us(month_bound(month)),
        service=service, code="".join(code.split()).upper(), after_us=after_us, after=cause, most=most,
    )  # fmt: skip
    return [_line_of(row) for row in rows]


def all_of_month(tx: Tx, sellers: Sequence[int], month: str, service: str, code: str) -> Iterator[Line]:
    """The same, page by page to the end."""
    after = ""
    while found := statement(tx, sellers, month, service, code, after):
        yield from found
        after = end_of(found[-1])


def end_of(line: Line) -> str:
    """The place behind a line."""
    return f"{to_us(line.at)}-{line.line}"


def place(after: str) -> tuple[int, str]:
    """The inverse; anything else is the beginning."""
    us, _, cause = after.partition("-")
    return (int(us), cause) if us.isdecimal() and len(us) <= 18 else (0, "")


def sums(tx: Tx, sellers: Sequence[int], month: str) -> list[tuple[str, int, Money]]:
    """(service, quantity, amount) of a month."""
    rows = tx.rows(SUMS, sellers=list(sellers), from_us=to_us(month_start(month)), to_us=to_us(month_bound(month)))
    return [(row[0], int(row[2]), Money(int(row[3]), row[1])) for row in rows]


def lines(tx: Tx, invoice_id: int, after: str = "", most: int = LINES_A_PAGE) -> list[Line]:
    """The lines of an invoice, oldest first."""
    after_us, cause = place(after)
    return [_line_of(row) for row in tx.rows(LINES, invoice=invoice_id, after_us=after_us, after=cause, most=most)]


def all_lines(tx: Tx, invoice_id: int) -> list[Line]:
    """All of them, for the paper."""
    found: list[Line] = []
    while page := lines(tx, invoice_id, end_of(found[-1]) if found else "", 1000):
        found += page
    return found


def unbilled(tx: Tx, after: int = -1) -> list[Unbilled]:
    """What waits for the end of the month, by seller. A full page ends with a whole seller, whatever their currencies."""
    rows = tx.rows(UNBILLED, after=after)
    if len(rows) == UNBILLED_A_PAGE:
        rows = [row for row in rows if row[0] != rows[-1][0]] or rows
    return [Unbilled(row[0], int(row[2]), Money(int(row[3]), row[1]), from_us(row[4])) for row in rows]


def one(tx: Tx, number: str, at: datetime) -> InvoiceView | None:
    """An invoice by its number."""
    row = tx.one(ONE, number=number.strip().upper())
    return None if row is None else _view(row, at)


def addressee(tx: Tx, invoice_id: int) -> Addressee:
    """Who is billed and who bills, as it stands on the paper."""
    row = tx.one(DOC, invoice=invoice_id)
    if row is None:
        raise LookupError(invoice_id)
    return msgspec.json.decode(row[0], type=Addressee)


def sellers_of(tx: Tx, by: By) -> list[int]:
    """The sellers that a caller's company is linked to."""
    return [int(row[0]) for row in tx.rows(access.SELLERS_OF_COMPANY, company=int(by.subject))]


def may_see(tx: Tx, by: By, seller_id: int, company_id: int | None) -> bool:
    """An invoice is for its payer, for every company that is linked to its seller, and for the supervisor."""
    if by.role is Role.SELLER:
        return by.subject == str(company_id) or seller_id in sellers_of(tx, by)
    return by.role is Role.SUPERVISOR


def of_company(tx: Tx, company_id: int, sellers: Sequence[int], at: datetime, before: int = 2**62) -> list[InvoiceView]:
    """What a company was billed for, or may look at, newest first."""
    return [_view(row, at) for row in tx.rows(OF_COMPANY, company=company_id, sellers=list(sellers), before=before)]


def of_all(tx: Tx, at: datetime, which: str = "", before: int = 2**62) -> list[InvoiceView]:
    """All invoices, newest first; `which`: overdue, unpaid."""
    if which == "overdue":
        rows = tx.rows(OVERDUE, now_us=to_us(at), before=before)
    else:
        rows = tx.rows(UNPAID if which == "unpaid" else ALL, before=before)
    return [_view(row, at) for row in rows]


def disputes(tx: Tx, status: DisputeStatus = DisputeStatus.OPEN, after: int = 0) -> list[DisputeView]:
    """Disputes in a state, oldest first."""
    return [_dispute_of(row) for row in tx.rows(DISPUTES, status=status.value, after=after)]


def disputes_of(tx: Tx, invoice_id: int) -> list[DisputeView]:
    """The disputes about lines of an invoice."""
    return [_dispute_of(row) for row in tx.rows(DISPUTES_OF_INVOICE, invoice=invoice_id)]


def notes_of(tx: Tx, invoice_id: int) -> list[CreditNote]:
    """The credit notes of an invoice."""
    return [_note_of(row) for row in tx.rows(NOTES_OF_INVOICE, invoice=invoice_id)]


def note(tx: Tx, number: str) -> CreditNote | None:
    """A credit note by its number."""
    row = tx.one(NOTE, number=number.strip().upper())
    return None if row is None else _note_of(row)


def _line_of(row: tuple[Any, ...]) -> Line:
    return Line(
        line=row[0], seller_id=row[1], parcel_id=row[2], number=row[3], return_number=row[4], event=row[5], service=row[6],
        quantity=row[7], price=Money(row[8], row[10]), amount=Money(row[9], row[10]), tariff=row[11], at=from_us(row[12]),
        stored_from=None if row[13] is None else from_us(row[13]),
        stored_until=None if row[14] is None else from_us(row[14]), invoice=row[15],
    )  # fmt: skip


def _view(row: tuple[Any, ...], at: datetime) -> InvoiceView:
    currency, due = row[5], from_us(row[13])
    net, vat, total, credited, paid, disputed, still = (Money(row[n], currency) for n in (7, 9, 10, 14, 15, 16, 17))
    return InvoiceView(
        id=row[0], number=row[1], seller_id=row[2], company_id=row[3], company=row[18], month=row[4],
        status=status_of(row[17], row[16], due, at), issued_at=from_us(row[12]), due=due, pay_by=last_moment(due), lines=row[6], net=net,
        vat_pct=row[8], vat=vat, total=total, credited=credited, paid=paid, disputed=disputed, open=still,
        language=row[11],
    )  # fmt: skip


def _dispute_of(row: tuple[Any, ...]) -> DisputeView:
    return DisputeView(
        id=row[0], line=row[1], invoice=row[2], service=row[11], number=row[12], parcel_id=row[13],
        amount=Money(row[3], row[4]), of=Money(row[14], row[4]), reason=row[5], opened_at=from_us(row[6]),
        opened_by=row[7], status=DisputeStatus(row[8]), answer=row[9],
        decided_at=None if row[10] is None else from_us(row[10]),
    )  # fmt: skip


def _note_of(row: tuple[Any, ...]) -> CreditNote:
    net, vat = Money(row[4], row[6]), Money(row[5], row[6])
    return CreditNote(row[0], row[1], row[2], row[3], row[9], row[10], net, vat, row[7], from_us(row[8]))
