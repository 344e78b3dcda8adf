"""The inspector's first screen: one field, the next unit in large letters, the day in figures."""

from typing import Any

from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.days import last_moment
from backhaul.partner import inspection_texts, inspections_today
from backhaul.partner.doors import Req, visitor
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import page
from backhaul.partner.pages.warehouse import page_of
from backhaul.partner.rules.words import Role

ADDRESS = "/inspections-today"
WORK = ("inspect", "second", "second_checks", "media")
ROWS = 10


def routes(office: Office) -> list[Any]:
    """The handler."""

    @get(ADDRESS, include_in_schema=False)
    @http.in_thread
    def today(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.INSPECTOR)
        policy, at = office.house.terms.policy, office.clock.now()
        with office.look(who.by) as tx:
            queues = {name: page_of(tx, name, who.by) for name in WORK}
            found = inspections_today.figures(tx, who.by, queues, policy, at)
        return page(
            request, office, "inspections_today.html", who, here=ADDRESS, figures=found,
            units=[
                (it, it.inspection.due and last_moment(it.inspection.due), inspection_texts.reasons(it, policy, who.language))
                for it in queues["inspect"][:ROWS]
            ],
        )  # fmt: skip

    return [today]
