"""The law of a parcel: `decide(parcel, command, ...)` says what happens, or refuses. Pure; the clock is an argument."""

from datetime import datetime

from backhaul.kit.machine import Refused
from backhaul.partner.rules import choices, claims, inspection, photo_codes, receiving, warehouse
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.around import Around, By, Link
from backhaul.partner.rules.calendar import closes_at
from backhaul.partner.rules.lifecycle import PARCEL, TABLES
from backhaul.partner.rules.parcels import Parcel, status_in
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.second_checks import is_blind
from backhaul.partner.rules.tariff import agreed, check_price, quoted, storage
from backhaul.partner.rules.words import Decision, InspectionStatus, LinkMode, LinkState, Role, Service, Status

__all__ = ["Around", "By", "Link", "concerns", "decide", "expect", "link_of", "may_act", "open_acts"]


def concerns(it: Parcel, by: By, around: Around) -> bool:
    """Whether this parcel is any business of the caller; if not, it does not exist for them."""
    match by.role:
        case Role.SELLER:
            return by.subject in around.links
        case Role.INSPECTOR:
            return it.status is not Status.EXPECTED
        case Role.RECEIVER | Role.SUPERVISOR | Role.MARKETPLACE | Role.CALENDAR | Role.CARRIER:
            return True


def link_of(by: By, around: Around) -> Link | None:
    """How the caller's company is linked to the parcel's seller."""
    return around.links.get(by.subject) if by.role is Role.SELLER else None


def may_act(by: By, around: Around) -> Refused | None:
    """Why this caller may look and not act (key, authorization, link). None: may act."""
    link = link_of(by, around)
    if not by.writes:
        return Refused("role_read_only", "forbidden")
    if link is not None and link.state is LinkState.AUTHORIZATION_LOST:
        return Refused("authorization_lost", "forbidden")
    if link is not None and link.mode is LinkMode.VIEW_ONLY:
        return Refused("link_view_only", "forbidden")
    return None


def open_acts(it: Parcel, by: By, at: datetime, terms: Terms, around: Around) -> list[type]:
    """The commands this caller may give now: the buttons of the page and the allowed actions of the API."""
    if not concerns(it, by, around) or may_act(by, around) is not None:
        return []
    return [
        act
        for act in PARCEL.open_to(it.status, by.role)
        if _table_says(it, act, by) and _stands_in_the_way(it, act, by, at, terms.policy, around) is None
    ]


def shut_acts(it: Parcel, by: By, at: datetime, terms: Terms, around: Around) -> list[tuple[type, Refused]]:
    """The commands of this caller's role that cannot be given now, each with what `decide` would refuse it with."""
    if not concerns(it, by, around):
        return []
    looks_only, now = may_act(by, around), open_acts(it, by, at, terms, around)
    found: list[tuple[type, Refused]] = []
    for act in PARCEL.commands:
        if act in now or not PARCEL.may_give(act, by.role):
            continue
        obstacle = looks_only or (None if _table_says(it, act, by) else _not_now(it, act, now))
        obstacle = obstacle or _stands_in_the_way(it, act, by, at, terms.policy, around)
        if obstacle is not None:
            found.append((act, obstacle))
    return found


def decide(it: Parcel, command: do.Any, by: By, at: datetime, terms: Terms, around: Around) -> list[e.Any]:
    """The events that follow from a command, or `Refused`. An empty list: nothing new, and that is fine."""
    act = type(command)
    if not concerns(it, by, around):
        raise Refused("not_found", "missing")
    if not PARCEL.may_give(act, by.role):
        raise Refused("not_your_role", "forbidden", act=act.__name__, role=by.role)
    looks_only = may_act(by, around)
    if looks_only is not None:
        raise looks_only
    obstacle = _stands_in_the_way(it, act, by, at, terms.policy, around)
    if not _table_says(it, act, by):
        raise _not_now(it, act, open_acts(it, by, at, terms, around))
    if obstacle is not None:
        raise obstacle
    if isinstance(command, do.EVIDENCE):
        photo_codes.check(it, command, by, at, terms.policy, around)
    return _decide(it, command, by, at, terms, around)


def expect(event: e.Expected, by: By) -> list[e.Any]:
    """The first event of a parcel: the marketplace alone announces units."""
    if by.role is not Role.MARKETPLACE:
        raise Refused("not_your_role", "forbidden", act="Expect", role=by.role)
    return [event]


def _table_says(it: Parcel, act: type, by: By) -> bool:
    """Whether every table that knows the command allows it now."""
    for table in TABLES[act]:  # noqa: SIM110 -- asked for every command; a generator takes twice the time
        if table.row(status_in(it, table), act, by.role) is None:
            return False
    return True


def _not_now(it: Parcel, act: type, allowed: list[type]) -> Refused:
    if act is do.Decide and it.status is Status.DISPOSAL_DUE:
        return Refused("decision_window_closed", decide_by=it.decide_by)
    if act is do.Decide and it.arrived_at is not None:
        return Refused("decision_locked", decision=it.decision, status=it.status)
    if act is do.OrderMedia and it.status is Status.ARRIVED:
        return Refused("media_once_a_unit")
    held = warehouse.hold_of(it) if act is do.StartDisposal else None
    if held is not None:
        return held
    return Refused("not_in_this_state", status=it.status, allowed=[open_act.__name__ for open_act in allowed])


def _stands_in_the_way(it: Parcel, act: type, by: By, at: datetime, policy: Policy, around: Around) -> Refused | None:
    """What the tables cannot say: bounds that passed, work that is open, addresses that are too new."""
    undecided = it.decision is Decision.NONE
    bound = closes_at(it, policy)
    if act in (do.Decide, do.OrderMedia) and undecided and bound is not None and at >= bound:
        return Refused("decision_window_closed", decide_by=bound)
    waits_for_draw = it.inspection.status is InspectionStatus.QUEUED and it.inspection.reasons == (inspection.DRAWN,)
    if act is do.OrderMedia and it.inspection.status is not InspectionStatus.NONE and not waits_for_draw:
        return Refused("inspection_brings_photos")  # no more: a suspicion is no seller's to know
    if act is do.DisposeOnArrival and not policy.disposes_by_choice(it.unit.seller_country):
        return Refused("disposal_not_in_your_variant", "invalid", decide_by=it.decide_by)
    if act is do.DisposeOnArrival and it.lost_at is not None and not it.dispose_on_arrival:
        return Refused("lost_on_the_way", lost_at=it.lost_at)
    if act is do.MissDeadline and not undecided and it.decision is not Decision.PICKUP:
        return Refused("decided_in_time", decision=it.decision)
    if act is do.KeepExpired and it.decision is not Decision.PICKUP:
        return Refused("not_decided_so", decision=it.decision)
    if act in (do.Mark, do.ConfirmMark) and is_blind(it, by, around):
        return Refused("second_check_open", "forbidden")
    proposed = it.inspection.proposed
    if act is do.ConfirmMark and proposed is not None and proposed.by == by.id:
        return Refused("second_person_needed", "forbidden")
    return warehouse.stands_in_the_way(it, act, at, policy, around)


def _decide(it: Parcel, command: do.Any, by: By, at: datetime, terms: Terms, around: Around) -> list[e.Any]:
    policy = terms.policy
    if isinstance(command, BY_CALENDAR):
        return _of_calendar(it, command, at, policy, around)
    match command:
        case do.NoteDispatch(carrier, waybill):
            known = (it.carrier, it.waybill) == (carrier, waybill)
            return [] if known else [e.DispatchNoted(carrier, waybill)]
        case do.NoteLost():
            return [] if it.lost_at is not None or it.status is not Status.EXPECTED else [e.LostNoted(at)]
        case do.NoteClaim():
            return claims.note(it, command, at, policy)
        case do.TakeUpClaim() | do.ApproveClaim() | do.RefuseClaim():
            return claims.review(command, at, policy)
        case do.DisposeOnArrival(wanted):
            check_price(terms.tariff.price(Service.DISPOSAL), command.price_minor if wanted else None)
            prices = quoted(terms.tariff, Decision.DISPOSE) if wanted else None
            return [] if wanted is it.dispose_on_arrival else [e.DisposalOnArrivalChosen(wanted, prices)]
        case do.Arrive():
            return warehouse.arrive(it, command, at, terms, around)
        case do.CheckGate():
            return warehouse.check_gate(it, command, at, terms, around)
        case do.PutAway(shelf):
            return receiving.put_away(it, shelf, at, policy)
        case do.PrintParcelLabel(form):
            return receiving.print_parcel_label(it, form, at)
        case do.ReleaseQuarantine(reason):
            return receiving.release(reason, at, policy)
        case do.QueueInspection(reason):
            return [inspection.queued((reason,), at, policy, by.id)]
        case do.Mark():
            return inspection.mark(it, command, by.id, policy)
        case do.ConfirmMark():
            return inspection.confirm(it, by.id, by.role)
        case do.OrderMedia():
            return choices.order_media(at, it, command, terms)
        case do.DeliverMedia():
            return choices.deliver_media(it, command, at, policy)
        case do.Decide():
            return choices.decide(it, command, by, at, terms, around)
        case do.PrintLabel():
            return warehouse.print_label(it, command, at, terms)
        case do.Dispatch(tracking):
            return [e.Dispatched(it.shipment.carrier, tracking.strip() or it.shipment.tracking, at)]
        case do.ConfirmDelivery():
            return [e.Delivered(at)]
        case do.NoteShipmentLost(note):
            return [e.ShipmentLost(note, at)]
        case do.HandOver():
            return warehouse.hand_over(it, command, at, terms, around)
        case do.StartDisposal():
            prices = agreed(it.prices, terms.tariff, Service.STORAGE)
            return [e.DisposalStarted(at, storage(prices, it.stored_from, at), prices.version)]
        case do.Destroy():
            return warehouse.destroy(it, command, at, terms)
        case do.Reopen(reason):
            return choices.reopen(it, reason, at, policy)


ByCalendar = do.MissDeadline | do.InstructDisposal | do.Remind | do.ExtendDeadline | do.KeepExpired | do.AlarmGate
BY_CALENDAR = (do.MissDeadline, do.InstructDisposal, do.Remind, do.ExtendDeadline, do.KeepExpired, do.AlarmGate)


def _of_calendar(it: Parcel, command: ByCalendar, at: datetime, policy: Policy, around: Around) -> list[e.Any]:
    """What time alone does: a million deadlines may pass in one night, so it looks through few cases."""
    match command:
        case do.MissDeadline():
            return choices.miss(at)
        case do.InstructDisposal():
            return warehouse.instruct(at, policy, around)
        case do.Remind(stage):
            return [e.Reminded(stage, it.decide_by or at)]
        case do.ExtendDeadline():
            return choices.extend(it, at)
        case do.KeepExpired():
            return choices.expire_keeping(at, policy)
        case do.AlarmGate():
            return [] if it.gate.alarmed else [e.GateAlarmed(it.gate.due or at)]
