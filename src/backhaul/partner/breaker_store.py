"""SQL of the breaker: how many units each hour released for destruction, and the breaker's turns."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us, to_us
from backhaul.partner import tables as t
from backhaul.partner.rules.breaker import Breaker, BreakerTurn, Turn
from backhaul.partner.rules.policy import Policy

HOUR_US = 3_600_000_000
TURNS_SHOWN = 20

_h = t.destruction_hours.c
ADD = Statement(
    t.destruction_hours.update()
    .where(_h.hour_us == bindparam("hour"))
    .values(released=_h.released + bindparam("count"))
)
START_HOUR = Statement(t.destruction_hours.insert())
THIS_HOUR = Statement(sa.select(_h.released).where(_h.hour_us == bindparam("hour")))
BEFORE = Statement(
    sa.select(sa.func.coalesce(sa.func.sum(_h.released), 0)).where(
        _h.hour_us >= bindparam("since"), _h.hour_us < bindparam("hour")
    )
)
_b = t.breaker_turns.c
TURNS = Statement(
    sa.select(_b.turn, _b.at_us, _b.by_login, _b.reason, _b.count, _b.until_us)
    .order_by(_b.id.desc())
    .limit(TURNS_SHOWN)
)
INSERT_TURN = Statement(
    t.breaker_turns.insert().values(
        {name: bindparam(name) for name in ("turn", "at_us", "by_login", "reason", "count", "until_us")}
    )
)


def reading(tx: Tx, at: datetime, policy: Policy) -> Breaker:
    """How the breaker stands at an instant."""
    hour = _hour(to_us(at))
    since = hour - to_us(from_us(0) + timedelta(days=policy.breaker_mean_days))
    counted = tx.one(THIS_HOUR, hour=hour)
    before = tx.one(BEFORE, since=since, hour=hour)
    turns = [
        BreakerTurn(Turn(turn), from_us(at_us), by, reason, count, None if until is None else from_us(until))
        for turn, at_us, by, reason, count, until in reversed(tx.rows(TURNS))
    ]
    return Breaker(tuple(turns), int(counted[0]) if counted else 0, int(before[0]) if before else 0)


def count(tx: Tx, released: int, recorded_us: int) -> None:
    """So many units more were released for destruction in this hour."""
    hour = _hour(recorded_us)
    if tx.run(ADD, hour=hour, count=released) == 0:
        tx.run(START_HOUR, hour_us=hour, released=released)


def turn(tx: Tx, happened: BreakerTurn) -> None:
    """Append a turn; none is ever changed."""
    until_us = None if happened.until is None else to_us(happened.until)
    tx.run(INSERT_TURN, turn=happened.turn, at_us=to_us(happened.at), by_login=happened.by, reason=happened.reason,
           count=happened.count, until_us=until_us)  # fmt: skip


def _hour(us: int) -> int:
    return us // HOUR_US * HOUR_US
