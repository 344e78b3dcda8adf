"""API v1 of returns: lists with their filters, one return, what happened to it, what it would bring."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery, QueryParameter

from backhaul.kit import http, i18n
from backhaul.kit.database import Tx
from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.paging import NEWEST, PAGE_ROWS, Before, Limit, paged, part_of
from backhaul.marketplace import facet_queries, queries, tables, texts, to_decide_api
from backhaul.marketplace.doors import Req, bearer, block_of
from backhaul.marketplace.filters import ALL, Filter
from backhaul.marketplace.office import Office
from backhaul.marketplace.return_views import ReturnView, view
from backhaul.marketplace.rules.compensation import Quote
from backhaul.marketplace.rules.decisions import By, concerns, offered_quote
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.wire_states import OF_TABS
from backhaul.marketplace.rules.words import Role, Status
from backhaul.marketplace.terms_doors import support

Wanted = Annotated[Status | None, QueryParameter(name="status", description="Only those that stand here")]
Tab = Annotated[str, QueryParameter(max_length=20, description="Of a seller: requests, on_the_road or resolved")]
Number = Annotated[str, QueryParameter(max_length=40, description="The one return with this number")]


class HappeningView(msgspec.Struct, frozen=True):
    """One line of the timeline."""

    seq: int
    kind: str
    label: str
    role: str
    at: datetime
    recorded_at: datetime


class Counts(msgspec.Struct, frozen=True):
    """How many of a seller's returns stand in each tab and status."""

    tabs: dict[str, int]
    statuses: dict[str, int]


class OfferedQuote(msgspec.Struct, frozen=True):
    """What *dispose and receive* would bring the seller; null where there is no such choice."""

    quote: Quote | None
    amount: Money | None


def handlers(office: Office) -> list[Any]:
    """The operations that look at returns."""
    return [*_lists(office), *_of_one(office)]


def _lists(office: Office) -> list[Any]:
    @get("/returns", summary="The caller's returns, newest first",
         description="By status, a seller's by tab too. Without: all that concern the caller; a moderator's are those that wait. " + to_decide_api.FILTERED,
         dependencies=to_decide_api.FILTERING)  # fmt: skip
    @http.in_thread
    def listed(  # noqa: PLR0913 -- the filter of the list, as the document tells it
        request: Req, wanted: to_decide_api.Wanted, of_status: Wanted = None, tab: Tab = "", number: Number = "", before: Before = NEWEST,
               limit: Limit = PAGE_ROWS, after: to_decide_api.Text = "",
               to_decide: FromQuery[Literal["true", "false"]] = "false") -> Response[list[ReturnView]]:  # fmt: skip
        by, language = bearer(office, request), http.language_of(request)
        if tab and (tab not in OF_TABS or by.role is not Role.SELLER):
            raise Refused("field_invalid", "invalid", "tab", problem="not_a_choice")
        waits = to_decide == "true"
        with office.look(by) as tx:
            if waits:
                part = to_decide_api.waiting(tx, office, by, wanted, after, limit)
            else:
                if wanted.said:
                    found = to_decide_api.matching(tx, office, by, wanted, before)
                elif number:
                    one = queries.one(tx, queries.id_of_number(tx, number.strip()) or 0)
                    found = [] if one is None else [one]
                else:
                    found = _mine(
                        tx, by, (of_status,) if of_status else OF_TABS.get(tab, ()), before, office.clock.now()
                    )
                part = part_of(found, limit, lambda it: it.id)
            block = block_of(tx, by, office.clock.now())
        shown = [it for it in part.rows if concerns(it, by) and of_status in (None, it.status)]
        views = [view(office, it, by, language, block) for it in shown]
        return paged(request, part, views, "after" if waits else "before")

    @get("/returns/counts", summary="How many of the seller's returns stand where")
    @http.in_thread
    def counts(request: Req) -> Counts:
        by = bearer(office, request)
        if by.role is not Role.SELLER:
            raise Refused("not_your_role", "forbidden", role=by.role)
        with office.look(by) as tx:
            found = facet_queries.by_status(tx, int(by.subject))
        found.pop(Status.NEW, None)  # what its customer has not sent yet is nobody else's business
        return Counts({tab: sum(found.get(s, 0) for s in those) for tab, those in OF_TABS.items()}, found)

    return [listed, counts]


def _of_one(office: Office) -> list[Any]:
    @get("/returns/{return_id:int}", summary="One return")
    @http.in_thread
    def one(request: Req, return_id: FromPath[int]) -> Response[ReturnView]:
        by = bearer(office, request)
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
            block = block_of(tx, by, office.clock.now())
            ids = queries.shown_photos(it, by) | queries.shown_videos(it) if it is not None else ()
            deleted = tables.book.told_deleted(tx, ids)
        if it is None or not concerns(it, by):
            raise Refused("not_found", "missing")
        shown = view(office, it, by, http.language_of(request), block, in_full=True)
        shown = msgspec.structs.replace(shown, deleted_media=deleted)
        return Response(shown, headers={"etag": f'"{it.version}"'})

    @get("/returns/{return_id:int}/events", summary="What happened to a return")
    @http.in_thread
    def events(request: Req, return_id: FromPath[int]) -> list[HappeningView]:
        by, language = bearer(office, request), http.language_of(request)
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
            if it is None or not concerns(it, by):
                raise Refused("not_found", "missing")
            history = [one for one in queries.history(tx, return_id) if texts.is_told(one.event, one.kind, by.role)]
        return [
            HappeningView(
                h.seq, h.kind, i18n.gettext(language, texts.EVENT_LABELS[h.kind]), h.role, h.at, h.recorded_at
            )
            for h in history
        ]

    @get("/returns/{return_id:int}/quote", summary="What *dispose and receive* would bring; for the seller")
    @http.in_thread
    def quote(request: Req, return_id: FromPath[int]) -> OfferedQuote:
        by = bearer(office, request)
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
        if it is None or not concerns(it, by) or by.role not in (Role.SELLER, Role.SUPPORT):
            raise Refused("not_found", "missing")
        found = offered_quote(it, office.house.terms)
        return OfferedQuote(found, None if found is None else found.amount)

    @get("/returns/{return_id:int}/entries", summary="What a return moved in the ledger; for support")
    @http.in_thread
    def entries(request: Req, return_id: FromPath[int]) -> list[Entry]:
        by = support(office, request)
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
            found = queries.entries(tx, return_id)
        if it is None or it.submitted_at is None:
            raise Refused("not_found", "missing")
        return found

    return [one, events, quote, entries]


def _mine(tx: Tx, by: By, statuses: tuple[Status, ...], before: int, at: datetime) -> list[Return]:
    """A page of what concerns the caller, the newest first."""
    if by.role is Role.CUSTOMER:
        return queries.of_customer(tx, by.subject, before)
    if by.role is Role.SELLER:
        return facet_queries.newest(tx, int(by.subject), Filter(), at, statuses or ALL, before=before)
    if by.role is Role.CLERK:
        return queries.at_point(tx, by.subject, statuses[0] if statuses else Status.AWAITING_DROPOFF, before)
    if by.role is Role.SUPPORT and not statuses:
        return queries.latest(tx, before)
    return queries.in_status(tx, *(statuses or (Status.PRE_MODERATION, Status.DISPUTE)), before=before)
