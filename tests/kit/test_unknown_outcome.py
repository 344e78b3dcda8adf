"""PostgreSQL goes away while the desk works: what was done is done once, and nobody is told the wrong thing."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx2
import psycopg
import pytest

from backhaul.kit.database import NOTICING, ConnectionLost, Tx
from backhaul.kit.desk import Answer, Errand, Order, Work
from backhaul.marketplace import tables
from backhaul.marketplace.access import Known
from backhaul.marketplace.doors import SESSION_COOKIE
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests import templates
from tests.cut_wire import Wire, wire
from tests.kit.test_desk import code, events, hand_in, hold, point, points, together
from tests.marketplace.cast import CHEN, ELIF, IRINA, KETTLE, Market, market, served
from tests.postgres import Postgres

SECONDS = 20
IS_WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND wait_event = 'SyncRep'"


class Ground:
    """A marketplace behind a wire, and a way round it."""

    def __init__(self, shop: Market, cuttable: Wire, server: Postgres, name: str) -> None:
        self.shop = shop
        self.wire = cuttable
        self.server = server
        self.name = name

    def ask(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """As an administrator, directly."""
        with psycopg.connect(
            host=str(self.server.home), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            cursor = connection.execute(text, values)
            return cursor.fetchall() if cursor.description else []

    def end_all(self) -> None:
        """What an administrator's shutdown does to every connection of this database."""
        self.ask("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", self.name)


@pytest.fixture(scope="module")
def there(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    name = f"unknown_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    templates.fill(postgres_server.url(name), "backhaul.marketplace", tables.metadata)
    with wire(postgres_server.home) as cuttable:
        with market(cuttable.url(name), tmp_path_factory.mktemp("unknown")) as shop:
            yield Ground(shop, cuttable, postgres_server, name)
        postgres_server.drop_database(name)


@contextmanager
def out_of_reach(there: Ground) -> Iterator[None]:
    """The server's network: what is open ends, and nothing new comes through."""
    there.wire.lets_through = False
    there.wire.cut()
    try:
        yield
    finally:
        there.wire.lets_through = True


@contextmanager
def without_a_standby(there: Ground) -> Iterator[None]:
    """Strict synchronous replication whose standby is away: every COMMIT waits, as soon as the server has read that."""
    there.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    there.ask("SELECT pg_reload_conf()")
    try:
        while not cancel_the_wait(there, probe(there)):
            pass
        yield
    finally:
        there.ask("ALTER SYSTEM RESET synchronous_standby_names")
        there.ask("SELECT pg_reload_conf()")


def probe(there: Ground) -> "Future[Any]":
    """Somebody else's COMMIT."""

    def commit() -> None:
        with psycopg.connect(there.server.url(there.name).replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("SET synchronous_commit = on")
            connection.execute("SELECT pg_logical_emit_message(true, 'test', '')")

    return in_thread(commit)


def in_thread(run: Callable[[], object]) -> "Future[Any]":
    future: Future[Any] = Future()
    threading.Thread(target=lambda: future.set_result(run()), daemon=True).start()
    return future


def cancel_the_wait(there: Ground, waiter: "Future[Any]") -> bool:
    """Whether the waiter was found waiting for the standby, and its wait cancelled."""
    until = time.monotonic() + SECONDS
    while not (waiting := there.ask(IS_WAITING, there.name)):
        if waiter.done():
            return False
        assert time.monotonic() < until
        time.sleep(0.005)
    there.ask("SELECT pg_cancel_backend(%s)", waiting[0][0])
    waiter.exception(SECONDS)
    return True


def cancelled(there: Ground, work: Work) -> str:
    """What somebody is told whose wait for the standby is cancelled."""
    answer = hand_in(there.shop.office.desk, work)
    assert cancel_the_wait(there, answer)
    return code(answer.exception(SECONDS))


def approval(there: Ground, key: str = "") -> Order:
    return Order(there.shop.in_status(Status.SELLER_REVIEW), do.Approve(), Known(ELIF), key=key, body_hash=b"1")


# -- Lost before the COMMIT: nothing was done -------------------------------------------------------------------------


def test_a_server_that_was_started_anew_meanwhile_is_not_noticed_by_anybody(there: Ground) -> None:
    order, desk = approval(there), there.shop.office.desk
    points(there.shop)  # a reader waits too
    there.end_all()

    assert isinstance(desk.perform_now(order), Answer)
    assert "Approved" in events(there.shop, order.case_id)
    assert ["77-0412"] == points(there.shop)


def test_a_connection_that_ends_in_the_middle_of_a_batch_is_replaced_and_all_of_it_is_done_once(there: Ground) -> None:
    runs: list[datetime] = []

    def struck_once(_tx: Tx, at: datetime) -> bytes:
        runs.append(at)
        if len(runs) == 1:
            there.end_all()
        return b"done"

    order, asked = approval(there), approval(there, "before")
    first, second, third = together(there.shop.office.desk, [order, Errand(struck_once), asked])

    assert ["", "", ""] == [code(result) for result in (first, second, third)]
    assert 2 == len(runs)
    for one in (order, asked):
        assert 1 == events(there.shop, one.case_id).count("Approved")


def test_a_server_that_keeps_ending_it_is_told_to_everybody_as_a_failure(there: Ground) -> None:
    def struck(_tx: Tx, _at: datetime) -> bytes:
        there.end_all()
        return b""

    order = approval(there)
    results = together(there.shop.office.desk, [order, Errand(struck)])

    assert ["database_failed", "database_failed"] == [code(result) for result in results]
    assert "Approved" not in events(there.shop, order.case_id)
    assert isinstance(there.shop.office.desk.perform_now(order), Answer)


def test_while_nobody_can_be_reached_everybody_is_answered_at_once_and_later_all_goes_on(there: Ground) -> None:
    """Not one by one: each would wait again for a server that is not there."""
    desk, orders = there.shop.office.desk, [approval(there) for _ in range(3)]
    opened: list[Any] = []
    writer = desk.database.writer
    desk.database.writer = lambda: opened.append(1) or writer()  # type: ignore[method-assign,func-returns-value]
    release = hold(desk)
    with out_of_reach(there):
        futures = [hand_in(desk, order) for order in orders]
        release_and_ignore(release)
        told = [code(future.exception(SECONDS)) for future in futures]
    del desk.database.writer

    assert ["database_failed"] * 3 == told
    assert len(opened) <= 2  # for the one that kept the clerk busy, and for these three
    for order in orders:
        assert isinstance(desk.perform_now(order), Answer)
        assert 1 == events(there.shop, order.case_id).count("Approved")


def release_and_ignore(release: Any) -> None:
    """The holder's own work is lost with the wire."""
    seen: list[object] = []
    before, threading.excepthook = threading.excepthook, seen.append
    try:
        release()
    finally:
        threading.excepthook = before


def test_a_server_that_became_a_standby_is_left_for_the_one_that_takes_writes(there: Ground) -> None:
    """SQLSTATE 25006: the connection is as good as ever, and useless."""
    desk = there.shop.office.desk
    demoted: list[Any] = []

    def demote(tx: Tx, _at: datetime) -> bytes:
        tx.connection.execute("SET default_transaction_read_only = on")
        demoted.append(tx.connection)
        return b""

    desk.perform_now(Errand(demote))
    order = approval(there)

    assert isinstance(desk.perform_now(order), Answer)
    assert demoted[0].closed


# -- Lost in the COMMIT: nobody knows ---------------------------------------------------------------------------------


def test_a_lost_answer_to_a_commit_is_told_as_unknown_and_the_same_key_gets_the_answer(there: Ground) -> None:
    """By the door of API v1: a program repeats the request until it is answered."""
    return_id = there.shop.in_status(Status.SELLER_REVIEW, KETTLE)
    headers = {"authorization": f"Bearer {there.shop.key(CHEN)}", "idempotency-key": "order-17"}
    with served(there.shop) as url, httpx2.Client(base_url=url, headers=headers) as program:
        there.wire.lose_commit()
        first = program.post(f"/api/v1/returns/{return_id}/approve", json={})
        again = program.post(f"/api/v1/returns/{return_id}/approve", json={})
        once_more = program.post(f"/api/v1/returns/{return_id}/approve", json={})

    assert (503, "outcome_unknown", "5") == (first.status_code, first.json()["code"], first.headers["retry-after"])
    assert "Idempotency-Key" in first.json()["detail"]
    assert (200, again.content) == (again.status_code, once_more.content)
    assert 1 == events(there.shop, return_id).count("Approved")


def test_nothing_of_a_batch_whose_commit_is_unknown_is_tried_again_by_itself(there: Ground) -> None:
    """What has no key would be done twice: a neighbour that fails must not bring that about either."""
    runs: list[datetime] = []
    counted = Errand(lambda _tx, at: runs.append(at) or b"")  # type: ignore[func-returns-value]
    order = approval(there)
    release = hold(there.shop.office.desk)
    futures = [hand_in(there.shop.office.desk, work) for work in (order, counted, point("77-9000"))]
    there.wire.lose_commit(2)  # the first is that of what keeps the clerk busy
    release()
    results = [future.exception(SECONDS) for future in futures]

    assert ["outcome_unknown"] * 3 == [code(result) for result in results]
    assert 1 == len(runs)
    assert 1 == events(there.shop, order.case_id).count("Approved")
    assert 1 == points(there.shop).count("77-9000")


def test_a_cancelled_wait_for_the_standby_is_no_success_although_the_server_says_so(there: Ground) -> None:
    """Finding F6. It stands on this server only; a standby that takes over has never heard of it."""
    order = approval(there, "cancelled")
    with without_a_standby(there):
        told = cancelled(there, order)
        told_again = cancelled(there, order)  # known here by its key, and here only
    answer = there.shop.office.desk.perform_now(order)

    assert ("outcome_unknown", "outcome_unknown") == (told, told_again)
    assert isinstance(answer, Answer)
    assert 1 == events(there.shop, order.case_id).count("Approved")


def test_a_remembered_answer_that_no_standby_has_is_not_given_again_either(there: Ground) -> None:
    """An errand locks no case: without more its second COMMIT would have nothing to wait for."""
    errand = Errand(lambda _tx, _at: b"42", Known(IRINA), key="forty-two", body_hash=b"1")
    with without_a_standby(there):
        told = [cancelled(there, errand), cancelled(there, errand)]

    assert ["outcome_unknown", "outcome_unknown"] == told
    assert b"42" == there.shop.office.desk.perform_now(errand).body


def test_pages_and_programs_are_told_to_come_again_while_the_database_is_away(there: Ground) -> None:
    """Not that something is wrong with us: looking changes nothing, and soon there is another server."""
    key = {"authorization": f"Bearer {there.shop.key(CHEN, 'reader')}"}
    session = {"cookie": f"{SESSION_COOKIE}=any"}
    with served(there.shop) as url, httpx2.Client(base_url=url) as program:
        with out_of_reach(there):
            told = [
                program.get("/api/v1/returns", headers=key),
                program.get("/seller/returns?lang=tr", headers=session),
            ]
        back = program.get("/api/v1/returns", headers=key)

    assert [(503, "5")] * 2 == [(one.status_code, one.headers["retry-after"]) for one in told]
    assert "database_away" == told[0].json()["code"]
    assert 200 == back.status_code


# -- Connections ------------------------------------------------------------------------------------------------------


def test_a_server_whose_network_is_cut_is_noticed_in_seconds(there: Ground) -> None:
    """Finding F5: without these a half-open connection keeps the desk for a quarter of an hour."""
    database = there.shop.office.database
    with database.read() as tx:
        reader = tx.connection.info.get_parameters()
    writer = database.writer()
    said = writer.info.get_parameters()
    writer.close()

    for parameters in (said, reader):
        assert {name: str(value) for name, value in NOTICING.items()}.items() <= parameters.items()
        assert "5" == parameters["connect_timeout"]


def test_a_writer_that_cannot_be_reached_is_a_failure_of_the_database(there: Ground) -> None:
    with out_of_reach(there), pytest.raises(ConnectionLost):
        there.shop.office.database.writer()
