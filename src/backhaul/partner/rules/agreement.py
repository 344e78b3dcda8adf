"""Whether both houses hold the same of a unit, what differs, and what can be done about it. No remedy makes a fact (D17)."""

from enum import StrEnum

import msgspec

from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Decision, ShipmentStatus, Status


class Stage(StrEnum):
    """Where a unit is: on its way, lost on it, at the partner, or held by the marketplace until a claim is settled."""

    COMING = "coming"
    LOST = "lost"
    HERE = "here"
    HELD = "held"


class What(StrEnum):
    """What differs."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    LOSS = "loss"
    ARRIVAL = "arrival"
    MARK = "mark"
    STATUS = "status"
    DECISION = "decision"
    DEADLINE = "deadline"
    DISPOSAL = "disposal"


class Remedy(StrEnum):
    """What heals it: a message that is on its way, ours told again, theirs asked for again, or nothing but a person."""

    WAITS = "waits"
    TELL = "tell"
    ASK = "ask"
    PERSON = "person"


class Side(msgspec.Struct, frozen=True):
    """A unit as one house holds it. Instants are microseconds, decisions and marks codes, empty: none."""

    stage: Stage = Stage.COMING
    arrived_at_us: int | None = None
    mark: str = ""
    mark_revision: int = 0
    parcel_status: str = ""
    decision: str = ""
    decide_by_us: int | None = None
    certificate: str = ""


class Gap(msgspec.Struct, frozen=True):
    """One difference, with what each side says, and what heals it."""

    what: What
    ours: str
    theirs: str
    remedy: Remedy


def side_of(it: Parcel, us: dict[str, int | None]) -> Side:
    """A parcel as the other house should hold it. `us`: its instants, by name, in microseconds.

    A disposal that has begun is told when it is done: until then the status before it is the one that was told.
    """
    if us["arrived_at"] is None:
        return Side(Stage.LOST if it.lost_at is not None else Stage.COMING)
    begun = it.status is Status.IN_WORK and it.shipment.status is ShipmentStatus.NONE
    before = Status.DISPOSAL_DUE if it.undecided else Status.ARRIVED
    return Side(
        stage=Stage.HERE,
        arrived_at_us=us["arrived_at"],
        mark=it.inspection.mark or "",
        mark_revision=it.inspection.revision,
        parcel_status=before if begun else it.status,
        decision=it.decision,
        decide_by_us=us["decide_by"],
        certificate=it.disposal.certificate,
    )


def gaps(ours: Side | None, theirs: Side | None) -> list[Gap]:
    """What differs. None: that house does not know the unit."""
    if theirs is None:
        return [] if ours is None else [Gap(What.MISSING_THERE, ours.stage, "", Remedy.PERSON)]
    if theirs.stage is Stage.HELD:
        return []
    if ours is None:
        return [Gap(What.MISSING_HERE, "", theirs.stage, Remedy.ASK)]
    if theirs.stage is not Stage.HERE or ours.stage is not Stage.HERE:
        return _on_the_way(ours, theirs)
    found = [
        _gap(What.ARRIVAL, ours.arrived_at_us, theirs.arrived_at_us, Remedy.PERSON),
        _gap(What.MARK, _marked(ours), _marked(theirs),
             Remedy.TELL if ours.mark_revision > theirs.mark_revision else Remedy.PERSON),
        _gap(What.DISPOSAL, ours.certificate, theirs.certificate, Remedy.PERSON if theirs.certificate else Remedy.TELL),
        _gap(What.STATUS, ours.parcel_status, theirs.parcel_status, Remedy.TELL),
        _gap(What.DECISION, ours.decision, theirs.decision, Remedy.TELL),
    ]  # fmt: skip
    if ours.parcel_status == Status.ARRIVED and ours.decision == Decision.NONE:
        found.append(_gap(What.DEADLINE, ours.decide_by_us, theirs.decide_by_us, Remedy.TELL))
    return [gap for gap in found if gap is not None]


def _on_the_way(ours: Side, theirs: Side) -> list[Gap]:
    """At least one of both has not seen the unit arrive."""
    if ours.stage is Stage.HERE:
        return [Gap(What.ARRIVAL, str(ours.arrived_at_us or ""), "", Remedy.TELL)]
    if theirs.stage is Stage.HERE:
        return [Gap(What.ARRIVAL, "", str(theirs.arrived_at_us or ""), Remedy.PERSON)]
    if ours.stage is theirs.stage:
        return []
    return [Gap(What.LOSS, ours.stage, theirs.stage, Remedy.ASK if theirs.stage is Stage.LOST else Remedy.PERSON)]


def _marked(side: Side) -> str:
    return f"{side.mark} {side.mark_revision}" if side.mark else ""


def _gap(what: What, ours: object, theirs: object, remedy: Remedy) -> Gap | None:
    if ours == theirs:
        return None
    return Gap(what, "" if ours is None else str(ours), "" if theirs is None else str(theirs), remedy)
