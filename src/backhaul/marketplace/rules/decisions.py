"""The law of a return: `decide(return, command, ...)` says what happens, or refuses. Pure; the clock is an argument."""

from datetime import datetime

import msgspec

from backhaul.kit.days import at_hour, end_of_day, from_us
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace.rules import blocks, claims, payments, weights
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.calendar import DEADLINES, decision_floor, payout_run
from backhaul.marketplace.rules.compensation import Quote, RateCard, quality, quote
from backhaul.marketplace.rules.exchange import Payout
from backhaul.marketplace.rules.lifecycle import CLAIM, COMPENSATION, OPEN_CLAIM, REFUND, RETURN, TABLES, WEIGHT
from backhaul.marketplace.rules.marking import compared
from backhaul.marketplace.rules.policy import Policy, Terms
from backhaul.marketplace.rules.rejections import check_rejection
from backhaul.marketplace.rules.returns import Return, group_of, is_fit, status_in
from backhaul.marketplace.rules.words import (
    ClaimKind,
    ClaimStatus,
    Marking,
    ReasonGroup,
    RefundStatus,
    Role,
    Route,
    Status,
    Variant,
    WeightStatus,
)


class SellerFacts(msgspec.Struct, frozen=True):
    """What the law must know of the seller besides the return; of the customer, who may be blocked; and of the bank.

    `bank_says_paid`: a statement has booked a refund that counts as failed, and nobody has settled that yet.
    `card` is the rate card of the accepted quote, where another one is in force.
    """

    linked: bool = False
    default_route: Route | None = None
    moderation_ticket: str = ""
    moderation_price_version: str = ""
    customer_block: blocks.Block | None = None
    bank_says_paid: bool = False
    payout: Payout = Payout()
    card: RateCard | None = None


class By(msgspec.Struct, frozen=True):
    """Who gives a command. `id` is the account or key; `subject` whose returns it may touch (customer, seller, point).

    Of a clerk: `customer_ref` is what they buy under themselves, `point_kind` where they work, `name` what others call them.
    """

    role: Role
    id: str
    subject: str = ""
    writes: bool = True
    customer_ref: str = ""
    point_kind: str = ""
    name: str = ""


def concerns(it: Return, by: By) -> bool:
    """Whether this return is any business of the caller; if not, it does not exist for them."""
    match by.role:
        case Role.CUSTOMER:
            return it.customer_ref == by.subject
        case Role.SELLER:
            return str(it.seller_id) == by.subject and it.submitted_at is not None
        case Role.CLERK:
            return it.status not in UNSEEN_BY_CLERK
        case Role.PARTNER:
            return it.route is Route.B
        case Role.MODERATOR | Role.SUPPORT:
            return it.submitted_at is not None
        case Role.CALENDAR | Role.BANK:
            return True


UNSEEN_BY_CLERK = frozenset({
    Status.NEW, Status.PRE_MODERATION, Status.AWAITING_CUSTOMER, Status.CLOSED_NO_REPLY, Status.SELLER_REVIEW,
    Status.OFFER_SENT, Status.SELLER_REVIEW_AFTER_OFFER,
})  # fmt: skip


# What only one kind of point does; the sorting point meets no customers, a pick-up point destroys nothing (D3).
DONE_AT = {do.CheckIn: "pickup", do.ReceiveForDisposal: "sorting", do.CertifyDisposal: "sorting"}
HANDLING = frozenset({do.CheckIn, do.Dispatch, do.ReceiveForDisposal, do.CertifyDisposal})
AFTER_ARRIVAL = frozenset({do.RecordMark, do.RecordDecision, do.RecordHandover, do.RecordDisposal})


ACTS_OF: dict[Role, tuple[type, ...]] = {
    role: tuple(
        act for act, table in TABLES.items() if any(act is row.command and role in row.by for row in table.rows)
    )
    for role in Role
}


def own_order(it: Return, by: By) -> bool:
    """Whether the goods were bought by the clerk who stands before them."""
    return by.role is Role.CLERK and bool(by.customer_ref) and by.customer_ref == it.customer_ref


def open_acts(it: Return, by: By, at: datetime, terms: Terms, block: blocks.Block | None = None) -> list[type]:
    """The commands this caller may give now: the buttons of the page and the allowed actions of the API.

    `block`: the customer's, when a customer looks.
    """
    if not by.writes or not concerns(it, by):
        return []
    barred = {do.OpenDispute} if blocks.bars_disputes(block, at) else set()
    acts = [
        *RETURN.open_to(it.status, by.role),
        *REFUND.open_to(it.refund.status, by.role),
        *COMPENSATION.open_to(it.compensation.status, by.role),
        *CLAIM.open_to(it.claim.status, by.role),
        *WEIGHT.open_to(it.weighing.status, by.role),
    ]
    mine = [act for act in dict.fromkeys(acts) if TABLES[act].row(status_in(it, TABLES[act]), act, by.role)]
    return [act for act in mine if act not in barred and _stands_in_the_way(it, act, by, at, terms) is None]


def closed_acts(it: Return, by: By, at: datetime, terms: Terms, block: blocks.Block | None = None
                ) -> list[tuple[type, Refused]]:  # fmt: skip
    """What this role does with returns but this caller cannot do now, each with what `decide` would answer."""
    if not concerns(it, by):
        return []
    open_now = open_acts(it, by, at, terms, block)
    not_now = Refused("not_in_this_state", state=it.status, allowed=[act.__name__ for act in open_now])
    found: list[tuple[type, Refused]] = []
    for act in ACTS_OF[by.role]:
        if act in open_now:
            continue
        table = TABLES[act]
        there = table.row(status_in(it, table), act, by.role) is not None
        why = _stands_in_the_way(it, act, by, at, terms) if there else not_now
        if there and why is None and block is not None:
            why = blocks.refusal(block)
        found.append((act, Refused("role_read_only", "forbidden") if not by.writes else why or not_now))
    return found


def decide(it: Return, command: do.Command, by: By, at: datetime, terms: Terms, seller: SellerFacts) -> list[e.Any]:
    """The events that follow from a command, or `Refused`. An empty list: nothing new, and that is fine."""
    act = type(command)
    if not concerns(it, by):
        raise Refused("not_found", "missing")
    if not by.writes:
        raise Refused("role_read_only", "forbidden")
    if act not in TABLES:
        raise Refused("unknown_act", "invalid", act=act.__name__)
    table = TABLES[act]
    if table.row(status_in(it, table), act, by.role) is None:
        if not any(act is row.command and by.role in row.by for row in table.rows):
            raise Refused("not_your_role", "forbidden", act=act.__name__, role=by.role)
        raise _not_now(it, by, at, terms)
    obstacle = _stands_in_the_way(it, act, by, at, terms)
    if obstacle is not None:
        raise obstacle
    if act is do.SendRefund and seller.bank_says_paid:
        raise Refused("bank_says_paid")
    happened = _decide(it, command, by, at, terms, seller)
    if it.status is Status.LOST or act is do.DeclareLost:
        return [*happened, *claims.after_loss(it, happened, at, terms.policy)]
    return happened


def _not_now(it: Return, by: By, at: datetime, terms: Terms) -> Refused:
    allowed = [act.__name__ for act in open_acts(it, by, at, terms)]
    return Refused("not_in_this_state", state=it.status, allowed=allowed)


def _stands_in_the_way(it: Return, act: type, by: By, at: datetime, terms: Terms) -> Refused | None:
    """What the table cannot say: bounds that passed, counts that are used up, routes that do not fit."""
    policy = terms.policy
    if act in HANDLING and own_order(it, by):
        return Refused("own_order", "forbidden")
    if act in DONE_AT and by.point_kind and by.point_kind != DONE_AT[act]:
        return Refused("wrong_kind_of_point", "forbidden", point_kind=by.point_kind)
    if act is do.Dispatch and by.subject != it.point_id:
        return Refused("not_held_here", point_id=it.point_id)
    bounded = TABLES[act] is RETURN and (it.status in DEADLINES or act is do.OpenDispute)
    if bounded and by.role is not Role.CALENDAR and it.act_by is not None and at >= it.act_by:
        return Refused("too_late", act_by=it.act_by)
    if act is do.Offer and len(it.offers) >= policy.offers_max:
        return Refused("no_more_offers", offers_max=policy.offers_max)
    if act is do.OpenDispute and it.disputed:
        return Refused("dispute_already_decided")
    too_cheap = it.line.price.minor <= policy.physical_return_above_rub * 100
    if too_cheap and act is do.Approve and by.role is Role.SELLER and it.status is Status.SELLER_REVIEW_AFTER_OFFER:
        return Refused("too_cheap_to_come_back", above_rub=policy.physical_return_above_rub)
    if act is do.ReceiveForDisposal and it.route is not Route.A:
        return Refused("not_on_this_route", route=it.route)
    if act is do.ReceiveForDisposal and it.status is Status.LOST and it.claim.status is ClaimStatus.PAID:
        return Refused("belongs_to_the_carrier")
    if act in AFTER_ARRIVAL and it.parcel is None:
        return Refused("not_in_this_state", state=it.status, allowed=[do.RecordArrival.__name__])
    if act is do.RecordArrival and it.route is not Route.B:
        return Refused("not_on_this_route", route=it.route)
    if act is do.HoldRefund and at >= payments.ceiling(it, policy):
        return Refused("too_late", act_by=payments.ceiling(it, policy))
    failed = act is do.SendRefund and it.refund.status is RefundStatus.FAILED
    if failed and it.refund.attempt >= policy.refund_attempts_max:
        return Refused("refund_attempts_used", attempts_max=policy.refund_attempts_max)
    if by.role is Role.PARTNER and TABLES[act] is CLAIM and not claims.was_drafted(it, ClaimKind.SUBSTITUTION):
        return Refused("not_your_claim", "forbidden")
    if act is do.RecordCarrierAnswer and it.claim.kind is ClaimKind.SUBSTITUTION:
        return Refused("not_a_carriers_claim")
    if act is do.FileClaim and it.claim.file_by is not None and at >= it.claim.file_by:
        return Refused("too_late", act_by=it.claim.file_by)
    if act is do.ObjectToWeight and it.weighing.object_by is not None and at >= it.weighing.object_by:
        return Refused("too_late", act_by=it.weighing.object_by)
    if act is do.ConfirmReceipt and (it.parcel is None or it.parcel.status != "delivered" or it.parcel.received):
        return Refused("nothing_to_receive")
    return None


def _decide(it: Return, command: do.Command, by: By, at: datetime, terms: Terms, seller: SellerFacts) -> list[e.Any]:
    policy = terms.policy
    match command:
        case do.AddPhotos(photos, videos):
            _pictures_fit(it, photos, videos, policy)
            _videos_fit(it.videos + videos, policy)
            return [e.PhotosAdded(photos, videos=videos)]
        case do.Submit():
            photos_min = photos_needed(it.reason, terms)
            if len(it.photos) < photos_min:
                raise Refused("photos_needed", "invalid", "photos", photos_min=photos_min)
            to, why, charge = _who_decides(it, seller, policy)
            return [e.Submitted(to, at, end_of_day(at, policy.answer_days), why, charge)]
        case do.SendPhotos(photos, comment, videos):
            _pictures_fit(it, photos, videos, policy)
            _videos_fit(videos, policy)
            return [e.PhotosSent(photos, comment, end_of_day(at, policy.answer_days), videos)]
        case do.Cancel():
            return [e.Cancelled(by.role)]
        case do.AcceptOffer():
            return [e.OfferAccepted(), e.RefundHeld(it.offers[-1], payout_run(at, policy))]
        case do.DeclineOffer():
            return [e.OfferDeclined(by.role, end_of_day(at, policy.after_offer_days))]
        case do.ChoosePoint(point_id):
            return [e.PointChosen(point_id)]
        case do.OpenDispute(comment):
            if seller.customer_block is not None and blocks.bars_disputes(seller.customer_block, at):
                raise blocks.refusal(seller.customer_block)
            _explained(comment, policy.rejection_comment_min_characters)
            return [e.DisputeOpened(comment, end_of_day(at, policy.dispute_decide_days))]
        case do.Approve(route):
            return [_approve(it, route, by, at, terms)]
        case do.Reject(reason, comment):
            return [_reject(it, reason, comment, by, at, terms)]
        case do.Offer(amount_rub):
            top = it.line.paid.minor // 100 - 1
            if amount_rub > top:
                raise Refused("offer_out_of_range", "invalid", "amount_rub", low=1, high=top)
            return [e.Offered(Money(amount_rub * 100), end_of_day(at, policy.offer_answer_days))]
        case do.RefundWithoutReturn():
            return [e.RefundedWithoutReturn(by.role), e.RefundHeld(it.line.paid, payout_run(at, policy))]
        case do.ObjectToWeight(comment):
            _explained(comment, policy.rejection_comment_min_characters)
            return [e.WeightObjected(comment)]
        case do.DecideWeight(measured, comment):
            _explained(comment, policy.rejection_comment_min_characters)
            if not measured:
                return weights.settled(it, WeightStatus.CATALOGUE, comment)
            return [*weights.settled(it, WeightStatus.MEASURED, comment), *payments.after_weighing(it, at, policy)]
        case do.ApplyWeight():
            return [*weights.settled(it, WeightStatus.MEASURED), *payments.after_weighing(it, at, policy)]
        case do.SettleUndecided():
            if it.line.price.minor < policy.auto_refund_below_rub * 100:
                return [e.RefundedWithoutReturn(by.role), e.RefundHeld(it.line.paid, payout_run(at, policy))]
            return [_approve(it, None, by, at, terms)]
        case do.ConfirmReceipt():
            return [e.ReceiptConfirmed()]
        case do.AskPhotos(comment):
            return [e.PhotosAsked(comment, end_of_day(at, policy.customer_reply_days))]
        case do.DecideDispute(for_customer, comment):
            _explained(comment, policy.rejection_comment_min_characters)
            dropoff_by = end_of_day(at, policy.dropoff_days) if for_customer else None
            return [e.DisputeDecided(for_customer, comment, dropoff_by)]
        case do.CheckIn():
            if command.point_id != by.subject:
                raise Refused("not_your_point", "invalid", "point_id", point_id=by.subject)
            return _check_in(it, command, at, terms, seller)
        case do.Dispatch(carrier, waybill):
            return [e.Dispatched(carrier, waybill, at_hour(it.accepted_at or at, policy.transit_eta_days, 0), at)]
        case do.AlarmDwell():
            return [e.DwellAlarmed(it.point_id, it.accepted_at or at)]
        case do.ReceiveForDisposal():
            return [_receive(it, command, by, at), *payments.after_finding(it, at, policy)]
        case do.CertifyDisposal():
            return [_certify(it, command, by, at, policy)]
        case do.Expire():
            closed = it.status is Status.AWAITING_CUSTOMER
            return [e.Expired(Status.CLOSED_NO_REPLY if closed else Status.DROPOFF_EXPIRED)]
        case do.Remind(stage):
            return [_remind(it, stage, at, seller)]
        case do.MarkLate():
            return [e.WentLate()]
        case do.DeclareLost():
            return [e.WentMissing()]
        case do.RecordArrival():
            return _arrive(it, command, at, policy, linked=seller.linked)
        case do.RecordMark():
            return claims.after_mark(it, command, at, policy)
        case do.RecordDecision(decision, parcel_status, by_whom, decide_by_us):
            return [e.DecisionMirrored(decision, parcel_status, by_whom, _never_sooner(it, decide_by_us))]
        case do.RecordHandover(parcel_status, destination):
            return [e.HandoverMirrored(parcel_status, destination)]
        case do.RecordDisposal(certificate, undecided):
            return [e.DisposalMirrored(certificate, undecided)]
        case do.KeepMoney():
            return [e.MoneyKept(by.role)]
        case do.TakeProduct():
            paid = it.claim.status is ClaimStatus.PAID  # support may have taken the payment back meanwhile
            return [e.ProductTaken(), *(claims.move_claim(it, ClaimStatus.REVERSED) if paid else [])]
        case _:
            return payments.decide(it, command, at, terms, seller.payout)


def open_return(event: e.Requested, by: By, terms: Terms) -> e.Requested:
    """The first event of a return: the facts come from the order, the wish from the customer, the group from the catalogue."""
    if by.role is not Role.CUSTOMER or by.subject != event.customer_ref:
        raise Refused("not_found", "missing")
    reason = terms.reasons.of(event.reason)
    if reason is None or not reason.active:
        raise Refused("unknown_reason", "invalid", "reason", known=sorted(one.code for one in terms.reasons.active()))
    if reason.comment_required and not event.comment.strip():
        raise Refused("comment_needed", "invalid", "comment")
    photos_max = terms.policy.photos_max
    if len(event.photos) > photos_max:
        raise Refused("too_many_photos", "invalid", "photos", photos_max=photos_max)
    _videos_fit(event.videos, terms.policy)
    return msgspec.structs.replace(event, reason_group=reason.group, is_defect=reason.is_defect)


def photos_needed(reason: str, terms: Terms) -> int:
    """How many photos a request with this reason has at least: never more than it may have, whatever was published when."""
    entry = terms.reasons.of(reason)
    wanted = max(terms.policy.photos_min, entry.photos_min if entry is not None else 0)
    return min(wanted, terms.policy.photos_max)


def offered_quote(it: Return, terms: Terms) -> Quote | None:
    """What *dispose and receive* would bring this seller; None where there is no such choice (variant C, P15)."""
    if it.variant is not Variant.T and not terms.policy.variant_c_compensable:
        return None
    packaging_damaged = it.reason == "packaging_and_product_damaged"
    resolved = quality(group_of(it), None, packaging_damaged=packaging_damaged)
    raw = quality(group_of(it), None)
    return None if resolved is None else quote(terms.card, resolved, it.line.weight_gram, it.line.price, raw)


def fallback_quote(it: Return, terms: Terms) -> Quote | None:
    """What is left of `offered_quote` when the claim on the carrier that it goes with is refused (D3)."""
    offered = offered_quote(it, terms)
    resolved = quality(group_of(it), None)
    if offered is None or resolved is None or resolved is offered.quality:
        return None
    return quote(terms.card, resolved, it.line.weight_gram, it.line.price, resolved)


def route_at_acceptance(it: Return, seller: SellerFacts) -> Route:
    """Variant C goes to the partner. Variant T: the choice, else the default, else B if linked, else A (D2)."""
    if it.variant is Variant.C:
        return Route.B
    if it.route_chosen is not None:
        return it.route_chosen
    if seller.default_route is not None:
        return seller.default_route
    return Route.B if seller.linked else Route.A


def _never_sooner(it: Return, decide_by_us: int) -> datetime | None:
    """A reported bound; one that runs is only ever lengthened. 0: no bound runs at the partner now."""
    if not decide_by_us:
        return None
    running = it.parcel.decide_by if it.parcel is not None else None
    return max(from_us(decide_by_us), running) if running is not None else from_us(decide_by_us)


def _pictures_fit(it: Return, photos: tuple[str, ...], videos: tuple[str, ...], policy: Policy) -> None:
    if not photos and not videos:
        raise Refused("photos_needed", "invalid", "photos", photos_min=1)
    if len(it.photos) + len(photos) > policy.photos_max:
        raise Refused("too_many_photos", "invalid", "photos", photos_max=policy.photos_max)


def _videos_fit(videos: tuple[str, ...], policy: Policy) -> None:
    """A request has so many; each answer to a moderator may bring as many again."""
    if len(videos) > policy.videos_max:
        raise Refused("too_many_videos", "invalid", "videos", videos_max=policy.videos_max)


def _explained(comment: str, characters_min: int) -> None:
    if len(comment.strip()) < characters_min:
        raise Refused("explanation_required", "invalid", "comment", characters_min=characters_min)


def _who_decides(it: Return, seller: SellerFacts, policy: Policy) -> tuple[Status, str, Money | None]:
    """Pre-moderation when support switched it on; after the free period only with consent to the price in force (P23).

    Who decides, why the service does not although it is on, and what it costs the seller.
    """
    if not seller.moderation_ticket:
        return Status.SELLER_REVIEW, "", None
    if it.requested_at < datetime.fromisoformat(policy.moderation_free_until):
        return Status.PRE_MODERATION, "", None
    if seller.moderation_price_version and seller.moderation_price_version == policy.premoderation_price_version:
        price = Money(policy.premoderation_price_minor)
        return Status.PRE_MODERATION, "", price if price.minor else None
    why = "moderation_price_changed" if seller.moderation_price_version else "moderation_needs_consent"
    return Status.SELLER_REVIEW, why, None


def _approve(it: Return, route: Route | None, by: By, at: datetime, terms: Terms) -> e.Approved:
    if route is not None and (it.variant is not Variant.T or by.role is not Role.SELLER):
        raise Refused("route_not_yours_to_choose", "invalid", "route", variant=it.variant)
    quoted, fallback = (offered_quote(it, terms), fallback_quote(it, terms)) if route is Route.A else (None, None)
    return e.Approved(by.role, route, quoted, end_of_day(at, terms.policy.dropoff_days), fallback)


def check_words(reason: str, comment: str, terms: Terms) -> None:
    """Whether a rejection could be explained so, whatever it is about."""
    entry = terms.rejections.of(reason)
    if entry is None or not entry.active:
        known = sorted(one.code for one in terms.rejections.active())
        raise Refused("unknown_reason", "invalid", "reason", known=known)
    _explained(comment, max(terms.policy.rejection_comment_min_characters, entry.characters_min))


def _reject(it: Return, reason: str, comment: str, by: By, at: datetime, terms: Terms) -> e.Rejected:
    check_words(reason, comment, terms)
    check_rejection(it, reason, terms)
    return e.Rejected(by.role, reason, comment, end_of_day(at, terms.policy.dispute_open_days))


def _check_in(it: Return, check: do.CheckIn, at: datetime, terms: Terms, seller: SellerFacts) -> list[e.Any]:
    """The truth table of P7: another product is refused; used goods are refused only when the reason is taste."""
    policy = terms.policy
    if check.checked and len(check.photos) < policy.point_photos_min:
        raise Refused("photos_needed", "invalid", "photos", photos_min=policy.point_photos_min)
    marking = compared(it.line.marking_code, check.marking_code, unreadable=check.marking_unreadable)
    because = _refused_because(it, check)
    if because:
        return [_turn_away(check, because, marking, at)]
    misgraded = group_of(it) is ReasonGroup.MISGRADING  # another product carries another code, or none
    if check.checked and marking is Marking.UNCHECKED and not misgraded:
        raise Refused("marking_code_needed", "invalid", "marking_code")
    route = route_at_acceptance(it, seller)
    quoted = (it.quote or offered_quote(it, terms)) if route is Route.A else None
    fallback = (it.fallback if it.quote else fallback_quote(it, terms)) if route is Route.A else None
    card = seller.card or terms.card
    weighed = weights.measured(check, quoted, fallback, card, at, policy) if quoted is not None else []
    taken_in = e.CheckedIn(
        point_id=check.point_id,
        route=route,
        used=check.used,
        complete=check.complete,
        packaging_intact=check.packaging_intact,
        photos=check.photos,
        weight_gram=check.weight_gram,
        seal=check.seal,
        checked=check.checked,
        at=at,
        quote=quoted,
        marking=marking,
        marking_code=check.marking_code.strip(),
        fallback=fallback,
    )
    claim: list[e.Any] = []
    if route is Route.A and it.reason == "packaging_and_product_damaged":
        claim = claims.draft_claim(it, ClaimKind.CARRIER_DAMAGE, at, policy)
    return [taken_in, e.RefundHeld(it.line.paid, payout_run(at, policy)), *claim, *weighed]


def _refused_because(it: Return, check: do.CheckIn) -> str:
    if check.checked and not check.same_product:
        return "not_the_requested_product"
    if check.checked and check.used and is_fit(it):
        return "used_and_reason_fit_or_dislike"
    return ""


def _turn_away(check: do.CheckIn, because: str, marking: Marking, at: datetime) -> e.TurnedAway:
    return e.TurnedAway(
        point_id=check.point_id,
        reason=because,
        photos=check.photos,
        used=check.used,
        complete=check.complete,
        packaging_intact=check.packaging_intact,
        marking=marking,
        marking_code=check.marking_code.strip(),
        at=at,
    )


def _receive(it: Return, command: do.ReceiveForDisposal, by: By, at: datetime) -> e.ReceivedForDisposal:
    """The seal that the pick-up point wrote down is compared; one that is broken or another is shown in a photo (R98)."""
    written = it.check.seal.strip() if it.check is not None else ""
    matches = command.seal.strip().casefold() == written.casefold() if written and command.seal.strip() else None
    if (not command.seal_intact or matches is False) and not command.photos:
        raise Refused("seal_photo_needed", "invalid", "photos")
    return e.ReceivedForDisposal(
        point_id=by.subject,
        seal=command.seal.strip(),
        seal_intact=command.seal_intact,
        seal_matches=matches,
        weight_gram=command.weight_gram,
        photos=command.photos,
        at=at,
    )


def _certify(it: Return, command: do.CertifyDisposal, by: By, at: datetime, policy: Policy) -> e.DisposalCertified:
    """Nobody is their own witness (R109)."""
    if command.witness.strip().casefold() in {"", by.id.casefold(), by.name.strip().casefold()}:
        raise Refused("witness_is_yourself", "invalid", "witness")
    if not command.method.strip():
        raise Refused("method_needed", "invalid", "method")
    if len(command.photos) < policy.disposal_photos_min:
        raise Refused("photos_needed", "invalid", "photos", photos_min=policy.disposal_photos_min)
    return e.DisposalCertified(
        certificate=f"DC-{it.id}",
        method=command.method.strip(),
        witness=command.witness.strip(),
        photos=command.photos,
        witness_role=command.witness_role,
        weight_gram=command.weight_gram,
        point_id=by.subject,
        at=at,
    )


def _remind(it: Return, stage: str, at: datetime, seller: SellerFacts) -> e.Reminded:
    """At the partner only a seller who cannot read its messages is told by us (D2). The stage is over either way."""
    if it.status is Status.AT_PARTNER and it.parcel is not None:
        return e.Reminded(stage, it.parcel.decide_by or at, told=not seller.linked)
    return e.Reminded(stage, it.act_by or at)


def _arrive(it: Return, report: do.RecordArrival, at: datetime, policy: Policy, *, linked: bool) -> list[e.Any]:
    """The partner's clock is believed, but nobody has less time to decide than the marketplace promises (D8)."""
    found = it.status is Status.LOST and it.claim.status == "paid"
    arrived_at = from_us(report.arrived_at_us)
    arrived = e.Arrived(
        warehouse=report.warehouse,
        at=arrived_at,
        decide_by=max(from_us(report.decide_by_us), decision_floor(arrived_at, policy)),
        weight_gram=report.weight_gram,
        packaging_intact=report.packaging_intact,
        found=found,
        choose_by=end_of_day(at, policy.found_choice_days) if found else None,
        linked=linked,
    )
    if it.status is Status.LOST and it.claim.status in OPEN_CLAIM:
        return [arrived, *claims.move_claim(it, ClaimStatus.REFUSED, "found")]
    return [arrived]
