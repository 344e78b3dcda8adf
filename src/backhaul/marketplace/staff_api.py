"""API v1 of what moderators and support look at: queues by time left, money that needs somebody, refused attempts, the partner."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from litestar import Response, Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromQuery

from backhaul.kit import http
from backhaul.kit.days import from_us
from backhaul.kit.i18n import gettext, plain
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.paging import NEWEST, PAGE_ROWS, Before, Limit, paged, part_of
from backhaul.marketplace import queries, queue_queries, sync_queries, tables, texts
from backhaul.marketplace.announcing import THE_PARTNER
from backhaul.marketplace.doors import Req, bearer, invalid
from backhaul.marketplace.office import Office
from backhaul.marketplace.queue_filters import RequestFilter
from backhaul.marketplace.rules.calendar import dwells_before
from backhaul.marketplace.rules.outcomes import Queue
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ClaimStatus, RefundStatus, Role, Status
from backhaul.marketplace.terms_doors import support

KEY_CHARACTERS_MAX = 20


class Waiting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A return in a queue: until when somebody should act, and the money that it is about."""

    return_id: int
    number: str
    version: int
    status: Status
    title: str
    seller_id: int
    name: str
    href: str
    act_by: datetime | None = None
    refund: RefundStatus | None = None
    refund_amount: Money | None = None
    refund_send_at: datetime | None = None
    claim: ClaimStatus | None = None
    claim_amount: Money | None = None
    point_id: str = ""
    accepted_at: datetime | None = None


class ModerationQueues(msgspec.Struct, frozen=True):
    """Requests, requests that wait for photos, and disputes, the shortest time first; the rules of each seller by id."""

    requests: list[Waiting]
    awaiting_photos: list[Waiting]
    disputes: list[Waiting]
    rules: dict[str, str]


class SupportQueues(msgspec.Struct, frozen=True):
    """What waits for support: refunds that failed or are in doubt, refunds held, claims, products that wait too long."""

    refunds: list[Waiting]
    held: list[Waiting]
    claims: list[Waiting]
    dwelling: list[Waiting]


class AttemptView(msgspec.Struct, frozen=True):
    """Somebody was refused, or a key was used: who, what, the code and its words."""

    id: int
    at: datetime
    caller: str
    what: str
    code: str
    detail: str


class ErrorView(msgspec.Struct, frozen=True):
    """A code that a refusal may have, with its sentence; facts of the refusal stand in the places in braces."""

    code: str
    sentence: str


class SyncView(msgspec.Struct, frozen=True, omit_defaults=True):
    """Messages to the partner on their way, and what the partner last said of itself. `silent`: it has not asked for too long."""

    messages_waiting: int
    waiting_since: datetime | None
    silent: bool
    partner: sync_queries.Sync | None = None


def routes(office: Office) -> Router:
    """The handlers for staff, and the codes of refusals for all."""
    return Router(
        "/api/v1", route_handlers=[*_queues(office), *_looks(office)], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["staff"],
    )  # fmt: skip


def _queues(office: Office) -> list[Any]:
    @get("/moderation", summary="What waits for moderators, the shortest time first; for moderators")
    @http.in_thread
    def moderation(request: Req) -> ModerationQueues:
        by, language = bearer(office, request), http.language_of(request)
        if by.role is not Role.MODERATOR:
            raise Refused("not_your_role", "forbidden", role=by.role)
        with office.look(by) as tx:
            found = [
                queue_queries.soonest(tx, queue, RequestFilter(), office.clock.now())[0]
                for queue in (Queue.REQUESTS, Queue.PHOTOS, Queue.DISPUTES)
            ]
            rules = {str(one.id): one.moderation_rules for one in queries.sellers(tx) if one.moderation_rules}
        requests, photos, disputes = ([waiting(it, language) for it in some] for some in found)
        return ModerationQueues(requests, photos, disputes, rules)

    @get("/support", summary="What waits for support; for support")
    @http.in_thread
    def desk(request: Req) -> SupportQueues:
        by = support(office, request)
        language, now, policy = http.language_of(request), office.clock.now(), office.house.terms.policy
        with office.look(by) as tx:
            found = (
                [*queries.refunds_in(tx, RefundStatus.FAILED), *queries.refunds_in(tx, RefundStatus.IN_DOUBT)],
                queries.refunds_held(tx, now + timedelta(days=policy.refund_ceiling_days + 1)),
                queries.claims_in(tx, ClaimStatus.FILED, ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED),
                queries.dwelling(tx, dwells_before(now, policy)),
            )
        return SupportQueues(*([waiting(it, language) for it in some] for some in found))

    return [moderation, desk]


def _looks(office: Office) -> list[Any]:
    @get("/attempts", summary="Refused attempts, the newest first; with `key` all that an API key did; for support")
    @http.in_thread
    def attempts(request: Req, key: FromQuery[str] = "", before: Before = NEWEST,
                 limit: Limit = PAGE_ROWS) -> Response[list[AttemptView]]:  # fmt: skip
        by = support(office, request)
        public_id = key.strip()[:KEY_CHARACTERS_MAX]
        with office.look(by) as tx:
            found = queries.log_of_key(tx, public_id, before) if public_id else queries.attempts(tx, before)
        part = part_of(found, limit, lambda one: one.id)
        return paged(request, part, [attempt(one, http.language_of(request)) for one in part.rows])

    @get("/errors", summary="Every code that a refusal may have, with its sentence in the caller's language")
    @http.in_thread
    def errors(request: Req) -> list[ErrorView]:
        bearer(office, request)
        language = http.language_of(request)
        return [ErrorView(code, plain(language, said)) for code, said in texts.REFUSALS.items()]

    @get("/sync", summary="Agreement with the partner: what waits, and when the partner last compared; for support")
    @http.in_thread
    def sync(request: Req) -> SyncView:
        by = support(office, request)
        now = office.clock.now()
        with office.look(by) as tx:
            count, since_us = tables.journal.letters_waiting(tx)
            said = sync_queries.sync_of(tx, THE_PARTNER)
        silent = said is not None and now - said.asked_at > sync_queries.SILENT_AFTER
        return SyncView(count, None if since_us is None else from_us(since_us), silent, said)

    return [attempts, errors, sync]


def attempt(one: queries.Attempt, language: str) -> AttemptView:
    """A line of the access log. A use has no words: nothing was refused."""
    detail = "" if one.code == queries.USED else plain(language, texts.REFUSALS.get(one.code, one.code))
    return AttemptView(one.id, one.at, one.caller, one.what, one.code, detail)


def waiting(it: Return, language: str) -> Waiting:
    """A return as a row of a queue."""
    refund, claim = it.refund, it.claim
    return Waiting(
        it.id, it.number, it.version, it.status, gettext(language, texts.STATUS_LABELS[it.status]), it.seller_id,
        it.line.name, f"/api/v1/returns/{it.id}", it.act_by,
        None if refund.status is RefundStatus.NONE else refund.status, refund.amount, refund.send_at,
        None if claim.status is ClaimStatus.NONE else claim.status, claim.amount, it.point_id, it.accepted_at,
    )  # fmt: skip
