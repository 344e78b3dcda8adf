"""Which vehicles are announced, for sellers' units that wait for a collector. Reads only."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.partner import tables as t
from backhaul.partner.queries import PAGE_ROWS

FORGOTTEN_A_ROUND = 100

_a = t.arrival_passes.c
_columns = (_a.id, _a.seller_id, _a.warehouse, _a.arrival_us, _a.driver_name, _a.driver_phone, _a.license_plate,
            _a.vehicle_model)  # fmt: skip
COMING = Statement(
    sa.select(*_columns)
    .where(
        sa.or_(
            _a.arrival_us > bindparam("from_us"),
            sa.and_(_a.arrival_us == bindparam("from_us"), _a.id > bindparam("after")),
        )
    )
    .order_by(_a.arrival_us, _a.id)
    .limit(PAGE_ROWS)
)
OF_SELLER = Statement(
    sa.select(*_columns)
    .where(_a.seller_id == bindparam("seller"), _a.arrival_us >= bindparam("from_us"))
    .order_by(_a.arrival_us)
    .limit(1000)
)
BY_IDS = Statement(sa.select(*_columns).where(among(_a.id, "ids"), _a.seller_id == bindparam("seller")))
OVER = Statement(
    sa.select(_a.id).where(_a.arrival_us < bindparam("bound_us")).order_by(_a.arrival_us).limit(FORGOTTEN_A_ROUND)
)


class ArrivalPass(msgspec.Struct, frozen=True):
    """A vehicle that comes for units of a seller."""

    id: int
    seller_id: int
    warehouse: str
    arrives_at: datetime
    driver_name: str
    driver_phone: str
    license_plate: str
    vehicle_model: str


def coming(tx: Tx, start: datetime, after: tuple[int, int] = (0, 0)) -> list[ArrivalPass]:
    """Vehicles that come at `start` or later, the earliest first; `after` is the key of the last one seen."""
    from_us, last = max((to_us(start), 0), after)
    return [_pass(row) for row in tx.rows(COMING, from_us=from_us, after=last)]


def of_seller(tx: Tx, seller_id: int, at: datetime) -> list[ArrivalPass]:
    """This seller's vehicles that are still to come."""
    return [_pass(row) for row in tx.rows(OF_SELLER, seller=seller_id, from_us=to_us(at))]


def by_ids(tx: Tx, seller_id: int, ids: list[int]) -> list[ArrivalPass]:
    """Those of these passes that are this seller's."""
    return [_pass(row) for row in tx.rows(BY_IDS, ids=ids, seller=seller_id)]


def over(tx: Tx, bound: datetime) -> list[int]:
    """Passes whose vehicle was to come before `bound`; not all at once."""
    return [int(row[0]) for row in tx.rows(OVER, bound_us=to_us(bound))]


def _pass(row: tuple[Any, ...]) -> ArrivalPass:
    return ArrivalPass(row[0], row[1], row[2], from_us(row[3]), *row[4:])
