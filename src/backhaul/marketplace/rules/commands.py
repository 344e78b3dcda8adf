"""Everything that anybody can ask of a return, in the imperative. A command's fields are its form, its JSON body and its URL."""

from typing import Annotated

from msgspec import Meta

from backhaul.kit.machine import Storable
from backhaul.marketplace.rules.words import Mark, Route, WitnessRole

Comment = Annotated[str, Meta(max_length=2000)]
Photos = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=10)]
Videos = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=5)]
Us = Annotated[int, Meta(ge=0, le=10**16)]
Grams = Annotated[int, Meta(ge=1, le=500_000)]
Seal = Annotated[str, Meta(max_length=40)]


class Command(Storable, frozen=True, forbid_unknown_fields=True):
    """A request to change one return."""


# The customer


class RequestReturn(Command, frozen=True, tag=True):
    """Ask to return delivered units: starts a return for each, as a draft that only the customer sees, or sent at once."""

    reason: str
    comment: Comment = ""
    photos: Photos = ()
    units: Annotated[int, Meta(ge=1, le=100)] = 1
    send: bool = False
    videos: Videos = ()


class AddPhotos(Command, frozen=True, tag=True):
    """Attach pictures or a short video to a draft."""

    photos: Photos = ()
    videos: Videos = ()


class Submit(Command, frozen=True, tag=True):
    """Send the draft to whoever decides."""


class SendPhotos(Command, frozen=True, tag=True):
    """Answer the moderator who asked for more pictures or a video."""

    photos: Photos = ()
    comment: Comment = ""
    videos: Videos = ()


class Cancel(Command, frozen=True, tag=True):
    """Withdraw the request before the product is handed in."""


class AcceptOffer(Command, frozen=True, tag=True):
    """Keep the product and take the part of the price that the seller offers."""


class DeclineOffer(Command, frozen=True, tag=True):
    """Refuse the offer and go on with the return."""


class ChoosePoint(Command, frozen=True, tag=True):
    """Say at which pick-up point the product will be handed in."""

    point_id: Annotated[str, Meta(max_length=40)]


class OpenDispute(Command, frozen=True, tag=True):
    """Object to a rejection."""

    comment: Comment


# The seller


class Approve(Command, frozen=True, tag=True):
    """Agree to the return. `route` is the choice that a variant T seller may give with it."""

    route: Route | None = None


class Reject(Command, frozen=True, tag=True):
    """Refuse the return, with a catalogue reason and a detailed explanation."""

    reason: str
    comment: Comment


class Offer(Command, frozen=True, tag=True):
    """Offer the customer a part of the price, whole roubles, for keeping the product."""

    amount_rub: Annotated[int, Meta(ge=1, le=100_000_000)]


class RefundWithoutReturn(Command, frozen=True, tag=True):
    """Give the money back and let the customer keep the product."""


class ConfirmReceipt(Command, frozen=True, tag=True):
    """The consignee has received the shipment that the partner delivered."""


class ObjectToWeight(Command, frozen=True, tag=True):
    """Say why the measured weight is not that of the product."""

    comment: Comment


class FileClaim(Command, frozen=True, tag=True):
    """Send the drafted claim off."""


class KeepMoney(Command, frozen=True, tag=True):
    """A lost product was found after the claim was paid: keep the payment, the product goes to the carrier."""


class TakeProduct(Command, frozen=True, tag=True):
    """A lost product was found after the claim was paid: take the product, the payment is reversed."""


# The pick-up point and the sorting point


class CheckIn(Command, frozen=True, tag=True):
    """The clerk's checklist at the counter. Whether the product is taken in follows from the law, not from the clerk."""

    point_id: Annotated[str, Meta(max_length=40)]
    same_product: bool
    used: bool
    complete: bool = True
    packaging_intact: bool = True
    photos: Photos = ()
    weight_gram: Grams | None = None
    seal: Seal = ""
    checked: bool = True
    marking_code: Annotated[str, Meta(max_length=300)] = ""
    marking_unreadable: bool = False
    scale_photos: Photos = ()


class Dispatch(Command, frozen=True, tag=True):
    """Hand the product to the linehaul carrier."""

    carrier: Annotated[str, Meta(min_length=1, max_length=80)]
    waybill: Annotated[str, Meta(max_length=80)] = ""


class ReceiveForDisposal(Command, frozen=True, tag=True):
    """The sorting point takes in a product that is to be disposed of. A broken seal needs a photo (R98)."""

    seal: Seal = ""
    seal_intact: bool = True
    weight_gram: Grams | None = None
    photos: Photos = ()


class CertifyDisposal(Command, frozen=True, tag=True):
    """The product is destroyed: method, witness (another person), photos, weight."""

    method: Annotated[str, Meta(min_length=3, max_length=200)]
    witness: Annotated[str, Meta(min_length=3, max_length=200)]
    photos: Photos = ()
    witness_role: WitnessRole = WitnessRole.SHIFT_LEAD
    weight_gram: Grams | None = None


# Moderators and support


class AskPhotos(Command, frozen=True, tag=True):
    """Ask the customer for more pictures before deciding."""

    comment: Comment


class DecideDispute(Command, frozen=True, tag=True):
    """Decide a dispute, with reasons that both sides read."""

    for_customer: bool
    comment: Comment


class HoldRefund(Command, frozen=True, tag=True):
    """Hold a refund back for a risk check, never past the legal ceiling."""

    comment: Comment


class SendRefund(Command, frozen=True, tag=True):
    """Send the refund to the bank."""


class ConfirmRefund(Command, frozen=True, tag=True):
    """The bank says that the refund arrived."""


class FailRefund(Command, frozen=True, tag=True):
    """The bank says that the refund did not go through."""

    comment: Comment


class QuestionRefund(Command, frozen=True, tag=True):
    """The bank gave no answer: whether the refund went through is unknown."""


class RetryRefund(Command, frozen=True, tag=True):
    """The payout was handed over to the bank again, under the same key, and taken."""


class CreditCompensation(Command, frozen=True, tag=True):
    """Credit the accrued compensation to the seller."""


class ReverseCompensation(Command, frozen=True, tag=True):
    """Take a compensation back, with the reason."""

    comment: Comment


class DecideWeight(Command, frozen=True, tag=True):
    """Decide an objection: the measured weight counts, or the catalogue's."""

    measured: bool
    comment: Comment


class TakeUpClaim(Command, frozen=True, tag=True):
    """Start to review a filed claim."""


class ApproveClaim(Command, frozen=True, tag=True):
    """Grant a claim."""


class RefuseClaim(Command, frozen=True, tag=True):
    """Refuse a claim, with the reason."""

    comment: Comment


class RecordCarrierAnswer(Command, frozen=True, tag=True):
    """Note what the carrier answers to a claim: it pays, or objects with its reasons and photos."""

    accepts: bool
    comment: Comment = ""
    photos: Photos = ()


class ReverseClaim(Command, frozen=True, tag=True):
    """Take the payment of a claim back, with the reason."""

    comment: Comment


class PayClaim(Command, frozen=True, tag=True):
    """Pay a granted claim to the seller."""


# The calendar


class Remind(Command, frozen=True, tag=True):
    """Announce a deadline to the one who must act."""

    stage: str


class SettleUndecided(Command, frozen=True, tag=True):
    """The seller said nothing after the customer declined: small orders are refunded, others come back."""


class Expire(Command, frozen=True, tag=True):
    """The time for what the customer had to do is over."""


class ApplyWeight(Command, frozen=True, tag=True):
    """Nobody objected to the measured weight: it counts from now on."""


class AlarmDwell(Command, frozen=True, tag=True):
    """The product waits too long at the pick-up point."""


class MarkLate(Command, frozen=True, tag=True):
    """The product should have arrived by now."""


class DeclareLost(Command, frozen=True, tag=True):
    """The product is lost on the way: a claim on the carrier is drafted."""


class LapseClaim(Command, frozen=True, tag=True):
    """Nobody filed the drafted claim in time."""


class AlarmClaim(Command, frozen=True, tag=True):
    """The carrier has not answered a claim in time."""


# The partner, with its own credential


class RecordArrival(Command, frozen=True, tag=True):
    """The product was scanned at the partner's warehouse."""

    warehouse: Annotated[str, Meta(max_length=80)]
    arrived_at_us: Us
    decide_by_us: Us
    weight_gram: Grams | None = None
    packaging_intact: bool = True


class RecordClaimReview(Command, frozen=True, tag=True):
    """The partner reviews a substitution claim: `in_review`, `approved` with the payer by custody, or `refused` with a comment."""

    verdict: Annotated[str, Meta(max_length=20)]
    payer: Annotated[str, Meta(max_length=20)] = ""
    comment: Comment = ""


class RecordMark(Command, frozen=True, tag=True):
    """The partner's inspection result, and whether its gate check found the packaging intact."""

    mark: Mark
    revision: int
    defect: Annotated[str, Meta(max_length=200)] = ""
    photos: Photos = ()
    packaging_intact: bool = True


class RecordDecision(Command, frozen=True, tag=True):
    """What the seller decided at the partner, or that the deadline moved or passed."""

    decision: Annotated[str, Meta(max_length=20)]
    parcel_status: Annotated[str, Meta(max_length=40)]
    by_whom: Annotated[str, Meta(max_length=20)]
    decide_by_us: Us


class RecordHandover(Command, frozen=True, tag=True):
    """The product left the partner: label printed, picked up or delivered."""

    parcel_status: Annotated[str, Meta(max_length=40)]
    destination: Annotated[str, Meta(max_length=2)] = ""


class RecordDisposal(Command, frozen=True, tag=True):
    """The partner destroyed the product."""

    certificate: Annotated[str, Meta(max_length=80)]
    undecided: bool
