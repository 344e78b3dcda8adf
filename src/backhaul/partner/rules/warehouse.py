"""The law of the hands: the arrival scan, labels, hand-overs, destruction."""

from datetime import datetime, timedelta

from backhaul.kit.days import from_us
from backhaul.kit.machine import Refused
from backhaul.partner.rules import choices, inspection
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.around import Around
from backhaul.partner.rules.calendar import decision_bound
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.tariff import shipping, storage
from backhaul.partner.rules.words import (
    COUNTRY_OF,
    Decision,
    DisposalStatus,
    InspectionStatus,
    LinkMode,
    LinkState,
    MediaStatus,
    Service,
    Status,
)


def arrive(it: Parcel, scan: do.Arrive, at: datetime, terms: Terms, around: Around) -> list[e.Any]:
    """The clock starts, mandatory checks are queued, and a disposal that was asked for beforehand is taken up."""
    policy = terms.policy
    if scan.warehouse not in policy.warehouses:
        raise Refused("unknown_warehouse", "invalid", "warehouse", known=list(policy.warehouses))
    claimed_at = from_us(scan.arrived_at_us)
    if claimed_at > at + timedelta(hours=policy.scanner_ahead_hours_max):
        raise Refused("scanner_clock_is_ahead", "invalid", "arrived_at_us", hours_max=policy.scanner_ahead_hours_max)
    counts_from = max(claimed_at, at)
    wanted = it.dispose_on_arrival or it.unit.price.minor < around.dispose_below_rub * 100
    to_disposal = wanted and may_decide(around) and policy.disposes_by_choice(it.unit.seller_country)
    draw, reasons = inspection.on_arrival(it, scan, at, terms, around, to_disposal=to_disposal)
    arrived = e.Arrived(
        warehouse=scan.warehouse,
        claimed_at=claimed_at,
        at=counts_from,
        decide_by=decision_bound(counts_from, policy),
        weight_gram=scan.weight_gram,
        packaging_intact=scan.packaging_intact,
        hazard=scan.hazard,
        photos=scan.photos,
        shelf=scan.shelf or ("quarantine" if scan.hazard else ""),
        fee=terms.tariff.price(Service.RECEIPT),
        draw=draw,
        photo_code=scan.photo_code.strip().upper(),
    )
    if reasons:
        return [arrived, inspection.queued(reasons, at, policy)]
    if to_disposal:
        return [arrived, choices.decide_by_rule(at, policy)]
    return [arrived]


def may_decide(around: Around) -> bool:
    """Whether any company still has the right to decide about this seller's units: else its rule is not applied."""
    return any(link.mode is LinkMode.RETURNS and link.state is LinkState.ACTIVE for link in around.links.values())


def print_label(it: Parcel, command: do.PrintLabel, at: datetime, terms: Terms) -> list[e.Any]:
    """Work on a shipment starts; its price and the storage so far are charged."""
    fee, stored = shipping(terms.tariff, it.decision), storage(terms.tariff, it.stored_from, at)
    return [e.LabelPrinted(command.carrier, command.tracking, at, fee, stored)]


def hand_over(it: Parcel, command: do.HandOver, at: datetime, terms: Terms, around: Around) -> list[e.Any]:
    """The collector shows the one-time code that the seller was given."""
    if not around.pickup_code or command.code.strip() != around.pickup_code:
        raise Refused("wrong_code", "forbidden", "code")
    return [e.HandedOver(command.collector, at, storage(terms.tariff, it.stored_from, at))]


def instruct(at: datetime, policy: Policy, around: Around) -> list[e.Any]:
    """The hold is over, unless the link to the marketplace is lost: then destruction looks again every day (D11)."""
    wait_until = around.waits_for_link_until(policy)
    if wait_until is not None and at < wait_until:
        return [e.DisposalPostponed(min(wait_until, at + timedelta(days=1)))]
    return [e.DisposalInstructed()]


def destroy(it: Parcel, command: do.Destroy, at: datetime, terms: Terms) -> list[e.Any]:
    """Destroyed before a witness; the certificate carries the parcel's own number."""
    if len(set(command.photos)) < terms.policy.destruction_photos_min:
        raise Refused("photos_needed", "invalid", "photos", photos_min=terms.policy.destruction_photos_min)
    certificate = f"DC-{it.number}"
    fee = terms.tariff.price(Service.DISPOSAL)
    said = (certificate, command.method, command.witness, command.photos, at, it.undecided, fee)
    return [e.Destroyed(*said, command.photo_code.strip().upper())]


def stands_in_the_way(it: Parcel, act: type, at: datetime, policy: Policy, around: Around) -> Refused | None:
    """What keeps the goods on the shelf although the tables would let them go."""
    if act not in (do.PrintLabel, do.HandOver, do.StartDisposal):
        return None
    if it.inspection.status in (InspectionStatus.QUEUED, InspectionStatus.AWAITING_SECOND):
        return Refused("inspection_not_done", inspection=it.inspection.status)
    if it.media.status is MediaStatus.ORDERED:
        return Refused("media_not_ready", due=it.media.due)
    if act is do.PrintLabel:
        return _no_label(it, at, policy, around)
    if act is do.HandOver and it.decision is not Decision.PICKUP:
        return Refused("not_decided_so", decision=it.decision)
    if act is do.StartDisposal:
        wait_until = around.waits_for_link_until(policy)
        if wait_until is not None and at < wait_until:
            return Refused("authorization_lost", not_before=wait_until)
    return None


def hold_of(it: Parcel) -> Refused | None:
    """Why a disposal cannot start yet."""
    if it.disposal.status is DisposalStatus.HELD and it.status in (Status.ARRIVED, Status.DISPOSAL_DUE):
        return Refused("undo_hold", not_before=it.disposal.hold_until)
    return None


def _no_label(it: Parcel, at: datetime, policy: Policy, around: Around) -> Refused | None:
    """Shipping waits for a second person and for 48 hours after an address is new (D20)."""
    if it.decision not in COUNTRY_OF or it.destination is None:
        return Refused("not_decided_so", decision=it.decision)
    now = around.destinations.get(it.destination.id)
    if now is None or now.confirmed_at is None:
        return Refused("destination_not_confirmed", destination_id=it.destination.id)
    not_before = now.created_at + timedelta(hours=policy.destination_wait_hours)
    return Refused("destination_too_new", not_before=not_before) if at < not_before else None
