"""Planted bugs of goods: 14 to 18 and 38 of the register, and some of our own."""

from typing import Any

from msgspec.structs import replace

from backhaul.marketplace import store
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import decisions
from backhaul.marketplace.rules.words import Status
from backhaul.partner.perform import Partner
from backhaul.partner.rules import commands as pdo
from backhaul.partner.rules import events as pe
from backhaul.partner.rules import inspection, warehouse
from backhaul.partner.rules.parcels import Disposal, Shipment
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import Decision
from backhaul.partner.rules.words import Status as Parcel
from tests.simulation.bugs.planting import Plant, bug


@bug(14)
def in_two_places(plant: Plant) -> None:
    """What was handed over still lies on its shelf."""

    def make(original: Any) -> Any:
        def evolve(self: Any, it: Any, event: Any) -> Any:
            after = original(self, it, event)
            return (
                replace(after, status=Parcel.ARRIVED) if isinstance(event, pe.HandedOver | pe.LabelPrinted) else after
            )

        return evolve

    plant.instead(Partner, "evolve", make)


@bug(14)
def unit_in_two_returns(plant: Plant) -> None:
    """A unit on its way back can be returned once more."""
    plant.value(store, "holds_unit", lambda _: False)


@bug(15)
def sent_off_from_elsewhere(plant: Plant) -> None:
    """A clerk sends off what lies at another point."""
    plant.never_refused(decisions, "not_held_here")


@bug(16)
def cancelled_is_not_the_end(plant: Plant) -> None:
    """What was cancelled can still be handed in."""
    plant.seen_as("marketplace", lambda it, command: replace(it, status=Status.APPROVED, act_by=None)
                  if it.status in (Status.CANCELLED, Status.DROPOFF_EXPIRED) and isinstance(command, do.CheckIn) else it)  # fmt: skip


@bug(17)
def decided_twice(plant: Plant) -> None:
    """The decision can be changed after work began."""
    plant.seen_as("partner", lambda it, command: replace(it, status=Parcel.ARRIVED, shipment=Shipment(), disposal=Disposal())
                  if it.status is Parcel.IN_WORK and isinstance(command, pdo.Decide) else it)  # fmt: skip


@bug(18)
def left_after_disposal_began(plant: Plant) -> None:
    """What is being destroyed, or has left, is handed over."""
    plant.seen_as("partner", lambda it, command: replace(it, status=Parcel.ARRIVED, decision=Decision.PICKUP, disposal=Disposal())
                  if it.status in (Parcel.IN_WORK, Parcel.DISPOSED) and isinstance(command, pdo.HandOver) else it)  # fmt: skip


@bug(38)
def sent_to_an_unconfirmed_address(plant: Plant) -> None:
    """Nobody looks whether a second person has confirmed the address."""
    plant.value(warehouse, "_no_label", lambda *_: None)


@bug(0)
def handed_over_undecided(plant: Plant) -> None:
    """Whoever knows the code gets the unit, whatever was decided."""

    def make(original: Any) -> Any:
        def looks(it: Any, act: type, *given: Any) -> Any:
            found = original(it, act, *given)
            return None if found is not None and found.code == "not_decided_so" and act is pdo.HandOver else found

        return looks

    plant.instead(warehouse, "stands_in_the_way", make)


@bug(0)
def disposal_where_it_is_not_offered(plant: Plant) -> None:
    """Sellers from Turkey may have units destroyed by choice."""
    plant.value(Policy, "disposes_by_choice", lambda *_: True)


@bug(0)
def one_person_is_enough(plant: Plant) -> None:
    """A substitution is final when one person says so."""
    plant.instead(
        inspection, "mark", lambda _: lambda it, command, by, policy: [inspection._marked(it, command, (by,))]
    )


@bug(0)
def same_person_twice(plant: Plant) -> None:
    """The first person may be the second one, too."""
    plant.instead(inspection, "confirm", lambda _: lambda it, by, role: [
        inspection._marked(it, it.inspection.proposed, (it.inspection.proposed.by, it.inspection.proposed.by))])  # fmt: skip


@bug(0)
def revision_stands_still(plant: Plant) -> None:
    """Every result of an inspection is the first one."""

    def change(_: Any, __: Any, events: list[Any]) -> list[Any]:
        return [replace(event, revision=1) if isinstance(event, pe.Marked) else event for event in events]

    plant.events("partner", change)
