"""Who received what of a customer, and when: said by what happened to a return, so nothing can be forgotten in a log of its own.

Nobody here is given a name, an address or a telephone. What leaves is a case: its number, what was written and photographed; only staff
read the words without covers.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role, Status


class Recipient(StrEnum):
    """Somebody beyond the customer."""

    SELLER = "seller"
    MODERATOR = "moderator"
    POINT = "point"
    CARRIER = "carrier"
    PARTNER = "partner"
    BANK = "bank"


class What(StrEnum):
    """What of the customer's was handed over, and by that what for."""

    REQUEST = "request"
    PHOTOS = "photos"
    DISPUTE = "dispute"
    PRODUCT = "product"
    REFUND = "refund"


class Received(msgspec.Struct, frozen=True):
    """One hand-over. `name`: the seller's number, the point, the carrier."""

    at: datetime
    recipient: Recipient
    what: What
    return_number: str
    name: str = ""
    return_id: int = 0


def received(it: Return, happened: Iterable[tuple[Any, datetime]]) -> list[Received]:
    """Everybody who received something with this return, in the order of the events."""
    found: list[Received] = []
    for event, at in happened:
        found += [Received(at, who, what, it.number, name, it.id) for who, what, name in _of(it, event)]
    return found


def _of(it: Return, event: Any) -> list[tuple[Recipient, What, str]]:
    seller = str(it.seller_id)
    match event:
        case e.Submitted(to=Status.PRE_MODERATION):
            return [(Recipient.MODERATOR, What.REQUEST, "")]
        case e.Submitted():
            return [(Recipient.SELLER, What.REQUEST, seller)]
        case e.PhotosSent():
            return [(Recipient.MODERATOR, What.PHOTOS, "")]
        case e.Approved(by=Role.MODERATOR) | e.Rejected(by=Role.MODERATOR):
            return [(Recipient.SELLER, What.REQUEST, seller)]
        case e.DisputeOpened():
            return [(Recipient.MODERATOR, What.DISPUTE, ""), (Recipient.SELLER, What.DISPUTE, seller)]
        case e.PointChosen(point):
            return [(Recipient.POINT, what, point) for what in _shown_at_a_point(it)]
        case e.CheckedIn(point_id=point) | e.TurnedAway(point_id=point):
            return [(Recipient.POINT, what, point) for what in (*_shown_at_a_point(it), What.PRODUCT)]
        case e.Dispatched(carrier=carrier):
            return [(Recipient.CARRIER, What.PRODUCT, carrier)]
        case e.Arrived(warehouse=warehouse):
            return [(Recipient.PARTNER, What.PRODUCT, warehouse)]
        case e.RefundSent():
            return [(Recipient.BANK, What.REFUND, "")]
        case _:
            return []


def _shown_at_a_point(it: Return) -> tuple[What, ...]:
    """With what a clerk compares the product."""
    return (What.REQUEST, What.DISPUTE) if it.disputed else (What.REQUEST,)
