"""SQL that writes bank statements and what became of their entries. Only the desk calls it."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.money import Money
from backhaul.marketplace import tables as t
from backhaul.marketplace.payout_queries import EntryView, day_of, entry_columns, entry_of, not_applied
from backhaul.marketplace.rules.payouts import BankEntry, Kind, Misfit, Outcome

_e = t.bank_entries.c
_true = sa.or_(_e.outcome == Outcome.APPLIED.value, _e.outcome == Outcome.AGREED.value)

INSERT_STATEMENT = Statement(t.bank_statements.insert())
INSERT_ENTRY = Statement(t.bank_entries.insert())
TO_APPLY = Statement(
    sa.select(*entry_columns)
    .where(not_applied)
    .order_by(_e.statement_id, _e.place)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
SAME_REFERENCE = Statement(
    sa.select(_e.key, _e.kind, _e.amount_minor).where(_e.reference == bindparam("said"), _true).limit(20)
)
TRUE_OF_KEY = Statement(
    sa.select(_e.kind, _e.booked_on, _e.reference).where(_e.key == bindparam("said"), _true).limit(20)
)
JUDGED = Statement(
    t.bank_entries.update()
    .where(_e.statement_id == bindparam("of_statement"), _e.place == bindparam("at_place"), not_applied)
    .values(
        outcome=bindparam("to"), code=bindparam("why"), return_id=bindparam("of_return"),
        settled_us=bindparam("at_us"), comment=bindparam("said"),
    )
)  # fmt: skip
SETTLE = Statement(
    t.bank_entries.update()
    .where(
        _e.statement_id == bindparam("of_statement"), _e.place == bindparam("at_place"),
        _e.outcome == Outcome.BREAK.value, _e.settled_us.is_(None),
    )
    .values(settled_us=bindparam("at_us"), settled_by=bindparam("person"), comment=bindparam("said"))
)  # fmt: skip
LEFT = Statement(
    sa.select(_e.place).where(_e.statement_id == bindparam("of_statement"), not_applied).order_by(_e.place).limit(1)
)
OPEN_BREAKS = Statement(
    sa.select(sa.func.count()).where(
        _e.statement_id == bindparam("of_statement"), _e.outcome == Outcome.BREAK.value, _e.settled_us.is_(None)
    )
)


class Recorded(BankEntry, frozen=True, kw_only=True):
    """An entry as it is stored: where it stands."""

    statement_id: int
    place: int


def insert_entries(tx: Tx, statement_id: int, entries: Sequence[BankEntry]) -> None:
    """Everything the bank said, before any of it moves something."""
    tx.many(INSERT_ENTRY, [_row(statement_id, n, said) for n, said in enumerate(entries, 1)])


def _row(statement_id: int, place: int, said: BankEntry) -> dict[str, object]:
    return {
        "statement_id": statement_id, "place": place, "line": said.line, "reference": said.reference, "key": said.key,
        "kind": said.kind.value, "amount_minor": said.amount.minor if said.amount else 0,
        "currency": said.amount.currency if said.amount else "",
        "booked_on": said.booked_on.isoformat() if said.booked_on else "", "reason": said.reason,
        "outcome": Outcome.WAITING.value, "code": said.fault, "return_id": None, "settled_us": None, "settled_by": "",
        "comment": "",
    }  # fmt: skip


def to_apply(tx: Tx, most: int) -> list[Recorded]:
    """Entries that moved nothing yet, in the order in which they came."""
    return [_recorded(entry_of(row)) for row in tx.rows(TO_APPLY, most=most)]


def _recorded(one: EntryView) -> Recorded:
    amount: Money | None = one.amount if one.amount.minor else None
    return Recorded(one.line, Kind(one.kind), one.key, amount, day_of(one.booked_on), one.reference, one.reason, one.code,
                    statement_id=one.statement_id, place=one.place)  # fmt: skip


def repeats(tx: Tx, said: Recorded) -> Misfit | None:
    """Whether another entry with this reference was taken as true before: the same one, or another one of that name."""
    if said.reference:
        known = tx.rows(SAME_REFERENCE, said=said.reference)
        if not known:
            return None
        minor = said.amount.minor if said.amount else 0
        same = (said.key, said.kind.value, minor) in {(key, kind, int(amount)) for key, kind, amount in known}
        return Misfit.DUPLICATE_ENTRY if same else Misfit.REFERENCE_TAKEN
    day = said.booked_on.isoformat() if said.booked_on else ""
    known = tx.rows(TRUE_OF_KEY, said=said.key) if said.key else []
    return Misfit.DUPLICATE_ENTRY if (said.kind.value, day, "") in {tuple(row) for row in known} else None


def true_kinds(tx: Tx, key: str) -> set[Kind]:
    """What other entries for a key said that was taken as true."""
    return {Kind(row[0]) for row in tx.rows(TRUE_OF_KEY, said=key)} if key else set()


def judged(tx: Tx, said: Recorded, outcome: Outcome, code: Misfit | None, return_id: int | None, *,
           settled_at: datetime | None = None, comment: str = "") -> None:  # fmt: skip
    """Write down what became of an entry."""
    tx.run(
        JUDGED, of_statement=said.statement_id, at_place=said.place, to=outcome.value, why=code.value if code else "",
        of_return=return_id, at_us=None if settled_at is None else to_us(settled_at), said=comment,
    )  # fmt: skip
