"""Statements of accounts: a company's own, every one for the supervisor; as a page and as a file."""

from typing import Any

from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.i18n import N_
from backhaul.kit.statement_files import TYPES, answer, kind_of
from backhaul.kit.statement_views import shown, statement
from backhaul.kit.statements import Period, period_of
from backhaul.partner import ledger_doors, ledger_texts
from backhaul.partner.doors import Req, visitor
from backhaul.partner.ledger_doors import BOOKS
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import page
from backhaul.partner.rules.words import Role

BACK = {Role.SELLER: ("/invoices", N_("Invoices")), Role.SUPERVISOR: ("/billing", N_("Billing"))}


def routes(office: Office) -> list[Any]:
    """The handlers of statements."""

    @get("/ledger", include_in_schema=False)
    @http.in_thread
    def ledger(request: Req) -> Response[Any]:
        who = visitor(office, request, *BACK)
        asked, language = request.query_params, who.language
        after, period = asked.get("after", ""), _period(request, office)
        with office.look(who.by) as tx:
            party = ledger_doors.party(tx, who.by, asked.get("of", ""))
            usual = office.house.terms.tariff.currency
            currency, there = ledger_doors.currency_of(tx, party.account, asked.get("currency", ""), usual)
            heading = BOOKS.heading(tx, party.account, period, currency)
            lines, following = BOOKS.page(tx, party.account, period, currency, after)
            codes = ledger_doors.accounts_of(tx, who.by)
            view = statement(heading, lines, following, ledger_doors.words(tx, party.account, language))
        codes += [] if party.account.code in codes else [party.account.code]
        return page(
            request,
            office,
            "ledger.html",
            who,
            here="/ledger",
            section=BACK[who.by.role][0],
            back=BACK[who.by.role],
            explanation=ledger_doors.explanation(party.account),
            accounts=[(f"account:{code}", ledger_texts.account_name(code, language)) for code in codes],
            cases_at="/parcels/{}",
            cases_below="/invoices/{}",
            **shown(view, party.of, there, currency, after),
        )

    @get([f"/ledger/statement.{kind}" for kind in TYPES], include_in_schema=False)
    @http.in_thread
    def as_file(request: Req) -> Response[Any]:
        who = visitor(office, request, *BACK)
        asked, period = request.query_params, _period(request, office)
        with office.look(who.by) as tx:
            account = ledger_doors.party(tx, who.by, asked.get("of", "")).account
            usual = office.house.terms.tariff.currency
            currency, _ = ledger_doors.currency_of(tx, account, asked.get("currency", ""), usual)
            heading = BOOKS.heading(tx, account, period, currency)
            lines = BOOKS.lines(tx, account, period, currency)
            words = ledger_doors.words(tx, account, who.language)
            return answer(kind_of(request.url.path), heading, lines, words, office.clock.now())

    return [ledger, as_file]


def _period(request: Req, office: Office) -> Period:
    asked = request.query_params
    return period_of(asked.get("from", ""), asked.get("to", ""), office.clock.now())
