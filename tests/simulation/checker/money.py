"""MNY of the marketplace: who is owed what after each event, by the text of R19 to R29, P8, P15, P18 and P26, and that the ledger says so."""

from tests.simulation.checker.card import CLASS_OF, brings
from tests.simulation.checker.days import DAY, end_of_day, hour_of_day, us
from tests.simulation.checker.rows import Fault, Row

OUT = ("sent", "in_doubt", "confirmed")
OPEN = ("draft", "filed", "in_review", "approved")
BANK, TRANSIT, OWED, EXPENSE = (
    "asset:bank",
    "clearing:refunds_in_transit",
    "liability:refunds",
    "expense:disposal_compensation",
)
ACCRUED, CARRIERS = "liability:accrued_compensation", "receivable:carriers"
PAYERS = {"marketplace": "expense:point_faults", "carrier": CARRIERS, "fraud_fund": "expense:fraud_fund"}
Posting = tuple[str, str, int]
# Refund: what may follow on what.
REFUND = {
    "RefundSent": (("held", "failed"), "sent"), "RefundConfirmed": (("sent", "in_doubt"), "confirmed"),
    "RefundFailed": ((*OUT,), "failed"), "RefundQuestioned": (("sent",), "in_doubt"),
    "RefundRetried": (("in_doubt",), "sent"), "RefundCancelled": (("held", "failed"), "cancelled"),
}  # fmt: skip


def born(case: Row, said: Row) -> None:
    line = said["line"]
    case |= {
        "seller": said["seller_id"], "variant": said["variant"], "reason": said["reason"], "price": line["price"]["minor"],
        "paid": line["paid"]["minor"], "gram": line["weight_gram"], "refund": "none", "compensation": "none",
        "claim": "none", "claims": 0, "attempt": 0, "owed": 0, "compensated": 0, "weighed": "none", "claim_kind": "",
        "earlier": [], "offers": [], "unit": (line["line_id"], line["unit_no"]),
    }  # fmt: skip


def happened(case: Row, event: Row, said: Row) -> list[Posting]:
    """What an event does to the money; the postings that it must bring."""
    kind, name = event["kind"], f"{event['kind']} of return {event['case_id']}"
    if kind in REFUND or kind == "RefundHeld":
        return _refund(case, event, said, name)
    if kind.startswith("Compensation"):
        return _compensation(case, event, said, name)
    if kind in ("ClaimDrafted", "ClaimMoved"):
        return _claim(case, said, name, kind)
    if kind in ("Approved", "CheckedIn", "WeightMeasured"):
        _quoted(case, said, name)
    if kind == "Marked" and said["mark"] == "substituted":
        case["must_cancel"] = case["refund"] in ("held", "failed")
    seller = f"payable:seller:{case['seller']}"
    if kind == "Submitted":
        case["submitted"] = event["at_us"]
        charge = said.get("charge")
        return [(seller, "income:pre_moderation", charge["minor"])] if charge else []
    if kind == "Offered":
        case["offers"].append(said["amount"]["minor"])
        if len(case["offers"]) > 2 or not 0 < said["amount"]["minor"] < case["paid"]:
            raise Fault("MNY-2", f"{name}: {case['offers']} of {case['paid']}")
    if kind == "OfferAccepted":
        case["reason_to_pay"] = case["offers"][-1]
    if kind in ("CheckedIn", "RefundedWithoutReturn"):
        case["reason_to_pay"] = case["paid"]
    if kind.startswith("Weight"):
        _weighed(case, said, kind)
    return []


def _weighed(case: Row, said: Row, kind: str) -> None:
    if kind == "WeightMeasured":
        case |= {"measured": said["weight_gram"], "object_by": us(said["object_by"])}
    case["weighed"] = {"WeightMeasured": "open", "WeightObjected": "objected"}.get(kind) or said["to"]


def _quoted(case: Row, said: Row, name: str) -> None:
    """MNY-6: what the seller is shown before anything is owed is what the table brings."""
    found = said.get("quote")
    gram: int = said["weight_gram"] if "object_by" in said else case["gram"]
    wanted = brings(CLASS_OF[case["reason"]], gram, case["price"])
    if found and found["amount"]["minor"] != wanted:
        raise Fault("MNY-6", f"{name} shows {found['amount']['minor']}, and the table says {wanted}")


def unpaid(case: Row, key: int) -> None:
    """MNY-3: money that has not left is retained with the word that the product was substituted."""
    if case.pop("must_cancel", False):
        raise Fault("MNY-3", f"the product of return {key} was substituted, and its refund is {case['refund']}")


def _refund(case: Row, event: Row, said: Row, name: str) -> list[Posting]:
    kind, at, seller = event["kind"], event["at_us"], f"payable:seller:{case['seller']}"
    if kind == "RefundHeld":
        return _held(case, said, at, name)
    before, after = REFUND[kind]
    if case["refund"] not in before:
        raise Fault("MNY-3", f"{name} while it is {case['refund']}")
    case["refund"] = after
    if kind == "RefundCancelled":
        case["must_cancel"] = False
        return [(OWED, seller, case["owed"])]
    if kind == "RefundConfirmed":
        return [(TRANSIT, BANK, said["amount"]["minor"])]
    if kind in ("RefundQuestioned", "RefundRetried"):
        return []
    amount = said["amount"]["minor"]
    if amount != case["owed"] or amount > case["paid"]:
        raise Fault("MNY-2", f"{name} of {amount}; owed are {case['owed']}, paid was {case['paid']}")
    if kind == "RefundFailed":
        return [(BANK if said["from_bank"] else TRANSIT, OWED, amount)]
    case["tries"] += 1  # of this debt: one that was restored is another
    if said["attempt"] != case["attempt"] + 1 or case["tries"] > 3:
        raise Fault("MNY-2", f"{name}: attempt {said['attempt']} after {case['attempt']}, {case['tries']} times in all")
    if event["role"] == "calendar" and at != case["send_at"]:
        raise Fault("MNY-8", f"{name} at {at}, and its run is at {case['send_at']}")
    if case.get("mirror", {}).get("mark") == "substituted" and case["attempt"] == 0:
        raise Fault("MNY-3", f"{name}, but the product was substituted")
    case |= {"attempt": said["attempt"], "sent": at}
    return [(OWED, TRANSIT, amount)]


def _held(case: Row, said: Row, at: int, name: str) -> list[Posting]:
    """P8: the next daily run, at 12:00; a hold lasts until 10 days after the demand, or 24 hours after the acceptance."""
    amount, send_at, seller = said["amount"]["minor"], us(said["send_at"]), f"payable:seller:{case['seller']}"
    if said["why"]:
        asked = case["submitted"] + 10 * DAY
        ceiling = max(asked, case["accepted"] + DAY) if case.get("accepted") else asked
        if case["refund"] != "held" or send_at != ceiling or amount != case["owed"]:
            raise Fault("MNY-8", f"{name} until {send_at}, and the ceiling is {ceiling}")
        case["send_at"] = send_at
        return []
    restored = case["refund"] == "cancelled" and said["restored_by"]
    if case["refund"] != "none" and not restored:
        raise Fault("MNY-2", f"{name} while it is {case['refund']}")
    if amount != case.get("reason_to_pay"):
        raise Fault("MNY-2", f"{name} of {amount}, and {case.get('reason_to_pay')} are owed")
    noon = hour_of_day(at, 0, 12)
    if send_at != (noon if noon > at else hour_of_day(at, 1, 12)):
        raise Fault("MNY-8", f"{name} at {at} waits until {send_at}")
    case |= {"refund": "held", "owed": amount, "send_at": send_at, "tries": 0}
    return [(seller, OWED, amount)]


def due(case: Row) -> int:
    """What the table brings now, by the reason, what became of a claim, and the weight that counts."""
    grade = CLASS_OF[case["reason"]]
    came_to_nothing = case["claim_kind"] == "carrier_damage" and case["claim"] in ("refused", "reversed")
    if came_to_nothing or "carrier_damage" in case["earlier"]:
        grade = "seller_fault" if case["reason"] == "packaging_and_product_damaged" else grade
    return brings(grade, case["measured"] if case["weighed"] == "measured" else case["gram"], case["price"])


def _compensation(case: Row, event: Row, said: Row, name: str) -> list[Posting]:
    kind, at, seller = event["kind"], event["at_us"], f"payable:seller:{case['seller']}"
    amount = said["quote"]["amount"]["minor"] if kind == "CompensationAccrued" else said["amount"]["minor"]
    if kind == "CompensationAccrued":
        if case["compensation"] != "none":
            raise Fault("MNY-4", f"{name} while it is {case['compensation']}")
        if case["refund"] not in OUT or case.get("route") != "A":
            raise Fault("MNY-8", f"{name}: the refund is {case['refund']}, the route {case.get('route')}")
        if case["claim"] in (*OPEN, "paid"):
            raise Fault("MNY-5", f"{name} beside a claim that is {case['claim']}")
        if amount != due(case):
            raise Fault("MNY-6", f"{name} is {amount}, and the table says {due(case)}")
        since = us(said.get("at")) or at
        if us(said["due_by"]) != end_of_day(since, 7) or us(said["credit_at"]) != hour_of_day(since, 6, 2):
            raise Fault("MNY-8", f"{name} since {since} is due by {said['due_by']}")
        case |= {"compensation": "accrued", "compensated": amount, "credit_at": us(said["credit_at"])}
        return [(EXPENSE, ACCRUED, amount)] if amount else []
    if amount != case["compensated"]:
        raise Fault("MNY-6", f"{name} of {amount}, accrued were {case['compensated']}")
    if kind == "CompensationCredited":
        if case["compensation"] != "accrued" or at != case["credit_at"]:
            raise Fault("MNY-4", f"{name} at {at} while it is {case['compensation']}, due at {case['credit_at']}")
        case["compensation"] = "credited"
        return [(ACCRUED, seller, amount)]
    if case["compensation"] not in ("accrued", "credited"):
        raise Fault("MNY-4", f"{name} while it is {case['compensation']}")
    was_credited = case["compensation"] == "credited"
    case["compensation"] = "reversed" if said["final"] else "none"
    return [(seller, EXPENSE, amount)] if was_credited else [(ACCRUED, EXPENSE, amount)]


CLAIM = {
    "filed": ("draft",), "in_review": ("filed",), "approved": ("filed", "in_review"), "paid": ("approved",),
    "reversed": ("paid",), "refused": OPEN,
}  # fmt: skip


def _claim(case: Row, said: Row, name: str, kind: str) -> list[Posting]:
    """One at a time, for the full price, and not beside a compensation (R112)."""
    amount, seller = said["amount"]["minor"], f"payable:seller:{case['seller']}"
    if amount != case["price"]:
        raise Fault("MNY-5", f"{name} of {amount}, the price was {case['price']}")
    if kind == "ClaimDrafted":
        if case["claim"] in (*OPEN, "paid") or case["compensation"] in ("accrued", "credited"):
            raise Fault("MNY-5", f"{name}: a claim is {case['claim']}, the compensation {case['compensation']}")
        if case["claim"] != "none":
            case["earlier"] = [*case["earlier"], case["claim_kind"]]
        case |= {"claim": "draft", "claim_kind": said["claim"], "payer": "", "file_by": us(said["file_by"])}
        return []
    to = said["to"]
    if case["claim"] not in CLAIM[to]:
        raise Fault("MNY-5", f"{name} to {to} while it is {case['claim']}")
    case["payer"] = said.get("payer") or case.get("payer", "")
    case["claim"] = to
    if to not in ("paid", "reversed"):
        return []
    if to == "paid" and case["compensation"] in ("accrued", "credited"):
        raise Fault("MNY-5", f"{name} beside a compensation that is {case['compensation']}")
    bears = PAYERS.get(case["payer"], PAYERS["fraud_fund"]) if said["claim"] == "substitution" else CARRIERS
    return [(bears, seller, amount)] if to == "paid" else [(seller, bears, amount)]


def booked(name: str, wanted: list[Posting], found: list[Row]) -> None:
    """MNY-1, MNY-7: the ledger has exactly these postings of an event, in whole kopecks."""
    said = []
    for row in found:
        if type(row["amount_minor"]) is not int or row["amount_minor"] <= 0 or row["debit"] == row["credit"]:
            raise Fault("MNY-7", f"{name}: {row}")
        said.append((row["debit"], row["credit"], row["amount_minor"]))
    if sorted(said) != sorted(wanted):
        raise Fault("MNY-1", f"{name} must bring {sorted(wanted)}, the ledger has {sorted(said)}")
