"""The law of the hands: the arrival scan, labels, hand-overs, destruction."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from backhaul.kit.days import from_us, last_moment
from backhaul.kit.machine import Refused
from backhaul.partner.rules import choices, codes, freight, inspection, receiving, standing
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.around import Around
from backhaul.partner.rules.breaker import BREAKER
from backhaul.partner.rules.calendar import decision_bound
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.tariff import agreed, quoted, service_of, storage
from backhaul.partner.rules.words import (
    COUNTRY_OF,
    Decision,
    DisposalStatus,
    GateStatus,
    InspectionStatus,
    LinkMode,
    LinkState,
    MediaStatus,
    QuarantineStatus,
    Service,
    Status,
)

# What happens to all units of a consignment together.
SHIPPING = (do.PrintLabel, do.Dispatch, do.ConfirmDelivery, do.NoteShipmentLost)


def arrive(it: Parcel, scan: do.Arrive, at: datetime, terms: Terms, around: Around) -> list[e.Any]:
    """The clock starts, mandatory checks are queued, and a disposal that was asked for beforehand is taken up."""
    policy = terms.policy
    if scan.warehouse not in policy.warehouses:
        raise Refused("unknown_warehouse", "invalid", "warehouse", known=list(policy.warehouses))
    claimed_at = from_us(scan.arrived_at_us)
    if claimed_at > at + timedelta(hours=policy.scanner_ahead_hours_max):
        raise Refused("scanner_clock_is_ahead", "invalid", "arrived_at_us", hours_max=policy.scanner_ahead_hours_max)
    counts_from = max(claimed_at, at)
    to_disposal = is_disposed_beforehand(it, policy, around)
    photographed = len(set(scan.photos)) >= policy.gate_photos_min
    checked = scan.weight_gram is not None and (photographed or not to_disposal)
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
        tariff=terms.tariff.version,
        shelf=receiving.shelf_of(scan.shelf, policy, hazard=scan.hazard),
        fee=terms.tariff.price(Service.RECEIPT),
        gate_due=None if checked else at + timedelta(hours=policy.gate_check_hours),
        gate_findings=receiving.findings(it.unit, scan, policy) if checked else None,
        draw=draw,
        photo_code=scan.photo_code.strip().upper(),
    )
    if reasons:
        return [arrived, inspection.queued(reasons, at, policy)]
    return [arrived, *disposal_by_rule(it, at, terms, around)] if checked else [arrived]


def check_gate(it: Parcel, check: do.CheckGate, at: datetime, terms: Terms, around: Around) -> list[e.Any]:
    """The gate check after the scan: what only it can find makes a full check mandatory, and what waited for it begins."""
    policy = terms.policy
    checked = receiving.check_gate(it, check, at, policy)
    if it.inspection.status in (InspectionStatus.AWAITING_SECOND, InspectionStatus.DONE):
        return [checked]
    known = it.inspection.reasons
    reasons = [
        *inspection.mandatory(it, check, policy, around, to_disposal=is_disposed_beforehand(it, policy, around)),
        *receiving.reasons(checked.findings),
    ]
    added = tuple(reason for reason in reasons if reason not in known)
    if added:
        return [checked, inspection.queued((*known, *added), at, policy)]
    if it.inspection.status is InspectionStatus.NONE and it.status is Status.ARRIVED and it.decision is Decision.NONE:
        return [checked, *disposal_by_rule(it, at, terms, around)]
    return [checked]


def disposal_by_rule(it: Parcel, at: datetime, terms: Terms, around: Around) -> list[e.Any]:
    """What the seller asked for beforehand, once identity and gate photos are there (P25)."""
    if not is_disposed_beforehand(it, terms.policy, around):
        return []
    if it.dispose_on_arrival:
        return [choices.decide_by_rule(at, terms.policy, it.prices or quoted(terms.tariff, Decision.DISPOSE))]
    rule = standing.first_fitting(around.rules, it.unit)
    return [choices.decide_by_rule(at, terms.policy, quoted(terms.tariff, Decision.DISPOSE), rule)]


def is_disposed_beforehand(it: Parcel, policy: Policy, around: Around) -> bool:
    """Whether the seller asked for the disposal before the unit arrived, for this one or by a standing rule."""
    wanted = it.dispose_on_arrival or standing.first_fitting(around.rules, it.unit) is not None
    return wanted and may_decide(around) and policy.disposes_by_choice(it.unit.seller_country)


def may_decide(around: Around) -> bool:
    """Whether any company still has the right to decide about this seller's units: else its rule is not applied."""
    return any(link.mode is LinkMode.RETURNS and link.state is LinkState.ACTIVE for link in around.links.values())


def print_label(it: Parcel, command: do.PrintLabel, at: datetime, terms: Terms) -> list[e.Any]:
    """Work on a shipment of this unit alone starts; its price and the storage so far are charged."""
    prices = agreed(it.prices, terms.tariff, service_of(it.decision))
    fee = freight.alone(it, it.decision, replace(terms, tariff=prices))
    stored = storage(agreed(it.prices, terms.tariff, Service.STORAGE), it.stored_from, at)
    return [e.LabelPrinted(command.carrier, command.tracking, at, fee, stored, prices.version)]


def hand_over(it: Parcel, command: do.HandOver, at: datetime, terms: Terms, around: Around) -> list[e.Any]:
    """The collector shows the one-time code or the seller's bar code, and is the one whom the seller named, if any."""
    if codes.shown(command.code) not in {around.pickup_code, around.pickup_barcode} - {""}:
        raise Refused("wrong_code", "forbidden", "code")
    if it.collector_named and _name(command.collector) != _name(it.collector_named):
        raise Refused("another_collector", "forbidden", "collector", named=it.collector_named)
    prices = agreed(it.prices, terms.tariff, Service.STORAGE)
    return [e.HandedOver(command.collector, at, storage(prices, it.stored_from, at), prices.version)]


def _name(text: str) -> str:
    """A person's name without case and spaces around and between."""
    return " ".join(text.casefold().split())


def instruct(at: datetime, policy: Policy, around: Around) -> list[e.Any]:
    """The hold is over, unless the link to the marketplace is lost (D11) or the breaker is open (D9): then it looks again."""
    wait_until = around.waits_for_link_until(policy)
    if wait_until is not None and at < wait_until:
        return [e.DisposalPostponed(min(wait_until, at + timedelta(days=1)))]
    if around.breaker_open:
        return [e.DisposalPostponed(at + timedelta(hours=policy.breaker_look_again_hours), BREAKER)]
    return [e.DisposalInstructed()]


def destroy(it: Parcel, command: do.Destroy, at: datetime, terms: Terms) -> list[e.Any]:
    """Destroyed before a witness; the certificate carries the parcel's own number."""
    if len(set(command.photos)) < terms.policy.destruction_photos_min:
        raise Refused("photos_needed", "invalid", "photos", photos_min=terms.policy.destruction_photos_min)
    certificate = f"DC-{it.number}"
    prices = agreed(it.prices, terms.tariff, Service.DISPOSAL)
    fee = prices.price(Service.DISPOSAL)
    said = (certificate, command.method, command.witness, command.photos, at, it.undecided, fee)
    code = command.photo_code.strip().upper()
    return [e.Destroyed(*said, tariff=prices.version, weight_gram=command.weight_gram, photo_code=code)]


def stands_in_the_way(it: Parcel, act: type, at: datetime, policy: Policy, around: Around) -> Refused | None:
    """What keeps the goods on the shelf although the tables would let them go."""
    if act in SHIPPING and around.consignment:
        return Refused("in_a_consignment", consignment=around.consignment)
    if act not in (do.PrintLabel, do.HandOver, do.StartDisposal):
        return None
    if it.gate.status is GateStatus.DUE:
        return Refused("gate_check_due", due=it.gate.due)
    if act is not do.StartDisposal and it.quarantine.status is QuarantineStatus.HELD:
        return Refused("in_quarantine", shelf=it.shelf)
    if it.inspection.status in (InspectionStatus.QUEUED, InspectionStatus.AWAITING_SECOND):
        return Refused("inspection_not_done", inspection=it.inspection.status)
    if it.media.status is MediaStatus.ORDERED:
        return Refused("media_not_ready", due=it.media.due)
    if act is do.PrintLabel:
        return _no_label(it, at, policy, around)
    if act is do.HandOver and it.decision is not Decision.PICKUP:
        return Refused("not_decided_so", decision=it.decision)
    if act is do.StartDisposal and around.breaker_open:
        return Refused("breaker_open")
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
    """Shipping waits for a second person, for 48 hours after an address is new (D20), and for an overdue invoice (P21)."""
    if it.decision not in COUNTRY_OF or it.destination is None:
        return Refused("not_decided_so", decision=it.decision)
    now = around.destinations.get(it.destination.id)
    if now is None or now.confirmed_at is None:
        return Refused("destination_not_confirmed", destination_id=it.destination.id)
    not_before = now.created_at + timedelta(hours=policy.destination_wait_hours)
    if at < not_before:
        return Refused("destination_too_new", not_before=not_before)
    return shipping_hold(at, around)


def shipping_hold(at: datetime, around: Around) -> Refused | None:
    """An unpaid overdue invoice of the seller holds outbound shipping, and nothing else (P21)."""
    owed = around.owed
    if owed is None or at < owed.due:
        return None
    return Refused("invoice_overdue", invoice=owed.invoice, due=last_moment(owed.due))
