"""The door for the operator's own commands: imports hand their chunks to the house that runs (D29)."""

from datetime import datetime

import msgspec
from anyio import to_thread
from litestar import Response, Router, post
from litestar.params import FromQuery

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.http import body_as
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor_changes import Lost, take_away
from backhaul.kit.uploads import UPLOAD_BYTES_MAX
from backhaul.marketplace import errands, publications, rate_store, signing_in, statement_errands
from backhaul.marketplace.banks import MEGABYTE, STATEMENT_BYTES_MAX
from backhaul.marketplace.doors import Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.payout_queries import StatementView
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.exchange import Rate
from backhaul.marketplace.rules.rule_cards import RuleBook
from backhaul.marketplace.rules.words import Role

OPERATOR = By(Role.SUPPORT, "operator")


def routes(office: Office) -> Router:
    """Open only to whoever can read the note in the data directory."""

    @post("/order-lines", status_code=200, summary="Load delivered order lines",
          request_max_body_size=UPLOAD_BYTES_MAX)  # fmt: skip
    async def order_lines(request: Req) -> Response[bytes]:
        _admit(office, request)
        lines: list[OrderLine] = body_as(list[OrderLine], await request.body())

        def run(tx: Tx, _: datetime) -> bytes:
            return msgspec.json.encode(errands.import_lines(tx, lines, office.house.terms.policy))

        answer = await office.desk.perform(Errand(run))
        return Response(answer.body, media_type="application/json", status_code=200)

    @post("/rule-cards", status_code=201, summary="Publish a version of the rule cards")
    async def rule_cards(request: Req) -> None:
        _admit(office, request)
        book: RuleBook = body_as(RuleBook, await request.body())
        await office.desk.perform(Errand(lambda tx, at: publications.publish_rule_cards(tx, book, at)))

    @post("/terms", status_code=201, summary="Publish a rate card or a catalogue from a file")
    async def terms(request: Req) -> Response[bytes]:
        _admit(office, request)
        asked: publications.FromFile = body_as(publications.FromFile, await request.body())
        answer = await office.desk.perform(Errand(lambda tx, at: publications.publish_file(tx, asked, at)))
        await to_thread.run_sync(office.read_terms_again)
        return Response(answer.body, media_type="text/plain", status_code=201)

    @post("/bank-statements", status_code=201, summary="Take in a bank statement",
          request_max_body_size=STATEMENT_BYTES_MAX + MEGABYTE)  # fmt: skip
    async def bank_statements(request: Req, name: FromQuery[str] = "") -> StatementView:
        _admit(office, request)
        raw = await request.body()
        return await to_thread.run_sync(statement_errands.taken_in, office.desk, name, raw, OPERATOR)

    @post("/exchange-rates", status_code=200, summary="Load exchange rates", request_max_body_size=UPLOAD_BYTES_MAX)
    async def exchange_rates(request: Req) -> Response[bytes]:
        _admit(office, request)
        rates: list[Rate] = body_as(list[Rate], await request.body())

        def run(tx: Tx, at: datetime) -> bytes:
            return msgspec.json.encode(rate_store.import_rates(tx, rates, "import-rates", at))

        answer = await office.desk.perform(Errand(run))
        return Response(answer.body, media_type="application/json", status_code=200)

    @post("/second-factor-resets", status_code=204, summary="Take the second factor of somebody who lost it away")
    async def second_factor_resets(request: Req) -> None:
        _admit(office, request)
        lost: Lost = body_as(Lost, await request.body())
        factors = signing_in.doors(office)
        await office.desk.perform(Errand(lambda tx, at: take_away(factors, tx, lost.login, lost.ticket, None, at)))

    handlers = [order_lines, rule_cards, terms, bank_statements, exchange_rates, second_factor_resets]
    return Router("/api/v1/admin", route_handlers=handlers, include_in_schema=False)


def _admit(office: Office, request: Req) -> None:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not office.admin_token or not keys.same(keys.digest(token), keys.digest(office.admin_token)):
        raise Refused("not_found", "missing")
