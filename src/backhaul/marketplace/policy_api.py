"""API v1 of the policy: its numbers in force, every version, trying a change, publishing it. For support, as its page is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from backhaul.kit import forms, http, i18n, terms_differences, terms_form
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.terms_differences import FIRST
from backhaul.kit.versions import beginning
from backhaul.marketplace import term_queries
from backhaul.marketplace.doors import IdempotencyKey, Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.policy_texts import POLICY_LABELS
from backhaul.marketplace.rules import policy_reach
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.publishing import misfits
from backhaul.marketplace.rules.versions import Draft
from backhaul.marketplace.tables import shelf
from backhaul.marketplace.terms_doors import Published, VersionView, publish, seen_of, support, versions_of

KIND = "policy"
FORM = terms_form.parts(Policy)


class PolicyNumber(msgspec.Struct, frozen=True):
    """A number of the policy and what it is."""

    value: Any
    title: str


class PolicyView(msgspec.Struct, frozen=True):
    """A version of the policy in full. `versions` is how many have been published: send it as `seen`."""

    version: str
    versions: int
    numbers: dict[str, PolicyNumber]


class PolicyWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of the policy: the fields that become others. `seen`: how many versions there were when you looked."""

    valid_from: datetime
    changes: dict[str, Any]
    why: str = ""
    seen: int | None = None


class PolicyDifference(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number before and after. `open_returns`, in a preview: how many returns on their way it still decides about."""

    name: str
    title: str
    before: Any
    after: Any
    open_returns: int | None = None


class PolicyDifferences(msgspec.Struct, frozen=True):
    """What differs between two versions: `version` says what stands under `after`, `against` what under `before`."""

    version: VersionView
    against: VersionView
    changes: tuple[PolicyDifference, ...]


class PolicyPreview(msgspec.Struct, frozen=True):
    """What a change changes, from when, how many returns on their way go on by it, and when the version after it begins, if one does."""

    valid_from: datetime
    changes: tuple[PolicyDifference, ...]
    replaced_at: datetime | None
    open_returns: int


def handlers(office: Office) -> list[Any]:
    """The handlers of the policy."""

    @get("/policy", summary="The policy in force")
    @http.in_thread
    def in_force(request: Req) -> PolicyView:
        by = support(office, request)
        terms, language = office.house.terms, http.language_of(request)
        with office.look(by) as tx:
            count = shelf.count(tx, KIND)
        return _view(terms.policy_version, terms.policy, count, language)

    @post("/policy/preview", status_code=200, summary="What a change of the policy changes. Reads only")
    @http.in_thread
    def preview(request: Req, data: JSONBody[PolicyWanted]) -> PolicyPreview:
        by = support(office, request)
        language, valid_from = http.language_of(request), beginning(data.valid_from, office.clock.now())
        with office.look(by) as tx:
            before, after = _changed(tx, data, valid_from)
            later = shelf.next_after(tx, KIND, valid_from)
            counts = term_queries.touched(tx, before, after)
        changes = _differences(before, after, language, counts)
        return PolicyPreview(valid_from, changes, None if later is None else later.valid_from, counts[""])

    @post("/policy", status_code=201, summary="Publish a version of the policy")
    async def put(request: Req, data: JSONBody[PolicyWanted], key: IdempotencyKey = None) -> Response[Published]:
        def draft_of(tx: Tx) -> Draft:
            _, after = _changed(tx, data, beginning(data.valid_from, office.clock.now()))
            return Draft(after, data.valid_from, data.why, seen=seen_of(data.seen))

        return await publish(office, request, KIND, draft_of, key, data)

    return [in_force, *_versions(office), preview, put]


def _versions(office: Office) -> list[Any]:
    @get("/policy/versions", summary="Every version of the policy, the newest first")
    @http.in_thread
    def versions(request: Req) -> list[VersionView]:
        support(office, request)
        return versions_of(office, KIND, office.house.terms.policy_version, FIRST)

    @get("/policy/versions/{version:str}", summary="One version of the policy in full")
    @http.in_thread
    def one(request: Req, version: FromPath[str]) -> PolicyView:
        by = support(office, request)
        with office.look(by) as tx:
            doc, count = shelf.doc(tx, KIND, version), shelf.count(tx, KIND)
        if doc is None and version != FIRST:
            raise Refused("not_found", "missing")
        return _view(version, _policy(doc), count, http.language_of(request))

    @get("/policy/versions/{version:str}/differences", summary="What differs between two versions of the policy",
         description="`against` is another version; without it the one that held before. Both with who published them, when and why.")  # fmt: skip
    @http.in_thread
    def differences(request: Req, version: FromPath[str], against: FromQuery[str] = "") -> PolicyDifferences:
        by = support(office, request)
        with office.look(by) as tx:
            other = terms_differences.chosen(shelf.versions(tx, KIND), version, against)
            before, after = (_policy(shelf.doc(tx, KIND, name)) for name in (other, version))
        views = {one.version: one for one in versions_of(office, KIND, office.house.terms.policy_version, FIRST)}
        changes = _differences(before, after, http.language_of(request), {})
        return PolicyDifferences(views[version], views[other], changes)

    return [versions, one, differences]


def _policy(doc: bytes | None) -> Policy:
    """A stored version; without one, as the product came."""
    return Policy() if doc is None else term_queries.decode_policy(doc)


def _differences(
    before: Policy, after: Policy, language: str, counts: Mapping[str, int]
) -> tuple[PolicyDifference, ...]:
    return tuple(
        PolicyDifference(name, _title(name, language), getattr(before, name), getattr(after, name), counts.get(name))
        for name in policy_reach.changed(before, after)
    )


def _changed(tx: Tx, data: PolicyWanted, valid_from: datetime) -> tuple[Policy, Policy]:
    """The policy that would hold then, and the wanted one; `Refused` for the first field that does not fit."""
    for name in data.changes:
        if name not in FORM:
            raise forms.unknown(f"changes.{name}")
    before = term_queries.policy_at(tx, valid_from)
    after, wrong = terms_form.built({**msgspec.to_builtins(before), **data.changes}, before, FORM, misfits)
    for one in wrong:
        raise one
    if after == before:
        raise Refused("nothing_changes", "invalid", "changes")
    return before, after


def _title(name: str, language: str) -> str:
    return i18n.gettext(language, POLICY_LABELS[name])


def _view(version: str, policy: Policy, count: int, language: str) -> PolicyView:
    numbers = {name: PolicyNumber(getattr(policy, name), _title(name, language)) for name in FORM}
    return PolicyView(version, count, numbers)
