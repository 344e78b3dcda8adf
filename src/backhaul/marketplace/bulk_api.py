"""API v1 of deciding about many returns at once: what would happen, and doing it."""

from typing import Any

import msgspec
from anyio import to_thread
from litestar import post
from litestar.params import JSONBody

from backhaul.kit import http
from backhaul.kit.forms import convert
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import access, bulk, facet_queries
from backhaul.marketplace.doors import ACTS, IdempotencyKey, Req, bearer, explain, key_caller, trace
from backhaul.marketplace.filters import Filter
from backhaul.marketplace.office import Office
from backhaul.marketplace.repeats import once
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By, closed_acts
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role, Status


class BulkOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`act` is approve, reject or refund-without-return; `body` is what that act takes; at most 500 items."""

    act: str
    items: tuple[bulk.Item, ...]
    body: dict[str, Any] = msgspec.field(default_factory=dict)


class BulkResult(msgspec.Struct, frozen=True):
    """How many were done, and what became of each, in the order of the items."""

    done: int
    results: tuple[bulk.Outcome, ...]


class BulkWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bulk to look at. `all`: every return that waits for the seller's answer, the shortest time first, instead of `items`."""

    act: str
    items: tuple[bulk.Item, ...] = ()
    all: bool = False


class Ready(msgspec.Struct, frozen=True, omit_defaults=True):
    """A return for which the act is open: send `version` as `seen`."""

    return_id: int
    number: str
    status: Status
    version: int
    name: str
    price: Money
    refund: Money | None = None


class NotReady(msgspec.Struct, frozen=True):
    """A return for which the act would be refused now, and why."""

    return_id: int
    code: str
    detail: str


class BulkPreview(msgspec.Struct, frozen=True):
    """What a bulk would do: `refunds` is what customers would be paid at once, `worth` the price of all its products."""

    act: str
    ready: tuple[Ready, ...]
    not_ready: tuple[NotReady, ...]
    refunds: Money
    worth: Money


def handlers(office: Office) -> list[Any]:
    """The operations on many returns."""
    return [_looking(office), _giving(office)]


def _looking(office: Office) -> Any:
    @post("/returns/bulk/preview", status_code=200, tags=["acts"],
          summary="What the same act on many returns would do, with its totals. Reads only")  # fmt: skip
    @http.in_thread
    def preview(request: Req, data: JSONBody[BulkWanted]) -> BulkPreview:
        by, command = bearer(office, request), _act(data.act)
        if by.role is not Role.SELLER:
            raise Refused("not_your_role", "forbidden", role=by.role)
        if not data.all and not 0 < len(data.items) <= bulk.ITEMS_MAX:
            raise Refused("bulk_size", "invalid", "items", low=1, high=bulk.ITEMS_MAX)
        at, terms = office.clock.now(), office.house.terms
        with office.look(by) as tx:
            chosen = [item.return_id for item in data.items]
            if data.all:
                waiting, _ = facet_queries.soonest(
                    tx, int(by.subject), Filter(), at, bulk.ANSWERABLE, most=bulk.ITEMS_MAX
                )
                chosen = [it.id for it in waiting]
            found = bulk.prospects(tx, chosen, command, by, at, terms)
        ready = [one for one in found if one.is_open]
        language = http.language_of(request)
        known = {one.it.id for one in found}
        left = [_not_ready(one.it, command, by, office, language) for one in found if not one.is_open]
        missing = Refused("not_found", "missing")
        left += [NotReady(n, missing.code, explain(missing, language)) for n in dict.fromkeys(chosen) if n not in known]
        return BulkPreview(
            data.act, tuple(_ready(one) for one in ready), tuple(left),
            sum((one.refund for one in ready if one.refund is not None), Money(0)),
            sum((one.it.line.price for one in ready), Money(0)),
        )  # fmt: skip

    return preview


def _giving(office: Office) -> Any:
    @post(
        "/returns/bulk", status_code=200, summary="The same act on many returns, with a result for each", tags=["acts"]
    )
    async def many(request: Req, data: JSONBody[BulkOrder], key: IdempotencyKey = None) -> BulkResult:
        command = _act(data.act)
        key_held = key_caller(request)
        caller = await to_thread.run_sync(bearer, office, request) if key_held is None else key_held
        given = convert(command, data.body)

        async def give() -> bytes:
            outcomes = await bulk.perform(office, data.items, given, caller, http.language_of(request), key=key or "",
                                          request_id=trace(request))  # fmt: skip
            return msgspec.json.encode(BulkResult(sum(outcome.done for outcome in outcomes), tuple(outcomes)))

        by = (
            await to_thread.run_sync(bearer, office, request)
            if isinstance(caller, access.KeyCaller) and key
            else caller
        )
        answer = await once(office, request, by, key, data, give) if isinstance(by, By) else await give()
        return msgspec.json.decode(answer, type=BulkResult)

    return many


def _act(word: str) -> type[do.Command]:
    command = ACTS.get(word)
    if command not in bulk.BULK_ACTS:
        raise Refused("unknown_act", "invalid", "act", act=word[:40])
    return command


def _ready(one: bulk.Prospect) -> Ready:
    it = one.it
    return Ready(it.id, it.number, it.status, it.version, it.line.name, it.line.price, one.refund)


def _not_ready(it: Return, act: type[do.Command], by: By, office: Office, language: str) -> NotReady:
    closed = dict(closed_acts(it, by, office.clock.now(), office.house.terms))
    why = closed.get(act) or Refused("not_in_this_state", state=it.status, allowed=[])
    return NotReady(it.id, why.code, explain(why, language))
