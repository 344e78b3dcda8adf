"""Whatever happens in whatever order between us and the bank: a refund is never paid twice, and in the end exactly once.

Files that are lost or taken without an answer, deaths in between, statements in any order, twice, with lines of others.
"""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

import msgspec
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from backhaul.kit.days import MOSCOW
from backhaul.kit.machine import Refused
from backhaul.marketplace import errands, payout_errands, payout_queries, publications, statement_errands
from backhaul.marketplace.banks import BankAnswer, PayoutFile
from backhaul.marketplace.perform import request_returns
from backhaul.marketplace.rules import chart
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.payouts import BatchState
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.versions import Draft
from backhaul.marketplace.rules.words import Status
from tests.marketplace.bank import Died, OtherBank, payments
from tests.marketplace.cast import ELIF, IRINA, LINES, MARINA, Market, market, order_line
from tests.marketplace.test_payouts import balances, refund

REFUNDS = 3
ROUNDS_MAX = 40
PRICE_MINOR = 12_400_00
HOW = (
    "takes",
    "takes",
    "takes and times out",
    "times out",
    "takes and dies",
    "dies",
    "refuses",
    "takes, answers twice",
)
ACTS = st.one_of(
    st.tuples(st.just("bank"), st.sampled_from(HOW)),
    st.tuples(st.just("later"), st.sampled_from([1, 6, 60, 24 * 60, 6 * 24 * 60])),
    st.tuples(st.just("books"), st.integers(0, 9)),
    st.tuples(st.just("rejects"), st.integers(0, 9)),
    st.tuples(st.just("gives back"), st.integers(0, 9)),
    st.tuples(st.just("statement"), st.integers(0, 2**32 - 1)),
    st.tuples(st.just("leaves a statement"), st.integers(0, 2**32 - 1)),
    st.tuples(st.just("send again"), st.integers(0, REFUNDS - 1)),
    st.tuples(st.just("on the phone"), st.integers(0, REFUNDS - 1)),
    st.tuples(st.just("hand over again"), st.integers(1, 3)),
)


class SlowBank(OtherBank):
    """Books what it took, rejects it, or gives it back, when it likes; `said` is all that will ever stand in its statements."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[str] = []
        self.known: set[str] = set()
        self.said: list[tuple[str, str, str]] = []  # kind, end-to-end id, day

    def _take(self, file: PayoutFile) -> None:
        if file.message_id in self.taken:
            assert self.taken[file.message_id] == file.content
            return
        self.taken[file.message_id] = file.content
        for key, _ in payments(file.content):
            if key not in self.known:
                self.known.add(key)
                self.held.append(key)

    def books(self, n: int, day: str) -> None:
        if self.held:
            key = self.held.pop(n % len(self.held))
            self.booked[key] = "12400.00"
            self.said.append(("booked", key, day))

    def rejects(self, n: int, day: str) -> None:
        if self.held:
            self.said.append(("rejected", self.held.pop(n % len(self.held)), day))

    def gives_back(self, n: int, day: str) -> None:
        if self.booked:
            key = sorted(self.booked)[n % len(self.booked)]
            del self.booked[key]
            self.said.append(("returned", key, day))

    def paid(self, return_id: int) -> int:
        """How often the customer has the money now."""
        return sum(key.startswith(f"REFUND-{return_id}-") for key in self.booked)


def csv(said: list[tuple[str, str, str]], number: int) -> bytes:
    lines = [f"{day},12400.00,RUB,{kind}-{key},{key},{kind},AC04" for kind, key, day in said]
    other = f"2024-09-01,17.00,RUB,OTHER-{number},NOTPROVIDED,booked,"
    return "\n".join(["date,amount,currency,reference,end_to_end_id,status,reason", other, *lines]).encode()


class Play:
    """The returns of one example, and everything that may happen to them."""

    def __init__(self, shop: Market, plan: list[str]) -> None:
        self.shop, self.bank, self.number = shop, SlowBank(), 0
        self.bank.plan.extend(plan)
        self.ids = [self.accepted() for _ in range(REFUNDS)]
        shop.office.payouts.bank = self.bank
        self.first = self.files()[0].id + 1 if self.files() else 1
        self.later(24 * 60)

    def accepted(self) -> int:
        """A return that was accepted at its point; of a line with enough units for every example."""
        shop, made = self.shop, list[Return]()
        asked = do.RequestReturn("did_not_like", "", (shop.photo,))
        shop.errand(lambda tx, at: made.extend(request_returns(tx, shop.office.desk, len(LINES) + 1, asked, IRINA, at)))
        for by, command in shop.way_to(Status.ACCEPTED_AT_PVZ, ELIF):
            shop.does(by, made[0].id, command)
        return made[0].id

    def files(self) -> list[payout_queries.BatchView]:
        with self.shop.office.database.read() as tx:
            return payout_queries.batches(tx)

    @property
    def day(self) -> str:
        return self.shop.clock.now().astimezone(MOSCOW).date().isoformat()

    def act(self, name: str, n: int | str) -> None:
        match name, n:
            case "bank", str(how):
                self.bank.plan.append(how)
            case "later", int(minutes):
                self.later(minutes)
            case "books", int(which):
                self.bank.books(which, self.day)
            case "rejects", int(which):
                self.bank.rejects(which, self.day)
            case "gives back", int(which):
                self.bank.gives_back(which, self.day)
            case "statement", int(seed):
                statement_errands.taken_in(self.shop.office.desk, "s.csv", self.some(seed), MARINA)
            case "leaves a statement", int(seed):
                self.bank.inbox.append(BankAnswer("s.csv", self.some(seed)))
            case "send again", int(which):
                with suppress(Refused):
                    self.shop.does(MARINA, self.ids[which], do.SendRefund())
            case "on the phone", int(which):
                self.on_the_phone(self.ids[which])
            case "hand over again", int(which):
                with suppress(Refused):
                    file_id = self.first + which - 1
                    self.shop.errand(lambda tx, at: payout_errands.hand_over_again(tx, file_id, MARINA, at))
            case _:
                raise AssertionError(name)
        self.tick()

    def on_the_phone(self, return_id: int) -> None:
        """Support asks the bank, which has nothing of this payout, and writes that down."""
        status, attempt = refund(self.shop, return_id)
        if status in {"sent", "in_doubt"} and f"REFUND-{return_id}-{attempt}" not in self.bank.known:
            self.shop.does(MARINA, return_id, do.FailRefund("The bank has nothing of it."))

    def some(self, seed: int) -> bytes:
        """Some of what the bank has to say, in any order, some of it twice."""
        chance = Random(seed)
        said = chance.sample(self.bank.said, chance.randint(0, len(self.bank.said)))
        self.number += 1
        return csv(said + said[: chance.randint(0, 2)], seed)

    def later(self, minutes: int) -> None:
        self.shop.clock.turn_to(self.shop.clock.now() + timedelta(minutes=minutes))
        self.tick()

    def tick(self) -> None:
        for _ in range(ROUNDS_MAX):
            with suppress(Died):
                if not self.shop.office.tick():
                    return
        raise AssertionError("the worker does not come to rest")

    def end(self) -> None:
        """The bank is well again and says everything; people do what the page offers them."""
        self.bank.plan.clear()
        for _ in range(ROUNDS_MAX):
            self.later(60)
            for file in self.files():
                if file.id >= self.first and file.state is BatchState.IN_DOUBT:
                    self.act("hand over again", file.id - self.first + 1)
            for one in self.ids:
                if refund(self.shop, one)[0] == "in_doubt":
                    self.on_the_phone(one)
            while self.bank.held:
                self.bank.books(0, self.day)
            statement_errands.taken_in(self.shop.office.desk, "s.csv", csv(self.bank.said, self.number), MARINA)
            self.number += 1
            if all(refund(self.shop, one)[0] == "confirmed" for one in self.ids):
                return
            for n in range(REFUNDS):
                self.act("send again", n)


def generous(shop: Market) -> None:
    """As many attempts as an example wants, and units for all of them."""
    line = order_line("30000001-0001-1", ELIF, "Woven throw", (458_450, "TRY", PRICE_MINOR), quantity=900)
    shop.errand(lambda tx, _: errands.import_lines(tx, [line]))
    policy = msgspec.structs.replace(shop.office.house.terms.policy, refund_attempts_max=1_000)
    draft = Draft(policy, shop.clock.now(), "Any number of attempts.", "", None)
    shop.errand(lambda tx, _: publications.publish(tx, "policy", draft, MARINA, shop.clock.now()))
    shop.office.read_terms_again()


def test_paid_at_most_once_at_any_time_and_exactly_once_in_the_end(database_url: str, tmp_path: Path) -> None:
    examples = 90 if database_url.startswith("sqlite") else 25
    with market(database_url, tmp_path) as shop:
        generous(shop)

        @settings(max_examples=examples, deadline=None, database=None, derandomize=True,
                  suppress_health_check=[HealthCheck.too_slow], phases=[Phase.explicit, Phase.generate])  # fmt: skip
        @example(plan=["takes and times out", "refuses"], acts=[("later", 60)] * 3)
        @example(plan=["takes and dies", "refuses", "refuses"], acts=[("later", 6), ("later", 60), ("send again", 0)])
        @given(plan=st.lists(st.sampled_from(HOW), max_size=4), acts=st.lists(ACTS, min_size=5, max_size=30))
        def played(plan: list[str], acts: list[tuple[str, int | str]]) -> None:
            play = Play(shop, plan)
            for name, n in acts:
                play.act(name, n)

                assert all(play.bank.paid(one) <= 1 for one in play.ids)

            play.end()

            assert [(1, "confirmed")] * REFUNDS == [
                (play.bank.paid(one), refund(shop, one)[0]) for one in play.ids
            ]  # fmt: skip
            for one in play.ids:
                found = balances(shop, one)
                assert (-PRICE_MINOR, 0, 0) == (
                    found.get(chart.BANK, 0), found.get(chart.IN_TRANSIT, 0), found.get(chart.OWED, 0),
                )  # fmt: skip

        played()
