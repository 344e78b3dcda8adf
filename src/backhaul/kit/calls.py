"""A message that leaves the house, whole: it can be sent now or later, and is signed when it leaves."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from backhaul.kit.egress import Reply, Way, post


class Call(msgspec.Struct, frozen=True):
    """A message to be sent, now or later: `sign` gives the headers for the instant at which it leaves."""

    way: Way
    url: str
    body: bytes
    sign: Callable[[datetime], Mapping[str, str]]

    def go(self, at: datetime) -> Reply:
        """Send it."""
        return post(self.way, self.url, self.body, self.sign(at))
