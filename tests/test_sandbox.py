"""The sandbox through its doors: the clock, the people, clear refusals, and the page's lines as they stand there."""

import json
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

from backhaul.cli import app
from backhaul.demo import finish, world_of
from backhaul.kit.clock import Clock, RunningClock, TurnedClock
from backhaul.kit.days import end_of_day
from backhaul.marketplace import tables as marketplace_tables
from backhaul.partner import tables as partner_tables
from backhaul.sandbox import Sandbox, begin_again, keep_first, mark
from backhaul.sandbox_doors import Turn
from backhaul.serving import SANDBOX_MARK
from backhaul.stage import Stage, Urls, sqlite_urls
from backhaul.world import Cast, Login, SellerKeys, World, load, people, sample
from tests import templates
from tests.partner.house import picture

PAGE = (Path(__file__).parent.parent / "docs" / "sandbox.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
LINE = re.compile(r"(?:(\w+)=\$\()?curl -s (.*?)(?: \| jq (?:-r )?'(.*)')?\)?")
SELECT = re.compile(r"\.\[\] \| select\(\.(\w+) == \"(.*)\"\) \| \.(\w+)")


def empty(directory: Path) -> Urls:
    urls = sqlite_urls(directory)
    templates.fill(urls.marketplace, "backhaul.marketplace", marketplace_tables.metadata)
    templates.fill(urls.partner, "backhaul.partner", partner_tables.metadata)
    return urls


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Both houses with their people and orders: what the demo builds, without the returns."""
    directory = tmp_path_factory.mktemp("sandbox")
    empty(directory)
    played: dict[str, Any] = {}
    box = Sandbox(directory, played)
    world = World(box.stage, box.clock.now())
    cast = people(world)
    load(world, sample(box.clock.now()))
    played.update(marketplace=cast.marketplace, partner=cast.partner)
    yield box.start()
    box.close()


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=sandbox.stage.marketplace_web.url, timeout=60) as client:
        yield client


def curl(words: list[str], photo: bytes) -> Any:
    """What curl does with the options that the page uses."""
    method = words[1] if words[0] == "-X" else ""
    [url, *options] = words[2:] if method else words
    headers: dict[str, str] = {}
    body = None
    for option, value in zip(options[::2], options[1::2], strict=True):
        if option == "-H":
            name, _, said = value.partition(": ")
            headers[name] = said
        elif option == "--json":
            body, headers["Content-Type"] = json.dumps(json.loads(value)).encode(), "application/json"
        else:
            assert (option, value) == ("--data-binary", "@photo.jpg")
            body = photo
    answer = httpx2.request(
        method or ("GET" if body is None else "POST"), url, headers=headers, content=body, timeout=60
    )
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def jq(expression: str, answer: Any) -> Any:
    """The three kinds of expressions on the page."""
    if chosen := SELECT.fullmatch(expression):
        return next(one[chosen[3]] for one in answer if one[chosen[1]] == chosen[2])
    for name in re.findall(r"\w+", expression):
        answer = answer[int(name)] if name.isdecimal() else answer[name]
    return answer


def run(script: str, known: dict[str, str]) -> list[Any]:
    """The page's lines, in order; each one's answer."""
    answers = []
    for line in script.strip().splitlines()[1:]:
        parts = LINE.fullmatch(line)
        assert parts, line
        text = re.sub(r"\$(\w+)", lambda name: known[name[1]], parts[2])
        answer = curl(shlex.split(text), picture("navy"))
        if parts[3]:
            answer = jq(parts[3], answer)
        if parts[1]:
            known[parts[1]] = str(answer)
        answers.append(answer)
    return answers


def test_the_lines_of_the_page_lead_from_nothing_to_a_compensated_return(sandbox: Sandbox) -> None:
    """R17, J3.3: nobody answers for 3 days, so it is approved; 30 % of 12,400.00 is 3,720.00."""
    script, _ = SCRIPTS
    assert script.startswith("at=http://127.0.0.1:8000\n")

    compensation = run(script, {"at": sandbox.stage.marketplace_web.url})[-1]

    assert compensation["status"] == "credited"
    assert compensation["quote"]["amount"] == {"minor": 3720_00, "currency": "RUB"}


def test_what_falls_due_on_the_way_fires_with_its_own_instant(http: httpx2.Client) -> None:
    """R8: the seller has 3 days, until the end of the day in Moscow; then the calendar approves."""
    irina = {"Authorization": f"Bearer {http.post('/sandbox/sign-in', json={'as': 'customer'}).json()['token']}"}
    photo = http.post("/api/v1/photos", content=picture("teal"), headers={**irina, "Content-Type": "image/jpeg"}).json()
    [line] = [
        one for one in http.get("/api/v1/orders", headers=irina).json() if one["posting_number"] == "21009058-0138-1"
    ]
    wanted = {"reason": "did_not_like", "photos": [photo["id"]], "send": True}
    started = http.post(f"/api/v1/orders/{line['line_id']}/returns", json=wanted, headers=irina).json()
    path = f"/api/v1/returns/{started['return_id']}"
    due = end_of_day(now(http), 3)

    assert http.post("/sandbox/clock", json={"to": (due - timedelta(minutes=1)).isoformat()}).status_code == 200
    assert http.get(path, headers=irina).json()["status"] == "seller_review"
    assert http.post("/sandbox/clock", json={"advance": "2d"}).status_code == 200
    assert http.get(path, headers=irina).json()["status"] == "approved"
    elif_ = {"Authorization": f"Bearer {http.post('/sandbox/sign-in', json={'as': 'seller'}).json()['token']}"}
    events = http.get(f"{path}/events", headers=elif_).json()
    approved = next(one for one in events if one["kind"] == "Approved")
    assert datetime.fromisoformat(approved["at"]) == due


def now(client: httpx2.Client) -> datetime:
    return datetime.fromisoformat(client.get("/sandbox/clock").json()["now"])


@pytest.mark.parametrize(
    ("step", "by"), [("3d", timedelta(days=3)), ("2h", timedelta(hours=2)), ("30m", timedelta(minutes=30))]
)
def test_the_clock_is_turned_for_both_houses_and_runs_on(
    step: str, by: timedelta, http: httpx2.Client, sandbox: Sandbox
) -> None:
    before = now(http)
    turned = datetime.fromisoformat(http.post("/sandbox/clock", json={"advance": step}).json()["now"])
    other = httpx2.get(f"{sandbox.stage.partner_web.url}/sandbox/clock").json()

    assert by <= turned - before < by + timedelta(seconds=5)
    assert turned < datetime.fromisoformat(other["now"]) < turned + timedelta(seconds=20)
    assert other["ahead_seconds"] == pytest.approx((turned - Clock().now()).total_seconds(), abs=20)


def test_the_clock_is_turned_to_an_instant(http: httpx2.Client) -> None:
    wanted = now(http) + timedelta(hours=5)
    answer = http.post("/sandbox/clock", json={"to": wanted.isoformat()}).json()

    assert datetime.fromisoformat(answer["now"]) == wanted


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "advance", "clock_needs_one"),
        ({"advance": "1d", "to": "2099-01-01T00:00:00Z"}, "advance", "clock_needs_one"),
        ({"advance": "15 days"}, "advance", "clock_step_unreadable"),
        ({"advance": "-1d"}, "advance", "clock_step_unreadable"),
        ({"advance": "0d"}, "advance", "clock_step_unreadable"),
        ({"advance": 15}, "advance", "field_invalid"),
        ({"advance": "101d"}, "advance", "clock_step_too_large"),
        ({"to": "2020-01-01T00:00:00Z"}, "to", "clock_forward_only"),
        ({"to": "2099-01-01T00:00:00Z"}, "to", "clock_step_too_large"),
        ({"to": "2099-01-01T00:00:00"}, "to", "clock_instant_unreadable"),
        ({"to": "tomorrow"}, "to", "clock_instant_unreadable"),
        ({"to": "0001-01-01T00:00:00+14:00"}, "to", "clock_instant_unreadable"),
        ({"back": "1d"}, "back", "field_invalid"),
    ],
)
def test_a_turn_that_is_none_is_refused_with_its_field(
    body: dict[str, Any], field: str, code: str, http: httpx2.Client
) -> None:
    answer = http.post("/sandbox/clock", json=body)

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert "{" not in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"as": "king"}, "as", "person_unknown"),
        ({"as": "clerk", "house": "partner"}, "as", "person_unknown"),
        ({"as": "clerk", "house": "pub"}, "house", "field_invalid"),
        ({}, "as", "field_invalid"),
    ],
)
def test_nobody_plays_a_role_that_is_not_there(
    body: dict[str, Any], field: str, code: str, http: httpx2.Client
) -> None:
    answer = http.post("/sandbox/sign-in", json=body)

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)


def test_what_is_no_json_and_what_is_no_door_is_told(http: httpx2.Client) -> None:
    found = [
        http.post("/sandbox/clock", content=b"{"),
        http.post("/sandbox/clock", content=b"[" * 100_000),
        http.get("/sandbox/other"),
        http.get("/sandbox/sign-in"),
        http.post("/sandbox/clock", json={"advance": "1d"}, headers={"Sec-Fetch-Site": "cross-site"}),
    ]

    assert [(one.status_code, one.json()["code"]) for one in found] == [
        (400, "body_invalid"), (400, "body_invalid"), (404, "not_found"), (405, "method_not_allowed"), (403, "other_site"),
    ]  # fmt: skip


PEOPLE = [
    *[(role, "", "marketplace") for role in ("customer", "seller", "clerk", "sorting", "moderator", "support")],
    *[(role, "", "partner") for role in ("receiver", "inspector", "supervisor")],
    ("seller", "partner", "partner"),
]


@pytest.mark.parametrize(("role", "house", "where"), PEOPLE)
def test_everybody_can_be_played_at_their_house(
    role: str, house: str, where: str, http: httpx2.Client, sandbox: Sandbox
) -> None:
    played = http.post("/sandbox/sign-in", json={"as": role, "house": house}).json()
    path = "/api/v1/messages" if role not in {"receiver", "inspector", "supervisor"} else "/api/v1/parcels"
    url = getattr(sandbox.stage, f"{where}_web").url
    answer = httpx2.get(f"{url}{path}", headers={"Authorization": f"Bearer {played['token']}"})

    assert (played["as"], played["house"], played["url"]) == (role, where, url)
    assert answer.status_code == 200, answer.text


def test_a_house_that_is_no_sandbox_has_no_such_door(tmp_path: Path) -> None:
    stage = Stage(tmp_path, empty(tmp_path), TurnedClock(datetime(2024, 9, 1, tzinfo=UTC)))
    try:
        for web in (stage.marketplace_web, stage.partner_web):
            asked = [httpx2.get(f"{web.url}/sandbox/clock"), httpx2.post(f"{web.url}/sandbox/clock", json={"advance": "1d"}),
                     httpx2.post(f"{web.url}/sandbox/sign-in", json={"as": "customer"})]  # fmt: skip
            assert [404, 404, 404] == [one.status_code for one in asked]
        assert stage.clock.now() == datetime(2024, 9, 1, tzinfo=UTC)
    finally:
        stage.close()


def test_the_clock_stands_while_houses_catch_up_and_tells_how_far_ahead_it_is() -> None:
    kept: list[timedelta] = []
    clock = RunningClock(timedelta(days=2), kept.append)
    with clock.standing():
        stood = clock.now()
        clock.turn_to(stood + timedelta(days=1))
        assert clock.now() == stood + timedelta(days=1)
    with pytest.raises(ValueError, match="forward only"):
        clock.turn_to(stood)

    assert clock.now() > stood + timedelta(days=1)
    assert kept[-1] == pytest.approx(timedelta(days=3), abs=timedelta(seconds=2))


def test_a_second_start_goes_on_where_the_clock_was(tmp_path: Path) -> None:
    empty(tmp_path)
    for _ in range(2):
        box = Sandbox(tmp_path, {})
        at = box.turn(Turn("36h")).now
        box.close()

    assert at - Clock().now() == pytest.approx(timedelta(days=3), abs=timedelta(seconds=30))


def test_a_sandbox_is_started_by_demo_and_by_nothing_else(tmp_path: Path) -> None:
    """`demo --sandbox` serves it and ends with Ctrl-C; `serve` and a plain `demo` refuse its data."""
    world, ready = tmp_path / "world", tmp_path / "ready.json"
    empty(world)
    mark(world)
    keys = {"TR": SellerKeys("1180457", "bh_rw_1", "bh_ro_1")}
    (world / "cast.json").write_bytes(msgspec.json.encode(Cast({"support": Login("marina", "x")}, {}, keys)))
    keep_first(world)
    ports = ("--port", str(free_port()), "--partner-port", str(free_port()), "--data", str(tmp_path))

    for words in (["demo", *ports], ["serve", "partner", "--data", str(world / "partner")]):
        refused = CliRunner().invoke(app, words)
        assert refused.exit_code == 1
        assert "sandbox" in refused.output
    words = [sys.executable, "-m", "backhaul.cli", "demo", "--sandbox", *ports, "--ready-file", str(ready)]
    shown = subprocess.Popen(words, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 60
        while not ready.exists() and shown.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        url = json.loads(ready.read_bytes())["marketplace"]["url"]
        assert httpx2.get(f"{url}/sandbox/clock").json()["ahead_seconds"] == pytest.approx(0, abs=1)
        assert httpx2.post(f"{url}/sandbox/clock", json={"advance": "1d"}).json()["ahead_seconds"] > 80_000
        assert httpx2.post(f"{url}/sandbox/reset").status_code == 202
        while ahead(url) > 80_000 and time.monotonic() < until:
            time.sleep(0.05)
        assert ahead(url) == 0
        assert "another demo runs" in CliRunner().invoke(app, ["demo", "--sandbox", *ports]).output
    finally:
        shown.send_signal(signal.SIGINT)
        said = shown.communicate(timeout=60)[1].decode()
    assert shown.returncode == 0, said
    assert "POST /sandbox/clock" in said


@pytest.mark.parametrize("killed", ["before the copy was whole", "between the worlds", "beside the former one"])
def test_a_reset_that_was_killed_midway_is_begun_again_by_the_next_start(tmp_path: Path, killed: str) -> None:
    """Whenever it was killed there is one whole world at the next start, and people and keys are the first ones."""
    world = tmp_path / "world"
    (world / "marketplace").mkdir(parents=True)
    (world / "cast.json").write_bytes(msgspec.json.encode(Cast({"support": Login("marina", "x")}, {}, {})))
    keep_first(world)
    (world / "marketplace" / "of today").touch()
    if killed == "before the copy was whole":
        (tmp_path / "world.part" / "marketplace").mkdir(parents=True)
    if killed == "between the worlds":
        world.rename(tmp_path / "world.former")
        (tmp_path / "world.part").mkdir()
    if killed == "beside the former one":
        shutil.copytree(world, tmp_path / "world.former")
    cast = world_of(tmp_path, Console(quiet=True), sandbox=True)
    begun = (world / "marketplace" / "of today").exists()
    begin_again(world)

    assert {"support": Login("marina", "x")} == cast.marketplace
    assert (killed != "between the worlds") == begun
    assert {"world", "world.first"} == {one.name for one in tmp_path.iterdir()}
    assert not (world / "marketplace" / "of today").exists()


def test_a_demo_does_not_build_its_world_beside_a_sandboxs(tmp_path: Path) -> None:
    (tmp_path / "world.first").mkdir()
    refused = CliRunner().invoke(app, ["demo", "--data", str(tmp_path), "--port", str(free_port())])

    assert refused.exit_code == 1
    assert "has a sandbox" in " ".join(refused.output.split())


def test_a_world_that_began_again_has_its_cast(tmp_path: Path) -> None:
    """Else the next start would find a world without people, and make another one over it."""
    world, cast = tmp_path / "world", Cast({"support": Login("marina", "x")}, {}, {})
    empty(world)
    finish(world, cast, sandbox=True)
    (world / "cast.json").write_bytes(b"changed since")
    begin_again(world)

    assert cast == msgspec.json.decode((world / "cast.json").read_bytes(), type=Cast)
    assert (world / "partner" / SANDBOX_MARK).exists()
    assert ["world", "world.first"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_demo_is_no_sandbox(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "cast.json").touch()
    refused = CliRunner().invoke(app, ["demo", "--sandbox", "--data", str(tmp_path), "--port", str(free_port())])

    assert refused.exit_code == 1
    assert "has a demo" in " ".join(refused.output.split())  # the terminal breaks lines


def ahead(url: str) -> int:
    """How far ahead the clock is; a lot while the houses begin again and do not answer."""
    try:
        return int(httpx2.get(f"{url}/sandbox/clock").json()["ahead_seconds"])
    except httpx2.TransportError:
        return 99_999


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
