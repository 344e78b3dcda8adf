"""SQL that writes of persons: their keys. Only the desk calls it."""

from collections.abc import Collection
from datetime import datetime

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.sealed_words import made
from backhaul.marketplace import person_queries
from backhaul.marketplace import tables as t

INSERT_KEY = Statement(t.person_keys.insert())


def make_keys(tx: Tx, refs: Collection[str], at: datetime) -> None:
    """A key for each of these customers."""
    fresh = [(ref, made()) for ref in sorted(refs)]
    tx.many(INSERT_KEY, [
        {"id": key.id, "customer_ref": ref, "secret": key.secret, "made_us": to_us(at)} for ref, key in fresh
    ])  # fmt: skip


def writer(tx: Tx, ref: str, at: datetime) -> person_queries.Writer | None:
    """A customer as one who writes, with a key made where none was yet; None when they were erased."""
    found = person_queries.writers(tx, [ref]).get(ref)
    if found is not None and found.key is None:
        make_keys(tx, [ref], at)
        found = person_queries.writers(tx, [ref]).get(ref)
    return found


def closed(tx: Tx, ref: str, text: str, at: datetime) -> str:
    """What a customer wrote, or what was written to one, as it is kept; nothing of one who was erased."""
    found = writer(tx, ref, at) if text else None
    return "" if found is None else found.closed(text)
