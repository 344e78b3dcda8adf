"""Rounds that ask other servers are one worker's at a time, however many run: two would ask twice and tell everything twice.

A turn is a lease in the database, renewed while its holder lives. A house with a file for its database is alone (D29).
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, bindparam

from backhaul.kit.clock import Clock
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand

# Longer than any round lasts; as long as this nobody does the work of a process that was killed.
LEASE = timedelta(seconds=90)
RENEWED_BELOW = timedelta(seconds=60)


def turns_table(metadata: MetaData) -> Table:
    """Who has the turn of which round, until when."""
    return Table(
        "turns",
        metadata,
        Column("name", Text, primary_key=True),
        Column("holder", Text, nullable=False),
        Column("until_us", BigInteger, nullable=False),
    )


class Turns:
    """The turns of one process."""

    def __init__(self, desk: Desk[Any], clock: Clock, turns: Table) -> None:
        self.desk = desk
        self.clock = clock
        self.holder = os.urandom(8).hex()
        self._until: dict[str, datetime] = {}
        named = turns.c.name == bindparam("of")
        mine = turns.c.holder == bindparam("me")
        self._known = Statement(sa.select(turns.c.name).where(named))
        self._insert = Statement(turns.insert())
        self._take = Statement(
            turns.update()
            .where(named, sa.or_(mine, turns.c.until_us <= bindparam("now_us", type_=BigInteger)))
            .values(holder=bindparam("me"), until_us=bindparam("to_us"))
        )
        self._leave = Statement(turns.delete().where(mine))

    def run(self, name: str, work: Callable[[], int]) -> int:
        """Do a round if its turn is ours; 0 when another process has it."""
        return work() if self._is_ours(name) else 0

    def leave(self) -> None:
        """Another process need not wait for the leases to run out."""
        if self._until:
            self._until.clear()
            self.desk.perform_now(Errand(lambda tx, _: str(tx.run(self._leave, me=self.holder)).encode()))

    def _is_ours(self, name: str) -> bool:
        if self.desk.database.dialect == "sqlite":
            return True
        now = self.clock.now()
        if self._until.get(name, now) - now >= RENEWED_BELOW:
            return True
        until = now + LEASE
        taken = self.desk.perform_now(Errand(lambda tx, _: self._taken(tx, name, now, until))).body == b"1"
        if taken:
            self._until[name] = until
        else:
            self._until.pop(name, None)
        return taken

    def _taken(self, tx: Tx, name: str, now: datetime, until: datetime) -> bytes:
        """Two that come first at once: the row's key lets one of them in, and the other comes by again."""
        if tx.one(self._known, of=name) is None:
            tx.run(self._insert, name=name, holder=self.holder, until_us=to_us(until))
            return b"1"
        taken = tx.run(self._take, of=name, me=self.holder, now_us=to_us(now), to_us=to_us(until))
        return str(taken).encode()
