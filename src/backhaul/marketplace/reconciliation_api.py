"""Reconciliation in API v1: breaks with what can be done about them, the partner's invoices and price lists, the export."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody

from backhaul.kit import http, i18n
from backhaul.kit.description import door
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.paging import NEWEST, PAGE_ROWS, Before, Limit, paged, part_of
from backhaul.marketplace import break_queries, reconciliation_queries
from backhaul.marketplace import reconciliation_doors as doors
from backhaul.marketplace import reconciliation_texts as texts
from backhaul.marketplace.break_queries import Wanted
from backhaul.marketplace.doors import IdempotencyKey, IfMatch, Req, bearer, invalid
from backhaul.marketplace.invoice_files import FILE_BYTES_MAX
from backhaul.marketplace.office import Office
from backhaul.marketplace.reconciliation_queries import InvoiceView
from backhaul.marketplace.repeats import once
from backhaul.marketplace.rules import breaks as b
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.findings import BreakKind, Source
from backhaul.marketplace.rules.partner_invoices import InvoiceLine, PriceList

ACT_WORDS: dict[type, str] = {b.Explain: "explain", b.Claim: "claim", b.Dispute: "dispute", b.Close: "close"}
RETURN_NUMBER_CHARACTERS_MAX = 80


class BreakView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A break. `expected` is what follows from the facts, `marketplace` what our books say, `partner` what its invoice says.

    `explanation` is in the caller's language, `dispute` the words for the partner about a line of its invoice.
    """

    id: int
    version: int
    kind: BreakKind
    label: str
    status: b.BreakStatus
    source: Source
    seller_id: int
    explanation: str
    since: datetime
    found_at: datetime
    changed_at: datetime
    available_actions: tuple[str, ...]
    return_id: int | None = None
    return_number: str = ""
    expected: Money | None = None
    marketplace: Money | None = None
    partner: Money | None = None
    invoice: str = ""
    line: int | None = None
    service: str = ""
    comment: str = ""
    closed_itself: bool = False
    dispute: str = ""


class BreakEventView(msgspec.Struct, frozen=True):
    """One line of a break's history."""

    seq: int
    kind: str
    label: str
    role: str
    at: datetime
    comment: str


class WholeInvoice(msgspec.Struct, frozen=True):
    """An invoice with its lines, 200 a page; `next` leads to the next one, 0 to none."""

    invoice: InvoiceView
    lines: tuple[InvoiceLine, ...]
    next: int


def routes(office: Office) -> Router:
    """The handlers of reconciliation."""
    return Router(
        "/api/v1/reconciliation",
        route_handlers=[*_breaks(office), *_acts(office), *_papers(office), *_price_lists(office)],
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["reconciliation"],
    )


def _breaks(office: Office) -> list[Any]:
    @get("/breaks", summary="What does not agree, newest first",
         description="A seller sees their own, support those of all sellers or of one.")  # fmt: skip
    @http.in_thread
    def listed(
        request: Req,
        status: FromQuery[b.BreakStatus | None] = None,
        kind: FromQuery[BreakKind | None] = None,
        return_number: FromQuery[str] = "",
        seller_id: FromQuery[int | None] = None,
        before: Before = NEWEST,
        limit: Limit = PAGE_ROWS,
    ) -> Response[list[BreakView]]:
        by, language = bearer(office, request), http.language_of(request)
        wanted = Wanted(doors.scope(by, seller_id), status, kind, return_number[:RETURN_NUMBER_CHARACTERS_MAX].strip())
        with office.look(by) as tx:
            found = break_queries.listed(tx, wanted, before)
            part = part_of(found, limit, lambda it: it.id)
            views = [_view(it, doors.acts(tx, office, it, by), language) for it in part.rows]
        return paged(request, part, views)

    @get("/breaks/export/{format:str}", summary="The same as a file: csv or xlsx, at most 100,000 rows",
         opt=door(gives=tuple(doors.EXPORT_KINDS.values())))  # fmt: skip
    @http.in_thread
    def export(
        request: Req,
        format: FromPath[str],  # noqa: A002 -- the place in the path
        status: FromQuery[b.BreakStatus | None] = None,
        kind: FromQuery[BreakKind | None] = None,
        return_number: FromQuery[str] = "",
        seller_id: FromQuery[int | None] = None,
    ) -> Response[bytes]:
        by = bearer(office, request)
        wanted = Wanted(doors.scope(by, seller_id), status, kind, return_number[:RETURN_NUMBER_CHARACTERS_MAX].strip())
        return doors.file_answer(doors.export(office, by, wanted, format, http.language_of(request)), format)

    @get("/breaks/{break_id:int}", summary="One of them")
    @http.in_thread
    def one(request: Req, break_id: FromPath[int]) -> Response[BreakView]:
        by = bearer(office, request)
        return _answer(_seen(office, break_id, by, http.language_of(request)))

    @get("/breaks/{break_id:int}/events", summary="What happened to it")
    @http.in_thread
    def events(request: Req, break_id: FromPath[int]) -> list[BreakEventView]:
        by, language = bearer(office, request), http.language_of(request)
        with office.look(by) as tx:
            doors.one(tx, break_id, by)
            history = break_queries.history(tx, break_id)
        return [
            BreakEventView(h.seq, type(h.event).__name__, i18n.gettext(language, texts.EVENTS[type(h.event).__name__]),
                           h.role, h.at, getattr(h.event, "comment", ""))
            for h in history
        ]  # fmt: skip

    return [listed, export, one, events]


def _acts(office: Office) -> list[Any]:
    async def done(
        request: Req, break_id: int, command: b.Act, key: str | None, seen: str | None
    ) -> Response[BreakView]:
        by = await to_thread.run_sync(bearer, office, request)
        await doors.act(office, break_id, command, by, key=key or "", seen=http.version_of(seen))
        return _answer(await to_thread.run_sync(_seen, office, break_id, by, http.language_of(request)))

    @post("/breaks/{break_id:int}/explain", status_code=200, summary="Say why it is right as it is")
    async def explain(
        request: Req,
        break_id: FromPath[int],
        data: JSONBody[b.Explain],
        key: IdempotencyKey = None,
        seen: IfMatch = None,
    ) -> Response[BreakView]:
        return await done(request, break_id, data, key, seen)

    @post("/breaks/{break_id:int}/close", status_code=200, summary="Close it, with a reason")
    async def close(
        request: Req, break_id: FromPath[int], data: JSONBody[b.Close], key: IdempotencyKey = None, seen: IfMatch = None
    ) -> Response[BreakView]:
        return await done(request, break_id, data, key, seen)

    @post("/breaks/{break_id:int}/claim", status_code=200, summary="File the claim of the return, by its own law")
    async def claim(
        request: Req, break_id: FromPath[int], key: IdempotencyKey = None, seen: IfMatch = None
    ) -> Response[BreakView]:
        await http.no_body(request)
        return await done(request, break_id, b.Claim(), key, seen)

    @post("/breaks/{break_id:int}/dispute", status_code=200, summary="Dispute a line of the partner's invoice",
          description="Keeps the words that the partner is told; `dispute` of the break proposes some.")  # fmt: skip
    async def dispute(
        request: Req,
        break_id: FromPath[int],
        data: JSONBody[b.Dispute],
        key: IdempotencyKey = None,
        seen: IfMatch = None,
    ) -> Response[BreakView]:
        return await done(request, break_id, data, key, seen)

    return [explain, close, claim, dispute]


def _papers(office: Office) -> list[Any]:
    @get("/invoices", summary="The partner's invoices that the seller has brought, newest first")
    @http.in_thread
    def invoices(request: Req, before: Before = NEWEST, limit: Limit = PAGE_ROWS) -> Response[list[InvoiceView]]:
        by = bearer(office, request)
        seller_id = doors.own(by)
        with office.look(by) as tx:
            part = part_of(reconciliation_queries.invoices(tx, seller_id, before), limit, lambda one: one.id)
        return paged(request, part, list(part.rows))

    @get("/invoices/{invoice_id:int}", summary="One of them with its lines, 200 a page")
    @http.in_thread
    def one(request: Req, invoice_id: FromPath[int], after: FromQuery[int] = 0) -> WholeInvoice:
        by = bearer(office, request)
        with office.look(by) as tx:
            found = doors.invoice(tx, invoice_id, by)
            lines = reconciliation_queries.lines_of(tx, invoice_id, after)
        more = len(lines) == reconciliation_queries.LINES_A_PAGE
        return WholeInvoice(found, tuple(lines), lines[-1].number if more else 0)

    @post("/invoices", status_code=201, summary="Bring an invoice of the partner: CSV or JSON as the body",
          description="Wholly taken in or not at all: `faults` name every line that does not fit. The same file again is "
          "known; a corrected invoice has the same number and a higher revision, and replaces. Compared at once.",
          request_max_body_size=FILE_BYTES_MAX,
          opt=door(takes={"text/csv": bytes, "application/json": dict[str, Any]}))  # fmt: skip
    async def bring(
        request: Req, number: FromQuery[str] = "", revision: FromQuery[str] = "", key: IdempotencyKey = None
    ) -> Response[doors.Brought]:
        by = await to_thread.run_sync(bearer, office, request)
        doors.own(by)
        data = await request.body()

        async def keep() -> bytes:
            return msgspec.json.encode(await doors.bring(office, by, data, number[:80], revision[:8]))

        said = (sha256(data).hexdigest(), number, revision)
        brought = msgspec.json.decode(await _kept(office, request, by, key, said, keep), type=doors.Brought)
        return Response(brought, status_code=200 if brought.known else 201)

    return [invoices, one, bring]


def _price_lists(office: Office) -> list[Any]:
    @get("/price-lists", summary="The partner's price lists that the seller has brought")
    @http.in_thread
    def price_lists(request: Req) -> list[PriceList]:
        by = bearer(office, request)
        seller_id = doors.own(by)
        with office.look(by) as tx:
            return reconciliation_queries.price_lists(tx, seller_id)

    @post("/price-lists", status_code=201, summary="Bring a price list of the partner, as its `GET /tariff` answers it",
          description="Lines that name its version are compared with it.",
          opt=door(takes={"application/json": dict[str, Any]}))  # fmt: skip
    async def bring_price_list(request: Req, key: IdempotencyKey = None) -> PriceList:
        by = await to_thread.run_sync(bearer, office, request)
        doors.own(by)
        data = await request.body()

        async def keep() -> bytes:
            return msgspec.json.encode(await doors.bring_price_list(office, by, data))

        brought = await _kept(office, request, by, key, sha256(data).hexdigest(), keep)
        return msgspec.json.decode(brought, type=PriceList)

    return [price_lists, bring_price_list]


async def _kept(office: Office, request: Req, by: By, key: str | None, said: object,
                keep: Callable[[], Awaitable[bytes]]) -> bytes:  # fmt: skip
    try:
        return await once(office, request, by, key, said, keep)
    except Refused as refused:
        raise doors.worded(refused, http.language_of(request)) from refused


def _seen(office: Office, break_id: int, by: By, language: str) -> BreakView:
    with office.look(by) as tx:
        it = doors.one(tx, break_id, by)
        return _view(it, doors.acts(tx, office, it, by), language)


def _answer(view: BreakView) -> Response[BreakView]:
    return Response(view, headers={"etag": f'"{view.version}"'})


def _view(it: b.Break, acts: list[type], language: str) -> BreakView:
    found = it.finding
    return BreakView(
        id=it.id, version=it.version, kind=found.kind, label=i18n.gettext(language, texts.KINDS[found.kind]),
        status=it.status, source=found.source, seller_id=found.seller_id, explanation=texts.why(found, language),
        since=found.since, found_at=it.found_at, changed_at=it.changed_at, return_id=found.return_id or None,
        return_number=found.return_number, expected=found.expected, marketplace=found.marketplace, partner=found.partner,
        invoice=found.invoice, line=found.line or None, service=found.service, comment=it.comment, closed_itself=it.gone,
        dispute=texts.dispute(found, language) if found.source is Source.INVOICE else "",
        available_actions=tuple(ACT_WORDS[act] for act in acts),
    )  # fmt: skip
