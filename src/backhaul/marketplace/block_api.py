"""API v1 of customers' blocks: what the pages of `pages/blocks.py` can do, as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody

from backhaul.kit import http, i18n
from backhaul.kit.description import door
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.paging import NEWEST, PAGE_ROWS, Before, Limit, Part, paged, part_of
from backhaul.marketplace import block_queries, places, queries, queue_filters, texts
from backhaul.marketplace.act_views import OpenAct
from backhaul.marketplace.block_doors import appeal, review_block
from backhaul.marketplace.doors import (
    BLOCK_ACT_WORDS,
    IdempotencyKey,
    IfMatch,
    Req,
    bearer,
    invalid,
    trace,
)
from backhaul.marketplace.office import Office
from backhaul.marketplace.queue_filters import AppealFilter
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.substitutions import Evidence, evidence
from backhaul.marketplace.rules.words import ClaimStatus, RefundStatus, Role


class BlockView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A customer's block. `until` is when it ends by itself; an appeal is accepted before `appeal_by`."""

    id: int
    version: int
    status: b.BlockStatus
    label: str
    reason: str
    cases: tuple[b.Case, ...]
    imposed_at: datetime
    until: datetime
    appeal_by: datetime
    appeal: b.Objection
    stands: bool
    available_actions: tuple[OpenAct, ...]
    level_comment: str = ""
    over_because: str = ""
    over_comment: str = ""
    over_at: datetime | None = None
    customer_ref: str = ""
    confirmed_cases: int | None = None


class BlockEventView(msgspec.Struct, frozen=True):
    """One line of a block's history."""

    seq: int
    kind: str
    label: str
    role: str
    at: datetime
    recorded_at: datetime


class UnsettledView(msgspec.Struct, frozen=True):
    """A return of an upheld appeal whose claim or cancelled refund still has to be undone."""

    block_id: int
    return_id: int
    return_number: str
    claim: ClaimStatus
    claim_amount: Money | None
    refund: RefundStatus
    refund_amount: Money | None


def routes(office: Office) -> Router:
    """The handlers for blocks and appeals."""
    handlers = [*_of_customer(office), *_of_staff(office), *_reviews(office)]
    return Router(
        "/api/v1",
        route_handlers=handlers,
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["blocks"],
    )


def _of_customer(office: Office) -> list[Any]:
    @get("/my-block", summary="The caller's newest block, also when it is over", opt=door(refuses=(404,)))
    @http.in_thread
    def mine(request: Req) -> BlockView:
        by = bearer(office, request)
        with office.look(by) as tx:
            found = block_queries.of_customer(tx, by.subject) if by.role is Role.CUSTOMER else []
        if not found:
            raise Refused("not_found", "missing")
        return _view(office, found[0], found, by, http.language_of(request))

    @post("/my-block/appeal", status_code=200, summary="Appeal against the block, once",
          description="In your own words, with pictures uploaded before. A moderator decides, with reasons.")  # fmt: skip
    async def object_to(request: Req, data: JSONBody[b.Appeal], key: IdempotencyKey = None) -> BlockView:
        by = await to_thread.run_sync(bearer, office, request)
        it = await appeal(office, data, by, key=key or "", request_id=trace(request))
        return await to_thread.run_sync(_seen, office, it, by, http.language_of(request))

    @get("/returns/{return_id:int}/substitution", summary="What was compared before a product was called another one")
    @http.in_thread
    def substitution(request: Req, return_id: FromPath[int]) -> Evidence:
        by = bearer(office, request)
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
        found = evidence(it) if it is not None and concerns(it, by) else None
        if found is None:
            raise Refused("not_found", "missing")
        return found

    return [mine, object_to, substitution]


def _of_staff(office: Office) -> list[Any]:
    @get(
        "/blocks",
        summary="Customers' blocks, newest first; open appeals by time left",
        description="With `appeals=true` those that are open now: by `level` (how the block stands) and `within_hours`; "
        "`after` comes from `Link`.",
    )
    @http.in_thread
    def list_blocks(
        request: Req,
        appeals: FromQuery[bool] = False,  # noqa: FBT002 -- a query parameter
        level: FromQuery[str] = "",
        within_hours: FromQuery[int | None] = None,
        after: FromQuery[str] = "",
        before: Before = NEWEST,
        limit: Limit = PAGE_ROWS,
    ) -> Response[list[BlockView]]:
        by = _staff(office, request)
        wanted = queue_filters.read(AppealFilter, {"level": level, "within_hours": within_hours})
        language = http.language_of(request)
        with office.look(by) as tx:
            if appeals:
                found, onward = block_queries.appeals(tx, wanted, office.clock.now(), places.place(after), limit)
                part = Part(found, str(onward) if onward else "")
            else:
                part = part_of(block_queries.latest(tx, before), limit, lambda it: it.id)
            others = {it.customer_ref: block_queries.of_customer(tx, it.customer_ref) for it in part.rows}
        views = [_view(office, it, others[it.customer_ref], by, language) for it in part.rows]
        return paged(request, part, views, "after" if appeals else "before")

    @get("/blocks/unsettled", summary="Upheld appeals whose claim or cancelled refund must still be undone")
    @http.in_thread
    def unsettled(request: Req) -> list[UnsettledView]:
        by = _staff(office, request)
        with office.look(by) as tx:
            found = block_queries.unsettled(tx)
        return [
            UnsettledView(row.block.id, row.it.id, row.it.number, row.it.claim.status, row.it.claim.amount,
                          row.it.refund.status, row.it.refund.amount)
            for row in found
        ]  # fmt: skip

    return [list_blocks, unsettled, *_one_for_staff(office)]


def _one_for_staff(office: Office) -> list[Any]:
    @get("/blocks/{block_id:int}", summary="One block")
    @http.in_thread
    def one(request: Req, block_id: FromPath[int]) -> Response[BlockView]:
        by = _staff(office, request)
        with office.look(by) as tx:
            it = block_queries.one(tx, block_id)
        if it is None:
            raise Refused("not_found", "missing")
        view = _seen(office, it, by, http.language_of(request))
        return Response(view, headers={"etag": f'"{it.version}"'})

    @get("/blocks/{block_id:int}/events", summary="What happened to a block")
    @http.in_thread
    def events(request: Req, block_id: FromPath[int]) -> list[BlockEventView]:
        by = _staff(office, request)
        language = http.language_of(request)
        with office.look(by) as tx:
            history = block_queries.history(tx, block_id)
        if not history:
            raise Refused("not_found", "missing")
        return event_views(history, language)

    return [one, events]


def _reviews(office: Office) -> list[Any]:
    async def review(request: Req, block_id: int, command: b.Command, key: str | None, seen: str | None) -> BlockView:
        by = await to_thread.run_sync(bearer, office, request)
        version = http.version_of(seen)
        it = await review_block(office, block_id, command, by, key=key or "", seen=version, request_id=trace(request))
        return await to_thread.run_sync(_seen, office, it, by, http.language_of(request))

    @post("/blocks/{block_id:int}/decide-appeal", status_code=200, summary="Decide an appeal",
          description="Upheld lifts the block and puts the case on support's list; the reasons are read by both sides.")  # fmt: skip
    async def decide_appeal(
        request: Req, block_id: FromPath[int], data: JSONBody[b.DecideAppeal], key: IdempotencyKey = None,
        seen: IfMatch = None,
    ) -> BlockView:  # fmt: skip
        return await review(request, block_id, data, key, seen)

    @post("/blocks/{block_id:int}/raise-level", status_code=200, summary="Raise a block to level 2: no disputes either")
    async def raise_level(
        request: Req, block_id: FromPath[int], data: JSONBody[b.RaiseLevel], key: IdempotencyKey = None,
        seen: IfMatch = None,
    ) -> BlockView:  # fmt: skip
        return await review(request, block_id, data, key, seen)

    @post("/blocks/{block_id:int}/lift", status_code=200, summary="Lift a block before its time")
    async def lift(
        request: Req, block_id: FromPath[int], data: JSONBody[b.Lift], key: IdempotencyKey = None, seen: IfMatch = None
    ) -> BlockView:
        return await review(request, block_id, data, key, seen)

    return [decide_appeal, raise_level, lift]


def event_views(history: Sequence[block_queries.Happening], language: str) -> list[BlockEventView]:
    """The history of a block."""
    return [
        BlockEventView(h.seq, h.kind, i18n.gettext(language, texts.BLOCK_EVENTS[h.kind]), h.role, h.at, h.recorded_at)
        for h in history
    ]


def _staff(office: Office, request: Req) -> By:
    by = bearer(office, request)
    if by.role not in (Role.MODERATOR, Role.SUPPORT):
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by


def _seen(office: Office, it: b.Block, by: By, language: str) -> BlockView:
    with office.look(by) as tx:
        others = block_queries.of_customer(tx, it.customer_ref)
    return _view(office, it, others, by, language)


def _view(office: Office, it: b.Block, of_customer: list[b.Block], by: By, language: str) -> BlockView:
    at, inside = office.clock.now(), by.role is not Role.CUSTOMER
    confirmed = b.confirmed_cases(of_customer)
    acts = b.open_acts(it, by.role, at, office.house.terms.policy, confirmed)
    where = f"/api/v1/blocks/{it.id}" if inside else "/api/v1/my-block"
    return BlockView(
        id=it.id,
        version=it.version,
        status=it.status,
        label=i18n.gettext(language, texts.BLOCK_STATUSES[it.status]),
        reason=it.reason,
        cases=it.cases,
        imposed_at=it.imposed_at,
        until=it.until,
        appeal_by=it.appeal_by,
        appeal=it.appeal,
        stands=b.stands(it, at),
        available_actions=tuple(
            OpenAct(BLOCK_ACT_WORDS[act], i18n.gettext(language, texts.BLOCK_ACTS[act.__name__][0]), "POST",
                    f"{where}/{BLOCK_ACT_WORDS[act]}", allowed=True, deadline=it.appeal_by if act is b.Appeal else None)
            for act in acts if act in BLOCK_ACT_WORDS
        ),
        level_comment=it.level_comment,
        over_because=it.over_because,
        over_comment=it.over_comment,
        over_at=it.over_at,
        customer_ref=it.customer_ref if inside else "",
        confirmed_cases=confirmed if inside else None,
    )  # fmt: skip
