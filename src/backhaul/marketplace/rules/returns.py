"""A return: one physical unit on its way back (D1), folded from its events by `evolve`."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from backhaul.kit.money import Money
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.compensation import Quote
from backhaul.marketplace.rules.exchange import Conversion
from backhaul.marketplace.rules.lifecycle import CLAIM, COMPENSATION, REFUND, RETURN, WEIGHT
from backhaul.marketplace.rules.words import (
    REASONS,
    ClaimKind,
    ClaimStatus,
    CompensationStatus,
    Mark,
    ReasonGroup,
    RefundStatus,
    Role,
    Route,
    Status,
    Variant,
    WeightStatus,
)


class Refund(msgspec.Struct, frozen=True):
    """Money on its way back to the customer. `in_transit`: this attempt goes over the clearing account."""

    status: RefundStatus = RefundStatus.NONE
    amount: Money | None = None
    send_at: datetime | None = None
    sent_at: datetime | None = None
    attempt: int = 0
    in_transit: bool = False


class Compensation(msgspec.Struct, frozen=True):
    """What the seller of a disposed product receives."""

    status: CompensationStatus = CompensationStatus.NONE
    quote: Quote | None = None
    credit_at: datetime | None = None
    due_by: datetime | None = None
    payout: Conversion | None = None
    accrued_at: datetime | None = None


class EarlierClaim(msgspec.Struct, frozen=True):
    """A claim that came to nothing before the present one was drafted. `photos`: those of the carrier's answer."""

    kind: ClaimKind
    status: ClaimStatus
    photos: tuple[str, ...] = ()


class Claim(msgspec.Struct, frozen=True):
    """A demand for the full price, on a carrier or the fraud fund. `answer`: what the carrier said; `late`: not in time.

    `earlier`: the claims before it, oldest first; nothing of them stays in the books.
    """

    status: ClaimStatus = ClaimStatus.NONE
    kind: ClaimKind | None = None
    amount: Money | None = None
    file_by: datetime | None = None
    payer: str = ""
    answer_by: datetime | None = None
    answer: e.ClaimAnswered | None = None
    late: bool = False
    payout: Conversion | None = None
    earlier: tuple[EarlierClaim, ...] = ()


class Weighing(msgspec.Struct, frozen=True):
    """A weight that was measured in another band, until it is settled which one counts."""

    status: WeightStatus = WeightStatus.NONE
    weight_gram: int = 0
    photos: tuple[str, ...] = ()
    quote: Quote | None = None
    object_by: datetime | None = None
    objection: str = ""
    answer: str = ""
    fallback: Quote | None = None


class ParcelMirror(msgspec.Struct, frozen=True):
    """What the partner told us, read-only here (D6)."""

    status: str = "arrived"
    warehouse: str = ""
    arrived_at: datetime | None = None
    weight_gram: int | None = None
    packaging_intact: bool = True
    mark: Mark | None = None
    mark_revision: int = 0
    marked_packaging_intact: bool | None = None
    defect: str = ""
    photos: tuple[str, ...] = ()
    decision: str = "none"
    decided_by: str = ""
    decide_by: datetime | None = None
    destination: str = ""
    certificate: str = ""
    undecided: bool = False
    received: bool = False


class Return(msgspec.Struct, frozen=True):
    """The whole of one return. `version` is the number of its events."""

    id: int
    version: int
    number: str
    status: Status
    seller_id: int
    seller_country: str
    variant: Variant
    customer_ref: str
    customer_language: str
    line: e.Line
    reason: str
    comment: str
    photos: tuple[str, ...]
    requested_at: datetime
    earlier: tuple[int, ...] = ()
    request_id: int = 0
    reason_group: ReasonGroup | None = None
    is_defect: bool | None = None
    submitted_at: datetime | None = None
    act_by: datetime | None = None
    reminded: tuple[str, ...] = ()
    moderated: bool = False
    why_not_moderated: str = ""
    offers: tuple[Money, ...] = ()
    approved_by: Role | None = None
    rejected_by: Role | None = None
    rejection_reason: str = ""
    rejection_comment: str = ""
    moderator_comment: str = ""
    disputed: bool = False
    dispute_comment: str = ""
    dispute_answer: str = ""
    route_chosen: Route | None = None
    route: Route | None = None
    quote: Quote | None = None
    point_id: str = ""
    refused_because: str = ""
    accepted_at: datetime | None = None
    check: e.CheckedIn | None = None
    carrier: str = ""
    waybill: str = ""
    late: bool = False
    certificate: str = ""
    refund: Refund = Refund()
    compensation: Compensation = Compensation()
    claim: Claim = Claim()
    parcel: ParcelMirror | None = None
    turned_away: e.TurnedAway | None = None
    dwells: bool = False
    dispatched_at: datetime | None = None
    received: e.ReceivedForDisposal | None = None
    disposal: e.DisposalCertified | None = None
    videos: tuple[str, ...] = ()
    fallback: Quote | None = None
    weighing: Weighing = Weighing()


def status_in(it: Return, table: object) -> str:
    """Where the return stands in one of the five tables."""
    if table is RETURN:
        return it.status
    if table is REFUND:
        return it.refund.status
    if table is COMPENSATION:
        return it.compensation.status
    if table is CLAIM:
        return it.claim.status
    if table is WEIGHT:
        return it.weighing.status
    raise LookupError(table)


def is_fit(it: Return) -> bool:
    """Whether the customer's reason is taste and not a fault."""
    return group_of(it) is ReasonGroup.FIT


def group_of(it: Return) -> ReasonGroup:
    """The group of the reason: as the catalogue had it at the request, of older returns as it was before there were versions."""
    return it.reason_group or REASONS[it.reason].group


def counts_as_defect(it: Return) -> bool:
    """Whether the reason says that the product has a fault; from where `group_of` has its answer."""
    return REASONS[it.reason].is_defect if it.is_defect is None else it.is_defect


HOLDS_NO_UNIT = frozenset({
    Status.CANCELLED, Status.CLOSED_NO_REPLY, Status.DROPOFF_EXPIRED, Status.REFUSED_AT_PVZ, Status.REJECTED,
})  # fmt: skip


def holds_unit(it: Return) -> bool:
    """Whether this return keeps the unit from being returned once more."""
    return it.status not in HOLDS_NO_UNIT


def born(return_id: int, event: e.Requested) -> Return:
    """The return that `Requested` starts."""
    return Return(
        id=return_id,
        version=1,
        number=event.number,
        status=Status.NEW,
        seller_id=event.seller_id,
        seller_country=event.seller_country,
        variant=event.variant,
        customer_ref=event.customer_ref,
        customer_language=event.customer_language,
        line=event.line,
        reason=event.reason,
        comment=event.comment,
        photos=event.photos,
        requested_at=event.at,
        act_by=event.draft_until,
        earlier=event.earlier,
        request_id=event.request_id or return_id,
        videos=event.videos,
        reason_group=event.reason_group,
        is_defect=event.is_defect,
    )


def evolve(it: Return, event: e.Any) -> Return:
    """The return after one more event. Total: what has happened is never refused."""
    after = _evolve(it, event)
    reminded = after.reminded if after.act_by == it.act_by else ()
    return replace(after, version=it.version + 1, reminded=reminded)


def _evolve(it: Return, event: e.Any) -> Return:
    match event:
        case e.Requested():
            return it
        case e.PhotosAdded():
            return replace(it, photos=it.photos + event.photos, videos=it.videos + event.videos)
        case e.Submitted():
            moderated = event.to is Status.PRE_MODERATION
            return replace(
                it,
                status=event.to,
                submitted_at=event.at,
                act_by=event.answer_by,
                moderated=moderated,
                why_not_moderated=event.why_not_moderated,
            )
        case e.PhotosAsked():
            return replace(it, status=Status.AWAITING_CUSTOMER, moderator_comment=event.comment, act_by=event.reply_by)
        case e.PhotosSent():
            return replace(
                it,
                status=Status.PRE_MODERATION,
                photos=it.photos + event.photos,
                videos=it.videos + event.videos,
                act_by=event.answer_by,
            )
        case e.Approved():
            return replace(
                it,
                status=Status.APPROVED,
                approved_by=event.by,
                route_chosen=event.route_chosen,
                quote=event.quote,
                fallback=event.fallback,
                act_by=event.dropoff_by,
            )
        case e.Rejected():
            return replace(
                it,
                status=Status.REJECTED,
                rejected_by=event.by,
                rejection_reason=event.reason,
                rejection_comment=event.comment,
                act_by=event.dispute_by,
            )
        case e.Offered():
            return replace(it, status=Status.OFFER_SENT, offers=(*it.offers, event.amount), act_by=event.answer_by)
        case e.OfferAccepted():
            return replace(it, status=Status.PARTIALLY_REFUNDED, act_by=None)
        case e.OfferDeclined():
            return replace(it, status=Status.SELLER_REVIEW_AFTER_OFFER, act_by=event.seller_until)
        case e.RefundedWithoutReturn():
            return replace(it, status=Status.REFUNDED_WITHOUT_RETURN, act_by=None)
        case e.Cancelled():
            return replace(it, status=Status.CANCELLED, act_by=None)
        case e.Expired():
            return replace(it, status=event.to, act_by=None)
        case e.PointChosen():
            return replace(it, status=Status.AWAITING_DROPOFF, point_id=event.point_id)
        case e.DisputeOpened():
            return replace(
                it, status=Status.DISPUTE, disputed=True, dispute_comment=event.comment, act_by=event.decide_by
            )
        case e.DisputeDecided():
            status = Status.APPROVED if event.for_customer else Status.REJECTED
            approved_by = Role.MODERATOR if event.for_customer else None
            return replace(
                it, status=status, dispute_answer=event.comment, act_by=event.dropoff_by, approved_by=approved_by
            )
        case e.CheckedIn():
            return replace(
                it,
                status=Status.ACCEPTED_AT_PVZ,
                point_id=event.point_id,
                route=event.route,
                accepted_at=event.at,
                check=event,
                act_by=None,
            )
        case e.TurnedAway():
            return replace(
                it,
                status=Status.REFUSED_AT_PVZ,
                point_id=event.point_id,
                refused_because=event.reason,
                turned_away=event,
                act_by=None,
            )
        case e.DwellAlarmed():
            return replace(it, dwells=True)
        case e.Dispatched():
            return replace(it, status=Status.ON_THE_WAY, carrier=event.carrier, waybill=event.waybill, dwells=False,
                           dispatched_at=event.at)  # fmt: skip
        case e.WentLate():
            return replace(it, late=True)
        case e.WentMissing():
            return replace(it, status=Status.LOST)
        case e.Arrived():
            mirror = ParcelMirror(
                warehouse=event.warehouse,
                arrived_at=event.at,
                weight_gram=event.weight_gram,
                packaging_intact=event.packaging_intact,
                decide_by=event.decide_by,
            )
            status = Status.FOUND_AFTER_CLAIM if event.found else Status.AT_PARTNER
            return replace(it, status=status, parcel=mirror, act_by=event.choose_by)
        case e.MoneyKept():
            return replace(it, status=Status.LOST, act_by=None)
        case e.ProductTaken():
            return replace(it, status=Status.AT_PARTNER, act_by=None)
        case e.Marked():
            return _mirror(it, mark=event.mark, mark_revision=event.revision, defect=event.defect, photos=event.photos,
                           marked_packaging_intact=event.packaging_intact)  # fmt: skip
        case e.DecisionMirrored():
            return _mirror(
                it,
                decision=event.decision,
                status=event.parcel_status,
                decided_by=event.by_whom,
                decide_by=event.decide_by,
            )
        case e.HandoverMirrored():
            return _mirror(it, status=event.parcel_status, destination=event.destination)
        case e.DisposalMirrored():
            return _mirror(it, status="disposed", certificate=event.certificate, undecided=event.undecided)
        case e.ReceiptConfirmed():
            return _mirror(it, received=True)
        case e.ReceivedForDisposal():
            return replace(it, status=Status.DISPOSING_BY_MARKETPLACE, received=event)
        case e.DisposalCertified():
            return replace(it, status=Status.DISPOSED_BY_MARKETPLACE, certificate=event.certificate, disposal=event)
        case e.RefundHeld():
            return _refund(it, status=RefundStatus.HELD, amount=event.amount, send_at=event.send_at)
        case e.RefundSent():
            return _refund(it, status=RefundStatus.SENT, sent_at=event.at, attempt=event.attempt,
                           in_transit=event.in_transit)  # fmt: skip
        case e.RefundConfirmed():
            return _refund(it, status=RefundStatus.CONFIRMED)
        case e.RefundFailed():
            return _refund(it, status=RefundStatus.FAILED, sent_at=None)
        case e.RefundQuestioned():
            return _refund(it, status=RefundStatus.IN_DOUBT)
        case e.RefundRetried():
            return _refund(it, status=RefundStatus.SENT)
        case e.RefundCancelled():
            return _refund(it, status=RefundStatus.CANCELLED, send_at=None)
        case e.CompensationAccrued():
            compensation = Compensation(
                CompensationStatus.ACCRUED, event.quote, event.credit_at, event.due_by, accrued_at=event.at
            )
            return replace(it, compensation=compensation)
        case e.CompensationCredited():
            credited = replace(it.compensation, status=CompensationStatus.CREDITED, payout=event.payout)
            return replace(it, compensation=credited)
        case e.CompensationReversed():
            status_after = CompensationStatus.REVERSED if event.final else CompensationStatus.NONE
            return replace(it, compensation=replace(it.compensation, status=status_after))
        case e.ClaimDrafted():
            drafted = Claim(ClaimStatus.DRAFT, event.claim, event.amount, event.file_by, earlier=_ended(it.claim))
            return replace(it, claim=drafted)
        case e.ClaimMoved():
            payer, answer_by = event.payer or it.claim.payer, event.answer_by or it.claim.answer_by
            payout, to = event.payout or it.claim.payout, ClaimStatus(event.to)
            return replace(it, claim=replace(it.claim, status=to, payer=payer, answer_by=answer_by, payout=payout))
        case e.ClaimAnswered():
            return replace(it, claim=replace(it.claim, answer=event, late=False))
        case e.ClaimWentUnanswered():
            return replace(it, claim=replace(it.claim, late=True))
        case e.WeightMeasured(weight_gram, photos, quote, object_by, fallback):
            measured = Weighing(WeightStatus.OPEN, weight_gram, photos, quote, object_by, fallback=fallback)
            return replace(it, weighing=measured)
        case e.WeightObjected(comment):
            return replace(it, weighing=replace(it.weighing, status=WeightStatus.OBJECTED, objection=comment))
        case e.WeightSettled(to, comment):
            return replace(it, weighing=replace(it.weighing, status=to, answer=comment))
        case e.Reminded():
            return replace(it, reminded=(*it.reminded, event.stage))


def _ended(claim: Claim) -> tuple[EarlierClaim, ...]:
    """The claims of a return when one more is drafted."""
    if claim.kind is None:
        return claim.earlier
    photos = claim.answer.photos if claim.answer is not None else ()
    return (*claim.earlier, EarlierClaim(claim.kind, claim.status, photos))


def answers_photos(claim: Claim) -> tuple[str, ...]:
    """What carriers sent with their answers, to this claim and to those before it."""
    before = tuple(photo for one in claim.earlier for photo in one.photos)
    return before + (claim.answer.photos if claim.answer is not None else ())


def _refund(it: Return, **changes: object) -> Return:
    return replace(it, refund=replace(it.refund, **changes))


def _mirror(it: Return, **changes: object) -> Return:
    return replace(it, parcel=replace(it.parcel or ParcelMirror(), **changes))
