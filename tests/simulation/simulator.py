"""One run: a seed, so many steps, then forty days in which everything heals. The same seed always gives the same run."""

import hashlib
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import msgspec

from backhaul.kit import keys as kit_keys
from backhaul.kit.days import to_us
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.marketplace import queries
from backhaul.marketplace.perform import request_returns
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import decisions
from backhaul.partner import payment_errands
from backhaul.partner import queries as partner_queries
from backhaul.partner.rules import decisions as partner_decisions
from backhaul.partner.rules.invoices import Paid
from tests.marketplace.cast import ANADOLU, ELIF, IRINA, LUMITEK
from tests.partner.cast import SONIA
from tests.simulation import acts, setting
from tests.simulation.acts import Act, mixed
from tests.simulation.checker.acks import OVER
from tests.simulation.checker.checker import Checker
from tests.simulation.checker.rows import Fault
from tests.simulation.clocks import World, stopwatch
from tests.simulation.crashes import Crashed, Faults
from tests.simulation.doors import without_threads
from tests.simulation.houses import House
from tests.simulation.network import Network, Weather
from tests.simulation.speaking import Heard, speak

REASONS = ("did_not_fit", "did_not_like", "does_not_work", "wrong_item", "packaging_and_product_damaged",
           "product_damaged_packaging_intact")  # fmt: skip
LIVE_MAX = 6
CALM, ROUGH = Weather(), Weather(60, 60, 120, 120, 250)
STORM = Weather(300, 200, 400, 300, 21_600)
DRAIN_TURNS = 24  # four hours, then forty days


class Outcome(msgspec.Struct):
    """What a run came to."""

    seed: int
    steps: int
    trace: str = ""
    invariant: str = ""
    fault: str = ""
    at_step: int = 0
    events: int = 0
    situations: dict[str, int] = {}


class Simulation:
    """Both houses, the wire between them, the people, and the checker."""

    def __init__(self, seed: int, directory: Path, bug: Any = None) -> None:
        self.seed = seed
        self.situations: Counter[str] = Counter()
        self.rng = Random(f"{seed} people")
        self.world = World(setting.START)
        self.network = Network(self.world, Random(f"{seed} wire"), self.happened)
        rough = Random(f"{seed} faults")
        self.mood = rough.choice(("calm", "rough", "rough", "storm"))
        chances = {"calm": {}, "rough": dict.fromkeys(PLACES, 4), "storm": dict.fromkeys(PLACES, 8)}[self.mood]
        self.faults = Faults(rough, chances, self.happened)
        self.network.weather = {"calm": CALM, "rough": ROUGH, "storm": STORM}[self.mood]
        self.keys = setting.copied(directory)
        houses = [
            House(name, directory / name, self.world, self.network, self.faults, Random(f"{seed} {name}"))
            for name in ("marketplace", "partner")
        ]
        self.marketplace, self.partner = houses
        self.lines = setting.begun(self.marketplace, self.rng)
        self.bank = Bank(self)
        self.marketplace.bank = self.marketplace.office.payouts.bank = self.bank
        self.facts = self._facts()
        self.checker = Checker(str(self.marketplace.path), str(self.partner.path), self.facts)
        self.unanswered: list[Act] = []
        self.answered: list[Act] = []
        self.number = 0
        self.digest = hashlib.sha256()
        self.comes_back: dict[str, int] = {}
        self.wire: list[tuple[int, tuple[str, str], bool]] = []  # when which way is cut (True) or whole again
        self.focus: list[Any] = []  # whose bound time was moved to: "return" or "parcel", and its id
        self.step_number = 0
        self.stack = ExitStack()
        if bug is not None:
            bug.plant(self)

    def happened(self, what: str) -> None:
        """A situation that must occur now and then."""
        self.situations[what] += 1

    def note(self, text: str) -> None:
        """Into the trace."""
        self.digest.update(text.encode() + b"\n")

    def house(self, name: str) -> House:
        return self.marketplace if name == "marketplace" else self.partner

    def _facts(self) -> dict[str, Any]:
        def actor(text: str) -> str:
            return f"key:{kit_keys.public_id_of(text)}"

        sellers = {actor(text): int(seller) for seller, text in (*self.keys.acts.items(), *self.keys.looks.items())}
        sellers |= {"elif": ANADOLU, "chen": LUMITEK, "elif@anadolu.tr": ANADOLU, "chen@lumitek.cn": LUMITEK}
        sellers |= {actor(self.keys.company_acts): LUMITEK, actor(self.keys.company_looks): LUMITEK}
        looks = {actor(text) for text in (*self.keys.looks.values(), self.keys.company_looks)}
        return {
            "clerks": {"oleg": "77-0412", "tanya": "77-0900"},
            "sellers": sellers,
            "reads_only": looks,
            "revoked": {},
        }

    # The run

    def run(self, steps: int) -> Outcome:
        """So many steps, and the drain; stops at the first fault."""
        outcome = Outcome(self.seed, steps)
        self.faults.armed = True
        try:
            for self.step_number in range(1, steps + 1):
                self.step()
            self.drain()
        except Fault as fault:
            outcome.invariant, outcome.fault, outcome.at_step = fault.invariant, str(fault), self.step_number
        self._count_states()
        self.note(f"{outcome.fault}")
        for house in (self.marketplace, self.partner):
            for line in (
                self.checker.m.all_of("SELECT hash FROM events ORDER BY case_id, seq")
                if house is self.marketplace
                else self.checker.p.all_of("SELECT hash FROM events ORDER BY case_id, seq")
            ):
                self.digest.update(line["hash"])
        outcome.trace = self.digest.hexdigest()
        outcome.events = self.checker.events
        outcome.situations = dict(sorted(self.situations.items()))
        return outcome

    def step(self) -> None:
        """Time goes on, something may break, the workers may run, somebody does something, and the checker looks."""
        self._time()
        self._trouble()
        self.network.deliver_late()
        if self.rng.random() < 0.7:
            self._workers(self.rng.choice((1, 1, 2)))
        for _ in range(self.rng.choice((1, 2, 2, 3))):
            self._people()
        self.look()

    def look(self) -> None:
        """The checker's turn."""
        for line in self.network.told:
            self.note(line)
        self.network.told.clear()
        if self.faults.broken:
            raise Fault("RUN-1", self.faults.broken[0])
        self.checker.look(to_us(self.marketplace.clock.now()), to_us(self.partner.clock.now()))
        for house, kind, case in self.checker.latest:
            self.happened(f"{house}: {kind}")
            if (self.network.cut or self.network.down) and kind in (
                "Decided",
                "DeadlineMissed",
                "CheckedIn",
                "Marked",
                "WentMissing",
            ):
                self.happened(f"{kind} while the houses cannot speak")
            if kind == "Marked" and house == "partner" and self.checker.parcels[case]["mark"] == "substituted":
                self.happened("a substitution is final")

    def _time(self) -> None:
        """A moment, hours, a day or more; or to a bound of something, a second before it, on it, a second after it."""
        self.focus = []
        if self.rng.random() < 0.2:
            bounds = self._bounds()
            if bounds:
                at, *self.focus = self.rng.choice(bounds[:6])
                off = self.rng.choice((-1, 0, 0, 1))
                target = at + off * 1_000_000
                now = to_us(self.world.at)
                if target > now:
                    self.happened(f"a bound, {off:+d} s")
                    self.world.go_on(timedelta(microseconds=target - now))
                    return
        seconds = mixed(self.rng, (70, self.rng.randint(0, 90)), (24, self.rng.randint(60, 14_400)),
                        (5, self.rng.randint(3_600, 86_400)), (1, self.rng.randint(86_400, 4 * 86_400)))  # fmt: skip
        self.world.go_on(timedelta(seconds=seconds))

    def _bounds(self) -> list[tuple[int, str, int]]:
        """Instants in the true time at which something is due soon, and of what."""
        found: set[tuple[int, str, int]] = set()
        sources = (
            (self.checker.m, self.marketplace, "return", "returns", "act_by_us"),
            (self.checker.p, self.partner, "parcel", "parcels", "decide_by_us"),
        )
        now = to_us(self.world.at)
        for rows, house, noun, table, bound in sources:
            off = house.clock.off_by // timedelta(microseconds=1)
            for row in rows.all_of(f"SELECT id, due_us, {bound} AS bound FROM {table}"):  # noqa: S608 -- of `sources`
                found |= {
                    (at - off, noun, row["id"])
                    for at in (row["due_us"], row["bound"])
                    if at is not None and at - off > now
                }
        return sorted(found)

    def _trouble(self) -> None:
        """Houses that are down come back; what is cut heals; new trouble comes."""
        now = int(self.world.at.timestamp())
        for house in (self.marketplace, self.partner):
            if not house.is_up:
                back = self.comes_back.setdefault(house.name, now + self.rng.choice((0, 5, 600, 86_400, 3 * 86_400)))
                if now >= back:
                    self.happened(f"the {house.name} starts again")
                    del self.comes_back[house.name]
                    house.start()
        self._cut(now)
        self.faults.full.clear()
        if self.mood == "calm" or self.rng.random() > 0.08:
            return
        trouble = self.rng.choice(("cut", "cut", "one way", "skew", "full", "kill", "revoke", "swizzle"))
        if trouble in ("cut", "one way", "swizzle"):
            self._plan(trouble, now)
        elif trouble == "skew":
            self._skew()
        elif trouble == "full":
            self.happened("a disk is full")
            self.faults.full.add(self.rng.choice(("marketplace", "partner")))
        elif trouble == "kill":
            house = self.rng.choice((self.marketplace, self.partner))
            if house.is_up:
                self.happened("a house is killed between two steps")
                house.fall()
        elif trouble == "revoke":
            self._revoke()

    def _plan(self, trouble: str, now: int) -> None:
        """Both ways are cut at once, or one, or one after the other, and come back in any order."""
        ways = self.rng.sample([("marketplace", "partner"), ("partner", "marketplace")], 2)
        ends = now + self.rng.choice((60, 3_600, 86_400, 5 * 86_400))
        if trouble != "swizzle":
            ways = ways if trouble == "cut" else ways[:1]
            self.wire = [(at, way, at == now) for way in ways for at in (now, ends)]
        else:
            second, last = now + self.rng.choice((60, 3_600, 86_400)), ends + self.rng.choice((60, 3_600, 86_400))
            back = self.rng.sample(ways, 2)
            self.wire = [(now, ways[0], True), (second, ways[1], True), (max(second, ends), back[0], False),
                         (max(second, last), back[1], False)]  # fmt: skip
        self.network.cut.clear()
        self._cut(now)

    def _cut(self, now: int) -> None:
        """What is due of the plan for the wire."""
        due, before = [one for one in self.wire if one[0] <= now], len(self.network.cut)
        self.wire = [one for one in self.wire if one[0] > now]
        for _, way, is_cut in due:
            (self.network.cut.add if is_cut else self.network.cut.discard)(way)
        after = len(self.network.cut)
        if after != before:
            self.happened({(0, 1): "one way is cut", (0, 2): "both ways are cut", (1, 2): "the wire is cut bit by bit",
                           (2, 1): "the wire heals bit by bit"}.get((before, after), "the wire is whole again"))  # fmt: skip

    def _skew(self) -> None:
        """A clock that is off: a little, by more than letters are believed, by hours; it jumps to that at once, forward or back."""
        house = self.rng.choice((self.marketplace, self.partner))
        off = self.rng.choice((0, 0, 90, -90, 299, -299, 301, -3_600, 86_400))
        self.happened(
            "a clock is right again" if off == 0 else "a clock is off" if abs(off) < 300 else "a clock is off by far"
        )
        house.clock.off_by = timedelta(seconds=off)

    def _revoke(self) -> None:
        """The seller's key is revoked, as by its owner; a program goes on to use it."""
        if not self.marketplace.is_up or self.facts["revoked"]:
            return
        self.happened("a key is revoked")
        seller = str(ANADOLU)
        public_id = kit_keys.public_id_of(self.keys.acts[seller]) or ""
        setting.revoke(self.marketplace, ELIF, public_id)
        self.facts["revoked"][f"key:{public_id}"] = to_us(self.marketplace.clock.now())

    def _workers(self, count: int) -> None:
        for house in self.rng.sample((self.marketplace, self.partner), count):
            if not house.is_up:
                continue
            try:
                house.work(self.rng.choice((1, 6)), in_step=self.rng.random() < 0.1)
            except Crashed:
                continue
            if house.quiet and not self.faults.full:
                self.look()
                self.checker.rested(house.name, to_us(house.clock.now()))

    # People

    def _people(self) -> None:
        live = [key for key, case in self.checker.returns.items() if self._moves(key, case)]
        here = [key for key, case in self.checker.parcels.items() if case["status"] not in DONE]
        returns, parcels = self.marketplace.is_up and bool(live), self.partner.is_up and bool(here)
        what = mixed(
            self.rng, (14 if len(live) < LIVE_MAX else 0, "request"), (50 * returns, "return"), (50 * parcels, "parcel"),
            (10 if self.unanswered else 0, "again"), (5 if self.answered else 0, "same"), (4, "stranger"), (8, "look"),
            (4 * self.partner.is_up, "pay"),
        )  # fmt: skip
        if self.focus and self.rng.random() < 0.7:
            what = self.focus[0]
        if what == "request":
            self._request()
        elif what in ("return", "parcel"):
            act = self._act(what)
            if act is not None:
                self.says(act)
        elif what == "again":
            self.says(self.unanswered.pop(self.rng.randrange(len(self.unanswered))), again=True)
        elif what == "same":
            self._same()
        elif what == "stranger":
            self._stranger()
        elif what == "pay":
            self._pays()
        else:
            self._looks()

    def _request(self) -> None:
        n = self.rng.randrange(len(self.lines))
        wish = do.RequestReturn(self.rng.choice(REASONS), "It is broken.", acts.PHOTOS[:1], self.rng.choice((1, 1, 1, 2)),
                                self.rng.random() < 0.7)  # fmt: skip
        house = self.marketplace

        def run(tx: Any, at: Any) -> bytes:
            made = request_returns(tx, house.office.desk, n + 3, wish, IRINA, at)
            return msgspec.json.encode([it.id for it in made])

        self.note(f"request {n} {wish}")
        try:
            house.does(lambda: house.office.desk.perform_now(Errand(run)))
        except (Crashed, ConnectionError):
            return
        except Refused as refused:
            self.note(f"refused {refused.code}")

    def _moves(self, key: int, case: dict[str, Any]) -> bool:
        """Whether a return is still on its way to an end."""
        at_its_end = self.checker.parcels.get(key, {}).get("status") in DONE
        return case["status"] not in (*DONE, *OVER_BUT_FOR_MONEY) and not at_its_end

    def _pays(self) -> None:
        """A seller pays the oldest bill of the partner."""
        house = self.partner
        owed = self.checker.p.all_of("SELECT number, invoices.currency, open_minor FROM dues JOIN invoices ON id = invoice_id"
                                     " WHERE open_minor > 0 ORDER BY id LIMIT 1")  # fmt: skip
        if not owed:
            return
        self.number += 1
        number, currency, amount = owed[0].values()
        paid = Paid(house.clock.now().date().isoformat(), amount, currency, f"bank {self.number}")

        def run(tx: Any, at: Any) -> bytes:
            payment_errands.record_payment(tx, SONIA, paid, number, at)
            return b""

        self.note(f"pays {number} {amount}")
        try:
            house.does(lambda: house.office.desk.perform_now(Errand(run)))
            self.happened("a bill is paid")
        except Refused as refused:
            self.note(f"refused {refused.code}")
        except (Crashed, ConnectionError):
            return

    def _act(self, noun: str) -> Act | None:
        """Something that somebody could do now, as they see it."""
        self.number += 1
        house = self.marketplace if noun == "return" else self.partner
        if not house.is_up:
            return None
        focus = self.focus[1] if self.focus and self.focus[0] == noun and self.rng.random() < 0.8 else None
        odd = focus is None and self.rng.random() < 0.16
        cases = self.checker.returns if noun == "return" else self.checker.parcels
        ids = self._ids(cases, odd=odd)
        if not ids:
            return None
        case_id = focus or self.rng.choice(ids)
        at, terms = house.clock.now(), house.office.house.terms
        with house.office.database.read() as tx:
            if noun == "return":
                it = queries.one(tx, case_id)
                if it is None:
                    return None
                buttons = None if focus else lambda by: decisions.open_acts(it, by, at, terms)
                return acts.of_return(it, self.rng, self.keys, self.number, buttons, odd=odd)
            parcel = partner_queries.one(tx, case_id)
            if parcel is None:
                return None
            around = partner_queries.around_of(tx, parcel)
        offered = None if focus else lambda by: partner_decisions.open_acts(parcel, by, at, terms, around)
        return acts.of_parcel(parcel, self.rng, self.keys, self.number, (at, around.pickup_code), offered, odd=odd)

    def _ids(self, cases: dict[int, dict[str, Any]], *, odd: bool) -> list[int]:
        """Whom somebody may turn to: what goes on, and a claim that waits; for something odd any state, however few are in it."""
        if odd:
            states = sorted({case["status"] for case in cases.values()})
            state = self.rng.choice(states) if states else ""
            return sorted(key for key, case in cases.items() if case["status"] == state)
        over = DONE if self.rng.random() < 0.1 else (*DONE, *OVER_BUT_FOR_MONEY)
        return sorted(
            key for key, case in cases.items() if case["status"] not in over or case["claim"] in ("filed", "in_review")
        )

    def says(self, act: Act, *, again: bool = False) -> Heard:
        """Somebody says it, and remembers what they were told."""
        house = self.house(act.house)
        bound = self._bound_of(act)
        heard = speak(house, act, self.checker.version(act.house, act.case_id))
        self.note(f"{act.key} {act.name} {act.case_id} {act.by.id} {heard.how} {heard.code}")
        self.look()
        asked = _asked(act)
        if act.through and heard.how != "unknown":
            self.checker.credential(_actor(act), asked, heard.code, to_us(house.clock.now()))
        if heard.how == "unknown":
            self.happened("nobody answers")
            self.unanswered.append(act)
        elif heard.how == "refused":
            self.happened(f"refused: {heard.code}")
            self.checker.acks.refused(act.key, asked, heard.code, bound, to_us(house.clock.now()))
        else:
            if again:
                self.happened("asked again after no answer, and done")
            self.checker.acks.told(act.key, asked, heard.answer, changed=heard.changed)
            self.answered.append(act)
            del self.answered[:-20]
        return heard

    def _bound_of(self, act: Act) -> int | None:
        """Until when this may be said, by the checker's own reckoning."""
        if act.house == "marketplace":
            found = self.checker.returns.get(act.case_id, {}).get("act_by")
            return found if type(act.command) in lifecycle_acts() else None
        case = self.checker.parcels.get(act.case_id, {})
        if act.name not in ("Decide", "OrderMedia") or case.get("status") != "arrived" or case["decision"] != "none":
            return None
        from tests.simulation.checker.parcels import closes_at as bound  # noqa: PLC0415

        return bound(case)

    def _same(self) -> None:
        """The same question once more has the same answer; another question under the same key has none."""
        act = self.rng.choice(self.answered)
        asked, house = _asked(act), self.house(act.house)
        if self.rng.random() < 0.5:
            self.happened("the same question once more")
            self.look()
            before = self.checker.events
            heard = speak(house, act)
            self.look()
            if act.through and heard.how != "unknown":
                self.checker.credential(_actor(act), asked, heard.code, to_us(house.clock.now()))
            if heard.code in OVER:
                self.happened("the same question once more, by a key that is over")
                self.checker.acks.turned_away(act.key, asked, before, self.checker.events)
            elif heard.how != "unknown":
                self.checker.acks.told(act.key, asked, heard.answer or heard.code, changed=False)
            return
        self.happened("a key for another question")
        other = msgspec.structs.replace(act, case_id=act.case_id + 1)
        heard = speak(house, other)
        self.look()
        self.checker.acks.misused(act.key, taken=heard.how == "done")

    def _stranger(self) -> None:
        """A seller tries another one's return: it must look as if there were none."""
        house = self.marketplace
        foreign = sorted(
            key for key, case in self.checker.returns.items() if case["seller"] == LUMITEK and case["status"] != "new"
        )
        if not foreign or not house.is_up or self.facts["revoked"]:
            return
        self.happened("a stranger tries")
        self.number += 1
        acting = Act(
            "marketplace", self.rng.choice(foreign), ELIF, do.Approve(), f"s{self.number}", self.keys.acts[ELIF.subject]
        )
        theirs = speak(house, acting)
        missing = speak(house, msgspec.structs.replace(acting, case_id=999_999, key=f"t{self.number}"))
        self.look()
        if "unknown" not in (theirs.how, missing.how):
            self.checker.acks.stranger("marketplace", "Approve", (theirs.how, theirs.code), (missing.how, missing.code))

    def _looks(self) -> None:
        """A key that may only look tries to act."""
        act = self._act(self.rng.choice(("return", "parcel")))
        if act is None or not act.through:
            return
        self.happened("a key that may only look tries to act")
        looks = self.keys.company_looks if act.house == "partner" else self.keys.looks[act.by.subject]
        heard = speak(self.house(act.house), msgspec.structs.replace(act, through=looks, key=f"r{self.number}"))
        self.look()
        self.checker.acks.looked(act.name, done=heard.how == "done")

    # The end

    def drain(self) -> None:
        """Everything is mended, and time goes on."""
        self.faults.armed = False
        self.faults.full.clear()
        self.wire.clear()
        self.network.cut.clear()
        self.network.weather = CALM
        for house in (self.marketplace, self.partner):
            house.clock.off_by = timedelta(0)
            if not house.is_up:
                house.start()
        self.network.deliver_late(all_of_it=True)
        self.look()
        for act in self.unanswered[-30:]:
            self.says(act, again=True)
        for day in range(DRAIN_TURNS):
            self.world.go_on(timedelta(hours=1) if day < 4 else timedelta(days=2))
            for _ in range(20):
                done = sum(
                    house.work(6, in_step=day in (0, 3, 9, 16, 23)) for house in (self.marketplace, self.partner)
                )
                self.look()
                if not done:
                    break
            for house in (self.marketplace, self.partner):
                self.checker.rested(house.name, to_us(house.clock.now()))
        self.checker.healed(to_us(self.world.at))

    def _count_states(self) -> None:
        for case in self.checker.returns.values():
            self.happened(f"a return ends as {case['status']}")
        for case in self.checker.parcels.values():
            self.happened(f"a parcel ends as {case['status']}")

    def close(self) -> None:
        self.stack.close()
        self.checker.close()
        for house in (self.marketplace, self.partner):
            house.close()


PLACES = (
    "commit.before",
    "commit.after",
    "letter.before",
    "letter.after",
    "sweep.chosen",
    "payout.before",
    "payout.after",
)
# Nothing but money moves there any more, for months: seldom anybody looks, and others begin.
OVER_BUT_FOR_MONEY = ("refunded_without_return", "partially_refunded", "disposed_by_marketplace", "rejected", "lost")
DONE = ("cancelled", "closed_no_reply", "dropoff_expired", "refused_at_pvz", "picked_up", "delivered", "disposed")


def _asked(act: Act) -> str:
    return f"{act.name} {act.case_id} by {act.by.id}"


def _actor(act: Act) -> str:
    """The program whose key this is, as events name it."""
    return f"key:{kit_keys.public_id_of(act.through)}"


def lifecycle_acts() -> frozenset[type]:
    """Acts that a return's own bound ends."""
    from backhaul.marketplace.rules.lifecycle import RETURN  # noqa: PLC0415

    return frozenset(RETURN.commands)


class Bank:
    """Takes payout files; sometimes nobody knows whether it did."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.rng = Random(f"{simulation.seed} bank")
        self.taken: set[str] = set()

    def hand_over(self, file: Any) -> None:
        if self.simulation.mood != "calm" and self.simulation.faults.armed and self.rng.random() < 0.15:
            self.simulation.happened("the bank does not answer")
            if self.rng.random() < 0.5:
                self.taken.add(file.message_id)
            raise TimeoutError("no answer")
        self.taken.add(file.message_id)

    def answers(self) -> list[Any]:
        return []

    def put_by(self, answer: Any, *, refused: bool) -> None: ...


def simulate(seed: int, steps: int, directory: Path, bug: Any = None) -> Outcome:
    """One run in a fresh directory."""
    with (
        without_threads(),
        patch("backhaul.kit.desk.time", stopwatch()),
        patch("backhaul.kit.outbox.time", stopwatch()),
    ):
        simulation = Simulation(seed, directory, bug)
        try:
            with simulation.faults.standing():
                return simulation.run(steps)
        finally:
            simulation.close()
