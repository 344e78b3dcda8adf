"""The law of a claim for the full price: one at a time, once for each loss or finding, and never beside a compensation (R112).

A return may see several claims one after another, each in the place of one that came to nothing: lost, found, and then substituted.
"""

from datetime import datetime

from backhaul.kit.days import end_of_day
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.calendar import payout_run
from backhaul.marketplace.rules.exchange import Conversion
from backhaul.marketplace.rules.lifecycle import NO_CLAIM_LEFT, OPEN_CLAIM
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return, evolve, group_of, is_fit
from backhaul.marketplace.rules.words import (
    ClaimKind,
    ClaimStatus,
    CompensationStatus,
    Mark,
    ReasonGroup,
    RefundStatus,
    Status,
)

STANDING = (*OPEN_CLAIM, ClaimStatus.PAID)
COMPENSATED = (CompensationStatus.ACCRUED, CompensationStatus.CREDITED)
# Which claim a mark bears out; what it does not bear out falls with it.
BORNE_OUT = {
    Mark.PARTIALLY_DAMAGED: ClaimKind.CARRIER_DAMAGE,
    Mark.COMPLETELY_DAMAGED: ClaimKind.CARRIER_DAMAGE,
    Mark.SUBSTITUTED: ClaimKind.SUBSTITUTION,
}


def was_drafted(it: Return, kind: ClaimKind) -> bool:
    """Whether there is or was a claim of this kind."""
    return it.claim.kind is kind or any(one.kind is kind for one in it.claim.earlier)


def came_to_nothing(it: Return, kind: ClaimKind) -> bool:
    """Whether a claim of this kind was refused, or its payment taken back."""
    ended = it.claim.kind is kind and it.claim.status in NO_CLAIM_LEFT
    return ended or any(one.kind is kind for one in it.claim.earlier)


def may_be_drafted(it: Return) -> bool:
    """Whether nothing stands for the unit: no claim that is open or paid, no compensation (R112)."""
    return it.claim.status not in STANDING and it.compensation.status not in COMPENSATED


def draft_claim(it: Return, kind: ClaimKind, at: datetime, policy: Policy) -> list[e.Any]:
    """A claim for the full price, unless something stands for the unit."""
    if not may_be_drafted(it):
        return []
    return [e.ClaimDrafted(kind, it.line.price, end_of_day(at, policy.claim_file_days))]


def move_claim(it: Return, to: ClaimStatus, comment: str = "", payer: str = "",
               payout: Conversion | None = None) -> list[e.Any]:  # fmt: skip
    """The claim's next state, if there is a claim."""
    if it.claim.kind is None or it.claim.amount is None or it.claim.status is ClaimStatus.NONE:
        return []
    return [e.ClaimMoved(to, it.claim.kind, it.claim.amount, comment, payer, payout=payout)]


def drop_claim(it: Return, why: str) -> list[e.Any]:
    """What a claim rests on is gone: an open one is refused, a paid one taken back."""
    if it.claim.status in OPEN_CLAIM:
        return move_claim(it, ClaimStatus.REFUSED, why)
    return move_claim(it, ClaimStatus.REVERSED, why) if it.claim.status is ClaimStatus.PAID else []


def is_loss_unclaimed(it: Return) -> bool:
    """Whether a lost product is paid for by nothing, and its loss was never claimed."""
    return it.status is Status.LOST and may_be_drafted(it) and not was_drafted(it, ClaimKind.LOST_IN_TRANSIT)


def after_loss(it: Return, happened: list[e.Any], at: datetime, policy: Policy) -> list[e.Any]:
    """The carrier answers for what is lost, once, as soon as nothing else pays for it (P10).

    So when it is lost, and also later: when a claim for its damage comes to nothing, or a compensation is taken back.
    """
    then = folded(it, happened)
    return draft_claim(then, ClaimKind.LOST_IN_TRANSIT, at, policy) if is_loss_unclaimed(then) else []


def after_mark(it: Return, report: do.RecordMark, at: datetime, policy: Policy) -> list[e.Any]:
    """What an inspection result does to the money (P18, P26). An older revision changes nothing; a newer one undoes the older."""
    if it.parcel is not None and report.revision <= it.parcel.mark_revision:
        return []
    marked = e.Marked(report.mark, report.revision, report.defect, report.photos, report.packaging_intact)
    unsent = it.refund.status in (RefundStatus.HELD, RefundStatus.FAILED)
    if report.mark is Mark.SUBSTITUTED and unsent:
        # Without the claim's money a product that was found is the seller's again.
        taken: list[e.Any] = [e.ProductTaken()] if it.status is Status.LOST else []
        return [marked, e.RefundCancelled(), *drop_claim(it, "refund_cancelled"), *taken]
    events: list[e.Any] = [marked]
    if (
        report.mark is not Mark.SUBSTITUTED
        and it.refund.status is RefundStatus.CANCELLED
        and it.refund.amount is not None
    ):
        events.append(e.RefundHeld(it.refund.amount, payout_run(at, policy), restored_by=report.revision))
    if it.status is Status.LOST:  # the money was kept: damage is the carrier's own
        return events
    borne_out = BORNE_OUT.get(report.mark)
    if it.claim.kind is not borne_out:
        events += drop_claim(it, _why_dropped(it, report.mark))
    kind = _found(it, report)
    if kind is None or (it.claim.kind is kind and _said_before(it) is kind):
        return events  # the same finding once more: what was decided about its claim stays
    drafted = draft_claim(folded(it, events), kind, at, policy)
    if drafted and kind is ClaimKind.SUBSTITUTION:
        drafted.append(e.ClaimMoved(ClaimStatus.FILED, kind, it.line.price))
    return [*events, *drafted]


def _found(it: Return, report: do.RecordMark) -> ClaimKind | None:
    """What this result gives the seller a claim for."""
    if report.mark is Mark.SUBSTITUTED:
        out = it.refund.status in (RefundStatus.SENT, RefundStatus.IN_DOUBT, RefundStatus.CONFIRMED)
        return ClaimKind.SUBSTITUTION if out else None
    damaged = BORNE_OUT.get(report.mark) is ClaimKind.CARRIER_DAMAGE
    return ClaimKind.CARRIER_DAMAGE if damaged and _is_the_carriers(it, intact=report.packaging_intact) else None


def _said_before(it: Return) -> ClaimKind | None:
    """What the result before this one gave a claim for. Damage in whole packaging gave none: a later one in broken packaging is new."""
    if it.parcel is None or it.parcel.mark is None:
        return None
    kind, intact = BORNE_OUT.get(it.parcel.mark), it.parcel.marked_packaging_intact
    if kind is ClaimKind.CARRIER_DAMAGE and intact is not None and not _is_the_carriers(it, intact=intact):
        return None
    return kind


def _is_the_carriers(it: Return, *, intact: bool) -> bool:
    """Whether damage came on the way: whole at the point, in broken packaging at the partner. `intact`: how the partner found it."""
    presumed = is_fit(it) or group_of(it) is ReasonGroup.DAMAGE
    sound_at_point = it.check is not None and it.check.packaging_intact and bool(it.check.photos)  # shown, not said
    broken_on_arrival = it.parcel is not None and not (it.parcel.packaging_intact and intact)
    return presumed and sound_at_point and broken_on_arrival


def _why_dropped(it: Return, mark: Mark) -> str:
    if it.claim.kind is ClaimKind.SUBSTITUTION:
        return "not_substituted"
    return "substituted" if mark is Mark.SUBSTITUTED else "not_damaged"


def folded(it: Return, events: list[e.Any]) -> Return:
    """The return after these events."""
    for event in events:
        it = evolve(it, event)
    return it
