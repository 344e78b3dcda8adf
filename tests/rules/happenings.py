"""Whatever the law can bring about on a return: each kind of return, each command that it allows there, each event that follows."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import decisions
from backhaul.marketplace.rules.returns import Return, evolve
from tests.rules.cast import LINKED, moscow, payloads
from tests.rules.test_return_lifecycle import TERMS, allowed_to, explored

MORE: dict[str, list[do.Command]] = {
    "RecordDecision": [
        do.RecordDecision("none", "disposal_due", "calendar", 0),
        do.RecordDecision("none", "arrived", "supervisor", to_us(moscow("2025-01-01 00:00"))),
    ],
    "RecordDisposal": [do.RecordDisposal("DC-9", undecided=False)],
}


class Asked:
    """What the law knows of the seller, and whether it looked: where it did not, another seller is told the same."""

    def __init__(self, facts: object) -> None:
        self._facts = facts
        self.looked = False

    def __getattr__(self, name: str) -> Any:
        self.looked = True
        return getattr(self._facts, name)


def happenings() -> Iterator[tuple[Return, Any, datetime]]:
    """(the return after it, the event, the instant)."""
    samples, _ = explored()
    for sample in samples:
        for name, role in allowed_to(sample):
            at = max(sample.at, sample.it.act_by or sample.at) if role == "calendar" else sample.at
            for command in [*payloads(name, sample.it, sample.at), *MORE.get(name, [])]:
                asked = Asked(sample.facts)
                for facts in (asked, LINKED):
                    if facts is LINKED and not asked.looked:
                        continue
                    try:
                        events = decisions.decide(sample.it, command, sample.by(role), at, TERMS, facts)  # type: ignore[arg-type]
                    except Refused:
                        continue
                    it = sample.it
                    for event in events:
                        it = evolve(it, event)
                        yield it, event, at
