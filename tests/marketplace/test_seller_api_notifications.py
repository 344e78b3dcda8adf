"""Push notifications in the contract's mechanics: a seller's program on a port of this machine gets them, or does not answer."""

import ipaddress
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from backhaul.kit.database import Statement
from backhaul.marketplace import tables
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.pushes import TYPES, WAITS
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import CHEN, ELIF, KETTLE, LUMITEK, Market, market, served
from tests.marketplace.test_seller_api import NO_ROLE, NOT_FOUND, Shop, invalid

SET, UPDATE, DELETE, CHECK, ENABLE, LIST = (
    f"/v1/notification/{word}" for word in ("set", "update", "delete", "check", "enable", "list")
)
TYPE_LIST = "/v1/notification/push-type/list"
NEW, CHANGED = "TYPE_RETURN_NEW", "TYPE_RETURN_STATE_CHANGED"


class Program:
    """What a seller runs: answers pings as the contract wants it, and `accepts` pushes or not."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answer: tuple[int, bytes] = (200, b'{"result":true}')
        self.pong: tuple[int, bytes] = (200, b'{"version":"1.2","name":"erp","time":"2024-09-02T07:00:00Z"}')
        program = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["content-length"])))
                program.got.append(said)
                status, body = program.pong if said["message_type"] == "TYPE_PING" else program.answer
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/pushes"

    @property
    def pushed(self) -> list[tuple[str, int]]:
        return [(one["message_type"], one["return_id"]) for one in self.got if one["message_type"] != "TYPE_PING"]


@pytest.fixture
def program() -> Iterator[Program]:
    running = Program()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture
def bazaar(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        way = msgspec.structs.replace(opened.office.pushes.way, inside=(ipaddress.ip_network("127.0.0.0/8"),))
        opened.office.pushes.way = way  # the network beyond us begins on this machine
        yield opened


@pytest.fixture
def line(bazaar: Market) -> Iterator[httpx2.Client]:
    with served(bazaar) as url, httpx2.Client(base_url=url) as client:
        yield client


@pytest.fixture
def elif_(bazaar: Market, line: httpx2.Client) -> Shop:
    return Shop(bazaar, line, 1180457, bazaar.key())


def waiting(bazaar: Market) -> int:
    with bazaar.office.database.read() as tx:
        return len(tx.rows(Statement(tables.pushes.select())))


def connected(shop: Shop, program: Program, *types: str) -> int:
    assert shop.gets(SET, {"url": program.url, "types": list(types or (NEW, CHANGED))}) == {}
    return int(shop.gets(LIST)["urls"][-1]["id"])


def test_a_program_is_told_of_new_returns_and_of_states_that_change(
    bazaar: Market, elif_: Shop, program: Program
) -> None:
    url_id = connected(elif_, program)
    bazaar.draft()
    return_id = bazaar.in_status(Status.SELLER_REVIEW)
    bazaar.in_status(Status.SELLER_REVIEW, KETTLE)  # another seller's
    bazaar.does(ELIF, return_id, do.Approve(), "2024-09-02 12:00")

    assert waiting(bazaar) == 2
    assert bazaar.office.pushes.send_now() == 2
    common = {
        "seller_id": 1180457, "return_id": return_id, "return_number": f"R-{return_id}", "posting_number": "10000001-0001-1",
        "created_at": bazaar.now_is(return_id).requested_at.isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    asked = {"message_type": NEW, "state": "OnSellerApproval", "group_state": "new", **common}
    moment = {"changed_state_date": "2024-09-02T09:00:00Z"}
    decided = {"message_type": CHANGED, "new_state": "Approved", "group_state": "approved", **moment, **common}
    assert program.got[1:] == [asked, decided]
    assert waiting(bazaar) == 0
    assert bazaar.office.pushes.send_now() == 0
    [shown] = elif_.gets(LIST)["urls"]
    assert (shown["id"], shown["url"], shown["enable"]) == (url_id, program.url, True)
    assert [one["type"] for one in shown["types"]] == [NEW, CHANGED]
    types = elif_.gets(TYPE_LIST)["types"]
    assert [one["type"] for one in types] == list(TYPES)
    assert [one["type"] for one in types if "seller_endpoint" in one] == [NEW, CHANGED]
    assert types[0]["seller_endpoint"] == {"id": url_id, "url": program.url}


def test_what_is_not_answered_well_is_sent_again_later_in_order_and_given_up_at_last(
    bazaar: Market, elif_: Shop, program: Program
) -> None:
    connected(elif_, program)
    first = bazaar.in_status(Status.APPROVED)
    for answer in ((500, b""), (200, b'{"result":false}'), (200, b"yes"), (204, b""), (302, b'{"result":true}')):
        program.answer = answer
        assert bazaar.office.pushes.send_now() == 0
        tried = len(program.pushed)
        assert bazaar.office.pushes.send_now() == 0  # not before its time
        assert len(program.pushed) == tried
        bazaar.clock.turn(WAITS[tried - 1] - timedelta(milliseconds=1))
        assert bazaar.office.pushes.send_now() == 0
        assert len(program.pushed) == tried
        bazaar.clock.turn(timedelta(milliseconds=1))
    assert program.pushed == [(NEW, first)] * 5
    program.answer = (200, b'{"result": true}')
    assert bazaar.office.pushes.send_now() == 2
    assert program.pushed[5:] == [(NEW, first), (CHANGED, first)]

    program.answer = (503, b"")
    second = bazaar.in_status(Status.APPROVED)
    for wait in WAITS:
        assert bazaar.office.pushes.send_now() == 0
        bazaar.clock.turn(wait)
    assert waiting(bazaar) == 2
    assert bazaar.office.pushes.send_now() == 0
    assert program.pushed[7:] == [(NEW, second)] * 12
    assert waiting(bazaar) == 1  # the twelfth time was the last
    program.answer = (200, b'{"result":true}')
    assert bazaar.office.pushes.send_now() == 1
    assert program.pushed[-1] == (CHANGED, second)


def test_an_address_that_fails_for_a_day_is_paused_until_it_is_switched_on(
    bazaar: Market, elif_: Shop, program: Program
) -> None:
    url_id = connected(elif_, program)
    program.answer = (500, b"")
    bazaar.in_status(Status.SELLER_REVIEW)
    bazaar.office.pushes.send_now()
    bazaar.clock.turn(timedelta(hours=24) - timedelta(seconds=1))
    bazaar.office.pushes.send_now()
    assert elif_.gets(LIST)["urls"][0]["enable"] is True
    assert told(bazaar) == []
    bazaar.clock.turn(timedelta(seconds=30))
    bazaar.office.pushes.send_now()
    assert elif_.gets(LIST)["urls"][0]["enable"] is False
    assert told(bazaar) == [(program.url, 24)]
    assert waiting(bazaar) == 0
    bazaar.in_status(Status.SELLER_REVIEW)
    assert waiting(bazaar) == 0
    assert elif_.gets(ENABLE, {"id": str(url_id), "enabled": True}) == {}
    program.answer = (200, b'{"result":true}')
    later = bazaar.in_status(Status.SELLER_REVIEW)
    assert bazaar.office.pushes.send_now() == 1
    assert program.pushed[-1] == (NEW, later)


def told(bazaar: Market) -> list[tuple[Any, Any]]:
    """What the seller's people hear of pushes that were switched off."""
    with bazaar.office.database.read() as tx:
        board = bazaar.office.house.board.page(tx, ["seller:1180457"])
    return [(one.facts["address"], one.facts["hours"]) for one in board if one.kind == "pushes_switched_off"]


@pytest.mark.parametrize(("messages", "enabled"), [(1, True), (2, False)])
def test_a_day_without_an_answer_counts_while_something_waits_only(
    bazaar: Market, elif_: Shop, program: Program, messages: int, *, enabled: bool
) -> None:
    """The first message is given up after twelve tries. Nothing behind it: a failure a day later is the first. Else it is a day."""
    connected(elif_, program)
    program.answer = (500, b"")
    for _ in range(messages):
        bazaar.in_status(Status.SELLER_REVIEW)
    for wait in (*WAITS, timedelta()):
        bazaar.office.pushes.send_now()
        bazaar.clock.turn(wait)
    assert waiting(bazaar) == messages - 1
    bazaar.clock.turn(timedelta(days=1))
    bazaar.in_status(Status.SELLER_REVIEW)
    bazaar.office.pushes.send_now()

    assert elif_.gets(LIST)["urls"][0]["enable"] is enabled


def test_an_answer_is_read_beyond_its_first_thousand_bytes(bazaar: Market, elif_: Shop, program: Program) -> None:
    connected(elif_, program)
    program.answer = (200, b'{"trace":"' + b"x" * 5000 + b'","result":true}')
    bazaar.in_status(Status.SELLER_REVIEW)

    assert bazaar.office.pushes.send_now() == 1
    assert waiting(bazaar) == 0


def test_addresses_are_changed_switched_off_and_taken_away(bazaar: Market, elif_: Shop, program: Program) -> None:
    url_id = connected(elif_, program, NEW, "TYPE_NEW_POSTING")
    bazaar.in_status(Status.APPROVED)
    assert bazaar.office.pushes.send_now() == 1
    assert elif_.gets(UPDATE, {"id": url_id, "types": [CHANGED], "url": None}) == {}
    bazaar.in_status(Status.APPROVED)
    assert bazaar.office.pushes.send_now() == 1
    assert program.pushed[-1][0] == CHANGED
    elif_.gets(ENABLE, {"id": url_id, "enabled": False})
    elif_.gets(ENABLE, {"id": url_id, "enabled": False})
    bazaar.in_status(Status.APPROVED)
    assert waiting(bazaar) == 0
    other = program.url.replace("/pushes", "/other")
    assert elif_.gets(UPDATE, {"id": url_id, "url": other}) == {}
    assert elif_.gets(LIST)["urls"][0]["url"] == other
    assert elif_.gets(DELETE, {"id": url_id}) == {}
    assert elif_.gets(LIST) == {"urls": []}
    assert elif_.is_refused(DELETE, {"id": url_id}) == NOT_FOUND
    for _ in range(10):
        connected(elif_, program)
    full = (409, 9, "At most 10 addresses are kept")
    assert elif_.is_refused(SET, {"url": program.url, "types": [NEW]}) == full


def test_another_sellers_address_does_not_exist_and_a_key_that_reads_changes_none(
    bazaar: Market, line: httpx2.Client, elif_: Shop, program: Program
) -> None:
    url_id = connected(elif_, program)
    chen = Shop(bazaar, line, LUMITEK, bazaar.key(CHEN))
    reader = Shop(bazaar, line, 1180457, bazaar.key(name="BI", read_only=True))
    bodies: list[tuple[str, dict[str, Any]]] = [
        (UPDATE, {"id": url_id, "types": [NEW]}), (DELETE, {"id": url_id}), (ENABLE, {"id": url_id, "enabled": False}),
    ]  # fmt: skip
    before = bazaar.dump()
    for path, body in bodies:
        assert chen.is_refused(path, body) == NOT_FOUND
        assert reader.is_refused(path, body) == NO_ROLE
    for path in (SET, CHECK):
        assert reader.is_refused(path, {"url": program.url, "types": [NEW]}) == NO_ROLE
    assert bazaar.dump() == before
    assert chen.gets(LIST) == {"urls": []}
    assert len(reader.gets(LIST)["urls"]) == 1


def test_a_ping_says_what_is_wrong_with_an_address(elif_: Shop, program: Program) -> None:
    for pong, fault in (
        ((500, b""), "SERVER_FAULT"),
        ((404, b"{}"), "STATUS_CODE_NOT_OK"),
        ((200, b""), "EMPTY_BODY"),
        ((200, b"pong"), "INVALID_JSON"),
        ((200, b"[]"), "INVALID_BODY"),
        ((200, b'{"version":"1","time":"2024-09-02T07:00:00Z"}'), "WRONG_RESULT_FIELD"),
        ((200, b'{"version":"1","name":"x","time":"now"}'), "WRONG_RESULT_TIME_FIELD"),
    ):
        program.pong = pong
        answer = elif_.gets(CHECK, {"url": program.url})
        assert (answer["is_active"], [one["type"] for one in answer["errors"]]) == (False, [fault])
        refused = elif_.is_refused(SET, {"url": program.url, "types": [NEW]})
        assert refused[:2] == (400, 3)
        assert f"invalid SetNotificationRequest.Url: the address does not answer a ping: {fault}" in refused[2]
    program.pong = (200, b'{"version":"1","name":"x","time":"2024-09-02T07:00:00.123Z"}')
    assert elif_.gets(CHECK, {"url": program.url}) == {"is_active": True, "errors": []}
    assert elif_.gets(LIST) == {"urls": []}
    nobody = program.url.replace(program.url.split(":")[2].split("/")[0], "9")
    assert elif_.is_refused(CHECK, {"url": nobody})[:2] == (400, 3)


def test_nobody_makes_us_knock_at_doors_inside(bazaar: Market, elif_: Shop) -> None:
    bazaar.office.pushes.way = msgspec.structs.replace(bazaar.office.pushes.way, inside=())
    https = invalid("CheckNotificationRequest.Url", "value must be an https address")
    public = invalid("CheckNotificationRequest.Url", "value must be a public address")
    assert elif_.is_refused(CHECK, {"url": "http://example.com/"}) == https
    for url in ("https://127.0.0.1/", "https://10.0.0.7/x", "https://[::1]/", "https://169.254.169.254/latest",
                "https://localhost/", "https://0x7f000001/", "https://user@example.com/", "ftp://example.com"):  # fmt: skip
        assert elif_.is_refused(CHECK, {"url": url})[2] in {public[2], https[2]}, url
    for types in ([], ["TYPE_PING"], ["type_return_new"], [1]):
        assert elif_.is_refused(SET, {"url": "https://example.com/", "types": types})[2].startswith(
            "Request validation error: invalid SetNotificationRequest.Types"
        )


def test_who_asks_for_a_slow_program_keeps_no_other_seller_from_asking(
    bazaar: Market, line: httpx2.Client, elif_: Shop, program: Program
) -> None:
    """Elif's name leads nowhere for a while: her next ping is refused, Chen's program is asked; later hers is, too."""
    chen = Shop(bazaar, line, LUMITEK, bazaar.key(CHEN))
    asked, over = threading.Event(), threading.Event()

    def resolve(host: str, _port: int) -> list[str]:
        if host == "slow.example":
            asked.set()
            over.wait()
        return ["127.0.0.1"]

    bazaar.office.pushes.way = msgspec.structs.replace(bazaar.office.pushes.way, resolve=resolve)
    slow = program.url.replace("127.0.0.1", "slow.example")
    with ThreadPoolExecutor(1) as elsewhere:
        waits = elsewhere.submit(elif_.gets, CHECK, {"url": slow})
        assert asked.wait(5)
        busy = elif_.post(CHECK, {"url": program.url})
        answered = chen.gets(CHECK, {"url": program.url})
        over.set()
        later = waits.result()

    assert busy.status_code == 503
    assert [one["is_active"] for one in (answered, later, elif_.gets(CHECK, {"url": slow}))] == [True] * 3
