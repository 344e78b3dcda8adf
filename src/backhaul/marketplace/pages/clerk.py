"""What the counter of a pick-up point sees, and the sorting point: one field for the number, and today's lists."""

from typing import Any

from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.marketplace import queries
from backhaul.marketplace.doors import Req, explain, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.decisions import concerns
from backhaul.marketplace.rules.words import Role, Route, Status

NUMBER_CHARACTERS_MAX = 40


def routes(office: Office) -> list[Any]:
    """The handlers of the counter."""

    @get("/counter", include_in_schema=False)
    @http.in_thread
    def counter(request: Req) -> Response[Any]:
        who = visitor(office, request)
        by = who.by
        if by.role is not Role.CLERK:
            raise Refused("not_your_role", "forbidden", role=by.role)
        number = request.query_params.get("number", "").strip()[:NUMBER_CHARACTERS_MAX]
        with office.database.read() as tx:
            if number:
                it = queries.one(tx, queries.id_of_number(tx, number) or 0)
                if it is not None and concerns(it, by):
                    return http.see_other(f"/returns/{it.id}")
            point = next((p for p in queries.points(tx) if p.id == by.subject), None)
            sorting = point is not None and point.kind == "sorting"
            lists = {
                "expected": queries.expected_at_point(tx, by.subject),
                "accepted": queries.at_point(tx, by.subject, Status.ACCEPTED_AT_PVZ),
                "coming": queries.on_route(tx, Status.ON_THE_WAY, Route.A) if sorting else [],
                "disposing": queries.on_route(tx, Status.DISPOSING_BY_MARKETPLACE, Route.A) if sorting else [],
            }
        unknown = Refused("number_unknown", "missing", "number", number=number)
        return page(
            request,
            "counter.html",
            who,
            404 if number else 200,
            here="/counter",
            now=office.clock.now(),
            point=point,
            sorting=sorting,
            number=number,
            sentence=explain(unknown, who.language) if number else "",
            **lists,
        )

    return [counter]
