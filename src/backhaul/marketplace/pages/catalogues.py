"""Support's catalogues of reasons: change, add, retire and order them in a form, see what differs, publish."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.i18n import LANGUAGES, N_
from backhaul.kit.machine import Refused
from backhaul.kit.terms_pages import beginning_of, form_token
from backhaul.marketplace import catalogue_files, publications, term_queries, texts, version_texts
from backhaul.marketplace.doors import Req, Visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages import publishing
from backhaul.marketplace.pages.publishing import Shown, Values
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.reason_names import name_of, named
from backhaul.marketplace.rules.catalogues import (
    Catalogue,
    Difference,
    Reason,
    RejectionReasons,
    ReturnReasons,
    differences,
    numbered,
)
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.versions import Draft
from backhaul.marketplace.tables import shelf

PATH = "/support/catalogues"
TITLES = {"return_reasons": N_("Return reasons"), "rejection_reasons": N_("Rejection reasons")}
ROWS_MAX = 101
YES, NO = N_("Yes"), N_("No")


class CatalogueSheet:
    """One catalogue as a kind of terms."""

    labels: Mapping[str, str] = version_texts.FIELDS

    def __init__(self, office: Office, kind: str) -> None:
        self.office, self.kind = office, kind
        self.path = f"{PATH}/{kind.replace('_', '-')}"

    def draft(self, tx: Tx, values: Values, at: datetime) -> Draft:
        """The catalogue that the form describes."""
        valid_from = beginning_of(values.get("valid_from", ""), at)
        wanted = numbered(catalogue_files.built(self.kind, rows_of(values)))
        draft = publishing.draft_of(wanted, values, valid_from)
        policy = term_queries.policy_at(tx, at)
        publications.check_catalogue(tx, self.kind, wanted, valid_from, policy.photos_max)
        if not differences(named(term_queries.catalogue_at(tx, self.kind, valid_from)), wanted):
            raise Refused("nothing_changes", "invalid")
        return draft

    def publish(self, tx: Tx, draft: Draft, by: By, at: datetime) -> None:
        """Write it."""
        publications.publish(tx, self.kind, draft, by, at)

    def draw(self, request: Req, who: Visitor, shown: Shown) -> Response[str]:
        """The latest catalogue as a form, in force or coming: the next version follows it. And every version so far."""
        now, holds = self.office.clock.now(), in_force(self.office.house.terms, self.kind)
        with self.office.look(who.by) as tx:
            listed = publishing.listing(tx, self.kind, holds.version, now)
            catalogue, begins = term_queries.latest_catalogue(tx, self.kind)
        kept = rows_of(shown.values) if shown.values else catalogue_files.rows(named(catalogue))
        kept = [{**_blank(number), **row} for number, row in enumerate(kept)]
        return page(
            request,
            "catalogue.html",
            who,
            publishing.status_of(shown),
            here=PATH,
            section=PATH,
            action=self.path,
            kind=self.kind,
            title=TITLES[self.kind],
            rows=[*kept, _blank(len(kept))],
            known={entry.code: name_of(entry, who.language) for entry in catalogue.entries},
            form_languages=LANGUAGES,
            field_names=version_texts.FIELDS,
            coming=(catalogue.version, begins) if begins > now else None,
            **listed,
            **publishing.told(shown, who, max(now, begins), self.labels),
        )

    def draw_preview(self, request: Req, who: Visitor, draft: Draft, values: Values) -> Response[str]:
        """What would differ, before anybody confirms."""
        wanted = draft.document
        if not isinstance(wanted, ReturnReasons | RejectionReasons):
            raise TypeError(wanted)
        with self.office.look(who.by) as tx:
            before = named(term_queries.catalogue_at(tx, self.kind, draft.valid_from))
            later = shelf.next_after(tx, self.kind, draft.valid_from)
        names = {entry.code: name_of(entry, who.language) for entry in wanted.entries}
        return page(
            request,
            "catalogue_preview.html",
            who,
            here=PATH,
            section=PATH,
            action=self.path,
            title=TITLES[self.kind],
            rows=[(names[one.code], *row) for one in differences(before, wanted) for row in worded(one)],
            values={**publishing.carried(values, ()), "document": catalogue_files.as_json(wanted).decode()},
            valid_from=draft.valid_from,
            why=draft.why,
            later=later,
            form_token=form_token(self.office),
        )


def routes(office: Office) -> list[Any]:
    """The handlers of the catalogues' pages."""

    @get(PATH, include_in_schema=False)
    @http.in_thread
    def both(request: Req) -> Response[Any]:
        who = publishing.support(office, request)
        listed = [(f"{PATH}/{kind.replace('_', '-')}", title, in_force(office.house.terms, kind))
                  for kind, title in TITLES.items()]  # fmt: skip
        return page(request, "catalogues.html", who, catalogues=listed)

    sheets = [handler for kind in TITLES for handler in publishing.routes(office, CatalogueSheet(office, kind))]
    return [both, *sheets]


def in_force(terms: Terms, kind: str) -> Catalogue:
    """The catalogue of a kind that holds now."""
    return terms.reasons if kind == "return_reasons" else terms.rejections


def rows_of(values: Values) -> list[dict[str, Any]]:
    """The rows of a form in the order of their places, or of the document that a preview carries. Nothing is checked."""
    if "document" in values:
        return catalogue_files.rows_in(values["document"].encode("utf-8", "replace"))
    found = []
    for number in range(ROWS_MAX):
        if f"{number}-code" not in values:
            break
        row = _row(values, f"{number}-")
        if row["code"]:
            found.append(row)
    return [row for _, row in sorted(enumerate(found), key=lambda one: (_place(one[1]["place"]), one[0]))]


def worded(one: Difference) -> list[tuple[str, str, str, object, object]]:
    """A difference for people: the code, the field, its language, before and after; of a new entry all that it says."""
    field, _, language = one.field.partition(".")
    if not isinstance(one.after, Reason):
        label = version_texts.FIELDS.get(field, field)
        return [(one.code, label, LANGUAGES.get(language, ""), _value(field, one.before), _value(field, one.after))]
    rows: list[tuple[str, str, str, object, object]] = []
    for name in one.after.__struct_fields__[1:]:
        label, value = version_texts.FIELDS[name], getattr(one.after, name)
        if isinstance(value, dict):
            rows += [(one.code, label, LANGUAGES.get(tongue, ""), "", text) for tongue, text in value.items()]
        else:
            rows.append((one.code, label, "", "", _value(name, value)))
    return rows


def _value(field: str, value: object) -> object:
    if isinstance(value, bool):
        return YES if value else NO
    return texts.REASON_GROUPS.get(str(value), value) if field == "group" else value


def _row(values: Values, prefix: str) -> dict[str, Any]:
    """One entry as it was typed; what the form's own kind has not is left out when it is built."""
    row: dict[str, Any] = {
        name: values.get(f"{prefix}{name}", "").strip()
        for name in ("code", "number", "group", "photos_min", "characters_min", "place")
    }
    row |= {name: values.get(f"{prefix}{name}") == "yes" for name in ("is_defect", "comment_required", "active")}
    for texts_of in ("names", "hints"):
        said = {language: values.get(f"{prefix}{texts_of}-{language}", "").strip() for language in LANGUAGES}
        row[texts_of] = {language: text for language, text in said.items() if text}
    return row


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else ROWS_MAX


def _blank(count: int) -> dict[str, Any]:
    return {
        "code": "", "number": "", "group": "", "photos_min": 0, "characters_min": 0, "place": count + 1,
        "is_defect": False, "comment_required": False, "active": True, "names": {}, "hints": {},
    }  # fmt: skip
