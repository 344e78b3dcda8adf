"""API v1 of exchange rates: read what stands, hand in more."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.money import exact_scaled
from backhaul.marketplace import rate_store
from backhaul.marketplace.doors import IdempotencyKey, Req, account_of, bearer, invalid, persons_errand
from backhaul.marketplace.office import Office
from backhaul.marketplace.rate_doors import ROWS_MAX, may_read, only_support, worded
from backhaul.marketplace.rate_files import invalid as rates_invalid
from backhaul.marketplace.rules.exchange import CURRENCIES, Rate
from backhaul.marketplace.rules.versions import Fault


class RateView(msgspec.Struct, frozen=True):
    """What `nominal` units of a currency were worth in roubles on a day. Of rows for one day the one with the largest id counts."""

    id: int
    currency: str
    on: date
    nominal: int
    rate: str
    source: str
    imported_at: datetime


class RatesView(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rates, 50 a page; `next` leads to the next one."""

    rates: tuple[RateView, ...]
    next: str = ""


class NewRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rate as a decimal text, with six decimals at most, and whose it is."""

    currency: str
    on: date
    rate: Annotated[str, Meta(max_length=20)]
    source: str
    nominal: int = 1


class NewRates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 5000 rates."""

    rates: Annotated[tuple[NewRate, ...], Meta(min_length=1, max_length=ROWS_MAX)]


def routes(office: Office) -> Router:
    """The part of API v1 that is about exchange rates."""

    @get("/exchange-rates", summary="Exchange rates: of one currency the latest day first, else the last rows")
    @http.in_thread
    def listed(request: Req, currency: FromQuery[str] = "", after: FromQuery[str] = "") -> RatesView:
        by = bearer(office, request)
        may_read(by)
        if currency and currency not in CURRENCIES:
            raise Refused("unknown_currency", "invalid", "currency", known=list(CURRENCIES))
        day, number = rate_store.cursor(after)
        with office.look(by) as tx:
            rows = rate_store.of_currency(tx, currency, day, number) if currency else rate_store.newest(tx, number)
        following = rate_store.end_of(rows[-1]) if len(rows) == rate_store.PAGE_ROWS else ""
        return RatesView(tuple(view(row) for row in rows), following)

    @post(
        "/exchange-rates",
        status_code=200,
        summary="Hand in exchange rates; a new rate for a day corrects the earlier one",
    )
    async def hand_in(request: Req, data: JSONBody[NewRates], key: IdempotencyKey = None) -> Response[rate_store.Taken]:
        account = await to_thread.run_sync(account_of, office, request)
        only_support(account.by())

        def run(tx: Tx, at: datetime) -> bytes:
            return msgspec.json.encode(rate_store.import_rates(tx, _rates(data), account.login, at))

        try:
            answer = await office.desk.perform(persons_errand(request, account, run, key, data))
        except Refused as refused:
            raise worded(refused, http.language_of(request)) from refused
        return http.encoded(answer.body, rate_store.Taken)

    return Router(
        "/api/v1",
        route_handlers=[listed, hand_in],
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["money"],
    )


def view(row: rate_store.RateRow) -> RateView:
    """A row as JSON."""
    rate = row.rate
    return RateView(row.id, rate.currency, rate.on, rate.nominal, rate.for_nominal, rate.source, row.imported_at)


def _rates(data: NewRates) -> list[Rate]:
    found: list[Rate] = []
    for number, one in enumerate(data.rates, start=1):
        try:
            micro = exact_scaled(one.rate, 6)
        except ValueError:
            facts: dict[str, Any] = {"row": number, "column": "rate", "value": one.rate}
            raise rates_invalid([Fault("number_invalid", str(number), facts)]) from None
        found.append(Rate(one.currency, one.on, one.nominal, micro, one.source))
    return found
