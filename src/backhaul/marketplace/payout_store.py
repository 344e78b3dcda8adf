"""SQL that writes payouts and the files they leave in, and the payouts that follow from events. Only the desk calls it."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import to_us
from backhaul.kit.desk import Change
from backhaul.marketplace import tables as t
from backhaul.marketplace.payout_queries import PAYOUT_COLUMNS, is_waiting, may_leave, payout_of
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.payouts import BatchState, Payout, PayoutState, key_of
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.publishing import PAYOUT_ROWS_MAX
from backhaul.marketplace.rules.returns import Return

_p, _b = t.payouts.c, t.payout_batches.c

INSERT = Statement(t.payouts.insert())
MOVE = Statement(t.payouts.update().where(_p.key == bindparam("payout")).values(state=bindparam("to")))
TO_LEAVE = Statement(
    sa.select(*PAYOUT_COLUMNS)
    .where(may_leave)
    .order_by(_p.asked_us, _p.key)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
PUT_IN_FILE = Statement(
    t.payouts.update()
    .where(_p.key == bindparam("payout"), is_waiting)
    .values(state=PayoutState.SENT.value, batch_id=bindparam("batch"))
)
PAYOUT_LOCKED = Statement(sa.select(*PAYOUT_COLUMNS).where(_p.key == bindparam("payout")).with_for_update())
INSERT_BATCH = Statement(t.payout_batches.insert())
CLAIM_BATCH = Statement(
    t.payout_batches.update()
    .where(_b.id == bindparam("batch"))
    .values(tries=_b.tries + 1, due_us=bindparam("until_us"))
)
MOVE_BATCH = Statement(
    t.payout_batches.update()
    .where(_b.id == bindparam("batch"))
    .values(
        state=bindparam("to"), due_us=bindparam("next_us"), answer=bindparam("said"),
        handed_over_us=sa.func.coalesce(bindparam("taken_us", type_=sa.BigInteger), _b.handed_over_us),
    )
)  # fmt: skip
BATCH_LOCKED = Statement(
    sa.select(_b.state, _b.tries, _b.message_id, _b.payouts, _b.answer, _b.due_us)
    .where(_b.id == bindparam("batch"))
    .with_for_update()
)

BATCH_OF_NAME = Statement(sa.select(_b.id, _b.tries).where(_b.message_id == bindparam("name")).with_for_update())
KEYS_OF_BATCH = Statement(
    sa.select(_p.key).where(_p.batch_id == bindparam("batch")).order_by(_p.key).limit(PAYOUT_ROWS_MAX)
)
ANSWERED_OF_BATCH = Statement(
    sa.select(_p.key)
    .where(
        _p.batch_id == bindparam("batch"),
        sa.or_(_p.state == PayoutState.PAID.value, _p.state == PayoutState.FAILED.value),
    )
    .limit(1)
)
# A file of which nothing is open any more; one that was refused as a whole stays that.
CLOSE_BATCHES = Statement(
    t.payout_batches.update()
    .where(
        _b.id.in_(sa.select(_p.batch_id).where(among(_p.key, "keys"))),
        sa.or_(
            _b.state == BatchState.LEAVING.value,
            _b.state == BatchState.HANDED_OVER.value,
            _b.state == BatchState.IN_DOUBT.value,
        ),
        ~sa.exists().where(
            _p.batch_id == _b.id, sa.or_(_p.state == PayoutState.SENT.value, _p.state == PayoutState.IN_DOUBT.value)
        ),
    )
    .values(state=BatchState.ANSWERED.value, due_us=None)
)

_STATE_AFTER: dict[type, PayoutState] = {
    e.RefundConfirmed: PayoutState.PAID,
    e.RefundFailed: PayoutState.FAILED,
    e.RefundQuestioned: PayoutState.IN_DOUBT,
    e.RefundRetried: PayoutState.SENT,
}


def follow(tx: Tx, changes: Sequence[Change[Return]], policy: Policy) -> None:
    """A refund that is sent waits for the next payout file; what is said of it afterwards, is said of its payout."""
    fresh: list[dict[str, object]] = []
    moved: list[dict[str, object]] = []
    ended: list[str] = []
    for change in changes:
        for _, (event, _, _, it), mark in change.events:
            if isinstance(event, e.RefundSent):
                if policy.payouts_by_file:
                    fresh.append(_row(it, event, mark.at_us))
            elif type(event) in _STATE_AFTER:
                key = key_of(it.id, it.refund.attempt)
                moved.append({"payout": key, "to": _STATE_AFTER[type(event)].value})
                ended += [key] if isinstance(event, e.RefundConfirmed | e.RefundFailed) else []
    tx.put(INSERT, fresh)
    tx.put(MOVE, moved)
    if ended:
        tx.run(CLOSE_BATCHES, keys=ended)


def _row(it: Return, event: e.RefundSent, at_us: int) -> dict[str, object]:
    return {
        "key": key_of(it.id, event.attempt), "return_id": it.id, "attempt": event.attempt,
        "amount_minor": event.amount.minor, "currency": event.amount.currency, "customer_ref": it.customer_ref,
        "state": PayoutState.WAITING.value, "asked_us": at_us, "batch_id": None,
    }  # fmt: skip


def payout(tx: Tx, key: str) -> Payout | None:
    """A payout by its key; nobody else moves it before the transaction ends."""
    row = tx.one(PAYOUT_LOCKED, payout=key)
    return None if row is None else payout_of(row)


def move_batch(tx: Tx, batch_id: int, to: BatchState, said: str, *, next_at: datetime | None = None,
               taken_at: datetime | None = None) -> None:  # fmt: skip
    """What became of a payout file, and when somebody must look at it again."""
    tx.run(MOVE_BATCH, batch=batch_id, to=to.value, said=said[:200], next_us=None if next_at is None else to_us(next_at),
           taken_us=None if taken_at is None else to_us(taken_at))  # fmt: skip
