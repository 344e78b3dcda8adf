"""The public page of the draw: the epochs, the hashes of their keys, and once one is over its key and log. Nobody signs in."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from backhaul.kit import http
from backhaul.kit.kept import OPEN
from backhaul.partner import draw_doors, draw_queries
from backhaul.partner.doors import Req, visitor
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import page

PAGE_LINES = 100


def routes(office: Office) -> list[Any]:
    """The handlers of the public pages."""

    @get("/draw", include_in_schema=False, opt=OPEN)
    @http.in_thread
    def epochs(request: Req) -> Response[Any]:
        who = visitor(office, request)
        before = request.query_params.get("before", "")
        found = draw_doors.newest(office, int(before) if before.isdecimal() and len(before) < 10 else 2**31 - 1)
        older = found[-1].number if len(found) == draw_queries.PAGE_EPOCHS else 0
        policy = office.house.terms.policy
        return page(request, office, "draw.html", who, here="/draw", epochs=found, older=older, policy=policy)

    @get("/draw/{number:int}", include_in_schema=False, opt=OPEN)
    @http.in_thread
    def epoch(request: Req, number: FromPath[int]) -> Response[Any]:
        who = visitor(office, request)
        found = draw_doors.found(office, number)
        after = request.query_params.get("after", "")
        lines: list[draw_queries.Drawn] = []
        last = 0
        if found.over:
            with office.database.read() as tx:
                first = int(after) if after.isdecimal() and len(after) < 19 else 0
                lines, last = draw_queries.log_page(tx, number, first, PAGE_LINES)
        return page(
            request, office, "draw_epoch.html", who, here=f"/draw/{number}", section="/draw", epoch=found,
            lines=[draw_doors.record(line) for line in lines], older=last if len(lines) == PAGE_LINES else 0,
        )  # fmt: skip

    return [epochs, epoch]
