"""Why this date: the steps that led to the bound in force, each read off the event that made it. Pure; no number is invented."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit.days import MOSCOW, last_moment
from backhaul.partner.rules import events as e
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Decision, DisposalStatus, ShipmentStatus, Status


class Step(msgspec.Struct, frozen=True):
    """One step. `code` names its sentence; instants among the facts are told as they are, bounds as the last moment that counts."""

    code: str
    facts: dict[str, Any]


def steps(events: Iterable[e.Any]) -> list[Step]:
    """The steps of a parcel's time, in the order in which they happened; empty before it arrived."""
    found: list[Step] = []
    bound: datetime | None = None
    for event in events:
        found += _of(event, bound)
        bound = getattr(event, "decide_by", None) or bound
    return found


def standing(it: Parcel) -> Step:
    """Where a parcel stands and whose turn it is, for every state there is."""
    match it.status:
        case Status.EXPECTED:
            return Step("now_expected" if it.lost_at is None else "now_lost", {"lost_at": it.lost_at})
        case Status.ARRIVED:
            return _on_the_shelf(it)
        case Status.DISPOSAL_DUE:
            return (
                Step("now_to_destroy", {})
                if it.disposal.status is not DisposalStatus.HELD
                else Step("now_missed", _held(it))
            )
        case Status.IN_WORK:
            if it.disposal.status is DisposalStatus.STARTED:
                return Step("now_being_destroyed", {})
            lost = it.shipment.status is ShipmentStatus.LOST
            sent = {"carrier": it.shipment.carrier, "tracking": it.shipment.tracking}
            return Step("now_lost_on_the_way" if lost else f"now_{it.shipment.status}", sent)
        case Status.PICKED_UP | Status.DELIVERED | Status.DISPOSED:
            return Step(f"now_{it.status}", {"at": it.finished_at, "certificate": it.disposal.certificate})


def _on_the_shelf(it: Parcel) -> Step:
    match it.decision:
        case Decision.NONE:
            return Step("now_undecided", {})
        case Decision.PICKUP:
            return Step("now_to_collect", {"until": None if it.collect_by is None else last_moment(it.collect_by)})
        case Decision.DISPOSE:
            held = it.disposal.status is DisposalStatus.HELD
            return Step("now_disposal_held", _held(it)) if held else Step("now_to_destroy", {})
        case _:
            return Step("now_to_ship", {"decision": it.decision})


def _held(it: Parcel) -> dict[str, Any]:
    return {"hold_until": it.disposal.hold_until}


def _of(event: e.Any, bound: datetime | None) -> list[Step]:
    match event:
        case e.Arrived(_, claimed_at, at, decide_by):
            return [_counted_from(claimed_at, at), _window(at, decide_by)]
        case e.MediaOrdered(_, due, in_time):
            return [Step("media_in_time" if in_time else "media_after_day_12", {"due": last_moment(due)})]
        case e.DeadlineMoved(decide_by, days):
            return [Step("moved", {"days": days, "until": last_moment(decide_by)})]
        case e.Decided():
            return _decided(event)
        case e.DeadlineMissed(at, hold_until):
            return [Step("missed", {"until": last_moment(bound or at), "hold_until": hold_until})]
        case e.KeepingExpired(_, decide_by):
            return [Step("not_collected", {"until": last_moment(decide_by)})]
        case e.Reopened(reason, _, decide_by):
            return [Step("reopened", {"reason": reason, "until": last_moment(decide_by)})]
        case e.DisposalPostponed(hold_until, because):
            return [Step(f"postponed_{because}", {"hold_until": hold_until})]
        case _:
            return []


def _counted_from(claimed_at: datetime, at: datetime) -> Step:
    """D8: the later of what the scanner says and when we got it."""
    if at > claimed_at:
        return Step("counted_from_receipt", {"claimed_at": claimed_at, "at": at})
    return Step("counted_from_scan", {"at": at})


def _window(at: datetime, decide_by: datetime) -> Step:
    days = (last_moment(decide_by).astimezone(MOSCOW).date() - at.astimezone(MOSCOW).date()).days
    return Step("window", {"days": days, "until": last_moment(decide_by)})


def _decided(event: e.Decided) -> list[Step]:
    if event.decision is Decision.DISPOSE and event.hold_until is not None:
        return [Step(f"disposal_by_{event.by_whom}", {"at": event.at, "hold_until": event.hold_until})]
    if event.collect_by is not None:
        return [Step("to_collect", {"at": event.at, "until": last_moment(event.collect_by)})]
    return [Step("decided", {"at": event.at, "decision": event.decision})]
