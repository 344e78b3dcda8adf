"""API v1 of money: a seller's, all of it for support, and why each amount of a return is what it is."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, QueryParameter

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import explanation_texts, money_queries, money_views, posting_queries, queries
from backhaul.marketplace.doors import Req, bearer, invalid
from backhaul.marketplace.money_queries import Page
from backhaul.marketplace.money_views import FinanceMoney, ReserveView, SellerMoney
from backhaul.marketplace.office import Office
from backhaul.marketplace.posting_queries import PostingRows
from backhaul.marketplace.rate_doors import only_support
from backhaul.marketplace.reason_names import labels
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.exchange import Conversion
from backhaul.marketplace.rules.explanations import Fact, explained, for_customer
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role

Posting = Annotated[str, QueryParameter(max_length=80, description="Only postings with a lower number")]
STATES = ("accrued", "expected", "credited", "reversed")


class StepView(msgspec.Struct, frozen=True):
    """One reason: a stable code, its facts (instants UTC, days as dates), and both as a sentence."""

    code: str
    facts: dict[str, str | int | Money]
    detail: str


class ExplanationView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One amount of a return with its reasons. Without an amount: why there is none."""

    what: str
    state: str
    steps: tuple[StepView, ...]
    amount: Money | None = None
    due_by: datetime | None = None
    payout: Conversion | None = None


class MoneyRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A return in a list of money."""

    return_id: int
    number: str
    seller_id: int
    state: str
    amount: Money
    credit_at: datetime | None = None
    due_by: datetime | None = None
    payout: Conversion | None = None


class MoneyRows(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rows, 50 a page; `next` leads to the next one."""

    rows: tuple[MoneyRow, ...]
    next: str = ""


def routes(office: Office) -> Router:
    """The part of API v1 that is about where money stands."""
    return Router(
        "/api/v1",
        route_handlers=[_why(office), *_of_seller(office), *_of_all(office)],
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["money"],
    )


def _why(office: Office) -> Any:
    @get("/returns/{return_id:int}/explanations", summary="Why each amount of a return is what it is")
    @http.in_thread
    def explanations(request: Req, return_id: FromPath[int]) -> list[ExplanationView]:
        by, language, terms = bearer(office, request), http.language_of(request), office.house.terms
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
            if it is None or not concerns(it, by) or by.role is Role.CLERK:
                raise Refused("not_found", "missing")
            events = [one.event for one in queries.history(tx, return_id)]
        return explanations_of(it, by, events, terms, language)

    return explanations


def explanations_of(it: Return, by: By, events: list[Any], terms: Terms, language: str) -> list[ExplanationView]:
    """Every amount of a return that its reader may see, with its reasons."""
    found = explained(it, terms.policy, events)
    shown = for_customer(found) if by.role is Role.CUSTOMER else found
    return [_explanation(one) for one in explanation_texts.told(shown, language, labels(terms.reasons, language))]


def _of_seller(office: Office) -> list[Any]:
    @get("/money", summary="A seller's totals")
    @http.in_thread
    def money(request: Req) -> SellerMoney:
        by = bearer(office, request)
        seller_id = _seller(by)
        with office.look(by) as tx:
            return money_views.of_seller(tx, seller_id)

    @get("/money/compensations", summary="A seller's compensations: accrued, expected, credited or reversed")
    @http.in_thread
    def compensations(request: Req, which: FromQuery[str] = "accrued", after: FromQuery[str] = "") -> MoneyRows:
        by = bearer(office, request)
        seller_id = _seller(by)
        if which not in STATES:
            raise Refused("field_invalid", "invalid", "which", problem="not_a_choice")
        with office.look(by) as tx:
            found = money_queries.compensations(tx, seller_id, which, after, latest=which in {"credited", "reversed"})
        return _compensations(found)

    @get("/money/postings", summary="A seller's money by posting, the highest posting number first")
    @http.in_thread
    def postings(request: Req, before: Posting = "") -> PostingRows:
        by = bearer(office, request)
        seller_id = _seller(by)
        with office.look(by) as tx:
            return posting_queries.by_posting(tx, seller_id, before)

    @get("/money/claims", summary="A seller's claims, the newest return first")
    @http.in_thread
    def claims(request: Req, after: FromQuery[str] = "") -> MoneyRows:
        by = bearer(office, request)
        seller_id = _seller(by)
        with office.look(by) as tx:
            found = money_queries.claims(tx, seller_id, after)
        rows = [
            MoneyRow(it.id, it.number, it.seller_id, it.claim.status, it.claim.amount or Money(0), due_by=it.claim.file_by,
                     payout=it.claim.payout)
            for it in found.returns
        ]  # fmt: skip
        return MoneyRows(tuple(rows), found.next)

    return [money, compensations, postings, claims]


def _of_all(office: Office) -> list[Any]:
    @get("/finance", summary="What the marketplace owes for disposed products, and to customers; for support")
    @http.in_thread
    def finance(request: Req) -> FinanceMoney:
        by = bearer(office, request)
        only_support(by)
        with office.look(by) as tx:
            return money_views.finance(tx, office.clock.now(), office.house.terms.policy)

    @get(
        "/finance/reserve", summary="What the marketplace will owe to sellers, by day; what was taken back; for support"
    )
    @http.in_thread
    def reserve(request: Req) -> ReserveView:
        by = bearer(office, request)
        only_support(by)
        with office.look(by) as tx:
            return money_views.reserve(tx, office.clock.now(), office.house.terms.policy)

    @get("/finance/compensations", summary="Compensations that are due, alarm, overdue or reversed; for support")
    @http.in_thread
    def due(request: Req, which: FromQuery[str] = "due", after: FromQuery[str] = "") -> MoneyRows:
        by = bearer(office, request)
        only_support(by)
        if which not in ("due", "alarm", "overdue", "reversed"):
            raise Refused("field_invalid", "invalid", "which", problem="not_a_choice")
        with office.look(by) as tx:
            now, policy = office.clock.now(), office.house.terms.policy
            return _compensations(money_views.waiting(tx, now, policy, which, after))

    return [finance, reserve, due]


def _seller(by: By) -> int:
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return int(by.subject)


def _plain(fact: Fact) -> str | int | Money:
    if isinstance(fact, datetime):
        return fact.isoformat().replace("+00:00", "Z")
    return fact.isoformat() if isinstance(fact, date) else fact


def _explanation(one: explanation_texts.Told) -> ExplanationView:
    steps = [
        StepView(step.code, {name: _plain(fact) for name, fact in step.facts.items()}, said)
        for step, said in zip(one.why.steps, one.sentences, strict=True)
    ]
    why = one.why
    return ExplanationView(one.what, why.state, tuple(steps), why.amount, why.due_by, why.payout)


def _compensations(found: Page) -> MoneyRows:
    rows = []
    for it in found.returns:
        quote = it.compensation.quote or (it.check.quote if it.check is not None else None)
        amount = quote.amount if quote is not None else Money(0)
        rows.append(
            MoneyRow(it.id, it.number, it.seller_id, it.compensation.status, amount, it.compensation.credit_at,
                     it.compensation.due_by, it.compensation.payout)
        )  # fmt: skip
    return MoneyRows(tuple(rows), found.next)
