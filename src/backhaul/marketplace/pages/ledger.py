"""Statements of accounts: a seller's and a customer's own, every one for support; as a page and as a file."""

from typing import Any

from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.i18n import N_
from backhaul.kit.statement_files import TYPES, answer, kind_of
from backhaul.kit.statement_views import shown, statement
from backhaul.kit.statements import Heading, Period, period_of
from backhaul.marketplace import ledger_doors, ledger_texts
from backhaul.marketplace.doors import Req, Visitor, visitor
from backhaul.marketplace.ledger_doors import BOOKS, Party
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules import chart
from backhaul.marketplace.rules.words import Role

JOBS_AT = "/jobs/statement"
BACK = {
    Role.SELLER: ("/money", N_("Money")),
    Role.SUPPORT: ("/finance", N_("Finance")),
    Role.CUSTOMER: ("/my-returns", N_("My returns")),
}


def routes(office: Office) -> list[Any]:
    """The handlers of statements."""

    @get("/ledger", include_in_schema=False)
    @http.in_thread
    def ledger(request: Req) -> Response[Any]:
        who = visitor(office, request)
        asked = request.query_params
        after = asked.get("after", "")
        period = _period(request, office)
        with office.look(who.by) as tx:
            party = ledger_doors.party(tx, who.by, asked.get("of", ""))
            currency, there = ledger_doors.currency_of(tx, party.account, asked.get("currency", ""))
            heading = BOOKS.heading(tx, party.account, period, currency)
            lines, following = BOOKS.page(tx, party.account, period, currency, after)
            accounts = _accounts(tx, who, party)
        view = statement(
            heading, list(ledger_doors.for_reader(who.by, lines)), following, ledger_doors.words(party, who.language)
        )
        return page(
            request,
            "ledger.html",
            who,
            here="/ledger",
            section="/ledger" if who.by.role is Role.CUSTOMER else BACK[who.by.role][0],
            back=BACK[who.by.role],
            explanation=ledger_doors.explanation(party.account),
            accounts=accounts,
            cases_at="/returns/{}",
            cases_below="",
            jobs_at=JOBS_AT if _is_long(heading, who, office) else "",
            **shown(view, party.of, there, currency, after),
        )

    @get([f"/ledger/statement.{kind}" for kind in TYPES], include_in_schema=False)
    @http.in_thread
    def as_file(request: Req) -> Response[Any]:
        who = visitor(office, request)
        asked = request.query_params
        period = _period(request, office)
        with office.look(who.by) as tx:
            party = ledger_doors.party(tx, who.by, asked.get("of", ""))
            currency, _ = ledger_doors.currency_of(tx, party.account, asked.get("currency", ""))
            heading = BOOKS.heading(tx, party.account, period, currency)
            lines = ledger_doors.for_reader(who.by, BOOKS.lines(tx, party.account, period, currency))
            return answer(
                kind_of(request.url.path), heading, lines, ledger_doors.words(party, who.language), office.clock.now()
            )

    return [ledger, as_file]


def _is_long(heading: Heading, who: Visitor, office: Office) -> bool:
    """Whether its file is made in the background; a customer has no such place, and no such statement."""
    return who.by.role is not Role.CUSTOMER and heading.count > office.house.terms.policy.job_from_rows


def _period(request: Req, office: Office) -> Period:
    asked = request.query_params
    return period_of(asked.get("from", ""), asked.get("to", ""), office.clock.now())


def _accounts(tx: Tx, who: Visitor, party: Party) -> list[tuple[str, str]]:
    """What support may choose: the chart, carriers with claims, and whose statement this is."""
    if who.by.role is not Role.SUPPORT:
        return []
    language = who.language
    found = [
        (f"account:{kind.code}", ledger_texts.account_name(kind.code, language))
        for kind in chart.CHART.kinds
        if not kind.is_family
    ]
    names = [f"carrier:{name}" for name in ledger_doors.carriers(tx)]
    found += [(of, ledger_doors.name_of(ledger_doors.party(tx, who.by, of).account, language)) for of in names]
    if party.of not in {of for of, _ in found}:
        found.append((party.of, ledger_doors.name_of(party.account, language)))
    return found
