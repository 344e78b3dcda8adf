"""Bank statements: recorded first, as they are; then each entry moves its refund, or is listed with the reason why not."""

import hashlib
from datetime import datetime

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW, to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, payout_queries, payout_store, statement_files, statement_store, store
from backhaul.marketplace.payout_errands import tell_support
from backhaul.marketplace.payout_queries import StatementView
from backhaul.marketplace.perform import give
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.payouts import (
    HANDED_OVER_AGAIN,
    BankEntry,
    Misfit,
    Outcome,
    Payout,
    judge,
    says_nothing_of_the_first,
)
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.statement_store import Recorded

FIRST_STATEMENT_ID = 1
ENTRIES_A_STEP = 50
NAME_CHARACTERS_MAX = 120
COMMENT_CHARACTERS_MAX = 500
# Nobody need look at these: the same entry again, and one that comes again when it is booked.
SETTLED_BY_ITSELF = frozenset({Misfit.DUPLICATE_ENTRY, Misfit.NOT_BOOKED})


def taken_in(desk: Desk[Return], name: str, raw: bytes, by: By) -> StatementView:
    """Record a statement and apply its entries, a bounded number in each transaction; what a crash leaves the worker ends.

    The same bytes again change nothing and are answered with what became of them.
    """
    form, entries = statement_files.read(raw)

    def run(tx: Tx, at: datetime) -> bytes:
        return msgspec.json.encode(record(tx, (name, form, raw), entries, by, at))

    found = msgspec.json.decode(desk.perform_now(Errand(run, access.Known(by))).body, type=StatementView)
    while apply_some(desk):
        pass
    with desk.database.read() as tx:
        view = payout_queries.statement(tx, found.id)
    return msgspec.structs.replace(view, again=found.again)


def record(tx: Tx, file: tuple[str, str, bytes], entries: list[BankEntry], by: By, at: datetime) -> StatementView:
    """Keep a statement, (name, form, bytes), and its entries, before any of them moves something."""
    if by.role not in {Role.SUPPORT, Role.BANK}:
        raise Refused("not_your_role", "forbidden", role=by.role)
    name, form, raw = file
    entries = _by_payout(tx, entries)
    sha256 = hashlib.sha256(raw).hexdigest()
    known = payout_queries.statement_of_hash(tx, sha256)
    if known is not None:
        return msgspec.structs.replace(known, again=True)
    statement_id = store.take_number(tx, "bank_statement", FIRST_STATEMENT_ID)
    name = name.replace("\0", "").strip()[:NAME_CHARACTERS_MAX] or f"statement-{statement_id}"
    tx.run(
        statement_store.INSERT_STATEMENT, id=statement_id, sha256=sha256, name=name, form=form, entries=len(entries),
        taken_us=to_us(at), taken_by=by.id, content=raw,
    )  # fmt: skip
    statement_store.insert_entries(tx, statement_id, entries)
    return payout_queries.statement(tx, statement_id)


def _by_payout(tx: Tx, entries: list[BankEntry]) -> list[BankEntry]:
    """A rejection of a whole file as one of each of its payouts that the report does not name.

    Where the bank may have the file, or a payment of it, all the same, a rejection ends nothing: it is listed.
    """
    files = {said.key: tx.one(payout_store.BATCH_OF_NAME, name=said.key) for said in entries if said.whole_file}
    keys = {name: _keys_of(tx, file[0]) for name, file in files.items() if file is not None}
    maybe_paid = _maybe_paid(entries, {name: file[1] for name, file in files.items() if file is not None}, keys)
    found, named = [], {said.key for said in entries if not said.whole_file}
    for said in entries:
        if said.key in maybe_paid:
            found.append(msgspec.structs.replace(said, fault=HANDED_OVER_AGAIN))
        elif said.whole_file and said.key in keys:
            found += [msgspec.structs.replace(said, key=key) for key in keys[said.key] if key not in named]
            named.update(keys[said.key])
        else:
            found.append(said)
    return found


def _maybe_paid(entries: list[BankEntry], tries: dict[str, int], keys: dict[str, list[str]]) -> set[str]:
    """The files, and the payments, of which a report that rejects a file does not say that they are unpaid."""
    found = {said.key for said in entries if said.fault == HANDED_OVER_AGAIN}
    if "" in found:
        found.update(tries)  # it may be any payment
    found |= {
        said.key
        for said in entries
        if said.whole_file and said.key in tries and says_nothing_of_the_first(said, tries[said.key])
    }
    return found.union(*(keys[name] for name in tries if name in found))


def _keys_of(tx: Tx, batch_id: int) -> list[str]:
    return [row[0] for row in tx.rows(payout_store.KEYS_OF_BATCH, batch=batch_id)]


def apply_some(desk: Desk[Return]) -> int:
    """Take the next entries in hand, in their order; how many."""

    def step(tx: Tx, at: datetime) -> bytes:
        found = statement_store.to_apply(tx, ENTRIES_A_STEP)
        for said in found:
            _apply(tx, desk, said, at)
        for statement_id in {said.statement_id for said in found}:
            _tell(tx, statement_id, at)
        return str(len(found)).encode()

    return int(desk.perform_now(Errand(step)).body)


def _apply(tx: Tx, desk: Desk[Return], said: Recorded, at: datetime) -> None:
    payout = payout_store.payout(tx, said.key) if said.key else None
    return_id = payout.return_id if payout is not None else None
    repeated = None if said.fault else statement_store.repeats(tx, said)
    if repeated is not None:
        _listed(tx, said, repeated, return_id, at)
        return
    verdict = judge(said, payout, statement_store.true_kinds(tx, said.key), at.astimezone(MOSCOW).date())
    if verdict.code is not None:
        _listed(tx, said, verdict.code, return_id, at, "" if said.fault == HANDED_OVER_AGAIN else said.fault)
        return
    if verdict.command is not None and payout is not None:
        refused = _moved(tx, desk, payout, verdict.command, said, at)
        if refused is not None:
            _listed(tx, said, Misfit.REFUSED, return_id, at, refused.code)
            return
    statement_store.judged(tx, said, verdict.outcome, None, return_id)


def _moved(tx: Tx, desk: Desk[Return], payout: Payout, command: object, said: Recorded, at: datetime) -> Refused | None:
    """What the law says against it, if anything: then nothing of it is written."""
    by = By(Role.BANK, f"statement:{said.statement_id}")
    try:
        with tx.savepoint():
            give(tx, desk, payout.return_id, command, by, at)  # type: ignore[arg-type]
    except Refused as refused:
        return refused
    return None


def _listed(tx: Tx, said: Recorded, code: Misfit, return_id: int | None, at: datetime, comment: str = "") -> None:
    settled = at if code in SETTLED_BY_ITSELF else None
    statement_store.judged(tx, said, Outcome.BREAK, code, return_id, settled_at=settled, comment=comment)


def _tell(tx: Tx, statement_id: int, at: datetime) -> None:
    """Support hears of what fits nothing, once the last entry was looked at."""
    if tx.one(statement_store.LEFT, of_statement=statement_id) is not None:
        return
    row = tx.one(statement_store.OPEN_BREAKS, of_statement=statement_id)
    if row is not None and row[0]:
        name = payout_queries.statement(tx, statement_id).name
        tell_support(tx, "bank_breaks", {"file": name, "count": int(row[0])}, f"bank_statement.{statement_id}", at)


def settle(tx: Tx, statement_id: int, place: int, comment: str, by: By, at: datetime) -> None:
    """Somebody has looked at an entry that fits nothing, and says what it was."""
    if by.role is not Role.SUPPORT:
        raise Refused("not_your_role", "forbidden", role=by.role)
    comment = comment.strip()
    if not comment:
        raise Refused("explanation_required", "invalid", "comment", characters_min=1)
    row = tx.one(payout_queries.ENTRY, of_statement=statement_id, place=place)
    if row is None:
        raise Refused("not_found", "missing")
    done = tx.run(statement_store.SETTLE, of_statement=statement_id, at_place=place, at_us=to_us(at), person=by.id,
                  said=comment[:COMMENT_CHARACTERS_MAX])  # fmt: skip
    if done != 1:
        raise Refused("break_settled", "conflict")
