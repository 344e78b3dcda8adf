"""The law of consignments: what may be packed together, what closing does to each unit, what the carrier may say."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

import msgspec
from msgspec.structs import replace

from backhaul.kit.days import MOSCOW
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.partner.rules import commands as parcel_acts
from backhaul.partner.rules import consignment_acts as do
from backhaul.partner.rules import consignment_events as c
from backhaul.partner.rules import decisions, freight
from backhaul.partner.rules import events as e
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.consignment_events import Packed
from backhaul.partner.rules.consignments import CONSIGNMENT, Consignment
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.tariff import Tariff, check_price
from backhaul.partner.rules.words import COUNTRY_OF, ConsignmentStatus, Role, Status

HS_CODE = re.compile(r"\d{6,10}")

Surroundings = Callable[[Parcel], Around]


class Outcome(msgspec.Struct, frozen=True):
    """What follows from a command: events of the consignment, and events of parcels by their ids."""

    events: list[c.Any]
    of_parcels: dict[int, list[e.Any]] = {}


def open_acts(it: Consignment, by: By) -> list[type]:
    """The commands that this caller may give now."""
    return list(CONSIGNMENT.open_to(it.status, by.role)) if by.writes else []


def shut_acts(it: Consignment, by: By) -> list[tuple[type, Refused]]:
    """The commands of this caller's role that cannot be given now, each with what it would be refused with."""
    now = open_acts(it, by)
    theirs = [
        act for act in CONSIGNMENT.commands if any(act is row.command and by.role in row.by for row in CONSIGNMENT.rows)
    ]
    return [
        (act, refused) for act in theirs if act not in now for refused in [_why_not(it, act, by)] if refused is not None
    ]


def _why_not(it: Consignment, act: type, by: By) -> Refused | None:
    try:
        may(it, act, by)
    except Refused as refused:
        return refused
    return None


def may(it: Consignment, act: type, by: By) -> None:
    """Whether the table allows it; else `Refused`."""
    if not by.writes:
        raise Refused("role_read_only", "forbidden")
    if not any(act is row.command and by.role in row.by for row in CONSIGNMENT.rows):
        raise Refused("not_your_role", "forbidden", act=act.__name__, role=by.role)
    if CONSIGNMENT.row(it.status, act, by.role) is None:
        raise Refused("consignment_not_in_this_state", number=it.number, consignment_status=it.status)


def begin(number: str, company: str, destination: e.Destination, said: tuple[str, str], by: By, at: datetime,
          terms: Terms) -> c.ConsignmentOpened:  # fmt: skip
    """The first event of a consignment by (carrier, warehouse): the address has waited long enough (D20)."""
    if by.role is not Role.RECEIVER or not by.writes:
        raise Refused("not_your_role", "forbidden", act="OpenConsignment", role=by.role)
    carrier, warehouse = said
    if warehouse not in terms.policy.warehouses:
        raise Refused("unknown_warehouse", "invalid", "warehouse", known=list(terms.policy.warehouses))
    if destination.confirmed_at is None:
        raise Refused("destination_not_confirmed", destination_id=destination.id)
    not_before = destination.created_at + timedelta(hours=terms.policy.destination_wait_hours)
    if at < not_before:
        raise Refused("destination_too_new", not_before=not_before)
    return c.ConsignmentOpened(number, destination.company_id, company, destination, carrier.strip(), warehouse, at)


def goes_there(it: Consignment, unit: Parcel) -> Refused | None:
    """Why a unit does not travel with this consignment, whoever holds it."""
    if unit.status is not Status.ARRIVED:
        return Refused("unit_not_in_store", number=unit.number, status=unit.status)
    if unit.decision not in COUNTRY_OF or unit.destination is None:
        return Refused("unit_is_not_shipped", number=unit.number, decision=unit.decision)
    if unit.destination.id != it.destination.id:
        where = f"{unit.destination.city}, {unit.destination.street}"
        return Refused("unit_goes_elsewhere", number=unit.number, destination=where)
    return None


def held_back(unit: Parcel, at: datetime, terms: Terms, around: Around) -> Refused | None:
    """Why no label may be printed for a unit yet: a check, photos, the address, quarantine, an unpaid invoice."""
    try:
        _label(unit, "", at, terms, around)
    except Refused as refused:
        return refused
    return None


def _label(unit: Parcel, carrier: str, at: datetime, terms: Terms, around: Around) -> e.LabelPrinted:
    """The label of a unit by the very law of a shipment alone."""
    command, by = parcel_acts.PrintLabel(carrier), By(Role.RECEIVER, "")
    [printed] = decisions.decide(unit, command, by, at, terms, replace(around, consignment=""))
    if not isinstance(printed, e.LabelPrinted):
        raise TypeError(printed)
    return printed


def pack(it: Consignment, unit: Parcel, carton: int, at: datetime, terms: Terms, around: Around) -> list[c.Any]:
    """A unit into a carton; where it lies already, nothing is new. `around.consignment`: the one that holds it."""
    number = carton or it.cartons[-1].number
    if it.carton(number) is None:
        raise Refused("no_such_carton", "invalid", "carton", carton=number)
    if around.consignment not in ("", it.number):
        raise Refused("unit_in_another_consignment", number=unit.number, consignment=around.consignment)
    obstacle = goes_there(it, unit) or held_back(unit, at, terms, around)
    if obstacle is not None:
        raise obstacle
    known = it.unit(unit.id)
    if known is not None:
        return [] if known.carton == number else [c.UnitPacked(replace(known, carton=number))]
    if len(it.units) >= terms.policy.consignment_units_max:
        raise Refused("consignment_is_full", units_max=terms.policy.consignment_units_max)
    ship_by = freight.ship_by(unit, around.destinations.get(it.destination.id), terms.policy) or at
    said = unit.unit
    return [c.UnitPacked(Packed(
        unit.id, unit.number, said.return_number, said.posting_number, unit.seller_id, said.sku, said.offer_id,
        said.name, said.price, freight.weight_of(unit), number, ship_by,
    ))]  # fmt: skip


def decide(it: Consignment, command: do.Any, by: By, at: datetime, terms: Terms, units: Mapping[int, Parcel],
           around: Surroundings) -> Outcome:  # fmt: skip
    """What follows from any command but a scan. `units` are the parcels of the consignment."""
    may(it, type(command), by)
    match command:
        case do.PackUnit():
            raise TypeError(command)  # `pack`: which unit a code means is known outside
        case do.TakeOutUnit(parcel_id):
            _inside(it, parcel_id)
            return Outcome([c.UnitTakenOut(parcel_id)])
        case do.AddCarton() | do.MeasureCarton() | do.RemoveCarton():
            return Outcome([_carton(it, command, terms.policy)])
        case do.DeclareGoods(parcel_id, hs_code, origin):
            return Outcome(_declared(_inside(it, parcel_id), hs_code, origin))
        case do.CloseConsignment(price_minor):
            return close(it, price_minor, at, terms, units, around)
        case do.CancelConsignment(reason):
            return Outcome([c.ConsignmentCancelled(reason, at)])
        case do.DispatchConsignment(tracking):
            sent = parcel_acts.Dispatch(tracking)
            gone = {i: decisions.decide(unit, sent, by, at, terms, Around()) for i, unit in units.items()}
            return Outcome([c.ConsignmentDispatched(tracking.strip(), at)], gone)
        case do.NoteTracking():
            return Outcome(_tracked(it, command, at))
        case do.DeliverConsignment():
            return _delivered(it, command, by, at, terms, units)
        case do.NoteConsignmentLost(note, parcels):
            lost = _still_there(it, parcels)
            told = parcel_acts.NoteShipmentLost(note)
            given_up = {i: decisions.decide(units[i], told, by, at, terms, Around()) for i in lost}
            return Outcome([c.ConsignmentLost(note, lost, at)], given_up)


def quote(it: Consignment, terms: Terms, units: Mapping[int, Parcel]) -> Money:
    """What closing it would cost now: by the cartons that are measured, or the flat prices that were agreed to for its units."""
    country = it.destination.country
    if country not in terms.tariff.freight:
        each = [freight.flat(units[unit.parcel_id], country, terms.tariff)[0] for unit in it.units]
        return sum(each, Money(0, terms.tariff.currency))
    grams = [freight.chargeable_gram(carton, terms.policy) for carton in it.cartons if carton.is_measured]
    return freight.price(terms.tariff, country, grams, len(it.units))


def close(it: Consignment, price_minor: int | None, at: datetime, terms: Terms, units: Mapping[int, Parcel],
          around: Surroundings) -> Outcome:  # fmt: skip
    """Labels for all units, or for none. Each pays its share of the price and its own storage."""
    if not it.units:
        raise Refused("consignment_is_empty", number=it.number)
    for carton in it.cartons:
        if not it.inside(carton.number):
            raise Refused("carton_is_empty", carton=carton.number)
        if not carton.is_measured:
            raise Refused("carton_not_measured", carton=carton.number)
    price = quote(it, terms, units)
    check_price(price, price_minor)
    labels: dict[int, e.LabelPrinted] = {}
    for unit in it.units:
        parcel = units[unit.parcel_id]
        obstacle = goes_there(it, parcel) or held_back(parcel, at, terms, around(parcel))
        if obstacle is not None:
            raise Refused("unit_must_come_out", number=unit.number, why=obstacle.code)
        labels[unit.parcel_id] = _label(parcel, it.carrier, at, terms, around(parcel))
    chargeable = {carton.number: freight.chargeable_gram(carton, terms.policy) for carton in it.cartons}
    fees = _fees(it, price, chargeable, terms.tariff, units)
    printed: dict[int, list[e.Any]] = {
        i: [replace(labels[i], fee=fee, fee_tariff=version, consignment=it.id)] for i, (fee, version) in fees.items()
    }
    policy = terms.policy
    shares = {parcel_id: fee.minor for parcel_id, (fee, _) in fees.items()}
    closed = c.ConsignmentClosed(at, price, shares, chargeable, terms.tariff.version, policy.freight_sender,
                                 policy.freight_sender_address)  # fmt: skip
    return Outcome([closed], printed)


def _fees(it: Consignment, price: Money, chargeable: dict[int, int], tariff: Tariff,
          units: Mapping[int, Parcel]) -> dict[int, tuple[Money, str]]:  # fmt: skip
    """What each unit pays for the shipment, and the version of the tariff that priced it."""
    country = it.destination.country
    if country not in tariff.freight:
        return {unit.parcel_id: freight.flat(units[unit.parcel_id], country, tariff) for unit in it.units}
    weights = freight.unit_weights([u.carton for u in it.units], [u.weight_gram for u in it.units], chargeable)
    shares = zip(it.units, freight.shares(price.minor, weights), strict=True)
    return {unit.parcel_id: (Money(share, price.currency), tariff.version) for unit, share in shares}


def _inside(it: Consignment, parcel_id: int) -> Packed:
    unit = it.unit(parcel_id)
    if unit is None:
        raise Refused("unit_not_in_here", "missing", "parcel_id", number=it.number)
    return unit


def _carton(it: Consignment, command: do.AddCarton | do.MeasureCarton | do.RemoveCarton, policy: Policy) -> c.Any:
    if isinstance(command, do.AddCarton):
        if len(it.cartons) >= policy.consignment_cartons_max:
            raise Refused("too_many_cartons", cartons_max=policy.consignment_cartons_max)
        return c.CartonAdded(max(carton.number for carton in it.cartons) + 1)
    if it.carton(command.carton) is None:
        raise Refused("no_such_carton", "invalid", "carton", carton=command.carton)
    if isinstance(command, do.MeasureCarton):
        sizes = (command.length_cm, command.width_cm, command.height_cm, command.weight_gram)
        return c.CartonMeasured(freight.Carton(command.carton, *sizes))
    if it.inside(command.carton):
        raise Refused("carton_is_not_empty", carton=command.carton)
    if len(it.cartons) == 1:
        raise Refused("last_carton_stays")
    return c.CartonRemoved(command.carton)


def _declared(unit: Packed, hs_code: str, origin: str) -> list[c.Any]:
    code, country = re.sub(r"[\s.]", "", hs_code), origin.strip().upper()
    if code and not HS_CODE.fullmatch(code):
        raise Refused("hs_code_invalid", "invalid", "hs_code")
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise Refused("unknown_country", "invalid", "origin")
    return [] if (unit.hs_code, unit.origin) == (code, country) else [c.GoodsDeclared(unit.parcel_id, code, country)]


def _tracked(it: Consignment, said: do.NoteTracking, at: datetime) -> list[c.Any]:
    """What the carrier said; said before in the same words, it is nothing new."""
    when = instant(said.at, at)
    _check_closed_by(when.astimezone(MOSCOW).date(), it, at, "at")
    tracked = c.Tracked(said.status, when, said.place.strip(), said.note.strip())
    return [] if any((one.status, one.at) == (tracked.status, tracked.at) for one in it.tracked) else [
        c.TrackingNoted(tracked)
    ]  # fmt: skip


def instant(text: str, at: datetime) -> datetime:
    """An instant as somebody wrote it, in Moscow when no zone is named; nothing: now. Never later than now."""
    if not text.strip():
        return at
    try:
        when = datetime.fromisoformat(text.strip())
        when = (when if when.tzinfo else when.replace(tzinfo=MOSCOW)).astimezone(at.tzinfo)
    except (ValueError, OverflowError):  # the first day of year 1 has no instant in UTC
        raise Refused("instant_unreadable", "invalid", "at") from None
    if when > at:
        raise Refused("in_the_future", "invalid", "at")
    return when


def _delivered(it: Consignment, said: do.DeliverConsignment, by: By, at: datetime, terms: Terms,
               units: Mapping[int, Parcel]) -> Outcome:  # fmt: skip
    """The units that arrived; those that had been given up when they are named, or when all had been."""
    given_up = it.units if it.status is ConsignmentStatus.LOST else ()
    named = said.parcels or tuple(unit.parcel_id for unit in it.outstanding or given_up)
    if not named:
        raise Refused("nothing_on_the_way", number=it.number)
    for parcel_id in named:
        if _inside(it, parcel_id).delivered_at is not None:
            raise Refused("unit_delivered_already", number=_inside(it, parcel_id).number)
    on = _day(said.delivered_on, it, at)
    arrival = c.Arrival(on.isoformat(), said.received_by.strip(), said.proof, tuple(dict.fromkeys(named)), at)
    confirm = parcel_acts.ConfirmDelivery()
    here = {i: decisions.decide(units[i], confirm, by, at, terms, Around()) for i in arrival.parcels}
    return Outcome([c.ConsignmentDelivered(arrival)], here)


def _still_there(it: Consignment, parcels: tuple[int, ...]) -> tuple[int, ...]:
    """The named units, or all that are on the way."""
    named = tuple(dict.fromkeys(parcels)) or tuple(unit.parcel_id for unit in it.outstanding)
    waiting = {unit.parcel_id for unit in it.outstanding}
    for parcel_id in named:
        unit = _inside(it, parcel_id)
        if parcel_id not in waiting:
            raise Refused("unit_not_on_the_way", number=unit.number)
    if not named:
        raise Refused("nothing_on_the_way", number=it.number)
    return named


def _day(text: str, it: Consignment, at: datetime) -> date:
    """The day of the delivery in Moscow: not before the closing, not in the future; nothing: today.

    Not the dispatch, which the carrier's file may tell late.
    """
    today = at.astimezone(MOSCOW).date()
    if not text.strip():
        return today
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise Refused("day_unreadable", "invalid", "delivered_on") from None
    if day > today:
        raise Refused("in_the_future", "invalid", "delivered_on")
    _check_closed_by(day, it, at, "delivered_on")
    return day


def _check_closed_by(day: date, it: Consignment, at: datetime, field: str) -> None:
    """Nothing happens on the way before the day of the closing in Moscow."""
    closed_at = it.closed_at or at
    if day < closed_at.astimezone(MOSCOW).date():
        raise Refused("before_the_closing", "invalid", field, closed_at=closed_at)
