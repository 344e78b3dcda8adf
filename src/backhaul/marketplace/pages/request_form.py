"""The form that starts a return: line, reason, photos, send. A photo comes by itself as soon as it is chosen, or with the form.

A browser with scripts keeps what was typed and what was not sent yet until the request is made; each photo has its key, so
one that was sent when the connection broke is not stored twice.
"""

from functools import partial
from hashlib import sha256
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import forms, http, keys, uploads
from backhaul.kit.machine import Refused
from backhaul.marketplace import queries
from backhaul.marketplace.cards import rules_of_line
from backhaul.marketplace.doors import (
    IdempotencyKey,
    Req,
    Started,
    Visitor,
    explain,
    problem,
    read_form,
    start_return,
    store_picture,
)
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.customer import customer_of, line_shown
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.reason_names import hint_of, name_of
from backhaul.marketplace.repeats import once
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import photos_needed
from backhaul.marketplace.rules.words import ReasonGroup


class Choice(msgspec.Struct, frozen=True):
    """A reason of the form: its words, and what it asks for besides; `photos_min` 0: no more than any other."""

    code: str
    name: str
    hint: str
    photos_min: int
    comment_required: bool

    @property
    def asks_more(self) -> bool:
        """Whether there is something to say of it under the choice."""
        return bool(self.hint or self.photos_min or self.comment_required)


class Picture(msgspec.Struct, frozen=True):
    """A stored picture; name its id in `photos`."""

    id: str


def routes(office: Office) -> list[Any]:
    """The handlers of the form and of its photos."""

    @get("/orders/{line_id:int}/return", include_in_schema=False)
    @http.in_thread
    def form(request: Req, line_id: FromPath[int]) -> Response[Any]:
        return _draw_form(request, office, customer_of(office, request), line_id)

    @post("/orders/{line_id:int}/return", include_in_schema=False, request_max_body_size=uploads.UPLOAD_BYTES_MAX)
    async def start(request: Req, line_id: FromPath[int]) -> Response[Any]:
        who = await to_thread.run_sync(customer_of, office, request)
        await to_thread.run_sync(_line, office, who, line_id)
        values: dict[str, Any] = {}
        try:
            await read_form(office, request, who.by, values)
            command = forms.parse(do.RequestReturn, values)
            token = str(values.get("form_token", ""))[:80]
            answer = await start_return(office, line_id, command, who.by, key=token)
        except Refused as refused:
            if refused.kind in {"missing", "unknown"}:
                raise
            return await to_thread.run_sync(
                partial(_draw_form, request, office, who, line_id, refused=refused, values=values)
            )
        started = msgspec.json.decode(answer.body, type=Started)
        return http.see_other("/my-returns" if len(started.return_ids) > 1 else f"/returns/{started.return_id}")

    return [form, start, *_photos(office)]


def _photos(office: Office) -> list[Any]:
    @post("/photos", include_in_schema=False, request_max_body_size=uploads.FILE_BYTES_MAX)
    async def photo(request: Req, key: IdempotencyKey = None) -> Response[Any]:
        """One picture as the body. A program asks, so a refusal is a problem and never a page."""
        language = http.language_of(request)
        try:
            who = await to_thread.run_sync(customer_of, office, request)
            language, by = who.language, who.by
            said = sha256(await request.body()).hexdigest() if key else ""

            async def keep() -> bytes:
                return (await store_picture(office, request.body, by)).encode()

            stored = Picture((await once(office, request, by, key, said, keep)).decode())
        except Refused as refused:
            return problem(refused, language)
        return Response(stored, status_code=201, headers={"cache-control": "no-store"})

    @get("/photos/mine/{blob_id:str}", include_in_schema=False)
    @http.in_thread
    def mine(request: Req, blob_id: FromPath[str]) -> Response[Any]:
        """A picture that no return shows yet, for the one who brought it."""
        by = customer_of(office, request).by
        with office.look(by) as tx:
            if not queries.has_photos(tx, by, [blob_id]):
                raise Refused("not_found", "missing")
        return office.media.picture(blob_id)

    return [photo, mine]


def _line(office: Office, who: Visitor, line_id: int) -> queries.Orderline:
    with office.look(who.by) as tx:
        line = queries.line_of_customer(tx, who.by.subject, line_id)
    if line is None:
        raise Refused("not_found", "missing")
    return line


def _draw_form(request: Req, office: Office, who: Visitor, line_id: int, *, refused: Refused | None = None,
               values: dict[str, Any] | None = None) -> Response[str]:  # fmt: skip
    """The form that starts a return; after a refusal with its sentence and what was typed."""
    line = _line(office, who, line_id)
    terms = office.house.terms
    groups: dict[ReasonGroup, list[Choice]] = {}
    for reason in terms.reasons.active():
        needed = photos_needed(reason.code, terms)
        photos_min = needed if needed > terms.policy.photos_min else 0
        choice = Choice(reason.code, name_of(reason, who.language), hint_of(reason, who.language), photos_min,
                        reason.comment_required)  # fmt: skip
        groups.setdefault(reason.group, []).append(choice)
    policy = terms.policy
    return page(
        request,
        "start_return.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=request.url.path,
        section="/orders",
        line=line_shown(line),
        draft=f"{who.by.subject}/{line_id}",
        rules=rules_of_line(line.line, office.house.terms, office.clock.now(), who.language),
        groups=groups,
        asked_more=[choice for found in groups.values() for choice in found if choice.asks_more],
        values=values or {},
        photos_min=policy.photos_min,
        photos_max=policy.photos_max,
        policy=policy,
        form_token=keys.session_token(office.chance)[:20],
        sentence=explain(refused, who.language) if refused else "",
    )
