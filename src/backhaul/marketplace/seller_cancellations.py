"""The Seller API's requests for cancellation: here, returns that ended before their product was shipped. Nothing is left to approve."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, post
from litestar.params import RawBody
from msgspec import Meta, Struct

from backhaul.kit import http, i18n
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.marketplace import cancellation_queries as cancelled
from backhaul.marketplace import queries, texts
from backhaul.marketplace import seller_wire as wire
from backhaul.marketplace.access import ApiKey
from backhaul.marketplace.cancellation_queries import Cancellation
from backhaul.marketplace.doors import Req
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.wire_states import CANCELLED_BY, LOOKS
from backhaul.marketplace.rules.words import Status
from backhaul.marketplace.seller_door import LookUp, Made, only_who_writes

LIST = "/v2/conditional-cancellation/list"
APPROVE, REJECT = "/v2/conditional-cancellation/approve", "/v2/conditional-cancellation/reject"
METHODS, ACTS = (LIST,), (APPROVE, REJECT)
LIMIT_MAX = 500
STATES = ("ALL", "ON_APPROVAL", "APPROVED", "REJECTED")
APPROVED_ID = 2
# Of the reason ids, the contract's examples name one: the customer cancelled. The other is ours.
REASON_IDS = {Status.CANCELLED: 508, Status.CLOSED_NO_REPLY: 9001, Status.DROPOFF_EXPIRED: 9002}
INITIATORS = {status: who for who, statuses in CANCELLED_BY.items() for status in statuses}
APPROVED_NAME = N_("Confirmed")


class Filters(Struct, frozen=True):
    """Which requests; nothing given: all."""

    cancellation_initiator: Annotated[list[str], Meta(max_length=50)] | None = None
    posting_number: Annotated[list[wire.Words], Meta(max_length=100)] | None = None
    state: str | None = None


class With(Struct, frozen=True):
    """What more to answer."""

    counter: bool | None = None


class GetConditionalCancellationListV2Request(Struct, frozen=True, rename={"with_": "with"}):
    """A page of requests after `last_id`."""

    limit: int
    filters: Filters | None = None
    last_id: wire.LastId | None = None
    with_: With | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LIMIT_MAX:
            raise wire.wrong(type(self), "limit", f"value must be inside range [1, {LIMIT_MAX}]")

    def statuses(self) -> list[Status]:
        """What the initiators and the state come to; nothing: no request fits."""
        asked = self.filters or Filters()
        state, initiators = (asked.state or "ALL").upper(), [one.upper() for one in asked.cancellation_initiator or ()]
        if state not in STATES:
            raise wire.wrong(type(self), "filters.state", f"value must be in list [{', '.join(STATES)}]")
        if set(initiators) - set(CANCELLED_BY):
            known = ", ".join(CANCELLED_BY)
            raise wire.wrong(type(self), "filters.cancellation_initiator", f"value must be in list [{known}]")
        if state not in ("ALL", "APPROVED"):
            return []
        return [status for one in initiators or CANCELLED_BY for status in CANCELLED_BY[one]]


class ConditionalCancellationMoveV2Request(Struct, frozen=True):
    """A decision on one request."""

    cancellation_id: wire.Id
    comment: wire.Words | None = None


def handlers(look_up: LookUp) -> list[Any]:
    """The list, for keys of any role, and the two decisions, which always come too late."""

    @post(LIST, status_code=200)
    @http.in_thread
    def page(request: Req, body: RawBody) -> Response[bytes]:
        def find(tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            return _page(tx, by, wire.read(GetConditionalCancellationListV2Request, body))

        return look_up(request, find)

    return [page, *(_decision(path, look_up) for path in ACTS)]


def _decision(path: str, look_up: LookUp) -> Any:
    @post(path, status_code=200)
    @http.in_thread
    def decide(request: Req, body: RawBody) -> Response[bytes]:
        def find(tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            only_who_writes(by)
            it = queries.one(tx, int(wire.read(ConditionalCancellationMoveV2Request, body).cancellation_id))
            if it is None or not concerns(it, by) or it.status not in REASON_IDS:
                raise Refused("not_found", "missing")
            raise Refused("cancellation_decided", "conflict")

        return look_up(request, find)

    return decide


def _page(tx: Tx, by: By, asked: GetConditionalCancellationListV2Request) -> dict[str, object]:
    statuses, after = asked.statuses(), int(asked.last_id or 0)
    postings = list((asked.filters and asked.filters.posting_number) or ())
    found = cancelled.page(tx, int(by.subject), statuses, postings, after, asked.limit) if statuses else []
    page: dict[str, object] = {"result": [_row(one) for one in found], "last_id": found[-1].it.id if found else after}
    if asked.with_ is not None and asked.with_.counter:
        page["counter"] = cancelled.count(tx, int(by.subject), statuses, postings) if statuses else 0
    return page


def _row(one: Cancellation) -> dict[str, object]:
    it = one.it
    row: dict[str, object] = {
        "cancellation_id": it.id,
        "posting_number": it.line.posting_number,
        "cancellation_initiator": INITIATORS[it.status],
        "cancellation_reason": {"id": REASON_IDS[it.status], "name": _ru(texts.STATUS_LABELS[LOOKS[it.status].label])},
        "cancellation_reason_message": "",
        "cancelled_at": one.at,
        "approve_comment": "",
        "approve_date": one.at,
        "auto_approve_date": one.at,
        "source_id": 0,
        "state": {"id": APPROVED_ID, "name": _ru(APPROVED_NAME), "state": "APPROVED"},
        "tpl_integration_type": "",
    }
    if one.ordered_on:
        row["order_date"] = datetime.fromisoformat(one.ordered_on).replace(tzinfo=MOSCOW)
    return row


def _ru(text: str) -> str:
    return i18n.gettext(wire.RUSSIAN, text)
