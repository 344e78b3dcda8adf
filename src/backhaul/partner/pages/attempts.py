"""What a supervisor sees of the access log: who tried what without the right to do it."""

from typing import Any

from litestar import Response, get
from litestar.params import FromQuery

from backhaul.kit import http
from backhaul.kit.forms import whole_number
from backhaul.partner import queries, texts
from backhaul.partner.doors import Req, visitor
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import page
from backhaul.partner.rules.words import Role


def routes(office: Office) -> list[Any]:
    """The handler of the list."""

    @get("/attempts", include_in_schema=False)
    @http.in_thread
    def attempts(request: Req, before: FromQuery[str] = "") -> Response[Any]:
        who = visitor(office, request, Role.SUPERVISOR)
        start = whole_number(before)
        with office.look(who.by) as tx:
            found = queries.attempts(tx) if start is None else queries.attempts(tx, start)
        older = found[-1].id if len(found) == queries.PAGE_ROWS else None
        return page(request, office, "attempts.html", who, attempts=found, refusals=texts.REFUSALS, older=older)

    return [attempts]
