"""The worker's part of reconciliation: once a day the books of every return and the invoices of every seller are compared.

A bounded step at each round (D29): what is compared is read on a connection that cannot write, what was found goes through
the desk. How far a day's comparison has come stands in the database, and moves only from where a step began, so that two
workers do nothing twice. An invoice that is brought is compared at once.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from threading import Lock

import msgspec

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Duplicate, Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.machine import Refused
from backhaul.marketplace import break_queries, reconciliation_errands, reconciliation_queries
from backhaul.marketplace.perform import Marketplace
from backhaul.marketplace.reconciliation_errands import Step, Tally
from backhaul.marketplace.rules import books, reconciliation
from backhaul.marketplace.rules.findings import Finding
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return

BOOKS, INVOICES = "books", "invoices"
STEPS_A_ROUND = 4
RETURNS_A_STEP = 500
FINDINGS_A_STEP = 500
GONE_A_STEP = 500

LOG = logging.getLogger("backhaul.marketplace.reconciliation")


class Reconciling:
    """Compares. One step a round while something is left of the day."""

    def __init__(self, database: Database, house: Marketplace, desk: Desk[Return], clock: Clock,
                 returns_a_step: int = RETURNS_A_STEP) -> None:  # fmt: skip
        self.database = database
        self.house = house
        self.desk = desk
        self.clock = clock
        self.returns_a_step = returns_a_step
        self._done_day = ""
        self._one_at_a_time: dict[int, Lock] = {}  # an older look must not close what a newer one has found

    def run_due(self) -> int:
        """What is due of the day's comparison, a bounded piece of it; how many breaks moved, and one more while work is left."""
        day = day_of(self.clock.now(), self.house.terms.policy)
        if day == self._done_day:
            return 0
        moved = 0
        for _ in range(STEPS_A_ROUND):
            with self.database.read() as tx:
                step = _next_step(tx, day)
            if step is None:
                self._done_day = day
                return moved
            try:
                moved += self._compare_books(step) if step.name == BOOKS else self._compare_next_seller(step)
            except (Refused, Duplicate):  # another worker has taken this step
                LOG.info("the step %s of %s was taken by another worker", step.name, step.day)
        return moved + 1

    def compare_invoices(self, seller_id: int, *, tell: bool = False) -> Tally:
        """All invoices of a seller against the facts, and what is not found any more. `tell`: as a message, too."""
        policy, tally, keys = self.house.terms.policy, Tally(), set[str]()
        with self._one_at_a_time.setdefault(seller_id, Lock()), self.database.read() as tx:
            prices = reconciliation_queries.prices(tx, seller_id)
            for piece in reconciliation_queries.lines(tx, seller_id):
                units = reconciliation_queries.units(tx, seller_id, (line.return_number for line in piece))
                found = list(reconciliation.of_lines(seller_id, piece, units, prices))
                keys.update(finding.key for finding in found)
                self._keep(found, policy, tally, tell=tell)
            self._close_others(seller_id, keys, policy, tally)
        return tally

    def _keep(self, found: Sequence[Finding], policy: Policy, tally: Tally, *, tell: bool) -> None:
        for start in range(0, len(found), FINDINGS_A_STEP):
            piece = found[start : start + FINDINGS_A_STEP]

            def keep(tx: Tx, at: datetime, piece: Sequence[Finding] = piece) -> bytes:
                return msgspec.json.encode(reconciliation_errands.keep(tx, piece, policy, at, tell=tell))

            tally.add(msgspec.json.decode(self.desk.perform_now(Errand(keep)).body, type=Tally))

    def _close_others(self, seller_id: int, keys: set[str], policy: Policy, tally: Tally) -> None:
        """Breaks of invoices that stand and were not found."""
        after = 0
        while True:
            with self.database.read() as tx:
                rows = tx.rows(
                    break_queries.STANDING_OF_INVOICES, seller=seller_id, after=after, most=GONE_A_STEP
                )  # fmt: skip
            gone = [row[0] for row in rows if row[1] not in keys]
            if gone:

                def close(tx: Tx, at: datetime, gone: Iterable[int] = gone) -> bytes:
                    return str(reconciliation_errands.close_gone(tx, gone, policy, at)).encode()

                tally.gone += int(self.desk.perform_now(Errand(close)).body)
            if len(rows) < GONE_A_STEP:
                return
            after = rows[-1][0]

    def _compare_next_seller(self, step: Step) -> int:
        with self.database.read() as tx:
            seller_id = reconciliation_queries.next_seller(tx, step.after)
        tally = Tally() if seller_id is None else self.compare_invoices(seller_id, tell=True)
        self.desk.perform_now(Errand(lambda tx, at: reconciliation_errands.move_on(tx, step, seller_id, at)))
        return tally.moved

    def _compare_books(self, step: Step) -> int:
        """A piece of the returns, in one transaction with the place up to which the day's comparison has come."""
        policy, now = self.house.terms.policy, self.clock.now()
        with self.database.read() as tx:
            returns = reconciliation_queries.returns(tx, step.after, self.returns_a_step)
            ids = [it.id for it in returns]
            postings = reconciliation_queries.postings(tx, ids)
            moments = reconciliation_queries.moments(tx, ids)
            overturned = reconciliation_queries.overturned(tx, returns)
        found: dict[int, list[Finding]] = {}
        for it in returns:
            credited = moments.get(it.id, {}).get("credited")
            wrong = books.of_return(
                it, postings.get(it.id, ()), credited, now, policy, overturned=it.id in overturned
            )  # fmt: skip
            for finding in wrong:
                found.setdefault(it.seller_id, []).append(finding)
        whole = len(returns) < self.returns_a_step
        last = None if whole else ids[-1]

        def run(tx: Tx, at: datetime) -> bytes:
            reconciliation_errands.move_on(tx, step, last, at)
            return str(reconciliation_errands.note_books(tx, ids, found, policy, at)).encode()

        return int(self.desk.perform_now(Errand(run)).body)


def day_of(at: datetime, policy: Policy) -> str:
    """The day whose comparison is due: a day begins at `reconcile_hour` in Moscow."""
    return (at.astimezone(MOSCOW) - timedelta(hours=policy.reconcile_hour)).date().isoformat()


def _next_step(tx: Tx, day: str) -> Step | None:
    """The books first, then the invoices; None when both are done for the day."""
    for name in (BOOKS, INVOICES):
        found = reconciliation_queries.progress(tx, name)
        if found is None:
            return Step(name, day, None, 0)
        seen = found[0], found[1]
        if found[0] < day:
            return Step(name, day, seen, 0)
        if found[0] == day and found[2] is None:
            return Step(name, day, seen, found[1])
    return None
