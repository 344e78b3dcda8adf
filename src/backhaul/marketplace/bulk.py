"""The same act on many returns: an order for each, so that one that is refused harms no other (R108).

Each item carries the version that was seen; the key of an item is the key of the whole and the return's id, so that a
bulk which broke off is sent again as it was: what was done answers as before, the rest is done (J11).
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.desk import Answer
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import access, doors, queries
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By, concerns, open_acts
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Status

ITEMS_MAX = 500

# Where the seller's answer is waited for.
ANSWERABLE = (Status.SELLER_REVIEW, Status.SELLER_REVIEW_AFTER_OFFER)
# What may be given to many returns at once: decisions whose words fit all of them.
BULK_ACTS: tuple[type[do.Command], ...] = (do.Approve, do.Reject, do.RefundWithoutReturn)


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One return of a bulk. `seen`: the version that was looked at, None: does not matter."""

    return_id: int
    seen: int | None = None


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one item: where the return stands now, or the refusal's code with its sentence."""

    return_id: int
    done: bool
    return_number: str = ""
    status: str = ""
    version: int = 0
    code: str = ""
    detail: str = ""


class Prospect(msgspec.Struct, frozen=True):
    """One return before the bulk is given: whether the act is open for it now, and what it would pay the customer."""

    it: Return
    is_open: bool
    refund: Money | None


async def perform(office: Office, items: Sequence[Item], command: do.Command, by: By | access.KeyCaller, language: str, *,
                  key: str = "", request_id: str = "") -> list[Outcome]:  # fmt: skip
    """Give a command to each return, once for each; the outcomes in the order of the items. `Refused` when there are too many."""
    if type(command) not in BULK_ACTS:
        raise Refused("unknown_act", "invalid", "act", act=type(command).__name__)
    once = list({item.return_id: item for item in items}.values())
    if not once or len(once) > ITEMS_MAX:
        raise Refused("bulk_size", "invalid", "items", low=1, high=ITEMS_MAX)

    async def one(item: Item) -> Answer:
        own_key = f"{key}:{item.return_id}" if key else ""
        return await doors.act(office, item.return_id, command, by, key=own_key, seen=item.seen, request_id=request_id)

    answers = await asyncio.gather(*(one(item) for item in once), return_exceptions=True)
    return [_outcome(item, answer, language) for item, answer in zip(once, answers, strict=True)]


def prospects(tx: Tx, return_ids: Sequence[int], act: type[do.Command], by: By, at: datetime, terms: Terms
              ) -> list[Prospect]:  # fmt: skip
    """The returns as they stand, those of others left out: the dry run of a bulk."""
    found = [it for it in queries.by_ids(tx, return_ids[:ITEMS_MAX]) if concerns(it, by)]
    return [prospect(it, act, by, at, terms) for it in found]


def prospect(it: Return, act: type[do.Command], by: By, at: datetime, terms: Terms) -> Prospect:
    """One return of a dry run."""
    return Prospect(it, is_open(it, act, by, at, terms), it.line.paid if act is do.RefundWithoutReturn else None)


def is_open(it: Return, act: type[do.Command], by: By, at: datetime, terms: Terms) -> bool:
    """Whether the act can be given now."""
    return act in open_acts(it, by, at, terms)


def _outcome(item: Item, answer: Any, language: str) -> Outcome:
    if isinstance(answer, Refused):
        return Outcome(item.return_id, done=False, code=answer.code, detail=doors.explain(answer, language))
    if isinstance(answer, BaseException):
        raise answer
    told = msgspec.json.decode(answer.body, type=doors.Summary)
    return Outcome(
        item.return_id, done=True, return_number=told.return_number, status=told.status, version=told.version
    )
