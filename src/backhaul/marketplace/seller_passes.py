"""The Seller API's passes: which vehicle comes for units that are kept for pick-up. They lie at the partner, whose gate reads them."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Response, post
from litestar.params import RawBody
from msgspec import Meta, Struct

from backhaul import instructions as said
from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.marketplace import instructing
from backhaul.marketplace import seller_wire as wire
from backhaul.marketplace.access import ApiKey
from backhaul.marketplace.doors import Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.seller_door import LookUp, Made, only_who_writes
from backhaul.marketplace.seller_schemes import warehouse_id

CREATE, UPDATE, DELETE = (f"/v1/return/pass/{word}" for word in ("create", "update", "delete"))
METHODS: tuple[str, ...] = ()
ACTS = (CREATE, UPDATE, DELETE)

Text = Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\x00]*$")]


class Arrival(Struct, frozen=True):
    """Which vehicle comes when, and who drives it."""

    arrival_time: datetime
    driver_name: Text
    driver_phone: Text
    vehicle_license_plate: Text
    vehicle_model: Text

    def vehicle(self) -> said.Vehicle:
        """As the partner is told; an instant without a zone is UTC."""
        at = self.arrival_time if self.arrival_time.tzinfo else self.arrival_time.replace(tzinfo=UTC)
        return said.Vehicle(
            to_us(at), self.driver_name, self.driver_phone, self.vehicle_license_plate, self.vehicle_model
        )


class ArrivalAt(Arrival, frozen=True, kw_only=True):
    """The same, to where. `warehouse_id` is the seller's own warehouse, of which nothing is known here."""

    dropoff_point_id: wire.Id
    warehouse_id: wire.LastId


class ArrivalOf(Arrival, frozen=True, kw_only=True):
    """The same for a pass that there is."""

    arrival_pass_id: wire.Id


class ArrivalPassCreateRequest(Struct, frozen=True):
    """New passes, all of them or none."""

    arrival_passes: Annotated[tuple[ArrivalAt, ...], Meta(min_length=1, max_length=said.PASSES_MAX)]


class ArrivalPassUpdateRequest(Struct, frozen=True):
    """Other vehicles for passes, all of them or none."""

    arrival_passes: Annotated[tuple[ArrivalOf, ...], Meta(min_length=1, max_length=said.PASSES_MAX)]


class ArrivalPassDeleteRequest(Struct, frozen=True):
    """Passes that nobody will come with, all of them or none."""

    arrival_pass_ids: Annotated[tuple[wire.Id, ...], Meta(min_length=1, max_length=said.PASSES_MAX)]


def handlers(office: Office, look_up: LookUp) -> list[Any]:
    """Three methods that change; keys that only read have none here."""

    @post(CREATE, status_code=200)
    @http.in_thread
    def create(request: Req, body: RawBody) -> Response[bytes]:
        def find(_tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            only_who_writes(by)
            asked = wire.read(ArrivalPassCreateRequest, body)
            return lambda: {"arrival_pass_ids": [str(one) for one in _given(office, by, asked)]}

        return look_up(request, find)

    @post(UPDATE, status_code=200)
    @http.in_thread
    def update(request: Req, body: RawBody) -> Response[bytes]:
        def find(_tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            only_who_writes(by)
            passes = wire.read(ArrivalPassUpdateRequest, body).arrival_passes
            vehicles = tuple((int(one.arrival_pass_id), one.vehicle()) for one in passes)
            changed = said.PassesChanged(int(by.subject), by.id, vehicles)
            return lambda: instructing.ask(office, said.CHANGE_PASSES, changed, dict[str, object])

        return look_up(request, find)

    @post(DELETE, status_code=200)
    @http.in_thread
    def delete(request: Req, body: RawBody) -> Response[bytes]:
        def find(_tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            only_who_writes(by)
            ids = wire.read(ArrivalPassDeleteRequest, body).arrival_pass_ids
            withdrawn = said.PassesWithdrawn(int(by.subject), tuple(int(one) for one in ids))
            return lambda: instructing.ask(office, said.WITHDRAW_PASSES, withdrawn, dict[str, object])

        return look_up(request, find)

    return [create, update, delete]


def _given(office: Office, by: By, asked: ArrivalPassCreateRequest) -> tuple[int, ...]:
    """The partner names its warehouses, so it is asked first which of them the numbers on this wire mean."""
    seller_id = int(by.subject)
    told = instructing.ask(office, said.PICKUP_POINTS, said.PickupPointsAsked(seller_id), said.PickupPoints)
    names = {warehouse_id(point.warehouse): point.warehouse for point in told.points}
    places = [names.get(int(one.dropoff_point_id), "") for one in asked.arrival_passes]
    if not all(places):
        rule = "no unit of the seller is kept for pick-up there"
        raise wire.wrong(type(asked), "arrival_passes.dropoff_point_id", rule)
    vehicles = tuple((place, one.vehicle()) for place, one in zip(places, asked.arrival_passes, strict=True))
    wanted = said.PassesWanted(seller_id, by.id, vehicles)
    return instructing.ask(office, said.GIVE_PASSES, wanted, said.PassesGiven).ids
