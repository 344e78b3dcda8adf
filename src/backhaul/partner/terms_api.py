"""API v1 of policy and tariff: what holds, every version, what changes would do, and publishing a version; for supervisors."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from backhaul.kit import forms, http, terms_form
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.terms import Version
from backhaul.kit.versions import WHY_CHARACTERS_MAX, beginning, reason
from backhaul.partner import errands
from backhaul.partner.doors import Req
from backhaul.partner.office import Office
from backhaul.partner.rules.around import By
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.publishing import misfits, misfits_of_tariff
from backhaul.partner.rules.tariff import SEED_TARIFF, Tariff
from backhaul.partner.rules.words import Role
from backhaul.partner.speakers import IdempotencyKey, change, invalid, speaker, who
from backhaul.partner.tables import shelf

Document = Policy | Tariff
FIRST = "1"


class VersionView(msgspec.Struct, frozen=True):
    """A published version; `state` is `now` for the one that holds, `coming` for one that will, or empty."""

    version: Version
    state: str


class Versions(msgspec.Struct, frozen=True):
    """Every published version, the newest first, 100 at most. `in_force` may be 1, with which the house was born.

    `seen`: to be said when a version is published, so that nobody writes over one that nobody read.
    """

    in_force: str
    seen: str
    versions: tuple[VersionView, ...]


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields with the values that they shall have from an instant on, and why. What is not named stays as it will be then."""

    changes: dict[str, Any]
    valid_from: datetime
    why: Annotated[str, Meta(max_length=WHY_CHARACTERS_MAX)]
    seen: Annotated[str, Meta(max_length=10)]


class Published(msgspec.Struct, frozen=True):
    """A version that is published."""

    version: str


class Difference(msgspec.Struct, frozen=True):
    """A field that would have another value."""

    field: str
    before: Any
    after: Any


class TermsPreview(msgspec.Struct, frozen=True):
    """What would differ from the version `replaces`, from when on."""

    replaces: str
    valid_from: datetime
    differences: tuple[Difference, ...]


class Kind(msgspec.Struct, frozen=True):
    """A kind of terms: its table's word, its first version, and what makes no sense in it."""

    word: str
    first: Document
    misfits: Callable[[Any], Iterator[str]]


POLICY, TARIFF = Kind("policy", Policy(), misfits), Kind("tariff", SEED_TARIFF, misfits_of_tariff)


def routes(office: Office) -> Router:
    """These doors."""

    @get("/policy", summary="The policy in force; for the supervisor")
    @http.in_thread
    def policy(request: Req) -> Policy:
        _supervisor(speaker(office, request).by)
        return office.house.terms.policy

    @get("/policy/versions/{version:str}", summary="One version of the policy in full; for the supervisor")
    @http.in_thread
    def one_policy(request: Req, version: FromPath[str]) -> Policy:
        _supervisor(speaker(office, request).by)
        return msgspec.json.decode(_doc(office, POLICY, version), type=Policy)

    @get("/tariff/versions/{version:str}", summary="One version of the tariff in full; for the supervisor")
    @http.in_thread
    def one_tariff(request: Req, version: FromPath[str]) -> Tariff:
        _supervisor(speaker(office, request).by)
        return msgspec.json.decode(_doc(office, TARIFF, version), type=Tariff)

    handlers = [policy, one_policy, one_tariff, *_of_kind(office, POLICY), *_of_kind(office, TARIFF)]
    return Router("/api/v1", route_handlers=handlers, before_request=http.strict_body,
                  exception_handlers={ValidationException: invalid}, tags=["terms"])  # fmt: skip


def _of_kind(office: Office, kind: Kind) -> list[Any]:
    @get(f"/{kind.word}/versions", operation_id=f"versions_of_{kind.word}",
         summary=f"Every version of the {kind.word}; for the supervisor")  # fmt: skip
    @http.in_thread
    def versions(request: Req) -> Versions:
        by = speaker(office, request).by
        _supervisor(by)
        at = office.clock.now()
        with office.look(by) as tx:
            in_force, _ = _holding(tx, kind, at)
            listed = tuple(VersionView(one, state) for one, state in shelf.listing(tx, kind.word, in_force, at))
            return Versions(in_force, str(shelf.count(tx, kind.word)), listed)

    @post(f"/{kind.word}/preview", status_code=200, operation_id=f"preview_{kind.word}",
          summary=f"What changes of the {kind.word} would do; nothing is published")  # fmt: skip
    @http.in_thread
    def preview(request: Req, data: JSONBody[Changes]) -> TermsPreview:
        by = speaker(office, request).by
        _supervisor(by)
        with office.look(by) as tx:
            valid_from = beginning(data.valid_from, office.clock.now())
            version, before = _holding(tx, kind, valid_from)
            after = _changed(kind, before, data)
        was, will = msgspec.to_builtins(before), msgspec.to_builtins(after)
        found = tuple(Difference(name, was[name], will[name]) for name in was if was[name] != will[name])
        return TermsPreview(version, valid_from, found)

    @post(f"/{kind.word}/versions", status_code=201, operation_id=f"publish_{kind.word}",
          summary=f"Publish a version of the {kind.word}; for the supervisor")  # fmt: skip
    async def publish(request: Req, data: JSONBody[Changes], key: IdempotencyKey = None) -> Response[Published]:
        by = await who(office, request)
        _supervisor(by.by)

        def run(tx: Tx, at: datetime) -> bytes:
            valid_from = beginning(data.valid_from, at)
            _, before = _holding(tx, kind, valid_from)
            version = errands.publish_terms(
                tx, _changed(kind, before, data), valid_from, by.by, reason(data.why), at, seen=data.seen
            )
            return msgspec.json.encode(Published(version))

        body = await change(office, request, by, run, key, data)
        await to_thread.run_sync(_renew, office)
        return http.encoded(body, Published, 201)

    return [versions, preview, publish]


def _renew(office: Office) -> None:
    with office.database.read() as tx:
        office.house.read_terms_again(tx, office.clock.now())


def _holding(tx: Tx, kind: Kind, at: datetime) -> tuple[str, Any]:
    found = shelf.holding(tx, kind.word, at)
    return (FIRST, kind.first) if found is None else (found[0], msgspec.json.decode(found[1], type=type(kind.first)))


def _doc(office: Office, kind: Kind, version: str) -> bytes:
    with office.database.read() as tx:
        found = shelf.doc(tx, kind.word, version[:20])
    if found is None and version == FIRST:
        return msgspec.json.encode(kind.first)
    if found is None:
        raise Refused("not_found", "missing")
    return found


def _changed(kind: Kind, before: Any, data: Changes) -> Any:
    """The terms with these changes; `Refused` names the first field that does not fit, or says that nothing differs."""
    for name in data.changes:
        if name == "version" or name not in before.__struct_fields__:
            raise forms.unknown(name)
    wanted = forms.convert(type(before), msgspec.to_builtins(before) | data.changes)
    form = {name: part for name, part in terms_form.parts(type(before)).items() if name in data.changes}
    typed = {
        name: text
        for part in form.values()
        for name, text in terms_form.spread(part, getattr(wanted, part.name)).items()
    }
    after, wrong = terms_form.read(before, before, form, typed, kind.misfits)  # the bounds of the page
    wrong += [terms_form.misfit(name) for name in data.changes if getattr(after, name) != getattr(wanted, name)]
    if wrong:
        raise wrong[0]
    if after == before:
        raise Refused("nothing_changes", "invalid")
    return after


def _supervisor(by: By) -> None:
    if by.role is not Role.SUPERVISOR:
        raise Refused("not_your_role", "forbidden", role=by.role)
