"""Vehicles that a seller's program announces: given, changed, withdrawn, and forgotten some days after they were to come."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import bindparam

from backhaul.instructions import PassesChanged, PassesWanted, PassesWithdrawn, Vehicle
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import end_of_day, from_us, to_us
from backhaul.kit.machine import Refused
from backhaul.partner import arrival_pass_queries as queries
from backhaul.partner import instruction_queries, store
from backhaul.partner import tables as t
from backhaul.partner.rules.policy import Policy

_a = t.arrival_passes.c
INSERT = Statement(t.arrival_passes.insert())
VEHICLE = ("arrival_us", "driver_name", "driver_phone", "license_plate", "vehicle_model")
CHANGE = Statement(
    t.arrival_passes.update()
    .where(_a.id == bindparam("pass_id"))
    .values({name: bindparam(f"its_{name}") for name in VEHICLE} | {_a.given_by: bindparam("by_whom")})
)
DELETE = Statement(t.arrival_passes.delete().where(among(_a.id, "ids")))


def give(tx: Tx, asked: PassesWanted, policy: Policy, at: datetime) -> tuple[int, ...]:
    """Passes for vehicles that come to where units of this seller wait; their numbers."""
    if not instruction_queries.deciding(tx, asked.seller_id):
        raise Refused("not_linked", "conflict")
    _check_arrivals((vehicle for _, vehicle in asked.vehicles), policy, at)
    waiting = {house for house, _ in instruction_queries.pickup_points(tx, asked.seller_id)}
    if any(house not in waiting for house, _ in asked.vehicles):
        raise Refused("no_pickups_there", "conflict")
    if len(queries.of_seller(tx, asked.seller_id, at)) + len(asked.vehicles) > policy.arrival_passes_max:
        raise Refused("too_many_passes", "conflict", passes_max=policy.arrival_passes_max)
    first = store.take_number(tx, "arrival_pass", 1, len(asked.vehicles))
    rows = [
        {"id": first + n, "seller_id": asked.seller_id, "warehouse": house, "given_us": to_us(at), "given_by": asked.by,
         **msgspec.structs.asdict(vehicle)}
        for n, (house, vehicle) in enumerate(asked.vehicles)
    ]  # fmt: skip
    tx.many(INSERT, rows)
    return tuple(range(first, first + len(rows)))


def change(tx: Tx, asked: PassesChanged, policy: Policy, at: datetime) -> None:
    """Other vehicles for passes of this seller that are still to come; all of them or none."""
    _check_arrivals((vehicle for _, vehicle in asked.vehicles), policy, at)
    _check_coming(tx, asked.seller_id, [pass_id for pass_id, _ in asked.vehicles], at)
    for pass_id, vehicle in asked.vehicles:
        its = {f"its_{name}": value for name, value in msgspec.structs.asdict(vehicle).items()}
        tx.run(CHANGE, pass_id=pass_id, by_whom=asked.by, **its)


def withdraw(tx: Tx, asked: PassesWithdrawn, at: datetime) -> None:
    """Nobody comes with these passes of this seller: nothing of them is kept."""
    _check_coming(tx, asked.seller_id, list(asked.ids), at)
    tx.run(DELETE, ids=list(asked.ids))


def forget(tx: Tx, ids: list[int]) -> int:
    """Delete passes whose time of keeping is over; how many."""
    return tx.run(DELETE, ids=ids)


def kept_until(policy: Policy, at: datetime) -> datetime:
    """Vehicles that were to come before this are forgotten."""
    return at - timedelta(days=policy.arrival_pass_keep_days)


def _check_arrivals(vehicles: Iterable[Vehicle], policy: Policy, at: datetime) -> None:
    first, bound = to_us(at), to_us(end_of_day(at, policy.arrival_pass_days_ahead))
    if any(not first <= vehicle.arrival_us < bound for vehicle in vehicles):
        raise Refused("arrival_not_possible", "conflict", days_max=policy.arrival_pass_days_ahead, first=from_us(first))


def _check_coming(tx: Tx, seller_id: int, ids: list[int], at: datetime) -> None:
    """`Refused` unless all of them are this seller's and their vehicle is still to come."""
    found = {one.id: one for one in queries.by_ids(tx, seller_id, ids)}
    if any(pass_id not in found for pass_id in ids):
        raise Refused("pass_unknown", "missing")
    if any(one.arrives_at < at for one in found.values()):
        raise Refused("pass_is_over", "conflict")
