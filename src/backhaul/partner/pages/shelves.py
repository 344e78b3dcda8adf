"""Shelves: put away by scanning shelf, then parcel; the map of what lies where and for how long."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.partner import orphan_queries, queries, receiving_queries, texts
from backhaul.partner.access import Known
from backhaul.partner.doors import Req, Visitor, act, form_texts, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.orphan_acts import orphan_act
from backhaul.partner.pages.receiving import DOCK, found_by
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.rules import codes, orphans
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.receiving import room
from backhaul.partner.rules.words import Status

Meant = tuple[Parcel | None, orphans.Orphan | None]
MOVABLE = (Status.ARRIVED, Status.DISPOSAL_DUE, Status.IN_WORK)


def routes(office: Office) -> list[Any]:
    """The handlers of putting away."""

    @get("/receiving/put-away", include_in_schema=False)
    @http.in_thread
    def station(request: Req) -> Response[Any]:
        return _station(request, office, visitor(office, request, *DOCK))

    @post("/receiving/put-away", include_in_schema=False)
    async def put_away(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, *DOCK)
        said = await form_texts(request, "code", "shelf", "parcel", "orphan")
        try:
            return await _put_away(office, who, said)
        except Refused as refused:
            wrong = Wrong(refused, {"code": said["code"]})
            shelf = codes.shelf(said["shelf"])
            return await to_thread.run_sync(partial(_station, request, office, who, shelf=shelf, wrong=wrong))

    @get("/receiving/shelves", include_in_schema=False)
    @http.in_thread
    def shelves(request: Req) -> Response[Any]:
        who = visitor(office, request, *DOCK)
        params, policy = request.query_params, office.house.terms.policy
        house, name = params.get("warehouse", "")[:80], params.get("shelf")
        after, at = whole_number(params.get("after", "")) or 0, office.clock.now()
        asked_age = whole_number(params.get("age", ""))
        age = asked_age if asked_age in range(len(receiving_queries.AGES) + 1) else None
        arrived = receiving_queries.arrivals_of(age, at)
        with office.look(who.by) as tx:
            found = receiving_queries.shelves(tx, policy.warehouses, at)
            here = [] if name is None else receiving_queries.on_shelf(tx, house, name[:40], after, arrived)
        shown = [one for one in found if age is None or one.ages[age]]
        return page(
            request, office, "shelves.html", who, here="/receiving/shelves", section="/receiving",
            shelves=[(one, room(one.shelf, policy)) for one in shown], asked=None if name is None else (house, name),
            age=age, of_age=[sum(one.ages[place] for one in found) for place in range(len(receiving_queries.AGES) + 1)],
            age_words=texts.SHELF_AGES,
            units=here, older=str(here[-1].id) if len(here) == queries.PAGE_ROWS else "",
        )  # fmt: skip

    return [station, put_away, shelves]


async def _put_away(office: Office, who: Visitor, said: dict[str, str]) -> Response[Any]:
    """One scan: a shelf to put on, or a parcel to put on the shelf that was scanned last."""
    code, shelf = said["code"].strip(), codes.shelf(said["shelf"])
    if not code:
        raise Refused("code_needed", "invalid", "code")
    unit, orphan = (
        (None, None)
        if codes.is_shelf(code)
        else await to_thread.run_sync(meant, office, code, whole_number(said["parcel"]), whole_number(said["orphan"]))
    )
    if unit is None and orphan is None and (codes.is_shelf(code) or not shelf):
        return _next(shelf=codes.shelf(code))
    if not shelf:
        raise Refused("shelf_first", "invalid", "shelf")
    key = said["form_token"][:80]
    if orphan is not None:
        await orphan_act(office, orphan.id, orphans.Move(shelf), Known(who.by), who.by, key=key)
        return _next(shelf=shelf, orphan=str(orphan.id))
    if unit is None:
        return _next(shelf=shelf, code=code)
    await act(office, unit.id, do.PutAway(shelf), Known(who.by), who.by, key=key)
    return _next(shelf=shelf, parcel=str(unit.id))


def meant(office: Office, code: str, parcel_id: int | None, orphan_id: int | None) -> Meant:
    """The one unit here, or the one in the orphan bay, that a scan means; neither when a person has to choose."""
    with office.database.read() as tx:
        units, bay = here(tx, code)
    units = [it for it in units if orphan_id is None and parcel_id in (None, it.id)]
    bay = [it for it in bay if parcel_id is None and orphan_id in (None, it.id)]
    if len(units) + len(bay) != 1:
        return None, None
    return (units[0], None) if units else (None, bay[0])


def here(tx: Tx, code: str) -> tuple[list[Parcel], list[orphans.Orphan]]:
    """The units and orphans with this code that can be put on a shelf."""
    units = [it for it in found_by(tx, code) if it.status in MOVABLE]
    return units, [it for it in orphan_queries.by_code(tx, code) if it.status is orphans.OrphanStatus.OPEN]


def _next(**said: str) -> Response[Any]:
    return http.see_other(f"/receiving/put-away?{urlencode(said)}")


def _station(
    request: Req, office: Office, who: Visitor, shelf: str | None = None, wrong: Wrong | None = None
) -> Response[Any]:
    params = request.query_params
    code = "" if wrong else params.get("code", "").strip()[: codes.SCANNED_CHARACTERS_MAX]
    parcel_id = None if wrong else whole_number(params.get("parcel", ""))
    orphan_id = None if wrong else whole_number(params.get("orphan", ""))
    with office.look(who.by) as tx:
        it = queries.one(tx, parcel_id) if parcel_id is not None else None
        orphan = orphan_queries.one(tx, orphan_id) if orphan_id is not None else None
        found, bay = here(tx, code) if code else ([], [])
    return page(
        request,
        office,
        "put_away.html",
        who,
        wrong,
        here="/receiving/put-away",
        section="/receiving",
        shelf=codes.shelf(params.get("shelf", "")[:40]) if shelf is None else shelf,
        it=it,
        orphan=orphan,
        code=code,
        found=found,
        bay=bay,
    )
