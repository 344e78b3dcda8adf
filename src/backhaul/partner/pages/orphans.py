"""The orphan bay: what lies there without a known code, whose it may be, and how it leaves."""

from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import forms, http, uploads
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.partner import orphan_acts, orphan_queries, queries, texts
from backhaul.partner.access import Known
from backhaul.partner.doors import KEY_CHARACTERS_MAX, Req, Visitor, read_form, visitor, visitor_async, who_said
from backhaul.partner.office import Office
from backhaul.partner.pages.receiving import DOCK
from backhaul.partner.pages.sheets import Form, Wrong, form_of, page
from backhaul.partner.pages.stations import default_house, house_cookie
from backhaul.partner.rules import orphans as o

# Acts by their word in the URL. A match has its own button beside each candidate, a label its own door.
ORPHAN_ACTS: dict[str, type[Any]] = {
    "move": o.Move,
    "match": o.Match,
    "return-to-carrier": o.ReturnToCarrier,
    "hand-to-marketplace": o.HandToMarketplace,
    "dispose": o.DisposeOrphan,
}
WORDS = {act: word for word, act in ORPHAN_ACTS.items()}


def routes(office: Office) -> list[Any]:
    """The handlers of the orphan bay."""

    @get("/receiving/orphans", include_in_schema=False)
    @http.in_thread
    def bay(request: Req) -> Response[Any]:
        return _bay(request, office, visitor(office, request, *DOCK))

    @post("/receiving/orphans", include_in_schema=False, request_max_body_size=uploads.PHOTOS_BYTES_MAX)
    async def register(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, *DOCK)
        values: dict[str, Any] = {}
        try:
            await read_form(office, request, who.by, values)
            form = forms.parse(o.Register, values)
            key = str(values.get("form_token", ""))[:KEY_CHARACTERS_MAX]
            said = await orphan_acts.register(office, form, Known(who.by), who.by, key=key)
        except Refused as refused:
            wrong = Wrong(refused, values, "register")
            return await to_thread.run_sync(partial(_bay, request, office, who, wrong))
        orphan_id = msgspec.json.decode(said, type=orphan_acts.OrphanSummary).orphan_id
        return http.see_other(f"/receiving/orphans/{orphan_id}", [house_cookie(form.warehouse)])

    @get("/receiving/orphans/{orphan_id:int}", include_in_schema=False)
    @http.in_thread
    def show(request: Req, orphan_id: FromPath[int]) -> Response[Any]:
        return _draw(request, office, visitor(office, request, *DOCK), orphan_id)

    @post("/receiving/orphans/{orphan_id:int}/{word:str}", include_in_schema=False)
    async def perform(request: Req, orphan_id: FromPath[int], word: FromPath[str]) -> Response[Any]:
        who = await visitor_async(office, request, *DOCK)
        values: dict[str, Any] = {}
        try:
            await read_form(office, request, who.by, values)
            if word not in ORPHAN_ACTS:
                raise Refused("unknown_act", "missing", act=word)  # noqa: TRY301
            command = forms.parse(ORPHAN_ACTS[word], values)
            key, seen = (
                str(values.get("form_token", ""))[:KEY_CHARACTERS_MAX],
                whole_number(str(values.get("seen", ""))),
            )
            await orphan_acts.orphan_act(office, orphan_id, command, Known(who.by), who.by, key=key, seen=seen)
        except Refused as refused:
            if refused.kind in {"missing", "unknown"}:
                raise
            wrong = Wrong(refused, values, str(values.get("form", "")))
            return await to_thread.run_sync(partial(_draw, request, office, who, orphan_id, wrong))
        return http.see_other(f"/receiving/orphans/{orphan_id}")

    @get("/receiving/orphans/{orphan_id:int}/photos/{blob_id:str}", include_in_schema=False)
    @http.in_thread
    def photo(request: Req, orphan_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        who = visitor(office, request, *DOCK)
        with office.look(who.by) as tx:
            it = orphan_queries.one(tx, orphan_id)
        if it is None or blob_id not in it.photos:
            raise Refused("not_found", "missing")
        return Response(office.blobs.read(blob_id), media_type="image/jpeg", headers=http.FILE_HEADERS)

    return [bay, register, show, perform, photo]


def _bay(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None) -> Response[Any]:
    params = request.query_params
    after = whole_number(params.get("after", "")) or 0
    with office.look(who.by) as tx:
        rows, closed = orphan_queries.in_the_bay(tx, after), orphan_queries.closed(tx)
    houses = office.house.terms.policy.warehouses
    form = form_of(
        office, who, o.Register, "/receiving/orphans", texts.ORPHAN_COMMANDS["Register"], id="register",
        choices={"warehouse": houses}, photos_min=o.PHOTOS_MIN,
        values={"warehouse": default_house(office, request), "codes": params.get("code", "")[:300]},
    )  # fmt: skip
    return page(
        request, office, "orphans.html", who, wrong, here="/receiving/orphans", section="/receiving", rows=rows,
        closed=closed[:10], register=form, opened=bool(params.get("code")) or wrong is not None or not rows,
        older=str(rows[-1].id) if len(rows) == queries.PAGE_ROWS else "",
    )  # fmt: skip


def _draw(request: Req, office: Office, who: Visitor, orphan_id: int, wrong: Wrong | None = None) -> Response[Any]:
    terms = office.house.terms
    with office.look(who.by) as tx:
        it = orphan_queries.one(tx, orphan_id)
        if it is None:
            raise Refused("not_found", "missing")
        is_open = it.status is o.OrphanStatus.OPEN
        candidates = orphan_queries.candidates_for(tx, it, terms.policy) if is_open else []
        history = [
            (happening, who_said(tx, who.by, happening.role, happening.actor))
            for happening in orphan_queries.history(tx, orphan_id)
        ]
    acts = o.open_acts(it, who.by.role, office.clock.now(), terms.policy)
    return page(
        request,
        office,
        "orphan.html",
        who,
        wrong,
        here=f"/receiving/orphans/{orphan_id}",
        section="/receiving",
        it=it,
        seen=it.version,
        is_open=is_open,
        candidates=candidates,
        may_match=o.Match in acts,
        history=history,
        disposable_from=o.disposable_from(it, terms.policy),
        tasks=[_task(office, who, it, act) for act in acts if act.__name__ in texts.ORPHAN_COMMANDS],
    )


def _task(office: Office, who: Visitor, it: o.Orphan, command: type) -> Form:
    word = WORDS[command]
    return form_of(
        office, who, command, f"/receiving/orphans/{it.id}/{word}", texts.ORPHAN_COMMANDS[command.__name__], id=word,
        danger=command is o.DisposeOrphan,
    )  # fmt: skip
