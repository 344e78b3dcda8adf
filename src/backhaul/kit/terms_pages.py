"""The page on which a house publishes terms: change values, see what differs, say why and from when; versions are never edited.

Both houses have it: the marketplace for its policy, the partner for its policy and its tariff.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
from anyio import to_thread
from litestar import Request, Response, get, post

from backhaul.kit import http, keys, terms_differences, terms_form
from backhaul.kit.database import Database, Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.desk import Desk, Errand, fingerprint
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.publication import Publication, entry
from backhaul.kit.terms_differences import FIRST
from backhaul.kit.terms_drafts import carried_over
from backhaul.kit.terms_form import MOMENT_FORM
from backhaul.kit.versions import beginning, reason

Req = Request[Any, Any, Any]
LABELS = {"valid_from": N_("In force from (Moscow time)"), "why": N_("Why?")}


class Unfit(Refused):
    """A form of which several fields may be wrong: it is told of all of them."""

    def __init__(self, faults: list[Refused]) -> None:
        first = faults[0]
        super().__init__(first.code, first.kind, first.field, **first.facts)
        self.faults = faults


class Wanted(msgspec.Struct, frozen=True):
    """What a form asks for: the terms that would hold then, those that it describes, from when, and why."""

    before: Any
    after: Any
    valid_from: datetime
    why: str


class Desks(Protocol):
    """What of an office these pages need."""

    @property
    def database(self) -> Database: ...

    @property
    def desk(self) -> Desk[Any]: ...

    @property
    def chance(self) -> keys.Chance: ...


def routes(office: Desks, it: Publication) -> list[Any]:
    """The handlers of one publication: look, come back from the preview, preview, publish."""

    @get(it.path, include_in_schema=False)
    @http.in_thread
    def look(request: Req) -> Response[Any]:
        return _draw(request, office, it, it.who(request))

    @post(f"{it.path}/edit", include_in_schema=False, status_code=200)
    async def edit(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(it.who, request)
        values = await _typed(request)
        return await to_thread.run_sync(_draw, request, office, it, who, None, values)

    @post(f"{it.path}/preview", include_in_schema=False)
    async def preview(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(it.who, request)
        values = await _typed(request)
        return await to_thread.run_sync(_preview, request, office, it, who, values)

    @post(it.path, include_in_schema=False)
    async def publish(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(it.who, request)
        values = await _typed(request)

        def write(tx: Tx, at: datetime) -> None:
            asked = _wanted(tx, it, values, at)
            it.publish(tx, asked.after, asked.valid_from, who.by, asked.why, at, values.get("seen", ""))

        try:
            await publish_once(office, write, it.known(who.by), values, it.renew)
        except Refused as refused:
            return await to_thread.run_sync(_draw, request, office, it, who, refused, values)
        return http.see_other(it.path)

    return [look, edit, preview, publish, *terms_differences.routes(office, it)]


async def publish_once(office: Desks, write: Callable[[Tx, datetime], None], caller: Any, values: Mapping[str, str],
                       renew: Callable[[], None]) -> None:  # fmt: skip
    """Write a version through the desk, then let it be read. The same form sent twice publishes once."""

    def run(tx: Tx, at: datetime) -> bytes:
        write(tx, at)
        return b""

    token = values.get("form_token", "")[:80]
    sent = fingerprint(sorted(values.items())) if token else b""
    await office.desk.perform(Errand(run, caller, token, sent))
    await to_thread.run_sync(renew)


def form_token(office: Desks) -> str:
    """A new one, for `publish_once`."""
    return keys.session_token(office.chance)[:20]


async def _typed(request: Req) -> dict[str, str]:
    """What was sent; of a name that is there twice the last, which is a switch's."""
    form = await request.form()
    return {name: str(text) for name, text in form.multi_items()}


def beginning_of(typed: str, at: datetime) -> datetime:
    """From when the version of a form holds, typed as Moscow's wall clock."""
    try:
        wanted = datetime.strptime(typed, MOMENT_FORM).replace(tzinfo=MOSCOW)
    except ValueError as error:
        raise terms_form.misfit("valid_from") from error
    return beginning(wanted, at)


def _holding(tx: Tx, it: Publication, at: datetime) -> tuple[str, Any]:
    found = it.shelf.holding(tx, it.kind, at)
    return (FIRST, it.first) if found is None else (found[0], it.decode(found[1]))


def _drawn_from(tx: Tx, it: Publication, values: dict[str, str], otherwise: Any) -> Any:
    """The terms that a form was drawn from; a form that does not say it was drawn from these."""
    version = values.get("drawn_from", "")
    doc = it.shelf.doc(tx, it.kind, version)
    if doc is None:
        return it.first if version == FIRST else otherwise
    return it.decode(doc)


def _wanted(tx: Tx, it: Publication, values: dict[str, str], at: datetime) -> Wanted:
    """`Unfit` names all that does not fit. A version never holds from before it was published.

    What was not changed in the form is as it will be then: what others publish meanwhile is not taken back.
    """
    faults, valid_from, why = [], at, ""
    try:
        valid_from = beginning_of(values.get("valid_from", ""), at)
    except Refused as refused:
        faults.append(refused)
    _, before = _holding(tx, it, valid_from)
    drawn = _drawn_from(tx, it, values, before)
    after, unfit = terms_form.read(drawn, before, it.form(), values, it.check)
    try:
        why = reason(values.get("why", ""))
    except Refused as refused:
        unfit.append(refused)
    if unfit or faults:
        raise Unfit([*unfit, *faults])
    if after == before:
        raise Refused("nothing_changes", "invalid")
    return Wanted(before, after, valid_from, why)


def _preview(request: Req, office: Desks, it: Publication, who: Any, values: dict[str, str]) -> Response[Any]:
    """What would differ, before anybody confirms."""
    try:
        with office.database.read() as tx:
            asked = _wanted(tx, it, values, office.desk.clock.now())
            later = it.shelf.next_after(tx, it.kind, asked.valid_from)
            touched = it.touched(tx, asked.before, asked.after) if it.touched else None
    except Refused as refused:
        return _draw(request, office, it, who, refused, values)
    return it.draw(
        request,
        who,
        "terms_preview.html",
        here=it.path,
        it=it,
        rows=terms_differences.differing(it, asked.before, asked.after, who.language),
        touched=touched,
        values={name: text for name, text in values.items() if name not in {"_csrf_token", "form_token"}},
        valid_from=asked.valid_from,
        why=asked.why,
        later=later,
        publish_token=form_token(office),
    )


def _draw(request: Req, office: Desks, it: Publication, who: Any, refused: Refused | None = None,
          values: dict[str, str] | None = None) -> Response[Any]:  # fmt: skip
    """The values in force with the form that changes them, and every version so far."""
    now = office.desk.clock.now()
    with office.database.read() as tx:
        version, terms = _holding(tx, it, now)
        versions, seen = it.shelf.listing(tx, it.kind, version, now), it.shelf.count(tx, it.kind)
        typed = carried_over(it.form(), values, _drawn_from(tx, it, values, terms), terms) if values else {}
    labels = {**it.labels, **LABELS}
    found = refused.faults if isinstance(refused, Unfit) else [refused] if refused and refused.field else []
    faults = {one.field or "": http.explain(one, who.language, it.refusals, labels) for one in found}
    form = it.form()
    topics = [
        (topic, [entry(it, form[name], terms, typed, faults.get(name, ""), who.language) for name in topic.fields])
        for topic in it.all_topics()
    ]
    return it.draw(
        request,
        who,
        "terms.html",
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=it.path,
        it=it,
        topics=topics,
        version=version,
        versions=versions,
        seen=seen,
        valid_from=typed.get("valid_from", now.astimezone(MOSCOW).strftime(MOMENT_FORM)),
        why=typed.get("why", ""),
        faults=faults,
        labels=labels,
        sentence=http.explain(refused, who.language, it.refusals, labels) if refused and not faults else "",
    )  # fmt: skip
