"""API v1 for decisions beyond one parcel: many at once, standing rules, the breaker."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us
from backhaul.kit.machine import Refused
from backhaul.partner import breaker_store, bulk, errands, queries
from backhaul.partner.doors import Numbered, Req
from backhaul.partner.office import Office
from backhaul.partner.rules.breaker import BreakerTurn
from backhaul.partner.rules.standing import Wanted
from backhaul.partner.rules.words import Role
from backhaul.partner.speakers import IdempotencyKey, change, invalid, person, speaker, who


class Decisions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 500 decisions, each about another parcel."""

    items: tuple[bulk.Item, ...]


class Decided(msgspec.Struct, frozen=True):
    """How many were done, and what became of each, in the order of the items."""

    done: int
    results: tuple[bulk.Outcome, ...]


class NewRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule for one seller's units; every condition that is said must hold. `below_rub`: whole roubles.

    `is_defect`: only units that came back for a defect, or only others; another condition is needed beside it.
    """

    seller_id: int
    below_rub: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    sku: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    reason: Annotated[str, Meta(max_length=80)] = ""
    is_defect: bool | None = None


class RuleView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A standing rule in force."""

    id: int
    seller_id: int
    made_at: datetime
    made_by: str
    below_rub: int | None = None
    sku: int | None = None
    reason: str = ""
    is_defect: bool | None = None


class BreakerView(msgspec.Struct, frozen=True):
    """How the breaker of destruction stands. `limit`: units an hour; `turns`: the last ones, oldest first."""

    is_open: bool
    this_hour: int
    limit: int
    calm: bool
    turns: tuple[BreakerTurn, ...]


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why destruction shall go on."""

    reason: Annotated[str, Meta(max_length=2000)]


def routes(office: Office) -> Router:
    """These doors."""
    handlers = [*_decision_routes(office), *_rule_routes(office), *_breaker_routes(office)]
    return Router("/api/v1", route_handlers=handlers, before_request=http.strict_body,
                  exception_handlers={ValidationException: invalid})  # fmt: skip


def _decision_routes(office: Office) -> list[Any]:
    @post("/decisions", status_code=200, summary="Decide about many parcels, with a result for each", tags=["acts"])
    async def decide(request: Req, data: JSONBody[Decisions], key: IdempotencyKey = None) -> Decided:
        it = await who(office, request)
        if it.by.role is not Role.SELLER:
            raise Refused("not_your_role", "forbidden", role=it.by.role)
        request_id = request.headers.get("x-request-id", "")[:80]

        if key and it.by.writes:  # another bulk with this key is refused; the same one goes on where it broke off
            await change(office, request, it, lambda _tx, _at: b"", key, data)
        outcomes = await bulk.perform(office, data.items, it.caller, it.by, http.language_of(request), key=key or "",
                                      request_id=request_id)  # fmt: skip
        return Decided(sum(outcome.done for outcome in outcomes), tuple(outcomes))

    return [decide]


def _rule_routes(office: Office) -> list[Any]:
    @get("/standing-rules", summary="The company's standing rules for disposal once received")
    @http.in_thread
    def rules(request: Req) -> list[RuleView]:
        by = speaker(office, request).by
        if by.role is not Role.SELLER:
            raise Refused("not_your_role", "forbidden", role=by.role)
        with office.look(by) as tx:
            found = queries.rules_of_company(tx, int(by.subject))
        return [
            RuleView(row.rule.id, row.seller_id, from_us(row.made_us), row.made_by, row.rule.below_rub, row.rule.sku,
                     row.rule.reason, row.rule.is_defect)
            for row in found
        ]  # fmt: skip

    @post("/standing-rules", status_code=201, summary="Add a standing rule; persons only, no keys")
    async def add(request: Req, data: JSONBody[NewRule], key: IdempotencyKey = None) -> Response[Numbered]:
        by, policy = await who(office, request), office.house.terms.policy
        account = person(by)
        wanted = Wanted(data.below_rub, data.sku, data.reason, data.is_defect)

        def run(tx: Tx, at: datetime) -> bytes:
            return msgspec.json.encode(Numbered(errands.add_rule(tx, account, data.seller_id, wanted, policy, at)))

        return http.encoded(await change(office, request, by, run, key, data), Numbered, 201)

    @delete("/standing-rules/{rule_id:int}", status_code=204, summary="End a standing rule; persons only, no keys")
    async def end(request: Req, rule_id: FromPath[int], key: IdempotencyKey = None) -> None:
        by = await who(office, request)
        account = person(by)
        await change(office, request, by, lambda tx, at: errands.end_rule(tx, account, rule_id, at), key)

    return [rules, add, end]


def _breaker_routes(office: Office) -> list[Any]:
    @get("/breaker", summary="How the breaker of destruction stands")
    @http.in_thread
    def show(request: Req) -> BreakerView:
        by = speaker(office, request).by
        if by.role is not Role.SUPERVISOR:
            raise Refused("not_your_role", "forbidden", role=by.role)
        return breaker_view(office)

    @post("/breaker/propose-release", status_code=204, summary="Want destruction to go on; a second person must agree")
    async def propose(request: Req, data: JSONBody[Reason], key: IdempotencyKey = None) -> None:
        by, policy = await who(office, request), office.house.terms.policy
        account = person(by)

        def run(tx: Tx, at: datetime) -> None:
            errands.propose_release(tx, account, data.reason, policy, at)

        await change(office, request, by, run, key, data)

    @post("/breaker/release", status_code=204, summary="Agree as the second person: destruction goes on")
    async def release(request: Req, key: IdempotencyKey = None) -> None:
        await http.no_body(request)
        by, policy = await who(office, request), office.house.terms.policy
        account = person(by)
        await change(office, request, by, lambda tx, at: errands.release(tx, account, policy, at), key)

    return [show, propose, release]


def breaker_view(office: Office) -> BreakerView:
    """The breaker now."""
    at, policy = office.clock.now(), office.house.terms.policy
    with office.database.read() as tx:
        it = breaker_store.reading(tx, at, policy)
    return BreakerView(it.is_open, it.this_hour, it.limit(policy), it.is_calm(at), it.turns)
