"""A consignment: many units of one company on the way to one address. Its table, and the fold of its events."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from backhaul.kit.machine import Lifecycle, Row
from backhaul.kit.money import Money
from backhaul.partner.rules import consignment_acts as do
from backhaul.partner.rules import consignment_events as e
from backhaul.partner.rules.events import Destination
from backhaul.partner.rules.freight import Carton
from backhaul.partner.rules.words import ConsignmentStatus as S
from backhaul.partner.rules.words import Role

RECEIVER, SUPERVISOR, CARRIER = (Role.RECEIVER,), (Role.SUPERVISOR,), (Role.CARRIER,)
ON_THE_WAY = (S.DISPATCHED, S.PARTLY_DELIVERED)

CONSIGNMENT: Lifecycle[S, Role] = Lifecycle(
    "consignment",
    S.OPEN,
    [
        # Until it is closed everything can be undone.
        *(
            Row(S.OPEN, act, RECEIVER, (S.OPEN,))
            for act in (
                do.PackUnit, do.TakeOutUnit, do.AddCarton, do.MeasureCarton, do.RemoveCarton, do.DeclareGoods,
            )
        ),
        Row(S.OPEN, do.CloseConsignment, RECEIVER, (S.CLOSED,)),
        Row(S.OPEN, do.CancelConsignment, RECEIVER + SUPERVISOR, (S.CANCELLED,)),
        Row(S.CLOSED, do.DispatchConsignment, RECEIVER + CARRIER, (S.DISPATCHED,)),
        *(Row(s, do.NoteTracking, RECEIVER + CARRIER, (s,)) for s in ON_THE_WAY),
        *(
            Row(s, do.DeliverConsignment, RECEIVER + CARRIER, (S.DELIVERED, S.PARTLY_DELIVERED))
            for s in (*ON_THE_WAY, S.LOST)  # what was given up may turn up
        ),
        Row(S.DISPATCHED, do.NoteConsignmentLost, RECEIVER + CARRIER, (S.LOST, S.DISPATCHED)),
        Row(S.PARTLY_DELIVERED, do.NoteConsignmentLost, RECEIVER + CARRIER, (S.PARTLY_DELIVERED,)),
    ],
)  # fmt: skip


class Consignment(msgspec.Struct, frozen=True):
    """The whole of one. `version` is the number of its events; `units` in the order in which they were packed."""

    id: int
    version: int
    number: str
    status: S
    company_id: int
    company: str
    destination: Destination
    carrier: str
    warehouse: str
    opened_at: datetime
    cartons: tuple[Carton, ...] = (Carton(1),)
    units: tuple[e.Packed, ...] = ()
    closed_at: datetime | None = None
    price: Money | None = None
    chargeable_gram: dict[int, int] = msgspec.field(default_factory=dict)
    tariff: str = ""
    sender: str = ""
    sender_address: str = ""
    tracking: str = ""
    dispatched_at: datetime | None = None
    tracked: tuple[e.Tracked, ...] = ()
    arrivals: tuple[e.Arrival, ...] = ()
    reason: str = ""
    finished_at: datetime | None = None

    @property
    def ship_by(self) -> datetime | None:
        """The bound of the promise: that of the unit that waits longest."""
        return min((unit.ship_by for unit in self.units), default=None)

    @property
    def outstanding(self) -> tuple[e.Packed, ...]:
        """The units that are neither delivered nor lost."""
        return tuple(unit for unit in self.units if unit.delivered_at is None and unit.lost_at is None)

    def unit(self, parcel_id: int) -> e.Packed | None:
        """The unit of this parcel, when it is in here."""
        return next((unit for unit in self.units if unit.parcel_id == parcel_id), None)

    def carton(self, number: int) -> Carton | None:
        """The carton of this number."""
        return next((carton for carton in self.cartons if carton.number == number), None)

    def inside(self, carton: int) -> tuple[e.Packed, ...]:
        """The units of a carton."""
        return tuple(unit for unit in self.units if unit.carton == carton)


def born(consignment_id: int, event: e.ConsignmentOpened) -> Consignment:
    """The consignment that the first event begins, with an empty carton."""
    return Consignment(
        consignment_id, 1, event.number, S.OPEN, event.company_id, event.company, event.destination, event.carrier,
        event.warehouse, event.at,
    )  # fmt: skip


def evolve(it: Consignment, event: e.Any) -> Consignment:
    """The consignment after one more event. Total: what has happened is never refused."""
    return replace(_evolve(it, event), version=it.version + 1)


def _evolve(it: Consignment, event: e.Any) -> Consignment:
    match event:
        case e.ConsignmentOpened():
            return it
        case e.UnitPacked(unit):
            others = tuple(one for one in it.units if one.parcel_id != unit.parcel_id)
            return replace(it, units=(*others, unit))
        case e.UnitTakenOut(parcel_id):
            return replace(it, units=tuple(one for one in it.units if one.parcel_id != parcel_id))
        case e.CartonAdded(carton):
            return replace(it, cartons=(*it.cartons, Carton(carton)))
        case e.CartonMeasured(carton):
            return replace(it, cartons=tuple(carton if one.number == carton.number else one for one in it.cartons))
        case e.CartonRemoved(carton):
            return replace(it, cartons=tuple(one for one in it.cartons if one.number != carton))
        case e.GoodsDeclared(parcel_id, hs_code, origin):
            return _each(it, {parcel_id}, hs_code=hs_code, origin=origin)
        case e.ConsignmentClosed():
            return _closed(it, event)
        case e.ConsignmentCancelled(reason, at):
            return replace(it, status=S.CANCELLED, reason=reason, finished_at=at)
        case e.ConsignmentDispatched(tracking, at):
            return replace(it, status=S.DISPATCHED, tracking=tracking, dispatched_at=at)
        case e.TrackingNoted(said):
            return replace(it, tracked=(*it.tracked, said))
        case e.ConsignmentDelivered(arrival):
            after = _each(it, set(arrival.parcels), delivered_at=arrival.at, lost_at=None)
            whole = all(unit.delivered_at for unit in after.units)
            status = S.DELIVERED if whole else S.PARTLY_DELIVERED
            finished_at = None if after.outstanding else arrival.at
            return replace(after, status=status, arrivals=(*it.arrivals, arrival), finished_at=finished_at)
        case e.ConsignmentLost(note, parcels, at):
            after = _each(it, set(parcels), lost_at=at)
            lost = all(unit.lost_at for unit in after.units)
            finished_at = None if after.outstanding else at
            return replace(after, status=S.LOST if lost else it.status, reason=note, finished_at=finished_at)


def _closed(it: Consignment, event: e.ConsignmentClosed) -> Consignment:
    currency = event.price.currency
    units = tuple(replace(unit, share=Money(event.shares[unit.parcel_id], currency)) for unit in it.units)
    return replace(
        it, status=S.CLOSED, closed_at=event.at, price=event.price, units=units, chargeable_gram=event.chargeable_gram,
        tariff=event.tariff, sender=event.sender, sender_address=event.sender_address,
    )  # fmt: skip


def _each(it: Consignment, parcels: set[int], **said: object) -> Consignment:
    units = tuple(replace(unit, **said) if unit.parcel_id in parcels else unit for unit in it.units)
    return replace(it, units=units)
