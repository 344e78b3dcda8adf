"""All units of the warehouse by state, seller, mark and days left; for supervisors. What is filtered by stands in the address."""

from typing import Any

from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.forms import whole_number
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.partner import queries, texts, unit_filter, unit_queries
from backhaul.partner.doors import Req, visitor
from backhaul.partner.office import Office
from backhaul.partner.pages.parcels import MARK_TONES, TONES
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.rules.words import Mark, Role
from backhaul.partner.unit_filter import UnitFilter, UnitState

HERE = "/units"
STATES = {UnitState.HERE.value: N_("Everything at the warehouse"), **texts.STATUS_LABELS}


def routes(office: Office) -> list[Any]:
    """The handler."""

    @get(HERE, include_in_schema=False)
    @http.in_thread
    def units(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SUPERVISOR)
        wrong = None
        try:
            wanted = unit_filter.read(request.query_params)
        except Refused as refused:
            wanted, wrong = UnitFilter(), Wrong(refused)
        if wrong is None and "" in request.query_params.values():  # a form sends its empty fields too
            return http.see_other(wanted.address(HERE))
        after, at = whole_number(request.query_params.get("after", "")) or 0, office.clock.now()
        with office.look(who.by) as tx:
            found = unit_queries.units(tx, wanted, at, after)
            count = unit_queries.count(tx, wanted, at)
        onward = wanted.address(HERE, after=str(found[-1].id)) if len(found) == queries.PAGE_ROWS else ""
        return page(
            request, office, "units.html", who, wrong, here=wanted.address(HERE), section=HERE, wanted=wanted,
            rows=[(it, queries.days_left(it, at)) for it in found], count=count, most=unit_queries.COUNT_MAX,
            onward=onward, after=after, state_labels=STATES, marks=[one.value for one in Mark],
            mark_labels=texts.MARK_LABELS, tones=TONES, mark_tones=MARK_TONES,
            narrowed=bool(wanted.seller or wanted.mark or wanted.days_to is not None),
        )  # fmt: skip

    return [units]
