"""Everything that can have happened to a return, in the past tense. Folding them gives the return (`returns.evolve`)."""

from datetime import datetime

import msgspec

from backhaul.kit.money import Money
from backhaul.marketplace.rules.compensation import Quote
from backhaul.marketplace.rules.exchange import Conversion
from backhaul.marketplace.rules.words import (
    ClaimKind,
    Mark,
    Marking,
    ReasonGroup,
    Role,
    Route,
    Status,
    Variant,
    WeightStatus,
    WitnessRole,
)


class Line(msgspec.Struct, frozen=True):
    """The order line as it was at the order: the snapshot that money is computed from.

    `order_rate` is the rate by which `unit_price` became `price`, `rate_on` and `rate_source` tell where it is from (OrderLine).
    """

    line_id: int
    unit_no: int
    posting_number: str
    sku: int
    offer_id: str
    name: str
    category: str
    unit_price: Money
    price: Money
    paid: Money
    weight_gram: int
    outbound_weight_gram: int | None
    serial: str | None
    marking_code: str | None
    delivered_at: datetime
    gtin: str = ""
    ordered_on: str = ""
    order_rate: str = ""
    rate_on: str = ""
    rate_source: str = ""


class Event(msgspec.Struct, frozen=True, tag=True):
    """Something that happened to one return."""


class Requested(Event, frozen=True):
    """A customer started a return of one unit (D1). `request_id`: the first return of those that were asked for together.

    `reason_group` and `is_defect` are those of the catalogue then; events from before there were versions have none.
    """

    number: str
    seller_id: int
    seller_country: str
    variant: Variant
    customer_ref: str
    customer_language: str
    line: Line
    reason: str
    comment: str
    photos: tuple[str, ...]
    at: datetime
    draft_until: datetime
    earlier: tuple[int, ...]
    request_id: int = 0
    videos: tuple[str, ...] = ()
    reason_group: ReasonGroup | None = None
    is_defect: bool | None = None


class PhotosAdded(Event, frozen=True):
    """More pictures or a video were attached."""

    photos: tuple[str, ...]
    comment: str = ""
    videos: tuple[str, ...] = ()


class Submitted(Event, frozen=True):
    """The request reached whoever decides (`PRE_MODERATION` or `SELLER_REVIEW`).

    `why_not_moderated`: the service is on and did not take it; `charge`: what the service costs the seller.
    """

    to: Status
    at: datetime
    answer_by: datetime
    why_not_moderated: str = ""
    charge: Money | None = None


class PhotosAsked(Event, frozen=True):
    """A moderator asked for more pictures."""

    comment: str
    reply_by: datetime


class PhotosSent(Event, frozen=True):
    """The customer answered the moderator."""

    photos: tuple[str, ...]
    comment: str
    answer_by: datetime
    videos: tuple[str, ...] = ()


class Approved(Event, frozen=True):
    """The return was agreed to; `by` tells whether a person or the calendar did it. `fallback`: as in `CheckedIn`."""

    by: Role
    route_chosen: Route | None
    quote: Quote | None
    dropoff_by: datetime
    fallback: Quote | None = None


class Rejected(Event, frozen=True):
    """The request was refused."""

    by: Role
    reason: str
    comment: str
    dispute_by: datetime


class Offered(Event, frozen=True):
    """The seller offered a part of the price."""

    amount: Money
    answer_by: datetime


class OfferAccepted(Event, frozen=True):
    """The customer keeps the product for the offered amount."""


class OfferDeclined(Event, frozen=True):
    """The customer refused the offer, or said nothing (`by` is the calendar)."""

    by: Role
    seller_until: datetime


class RefundedWithoutReturn(Event, frozen=True):
    """The customer keeps the product and the full price."""

    by: Role


class Cancelled(Event, frozen=True):
    """The customer withdrew, or a draft was never sent (`by` is the calendar)."""

    by: Role


class Expired(Event, frozen=True):
    """What the customer had to do was not done in time."""

    to: Status


class PointChosen(Event, frozen=True):
    """The customer chose a pick-up point; the drop-off pass is valid there."""

    point_id: str


class DisputeOpened(Event, frozen=True):
    """The customer objected to the rejection."""

    comment: str
    decide_by: datetime


class DisputeDecided(Event, frozen=True):
    """The marketplace decided the dispute; `dropoff_by` is set when it is for the customer."""

    for_customer: bool
    comment: str
    dropoff_by: datetime | None


class CheckedIn(Event, frozen=True):
    """The pick-up point took the product in; the route is locked from here.

    `fallback`: what the seller gets instead of `quote` when a claim for the damage is refused (D3), by the same card.
    """

    point_id: str
    route: Route
    used: bool
    complete: bool
    packaging_intact: bool
    photos: tuple[str, ...]
    weight_gram: int | None
    seal: str
    checked: bool
    at: datetime
    quote: Quote | None = None
    marking: Marking = Marking.NOT_EXPECTED
    marking_code: str = ""
    fallback: Quote | None = None


class TurnedAway(Event, frozen=True):
    """The pick-up point refused the product, for a reason of the law. `at` is unknown where an older version wrote it."""

    point_id: str
    reason: str
    photos: tuple[str, ...]
    used: bool = False
    complete: bool = True
    packaging_intact: bool = True
    marking: Marking = Marking.NOT_EXPECTED
    marking_code: str = ""
    at: datetime | None = None


class DwellAlarmed(Event, frozen=True):
    """The product waits at the pick-up point since `since`, longer than it may (R56)."""

    point_id: str
    since: datetime


class Dispatched(Event, frozen=True):
    """The product is on its way."""

    carrier: str
    waybill: str
    eta: datetime
    at: datetime | None = None


class WentLate(Event, frozen=True):
    """The product should have arrived."""


class WentMissing(Event, frozen=True):
    """The product is lost."""


class Arrived(Event, frozen=True):
    """The partner scanned the product; `found` when it had been paid for as lost. `linked`: the seller can decide there."""

    warehouse: str
    at: datetime
    decide_by: datetime
    weight_gram: int | None
    packaging_intact: bool
    found: bool
    choose_by: datetime | None
    linked: bool = True


class MoneyKept(Event, frozen=True):
    """The seller keeps the claim's payment; the found product goes to the carrier."""

    by: Role


class ProductTaken(Event, frozen=True):
    """The seller takes the found product; the payment is reversed."""


class Marked(Event, frozen=True):
    """The partner's inspection result, mirrored. `packaging_intact`: as the partner found it; None in results of before."""

    mark: Mark
    revision: int
    defect: str
    photos: tuple[str, ...]
    packaging_intact: bool | None = None


class DecisionMirrored(Event, frozen=True):
    """The partner's record of the seller's decision and of its deadline."""

    decision: str
    parcel_status: str
    by_whom: str
    decide_by: datetime | None


class HandoverMirrored(Event, frozen=True):
    """The partner's record of a label, a pick-up or a delivery."""

    parcel_status: str
    destination: str


class DisposalMirrored(Event, frozen=True):
    """The partner destroyed the product; `undecided` when nobody decided in time."""

    certificate: str
    undecided: bool


class ReceiptConfirmed(Event, frozen=True):
    """The consignee has the shipment."""


class ReceivedForDisposal(Event, frozen=True):
    """The sorting point has the product. `seal_matches`: None where the pick-up point wrote no seal down."""

    point_id: str = ""
    seal: str = ""
    seal_intact: bool = True
    seal_matches: bool | None = None
    weight_gram: int | None = None
    photos: tuple[str, ...] = ()
    at: datetime | None = None


class DisposalCertified(Event, frozen=True):
    """The marketplace destroyed the product."""

    certificate: str
    method: str
    witness: str
    photos: tuple[str, ...]
    witness_role: WitnessRole | None = None
    weight_gram: int | None = None
    point_id: str = ""
    at: datetime | None = None


class WeightMeasured(Event, frozen=True):
    """The point's scales show another weight band than the catalogue. `quote` is what that weight brings, by the same rate card.

    `fallback`: what is left of it when the claim that it goes with comes to nothing.
    """

    weight_gram: int
    photos: tuple[str, ...]
    quote: Quote
    object_by: datetime
    fallback: Quote | None = None


class WeightObjected(Event, frozen=True):
    """The seller says that the measured weight is wrong."""

    comment: str


class WeightSettled(Event, frozen=True):
    """Which weight counts. Without a comment: the time to object is over, or the credit came before a decision."""

    to: WeightStatus
    comment: str = ""


class RefundHeld(Event, frozen=True):
    """Money is owed to the customer and waits for the payout run at `send_at`.

    `why`: it was owed already and somebody holds it back. `restored_by`: the revision of the mark that owes it once more.
    """

    amount: Money
    send_at: datetime
    why: str = ""
    restored_by: int = 0


class RefundSent(Event, frozen=True):
    """The refund left for the bank. `in_transit`: its money waits on the clearing account; of old refunds it left the bank at once."""

    amount: Money
    at: datetime
    attempt: int
    in_transit: bool = False


class RefundConfirmed(Event, frozen=True):
    """The bank says it arrived. `amount`: what leaves the clearing account for it; none of a refund that never stood there."""

    amount: Money | None = None
    attempt: int = 0


class RefundFailed(Event, frozen=True):
    """The bank says it did not go through; the posting is reversed. `from_bank`: the money had left the bank account, and came back."""

    amount: Money
    attempt: int
    comment: str
    from_bank: bool = True


class RefundQuestioned(Event, frozen=True):
    """The bank gives no answer."""


class RefundRetried(Event, frozen=True):
    """The same payout was handed over again under its own key, and the bank took it."""


class RefundCancelled(Event, frozen=True):
    """The refund was not sent and will not be: the product was substituted."""


class CompensationAccrued(Event, frozen=True):
    """A disposed product is compensated: the amount, its explanation, and when it is credited and due.

    `reweighed`: it replaces an accrual by the catalogue's weight. `at`: since when it is owed, None of old events.
    """

    quote: Quote
    credit_at: datetime
    due_by: datetime
    reweighed: bool = False
    at: datetime | None = None


class CompensationCredited(Event, frozen=True):
    """The compensation is on the seller's account. `payout`: what that is in the currency in which the seller is paid."""

    amount: Money
    payout: Conversion | None = None


class CompensationReversed(Event, frozen=True):
    """The compensation was taken back; not `final` when a failed refund will be sent again."""

    amount: Money
    final: bool
    was_credited: bool
    comment: str


class ClaimDrafted(Event, frozen=True):
    """A claim for the full price waits for the seller."""

    claim: ClaimKind
    amount: Money
    file_by: datetime


class ClaimMoved(Event, frozen=True):
    """A claim went from one state to the next; money moves when it is paid or reversed. `payer`: who bears a substitution.

    `answer_by`: the bound for the carrier's answer, from the filing on. `payout`: as with a compensation.
    """

    to: str
    claim: ClaimKind
    amount: Money
    comment: str = ""
    payer: str = ""
    answer_by: datetime | None = None
    payout: Conversion | None = None


class ClaimAnswered(Event, frozen=True):
    """The carrier answered: it accepts the claim, or objects."""

    accepts: bool
    comment: str
    photos: tuple[str, ...] = ()


class ClaimWentUnanswered(Event, frozen=True):
    """The carrier did not answer until `answer_by`."""

    answer_by: datetime


class Reminded(Event, frozen=True):
    """Somebody was told of a deadline; not `told`: the partner tells this seller, and we need not."""

    stage: str
    deadline: datetime
    told: bool = True


Any = (
    Requested | PhotosAdded | Submitted | PhotosAsked | PhotosSent | Approved | Rejected | Offered | OfferAccepted
    | OfferDeclined | RefundedWithoutReturn | Cancelled | Expired | PointChosen | DisputeOpened | DisputeDecided
    | CheckedIn | TurnedAway | DwellAlarmed | Dispatched | WentLate | WentMissing | Arrived | MoneyKept | ProductTaken | Marked
    | DecisionMirrored | HandoverMirrored | DisposalMirrored | ReceiptConfirmed | ReceivedForDisposal
    | DisposalCertified | RefundHeld | RefundSent | RefundConfirmed | RefundFailed | RefundQuestioned | RefundRetried
    | RefundCancelled | CompensationAccrued | CompensationCredited | CompensationReversed | ClaimDrafted
    | ClaimMoved | ClaimAnswered | ClaimWentUnanswered | Reminded | WeightMeasured | WeightObjected | WeightSettled
)  # fmt: skip
