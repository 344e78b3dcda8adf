"""What a seller sees: the returns in three tabs, the settings."""

from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.days import days_left, to_us
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import access, errands, queries, texts
from backhaul.marketplace.bulk import ANSWERABLE, BULK_ACTS
from backhaul.marketplace.doors import ACT_WORDS, Req, Visitor, explain, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.returns import tone_of, waits_for_decision
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.exchange import CURRENCIES, ROUBLE
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.wire_states import LOOKS, OF_TABS, REQUESTS, look
from backhaul.marketplace.rules.words import Role, Route, Status

WAITING = frozenset({Status.SELLER_REVIEW, Status.SELLER_REVIEW_AFTER_OFFER, Status.FOUND_AFTER_CLAIM})


class Row(msgspec.Struct, frozen=True):
    """One return in the seller's list: the label of the shipment and, where it differs, that of the request."""

    it: Return
    label: str
    request_label: str
    tone: str
    waits: bool
    choosable: bool
    partner_days: int | None


def routes(office: Office) -> list[Any]:
    """The handlers of the seller's pages."""

    @get("/returns", include_in_schema=False)
    @http.in_thread
    def returns(request: Req) -> Response[Any]:
        who = _seller(office, request)
        asked = request.query_params
        tab = asked.get("tab", REQUESTS)
        statuses = OF_TABS.get(tab, OF_TABS[REQUESTS])
        state = next((s for s in statuses if s == asked.get("state")), None)
        with office.database.read() as tx:
            counts = queries.counts_of_seller(tx, int(who.by.subject))
            found, older = _found(tx, int(who.by.subject), (state,) if state else statuses, asked.get("older", ""))
            seller = queries.seller(tx, int(who.by.subject))
        now = office.clock.now()
        nothing_chosen = Refused("nothing_chosen", "invalid") if asked.get("chosen") == "none" else None
        return page(
            request,
            "returns.html",
            who,
            422 if nothing_chosen else 200,
            here=f"/returns?tab={tab}" if tab in OF_TABS else "/returns",
            section="/returns",
            now=now,
            tab=tab if tab in OF_TABS else REQUESTS,
            state=state or "",
            counts={name: sum(counts.get(s, 0) for s in those) for name, those in OF_TABS.items()},
            states=[(s, texts.STATUS_LABELS[_state_label(s)], counts[s]) for s in statuses if counts.get(s)],
            rows=[_row(it, now) for it in found],
            unavailable=seller is not None and not office.house.terms.policy.takes_returns_from(seller.country),
            choosable=who.by.writes and any(it.status in ANSWERABLE for it in found),
            answerable=sum(counts.get(s, 0) for s in ANSWERABLE),
            bulk_acts=[(ACT_WORDS[act], texts.COMMAND_LABELS[act.__name__][0]) for act in BULK_ACTS],
            older=older,
            sentence=explain(nothing_chosen, who.language) if nothing_chosen else "",
        )

    return [returns, *_settings(office)]


def _settings(office: Office) -> list[Any]:
    @get("/settings", include_in_schema=False)
    @http.in_thread
    def settings(request: Req) -> Response[Any]:
        return _draw_settings(request, office, _seller(office, request))

    @post("/settings", include_in_schema=False)
    async def change(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_seller, office, request)
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
        return http.see_other("/settings")

    return [settings, change]


def _seller(office: Office, request: Req) -> Visitor:
    who = visitor(office, request)
    if who.by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def _account(who: Visitor) -> access.Account:
    if who.account is None:
        raise Refused("sign_in_needed", "unknown")
    return who.account


def _found(tx: Tx, seller_id: int, statuses: tuple[Status, ...], cursor: str) -> tuple[list[Return], str]:
    """One page: first those that wait for the seller, soonest deadline first, then the others, newest first."""
    kind, *numbers = cursor.split("-")
    at = [queries.cursor(number) for number in numbers]
    waiting = [s for s in statuses if s in WAITING]
    others = [s for s in statuses if s not in WAITING]
    found: list[Return] = []
    if waiting and kind != "rest":
        found = queries.of_seller_by_deadline(tx, seller_id, waiting, (at[0], at[1]) if len(at) == 2 else (-1, 0))
    if others and len(found) < queries.PAGE_ROWS:
        before = at[0] if kind == "rest" and len(at) == 1 else 2**62
        found += queries.of_seller(tx, seller_id, others, before)
    found = found[: queries.PAGE_ROWS]
    if len(found) < queries.PAGE_ROWS:
        return found, ""
    last = found[-1]
    if last.status in WAITING and last.act_by is not None:
        return found, f"urgent-{to_us(last.act_by)}-{last.id}"
    return found, f"rest-{last.id}"


def _state_label(status: Status) -> str:
    return "accepted_at_pvz" if status is Status.ACCEPTED_AT_PVZ else LOOKS[status].label


def _row(it: Return, now: datetime) -> Row:
    shown = look(it)
    second = ""
    if shown.label == "passed_on_to_partner":
        second = texts.STATUS_LABELS["return_transferred"]
    elif it.status is Status.ACCEPTED_AT_PVZ:
        second = texts.STATUS_LABELS["accepted_at_pvz"]
    bound = it.parcel.decide_by if it.parcel is not None and waits_for_decision(it) else None
    return Row(
        it,
        texts.STATUS_LABELS[shown.label],
        second,
        tone_of(it),
        it.status in WAITING,
        it.status in ANSWERABLE,
        None if bound is None else days_left(bound, now),
    )


def _draw_settings(request: Req, office: Office, who: Visitor, refused: Refused | None = None) -> Response[str]:
    account = _account(who)
    with office.database.read() as tx:
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
        keeps_keys=account.keeps_keys,
        currencies=(ROUBLE, *CURRENCIES),
        routes=texts.DEFAULT_ROUTES,
        chooses_route=seller.country == "TR",
        free_until=free_until,
        free=office.clock.now() < free_until,
        price=Money(terms.policy.premoderation_price_minor),
        price_version=terms.policy.premoderation_price_version,
        sentence=explain(refused, who.language) if refused else "",
    )
