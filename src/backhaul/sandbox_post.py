"""What leaves a sandbox for sellers' programs, with the faults that somebody wants: late, twice, in another order, not taken."""

import threading
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from backhaul.kit import egress
from backhaul.kit.calls import Call
from backhaul.sandbox_faults import Door, Fault, Faults, Kind, step

AFTER_NEXT_MAX = timedelta(minutes=10)  # of a message that waits for the next one, and none comes
AGAIN = timedelta(minutes=1)
TRIES_MAX = 20
ERRORS = {Kind.SLOW: "too_slow", Kind.CUT: "broken_off"}
KEPT_BACK = egress.Reply(200, b'{"result": true, "sandbox": "kept back"}')


class Kept(msgspec.Struct):
    """A message that is kept back: its sender believes that it was taken. `after_next`: the next one goes first."""

    call: Call
    due: datetime
    after_next: bool
    tries: int = 0


class Post:
    """The way of messages through the faults. A message that was kept back is signed again when it leaves."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._kept: list[Kept] = []
        self._lock = threading.Lock()

    def webhook(self, call: Call, at: datetime, house: str = "marketplace") -> egress.Reply:
        """As `WebhookSender` sends, of either house."""
        return self._send(Door.WEBHOOKS, house, call, at)

    def push(self, call: Call, at: datetime) -> egress.Reply:
        """As `PushSender` sends."""
        return self._send(Door.PUSHES, "marketplace", call, at)

    def _send(self, door: Door, house: str, call: Call, at: datetime) -> egress.Reply:
        fault = self.faults.struck(door, house, urlsplit(call.url).path or "/")
        if fault is not None and fault.fault in {Kind.LATE, Kind.REORDERED}:
            late = fault.fault is Kind.LATE
            due = at + (step(fault.by, "by") if late else AFTER_NEXT_MAX)
            with self._lock:
                self._kept.append(Kept(call, due, after_next=not late))
            return KEPT_BACK
        reply = call.go(at) if fault is None else _with(fault, call, at)
        with self._lock:
            for one in self._kept:
                if one.after_next and one.call.url == call.url:
                    one.due = at
        return reply

    def let_go(self, at: datetime) -> None:
        """Nothing is kept back any more: it leaves with the next round."""
        with self._lock:
            for one in self._kept:
                one.due = min(one.due, at)

    def send_due(self, at: datetime) -> int:
        """What is due of what was kept back; how many were taken. One that is not taken is tried again for some minutes."""
        with self._lock:
            due = [one for one in self._kept if one.due <= at]
            self._kept = [one for one in self._kept if one.due > at]
        taken = 0
        for one in due:
            if one.call.go(at).is_success:
                taken += 1
                continue
            one.tries, one.due, one.after_next = one.tries + 1, at + AGAIN, False
            if one.tries < TRIES_MAX:
                with self._lock:
                    self._kept.append(one)
        return taken


def _with(fault: Fault, call: Call, at: datetime) -> egress.Reply:
    if fault.fault is Kind.DUPLICATED:
        call.go(at)
        return call.go(at)
    if fault.done:
        call.go(at)
    if fault.fault in ERRORS:
        return egress.Reply(error=ERRORS[fault.fault])
    return egress.Reply(int(fault.fault), b"a fault of the sandbox")
