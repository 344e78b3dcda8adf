"""The marketplace's other door: what it asks and instructs for a seller who called its Seller API. Signed like its announcements."""

from collections import Counter
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from anyio import to_thread
from litestar import Request, Response, Router, post

from backhaul import instructions as said
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.description import Done, door
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.http import body_as, encoded
from backhaul.partner import (
    access,
    arrival_pass_errands,
    arrival_pass_queries,
    instruction_errands,
    instruction_queries,
)
from backhaul.partner.incoming import checked
from backhaul.partner.office import Office
from backhaul.partner.perform import THE_MARKETPLACE
from backhaul.partner.rules.around import By
from backhaul.partner.rules.words import Role

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode


def routes(office: Office) -> Router:
    """The handlers for the marketplace's signed questions and instructions."""

    @post(
        said.PICKUPS,
        status_code=200,
        summary="Units of a seller that are kept for a collector, for the marketplace",
        opt=door(takes={"application/json": said.PickupsAsked}),
    )
    async def pickups(request: Request[Any, Any, Any]) -> Response[said.Pickups]:
        asked, _ = await _read(office, request, said.PickupsAsked)
        return await to_thread.run_sync(_pickups, office, asked)

    @post(
        said.PICKUP_POINTS,
        status_code=200,
        summary="Where a seller's units wait for a collector, for the marketplace",
        opt=door(takes={"application/json": said.PickupPointsAsked}),
    )
    async def pickup_points(request: Request[Any, Any, Any]) -> Response[said.PickupPoints]:
        asked, _ = await _read(office, request, said.PickupPointsAsked)
        return await to_thread.run_sync(_pickup_points, office, asked)

    @post(
        said.PICKUP_BARCODE,
        status_code=200,
        summary="What a seller's collector shows, for the marketplace",
        opt=door(takes={"application/json": said.PickupBarcodeAsked}),
    )
    async def pickup_barcode(request: Request[Any, Any, Any]) -> Response[said.PickupBarcode]:
        asked, message_id = await _read(office, request, said.PickupBarcodeAsked)

        def run(tx: Tx, at: datetime) -> bytes:
            return _encode(said.PickupBarcode(instruction_errands.barcode(tx, asked, office.chance, at)))

        return await _performed(office, run, message_id, asked, said.PickupBarcode)

    handlers = [pickups, pickup_points, pickup_barcode, *_ceiling_doors(office), *_passes(office)]
    return Router("/api/v1", route_handlers=handlers, tags=["marketplace"], opt={"speaker": "signed"})


def _ceiling_doors(office: Office) -> list[Any]:
    @post(
        said.CEILINGS,
        status_code=200,
        summary="A seller's rules of disposal by price, for the marketplace",
        opt=door(takes={"application/json": said.CeilingsAsked}),
    )
    async def ceilings(request: Request[Any, Any, Any]) -> Response[said.CeilingsInForce]:
        asked, _ = await _read(office, request, said.CeilingsAsked)
        return await to_thread.run_sync(_ceilings, office, asked)

    @post(
        said.SET_CEILINGS,
        status_code=200,
        summary="Set a seller's rules of disposal by price, for the marketplace",
        opt=door(takes={"application/json": said.CeilingsWanted}),
    )
    async def set_ceilings(request: Request[Any, Any, Any]) -> Response[said.CeilingsInForce]:
        asked, message_id = await _read(office, request, said.CeilingsWanted)
        policy = office.house.terms.policy

        def run(tx: Tx, at: datetime) -> bytes:
            instruction_errands.set_ceilings(tx, asked, policy, at)
            return _encode(instruction_errands.in_force(tx, asked.seller_id))

        return await _performed(office, run, message_id, asked, said.CeilingsInForce)

    return [ceilings, set_ceilings]


def _passes(office: Office) -> list[Any]:
    @post(said.GIVE_PASSES, status_code=200, summary="Announce vehicles for a seller's units, for the marketplace",
          opt=door(takes={"application/json": said.PassesWanted}))  # fmt: skip
    async def give(request: Request[Any, Any, Any]) -> Response[said.PassesGiven]:
        asked, message_id = await _read(office, request, said.PassesWanted)
        policy = office.house.terms.policy

        def run(tx: Tx, at: datetime) -> bytes:
            return _encode(said.PassesGiven(arrival_pass_errands.give(tx, asked, policy, at)))

        return await _performed(office, run, message_id, asked, said.PassesGiven)

    @post(said.CHANGE_PASSES, status_code=200, summary="Announce other vehicles instead, for the marketplace",
          opt=door(takes={"application/json": said.PassesChanged}))  # fmt: skip
    async def change(request: Request[Any, Any, Any]) -> Response[Done]:
        asked, message_id = await _read(office, request, said.PassesChanged)
        policy = office.house.terms.policy

        def run(tx: Tx, at: datetime) -> bytes:
            arrival_pass_errands.change(tx, asked, policy, at)
            return b"{}"

        return await _performed(office, run, message_id, asked, Done)

    @post(said.WITHDRAW_PASSES, status_code=200, summary="Vehicles that do not come, for the marketplace",
          opt=door(takes={"application/json": said.PassesWithdrawn}))  # fmt: skip
    async def withdraw(request: Request[Any, Any, Any]) -> Response[Done]:
        asked, message_id = await _read(office, request, said.PassesWithdrawn)

        def run(tx: Tx, at: datetime) -> bytes:
            arrival_pass_errands.withdraw(tx, asked, at)
            return b"{}"

        return await _performed(office, run, message_id, asked, Done)

    return [give, change, withdraw]


async def _read(office: Office, request: Request[Any, Any, Any], shape: type[T]) -> tuple[T, str]:
    raw = await request.body()
    message_id = await to_thread.run_sync(checked, office, request, raw)
    return body_as(shape, raw), message_id


async def _performed(office: Office, run: Any, message_id: str, asked: object, gives: type[T]) -> Response[T]:
    caller = access.Known(By(Role.MARKETPLACE, THE_MARKETPLACE))
    answer = await office.desk.perform(Errand(run, caller, message_id, fingerprint(asked)))
    return encoded(answer.body, gives)


def _pickups(office: Office, asked: said.PickupsAsked) -> Response[said.Pickups]:
    with office.database.read() as tx:
        if asked.return_id:
            one = instruction_queries.pickup(tx, asked.seller_id, asked.return_id)
            found = [] if one is None else [one]
        else:
            found = instruction_queries.pickups(tx, asked.seller_id, asked.after, asked.most)
    return encoded(_encode(said.Pickups(tuple(found))), said.Pickups)


def _pickup_points(office: Office, asked: said.PickupPointsAsked) -> Response[said.PickupPoints]:
    at = office.clock.now()
    with office.database.read() as tx:
        found = instruction_queries.pickup_points(tx, asked.seller_id)
        coming = Counter(one.warehouse for one in arrival_pass_queries.of_seller(tx, asked.seller_id, at))
    offset = at.astimezone(MOSCOW).utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    points = tuple(said.PickupPoint(house, units, minutes, coming[house]) for house, units in found)
    return encoded(_encode(said.PickupPoints(points)), said.PickupPoints)


def _ceilings(office: Office, asked: said.CeilingsAsked) -> Response[said.CeilingsInForce]:
    with office.database.read() as tx:
        found = instruction_errands.in_force(tx, asked.seller_id)
    return encoded(_encode(found), said.CeilingsInForce)
