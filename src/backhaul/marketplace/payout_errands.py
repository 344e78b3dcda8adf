"""What the worker and finance do with payout files. Each runs inside the desk's transaction."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk
from backhaul.kit.machine import Refused
from backhaul.kit.noticeboard import Posted
from backhaul.kit.notices import Notice
from backhaul.marketplace import mailboxes, payout_files, payout_queries, payout_store, store, tables
from backhaul.marketplace.perform import give
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.payouts import BatchState, PayoutState, message_id
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role

FIRST_BATCH_ID = 1


def record_file(tx: Tx, policy: Policy, until: datetime, at: datetime) -> int:
    """Put what waits into a file of one currency, recorded before it leaves; its id, 0 when nothing waits.

    `until`: when a file of which nothing was heard by then counts as in doubt.
    """
    rows = tx.rows(payout_store.TO_LEAVE, most=policy.payout_file_rows_max)
    found = [payout_queries.payout_of(row) for row in rows]
    if not found:
        return 0
    currency = found[0].amount.currency
    payouts = [one for one in found if one.amount.currency == currency]
    batch_id = store.take_number(tx, "payout_batch", FIRST_BATCH_ID)
    name, form = message_id(batch_id), payout_files.CSV if policy.payout_file_csv else payout_files.PAIN
    cover = payout_files.Cover(name, currency, at, policy.payout_payer, policy.payout_account)
    content = payout_files.bytes_of(form, cover, payouts)
    tx.run(
        payout_store.INSERT_BATCH, id=batch_id, message_id=name, state=BatchState.LEAVING.value, form=form,
        currency=currency, payouts=len(payouts), amount_minor=sum(one.amount.minor for one in payouts),
        made_us=to_us(at), handed_over_us=None, due_us=to_us(until), tries=1, answer="",
        sha256=hashlib.sha256(content).hexdigest(), content=content,
    )  # fmt: skip
    if tx.many(payout_store.PUT_IN_FILE, [{"payout": one.key, "batch": batch_id} for one in payouts]) != len(payouts):
        raise Refused("version_conflict")
    return batch_id


def give_in_file(tx: Tx, desk: Desk[Return], batch_id: int, states: Sequence[PayoutState], command: do.Command,
                 by: By, at: datetime, most: int) -> int:  # fmt: skip
    """The same command to refunds of a file whose payouts stand in these states; how many were taken in hand."""
    done = 0
    for state in states:
        rows = tx.rows(payout_queries.OPEN_OF_BATCH, batch=batch_id, state=state.value, most=most - done)
        for row in rows:
            give(tx, desk, row[1], command, by, at)
        done += len(rows)
    return done


def claim(tx: Tx, batch_id: int, until: datetime, at: datetime) -> int:
    """Take a file in doubt in hand to hand it over again; the number of this try, 0 for all but one of several workers.

    Not when the bank, or a person, has said of a payout in it what became of it: the bank has the file then, and what failed
    may be on its way in another one.
    """
    row = tx.one(payout_store.BATCH_LOCKED, batch=batch_id)
    if row is None or row[0] != BatchState.IN_DOUBT or row[5] is None or row[5] > to_us(at):
        return 0
    if tx.one(payout_store.ANSWERED_OF_BATCH, batch=batch_id) is not None:
        payout_store.move_batch(tx, batch_id, BatchState.IN_DOUBT, row[4])
        return 0
    tx.run(payout_store.CLAIM_BATCH, batch=batch_id, until_us=to_us(until))
    return int(row[1]) + 1


def hand_over_again(tx: Tx, batch_id: int, by: By, at: datetime) -> None:
    """A person wants a file in doubt to be handed over once more, as it is: the worker does it at once."""
    if by.role is not Role.SUPPORT:
        raise Refused("not_your_role", "forbidden", role=by.role)
    row = tx.one(payout_store.BATCH_LOCKED, batch=batch_id)
    if row is None:
        raise Refused("not_found", "missing")
    if row[0] != BatchState.IN_DOUBT:
        raise Refused("batch_not_open", "conflict", batch=row[0])
    if tx.one(payout_store.ANSWERED_OF_BATCH, batch=batch_id) is not None:
        raise Refused("batch_partly_answered", "conflict")
    payout_store.move_batch(tx, batch_id, BatchState.IN_DOUBT, row[4], next_at=at)


def tell_of_doubt(tx: Tx, batch_id: int, at: datetime) -> None:
    """Support hears of a file in doubt, once."""
    row = tx.one(payout_store.BATCH_LOCKED, batch=batch_id)
    if row is not None:
        facts = {"file": row[2], "count": row[3]}
        tell_support(tx, "payout_in_doubt", facts, f"payout_file.{batch_id}", at)


def tell_support(tx: Tx, kind: str, facts: dict[str, str | int], cause: str, at: datetime) -> None:
    """A notice for support, once for each cause."""
    posted = Posted(Notice(f"role:{Role.SUPPORT}", kind, dict(facts)), cause, to_us(at), to_us(at))
    tables.board.hang_once(tx, [posted], mailboxes.mailboxes)
