"""Orders from a loop: on SQLite they are decided there and committed by the clerk; what could wait is the clerk's from the beginning."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from backhaul.kit.desk import Answer, Errand, Order, Work
from backhaul.kit.machine import Refused
from backhaul.marketplace import queries
from backhaul.marketplace.access import Known
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ELIF, IRINA, KETTLE, MUG, THROW, Market, market

SECONDS = 5  # half of the time for which the clerk waits for a database that another process writes


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


class Seen:
    """What a desk did: `on the loop`, `given up` (there), `by the clerk`, with how many works."""

    def __init__(self, shop: Market) -> None:
        self.did: list[tuple[str, int]] = []
        desk = shop.office.desk
        opened, handle = desk.opened, desk.handle

        def noted_opened(works: Sequence[Any]) -> Any:
            found = opened(works)
            self.did.append(("given up" if found is None else "on the loop", len(works)))
            return found

        def noted_handle(works: Sequence[Any]) -> Any:
            self.did.append(("by the clerk", len(works)))
            return handle(works)

        desk.opened = noted_opened  # type: ignore[method-assign]
        desk.handle = noted_handle  # type: ignore[method-assign]


def at_once(shop: Market, works: Sequence[Work], meanwhile: Callable[[], None] = lambda: None) -> list[Any]:
    """Hand all in from one loop, then do something on it; the answers."""

    async def run() -> list[Any]:
        waiting = [asyncio.ensure_future(shop.office.desk.perform(work)) for work in works]
        await asyncio.sleep(0.05)
        meanwhile()
        return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), SECONDS)

    return asyncio.run(run())


def submit(draft: int) -> Order:
    return Order(draft, do.Submit(), Known(IRINA))


def statuses(shop: Market, *ids: int) -> list[Status]:
    return [shop.now_is(one).status for one in ids]


def test_orders_that_come_together_are_one_batch_and_all_are_there_when_they_are_answered(shop: Market) -> None:
    drafts, seen = [shop.draft(), shop.draft(MUG), shop.draft(THROW)], Seen(shop)

    answers = at_once(shop, [submit(draft) for draft in drafts])

    assert all(isinstance(answer, Answer) for answer in answers)
    assert statuses(shop, *drafts) == [Status.SELLER_REVIEW] * 3
    # A server's answer takes as long as the network: no loop waits for that.
    where = "on the loop" if shop.office.database.dialect == "sqlite" else "by the clerk"
    assert sum(count for place, count in seen.did if place == where) == 3


def test_orders_with_an_errand_among_them_are_one_batch_of_the_clerk(shop: Market) -> None:
    draft, other, found = shop.draft(), shop.draft(MUG), list[int]()
    seen = Seen(shop)

    def look(tx: Any, _at: object) -> bytes:
        found.append(len(tx.connection.execute("SELECT 1 FROM events WHERE kind = 'Submitted'").fetchall()))
        return b""

    at_once(shop, [submit(draft), Errand(look), submit(other)])

    assert seen.did == [("by the clerk", 3)]
    assert statuses(shop, draft, other) == [Status.SELLER_REVIEW] * 2
    assert len(found) == 1


def test_a_refused_order_and_a_read_only_one_harm_no_neighbour(shop: Market) -> None:
    draft, other = shop.draft(), shop.draft(MUG)
    reader = Known(replace(ELIF, writes=False))

    answers = at_once(
        shop, [submit(draft), Order(other, do.Approve(), Known(IRINA)), Order(draft, do.Approve(), reader)]
    )

    assert isinstance(answers[0], Answer)
    assert [answer.code for answer in answers[1:] if isinstance(answer, Refused)] == ["not_your_role", "role_read_only"]
    assert statuses(shop, draft, other) == [Status.SELLER_REVIEW, Status.NEW]


# -- Company ----------------------------------------------------------------------------------------------------------


def lingering(shop: Market, company: int, seconds: float) -> None:
    """As after a batch of so many that took eight times as long."""
    clerk = shop.office.desk.clerk
    clerk._company, clerk._linger_until = company, time.perf_counter() + seconds  # noqa: SLF001


@pytest.mark.parametrize("on_a_loop", [True, False])
def test_those_who_come_back_after_a_batch_are_one_batch_again(shop: Market, *, on_a_loop: bool) -> None:
    """Nobody waits for the end of the time when all are there: here that would be longer than the answers are waited for."""
    drafts, seen = [shop.draft(), shop.draft(MUG), shop.draft(THROW), shop.draft(KETTLE)], Seen(shop)
    works = [submit(draft) for draft in drafts]
    lingering(shop, 4, 2 * SECONDS)

    answers = one_after_another(shop, works) if on_a_loop else from_a_thread(shop, works)

    assert all(isinstance(answer, Answer) for answer in answers)
    assert [count for _, count in seen.did] == [4]


@pytest.mark.parametrize("on_a_loop", [True, False])
def test_when_fewer_come_back_they_wait_no_longer_than_that(shop: Market, *, on_a_loop: bool) -> None:
    drafts, seen = [shop.draft(), shop.draft(MUG)], Seen(shop)
    works = [submit(draft) for draft in drafts]
    lingering(shop, 4, 0.2)

    answers = one_after_another(shop, works) if on_a_loop else from_a_thread(shop, works)

    assert all(isinstance(answer, Answer) for answer in answers)
    assert sum(count for _, count in seen.did) == 2


@pytest.mark.parametrize("company", [0, 1, 3])
def test_after_one_or_a_few_nobody_lingers(shop: Market, company: int) -> None:
    draft = shop.draft()
    lingering(shop, company, 2 * SECONDS)

    (answer,) = one_after_another(shop, [submit(draft)])

    assert isinstance(answer, Answer)


def test_an_errand_that_comes_while_a_loop_lingers_takes_its_orders_along_and_the_next_loop_is_served(
    shop: Market,
) -> None:
    """The errand is the clerk's, and so is what waits before it; the call that the loop had for itself is over with it."""
    first, second, third = shop.draft(), shop.draft(MUG), shop.draft(THROW)
    lingering(shop, 4, 0.2)

    answers = one_after_another(shop, [submit(first), Errand(lambda _tx, _at: b""), submit(second)])
    (last,) = one_after_another(shop, [submit(third)])

    assert all(isinstance(answer, Answer) for answer in (*answers, last))
    assert statuses(shop, first, second, third) == [Status.SELLER_REVIEW] * 3


def test_nobody_lingers_long_after_a_batch_that_took_long(shop: Market) -> None:
    """Four that waited half a second for a lock: who comes next does not wait a sixteenth for their return."""
    drafts, desk = [shop.draft(), shop.draft(MUG), shop.draft(THROW), shop.draft(KETTLE)], shop.office.desk
    handle = desk.handle
    desk.opened = lambda works: None  # type: ignore[method-assign]  # noqa: ARG005 -- by its name, as the desk has it
    desk.handle = lambda works: time.sleep(0.5) or handle(works)  # type: ignore[method-assign,func-returns-value]

    at_once(shop, [submit(draft) for draft in drafts])

    clerk = desk.clerk
    assert clerk._company == 4  # noqa: SLF001 -- what the next one is held against
    assert clerk._linger_until - time.perf_counter() <= 0.01  # noqa: SLF001


def one_after_another(shop: Market, works: Sequence[Work]) -> list[Any]:
    """Hand them in from one loop, a hundredth of a second apart; the answers."""

    async def run() -> list[Any]:
        waiting = []
        for work in works:
            waiting.append(asyncio.ensure_future(shop.office.desk.perform(work)))
            await asyncio.sleep(0.01)
        return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), SECONDS)

    return asyncio.run(run())


def from_a_thread(shop: Market, works: Sequence[Work]) -> list[Answer]:
    """The same, handed in from this thread."""
    futures: list[Future[Answer]] = [Future() for _ in works]
    for work, future in zip(works, futures, strict=True):
        shop.office.desk.put(work, future)
        time.sleep(0.01)
    return [future.result(SECONDS) for future in futures]


# -- SQLite, where a loop decides -------------------------------------------------------------------------------------


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Market]:
    with market(f"sqlite:///{tmp_path / 'marketplace.db'}", tmp_path) as opened:
        yield opened


def test_the_loop_does_not_wait_for_another_process_that_writes(on_sqlite: Market) -> None:
    """It goes on while the clerk waits: here, to make the other process let go."""
    draft, seen = on_sqlite.draft(), Seen(on_sqlite)
    with closing(sqlite3.connect(on_sqlite.office.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        answers = at_once(on_sqlite, [submit(draft)], other.rollback)

    assert isinstance(answers[0], Answer)
    assert seen.did == [("given up", 1), ("by the clerk", 1)]
    assert statuses(on_sqlite, draft) == [Status.SELLER_REVIEW]
    timeout = on_sqlite.office.desk._connection.execute("PRAGMA busy_timeout").fetchone()  # noqa: SLF001
    assert timeout == (10_000,)


def test_a_commit_that_fails_is_tried_again_one_by_one_and_nothing_is_there_twice(on_sqlite: Market) -> None:
    drafts, desk = [on_sqlite.draft(), on_sqlite.draft(MUG)], on_sqlite.office.desk
    seen = Seen(on_sqlite)
    opened = desk.opened

    def spoilt(works: Sequence[Any]) -> Any:
        found = opened(works)
        desk._connection.execute("ROLLBACK")  # noqa: SLF001 -- as SQLite itself does when the disk is full
        return found

    desk.opened = spoilt  # type: ignore[method-assign]
    answers = at_once(on_sqlite, [submit(draft) for draft in drafts])

    assert all(isinstance(answer, Answer) for answer in answers)
    assert seen.did == [("on the loop", 2), ("by the clerk", 2)]
    with on_sqlite.office.database.read() as tx:
        kinds = [[happening.kind for happening in queries.history(tx, one)] for one in drafts]
    assert kinds == [["Requested", "Submitted"]] * 2


def test_what_a_loop_left_behind_is_done_when_the_house_closes(on_sqlite: Market) -> None:
    """The loop was asked to come, and ended before it could."""
    draft, desk = on_sqlite.draft(), on_sqlite.office.desk

    async def hand_in_and_leave() -> None:
        asyncio.get_running_loop().call_soon(asyncio.get_running_loop().stop)
        desk.put(submit(draft), asyncio.get_running_loop().create_future(), asyncio.get_running_loop())

    loop = asyncio.new_event_loop()
    loop.create_task(hand_in_and_leave())  # noqa: RUF006 -- it ends with its loop
    loop.run_forever()
    desk.clerk.close()
    loop.close()

    assert statuses(on_sqlite, draft) == [Status.SELLER_REVIEW]
