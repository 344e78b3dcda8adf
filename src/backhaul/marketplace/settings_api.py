"""API v1 of a seller's settings, and of sellers for support: what the pages *Settings* and *Sellers* can do."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Router, get, post, put
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from backhaul.kit import http
from backhaul.kit.conditional import check_unchanged
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.webhook_doors import IfMatch
from backhaul.marketplace import access, errands, queries
from backhaul.marketplace.doors import IdempotencyKey, Req, account_of, bearer, invalid, persons_errand
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.exchange import CURRENCIES, ROUBLE
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Role, Route
from backhaul.marketplace.sellers_errands import RULES_CHARACTERS_MAX, TICKET_CHARACTERS_MAX, switching_on
from backhaul.marketplace.terms_doors import support


class Moderation(msgspec.Struct, frozen=True):
    """The pre-moderation of a seller's requests. `consented` is the version of the price that the seller agreed to."""

    on: bool
    ticket: str
    rules: str
    consented: str
    price: Money
    price_version: str
    is_free: bool
    free_until: datetime


class SettingsView(msgspec.Struct, frozen=True):
    """A seller's settings. `default_route` is empty where nothing was chosen; `chooses_route`: whether there is a choice."""

    seller_id: int
    name: str
    country: str
    linked: bool
    default_route: str
    chooses_route: bool
    payout_currency: str
    currencies: tuple[str, ...]
    returns_taken: bool
    moderation: Moderation


class DefaultRoute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where products go when nothing else is chosen: A, B, or null for the marketplace's rule."""

    route: Route | None


class PayoutCurrency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which currency compensation and claims are paid out from now on."""

    currency: Annotated[str, Meta(max_length=3)]


class Consent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The version of the price that was read."""

    price_version: Annotated[str, Meta(max_length=80)]


class SwitchOn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ticket in which the seller asked for it, and the seller's rules for the moderators."""

    ticket: Annotated[str, Meta(min_length=1, max_length=TICKET_CHARACTERS_MAX, pattern="^[^\x00]*$")]
    rules: Annotated[str, Meta(min_length=1, max_length=RULES_CHARACTERS_MAX, pattern="^[^\x00]*$")]


def routes(office: Office) -> Router:
    """The handlers of settings."""
    return Router(
        "/api/v1", route_handlers=[*_reads(office), *_of_seller(office), *_of_support(office)],
        before_request=http.strict_body, exception_handlers={ValidationException: invalid}, tags=["settings"],
    )  # fmt: skip


def _reads(office: Office) -> list[Any]:
    @get("/settings", summary="The seller's settings")
    @http.in_thread
    def settings(request: Req) -> SettingsView:
        by = bearer(office, request)
        if by.role is not Role.SELLER:
            raise Refused("not_your_role", "forbidden", role=by.role)
        return _seen(office, by, int(by.subject))

    @get("/sellers", summary="All sellers with their settings; for support")
    @http.in_thread
    def sellers(request: Req) -> list[SettingsView]:
        by = support(office, request)
        at, policy = office.clock.now(), office.house.terms.policy
        with office.look(by) as tx:
            return [_view(seller, policy, at) for seller in queries.sellers(tx)]

    @get("/sellers/{seller_id:int}", summary="One seller's settings; for support")
    @http.in_thread
    def seller(request: Req, seller_id: FromPath[int]) -> SettingsView:
        return _seen(office, support(office, request), seller_id)

    return [settings, sellers, seller]


def _of_seller(office: Office) -> list[Any]:
    async def change(request: Req, key: str | None, seen: str | None, data: object, act: Any) -> SettingsView:
        account = await _owner(office, request)

        def run(tx: Tx, at: datetime) -> None:
            check_unchanged(seen, _settings(office, tx, int(account.subject), at))
            act(tx, account)

        await office.desk.perform(persons_errand(request, account, run, key, data))
        return await to_thread.run_sync(_seen, office, account.by(), int(account.subject))

    @put("/settings/default-route", summary="Where products go when nothing else is chosen; for the owner")
    async def route(request: Req, data: JSONBody[DefaultRoute], key: IdempotencyKey = None,
                    seen: IfMatch = None) -> SettingsView:  # fmt: skip
        return await change(
            request, key, seen, data, lambda tx, account: errands.set_default_route(tx, account, data.route)
        )

    @put("/settings/payout-currency", summary="The currency of payouts; for the owner")
    async def currency(request: Req, data: JSONBody[PayoutCurrency], key: IdempotencyKey = None,
                       seen: IfMatch = None) -> SettingsView:  # fmt: skip
        return await change(
            request, key, seen, data, lambda tx, account: errands.set_payout_currency(tx, account, data.currency)
        )

    @post(
        "/settings/moderation/consent",
        status_code=200,
        summary="Agree to the price of the pre-moderation; for the owner",
    )
    async def consent(request: Req, data: JSONBody[Consent], key: IdempotencyKey = None,
                      seen: IfMatch = None) -> SettingsView:  # fmt: skip
        in_force = office.house.terms.policy.premoderation_price_version
        return await change(
            request, key, seen, data,
            lambda tx, account: errands.consent_to_price(tx, account, data.price_version, in_force),
        )  # fmt: skip

    @post("/settings/moderation/off", status_code=200, summary="Switch the pre-moderation off")
    async def off(request: Req, key: IdempotencyKey = None, seen: IfMatch = None) -> SettingsView:
        await http.no_body(request)
        return await change(
            request, key, seen, None,
            lambda tx, account: errands.switch_moderation(tx, account.by(), int(account.subject), "", "", ""),
        )  # fmt: skip

    return [route, currency, consent, off]


def _of_support(office: Office) -> list[Any]:
    @put("/sellers/{seller_id:int}/moderation", summary="Switch a seller's pre-moderation on; for support")
    async def switch_on(request: Req, seller_id: FromPath[int], data: JSONBody[SwitchOn],
                        key: IdempotencyKey = None, seen: IfMatch = None) -> SettingsView:  # fmt: skip
        account = await to_thread.run_sync(account_of, office, request)
        if account.role is not Role.SUPPORT:
            raise Refused("not_your_role", "forbidden", role=account.role)
        switch = switching_on(seller_id, data.ticket.strip(), data.rules.strip(), account.by())

        def run(tx: Tx, at: datetime) -> bytes | None:
            check_unchanged(seen, _settings(office, tx, seller_id, at) if seen else None)
            return switch(tx, at)

        await office.desk.perform(persons_errand(request, account, run, key, data))
        return await to_thread.run_sync(_seen, office, account.by(), seller_id)

    return [switch_on]


async def _owner(office: Office, request: Req) -> access.Account:
    """The seller's person who calls; what is the owner's alone is refused in the errand."""
    account = await to_thread.run_sync(account_of, office, request)
    if account.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=account.role)
    return account


def _seen(office: Office, by: By, seller_id: int) -> SettingsView:
    with office.look(by) as tx:
        return _settings(office, tx, seller_id, office.clock.now())


def _settings(office: Office, tx: Tx, seller_id: int, at: datetime) -> SettingsView:
    found = queries.seller(tx, seller_id)
    if found is None:
        raise Refused("not_found", "missing")
    return _view(found, office.house.terms.policy, at)


def _view(seller: queries.Seller, policy: Policy, at: datetime) -> SettingsView:
    free_until = datetime.fromisoformat(policy.moderation_free_until)
    moderation = Moderation(
        bool(seller.moderation_ticket), seller.moderation_ticket, seller.moderation_rules, seller.moderation_price_version,
        Money(policy.premoderation_price_minor), policy.premoderation_price_version, at < free_until, free_until,
    )  # fmt: skip
    return SettingsView(
        seller.id, seller.name, seller.country, seller.linked, seller.default_route, seller.country == "TR",
        seller.payout_currency, (ROUBLE, *CURRENCIES), policy.takes_returns_from(seller.country), moderation,
    )  # fmt: skip
