"""What a seller pays: the charges of a month, the invoices, a line that is disputed. The supervisor reads the same invoice."""

from datetime import datetime
from typing import Any

from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.kit.money import exact_scaled
from backhaul.partner import billing_doors as doors
from backhaul.partner import billing_texts, invoice_errands, invoice_queries, payment_queries, queries
from backhaul.partner.doors import Req, Visitor, errand, form_texts, visitor, visitor_async
from backhaul.partner.invoice_export import KINDS
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.rules.invoices import InvoiceStatus, disputable_until, is_month, month_before, month_of
from backhaul.partner.rules.words import Role, Service

MONTHS_TO_CHOOSE = 13
INVOICE_TONES = {"open": "warn", "overdue": "bad", "disputed": "warn", "paid": "good"}
DISPUTE_TONES = {"open": "warn", "refused": "", "credited": "good"}
LABELS: dict[str, Any] = {
    "invoice_labels": billing_texts.INVOICE_LABELS,
    "invoice_tones": INVOICE_TONES,
    "dispute_labels": billing_texts.DISPUTE_LABELS,
    "dispute_tones": DISPUTE_TONES,
}


def routes(office: Office) -> list[Any]:
    """The handlers of charges and invoices."""
    return [*_list_routes(office), *_invoice_routes(office), *_line_routes(office)]


def _list_routes(office: Office) -> list[Any]:
    @get("/invoices", include_in_schema=False)
    @http.in_thread
    def listed(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SELLER)
        return _draw_list(request, office, who)

    @get("/statement", include_in_schema=False)
    @http.in_thread
    def statement(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SELLER, Role.SUPERVISOR)
        return _draw_statement(request, office, who)

    @get("/statement.csv", include_in_schema=False)
    @http.in_thread
    def statement_csv(request: Req) -> Response[bytes]:
        who = visitor(office, request, Role.SELLER, Role.SUPERVISOR)
        month, seller_id, service, code, _ = _asked(request, office)
        content = doors.statement_csv(office, who.by, seller_id, month, service, code)
        return http.file_answer(content, "text/csv; charset=utf-8", f"statement-{month}.csv")

    return [listed, statement, statement_csv]


def _asked(request: Req, office: Office) -> tuple[str, int, str, str, str]:
    """Month, seller, service, code and place that a reader asks for; what does not fit is left out."""
    said = request.query_params
    month = said.get("month", "")
    service = said.get("service", "")
    return (
        month if is_month(month) else month_of(office.clock.now()), whole_number(said.get("seller", "")) or 0,
        service if service in list(Service) else "", said.get("code", "").strip()[:80], said.get("after", "")[:120],
    )  # fmt: skip


def _draw_list(request: Req, office: Office, who: Visitor) -> Response[str]:
    by, now = who.by, office.clock.now()
    before = whole_number(request.query_params.get("before", "")) or 2**62
    with office.look(by) as tx:
        sellers = invoice_queries.sellers_of(tx, by)
        rows = invoice_queries.of_company(tx, int(by.subject), sellers, now, before)
        sums = invoice_queries.sums(tx, sellers, month_of(now))
        credit = payment_queries.credit_of(tx, int(by.subject))
        names = {link.seller_id: link.seller_name for link in queries.links_of_company(tx, int(by.subject))}
    tariff = office.house.terms.tariff
    return page(
        request,
        office,
        "invoices.html",
        who,
        here="/invoices",
        rows=rows,
        overdue=[it for it in rows if it.status is InvoiceStatus.OVERDUE],
        sums=sums,
        credit=credit,
        names=names,
        prices=[(service, tariff.price(service)) for service in Service],
        tariff_version=tariff.version,
        older=str(rows[-1].id) if len(rows) == invoice_queries.PAGE_ROWS else "",
        **LABELS,
    )


def _draw_statement(request: Req, office: Office, who: Visitor) -> Response[str]:
    by, now = who.by, office.clock.now()
    month, seller_id, service, code, after = _asked(request, office)
    with office.look(by) as tx:
        sellers = doors.parties(tx, by, seller_id)
        lines = invoice_queries.statement(tx, sellers, month, service, code, after)
        sums = invoice_queries.sums(tx, sellers, month)
    months = [month_of(now)]
    while len(months) < MONTHS_TO_CHOOSE:
        months.append(month_before(months[-1]))
    return page(
        request,
        office,
        "statement.html",
        who,
        here="/statement",
        section="/invoices" if by.role is Role.SELLER else "/billing",
        month=month,
        months=months if month in months else [month, *months],
        seller_id=seller_id,
        sellers=sellers,
        service=service,
        services=list(Service),
        code=code,
        lines=lines,
        sums=sums,
        next=invoice_queries.end_of(lines[-1]) if len(lines) == invoice_queries.LINES_A_PAGE else "",
    )


def _invoice_routes(office: Office) -> list[Any]:
    @get("/invoices/{number:str}", include_in_schema=False)
    @http.in_thread
    def show(request: Req, number: FromPath[str]) -> Response[Any]:
        return draw_invoice(request, office, visitor(office, request, Role.SELLER, Role.SUPERVISOR), number)

    @get("/invoices/{number:str}/pdf", include_in_schema=False)
    @http.in_thread
    def pdf(request: Req, number: FromPath[str]) -> Response[bytes]:
        who = visitor(office, request, Role.SELLER, Role.SUPERVISOR)
        return http.file_answer(doors.invoice_pdf(office, who.by, number), "application/pdf", "invoice.pdf")

    @get("/invoices/{number:str}/export/{kind:str}", include_in_schema=False)
    @http.in_thread
    def export(request: Req, number: FromPath[str], kind: FromPath[str]) -> Response[bytes]:
        who = visitor(office, request, Role.SELLER, Role.SUPERVISOR)
        content = doors.invoice_export(office, who.by, number, kind)
        return http.file_answer(content, KINDS[kind], f"invoice.{kind}")

    @get("/credit-notes/{number:str}/pdf", include_in_schema=False)
    @http.in_thread
    def note_pdf(request: Req, number: FromPath[str]) -> Response[bytes]:
        who = visitor(office, request, Role.SELLER, Role.SUPERVISOR)
        return http.file_answer(doors.credit_note_pdf(office, who.by, number), "application/pdf", "credit-note.pdf")

    return [show, pdf, export, note_pdf]


def draw_invoice(request: Req, office: Office, who: Visitor, number: str, wrong: Wrong | None = None) -> Response[str]:
    """The page of an invoice, after a refusal with its sentence and what was typed."""
    by, now = who.by, office.clock.now()
    after = request.query_params.get("after", "")[:120]
    policy = office.house.terms.policy
    with office.look(by) as tx:
        it = doors.invoice_for(tx, by, number, now)
        lines = invoice_queries.lines(tx, it.id, after)
        disputes, notes = invoice_queries.disputes_of(tx, it.id), invoice_queries.notes_of(tx, it.id)
        payments, to = payment_queries.payments_of(tx, it.id), invoice_queries.addressee(tx, it.id)
        acts = invoice_errands.may_dispute(tx, by, it.seller_id, it.company_id)
    until = disputable_until(it.issued_at, policy)
    return page(
        request,
        office,
        "invoice.html",
        who,
        wrong,
        here=f"/invoices/{it.number}",
        section="/invoices" if by.role is Role.SELLER else "/billing",
        it=it,
        to=to,
        lines=lines,
        next=invoice_queries.end_of(lines[-1]) if len(lines) == invoice_queries.LINES_A_PAGE else "",
        disputes={one.line: one for one in disputes},
        notes=notes,
        credited={line: sum(n.net.minor for n in notes if n.line == line) for line in {n.line for n in notes}},
        payments=payments,
        may_dispute=acts and now < until,
        disputable_until=until,
        reason_min=policy.dispute_reason_min_characters,
        today=f"{now:%Y-%m-%d}",
        **LABELS,
    )


def _line_routes(office: Office) -> list[Any]:
    @post("/invoices/{number:str}/disputes", include_in_schema=False)
    async def dispute(request: Req, number: FromPath[str]) -> Response[Any]:
        who, policy = await visitor_async(office, request, Role.SELLER), office.house.terms.policy
        values = await form_texts(request, "line", "reason", "form")

        def run(tx: Tx, at: datetime) -> bytes:
            return str(
                invoice_errands.dispute(tx, who.by, number, values["line"][:100], values["reason"], policy, at)
            ).encode()

        return await _act(office, request, who, number, values, run)

    @post("/invoices/{number:str}/credits", include_in_schema=False)
    async def credit(request: Req, number: FromPath[str]) -> Response[Any]:
        who, policy = await visitor_async(office, request, Role.SUPERVISOR), office.house.terms.policy
        values = await form_texts(request, "line", "amount", "reason", "form")

        def run(tx: Tx, at: datetime) -> bytes:
            minor = minor_of(values["amount"])
            line, reason = values["line"][:100], values["reason"]
            return invoice_errands.credit(tx, who.by, number, line, minor, reason, policy, at).encode()

        return await _act(office, request, who, number, values, run)

    return [dispute, credit]


async def _act(
    office: Office, request: Req, who: Visitor, number: str, values: dict[str, str], run: Any
) -> Response[Any]:
    try:
        await errand(office, who, run, token=values["form_token"], body=(number, values))
    except Refused as refused:
        if refused.kind == "missing":
            raise
        wrong = Wrong(refused, values, values["form"])
        return await to_thread.run_sync(draw_invoice, request, office, who, number, wrong)
    return http.see_other(f"/invoices/{number}")


def minor_of(text: str) -> int:
    """`352.50` in minor units; `Refused` for anything that is no amount."""
    try:
        return exact_scaled(text.strip().replace(",", "."), 2)
    except ValueError:
        raise Refused("amount_unreadable", "invalid", "amount") from None
