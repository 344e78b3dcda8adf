"""The desk: the one way to change anything. It takes the commands that wait, decides each by the law, and writes them in one transaction.

A refused command never harms its neighbours: the law refuses before any SQL, and when the database objects the batch is
replayed one by one. A case is at most once in a batch. Nobody is answered before the commit.
"""

import asyncio
import gc
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from backhaul.kit import fault_points
from backhaul.kit.clerk import Clerk, Waiting
from backhaul.kit.clock import Clock
from backhaul.kit.database import (
    ConnectionLost,
    Database,
    DatabaseError,
    Duplicate,
    InTheWay,
    OutcomeUnknown,
    ReadOnly,
    Tx,
    transaction,
)
from backhaul.kit.days import to_us
from backhaul.kit.journal import Journal, Letter, Mark, entry_row, event_hash, letter_row, traced
from backhaul.kit.ledger import Entry
from backhaul.kit.logs import names_of
from backhaul.kit.machine import Refused
from backhaul.kit.noticeboard import Mailboxes, Noticeboard, Posted
from backhaul.kit.notices import Notice
from backhaul.kit.watching import NOBODY, Watch

C = TypeVar("C")

TIMERS_PER_CASE_MAX = 20
NOT_ADMITTED = frozenset({"forbidden", "unknown"})  # kinds of refusals
AGAIN_MAX = 2  # times that work is tried again which met with another process's
SWEEP_MIN, SWEEP_START, SWEEP_MAX = 10, 100, 2000  # cases: in a chunk of the sweep, and in all of it
SWEEP_SECONDS, GENTLE_SECONDS, GENTLE_FOR_SECONDS = 0.1, 0.01, 1.0

LOG = logging.getLogger("backhaul.desk")

_encode = msgspec.json.Encoder().encode


class Change(msgspec.Struct, Generic[C]):
    """A case before and after, with its events. `head` is the chain's last hash, before and then after."""

    before: C | None
    after: C
    case_id: int
    head: bytes
    events: list[tuple[int, tuple[Any, Any, datetime, Any], Mark]]
    traceparent: str = ""


class House(Protocol[C]):
    """What an organisation tells its desk. Everything here is called inside the batch's transaction."""

    journal: Journal
    board: Noticeboard

    def admit(self, tx: Tx, callers: Sequence[Any], at: datetime) -> dict[Any, Any]:
        """Who each caller is: a `By`, or the `Refused` that they get."""

    def may_write(self, caller: Any) -> bool:
        """False for a credential that says of itself that it is read-only: it gets a connection that cannot write."""

    def load(self, tx: Tx, case_ids: list[int], *, lock: bool) -> dict[int, tuple[C, bytes]]:
        """The cases with their chain heads, locked in the order of their ids."""

    def surroundings(self, tx: Tx, cases: Iterable[C]) -> Callable[[C], Any]:
        """Everything else that the law must know about each of these cases."""

    def decide(self, it: C, command: Any, by: Any, at: datetime, around: Any) -> list[Any]:
        """The law."""

    def evolve(self, it: C, event: Any) -> C:
        """The fold."""

    def version(self, it: C) -> int:
        """The number of events so far."""

    def entries(self, it: C, event: Any) -> list[Entry]:
        """The postings of an event."""

    def letters(self, it: C, event: Any, by: Any, at: datetime) -> list[Letter]:
        """The messages that an event sends."""

    def notices(self, it: C, event: Any, by: Any, at: datetime) -> list[Notice]:
        """What an event tells people."""

    def mailboxes(self, tx: Tx, readers: list[str]) -> Mailboxes:
        """Where these readers of notices get mail."""

    def save(self, tx: Tx, changes: list[Change[C]]) -> None:
        """Insert or update the rows; `Refused` when one of them was changed by somebody else."""

    def due(self, tx: Tx, at: datetime, limit: int) -> list[int]:
        """The cases whose next deadline has passed, longest overdue first."""

    def overdue(self, tx: Tx, at: datetime, limit: int) -> int:
        """How many of these there are, at most `limit`, on a connection that only reads."""

    def timers(self, it: C) -> list[tuple[datetime, Any]]:
        """What the calendar will do to a case, soonest first."""

    def calendar(self) -> Any:
        """The `By` of the calendar."""

    def signature(self, by: Any) -> tuple[str, str]:
        """(role, actor) as the events record them."""


class Answer(msgspec.Struct, frozen=True):
    """What a command came to. `it` is None when the answer is remembered from an earlier request with the same key."""

    body: bytes
    it: Any = None
    events: int = 0


class Order(msgspec.Struct, frozen=True):
    """A command for one existing case. `seen` is the version that the caller looked at, None: does not matter."""

    case_id: int
    command: Any
    caller: Any
    key: str = ""
    body_hash: bytes = b""
    seen: int | None = None
    request_id: str = ""
    render: Callable[[Any], bytes] | None = None

    def names(self) -> set[object]:
        """What at most one work of a batch may bear."""
        return {self.case_id, (self.caller, self.key)} if self.key else {self.case_id}


class Errand(msgspec.Struct, frozen=True):
    """Any other change: `run(tx, at)` in a savepoint of the batch. `key` works as with an order; `what` stands in the access log."""

    run: Callable[[Tx, datetime], bytes | None]
    caller: Any = None
    key: str = ""
    body_hash: bytes = b""
    what: str = "errand"

    def names(self) -> set[object]:
        """What at most one work of a batch may bear."""
        return {(self.caller, self.key)} if self.key else set()


Work = Order | Errand
Result = Answer | BaseException


def fingerprint(body: object) -> bytes:
    """The hash that tells whether two requests with one idempotency key say the same."""
    return hashlib.sha256(body if isinstance(body, bytes) else _encode(body)).digest()


class Desk(Generic[C]):
    """One clerk, one writing connection. `start` gives the clerk a thread; without it the caller does the work."""

    def __init__(self, database: Database, house: House[C], clock: Clock) -> None:
        self.database = database
        self.house = house
        self.clock = clock
        self._connection = database.writer()
        self._alone = threading.RLock()  # instead of a clerk
        self._decides_on_loops = database.dialect == "sqlite"  # a server's answers take as long as the network
        self._told: set[str] = set()
        self._chunk = SWEEP_START  # how many cases lately fitted into the time of a chunk of the sweep
        self._gentle_until = 0.0
        self._stuck: set[int] = set()  # overdue cases that did not move: they must not use up the limit of a sweep
        self.watch: Watch = NOBODY
        self.clerk = Clerk(self)

    # The doors

    async def perform(self, work: Work) -> Answer:
        """Hand in work from a coroutine; resumes after the commit."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self.put(work, future, loop)
        return await future

    def perform_now(self, work: Work) -> Answer:
        """Hand in work from a thread, or do it here when no clerk was started."""
        if not self.clerk.is_there:
            with self._alone:
                result = self.handle([(work, self.clock.now())])[0]
        else:
            future: Future[Answer] = Future()
            self.put(work, future)
            return future.result()
        if isinstance(result, BaseException):
            raise result
        return result

    def perform_all_now(self, works: Sequence[Work]) -> list[Result]:
        """Hand in many at once from a thread; the answers in their order, a refusal in the place of the one it is for."""
        if not self.clerk.is_there:
            with self._alone:
                return self.handle([(work, self.clock.now()) for work in works])
        futures: list[Future[Answer]] = [Future() for _ in works]
        for work, future in zip(works, futures, strict=True):
            self.put(work, future)
        return [future.exception() or future.result() for future in futures]

    def start(self) -> None:
        """Give the clerk a thread."""
        self.clerk.start()

    def close(self) -> None:
        """Finish what waits, then stop."""
        self.clerk.close()
        self._connection.close()

    def put(self, work: Work, waiter: Any, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Hand in work for a future, from a thread or from its loop."""
        self.watch.handed_in(work)
        on_loop = self._decides_on_loops and isinstance(work, Order) and self._writes(work)
        self.clerk.put(Waiting(work, self.clock.now(), waiter, loop if on_loop else None))

    # The work

    def handle(self, works: Sequence[tuple[Work, datetime]]) -> list[Result]:
        """Answers for a batch, in its order. Never raises: a failure is the answer of the one who caused it."""
        began = time.perf_counter()
        readers = {i for i, (work, _) in enumerate(works) if not self._writes(work)}
        results = {i: self._read_only(works[i]) for i in readers}
        writers = [i for i in range(len(works)) if i not in readers]
        written = self._handle([works[i] for i in writers])
        results |= dict(zip(writers, written, strict=True))
        answers = [results[i] for i in range(len(works))]
        self.watch.batch(works, answers, time.perf_counter() - began)
        return answers

    def opened(self, works: Sequence[tuple[Work, datetime]]) -> "OpenedBatch | None":
        """A batch of orders, decided and written but not committed; None: something is in the way, and nothing was done."""
        began = time.perf_counter()
        try:
            with ExitStack() as stack:
                tx = stack.enter_context(transaction(self._connection, self.database.dialect, wait=False))
                results = self._batch(tx, list(works), lock=True)
                return OpenedBatch(self, works, results, stack.pop_all(), began)
        except Exception:  # noqa: BLE001 -- `handle` meets it again, and tells whose it is
            return None

    def _writes(self, work: Work) -> bool:
        return work.caller is None or self.house.may_write(work.caller)

    def _read_only(self, work: tuple[Work, datetime]) -> Result:
        try:
            with self.database.read() as tx:
                result = self._batch(tx, [work], lock=False)[0]
        except Refused as refused:
            result = refused
        except ReadOnly:
            result = Refused("role_read_only", "forbidden")
        except DatabaseError as error:
            result = _failed(error)
        if isinstance(result, Refused):
            row = self._attempt(work[0], result, work[1])
            self._handle([(Errand(lambda tx, _: self.house.journal.log_access(tx, [row])), work[1])])
        return result

    def _handle(self, works: list[tuple[Work, datetime]], again: int = AGAIN_MAX) -> list[Result]:
        if not works:
            return []
        fresh = self.database.is_closed(self._connection)
        try:
            if fresh:
                self._connection = self.database.writer()
            with transaction(self._connection, self.database.dialect) as tx:
                results = self._batch(tx, works, lock=True)
                decided = time.perf_counter()
        except (ConnectionLost, OutcomeUnknown) as error:
            return self._without_server(works, error, fresh=fresh)
        except (Refused, DatabaseError) as error:
            if len(works) == 1:
                # Another process answered this very key, or held a row: what it wrote is there now.
                met = bool(again) and isinstance(error, Duplicate | InTheWay)
                return self._handle(works, again - 1) if met else [_failed(error)]
        except Exception as error:
            if len(works) == 1:
                LOG.exception("a piece of work failed; its neighbours do not")
                return [_failed(error)]
        else:
            self.watch.committed(time.perf_counter() - decided)
            return results
        return [self._handle([work])[0] for work in works]

    def _without_server(
        self, works: list[tuple[Work, datetime]], error: ConnectionLost | OutcomeUnknown, *, fresh: bool
    ) -> list[Result]:
        """Lost before the COMMIT nothing was done: once more, on a new connection. Lost in it, once more could be twice."""
        if isinstance(error, OutcomeUnknown):
            LOG.error("the outcome of %d works is unknown: %s", len(works), error)
        elif not fresh:
            return self._handle(works)
        return [_failed(error) for _ in works]

    def _batch(self, tx: Tx, works: list[tuple[Work, datetime]], *, lock: bool) -> list[Result]:
        callers = {work.caller for work, _ in works if isinstance(work, Order)}
        admitted = self.house.admit(tx, list(callers), works[0][1])
        keys = [work.key for work, _ in works if work.key]
        names = {caller: str(caller) for caller in {work.caller for work, _ in works if work.key}}
        known = self.house.journal.known_answers(tx, keys) if keys else {}
        orders = [work for work, _ in works if isinstance(work, Order)]
        cases = self.house.load(tx, sorted({order.case_id for order in orders}), lock=lock) if orders else {}
        around = self.house.surroundings(tx, [it for it, _ in cases.values()])
        changes: list[Change[C]] = []
        answers: list[dict[str, object]] = []
        attempts: list[dict[str, object]] = []
        results: list[Result] = []
        remembered_any = False
        for work, at in works:
            result: Result
            self.watch.turn(work)
            try:
                by = admitted.get(work.caller)
                if isinstance(by, Refused):
                    raise by
                remembered = self._remembered(work, names, known)
                if remembered is not None:
                    result, remembered_any = remembered, True
                elif isinstance(work, Order):
                    result, change = self._decide(work, at, by, cases, around)
                    if change is not None:
                        changes.append(change)
                else:
                    with tx.savepoint():
                        result = Answer(work.run(tx, at) or b"")
                if remembered is None and work.key:
                    answers.append(self._answer_row(work, names[work.caller], result, at))
            except Refused as refused:
                result = self._answered_meanwhile(tx, work, names, refused) if lock else refused
                remembered_any |= isinstance(result, Answer)
                if refused.kind in NOT_ADMITTED:
                    attempts.append(self._attempt(work, refused, at))
            except DatabaseError as error:
                if isinstance(work, Order) or isinstance(error, ReadOnly | InTheWay) or len(works) > 1 or not lock:
                    raise  # without the lock it is one who may not write: `_read_only` says so
                result = _failed(error)
            results.append(result)
        if remembered_any and lock:
            tx.outlast_this_server()
        self.write(tx, changes, answers)
        self.house.journal.log_access(tx, attempts if lock else [])  # who may not write is noted by `_read_only`
        return results

    def _remembered(
        self, work: Work, names: dict[Any, str], known: dict[tuple[str, str], tuple[bytes, bytes]]
    ) -> Answer | None:
        if not work.key:
            return None
        found = known.get((names[work.caller], work.key))
        if found is None:
            return None
        body_hash, answer = found
        if body_hash != work.body_hash:
            raise Refused("key_used_for_another_request", "invalid", "Idempotency-Key")
        return Answer(answer)

    def _answered_meanwhile(self, tx: Tx, work: Work, names: dict[Any, str], refused: Refused) -> Result:
        """Another process may have answered this very key while we waited for its case: then that is the answer, not what the case says now."""
        if not work.key or refused.kind in NOT_ADMITTED:
            return refused
        try:
            return self._remembered(work, names, self.house.journal.known_answers(tx, [work.key])) or refused
        except Refused as other:
            return other

    def _decide(self, order: Order, at: datetime, by: Any, cases: dict[int, tuple[C, bytes]],
                around: Callable[[C], Any]) -> tuple[Answer, Change[C] | None]:  # fmt: skip
        if order.case_id not in cases:
            raise Refused("not_found", "missing")
        it, head = cases[order.case_id]
        surroundings = around(it)
        version = self.house.version(it)
        events = self.house.decide(it, order.command, by, at, surroundings) if order.seen in (None, version) else None
        if events is None:
            self.house.decide(it, order.command, by, at, surroundings)
            raise Refused("version_conflict", version=version, seen=order.seen)
        change = self.change(it, order.case_id, head, [(event, by, at) for event in events], at, order.request_id)
        body = order.render(change.after) if order.render is not None else b"{}"
        return Answer(body, change.after, len(events)), change if events else None

    def change(self, it: C | None, case_id: int, head: bytes, happened: list[tuple[Any, Any, datetime]],
               recorded: datetime, request_id: str = "", *, born: C | None = None) -> Change[C]:  # fmt: skip
        """Fold events (event, by, when it counts) into a case. `born`: the case that the first event starts."""
        after = it if born is None else born
        if after is None:
            msg = "a change needs a case, or a born one"
            raise ValueError(msg)
        events: list[tuple[int, tuple[Any, Any, datetime, Any], Mark]] = []
        for n, (event, by, at) in enumerate(happened):
            if born is None or n > 0:
                after = self.house.evolve(after, event)
            role, actor = self.house.signature(by)
            mark = Mark(to_us(at), to_us(recorded), role, actor, request_id)
            events.append((self.house.version(after), (event, by, at, after), mark))
        return Change(it, after, case_id, head, events, self.watch.traceparent())

    def write(self, tx: Tx, changes: list[Change[C]], answers: list[dict[str, object]] | None = None) -> None:
        """Save the cases and append all that they leave behind."""
        event_rows: list[dict[str, object]] = []
        entry_rows: list[dict[str, object]] = []
        letter_rows: list[dict[str, object]] = []
        posted: list[Posted] = []
        for change in changes:
            for seq, happened, mark in change.events:
                event, by, at, after = happened
                data = _encode(event)
                change.head = event_hash(change.head, change.case_id, seq, data, mark)
                event_rows.append({
                    "case_id": change.case_id, "seq": seq, "kind": type(event).__name__, "data": data.decode(),
                    "at_us": mark.at_us, "recorded_us": mark.recorded_us, "role": mark.role, "actor": mark.actor,
                    "request_id": mark.request_id, "hash": change.head,
                })  # fmt: skip
                for entry in self.house.entries(after, event):
                    entry_rows.append(entry_row(entry, change.case_id, seq, mark.at_us))  # noqa: PERF401
                for n, letter in enumerate(self.house.letters(after, event, by, at)):
                    name = f"msg_{letter.to}_{change.case_id}_{seq}_{n}"
                    letter = traced(letter, change.traceparent)  # noqa: PLW2901
                    letter_rows.append(letter_row(letter, name, change.case_id, seq, mark.recorded_us))
                posted += [
                    Posted(notice, f"{change.case_id}.{seq}", mark.at_us, mark.recorded_us, change.case_id)
                    for notice in self.house.notices(after, event, by, at)
                ]
        # What asks comes before what is only put: an answer waits for all that was put before it.
        readers = sorted({one.notice.to for one in posted})
        boxes = self.house.mailboxes(tx, readers) if readers else {}
        if changes:
            self.house.save(tx, changes)
        self.house.journal.write(tx, event_rows, entry_rows, letter_rows, answers or [])
        self.house.board.hang(tx, posted, lambda _tx, _readers: boxes)

    def _answer_row(self, work: Work, caller: str, result: Result, at: datetime) -> dict[str, object]:
        body = result.body if isinstance(result, Answer) else b""
        return {
            "caller": caller, "key": work.key, "body_hash": work.body_hash, "answer": body, "at_us": to_us(at),
        }  # fmt: skip

    def _attempt(self, work: Work, refused: Refused, at: datetime) -> dict[str, object]:
        what = f"{type(work.command).__name__} {work.case_id}" if isinstance(work, Order) else work.what
        return {"at_us": to_us(at), "caller": str(work.caller), "what": what, "code": refused.code}

    # The calendar

    def sweep(self, limit: int = SWEEP_MAX) -> int:
        """Fire what is overdue, each with its original instant, at most `limit` cases; how many were moved.

        It goes in chunks, and commands are taken between them. A chunk is as large as lately fitted into a tenth of a
        second; when somebody waited for one, into a hundredth for a while, with as long a rest behind it. The desk is asked
        only when something is overdue: a look costs no write.
        """
        with self.database.read() as tx:
            if not self.house.overdue(tx, self.clock.now(), 1):
                return 0
        moved = 0
        while moved < limit:
            most, began = min(limit - moved, self._chunk), time.perf_counter()
            done = self._sweep_some(most)
            took = time.perf_counter() - began
            moved += done
            gentle = time.perf_counter() < self._gentle_until
            fitting = int(most * (GENTLE_SECONDS if gentle else SWEEP_SECONDS) / took)
            self._chunk = max(SWEEP_MIN, min(fitting, self._chunk * 2, SWEEP_MAX))
            if done < most:
                break
            if gentle:
                time.sleep(min(took, SWEEP_SECONDS))
        return moved

    def _sweep_some(self, most: int) -> int:
        return int(self.perform_now(Errand(lambda tx, at: str(self.fire(tx, at, most)).encode())).body)

    def fire(self, tx: Tx, at: datetime, limit: int) -> int:
        """The sweep's work inside a transaction: late firing uses the instant of the deadline, not of the sweep (R95)."""
        due = self.house.due(tx, at, limit + len(self._stuck))
        fault_points.reached("sweep.chosen")
        with _no_collector():
            cases = self.house.load(tx, sorted(due), lock=True)
            around = self.house.surroundings(tx, [it for it, _ in cases.values()])
            changes = []
            for case_id, (it, head) in cases.items():
                change = self._overdue(it, case_id, head, at, around(it))
                if change.events:
                    changes.append(change)
                    self._stuck.discard(case_id)
                else:
                    self._stuck.add(case_id)
            self.write(tx, changes)
        if self.clerk.queue()[0]:
            self._gentle_until = time.perf_counter() + GENTLE_FOR_SECONDS
        return len(changes)

    def _overdue(self, it: C, case_id: int, head: bytes, now: datetime, around: Any) -> Change[C]:
        """What the calendar has to do to a case, all of it until now."""
        change = Change(it, it, case_id, head, [])
        by = self.house.calendar()
        role, actor = self.house.signature(by)
        for _ in range(TIMERS_PER_CASE_MAX):
            timers = self.house.timers(change.after)
            if not timers or timers[0][0] > now:
                break
            due_at, command = timers[0]
            mark = Mark(to_us(due_at), to_us(now), role, actor, "calendar")
            after, fired = change.after, []
            try:
                for event in self.house.decide(after, command, by, due_at, around):
                    after = self.house.evolve(after, event)
                    fired.append((self.house.version(after), (event, by, due_at, after), mark))
            except Exception as error:  # noqa: BLE001 -- a fault of the law; the other cases must not wait for its repair
                self._tell_once(f"the calendar may not {type(command).__name__}: {names_of(error)}")
                break
            change.after = after
            change.events += fired
        return change

    def _tell_once(self, fault: str) -> None:
        """The sweep comes back every second; the log need not."""
        if fault not in self._told:
            self._told.add(fault)
            LOG.error(fault)


class OpenedBatch:
    """What `Desk.opened` leaves to be committed, in any thread."""

    def __init__(self, desk: Desk[Any], works: Sequence[tuple[Work, datetime]], results: list[Result],
                 transaction: ExitStack, began: float) -> None:  # fmt: skip
        self._desk = desk
        self._works = works
        self._results = results
        self._transaction = transaction
        self._began = began

    def finish(self) -> list[Result]:
        """Commit, and the answers; when that fails, everything once more, one by one."""
        watch, decided = self._desk.watch, time.perf_counter()
        try:
            self._transaction.close()
        except Exception:  # noqa: BLE001 -- as in `opened`
            return self._desk.handle(self._works)
        done = time.perf_counter()
        watch.committed(done - decided)
        watch.batch(self._works, self._results, done - self._began)
        return self._results


@contextmanager
def _no_collector() -> Iterator[None]:
    """What a chunk of the sweep makes lives until its end: looking through it again and again for what does not takes a tenth of it."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _failed(error: Exception) -> Refused:
    if isinstance(error, Refused):
        return error
    code = "database_failed" if isinstance(error, DatabaseError) else "failed"
    refused = Refused("outcome_unknown" if isinstance(error, OutcomeUnknown) else code, "away")
    refused.__cause__ = error
    return refused
