"""What signed-in people try at pages and are refused, as rows of the access log: what is another's, and another role's."""

from datetime import datetime, timedelta
from typing import Any

from litestar import Request
from litestar.background_tasks import BackgroundTask

from backhaul.kit.clock import Clock
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.machine import Refused

# Refusals that tell of an attempt.
TRIED = frozenset({"not_found", "not_your_role"})
EVERY = timedelta(seconds=1)
WHAT_CHARACTERS_MAX = 200
REMEMBERED_MAX = 10_000


class Attempts:
    """Of one house. At most one row a second and person: a browser that loads a page anew is no new attempt."""

    def __init__(self, desk: Desk[Any], clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._last: dict[str, datetime] = {}

    def note(self, caller: str, request: Request[Any, Any, Any], refused: Refused) -> BackgroundTask | None:
        """The writing of the row, to be done when the answer is given; None when there is nothing to write."""
        now = self._clock.now()
        last = self._last.get(caller)
        if refused.code not in TRIED or (last is not None and timedelta(0) <= now - last < EVERY):
            return None
        if len(self._last) >= REMEMBERED_MAX:
            self._last.clear()
        self._last[caller] = now
        what = f"{request.method} {request.url.path}"[:WHAT_CHARACTERS_MAX]
        return BackgroundTask(self._write, {"at_us": to_us(now), "caller": caller, "what": what, "code": refused.code})

    async def _write(self, row: dict[str, object]) -> None:
        log = self._desk.house.journal.log_access
        await self._desk.perform(Errand(lambda tx, _: log(tx, [row])))
