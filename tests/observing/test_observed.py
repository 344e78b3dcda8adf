"""What is seen and heard of a running house from outside: health, metrics, lines of the log; and that no person is in any of it."""

import io
import json
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from backhaul import cli
from backhaul.kit import logs, metrics_door
from backhaul.kit.clock import Clock
from backhaul.kit.database import DatabaseError
from backhaul.kit.desk import Errand
from backhaul.kit.health import Readiness, Ready
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ELIF, Market, market
from tests.marketplace.people import let_in
from tests.observing.ears import listened

TOKEN = "0123456789abcdef-token"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def file_shop(tmp_path: Path) -> Iterator[Market]:
    """For what does not depend on the database."""
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as opened:
        opened.errand(let_in)
        yield opened


# -- Health -----------------------------------------------------------------------------------------------------------


def test_a_house_says_that_it_lives_and_is_ready_without_a_secret_and_without_a_cookie(shop: Market) -> None:
    with listened(shop.office) as ears:
        alive, ready = (httpx2.get(f"{ears.web.url}{path}") for path in ("/healthz", "/readyz"))
        beside = httpx2.get(f"{ears.door}/readyz")

    assert (200, {"alive": True}) == (alive.status_code, alive.json())
    assert (200, {"ready": True}) == (ready.status_code, ready.json())
    assert (200, {"ready": True}) == (beside.status_code, beside.json())
    assert "set-cookie" not in ready.headers


def test_a_house_that_was_told_to_end_is_not_ready_but_serves_on(file_shop: Market) -> None:
    with listened(file_shop.office) as ears:
        ears.listening.before_the_end()
        ready = httpx2.get(f"{ears.web.url}/readyz")
        alive = httpx2.get(f"{ears.web.url}/healthz")
        served = httpx2.get(f"{ears.web.url}/api/v1/health")

    assert (503, {"ready": False, "missing": ["closing"]}) == (ready.status_code, ready.json())
    assert (200, 200) == (alive.status_code, served.status_code)


def test_without_its_desk_a_house_is_not_ready(file_shop: Market) -> None:
    file_shop.office.desk.close()

    assert ("desk",) == file_shop.office.readiness.look().missing


def test_a_schema_that_lacks_a_script_is_not_ready_and_one_that_is_ahead_is(shop: Market) -> None:
    engine = shop.office.database.engine()

    def is_at(version: str) -> Ready:
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        return Readiness(shop.office.database, shop.office.desk, "backhaul.marketplace").look()

    with engine.begin() as connection:
        head = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
    ahead, behind, again = is_at("of a later day"), is_at("0001"), is_at(head)
    engine.dispose()

    assert Ready(ready=True) == ahead
    assert Ready(ready=False, missing=("schema",)) == behind
    assert Ready(ready=True) == again


def test_a_database_that_does_not_answer_is_not_ready(file_shop: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise DatabaseError("no server")

    monkeypatch.setattr(file_shop.office.database, "read", away)

    assert ("database",) == file_shop.office.readiness.look().missing


# -- The door for metrics ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "host", "port"),
    [("9100", "127.0.0.1", 9100), ("127.0.0.1:9100", "127.0.0.1", 9100), ("[::1]:9100", "::1", 9100)],
)
def test_the_door_is_on_this_machine(said: str, host: str, port: int) -> None:
    assert metrics_door.Place(host, port) == metrics_door.place_of(said)


@pytest.mark.parametrize("said", ["0.0.0.0:9100", "10.0.0.5:9100", "[::]:9100"])
def test_beyond_this_machine_the_door_needs_a_token_that_nobody_guesses(said: str) -> None:
    for token in ("", "0123456789abcde"):
        with pytest.raises(ValueError, match="token"):
            metrics_door.place_of(said, token)
    place = metrics_door.place_of(said, "0123456789abcdef")

    assert place is not None
    assert "0123456789abcdef" == place.token


@pytest.mark.parametrize("said", ["metrics", "9100x", "127.0.0.1:", "65536"])
def test_what_is_no_place_is_refused_at_once(said: str) -> None:
    with pytest.raises(ValueError, match="port of this machine"):
        metrics_door.place_of(said)


def test_by_default_there_is_no_door() -> None:
    assert metrics_door.place_of("") is None


def test_metrics_open_to_the_token_and_health_to_all(file_shop: Market) -> None:
    with listened(file_shop.office, token=TOKEN) as ears:
        nobody, wrong, right = ears.metrics(), ears.metrics("0123456789abcdef-wrong"), ears.metrics(TOKEN)
        health = httpx2.get(f"{ears.door}/healthz")
        other = httpx2.get(f"{ears.door}/api/v1/returns")
        posted = httpx2.post(f"{ears.door}/metrics")

    assert (401, 401, 200) == (nobody.status_code, wrong.status_code, right.status_code)
    assert "backhaul_" not in nobody.text + wrong.text
    assert (200, 404, 405) == (health.status_code, other.status_code, posted.status_code)


# -- What is counted --------------------------------------------------------------------------------------------------


def test_requests_batches_and_refusals_are_counted_by_route_and_code(shop: Market) -> None:
    with listened(shop.office) as ears:
        return_id = shop.in_status(Status.SELLER_REVIEW)
        shop.does(ELIF, return_id, do.Approve())
        for _ in range(2):
            httpx2.get(f"{ears.web.url}/api/v1/returns/{return_id}")
        httpx2.get(f"{ears.web.url}/no/such/door")
        text = ears.metrics().text

    one = 'backhaul_http_request_seconds_count{house="marketplace",method="GET",route="'
    assert f'{one}/api/v1/returns/{{return_id}}",status="401"}} 2.0' in text
    assert f'{one}none",status="404"}} 1.0' in text
    assert 'backhaul_http_refusals_total{code="sign_in_needed",house="marketplace"} 2.0' in text
    assert 'backhaul_desk_alive{house="marketplace"} 1.0' in text
    assert 'backhaul_cases{house="marketplace",noun="return",stage="approved"}' in text


def test_a_refusal_of_the_desk_is_counted_apart_from_a_failure(file_shop: Market) -> None:
    def broken(_tx: Any, _at: Any) -> bytes:
        raise RuntimeError("Irina Petrova")

    with listened(file_shop.office) as ears:
        with pytest.raises(Exception, match="not_found"):
            file_shop.does(ELIF, 999_999, do.Approve())
        with pytest.raises(Exception, match="failed"):
            file_shop.office.desk.perform_now(Errand(broken))
        refused, failed, errors = (
            ears.value('backhaul_desk_works_total{house="marketplace",outcome="refused"}'),
            ears.value('backhaul_desk_works_total{house="marketplace",outcome="failed"}'),
            ears.value('backhaul_log_records_total{house="marketplace",level="error",logger="backhaul.desk"}'),
        )
        said = [line for line in ears.said() if line["logger"] == "backhaul.desk"]

    assert (1.0, 1.0, 1.0) == (refused, failed, errors)
    assert "RuntimeError" == said[0]["error"]
    assert any("broken" in place for place in said[0]["places"])
    assert "Irina" not in json.dumps(said)


# -- Nobody is in any of it -------------------------------------------------------------------------------------------

CANARIES = {
    "name": "Canaria Kanarienvogel", "street": "Kanareyka 17-42", "mail": "canary@example.net", "query": "canaryinquery",
    "id": "canary@id.example", "comment": "CANARYCOMMENT with forty letters in it, so that it is long enough",
}  # fmt: skip


def test_nobody_who_asked_and_nothing_they_wrote_stands_in_log_or_metrics(file_shop: Market) -> None:
    key = file_shop.key()
    caller = {"authorization": f"Bearer {key}", "x-request-id": CANARIES["id"]}
    with listened(file_shop.office) as ears, httpx2.Client(base_url=ears.web.url) as visit:
        return_id = file_shop.in_status(Status.SELLER_REVIEW)
        refused = visit.post(f"/api/v1/returns/{return_id}/reject", headers=caller,
                             json={"reason": CANARIES["name"], "explanation": CANARIES["comment"]})  # fmt: skip
        visit.post(f"/api/v1/returns/{return_id}/approve", headers=caller, json={})
        visit.get(f"/api/v1/returns?q={CANARIES['query']}&mail={CANARIES['mail']}", headers=caller)
        visit.post("/sign-in", data={"login": CANARIES["mail"], "password": CANARIES["name"]})
        visit.post("/api/v1/sign-in", json={"login": CANARIES["mail"], "password": CANARIES["street"]})
        visit.get(f"/{CANARIES['street']}", headers={"authorization": "Bearer bh_live_canary"})
        visit.request("PROPFIND", "/api/v1/returns")
        visit.get("/returns", headers={"cookie": f"marketplace_session={CANARIES['query']}"})
        for loud in ("", ".worker"):
            try:
                int(f"{CANARIES['name']} lives in {CANARIES['street']}")
            except ValueError:
                logging.getLogger(f"backhaul{loud}").exception("the mail %s to %s failed", 17, CANARIES["mail"])
        logging.getLogger("somebody").warning("%s wrote", CANARIES["mail"])
        logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: %s", CANARIES["name"])
        told = ears.metrics().text + json.dumps(ears.said(), ensure_ascii=False)
        lines = ears.said()

    assert 422 == refused.status_code
    assert [] == [canary for canary in (*CANARIES.values(), key, "bh_", "canary", "127.0.0.1") if canary in told]
    answered = {(one["method"], one["route"], one["status"], one.get("role")) for one in lines if "route" in one}
    assert {
        ("POST", "/api/v1/returns/{return_id}/reject", 422, None), ("POST", "/api/v1/returns/{return_id}/approve", 200, "key"),
        ("GET", "none", 404, None),
    } <= answered  # fmt: skip
    assert {"OTHER"} == {line["method"] for line in lines if line.get("status") == 405}
    assert "the mail 17 to … failed" in {line.get("said") for line in lines}
    assert len({line["request_id"] for line in lines if "route" in line}) == len(
        [line for line in lines if "route" in line]
    )


def test_a_caller_s_own_id_stands_in_the_line_when_it_is_nothing_but_an_id(file_shop: Market) -> None:
    mine = "6f1c2a90-27a1-4b52-9d3c-0f4a1f0e8b11"
    with listened(file_shop.office) as ears:
        answer = httpx2.get(f"{ears.web.url}/api/v1/health", headers={"x-request-id": mine})
        other = httpx2.get(f"{ears.web.url}/api/v1/health", headers={"x-request-id": "Irina Petrova"})
        ids = [line["request_id"] for line in ears.said()]

    assert [mine, other.headers["x-request-id"]] == ids
    assert mine == answer.headers["x-request-id"]
    assert 16 == len(ids[1])


def test_the_log_keeps_up_or_says_how_much_it_lost() -> None:
    lines = logs.Lines("marketplace", io.StringIO())
    one = logs.Request(Clock().now(), "marketplace", "1", "GET", "/", 200, 1.0)
    for _ in range(logs.LINES_MAX + 3):
        lines.request(one)

    assert 3 == lines.dropped


# -- A house as a process ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_house_that_is_told_to_end_is_first_not_ready_then_finishes_and_ends_well(tmp_path: Path) -> None:
    options = ["--data", str(tmp_path), "--port", "0", "--metrics", "0", "--log", "requests", "--drain", "2"]
    command = [sys.executable, "-m", "backhaul.cli", "serve", "marketplace", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        words = process.stderr.readline().split()
        web, door = words[3].rstrip(","), words[-1]
        before = httpx2.get(f"{web}/readyz")
        metrics = httpx2.get(door)
        process.send_signal(signal.SIGTERM)
        until = time.monotonic() + 10
        while (after := httpx2.get(f"{web}/readyz")).status_code == 200 and time.monotonic() < until:
            time.sleep(0.02)
        served = httpx2.get(f"{web}/api/v1/health")
        rest = process.stderr.read()
        ended = process.wait(60)

    assert (200, 200) == (before.status_code, metrics.status_code)
    assert (503, ["closing"]) == (after.status_code, after.json()["missing"])
    assert (200, 0) == (served.status_code, ended)
    lines = [json.loads(line) for line in rest.splitlines()]
    assert ["/api/v1/health"] == [line["route"] for line in lines]


def test_a_place_that_is_not_safe_is_refused_on_the_command_line() -> None:
    for options, why in (
        (["--metrics", "0.0.0.0:9100"], "token"), (["--log", "everything"], "--log is"), (["--drain", "301"], "--drain is"),
        (["--traces", "collector"], "--traces is"),
    ):  # fmt: skip
        told = CliRunner().invoke(cli.app, ["serve", "marketplace", *options])

        assert 2 == told.exit_code
        assert why in told.output
