"""The desk with the marketplace's house: whatever comes together in one batch, nobody is harmed by a neighbour."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswerError
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backhaul.kit.database import DatabaseError, Statement, Tx
from backhaul.kit.desk import Answer, Desk, Errand, Order, Work, fingerprint
from backhaul.kit.machine import Refused
from backhaul.marketplace import queries, tables
from backhaul.marketplace.access import KeyCaller, Known
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By, decide
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, ELIF, IRINA, KETTLE, MUG, THROW, Market, market, moscow

NOWHERE = Statement(sa.text("SELECT * FROM a_table_that_is_not_there"))
INSERT_POINT = Statement(tables.points.insert())
SECONDS = 20


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def hold(desk: Desk[Any]) -> Callable[[], None]:
    """Keep the clerk busy until the returned function is called: what is handed in meanwhile waits together."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(_tx: object, _at: object) -> bytes:
        begun.set()
        assert go_on.wait(SECONDS)
        return b""

    holder = threading.Thread(target=desk.perform_now, args=(Errand(wait),))
    holder.start()
    assert begun.wait(SECONDS)

    def release() -> None:
        go_on.set()
        holder.join(SECONDS)

    return release


def hand_in(desk: Desk[Any], work: Work) -> "Future[Answer]":
    """As `perform_now` does, without waiting for the answer."""
    future: Future[Answer] = Future()
    desk.put(work, future)
    return future


def together(desk: Desk[Any], works: Sequence[Work]) -> list[Answer | BaseException]:
    """Hand all this in while the clerk is busy; the answers in the order of the works."""

    async def all_of_them() -> list[Answer | BaseException]:
        release = hold(desk)
        waiting = [asyncio.ensure_future(desk.perform(work)) for work in works]
        await asyncio.sleep(0)
        await asyncio.to_thread(release)
        return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), SECONDS)

    return asyncio.run(all_of_them())


def point(point_id: str) -> Errand:
    """Adds a pick-up point without asking whether it is there."""
    return Errand(lambda tx, _: str(tx.run(INSERT_POINT, id=point_id, kind="pickup", address="Moscow")).encode())


def points(shop: Market) -> list[str]:
    with shop.office.database.read() as tx:
        return [one.id for one in queries.points(tx)]


def events(shop: Market, return_id: int) -> list[str]:
    with shop.office.database.read() as tx:
        return [happening.kind for happening in queries.history(tx, return_id)]


def code(result: object) -> str:
    return result.code if isinstance(result, Refused) else ""


# -- Neighbours -------------------------------------------------------------------------------------------------------

NUMBERS = itertools.count(1)
EXPECTED = {
    "good": "", "good errand": "", "not allowed": "not_your_role", "stale": "version_conflict",
    "unknown": "not_found", "duplicate row": "database_failed", "bad sql": "database_failed", "wrong key": "wrong_key",
}  # fmt: skip


class Piece(msgspec.Struct):
    """One work of a mix, with what it should come to."""

    kind: str
    work: Work
    return_id: int = 0
    point_id: str = ""


def piece(shop: Market, kind: str) -> Piece:
    """A work of this kind; each that is about a return has a draft of its own."""
    if kind == "good errand":
        name = f"P-{next(NUMBERS)}"
        return Piece(kind, point(name), point_id=name)
    if kind == "duplicate row":
        return Piece(kind, point("77-0412"))
    if kind == "bad sql":
        return Piece(kind, Errand(lambda tx, _: str(tx.rows(NOWHERE)).encode()))
    if kind == "unknown":
        return Piece(kind, Order(999_000 + next(NUMBERS), do.Submit(), Known(IRINA)))
    draft = shop.draft()
    orders = {
        "good": Order(draft, do.Submit(), Known(IRINA)),
        "not allowed": Order(draft, do.Approve(), Known(IRINA)),
        "stale": Order(draft, do.Submit(), Known(IRINA), seen=99),
        "wrong key": Order(draft, do.Submit(), KeyCaller("1180457", "bh_rw_made_up")),
    }
    return Piece(kind, orders[kind], draft)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(sorted(EXPECTED)), min_size=1, max_size=8))
def test_in_every_mix_each_work_comes_to_what_it_comes_to_alone(shop: Market, kinds: list[str]) -> None:
    """D28, MNY-9: results in order, the good ones applied once, the others leave no trace."""
    pieces = [piece(shop, kind) for kind in kinds]
    batches: list[int] = []
    desk = shop.office.desk
    handle, opened = desk.handle, desk.opened
    desk.handle = lambda works: batches.append(len(works)) or handle(works)  # type: ignore[method-assign,func-returns-value]
    desk.opened = lambda works: batches.append(len(works)) or opened(works)  # type: ignore[method-assign,func-returns-value]

    results = together(desk, [one.work for one in pieces])
    desk.handle, desk.opened = handle, opened  # type: ignore[method-assign]

    assert batches[-1] == len(pieces)
    assert [code(result) for result in results] == [EXPECTED[kind] for kind in kinds]
    for one, result in zip(pieces, results, strict=True):
        if one.kind == "good":
            assert isinstance(result, Answer)
            assert result.it.id == one.return_id
            assert events(shop, one.return_id) == ["Requested", "Submitted"]
        elif one.return_id:
            assert events(shop, one.return_id) == ["Requested"]
            assert shop.now_is(one.return_id).status is Status.NEW
    added = [one.point_id for one in pieces if one.point_id]
    assert [points(shop).count(point_id) for point_id in added] == [1] * len(added)
    assert points(shop).count("77-0412") == 1
    for one in pieces:
        if one.return_id:  # gives its unit back for the next mix
            shop.does(IRINA, one.return_id, do.Cancel())


def test_two_commands_for_one_return_go_into_two_batches_in_their_order(shop: Market) -> None:
    """D28: a case is at most once in a batch; the later command sees what the earlier one did."""
    draft, other = shop.draft(), shop.draft(MUG)
    works = [
        Order(draft, do.Submit(), Known(IRINA)),
        Order(draft, do.Offer(500), Known(ELIF)),
        Order(other, do.Submit(), Known(IRINA)),
        Order(draft, do.AcceptOffer(), Known(IRINA)),
    ]

    results = together(shop.office.desk, works)

    assert [code(result) for result in results] == ["", "", "", ""]
    assert shop.now_is(draft).status is Status.PARTIALLY_REFUNDED
    assert shop.now_is(other).status is Status.SELLER_REVIEW


def test_a_batch_of_which_the_last_one_fails_in_the_database_keeps_the_ledger_of_the_others_single(
    shop: Market,
) -> None:
    """MNY-1: the replay one by one pays nothing twice."""
    ids = [shop.in_status(Status.SELLER_REVIEW, line) for line in (THROW, MUG)]
    works: list[Work] = [Order(one, do.RefundWithoutReturn(), Known(ELIF)) for one in ids]

    results = together(shop.office.desk, [*works, point("77-0412")])

    assert [code(result) for result in results] == ["", "", "database_failed"]
    assert [len(shop.entries(one)) for one in ids] == [1, 1]


# -- One alone --------------------------------------------------------------------------------------------------------


def test_a_lone_command_is_answered_without_any_other_and_without_a_timer(shop: Market) -> None:
    """D34: the clerk sleeps until the bell rings, never for a time, and takes what is there."""
    desk = shop.office.desk
    draft = shop.draft()
    waits: list[tuple[Any, ...]] = []
    wait = desk.clerk._bell.wait  # noqa: SLF001

    def noted(*args: Any, **named: Any) -> bool:
        waits.append((*args, *named.values()))
        return wait(*args, **named)

    desk.clerk._bell.wait = noted  # type: ignore[method-assign]  # noqa: SLF001
    answers = [
        hand_in(desk, work).result(SECONDS)
        for work in (Order(draft, do.Submit(), Known(IRINA)), Order(draft, do.Cancel(), Known(IRINA)))
    ]

    assert [answer.it.status for answer in answers] == [Status.SELLER_REVIEW, Status.CANCELLED]
    assert all(given == () for given in waits)


# -- The same request twice -------------------------------------------------------------------------------------------


def keyed(draft: int, command: do.Command, key: str = "k-1") -> Order:
    body_hash = fingerprint((draft, type(command).__name__, command))
    return Order(draft, command, Known(IRINA), key, body_hash, render=lambda it: str(it.version).encode())


def test_the_same_key_and_body_gets_the_same_answer_and_another_body_is_refused(shop: Market) -> None:
    """R96: also when the return has gone on meanwhile."""
    draft, desk = shop.draft(), shop.office.desk
    first = desk.perform_now(keyed(draft, do.Submit()))
    shop.does(ELIF, draft, do.Offer(500))

    second = desk.perform_now(keyed(draft, do.Submit()))
    with pytest.raises(Refused) as other:
        desk.perform_now(keyed(draft, do.Cancel()))

    assert (first.body, second.body) == (b"2", b"2")
    assert second.events == 0
    assert (other.value.code, other.value.kind) == ("key_used_for_another_request", "invalid")
    assert events(shop, draft) == ["Requested", "Submitted", "Offered"]


def test_a_retry_that_overtakes_the_first_answer_gets_it_too(shop: Market) -> None:
    """R96: both wait together; one event, one answer twice."""
    draft = shop.draft()
    results = together(shop.office.desk, [keyed(draft, do.Submit()), keyed(draft, do.Submit())])

    assert [result.body for result in results if isinstance(result, Answer)] == [b"2", b"2"]
    assert events(shop, draft) == ["Requested", "Submitted"]


def test_a_refused_request_is_not_remembered(shop: Market) -> None:
    """The key of a refusal is free: the same request counts when it has become possible."""
    return_id, desk = shop.in_status(Status.SELLER_REVIEW), shop.office.desk
    with pytest.raises(Refused):
        desk.perform_now(keyed(return_id, do.AcceptOffer()))
    shop.does(ELIF, return_id, do.Offer(500))

    desk.perform_now(keyed(return_id, do.AcceptOffer()))

    assert shop.now_is(return_id).status is Status.PARTIALLY_REFUNDED


# -- Death and closing ------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_when_the_clerk_dies_everybody_is_answered_and_the_house_is_told(shop: Market) -> None:
    """D34: those in the clerk's hands, those who wait, and those who come later."""
    desk = shop.office.desk
    told = threading.Event()
    desk.clerk.on_death = told.set
    release = hold(desk)
    drafts = [1, 1, 2]  # the second waits for the batch after the first
    waiting = [hand_in(desk, Order(draft, do.Submit(), Known(IRINA))) for draft in drafts]

    def broken(_works: object) -> Any:
        raise RuntimeError("the clerk is dead")

    desk.handle = broken  # type: ignore[assignment,method-assign]
    release()
    answers = [_answer(future) for future in waiting]
    with pytest.raises(Refused) as late:
        desk.perform_now(Order(1, do.Submit(), Known(IRINA)))

    assert told.wait(SECONDS)
    assert answers == ["house_is_closing"] * 3
    assert (late.value.code, late.value.kind) == ("house_is_closing", "away")


def _answer(future: "Future[Answer]", seconds: float = 2) -> str:
    try:
        return code(future.exception(seconds))
    except NoAnswerError:
        return "no answer"


def test_a_fault_in_the_code_of_one_errand_is_its_own_answer(shop: Market) -> None:
    """`handle` never raises: a failure is the answer of the one who caused it; the clerk lives on."""
    draft, desk = shop.draft(), shop.office.desk

    def faulty(_tx: Tx, _at: object) -> bytes:
        raise KeyError("a mistake of the programmer")

    release = hold(desk)
    waiting = [hand_in(desk, work) for work in (Order(draft, do.Submit(), Known(IRINA)), Errand(faulty))]
    release()
    answers = [_answer(future) for future in waiting]

    assert answers[0] == ""
    assert answers[1] != "no answer"
    assert shop.now_is(draft).status is Status.SELLER_REVIEW


def test_closing_finishes_what_waits_and_takes_nothing_new(database_url: str, tmp_path: Path) -> None:
    """D34: whoever was let in gets an answer, whoever comes now is told that the house closes."""
    with market(database_url, tmp_path) as shop:
        desk = shop.office.desk
        drafts = [shop.draft(line) for line in (THROW, MUG, KETTLE)]
        release = hold(desk)
        waiting = [hand_in(desk, Order(draft, do.Submit(), Known(IRINA))) for draft in drafts]
        with ThreadPoolExecutor(1) as pool:
            closing = pool.submit(desk.close)
            while not desk.clerk._closed:  # noqa: SLF001
                threading.Event().wait(0.005)
            with pytest.raises(Refused) as late:
                hand_in(desk, Order(drafts[0], do.Cancel(), Known(IRINA)))
            release()
            closing.result(SECONDS)

        assert [future.result(0).it.status for future in waiting] == [Status.SELLER_REVIEW] * 3
        assert late.value.code == "house_is_closing"


# -- The calendar -----------------------------------------------------------------------------------------------------


def test_a_case_that_the_law_gets_wrong_does_not_keep_the_calendar_from_the_others(
    shop: Market, caplog: pytest.LogCaptureFixture
) -> None:
    """None forgotten: the fault is told, its case stays due, and when the law is mended it fires with its own instant."""
    wrong, right = shop.in_status(Status.SELLER_REVIEW), shop.in_status(Status.SELLER_REVIEW)
    house = shop.office.house

    def faulty(it: Any, command: Any, by: By, at: Any, around: Any) -> list[Any]:
        if it.id == wrong and isinstance(command, do.Approve):
            raise Refused("a_fault_of_the_law")
        return decide(it, command, by, at, house.terms, around)

    house.decide = faulty  # type: ignore[method-assign]
    shop.clock.turn_to(moscow("2024-09-08 12:00"))
    shop.office.desk.sweep()
    swept = [shop.now_is(return_id).status for return_id in (wrong, right)]
    del house.decide
    shop.office.desk.sweep()

    assert swept == [Status.SELLER_REVIEW, Status.APPROVED]
    assert "the calendar may not Approve: Refused(a_fault_of_the_law)" in caplog.text
    with shop.office.database.read() as tx:
        [approved_at] = [told.at for told in queries.history(tx, wrong) if told.kind == "Approved"]
    assert approved_at == moscow("2024-09-06 00:00")


# -- Keys that only read ----------------------------------------------------------------------------------------------


def without_the_role_check(shop: Market) -> None:
    """As if somebody had forgotten it: everybody writes."""
    house = shop.office.house

    def careless(it: Any, command: Any, by: By, at: Any, around: Any) -> list[Any]:
        return decide(it, command, msgspec.structs.replace(by, writes=True), at, house.terms, around)

    house.decide = careless  # type: ignore[method-assign]


def test_a_read_only_key_changes_no_row_even_when_the_law_forgets_to_check(shop: Market) -> None:
    """R101, D35: its commands go to a connection that cannot write."""
    return_id, desk = shop.in_status(Status.SELLER_REVIEW), shop.office.desk
    reader = KeyCaller(str(ANADOLU), shop.key(read_only=True))
    writer = KeyCaller(str(ANADOLU), shop.key(name="ERP 2"))
    without_the_role_check(shop)
    before = shop.dump()

    refused = together(
        desk, [Order(return_id, do.Approve(), reader), Order(return_id, do.Approve(), reader, "k", b"h")]
    )
    unchanged = shop.dump()
    desk.perform_now(Order(return_id, do.Approve(), writer))

    assert [code(one) for one in refused] == ["role_read_only", "role_read_only"]
    assert unchanged == before
    assert shop.now_is(return_id).status is Status.APPROVED  # the same with a key that writes: the check was gone


def test_a_reading_connection_cannot_be_talked_into_writing(shop: Market) -> None:
    """D35: not by plain SQL either."""
    on_postgres = shop.office.database.dialect == "postgresql"
    undo = "SET TRANSACTION READ WRITE" if on_postgres else "PRAGMA query_only=OFF"
    before = shop.dump()

    with shop.office.database.read() as tx:
        tx.connection.execute(undo)
        with pytest.raises(DatabaseError):
            tx.run(INSERT_POINT, id="99-9999", kind="pickup", address="Moscow")

    assert shop.dump() == before


def test_a_dead_or_unknown_read_only_key_is_told_what_it_is(shop: Market) -> None:
    """D18, D19: revoked, expired and unknown have their own messages, for keys that only read too."""
    return_id, desk = shop.in_status(Status.SELLER_REVIEW), shop.office.desk
    revoked = shop.key(read_only=True)
    shop.revoke(revoked)
    made_up = KeyCaller(str(ANADOLU), "bh_ro_aaaaaaaa_made_up")

    results = together(desk, [Order(return_id, do.Approve(), KeyCaller(str(ANADOLU), revoked)),
                              Order(return_id, do.Approve(), made_up)])  # fmt: skip

    assert [code(one) for one in results] == ["key_revoked", "wrong_key"]
