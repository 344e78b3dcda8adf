"""What people do in the orphan bay. Each runs inside the desk's transaction; a match moves the unit in the same one."""

from datetime import datetime

from msgspec.structs import replace

from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk
from backhaul.kit.machine import Refused
from backhaul.partner import inspection_store, orphan_store, queries, store
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules import orphans as o
from backhaul.partner.rules.around import By
from backhaul.partner.rules.decisions import decide as decide_parcel
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Terms
from backhaul.partner.rules.words import Status


def register(tx: Tx, form: o.Register, by: By, terms: Terms, at: datetime, request_id: str = "") -> o.Orphan:
    """A parcel without a known code, with photos that its giver uploaded."""
    if not queries.has_photos(tx, by, form.photos):
        raise Refused("photos_unknown", "invalid", "photos")
    it = orphan_store.insert(tx, form, by, at, terms.policy, request_id)
    inspection_store.keep_orphan_photos(tx, it.id, it.photos, terms.policy)
    return it


def act(tx: Tx, desk: Desk[Parcel], orphan_id: int, command: o.Command, by: By, terms: Terms, at: datetime,  # noqa: PLR0913 -- where, what, who, when, and the two of every door
        seen: int | None = None, request_id: str = "") -> o.Orphan:  # fmt: skip
    """One command to one orphan; `seen` is the version that its giver looked at."""
    it, head = orphan_store.load(tx, orphan_id)
    events = o.decide(it, command, by.role, at, terms.policy)
    if seen is not None and seen != it.version:
        raise Refused("version_conflict", version=it.version, seen=seen)
    if isinstance(command, o.Match):
        unit = _arrive(tx, desk, it, command.parcel_id, by, terms, at, request_id)
        events = [o.Matched(unit.id, unit.number, at)]
    return orphan_store.save(tx, it, head, events, by, at, request_id)


def _arrive(tx: Tx, desk: Desk[Parcel], it: o.Orphan, parcel_id: int, by: By, terms: Terms, at: datetime,
            request_id: str) -> Parcel:  # fmt: skip
    """The expected unit arrives as what lay in the bay. The claim is when it was registered, our receipt is now (D8).

    So the seller's days begin when the seller can see the unit. Identity was never checked: the gate check is due.
    """
    found = store.load(tx, [parcel_id], lock=True).get(parcel_id)
    if found is None:
        raise Refused("unknown_parcel", "invalid", "parcel_id")
    unit, head = found
    if unit.status is not Status.EXPECTED:
        raise Refused("parcel_is_here", "conflict", "parcel_id", parcel=unit.number, status=unit.status)
    scan = do.Arrive(it.warehouse, to_us(it.registered_at), None, hazard=it.hazard, photos=it.photos, shelf=it.shelf)
    around = replace(desk.house.surroundings(tx, [unit])(unit), photo_key="")  # its photos are those of the bay
    events = decide_parcel(unit, scan, by, at, terms, around)
    happened = [_as_orphan(event, it) for event in events]
    change = desk.change(unit, unit.id, head, [(event, by, at) for event in happened], at, request_id)
    desk.write(tx, [change])
    return change.after


def _as_orphan(event: e.Any, it: o.Orphan) -> e.Any:
    if isinstance(event, e.Arrived):
        return replace(event, orphan=it.number, weight_gram=it.weight_gram)
    return event
