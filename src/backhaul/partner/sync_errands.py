"""The changes that come of comparing with the marketplace: nights, differences, and reports that go out once more."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul import wire
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.journal import letter_row
from backhaul.partner import store, sync_queries, tables
from backhaul.partner.retelling import Report
from backhaul.partner.rules.agreement import Gap
from backhaul.partner.sync_queries import DifferenceRow

_d, _y, _m = tables.differences.c, tables.reconciliations.c, tables.marketplaces.c
INSERT_RUN = Statement(tables.reconciliations.insert())
MOVE_RUN = Statement(
    tables.reconciliations.update()
    .where(_y.id == bindparam("run"), _y.after_id == bindparam("seen"), _y.finished_us.is_(None))
    .values(
        after_id=bindparam("to_id"), finished_us=bindparam("end_us"), units=_y.units + bindparam("more_units"),
        differences=_y.differences + bindparam("more_differences"),
    )
)  # fmt: skip
POSTPONE_RUN = Statement(
    tables.reconciliations.update().where(_y.id == bindparam("run")).values(next_us=bindparam("then_us"))
)
INSERT_DIFFERENCE = Statement(tables.differences.insert())
_one = (_d.return_id == bindparam("unit"), _d.what == bindparam("thing"), _d.healed_us.is_(None))
SEE_DIFFERENCE = Statement(
    tables.differences.update()
    .where(*_one)
    .values(
        ours=bindparam("ours"), theirs=bindparam("theirs"), remedy=bindparam("remedy"), last_us=bindparam("last_us"),
        tried_us=sa.func.coalesce(_d.tried_us, bindparam("try_us", type_=sa.BigInteger)),
    )
)  # fmt: skip
HEAL_DIFFERENCE = Statement(
    tables.differences.update().where(*_one).values(healed_us=bindparam("at_us"), last_us=bindparam("at_us"))
)
NOTE_TRY = Statement(
    tables.marketplaces.update().where(_m.id == bindparam("marketplace")).values(tried_us=bindparam("at_us"))
)
NOTE_ANSWER = Statement(
    tables.marketplaces.update()
    .where(_m.id == bindparam("marketplace"))
    .values(
        heard_us=bindparam("at_us"), letters_waiting=bindparam("waiting"), waiting_since_us=bindparam("since_us"),
    )
)  # fmt: skip


def start_run(tx: Tx, run_id: str, at: datetime) -> bool:
    """Begin a comparison, unless this one was begun before, or another is under way."""
    if sync_queries.run(tx, run_id) is not None or sync_queries.open_run(tx) is not None:
        return False
    tx.run(INSERT_RUN, id=run_id, started_us=to_us(at), next_us=to_us(at), after_id=0, finished_us=None, units=0,
           differences=0)  # fmt: skip
    return True


def move_run(tx: Tx, run: sync_queries.Run, to_id: int, units: int, differences: int, end_us: int | None) -> bool:
    """One page further; False when somebody else compared it meanwhile."""
    return tx.run(
        MOVE_RUN, run=run.id, seen=run.after_id, to_id=to_id, end_us=end_us, more_units=units,
        more_differences=differences,
    ) == 1  # fmt: skip


def postpone_run(tx: Tx, run_id: str, then: datetime) -> None:
    """The marketplace is away; go on later."""
    tx.run(POSTPONE_RUN, run=run_id, then_us=to_us(then))


def note_try(tx: Tx, marketplace_id: str, at: datetime) -> None:
    """We are about to ask."""
    tx.run(NOTE_TRY, marketplace=marketplace_id, at_us=to_us(at))


def note_answer(tx: Tx, marketplace_id: str, answer: wire.Units, at: datetime) -> None:
    """It answered, and said how far it is behind. It is there, so what waits for it goes out now."""
    tables.journal.hurry(tx, marketplace_id, to_us(at))
    tx.run(NOTE_ANSWER, marketplace=marketplace_id, at_us=to_us(at), waiting=answer.letters_waiting,
           since_us=answer.waiting_since_us)  # fmt: skip


def write_differences(tx: Tx, known: Sequence[DifferenceRow], found: dict[int, tuple[str, list[tuple[Gap, bool]]]],
                      at: datetime) -> int:  # fmt: skip
    """What differs now, by unit (its number and its gaps, each with whether a remedy was tried); the rest of `known` is healed."""
    at_us = to_us(at)
    was = {(row.return_id, row.what) for row in known}
    now: set[tuple[int, str]] = set()
    for return_id, (number, gaps) in found.items():
        for gap, tried in gaps:
            now.add((return_id, gap.what))
            said = {"ours": gap.ours[:200], "theirs": gap.theirs[:200], "remedy": gap.remedy.value, "last_us": at_us}
            tried_us = at_us if tried else None
            if (return_id, gap.what) in was:
                tx.run(SEE_DIFFERENCE, unit=return_id, thing=gap.what.value, try_us=tried_us, **said)
            else:
                tx.run(INSERT_DIFFERENCE, return_id=return_id, what=gap.what.value, first_us=at_us, number=number,
                       tried_us=tried_us, healed_us=None, **said)  # fmt: skip
    for return_id, what in was - now:
        tx.run(HEAL_DIFFERENCE, unit=return_id, thing=what, at_us=at_us)
    return len(now)


def tell_again(tx: Tx, parcel_id: int, reports: Sequence[Report], at: datetime) -> None:
    """Reports once more, under numbers of their own, in the order of their events."""
    first = store.take_number(tx, "again", 1, len(reports))
    rows = [
        letter_row(report.letter(), f"msg_again_{parcel_id}_{report.seq}_{first + n}", parcel_id, report.seq, to_us(at))
        for n, report in enumerate(reports)
    ]
    tables.journal.write(tx, [], [], rows, [])
