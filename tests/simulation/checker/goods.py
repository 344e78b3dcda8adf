"""GDS and STM-1 of the marketplace: from where to where a return goes, by the text of section 5.1; and its deadlines (TIM)."""

from collections.abc import Iterator

from tests.simulation.checker.days import DAY, HOUR, end_of_day, us
from tests.simulation.checker.rows import Fault, Row

REVIEW = ("pre_moderation", "seller_review", "seller_review_after_offer")
HANDING_IN = ("approved", "awaiting_dropoff")
# What happened: where the return may have stood before, and where it stands then. None: it stays; "to": the event says.
LEADS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "Requested": (("",), "new"),
    "PhotosAdded": (("new",), None),
    "Submitted": (("new",), "to"),
    "PhotosAsked": (("pre_moderation",), "awaiting_customer"),
    "PhotosSent": (("awaiting_customer",), "pre_moderation"),
    "Approved": (REVIEW, "approved"),
    "Rejected": (REVIEW[:2], "rejected"),
    "Offered": (REVIEW[1:], "offer_sent"),
    "OfferAccepted": (("offer_sent",), "partially_refunded"),
    "OfferDeclined": (("offer_sent",), "seller_review_after_offer"),
    "RefundedWithoutReturn": (REVIEW[1:], "refunded_without_return"),
    "Cancelled": (("new", *REVIEW, "awaiting_customer", "offer_sent", *HANDING_IN), "cancelled"),
    "Expired": (("awaiting_customer", *HANDING_IN), "to"),
    "PointChosen": (HANDING_IN, "awaiting_dropoff"),
    "DisputeOpened": (("rejected",), "dispute"),
    "DisputeDecided": (("dispute",), "decided"),
    "CheckedIn": (HANDING_IN, "accepted_at_pvz"),
    "TurnedAway": (HANDING_IN, "refused_at_pvz"),
    "DwellAlarmed": (("accepted_at_pvz",), None),
    "Dispatched": (("accepted_at_pvz",), "on_the_way"),
    "WentLate": (("on_the_way",), None),
    "WentMissing": (("on_the_way",), "lost"),
    "Arrived": (("accepted_at_pvz", "on_the_way", "lost"), "arrived"),
    "MoneyKept": (("found_after_claim",), "lost"),
    "ProductTaken": (("found_after_claim", "lost"), "at_partner"),
    "ReceivedForDisposal": (("on_the_way", "lost"), "disposing_by_marketplace"),
    "DisposalCertified": (("disposing_by_marketplace",), "disposed_by_marketplace"),
    # Also of what was found after its claim was paid, and whose money was kept: it is the carrier's.
    **dict.fromkeys(("Marked", "DecisionMirrored", "HandoverMirrored", "DisposalMirrored"), (("at_partner", "lost"), None)),
    "ReceiptConfirmed": (("at_partner",), None),
}  # fmt: skip
# P4, P5, P6 and the table of deadlines: the field that names the bound, and how many calendar days it is away.
BOUNDS = {
    "Requested": ("draft_until", 3), "Submitted": ("answer_by", 3), "PhotosAsked": ("reply_by", 3),
    "PhotosSent": ("answer_by", 3), "Approved": ("dropoff_by", 5), "Rejected": ("dispute_by", 5), "Offered": ("answer_by", 3),
    "OfferDeclined": ("seller_until", 3), "DisputeOpened": ("decide_by", 3), "DisputeDecided": ("dropoff_by", 5),
}  # fmt: skip
BOUNDED = ("new", "pre_moderation", "awaiting_customer", "seller_review", "offer_sent", "seller_review_after_offer", *HANDING_IN,
           "found_after_claim")  # fmt: skip
BY_TIME = ("Cancelled", "Approved", "Expired", "OfferDeclined", "RefundedWithoutReturn", "MoneyKept")
# P10: from the acceptance on, the end of the day on which what is on its way is late, and on which it is missing.
LATE_DAYS, MISSING_DAYS = 15, 30
ENDS = ("cancelled", "closed_no_reply", "refunded_without_return", "partially_refunded", "dropoff_expired", "refused_at_pvz",
        "disposed_by_marketplace")  # fmt: skip
GRACE = HOUR


def moved(case: Row, event: Row, said: Row, clerks: dict[str, str]) -> None:
    """One event of a return: was it possible there, in time, and by whom."""
    kind, at = event["kind"], event["at_us"]
    rule = LEADS.get(kind)
    if rule is None:
        return
    before = case.get("status", "")
    name = f"{kind} of return {event['case_id']}"
    if before not in rule[0]:
        raise Fault("GDS-3" if before in ENDS else "STM-1", f"{name} while it is {before or 'not there'}")
    _in_time(case, event, name)
    if kind == "Dispatched" and clerks.get(event["actor"]) != case["point"]:
        raise Fault("GDS-1", f"{name} by {event['actor']}, but it lies at {case['point']}")
    if kind == "CheckedIn":
        case |= {"point": said["point_id"], "route": said["route"], "accepted": at, "check": said, "late": False}
    if kind in ("WentLate", "WentMissing"):
        days = LATE_DAYS if kind == "WentLate" else MISSING_DAYS
        if event["recorded_us"] < end_of_day(case["accepted"], days):
            raise Fault("TIM-1", f"{name} at {event['recorded_us']}, accepted at {case['accepted']}")
        case["late"] = True
    if kind == "ReceivedForDisposal" and case.get("route") != "A":
        raise Fault("GDS-4", f"{name} on route {case.get('route')}")
    if kind == "Arrived":
        _arrived(case, said, name, event["recorded_us"])
    case["status"] = _after(case, before, rule[1], said)
    _bound(case, kind, said, at, name)


def _after(case: Row, before: str, to: str | None, said: Row) -> str:
    if to is None:
        return before
    if to == "to":
        return str(said["to"])
    if to == "decided":
        return "approved" if said["for_customer"] else "rejected"
    if to == "arrived":
        return "found_after_claim" if case.get("claim") == "paid" and before == "lost" else "at_partner"
    return to


def _in_time(case: Row, event: Row, name: str) -> None:
    """The last second counts and the next one does not; what time does is dated to the bound itself."""
    bound, at = case.get("act_by"), event["at_us"]
    if bound is None:
        return
    if event["role"] == "calendar":
        if event["kind"] in BY_TIME and at != bound:
            raise Fault("TIM-1", f"{name} at {at}, and its time ends at {bound}")
    elif (case["status"] in BOUNDED or event["kind"] == "DisputeOpened") and at >= bound:
        raise Fault("TIM-1", f"{name} at {at}, but its time ended at {bound}")


def _bound(case: Row, kind: str, said: Row, at: int, name: str) -> None:
    if kind in BOUNDS:
        field, days = BOUNDS[kind]
        stated = us(said[field])
        if stated is None and kind == "DisputeDecided" and not said["for_customer"]:
            case["act_by"] = None
            return
        if stated != end_of_day(at, days):
            raise Fault("TIM-3", f"{name} bounds it at {stated}, and day {days} ends at {end_of_day(at, days)}")
        case["act_by"] = stated
    elif kind == "Arrived":
        case["act_by"] = us(said["choose_by"])
    elif case["status"] not in BOUNDED and kind in LEADS and LEADS[kind][1] is not None:
        case["act_by"] = None


def _arrived(case: Row, said: Row, name: str, recorded: int) -> None:
    """D8: nobody has less time to decide than 14 days from the arrival."""
    at, bound = us(said["at"]), us(said["decide_by"])
    if at is None or bound is None or bound < max(end_of_day(at, 14), at + 14 * DAY):
        raise Fault("TIM-3", f"{name}: {bound} is less than 14 days after {at}")
    if case.get("route") != "B":
        raise Fault("GDS-4", f"{name} on route {case.get('route')}")
    chosen = us(said["choose_by"])
    if chosen is not None and chosen != end_of_day(recorded, 7):
        raise Fault("TIM-3", f"{name}: the choice ends at {chosen}")
    case |= {
        "arrived": at,
        "decide_by": bound,
        "mirror": {"status": "arrived", "decision": "none", "mark": "", "revision": 0},
    }


def mirrored(case: Row, event: Row, said: Row) -> None:
    """What the marketplace holds of the partner's reports, newest revision first."""
    kind, mirror = event["kind"], case.get("mirror")
    if mirror is None:
        return
    if kind == "Marked":
        if said["revision"] <= mirror["revision"]:
            raise Fault(
                "EVT-2", f"revision {said['revision']} of the mark of {event['case_id']} over {mirror['revision']}"
            )
        mirror |= {"mark": said["mark"], "revision": said["revision"]}
    elif kind == "DecisionMirrored":
        bound = us(said["decide_by"])
        if bound is not None and bound < (case.get("decide_by") or 0):
            raise Fault("TIM-3", f"the bound of {event['case_id']} went back from {case['decide_by']} to {bound}")
        case["decide_by"] = bound if bound is not None else case.get("decide_by")
        mirror |= {"decision": said["decision"], "status": said["parcel_status"], "decide_by": bound}
    elif kind == "HandoverMirrored":
        mirror["status"] = said["parcel_status"]
    elif kind == "DisposalMirrored":
        mirror |= {"status": "disposed", "certificate": said["certificate"]}


def forgotten(cases: dict[int, Row], now: int) -> None:
    """TIM-2, MNY-8: after a round of healthy running nothing stands an hour past its bound."""
    for key, case in cases.items():
        for rule, what, bound in _waits(case):
            if bound is not None and bound + GRACE < now:
                raise Fault(rule, f"return {key} is {what} since {bound}, and it is {now}")


def _waits(case: Row) -> Iterator[tuple[str, str, int | None]]:
    """What time alone will end, and when."""
    status = case["status"]
    if status in BOUNDED:
        yield "TIM-2", status, case.get("act_by")
    if status == "on_the_way":
        yield "TIM-2", "on its way", end_of_day(case["accepted"], MISSING_DAYS if case["late"] else LATE_DAYS)
    if case["claim"] == "draft":
        yield "TIM-2", "waiting for a claim to be filed", case["file_by"]
    if case["weighed"] == "open":
        yield "TIM-2", "waiting for an objection to its weight", case["object_by"]
    if case["refund"] == "held":
        yield "MNY-8", "owed a refund", case["send_at"]
    if case["compensation"] == "accrued":
        yield "MNY-8", "owed a compensation", case["credit_at"]
