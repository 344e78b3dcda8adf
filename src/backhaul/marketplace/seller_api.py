"""The Seller API's door: the public contract of rFBS returns, its errors and order of checks. Shapes: `seller_wire`."""

import logging
from datetime import datetime
from typing import Any

from anyio import to_thread
from litestar import Response, Router, post, route
from litestar.exceptions import HTTPException
from litestar.params import RawBody

from backhaul.kit import http
from backhaul.kit.database import DatabaseError, Tx
from backhaul.kit.days import from_us
from backhaul.kit.desk import Order
from backhaul.kit.machine import Refused
from backhaul.marketplace import (
    access,
    key_log,
    queries,
    seller_cancellations,
    seller_disposal,
    seller_giveouts,
    seller_notifications,
    seller_passes,
    seller_reports,
    seller_schemes,
    texts,
)
from backhaul.marketplace import seller_wire as wire
from backhaul.marketplace.access import ApiKey, KeyCaller
from backhaul.marketplace.doors import Req, address_of
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By, concerns, open_acts
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.wire_states import ACTION_IDS, look
from backhaul.marketplace.seller_door import Made, answer, looking_up

LOG = logging.getLogger("backhaul.marketplace.seller_api")

CLIENT_ID_DIGITS_MAX = 19

ROLES, LIST, GET = "/v1/roles", "/v2/returns/rfbs/list", "/v2/returns/rfbs/get"
ACTS: dict[str, type[wire.ActRequest]] = {
    "/v2/returns/rfbs/verify": wire.ReturnsRfbsVerifyV2Request,
    "/v2/returns/rfbs/reject": wire.ReturnsRfbsRejectV2Request,
    "/v2/returns/rfbs/compensate": wire.ReturnsRfbsCompensateV2Request,
    "/v2/returns/rfbs/receive-return": wire.ReturnsRfbsReceiveReturnV2Request,
    "/v2/returns/rfbs/return-money": wire.ReturnsRfbsReturnMoneyV2Request,
    "/v1/returns/rfbs/action/set": wire.ReturnsRfbsActionSetRequest,
}
WRITERS = (seller_cancellations, seller_giveouts, seller_passes, seller_disposal, seller_notifications)
READERS = (seller_schemes, *WRITERS)
READING = [ROLES, LIST, GET, *seller_reports.METHODS, *(path for one in READERS for path in one.METHODS)]
WRITING = [*ACTS, *(path for one in WRITERS for path in one.ACTS)]
METHODS_BY_ROLE = {
    access.RETURNS: ("Returns", [*READING, *WRITING]),
    access.RETURNS_READ_ONLY: ("Returns read-only", READING),
}

# Refusal -> HTTP status, gRPC status, message. First by code, then by kind.
ERRORS = {
    "credentials_missing": (401, 16, "Client-Id and Api-Key headers are required"),
    "client_id_not_a_number": (400, 3, "Client-Id header value should be positive integer"),
    "wrong_key": (404, 5, "Invalid Api-Key, please check the key and try again"),
    "key_revoked": (403, 7, "Api-key is deactivated, use another one or generate a new one"),
    "key_expired": (403, 7, "Api-key is deactivated, use another one or generate a new one"),
    "cancellation_decided": (409, 9, "Cancellation request is not in state ON_APPROVAL"),
    "not_linked": (409, 9, "The seller is not linked to the logistics partner"),
    "too_many_rules": (409, 9, "The logistics partner keeps no more rules for this seller"),
    "disposal_not_in_your_variant": (409, 9, "Disposal by price is not offered to sellers from this country"),
    "too_many_passes": (409, 9, "The logistics partner keeps no more passes for this seller"),
    "no_pickups_there": (409, 9, "No unit of the seller is kept for pick-up there any more"),
    "pass_is_over": (409, 9, "The time of arrival of the pass has passed"),
    "arrival_not_possible": (
        400,
        3,
        "Request validation error: invalid ArrivalPasses.ArrivalTime: value must be from now on and not too far ahead",
    ),
    "too_many_urls": (409, 9, "At most {urls_max} addresses are kept"),
    "too_many_reports": (409, 9, "At most {reports_max} reports are kept at a time"),
    "key_network_not_allowed": (404, 5, "Invalid Api-Key, please check the key and try again"),
    "too_many_requests": (429, 8, "You have reached request rate limit per second"),
    "body_not_json": (400, 3, "Invalid request body"),
    "body_too_large": (413, 3, "Request body is too large"),
    "media_type_unknown": (415, 4, "Content-Type header should be application/json"),
    "method_not_allowed": (405, 12, "method is not allowed"),
    "failed": (500, 13, "Internal error"),
    "outcome_unknown": (
        503,
        14,
        "It is not known whether the action was done, please read the return before repeating it",
    ),
    "invalid": (400, 3, "Request validation error: invalid {field}: {reason}"),
    "unknown": (401, 16, "Client-Id and Api-Key headers are required"),
    "forbidden": (403, 7, "Api-Key is missing a required role for a method"),
    "missing": (404, 5, "Not Found"),
    "conflict": (409, 9, "{reason} Available actions: {actions}"),
    "away": (503, 14, "Service is unavailable, please try again later"),
}
FIELDS = {"comment": "Comment", "reason": "RejectionReasonId", "amount_rub": "CompensationAmount"}


def routes(office: Office) -> Router:
    """The methods, and the contract's own answer to every other path and verb under /v1 and /v2."""

    async def enter(request: Req) -> None:
        request.state.trace = office.chance(16).hex()
        digits, key = request.headers.get("client-id", ""), request.headers.get("api-key", "")
        http.note(request, role="key")
        request.state.caller = caller = KeyCaller(digits, key, address_of(request))
        if not digits or not key:
            raise Refused("credentials_missing", "unknown")
        if len(digits) > CLIENT_ID_DIGITS_MAX or not digits.isascii() or not digits.isdigit() or int(digits) < 1:
            raise Refused("client_id_not_a_number", "invalid")
        office.gate.enter(caller, office.clock.now())
        has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
        if has_body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused("media_type_unknown", "invalid")

    methods = [*_reads(office), *(_act(office, path, shape) for path, shape in ACTS.items())]
    return Router(
        "/",
        route_handlers=[Router("/", route_handlers=methods, before_request=enter), *_strays()],
        exception_handlers=_answers_to_errors(office),
        request_max_body_size=http.BODY_BYTES_MAX,
        include_in_schema=False,
        opt={"exclude_from_csrf": True},
    )


def _reads(office: Office) -> list[Any]:
    look_up = looking_up(office)

    @post(ROLES, status_code=200)
    @http.in_thread
    def roles(request: Req) -> Response[bytes]:
        def find(_tx: Tx, _by: By, key: ApiKey, _at: datetime) -> Made:
            name, methods = METHODS_BY_ROLE[key.role]
            return {"expires_at": from_us(key.expires_us), "roles": [{"name": name, "methods": methods}]}

        return look_up(request, find)

    @post(LIST, status_code=200)
    @http.in_thread
    def page(request: Req, body: RawBody) -> Response[bytes]:
        def find(tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            return {"returns": [wire.row(it) for it in _page(tx, by, wire.read(wire.ReturnsRfbsListV2Request, body))]}

        return look_up(request, find)

    @post(GET, status_code=200)
    @http.in_thread
    def one(request: Req, body: RawBody) -> Response[bytes]:
        def find(tx: Tx, by: By, _key: ApiKey, at: datetime) -> Made:
            it = queries.one(tx, int(wire.read(wire.ReturnsRfbsGetV2Request, body).return_id))
            if it is None or not concerns(it, by):
                raise Refused("not_found", "missing")
            acts = open_acts(it, by, at, office.house.terms)
            return {"returns": wire.detail(it, acts, f"{str(request.base_url).rstrip('/')}/photos", office.house.terms)}

        return look_up(request, find)

    return [
        roles, page, one, *seller_reports.handlers(office, look_up), *seller_schemes.handlers(office, look_up),
        *seller_cancellations.handlers(look_up), *seller_giveouts.handlers(office, look_up),
        *seller_passes.handlers(office, look_up),
        *seller_disposal.handlers(office, look_up), *seller_notifications.handlers(office, look_up),
    ]  # fmt: skip


def _act(office: Office, path: str, shape: type[wire.ActRequest]) -> Any:
    @post(path, status_code=200)
    async def act(request: Req, body: RawBody) -> Response[bytes]:
        caller, return_id = request.state.caller, 0
        try:
            asked = wire.read(shape, body)
            return_id = int(asked.return_id)
            await office.desk.perform(
                Order(return_id, asked.command(office.house.terms.rejections), caller, request_id=request.state.trace)
            )
        except Refused as refused:
            told = await to_thread.run_sync(_reconsidered, office, caller, shape, return_id, refused)
            if told.kind != "away":
                office.gate.learn(caller, good=key_log.was_admitted(told))
            raise told from refused
        office.gate.learn(caller, good=True)
        if key_log.use_is_due(office, caller):
            await to_thread.run_sync(key_log.note_use, office, caller, path)
        return answer(request, {})

    return act


def _page(tx: Tx, by: By, asked: wire.ReturnsRfbsListV2Request) -> list[Return]:
    """One page by ascending id, full unless it is the last: drafts that were withdrawn unsent do not count."""
    which = asked.filter or wire.Filter()
    period = which.created_at or wire.Period()
    groups, after = asked.groups(), int(asked.last_id or 0)
    found: list[Return] = []
    while len(found) < asked.limit:
        some = queries.wire_list(
            tx, int(by.subject), groups, after=after, most=asked.limit, posting=which.posting_number or "",
            offer=which.offer_id or "", from_us=period.low_us(), to_us=period.high_us(),
        )  # fmt: skip
        found += [it for it in some if concerns(it, by)]
        if len(some) < asked.limit:
            break
        after = some[-1].id
    return found[: asked.limit]


def _reconsidered(office: Office, caller: KeyCaller, shape: type, return_id: int, refused: Refused) -> Refused:
    """The refusal in the contract's order: the key first, then its role, then the return, then the request itself."""
    if refused.kind not in {"invalid", "conflict", "missing"} and refused.code != "role_read_only":
        return refused
    at = office.clock.now()
    with office.database.read() as tx:
        found = access.key_of(tx, caller, at)
        it = queries.one(tx, return_id) if return_id else None
    if isinstance(found, Refused):
        if refused.kind != "forbidden":
            key_log.note_refusal(office, caller, shape.__name__, found)
        return found
    by = found[0]
    if not by.writes:
        return Refused("role_read_only", "forbidden")
    if refused.kind == "conflict":
        return _conflict(office, it, by, at, refused)
    if refused.field in FIELDS:
        field = f"{shape.__name__}.{FIELDS[refused.field]}"
        return Refused("field_invalid", "invalid", field, reason=http.explain(refused, "en", texts.REFUSALS))
    return refused


def _conflict(office: Office, it: Return | None, by: By, at: datetime, refused: Refused) -> Refused:
    if it is None or not concerns(it, by):
        return Refused("not_found", "missing")
    reason = http.explain(refused, "en", texts.REFUSALS)
    if refused.code == "not_in_this_state":
        reason = f"Action is not available in state {look(it).state}."
    acts = [act for act in open_acts(it, by, at, office.house.terms) if act in ACTION_IDS]
    shown = ", ".join(f"{ACTION_IDS[act]} ({texts.COMMAND_LABELS[act.__name__][0]})" for act in acts)
    return Refused(refused.code, "conflict", reason=reason, actions=shown or "none")


def _answers_to_errors(office: Office) -> dict[Any, Any]:
    def refused(request: Req, error: Refused) -> Response[bytes]:
        if "trace" not in request.state:
            request.state.trace = office.chance(16).hex()
        http.note(request, refused=error.code)
        status, code, message = ERRORS.get(error.code) or ERRORS[error.kind]
        message = message.format(field=error.field, **{"reason": error.code, "actions": "none", **error.facts})
        later = {429: {"retry-after": "1", "ratelimit-remaining": "0"}, 503: {"retry-after": "1"}}
        return answer(request, {"code": code, "message": message, "details": []}, status, later.get(status, {}))

    def by_framework(request: Req, error: HTTPException) -> Response[bytes]:
        return refused(request, http.problem_of_http(error))

    def failed(request: Req, error: Exception) -> Response[bytes]:
        LOG.error("a call of the Seller API failed", exc_info=error)
        return refused(request, Refused("database_failed" if isinstance(error, DatabaseError) else "failed", "away"))

    return {Refused: refused, HTTPException: by_framework, Exception: failed}


def _strays() -> list[Any]:
    """Everything else under the methods' paths. The framework's own answers would be those of the pages."""
    leaves = [*READING, *WRITING]
    folders = {leaf.rsplit("/", depth)[0] for leaf in leaves for depth in range(1, leaf.count("/"))}
    unknown = sorted({f"{path}{rest}" for path in folders for rest in ("", "/{rest:path}")})

    @route([*unknown, *(f"{leaf}/{{rest:path}}" for leaf in leaves)],
           http_method=["GET", "POST", "PUT", "PATCH", "DELETE"], status_code=200)  # fmt: skip
    async def no_such_method() -> Response[bytes]:
        raise Refused("not_found", "missing")

    @route(leaves, http_method=["GET", "PUT", "PATCH", "DELETE"], status_code=200)
    async def wrong_verb() -> Response[bytes]:
        raise Refused("method_not_allowed", "invalid")

    return [no_such_method, wrong_verb]
