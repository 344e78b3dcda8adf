"""Sending again: what became of a try, and when the next one is. Letters to the other house and mails to people wait alike."""

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement
from backhaul.kit.days import to_us

WAIT_FIRST = timedelta(seconds=5)
WAIT_MAX = timedelta(hours=3)
PROBE_MAX = timedelta(minutes=5)


class Outcome(msgspec.Struct, frozen=True):
    """What one try came to. Not `again`: it will never work."""

    answer: str
    sent: bool
    again: bool = True


def marking(table: sa.Table) -> Statement:
    """The statement that writes a mark into a table with the columns of a queue."""
    return Statement(
        table.update()
        .where(table.c.id == bindparam("row_id"))
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
