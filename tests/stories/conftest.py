"""Both houses on a stage: real servers, real databases (two SQLite files, or two PostgreSQL databases), a clock we turn."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.clock import TurnedClock
from backhaul.marketplace import tables as marketplace_tables
from backhaul.partner import tables as partner_tables
from backhaul.stage import Stage, Urls, sqlite_urls
from backhaul.world import World, people
from tests import templates, webs
from tests.contract import Watched
from tests.partner.cast import QUIET
from tests.stories.telling import OPEN, follow

Raise = Callable[[datetime], World]


@pytest.fixture
def raise_curtain(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Raise]:
    """Opens both houses at an instant, with the people of the journeys and no orders yet."""
    stages: list[Stage] = []
    second = f"partner_{uuid.uuid4().hex}"
    if database_url.startswith("sqlite"):
        urls = sqlite_urls(tmp_path)
    else:
        server = request.getfixturevalue("postgres_server")
        server.create_database(second)
        urls = Urls(database_url, server.url(second))

    kept: list[Watched] = []

    def watched(office: Any) -> Watched:
        kept.append(Watched(webs.marketplace(office)))
        return kept[-1]

    def opened(at: datetime) -> World:
        templates.fill(urls.marketplace, "backhaul.marketplace", marketplace_tables.metadata)
        templates.fill(urls.partner, "backhaul.partner", partner_tables.metadata)
        stage = Stage(tmp_path, urls, TurnedClock(at.astimezone(UTC)), (watched, webs.partner))
        stages.append(stage)
        world = World(stage, at)
        people(world)
        follow(stage.partner, QUIET)
        return world

    yield opened
    while OPEN:
        OPEN.pop().close()
    for stage in stages:
        stage.close()
    if not database_url.startswith("sqlite"):
        server.drop_database(second)
    assert [one for web in kept for one in web.found] == []
