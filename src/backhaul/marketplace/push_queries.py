"""Addresses for pushes, what waits for them. Reads only."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us, to_us
from backhaul.marketplace import tables as t

URLS_MAX = 10

_u, _p = t.push_urls.c, t.pushes.c
_columns = [
    _u[name] for name in ("id", "seller_id", "url", "types", "enabled", "created_us", "fails", "failing_since_us")
]
OF_SELLER = Statement(sa.select(*_columns).where(_u.seller_id == bindparam("seller")).order_by(_u.id).limit(URLS_MAX))
DUE = Statement(sa.select(*_columns).where(_u.next_us <= bindparam("now_us")).order_by(_u.next_us).limit(100))
WAITING = Statement(
    sa.select(_p.id, _p.body).where(_p.url_id == bindparam("url_id")).order_by(_p.id).limit(bindparam("most"))
)


class PushUrl(msgspec.Struct, frozen=True):
    """An address. `fails` of its first message in a row."""

    id: int
    seller_id: int
    url: str
    types: tuple[str, ...]
    enabled: bool
    created_at: datetime
    fails: int
    failing_since: datetime | None


def of_seller(tx: Tx, seller_id: int) -> list[PushUrl]:
    """A seller's addresses, the oldest first."""
    return [_url(row) for row in tx.rows(OF_SELLER, seller=seller_id)]


def due(tx: Tx, at: datetime) -> list[PushUrl]:
    """The addresses whose turn it is."""
    return [_url(row) for row in tx.rows(DUE, now_us=to_us(at))]


def waiting(tx: Tx, url_id: int, most: int) -> list[tuple[int, bytes]]:
    """What waits for an address, the oldest first."""
    return [(row[0], bytes(row[1])) for row in tx.rows(WAITING, url_id=url_id, most=most)]


def _url(row: tuple[Any, ...]) -> PushUrl:
    since = None if row[7] is None else from_us(row[7])
    return PushUrl(row[0], row[1], row[2], tuple(row[3].split()), bool(row[4]), from_us(row[5]), row[6], since)
