"""API v1 of charges, invoices, disputes and credit notes, for sellers and the supervisor."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.description import door
from backhaul.kit.money import Money
from backhaul.kit.paging import PAGE_ROWS, Limit
from backhaul.partner import billing_doors as doors
from backhaul.partner import invoice_errands, invoice_queries, lists, payment_queries
from backhaul.partner.doors import Req
from backhaul.partner.invoice_export import KINDS
from backhaul.partner.invoice_shapes import CreditNote, DisputeView, InvoiceView, Line, Payment, Unbilled
from backhaul.partner.office import Office
from backhaul.partner.rules.invoices import AMOUNT_MINOR_MAX, DisputeStatus
from backhaul.partner.rules.words import Role
from backhaul.partner.speakers import IdempotencyKey, invalid, speaker
from backhaul.partner.speakers import who as who_calls

LINE_CHARACTERS_MAX = 100
Text = Annotated[str, Meta(max_length=2000)]
LineId = Annotated[str, Meta(max_length=LINE_CHARACTERS_MAX)]
Minor = Annotated[int, Meta(ge=1, le=AMOUNT_MINOR_MAX)]


class SumOf(msgspec.Struct, frozen=True):
    """What a service came to in a month; `count` is the sum of the quantities."""

    service: str
    count: int
    amount: Money


class StatementView(msgspec.Struct, frozen=True):
    """A month's charges, 200 a page; `next` leads to the next one."""

    month: str
    sums: tuple[SumOf, ...]
    lines: tuple[Line, ...]
    next: str = ""


class LinesView(msgspec.Struct, frozen=True):
    """Lines of an invoice, 200 a page; `next` leads to the next one."""

    lines: tuple[Line, ...]
    next: str = ""


class WholeInvoice(msgspec.Struct, frozen=True):
    """An invoice with what happened to it. Its lines are a list of their own."""

    invoice: InvoiceView
    disputes: tuple[DisputeView, ...]
    credit_notes: tuple[CreditNote, ...]
    payments: tuple[Payment, ...]


class NewDispute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong with a line, in at least 30 characters."""

    line: LineId
    reason: Text


class NewCredit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of a line is credited, without tax, and why."""

    line: LineId
    amount_minor: Minor
    reason: Text


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a dispute is refused."""

    reason: Text


class Credit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of a disputed line is credited, without tax, and why."""

    amount_minor: Minor
    reason: Text


def routes(office: Office) -> Router:
    """The part of API v1 that is about money."""
    handlers = [*_statement_routes(office), *_invoice_routes(office), *_dispute_routes(office)]
    handlers += _decision_routes(office)
    return Router(
        "/api/v1",
        route_handlers=handlers,
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["money"],
    )


def _statement_routes(office: Office) -> list[Any]:
    @get("/statement", summary="A month's charges, each explained; a supervisor names the seller")
    @http.in_thread
    def statement(
        request: Req,
        month: FromQuery[str] = "",
        seller_id: FromQuery[int] = 0,
        service: FromQuery[str] = "",
        code: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> StatementView:
        by = speaker(office, request).by
        wanted = doors.month_said(month, office.clock.now())
        with office.look(by) as tx:
            sellers = doors.parties(tx, by, seller_id)
            lines = invoice_queries.statement(tx, sellers, wanted, service[:20], code[:80], after)
            sums = tuple(SumOf(*row) for row in invoice_queries.sums(tx, sellers, wanted))
        return StatementView(wanted, sums, tuple(lines), _next(lines))

    @get("/statement.csv", summary="The same as CSV", media_type="text/csv")
    @http.in_thread
    def statement_csv(
        request: Req,
        month: FromQuery[str] = "",
        seller_id: FromQuery[int] = 0,
        service: FromQuery[str] = "",
        code: FromQuery[str] = "",
    ) -> Response[bytes]:
        by = speaker(office, request).by
        content = doors.statement_csv(office, by, seller_id, month, service[:20], code[:80])
        return http.file_answer(content, "text/csv", "statement.csv")

    @get(
        "/unbilled",
        summary="What is charged and not invoiced yet, by seller, 200 a page; for the supervisor",
        description="`after` is the last seller_id.",
    )
    @http.in_thread
    def unbilled(request: Req, after: FromQuery[int] = -1) -> list[Unbilled]:
        by = speaker(office, request).by
        doors.only(Role.SUPERVISOR, by)
        with office.look(by) as tx:
            return invoice_queries.unbilled(tx, after)

    @get("/credit", summary="What the company has paid beyond all its invoices, by currency")
    @http.in_thread
    def credit(request: Req) -> list[Money]:
        by = speaker(office, request).by
        doors.only(Role.SELLER, by)
        with office.look(by) as tx:
            return payment_queries.credit_of(tx, int(by.subject))

    return [statement, statement_csv, unbilled, credit]


def _invoice_routes(office: Office) -> list[Any]:
    @get("/invoices", summary="Invoices, newest first, 50 a page; a supervisor may ask for `overdue` or `unpaid`")
    @http.in_thread
    def listed(
        request: Req, which: FromQuery[str] = "", before: FromQuery[int] = 2**62, limit: Limit = PAGE_ROWS
    ) -> Response[list[InvoiceView]]:
        by, at = speaker(office, request).by, office.clock.now()
        with office.look(by) as tx:
            if by.role is Role.SUPERVISOR:
                found = invoice_queries.of_all(tx, at, which, before)
            else:
                doors.only(Role.SELLER, by)
                sellers = invoice_queries.sellers_of(tx, by)
                found = invoice_queries.of_company(tx, int(by.subject), sellers, at, before)
        return lists.page(request, found, limit)

    @get("/invoices/{number:str}", summary="One invoice with its disputes, credit notes and payments")
    @http.in_thread
    def one(request: Req, number: FromPath[str]) -> WholeInvoice:
        by = speaker(office, request).by
        with office.look(by) as tx:
            it = doors.invoice_for(tx, by, number, office.clock.now())
            disputes, notes = invoice_queries.disputes_of(tx, it.id), invoice_queries.notes_of(tx, it.id)
            payments = tuple(payment_queries.payments_of(tx, it.id))
        return WholeInvoice(it, tuple(disputes), tuple(notes), payments)

    @get("/invoices/{number:str}/lines", summary="Its lines, 200 a page")
    @http.in_thread
    def lines(request: Req, number: FromPath[str], after: FromQuery[str] = "") -> LinesView:
        by = speaker(office, request).by
        with office.look(by) as tx:
            it = doors.invoice_for(tx, by, number, office.clock.now())
            found = invoice_queries.lines(tx, it.id, after)
        return LinesView(tuple(found), _next(found))

    @get("/invoices/{number:str}/pdf", summary="Its paper", media_type="application/pdf")
    @http.in_thread
    def pdf(request: Req, number: FromPath[str]) -> Response[bytes]:
        content = doors.invoice_pdf(office, speaker(office, request).by, number)
        return http.file_answer(content, "application/pdf", "invoice.pdf")

    @get("/invoices/{number:str}/export/{kind:str}", summary="Its lines as a file for the payer's books: csv or json",
         description="What the marketplace's reconciliation takes in. Each credit note makes the next revision.",
         opt=door(gives=tuple(KINDS.values())))  # fmt: skip
    @http.in_thread
    def export(request: Req, number: FromPath[str], kind: FromPath[str]) -> Response[bytes]:
        content = doors.invoice_export(office, speaker(office, request).by, number, kind)
        return http.file_answer(content, KINDS[kind], f"invoice.{kind}")

    @get("/credit-notes/{number:str}/pdf", summary="The paper of a credit note", media_type="application/pdf")
    @http.in_thread
    def note_pdf(request: Req, number: FromPath[str]) -> Response[bytes]:
        content = doors.credit_note_pdf(office, speaker(office, request).by, number)
        return http.file_answer(content, "application/pdf", "credit-note.pdf")

    return [listed, one, lines, pdf, export, note_pdf]


def _dispute_routes(office: Office) -> list[Any]:
    @post("/invoices/{number:str}/disputes", status_code=201, summary="Dispute a line, once")
    async def dispute(request: Req, number: FromPath[str], data: JSONBody[NewDispute],
                      key: IdempotencyKey = None) -> Response[doors.Made]:  # fmt: skip
        who, policy = await who_calls(office, request), office.house.terms.policy

        def run(tx: Tx, at: datetime) -> doors.Made:
            return doors.Made(id=invoice_errands.dispute(tx, who.by, number, data.line, data.reason, policy, at))

        return await doors.done(office, who, run, key, ("dispute", number, data))

    @get("/disputes", summary="Disputes in a state, oldest first, 50 a page; for the supervisor")
    @http.in_thread
    def disputes(
        request: Req,
        status: FromQuery[DisputeStatus] = DisputeStatus.OPEN,
        after: FromQuery[int] = 0,
        limit: Limit = PAGE_ROWS,
    ) -> Response[list[DisputeView]]:
        by = speaker(office, request).by
        doors.only(Role.SUPERVISOR, by)
        with office.look(by) as tx:
            found = invoice_queries.disputes(tx, status, after)
        return lists.page(request, found, limit, "after")

    return [dispute, disputes]


def _decision_routes(office: Office) -> list[Any]:
    @post("/disputes/{dispute_id:int}/refuse", status_code=200, summary="Refuse a dispute, with a reason")
    async def refuse(request: Req, dispute_id: FromPath[int], data: JSONBody[Refusal],
                     key: IdempotencyKey = None) -> Response[doors.Made]:  # fmt: skip
        who, policy = await who_calls(office, request), office.house.terms.policy

        def run(tx: Tx, at: datetime) -> doors.Made:
            invoice_errands.refuse_dispute(tx, who.by, dispute_id, data.reason, policy, at)
            return doors.Made(id=dispute_id)

        return await doors.done(office, who, run, key, ("refuse", dispute_id, data), status=200)

    @post("/disputes/{dispute_id:int}/credit", status_code=201, summary="Credit a disputed line, wholly or in part")
    async def credit_dispute(request: Req, dispute_id: FromPath[int], data: JSONBody[Credit],
                             key: IdempotencyKey = None) -> Response[doors.Made]:  # fmt: skip
        who, policy = await who_calls(office, request), office.house.terms.policy

        def run(tx: Tx, at: datetime) -> doors.Made:
            number = invoice_errands.credit_dispute(tx, who.by, dispute_id, data.amount_minor, data.reason, policy, at)
            return doors.Made(id=dispute_id, number=number)

        return await doors.done(office, who, run, key, ("credit", dispute_id, data))

    @post("/invoices/{number:str}/credits", status_code=201, summary="Credit a line that nobody disputes")
    async def credit(request: Req, number: FromPath[str], data: JSONBody[NewCredit],
                     key: IdempotencyKey = None) -> Response[doors.Made]:  # fmt: skip
        who, policy = await who_calls(office, request), office.house.terms.policy

        def run(tx: Tx, at: datetime) -> doors.Made:
            note = invoice_errands.credit(tx, who.by, number, data.line, data.amount_minor, data.reason, policy, at)
            return doors.Made(number=note)

        return await doors.done(office, who, run, key, ("credit", number, data))

    return [refuse, credit_dispute, credit]


def _next(lines: list[Line]) -> str:
    return invoice_queries.end_of(lines[-1]) if len(lines) == invoice_queries.LINES_A_PAGE else ""
