"""The quality of a seller's products: of which too many come back and why, month by month, and what defects look like."""

from typing import Any

from babel.dates import format_skeleton
from litestar import Response, get

from backhaul.kit import http, i18n, plots
from backhaul.kit.forms import whole_number
from backhaul.kit.i18n import N_
from backhaul.marketplace import metric_views
from backhaul.marketplace import quality_views as views
from backhaul.marketplace.doors import Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.overview import asked
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.quality_views import MonthRate
from backhaul.marketplace.rules.metrics import MONTHS

SKU_MAX = 2**53


def routes(office: Office) -> list[Any]:
    """The handler of quality."""

    @get("/quality", include_in_schema=False)
    @http.in_thread
    def quality(request: Req) -> Response[Any]:
        who, over = asked(office, request)
        seller_id, said = int(who.by.subject), request.query_params
        sku = min(whole_number(said.get("sku", "")) or 0, SKU_MAX)
        before = whole_number(said.get("before", "")) or 2**62
        with office.look(who.by) as tx:
            rates = metric_views.rates(tx, seller_id, over)
            by_month = views.by_month(tx, seller_id, over, sku)
            defects = views.defects(tx, seller_id, sku, before)
        products = [one for one in rates.products if sku in {0, one.sku}]
        return page(
            request,
            "quality.html",
            who,
            here=f"/quality?months={over.months}{f'&sku={sku}' if sku else ''}",
            section="/quality",
            months=over.months,
            periods=[(count, i18n.length_of_time(count, "month", who.language)) for count in MONTHS],
            sku=sku,
            rates=rates,
            products=products,
            alarming=[one for one in rates.products if one.many],
            times=over.policy.many_returns_times,
            most_pct=max((one.rate_pct or 0 for one in products), default=0),
            plot=_plot(by_month, who.language),
            defects=defects.rows,
            following=defects.next,
            further=before < 2**62,
        )

    return [quality]


def _plot(months: tuple[MonthRate, ...], language: str) -> plots.Plot:
    shown = [
        "" if one.rate_pct is None else f"{i18n.percent(one.rate_pct, language)} · {one.returned} / {one.delivered}"
        for one in months
    ]
    rate = plots.Series(i18n.gettext(language, N_("Return rate")), [one.rate_pct for one in months], shown)
    names = [format_skeleton("yMMM", one.month, locale=i18n.locale(language)) for one in months]
    return plots.lines(names, [rate], unit="%")
