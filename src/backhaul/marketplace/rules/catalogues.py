"""The catalogues of reasons as versioned data: what a version may say, and what differs between two of them.

A code that was published once stays: it keeps number, group and defect, and is retired, never taken out, so that every
return and every rejection can be read for good. The order of the entries is the order in which they are offered.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from backhaul.marketplace.rules.versions import Fault
from backhaul.marketplace.rules.words import (
    LANGUAGES,
    REASONS,
    REJECTIONS,
    ReasonGroup,
    RejectionReason,
    ReturnReason,
)

CODE = re.compile(r"[a-z][a-z0-9_]{2,39}")
ENTRIES_MAX = 100
NAME_CHARACTERS_MAX = 120
HINT_CHARACTERS_MAX = 300
COMMENT_CHARACTERS_MAX = 1_000
NUMBER_MAX = 9_999
FAULTS_MAX = 50
FIRST_NUMBERS = {ReasonGroup.FIT: 101, ReasonGroup.DEFECT: 201, ReasonGroup.MISGRADING: 301, ReasonGroup.DAMAGE: 401}
# What a code means to money and to other systems, for good.
MEANING = ("number", "group", "is_defect")

Reason = ReturnReason | RejectionReason


class ReturnReasons(msgspec.Struct, frozen=True):
    """A version of the reasons that a customer chooses from."""

    version: str
    entries: tuple[ReturnReason, ...]

    def of(self, code: str) -> ReturnReason | None:
        """The entry of a code, retired ones too."""
        return next((entry for entry in self.entries if entry.code == code), None)

    def active(self) -> list[ReturnReason]:
        """Those that can be chosen now."""
        return [entry for entry in self.entries if entry.active]


class RejectionReasons(msgspec.Struct, frozen=True):
    """A version of the reasons that a seller or moderator rejects with."""

    version: str
    entries: tuple[RejectionReason, ...]

    def of(self, code: str) -> RejectionReason | None:
        """The entry of a code, retired ones too."""
        return next((entry for entry in self.entries if entry.code == code), None)

    def active(self) -> list[RejectionReason]:
        """Those that can be chosen now."""
        return [entry for entry in self.entries if entry.active]


Catalogue = ReturnReasons | RejectionReasons

SEED_REASONS = ReturnReasons("1", tuple(REASONS.values()))
SEED_REJECTIONS = RejectionReasons("1", tuple(REJECTIONS.values()))
# By the kind of the terms: what came with the product.
CATALOGUES: dict[str, Catalogue] = {"return_reasons": SEED_REASONS, "rejection_reasons": SEED_REJECTIONS}


class Difference(msgspec.Struct, frozen=True):
    """What two versions say otherwise of a code; `added` and `place` are of the entry itself."""

    code: str
    field: str
    before: Any
    after: Any


def numbered(catalogue: Catalogue) -> Catalogue:
    """Entries without a number get the next one that nobody has: of their group, where there are groups."""
    taken = {entry.number for entry in catalogue.entries}
    entries: list[Any] = []
    for entry in catalogue.entries:
        if entry.number:
            entries.append(entry)
            continue
        first = FIRST_NUMBERS[entry.group] if isinstance(entry, ReturnReason) else min(taken - {0}, default=1)
        number = next(n for n in range(first, first + NUMBER_MAX) if n not in taken)
        taken.add(number)
        entries.append(replace(entry, number=number))
    return replace(catalogue, entries=tuple(entries))


def faults(catalogue: Catalogue, published: Sequence[Catalogue], photos_max: int) -> list[Fault]:
    """Why this version cannot follow those that were published; none: it can."""
    entries: Sequence[Reason] = catalogue.entries
    found = [fault for entry in entries for fault in _of_entry(entry, photos_max)]
    found += [Fault("code_twice", code, {"code": code}) for code in _twice(entry.code for entry in entries)]
    found += [Fault("number_twice", str(n), {"number": n}) for n in _twice(entry.number for entry in entries)]
    if len(entries) > ENTRIES_MAX:
        found.append(Fault("too_many_entries", facts={"entries_max": ENTRIES_MAX}))
    found += _against_the_past({entry.code: entry for entry in entries}, published)
    if isinstance(catalogue, ReturnReasons):
        open_groups = {entry.group for entry in catalogue.active()}
        found += [
            Fault("group_empty", group, {"group": group.value}) for group in ReasonGroup if group not in open_groups
        ]
    elif not catalogue.active():
        found.append(Fault("nothing_active"))
    return found[:FAULTS_MAX]


def differences(before: Catalogue, after: Catalogue) -> list[Difference]:
    """Field by field what differs, in the order of the later version."""
    found: list[Difference] = []
    earlier: Sequence[Reason] = before.entries
    later: Sequence[Reason] = after.entries
    places = {entry.code: place for place, entry in enumerate(earlier)}
    known = {entry.code: entry for entry in earlier}
    kept = [entry.code for entry in later if entry.code in known]
    moved = kept != [entry.code for entry in earlier if entry.code in set(kept)]
    for place, entry in enumerate(later):
        other = known.get(entry.code)
        if other is None:
            found.append(Difference(entry.code, "added", None, entry))
            continue
        found += _differing(other, entry)
        if moved and places[entry.code] != place:
            found.append(Difference(entry.code, "place", places[entry.code] + 1, place + 1))
    return found


def _differing(before: Reason, after: Reason) -> list[Difference]:
    found = []
    for field in after.__struct_fields__:
        one, other = getattr(before, field), getattr(after, field)
        if isinstance(one, dict):
            found += [
                Difference(after.code, f"{field}.{language}", one.get(language, ""), other.get(language, ""))
                for language in LANGUAGES
                if one.get(language, "") != other.get(language, "")
            ]
        elif one != other:
            found.append(Difference(after.code, field, one, other))
    return found


def _of_entry(entry: Reason, photos_max: int) -> list[Fault]:
    code = entry.code[:40]
    about: dict[str, str | int] = {"code": code}
    found = [] if CODE.fullmatch(entry.code) else [Fault("code_invalid", code, about)]
    if not 1 <= entry.number <= NUMBER_MAX:
        found.append(Fault("number_out_of_range", code, {**about, "number_max": NUMBER_MAX}))
    for language in LANGUAGES:
        name, hint = entry.names.get(language, "").strip(), entry.hints.get(language, "").strip()
        here: dict[str, str | int] = {**about, "language": language}
        if not name:
            found.append(Fault("name_missing", f"{code}:{language}", here))
        if len(name) > NAME_CHARACTERS_MAX:
            found.append(Fault("name_too_long", f"{code}:{language}", {**here, "characters_max": NAME_CHARACTERS_MAX}))
        if not hint and any(text.strip() for text in entry.hints.values()):
            found.append(Fault("hint_missing", f"{code}:{language}", here))
        if len(hint) > HINT_CHARACTERS_MAX:
            found.append(Fault("hint_too_long", f"{code}:{language}", {**here, "characters_max": HINT_CHARACTERS_MAX}))
    if {*entry.names, *entry.hints} - set(LANGUAGES):
        found.append(Fault("language_unknown", code, about))
    if isinstance(entry, ReturnReason) and not 0 <= entry.photos_min <= photos_max:
        found.append(Fault("photos_out_of_range", code, {**about, "photos_max": photos_max}))
    if isinstance(entry, RejectionReason) and not 0 <= entry.characters_min <= COMMENT_CHARACTERS_MAX:
        found.append(Fault("comment_out_of_range", code, {**about, "characters_max": COMMENT_CHARACTERS_MAX}))
    return found


def _against_the_past(entries: dict[str, Reason], published: Sequence[Catalogue]) -> list[Fault]:
    past: dict[str, Reason] = {entry.code: entry for version in published for entry in version.entries}
    found = []
    for code, before in past.items():
        after = entries.get(code)
        if after is None:
            found.append(Fault("code_gone", code, {"code": code}))
        elif any(getattr(before, name, None) != getattr(after, name, None) for name in MEANING):
            found.append(Fault("meaning_changed", code, {"code": code}))
    return found


def _twice(values: Iterable[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]
