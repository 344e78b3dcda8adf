"""How support publishes terms, whatever they are: look at what is in force, see what differs, say why, publish."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile

from backhaul.kit import http, terms_pages
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.terms_form import MOMENT_FORM
from backhaul.kit.terms_pages import publish_once
from backhaul.kit.versions import reason
from backhaul.marketplace import access, texts, version_texts
from backhaul.marketplace.doors import Req, Visitor, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.versions import Draft, Fault
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.tables import shelf

LABELS: Mapping[str, str] = {**terms_pages.LABELS, "version": N_("Version")}
# What the forms of every kind carry besides the values themselves.
COMMON = ("version", "valid_from", "why", "seen")

Values = dict[str, str]


class Shown(msgspec.Struct, frozen=True):
    """What a page draws besides its kind's own: the refusal with what was typed, if there is one."""

    refused: Refused | None = None
    values: Values = msgspec.field(default_factory=dict)


class Sheet(Protocol):
    """A kind of terms and its two pages."""

    path: str
    kind: str
    labels: Mapping[str, str]

    def draft(self, tx: Tx, values: Values, at: datetime) -> Draft:
        """What the form describes; `Refused` names what does not fit. Only reads."""

    def publish(self, tx: Tx, draft: Draft, by: By, at: datetime) -> None:
        """Write it."""

    def draw(self, request: Req, who: Visitor, shown: Shown) -> Response[str]:
        """The version in force, the form that changes it, every version so far."""

    def draw_preview(self, request: Req, who: Visitor, draft: Draft, values: Values) -> Response[str]:
        """What would differ, before anybody confirms."""


def routes(office: Office, sheet: Sheet) -> list[Any]:
    """The handlers of a kind: the page, the preview, the publishing."""

    @get(sheet.path, include_in_schema=False)
    @http.in_thread
    def look(request: Req) -> Response[Any]:
        return sheet.draw(request, support(office, request), Shown())

    @post(f"{sheet.path}/preview", include_in_schema=False)
    async def preview(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(support, office, request)
        values = await read_values(request)

        def drawn() -> Response[str]:
            try:
                with office.look(who.by) as tx:
                    draft = sheet.draft(tx, values, office.clock.now())
                return sheet.draw_preview(request, who, draft, values)
            except Refused as refused:
                return sheet.draw(request, who, Shown(refused, values))

        return await to_thread.run_sync(drawn)

    @post(sheet.path, include_in_schema=False)
    async def publish(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(support, office, request)
        values = await read_values(request)

        def write(tx: Tx, at: datetime) -> None:
            sheet.publish(tx, sheet.draft(tx, values, at), who.by, at)

        try:
            await publish_once(office, write, access.Known(who.by), values, office.read_terms_again)
        except Refused as refused:
            return await to_thread.run_sync(sheet.draw, request, who, Shown(refused, values))
        return http.see_other(sheet.path)

    return [look, preview, publish]


def support(office: Office, request: Req) -> Visitor:
    """The visitor, when it is support."""
    who = visitor(office, request)
    if who.by.role is not Role.SUPPORT:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


async def read_values(request: Req) -> Values:
    """A form's texts. A file is its text; what is no text has replacement characters, and reading it says so."""
    values: Values = {}
    for name, value in (await request.form()).items():
        if isinstance(value, UploadFile):
            values[name] = (await value.read()).decode("utf-8-sig", "replace") if value.filename else ""
        else:
            values[name] = str(value)
    return values


def draft_of(document: object, values: Values, valid_from: datetime) -> Draft:
    """A form's version with what every kind has."""
    return Draft(document, valid_from, reason(values.get("why", "")), values.get("version", "").strip(),
                 values.get("seen", ""))  # fmt: skip


def listing(tx: Tx, kind: str, version: str, now: datetime) -> dict[str, Any]:
    """What every page of a kind shows of its versions; `version` is that in force."""
    return {
        "version": version,
        "versions": shelf.listing(tx, kind, version, now),
        "seen": str(shelf.count(tx, kind)),
    }


def told(shown: Shown, who: Visitor, begins: datetime, labels: Mapping[str, str]) -> dict[str, Any]:
    """The refusal in words with its faults, and what was typed; `begins` is proposed where nothing was."""
    refused = shown.refused
    return {
        "values": shown.values,
        "valid_from": shown.values.get("valid_from", begins.astimezone(MOSCOW).strftime(MOMENT_FORM)),
        "wrong": (refused.field or "") if refused else "",
        "sentence": http.explain(refused, who.language, texts.REFUSALS, {**LABELS, **labels}) if refused else "",
        "faults": faults_of(refused, who.language) if refused else [],
    }


def faults_of(refused: Refused, language: str) -> list[str]:
    """Every fault of a version as a sentence."""
    found = refused.facts.get("faults")
    faults = [one for one in found if isinstance(one, Fault)] if isinstance(found, list) else []
    return [version_texts.sentence(fault, language) for fault in faults]


def status_of(shown: Shown) -> int:
    """The page's status."""
    return http.STATUS_BY_KIND[shown.refused.kind] if shown.refused else 200


def carried(values: Values, names: tuple[str, ...]) -> Values:
    """What the preview's form sends on."""
    return {name: values[name] for name in (*names, *COMMON) if name in values}
