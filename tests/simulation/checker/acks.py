"""IDM-1: what was acknowledged is there, once; the same question with the same key has the same answer; refusals are told apart rightly."""

from typing import Any

from tests.simulation.checker.rows import Fault, Row

# D18, D19: a credential that is over is turned away before anything is remembered.
OVER = frozenset({"key_expired", "key_revoked"})


class Acks:
    """What callers were told, by their keys, and what the houses wrote down under the same names."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[str, Any]] = {}  # key -> (what was asked, what was answered)
        self.effects: dict[str, tuple[str, int, int, int]] = {}  # key -> (house, case, recorded, last seq)
        self.promised: dict[str, str] = {}  # key of an act that was acknowledged as having changed something
        self.missing_answer: dict[str, Any] = {}  # by house: what a case that is not there is answered

    def see(self, house: str, events: list[Row]) -> None:
        """Events that name the request that they come from: one commit a request."""
        for event in events:
            key = event["request_id"]
            if not key.startswith("k"):
                continue
            known = self.effects.get(key)
            here = (house, event["case_id"], event["recorded_us"], event["seq"])
            if known is not None and (known[:3] != here[:3] or event["seq"] != known[3] + 1):
                raise Fault("IDM-1", f"{key} was done twice: {known} and {here}")
            self.effects[key] = here

    def told(self, key: str, asked: str, answer: Any, *, changed: bool) -> None:
        """An acknowledgement."""
        known = self.answers.get(key)
        if known is not None and known != (asked, answer):
            raise Fault("IDM-1", f"{key} ({asked}) is answered {answer!r}, and was answered {known!r}")
        self.answers[key] = asked, answer
        if changed:
            self.promised[key] = asked

    def turned_away(self, key: str, asked: str, before: int, after: int) -> None:
        """A credential that is over may be refused where it was once answered; then nothing happens. `before`, `after`: all events."""
        if before != after:
            raise Fault(
                "PRM-1", f"{key} ({asked}) was refused for its credential, and {after - before} events came of it"
            )

    def misused(self, key: str, *, taken: bool) -> None:
        """The same key with another body."""
        if taken:
            raise Fault("IDM-1", f"{key} was taken for another request than before")

    def stranger(self, house: str, asked: str, answer: Any, missing: Any) -> None:
        """TEN-1: what is another's looks like what is not there."""
        if answer != missing:
            raise Fault("TEN-1", f"{asked} at the {house}: others' is {answer}, missing is {missing}")

    def looked(self, asked: str, *, done: bool) -> None:
        """PRM-1: a key that may only look."""
        if done:
            raise Fault("PRM-1", f"{asked} with a key that may only look")

    def refused(self, key: str, asked: str, code: str, bound_us: int | None, now_us: int) -> None:
        """TIM-1: nobody is told that it is too late while there is time. IDM-1: what was done is not refused when it is asked again."""
        if key in self.effects and code not in OVER:
            raise Fault("IDM-1", f"{key} ({asked}) was done, and is answered {code} when it is asked again")
        if code in ("too_late", "decision_window_closed") and bound_us is not None and now_us < bound_us:
            raise Fault("TIM-1", f"{asked} was refused as {code} at {now_us}, and the time ends at {bound_us}")

    def settled(self) -> None:
        """Everything that was acknowledged is there."""
        lost = sorted(key for key in self.promised if key not in self.effects)
        if lost:
            raise Fault("IDM-1", f"acknowledged and not there: {[(key, self.promised[key]) for key in lost[:5]]}")
