"""What sellers' programs are told of their returns, event by event.

A message names no customer and repeats nothing that a person has typed: it says what happened, in codes, instants and amounts.
Whoever wants more asks API v1 for the return.
"""

from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit import webhook_law
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.wire_states import look

# The events that a seller is told of, each with the facts that go along. The others are the customer's or the point's alone.
TOLD: dict[type[e.Event], tuple[str, ...]] = {
    e.Submitted: ("answer_by", "charge"),
    e.PhotosAsked: ("reply_by",),
    e.PhotosSent: ("answer_by",),
    e.Approved: ("by", "route_chosen", "quote", "dropoff_by"),
    e.Rejected: ("by", "reason", "dispute_by"),
    e.Offered: ("amount", "answer_by"),
    e.OfferAccepted: (),
    e.OfferDeclined: ("by", "seller_until"),
    e.RefundedWithoutReturn: ("by",),
    e.Cancelled: ("by",),
    e.Expired: ("to",),
    e.PointChosen: (),
    e.DisputeOpened: ("decide_by",),
    e.DisputeDecided: ("for_customer", "dropoff_by"),
    e.CheckedIn: ("route", "used", "complete", "packaging_intact", "weight_gram", "marking", "at", "quote"),
    e.TurnedAway: ("reason", "at"),
    e.Dispatched: ("carrier", "waybill", "eta", "at"),
    e.WentLate: (),
    e.WentMissing: (),
    e.Arrived: ("warehouse", "at", "decide_by", "weight_gram", "packaging_intact", "found", "choose_by", "linked"),
    e.MoneyKept: ("by",),
    e.ProductTaken: (),
    e.Marked: ("mark", "revision"),
    e.DecisionMirrored: ("decision", "parcel_status", "decide_by"),
    e.HandoverMirrored: ("parcel_status", "destination"),
    e.DisposalMirrored: ("certificate", "undecided"),
    e.ReceiptConfirmed: (),
    e.ReceivedForDisposal: ("weight_gram", "at"),
    e.DisposalCertified: ("certificate", "method", "weight_gram", "at"),
    e.RefundHeld: ("amount", "send_at"),
    e.RefundSent: ("amount", "at", "attempt"),
    e.RefundConfirmed: (),
    e.RefundFailed: ("amount", "attempt"),
    e.RefundQuestioned: (),
    e.RefundRetried: (),
    e.RefundCancelled: (),
    e.CompensationAccrued: ("quote", "credit_at", "due_by"),
    e.CompensationCredited: ("amount", "payout"),
    e.CompensationReversed: ("amount", "final", "was_credited"),
    e.ClaimDrafted: ("claim", "amount", "file_by"),
    e.ClaimMoved: ("to", "claim", "amount", "payer", "answer_by", "payout"),
    e.ClaimAnswered: ("accepts",),
    e.ClaimWentUnanswered: ("answer_by",),
    e.WeightMeasured: ("weight_gram", "quote", "object_by"),
    e.WeightObjected: (),
    e.WeightSettled: ("to",),
    e.Reminded: ("stage", "deadline"),
}


def type_of(event: type) -> str:
    """`return.refund_sent` of `RefundSent`: one word for a thing from the class to the message."""
    return webhook_law.type_of("return", event)


_NAMES = {event: type_of(event) for event in TOLD}
TYPES: dict[str, type[e.Event]] = {name: event for event, name in _NAMES.items()}


class ReturnFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """The return after the event. `version` counts its events: the greatest one is the latest, in whatever order they come.

    `facts` are those of the event; docs/webhooks.md lists them by type.
    """

    return_id: int
    return_number: str
    version: int
    status: str
    group_state: str
    posting_number: str
    offer_id: str
    sku: int
    act_by: datetime | None = None
    route: str | None = None
    facts: dict[str, Any] = {}


class Message(msgspec.Struct, frozen=True):
    """What happened, as it is sent and as `GET /events` gives it. `timestamp` is when it counts."""

    id: str
    type: str
    timestamp: datetime
    data: ReturnFacts


def message(it: Return, event: e.Event, seq: int, at: datetime) -> Message | None:
    """What an event tells the seller; `it` is the return after it. None: nothing. A draft is its customer's alone."""
    told = TOLD.get(type(event))
    if told is None or it.submitted_at is None:
        return None
    line = it.line
    facts = {name: value for name in told if (value := getattr(event, name)) is not None}
    data = ReturnFacts(
        return_id=it.id, return_number=it.number, version=seq, status=it.status, group_state=look(it).group,
        posting_number=line.posting_number, offer_id=line.offer_id, sku=line.sku, act_by=it.act_by, route=it.route,
        facts=facts,
    )  # fmt: skip
    return Message(message_id(it.id, seq), _NAMES[type(event)], at, data)


def message_id(return_id: int, seq: int) -> str:
    """The name of an event towards sellers, the same at every delivery."""
    return f"evt_{return_id}_{seq}"
