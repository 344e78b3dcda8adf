"""Photos that units come to show are to be compared; written with the change that shows them."""

from collections.abc import Collection

from backhaul.kit.database import Tx
from backhaul.kit.desk import Change
from backhaul.partner import queries
from backhaul.partner import tables as t
from backhaul.partner.rules import seen_photos as law
from backhaul.partner.rules.parcels import Parcel


def follow(tx: Tx, changes: list[Change[Parcel]]) -> None:
    """Let somebody look at the photos that came with these changes."""
    for change in changes:
        if fresh := law.compared(change.after) - law.compared(change.before):
            t.book.seen.show(tx, change.case_id, fresh, max(mark.recorded_us for _, _, mark in change.events))


def told_with(tx: Tx, parcel_id: int, others: Collection[int]) -> frozenset[int]:
    """The judge of the rounds: those of these units with which this one must not share a photo."""
    found = {it.id: it for it in queries.by_ids(tx, sorted({parcel_id, *others}))}
    here = found.get(parcel_id)
    return frozenset(it.id for it in found.values() if here is not None and law.is_told(here, it))


def photos_of(tx: Tx, parcel_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """What of these units is compared."""
    return {it.id: law.compared(it) for it in queries.by_ids(tx, sorted(parcel_ids))}
