"""`Idempotency-Key` at every door of API v1 that changes something: the same again, something else, and both at once."""

import functools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backhaul.kit import egress
from backhaul.marketplace.rules.words import Status
from tests import webs
from tests.doors import READING, Door, doors, filled
from tests.marketplace.bank import entry, statement
from tests.marketplace.cast import CHEN, KETTLE, Market, market
from tests.marketplace.people import Call, calling, let_in, told
from tests.marketplace.test_api_v1_reads_only import ITEM_BY_ITEM, PERSONAL, REFUSED, places
from tests.partner.house import picture

# Doors without a key, and why.
KEYLESS: dict[Door, str] = {
    ("POST", "/api/v1/sessions"): "a token is shown to whoever has the password, once; another sign-in harms nothing",
    ("DELETE", "/api/v1/sessions/current"): "with the session its caller is gone",
    ("POST", "/api/v1/catalogues/{name}/preview"): "reads only",
    ("POST", "/api/v1/rate-cards/preview"): "reads only",
    ("POST", "/api/v1/policy/preview"): "reads only",
    ("POST", "/api/v1/returns/bulk/preview"): "reads only",
    ("POST", "/api/v1/invitations/{token}/accept"): "the link is used up with it",
    **{
        ("POST", f"/api/v1/{path}"): "the partner's messages have ids of their own"
        for path in (
            "reports", "partner/link-check", "partner/units", "partner/send-again", "partner/claim-photos",
            "partner/hold-check",
        )
    },
    **{
        ("POST", f"/api/v1/admin/{path}"): "an operator's command or file: the same again changes nothing"
        for path in ("bank-statements", "exchange-rates", "order-lines", "rule-cards", "second-factor-resets", "terms")
    },
}  # fmt: skip
MORE: dict[Door, Any] = {
    **ITEM_BY_ITEM,
    **PERSONAL,
    ("POST", "/api/v1/returns-reports"): {"first_day": "2024-09-01", "last_day": "2024-09-30"},
    ("POST", "/api/v1/returns-reports/{report_id}/links"): None,
    ("POST", "/api/v1/jobs/breaks"): {},
    ("POST", "/api/v1/jobs/statement"): {},
}
# Who calls, by how the path begins; else Chen of Lumitek.
CALLERS = {
    "/api/v1/orders": "irina", "/api/v1/my-block": "irina", "/api/v1/my-data": "irina", "/api/v1/counter": "oleg",
    "/api/v1/clerks": "marina", "/api/v1/blocks": "marina", "/api/v1/catalogues": "marina",
    "/api/v1/rate-cards": "marina", "/api/v1/payouts": "marina", "/api/v1/bank-statements": "marina",
    "/api/v1/exchange-rates": "marina", "/api/v1/policy": "marina", "/api/v1/sellers": "marina",
    "/api/v1/jobs/back-test": "marina", "/api/v1/jobs/bank-statement": "marina",
    "/api/v1/jobs/exchange-rates": "marina", "/api/v1/jobs/orders": "marina",
}  # fmt: skip
LOOPBACK = {"url": "http://127.0.0.1:9999/in", "name": "ERP"}


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        opened.office.webhooks.way = msgspec.structs.replace(
            opened.office.webhooks.way, inside=egress.networks("127.0.0.1")
        )
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    """Everybody signs in once."""
    with calling(shop) as client:
        yield functools.cache(client)


def caller_at(path: str) -> str:
    return next((who for start, who in CALLERS.items() if path.startswith(start)), "chen")


def sent(call: Call, door: Door, named: dict[str, object], body: Any, key: str) -> Any:
    verb, path = door
    body = LOOPBACK if isinstance(body, dict) and "url" in body else body
    body = {**body, "items": [{"return_id": named["return_id"]}]} if door in ITEM_BY_ITEM else body
    more = {"content": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
    return call(caller_at(path)).request(verb, filled(path, named), headers={"idempotency-key": key}, **more)


def test_a_key_that_was_used_elsewhere_is_refused_at_every_door_that_changes_something(
    shop: Market, call: Call
) -> None:
    """Every door of the route table, so that a door which does not look at the key fails here."""
    named = places(shop, call)
    while shop.office.tick():
        pass
    bodies = {door: body for door, (_, _, body) in REFUSED.items()} | MORE
    changing = {door for door in doors(webs.marketplace(shop.office), "/api/v1") if door[0] not in READING}
    for who in {"chen", *CALLERS.values()}:
        headers = {"idempotency-key": "used"}
        assert 200 == call(who).post("/api/v1/account/language", json={"language": "en"}, headers=headers).status_code
    before = shop.dump()

    answers = {door: told(sent(call, door, named, bodies[door], "used")) for door in changing - set(KEYLESS)}

    assert dict.fromkeys(answers, (422, "key_used_for_another_request")) == answers
    assert before == shop.dump()
    assert set(KEYLESS) <= changing


def test_the_same_again_is_answered_the_same_and_changes_nothing_more(shop: Market, call: Call) -> None:
    """Also where the first answer said 201, where several steps were taken, and where nothing is answered."""
    named = places(shop, call)
    while shop.office.tick():
        pass
    waiting = shop.in_status(Status.ACCEPTED_AT_PVZ)
    bank = statement([entry("REFUND-1-1")])
    again: dict[Door, Any] = {
        ("POST", "/api/v1/photos"): picture("blue"),
        ("PUT", "/api/v1/keys/{public_id}/networks"): {"networks": ["192.0.2.0/24"]},
        ("POST", "/api/v1/returns-reports/{report_id}/links"): None,
        ("POST", "/api/v1/webhooks"): LOOPBACK,
        ("POST", "/api/v1/counter/dispatches"): {"return_ids": [waiting], "carrier": "Linehaul", "waybill": "W-7"},
        ("PUT", "/api/v1/clerks/{login}"): {"customer_ref": "C-1001"},
        ("POST", "/api/v1/bank-statements"): bank,
        ("POST", "/api/v1/messages/email"): {"email": "chen@example.com"},
        ("POST", "/api/v1/returns/bulk"): {"act": "approve"},
        ("POST", "/api/v1/jobs/breaks"): {},
        ("POST", "/api/v1/jobs/back-test"): REFUSED["POST", "/api/v1/jobs/back-test"][2],
        ("POST", "/api/v1/jobs/decisions"): {"act": "approve", "items": [{"return_id": 1}]},
    }
    for n, (door, body) in enumerate(again.items()):
        call(caller_at(door[1]))
        before = shop.dump()
        first = sent(call, door, named, body, f"key-{n}")
        changed = shop.dump()
        second = sent(call, door, named, body, f"key-{n}")

        assert first.status_code in {200, 201, 204}, (door, first.text)
        assert before != changed, door
        assert (first.status_code, shown(first)) == (second.status_code, shown(second)), door
        assert changed == shop.dump(), door


def shown(answer: Any) -> Any:
    """An answer without what is shown once."""
    said = answer.json() if answer.content else None
    if isinstance(said, dict) and "secrets" in said:
        return {**said, "secrets": [{**one, "secret": ""} for one in said["secrets"]]}
    return said


def test_a_key_counts_after_a_restart(database_url: str, tmp_path: Path) -> None:
    wanted, headers = {"first_day": "2024-09-01", "last_day": "2024-09-30"}, {"idempotency-key": "nightly"}
    answers = []
    for start in range(2):
        with market(database_url, tmp_path) as shop:
            if start == 0:
                shop.errand(let_in)
            with calling(shop) as call:
                chen = call("chen")
                answers.append(chen.post("/api/v1/returns-reports", json=wanted, headers=headers))
                other = chen.post("/api/v1/returns-reports", json={**wanted, "kind": "xlsx"}, headers=headers)
                assert (422, "key_used_for_another_request") == told(other)

    assert [201, 201] == [one.status_code for one in answers]
    assert 1 == len({one.json()["id"] for one in answers})


def test_a_key_whose_request_is_being_answered_is_told_to_wait(shop: Market, call: Call) -> None:
    """Afterwards it gets the first answer. Another caller's key of the same text is another key."""
    return_id = shop.in_status(Status.SELLER_REVIEW, KETTLE)
    path, headers = f"/api/v1/returns/{return_id}/approve", {"idempotency-key": "one"}
    key, other = call(shop.key(CHEN)), call("chen")
    began, may_end = threading.Event(), threading.Event()

    def work(*_: object) -> None:
        began.set()
        may_end.wait(20)

    with ThreadPoolExecutor() as threads:
        busy = threads.submit(shop.errand, work)
        assert began.wait(20)
        both = [threads.submit(key.post, path, json={}, headers=headers) for _ in range(2)]
        early = next(as_completed(both)).result()
        may_end.set()
        busy.result()
        [late] = [answer for one in both if (answer := one.result()) is not early]

    assert (409, "request_in_progress") == told(early)
    assert 200 == late.status_code
    assert late.json() == key.post(path, json={}, headers=headers).json()
    assert (409, "not_in_this_state") == told(other.post(path, json={}, headers=headers))
