"""What the partner is told of units that come to it: the messages of a return's events, and all of them anew."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from backhaul import wire
from backhaul.kit.days import to_us
from backhaul.kit.journal import Letter
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.custody import payer_by_custody
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return, counts_as_defect, group_of
from backhaul.marketplace.rules.words import Route, Status

THE_PARTNER = "partner"

_encode = msgspec.json.Encoder().encode


def letter(topic: str, data: Any, at: datetime) -> Letter:
    """A message to the partner."""
    body = _encode(wire.Message(topic, at.isoformat(), msgspec.Raw(_encode(data))))
    return Letter(THE_PARTNER, topic, body)


def announcements(it: Return, terms: Terms, at: datetime) -> list[Letter]:
    """Everything that the partner has been told of a unit on its way to it, anew."""
    if it.check is None or it.route is not Route.B:
        return []
    told = [letter(wire.EXPECTED, expected(it, it.check, terms), at)]
    if it.dispatched_at is not None or it.carrier:
        told.append(letter(wire.DISPATCHED, wire.DispatchedParcel(it.id, it.carrier, it.waybill), at))
    if it.status is Status.LOST and it.parcel is None:
        told.append(letter(wire.LOST, wire.LostParcel(it.id), at))
    return told


def expected(it: Return, check: e.CheckedIn, terms: Terms) -> wire.ExpectedParcel:
    """The announcement of a unit that a pick-up point has accepted."""
    reason = terms.reasons.of(it.reason)
    return wire.ExpectedParcel(
        return_id=it.id,
        return_number=it.number,
        seller_id=it.seller_id,
        seller_country=it.seller_country,
        variant=it.variant,
        posting_number=it.line.posting_number,
        sku=it.line.sku,
        offer_id=it.line.offer_id,
        name=it.line.name,
        category=it.line.category,
        price=it.line.price,
        weight_gram=it.line.weight_gram,
        outbound_weight_gram=it.line.outbound_weight_gram,
        serial=it.line.serial,
        marking_code=it.line.marking_code,
        reason=it.reason,
        reason_group=group_of(it),
        is_defect=counts_as_defect(it),
        reason_names=dict(reason.names) if reason is not None else {},
        used=check.used,
        complete=check.complete,
        packaging_intact=check.packaging_intact,
        checked=check.checked,
        seal=check.seal,
        point_weight_gram=check.weight_gram,
        accepted_at_us=to_us(check.at),
        eta_us=to_us(check.at + timedelta(days=terms.policy.transit_eta_days)),
        gtin=it.line.gtin,
        point_id=check.point_id,
        watch=("dispute",) if it.disputed else (),
    )


def claim_facts(it: Return, event: e.ClaimMoved) -> wire.ClaimFacts:
    """Where the claim for a substituted unit stands, and what each hand saw."""
    return wire.ClaimFacts(
        return_id=it.id,
        status=event.to,
        amount=event.amount,
        payer=it.claim.payer or payer_by_custody(it),
        refund_sent_at_us=None if it.refund.sent_at is None else to_us(it.refund.sent_at),
        point_photos=it.check.photos if it.check is not None else (),
        comment=event.comment,
    )
