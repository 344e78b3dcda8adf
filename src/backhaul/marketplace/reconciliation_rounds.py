"""The worker's part of reconciliation: once a day the books of every return and the invoices of every seller are compared.

A bounded step at each round (D29): what is compared is read on a connection that cannot write, what was found goes through
the desk. How far a day's comparison has come stands in the database, and moves only from where a step began, so that two
workers do nothing twice. The units of an invoice that is brought are compared at once.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock

import msgspec

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Duplicate, Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.machine import Refused
from backhaul.kit.places import Places
from backhaul.marketplace import break_queries, reconciliation_errands
from backhaul.marketplace import reconciliation_queries as queries
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
UNITS_A_STEP = 200
AT_ONCE_MAX = 2

IMPORT_LASTS = timedelta(hours=1)

LOG = logging.getLogger("backhaul.marketplace.reconciliation")


class Reconciling:
    """Compares. One step a round while something is left of the day."""

    def __init__(self, database: Database, house: Marketplace, desk: Desk[Return], clock: Clock,
                 returns_a_step: int = RETURNS_A_STEP, lines_a_step: int = queries.LINES_A_STEP) -> None:  # fmt: skip
        self.database = database
        self.house = house
        self.desk = desk
        self.clock = clock
        self.returns_a_step = returns_a_step
        self.lines_a_step = lines_a_step
        self.reading, self.comparing = Places(AT_ONCE_MAX), Places(AT_ONCE_MAX)  # what people bring
        self._done_day = ""
        self._locks: dict[int, Lock] = {}

    def run_due(self) -> int:
        """What is due of the day's comparison, a bounded piece of it; how many breaks moved, and one more while work is left."""
        day = day_of(self.clock.now(), self.house.terms.policy)
        if day == self._done_day:
            return 0
        dropped = moved = self._drop_broken_off()
        for _ in range(STEPS_A_ROUND):
            with self.database.read() as tx:
                step = _next_step(tx, day)
            if step is None:
                self._done_day = "" if dropped else day
                return moved
            try:
                moved += self._compare_books(step) if step.name == BOOKS else self._compare_next_seller(step)
            except (Refused, Duplicate):  # another worker has taken this step
                LOG.info("the step %s of %s was taken by another worker", step.name, step.day)
        return moved + 1

    def compare_invoices(self, seller_id: int, *, tell: bool = False) -> Tally:
        """All invoices of a seller against the facts, and what is not found any more. `tell`: as a message, too."""
        return self._compare(seller_id, None, tell=tell)

    def compare_units(self, seller_id: int, numbers: Iterable[str]) -> Tally:
        """The same about some units."""
        tally, wanted = Tally(), sorted(set(numbers))
        for start in range(0, len(wanted), UNITS_A_STEP):
            tally.add(self._compare(seller_id, wanted[start : start + UNITS_A_STEP], tell=False))
        return tally

    def compare_corrected(self, seller_id: int, number: str, revision: int) -> Tally:
        """The same about the units of the invoice that this one has replaced: a correction may not name them any more."""
        tally, after = Tally(), 0
        with self._look(seller_id) as tx:
            invoice_id = queries.earlier(tx, seller_id, number, revision)
        while invoice_id is not None:
            with self._look(seller_id) as tx:
                numbers, last = queries.numbers_of(tx, invoice_id, after)
            tally.add(self.compare_units(seller_id, numbers))
            if last is None:
                break
            after = last
        return tally

    @contextmanager
    def _look(self, seller_id: int) -> Iterator[Tx]:
        """A look at what is a seller's."""
        with self.database.read() as tx:
            tx.only_of("seller", str(seller_id))
            yield tx

    def lock_of(self, seller_id: int) -> Lock:
        """Held while a piece of this seller is compared: an older look must not close what a newer one has found."""
        return self._locks.setdefault(seller_id, Lock())

    def _compare(self, seller_id: int, numbers: Sequence[str] | None, *, tell: bool) -> Tally:
        tally, until = self._compare_piece(seller_id, "", numbers, tell=tell)
        while until:
            found, until = self._compare_piece(seller_id, until, numbers, tell=tell)
            tally.add(found)
        return tally

    def _compare_piece(
        self, seller_id: int, after: str, numbers: Sequence[str] | None, *, tell: bool
    ) -> tuple[Tally, str]:
        """The units behind one, and up to which it came; empty: to the last. Each unit is seen at one moment."""
        policy, tally = self.house.terms.policy, Tally()
        with self.lock_of(seller_id):
            with self._look(seller_id) as tx:
                piece = queries.piece(tx, seller_id, after, numbers, self.lines_a_step)
                prices = queries.prices(tx, seller_id)
                units = queries.units(tx, seller_id, (line.return_number for line in piece.lines))
                stand = list(break_queries.standing(tx, seller_id, after, piece.until, numbers))
            found = list(reconciliation.of_lines(seller_id, piece.lines, units, prices))
            keys = {finding.key for finding in found}
            self._keep(found, policy, tally, tell=tell)
            self._close([break_id for break_id, key in stand if key not in keys], policy, tally)
        return tally, piece.until

    def _keep(self, found: Sequence[Finding], policy: Policy, tally: Tally, *, tell: bool) -> None:
        for start in range(0, len(found), FINDINGS_A_STEP):
            piece = found[start : start + FINDINGS_A_STEP]

            def keep(tx: Tx, at: datetime, piece: Sequence[Finding] = piece) -> bytes:
                return msgspec.json.encode(reconciliation_errands.keep(tx, piece, policy, at, tell=tell))

            tally.add(msgspec.json.decode(self.desk.perform_now(Errand(keep)).body, type=Tally))

    def _close(self, gone: Sequence[int], policy: Policy, tally: Tally) -> None:
        """Breaks that stood and were not found."""
        for start in range(0, len(gone), FINDINGS_A_STEP):
            piece = gone[start : start + FINDINGS_A_STEP]

            def close(tx: Tx, at: datetime, piece: Sequence[int] = piece) -> bytes:
                return str(reconciliation_errands.close_gone(tx, piece, policy, at)).encode()

            tally.gone += int(self.desk.perform_now(Errand(close)).body)

    def _drop_broken_off(self) -> int:
        """A bounded piece of what imports have left that broke off; how many lines."""
        before = self.clock.now() - IMPORT_LASTS
        with self.database.read() as tx:
            invoice_id = queries.broken_off(tx, before)
        if invoice_id is None:
            return 0
        drop = Errand(lambda tx, _: str(reconciliation_errands.drop_invoice(tx, invoice_id)).encode())
        return int(self.desk.perform_now(drop).body)

    def _compare_next_seller(self, step: Step) -> int:
        """A piece of a seller's lines."""
        if step.unit:
            seller_id: int | None = step.after
        else:
            with self.database.read() as tx:
                seller_id = queries.next_seller(tx, step.after)
        tally, until = Tally(), ""
        if seller_id is not None:
            tally, until = self._compare_piece(seller_id, step.unit, None, tell=True)
        self.desk.perform_now(Errand(lambda tx, at: reconciliation_errands.move_on(tx, step, seller_id, at, until)))
        return tally.moved

    def _compare_books(self, step: Step) -> int:
        """A piece of the returns, in one transaction with the place up to which the day's comparison has come."""
        policy, now = self.house.terms.policy, self.clock.now()
        with self.database.read() as tx:
            returns = queries.returns(tx, step.after, self.returns_a_step)
            ids = [it.id for it in returns]
            postings = queries.postings(tx, ids)
            moments = queries.moments(tx, ids)
            overturned = queries.overturned(tx, returns)
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
        found = queries.progress(tx, name)
        if found is None:
            return Step(name, day, None, 0)
        seen = found[:3]
        if found[0] < day:
            return Step(name, day, seen, 0)
        if found[0] == day and found[3] is None:
            return Step(name, day, seen, found[1], found[2])
    return None
