"""What a customer writes leaves the law closed: in the chain of events stands only what their key opens (decision 30)."""

from typing import Any

import msgspec
from msgspec.structs import replace

from backhaul.marketplace import person_queries
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.decisions import By, SellerFacts
from backhaul.marketplace.rules.words import Role, Status

# Where an act of the customer has words, after the request itself.
MAY_WRITE = (Status.AWAITING_CUSTOMER, Status.REJECTED)
WRITTEN = (e.Requested, e.PhotosAdded, e.PhotosSent, e.DisputeOpened)


class Around(SellerFacts, frozen=True):
    """What the law must know, and with what the words of the customer are closed."""

    writer: person_queries.Writer | None = None


def heard(facts: SellerFacts, writer: person_queries.Writer | None) -> Around:
    """The same facts around a return whose customer may write now."""
    return Around(**msgspec.structs.asdict(facts), writer=writer)


def closed(events: list[Any], by: By, around: SellerFacts) -> list[Any]:
    """What happened, with the words of the customer closed; one who was erased meanwhile has said nothing."""
    if by.role is not Role.CUSTOMER or not isinstance(around, Around):
        return events
    writer = around.writer
    return [
        replace(one, comment="" if writer is None else writer.closed(one.comment)) if isinstance(one, WRITTEN) else one
        for one in events
    ]
