"""SQL that keeps, for each return that its customer sent, where it waits for staff and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam

from backhaul.kit.changed_columns import ChangedColumns, changed
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Change
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.outcomes import dispute_of, queue_of, taken_of
from backhaul.marketplace.rules.returns import Return, group_of

INSERT = Statement(t.return_outcomes.insert())
UPDATES = ChangedColumns(t.return_outcomes, {"return_id": "of_return"})
DISPOSE = Statement(
    t.return_outcomes.update()
    .where(t.return_outcomes.c.return_id == bindparam("of_return"))
    .values(disposed_us=bindparam("at_us"))
)


def keep(tx: Tx, changes: Sequence[Change[Return]]) -> None:
    """Write the rows of those of which something else is to be counted now."""
    fresh: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    disposed: list[dict[str, Any]] = []
    for change in changes:
        it, before = change.after, change.before
        if it.submitted_at is None:
            continue
        after = changing(it)
        if before is None or before.submitted_at is None:
            fresh.append({**_still(it, it.submitted_at), **after, "disposed_us": None})
        elif other := changed(after, changing(before)):
            moved.append(other | {"of_return": it.id})
        else:
            continue
        disposed += [
            {"of_return": change.case_id, "at_us": mark.at_us}
            for _, (event, *_), mark in change.events
            if isinstance(event, e.DisposalCertified | e.DisposalMirrored)
        ]
    tx.put(INSERT, fresh)
    UPDATES.put(tx, moved)
    tx.put(DISPOSE, disposed)


def row(it: Return) -> dict[str, Any] | None:
    """What staff see in lists and sums; None while it is its customer's draft."""
    return None if it.submitted_at is None else _still(it, it.submitted_at) | changing(it)


def _still(it: Return, asked_at: datetime) -> dict[str, Any]:
    """What stays as it was asked for."""
    return {
        "return_id": it.id,
        "seller_id": it.seller_id,
        "customer_ref": it.customer_ref,
        "price_minor": it.line.price.minor,
        "earlier": len(it.earlier),
        "asked_us": to_us(asked_at),
    }


def changing(it: Return) -> dict[str, Any]:
    """What acts may move."""
    queue = queue_of(it)
    held = None if it.accepted_at is None or it.dispatched_at is None else it.dispatched_at - it.accepted_at
    parcel = it.parcel
    return {
        "point_id": it.point_id,
        "reason_group": group_of(it).value,
        "queue": queue,
        "act_us": to_us(it.act_by) if queue and it.act_by is not None else None,
        "rejected": it.rejected_by.value if it.rejected_by is not None else "",
        "reason": it.rejection_reason,
        "dispute": dispute_of(it),
        "taken": taken_of(it),
        "unchecked": int(it.check is not None and not it.check.checked),
        "accepted_us": None if it.accepted_at is None else to_us(it.accepted_at),
        "hold_us": None if held is None else round(held.total_seconds() * 1_000_000),
        "mark": parcel.mark.value if parcel is not None and parcel.mark else "",
        "certificate": it.certificate or (parcel.certificate if parcel is not None else ""),
    }
