"""API v1 of the partner's ledger: statements of accounts and balances."""

from typing import Annotated, Any

from litestar import Response, Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromQuery, QueryParameter

from backhaul.kit import http
from backhaul.kit.description import door
from backhaul.kit.machine import Refused
from backhaul.kit.statement_files import TYPES, answer, kind_of
from backhaul.kit.statement_views import BalanceView, StatementView, balance, statement
from backhaul.kit.statements import Account, period_of
from backhaul.partner import ledger_doors, ledger_texts
from backhaul.partner.doors import Req
from backhaul.partner.ledger_doors import BOOKS
from backhaul.partner.office import Office
from backhaul.partner.rules import chart
from backhaul.partner.rules.words import Role
from backhaul.partner.speakers import invalid, speaker

Of = Annotated[str, QueryParameter(description="`account:CODE`; by default your own")]
First = Annotated[
    str, QueryParameter(name="from", description="the first day, in Moscow; by default 30 days before the last")
]
Last = Annotated[str, QueryParameter(name="to", description="the last day; by default today")]


def routes(office: Office) -> Router:
    """The part of API v1 that is about the ledger."""

    @get("/ledger/statement", summary="A statement of an account, 100 lines a page")
    @http.in_thread
    def one(
        request: Req, of: Of = "", first: First = "", last: Last = "", currency: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> StatementView:  # fmt: skip
        by, language = speaker(office, request).by, http.language_of(request)
        period = period_of(first, last, office.clock.now())
        with office.look(by) as tx:
            account = ledger_doors.party(tx, by, of).account
            chosen, _ = ledger_doors.currency_of(tx, account, currency, office.house.terms.tariff.currency)
            heading = BOOKS.heading(tx, account, period, chosen)
            lines, following = BOOKS.page(tx, account, period, chosen, after)
            return statement(heading, lines, following, ledger_doors.words(tx, account, language))

    @get([f"/ledger/statement.{kind}" for kind in TYPES], summary="The same as a file, with all lines",
         opt=door(gives=tuple(TYPES.values())))  # fmt: skip
    @http.in_thread
    def as_file(
        request: Req, of: Of = "", first: First = "", last: Last = "", currency: FromQuery[str] = ""
    ) -> Response[Any]:
        by, language, at = speaker(office, request).by, http.language_of(request), office.clock.now()
        period = period_of(first, last, at)
        with office.look(by) as tx:
            account = ledger_doors.party(tx, by, of).account
            chosen, _ = ledger_doors.currency_of(tx, account, currency, office.house.terms.tariff.currency)
            heading = BOOKS.heading(tx, account, period, chosen)
            lines = BOOKS.lines(tx, account, period, chosen)
            return answer(kind_of(request.url.path), heading, lines, ledger_doors.words(tx, account, language), at)

    @get("/ledger/balances", summary="What stands on each account; for the supervisor")
    @http.in_thread
    def balances(request: Req) -> list[BalanceView]:
        by, language = speaker(office, request).by, http.language_of(request)
        if by.role is not Role.SUPERVISOR:
            raise Refused("not_your_role", "forbidden", role=by.role)
        with office.look(by) as tx:
            accounts = [_account(code) for code in ledger_doors.accounts_of(tx, by)]
            found = [
                BOOKS.balance(tx, account, currency)
                for account in accounts
                for currency in BOOKS.currencies(tx, account) or [office.house.terms.tariff.currency]
            ]
        return [balance(one, ledger_texts.account_name(one.account.code, language)) for one in found]

    return Router(
        "/api/v1",
        route_handlers=[one, as_file, balances],
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["money"],
    )


def _account(code: str) -> Account:
    kind = chart.CHART.kind(code)
    return Account(code, kind.grows if kind is not None else "credit")
