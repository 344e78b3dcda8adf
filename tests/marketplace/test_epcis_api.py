"""EPCIS 2.0 over real HTTP: one return's steps, and a seller's in order, page by page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backhaul.marketplace.rules.words import Status
from tests.epcis_schema import complaints
from tests.marketplace.cast import CHEN, ELIF, KETTLE, OLEG, Market, market
from tests.marketplace.people import Call, calling, let_in, told

PATH = "/api/v1/epcis"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def steps(document: Any) -> list[tuple[str, str]]:
    """Which return did what."""
    return [(one["epcList"][0].rpartition(":")[2], one["bizStep"]) for one in document["epcisBody"]["eventList"]]


def test_a_seller_fetches_the_steps_of_a_return_and_then_all_of_them_in_pages(shop: Market, call: Call) -> None:
    first = shop.in_status(Status.DISPOSING_BY_MARKETPLACE)
    second = shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.in_status(Status.AT_PARTNER, KETTLE)  # another seller's
    waiting = shop.in_status(Status.AWAITING_DROPOFF)  # nobody has touched it yet
    while shop.office.events.place_due():
        pass
    key = call(shop.key(ELIF, "ERP", read_only=True))
    one = key.get(f"/api/v1/returns/{first}/epcis")
    numbers = [shop.now_is(return_id).number for return_id in (first, second)]
    ours = [(numbers[0], "accepting"), (numbers[0], "departing"), (numbers[0], "collecting"), (numbers[1], "accepting")]

    assert (200, "application/ld+json") == (one.status_code, one.headers["content-type"].partition(";")[0])
    assert ("2.0.0", "2.0.0") == (one.headers["gs1-epcis-version"], one.headers["gs1-cbv-version"])
    assert ours[:3] == steps(one.json())
    assert {"id": f"urn:backhaul:loc:{OLEG.subject}"} == one.json()["epcisBody"]["eventList"][0]["bizLocation"]
    assert [] == steps(key.get(f"/api/v1/returns/{waiting}/epcis").json())

    pages = [key.get(PATH, params={"limit": 3})]
    while "next" in pages[-1].links:
        pages.append(key.get(pages[-1].links["next"]["url"]))
    assert [ours[:3], ours[3:]] == [steps(page.json()) for page in pages]
    assert one.json()["epcisBody"]["eventList"] == pages[0].json()["epcisBody"]["eventList"]
    assert [[]] * 3 == [complaints(page.json()) for page in (one, *pages)]

    last = pages[-1].headers["last-event-id"]
    rest = key.get(PATH, params={"after": last})
    assert ([], last) == (steps(rest.json()), rest.headers["last-event-id"])
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    while shop.office.events.place_due():
        pass
    assert ["accepting"] == [step for _, step in steps(key.get(PATH, params={"after": last}).json())]


def test_anothers_steps_are_not_there_and_an_event_that_nobody_knows_is_told_of(shop: Market, call: Call) -> None:
    return_id = shop.in_status(Status.ACCEPTED_AT_PVZ)
    while shop.office.events.place_due():
        pass
    mine, other = call(shop.key(ELIF)), call(shop.key(CHEN))
    last = mine.get(PATH).headers["last-event-id"]

    assert (404, "not_found") == told(other.get(f"/api/v1/returns/{return_id}/epcis"))
    assert [] == steps(other.get(PATH).json())
    assert {(410, "event_unknown")} == {told(other.get(PATH, params={"after": one})) for one in (last, "evt_9_9")}
    assert {(403, "not_your_role")} == {told(call(who).get(PATH)) for who in ("irina", "oleg", "marina")}
    assert (401, "sign_in_needed") == told(call("").get(PATH))
    assert {422} == {mine.get(PATH, params={"limit": limit}).status_code for limit in (0, 101)}
