"""The law of telling programs: who hears of what, how long a message is tried, when a receiver is left alone. Pure."""

import re
from datetime import datetime, timedelta
from functools import cache
from typing import Protocol

PING = "webhook.ping"
DOWN_AFTER = 3


class WebhookPolicy(Protocol):
    """What a house's policy says of webhooks and events."""

    @property
    def webhooks_max(self) -> int: ...

    @property
    def webhook_try_days(self) -> int: ...

    @property
    def webhook_pause_days(self) -> int: ...

    @property
    def event_keep_days(self) -> int: ...


@cache
def type_of(noun: str, event: type) -> str:
    """`return.refund_sent` of `RefundSent`: one word for a thing from the class to the message."""
    return f"{noun}." + re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()


def wants(types: str, kind: str) -> bool:
    """Whether a receiver that chose these types (with blanks between them; none: all) hears of this one."""
    return not types or kind in types.split()


def was_down(fails: int) -> bool:
    """Whether so many failures in a row mean the receiver, and not one message: then everything that waits goes out at once."""
    return fails >= DOWN_AFTER


def is_given_up(first: datetime, at: datetime, policy: WebhookPolicy) -> bool:
    """Whether a message that was tried first at `first` is not tried any more."""
    return at - first >= timedelta(days=policy.webhook_try_days)


def is_to_pause(failing_since: datetime | None, at: datetime, policy: WebhookPolicy) -> bool:
    """Whether a receiver has taken nothing for so long that it is left alone until its owner resumes it."""
    return failing_since is not None and at - failing_since >= timedelta(days=policy.webhook_pause_days)
