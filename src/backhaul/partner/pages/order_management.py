"""Order management: a company's parcels by what they need, filtered, and the list of what waits as a file."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.days import last_moment, to_us
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.partner import decision_file, decision_queries, queries, texts
from backhaul.partner.bulk import ITEMS_MAX
from backhaul.partner.decision_queries import Chosen
from backhaul.partner.doors import Req, Visitor, country, visitor
from backhaul.partner.office import Office
from backhaul.partner.pages.authorizations import links_of, platform_names, watched_of
from backhaul.partner.pages.parcels import MARK_TONES, TONES, days_left_text
from backhaul.partner.pages.seller import company_of
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.platform_queries import OURS
from backhaul.partner.rules.decisions import concerns
from backhaul.partner.rules.destinations import decisions_for
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import COUNTRY_OF, LinkMode, LinkState, Role, Status

# What each tab shows: (status, decided or not).
TAB_PLACES: dict[str, tuple[tuple[Status, bool], ...]] = {
    "decide": ((Status.ARRIVED, False),),
    "decided": ((Status.ARRIVED, True),),
    "work": tuple((status, yes) for status in (Status.DISPOSAL_DUE, Status.IN_WORK) for yes in (False, True)),
    "done": tuple(
        (status, yes) for status in (Status.PICKED_UP, Status.DELIVERED, Status.DISPOSED) for yes in (False, True)
    ),
    "coming": ((Status.EXPECTED, False), (Status.EXPECTED, True)),
}
FILTERED_TABS = ("decide", "decided")
SCAN_CHARACTERS_MAX = 80
NUMBER_MOST = 2**53
DAYS_MOST = 366


class Row(msgspec.Struct, frozen=True):
    """One parcel in a list."""

    it: Parcel
    days_left: str
    last_moment: datetime | None
    tone: str


def routes(office: Office) -> list[Any]:
    """The handlers of the lists."""

    @get("/parcels", include_in_schema=False)
    @http.in_thread
    def order_management(request: Req) -> Response[Any]:
        return draw(request, office, visitor(office, request, Role.SELLER))

    @get("/parcels/to-decide.csv", include_in_schema=False)
    @http.in_thread
    def to_decide(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SELLER)
        with office.look(who.by) as tx:
            at, chosen = office.clock.now(), chosen_of(request)
            found = decision_queries.to_decide(tx, company_of(who), at, chosen, most=ITEMS_MAX)
        headers = {"content-disposition": 'attachment; filename="to-decide.csv"'}
        return Response(decision_file.write(found), media_type="text/csv; charset=utf-8", headers=headers)

    return [order_management, to_decide]


def chosen_of(request: Req) -> Chosen:
    """The filter that the address names; what cannot be read does not count."""
    said = {name: request.query_params.get(name, "").strip() for name in Chosen.__struct_fields__}
    return chosen_from(said)


def chosen_from(said: dict[str, str]) -> Chosen:
    """The same from the texts of a form."""
    sku, below_rub, seller = (
        min(whole_number(said[name]) or 0, NUMBER_MOST) for name in ("sku", "below_rub", "seller")
    )
    days_to = whole_number(said["days_to"])
    land = said["country"] if said["country"] in COUNTRY_OF.values() else ""
    return Chosen(
        said["mark"], said["reason"], sku, below_rub, seller, None if days_to is None else min(days_to, DAYS_MOST), land
    )


def draw(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None) -> Response[Any]:
    """A tab, or what a code found; after a refused bulk with its sentence."""
    company_id, params = company_of(who), request.query_params
    tab = params.get("tab", "decide")
    tab = tab if tab in TAB_PLACES else "decide"
    code = params.get("code", "").strip()[:SCAN_CHARACTERS_MAX]
    chosen = chosen_of(request) if tab in FILTERED_TABS else Chosen()
    now, terms = office.clock.now(), office.house.terms
    with office.look(who.by) as tx:
        found, older = _found(tx, company_id, now, tab, chosen, params.get("after", ""))
        if code:
            found, older = _by_code(tx, who, code), ""
        counts = decision_queries.counts_of_company(tx, company_id)
        links = links_of(tx, company_id)
        watched = watched_of(tx, links) if tab == "coming" and not code else []
        names = platform_names(tx)
        company = queries.company(tx, company_id)
    if not links and not code:
        return http.see_other("/start")
    if code and len(found) == 1:
        return http.see_other(f"/parcels/{found[0].id}")
    if code and not found:
        wrong = Wrong(Refused("code_unknown", "missing", text=code))
    decides = any(
        link.platform == OURS and link.mode == LinkMode.RETURNS and link.state == LinkState.ACTIVE for link in links
    )
    waits = sum(counts.get(place, 0) for place in TAB_PLACES["decide"])
    return page(
        request,
        office,
        "order_management.html",
        who,
        wrong,
        here=f"/parcels?tab={tab}",
        section="/parcels",
        tab=tab,
        code=code,
        rows=[_row(it, now, who.language) for it in found],
        counts={name: sum(counts.get(place, 0) for place in places) for name, places in TAB_PLACES.items()},
        older=older,
        watched=watched,
        platform_names=names,
        lost=[link for link in links if link.state == LinkState.AUTHORIZATION_LOST],
        tones=TONES,
        mark_tones=MARK_TONES,
        chosen=chosen,
        query=urlencode(chosen.said),
        sellers={link.seller_id: link.seller_name for link in links if link.platform == OURS},
        countries={code: country(code, who.language) for code in COUNTRY_OF.values()},
        filtered=tab in FILTERED_TABS and not code,
        marks={"none": texts.INSPECTION_LABELS["none"], **texts.MARK_LABELS},
        decisions=decisions_for(company[1] if company else "", terms.policy)
        if decides and tab in FILTERED_TABS
        else (),
        waits=waits,
    )


def _found(tx: Tx, company_id: int, now: datetime, tab: str, chosen: Chosen, after: str) -> tuple[list[Parcel], str]:
    """A tab's page, and what leads to the next one."""
    if tab == "decide":
        bound, _, last = after.partition("-")
        place = (whole_number(bound) or 0, whole_number(last) or 0)
        found = decision_queries.to_decide(tx, company_id, now, chosen, *place)
        end = found[-1] if len(found) == queries.PAGE_ROWS else None
        return found, f"{to_us(end.decide_by)}-{end.id}" if end is not None and end.decide_by is not None else ""
    before = whole_number(after) or 2**62
    if tab == "decided":
        found = decision_queries.decided(tx, company_id, chosen, before)
    else:
        statuses = tuple(dict.fromkeys(status for status, _ in TAB_PLACES[tab]))
        found = queries.parcels_of_company(tx, company_id, statuses, before)
    return found, str(found[-1].id) if len(found) == queries.PAGE_ROWS else ""


def _by_code(tx: Tx, who: Visitor, code: str) -> list[Parcel]:
    found = queries.by_ids(tx, queries.by_code(tx, code))
    return [it for it in found if concerns(it, who.by, queries.around_of(tx, it))]


def _row(it: Parcel, now: datetime, language: str) -> Row:
    days = queries.days_left(it, now)
    tone = "" if days is None else "bad" if days <= 1 else "warn" if days <= 3 else "good"
    return Row(it, days_left_text(it, now, language), it.decide_by and last_moment(it.decide_by), tone)
