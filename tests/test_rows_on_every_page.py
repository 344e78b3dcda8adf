"""D28: on PostgreSQL every page and list of API v1 says to its owner the same whether its rows are held or not.

A policy that hides too much would show here: the demo's world, all that sellers, customers and companies come to by following links,
and every list of API v1 with the things that it names.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import ModuleType
from typing import Any, NamedTuple

import httpx2
import pytest
from litestar import Litestar

from backhaul.kit.clock import Clock, TurnedClock
from backhaul.marketplace import access as marketplace_access
from backhaul.partner import access as partner_access
from backhaul.scenarios import SCENARIOS
from backhaul.stage import WEBS, Stage, Urls
from backhaul.world import DAYS, PASSWORD, build
from tests.doors import doors
from tests.postgres import Postgres
from tests.web.every_page import walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

MANY = 3
# What is another one at each look: nonces, forms' tokens; papers say when they were drawn.
FRESH = re.compile(rb'nonce="[^"]*"|value="[0-9a-f]{64,}"|name="form_token" value="[^"]*"')
Answer = tuple[int, bytes]


class House(NamedTuple):
    url: str
    app: Litestar
    people: Mapping[str, tuple[str, str]]
    access: ModuleType


@pytest.fixture(scope="module")
def houses(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, House]]:
    names = [f"{house}_{uuid.uuid4().hex}" for house in ("marketplace", "partner")]
    for name in names:
        postgres_server.create_database(name)
    now, directory = Clock().now(), tmp_path_factory.mktemp("world")
    apps: list[Litestar] = []

    def kept(make: Any) -> Any:
        def made(office: Any) -> Litestar:
            apps.append(make(office))
            return apps[-1]

        return made

    for house in ("marketplace", "partner"):
        (directory / house).mkdir()
    urls = Urls(*(postgres_server.url(name) for name in names))
    stage = Stage(directory, urls, TurnedClock(now - timedelta(days=DAYS)), (kept(WEBS[0]), kept(WEBS[1])))
    try:
        cast = build(stage, now, SCENARIOS)
        mine = {role: (one.login, one.password) for role, one in cast.marketplace.items()}
        theirs = {role: (one.login, one.password) for role, one in cast.partner.items()}
        people = {"seller": mine["seller"], "another seller": ("chen", PASSWORD), "customer": mine["customer"]}
        yield {
            "marketplace": House(stage.marketplace_web.url, apps[0], people, marketplace_access),
            "partner": House(stage.partner_web.url, apps[1], {"seller": theirs["seller"]}, partner_access),
        }
    finally:
        stage.close()
        for name in names:
            postgres_server.drop_database(name)


def asked(client: httpx2.Client, path: str) -> Answer:
    answer = client.get(path)
    return answer.status_code, FRESH.sub(b"", answer.content)


def lists_and_their_things(client: httpx2.Client, paths: list[str]) -> dict[str, Answer]:
    """Every list without places in its path, and the first things that it names at the doors below it."""
    found: dict[str, Answer] = {}
    for path in (path for path in paths if "{" not in path):
        found[path] = asked(client, f"{path}?q=R-1000" if path.endswith("/search") else path)
        rows = client.get(path).json() if found[path][0] == 200 and found[path][1][:1] in b"[{" else []
        listed = rows if isinstance(rows, list) else next((one for one in rows.values() if isinstance(one, list)), [])
        for row in (row for row in listed[:MANY] if isinstance(row, dict)):
            name = next((str(row[key]) for key in ("id", "public_id", "return_id", "number") if key in row), "")
            for below in (one for one in paths if one.count("{") == 1 and one.startswith(f"{path}/{{")):
                if name and not below.endswith(".pdf"):
                    place = re.sub(r"{\w+}", name, below)
                    found[place] = asked(client, place)
    return found


@pytest.mark.parametrize("name", ["marketplace", "partner"])
def test_what_is_held_is_what_its_owner_was_shown_before(
    houses: dict[str, House], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    house = houses[name]
    hold = house.access.hold_to_own
    paths = sorted(path for verb, path in doors(house.app, "/api/v1") if verb == "GET")
    with monkeypatch.context() as free:
        free.setattr(house.access, "hold_to_own", lambda *_: None)
        tour = walk(house.url, house.app, house.people, [], MANY)
    said: dict[bool, dict[tuple[str, str], Answer]] = {}
    for is_held in (False, True):
        monkeypatch.setattr(house.access, "hold_to_own", hold if is_held else lambda *_: None)
        said[is_held] = {}
        for who, (login, password) in house.people.items():
            with httpx2.Client(base_url=house.url, cookies=tour.cookies[who], timeout=60) as page:
                stops = [stop.path for stop in tour.stops if stop.role == who]
                said[is_held].update({(who, path): asked(page, path) for path in stops})
            made = httpx2.post(f"{house.url}/api/v1/sessions", json={"login": login, "password": password}, timeout=60)
            with httpx2.Client(base_url=house.url, timeout=60) as api:
                api.headers["authorization"] = f"Bearer {made.json()['token']}"
                said[is_held].update({(who, path): one for path, one in lists_and_their_things(api, paths).items()})

    assert tour.failed == []
    assert {"marketplace": 300, "partner": 80}[name] < len(said[False])
    assert [] == [one for one, answer in said[False].items() if answer != said[True].get(one)]
