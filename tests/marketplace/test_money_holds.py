"""Any commands of the marketplace, in any order, twice and with stale versions, through the desk: MNY-1 to MNY-9 hold.

What must be where is reckoned by `second_books`, from the specification alone. `./bh soak` walks further.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backhaul.kit.database import Statement, Tx
from backhaul.kit.desk import Answer, Order, fingerprint
from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import access, errands, queries, tables
from backhaul.marketplace.perform import request_returns
from backhaul.marketplace.rules import chart, claims, compensation, decisions, payments
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.calendar import next_due
from backhaul.marketplace.rules.compensation import SEED_CARD
from backhaul.marketplace.rules.decisions import By, open_acts
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ClaimStatus, Mark, Role, Route
from tests.marketplace import second_books as books
from tests.marketplace.cast import CHEN, ELIF, IML, MARINA, NADIA, OLEG, Market, market, moscow, order_line
from tests.rules.cast import CALENDAR, all_commands, arrival
from tests.rules.test_evolve import some_command

SORTER = By(Role.CLERK, "nina", "SORT-1", point_kind="sorting")
BEGIN, HALVED_FROM = moscow("2024-09-02 10:00"), moscow("2024-09-12 00:00")
CHARGED_FROM = moscow("2024-11-05 10:00")  # pre-moderation is not free any more, and this seller consented to its price
NAMES = sorted(name for name in all_commands() if name != "RequestReturn")
HALVED = msgspec.structs.replace(
    SEED_CARD,
    version="halved",
    rates_pct={q: tuple(tuple(rate // 2 for rate in row) for row in rows) for q, rows in SEED_CARD.rates_pct.items()},
)
# (price, paid, grams): on the edges, in the middle, too cheap to come back, and what nobody compensates.
GOODS = (
    (12_400_00, 12_400_00, 900), (18_500_50, 18_500_50, 250), (25_000_00, 20_000_00, 1_000), (25_000_01, 25_000_01, 1_001),
    (17_000_00, 17_000_00, 7_000), (1_700_00, 1_700_00, 300), (1_00, 1_00, 300), (5_000_13, 4_000_00, 350),
)  # fmt: skip
SELLERS: tuple[dict[str, Any], ...] = ({}, {"linked": True}, {"default_route": "A"}, {"default_route": "B"},
           {"moderation_ticket": "55-1204", "moderation_price_version": "2024-11"})  # fmt: skip
ON = (
    timedelta(0),
    timedelta(minutes=7),
    timedelta(hours=1),
    timedelta(hours=25),
    timedelta(days=3),
    timedelta(days=12),
)

ENTRIES = Statement(
    sa.select(*(tables.journal.entries.c[n] for n in ("cause", "seq", "debit", "credit", "amount_minor", "currency", "at_us")))
    .where(tables.journal.entries.c.case_id == sa.bindparam("case"))
    .order_by(tables.journal.entries.c.seq, tables.journal.entries.c.cause)
)  # fmt: skip
LEFT_BEHIND = Statement(
    sa.select(sa.func.count(), sa.func.max(tables.journal.events.c.seq)).where(
        tables.journal.events.c.case_id == sa.bindparam("case")
    )
)
SELLER_IS = Statement(
    tables.sellers.update()
    .where(tables.sellers.c.id == sa.bindparam("seller"))
    .values({n: sa.bindparam(n) for n in ("linked", "default_route", "moderation_ticket", "moderation_price_version")})
)


class Turn(msgspec.Struct):
    """As much of a story as `some_command` reads."""

    it: Return
    now: datetime


class MoneyHolds(RuleBasedStateMachine):
    """One return in a marketplace that is open for the whole test; every walk has a customer and an order of its own."""

    shop: Market
    seen: Counter[str]
    last: list[tuple[Order, bytes]]
    walks = 0

    @initialize(goods=st.sampled_from(GOODS), seller=st.sampled_from(SELLERS), turkish=st.booleans(),
                reason=st.sampled_from(sorted(books.CLASS_OF_REASON)), late=st.integers(0, 3), start=st.integers(0, 10),
                seed=st.integers(0, 2**32 - 1))  # fmt: skip
    def asks(self, goods: tuple[int, int, int], seller: dict[str, Any], reason: str, late: int, start: int, seed: int, *,
             turkish: bool) -> None:  # fmt: skip
        """A customer asks for a return of a delivered unit."""
        cls = type(self)
        cls.walks += 1
        self.chance = Random(seed)
        self.seller = ELIF if turkish else CHEN
        self.customer = By(Role.CUSTOMER, f"c{cls.walks}", f"C-{cls.walks}")
        self.shop.clock.at = CHARGED_FROM if late == 0 else BEGIN  # the walk before ended long after
        self.facts = books.Facts(int(self.seller.subject), *goods, reason)
        line = order_line(f"{90_000_000 + cls.walks}-0001-1", self.seller, "Thing", (goods[0], "RUB", goods[0]),
                          weight_gram=goods[2], quantity=1)  # fmt: skip
        line = msgspec.structs.replace(line, paid_price_rub_minor=goods[1], customer_ref=self.customer.subject)
        made: list[Return] = []

        def ask(tx: Tx, at: datetime) -> None:
            errands.import_lines(tx, [line])
            given = {"linked": False, "default_route": "", "moderation_ticket": "", "moderation_price_version": ""}
            tx.run(SELLER_IS, **{**given, **seller}, seller=self.facts.seller_id)
            request = do.RequestReturn(reason, photos=(self.shop.photo, self.shop.photo))
            number = cls.walks + len(LINES_BEFORE)
            made.extend(request_returns(tx, self.shop.office.desk, number, request, self.customer, at))

        self.shop.errand(ask)
        self.id, self.entries, self.last = made[0].id, list[books.Entered](), []
        self.it = made[0]
        self.charge = bool(seller.get("moderation_ticket")) and late == 0
        self.head_start(start)

    def head_start(self, start: int) -> None:
        """Far corners that wandering alone seldom reaches; where a return takes another way, the rest is refused."""
        photos, decider = (self.shop.photo,) * 2, NADIA if self.moderated() else self.seller
        route = Route.A if start == 3 and self.seller is ELIF else None
        check = do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos, weight_gram=900,
                           scale_photos=photos[:1])  # fmt: skip
        accepted = [(self.customer, do.Submit()), (decider, do.Approve(route)), (OLEG, check)]
        away = [*accepted, (OLEG, do.Dispatch("Linehaul")), timedelta(hours=26)]
        lost = [*away, timedelta(days=31), (self.seller, do.FileClaim()), (MARINA, do.TakeUpClaim())]
        paid = [(MARINA, do.ApproveClaim()), (MARINA, do.PayClaim())]
        again = [IML, (self.seller, do.TakeProduct()), (IML, do.RecordMark(Mark.SUBSTITUTED, 1, "", photos)),
                 (MARINA, do.TakeUpClaim()), *paid]  # fmt: skip
        ways: list[list[Any]] = [
            [], accepted, away, away, [*away, IML], [*away, IML, (IML, do.RecordMark(Mark.SUBSTITUTED, 1, "", photos))],
            lost, [*lost, *paid], [*lost, *paid, IML], [accepted[0], (self.seller, do.Offer(100))], [*lost, *paid, *again],
        ]  # fmt: skip
        for step in ways[start]:
            if isinstance(step, timedelta):
                self.shop.clock.turn(step)
                self.sweeps()
            else:
                self.give(*(step if isinstance(step, tuple) else (IML, arrival(self.shop.clock.now()))))
            self.holds()

    def moderated(self) -> bool:
        """Whether the request goes to a moderator: the facts of the seller are in the database."""
        with self.shop.office.database.read() as tx:
            row = tx.one(Statement(sa.select(tables.sellers.c.moderation_ticket).where(
                tables.sellers.c.id == self.facts.seller_id)))  # fmt: skip
        return bool(row and row[0])

    # What can happen

    def everybody(self) -> tuple[By, ...]:
        return (self.customer, self.seller, OLEG, SORTER, NADIA, MARINA, IML)

    def wish(self, *, guided: bool) -> tuple[By, do.Command]:
        """Mostly something that is allowed, so that returns get far; else anything by anybody."""
        now, people = self.shop.clock.now(), self.everybody()
        by, name = self.chance.choice((*people, CALENDAR)), self.chance.choice(NAMES)
        if guided:
            acts = [
                (one, act.__name__)
                for one in people
                for act in open_acts(self.it, one, now, self.shop.office.house.terms)
                if act is not do.Cancel or self.chance.random() < 0.05  # else every return ends as a cancelled one
            ]
            by, name = self.chance.choice(acts) if acts else (by, name)
        command = some_command(name, Turn(self.it, now), self.chance)  # type: ignore[arg-type]  # what it reads of a story
        return by, self.with_real_photos(command)

    def with_real_photos(self, command: do.Command) -> do.Command:
        real = {
            name: (self.shop.photo,) * len(photos)
            for name in ("photos", "scale_photos")
            if (photos := getattr(command, name, ()))
        }
        return msgspec.structs.replace(command, **real) if real else command

    @rule(times=st.integers(1, 4), guided=st.sampled_from([True, True, True, False]))
    def acts(self, times: int, *, guided: bool) -> None:
        for _ in range(times):
            by, command = self.wish(guided=guided)
            self.give(by, command)
            self.holds()

    @rule(step=st.sampled_from(ON), sweep=st.booleans())
    def goes_on(self, step: timedelta, *, sweep: bool) -> None:
        """Time passes; the sweep comes at once, or late."""
        self.shop.clock.turn(step)
        if sweep:
            self.sweeps()

    @rule(before=st.booleans())
    def comes_to_the_edge(self, *, before: bool) -> None:
        """The instant of the next deadline, or the last one before it."""
        due = next_due(self.it, self.shop.office.house.terms.policy)
        if due is not None and due - timedelta(microseconds=before) > self.shop.clock.now():
            self.shop.clock.turn_to(due - timedelta(microseconds=before))

    @rule()
    def sweeps(self) -> None:
        self.shop.office.desk.sweep()

    @precondition(lambda self: bool(self.last))
    @rule(other_body=st.booleans())
    def comes_again(self, *, other_body: bool) -> None:
        """The last request once more, with its key: the answer of then and no effect; with another body: refused (IDM-1)."""
        ((order, body),) = self.last
        before = self.left_behind()
        if other_body:
            with pytest.raises(Refused, match="key_used_for_another_request"):
                self.perform(msgspec.structs.replace(order, body_hash=fingerprint("other")))
        else:
            assert body == self.perform(order).body
        assert before == self.left_behind()

    @rule(old=st.integers(1, 3))
    def is_stale(self, old: int) -> None:
        """Somebody decides on what they saw before the last change."""
        by, command = self.wish(guided=True)
        before = self.left_behind()
        with pytest.raises(Refused):
            self.perform(Order(self.id, command, access.Known(by), seen=self.it.version - old))
        assert before == self.left_behind()

    # How it happens

    def perform(self, order: Order) -> Answer:
        return self.shop.office.desk.perform_now(order)

    def give(self, by: By, command: do.Command) -> None:
        """One command; a refusal leaves nothing behind."""
        known = access.Known(by)
        key = f"{self.id}-{self.chance.getrandbits(48)}"
        order = Order(self.id, command, known, key, fingerprint(command), render=lambda it: str(it.version).encode())
        before, it, now = self.left_behind(), self.it, self.shop.clock.now()
        try:
            answer = self.perform(order)
        except Refused:
            assert before == self.left_behind()
            return
        self.last = [(order, answer.body)]
        if answer.events:
            self.note(it, command, now)

    def note(self, it: Return, command: do.Command, now: datetime) -> None:
        """What the second books must know of an accepted command."""
        facts = self.facts
        match command:
            case do.Submit():
                facts.charged = self.charge
            case do.Offer(amount_rub):
                facts.offer_minor = amount_rub * 100
            case do.AcceptOffer():
                facts.offer_taken = True
            case do.Approve(Route.A):
                facts.halved = now >= HALVED_FROM
            case do.CheckIn():
                facts.measured_gram = command.weight_gram or 0
                facts.halved = facts.halved if it.route_chosen is Route.A else now >= HALVED_FROM
            case do.ApproveClaim():
                facts.payer = books.payer_of(it)
            case do.RecordClaimReview(verdict="approved", payer=payer):
                facts.payer = payer if it.claim.status in ("filed", "in_review") else facts.payer
            case _:
                pass

    def left_behind(self) -> tuple[Any, ...]:
        with self.shop.office.database.read() as tx:
            return tx.one(LEFT_BEHIND, case=self.id), tx.rows(ENTRIES, case=self.id)

    # What must hold after every step

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "id"):
            return
        with self.shop.office.database.read() as tx:
            found, rows = queries.one(tx, self.id), tx.rows(ENTRIES, case=self.id)
        assert found is not None
        self.it = found
        entries = [books.Entered(*row) for row in rows]
        grew = entries[: len(self.entries)]
        assert self.entries == grew, "MNY-9: what was written has changed"
        self.entries = entries
        assert [] == books.faults_of(entries, self.facts), self.told()
        assert books.expected(found, self.facts, self.compensated_minor()) == books.balances(entries), self.told()
        if found.refund.status == "cancelled":  # MNY-3: retained only after the finding
            assert found.parcel is not None
            assert ("substituted", True) == (found.parcel.mark, found.claim.status != "paid"), self.told()
        self.seen.update((f"refund {found.refund.status}", f"compensation {found.compensation.status}",
                          f"claim {found.claim.status} {found.claim.kind}", f"weight {found.weighing.status}",
                          found.status))  # fmt: skip

    def compensated_minor(self) -> int:
        quote = self.it.compensation.quote
        if quote is None:
            return 0
        minor = self.by_the_table(decided=self.fault_is_decided())
        assert minor == quote.amount.minor, f"MNY-6: {quote}"
        return minor

    def told(self) -> str:
        """The history, in the report of a failure."""
        with self.shop.office.database.read() as tx:
            return "\n".join(f"{h.at} {h.role} {h.kind} {h.event}" for h in queries.history(tx, self.id))

    def teardown(self) -> None:
        """A year later everything that waits for its day has happened, in time."""
        if not hasattr(self, "id"):
            return
        self.shop.clock.turn(timedelta(days=400))
        self.sweeps()
        self.holds()
        assert self.it.refund.status != "held", self.told()
        assert self.it.compensation.status != "accrued", self.told()
        assert self.it.claim.status != "draft", self.told()
        assert not self.owed_by_the_table(), self.told()
        assert not self.owed_by_the_carrier(), self.told()
        with self.shop.office.database.read() as tx:
            told = [(h.at, h.kind) for h in queries.history(tx, self.id)]
        self.in_time(told)

    def owed_by_the_table(self) -> bool:
        """P15: route A, the refund went out, no claim stands for the unit, and the table has a percentage for it."""
        it = self.it
        claimed = it.claim.status not in ("none", "refused", "reversed") or it.status == "lost"
        waits = it.compensation.status == "none" and it.refund.status in books.OUT and it.route == "A"
        return waits and not claimed and self.by_the_table(decided=self.fault_is_decided()) > 0

    def owed_by_the_carrier(self) -> bool:
        """P10, R112: the product is lost, nothing is paid for it, and nobody was asked to pay for its loss."""
        it, asked = self.it, {one.kind for one in self.it.claim.earlier} | {self.it.claim.kind}
        paid = it.claim.status in ("draft", "filed", "in_review", "approved", "paid")
        paid |= it.compensation.status in ("accrued", "credited")
        return it.status == "lost" and not paid and "lost_in_transit" not in asked

    def fault_is_decided(self) -> bool:
        """D3: whether a claim for the damage came to nothing, now or before the present claim."""
        claim = self.it.claim
        now = claim.kind == "carrier_damage" and claim.status in ("refused", "reversed")
        return now or any(one.kind == "carrier_damage" for one in claim.earlier)

    def by_the_table(self, *, decided: bool) -> int:
        """`decided`: a claim for the damage came to nothing, so the fault is the seller's (D3)."""
        measured = self.it.weighing.status == "measured"
        return books.compensation_minor(self.facts, "seller_fault" if decided else "", measured=measured)

    def in_time(self, told: list[tuple[datetime, str]]) -> None:
        """MNY-8 and D10, by the instants of the history."""
        sent: datetime | None = None
        moved: datetime | None = None  # a claim that stood in the way was refused then, and the table took its place
        for at, kind in told:
            moved = at if kind == "ClaimMoved" else moved
            if kind == "RefundSent":
                first, sent = sent is None, at
                asked = (self.it.submitted_at or self.it.requested_at) + timedelta(days=10)
                ceiling = max(asked, (self.it.accepted_at or asked) + timedelta(hours=24))
                restored = any(k == "RefundCancelled" for _, k in told)
                undecided = self.it.accepted_at is None  # settled without the product: owed from the settlement on
                assert not first or restored or undecided or at <= ceiling, self.told()
            if kind == "CompensationCredited":
                assert sent is not None
                assert at < books.due_bound(max(sent, self.it.accepted_at or sent, moved or sent)), self.told()


LINES_BEFORE = (1, 2, 3, 4)  # the order lines of the cast
MUST_BE_SEEN = {
    *(f"refund {status}" for status in ("none", "held", "sent", "confirmed", "failed", "in_doubt", "cancelled")),
    *(f"compensation {status}" for status in ("none", "accrued", "credited", "reversed")),
    *(f"claim {status} substitution" for status in ("filed", "in_review", "approved", "paid", "refused", "reversed")),
    *(f"claim {status} lost_in_transit" for status in ("draft", "filed", "paid", "refused")),
    *(f"claim {status} carrier_damage" for status in ("draft", "filed")),
    "found_after_claim", "partially_refunded", "refunded_without_return", "lost", "at_partner",
}  # fmt: skip


def walked(
    database_url: str, directory: Path, walks: int, steps: int, phases: Sequence[Phase] = tuple(Phase)
) -> Counter[str]:
    """The walks, the same in every run; how often each state was seen."""
    with market(database_url, directory, BEGIN) as shop:

        def prepare(tx: Tx, at: datetime) -> None:
            errands.add_point(tx, SORTER.subject, "sorting", "Moscow, Sorting 1")
            errands.put_terms(tx, "rate_card", "as published", SEED_CARD, at)
            errands.put_terms(tx, "rate_card", "halved", HALVED, HALVED_FROM)

        shop.errand(prepare)
        here: dict[str, Any] = {"shop": shop, "seen": Counter(), "walks": 0}
        machine: type[RuleBasedStateMachine] = type("MoneyHoldsHere", (MoneyHolds,), here)
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=walks,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                derandomize=True,
                phases=phases,
                suppress_health_check=list(HealthCheck),
            ),
        )
        seen: Counter[str] = here["seen"]
        return seen


def test_no_order_of_commands_breaks_the_money(database_url: str, tmp_path: Path) -> None:
    walked(database_url, tmp_path, walks=40 if database_url.startswith("sqlite") else 25, steps=20)


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_no_long_order_of_commands_breaks_the_money(database_url: str, tmp_path: Path) -> None:
    """T03: a thousand walks of fifty steps, and every state of the money was visited."""
    seen = walked(database_url, tmp_path, walks=1_000, steps=50)

    assert set() == MUST_BE_SEEN - set(seen)


# -- Controls: the walks find what is planted -------------------------------------------------------------------------


def _unpaid(it: Return, event: e.Any) -> list[Entry]:
    """A refund that is sent without its entry."""
    return [] if isinstance(event, e.RefundSent) else TRUE_ENTRIES(it, event)


def _to_the_bank(it: Return, event: e.Any) -> list[Entry]:
    """A refund for the seller's price where the customer paid less."""
    if isinstance(event, e.RefundSent):
        return [msgspec.structs.replace(one, amount=it.line.price) for one in TRUE_ENTRIES(it, event)]
    return TRUE_ENTRIES(it, event)


def _half_up_lost(card: Any, quality: Any, weight_gram: int, price: Any, raw: Any = None) -> Any:
    """A kopeck less than the table gives, where it has to be rounded up."""
    true = TRUE_QUOTE(card, quality, weight_gram, price, raw)
    down = Money(price.minor * true.rate_pct // 100)
    return msgspec.structs.replace(true, amount=down)


def _paid_beside(it: Return, command: do.Command, at: datetime, terms: Any) -> list[e.Any]:
    """A claim that is paid although the unit is compensated."""
    if isinstance(command, do.PayClaim):
        return claims.move_claim(it, ClaimStatus.PAID)
    return TRUE_DECIDE(it, command, at, terms)


def _drafted_beside(it: Return) -> bool:
    """A claim although the unit is compensated already."""
    return it.claim.status in ("none", "refused", "reversed")


def _credited_late(it: Return, quoted: Any, at: datetime, policy: Any) -> list[e.Any]:
    """The compensation comes on day 8."""
    accrued: list[Any] = TRUE_ACCRUED(it, quoted, at, policy)
    return [msgspec.structs.replace(one, credit_at=one.credit_at + timedelta(days=2)) for one in accrued]


TRUE_ENTRIES, TRUE_QUOTE, TRUE_DECIDE = chart.entries, compensation.quote, payments.decide
TRUE_ACCRUED = payments._accrued  # noqa: SLF001 -- a fault is planted there
PLANTED: dict[str, list[tuple[Any, str, Any]]] = {
    "a refund without its entry": [(chart, "entries", _unpaid)],
    "more than the customer paid": [(chart, "entries", _to_the_bank)],
    "rounded down": [(decisions, "quote", _half_up_lost)],
    "credited late": [(payments, "_accrued", _credited_late)],
}


DEEP = [(claims, "may_be_drafted", _drafted_beside), (payments, "decide", _paid_beside)]


@pytest.mark.parametrize(
    "plant",
    [
        *(pytest.param(plant, id=name) for name, plant in PLANTED.items()),
        pytest.param(DEEP, id="claimed and compensated", marks=pytest.mark.slow),  # half a minute to find
    ],
)
def test_a_planted_fault_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: list[tuple[Any, str, Any]]
) -> None:
    for module, name, fault in plant:
        monkeypatch.setattr(module, name, fault)

    with pytest.raises((AssertionError, BaseExceptionGroup)):
        walked(f"sqlite:///{tmp_path / 'planted.db'}", tmp_path, walks=300, steps=30, phases=[Phase.generate])
