"""What the supervisor sees of the agreement with the platforms: lag, polls, nights, and the page of differences."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http, i18n
from backhaul.partner import platform_queries, sync_queries, texts
from backhaul.partner.doors import Req, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.authorizations import platform_names
from backhaul.partner.pages.sheets import page
from backhaul.partner.rules.words import Role
from backhaul.partner.sync_queries import Place
from backhaul.partner.sync_views import agreement, worded

Start = Callable[[Office, str], object]
DIGITS_MAX = 18
WORD_CHARACTERS_MAX = 40


def routes(office: Office, start: Start) -> list[Any]:
    """The handlers of the page. `start` begins a comparison."""

    @get("/sync", include_in_schema=False)
    @http.in_thread
    def show(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SUPERVISOR)
        now = office.clock.now()
        with office.look(who.by) as tx:
            found = agreement(tx, now)
            rows = sync_queries.differences(tx, _place(request.query_params.get("before", "")))
            names = platform_names(tx)
            contact = sync_queries.contact(tx, platform_queries.OURS)
        return page(
            request, office, "sync.html", who, here="/sync", waiting=found.lag.to_waiting, since=found.lag.to_since,
            contact=contact, silent=found.lag.silent, platforms=found.platforms, names=names, runs=found.nights,
            open_count=found.open_differences, age=lambda at: i18n.age(now - at, who.language),
            differences=[(row, worded(row, row.ours, who.language), worded(row, row.theirs, who.language)) for row in rows],
            difference_labels=texts.DIFFERENCE_LABELS, remedy_labels=texts.REMEDY_LABELS,
            older=_address(sync_queries.older(rows)),
        )  # fmt: skip

    @post("/sync/compare", include_in_schema=False)
    async def compare(request: Req) -> Response[Any]:
        await visitor_async(office, request, Role.SUPERVISOR)
        await to_thread.run_sync(start, office, asked_for(office.clock.now()))
        return http.see_other("/sync")

    return [show, compare]


def _place(said: str) -> Place:
    """`first-return-what`, the row after which the list goes on."""
    first, _, rest = said.partition("-")
    return_id, _, what = rest.partition("-")
    numbers = all(text.isdecimal() and len(text) <= DIGITS_MAX for text in (first, return_id))
    return Place(int(first), int(return_id), what[:WORD_CHARACTERS_MAX]) if numbers else sync_queries.NEWEST


def _address(place: Place | None) -> str:
    return "" if place is None else f"{place.first_us}-{place.return_id}-{place.what}"


def asked_for(at: datetime) -> str:
    """The name of a comparison that a person asked for."""
    return f"{at:%Y-%m-%d %H:%M:%S}"
