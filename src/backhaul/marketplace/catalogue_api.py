"""API v1 of the catalogues: what can be chosen, every version, trying one, publishing it."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.versions import beginning
from backhaul.marketplace import catalogue_files, publications, term_queries
from backhaul.marketplace.doors import IdempotencyKey, Req, bearer
from backhaul.marketplace.office import Office
from backhaul.marketplace.reason_names import hint_of, name_of, named
from backhaul.marketplace.rules.catalogues import CATALOGUES, Catalogue, differences, numbered
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.versions import Draft
from backhaul.marketplace.terms_doors import Published, VersionView, publish, seen_of, support, told, versions_of

KINDS = {"return-reasons": "return_reasons", "rejection-reasons": "rejection_reasons"}


class ReasonView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reason that can be chosen, in the reader's language."""

    code: str
    number: int
    name: str
    hint: str = ""
    group: str = ""
    is_defect: bool | None = None
    comment_required: bool = False
    photos_min: int = 0
    characters_min: int = 0


class ReasonsView(msgspec.Struct, frozen=True):
    """The reasons in force, in the order in which they are offered."""

    version: str
    reasons: tuple[ReasonView, ...]


class CatalogueView(msgspec.Struct, frozen=True):
    """A version of a catalogue in full, retired reasons too, in the form in which one is published."""

    version: str
    entries: tuple[dict[str, Any], ...]


class CatalogueWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A catalogue to look at or to publish: all of its entries. `seen`: how many versions there were when you looked."""

    valid_from: datetime
    entries: tuple[dict[str, Any], ...]
    why: str = ""
    seen: int | None = None


class DifferenceView(msgspec.Struct, frozen=True):
    """A field of an entry before and after; `added` has the whole entry."""

    code: str
    field: str
    before: Any
    after: Any


class CataloguePreview(msgspec.Struct, frozen=True):
    """What the catalogue changes."""

    valid_from: datetime
    replaces: str
    changes: tuple[DifferenceView, ...]


def handlers(office: Office) -> list[Any]:
    """The handlers of the catalogues."""

    @get("/catalogues/{name:str}", summary="The reasons that can be chosen now: return-reasons or rejection-reasons")
    @http.in_thread
    def reasons(request: Req, name: FromPath[str]) -> ReasonsView:
        bearer(office, request)
        catalogue, language = _in_force(office.house.terms, _kind(name)), http.language_of(request)
        views = []
        for entry in catalogue.active():
            own = {f: getattr(entry, f) for f in entry.__struct_fields__ if f not in {"names", "hints", "active"}}
            views.append(ReasonView(**own, name=name_of(entry, language), hint=hint_of(entry, language)))
        return ReasonsView(catalogue.version, tuple(views))

    @get("/catalogues/{name:str}/versions", summary="Every version of a catalogue, the newest first")
    @http.in_thread
    def versions(request: Req, name: FromPath[str]) -> list[VersionView]:
        support(office, request)
        kind = _kind(name)
        return versions_of(office, kind, _in_force(office.house.terms, kind).version, CATALOGUES[kind].version)

    @get("/catalogues/{name:str}/versions/{version:str}", summary="One version of a catalogue in full")
    @http.in_thread
    def one(request: Req, name: FromPath[str], version: FromPath[str]) -> CatalogueView:
        by = support(office, request)
        with office.look(by) as tx:
            found = term_queries.catalogue(tx, _kind(name), version)
        if found is None:
            raise Refused("not_found", "missing")
        return CatalogueView(found.version, tuple(msgspec.to_builtins(named(found).entries)))

    return [reasons, versions, one, *_publishing(office)]


def _publishing(office: Office) -> list[Any]:
    @post("/catalogues/{name:str}/preview", status_code=200, summary="What a catalogue changes",
          description="Reads only. Every fault of the catalogue is named in `faults`.")  # fmt: skip
    @http.in_thread
    def preview(request: Req, name: FromPath[str], data: JSONBody[CatalogueWanted]) -> CataloguePreview:
        by = support(office, request)
        kind, at = _kind(name), office.clock.now()
        valid_from = beginning(data.valid_from, at)

        def look() -> CataloguePreview:
            wanted = _built(kind, data)
            with office.look(by) as tx:
                photos_max = term_queries.policy_at(tx, at).photos_max
                publications.check_catalogue(tx, kind, wanted, valid_from, photos_max)
                before = term_queries.catalogue_at(tx, kind, valid_from)
            changes = differences(named(before), wanted)
            views = tuple(DifferenceView(one.code, one.field, one.before, one.after) for one in changes)
            return CataloguePreview(valid_from, before.version, views)

        return told(request, look)

    @post("/catalogues/{name:str}", status_code=201, summary="Publish a version of a catalogue")
    async def put(request: Req, name: FromPath[str], data: JSONBody[CatalogueWanted],
                      key: IdempotencyKey = None) -> Response[Published]:  # fmt: skip
        kind = _kind(name)

        def draft_of(_: Tx) -> Draft:
            return Draft(_built(kind, data), data.valid_from, data.why, seen=seen_of(data.seen))

        return await publish(office, request, kind, draft_of, key, data)

    return [preview, put]


def _built(kind: str, data: CatalogueWanted) -> Catalogue:
    return numbered(catalogue_files.built(kind, list(data.entries)))


def _kind(name: str) -> str:
    if name not in KINDS:
        raise Refused("not_found", "missing")
    return KINDS[name]


def _in_force(terms: Terms, kind: str) -> Catalogue:
    found: Catalogue = terms.reasons if kind == "return_reasons" else terms.rejections
    return found
