"""J1: who signs up is led to linking step by step, by a page, a guide on paper in every language, and a reminder."""

from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from backhaul import registering
from backhaul.kit.database import Statement
from backhaul.kit.i18n import LANGUAGES
from backhaul.partner import errands, platform_queries, tables
from backhaul.partner.administration import NewPlatform
from backhaul.partner.guide import STEPS, guide_pdf
from backhaul.partner.rules.policy import Policy
from tests.partner.house import CHEN, PASSWORD, STRANGER, House
from tests.web.forms import Visit


def mails(house: House, kind: str) -> list[str]:
    box = tables.board.mails
    with house.office.database.read() as tx:
        rows = tx.rows(Statement(box.select().with_only_columns(box.c.address).where(box.c.kind == kind)))
    return sorted(row[0] for row in rows)


def test_an_unlinked_account_sees_no_returns_and_is_led_to_linking(house: House) -> None:
    house.expects()
    with Visit(house.url) as visit:
        visit.sign_in(STRANGER, PASSWORD).read_in("en").open("/parcels")
        assert "/start" == visit.path
        assert "not linked to the marketplace yet" in visit.text
        assert "Headset" not in visit.text
        for step in STEPS:
            assert step.title in visit.text
        assert "/system-settings/authorizations" in visit.page.links
        assert [f"/guide/{language}.pdf" for language in LANGUAGES] == [
            x for x in visit.page.links if x.startswith("/guide")
        ]
    with Visit(house.url) as visit:
        visit.sign_in(CHEN, PASSWORD).read_in("en").open("/parcels")
        assert "/parcels" == visit.path
        assert "Your account is linked" in visit.open("/start").text


def test_the_guide_is_open_to_all_in_every_language_and_nothing_else_is_there(house: House) -> None:
    with httpx2.Client(base_url=house.url) as client:
        for language in LANGUAGES:
            answer = client.get(f"/guide/{language}.pdf")
            assert (200, "application/pdf") == (answer.status_code, answer.headers["content-type"])
            assert answer.content.startswith(b"%PDF-")
        for name in ("de.pdf", "en.html", "en", "..pdf"):
            assert 404 == client.get(f"/guide/{name}").status_code
        sign_up = client.get("/sign-up").text
        assert 'lang="zh"' in sign_up  # P22: Chinese by default, whoever asks
        assert 'lang="zh"' in client.get("/sign-up?lang=tr").text
        assert "/guide/tr.pdf" in sign_up


@pytest.mark.parametrize("asked", ["en", "ru", "tr"])
def test_the_sign_up_form_has_other_languages_by_policy_only(house: House, asked: str) -> None:
    everybody = Policy(sign_up_languages=("zh", "en", "ru", "tr"))
    house.errand(lambda tx, at: errands.put_terms(tx, "policy", "2", everybody, at))
    house.clock.turn(timedelta(minutes=1))
    house.office.desk.sweep()
    with httpx2.Client(base_url=house.url) as client:
        assert 'lang="zh"' in client.get("/sign-up").text
        assert f'lang="{asked}"' in client.get(f"/sign-up?lang={asked}").text


def test_the_numbers_of_the_guide_are_those_of_the_policy() -> None:
    """A guide with other numbers is another file: they are read, not written down."""
    assert len(guide_pdf(Policy(), "en")) > 10_000
    assert guide_pdf(Policy(decision_days=20), "en") != guide_pdf(Policy(), "en")


def test_who_links_nothing_is_reminded_after_one_and_seven_days_each_time_once(house: House) -> None:
    """Of reminders that nobody was there for only the latest is sent; who is linked hears nothing."""
    new = "new@example.com"
    house.signs_up(new, "New", "Newcomers", "CN")
    tell = house.office.link_reminders.tell_due
    stages = Policy().link_reminder_days
    house.clock.turn(timedelta(days=1, minutes=-5))
    tell(stages)
    assert new not in mails(house, "link_reminder")
    house.clock.turn(timedelta(minutes=5))
    tell(stages)
    house.clock.turn(timedelta(hours=1))
    tell(stages)
    assert 1 == mails(house, "link_reminder").count(new)
    house.clock.turn(timedelta(days=9))
    tell(stages)
    house.clock.turn(timedelta(days=40))
    tell(stages)
    assert 2 == mails(house, "link_reminder").count(new)
    assert CHEN not in mails(house, "link_reminder")


def test_a_platform_is_registered_by_command_and_moves_when_it_is_registered_again(tmp_path: Path) -> None:
    said = Console(record=True, width=200)
    data = tmp_path / "partner"
    data.mkdir()

    def run(name: str, title: str, url: str) -> int:
        return registering.register(NewPlatform(name, title, url), data, "", said)

    assert 0 == run("other-market", "Other Market", "https://api.example.com/")
    assert 0 == run("other-market", "Other Market", "https://api.example.org")
    assert 1 == run("other-market", "Other Market", "http://api.example.org")
    assert 1 == run("Other Market", "Other Market", "https://api.example.org")
    assert 1 == run("other", "", "https://api.example.org")
    assert 0 == registering.listed(data, "", said)
    text = said.export_text()
    assert "The address must begin with https://." in text
    assert "other-market" in text.splitlines()[-1]
    assert "https://api.example.org" in text.splitlines()[-1]


def test_an_account_is_linked_and_seen_through_api_v1_and_its_key_never_comes_back(house: House) -> None:
    with httpx2.Client(base_url=f"{house.url}/api/v1") as client:
        token = client.post("/sessions", json={"login": CHEN, "password": PASSWORD}).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        [link] = client.get("/authorizations").json()
        assert ("marketplace", "active", "returns") == (link["platform"], link["state"], link["mode"])
        assert not [name for name in link if "key" in name]
        body = {"platform": "nowhere", "business_type": "CANCEL_ORDERS", "seller_id": 1, "key": "x"}
        refused = client.post("/authorizations", json=body)
        assert (422, "unknown_platform") == (refused.status_code, refused.json()["code"])
        assert 403 == client.get("/agreement").status_code
        assert 403 == client.get("/differences").status_code
        assert 403 == client.post("/comparisons").status_code
        assert 204 == client.delete(f"/authorizations/marketplace/{link['seller_id']}").status_code
        assert [] == client.get("/authorizations").json()
        assert 404 == client.delete(f"/authorizations/marketplace/{link['seller_id']}").status_code
    with house.office.database.read() as tx:
        assert [] == platform_queries.platforms(tx)
