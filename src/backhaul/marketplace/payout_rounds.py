"""The payout run: refunds that wait leave in a file for the bank, and what the bank says comes back. A round of the worker.

A file is recorded before it leaves. Whatever happens on the way (a timeout, a crash, an answer that is lost) leaves it in doubt,
never paid twice: it is handed over again as the same bytes with the same ids, until the bank has taken it.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from backhaul.kit import fault_points
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.days import end_of_day, from_us, to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.machine import Refused
from backhaul.kit.rounds import next_try
from backhaul.marketplace import payout_errands, payout_queries, payout_store, statement_errands
from backhaul.marketplace.banks import Bank, BankAnswer, NotTaken, PayoutFile
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.payouts import REASON_CHARACTERS_MAX, BatchState, Kind, PayoutState
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role

LEASE = timedelta(minutes=5)
REFUNDS_A_STEP = 50
CALENDAR = By(Role.CALENDAR, "calendar")
BANK = By(Role.BANK, "bank")
STOPPED, NO_ANSWER = "stopped", "no_answer"

LOG = logging.getLogger("backhaul.payouts")


class PayoutRun:
    """Hands files over and reads answers. `bank` is the adapter; any number of workers may do it at once."""

    def __init__(self, database: Database, desk: Desk[Return], clock: Clock, bank: Bank) -> None:
        self.database = database
        self.desk = desk
        self.clock = clock
        self.bank = bank

    def work(self, policy: Policy) -> int:
        """One round; how much was done."""
        done = self.read_answers() + self.apply_entries()  # first: what the bank has paid already is not sent again
        with self.database.read() as tx:
            unread = tx.one(payout_queries.ANY_ENTRY_WAITING) is not None
            waits = not unread and tx.one(payout_queries.ANY_WAITING) is not None
            due = tx.rows(payout_queries.BATCHES_DUE, now_us=to_us(self.clock.now()))
        done += sum(self._look_again(batch_id, BatchState(state), policy) for batch_id, state in due)
        return done + (self._send_file(policy) if waits else 0)

    def read_answers(self) -> int:
        """Take in the statements that the bank left; what cannot be read is put by, and told. What fails otherwise stays for later."""
        done = 0
        for answer in self._answers():
            try:
                name = answer.name.encode("utf-8", "replace").decode()  # a directory may hold any bytes as a name
                statement_errands.taken_in(self.desk, name, answer.content, BANK)
                self.bank.put_by(answer, refused=False)
            except Refused as refused:
                if refused.kind != "invalid":  # the database is away, not the file's fault
                    raise
                LOG.error(  # noqa: TRY400 -- the reason is known, the stack says nothing
                    "the bank's file %r cannot be read: %s %s", answer.name, refused.code, dict(refused.facts)
                )
                self.bank.put_by(answer, refused=True)
            done += 1
        return done

    def _answers(self) -> list[BankAnswer]:
        try:
            return list(self.bank.answers())
        except Exception:  # an adapter may fail in any way; the rest of the round goes on
            LOG.exception("the bank's answers cannot be read now")
            return []

    def apply_entries(self) -> int:
        """Some of the entries that were recorded and moved nothing yet."""
        with self.database.read() as tx:
            if tx.one(payout_queries.ANY_ENTRY_WAITING) is None:
                return 0
        return statement_errands.apply_some(self.desk)

    # A file leaves

    def _send_file(self, policy: Policy) -> int:
        def record(tx: Tx, at: datetime) -> bytes:
            return str(payout_errands.record_file(tx, policy, at + LEASE, at)).encode()

        batch_id = int(self.desk.perform_now(Errand(record)).body)
        if batch_id:
            self._hand_over(batch_id, 1, policy)
        return 1 if batch_id else 0

    def _hand_over(self, batch_id: int, tries: int, policy: Policy) -> None:
        with self.database.read() as tx:
            file = PayoutFile(*payout_queries.content(tx, batch_id))
        fault_points.reached("payout.before")
        try:
            self.bank.hand_over(file)
            fault_points.reached("payout.after")
        except NotTaken as refusal:
            if tries == 1:
                self._refused(batch_id, str(refusal))
            else:  # perhaps only because the bank has it from an earlier try
                self._doubt(batch_id, str(refusal), None)
        except Exception as error:  # noqa: BLE001 -- an adapter may fail in any way, and then nobody knows
            LOG.warning("whether the bank has %s is unknown: %r", file.message_id, error)
            again = next_try(tries, self.clock.now(), secrets.randbelow(1000) / 1000)
            self._doubt(batch_id, repr(error), from_us(again) if tries < policy.payout_tries_max else None)
        else:
            self._taken(batch_id, policy)

    def _taken(self, batch_id: int, policy: Policy) -> None:
        def move(tx: Tx, at: datetime) -> None:
            row = tx.one(payout_store.BATCH_LOCKED, batch=batch_id)
            if row is not None and row[0] in {BatchState.LEAVING, BatchState.IN_DOUBT}:
                answer_by = end_of_day(at, policy.payout_answer_days)
                payout_store.move_batch(tx, batch_id, BatchState.HANDED_OVER, "", next_at=answer_by, taken_at=at)

        self._errand(move)
        self._give(batch_id, [PayoutState.IN_DOUBT], do.RetryRefund(), CALENDAR)

    def _refused(self, batch_id: int, reason: str) -> None:
        """The bank will never pay what stands in it: each refund failed, and is sent again as another attempt.

        The file first, and to be looked at once more: whoever dies in between, it is never handed over again.
        """
        self._move(batch_id, BatchState.REFUSED, reason, self.clock.now())
        self._give(batch_id, [PayoutState.SENT, PayoutState.IN_DOUBT], _refusal(reason), BANK)
        self._move(batch_id, BatchState.REFUSED, reason, None)

    def _doubt(self, batch_id: int, said: str, next_at: datetime | None) -> None:
        """The refunds first: who dies in between finds the file as it was, and begins again."""
        self._give(batch_id, [PayoutState.SENT], do.QuestionRefund(), CALENDAR)
        self._move(batch_id, BatchState.IN_DOUBT, said, next_at)
        self._errand(lambda tx, at: payout_errands.tell_of_doubt(tx, batch_id, at))

    # A file is looked at again

    def _look_again(self, batch_id: int, state: BatchState, policy: Policy) -> int:
        if state is BatchState.LEAVING:
            self._doubt(batch_id, STOPPED, self.clock.now())
        elif state is BatchState.HANDED_OVER:
            self._doubt(batch_id, NO_ANSWER, None)
        elif state is BatchState.IN_DOUBT:
            tries = self._claim(batch_id)
            if tries:
                self._hand_over(batch_id, tries, policy)
        elif state is BatchState.REFUSED:
            with self.database.read() as tx:
                reason = payout_queries.batch(tx, batch_id).answer
            self._refused(batch_id, reason)
        return 1

    def _claim(self, batch_id: int) -> int:
        """Of several workers one hands it over; the number of this try, 0 for the others."""

        def run(tx: Tx, at: datetime) -> bytes:
            return str(payout_errands.claim(tx, batch_id, at + LEASE, at)).encode()

        return int(self.desk.perform_now(Errand(run)).body)

    # Steps

    def _give(self, batch_id: int, states: Sequence[PayoutState], command: do.Command, by: By) -> None:
        """To every refund of a file, some in each transaction."""

        def step(tx: Tx, at: datetime) -> bytes:
            done = payout_errands.give_in_file(tx, self.desk, batch_id, states, command, by, at, REFUNDS_A_STEP)
            return str(done).encode()

        while int(self.desk.perform_now(Errand(step)).body):
            pass

    def _move(self, batch_id: int, to: BatchState, said: str, next_at: datetime | None) -> None:
        def move(tx: Tx, _: datetime) -> None:
            row = tx.one(payout_store.BATCH_LOCKED, batch=batch_id)
            if row is not None and row[0] != BatchState.ANSWERED:
                payout_store.move_batch(tx, batch_id, to, said, next_at=next_at)

        self._errand(move)

    def _errand(self, run: Callable[[Tx, datetime], None]) -> None:
        def run_it(tx: Tx, at: datetime) -> bytes:
            run(tx, at)
            return b""

        self.desk.perform_now(Errand(run_it))


def _refusal(reason: str) -> do.FailRefund:
    return do.FailRefund(f"{Kind.REJECTED.value}: {reason}"[:REASON_CHARACTERS_MAX])
