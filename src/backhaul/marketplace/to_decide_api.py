"""API v1 around a seller's filters: lists by them, how much waits for a decision, the dry run of an act on all that match."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.paging import Part
from backhaul.marketplace import bulk, facet_queries, filters
from backhaul.marketplace.doors import ACTS, Req
from backhaul.marketplace.facet_queries import DAY_BANDS, VALUE_BANDS
from backhaul.marketplace.filters import Filter
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role

FILTERED = (
    "For sellers by a filter: q (letters of number, posting, article, SKU or product), state, mark, reason_group, route, sku, "
    "price_from and price_below in roubles, days_from and days_to left for the decision. `to_decide=true`: only what waits for "
    "the seller, the shortest time first, of one deadline the dearest first. A header `Link` with `rel=next` says where it goes on."
)

Text = Annotated[str, QueryParameter(max_length=100)]
State = Annotated[str, QueryParameter(name="state", max_length=100)]  # the framework has its own `state`


class BandView(msgspec.Struct, frozen=True):
    """How many wait with so many days left and of such a price in roubles; `days_to` is in, `price_below` is out."""

    days_from: int
    days_to: int | None
    price_from: int
    price_below: int | None
    count: int
    worth: Money


class ToDecideView(msgspec.Struct, frozen=True):
    """What waits for the seller's decision; `today`: how many have their last day."""

    count: int
    today: int
    worth: Money
    bands: tuple[BandView, ...]


class DryRun(msgspec.Struct, frozen=True):
    """What the act would do to those that match, at most 500. `items` can be sent to the bulk as they are.

    `left_out`: with which it cannot be done now; `refunds`: what the customers would receive.
    """

    act: str
    worth: Money
    refunds: Money
    items: tuple[bulk.Item, ...]
    left_out: tuple[int, ...]


async def filter_of(  # noqa: PLR0913 -- the filter, as the document tells it
    q: Text = "", in_state: State = "", mark: Text = "", reason_group: Text = "", route: Text = "",
    sku: FromQuery[int | None] = None, price_from: FromQuery[int | None] = None, price_below: FromQuery[int | None] = None,
    days_from: FromQuery[int | None] = None, days_to: FromQuery[int | None] = None,
) -> Filter:  # fmt: skip
    """The filter that an address says."""
    return filters.read({
        "q": q, "state": in_state, "mark": mark, "reason_group": reason_group, "route": route, "sku": sku,
        "price_from": price_from, "price_below": price_below, "days_from": days_from, "days_to": days_to,
    })  # fmt: skip


# What a handler says to have the filter as its parameter `wanted`.
FILTERING = {"wanted": Provide(filter_of)}
Wanted = NamedDependency[Filter]


def matching(tx: Tx, office: Office, by: By, wanted: Filter, before: int) -> list[Return]:
    """What matches of the seller's, the newest first."""
    return facet_queries.newest(tx, _seller(by), wanted, office.clock.now(), before=before)


def waiting(tx: Tx, office: Office, by: By, wanted: Filter, after: str, limit: int) -> Part:
    """What matches and waits for the seller, the shortest time first."""
    place = facet_queries.place(after)
    found, onward = facet_queries.soonest(tx, _seller(by), wanted, office.clock.now(), after=place, most=limit)
    return Part(found, str(onward) if onward else "")


def _seller(by: By) -> int:
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return int(by.subject)


def handlers(office: Office, by_of: Callable[[Office, Req], By]) -> list[Any]:
    """For sellers alone."""

    def seller(request: Req) -> By:
        by = by_of(office, request)
        if by.role is not Role.SELLER:
            raise Refused("not_your_role", "forbidden", role=by.role)
        return by

    @get("/returns/to-decide", summary="How much waits for the seller's decision, by days left and price")
    @http.in_thread
    def to_decide(request: Req) -> ToDecideView:
        by = seller(request)
        with office.look(by) as tx:
            found = facet_queries.by_band(tx, int(by.subject), Filter(), office.clock.now())
        bands = tuple(
            BandView(*DAY_BANDS[b.day], *VALUE_BANDS[b.value], count=b.count, worth=Money(b.minor)) for b in found
        )
        return ToDecideView(
            sum(b.count for b in found),
            sum(b.count for b in found if b.day == 0),
            Money(sum(b.minor for b in found)),
            bands,
        )

    @get("/returns/bulk", summary="The dry run of an act on all returns of the seller that match a filter",
         dependencies=FILTERING, description="`act` is approve, reject or refund-without-return. The filter is that of `GET /returns`. Nothing is changed.")  # fmt: skip
    @http.in_thread
    def dry_run(request: Req, act: Text, wanted: Wanted) -> DryRun:
        by, command = seller(request), ACTS.get(act)
        if command not in bulk.BULK_ACTS:
            raise Refused("unknown_act", "invalid", "act", act=act[:40])
        at = office.clock.now()
        with office.look(by) as tx:
            found, _ = facet_queries.soonest(tx, int(by.subject), wanted, at, bulk.ANSWERABLE, most=bulk.ITEMS_MAX)
            told = bulk.prospects(tx, [it.id for it in found], command, by, at, office.house.terms)
        ready = [one for one in told if one.is_open]
        return DryRun(
            act,
            sum((one.it.line.price for one in ready), Money(0)),
            sum((one.refund for one in ready if one.refund is not None), Money(0)),
            tuple(bulk.Item(one.it.id, one.it.version) for one in ready),
            tuple(one.it.id for one in told if not one.is_open),
        )

    return [to_decide, dry_run]
