"""Decisions about many parcels at once: an order for each, so that one that is refused harms no other (R108).

Each item carries the version that was seen; the key of an item is the key of the whole and the parcel's id, so that a bulk
which broke off is sent again as it was: what was done answers as before, the rest is done (J11).
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from backhaul.kit.database import Tx
from backhaul.kit.desk import Answer
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.partner import access, doors, queries
from backhaul.partner.office import Office
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import freight
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.decisions import concerns
from backhaul.partner.rules.decisions import decide as law
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Terms
from backhaul.partner.rules.words import Decision, Service

ITEMS_MAX = 500


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One decision of a bulk. `seen`: the version that was looked at, None: does not matter; `price_minor`: the price seen."""

    parcel_id: int
    decision: Annotated[str, Meta(max_length=20)]
    destination_id: int = 0
    seen: int | None = None
    price_minor: do.PriceMinor = None

    @property
    def command(self) -> do.Decide:
        """As it is given to the parcel."""
        return do.Decide(self.decision, self.destination_id, price_minor=self.price_minor)


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one item: where the parcel stands now, or the refusal's code with its sentence."""

    parcel_id: int
    done: bool
    number: str = ""
    status: str = ""
    decision: str = ""
    version: int = 0
    code: str = ""
    detail: str = ""


class Undecided(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parcel that waits for a decision, with what a person decides by."""

    parcel_id: int
    version: int
    number: str
    return_number: str
    name: str
    sku: int
    reason: str
    price: Money
    decide_by: datetime | None
    days_left: int | None
    mark: str = ""


class Prospect(msgspec.Struct, frozen=True):
    """One parcel before the bulk is given: what its decision costs now, or why it would be refused."""

    it: Parcel
    item: Item
    price: Money
    refused: Refused | None = None


class Totals(msgspec.Struct, frozen=True):
    """What those that can be done come to: how many of each decision, their prices, and the prices of the products.

    `kept` units wait for a collector, each for `per_day`; every other price is paid once.
    """

    decisions: dict[str, int]
    price: Money
    worth: Money
    kept: int
    per_day: Money


async def perform(office: Office, items: Sequence[Item], caller: access.Caller, by: By, language: str, *, key: str = "",
                  request_id: str = "") -> list[Outcome]:  # fmt: skip
    """Decide about each parcel; the outcomes in the order of the items. `Refused` when there are too many, or one is there twice."""
    check_items(items)

    async def one(item: Item) -> Answer:
        own_key = f"{key}:{item.parcel_id}" if key else ""
        return await doors.act(office, item.parcel_id, item.command, caller, by, key=own_key, seen=item.seen,
                               request_id=request_id)  # fmt: skip

    answers = await asyncio.gather(*(one(item) for item in items), return_exceptions=True)
    return [_outcome(item, answer, language) for item, answer in zip(items, answers, strict=True)]


def check_items(items: Sequence[Item]) -> None:
    """`Refused` when there are too many, or one is there twice."""
    if not items or len(items) > ITEMS_MAX:
        raise Refused("bulk_size", "invalid", "items", low=1, high=ITEMS_MAX)
    twice = [parcel_id for parcel_id, times in Counter(item.parcel_id for item in items).items() if times > 1]
    if twice:
        raise Refused("item_repeated", "invalid", "items", parcel_id=twice[0])


def waiting(it: Parcel, at: datetime) -> Undecided:
    """A parcel of the list of what waits."""
    unit = it.unit
    return Undecided(it.id, it.version, it.number, unit.return_number, unit.name, unit.sku, unit.reason, unit.price,
                   it.decide_by, queries.days_left(it, at), it.inspection.mark or "")  # fmt: skip


def prospects(tx: Tx, items: Sequence[Item], by: By, at: datetime, terms: Terms) -> list[Prospect]:
    """The dry run of a bulk: the parcels as they stand, those of others left out."""
    wanted = {item.parcel_id: item for item in items[:ITEMS_MAX]}
    found = queries.by_ids(tx, list(wanted))
    around = queries.arounds_of(tx, found)
    return [
        _prospect(it, wanted[it.id], by, at, terms, around(it)) for it in found if concerns(it, by, around(it))
    ]  # fmt: skip


def totals(ready: Sequence[Prospect], terms: Terms) -> Totals:
    """The sums of a dry run."""
    once = [one.price for one in ready if one.item.decision != Decision.PICKUP]
    return Totals(
        dict(sorted(Counter(one.item.decision for one in ready).items())),
        sum(once, Money(0, terms.tariff.currency)),
        sum((one.it.unit.price for one in ready), Money(0)),
        sum(one.item.decision == Decision.PICKUP for one in ready),
        terms.tariff.price(Service.STORAGE),
    )


def _prospect(it: Parcel, item: Item, by: By, at: datetime, terms: Terms, around: Around) -> Prospect:
    try:
        law(it, item.command, by, at, terms, around)
    except Refused as refused:
        return Prospect(it, item, Money(0, terms.tariff.currency), refused)
    return Prospect(it, item, freight.quoted(it, Decision(item.decision), terms))


def _outcome(item: Item, answer: Any, language: str) -> Outcome:
    if isinstance(answer, Refused):
        return Outcome(item.parcel_id, done=False, code=answer.code, detail=doors.explain(answer, language))
    if isinstance(answer, BaseException):
        raise answer
    told = msgspec.json.decode(answer.body, type=doors.Summary)
    return Outcome(item.parcel_id, done=True, number=told.number, status=told.status, decision=told.decision,
                   version=told.version)  # fmt: skip
