"""The walk-through of a demo: everybody one click away, and a story that says itself how far it has come."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from backhaul.kit.clock import RunningClock
from backhaul.marketplace import queries
from backhaul.marketplace.rules import commands as m
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Role
from backhaul.sandbox import Sandbox
from backhaul.walk_story import CUSTOMER, PEOPLE, POSTING, STEPS, Story, following, line, told
from backhaul.world import PASSWORD, POINT, SELLERS, World, link_seller, load, people, sample
from tests.marketplace.cast import market, served
from tests.test_sandbox import empty
from tests.web.forms import Visit


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Both houses of a demo with their people and orders, in one process."""
    directory = tmp_path_factory.mktemp("walk")
    empty(directory)
    played: dict[str, Any] = {}
    box = Sandbox(directory, played)
    world = World(box.stage, box.clock.now())
    people(world)
    load(world, sample(box.clock.now()))
    link_seller(world, "CN")
    world.order(line(SELLERS["CN"][0], box.clock.now()))
    yield world
    box.close()


@pytest.fixture
def visit(world: World) -> Iterator[Visit]:
    with Visit(world.stage.marketplace_web.url) as visit:
        yield visit


def story(world: World) -> Story:
    with world.stage.marketplace.database.read() as tx:
        found = told(tx)
    assert found is not None
    return found


def next_step(visit: Visit) -> str:
    """The step that the page says is next."""
    return visit.open("/demo").answer.text.partition('class="next"')[0].rpartition('id="')[2].partition('"')[0]


def test_who_has_not_signed_in_is_led_to_it_in_both_houses(world: World) -> None:
    url, partner_url = world.stage.marketplace_web.url, world.stage.partner_web.url

    assert httpx2.get(f"{url}/").headers["location"] == "/demo"
    assert httpx2.get(f"{partner_url}/").headers["location"] == "/demo"
    assert httpx2.get(f"{partner_url}/demo").headers["location"] == f"{url}/demo"


@pytest.mark.parametrize("key", PEOPLE)
def test_one_click_is_enough_to_be_anybody(key: str, world: World) -> None:
    """In the language that the page was read in, whatever the person's own is."""
    person = PEOPLE[key]
    house = world.stage.marketplace_web if person.house == "marketplace" else world.stage.partner_web
    with httpx2.Client(base_url=world.stage.marketplace_web.url, follow_redirects=True) as client:
        drawn = client.get("/demo?lang=tr")
        token = client.cookies["marketplace_csrf"]
        client.cookies.set("language", "tr", domain="127.0.0.1", path="/")
        came = client.post("/demo/enter", data={"person": key, "step": "", "_csrf_token": token})

    assert PASSWORD not in drawn.text
    assert came.status_code == 200
    assert str(came.url) == f"{house.url}{person.path}"
    assert person.name in came.text
    assert '<html lang="tr">' in came.text
    assert 'href="/demo"' in came.text


def test_a_click_from_another_site_is_nobodys(world: World) -> None:
    answer = httpx2.post(f"{world.stage.marketplace_web.url}/demo/enter", data={"person": "support", "step": ""})

    assert answer.status_code == 403
    assert "marketplace_session" not in answer.cookies


@pytest.mark.parametrize("said", [{"person": "nobody"}, {"step": "0"}, {"step": "11"}, {"step": "x"}, {}])
def test_a_person_or_step_that_is_none_is_not_found(said: dict[str, str], world: World) -> None:
    with httpx2.Client(base_url=world.stage.marketplace_web.url) as client:
        client.get("/demo")
        token = client.cookies["marketplace_csrf"]
        answer = client.post("/demo/enter", data={**said, "_csrf_token": token})

    assert answer.status_code == 404


def test_a_ticket_to_the_other_house_lasts_a_minute_and_cannot_be_written(world: World) -> None:
    with httpx2.Client(base_url=world.stage.marketplace_web.url) as client:
        client.get("/demo")
        token = client.cookies["marketplace_csrf"]
        sent = client.post("/demo/enter", data={"person": "supervisor", "step": "", "_csrf_token": token})
    ticket = sent.headers["location"]
    assert urlsplit(ticket).netloc == urlsplit(world.stage.partner_web.url).netloc

    assert httpx2.get(ticket).headers["location"] == PEOPLE["supervisor"].path
    assert httpx2.get(ticket[:-1] + ("0" if ticket[-1] != "0" else "1")).headers["location"] == "/demo"
    assert httpx2.get(f"{world.stage.partner_web.url}/demo/arrive").headers["location"] == "/demo"
    clock = world.stage.clock
    assert isinstance(clock, RunningClock)
    clock.turn_to(clock.now() + timedelta(seconds=61))
    assert httpx2.get(ticket).headers["location"] == "/demo"


def test_the_story_comes_as_far_as_its_return(world: World, visit: Visit) -> None:
    """Five acts of the marketplace, each by whose turn it is; before them and after them the page says what is next."""
    begun = story(world)
    assert (begun.it, following(begun), next_step(visit)) == (None, 0, "step-1")

    with world.stage.marketplace.database.read() as tx:
        ordered = world_line(tx)
    return_id, irina = world.draft_of(*ordered, "did_not_like", "Too bright.")
    assert following(story(world)) == 0  # a draft is not sent
    world.act(return_id, m.Submit(), irina)
    assert next_step(visit) == "step-2"
    world.act(return_id, m.Approve(), By(Role.SELLER, "chen", str(SELLERS["CN"][0])))
    assert next_step(visit) == "step-3"
    world.act(return_id, m.ChoosePoint(POINT), irina)
    assert next_step(visit) == "step-4"
    world.take_in(return_id)
    assert next_step(visit) == "step-5"
    world.act(return_id, m.Dispatch("Linehaul North", "WB-1"), world.people["clerk"])
    assert next_step(visit) == "step-6"
    world.act(return_id, m.SendRefund(), world.people["support"])
    assert next_step(visit) == "step-7"


def world_line(tx: Any) -> tuple[int, Any]:
    found = next(o for o in queries.lines_of_customer(tx, CUSTOMER) if o.line.posting_number == POSTING)
    return found.id, found.line


def test_a_story_that_was_left_begins_again_with_another_unit(world: World, visit: Visit) -> None:
    with world.stage.marketplace.database.read() as tx:
        ordered = world_line(tx)
    free = story(world).units_free
    return_id, irina = world.draft_of(*ordered, "did_not_like", "Too dark.")
    world.act(return_id, m.Submit(), irina)
    world.act(return_id, m.Cancel(), irina)
    left = story(world)

    assert left.strayed
    assert following(left) is None
    assert left.units_free == free
    again = visit.open("/demo").send(visit.form("/demo/enter", step="again"))
    assert (again.status, again.path) == (200, f"/orders/{left.line_id}/return")


def test_the_strip_over_a_page_says_what_this_step_is(world: World) -> None:
    with httpx2.Client(base_url=world.stage.partner_web.url, cookies={"walk": "7.R-100001"}) as client:
        shown = client.get("/sign-in").text
        others = []
        for text in ("0.R-1", "11.R-1", "7.<b>"):
            client.cookies.clear()
            client.cookies.set("walk", text)
            others.append(client.get("/sign-in").text)

    assert f"Step 7 of {len(STEPS)}" in shown
    assert "Type R-100001 where a scanner would read it." in shown
    assert all('class="strip"' not in other for other in others)


def test_its_pictures_are_never_the_same_twice(world: World) -> None:
    url = f"{world.stage.partner_web.url}/demo/pictures"
    first, second = httpx2.get(f"{url}/6"), httpx2.get(f"{url}/6")

    assert first.headers["content-type"] == "image/jpeg"
    assert first.content != second.content
    assert [httpx2.get(f"{url}/{n}").status_code for n in (0, 7)] == [404, 404]


def test_a_house_that_is_no_demos_has_no_such_doors(tmp_path: Path) -> None:
    with market(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path) as opened, served(opened) as url:
        paths = ("/demo", "/demo/enter", "/demo/arrive", "/demo/pictures/1")
        answers = [httpx2.get(f"{url}{path}").status_code for path in paths]
        home = httpx2.get(f"{url}/").headers["location"]

    assert answers == [404, 404, 404, 404]
    assert home == "/sign-in"


@pytest.mark.parametrize("language", ["en", "ru", "zh", "tr"])
def test_what_is_not_here_says_so_and_leads_on(language: str, world: World) -> None:
    """In both houses alike: the refusal in a sentence, its code, and the ways from here."""
    urls = world.stage.marketplace_web.url, world.stage.partner_web.url
    told = [httpx2.get(f"{url}/nothing?lang={language}") for url in urls]

    assert [answer.status_code for answer in told] == [404, 404]
    for answer in told:
        assert f'<html lang="{language}">' in answer.text
        assert "<code>not_found</code>" in answer.text
        assert 'href="/sign-in"' in answer.text
        assert answer.text.count('role="alert"') == 1
