"""API v1 of the warehouse's queues, and what a supervisor looks after: addresses to confirm, refused attempts, evidence, charges."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, QueryParameter

from backhaul.kit import http, i18n
from backhaul.kit.days import from_us, to_us
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.paging import PAGE_ROWS, Limit
from backhaul.partner import evidence, inspections_today, lists, queries, second_check_queries, texts, unit_queries
from backhaul.partner.api import ParcelView, parcel_view
from backhaul.partner.doors import STAFF, Req
from backhaul.partner.office import Office
from backhaul.partner.pages.inspections import WORK
from backhaul.partner.pages.parcels import shown
from backhaul.partner.pages.warehouse import QUEUES, due_of, late_in, own_queues, page_of
from backhaul.partner.rules.around import By
from backhaul.partner.rules.events import Destination
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.second_checks import SecondCheck
from backhaul.partner.rules.tariff import agreed, storage
from backhaul.partner.rules.words import Mark, Role, Service, Status
from backhaul.partner.shapes import Attempt
from backhaul.partner.speakers import invalid, speaker
from backhaul.partner.unit_filter import UnitFilter, UnitState

State = Annotated[
    UnitState,
    QueryParameter(name="state", description="Only units in this state; here: whatever lies in the warehouse"),
]
Seller = Annotated[int | None, QueryParameter(ge=1, le=2**53, description="Only units of this seller")]
DaysTo = Annotated[
    int | None, QueryParameter(ge=0, le=366, description="Only what has so many days left to be decided, or fewer")
]


class QueueView(msgspec.Struct, frozen=True):
    """A queue of the caller's. `count` goes up to `most`: there may be more; `late` of them should have been done already."""

    name: str
    title: str
    href: str
    count: int
    most: int
    late: int


class Queued(msgspec.Struct, frozen=True):
    """A unit in a queue, and until when its work should be done."""

    due: datetime | None
    parcel: ParcelView


class Unconfirmed(msgspec.Struct, frozen=True):
    """A new address that a second person must vouch for; nothing is shipped there before `ships_from`."""

    destination: Destination
    company: str
    ships_from: datetime


class Charge(msgspec.Struct, frozen=True):
    """What a unit was charged for a service."""

    service: str
    amount: Money


class ChargesOfParcel(msgspec.Struct, frozen=True):
    """What a unit was charged so far; `storage` runs while it lies here, and is charged when it leaves."""

    charges: tuple[Charge, ...]
    storage: Money | None


def routes(office: Office) -> Router:
    """These doors."""
    handlers = [*_queue_routes(office), _today_route(office), *_supervisor_routes(office), *_parcel_routes(office)]
    return Router("/api/v1", route_handlers=handlers, before_request=http.strict_body,
                  exception_handlers={ValidationException: invalid}, tags=["warehouse"])  # fmt: skip


def _queue_routes(office: Office) -> list[Any]:
    @get("/queues", summary="The caller's queues of work, with how much waits in each")
    @http.in_thread
    def queues(request: Req) -> list[QueueView]:
        by, language = _only(speaker(office, request).by, *STAFF), http.language_of(request)
        policy, at = office.house.terms.policy, office.clock.now()
        with office.look(by) as tx:
            found = {name: page_of(tx, name, by) for name in own_queues(by.role)}
            around = queries.arounds_of(tx, [it for them in found.values() for it in them])
        return [
            QueueView(name, i18n.gettext(language, texts.QUEUES[name]), f"/api/v1/queues/{name}", len(them),
                      queries.PAGE_ROWS, late_in(them, name, around, policy, at))
            for name, them in found.items()
        ]  # fmt: skip

    @get("/queues/{name:str}", summary="A queue of work, 50 a page; `after` is the last unit's id")
    @http.in_thread
    def queue(
        request: Req, name: FromPath[str], after: FromQuery[int] = 0, limit: Limit = PAGE_ROWS
    ) -> Response[list[Queued]]:
        by, language = _only(speaker(office, request).by, *STAFF), http.language_of(request)
        if name not in QUEUES or name not in own_queues(by.role):
            raise Refused("not_found", "missing")
        policy = office.house.terms.policy
        with office.look(by) as tx:
            found = page_of(tx, name, by, after)
            around = queries.arounds_of(tx, found)

        def view(it: Parcel) -> Queued:
            return Queued(due_of(it, name, around(it), policy), parcel_view(office, it, by, around(it), language))

        return lists.page(request, found, limit, "after", view=view)

    return [queues, queue]


def _today_route(office: Office) -> Any:
    @get("/inspections-today", summary="An inspector's day: what is due, marked, and how far second checks agree")
    @http.in_thread
    def today(request: Req) -> inspections_today.InspectionsToday:
        by = _only(speaker(office, request).by, Role.INSPECTOR)
        with office.look(by) as tx:
            found = {name: page_of(tx, name, by) for name in WORK}
            return inspections_today.figures(tx, by, found, office.house.terms.policy, office.clock.now())

    return today


def _units(office: Office) -> Any:
    @get("/units", summary="All units by state, seller, mark and days left, the oldest first, 50 a page")
    @http.in_thread
    def units(
        request: Req,
        of_state: State = UnitState.ARRIVED,
        seller: Seller = None,
        mark: FromQuery[Mark | None] = None,
        days_to: DaysTo = None,
        after: FromQuery[int] = 0,
        limit: Limit = PAGE_ROWS,
    ) -> Response[list[ParcelView]]:
        by = _only(speaker(office, request).by, Role.SUPERVISOR)
        wanted, language = UnitFilter(of_state, seller, mark, days_to), http.language_of(request)
        with office.look(by) as tx:
            found = unit_queries.units(tx, wanted, office.clock.now(), after)
            around = queries.arounds_of(tx, found)
        return lists.page(
            request, found, limit, "after", view=lambda it: parcel_view(office, it, by, around(it), language)
        )

    return units


def _supervisor_routes(office: Office) -> list[Any]:
    @get("/unconfirmed-destinations", summary="Addresses that wait for a second person, the oldest first, 50 a page")
    @http.in_thread
    def addresses(request: Req, after: FromQuery[int] = 0, limit: Limit = PAGE_ROWS) -> Response[list[Unconfirmed]]:
        by = speaker(office, request).by
        _only(by, Role.SUPERVISOR)
        wait_us = office.house.terms.policy.destination_wait_hours * 3_600_000_000
        with office.look(by) as tx:
            found = queries.unconfirmed_destinations(tx, after)

        def view(row: tuple[Destination, str]) -> Unconfirmed:
            return Unconfirmed(*row, from_us(to_us(row[0].created_at) + wait_us))

        return lists.page(request, found, limit, "after", view=view, key=lambda row: row[0].id)

    @get("/attempts", summary="Who tried what without the right to do it, newest first, 50 a page; `before` is an id")
    @http.in_thread
    def attempts(request: Req, before: FromQuery[int] = 2**62, limit: Limit = PAGE_ROWS) -> Response[list[Attempt]]:
        by = speaker(office, request).by
        _only(by, Role.SUPERVISOR)
        with office.look(by) as tx:
            found = queries.attempts(tx, before)
        return lists.page(request, found, limit)

    @get("/second-checks/{parcel_id:int}", summary="A second check with both findings, for its review")
    @http.in_thread
    def second_check(request: Req, parcel_id: FromPath[int]) -> SecondCheck:
        by = _only(speaker(office, request).by, Role.SUPERVISOR)
        with office.look(by) as tx:
            shown(tx, parcel_id, by)
            found = second_check_queries.one(tx, parcel_id)
        if found is None:
            raise Refused("not_found", "missing")
        return found

    @get("/second-checks/{parcel_id:int}/photos/{blob_id:str}", media_type="image/jpeg",
         summary="A photo of the second finding (JPEG)")  # fmt: skip
    @http.in_thread
    def second_photo(request: Req, parcel_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        by = _only(speaker(office, request).by, Role.SUPERVISOR)
        with office.look(by) as tx:
            shown(tx, parcel_id, by)
            found = second_check_queries.one(tx, parcel_id)
        if found is None or found.found is None or blob_id not in found.found.photos:
            raise Refused("not_found", "missing")
        return office.media.picture(blob_id)

    return [_units(office), addresses, attempts, second_check, second_photo]


def _parcel_routes(office: Office) -> list[Any]:
    @get("/parcels/{parcel_id:int}/charges", summary="What a unit was charged, and its storage so far")
    @http.in_thread
    def charges(request: Req, parcel_id: FromPath[int]) -> ChargesOfParcel:
        by, at, tariff = speaker(office, request).by, office.clock.now(), office.house.terms.tariff
        with office.look(by) as tx:
            it, _ = shown(tx, parcel_id, by)
            _only(by, Role.SELLER, Role.SUPERVISOR)
            found = queries.entries(tx, parcel_id)
        stored = storage(agreed(it.prices, tariff, Service.STORAGE), it.stored_from, at)
        return ChargesOfParcel(
            tuple(Charge(one.credit.removeprefix("income:"), one.amount) for one in found),
            stored if it.status is Status.ARRIVED else None,
        )

    @get("/parcels/{parcel_id:int}/claim-photos/{blob_id:str}", media_type="image/jpeg",
         summary="A photo of the pick-up point, for the review of a claim; for the supervisor")  # fmt: skip
    @http.in_thread
    def claim_photo(request: Req, parcel_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        by = speaker(office, request).by
        with office.look(by) as tx:
            it, _ = shown(tx, parcel_id, by)
        _only(by, Role.SUPERVISOR)
        evidence.fetch_point_photo(office, it, blob_id)
        return office.media.picture(blob_id)

    return [charges, claim_photo]


def _only(by: By, *roles: Role) -> By:
    if by.role not in roles:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by
