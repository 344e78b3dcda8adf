"""What a customer should know next of a return of theirs, for their list, its page and API v1."""

from datetime import datetime

import msgspec

from backhaul.marketplace import texts
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import RefundStatus, Status

# Where the customer's own act comes next; everywhere else they wait.
YOURS = frozenset({
    Status.NEW, Status.AWAITING_CUSTOMER, Status.OFFER_SENT, Status.APPROVED, Status.AWAITING_DROPOFF, Status.REJECTED,
})  # fmt: skip


class Next(msgspec.Struct, frozen=True):
    """What happens next with a return, and by when: a bound, or `exact` the instant at which it happens."""

    text: str
    by: datetime | None = None
    yours: bool = False
    exact: bool = False


def next_step(it: Return, now: datetime, *, may_dispute: bool = True) -> Next:
    """What the customer should know next: their own act, the answer they wait for, or where the money is."""
    if it.status is Status.REJECTED and (it.disputed or it.act_by is None or it.act_by <= now or not may_dispute):
        return Next(texts.CUSTOMER_OVER)
    if it.status in texts.CUSTOMER_NEXT:
        return Next(texts.CUSTOMER_NEXT[it.status], it.act_by, it.status in YOURS)
    if it.refund.status is RefundStatus.HELD:
        return Next(texts.CUSTOMER_REFUNDS["held"], it.refund.send_at, exact=True)
    return Next(texts.CUSTOMER_REFUNDS.get(it.refund.status, texts.CUSTOMER_OVER))
