"""SQL that only looks at what is compared: the partner's invoices, the units they are about, the books of returns."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.money import Money
from backhaul.marketplace import block_queries, queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.blocks import AppealStatus
from backhaul.marketplace.rules.books import Posting
from backhaul.marketplace.rules.partner_invoices import InvoiceLine, InvoiceStatus, PriceList
from backhaul.marketplace.rules.reconciliation import Unit
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.substitutions import money_is_open

LINES_A_STEP = 2_000
LINES_OF_UNIT_MAX = 20_000
INVOICES_A_PAGE = 50
LINES_A_PAGE = 200
TARIFFS_MAX = 200
HANDED_OVER, DISPOSED, CREDITED = "HandoverMirrored", "DisposalMirrored", "CompensationCredited"

_decode_line = msgspec.json.Decoder(InvoiceLine).decode

_r, _i, _l, _e = t.returns.c, t.partner_invoices.c, t.partner_invoice_lines.c, t.journal.events.c
_n = t.journal.entries.c
# Lines of a seller, unit by unit: those of invoices that were replaced are passed over, so that the index gives the order.
_counts = (
    sa.select(_i.status == InvoiceStatus.CURRENT.value)
    .where(_i.id == _l.invoice_id)
    .correlate(t.partner_invoice_lines)
    .scalar_subquery()
)
_lines = (
    sa.select(_l.return_number, _l.doc, _counts)
    .where(_l.seller_id == bindparam("seller"))
    .order_by(_l.return_number, _l.invoice_id, _l.number)
    .limit(bindparam("most"))
)
_behind = bindparam("unit", type_=sa.Text)
# By whether some units are asked for, or all. Some are behind another by an expression: by the bare column, SQLite would
# look at everything behind it instead of at each of them.
LINES = {
    True: Statement(_lines.where(among(_l.return_number, "numbers"), _l.return_number.concat("") > _behind)),
    False: Statement(_lines.where(_l.return_number > _behind)),
}
LINES_OF_UNIT = Statement(
    sa.select(_l.doc)
    .where(_l.seller_id == bindparam("seller"), _l.return_number == bindparam("unit", type_=sa.Text), _counts)
    .order_by(_l.invoice_id, _l.number)
    .limit(LINES_OF_UNIT_MAX)
)
NUMBERS_OF = Statement(
    sa.select(_l.number, _l.return_number)
    .where(_l.invoice_id == bindparam("invoice"), _l.number > bindparam("after"))
    .order_by(_l.number)
    .limit(LINES_A_STEP)
)
UNITS = Statement(sa.select(_r.doc).where(among(_r.number, "numbers")))
# When a unit left or was destroyed: the first event of each kind.
MOMENTS = Statement(
    sa.select(_e.case_id, _e.kind, _e.at_us, _e.recorded_us)
    .where(
        among(_e.case_id, "ids"), sa.or_(*(_e.kind == kind for kind in (HANDED_OVER, DISPOSED, CREDITED)))
    )
    .order_by(_e.case_id, _e.seq)
)  # fmt: skip
RETURNS = Statement(
    sa.select(_r.doc).where(_r.id > bindparam("after")).order_by(_r.id).limit(bindparam("most"))
)  # fmt: skip
POSTINGS = Statement(
    sa.select(_n.case_id, _n.cause, _n.amount_minor, _n.at_us).where(among(_n.case_id, "ids")).order_by(_n.case_id)
)
EARLIER = Statement(
    sa.select(_i.id).where(
        _i.seller_id == bindparam("seller"), _i.number == bindparam("of_number"), _i.replaced_by == bindparam("revision")
    )
)  # fmt: skip
_broken_off = _i.status == InvoiceStatus.BROKEN_OFF.value
_coming = sa.and_(_i.status == InvoiceStatus.COMING.value, _i.brought_us < bindparam("before_us"))
BROKEN_OFF = Statement(sa.select(_i.id).where(sa.or_(_broken_off, _coming)).limit(1))
NEXT_SELLER = Statement(
    sa.select(sa.func.min(_i.seller_id)).where(
        _i.status == InvoiceStatus.CURRENT.value, _i.seller_id > bindparam("after")
    )
)
PROGRESS = Statement(
    sa.select(
        t.reconciliations.c.day, t.reconciliations.c.after, t.reconciliations.c.unit, t.reconciliations.c.done_us
    ).where(t.reconciliations.c.name == bindparam("name"))
)
_invoice = sa.select(
    _i.id, _i.seller_id, _i.number, _i.revision, _i.status, _i.currency, _i.lines, _i.total_minor, _i.brought_us,
    _i.brought_by, _i.replaced_by,
).where(sa.or_(_i.status == InvoiceStatus.CURRENT.value, _i.status == InvoiceStatus.REPLACED.value))  # fmt: skip
INVOICES = Statement(
    _invoice.where(_i.seller_id == bindparam("seller"), _i.id < bindparam("before"))
    .order_by(_i.id.desc())
    .limit(INVOICES_A_PAGE)
)
INVOICE = Statement(_invoice.where(_i.id == bindparam("invoice")))
LINES_OF = Statement(
    sa.select(_l.doc)
    .where(_l.invoice_id == bindparam("invoice"), _l.number > bindparam("after"))
    .order_by(_l.number)
    .limit(LINES_A_PAGE)
)
TARIFFS = Statement(
    sa.select(t.partner_tariffs.c.version, t.partner_tariffs.c.doc)
    .where(t.partner_tariffs.c.seller_id == bindparam("seller"))
    .order_by(t.partner_tariffs.c.brought_us.desc(), t.partner_tariffs.c.version)
    .limit(TARIFFS_MAX)
)


class InvoiceView(msgspec.Struct, frozen=True):
    """An invoice as it was brought. `replaced_by`: the revision that counts instead, 0 while this one does."""

    id: int
    seller_id: int
    number: str
    revision: int
    status: str
    lines: int
    total: Money
    brought_at: datetime
    brought_by: str
    replaced_by: int


class Piece(msgspec.Struct, frozen=True):
    """The lines that count about the units behind one up to `until`; the empty one: about all that are behind."""

    lines: list[InvoiceLine]
    until: str


def piece(tx: Tx, seller_id: int, after: str, numbers: Sequence[str] | None = None, most: int = LINES_A_STEP) -> Piece:
    """The next lines of a seller, whole units of them, about these units or about all.

    A unit that has more lines than a piece is a piece of its own, of its first 20,000.
    """
    values: dict[str, object] = {} if numbers is None else {"numbers": list(numbers)}
    rows = tx.rows(LINES[numbers is not None], seller=seller_id, unit=after, most=most, **values)
    if len(rows) < most:
        return Piece([_decode_line(row[1]) for row in rows if row[2]], "")
    last = rows[-1][0]
    whole = [row for row in rows if row[0] != last]
    if whole:
        return Piece([_decode_line(row[1]) for row in whole if row[2]], whole[-1][0])
    return Piece([_decode_line(row[0]) for row in tx.rows(LINES_OF_UNIT, seller=seller_id, unit=last)], last)


def earlier(tx: Tx, seller_id: int, number: str, revision: int) -> int | None:
    """The invoice that this revision of it has replaced."""
    row = tx.one(EARLIER, seller=seller_id, of_number=number, revision=revision)
    return None if row is None else int(row[0])


def broken_off(tx: Tx, before: datetime) -> int | None:
    """An import that broke off, or that began before an instant and never ended."""
    row = tx.one(BROKEN_OFF, before_us=to_us(before))
    return None if row is None else int(row[0])


def numbers_of(tx: Tx, invoice_id: int, after: int) -> tuple[set[str], int | None]:
    """The units of the next lines of an invoice, and the place of the last of these; None: there are no more."""
    rows = tx.rows(NUMBERS_OF, invoice=invoice_id, after=after)
    return {row[1] for row in rows}, rows[-1][0] if len(rows) == LINES_A_STEP else None


def units(tx: Tx, seller_id: int, numbers: Iterable[str]) -> dict[str, Unit]:
    """The seller's own returns of these numbers; those of others look like those that nobody has."""
    rows = tx.rows(UNITS, numbers=sorted(set(numbers)))
    returns = [it for it in (queries.decode_return(row[0]) for row in rows) if it.seller_id == seller_id]
    gone = moments(tx, [it.id for it in returns])
    return {it.number: unit_of(it, gone.get(it.id, {})) for it in returns}


def unit_of(it: Return, gone: Mapping[str, datetime]) -> Unit:
    """A return as the partner's invoice concerns it."""
    arrived = it.parcel.arrived_at if it.parcel is not None else None
    return Unit(it.id, it.number, arrived, gone.get("departed"), gone.get("disposed"))


def moments(tx: Tx, ids: Sequence[int]) -> dict[int, dict[str, datetime]]:
    """When each unit `departed` from the partner or was `disposed` of, and when its compensation was really `credited`."""
    found: dict[int, dict[str, datetime]] = {}
    for case_id, kind, at_us, recorded_us in tx.rows(MOMENTS, ids=list(ids)) if ids else ():
        of_case = found.setdefault(case_id, {})
        if kind == HANDED_OVER:
            of_case.setdefault("departed", from_us(at_us))
        elif kind == DISPOSED:
            of_case.setdefault("disposed", from_us(at_us))
        else:
            of_case["credited"] = from_us(recorded_us)
    return found


def returns(tx: Tx, after: int, most: int) -> list[Return]:
    """Returns after an id."""
    return [queries.decode_return(row[0]) for row in tx.rows(RETURNS, after=after, most=most)]


def postings(tx: Tx, ids: Sequence[int]) -> dict[int, list[Posting]]:
    """The ledger entries of returns."""
    found: dict[int, list[Posting]] = {}
    for row in tx.rows(POSTINGS, ids=list(ids)) if ids else ():
        found.setdefault(row[0], []).append(Posting(row[1], row[2], from_us(row[3])))
    return found


def overturned(tx: Tx, returns: Iterable[Return]) -> set[int]:
    """Those of them whose substitution an appeal has overturned while money still follows it."""
    suspected = [it for it in returns if it.claim.kind is not None and money_is_open(it)]
    found = set()
    for it in suspected:
        block = block_queries.of_return(tx, it)
        if block is not None and block.appeal.status is AppealStatus.UPHELD:
            found.add(it.id)
    return found


def next_seller(tx: Tx, after: int) -> int | None:
    """The next seller who has brought invoices."""
    row = tx.one(NEXT_SELLER, after=after)
    return None if row is None or row[0] is None else int(row[0])


def progress(tx: Tx, name: str) -> tuple[str, int, str, int | None] | None:
    """Day, place, unit within that place, and end of a comparison; None when there was none."""
    row = tx.one(PROGRESS, name=name)
    return None if row is None else (row[0], row[1], row[2], row[3])


def compared_at(tx: Tx) -> datetime | None:
    """When the books were last compared to their end."""
    found = progress(tx, "books")
    return None if found is None or found[3] is None else from_us(found[3])


def invoices(tx: Tx, seller_id: int, before: int = 2**62) -> list[InvoiceView]:
    """A seller's invoices, newest first."""
    return [_view(row) for row in tx.rows(INVOICES, seller=seller_id, before=before)]


def invoice(tx: Tx, invoice_id: int) -> InvoiceView | None:
    """One of them by its id."""
    row = tx.one(INVOICE, invoice=invoice_id)
    return None if row is None else _view(row)


def lines_of(tx: Tx, invoice_id: int, after: int = 0) -> list[InvoiceLine]:
    """The lines of an invoice, 200 a page."""
    return [_decode_line(row[0]) for row in tx.rows(LINES_OF, invoice=invoice_id, after=after)]


def price_lists(tx: Tx, seller_id: int) -> list[PriceList]:
    """The partner's price lists that a seller has brought, newest first."""
    return [msgspec.json.decode(row[1], type=PriceList) for row in tx.rows(TARIFFS, seller=seller_id)]


def prices(tx: Tx, seller_id: int) -> dict[tuple[str, str], Money]:
    """By version and service."""
    return {
        (one.version, service): Money(minor, one.currency)
        for one in price_lists(tx, seller_id)
        for service, minor in one.prices_minor.items()
    }


def _view(row: tuple[Any, ...]) -> InvoiceView:
    return InvoiceView(
        row[0], row[1], row[2], row[3], row[4], row[6], Money(row[7], row[5]), from_us(row[8]), row[9], row[10]
    )
