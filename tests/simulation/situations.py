"""What must happen in a run of many seeds: a simulator in which nothing goes wrong proves nothing."""

from collections.abc import Mapping

TROUBLE = (
    "a bound, -1 s", "a bound, +0 s", "a bound, +1 s", "a clock is off", "a clock is off by far", "a clock is right again",
    "a crash at commit.before", "a crash at commit.after", "a crash at sweep.chosen", "a crash at letter.before",
    "a crash at letter.after", "a disk is full", "the database is full", "a house is killed between two steps",
    "both ways are cut", "one way is cut", "the wire is cut bit by bit", "the wire heals bit by bit", "the wire is whole again", "a request is lost",
    "a request comes late", "a request comes twice", "a late request", "a late request is too old", "an answer is lost",
    "the marketplace starts again", "the partner starts again", "nobody answers", "the bank does not answer", "a key is revoked", "a bill is paid",
)  # fmt: skip
PEOPLE = (
    "a stranger tries", "a key that may only look tries to act", "a key for another question", "the same question once more",
    "the same question once more, by a key that is over",
    "asked again after no answer, and done", "refused: too_late", "refused: version_conflict", "refused: not_in_this_state",
    "refused: key_revoked", "refused: decision_window_closed", "refused: second_person_needed", "refused: not_held_here",
)  # fmt: skip
MARKETPLACE = (
    "Requested", "Submitted", "Approved", "Rejected", "Offered", "OfferAccepted", "OfferDeclined", "RefundedWithoutReturn",
    "Cancelled", "Expired", "DisputeOpened", "DisputeDecided", "CheckedIn", "TurnedAway", "Dispatched", "WentLate", "WentMissing",
    "Arrived", "ReceivedForDisposal", "DisposalCertified", "RefundHeld", "RefundSent", "RefundConfirmed", "RefundFailed",
    "RefundQuestioned", "RefundRetried", "RefundCancelled", "CompensationAccrued", "CompensationCredited", "CompensationReversed",
    "ClaimDrafted", "ClaimMoved", "Marked", "DecisionMirrored", "HandoverMirrored", "DisposalMirrored", "WeightMeasured",
    "WeightSettled",
)  # fmt: skip
PARTNER = (
    "Expected", "DispatchNoted", "LostNoted", "Arrived", "GateChecked", "InspectionQueued", "MarkProposed", "Marked", "MediaOrdered",
    "MediaDelivered", "DeadlineMoved", "Decided", "DeadlineMissed", "KeepingExpired", "Reopened", "LabelPrinted", "Delivered",
    "HandedOver", "DisposalInstructed", "DisposalStarted", "Destroyed", "ClaimNoted", "ClaimReviewed",
)  # fmt: skip
CUT_OFF = tuple(
    f"{kind} while the houses cannot speak" for kind in ("Decided", "DeadlineMissed", "CheckedIn", "Marked")
)
MUST = (
    *TROUBLE, *PEOPLE, *(f"marketplace: {kind}" for kind in MARKETPLACE), *(f"partner: {kind}" for kind in PARTNER), *CUT_OFF,
    "a substitution is final",
)  # fmt: skip
# What a run of a few seeds has, too: the tests of every day.
EVERY_DAY = (
    "a bound, -1 s", "a bound, +0 s", "a bound, +1 s", "a crash at commit.before", "a crash at commit.after", "a request is lost",
    "a request comes late", "a request comes twice", "a late request", "an answer is lost", "both ways are cut",
    "the wire is whole again", "the marketplace starts again", "the partner starts again",
    "the same question once more", "a key for another question", "a stranger tries", "marketplace: CheckedIn",
    "marketplace: RefundSent", "marketplace: Arrived",  "partner: Arrived", "partner: Decided",
)  # fmt: skip


def missing(happened: Mapping[str, int], must: tuple[str, ...] = MUST) -> list[str]:
    """What never happened and must."""
    return [name for name in must if not happened.get(name)]
