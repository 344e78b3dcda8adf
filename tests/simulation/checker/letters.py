"""OUT-1 and GDS-5: what must be told is told with its change, arrives once and in order, and in the end both houses hold the same."""

from tests.simulation.checker.rows import Fault, Row

# Events of the partner that the marketplace must hear of.
REPORTED = frozenset({
    "Arrived", "Marked", "Decided", "DeadlineMoved", "DeadlineMissed", "KeepingExpired", "Reopened", "LabelPrinted", "Delivered",
    "HandedOver", "ClaimReviewed", "Destroyed",
})  # fmt: skip


def announced(case: Row, event: Row, said: Row) -> bool:
    """Whether the partner must hear of an event of the marketplace."""
    if event["kind"] == "CheckedIn":
        return bool(said["route"] == "B")
    if event["kind"] in ("Dispatched", "WentMissing"):
        return bool(case.get("route") == "B")
    return bool(event["kind"] == "ClaimMoved" and said["claim"] == "substitution")


class Post:
    """The letters of one house, and what the other one took in."""

    def __init__(self, sender: str, receiver: str) -> None:
        self.name = f"msg_{receiver}_"
        self.sender = sender
        self.wanted: dict[tuple[int, int], str] = {}
        self.written: dict[str, Row] = {}
        self.taken: set[str] = set()
        self.applied: dict[str, tuple[int, int, int]] = {}  # by message: case, recorded, last seq
        self.orders: dict[int, tuple[int, str]] = {}

    def write(self, letters: list[Row], wanted: dict[tuple[int, int], str]) -> None:
        """New letters stand beside the events that they tell of, all of them."""
        here = set()
        for letter in letters:
            self.written[letter["id"]] = letter
            here.add((letter["case_id"], letter["seq"]))
        missing = sorted(key for key in wanted if key not in here)
        if missing:
            raise Fault("OUT-1", f"the {self.sender} tells nobody of {[(key, wanted[key]) for key in missing]}")

    def take(self, answers: list[Row]) -> None:
        """The receiver remembers a message: there was one."""
        for row in answers:
            if row["key"].startswith(self.name):
                if row["key"] not in self.written:
                    raise Fault("OUT-1", f"{row['key']} was taken in, and the {self.sender} never wrote it")
                self.taken.add(row["key"])

    def apply(self, events: list[Row]) -> None:
        """IDM-1: the events that a message brings come with one commit, and the messages of a case in their order."""
        for event in events:
            key = event["request_id"]
            if not key.startswith(self.name):
                continue
            known = self.applied.get(key)
            if known is not None and known != (event["case_id"], event["recorded_us"], event["seq"] - 1):
                raise Fault("IDM-1", f"{key} was applied twice: {known} and event {event['seq']}")
            self.applied[key] = event["case_id"], event["recorded_us"], event["seq"]
            letter = self.written.get(key)
            if letter is None:
                raise Fault("OUT-1", f"{key} was applied, and the {self.sender} never wrote it")
            if known is None:
                order = (letter["seq"], key)
                if order < self.orders.get(event["case_id"], (0, "")) and not key.endswith("again"):
                    raise Fault("OUT-1", f"{key} was applied after {self.orders[event['case_id']]}")
                self.orders[event["case_id"]] = max(order, self.orders.get(event["case_id"], (0, "")))

    def marks(self, outbox: list[Row]) -> None:
        """What is marked as sent was taken in; what was not sent waits for its next try."""
        for row in outbox:
            if row["sent_us"] is not None and row["id"] not in self.taken:
                raise Fault("OUT-1", f"{row['id']} is marked as sent, and was never taken in")
            if row["sent_us"] is None and row["next_us"] is None:
                raise Fault("OUT-1", f"{row['id']} was given up: {row['answer'][:200]}")


def agree(returns: dict[int, Row], parcels: dict[int, Row]) -> None:
    """GDS-5: after the wire is whole, the mirror shows what the partner holds."""
    for key, parcel in parcels.items():
        case = returns.get(key)
        if case is None or case.get("route") != "B":
            raise Fault("GDS-2", f"parcel {key} is of no return that goes to the partner")
        if parcel["status"] == "expected":
            continue
        mirror = case.get("mirror")
        if mirror is None or case["status"] not in ("at_partner", "found_after_claim", "lost"):
            raise Fault("GDS-5", f"{key} arrived at the partner, and is {case['status']} at the marketplace")
        if case["status"] != "at_partner":
            continue
        begun = parcel["status"] == "in_work" and parcel["shipment"] == "none"
        status = ("disposal_due" if parcel["undecided"] else "arrived") if begun else parcel["status"]
        ours = {
            "status": status,
            "decision": parcel["decision"],
            "mark": parcel["mark"],
            "revision": parcel["revision"],
        }
        theirs = {name: mirror[name] for name in ours}
        if ours != theirs:
            raise Fault("GDS-5", f"{key}: the partner holds {ours}, the marketplace {theirs}")
        if parcel.get("certificate", "") != mirror.get("certificate", ""):
            raise Fault("GDS-5", f"{key}: certificates {parcel.get('certificate')} and {mirror.get('certificate')}")
        if (status, parcel["decision"]) == ("arrived", "none") and case["decide_by"] != parcel["decide_by"]:
            raise Fault("GDS-5", f"{key}: bounds {parcel['decide_by']} and {case['decide_by']}")
    for key, case in returns.items():
        if case.get("route") == "B" and key not in parcels:
            raise Fault("GDS-5", f"{key} goes to the partner, who does not know of it")
