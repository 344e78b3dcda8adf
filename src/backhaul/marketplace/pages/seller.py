"""What a seller sees: the lists of returns, the settings."""

from datetime import datetime
from typing import Any

from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.done import done
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import access, errands, queries, texts
from backhaul.marketplace.doors import Req, Visitor, explain
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages import to_decide
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.pages.to_decide import seller_of
from backhaul.marketplace.rules.exchange import CURRENCIES, ROUBLE
from backhaul.marketplace.rules.words import Route


def routes(office: Office) -> list[Any]:
    """The handlers of the seller's pages."""

    return [*to_decide.routes(office), *_settings(office)]


def _settings(office: Office) -> list[Any]:
    @get("/settings", include_in_schema=False)
    @http.in_thread
    def settings(request: Req) -> Response[Any]:
        return _draw_settings(request, office, seller_of(office, request))

    @post("/settings", include_in_schema=False)
    async def change(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(seller_of, office, request)
        form = await request.form()
        what = str(form.get("what", ""))
        account, by, terms = _account(who), who.by, office.house.terms
        currency = str(form.get("payout_currency", ""))
        route, seen = str(form.get("default_route", "")), str(form.get("price_version", ""))

        def run(tx: Tx, _: datetime) -> bytes:
            match what:
                case "route" if route in ("", *Route):
                    errands.set_default_route(tx, account, Route(route) if route else None)
                case "payout":
                    errands.set_payout_currency(tx, account, currency)
                case "moderation_off":
                    errands.switch_moderation(tx, by, int(by.subject), "", "", "")
                case "moderation_price":
                    errands.consent_to_price(tx, account, seen, terms.policy.premoderation_price_version)
                case _:
                    raise Refused("unknown_act", "invalid", act=what[:40])
            return b""

        try:
            await office.desk.perform(Errand(run, access.Known(by)))
        except Refused as refused:
            return await to_thread.run_sync(_draw_settings, request, office, who, refused)
        return done("/settings")

    return [settings, change]


def _account(who: Visitor) -> access.Account:
    if who.account is None:
        raise Refused("sign_in_needed", "unknown")
    return who.account


def _draw_settings(request: Req, office: Office, who: Visitor, refused: Refused | None = None) -> Response[str]:
    account = _account(who)
    with office.look(who.by) as tx:
        seller = queries.seller(tx, int(account.subject))
    if seller is None:
        raise Refused("not_found", "missing")
    terms = office.house.terms
    free_until = datetime.fromisoformat(terms.policy.moderation_free_until)
    return page(
        request,
        "settings.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here="/settings",
        seller=seller,
        owner=account.owner,
        currencies=(ROUBLE, *CURRENCIES),
        routes=texts.DEFAULT_ROUTES,
        chooses_route=seller.country == "TR",
        free_until=free_until,
        free=office.clock.now() < free_until,
        price=Money(terms.policy.premoderation_price_minor),
        price_version=terms.policy.premoderation_price_version,
        sentence=explain(refused, who.language) if refused else "",
    )
