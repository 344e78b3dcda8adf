"""What the supervisor sees of the agreement with the platforms: lag, polls, nights, and the page of differences."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http, i18n
from backhaul.kit.days import to_us
from backhaul.partner import platform_queries, sync_queries, texts
from backhaul.partner.doors import Req, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.authorizations import platform_names
from backhaul.partner.pages.sheets import page
from backhaul.partner.rules.words import Role
from backhaul.partner.sync_views import agreement, worded

Start = Callable[[Office, str], object]
DIGITS_MAX = 18


def routes(office: Office, start: Start) -> list[Any]:
    """The handlers of the page. `start` begins a comparison."""

    @get("/sync", include_in_schema=False)
    @http.in_thread
    def show(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SUPERVISOR)
        now = office.clock.now()
        asked = request.query_params.get("before", "")
        before_us = int(asked) if asked.isdecimal() and len(asked) <= DIGITS_MAX else 2**62
        with office.database.read() as tx:
            found = agreement(tx, now)
            rows = sync_queries.differences(tx, before_us)
            names = platform_names(tx)
            contact = sync_queries.contact(tx, platform_queries.OURS)
        return page(
            request, office, "sync.html", who, here="/sync", waiting=found.lag.to_waiting, since=found.lag.to_since,
            contact=contact, silent=found.lag.silent, platforms=found.platforms, names=names, runs=found.nights,
            open_count=found.open_differences, age=lambda at: i18n.age(now - at, who.language),
            differences=[(row, worded(row, row.ours, who.language), worded(row, row.theirs, who.language)) for row in rows],
            difference_labels=texts.DIFFERENCE_LABELS, remedy_labels=texts.REMEDY_LABELS,
            older=to_us(rows[-1].first_at) if len(rows) == sync_queries.PAGE_ROWS else 0,
        )  # fmt: skip

    @post("/sync/compare", include_in_schema=False)
    async def compare(request: Req) -> Response[Any]:
        await visitor_async(office, request, Role.SUPERVISOR)
        await to_thread.run_sync(start, office, asked_for(office.clock.now()))
        return http.see_other("/sync")

    return [show, compare]


def asked_for(at: datetime) -> str:
    """The name of a comparison that a person asked for."""
    return f"{at:%Y-%m-%d %H:%M:%S}"
