"""What the supervisor does about money: overdue invoices, disputes, payments, unbilled services."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from anyio import to_thread
from babel.dates import format_skeleton
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from backhaul.kit import http, i18n, plots
from backhaul.kit.database import Tx
from backhaul.kit.forms import whole_number
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.partner import (
    access,
    billing_texts,
    earnings_views,
    invoice_errands,
    invoice_queries,
    payment_errands,
    payment_queries,
)
from backhaul.partner import billing_doors as doors
from backhaul.partner.billing_doors import Outcome
from backhaul.partner.doors import Req, Visitor, errand, explain, form_texts, visitor, visitor_async
from backhaul.partner.earnings_views import BillingFigures
from backhaul.partner.office import Office
from backhaul.partner.pages.invoices import LABELS, minor_of
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.rules.invoices import STATEMENT_COLUMNS, month_of, paid_of
from backhaul.partner.rules.words import Role

OUTCOME_TONES = {"matched": "good", "unmatched": "warn", "known": "", "unreadable": "bad"}


def routes(office: Office) -> list[Any]:
    """The handlers of the supervisor's billing."""
    return [*_tab_routes(office), *_dispute_routes(office), *_payment_routes(office)]


def _tab_routes(office: Office) -> list[Any]:
    @get("/billing", include_in_schema=False)
    @http.in_thread
    def billing(request: Req) -> Response[Any]:
        return draw(request, office, visitor(office, request, Role.SUPERVISOR))

    return [billing]


def draw(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None, *, tab: str = "",
         outcomes: Sequence[Outcome] = ()) -> Response[str]:  # fmt: skip
    """One tab of billing, after a refusal with its sentence and what was typed."""
    now = office.clock.now()
    asked = tab or request.query_params.get("tab", "overdue")
    tab = asked if asked in billing_texts.BILLING_TABS else "overdue"
    before = whole_number(request.query_params.get("before", "")) or 2**62
    with office.look(who.by) as tx:
        rows: dict[str, list[Any]] = {
            "overdue": invoice_queries.of_all(tx, now, "overdue", before),
            "disputes": invoice_queries.disputes(tx),
            "payments": payment_queries.unmatched(tx),
            "unbilled": invoice_queries.unbilled(tx),
            "earnings": [],
            "invoices": invoice_queries.of_all(tx, now, "", before) if tab == "invoices" else [],
        }
        earned = earnings_views.figures(tx, office.house.terms, now) if tab == "earnings" else None
        figures = earned or earnings_views.waiting(tx, now)
    shown = rows[tab]
    pages_on = tab in {"overdue", "invoices"} and len(shown) == invoice_queries.PAGE_ROWS
    return page(
        request,
        office,
        "billing.html",
        who,
        wrong,
        here=f"/billing?tab={tab}",
        section="/billing",
        tab=tab,
        tabs=billing_texts.BILLING_TABS,
        counts={name: len(them) for name, them in rows.items() if name not in {"invoices", "earnings"}},
        full=invoice_queries.PAGE_ROWS,
        rows=shown,
        figures=figures,
        earned=_plot(earned, who.language) if earned else None,
        older=str(shown[-1].id) if pages_on else "",
        outcomes=outcomes,
        outcome_labels=billing_texts.OUTCOME_LABELS,
        outcome_tones=OUTCOME_TONES,
        told={one.code: explain(Refused(one.code, most="", columns=""), who.language) for one in outcomes if one.code},
        columns=", ".join(STATEMENT_COLUMNS),
        month=month_of(now),
        number=request.query_params.get("number", "")[:20],
        today=f"{now:%Y-%m-%d}",
        currency=office.house.terms.tariff.currency,
        reason_min=office.house.terms.policy.dispute_reason_min_characters,
        **LABELS,
    )


def _plot(figures: BillingFigures, language: str) -> plots.Plot:
    shown = [i18n.money(one.revenue, language) for one in figures.months]
    series = plots.Series(
        i18n.gettext(language, N_("Charges")), [one.revenue.minor / 100 for one in figures.months], shown
    )
    return plots.bars(
        [format_skeleton("yMMM", one.month, locale=i18n.locale(language)) for one in figures.months], [series]
    )


def _dispute_routes(office: Office) -> list[Any]:
    @post("/disputes/{dispute_id:int}/refuse", include_in_schema=False)
    async def refuse(request: Req, dispute_id: FromPath[int]) -> Response[Any]:
        who, policy = await visitor_async(office, request, Role.SUPERVISOR), office.house.terms.policy
        values = await form_texts(request, "reason", "form")

        def run(tx: Tx, at: datetime) -> None:
            invoice_errands.refuse_dispute(tx, who.by, dispute_id, values["reason"], policy, at)

        return await _act(office, request, who, "disputes", values, run, dispute_id)

    @post("/disputes/{dispute_id:int}/credit", include_in_schema=False)
    async def credit(request: Req, dispute_id: FromPath[int]) -> Response[Any]:
        who, policy = await visitor_async(office, request, Role.SUPERVISOR), office.house.terms.policy
        values = await form_texts(request, "amount", "reason", "form")

        def run(tx: Tx, at: datetime) -> None:
            minor = minor_of(values["amount"])
            invoice_errands.credit_dispute(tx, who.by, dispute_id, minor, values["reason"], policy, at)

        return await _act(office, request, who, "disputes", values, run, dispute_id)

    return [refuse, credit]


def _payment_routes(office: Office) -> list[Any]:
    @post("/payments", include_in_schema=False)
    async def pay(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, Role.SUPERVISOR)
        values = await form_texts(request, "number", "date", "amount", "currency", "reference", "form")

        def run(tx: Tx, at: datetime) -> None:
            amount = values["amount"].replace(",", ".")
            paid = paid_of(values["date"], amount, values["currency"], values["reference"])
            payment_errands.record_payment(tx, who.by, paid, values["number"][:20], at)

        return await _act(office, request, who, "payments", values, run, 0)

    @post("/payments/match", include_in_schema=False)
    async def match(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, Role.SUPERVISOR)
        values = await form_texts(request, "reference", "number", "form")

        def run(tx: Tx, at: datetime) -> None:
            payment_errands.match_payment(tx, who.by, values["reference"][:80], values["number"][:20], at)

        return await _act(office, request, who, "payments", values, run, 0)

    @post("/payments/import", include_in_schema=False)
    async def take_in(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, Role.SUPERVISOR)
        form = await request.form()
        file = form.get("file")
        raw = await file.read() if isinstance(file, UploadFile) else str(file or "").encode()
        try:
            found = await doors.import_statement(office, who.by, access.Known(who.by), raw)
        except Refused as refused:
            wrong = Wrong(refused, {}, "import")
            return await to_thread.run_sync(lambda: draw(request, office, who, wrong, tab="payments"))
        return await to_thread.run_sync(lambda: draw(request, office, who, tab="payments", outcomes=found))

    return [pay, match, take_in]


async def _act(
    office: Office, request: Req, who: Visitor, tab: str, values: dict[str, str], run: Any, about: int
) -> Response[Any]:
    try:
        await errand(office, who, run, token=values["form_token"], body=(tab, about, values))
    except Refused as refused:
        if refused.kind == "missing" and not values.get("number"):
            raise
        wrong = Wrong(refused, values, values["form"])
        return await to_thread.run_sync(lambda: draw(request, office, who, wrong, tab=tab))
    return http.see_other(f"/billing?tab={tab}")
