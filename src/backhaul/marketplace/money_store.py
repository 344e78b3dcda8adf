"""SQL that keeps, for each return, where its money stands: the row that the pages of money look for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from backhaul.kit.changed_columns import ChangedColumns, changed
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Change
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules import payments
from backhaul.marketplace.rules.compensation import Quote
from backhaul.marketplace.rules.lifecycle import NO_CLAIM_LEFT
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ClaimStatus, CompensationStatus, RefundStatus, Status

# Nothing accrued yet, but it will when the refund is sent.
EXPECTED = "expected"

INSERT = Statement(t.return_money.insert())
UPDATES = ChangedColumns(t.return_money, {"return_id": "of_return"})


def keep(tx: Tx, changes: Sequence[Change[Return]]) -> None:
    """Write the rows of those whose money moved."""
    fresh: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for change in changes:
        after = row(change.after)
        before = None if change.before is None else row(change.before)
        if after is None or after == before:
            continue
        if before is None:
            fresh.append(after)
        else:
            moved.append(changed(after, before) | {"of_return": after["return_id"]})
    tx.put(INSERT, fresh)
    UPDATES.put(tx, moved)


def row(it: Return) -> dict[str, Any] | None:
    """Where the money stands; None while there is none."""
    quote = quoted(it)
    if it.refund.status is RefundStatus.NONE and quote is None and it.claim.status is ClaimStatus.NONE:
        return None
    is_open = it.refund.status in (RefundStatus.HELD, RefundStatus.FAILED)
    return {
        "return_id": it.id,
        "seller_id": it.seller_id,
        "customer_ref": it.customer_ref,
        "carrier": it.carrier,
        "refund": it.refund.status.value,
        "refund_minor": it.refund.amount.minor if it.refund.amount is not None else 0,
        "refund_us": _us(it.refund.send_at if is_open else it.refund.sent_at or it.refund.send_at),
        "compensation": EXPECTED if is_expected(it) else it.compensation.status.value,
        "due_us": _us(it.compensation.due_by),
        "claim": it.claim.status.value,
        "claim_minor": it.claim.amount.minor if it.claim.amount is not None else 0,
        "weight": it.weighing.status.value,
        **_cell(quote),
    }


def quoted(it: Return) -> Quote | None:
    """The quote that accrued, or that will."""
    if it.compensation.status is not CompensationStatus.NONE:
        return it.compensation.quote
    return payments.table_quote(it)


def is_expected(it: Return) -> bool:
    """Whether the seller will receive a compensation once the customer has the refund."""
    quote = quoted(it)
    open_refund = it.refund.status in (RefundStatus.HELD, RefundStatus.FAILED)
    unclaimed = it.claim.status in (ClaimStatus.NONE, *NO_CLAIM_LEFT)
    unpaid = it.compensation.status is CompensationStatus.NONE
    return (
        unpaid
        and open_refund
        and unclaimed
        and it.status is not Status.LOST
        and quote is not None
        and quote.amount.minor > 0
    )


def _cell(quote: Quote | None) -> dict[str, Any]:
    return {
        "compensation_minor": quote.amount.minor if quote else 0,
        "quality": quote.quality.value if quote else "",
        "weight_low_gram": (quote.weight_low_gram if quote else 0) or 0,
        "weight_high_gram": quote.weight_high_gram if quote else None,
        "price_low_minor": (quote.price_low_minor if quote else 0) or 0,
        "price_high_minor": quote.price_high_minor if quote else None,
    }


def _us(at: datetime | None) -> int:
    return 0 if at is None else to_us(at)
