"""Two act on one return at the same instant, through two desks on one database: one wins, the other is told so (T18).

What the law allows after the other is no second win: of each kind stands below what must be true afterwards.
"""

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Statement, Tx, transaction
from backhaul.kit.days import end_of_day, to_us
from backhaul.kit.desk import Order
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, block_errands, block_queries, errands, queries
from backhaul.marketplace.office import Office, open_office
from backhaul.marketplace.rules import blocks
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import CompensationStatus, Mark, RefundStatus, Role, Status
from tests.marketplace.cast import CHEN, ELIF, EXPLAINED, IML, IRINA, LINES, MARINA, OLEG, Market, market, order_line
from tests.racing import Act, Side, Told, Track

FEW, MANY = 1, int(os.environ.get("BACKHAUL_RACES", "2000"))
PENCIL = order_line("70000001-0001-1", ELIF, "Pencil", (292_000, "TRY", 7_900_00), quantity=99_999)
PAN = order_line("70000002-0001-1", CHEN, "Pan", (58_000, "CNY", 7_900_00), quantity=99_999)
CALENDAR = By(Role.CALENDAR, "calendar")
LIU = By(ELIF.role, "liu", ELIF.subject)
NOW = Statement(
    sa.text("SELECT status FROM returns WHERE id = :id").bindparams(sa.bindparam("id", type_=sa.BigInteger))
)


class Races:
    """A shop with a second desk beside its own."""

    def __init__(self, shop: Market, beside: Side) -> None:
        self.shop = shop
        self.track = Track(Side(shop.office, shop.clock), beside)
        self.beside = beside
        self.keys = 0

    def order(self, by: By, return_id: int, command: do.Command, key: str = "", body: bytes = b"x") -> Act:
        return lambda office: office.desk.perform_now(
            Order(return_id, command, access.Known(by), key, body, render=lambda it: it.status.encode())
        )

    def key(self) -> str:
        self.keys += 1
        return f"race-{self.keys}"

    def kinds(self, return_id: int) -> Counter[str]:
        with self.shop.office.database.read() as tx:
            return Counter(one.kind for one in queries.history(tx, return_id))


def sweep(office: Office) -> int:
    return office.desk.sweep()


@pytest.fixture
def races(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Races]:
    monkeypatch.setattr("tests.marketplace.cast.LINES", (*LINES, PENCIL, PAN))
    monkeypatch.setattr("tests.marketplace.cast.KETTLE", PAN)  # whose seller is linked with the partner
    with market(database_url, tmp_path) as shop:
        shop.errand(lambda tx, _: errands.import_lines(tx, [PENCIL, PAN]))
        clock = TurnedClock(shop.clock.now())
        office = open_office(database_url, tmp_path / "data", clock)
        office.desk.start()
        yield Races(shop, Side(office, clock))
        office.close()


def one_decision(races: Races) -> None:
    """Two users of one seller decide."""
    case = races.shop.in_status(Status.SELLER_REVIEW, PENCIL)
    told = races.track.race((
        races.order(ELIF, case, do.Approve()), races.order(LIU, case, do.Reject("looks_used", EXPLAINED)),
    ))  # fmt: skip
    happened = races.kinds(case)
    one_wins(told)
    assert happened["Approved"] + happened["Rejected"] == 1


def a_decision_and_the_sweep(races: Races) -> None:
    """The seller's last moment, and a sweep whose clock is past it."""
    case = races.shop.in_status(Status.SELLER_REVIEW, PENCIL)
    due = races.shop.now_is(case).act_by
    assert due is not None
    races.beside.clock.turn_to(due + timedelta(seconds=1))
    told = races.track.race((races.order(ELIF, case, do.Reject("looks_used", EXPLAINED)), sweep))
    decided = not isinstance(told.first, Refused)
    no_failure(told)
    happened = races.kinds(case)
    assert happened["Rejected"] == decided
    assert happened["Approved"] == (not decided)


def two_sweeps(races: Races) -> None:
    case = races.shop.in_status(Status.SELLER_REVIEW, PENCIL)
    due = races.shop.now_is(case).act_by
    assert due is not None
    races.beside.clock.turn_to(due + timedelta(seconds=1))
    races.shop.clock.turn_to(due + timedelta(seconds=1))
    before = races.kinds(case).total()
    told = races.track.race((sweep, sweep))
    assert told.won == 2, told
    once = races.kinds(case)
    assert once.total() > before
    assert once["Approved"] == 1
    assert once["Reminded"] <= 2  # two days before, and one


def a_double_click(races: Races) -> None:
    """The same request with the same key: one effect, one answer."""
    case, key = races.shop.in_status(Status.SELLER_REVIEW, PENCIL), races.key()
    told = races.track.race((races.order(ELIF, case, do.Approve(), key),) * 2)
    assert told.won == 2
    assert len(told.bodies) == 1
    assert races.kinds(case)["Approved"] == 1


def one_key_with_two_bodies(races: Races) -> None:
    case, key = races.shop.in_status(Status.SELLER_REVIEW, PENCIL), races.key()
    told = races.track.race((
        races.order(ELIF, case, do.Approve(), key, b"a"), races.order(ELIF, case, do.Offer(500), key, b"b"),
    ))  # fmt: skip
    assert told.won == 1
    assert ["key_used_for_another_request"] == [one.code for one in told.refusals]
    happened = races.kinds(case)
    assert happened["Approved"] + happened["Offered"] == 1


def a_refund_and_a_substitution(races: Races) -> None:
    """MNY-3: the money is sent or kept back, never both."""
    case = races.shop.in_status(Status.AT_PARTNER, PAN)
    told = races.track.race((
        races.order(MARINA, case, do.SendRefund()),
        races.order(IML, case, do.RecordMark(Mark.SUBSTITUTED, 1, photos=(races.shop.photo,))),
    ))  # fmt: skip
    no_failure(told)
    assert not isinstance(told.second, Refused)  # a fact is told at any time
    sent = races.shop.now_is(case).refund.status is RefundStatus.SENT
    assert sent is not isinstance(told.first, Refused)
    assert races.kinds(case)["RefundSent"] == sent
    policy = races.shop.office.house.terms.policy
    races.shop.errand(lambda tx, at: _lift(tx, policy, at))  # the customer may return things again


def _lift(tx: Tx, policy: Policy, at: datetime) -> None:
    for block in block_queries.of_customer(tx, IRINA.subject)[:1]:
        block_errands.review(tx, block.id, blocks.Lift(EXPLAINED), MARINA, policy, at)


def a_compensation_twice(races: Races) -> None:
    """Two workers."""
    case = races.shop.in_status(Status.DISPOSED_BY_MARKETPLACE, PENCIL)
    races.shop.does(MARINA, case, do.SendRefund())
    told = races.track.race((races.order(CALENDAR, case, do.CreditCompensation()),) * 2)
    one_wins(told)
    assert races.shop.now_is(case).compensation.status is CompensationStatus.CREDITED
    assert races.kinds(case)["CompensationCredited"] == 1


def a_loss_and_a_disposal(races: Races) -> None:
    """The carrier's claim for what is lost, or the way to a compensation for what is disposed of."""
    case = races.shop.in_status(Status.ON_THE_WAY, PENCIL)
    with races.shop.office.database.read() as tx:
        row = tx.one(DUE, id=case)
    assert row is not None
    dispatched = races.shop.now_is(case).dispatched_at
    assert dispatched is not None
    races.beside.clock.turn_to(dispatched + timedelta(days=90))
    told = races.track.race((races.order(OLEG, case, do.ReceiveForDisposal()), sweep))
    no_failure(told)
    it, happened = races.shop.now_is(case), races.kinds(case)
    assert (it.claim.kind is not None) + (happened["ReceivedForDisposal"] > 0) == 1


DUE = Statement(
    sa.text("SELECT due_us FROM returns WHERE id = :id").bindparams(sa.bindparam("id", type_=sa.BigInteger))
)


def a_key_revoked_and_used(races: Races) -> None:
    case, key = races.shop.in_status(Status.SELLER_REVIEW, PENCIL), races.shop.key(ELIF, races.key())

    def uses(office: Office) -> Any:
        return office.desk.perform_now(Order(case, do.Approve(), access.KeyCaller(None, key)))

    def revokes(_: Office) -> None:
        races.shop.revoke(key, ELIF)

    told = races.track.race((revokes, uses))
    used = not isinstance(told.second, Refused)
    no_failure(told, {"unknown", "forbidden"})
    assert races.kinds(case)["Approved"] == used
    with pytest.raises(Refused):
        uses(races.beside.office)


def an_upload_and_a_cancellation(races: Races) -> None:
    """The counter's photos arrive while the customer withdraws."""
    case = races.shop.in_status(Status.APPROVED, PENCIL)
    photos = (races.shop.photo,) * 2
    told = races.track.race((
        races.order(OLEG, case, do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos)),
        races.order(IRINA, case, do.Cancel()),
    ))  # fmt: skip
    one_wins(told)
    assert races.shop.now_is(case).status in {Status.ACCEPTED_AT_PVZ, Status.CANCELLED}


def no_failure(told: Told, kinds: set[str] | None = None) -> None:
    """Who loses is told 409 (or what the kind says), never 500 or 503."""
    assert {one.kind for one in told.refusals} <= ({"conflict"} | (kinds or set())), told


def one_wins(told: Told) -> None:
    assert told.won == 1, told
    no_failure(told)


KINDS: tuple[Callable[[Races], None], ...] = (
    one_decision, a_decision_and_the_sweep, two_sweeps, a_double_click, one_key_with_two_bodies,
    a_refund_and_a_substitution, a_compensation_twice, a_loss_and_a_disposal, a_key_revoked_and_used,
    an_upload_and_a_cancellation,
)  # fmt: skip


def run(races: Races, count: int) -> None:
    for kind in KINDS:
        for _ in range(count):
            at = max(races.shop.clock.now(), races.beside.clock.now())
            races.shop.clock.turn_to(at)
            races.beside.clock.turn_to(at)
            races.shop.office.desk.sweep()  # what the time that went by brought to the others
            kind(races)


def test_of_two_at_the_same_instant_one_wins(races: Races) -> None:
    run(races, FEW)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_of_two_thousand_races_of_each_kind_one_wins(races: Races) -> None:
    run(races, MANY)


@contextlib.contextmanager
def _writing(office: Office) -> Iterator[Any]:
    connection = office.database.writer()
    with transaction(connection, office.database.dialect) as tx:
        yield tx
    connection.close()


def test_a_desk_that_reads_and_then_writes_is_found(races: Races) -> None:
    """The control: what is decided by a look of before, and written without a guard, is done twice, and that is told."""
    case = races.shop.in_status(Status.SELLER_REVIEW, PENCIL)
    ordinary = {"at_us": to_us(end_of_day(races.shop.clock.now(), 1)), "case": case}
    both_have_looked = threading.Barrier(2)

    def unguarded(office: Office) -> None:
        with office.database.read() as tx:
            assert tx.one(NOW, id=case) == (Status.SELLER_REVIEW.value,)
        both_have_looked.wait(30)
        with _writing(office) as tx:
            tx.run(DONE, id=case)
            tx.run(PAID, **ordinary, cause=f"unguarded-{case}-{id(office)}", credit=f"pocket-{id(office)}")

    told = races.track.race((unguarded, unguarded))
    with pytest.raises(AssertionError):
        one_wins(told)


DONE = Statement(
    sa.text("UPDATE returns SET status = 'approved' WHERE id = :id").bindparams(sa.bindparam("id", type_=sa.BigInteger))
)
PAID = Statement(
    sa.text(
        "INSERT INTO entries (cause, case_id, seq, debit, credit, amount_minor, currency, at_us) "
        "VALUES (:cause, :case, 1, 'bank', :credit, 100, 'RUB', :at_us)"
    ).bindparams(
        *(sa.bindparam(n, type_=sa.BigInteger) for n in ("case", "at_us")),
        sa.bindparam("cause"),
        sa.bindparam("credit"),
    )
)
