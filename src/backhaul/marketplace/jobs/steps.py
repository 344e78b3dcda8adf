"""What the kinds of work have in common: what they are given, and what each of their steps brings."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import msgspec

from backhaul.kit import replica
from backhaul.kit.database import Database, DatabaseError, Tx
from backhaul.kit.desk import Desk
from backhaul.kit.machine import Refused
from backhaul.kit.spreadsheets import Cell
from backhaul.marketplace import access
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.reconciliation_rounds import Reconciling
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.returns import Return

AWAY = frozenset({"house_is_closing", "database_failed", "outcome_unknown"})  # the desk's words for it


class Bench(msgspec.Struct, frozen=True):
    """Where work is done: reads go to connections that cannot write, changes through the desk."""

    database: Database
    desk: Desk[Return]
    now: Callable[[], datetime]
    reconciling: Reconciling

    @contextmanager
    def look(self, job: Job, mark: str | None = None) -> Iterator[Tx]:
        """A look for a job: that of a seller sees the seller's rows only. With a mark of `kit/replica` it is a report's."""
        with self.database.read() if mark is None else replica.look(self.database, mark) as tx:
            access.hold_to_company(tx, job.owner)
            yield tx


class Step(msgspec.Struct, frozen=True):
    """A bounded piece of work: rows for the file, and how far the whole is. `told`: its sums so far."""

    done: int
    total: int
    rows: Sequence[Sequence[Cell]] = ()
    told: dict[str, int] = {}


class Kind(msgspec.Struct, frozen=True):
    """A kind of work. `changes`: cancelled, it keeps the file of what had been done; else half a file is none.

    `stops`: it can be cancelled after it has begun. `done_before`: after this step, the rows of what earlier attempts had
    done; it tries nothing new.
    """

    columns: tuple[str, ...]
    sheet: str
    run: Callable[[Bench, Job], Iterator[Step]]
    changes: bool = False
    stops: bool = True
    done_before: Callable[[Bench, Job, Step], Iterator[Step]] | None = None


Kinds = dict[str, Kind]


def check_right(tx: Tx, by: By, at: datetime) -> None:
    """Whoever asked may still have it done. In the transaction of a change, nobody's right ends between the two."""
    objection = access.objection(tx, by, at)
    if objection is not None:
        raise objection


def answers(bench: Bench, by: By, keys: list[str]) -> dict[str, bytes]:
    """What was answered to work that was handed in with these keys; what never came to its commit is not among it."""
    name = str(access.Known(by))
    with bench.database.read() as tx:
        known = bench.desk.house.journal.known_answers(tx, keys)
    return {key: known[name, key][1] for key in keys if (name, key) in known}


def is_away(error: BaseException) -> bool:
    """Whether nothing is wrong with the work: the house closes, or its database is away. Later it is done again."""
    return isinstance(error, DatabaseError) or (isinstance(error, Refused) and error.code in AWAY)
