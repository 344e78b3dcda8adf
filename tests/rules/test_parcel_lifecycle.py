"""The seven lifecycles of a parcel against the papers, cell by cell, and against what `decide` and `evolve` do.

`SAID` is written by hand from requirements 5.1, R64-R91, P11-P14, P25-P27, decisions D8, D9, D11, D17, D20, D27 and
reliability 3.4. Never generate it from `lifecycle.py`: it is the second opinion.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from backhaul.kit.machine import Lifecycle, Refused, Row
from backhaul.partner.rules import calendar, decisions
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.around import By
from backhaul.partner.rules.lifecycle import (
    CLAIM,
    DISPOSAL,
    GATE,
    INSPECTION,
    MEDIA,
    PARCEL,
    QUARANTINE,
    SHIPMENT,
    TABLES,
)
from backhaul.partner.rules.parcels import Parcel, status_in
from backhaul.partner.rules.words import (
    ClaimStatus,
    DisposalStatus,
    GateStatus,
    InspectionStatus,
    Mark,
    MediaStatus,
    Payer,
    QuarantineStatus,
    Role,
    ShipmentStatus,
    Status,
)
from tests.partner.cast import (
    CALENDAR,
    CARRIER,
    CHEN,
    CODE,
    HONG_KONG,
    MARKETPLACE,
    RUSLAN,
    SONIA,
    TIMUR,
    VERA,
    ParcelStory,
    all_commands,
    announced,
    lost_since,
    rub,
    scan,
)

Cells = dict[tuple[str, str], set[str]]


def revisable(state: str) -> Cells:
    """R68, J8: a result can be revised from the evidence at any time. A late note of the marketplace's is taken."""
    return {
        ("Mark", "inspector"): {state},
        ("ConfirmMark", "inspector"): {state},
        ("ConfirmMark", "supervisor"): {state},
        ("NoteDispatch", "marketplace"): {state},
        ("NoteLost", "marketplace"): {state},
        # R75, P26: the marketplace says where the claim stands, a supervisor reviews it.
        ("NoteClaim", "marketplace"): {state},
        ("TakeUpClaim", "supervisor"): {state},
        ("ApproveClaim", "supervisor"): {state},
        ("RefuseClaim", "supervisor"): {state},
    }


def placed(state: str) -> Cells:
    """What is here may be moved, and get a label again."""
    return {(act, role): {state} for act in ("PutAway", "PrintParcelLabel") for role in ("receiver", "supervisor")}


def dock(state: str) -> Cells:
    """8.1: the gate check changes no state; R78: only a supervisor lets dangerous goods out of quarantine."""
    return {
        **placed(state),
        ("CheckGate", "receiver"): {state},
        ("CheckGate", "supervisor"): {state},
        ("ReleaseQuarantine", "supervisor"): {state},
        ("AlarmGate", "calendar"): {state},
    }


def gate_check(*after: str) -> Cells:
    return {("CheckGate", role): set(after) for role in ("receiver", "supervisor")}


UNIT: dict[str, Cells] = {
    # On its way (R63, D27): the seller may ask for disposal once received (R90); scanned in by the dock (D17).
    "expected": {
        ("NoteDispatch", "marketplace"): {"expected"},
        # P10: the marketplace takes it for lost; it may still come.
        ("NoteLost", "marketplace"): {"expected"},
        ("NoteClaim", "marketplace"): {"expected"},
        ("DisposeOnArrival", "seller"): {"expected"},
        ("Arrive", "receiver"): {"arrived"},
    },
    # Storage, the clock runs (R76, R78). The decision can be changed until work starts (P27).
    "arrived": {
        **revisable("arrived"),
        ("QueueInspection", "inspector"): {"arrived"},
        ("QueueInspection", "supervisor"): {"arrived"},
        ("OrderMedia", "seller"): {"arrived"},
        ("DeliverMedia", "inspector"): {"arrived"},
        ("DeliverMedia", "receiver"): {"arrived"},
        ("Decide", "seller"): {"arrived"},
        # R103, P11, P13, P14
        ("Remind", "calendar"): {"arrived"},
        ("ExtendDeadline", "calendar"): {"arrived"},
        ("KeepExpired", "calendar"): {"arrived"},
        ("MissDeadline", "calendar"): {"disposal_due"},
        ("InstructDisposal", "calendar"): {"arrived"},
        # The hands (D17)
        ("PrintLabel", "receiver"): {"in_work"},
        ("HandOver", "receiver"): {"picked_up"},
        ("StartDisposal", "receiver"): {"in_work"},
        **dock("arrived"),
    },
    # P14: decisions are refused; a supervisor may reopen before the task starts.
    "disposal_due": {
        **revisable("disposal_due"),
        ("QueueInspection", "inspector"): {"disposal_due"},
        ("QueueInspection", "supervisor"): {"disposal_due"},
        ("DeliverMedia", "inspector"): {"disposal_due"},
        ("DeliverMedia", "receiver"): {"disposal_due"},
        ("Reopen", "supervisor"): {"arrived"},
        ("InstructDisposal", "calendar"): {"disposal_due"},
        ("StartDisposal", "receiver"): {"in_work"},
        **dock("disposal_due"),
    },
    "in_work": {
        **revisable("in_work"),
        # R91: by the warehouse or by the carrier's file of statuses; what the carrier lost may turn up.
        ("Dispatch", "receiver"): {"in_work"},
        ("Dispatch", "carrier"): {"in_work"},
        ("ConfirmDelivery", "receiver"): {"delivered"},
        ("ConfirmDelivery", "carrier"): {"delivered"},
        ("NoteShipmentLost", "receiver"): {"in_work"},
        ("NoteShipmentLost", "carrier"): {"in_work"},
        ("Destroy", "receiver"): {"disposed"},
        **placed("in_work"),
    },
    "picked_up": revisable("picked_up"),
    "delivered": revisable("delivered"),
    "disposed": revisable("disposed"),
}

CHECK: dict[str, Cells] = {
    # R64: by rules on arrival, or chosen by hand.
    "none": {
        ("Arrive", "receiver"): {"none", "queued"},
        **gate_check("none", "queued"),
        ("QueueInspection", "inspector"): {"queued"},
        ("QueueInspection", "supervisor"): {"queued"},
    },
    # R68, R72, P26: a substitution waits for a second person.
    "queued": {("Mark", "inspector"): {"done", "awaiting_second"}, **gate_check("queued")},
    "awaiting_second": {
        **gate_check("awaiting_second"),
        ("Mark", "inspector"): {"done", "awaiting_second"},
        ("ConfirmMark", "inspector"): {"done"},
        ("ConfirmMark", "supervisor"): {"done"},
    },
    "done": {("Mark", "inspector"): {"done", "awaiting_second"}, **gate_check("done")},
}

GATE_CHECK: dict[str, Cells] = {
    # 8.1: all units, at the scan or within a day after it.
    "none": {("Arrive", "receiver"): {"due", "passed", "mismatch"}},
    "due": {**gate_check("passed", "mismatch"), ("AlarmGate", "calendar"): {"due"}},
    "passed": {},
    "mismatch": {},
}

APART: dict[str, Cells] = {
    # R78: dangerous goods are accepted and kept apart.
    "none": {("Arrive", "receiver"): {"none", "held"}, **gate_check("none", "held")},
    "held": {("ReleaseQuarantine", "supervisor"): {"released"}, **gate_check("held")},
    "released": gate_check("released", "held"),
}

PHOTOS: dict[str, Cells] = {
    # R66: one set a unit.
    "none": {("OrderMedia", "seller"): {"ordered"}},
    "ordered": {("DeliverMedia", "inspector"): {"ready"}, ("DeliverMedia", "receiver"): {"ready"}},
    "ready": {},
}

SENDING: dict[str, Cells] = {
    "none": {("PrintLabel", "receiver"): {"label_printed"}},
    "label_printed": {
        ("Dispatch", "receiver"): {"dispatched"},
        ("Dispatch", "carrier"): {"dispatched"},
        ("ConfirmDelivery", "receiver"): {"delivered"},
        ("ConfirmDelivery", "carrier"): {"delivered"},
        ("NoteShipmentLost", "receiver"): {"lost"},
        ("NoteShipmentLost", "carrier"): {"lost"},
    },
    "dispatched": {
        ("ConfirmDelivery", "receiver"): {"delivered"},
        ("ConfirmDelivery", "carrier"): {"delivered"},
        ("NoteShipmentLost", "receiver"): {"lost"},
        ("NoteShipmentLost", "carrier"): {"lost"},
    },
    "lost": {("ConfirmDelivery", "receiver"): {"delivered"}, ("ConfirmDelivery", "carrier"): {"delivered"}},
    "delivered": {},
}

DESTRUCTION: dict[str, Cells] = {
    # Reliability 3.4, D9: held while it can be undone, then instructed by the clock, then started by hand.
    "none": {
        ("Arrive", "receiver"): {"none", "held"},
        **gate_check("none", "held"),
        ("Decide", "seller"): {"none", "held"},
        ("MissDeadline", "calendar"): {"held"},
    },
    "held": {
        **gate_check("held"),
        ("Decide", "seller"): {"none", "held"},
        ("Reopen", "supervisor"): {"none"},
        # D11: a lost authorization holds it longer.
        ("InstructDisposal", "calendar"): {"held", "instructed"},
    },
    "instructed": {
        **gate_check("instructed"),
        ("Decide", "seller"): {"none", "instructed"},
        ("Reopen", "supervisor"): {"none"},
        ("StartDisposal", "receiver"): {"started"},
    },
    "started": {("Destroy", "receiver"): {"destroyed"}},
    "destroyed": {},
}

NOTED: Cells = {
    ("NoteClaim", "marketplace"): {"filed", "in_review", "approved", "refused", "paid", "reversed"},
}
# R75: filed by the marketplace, reviewed here; what the marketplace says of its claim always stands.
REVIEW: dict[str, Cells] = {
    "none": NOTED,
    "filed": {**NOTED, ("TakeUpClaim", "supervisor"): {"in_review"}},
    "in_review": {
        **NOTED,
        ("ApproveClaim", "supervisor"): {"approved"},
        ("RefuseClaim", "supervisor"): {"refused"},
    },
    "approved": NOTED,
    "refused": NOTED,
    "paid": NOTED,
    "reversed": NOTED,
}

SAID: dict[str, dict[str, Cells]] = {
    "parcel": UNIT,
    "gate": GATE_CHECK,
    "quarantine": APART,
    "inspection": CHECK,
    "media": PHOTOS,
    "shipment": SENDING,
    "disposal": DESTRUCTION,
    "claim": REVIEW,
}
TABLE: dict[str, Lifecycle[Any, Any]] = {
    "parcel": PARCEL,
    "gate": GATE,
    "quarantine": QUARANTINE,
    "inspection": INSPECTION,
    "media": MEDIA,
    "shipment": SHIPMENT,
    "disposal": DISPOSAL,
    "claim": CLAIM,
}
WORDS: dict[str, Any] = {
    "parcel": Status,
    "gate": GateStatus,
    "quarantine": QuarantineStatus,
    "inspection": InspectionStatus,
    "media": MediaStatus,
    "shipment": ShipmentStatus,
    "disposal": DisposalStatus,
    "claim": ClaimStatus,
}
START = {
    "parcel": "expected",
    "gate": "none",
    "quarantine": "none",
    "inspection": "none",
    "media": "none",
    "shipment": "none",
    "disposal": "none",
    "claim": "none",
}
ENDS = {
    "parcel": {"picked_up", "delivered", "disposed"},
    "gate": {"passed", "mismatch"},
    "quarantine": set[str](),  # what is found dangerous later goes back
    "inspection": set[str](),  # a result may be revised
    "media": {"ready"},
    "shipment": {"delivered"},
    "disposal": {"destroyed"},
    "claim": set[str](),  # the marketplace has it
}
ROLES = ("seller", "receiver", "inspector", "supervisor", "marketplace", "calendar", "carrier")
EVERY_STATE = [(noun, state) for noun, states in SAID.items() for state in states]


# -- The tables as written --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("noun", "state"), EVERY_STATE)
def test_every_command_of_every_role_does_what_the_papers_say_and_nothing_else(noun: str, state: str) -> None:
    cells: Cells = {}
    for name, command in all_commands().items():
        for role in ROLES:
            row = TABLE[noun].row(WORDS[noun](state), command, Role(role))
            if row is not None:
                cells[name, role] = {str(after) for after in row.after}

    assert SAID[noun][state] == cells


@pytest.mark.parametrize("noun", SAID)
def test_every_state_of_the_papers_is_there_and_no_other(noun: str) -> None:
    states = {str(state) for state in TABLE[noun].states}

    assert set(SAID[noun]) == {str(word) for word in WORDS[noun]} == states


def test_the_roles_and_commands_of_this_file_are_all_there_are() -> None:
    named = {name for states in SAID.values() for cells in states.values() for name, _ in cells}

    assert set(ROLES) == {str(role) for role in Role}
    assert named == set(all_commands())


@pytest.mark.parametrize("noun", SAID)
def test_a_lifecycle_starts_and_ends_where_the_papers_say(noun: str) -> None:
    assert START[noun] == TABLE[noun].start
    assert ENDS[noun] == {str(state) for state in TABLE[noun].ends}


@pytest.mark.parametrize("noun", SAID)
def test_every_state_is_reached_from_the_start(noun: str) -> None:
    reached = closure([START[noun]], arrows(TABLE[noun].rows))

    assert set(SAID[noun]) == reached


@pytest.mark.parametrize("noun", [noun for noun in SAID if ENDS[noun]])
def test_every_state_has_a_way_to_an_end(noun: str) -> None:
    back: dict[str, set[str]] = defaultdict(set)
    for before, afters in arrows(TABLE[noun].rows).items():
        for after in afters:
            back[after].add(before)

    assert set(SAID[noun]) == closure(ENDS[noun], back)


def test_a_command_is_asked_of_every_table_that_knows_it() -> None:
    expected = {
        name: {noun for noun in SAID if any(name == cell for cells in SAID[noun].values() for cell, _ in cells)}
        for name in all_commands()
    }
    asked = {act.__name__: {table.name for table in tables} for act, tables in TABLES.items()}

    assert expected == asked


def arrows(rows: Iterable[Row[Any, Any]]) -> dict[str, set[str]]:
    """Where each state leads."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[str(row.before)] |= {str(after) for after in row.after}
    return found


def closure(start: Iterable[str], steps: Mapping[str, set[str]]) -> set[str]:
    reached = set(start)
    ahead = deque(reached)
    while ahead:
        fresh = steps.get(ahead.popleft(), set()) - reached
        reached |= fresh
        ahead.extend(fresh)
    return reached


# -- The comparison itself is tried: whoever edits a table is noticed -------------------------------------------------

Said = dict[tuple[str, str, str], frozenset[str]]


def said_by(rows: Iterable[Row[Any, Any]]) -> Said:
    """Rows as cells of text."""
    return {
        (str(row.before), row.command.__name__, str(role)): frozenset(map(str, row.after))
        for row in rows
        for role in row.by
    }


def papers(noun: str) -> Said:
    return {
        (state, name, role): frozenset(after)
        for state, cells in SAID[noun].items()
        for (name, role), after in cells.items()
    }


def slips(rows: tuple[Row[Any, Any], ...]) -> Iterator[tuple[Row[Any, Any], ...]]:
    """Every table that is one slip away: a row, a role or an after lost, an after too many."""
    states = {row.before for row in rows} | {after for row in rows for after in row.after}
    for i, row in enumerate(rows):
        before, after = rows[:i], rows[i + 1 :]
        yield before + after
        roles = [tuple(r for r in row.by if r != role) for role in row.by if len(row.by) > 1]
        yield from ((*before, Row(row.before, row.command, by, row.after), *after) for by in roles)
        fewer = [tuple(s for s in row.after if s != state) for state in row.after if len(row.after) > 1]
        more = [(*row.after, state) for state in states if state not in row.after]
        yield from ((*before, Row(row.before, row.command, row.by, to), *after) for to in (*fewer, *more))


@pytest.mark.parametrize("noun", SAID)
def test_no_slip_of_the_pen_in_a_table_goes_unnoticed(noun: str) -> None:
    rows = TABLE[noun].rows
    unnoticed = [table for table in slips(rows) if said_by(table) == papers(noun)]

    assert papers(noun) == said_by(rows)
    assert [] == unnoticed


# -- What really happens: every parcel that can come about, explored through `decide` and `evolve` --------------------

Sample = ParcelStory
CLAIM_ACTS = ("NoteClaim", "TakeUpClaim", "ApproveClaim", "RefuseClaim")

SPEAKERS: dict[str, tuple[By, ...]] = {
    "seller": (CHEN,),
    "receiver": (RUSLAN,),
    "inspector": (VERA, TIMUR),
    "supervisor": (SONIA,),
    "marketplace": (MARKETPLACE,),
    "calendar": (CALENDAR,),
    "carrier": (CARRIER,),
}
OPENINGS = (announced(), announced(reason_group="defect"))


CHECKED = do.CheckGate(label_matches=True, item_unreadable=True, weight_gram=350, photos=("g1",))
SAME_EVERYWHERE: dict[str, tuple[do.Any, ...]] = {
    "NoteDispatch": (do.NoteDispatch("Linehaul"),),
    "NoteLost": (do.NoteLost(),),
    "NoteClaim": tuple(
        do.NoteClaim(status, rub("18500.50"), Payer.FRAUD_FUND) for status in ClaimStatus if status != "none"
    ),
    "TakeUpClaim": (do.TakeUpClaim(),),
    "ApproveClaim": (do.ApproveClaim(Payer.FRAUD_FUND),),
    "RefuseClaim": (do.RefuseClaim("The outbound weight of the parcel had not been loaded."),),
    "DisposeOnArrival": (do.DisposeOnArrival(),),
    "CheckGate": (CHECKED, replace(CHECKED, hazard=True), replace(CHECKED, seal_intact=False)),
    "PutAway": (do.PutAway("A-2"), do.PutAway("QUARANTINE")),
    "PrintParcelLabel": (do.PrintParcelLabel(),),
    "ReleaseQuarantine": (do.ReleaseQuarantine("It is soap, the sign is wrong."),),
    "QueueInspection": (do.QueueInspection("looks re-taped"),),
    "Mark": (
        do.Mark(Mark.PARTIALLY_DAMAGED, "D1", photos=("m1",)),
        do.Mark(Mark.SUBSTITUTED, photos=("m1", "m2", "m3"), comparison="another serial"),
    ),
    "ConfirmMark": (do.ConfirmMark(),),
    "OrderMedia": (do.OrderMedia(),),
    "DeliverMedia": (do.DeliverMedia(("m1",)),),
    "Decide": (do.Decide("dispose"), do.Decide("ship_hk", HONG_KONG), do.Decide("pickup")),
    "PrintLabel": (do.PrintLabel(),),
    "Dispatch": (do.Dispatch("PF-1"),),
    "ConfirmDelivery": (do.ConfirmDelivery(),),
    "NoteShipmentLost": (do.NoteShipmentLost("not found"),),
    "HandOver": (do.HandOver("Ivanov", CODE),),
    "StartDisposal": (do.StartDisposal(),),
    "Destroy": (do.Destroy("shredded", "Sonia", ("d1",)),),
    "Reopen": (do.Reopen("The seller's line was down."),),
    "Remind": (do.Remind("1d"),),
    "ExtendDeadline": (do.ExtendDeadline(),),
    "MissDeadline": (do.MissDeadline(),),
    "KeepExpired": (do.KeepExpired(),),
    "AlarmGate": (do.AlarmGate(),),
    "InstructDisposal": (do.InstructDisposal(),),
}


def payloads(name: str, story: Sample) -> tuple[do.Any, ...]:
    """Commands worth trying under a name."""
    if name != "Arrive":
        return SAME_EVERYWHERE[name]
    scanned = scan(story.now + timedelta(hours=1))
    # The gate and quarantine are tried on one way here; on the others they would only multiply the cases.
    if story.it.carrier or story.it.lost_at is not None or story.it.unit.reason_group == "defect":
        return (scanned,)
    return tuple(
        replace(scanned, weight_gram=weight, hazard=hazard) for weight in (None, 350) for hazard in (True, False)
    )


class Happened(NamedTuple):
    """An event that the law brought about, the parcel after it, and when."""

    it: Parcel
    event: Any
    at: datetime


def after(story: Sample, command: do.Any, by: By, *, lost: bool = False) -> Sample:
    """This parcel after one more command, an hour later; the calendar comes when it is due. May raise `Refused`.

    `lost`: while the calendar comes, the marketplace does not honour the seller's key (D11).
    """
    twin = story.copy()
    at = story.now + timedelta(hours=1)
    due = [when for when, what in calendar.timers(story.it, story.terms.policy) if type(what) is type(command)]
    if by is CALENDAR:
        if not due:
            raise Refused("not_due")
        at = due[0]
        if lost:
            twin.around = lost_since(at)
    twin.does(by, command, at)
    twin.around = story.around
    return twin


def stand(it: Parcel) -> tuple[str, ...]:
    return tuple(str(status_in(it, TABLE[noun])) for noun in SAID)


def kind(story: Sample) -> tuple[object, ...]:
    """What two parcels must share to behave alike from here."""
    it = story.it
    proposed = it.inspection.proposed
    return (
        *stand(it), it.decision, it.notice_rounds > 0, it.unit.reason_group, it.dispose_on_arrival, it.days_moved > 0,
        proposed and proposed.by, it.carrier, it.lost_at is None, it.decide_by is not None and story.now >= it.decide_by,
    )  # fmt: skip


# What has nothing to do with the gate and with quarantine, and is explored without them.
MULTIPLIES = {"OrderMedia", "DeliverMedia", "KeepExpired", "ExtendDeadline", "Remind", "NoteDispatch"}


class Explored(NamedTuple):
    """Every kind of parcel that comes about, for every cell the states that really followed, and what happened on the way."""

    samples: list[Sample]
    followed: dict[tuple[str, str, str, str], set[str]]
    happened: list[Happened]


@cache
def explored() -> Explored:
    """Found by trying, once for each process of the tests."""
    happened: dict[tuple[object, ...], Happened] = {}
    followed: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    samples = [ParcelStory(told) for told in OPENINGS]
    known = {kind(sample) for sample in samples}
    ahead = deque(samples)
    noted: set[tuple[str, str]] = set()
    while ahead:
        story = ahead.popleft()
        before = dict(zip(SAID, stand(story.it), strict=True))
        at_the_gate = "due" in before["gate"] or before["quarantine"] != "none"
        for name, role in SAID["parcel"][story.it.status]:
            # A claim touches no other table: it is tried once for each state of the unit, and nothing besides goes on.
            place = (story.it.status, story.it.claim.status)
            tried = name == "NoteClaim" and place in noted
            noted |= {place} if name == "NoteClaim" else set()
            if tried or (name not in CLAIM_ACTS and story.it.claim.status != "none"):
                continue
            for command in () if at_the_gate and name in MULTIPLIES else payloads(name, story):
                for by, lost in product(SPEAKERS[role], (False, True) if role == "calendar" else (False,)):
                    try:
                        twin = after(story, command, by, lost=lost)
                    except Refused:
                        continue
                    for noun, state in zip(SAID, stand(twin.it), strict=True):
                        if state != before[noun] or (name, role) in SAID[noun][before[noun]]:
                            followed[noun, before[noun], name, role].add(state)
                    after_all = kind(twin)
                    for event in twin.events[len(story.events) :]:
                        happened.setdefault(
                            (after_all, type(event), twin.it.inspection.mark), Happened(twin.it, event, twin.now)
                        )
                    if after_all not in known:
                        known.add(after_all)
                        samples.append(twin)
                        ahead.append(twin)
    return Explored(samples, dict(followed), list(happened.values()))


def test_decide_and_evolve_lead_from_every_cell_to_each_of_its_states_and_to_no_other() -> None:
    followed = explored().followed
    expected = {
        (noun, state, name, role): set(afters)
        for noun, state in EVERY_STATE
        for (name, role), afters in SAID[noun][state].items()
    }

    assert expected == followed


def test_every_state_comes_about_by_real_commands() -> None:
    samples = explored().samples
    seen = {noun: {str(status_in(sample.it, TABLE[noun])) for sample in samples} for noun in SAID}

    assert {noun: set(states) for noun, states in SAID.items()} == seen


def test_decide_refuses_what_no_cell_allows() -> None:
    samples = explored().samples
    done: list[tuple[object, ...]] = []
    for story in one_of_each(samples):
        for name in all_commands():
            nouns = [noun for noun in SAID if any(name == n for cells in SAID[noun].values() for n, _ in cells)]
            for role in ROLES:
                if all((name, role) in SAID[noun][status_in(story.it, TABLE[noun])] for noun in nouns):
                    continue
                for command in payloads(name, story):
                    try:
                        decisions.decide(story.it, command, SPEAKERS[role][-1], story.now, story.terms, story.around)
                    except Refused:
                        continue
                    done.append((stand(story.it), name, role))

    assert [] == done


def one_of_each(samples: Iterable[Sample]) -> list[Sample]:
    return list({stand(sample.it): sample for sample in samples}.values())


def test_a_button_is_there_exactly_when_the_command_would_be_taken() -> None:
    samples = explored().samples
    for story in one_of_each(samples):
        for role in ROLES:
            by = SPEAKERS[role][-1]
            buttons = {act.__name__ for act in decisions.open_acts(story.it, by, story.now, story.terms, story.around)}
            taken = set()
            for name in all_commands():
                for command in payloads(name, story):
                    try:
                        decisions.decide(story.it, command, by, story.now, story.terms, story.around)
                    except Refused as refused:
                        if refused.code == "wrong_code":
                            taken.add(name)
                        continue
                    taken.add(name)

            assert taken == buttons, (stand(story.it), role)


def test_what_has_ended_stays_ended() -> None:
    """GDS-3."""
    samples, followed, _ = explored()
    assert samples
    moved = {
        cell for cell, afters in followed.items() if cell[:2] in {("parcel", end) for end in ENDS["parcel"]}
        and afters != {cell[1]}
    }  # fmt: skip

    assert set() == moved
