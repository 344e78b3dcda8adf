"""API v1 of the ledger: statements of accounts and balances."""

from typing import Annotated, Any

from litestar import Response, Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromQuery, QueryParameter

from backhaul.kit import http
from backhaul.kit.description import door
from backhaul.kit.statement_files import TYPES, answer, kind_of
from backhaul.kit.statement_views import BalanceView, StatementView, balance, statement
from backhaul.kit.statements import period_of
from backhaul.marketplace import ledger_doors, ledger_texts
from backhaul.marketplace.doors import Req, bearer, invalid
from backhaul.marketplace.ledger_doors import BOOKS
from backhaul.marketplace.office import Office
from backhaul.marketplace.rate_doors import only_support

Of = Annotated[
    str, QueryParameter(description="`seller:ID`, `customer:REF`, `carrier:NAME`, `account:CODE`; by default your own")
]
First = Annotated[
    str, QueryParameter(name="from", description="the first day, in Moscow; by default 30 days before the last")
]
Last = Annotated[str, QueryParameter(name="to", description="the last day; by default today")]


def routes(office: Office) -> Router:
    """The part of API v1 that is about the ledger."""

    @get("/ledger/statement", summary="A statement of an account, 100 lines a page")
    @http.in_thread
    def one(
        request: Req,
        of: Of = "",
        first: First = "",
        last: Last = "",
        currency: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> StatementView:
        by, language = bearer(office, request), http.language_of(request)
        period = period_of(first, last, office.clock.now())
        with office.look(by) as tx:
            party = ledger_doors.party(tx, by, of)
            chosen, _ = ledger_doors.currency_of(tx, party.account, currency)
            heading = BOOKS.heading(tx, party.account, period, chosen)
            lines, following = BOOKS.page(tx, party.account, period, chosen, after)
        return statement(
            heading, list(ledger_doors.for_reader(by, lines)), following, ledger_doors.words(party, language)
        )

    @get([f"/ledger/statement.{kind}" for kind in TYPES], summary="The same as a file, with all lines",
         opt=door(gives=tuple(TYPES.values())))  # fmt: skip
    @http.in_thread
    def as_file(
        request: Req,
        of: Of = "",
        first: First = "",
        last: Last = "",
        currency: FromQuery[str] = "",
    ) -> Response[Any]:
        by, language = bearer(office, request), http.language_of(request)
        at = office.clock.now()
        period = period_of(first, last, at)
        with office.look(by) as tx:
            party = ledger_doors.party(tx, by, of)
            chosen, _ = ledger_doors.currency_of(tx, party.account, currency)
            heading = BOOKS.heading(tx, party.account, period, chosen)
            lines = ledger_doors.for_reader(by, BOOKS.lines(tx, party.account, period, chosen))
            return answer(kind_of(request.url.path), heading, lines, ledger_doors.words(party, language), at)

    @get("/ledger/balances", summary="What stands on each account; for support")
    @http.in_thread
    def balances(request: Req) -> list[BalanceView]:
        by, language = bearer(office, request), http.language_of(request)
        only_support(by)
        with office.look(by) as tx:
            found = ledger_doors.balances(tx)
        return [balance(one, ledger_texts.account_name(one.account.code, language)) for one in found]

    return Router(
        "/api/v1",
        route_handlers=[one, as_file, balances],
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["money"],
    )
