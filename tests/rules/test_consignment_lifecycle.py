"""The life of a consignment against the papers, cell by cell. `SAID` is written by hand from R91, P27 and issue 4, deliver 7."""

from itertools import product

import pytest

from backhaul.kit.machine import Refused
from backhaul.partner.rules import consignment_acts as do
from backhaul.partner.rules import packing
from backhaul.partner.rules.consignments import CONSIGNMENT
from backhaul.partner.rules.words import ConsignmentStatus, Role
from tests.partner.cast import moscow

Cells = dict[tuple[str, str], set[str]]

HANDS = ("PackUnit", "TakeOutUnit", "AddCarton", "MeasureCarton", "RemoveCarton", "DeclareGoods")


def by_both(name: str, after: set[str]) -> Cells:
    """By a person of the dock or by the carrier's file."""
    return {(name, "receiver"): after, (name, "carrier"): after}


SAID: dict[str, Cells] = {
    # Everything can be undone until it is closed: then work has started (P27).
    "open": {
        **{(name, "receiver"): {"open"} for name in HANDS},
        ("CloseConsignment", "receiver"): {"closed"},
        ("CancelConsignment", "receiver"): {"cancelled"},
        ("CancelConsignment", "supervisor"): {"cancelled"},
    },
    "closed": by_both("DispatchConsignment", {"dispatched"}),
    "dispatched": {
        **by_both("NoteTracking", {"dispatched"}),
        **by_both("DeliverConsignment", {"delivered", "partly_delivered"}),
        **by_both("NoteConsignmentLost", {"lost", "dispatched"}),
    },
    "partly_delivered": {
        **by_both("NoteTracking", {"partly_delivered"}),
        **by_both("DeliverConsignment", {"delivered", "partly_delivered"}),
        **by_both("NoteConsignmentLost", {"partly_delivered"}),
    },
    # What was given up may turn up.
    "lost": by_both("DeliverConsignment", {"delivered", "partly_delivered"}),
    "delivered": {},
    "cancelled": {},
}


@pytest.mark.parametrize("state", SAID)
def test_every_command_of_every_role_does_what_the_papers_say_and_nothing_else(state: str) -> None:
    found: Cells = {}
    for command, role in product(do.Command.__subclasses__(), Role):
        row = CONSIGNMENT.row(ConsignmentStatus(state), command, role)
        if row is not None:
            found[command.__name__, role.value] = {after.value for after in row.after}

    assert SAID[state] == found


def test_every_state_is_there_and_no_other() -> None:
    assert set(SAID) == {state.value for state in ConsignmentStatus} == {state.value for state in CONSIGNMENT.states}
    assert {"delivered", "cancelled"} == {state.value for state in CONSIGNMENT.ends}


@pytest.mark.parametrize("text", ["soon", "0001-01-01T00:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_an_instant_that_cannot_be_is_said(text: str) -> None:
    with pytest.raises(Refused) as refused:
        packing.instant(text, moscow("2024-10-08 10:00"))

    assert ("instant_unreadable", "at") == (refused.value.code, refused.value.field)
