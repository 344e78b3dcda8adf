"""Catalogues as JSON: what a file of one holds, what a form sends, and what the API takes."""

from typing import Any

import msgspec

from backhaul.kit.machine import Refused
from backhaul.marketplace.rules.catalogues import ENTRIES_MAX, Catalogue, RejectionReasons, ReturnReasons
from backhaul.marketplace.rules.versions import Fault
from backhaul.marketplace.rules.words import ReasonGroup

# A form has the fields of both catalogues, and the place; what an entry has not is passed over.
FORM_FIELDS = {"place", "group", "is_defect", "comment_required", "photos_min", "characters_min"}
SHAPES: dict[str, type[Catalogue]] = {"return_reasons": ReturnReasons, "rejection_reasons": RejectionReasons}


def built(kind: str, rows: list[dict[str, Any]]) -> Catalogue:
    """A catalogue of rows; `Refused` names the entry that has no such shape. A missing number is given later.

    More rows than a catalogue may have are refused unread: the desk reads them too, and serves nobody else meanwhile.
    """
    if len(rows) > ENTRIES_MAX:
        fault = Fault("too_many_entries", facts={"entries_max": ENTRIES_MAX})
        raise Refused("catalogue_invalid", "invalid", faults=[fault])
    shape: Any = SHAPES[kind]
    entry = ReturnReasonRow if kind == "return_reasons" else RejectionReasonRow
    entries = []
    for number, row in enumerate(rows, start=1):
        others = FORM_FIELDS - set(entry.__struct_fields__)
        given = {name: value for name, value in row.items() if value not in ("", None) and name not in others}
        try:
            entries.append(msgspec.convert(given, entry, strict=False))
        except msgspec.ValidationError as error:
            code = str(row.get("code", ""))[:40] or str(number)
            fault = Fault("value_invalid", code, {"code": code, "reason": str(error)[:200]})
            raise Refused("catalogue_invalid", "invalid", faults=[fault]) from error
    catalogue: Catalogue = msgspec.convert({"version": "", "entries": msgspec.to_builtins(entries)}, shape)
    return catalogue


def rows(catalogue: Catalogue) -> list[dict[str, Any]]:
    """A catalogue as rows with every field; `place` is where it stands."""
    defaults = {"names": {}, "hints": {}, "comment_required": False, "photos_min": 0, "characters_min": 0, "active": True,
                "group": "", "is_defect": False}  # fmt: skip
    return [
        {**defaults, **msgspec.to_builtins(entry), "place": place}
        for place, entry in enumerate(catalogue.entries, start=1)
    ]


def as_json(catalogue: Catalogue) -> bytes:
    """A catalogue as a file to change and to publish again."""
    return msgspec.json.format(msgspec.json.encode({"entries": catalogue.entries})) + b"\n"


def rows_in(data: bytes) -> list[dict[str, Any]]:
    """The entries of a file."""
    try:
        return list(msgspec.json.decode(data, type=File).entries)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        fault = Fault("not_json", facts={"reason": str(error)[:200]})
        raise Refused("catalogue_invalid", "invalid", faults=[fault]) from error


class File(msgspec.Struct, frozen=True):
    """A file's entries, still as they were written."""

    entries: tuple[dict[str, Any], ...]


class ReasonRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What both catalogues say of a reason."""

    code: str
    number: int = 0
    names: dict[str, str] = {}
    hints: dict[str, str] = {}
    active: bool = True


class ReturnReasonRow(ReasonRow, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A return reason as it was sent."""

    group: ReasonGroup
    is_defect: bool = False
    comment_required: bool = False
    photos_min: int = 0


class RejectionReasonRow(ReasonRow, frozen=True, forbid_unknown_fields=True):
    """A rejection reason as it was sent."""

    characters_min: int = 0
