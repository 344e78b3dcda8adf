"""What a seller's program is pushed, in the contract's mechanics: its types are ours, since no type of the contract concerns returns."""

from datetime import datetime, timedelta
from typing import Any

from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.wire_states import look

PING, NEW, STATE_CHANGED = "TYPE_PING", "TYPE_RETURN_NEW", "TYPE_RETURN_STATE_CHANGED"
OWN_TYPES = (NEW, STATE_CHANGED)
# What programs written for the contract ask for as well. It may be asked for; nothing of it happens here.
OTHER_TYPES = (
    "TYPE_NEW_MESSAGE", "TYPE_UPDATE_MESSAGE", "TYPE_MESSAGE_READ", "TYPE_CHAT_CLOSED", "TYPE_NEW_POSTING",
    "TYPE_POSTING_SHIPPED", "TYPE_POSTING_CANCELLED", "TYPE_STATE_CHANGED", "TYPE_DELIVERY_DATE_CHANGED",
    "TYPE_CUTOFF_DATE_CHANGED", "TYPE_CREATE_ITEM", "TYPE_UPDATE_ITEM", "TYPE_CREATE_OR_UPDATE_ITEM",
    "TYPE_STOCKS_CHANGED",
)  # fmt: skip
TYPES = (*OWN_TYPES, *OTHER_TYPES)

# After a failure: longer and longer up to ten minutes, then five times more.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 120, 300, 600, 600, 600, 600, 600, 600))
PAUSED_AFTER = timedelta(hours=24)


def message(before: Return | None, after: Return, at: datetime) -> dict[str, Any] | None:
    """What a change tells the seller; nothing of drafts, nor of what does not show in the state."""
    if after.submitted_at is None:
        return None
    is_new = before is None or before.submitted_at is None
    if not is_new and before is not None and look(before).state == look(after).state:
        return None
    state = {"state": look(after).state} if is_new else {"new_state": look(after).state, "changed_state_date": at}
    return {
        "message_type": NEW if is_new else STATE_CHANGED,
        "seller_id": after.seller_id,
        "return_id": after.id,
        "return_number": after.number,
        "posting_number": after.line.posting_number,
        **state,
        "group_state": look(after).group,
        "created_at": after.requested_at,
    }


def next_try(tries: int, at: datetime) -> datetime | None:
    """When a message is tried again that failed `tries` times; None: it is given up."""
    return at + WAITS[tries - 1] if tries <= len(WAITS) else None


def is_paused(failing_since: datetime | None, at: datetime) -> bool:
    """Whether an address has answered nothing well for a day."""
    return failing_since is not None and at - failing_since >= PAUSED_AFTER
