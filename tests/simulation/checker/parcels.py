"""GDS, TIM and MNY of the partner: what may happen to a parcel, when, and what it costs, by 5.2, P11 to P14, P21, P26, P27, D9 and D20."""

from collections.abc import Iterator
from typing import Any

from tests.simulation.checker.days import DAY, HOUR, bound_of_decision, end_of_day, midnights, us, working_day_from
from tests.simulation.checker.rows import Fault, Row

# The published tariff, in fen.
RECEIPT, MEDIA, STORAGE, DISPOSAL = 600, 500, 150, 300
SHIPPING = {"ship_ru": 2_200, "ship_cn": 5_200, "ship_hk": 6_800}
ON_THE_SHELF = ("arrived", "disposal_due")
HERE = (*ON_THE_SHELF, "in_work", "picked_up", "delivered", "disposed")
UNDO = {"seller": 2 * HOUR, "api_key": 24 * HOUR, "rule": 2 * HOUR}
MOVED_DAYS_MAX = 5  # P11: by so much may late photos lengthen the time to decide
# Where a parcel may stand when this happens.
WHERE: dict[str, tuple[str, ...]] = {
    "Expected": ("",), "DisposalOnArrivalChosen": ("expected",), "LostNoted": ("expected",), "Arrived": ("expected",),
    "DispatchNoted": ("expected", *HERE), "GateChecked": ON_THE_SHELF, "GateAlarmed": ON_THE_SHELF,
    "Shelved": (*ON_THE_SHELF, "in_work"), "ParcelLabelPrinted": (*ON_THE_SHELF, "in_work"),
    "QuarantineReleased": ON_THE_SHELF, "InspectionQueued": ON_THE_SHELF, "MarkProposed": HERE, "Marked": HERE,
    "MediaOrdered": ("arrived",), "MediaDelivered": ON_THE_SHELF, "DeadlineMoved": ON_THE_SHELF, "Decided": ("arrived",),
    "LabelPrinted": ("arrived",), "Dispatched": ("in_work",), "Delivered": ("in_work",), "ShipmentLost": ("in_work",),
    "HandedOver": ("arrived",), "Reminded": ("arrived",), "DeadlineMissed": ("arrived",), "KeepingExpired": ("arrived",),
    "Reopened": ("disposal_due",), "DisposalPostponed": ON_THE_SHELF, "DisposalInstructed": ON_THE_SHELF,
    "DisposalStarted": ON_THE_SHELF, "Destroyed": ("in_work",), "ClaimNoted": ("expected", *HERE), "ClaimReviewed": HERE,
}  # fmt: skip
Charge = tuple[str, str, int]


def happened(case: Row, event: Row, said: Row, confirmed: dict[int, Any]) -> list[Charge]:
    """One event of a parcel; the charges that it must bring. `confirmed`: the book of addresses as it is now."""
    kind, name = event["kind"], f"{event['kind']} of parcel {event['case_id']}"
    before = case.get("status", "")
    if before not in WHERE[kind]:
        raise Fault(
            "GDS-3" if before in ("picked_up", "delivered", "disposed") else "STM-1", f"{name} while it is {before}"
        )
    if kind == "Expected":
        case |= {"status": "expected", "seller": said["unit"]["seller_id"], "decision": "none", "moved": 0, "rounds": 0,
                 "disposal": "none", "mark": "", "revision": 0, "media": "none", "shipment": "none", "undecided": False,
                 "decide_by": None, "proposed_by": "", "claim": "none", "country": said["unit"]["seller_country"]}  # fmt: skip
        return []
    if kind in ("Arrived", "MediaOrdered", "MediaDelivered", "DeadlineMoved", "Decided", "DeadlineMissed", "KeepingExpired",
                "Reopened", "Reminded"):  # fmt: skip
        return _decides(case, event, said, name)
    if kind in ("MarkProposed", "Marked"):
        return _marked(case, said, name, kind)
    return _leaves(case, event, said, name, confirmed)


def _receivable(case: Row, service: str, amount: int) -> list[Charge]:
    return [(f"receivable:seller:{case['seller']}", f"income:{service}", amount)] if amount else []


def closes_at(case: Row) -> int:
    """P11: photos that were ordered in time and are late move the bound by five days at most."""
    waits = case["media"] == "ordered" and case["media_in_time"]
    moved: int = case["decide_by"] + ((MOVED_DAYS_MAX - case["moved"]) * DAY if waits else 0)
    return moved


def _decides(case: Row, event: Row, said: Row, name: str) -> list[Charge]:
    kind, at = event["kind"], event["at_us"]
    match str(kind):
        case "Arrived":
            return _arrived(case, event, said, name)
        case "MediaOrdered":
            if at >= closes_at(case) and case["decision"] == "none":
                raise Fault("TIM-1", f"{name} at {at}, too late")
            if said["in_time"] != (at < end_of_day(case["arrived"], 12)):
                raise Fault("TIM-3", f"{name}: in time is {said['in_time']}")
            case |= {"media": "ordered", "media_in_time": said["in_time"]}
            return _receivable(case, "media", MEDIA)
        case "MediaDelivered":
            case["media"] = "ready"
        case "DeadlineMoved":
            bound = us(said["decide_by"])
            owed = case["decide_by"] + (said["days"] - case["moved"]) * DAY
            if bound != owed or said["days"] > MOVED_DAYS_MAX or said["days"] <= case["moved"]:
                raise Fault("TIM-3", f"{name} from {case['decide_by']} to {bound}, {said['days']} days in all")
            case |= {"decide_by": bound, "moved": said["days"]}
        case "Decided":
            _decided(case, event, said, name)
        case "DeadlineMissed":
            _missed(case, event, said, name)
        case "KeepingExpired":
            if case["decision"] != "pickup" or at != case["collect_by"] or case["rounds"]:
                raise Fault(
                    "TIM-1", f"{name} at {at}; decided is {case['decision']}, to collect until {case.get('collect_by')}"
                )
            bound = us(said["decide_by"])
            if bound != bound_of_decision(at):
                raise Fault("TIM-3", f"{name}: the notice round ends at {bound}")
            case |= {"decision": "none", "decide_by": bound, "rounds": 1, "disposal": "none"}
        case "Reopened":
            bound = us(said["decide_by"])
            if bound is None or bound != max(end_of_day(at, 3), case["decide_by"]):
                raise Fault("TIM-3", f"{name} until {bound}, it was {case['decide_by']}")
            case |= {"status": "arrived", "decide_by": bound, "disposal": "none", "undecided": False}
        case "Reminded":
            key = (said["stage"], case["decide_by"])
            if key in case.setdefault("reminders", set()):
                raise Fault("TIM-2", f"{name}: {said['stage']} once more")
            case["reminders"].add(key)
        case _:
            pass
    return []


def _arrived(case: Row, event: Row, said: Row, name: str) -> list[Charge]:
    """TIM-3: from the later of the scanner's claim and our receipt, to the end of day 14."""
    at, claimed = us(said["at"]) or 0, us(said["claimed_at"])
    if at != max(claimed or 0, event["recorded_us"]):
        raise Fault("TIM-3", f"{name} counts from {at}, claimed {claimed}, received {event['recorded_us']}")
    if us(said["decide_by"]) != bound_of_decision(at):
        raise Fault("TIM-3", f"{name}: {us(said['decide_by'])}, but day 14 ends at {bound_of_decision(at)}")
    case |= {"status": "arrived", "arrived": at, "decide_by": us(said["decide_by"])}
    return _receivable(case, "receipt", RECEIPT)


def _decided(case: Row, event: Row, said: Row, name: str) -> None:
    at, decision = event["at_us"], said["decision"]
    by_rule = said["by_whom"] == "rule"
    if case["disposal"] == "started" or case["shipment"] != "none":
        raise Fault("GDS-3", f"{name} after work began")
    if case["decision"] == "none" and at >= closes_at(case) and not by_rule:
        raise Fault("TIM-1", f"{name} at {at}, but the time ended at {closes_at(case)}")
    if decision == "dispose":
        if case["country"] == "TR":
            raise Fault("GDS-4", f"{name}: sellers from TR do not choose disposal")
        if us(said["hold_until"]) != at + UNDO[said["by_whom"]]:
            raise Fault("TIM-1", f"{name} at {at} can be undone until {said['hold_until']}")
    if decision == "pickup":
        wanted = max(case["decide_by"], at) if case["rounds"] else end_of_day(at, 14)
        if us(said["collect_by"]) != wanted:
            raise Fault("TIM-3", f"{name}: to collect until {said['collect_by']}, not {wanted}")
    case |= {
        "decision": decision, "decided": at, "destination": said["destination"], "collect_by": us(said["collect_by"]),
        "disposal": "held" if decision == "dispose" else "none", "hold_until": us(said["hold_until"]),
    }  # fmt: skip
    if decision != "dispose":
        case["stored_from"] = case.get("stored_from") or at


def _missed(case: Row, event: Row, said: Row, name: str) -> None:
    at = event["at_us"]
    kept = case["decision"] == "pickup" and case["rounds"]
    bound = case["collect_by"] if kept else case["decide_by"]
    if (case["decision"] != "none" and not kept) or at != bound or event["recorded_us"] < bound:
        raise Fault(
            "TIM-1",
            f"{name} at {at}, recorded {event['recorded_us']}; decided is {case['decision']}, the bound {bound}",
        )
    if not kept and case["media"] == "ordered" and case["media_in_time"] and case["moved"] < MOVED_DAYS_MAX:
        raise Fault("TIM-1", f"{name}, but its photos are late")
    if us(said["hold_until"]) != working_day_from(at):
        raise Fault("TIM-1", f"{name}: destruction is held until {said['hold_until']}")
    case |= {"status": "disposal_due", "decision": "none", "disposal": "held", "hold_until": us(said["hold_until"]),
             "undecided": True}  # fmt: skip


def _marked(case: Row, said: Row, name: str, kind: str) -> list[Charge]:
    """P26: a substitution takes two people."""
    if kind == "MarkProposed":
        case["proposed_by"] = said["by"]
        return []
    if said["mark"] == "substituted" and (len(set(said["by"])) < 2 or len(set(said["photos"])) < 3):
        raise Fault("GDS-3", f"{name}: substituted, found by {said['by']}")
    if said["revision"] != case["revision"] + 1:
        raise Fault("EVT-2", f"{name}: revision {said['revision']} after {case['revision']}")
    case |= {"mark": said["mark"], "revision": said["revision"]}
    return []


def _leaves(case: Row, event: Row, said: Row, name: str, confirmed: dict[int, Any]) -> list[Charge]:
    kind, at = event["kind"], event["at_us"]
    match str(kind):
        case "ClaimNoted" | "ClaimReviewed":
            case["claim"] = said["status"]
        case "DisposalPostponed":
            until = us(said["hold_until"])
            if until is None or not at < until <= at + DAY:
                raise Fault("TIM-2", f"{name} at {at} until {until}: it is looked at again within a day")
            case["hold_until"] = until
        case "DisposalInstructed":
            if case["disposal"] != "held" or at < case["hold_until"]:
                raise Fault("TIM-1", f"{name} at {at}; it is {case['disposal']}, held until {case.get('hold_until')}")
            case["disposal"] = "instructed"
        case "DisposalStarted":
            if case["disposal"] != "instructed":
                raise Fault("TIM-1", f"{name} while it is {case['disposal']}")
            case |= {"status": "in_work", "disposal": "started"}
            return _storage(case, at)
        case "Destroyed":
            if case["disposal"] != "started":
                raise Fault("GDS-1", f"{name} while its disposal is {case['disposal']}")
            case |= {"status": "disposed", "certificate": said["certificate"], "disposal": "destroyed"}
            return _receivable(case, "disposal", DISPOSAL)
        case "LabelPrinted":
            return _shipped(case, at, name, confirmed)
        case "HandedOver":
            if case["decision"] != "pickup":
                raise Fault("GDS-4", f"{name}, but decided is {case['decision']}")
            case["status"] = "picked_up"
            return _storage(case, at)
        case "Dispatched" | "ShipmentLost" | "Delivered":
            if case["shipment"] == "none":
                raise Fault("GDS-1", f"{name} without a shipment")
            case |= {"status": "delivered" if kind == "Delivered" else "in_work"}
        case _:
            pass
    return []


def _storage(case: Row, at: int) -> list[Charge]:
    since = case.get("stored_from")
    return _receivable(case, "storage", 0 if since is None else max(midnights(since, at), 0) * STORAGE)


def _shipped(case: Row, at: int, name: str, confirmed: dict[int, Any]) -> list[Charge]:
    """GDS-4, D20: only to the address that was decided, once a second person confirmed it, 48 hours after it was new."""
    to, decision = case.get("destination"), case["decision"]
    if decision not in SHIPPING or to is None:
        raise Fault("GDS-4", f"{name}, but decided is {decision}")
    row = confirmed.get(to["id"])
    if row is None or row["confirmed_us"] is None or at < row["created_us"] + 48 * HOUR:
        raise Fault("GDS-4", f"{name} to an address that may not be used: {row}")
    case |= {"status": "in_work", "shipment": "label_printed"}
    return [*_receivable(case, decision, SHIPPING[decision]), *_storage(case, at)]


def forgotten(cases: dict[int, Row], now: int) -> None:
    """TIM-2: after a round of healthy running nobody's deadline is an hour past and not acted upon, and no hold."""
    for key, case in cases.items():
        for what, bound in _waits(case):
            if bound is not None and bound + HOUR < now:
                raise Fault("TIM-2", f"parcel {key} waits for {what} since {bound}, and it is {now}")


def _waits(case: Row) -> Iterator[tuple[str, int | None]]:
    """What time alone will end, and when."""
    if case["status"] == "arrived" and case["decision"] == "none":
        yield "a decision", case["decide_by"]
    if case["status"] == "arrived" and case["decision"] == "pickup":
        yield "its collector", case["collect_by"]
    if case["disposal"] == "held":
        yield "its destruction", case["hold_until"]
