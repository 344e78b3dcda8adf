"""What the warehouse and carriers do with consignments. Each runs in the desk's transaction, its parcels with it."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from backhaul.kit.database import Tx
from backhaul.kit.desk import Desk
from backhaul.kit.machine import Refused
from backhaul.partner import consignment_queries as look
from backhaul.partner import consignment_store, loads, queries, store, tables
from backhaul.partner.rules import consignment_acts as do
from backhaul.partner.rules import consignment_events as e
from backhaul.partner.rules import packing
from backhaul.partner.rules.around import By
from backhaul.partner.rules.consignments import Consignment
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Terms
from backhaul.partner.shapes import Signed

FIRST_CONSIGNMENT_NUMBER = 1001


class NewConsignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For which address, by which carrier, from which warehouse."""

    destination_id: int
    carrier: do.Carrier = ""
    warehouse: do.Carrier = ""


def begin(tx: Tx, said: NewConsignment, terms: Terms, signed: Signed) -> Consignment:
    """Begin a consignment to an address."""
    destination = look.place(tx, said.destination_id)
    if destination is None:
        raise Refused("unknown_destination", "invalid", "destination_id")
    known = queries.company(tx, destination.company_id)
    company = "" if known is None else known[0]
    warehouse = said.warehouse or terms.policy.warehouses[0]
    number = store.take_number(tx, "consignment", FIRST_CONSIGNMENT_NUMBER)
    event = packing.begin(f"C-{number}", company, destination, (said.carrier, warehouse), signed.by, signed.at, terms)
    return consignment_store.begin(tx, number, event, signed)


def move(tx: Tx, desk: Desk[Parcel], consignment_id: int, command: do.Any, terms: Terms, signed: Signed,
         seen: int | None = None) -> Consignment:  # fmt: skip
    """One command to a consignment, and what it does to its parcels, or nothing of both."""
    it, head = consignment_store.load(tx, consignment_id)
    if seen is not None and seen != it.version:
        raise Refused("consignment_changed", version=it.version, seen=seen)
    if isinstance(command, do.PackUnit):
        return consignment_store.save(tx, it, head, _scanned(tx, it, command, terms, signed), signed)
    if isinstance(command, do.DeliverConsignment) and command.proof:
        _check_proof(tx, command.proof, signed.by)
    held = store.load(tx, sorted(unit.parcel_id for unit in it.units), lock=True)
    units = {parcel_id: parcel for parcel_id, (parcel, _) in held.items()}
    outcome = packing.decide(it, command, signed.by, signed.at, terms, units, loads.around(tx, units.values()))
    after = consignment_store.save(tx, it, head, outcome.events, signed)
    changes = [
        desk.change(units[parcel_id], parcel_id, held[parcel_id][1],
                    [(event, signed.by, signed.at) for event in outcome.of_parcels[parcel_id]], signed.at,
                    signed.request_id)
        for parcel_id in sorted(outcome.of_parcels)
    ]  # fmt: skip
    desk.write(tx, changes)
    return after


def _check_proof(tx: Tx, proof: str, by: By) -> None:
    if not queries.has_photos(tx, by, [proof]):
        raise Refused("photos_unknown", "invalid", "proof")
    tables.book.name(tx, [proof])


def _scanned(tx: Tx, it: Consignment, command: do.PackUnit, terms: Terms, signed: Signed) -> list[e.Any]:
    """The unit with this code that goes where the consignment goes. A code of several of them does not say which."""
    packing.may(it, do.PackUnit, signed.by)
    ids = queries.by_code(tx, command.code)
    if not ids:
        raise Refused("code_unknown", "missing", "code", text=command.code)
    locked = store.load(tx, sorted(ids), lock=True)
    parcels = {parcel_id: parcel for parcel_id, (parcel, _) in locked.items()}
    look_around = loads.around(tx, parcels.values())
    going = [parcel for parcel in parcels.values() if packing.goes_there(it, parcel) is None]
    if len(going) > 1:
        raise Refused("code_of_several_units", "invalid", "code", numbers=[parcel.number for parcel in going])
    [parcel, *_] = going or sorted(parcels.values(), key=lambda one: -one.id)
    packed = packing.pack(it, parcel, command.carton, signed.at, terms, look_around(parcel))
    return [_with_goods(tx, event) for event in packed]


def _with_goods(tx: Tx, event: e.Any) -> e.Any:
    """What was declared of the same product before is known."""
    if not isinstance(event, e.UnitPacked) or event.unit.hs_code or event.unit.origin:
        return event
    hs_code, origin = look.goods(tx, event.unit.seller_id, event.unit.sku)
    return e.UnitPacked(replace(event.unit, hs_code=hs_code, origin=origin))


def announced(tx: Tx, consignment_id: int, at: datetime) -> None:
    """The carrier has the manifest."""
    consignment_store.manifest_sent(tx, consignment_id, at)
