"""Photos of a unit that were seen before, for people to judge: supervisors see where, its seller only that they were."""

from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.seen_photos import EVER_US, SEEN_MAX, SeenPhoto
from backhaul.partner import queries
from backhaul.partner import tables as t
from backhaul.partner.rules.around import By
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Role

READERS = frozenset({Role.SELLER, Role.SUPERVISOR})


class Elsewhere(msgspec.Struct, frozen=True):
    """Where a photo was seen, too."""

    parcel_id: int
    parcel_number: str
    photo: str


class SeenPhotoView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A photo that another unit shows, too: the same file, or `agrees_pct` of the picture. It proves nothing by itself."""

    photo: str
    same: bool
    agrees_pct: int
    found_at: datetime
    elsewhere: Elsewhere | None = None


class FoundView(msgspec.Struct, frozen=True):
    """The same for a list, with its unit."""

    parcel_id: int
    parcel_number: str
    seen: SeenPhotoView


def of_parcel(tx: Tx, it: Parcel, by: By) -> list[SeenPhotoView]:
    """What this reader is told; nothing to inspectors, who may have to judge without having seen others' work."""
    if by.role not in READERS:
        return []
    mine = queries.shown_photos(it, by)
    found = [one for one in t.book.seen.of_case(tx, it.id) if one.photo in mine]
    if by.role is Role.SELLER:
        best: dict[str, SeenPhoto] = {}
        for one in sorted(found, key=lambda one: (one.same, one.agrees_pct)):
            best[one.photo] = one
        return [_told(one, None) for one in sorted(best.values(), key=lambda one: one.photo)]
    others = _parcels(tx, {one.other_case_id for one in found})
    pairs = [(one, _elsewhere(others.get(one.other_case_id), one, by)) for one in found]
    return [_told(one, elsewhere) for one, elsewhere in pairs if elsewhere is not None]


def with_files(tx: Tx, it: Parcel, by: By) -> dict[str, Any]:
    """For the page of a unit: what was seen before, and which of its files and of those elsewhere are deleted."""
    seen = of_parcel(tx, it, by)
    elsewhere = {one.elsewhere.photo for one in seen if one.elsewhere is not None}
    files = queries.shown_photos(it, by) | queries.shown_videos(it) | elsewhere
    return {"seen_photos": seen, "deleted": t.book.deleted(tx, files)}


def newest(tx: Tx, by: By, before: tuple[int, int] = (EVER_US, EVER_US),
           most: int = SEEN_MAX) -> tuple[list[FoundView], str]:  # fmt: skip
    """What was found last in all units, for supervisors; and where more stands, empty when nowhere."""
    rows = t.book.seen.newest(tx, *before, most + 1)
    parcels = _parcels(tx, {case for one in rows[:most] for case in (one.case_id, one.other_case_id)})
    found = []
    for one in rows[:most]:
        it, elsewhere = parcels.get(one.case_id), _elsewhere(parcels.get(one.other_case_id), one, by)
        if it is not None and elsewhere is not None:
            found.append(FoundView(it.id, it.number, _told(one, elsewhere)))
    last = rows[most - 1] if len(rows) > most else None
    return found, "" if last is None else f"{to_us(last.found_at)}-{last.case_id}"


def place(text: str) -> tuple[int, int]:
    """Where a list went on to, as it came from outside; nonsense is the start."""
    bound, _, number = text.partition("-")
    if all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (bound, number)):
        return int(bound), int(number)
    return EVER_US, EVER_US


def _parcels(tx: Tx, ids: set[int]) -> dict[int, Parcel]:
    return {it.id: it for it in queries.by_ids(tx, sorted(ids))}


def _elsewhere(other: Parcel | None, one: SeenPhoto, by: By) -> Elsewhere | None:
    """None where the other unit shows the photo no more."""
    if other is None or one.other_photo not in queries.shown_photos(other, by):
        return None
    return Elsewhere(other.id, other.number, one.other_photo)


def _told(one: SeenPhoto, elsewhere: Elsewhere | None) -> SeenPhotoView:
    return SeenPhotoView(one.photo, one.same, one.agrees_pct, one.found_at, elsewhere)
