"""SQL that only looks at payouts, the files they leave in, bank statements and their entries."""

from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.payouts import BatchState, Misfit, Outcome, Payout, PayoutState

PAGE_ROWS = 50
FILES_SHOWN = 20
COUNTED = (Outcome.APPLIED, Outcome.AGREED, Outcome.BREAK, Outcome.WAITING)
ENTRIES_SHOWN = 200

_p, _b, _s, _e = t.payouts.c, t.payout_batches.c, t.bank_statements.c, t.bank_entries.c
PAYOUT_COLUMNS = (
    _p.key, _p.return_id, _p.attempt, _p.amount_minor, _p.currency, _p.customer_ref, _p.state, _p.batch_id,
)  # fmt: skip
# Written out and not bound: so SQLite sees that a partial index holds what is asked for.
is_waiting = _p.state == sa.literal_column("'waiting'")
is_in_doubt = _p.state == sa.literal_column("'in_doubt'")
not_applied = _e.outcome == sa.literal_column("'waiting'")
to_settle = sa.and_(_e.outcome == sa.literal_column("'break'"), _e.settled_us.is_(None))


class BatchView(msgspec.Struct, frozen=True):
    """A payout file without its bytes. `answer`: what became of the last try to hand it over."""

    id: int
    message_id: str
    state: BatchState
    form: str
    payouts: int
    amount: Money
    made_at: datetime
    handed_over_at: datetime | None
    due_at: datetime | None
    tries: int
    answer: str
    sha256: str


class StatementView(msgspec.Struct, frozen=True):
    """A bank statement that was taken in. `to_settle`: breaks that nobody has looked at; `again`: this very file was here before, and changed nothing now."""

    id: int
    sha256: str
    name: str
    form: str
    entries: int
    taken_at: datetime
    taken_by: str
    applied: int = 0
    agreed: int = 0
    breaks: int = 0
    waiting: int = 0
    to_settle: int = 0
    again: bool = False


class EntryView(msgspec.Struct, frozen=True):
    """An entry of a statement and what became of it. `code`: why it moved nothing."""

    statement_id: int
    place: int
    line: int
    reference: str
    key: str
    kind: str
    amount: Money
    booked_on: str
    reason: str
    outcome: Outcome
    code: str
    return_id: int | None = None
    settled_at: datetime | None = None
    settled_by: str = ""
    comment: str = ""


_batch = sa.select(
    _b.id, _b.message_id, _b.state, _b.form, _b.payouts, _b.amount_minor, _b.currency, _b.made_us, _b.handed_over_us,
    _b.due_us, _b.tries, _b.answer, _b.sha256,
)  # fmt: skip
BATCHES = Statement(_batch.where(_b.id < bindparam("before")).order_by(_b.id.desc()).limit(FILES_SHOWN))
BATCH = Statement(_batch.where(_b.id == bindparam("batch")))
CONTENT = Statement(sa.select(_b.message_id, _b.form, _b.content).where(_b.id == bindparam("batch")))
BATCHES_DUE = Statement(
    sa.select(_b.id, _b.state).where(_b.due_us <= bindparam("now_us")).order_by(_b.due_us, _b.id).limit(20)
)
_payout = sa.select(*PAYOUT_COLUMNS)
OF_BATCH = Statement(
    _payout.where(_p.batch_id == bindparam("batch"), _p.key > bindparam("after"))
    .order_by(_p.key)
    .limit(bindparam("most"))
)
OPEN_OF_BATCH = Statement(
    _payout.where(_p.batch_id == bindparam("batch"), _p.state == bindparam("state"))
    .order_by(_p.key)
    .limit(bindparam("most"))
)
IN_DOUBT = Statement(_payout.where(is_in_doubt).order_by(_p.asked_us, _p.key).limit(PAGE_ROWS))
WAITING = Statement(_payout.where(is_waiting).order_by(_p.asked_us, _p.key).limit(PAGE_ROWS))
# The bank says that an earlier attempt was paid after all: before somebody has settled that, the next one does not leave.
may_leave = sa.and_(
    is_waiting,
    ~sa.exists().where(_e.return_id == _p.return_id, _e.outcome == "break", _e.settled_us.is_(None),
                       _e.code == Misfit.PAID_AFTER_FAILURE.value),
)  # fmt: skip
ANY_WAITING = Statement(sa.select(_p.key).where(may_leave).limit(1))
ANY_ENTRY_WAITING = Statement(
    sa.select(_e.statement_id).where(not_applied).order_by(_e.statement_id, _e.place).limit(1)
)
_statement = sa.select(_s.id, _s.sha256, _s.name, _s.form, _s.entries, _s.taken_us, _s.taken_by)
STATEMENTS = Statement(_statement.where(_s.id < bindparam("before")).order_by(_s.id.desc()).limit(PAGE_ROWS))
STATEMENT = Statement(_statement.where(_s.id == bindparam("of_statement")))
BY_HASH = Statement(_statement.where(_s.sha256 == bindparam("hash")))
OUTCOMES = Statement(
    sa.select(_e.statement_id, _e.outcome, sa.func.count(), sa.func.count(_e.settled_us))
    .where(among(_e.statement_id, "ids"))
    .group_by(_e.statement_id, _e.outcome)
)
entry_columns = (
    _e.statement_id, _e.place, _e.line, _e.reference, _e.key, _e.kind, _e.amount_minor, _e.currency, _e.booked_on,
    _e.reason, _e.outcome, _e.code, _e.return_id, _e.settled_us, _e.settled_by, _e.comment,
)  # fmt: skip
_entry = sa.select(*entry_columns)
ENTRIES = Statement(
    _entry.where(_e.statement_id == bindparam("of_statement"), _e.place > bindparam("after"))
    .order_by(_e.place)
    .limit(ENTRIES_SHOWN)
)
ENTRY = Statement(_entry.where(_e.statement_id == bindparam("of_statement"), _e.place == bindparam("place")))
BREAKS = Statement(_entry.where(to_settle).order_by(_e.statement_id.desc(), _e.place).limit(ENTRIES_SHOWN))
# A booking of an attempt that counts as failed: before somebody has looked at it nothing more is sent.
CONTRADICTED = Statement(
    sa.select(_p.return_id)
    .join(t.bank_entries, _e.key == _p.key)
    .where(among(_p.return_id, "ids"), to_settle, _e.code == Misfit.PAID_AFTER_FAILURE.value)
)


def payout_of(row: tuple[Any, ...]) -> Payout:
    """A row of the payout's columns."""
    return Payout(row[0], row[1], row[2], Money(row[3], row[4]), row[5], PayoutState(row[6]), row[7])


def batches(tx: Tx, before: int = 2**62) -> list[BatchView]:
    """Payout files, the newest first."""
    return [_batch_of(row) for row in tx.rows(BATCHES, before=before)]


def batch(tx: Tx, batch_id: int) -> BatchView:
    """One payout file, or `Refused`."""
    row = tx.one(BATCH, batch=batch_id)
    if row is None:
        raise Refused("not_found", "missing")
    return _batch_of(row)


def content(tx: Tx, batch_id: int) -> tuple[str, str, bytes]:
    """(message id, form, bytes) of a payout file, or `Refused`."""
    row = tx.one(CONTENT, batch=batch_id)
    if row is None:
        raise Refused("not_found", "missing")
    return row[0], row[1], bytes(row[2])


def of_batch(tx: Tx, batch_id: int, after: str = "") -> list[Payout]:
    """The payouts of a file by their keys, a page at a time."""
    return [payout_of(row) for row in tx.rows(OF_BATCH, batch=batch_id, after=after, most=ENTRIES_SHOWN)]


def waiting(tx: Tx) -> list[Payout]:
    """Payouts that wait for the next file, the oldest first."""
    return [payout_of(row) for row in tx.rows(WAITING)]


def in_doubt(tx: Tx) -> list[Payout]:
    """Payouts of which nobody knows whether they were paid, the oldest first."""
    return [payout_of(row) for row in tx.rows(IN_DOUBT)]


def statements(tx: Tx, before: int = 2**62) -> list[StatementView]:
    """Bank statements, the newest first."""
    return _counted(tx, tx.rows(STATEMENTS, before=before))


def statement(tx: Tx, statement_id: int) -> StatementView:
    """One bank statement, or `Refused`."""
    found = _counted(tx, tx.rows(STATEMENT, of_statement=statement_id))
    if not found:
        raise Refused("not_found", "missing")
    return found[0]


def statement_of_hash(tx: Tx, sha256: str) -> StatementView | None:
    """The statement that came as these very bytes."""
    found = _counted(tx, tx.rows(BY_HASH, hash=sha256))
    return found[0] if found else None


def entries(tx: Tx, statement_id: int, after: int = 0) -> list[EntryView]:
    """The entries of a statement in their order, a page at a time."""
    return [entry_of(row) for row in tx.rows(ENTRIES, of_statement=statement_id, after=after)]


def breaks(tx: Tx) -> list[EntryView]:
    """Entries that fit nothing and that nobody has settled, the newest statement first."""
    return [entry_of(row) for row in tx.rows(BREAKS)]


def contradicted(tx: Tx, return_ids: list[int]) -> set[int]:
    """Returns whose failed refund the bank says it has paid."""
    return {int(row[0]) for row in tx.rows(CONTRADICTED, ids=return_ids)} if return_ids else set()


def entry_of(row: tuple[Any, ...]) -> EntryView:
    """A row of the entry's columns."""
    settled = None if row[13] is None else from_us(row[13])
    amount, outcome = Money(row[6], row[7] or "RUB"), Outcome(row[10])
    return EntryView(*row[:6], amount, *row[8:10], outcome, *row[11:13], settled, *row[14:16])  # type: ignore[call-arg]  # the columns


def day_of(text: str) -> date | None:
    """A stored day."""
    return date.fromisoformat(text) if text else None


def _batch_of(row: tuple[Any, ...]) -> BatchView:
    handed_over, due = (None if us is None else from_us(us) for us in row[8:10])
    return BatchView(row[0], row[1], BatchState(row[2]), row[3], row[4], Money(row[5], row[6]), from_us(row[7]),
                     handed_over, due, row[10], row[11], row[12])  # fmt: skip


def _counted(tx: Tx, rows: list[tuple[Any, ...]]) -> list[StatementView]:
    counts: dict[int, dict[str, int]] = {}
    for statement_id, outcome, count, settled in tx.rows(OUTCOMES, ids=[row[0] for row in rows]) if rows else []:
        of = counts.setdefault(statement_id, {})
        of[outcome] = int(count)
        of["to_settle"] = of.get("to_settle", 0) + (int(count) - int(settled) if outcome == Outcome.BREAK else 0)
    found = []
    for row in rows:
        of = counts.get(row[0], {})
        counted = (of.get(one, 0) for one in (*COUNTED, "to_settle"))
        found.append(StatementView(*row[:5], from_us(row[5]), row[6], *counted))  # type: ignore[call-arg]  # the columns
    return found
