"""Photos of a return that were seen before, for people to judge: staff see where, its seller only that they were."""

from datetime import datetime

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.seen_photos import SEEN_MAX, SeenPhoto
from backhaul.marketplace import queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.places import Place
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role

STAFF = frozenset({Role.MODERATOR, Role.SUPPORT})
READERS = STAFF | {Role.SELLER}


class Elsewhere(msgspec.Struct, frozen=True):
    """Where a photo was seen, too. `same_customer`: in another shipment of the one who asks here."""

    return_id: int
    return_number: str
    customer_ref: str
    photo: str
    same_customer: bool


class SeenPhotoView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A photo that another return shows, too: the same file, or `agrees_pct` of the picture. It proves nothing by itself."""

    photo: str
    same: bool
    agrees_pct: int
    found_at: datetime
    elsewhere: Elsewhere | None = None


class FoundView(msgspec.Struct, frozen=True):
    """The same for a list: in which return, whose customer is which."""

    return_id: int
    return_number: str
    customer_ref: str
    seen: SeenPhotoView


def of_return(tx: Tx, it: Return, by: By) -> list[SeenPhotoView]:
    """What this reader is told; nothing to customers and points."""
    if by.role not in READERS:
        return []
    mine = queries.shown_photos(it, by)
    found = [one for one in t.book.seen.of_case(tx, it.id) if one.photo in mine]
    if by.role is Role.SELLER:
        best: dict[str, SeenPhoto] = {}
        for one in sorted(found, key=lambda one: (one.same, one.agrees_pct)):
            best[one.photo] = one
        return [_told(one, None) for one in sorted(best.values(), key=lambda one: one.photo)]
    others = {other.id: other for other in queries.by_ids(tx, sorted({one.other_case_id for one in found}))}
    pairs = [(one, _elsewhere(it, others.get(one.other_case_id), one, by)) for one in found]
    return [_told(one, elsewhere) for one, elsewhere in pairs if elsewhere is not None]


def newest(tx: Tx, by: By, before: Place, most: int = SEEN_MAX) -> tuple[list[FoundView], Place | None]:
    """What was found last in all returns, for staff; and where more stands."""
    rows = t.book.seen.newest(tx, before.bound_us, before.id, most + 1)
    ids = {case for one in rows[:most] for case in (one.case_id, one.other_case_id)}
    returns = {it.id: it for it in queries.by_ids(tx, sorted(ids))}
    found = []
    for one in rows[:most]:
        it = returns.get(one.case_id)
        elsewhere = None if it is None else _elsewhere(it, returns.get(one.other_case_id), one, by)
        if it is not None and elsewhere is not None and concerns(it, by):
            found.append(FoundView(it.id, it.number, it.customer_ref, _told(one, elsewhere)))
    last = rows[most - 1] if len(rows) > most else None
    return found, None if last is None else Place(to_us(last.found_at), last.case_id)


def _elsewhere(it: Return, other: Return | None, one: SeenPhoto, by: By) -> Elsewhere | None:
    """None where this reader would not find the other photo: a draft, or a return that shows it no more."""
    if other is None or not concerns(other, by) or one.other_photo not in queries.shown_photos(other, by):
        return None
    same_customer = other.customer_ref == it.customer_ref
    return Elsewhere(other.id, other.number, other.customer_ref, one.other_photo, same_customer)


def _told(one: SeenPhoto, elsewhere: Elsewhere | None) -> SeenPhotoView:
    return SeenPhotoView(one.photo, one.same, one.agrees_pct, one.found_at, elsewhere)
