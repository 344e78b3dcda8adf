"""Promises kept (8.2), both sides of each bound: 24 hours; end of working day 2 or 3 in Moscow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from backhaul.partner.rules.metrics import Promise, Walk, promises
from backhaul.partner.rules.policy import Policy
from tests.partner.cast import moscow

THURSDAY = moscow("2024-10-03 16:42")
CALM = Walk(THURSDAY, "passed", "arrived", "none")
LATER = moscow("2024-11-01 12:00")


@dataclass
class Case:
    """A unit, and how the promise about it stands: (due, kept)."""

    promise: str
    changes: dict[str, Any]
    expected: tuple[int, int]
    now: datetime = LATER


@pytest.mark.parametrize("case", [
    Case("gate", {}, (1, 1)),  # checked at the scan
    Case("gate", {"gate_checked_at": moscow("2024-10-04 16:42")}, (1, 1)),
    Case("gate", {"gate_checked_at": moscow("2024-10-04 16:43")}, (1, 0)),
    Case("gate", {"gate": "due"}, (0, 0), moscow("2024-10-04 16:42")),
    Case("gate", {"gate": "due"}, (1, 0), moscow("2024-10-04 16:43")),
    Case("inspection", {}, (0, 0)),
    # Queued on Thursday: Friday is working day 1, Monday 2.
    Case("inspection", {"queued_at": THURSDAY, "marked_at": moscow("2024-10-07 23:59")}, (1, 1)),
    Case("inspection", {"queued_at": THURSDAY, "marked_at": moscow("2024-10-08 00:00")}, (1, 0)),
    Case("inspection", {"queued_at": THURSDAY}, (0, 0), moscow("2024-10-07 23:59")),
    Case("inspection", {"queued_at": THURSDAY}, (1, 0), moscow("2024-10-08 00:00")),
    Case("inspection", {"queued_at": THURSDAY, "status": "picked_up"}, (0, 0)),  # it left before it was needed
    Case("media", {"media_ordered_at": THURSDAY, "media_delivered_at": moscow("2024-10-07 23:59")}, (1, 1)),
    Case("media", {"media_ordered_at": THURSDAY, "media_delivered_at": moscow("2024-10-08 00:00")}, (1, 0)),
    Case("shipping", {"decided_at": THURSDAY}, (0, 0)),  # decided to collect it
    Case("shipping", {"decided_at": THURSDAY, "decision": "ship_cn", "dispatched_at": moscow("2024-10-08 23:59")}, (1, 1)),
    Case("shipping", {"decided_at": THURSDAY, "decision": "ship_cn", "dispatched_at": moscow("2024-10-09 00:00")}, (1, 0)),
    # A new address may be used 48 hours after it was written down: on Saturday, and 3 working days later is Wednesday.
    Case("shipping", {"decided_at": THURSDAY, "decision": "ship_cn", "address_at": THURSDAY,
                      "dispatched_at": moscow("2024-10-09 23:59")}, (1, 1)),
    Case("shipping", {"decided_at": THURSDAY, "decision": "ship_cn", "address_at": THURSDAY,
                      "dispatched_at": moscow("2024-10-10 00:00")}, (1, 0)),
])  # fmt: skip
def test_a_promise_is_kept_before_its_bound(case: Case) -> None:
    found = {one.promise: one for one in promises([replace(CALM, **case.changes)], case.now, Policy())}

    assert case.expected == (found[case.promise].due, found[case.promise].kept)


def test_a_share_is_in_tenths_of_a_percent() -> None:
    assert (667, None) == (Promise("gate", 3, 2).kept_tenths, Promise("gate", 0, 0).kept_tenths)
