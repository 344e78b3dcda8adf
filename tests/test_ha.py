"""`./bh ha` itself runs for minutes and as root. Here: that its checker sees what it is for, and that what cannot run is not green."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from rich.console import Console

from backhaul.kit.desk import Order
from backhaul.marketplace.access import Known
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import CHEN, RING, market
from tests.postgres import Postgres
from tools.ha import __main__ as command
from tools.ha import machine
from tools.ha.checker import Journal, judge, longest_gap


class Servers:
    """Three that hold the same; `behind` is one that does not have the last statement's rows."""

    def __init__(self, url: str, return_id: int, body: bytes) -> None:
        self.url = url
        self.return_id = return_id
        self.body = body
        self.behind = 0

    def ask(self, node: int, text: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description and node != self.behind else []

    def tamper(self, text: str) -> None:
        """As the superuser, past the triggers."""
        self.ask(1, f"SET session_replication_role = replica; {text}")


@pytest.fixture
def servers(postgres_server: Postgres, tmp_path: Path) -> Iterator[Servers]:
    postgres_server.create_database("judged")
    url = postgres_server.url("judged")
    with market(url, tmp_path) as shop:
        return_id = shop.in_status(Status.SELLER_REVIEW, RING)
        order = Order(return_id, do.RefundWithoutReturn(), Known(CHEN), key=f"ha-{return_id}")
        body = shop.office.desk.perform_now(order).body
    yield Servers(url.replace("+psycopg", ""), return_id, body)
    postgres_server.drop_database("judged")


def journal(servers: Servers, directory: Path, *lines: str) -> Journal:
    """What a program wrote that was answered, and these lines; the last one was cut off by its end."""
    answered = f"A {servers.return_id} 12.500 {hashlib.sha256(servers.body).hexdigest()}"
    said = [f"T {servers.return_id} 12.000 ", f"U {servers.return_id} 12.200 503 outcome_unknown", answered, *lines]
    path = directory / "journal"
    path.write_text("".join(f"{line}\n" for line in said) + "A 99")
    return Journal().read(path)


def wrong(servers: Servers, told: Journal) -> set[str]:
    found = judge(servers, 1, told)  # type: ignore[arg-type]
    return {what for what, ids in found.wrong.items() if ids} | ({"lost"} if found.lost else set())


def test_what_was_answered_and_is_there_once_is_clean(servers: Servers, tmp_path: Path) -> None:
    told = journal(servers, tmp_path)

    assert judge(servers, 1, told).is_clean()  # type: ignore[arg-type]
    assert {"503 outcome_unknown": 1} == told.unknown


def test_the_checker_sees_each_fault_that_it_is_for(servers: Servers, tmp_path: Path) -> None:
    """One planted after the other; those before stay."""
    untouched = journal(servers, tmp_path)
    lost = journal(servers, tmp_path, "T 7 13.000 ", "A 7 13.100 00")
    refused = journal(servers, tmp_path, "T 8 14.000 ", "R 8 14.100 409 not_in_this_state")
    other = journal(servers, tmp_path)
    other.acked[servers.return_id] = (12.5, "of other bytes")

    assert {"lost"} == wrong(servers, lost)
    assert {"refused"} == wrong(servers, refused)
    assert {"answered otherwise than remembered"} == wrong(servers, other)
    assert {"applied, never asked for"} == wrong(servers, Journal())
    servers.behind = 3
    assert {"differs on n3"} == wrong(servers, untouched)
    servers.behind = 0
    servers.tamper("UPDATE entries SET amount_minor = amount_minor + 1 WHERE case_id > 0")
    assert {"ledger not as the events"} == wrong(servers, untouched)
    servers.tamper("DELETE FROM answers")
    servers.tamper(
        "INSERT INTO events SELECT case_id, seq + 10, kind, data, at_us, recorded_us, role, actor, request_id, hash "
        "FROM events WHERE kind = 'RefundedWithoutReturn'"
    )
    assert {
        "ledger not as the events", "answer without its event, or the other way", "applied twice", "chain broken",
    } == wrong(servers, untouched)  # fmt: skip


def test_an_outage_is_the_longest_time_without_an_answer() -> None:
    assert 7.0 == longest_gap([9.5, 10.0, 17.0, 17.5, 30.0], 9.0, 18.0)
    assert 9.0 == longest_gap([], 9.0, 18.0)


def test_what_a_machine_cannot_run_is_said_and_not_green(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["ha", "patroni"])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert 3 == command.main()
    assert "NOT RUN: making network namespaces needs root" in capsys.readouterr().out
    with pytest.raises(machine.NotHereError, match="root"):
        machine.check()
    assert 3 == command.not_run(Console(quiet=True), "anything")
