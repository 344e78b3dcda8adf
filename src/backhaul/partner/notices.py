"""Who is told what: the notices of each event.

`seller:2093311` is everybody of the companies that are linked to this seller, `role:receiver` everybody at the dock.
"""

from datetime import datetime, timedelta

from backhaul.kit.days import from_us
from backhaul.kit.machine import cases_of
from backhaul.kit.notices import Bound, Facts, Moment, Notice, Word, left
from backhaul.partner.rules import consignment_events as c
from backhaul.partner.rules import events as e
from backhaul.partner.rules.consignments import Consignment
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import ClaimStatus, Decision, Mark, Role, Variant

Sayings = list[tuple[str, Facts]]


def notices(it: Parcel, event: e.Any, at: datetime) -> list[Notice]:
    """What an event tells the seller, and the dock what it forgot; `it` is the parcel after the event."""
    kind_of = type(event)
    if kind_of not in _SPOKEN_OF:
        return []
    if isinstance(event, e.GateAlarmed):
        late: Facts = {"numbers": f"{it.number} ({it.warehouse})", "count": 1}
        return [Notice(f"role:{role}", "gate_late", late, "numbers") for role in (Role.RECEIVER, Role.SUPERVISOR)]
    about: Facts = {"number": it.unit.return_number, "name": it.unit.name}
    reader = f"seller:{it.seller_id}"
    grouped = it.shipment.consignment and isinstance(event, e.Dispatched | e.Delivered | e.ShipmentLost)
    of_deadline = _of_deadline(event, at) if kind_of in _OF_DEADLINE else []
    said = [] if grouped else of_deadline + (_of_unit(it, event) if kind_of in _OF_UNIT else [])
    return [Notice(reader, kind, {**about, **facts}) for kind, facts in said]


def of_consignment(it: Consignment, event: c.Any) -> list[Notice]:
    """What happened to a consignment is told its company once, not for each of its units; `it` is it after the event."""
    said: Sayings = []
    match event:
        case c.ConsignmentDispatched(tracking):
            said = [("consignment_dispatched", {"tracking": tracking})]
        case c.ConsignmentDelivered(arrival):
            said = [("consignment_delivered", {"count": len(arrival.parcels), "units": len(it.units)})]
        case c.ConsignmentLost(_, parcels):
            said = [("consignment_lost", {"count": len(parcels), "units": len(it.units)})]
        case _:
            pass
    about: Facts = {"number": it.number, "consignment": it.id}
    return [Notice(f"company:{it.company_id}", kind, {**about, **facts}) for kind, facts in said]


def _of_deadline(event: e.Any, at: datetime) -> Sayings:  # noqa: PLR0911 -- one case an event
    match event:
        case e.Arrived(warehouse, decide_by=until):
            return [("arrived", {"warehouse": warehouse, "until": Bound(until), "left": left(until, at)})]
        case e.Reminded(stage, until):
            kind = "hours_left" if stage.endswith("h") else "days_left"
            return [(kind, {"until": Bound(until), "left": left(until, at)})]
        case e.DeadlineMissed(hold_until=hold_until):
            return [("missed", {"at": Moment(hold_until)})]
        case e.DeadlineMoved(until):
            return [("bound_moved", {"until": Bound(until)})]
        case e.Reopened(decide_by=until):
            return [("reopened", {"until": Bound(until)})]
        case e.KeepingExpired(_, until):
            return [("not_collected", {"until": Bound(until)})]
        case e.Decided(Decision.DISPOSE, by_whom="rule", hold_until=until) if until is not None:
            return [("decided_by_rule", {"until": Bound(until)})]
        case _:
            return []


def _of_unit(it: Parcel, event: e.Any) -> Sayings:  # noqa: PLR0911 -- one case an event
    match event:
        case e.Marked(Mark.SUBSTITUTED):
            return [("substituted", {})]
        case e.Marked(mark):
            return [("marked", {"mark": Word("mark_c" if it.unit.variant is Variant.C else "mark", mark)})]
        case e.MediaDelivered():
            return [("media_ready", {})]
        case e.ClaimReviewed(ClaimStatus.APPROVED):
            return [("claim_approved", {})]
        case e.ClaimReviewed(ClaimStatus.REFUSED, comment=comment):
            return [("claim_refused", {"comment": comment})]
        case e.Dispatched(_, tracking):
            return [("dispatched", {"tracking": tracking or "—"})]
        case e.Delivered():
            return [("delivered", {})]
        case e.ShipmentLost():
            return [("shipment_lost", {})]
        case e.HandedOver():
            return [("handed_over", {})]
        case e.Destroyed(certificate, undecided=undecided):
            return [("destroyed_undecided" if undecided else "destroyed", {"certificate": certificate})]
        case _:
            return []


def authorization_lost(company_id: int, seller_id: int, lost_us: int, policy: Policy) -> Notice:
    """The marketplace honours the key no more: the clock runs, and only destruction waits (R102, D11)."""
    waits = from_us(lost_us) + timedelta(days=policy.lost_link_wait_days)
    return Notice(f"company:{company_id}", "authorization_lost", {"seller": str(seller_id), "at": Moment(waits)})


def link_reminder(company_id: int) -> Notice:
    """Signed up, but linked to nothing: no return can be seen (D2)."""
    return Notice(f"company:{company_id}", "link_reminder", {})


def confirm_email(account_id: int, token: str, until_us: int) -> Notice:
    """The link that shows that an address is its owner's."""
    return Notice(f"account:{account_id}", "confirm_email", {"token": token, "until": Bound(from_us(until_us))})


# Most events are told to nobody: they need not look through the cases.
_OF_DEADLINE, _OF_UNIT = (cases_of(one, e.Event.__subclasses__()) for one in (_of_deadline, _of_unit))
_SPOKEN_OF = _OF_DEADLINE | _OF_UNIT | {e.GateAlarmed}
