"""What the marketplace was told of a parcel, made anew from its events: to compare, and to tell it again where it was lost."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from backhaul import wire
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.journal import Letter
from backhaul.partner import queries
from backhaul.partner.perform import THE_MARKETPLACE, said
from backhaul.partner.rules import events as e
from backhaul.partner.rules.agreement import Side, Stage, What
from backhaul.partner.rules.around import By
from backhaul.partner.rules.parcels import Parcel, born, evolve
from backhaul.partner.rules.words import Role

_encode = msgspec.json.Encoder().encode


class Report(msgspec.Struct, frozen=True):
    """One message that an event of a parcel was worth. `seq` is the event's."""

    seq: int
    topic: str
    data: Any
    at: datetime

    def letter(self) -> Letter:
        """The message once more, as it was."""
        body = _encode(wire.Message(self.topic, self.at.isoformat(), msgspec.Raw(_encode(self.data))))
        return Letter(THE_MARKETPLACE, self.topic, body)


def reports(tx: Tx, parcel_id: int) -> list[Report]:
    """Everything that was to be told of a parcel, in order."""
    it: Parcel | None = None
    found = []
    for line in queries.history(tx, parcel_id):
        if isinstance(line.event, e.Expected):
            it = born(parcel_id, line.event)
            continue
        if it is None:
            continue
        it = evolve(it, line.event)
        told = said(it, line.event, By(Role(line.role), line.actor))
        if told is not None:
            found.append(Report(line.seq, told[0], told[1], line.at))
    return found


def side_told(it: Parcel, told: Iterable[Report]) -> Side:
    """The parcel as the marketplace must hold it when it has heard all of this."""
    side = Side(Stage.LOST if it.lost_at is not None else Stage.COMING)
    for report in told:
        data: wire.Arrival | wire.Marking | wire.Decision | wire.Handover | wire.Disposal = report.data
        match data:
            case wire.Arrival(_, _, arrived_at_us, decide_by_us):
                side = Side(Stage.HERE, arrived_at_us, decide_by_us=decide_by_us, parcel_status="arrived",
                            decision="none")  # fmt: skip
            case wire.Marking(_, mark, revision):
                side = replace(side, mark=str(mark), mark_revision=revision)
            case wire.Decision(_, decision, status, _, decide_by_us):
                side = replace(side, decision=decision, parcel_status=status, decide_by_us=decide_by_us)
            case wire.Handover(_, status):
                side = replace(side, parcel_status=status)
            case wire.Disposal(_, certificate):
                side = replace(side, parcel_status="disposed", certificate=certificate)
    return side


def again(told: list[Report], lacking: set[str]) -> list[Report]:
    """The fewest of these reports that put right what the marketplace lacks. Without the arrival it lacks all of them."""
    if What.ARRIVAL in lacking:
        return told
    chosen = set()
    if What.MARK in lacking:
        chosen |= {report.seq for report in _last(told, wire.MARKED)}
    if What.DISPOSAL in lacking:
        chosen |= {report.seq for report in _last(told, wire.DISPOSED)}
    if lacking & {What.DECISION, What.DEADLINE}:
        decided = _last(told, wire.DECIDED)
        later = decided[0].seq if decided else 2**62
        chosen |= {report.seq for report in told if report.seq >= later and report.topic in _MOVING}
    if What.STATUS in lacking:
        chosen |= {report.seq for report in [report for report in told if report.topic in _MOVING][-1:]}
    return [report for report in told if report.seq in chosen]


_MOVING = frozenset({wire.DECIDED, wire.HANDED_OVER, wire.DISPOSED})


def _last(told: list[Report], topic: str) -> list[Report]:
    return [report for report in told if report.topic == topic][-1:]


def instants(it: Parcel) -> dict[str, int | None]:
    """Those that both houses hold, in microseconds."""
    arrived = it.arrived_at
    return {
        "arrived_at": None if arrived is None else to_us(arrived),
        "decide_by": None if it.decide_by is None else to_us(it.decide_by),
    }
