"""Planted bugs of time: 19 to 27 of the register, and some of our own."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from backhaul.kit.days import end_of_day
from backhaul.kit.desk import Desk
from backhaul.kit.machine import Refused
from backhaul.marketplace import perform
from backhaul.marketplace.perform import Marketplace
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import decisions
from backhaul.partner.perform import Partner
from backhaul.partner.rules import calendar as partner_calendar
from backhaul.partner.rules import choices, warehouse
from backhaul.partner.rules import commands as pdo
from backhaul.partner.rules import decisions as partner_decisions
from backhaul.partner.rules import events as pe
from backhaul.partner.rules.words import Decision, Status
from tests.simulation.bugs.of_money import _policy
from tests.simulation.bugs.planting import Plant, bug, replaced

SECOND = timedelta(seconds=1)


def _due_later(plant: Plant, by: timedelta) -> None:
    for house in (Marketplace, Partner):
        plant.instead(house, "due", lambda original: lambda self, tx, at, limit: original(self, tx, at - by, limit))


@bug(19)
def sweep_a_second_early(plant: Plant) -> None:
    """Deadlines fire a second before they come."""
    _due_later(plant, -SECOND)
    plant.instead(Desk, "_overdue", lambda original: lambda self, it, case, head, now, around: original(
        self, it, case, head, now + SECOND, around))  # fmt: skip


def _fires_at(plant: Plant, clock: Any) -> None:
    plant.instead(Desk, "fire", lambda original: lambda self, tx, at, limit: original(self, tx, clock(self, at), limit))


@bug(20)
def sweep_by_the_partners_clock(plant: Plant) -> None:
    """The marketplace fires its deadlines by the partner's clock."""
    partner = plant.simulation.partner
    _fires_at(plant, lambda _, __: partner.clock.now())


@bug(21)
def sweep_by_a_fast_clock(plant: Plant) -> None:
    """The sweep has a clock of its own, which is ten minutes fast."""
    _fires_at(plant, lambda _, at: at + timedelta(minutes=10))


@bug(22)
def deadline_anew_with_every_scan(plant: Plant) -> None:
    """A second scan of a unit starts its fourteen days again."""
    plant.seen_as("partner", lambda it, command: replace(
        it, status=Status.EXPECTED, gate=type(it.gate)(), inspection=type(it.inspection)(), quarantine=type(it.quarantine)())
                  if isinstance(command, pdo.Arrive) and it.status is Status.ARRIVED else it)  # fmt: skip


@bug(23)
def deadline_from_the_scanners_clock(plant: Plant) -> None:
    """A scan that was made days ago, by its own clock, shortens the time to decide."""
    plant.events("partner", lambda it, _, events: replaced(
        events, pe.Arrived, at=lambda one: one.claimed_at,
        decide_by=lambda one: partner_calendar.decision_bound(one.claimed_at, partner_policy(plant))))  # fmt: skip


def partner_policy(plant: Plant) -> Any:
    return plant.simulation.partner.office.house.terms.policy


@bug(24)
def late_decision_taken(plant: Plant) -> None:
    """A decision counts that comes after the bound, as long as the sweep was not there yet."""
    plant.value(partner_decisions, "closes_at", lambda *_: None)


@bug(24)
def late_answer_taken(plant: Plant) -> None:
    """The marketplace takes answers after their bound, as long as the sweep was not there yet."""
    plant.never_refused(decisions, "too_late")


@bug(25)
def decision_refused_while_cut_off(plant: Plant) -> None:
    """While the marketplace cannot be reached nobody may decide."""
    network = plant.simulation.network

    def make(original: Any) -> Any:
        def decide(self: Any, it: Any, command: Any, by: Any, at: Any, around: Any) -> Any:
            if isinstance(command, pdo.Decide) and (network.cut or network.down):
                raise Refused("decision_window_closed")
            return original(self, it, command, by, at, around)

        return decide

    plant.instead(Partner, "decide", make)


@bug(26)
def slow_sweeper(plant: Plant) -> None:
    """Deadlines fire three hours after they came."""
    _due_later(plant, timedelta(hours=3))


@bug(27)
def sweeper_stops_at_one_row(plant: Plant) -> None:
    """One bad row, and nothing is swept any more; nobody hears of it."""

    def make(original: Any) -> Any:
        def fire(self: Any, tx: Any, at: Any, limit: int) -> int:
            return 0 if any(case % 4 == 0 for case in self.house.due(tx, at, limit)) else original(self, tx, at, limit)

        return fire

    plant.instead(Desk, "fire", make)


@bug(0)
def thirteen_days(plant: Plant) -> None:
    """The seller has a day less."""
    plant.instead(
        warehouse, "decision_bound", lambda original: lambda at, policy: original(at, policy) - timedelta(days=1)
    )


@bug(0)
def fourteen_times_a_day(plant: Plant) -> None:
    """The time ends fourteen times 24 hours after the scan, not with the fourteenth day."""
    plant.value(warehouse, "decision_bound", lambda at, policy: at + timedelta(days=policy.decision_days))


@bug(0)
def days_of_london(plant: Plant) -> None:
    """Calendar days are those of Greenwich."""
    plant.value(decisions, "end_of_day", lambda at, days: end_of_day(at, days, ZoneInfo("UTC")))


@bug(0)
def four_days_to_hand_in(plant: Plant) -> None:
    """The customer has a day less to hand the product in."""
    _policy(plant, dropoff_days=4)


@bug(0)
def reminders_forgotten(plant: Plant) -> None:
    """Nobody remembers that somebody was reminded."""
    plant.instead(
        Partner, "evolve", lambda original: lambda self, it, event: replace(original(self, it, event), reminded=())
    )


@bug(0)
def nothing_can_be_undone(plant: Plant) -> None:
    """A disposal is released at once."""
    plant.events("partner", lambda _, __, events: replaced(
        events, pe.Decided, hold_until=lambda one: one.at if one.decision is Decision.DISPOSE else None))  # fmt: skip


@bug(0)
def programs_as_quick_as_people(plant: Plant) -> None:
    """What a key decided can be undone for two hours only."""
    plant.instead(choices, "decide", lambda original: lambda it, command, by, at, terms, around: original(
        it, command, by, at, replace(terms, policy=replace(terms.policy, undo_hours_key=2)), around))  # fmt: skip


@bug(0)
def destroyed_on_a_sunday(plant: Plant) -> None:
    """A missed deadline releases the unit at once, whatever day it is."""
    plant.value(choices, "working_day_from", lambda at: at)


@bug(0)
def late_photos_do_not_count(plant: Plant) -> None:
    """The deadline passes although photos that were ordered in time are late."""
    plant.value(partner_calendar, "holds_for_media", lambda *_: False)


@bug(0)
def no_notice_round(plant: Plant) -> None:
    """What was not collected is destroyed without a second notice."""

    def make(original: Any) -> Any:
        def timers(self: Any, it: Any) -> list[Any]:
            return [
                (at, pdo.MissDeadline() if isinstance(act, pdo.KeepExpired) else act) for at, act in original(self, it)
            ]

        return timers

    plant.instead(Partner, "timers", make)


@bug(0)
def reopened_for_an_hour(plant: Plant) -> None:
    """A supervisor's more time may be less."""
    plant.events(
        "partner",
        lambda _, __, events: replaced(events, pe.Reopened, decide_by=lambda one: one.at + timedelta(hours=1)),
    )


def _never_fires(plant: Plant, house: Any, command: type) -> None:
    plant.instead(house, "timers", lambda original: lambda self, it: [
        one for one in original(self, it) if not isinstance(one[1], command)])  # fmt: skip


@bug(0)
def held_for_ever(plant: Plant) -> None:
    """What is held before its destruction is never released for it."""
    _never_fires(plant, Partner, pdo.InstructDisposal)


@bug(0)
def never_missing(plant: Plant) -> None:
    """What does not arrive is never declared lost."""
    _never_fires(plant, Marketplace, do.DeclareLost)


@bug(0)
def draft_of_a_claim_for_ever(plant: Plant) -> None:
    """A draft of a claim that nobody files never lapses."""
    _never_fires(plant, Marketplace, do.LapseClaim)


@bug(0)
def photos_lengthen_by_two_days(plant: Plant) -> None:
    """A day of late photos moves the bound by two."""
    plant.events("partner", lambda it, _, events: replaced(
        events, pe.DeadlineMoved, decide_by=lambda one: one.decide_by + timedelta(days=one.days - it.days_moved)))  # fmt: skip


@bug(0)
def released_an_hour_early(plant: Plant) -> None:
    """Destruction is released an hour before its hold ends."""

    def make(original: Any) -> Any:
        def timers(self: Any, it: Any) -> list[Any]:
            early = timedelta(hours=1)
            found = [
                (at - early if isinstance(act, pdo.InstructDisposal) else at, act) for at, act in original(self, it)
            ]
            return sorted(found, key=lambda one: one[0])

        return timers

    plant.instead(Partner, "timers", make)
    _due_later(plant, -timedelta(hours=1))


@bug(0)
def mirrored_bound_lengthened(plant: Plant) -> None:
    """The marketplace shows its seller a day more than the partner gives."""
    plant.instead(decisions, "_never_sooner", lambda original: lambda it, us: (
        original(it, us) + timedelta(days=1) if us and original(it, us) is not None else original(it, us)))  # fmt: skip


@bug(0)
def mirrored_bound_shortened(plant: Plant) -> None:
    """The marketplace takes over a bound that is earlier than the one that runs."""
    plant.instead(decisions, "_never_sooner", lambda original: lambda it, us: (
        original(it, us) - timedelta(days=20) if us and original(it, us) is not None else original(it, us)))  # fmt: skip


@bug(0)
def too_late_a_minute_before(plant: Plant) -> None:
    """Whoever answers in the last minute is told that it is too late."""

    def make(original: Any) -> Any:
        def decide(it: Any, command: Any, by: Any, at: Any, terms: Any, seller: Any) -> Any:
            late = it.act_by is not None and it.act_by - timedelta(minutes=1) <= at < it.act_by
            return original(it, command, by, it.act_by if late and by.role != "calendar" else at, terms, seller)

        return decide

    plant.instead(perform, "decide", make)
