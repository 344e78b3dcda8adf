"""The changes of a seller's addresses for pushes. Each runs in the desk's transaction."""

from collections.abc import Sequence
from datetime import datetime

from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import push_queries, push_store
from backhaul.marketplace.push_queries import URLS_MAX, PushUrl


def add(tx: Tx, seller_id: int, url: str, types: Sequence[str], at: datetime) -> int:
    """A new address; its id."""
    if len(push_queries.of_seller(tx, seller_id)) >= URLS_MAX:
        raise Refused("too_many_urls", "conflict", urls_max=URLS_MAX)
    row = tx.one(push_store.INSERT, seller_id=seller_id, url=url, types=" ".join(types), enabled=True,
                 created_us=to_us(at), fails=0, failing_since_us=None, next_us=None)  # fmt: skip
    return 0 if row is None else int(row[0])


def change(tx: Tx, seller_id: int, url_id: int, url: str | None, types: Sequence[str] | None) -> None:
    """What is not said stays. What waits goes to where the address leads now."""
    known = own(tx, seller_id, url_id)
    tx.run(push_store.CHANGE, url_id=url_id, to_url=url or known.url, to_types=" ".join(types or known.types))


def switch(tx: Tx, seller_id: int, url_id: int, *, on: bool) -> None:
    """On: from now on. Off: what waits is dropped."""
    if own(tx, seller_id, url_id).enabled == on:
        return
    tx.run(push_store.DROP, url_id=url_id)
    tx.run(push_store.SWITCH, url_id=url_id, to_enabled=on)


def remove(tx: Tx, seller_id: int, url_id: int) -> None:
    """With everything that waits for it."""
    own(tx, seller_id, url_id)
    tx.run(push_store.DROP, url_id=url_id)
    tx.run(push_store.DELETE, url_id=url_id)


def own(tx: Tx, seller_id: int, url_id: int) -> PushUrl:
    """A seller's own address; another's does not exist."""
    found = next((one for one in push_queries.of_seller(tx, seller_id) if one.id == url_id), None)
    if found is None:
        raise Refused("not_found", "missing")
    return found
