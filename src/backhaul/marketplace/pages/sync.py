"""What support sees of the agreement with the partner: messages on their way, when the partner last compared, what it found."""

from typing import Any

from litestar import Response, get

from backhaul.kit import http, i18n
from backhaul.kit.days import from_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import sync_queries, tables
from backhaul.marketplace.announcing import THE_PARTNER
from backhaul.marketplace.doors import Req, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.words import Role


def routes(office: Office) -> list[Any]:
    """The handler of the page."""

    @get("/support/sync", include_in_schema=False)
    @http.in_thread
    def show(request: Req) -> Response[Any]:
        who = visitor(office, request)
        if who.by.role is not Role.SUPPORT:
            raise Refused("not_your_role", "forbidden", role=who.by.role)
        now = office.clock.now()
        with office.look(who.by) as tx:
            waiting, since_us = tables.journal.letters_waiting(tx)
            said = sync_queries.sync_of(tx, THE_PARTNER)
        return page(
            request, "sync.html", who, here="/support/sync", waiting=waiting,
            since=None if since_us is None else from_us(since_us), said=said,
            silent=said is not None and now - said.asked_at > sync_queries.SILENT_AFTER,
            age=lambda at: i18n.age(now - at, who.language),
        )  # fmt: skip

    return [show]
