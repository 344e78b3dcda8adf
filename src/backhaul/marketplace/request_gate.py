"""How many requests a second the Seller API takes from one seller: the limit of the published contract."""

from collections import Counter
from datetime import datetime

from backhaul.kit import keys
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace.access import KeyCaller

REQUESTS_PER_SECOND = 50


class Gate:
    """At most 50 requests a second for a Client-Id. Unproven keys are counted apart: no stranger uses up the limit."""

    def __init__(self) -> None:
        self.second = -1
        self.counts: Counter[str] = Counter()
        self.proven: set[bytes] = set()

    def enter(self, caller: KeyCaller, at: datetime) -> None:
        """Count a request; `Refused` when it is one too many."""
        second = to_us(at) // 1_000_000
        if second != self.second:
            self.second = second
            self.counts.clear()
        bucket = f"{'' if _print(caller) in self.proven else '?'}{caller.client_id}"
        if self.counts[bucket] >= REQUESTS_PER_SECOND:
            raise Refused("too_many_requests", "away")
        self.counts[bucket] += 1

    def learn(self, caller: KeyCaller, *, good: bool) -> None:
        """Remember what the key turned out to be."""
        seen = _print(caller)
        if not good:
            self.proven.discard(seen)
        elif seen not in self.proven:
            self.proven.add(seen)
            self.counts[str(caller.client_id)] += 1


def _print(caller: KeyCaller) -> bytes:
    return keys.digest(f"{caller.client_id}:{caller.key}")
