"""API v1 of payments, for the supervisor."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.description import door
from backhaul.kit.money import decimal_text
from backhaul.partner import billing_doors as doors
from backhaul.partner import payment_errands, payment_queries
from backhaul.partner.doors import Req
from backhaul.partner.invoice_shapes import Payment
from backhaul.partner.office import Office
from backhaul.partner.rules.invoices import AMOUNT_MINOR_MAX, paid_of
from backhaul.partner.rules.words import Role
from backhaul.partner.speakers import IdempotencyKey, invalid, once, speaker, us_of
from backhaul.partner.speakers import who as who_calls

Minor = Annotated[int, Meta(ge=1, le=AMOUNT_MINOR_MAX)]


class NewPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Money that came for an invoice; the bank's reference counts once."""

    invoice: Annotated[str, Meta(max_length=20)]
    date: Annotated[str, Meta(max_length=10)]
    amount_minor: Minor
    currency: Annotated[str, Meta(max_length=3)]
    reference: Annotated[str, Meta(max_length=80)]


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For which invoice an unmatched payment was."""

    reference: Annotated[str, Meta(max_length=80)]
    invoice: Annotated[str, Meta(max_length=20)]


def routes(office: Office) -> Router:
    """The part of API v1 that is about payments."""
    return Router(
        "/api/v1", route_handlers=_payment_routes(office), before_request=http.strict_body, exception_handlers={ValidationException: invalid},
        tags=["money"],
    )  # fmt: skip


def _payment_routes(office: Office) -> list[Any]:
    @post("/payments", status_code=201, summary="Record a payment for an invoice")
    async def pay(request: Req, data: JSONBody[NewPayment], key: IdempotencyKey = None) -> Response[doors.Made]:
        who = await who_calls(office, request)
        paid = paid_of(data.date, decimal_text(data.amount_minor), data.currency, data.reference)

        def run(tx: Tx, at: datetime) -> doors.Made:
            payment_errands.record_payment(tx, who.by, paid, data.invoice, at)
            return doors.Made(number=data.invoice)

        return await doors.done(office, who, run, key, ("pay", data))

    @post("/payments/import", status_code=200, summary="Take in the bank's statement (CSV as the body), line by line",
          opt=door(takes={"text/csv": bytes}))  # fmt: skip
    async def take_in(request: Req, key: IdempotencyKey = None) -> list[doors.Outcome]:
        who = await who_calls(office, request)
        doors.only(Role.SUPERVISOR, who.by)
        raw = await request.body()

        async def work() -> bytes:
            return msgspec.json.encode(await doors.import_statement(office, who.by, who.caller, raw))

        body = await once(office, request, who, work, key, raw)
        return msgspec.json.decode(body, type=list[doors.Outcome])

    @get(
        "/payments/unmatched",
        summary="Money of which nobody knows what it was for, 200 a page; for the supervisor",
        description="`after` and `after_reference` are the last one's recorded_at and reference.",
    )
    @http.in_thread
    def unmatched(
        request: Req,
        after: FromQuery[datetime | None] = None,
        after_reference: Annotated[str, QueryParameter(max_length=80)] = "",
    ) -> list[Payment]:
        by = speaker(office, request).by
        doors.only(Role.SUPERVISOR, by)
        with office.look(by) as tx:
            return payment_queries.unmatched(tx, us_of(after, "after", -1), after_reference)

    @post("/payments/match", status_code=200, summary="Say for which invoice an unmatched payment was")
    async def match(request: Req, data: JSONBody[Match], key: IdempotencyKey = None) -> Response[doors.Made]:
        who = await who_calls(office, request)

        def run(tx: Tx, at: datetime) -> doors.Made:
            payment_errands.match_payment(tx, who.by, data.reference, data.invoice, at)
            return doors.Made(number=data.invoice)

        return await doors.done(office, who, run, key, ("match", data), status=200)

    return [pay, take_in, unmatched, match]
