"""API v1 of the rate cards: look at versions, try a card, publish it."""

from datetime import date, datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.versions import beginning
from backhaul.marketplace import back_testing, publications, rate_card_files, term_queries
from backhaul.marketplace.doors import IdempotencyKey, Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.back_tests import BackTest
from backhaul.marketplace.rules.compensation import SEED_CARD, RateCard
from backhaul.marketplace.rules.rate_cards import CellChange
from backhaul.marketplace.rules.rate_cards import differences as cell_changes
from backhaul.marketplace.rules.versions import Draft
from backhaul.marketplace.terms_doors import Published, VersionView, publish, seen_of, support, told, versions_of


class RateCardView(msgspec.Struct, frozen=True):
    """A rate card as its cells, in the form in which one is published."""

    version: str
    cells: tuple[dict[str, str | int | float | None], ...]


class RateCardWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card to look at or to publish. `seen`: how many versions there were when you looked; the days are the back-test's."""

    version: str
    valid_from: datetime
    cells: tuple[dict[str, str | int | float | None], ...]
    why: str = ""
    seen: int | None = None
    first_day: date | None = None
    last_day: date | None = None


class RateCardPreview(msgspec.Struct, frozen=True):
    """What the card changes, and what it would have changed. Amounts are in kopecks."""

    version: str
    valid_from: datetime
    replaces: str
    changes: tuple[CellChange, ...]
    first_day: date
    last_day: date
    back_test: BackTest


def handlers(office: Office) -> list[Any]:
    """The handlers of the rate cards."""

    @get("/rate-cards", summary="Every version of the rate card, the newest first")
    @http.in_thread
    def versions(request: Req) -> list[VersionView]:
        support(office, request)
        return versions_of(office, "rate_card", office.house.terms.card.version, SEED_CARD.version)

    @get("/rate-cards/{version:str}", summary="One rate card as its cells")
    @http.in_thread
    def one(request: Req, version: FromPath[str]) -> RateCardView:
        by = support(office, request)
        with office.look(by) as tx:
            card = term_queries.rate_card(tx, version)
        if card is None:
            raise Refused("not_found", "missing")
        return RateCardView(card.version, tuple(rate_card_files.rows(card)))

    @post("/rate-cards/preview", status_code=200, summary="What a rate card changes, and would have changed",
          description="Reads only. Every fault of the card is named in `faults`.")  # fmt: skip
    @http.in_thread
    def preview(request: Req, data: JSONBody[RateCardWanted]) -> RateCardPreview:
        by = support(office, request)
        at = office.clock.now()
        card = told(request, lambda: _card(data))
        valid_from = beginning(data.valid_from, at)
        period = back_testing.period_of(_day(data.first_day), _day(data.last_day), at)
        with office.look(by) as tx:
            publications.check_version(tx, "rate_card", data.version)
            before = term_queries.card_at(tx, valid_from)
            tested = back_testing.tested(tx, card, period)
        changes = tuple(cell_changes(before, card))
        return RateCardPreview(data.version, valid_from, before.version, changes, *period, tested)

    @post("/rate-cards", status_code=201, summary="Publish a rate card")
    async def put(request: Req, data: JSONBody[RateCardWanted], key: IdempotencyKey = None) -> Response[Published]:
        def draft_of(_: Tx) -> Draft:
            return Draft(_card(data), data.valid_from, data.why, data.version, seen_of(data.seen))

        return await publish(office, request, "rate_card", draft_of, key, data)

    return [versions, one, preview, put]


def _card(data: RateCardWanted) -> RateCard:
    return rate_card_files.card_of(rate_card_files.RateCardFile(data.cells), data.version)


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
