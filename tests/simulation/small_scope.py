"""Every way that one unit can go through both houses within a small scope: the real law, folds, postings and letters, and a dict as the database.

A state is the return, the parcel, the letters on their way and the hour; from each one all that anybody could do is tried: people, both
calendars (or not yet), each letter (or not yet, which is how loss and delay look; the inbox makes a second one nothing). After each step the
checker of the simulation looks at the events. Nothing is drawn: the search ends when no new state is left.
"""

import copy
import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from backhaul import wire
from backhaul.kit.days import end_of_day, to_us
from backhaul.kit.forms import convert
from backhaul.kit.machine import Refused
from backhaul.marketplace.perform import Marketplace
from backhaul.marketplace.reports import command_for
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By, SellerFacts
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.returns import born as started
from backhaul.marketplace.rules.words import Role
from backhaul.partner.perform import Partner, unit_of
from backhaul.partner.rules import commands as pdo
from backhaul.partner.rules import events as pe
from backhaul.partner.rules.parcels import Parcel, born
from backhaul.partner.rules.words import Mark
from tests.partner.cast import CHEN as OWNER
from tests.partner.cast import CODE, HONG_KONG, LINKED, MARKETPLACE, QUIET, RUSLAN, SONIA, VERA
from tests.rules.cast import CHEN, IRINA, LUMITEK, OLEG, Story, check_in, line, moscow
from tests.simulation.checker import goods, letters, money, parcels
from tests.simulation.checker.rows import Row

FIRST = moscow("2024-09-02 10:00")
NUMBER = 7
CHANGES_MAX = 5  # events of a parcel after which nobody changes their mind
PHOTOS = ("p1", "p2", "p3")
CONFIRMED = {HONG_KONG: {"confirmed_us": 1, "created_us": 1}}
_encode = msgspec.json.Encoder().encode


FIRST_BOUND = end_of_day(FIRST + timedelta(days=1), 14)
SECOND_BOUND = end_of_day(FIRST + timedelta(days=2), 14)
# When something may happen: handed in, arrived a day later, and the bound of what arrived then.
FEW = (FIRST, FIRST + timedelta(days=1), FIRST_BOUND)
# Also its last second, and four days behind it.
SOME = (*FEW[:2], FIRST_BOUND - timedelta(seconds=1), FIRST_BOUND, FIRST_BOUND + timedelta(days=4))
# Two days on which it may arrive, both edges of both bounds, the working day behind them, and what was kept and not collected.
MANY = tuple(sorted({
    *SOME, FIRST + timedelta(days=2), FIRST_BOUND + timedelta(days=1, hours=12), SECOND_BOUND - timedelta(seconds=1), SECOND_BOUND,
    SECOND_BOUND + timedelta(days=17),
}))  # fmt: skip


class State(msgspec.Struct, frozen=True):
    """Where everything stands; `models` are what the checker has made of the events so far."""

    hour: int
    it: Return
    parcel: Parcel | None = None
    to_partner: tuple[bytes, ...] = ()
    to_marketplace: tuple[bytes, ...] = ()
    models: tuple[Row, Row] = ({}, {})

    def name(self) -> bytes:
        """The same for the same state."""
        return _encode((self.hour, self.it, self.parcel, self.to_partner, self.to_marketplace))


class Scope:
    """The houses, the hours, and what was found."""

    def __init__(self, *, price: str = "2300.00", hours: tuple[datetime, ...] = FEW, in_flight_max: int = 0) -> None:
        self.hours = hours
        self.in_flight_max = in_flight_max
        self.price = price  # above 10,000 a unit is checked in full, and may turn out to be another one
        self.marketplace, self.partner = Marketplace(), Partner()
        self.partner.terms = msgspec.structs.replace(self.partner.terms, policy=QUIET)
        self.reached: set[bytes] = set()
        self.ends: set[tuple[str, str]] = set()
        self.steps = 0

    def search(self, most: int = 10**7, told: Callable[[int, int], None] = lambda *_: None) -> int:
        """Breadth first, until nothing new is left; how many states there are. `Fault` at the first rule that is broken."""
        waiting = deque([self.start()])
        self.reached = {waiting[0].name()}
        while waiting:
            state = waiting.popleft()
            self._rests(state)
            leads_on = False
            for following in self.following(state):
                self.steps += 1
                leads_on = True
                name = following.name()
                if name not in self.reached:
                    self.reached.add(name)
                    waiting.append(following)
            if not leads_on:
                self.ends.add((str(state.it.status), str(state.parcel.status) if state.parcel else ""))
            told(len(self.reached), len(waiting))
            if len(self.reached) > most:
                raise AssertionError(f"more than {most} states, {len(waiting)} of them unexplored")
        return len(self.reached)

    def start(self) -> State:
        """A unit of a seller from China, requested, approved and taken in by the point, all in the first hour."""
        requested = Story(LUMITEK, of=line(self.price, 350), at=FIRST).requested
        model: Row = {}
        self._see(model, requested, (1, "customer", "irina"), FIRST, FIRST, ())
        state = State(0, started(17, requested), models=(model, {}))
        for by, command in ((IRINA, do.Submit()), (CHEN, do.Approve()), (OLEG, check_in())):
            state = self._act(state, command, by, FIRST, FIRST)
        return state

    # What can happen

    def following(self, state: State) -> Iterator[State]:
        """Everything that anybody can bring about now. With so many letters on their way the next one arrives first."""
        if len(state.to_partner) + len(state.to_marketplace) > self.in_flight_max:
            yield from self._delivered(state)
            return
        if state.hour + 1 < len(self.hours):
            yield msgspec.structs.replace(state, hour=state.hour + 1)
        now = self.hours[state.hour]
        for by, command in self._marketplace_acts(state):
            yield from self._tried(lambda b=by, c=command: self._act(state, c, b, now, now))  # type: ignore[misc]
        for parcel_by, act in self._partner_acts(state, now):
            yield from self._tried(lambda b=parcel_by, c=act: self._parcel_act(state, c, b, now, now))  # type: ignore[misc]
        yield from self._sweeps(state, now)
        yield from self._delivered(state)

    def _delivered(self, state: State) -> Iterator[State]:
        now = self.hours[state.hour]
        if state.to_partner:
            yield from self._tried(lambda: self._to_partner(state, now))
        if state.to_marketplace:
            yield from self._tried(lambda: self._to_marketplace(state, now))

    def _tried(self, act: Callable[[], State]) -> Iterator[State]:
        try:
            yield act()
        except Refused:
            return

    def _marketplace_acts(self, state: State) -> Sequence[tuple[By, do.Command]]:
        if state.it.status == "accepted_at_pvz":
            return [(OLEG, do.Dispatch("Linehaul"))]
        return [(CHEN, do.ConfirmReceipt())] if state.it.status == "at_partner" else []

    def _partner_acts(self, state: State, now: datetime) -> Sequence[tuple[Any, Any]]:
        if state.parcel is None:
            return []
        if state.parcel.status == "expected":
            return [(RUSLAN, pdo.Arrive("MSK-2", to_us(now), weight_gram=350, photos=("gate",), shelf="A-1"))]
        decisions = [
            (OWNER, pdo.Decide(word, to)) for word, to in (("pickup", 0), ("ship_hk", HONG_KONG), ("dispose", 0))
        ]
        marks = [
            (VERA, pdo.Mark(mark, "a scratch", "", PHOTOS, "another serial"))
            for mark in (Mark.SERVICEABLE, Mark.SUBSTITUTED)
        ]
        hands = [pdo.PrintLabel("Carrier", "T-1"), pdo.ConfirmDelivery(), pdo.HandOver("Pavel Lee", CODE), pdo.StartDisposal(),
                 pdo.Destroy("shredding", "M. Orlova", PHOTOS)]  # fmt: skip
        again = state.parcel.version < CHANGES_MAX  # minds can be changed for ever, and each time is another state
        return [
            *(decisions if again else []), *(marks if again and state.parcel.inspection.revision < 1 else []),
            (SONIA, pdo.ConfirmMark()), *([(SONIA, pdo.Reopen("The seller was ill."))] if again else []), *((RUSLAN, act) for act in hands),
        ]  # fmt: skip

    def _sweeps(self, state: State, now: datetime) -> Iterator[State]:
        """Each house's calendar does what is due, dated to its bound."""
        due = self.marketplace.timers(state.it)
        if due and due[0][0] <= now:
            yield from self._tried(lambda: self._act(state, due[0][1], self.marketplace.calendar(), due[0][0], now))
        parcel_due = self.partner.timers(state.parcel) if state.parcel else []
        if parcel_due and parcel_due[0][0] <= now:
            at, act = parcel_due[0]
            yield from self._tried(lambda: self._parcel_act(state, act, self.partner.calendar(), at, now))

    # What it does

    def _act(self, state: State, command: Any, by: By, at: datetime, now: datetime) -> State:
        it, model = state.it, copy.deepcopy(state.models[0])
        posted = list(state.to_partner)
        facts = SellerFacts(linked=True)
        for event in self.marketplace.decide(it, command, by, at, facts):
            it = self.marketplace.evolve(it, event)
            entries = self.marketplace.entries(it, event)
            self._see(model, event, (it.version, str(by.role), by.id), at, now, entries)
            posted += [one.body for one in self.marketplace.letters(it, event, by, at)]
        return msgspec.structs.replace(state, it=it, to_partner=tuple(posted), models=(model, state.models[1]))

    def _parcel_act(self, state: State, command: Any, by: Any, at: datetime, now: datetime) -> State:
        parcel, model = state.parcel, copy.deepcopy(state.models[1])
        if parcel is None:
            raise Refused("not_found", "missing")
        posted = list(state.to_marketplace)
        for event in self.partner.decide(parcel, command, by, at, LINKED):
            parcel = self.partner.evolve(parcel, event)
            entries = self.partner.entries(parcel, event)
            self._see_parcel(model, event, str(by.role), at, now, entries)
            posted += [one.body for one in self.partner.letters(parcel, event, by, at)]
        return msgspec.structs.replace(
            state, parcel=parcel, to_marketplace=tuple(posted), models=(state.models[0], model)
        )

    def _to_partner(self, state: State, now: datetime) -> State:
        message = msgspec.json.decode(state.to_partner[0], type=wire.Message)
        taken = msgspec.structs.replace(state, to_partner=state.to_partner[1:])
        if message.type == wire.EXPECTED:
            event = pe.Expected("P-1", unit_of(msgspec.json.decode(message.data, type=wire.ExpectedParcel)))
            model: Row = {}
            self._see_parcel(model, event, "marketplace", now, now, ())
            return msgspec.structs.replace(taken, parcel=born(state.it.id, event), models=(state.models[0], model))
        fields: dict[str, Any] = msgspec.json.decode(message.data)
        del fields["return_id"]
        acts: dict[str, Any] = {
            wire.DISPATCHED: pdo.NoteDispatch,
            wire.LOST: pdo.NoteLost,
            wire.CLAIM_MOVED: pdo.NoteClaim,
        }
        return self._parcel_act(taken, convert(acts[message.type], fields), MARKETPLACE, now, now)

    def _to_marketplace(self, state: State, now: datetime) -> State:
        message = msgspec.json.decode(state.to_marketplace[0], type=wire.Message)
        taken = msgspec.structs.replace(state, to_marketplace=state.to_marketplace[1:])
        return self._act(taken, command_for(message)[1], By(Role.PARTNER, "partner"), now, now)

    # What the checker says

    def _see(
        self, case: Row, event: Any, mark: tuple[int, str, str], at: datetime, now: datetime, entries: Any
    ) -> None:
        said: Row = json.loads(_encode(event))
        row: Row = {"case_id": NUMBER, "seq": mark[0], "kind": type(event).__name__, "at_us": to_us(at), "recorded_us": to_us(now),
               "role": mark[1], "actor": mark[2]}  # fmt: skip
        if row["kind"] == "Requested":
            money.born(case, said)
        goods.moved(case, row, said, {"oleg": "77-0412"})
        goods.mirrored(case, row, said)
        money.booked(row["kind"], money.happened(case, row, said), _rows(entries))

    def _see_parcel(self, case: Row, event: Any, role: str, at: datetime, now: datetime, entries: Any) -> None:
        said: Row = json.loads(_encode(event))
        row: Row = {
            "case_id": NUMBER,
            "kind": type(event).__name__,
            "at_us": to_us(at),
            "recorded_us": to_us(now),
            "role": role,
        }
        wanted = parcels.happened(case, row, said, CONFIRMED)
        money.booked(str(row["kind"]), wanted, _rows(entries))

    def _rests(self, state: State) -> None:
        """Where nothing is on its way, both houses hold the same."""
        if state.parcel is None or state.to_partner or state.to_marketplace:
            return
        letters.agree({NUMBER: state.models[0]}, {NUMBER: state.models[1]})


def _rows(entries: Any) -> list[Row]:
    return [{"debit": one.debit, "credit": one.credit, "amount_minor": one.amount.minor} for one in entries]
