"""Pages of second checks: the blind finding, a supervisor's review, and how far the inspectors agree."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import forms, http, uploads
from backhaul.kit.machine import Refused
from backhaul.partner import access, queries, second_check_api, second_check_queries, texts
from backhaul.partner.access import Known
from backhaul.partner.doors import Req, Visitor, form_texts, read_form, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.parcels import MARK_TONES, PHOTOS_ARE_WRONG, draw, shown
from backhaul.partner.pages.sheets import Form, Wrong, form_of, page
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.second_checks import SecondCheck, SecondStatus
from backhaul.partner.rules.words import Role


def routes(office: Office) -> list[Any]:
    """The handlers."""

    @get("/inspection", include_in_schema=False)
    @http.in_thread
    def inspection(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SUPERVISOR)
        with office.look(who.by) as tx:
            found = second_check_api.inspectors(office, tx)
            names = {one.inspector: access.name_of(tx, one.inspector) or one.inspector for one in found}
            reviews = second_check_queries.in_status(tx, SecondStatus.DIFFERS)
            parcels = {it.id: it for it in queries.by_ids(tx, [one.parcel_id for one in reviews])}
        policy = office.house.terms.policy
        return page(request, office, "inspection.html", who, inspectors=found, names=names, reviews=reviews,
                    parcels=parcels, policy=policy)  # fmt: skip

    @post("/second-checks/{parcel_id:int}", include_in_schema=False, request_max_body_size=uploads.PHOTOS_BYTES_MAX)
    async def check(request: Req, parcel_id: FromPath[int]) -> Response[Any]:
        who = await visitor_async(office, request, Role.INSPECTOR)
        values: dict[str, Any] = {}
        try:
            await read_form(office, request, who.by, values)
            values.pop("seen", None)
            found = forms.parse(do.Mark, values)
            await second_check_api.find(office, parcel_id, found, Known(who.by), who.by)
        except Refused as refused:
            if refused.kind in {"missing", "unknown"}:
                raise
            if refused.code in PHOTOS_ARE_WRONG:
                values["photos"] = []
            wrong = Wrong(refused, values, "second-check")
            return await http.in_thread(draw)(request, office, who, parcel_id, wrong)
        return http.see_other("/warehouse?queue=second_checks")

    return [inspection, check, *_review_routes(office)]


def _review_routes(office: Office) -> list[Any]:
    @get("/second-checks/{parcel_id:int}", include_in_schema=False)
    @http.in_thread
    def review(request: Req, parcel_id: FromPath[int]) -> Response[Any]:
        return _review(request, office, visitor(office, request, Role.SUPERVISOR), parcel_id)

    @post("/second-checks/{parcel_id:int}/review", include_in_schema=False)
    async def judge(request: Req, parcel_id: FromPath[int]) -> Response[Any]:
        who = await visitor_async(office, request, Role.SUPERVISOR)
        said = await form_texts(request, "verdict", "comment")
        try:
            verdict = forms.parse(second_check_api.Review, {name: said[name] for name in ("verdict", "comment")})
            await second_check_api.judge(office, parcel_id, verdict, Known(who.by), who.by)
        except Refused as refused:
            if refused.kind in {"missing", "unknown"}:
                raise
            return await http.in_thread(_review)(request, office, who, parcel_id, Wrong(refused, said, "review"))
        return http.see_other(f"/second-checks/{parcel_id}")

    @get("/second-checks/{parcel_id:int}/photos/{blob_id:str}", include_in_schema=False)
    @http.in_thread
    def photo(request: Req, parcel_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        who = visitor(office, request, Role.SUPERVISOR)
        with office.look(who.by) as tx:
            shown(tx, parcel_id, who.by)
            second = second_check_queries.one(tx, parcel_id)
        if second is None or second.found is None or blob_id not in second.found.photos:
            raise Refused("not_found", "missing")
        return Response(office.blobs.read(blob_id), media_type="image/jpeg", headers=http.FILE_HEADERS)

    return [review, judge, photo]


def _review(request: Req, office: Office, who: Visitor, parcel_id: int, wrong: Wrong | None = None) -> Response[str]:
    with office.look(who.by) as tx:
        it, _ = shown(tx, parcel_id, who.by)
        second = second_check_queries.one(tx, parcel_id)
        if second is None:
            raise Refused("not_found", "missing")
        people = {login: access.name_of(tx, login) or login
                  for login in {second.inspector, second.second, second.reviewed_by} if login}  # fmt: skip
        first = _first_mark(tx, second)
    form = _form(office, who, parcel_id) if second.status is SecondStatus.DIFFERS else None
    return page(
        request, office, "second_check.html", who, wrong, here=f"/second-checks/{parcel_id}", section="/inspection",
        it=it, second=second, first=first, people=people, form=form, mark_tones=MARK_TONES,
        words=texts.MARK_LABELS_OF[it.unit.variant], statuses=texts.SECOND_STATUSES,
    )  # fmt: skip


def _first_mark(tx: Any, second: SecondCheck) -> Any:
    """The mark that the second finding was held against: the last one before it."""
    found = None
    for happening in queries.history(tx, second.parcel_id):
        if happening.kind == "Marked" and (second.checked_at is None or happening.at <= second.checked_at):
            found = happening.event
    return found


def _form(office: Office, who: Visitor, parcel_id: int) -> Form:
    return form_of(
        office, who, second_check_api.Review, f"/second-checks/{parcel_id}/review", texts.REVIEW,
        id="review", value_labels=texts.VERDICTS,
    )  # fmt: skip
