"""What stands in the way of erasing a person: evidence and money that somebody still needs (GDPR 17.3). Everything else is theirs to ask."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules.keeping import MONEY_ON_ITS_WAY, is_disputed, is_over
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import CompensationStatus, Status


class Why(StrEnum):
    """Why a person cannot be erased yet."""

    OPEN_RETURN = "open_return"
    UNPAID_MONEY = "unpaid_money"
    OPEN_CLAIM = "open_claim"
    BLOCK = "block"


class Hold(msgspec.Struct, frozen=True):
    """One thing in the way: a return by its number, or a block until a day."""

    why: Why
    return_number: str = ""
    until: datetime | None = None
    return_id: int = 0


class State(StrEnum):
    """Where an erasure stands: something is in the way, or its files are still to go, or it is done; or who asked wants it no more."""

    HELD = "held"
    WITHDRAWN = "withdrawn"
    FILES = "files"
    DONE = "done"


class Destroyed(msgspec.Struct, frozen=True):
    """What there was of a person, in figures, and what stays under the pseudonym: the certificate says it."""

    accounts: int = 0
    sessions: int = 0
    messages: int = 0
    mails: int = 0
    letters: int = 0
    orders: int = 0
    reports: int = 0
    files: tuple[str, ...] = ()
    returns_kept: int = 0
    open_words: int = 0


class Erasure(msgspec.Struct, frozen=True):
    """An erasure that was asked for. `mails`: those whose files are still to go; `again`: how often a backup made it necessary once more."""

    holds: tuple[Hold, ...] = ()
    destroyed: Destroyed | None = None
    mails: tuple[str, ...] = ()
    again: int = 0
    withdrawn_at: datetime | None = None


def holds(returns: Iterable[Return], blocks: Iterable[b.Block], at: datetime) -> tuple[Hold, ...]:
    """Everything that stands in the way now. A block does while it stands: it would be gone with who it is for."""
    found = [hold for it in returns if (hold := hold_of(it)) is not None]
    found += [
        Hold(Why.BLOCK, until=one.until)
        for one in blocks
        if b.stands(one, at) or one.appeal.status is b.AppealStatus.OPEN
    ]
    return tuple(found)


def hold_of(it: Return) -> Hold | None:
    """What of a return stands in the way. One that was never sent concerns nobody else: it goes with who wrote it."""
    if is_over(it) or is_draft(it):
        return None
    if is_disputed(it):
        return Hold(Why.OPEN_CLAIM, it.number, return_id=it.id)
    if it.refund.status in MONEY_ON_ITS_WAY or it.compensation.status is CompensationStatus.ACCRUED:
        return Hold(Why.UNPAID_MONEY, it.number, return_id=it.id)
    return Hold(Why.OPEN_RETURN, it.number, return_id=it.id)


def is_draft(it: Return) -> bool:
    """Whether nobody but its customer has seen it."""
    return it.status is Status.NEW
