"""Sending again: what became of a try, and when the next one is. Letters to the other house and mails to people wait alike.

`Reach` remembers who is not there at all, so that one silent server costs one call at a time, not one for each message to it.
"""

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement
from backhaul.kit.days import to_us

WAIT_FIRST = timedelta(seconds=5)
WAIT_MAX = timedelta(hours=3)
PROBE_MAX = timedelta(minutes=5)
DOWN_AFTER = 3


class Outcome(msgspec.Struct, frozen=True):
    """What one try came to. Not `again`: it will never work."""

    answer: str
    sent: bool
    again: bool = True


def marking(table: sa.Table) -> Statement:
    """The statement that writes a mark into a table with the columns of a queue. What was sent stays so, whoever tried it too."""
    return Statement(
        table.update()
        .where(table.c.id == bindparam("row_id"), table.c.sent_us.is_(None))
        .values({name: bindparam(name) for name in ("next_us", "tries", "sent_us", "answer")})
    )


def mark_of(row_id: str, tries: int, outcome: Outcome, now: datetime, jitter: float,
            tries_max: int | None = None) -> dict[str, object]:  # fmt: skip
    """The mark of a try: sent, given up (no `next_us`), or to be tried again. Without `tries_max` it is never given up."""
    again = outcome.again and not outcome.sent and (tries_max is None or tries + 1 < tries_max)
    return {
        "row_id": row_id, "tries": tries + 1, "answer": outcome.answer,
        "sent_us": to_us(now) if outcome.sent else None, "next_us": next_try(tries, now, jitter) if again else None,
    }  # fmt: skip


def next_try(tries: int, now: datetime, jitter: float) -> int:
    """5 s, 10 s, 20 s ... up to 3 h, each shortened by up to a half (`jitter` 0 to 1), so that not all come at once."""
    wait = min(WAIT_FIRST * 2 ** min(tries, 20), WAIT_MAX)
    return to_us(now + wait * (0.5 + jitter / 2))


def next_probe(fails: int, now: datetime, jitter: float) -> int:
    """When a receiver that took nothing `fails` times in a row is asked again: 5 s, 10 s ... up to 5 minutes, shortened likewise.

    So whoever comes back hears from us within minutes, however long each message waits.
    """
    wait = min(WAIT_FIRST * 2 ** min(fails - 1, 20), PROBE_MAX)
    return to_us(now + wait * (0.5 + jitter / 2))


class Reach:
    """Who was not reached lately, and until when nobody asks them again. In memory: a new start asks at once.

    `patience`: how many calls in a row may come to nothing before somebody counts as away.
    """

    def __init__(self, patience: int = 1) -> None:
        self.patience = patience
        self._missed: dict[str, tuple[int, int]] = {}

    def is_away(self, name: str, now: datetime) -> bool:
        """Whether it is not yet time to ask again."""
        fails, until_us = self._missed.get(name, (0, 0))
        return fails >= self.patience and to_us(now) < until_us

    def missed(self, name: str, now: datetime, jitter: float) -> None:
        """A call came to nothing: the next one is 5 s later, then 10 s, up to 5 minutes."""
        fails = self._missed.get(name, (0, 0))[0] + 1
        beyond = max(fails - self.patience + 1, 1)
        self._missed[name] = (fails, next_probe(beyond, now, jitter))

    def answered(self, name: str) -> bool:
        """It is there; whether it was away for so long that what waits for it should go out at once."""
        return self._missed.pop(name, (0, 0))[0] >= DOWN_AFTER
