"""The file that a demo or sandbox writes when it answers: addresses, people, keys and what is in which state."""

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from backhaul.kit.database import Database
from backhaul.marketplace import queries as marketplace_queries
from backhaul.partner import queries as partner_queries
from backhaul.stage import sqlite_urls
from backhaul.world import Cast


class ReadyMarketplace(msgspec.Struct, frozen=True):
    """The marketplace's part of the ready file."""

    url: str
    accounts: dict[str, Any]
    seller: Any
    sellers: dict[str, Any]


class ReadyPartner(msgspec.Struct, frozen=True):
    """The partner's part of the ready file."""

    url: str
    accounts: dict[str, Any]


class Ready(msgspec.Struct, frozen=True):
    """What any tool needs to drive the demo."""

    marketplace: ReadyMarketplace
    partner: ReadyPartner
    returns: dict[str, list[int]]
    parcels: dict[str, list[int]]


def ready_of(url: str, partner_url: str, world: Path, cast: Cast) -> Ready:
    """What a tool needs of a world that is served."""
    urls = sqlite_urls(world)
    return Ready(
        ReadyMarketplace(url, dict(cast.marketplace), cast.sellers["TR"], dict(cast.sellers)),
        ReadyPartner(partner_url, dict(cast.partner)),
        _by_state(Database(urls.marketplace), marketplace_queries),
        _by_state(Database(urls.partner), partner_queries),
    )


def _by_state(database: Database, queries: Any) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    after = 0
    with database.read() as tx:
        while rows := queries.all_ids(tx, after):
            for case_id, status in rows:
                found[status].append(case_id)
            after = rows[-1][0]
    database.close()
    return dict(sorted(found.items()))


def write(ready_file: Path, ready: Ready) -> None:
    """Put it there whole: a reader never sees half of it."""
    part = ready_file.with_name(f"{ready_file.name}.part{os.getpid()}")
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(msgspec.json.format(msgspec.json.encode(ready), indent=2))
    part.rename(ready_file)
