"""What differs between two published versions of terms, who published them and why: the page that both houses have for it."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from backhaul.kit import http, terms_form
from backhaul.kit.database import Database, Tx
from backhaul.kit.machine import Refused
from backhaul.kit.publication import Publication, Req, key_label, shown
from backhaul.kit.terms import Version

FIRST = "1"


class Looks(Protocol):
    """What of an office this page needs."""

    @property
    def database(self) -> Database: ...


class Difference(msgspec.Struct, frozen=True):
    """A value of two versions in its reader's language."""

    name: str
    key: str
    key_label: str
    was: str
    becomes: str


def routes(office: Looks, it: Publication) -> list[Any]:
    """The handler of the versions of one publication."""

    @get(f"{it.path}/versions/{{version:str}}", include_in_schema=False)
    @http.in_thread
    def differences(request: Req, version: FromPath[str]) -> Response[Any]:
        who = it.who(request)
        with office.database.read() as tx:
            versions = it.shelf.versions(tx, it.kind)
            against = chosen(versions, version, request.query_params.get("against", ""))
            one, other = (document(tx, it, name) for name in (against, version))
        known = {shelved.version: shelved for shelved in versions}
        return it.draw(
            request,
            who,
            "terms_differences.html",
            here=f"{it.path}/versions/{version}?against={against}",
            section=it.path,
            it=it,
            version=version,
            against=against,
            sides=[(name, known.get(name)) for name in (against, version)],
            others=[name for name in [*known, FIRST] if name != version],
            rows=differing(it, one, other, who.language),
        )

    return [differences]


def chosen(versions: Sequence[Version], version: str, against: str) -> str:
    """The version to compare with: the one that was asked for, else the one that held before. `Refused` for one that is none."""
    names = [*(one.version for one in versions), FIRST]
    if version not in names:
        raise Refused("not_found", "missing")
    if against and against not in names:
        raise Refused("not_found", "missing")
    return against or names[min(names.index(version) + 1, len(names) - 1)]


def document(tx: Tx, it: Publication, version: str) -> Any:
    """A version as it was published, or as the product came."""
    doc = it.shelf.doc(tx, it.kind, version)
    return it.first if doc is None else it.decode(doc)


def differing(it: Publication, before: Any, after: Any, language: str) -> list[Difference]:
    """All that differs, a row of a table by itself."""
    form = it.form()
    return [
        Difference(
            name, key, key_label(it, name, key, language), *(shown(form[name], text, language) for text in said)
        )
        for name, key, *said in terms_form.differences(before, after, form)
    ]  # fmt: skip
