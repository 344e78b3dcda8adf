"""API keys that expire soon: their owner is told 30, 7 and 1 days before, each once, whatever was down meanwhile (J11.4)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Text, bindparam

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement, Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.noticeboard import Noticeboard, Posted
from backhaul.kit.notices import Days, Moment, Notice

KIND = "key_expiring"
KEYS_MAX = 500
EVERY = timedelta(minutes=1)


class KeyReminders:
    """Looks at the keys of one house. `owner` is the column of `keys` that names whose they are."""

    def __init__(self, database: Database, desk: Desk[Any], clock: Clock, board: Noticeboard, keys: sa.Table,
                 owner: str) -> None:  # fmt: skip
        self.database = database
        self.desk = desk
        self.clock = clock
        self._looked_at: datetime | None = None
        key, hung = keys.c, board.notices.c
        reader = sa.literal("owner:") + sa.cast(key[owner], Text)
        cause = sa.literal("key.") + key.public_id + sa.literal(".") + bindparam("stage", type_=Text)
        self._due = Statement(
            sa.select(key.public_id, key[owner], key.name, key.last4, key.expires_us)
            .where(
                key.revoked_us.is_(None),
                key.expires_us > bindparam("from_us"),
                key.expires_us <= bindparam("until_us"),
                key.created_us < key.expires_us - bindparam("ahead_us", type_=sa.BigInteger),
                ~sa.exists().where(hung.reader == reader, hung.kind == KIND, hung.cause == cause),
            )
            .order_by(key.expires_us, key.public_id)
            .limit(KEYS_MAX)
        )

    def tell_due(self, stages: Sequence[int]) -> int:
        """One round, at most once a minute: how many owners were told. Of stages that passed unseen only the latest is told."""
        now = self.clock.now()
        if self._looked_at is not None and now - self._looked_at < EVERY:
            return 0
        self._looked_at = now
        with self.database.read() as tx:
            posted = [one for stage, nearer in _windows(stages) for one in self._expiring(tx, stage, nearer, now)]
        if not posted:
            return 0
        house = self.desk.house

        def tell(tx: Tx, _: datetime) -> bytes:
            return str(house.board.hang_once(tx, posted, house.mailboxes)).encode()

        return int(self.desk.perform_now(Errand(tell)).body)

    def _expiring(self, tx: Tx, stage: int, nearer: int, now: datetime) -> list[Posted]:
        ahead = timedelta(days=stage)
        rows = tx.rows(
            self._due, stage=str(stage), from_us=to_us(now + timedelta(days=nearer)), until_us=to_us(now + ahead),
            ahead_us=ahead // timedelta(microseconds=1),
        )  # fmt: skip
        return [_posted(row, stage, now) for row in rows]


def _windows(stages: Sequence[int]) -> list[tuple[int, int]]:
    """Each stage with the next one that is nearer to the end."""
    falling = sorted(set(stages), reverse=True)
    return list(zip(falling, [*falling[1:], 0], strict=True))


def _posted(row: tuple[Any, ...], stage: int, now: datetime) -> Posted:
    """The notice counts from its own instant, also when it comes late (R95)."""
    public_id, owner, name, last4, expires_us = row
    expires = from_us(expires_us)
    notice = Notice(
        f"owner:{owner}", KIND, {"key": name, "last4": last4, "at": Moment(expires), "left": Days((expires - now).days)}
    )
    return Posted(notice, f"key.{public_id}.{stage}", to_us(expires - timedelta(days=stage)), to_us(now))
