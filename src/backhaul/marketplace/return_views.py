"""A return as API v1 shows it to its reader."""

from datetime import datetime

import msgspec

from backhaul.kit import i18n
from backhaul.kit.media_book import Deleted
from backhaul.kit.money import Money
from backhaul.marketplace import cards, queries, texts
from backhaul.marketplace.act_views import ClosedAct, OpenAct, closed_views, open_views
from backhaul.marketplace.next_steps import next_step
from backhaul.marketplace.office import Office
from backhaul.marketplace.reason_names import name_in
from backhaul.marketplace.rules.blocks import Block, bars_disputes
from backhaul.marketplace.rules.calendar import timers
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.progress import Step, progress
from backhaul.marketplace.rules.returns import Claim, Compensation, ParcelMirror, Refund, Return, Weighing
from backhaul.marketplace.rules.weights_compared import Weighed, weighed
from backhaul.marketplace.rules.words import Role, Status, WeightStatus


class TimerView(msgspec.Struct, frozen=True):
    """What the calendar will do by itself, and when."""

    does: str
    at: datetime


class NextView(msgspec.Struct, frozen=True, omit_defaults=True):
    """What comes next for the customer: in words, before or at `at`; `yours`: it is their own act."""

    text: str
    at: datetime | None = None
    yours: bool = False


class ReturnView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A return as its reader may see it. Amounts are in minor units, weights in grams, instants UTC."""

    id: int
    number: str
    status: Status
    version: int
    label: str
    seller_id: int
    posting_number: str
    name: str
    offer_id: str
    sku: int
    price: Money
    weight_gram: int
    reason: str
    comment: str
    photos: tuple[str, ...]
    requested_at: datetime
    available_actions: tuple[OpenAct, ...]
    not_available: tuple[ClosedAct, ...]
    clocks: tuple[TimerView, ...]
    act_by: datetime | None = None
    offers: tuple[Money, ...] = ()
    reason_label: str = ""
    rejection_reason: str = ""
    rejection_label: str = ""
    rejection_comment: str = ""
    refused_because: str = ""
    point_id: str = ""
    route: str | None = None
    refund: Refund | None = None
    compensation: Compensation | None = None
    claim: Claim | None = None
    parcel: ParcelMirror | None = None
    rule_card: cards.UnitRulesView | None = None
    videos: tuple[str, ...] = ()
    deleted_media: tuple[Deleted, ...] = ()
    delivered_at: datetime | None = None
    accepted_at: datetime | None = None
    dispatched_at: datetime | None = None
    carrier: str = ""
    waybill: str = ""
    moderator_comment: str = ""
    dispute_comment: str = ""
    dispute_answer: str = ""
    certificate: str = ""
    weighing: Weighing | None = None
    earlier: tuple[int, ...] = ()
    progress: tuple[Step, ...] = ()
    next: NextView | None = None
    weights: tuple[Weighed, ...] = ()


def view(office: Office, it: Return, by: By, language: str, block: Block | None = None, *,
          in_full: bool = False) -> ReturnView:  # fmt: skip
    """`in_full`: with the rule card, for those who decide."""
    at = office.clock.now()
    terms = office.house.terms
    inside = by.role is not Role.CUSTOMER
    return ReturnView(
        id=it.id,
        number=it.number,
        status=it.status,
        version=it.version,
        label=i18n.gettext(language, texts.STATUS_LABELS[it.status]),
        seller_id=it.seller_id,
        posting_number=it.line.posting_number,
        name=it.line.name,
        offer_id=it.line.offer_id,
        sku=it.line.sku,
        price=it.line.price if inside else it.line.paid,
        weight_gram=it.line.weight_gram,
        reason=it.reason,
        comment=it.comment,
        photos=tuple(sorted(queries.shown_photos(it, by))),
        videos=it.videos,
        requested_at=it.requested_at,
        available_actions=open_views(it, by, at, terms, language, block),
        not_available=closed_views(it, by, at, terms, language, block),
        clocks=tuple(TimerView(type(c).__name__, due) for due, c in timers(it, terms.policy)) if inside else (),
        act_by=it.act_by,
        offers=it.offers,
        reason_label=name_in(terms.reasons, it.reason, language),
        rejection_reason=it.rejection_reason,
        rejection_label=name_in(terms.rejections, it.rejection_reason, language),
        rejection_comment=it.rejection_comment,
        refused_because=it.refused_because,
        point_id=it.point_id,
        route=it.route if inside else None,
        refund=it.refund,
        compensation=it.compensation if inside else None,
        claim=it.claim if inside else None,
        parcel=it.parcel if inside else None,
        delivered_at=it.line.delivered_at,
        accepted_at=it.accepted_at,
        dispatched_at=it.dispatched_at if inside else None,
        carrier=it.carrier if inside else "",
        waybill=it.waybill if inside else "",
        moderator_comment=it.moderator_comment,
        dispute_comment=it.dispute_comment,
        dispute_answer=it.dispute_answer,
        certificate=it.certificate if inside else "",
        weighing=it.weighing if it.weighing.status is not WeightStatus.NONE and inside else None,
        earlier=it.earlier if by.role in cards.READS_RULES else (),
        progress=() if inside else progress(it),
        next=None if inside else _next(it, at, language, block),
        weights=weighed(it, terms.policy) if by.role in cards.READS_RULES else (),
        rule_card=cards.rules_of_return(it, terms, at, language) if in_full and by.role in cards.READS_RULES else None,
    )


def _next(it: Return, at: datetime, language: str, block: Block | None) -> NextView:
    step = next_step(it, at, may_dispute=not bars_disputes(block, at))
    return NextView(i18n.gettext(language, step.text), step.by, step.yours)
