"""A company decides about many parcels at once: chosen from a list or said in a file; see it first, confirm, read each result."""

import base64
import csv
import io
from typing import Any

from anyio import to_thread
from litestar import Response, post
from litestar.datastructures import UploadFile

from backhaul.kit import keys, uploads
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.kit.spreadsheets import inert
from backhaul.partner import bulk, decision_file, decision_queries, queries
from backhaul.partner.access import Known
from backhaul.partner.decision_queries import Chosen
from backhaul.partner.doors import Req, Visitor, country, explain, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.order_management import chosen_from, draw
from backhaul.partner.pages.seller import company_of
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.rules.destinations import check_country, country_of, decision_of
from backhaul.partner.rules.words import Decision, Role

HERE = "/parcels"
CHOSEN_FIELDS = Chosen.__struct_fields__


def routes(office: Office) -> list[Any]:
    """The handlers of a selection and of a file."""

    @post("/parcels/selected", include_in_schema=False)
    async def selected(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        form = await request.form()
        values = {name: str(form.get(name, ""))[:80] for name in ("decision", "all", "form_token", *CHOSEN_FIELDS)}
        ids = [number for text in form.getall("parcel_id", []) if (number := whole_number(str(text))) is not None]
        try:
            return await to_thread.run_sync(_preview, request, office, who, values, ids)
        except Refused as refused:
            return await to_thread.run_sync(draw, request, office, who, Wrong(refused))

    @post("/parcels/decision-file", include_in_schema=False, request_max_body_size=uploads.FILE_BYTES_MAX)
    async def from_file(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        sent = (await request.form()).get("file")
        data = await sent.read() if isinstance(sent, UploadFile) else b""
        try:
            return await to_thread.run_sync(_preview_file, request, office, who, data)
        except Refused as refused:
            return await to_thread.run_sync(draw, request, office, who, Wrong(refused, form="file"))

    @post("/parcels/selected/decide", include_in_schema=False)
    async def decide(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        form = await request.form()

        def said(name: str) -> str:
            return str(form.get(name, ""))[:80]

        def chosen(number: int) -> bulk.Item:
            seen = whole_number(said(f"seen-{number}"))
            if seen is None:
                raise Refused("version_needed", "conflict", "seen")
            decision = said(f"decision-{number}") or said("decision")
            destination = whole_number(said(f"destination-{number}") or said("destination_id")) or 0
            return bulk.Item(number, decision, destination, seen, whole_number(said(f"price-{number}")))

        try:
            token = said("form_token")
            items = [chosen(number) for text in form.getall("parcel_id", [])
                     if (number := whole_number(str(text))) is not None]  # fmt: skip
            outcomes = await bulk.perform(office, items, Known(who.by), who.by, who.language, key=token)
        except Refused as refused:
            return await to_thread.run_sync(draw, request, office, who, Wrong(refused))
        return page(
            request,
            office,
            "selection_done.html",
            who,
            here=HERE,
            section=HERE,
            done=[outcome for outcome in outcomes if outcome.done],
            refused=[outcome for outcome in outcomes if not outcome.done],
            result_file=_result_file(outcomes),
        )

    return [selected, from_file, decide]


def _preview(request: Req, office: Office, who: Visitor, values: dict[str, str], ids: list[int]) -> Response[str]:
    """One decision for the parcels that were ticked, or for all that match the filter."""
    decision, policy = decision_of(values["decision"]), office.house.terms.policy
    with office.look(who.by) as tx:
        if values["all"] == "yes":
            at, chosen = office.clock.now(), chosen_from(values)
            found = decision_queries.to_decide(tx, company_of(who), at, chosen, most=bulk.ITEMS_MAX)
            ids = [it.id for it in found]
        company = queries.company(tx, company_of(who))
        book = queries.destinations_of_company(tx, company_of(who))
    if not ids:
        raise Refused("nothing_chosen", "invalid", "parcel_id")
    land = country_of(decision)
    if land:
        check_country(land, company[1] if company else "", policy)
    addresses = {one.id: one for one in book if one.country == land} if land else {}
    destination_id = next(iter(addresses), 0)
    items = [bulk.Item(parcel_id, decision, destination_id) for parcel_id in ids]
    return _draw(request, office, who, items, decision=decision, addresses=addresses)


def _preview_file(request: Req, office: Office, who: Visitor, data: bytes) -> Response[str]:
    if not data:
        raise Refused("file_empty", "invalid", "file")
    with office.look(who.by) as tx:
        said = decision_file.read(tx, company_of(who), data)
    faults = [(fault.line, explain(fault.refused, who.language)) for fault in said.faults]
    return _draw(request, office, who, said.items, lines=said.lines, faults=faults)


def _draw(request: Req, office: Office, who: Visitor, items: list[bulk.Item], *, decision: Decision = Decision.NONE,
          addresses: dict[int, Any] | None = None, **more: Any) -> Response[str]:  # fmt: skip
    """What would happen to each parcel and what it costs, and the form that confirms it."""
    at, terms = office.clock.now(), office.house.terms
    with office.look(who.by) as tx:
        found = bulk.prospects(tx, items, who.by, at, terms)
    ready = [prospect for prospect in found if prospect.refused is None]
    said = bulk.totals(ready, terms)
    return page(
        request,
        office,
        "selection.html",
        who,
        here=HERE,
        section=HERE,
        ready=ready,
        left_out=[(one.it, explain(one.refused, who.language)) for one in found if one.refused is not None],
        decision=decision,
        addresses=addresses or {},
        needs_address=bool(country_of(decision)) and not addresses,
        counts=sorted(said.decisions.items()),
        total=said.price,
        worth=said.worth,
        kept=said.kept,
        per_day=said.per_day,
        countries={land: country(land, who.language) for land in ("RU", "CN", "HK")},
        token=keys.session_token(office.chance)[:20],
        lines=more.get("lines", {}),
        faults=more.get("faults", []),
    )


def _result_file(outcomes: list[bulk.Outcome]) -> str:
    """The results as a CSV inside an address, so that a click saves them and nothing is kept here."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("parcel_id", "number", "done", "decision", "code", "detail"))
    for one in outcomes:
        writer.writerow(
            (one.parcel_id, one.number, "yes" if one.done else "no", one.decision, one.code, inert(one.detail))
        )
    return "data:text/csv;base64," + base64.b64encode(("\ufeff" + out.getvalue()).encode()).decode()
