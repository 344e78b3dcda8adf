"""API v1 of a selection: what waits for a decision, by filter and as a file; what many decisions would do and cost, before they are given."""

from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromQuery, JSONBody, QueryParameter

from backhaul.kit import http, uploads
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.partner import bulk, decision_file, decision_queries
from backhaul.partner.decision_queries import Chosen
from backhaul.partner.decisions_api import Decisions
from backhaul.partner.doors import Req, explain
from backhaul.partner.office import Office
from backhaul.partner.pages.order_management import NUMBER_MOST, TAB_PLACES
from backhaul.partner.pages.receiving import keyset
from backhaul.partner.queries import PAGE_ROWS
from backhaul.partner.rules.around import By
from backhaul.partner.rules.words import Role
from backhaul.partner.speakers import invalid, speaker, who

Code = Annotated[str, QueryParameter(max_length=80)]
DaysTo = Annotated[int | None, QueryParameter(ge=0, le=366, description="So many days left to decide, or fewer")]
Number = Annotated[int, QueryParameter(ge=0, le=NUMBER_MOST)]


class ToDecide(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of what waits for a decision, the most urgent first; `next` leads to the next page."""

    items: tuple[bulk.Undecided, ...]
    next: str = ""


class ProspectView(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one decision would come to: its price now, or the code of its refusal with the sentence.

    `item` is what `POST /decisions` takes, with the version and the price that were seen. `line`: of a file.
    """

    number: str
    return_number: str
    name: str
    item: bulk.Item
    price: Money | None = None
    code: str = ""
    detail: str = ""
    line: int = 0


class Fault(msgspec.Struct, frozen=True):
    """A row of a file that is no decision; `line` counts from 1, the header."""

    line: int
    code: str
    detail: str


class DecisionsPreview(msgspec.Struct, frozen=True):
    """A dry run: nothing is decided. Parcels that are not the caller's are left out."""

    ready: tuple[ProspectView, ...]
    refused: tuple[ProspectView, ...]
    totals: bulk.Totals
    faults: tuple[Fault, ...] = ()


def routes(office: Office) -> Router:
    """These doors."""
    return Router("/api/v1", route_handlers=[*_waiting_routes(office), *_preview_routes(office)],
                  before_request=http.strict_body, exception_handlers={ValidationException: invalid}, tags=["acts"])  # fmt: skip


def _waiting_routes(office: Office) -> list[Any]:
    @get("/parcels/to-decide", summary="What waits for the company's decision, the most urgent first, 50 a page",
         description="`mark` may be `none`: not inspected. `after` is the `next` of the page before.")  # fmt: skip
    @http.in_thread
    def to_decide(request: Req, mark: Code = "", reason: Code = "", sku: Number = 0, below_rub: Number = 0,
                  seller: Number = 0, days_to: DaysTo = None, after: FromQuery[str] = "") -> ToDecide:  # fmt: skip
        by = speaker(office, request).by
        company_id, at = _company(by), office.clock.now()
        with office.look(by) as tx:
            chosen = Chosen(mark, reason, sku, below_rub, seller, days_to)
            found = decision_queries.to_decide(tx, company_id, at, chosen, *keyset(after))
        last = found[-1] if len(found) == PAGE_ROWS else None
        more = f"{to_us(last.decide_by)}-{last.id}" if last is not None and last.decide_by is not None else ""
        return ToDecide(tuple(bulk.waiting(it, at) for it in found), more)

    @get("/parcels/to-decide.csv", summary="The same as a file to fill in, 500 rows at most", media_type="text/csv")
    @http.in_thread
    def as_file(
        request: Req,
        mark: Code = "",
        reason: Code = "",
        sku: Number = 0,
        below_rub: Number = 0,
        seller: Number = 0,
        days_to: DaysTo = None,
    ) -> Response[bytes]:
        by = speaker(office, request).by
        company_id, at = _company(by), office.clock.now()
        with office.look(by) as tx:
            chosen = Chosen(mark, reason, sku, below_rub, seller, days_to)
            found = decision_queries.to_decide(tx, company_id, at, chosen, most=bulk.ITEMS_MAX)
        return http.file_answer(decision_file.write(found).encode(), "text/csv; charset=utf-8", "to-decide.csv")

    @get(
        "/parcels/counts",
        summary="How many of the company's parcels stand where: to decide, decided, in work, done, coming",
    )
    @http.in_thread
    def counts(request: Req) -> dict[str, int]:
        by = speaker(office, request).by
        company_id = _company(by)
        with office.look(by) as tx:
            found = decision_queries.counts_of_company(tx, company_id)
        return {tab: sum(found.get(place, 0) for place in places) for tab, places in TAB_PLACES.items()}

    return [to_decide, as_file, counts]


def _preview_routes(office: Office) -> list[Any]:
    @post("/decisions/preview", status_code=200, summary="What many decisions would do and cost; nothing is decided")
    @http.in_thread
    def preview(request: Req, data: JSONBody[Decisions]) -> DecisionsPreview:
        by = speaker(office, request).by
        _company(by)
        bulk.check_items(data.items)
        return _preview(office, by, data.items, http.language_of(request))

    @post("/decisions/file", status_code=200, request_max_body_size=uploads.FILE_BYTES_MAX,
          summary="What a file of decisions (CSV as the body) would do and cost; nothing is decided",
          description="The file is that of `GET /parcels/to-decide.csv`, filled in. Give its items to `POST /decisions`.")  # fmt: skip
    async def file(request: Req) -> DecisionsPreview:
        by, language = (await who(office, request)).by, http.language_of(request)
        company_id, data = _company(by), await request.body()

        def look() -> DecisionsPreview:
            with office.look(by) as tx:
                said = decision_file.read(tx, company_id, data)
            faults = tuple(Fault(one.line, one.refused.code, explain(one.refused, language)) for one in said.faults)
            return _preview(office, by, said.items, language, said.lines, faults)

        if not data:
            raise Refused("file_empty", "invalid", "file")
        return await to_thread.run_sync(look)

    return [preview, file]


def _preview(office: Office, by: By, items: Any, language: str, lines: dict[int, int] | None = None,
             faults: tuple[Fault, ...] = ()) -> DecisionsPreview:  # fmt: skip
    terms = office.house.terms
    with office.look(by) as tx:
        found = bulk.prospects(tx, items, by, office.clock.now(), terms)
    ready = [one for one in found if one.refused is None]

    def view(one: bulk.Prospect) -> ProspectView:
        unit, line = one.it.unit, (lines or {}).get(one.it.id, 0)
        seen = msgspec.structs.replace(one.item, seen=one.it.version)
        if one.refused is not None:
            code, detail = one.refused.code, explain(one.refused, language)
            return ProspectView(one.it.number, unit.return_number, unit.name, seen, None, code, detail, line)
        priced = msgspec.structs.replace(seen, price_minor=one.price.minor)
        return ProspectView(one.it.number, unit.return_number, unit.name, priced, one.price, line=line)

    return DecisionsPreview(
        tuple(view(one) for one in ready), tuple(view(one) for one in found if one.refused is not None),
        bulk.totals(ready, terms), faults,
    )  # fmt: skip


def _company(by: By) -> int:
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return int(by.subject)
