"""What pages and API share about invoices: who may see one, its paper, and a bank's statement taken in line by line."""

import itertools
from collections.abc import Callable
from datetime import datetime

import msgspec
from litestar import Response

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.machine import Refused
from backhaul.partner import access, bank_statement, invoice_papers, invoice_queries, payment_errands
from backhaul.partner.invoice_export import KINDS as EXPORT_KINDS
from backhaul.partner.invoice_export import export
from backhaul.partner.invoice_shapes import CreditNote, InvoiceView
from backhaul.partner.office import Office
from backhaul.partner.rules.around import By
from backhaul.partner.rules.invoices import Paid, is_month, month_of
from backhaul.partner.rules.words import Role
from backhaul.partner.speakers import Speaker

LINES_A_STEP = 100
CSV_LINES_MAX = 100_000


class Outcome(msgspec.Struct, frozen=True):
    """What became of a line of the bank's statement: matched, unmatched, known or unreadable (then `code` says why)."""

    line: int
    outcome: str
    reference: str = ""
    invoice: str = ""
    code: str = ""


def parties(tx: Tx, by: By, seller_id: int = 0) -> list[int]:
    """The sellers whose charges a caller reads: all of a company's, or the one that was asked for."""
    if by.role is Role.SUPERVISOR:
        if not seller_id:
            raise Refused("seller_needed", "invalid", "seller_id")
        return [seller_id]
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    sellers = invoice_queries.sellers_of(tx, by)
    if seller_id and seller_id not in sellers:
        raise Refused("not_found", "missing")
    return [seller_id] if seller_id else sellers


def month_said(said: str, at: datetime) -> str:
    """The month that was asked for, by default the one that runs."""
    if said and not is_month(said):
        raise Refused("month_unreadable", "invalid", "month")
    return said or month_of(at)


def invoice_for(tx: Tx, by: By, number: str, at: datetime) -> InvoiceView:
    """An invoice that its reader may see; else there is none."""
    it = invoice_queries.one(tx, number[:20], at)
    if it is None or not invoice_queries.may_see(tx, by, it.seller_id, it.company_id):
        raise Refused("not_found", "missing")
    return it


def invoice_pdf(office: Office, by: By, number: str) -> bytes:
    """The paper of an invoice."""
    with office.look(by) as tx:
        it = invoice_for(tx, by, number, office.clock.now())
        to, lines = invoice_queries.addressee(tx, it.id), invoice_queries.all_lines(tx, it.id)
    return invoice_papers.invoice_pdf(it, to, lines)


def credit_note_pdf(office: Office, by: By, number: str) -> bytes:
    """The paper of a credit note."""
    with office.look(by) as tx:
        note: CreditNote | None = invoice_queries.note(tx, number[:20])
        if note is None:
            raise Refused("not_found", "missing")
        it = invoice_for(tx, by, note.invoice, office.clock.now())
        to = invoice_queries.addressee(tx, it.id)
    return invoice_papers.credit_note_pdf(note, it, to)


def invoice_export(office: Office, by: By, number: str, kind: str) -> bytes:
    """An invoice as a file for the payer's books."""
    if kind not in EXPORT_KINDS:
        raise Refused("not_found", "missing")
    credited: dict[str, int] = {}
    with office.look(by) as tx:
        it = invoice_for(tx, by, number, office.clock.now())
        lines, notes = invoice_queries.all_lines(tx, it.id), invoice_queries.notes_of(tx, it.id)
    for note in notes:
        credited[note.line] = credited.get(note.line, 0) + note.net.minor
    return export(it, lines, credited, 1 + len(notes), kind)


def statement_csv(office: Office, by: By, seller_id: int, month: str, service: str, code: str) -> bytes:
    """A month's charges as CSV."""
    with office.look(by) as tx:
        sellers = parties(tx, by, seller_id)
        lines = invoice_queries.all_of_month(tx, sellers, month_said(month, office.clock.now()), service, code)
        return invoice_papers.statement_csv(itertools.islice(lines, CSV_LINES_MAX))


async def import_statement(office: Office, by: By, caller: access.Caller, raw: bytes) -> list[Outcome]:
    """Take in a bank's statement, a bounded piece at a time. Sent again, what was recorded before is known."""
    only(Role.SUPERVISOR, by)
    lines = list(bank_statement.read(raw))
    found: list[Outcome] = []
    for start in range(0, len(lines), LINES_A_STEP):
        piece = lines[start : start + LINES_A_STEP]
        answer = await office.desk.perform(Errand(_taking(by, piece), caller))
        found += msgspec.json.decode(answer.body, type=list[Outcome])
    return found


def _taking(by: By, piece: list[tuple[int, Paid | Refused]]) -> Callable[[Tx, datetime], bytes]:
    def take(tx: Tx, at: datetime) -> bytes:
        return msgspec.json.encode([_taken(tx, by, number, said, at) for number, said in piece])

    return take


def _taken(tx: Tx, by: By, number: int, said: Paid | Refused, at: datetime) -> Outcome:
    if isinstance(said, Refused):
        return Outcome(number, "unreadable", code=said.code)
    try:
        outcome, invoice = payment_errands.import_payment(tx, by, said, at)
    except Refused as refused:
        return Outcome(number, "unreadable", said.reference, code=refused.code)
    return Outcome(number, outcome, said.reference, invoice)


# Changes by API v1


class Made(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was made: the id of a dispute, the number of a credit note."""

    id: int = 0
    number: str = ""


async def done(office: Office, by: Speaker, run: Callable[[Tx, datetime], Made], key: str | None, said: object, *,
                status: int = 201) -> Response[Made]:  # fmt: skip
    """One change through the desk; with a key, sent again, it is answered as before."""
    body_hash = fingerprint(said) if key else b""
    errand = Errand(lambda tx, at: msgspec.json.encode(run(tx, at)), by.caller, key or "", body_hash)
    answer = await office.desk.perform(errand)
    return http.encoded(answer.body, Made, status)


def only(role: Role, by: By) -> None:
    """`Refused` for every other role."""
    if by.role is not role:
        raise Refused("not_your_role", "forbidden", role=by.role)
