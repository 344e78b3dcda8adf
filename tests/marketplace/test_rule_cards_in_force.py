"""Rule cards in a house at work: versions as rows of `terms`, the cards through API v1, on both databases (D25, D30, R107)."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import errands, store
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.rule_book import SEED_BOOK
from backhaul.marketplace.rules.rule_cards import Force, RuleBook, RuleCard, Statement, Topic, Windows
from backhaul.marketplace.rules.words import Role, Status
from tests.marketplace.cast import CHEN, ELIF, EXPLAINED, IRINA, KETTLE, Market, market, moscow, served

PASSWORD = "correct horse battery"
PEOPLE = (
    ("irina", Role.CUSTOMER, IRINA.subject),
    ("elif", Role.SELLER, ELIF.subject),
    ("chen", Role.SELLER, CHEN.subject),
    ("nadia", Role.MODERATOR, ""),
    ("marina", Role.SUPPORT, ""),
)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def ask(shop: Market) -> Iterator[Any]:
    """GET from API v1 as somebody, by name; the decoded answer."""
    hashed = keys.hash_password(PASSWORD)

    def let_in(tx: Tx, _: datetime) -> None:
        for login, role, subject in PEOPLE:
            errands.add_account(tx, login, hashed, role, subject, login, "en")

    shop.errand(let_in)
    with served(shop) as url, httpx2.Client(base_url=url) as client:
        tokens: dict[str, str] = {}

        def answer(path: str, login: str = "", language: str = "en", **asked: str) -> httpx2.Response:
            headers = {"accept-language": language}
            if login and login not in tokens:
                made = client.post("/api/v1/sessions", json={"login": login, "password": PASSWORD})
                tokens[login] = made.json()["token"]
            if login:
                headers["authorization"] = f"Bearer {tokens[login]}"
            return client.get(f"/api/v1/{path}", params=asked, headers=headers)

        yield answer


def later(version: str, **fields: object) -> RuleBook:
    return msgspec.structs.replace(SEED_BOOK, version=version, **fields)


def publish(shop: Market, book: RuleBook, since: str) -> None:
    shop.errand(lambda tx, _: errands.put_terms(tx, "rule_cards", book.version, book, moscow(since)))


def test_a_new_version_is_a_row_and_holds_from_its_date_on(shop: Market) -> None:
    """Version 2 gives 14 days of refusal from 10 Sep on; who asked before has seven."""
    cards = tuple(
        msgspec.structs.replace(card, windows=Windows(refusal_days=14)) if card.code == "default" else card
        for card in SEED_BOOK.cards
    )
    publish(shop, later("2", cards=cards), "2024-09-10 00:00")
    shop.clock.turn_to(moscow("2024-09-09 12:00"))
    before = shop.in_status(Status.SELLER_REVIEW)
    shop.clock.turn_to(moscow("2024-09-10 12:00"))
    after = shop.in_status(Status.SELLER_REVIEW)

    shop.does(ELIF, before, do.Reject("request_too_late", EXPLAINED))
    with pytest.raises(Refused) as refusal:
        shop.does(ELIF, after, do.Reject("request_too_late", EXPLAINED))

    assert (Status.REJECTED, Status.SELLER_REVIEW) == (shop.now_is(before).status, shop.now_is(after).status)
    assert ("rejection_unlawful", 14, "2") == (
        refusal.value.code, refusal.value.facts["days"], refusal.value.facts["rule_cards"],
    )  # fmt: skip


def test_a_faulty_version_is_refused_and_nothing_is_stored(shop: Market) -> None:
    before = shop.dump()
    with pytest.raises(Refused) as refusal:
        publish(shop, later("2", cards=(RuleCard("food"),)), "2024-09-10 00:00")

    assert ("rule_cards_invalid", "invalid") == (refusal.value.code, refusal.value.kind)
    assert before == shop.dump()


def test_a_policy_that_was_stored_with_the_windows_is_still_read(shop: Market) -> None:
    """The days of a request stood in the policy before the cards did; such a row must not stop the house."""
    doc = msgspec.json.encode(
        msgspec.structs.asdict(Policy(dropoff_days=9)) | {"request_windows_days": {"proper": 7, "improper": 730}}
    )
    since = to_us(moscow("2024-09-01 00:00"))
    shop.errand(lambda tx, _: tx.run(store.PUT_TERMS, kind="policy", version="2", valid_from_us=since, doc=doc))
    shop.clock.turn_to(moscow("2024-09-02 11:00"))
    return_id = shop.in_status(Status.APPROVED)

    assert moscow("2024-09-12 00:00") == shop.now_is(return_id).act_by


def test_everybody_may_read_the_cards_in_force(ask: Any) -> None:
    every = ask("rule-cards").json()
    books = ask("rule-cards", category="Books", language="ru").json()

    assert (True, "1", 16) == (every["on_file"], every["version"], len(every["cards"]))
    assert [("books", 7, 7)] == [
        (card["card"], card["windows"]["proper_days"], card["windows"]["improper_days"]) for card in books["cards"]
    ]
    assert all(said["text"] and said["source"] for card in every["cards"] for said in card["statements"])


def test_an_earlier_day_says_that_nothing_is_on_file(ask: Any) -> None:
    nothing = ask("rule-cards", at="2023-12-31T00:00:00Z").json()

    assert (False, "", []) == (nothing["on_file"], nothing["version"], nothing["cards"])


def test_a_category_that_no_card_names_has_the_card_of_all_other_goods(ask: Any) -> None:
    assert ["default"] == [card["card"] for card in ask("rule-cards", category="kites").json()["cards"]]


def test_a_time_without_a_zone_is_refused_by_its_name(ask: Any) -> None:
    answer = ask("rule-cards", at="2024-09-02T00:00:00")

    assert (422, "field_invalid", "at") == (answer.status_code, answer.json()["code"], answer.json()["field"])


def test_a_new_statement_brings_its_own_words(shop: Market, ask: Any) -> None:
    said = Statement(
        "noise_act", Topic.HANDLING, Force.ADVICE, "Act on noise", "3",
        texts={"en": "Pack it so that it does not rattle.", "tr": "Ses çıkarmayacak biçimde paketleyin."},
    )  # fmt: skip
    publish(shop, later("2", statements=(*SEED_BOOK.statements, said)), "2024-09-02 00:00")
    shop.clock.turn_to(moscow("2024-09-02 11:00"))
    shop.office.tick()
    words = {
        language: next(
            s["text"]
            for s in ask("rule-cards", category="home", language=language).json()["cards"][0]["statements"]
            if s["code"] == "noise_act"
        )
        for language in ("en", "tr", "zh")
    }

    assert {
        "en": "Pack it so that it does not rattle.",
        "tr": "Ses çıkarmayacak biçimde paketleyin.",
        "zh": "Pack it so that it does not rattle.",
    } == words


def test_the_card_stands_in_the_return_of_who_decides_and_of_nobody_else(shop: Market, ask: Any) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    card = ask(f"returns/{return_id}", "elif").json()["rule_card"]

    assert ("1", "default", True) == (card["version"], card["card"], card["on_file"])
    assert ["2024-09-16T21:00:00Z", 14, True] == list(card["windows"]["taste"].values())
    assert {"not_returnable", "request_too_late", "defect_not_visible", "too_few_photos"} == {
        blocked["reason"] for blocked in card["blocked"]
    }
    assert {"distance_refusal"} == {blocked["rule"] for blocked in card["blocked"]}
    assert card == ask(f"returns/{return_id}", "marina").json()["rule_card"]
    assert card == ask(f"returns/{return_id}", "nadia").json()["rule_card"]
    assert "rule_card" not in ask(f"returns/{return_id}", "irina").json()
    assert 404 == ask(f"returns/{return_id}", "chen").status_code


def test_a_seller_from_mainland_china_is_told_that_no_customs_rule_is_on_file(shop: Market, ask: Any) -> None:
    """The kettle was delivered on 1 Sep 2024, when the first notice held; a version without it has none."""
    return_id = shop.in_status(Status.SELLER_REVIEW, line=KETTLE)
    found = ask(f"returns/{return_id}", "chen").json()["rule_card"]
    newest_only = tuple(s for s in SEED_BOOK.statements if s.code != "original_state_2023")
    publish(shop, later("2", statements=newest_only), "2024-09-03 00:00")
    shop.clock.turn_to(moscow("2024-09-03 11:00"))
    shop.office.tick()
    missing = ask(f"returns/{shop.in_status(Status.SELLER_REVIEW, line=KETTLE)}", "chen").json()["rule_card"]

    assert (None, "2024-09-01") == (found.get("no_customs_rule_on"), missing["no_customs_rule_on"])


def test_orders_say_until_when_they_may_come_back(ask: Any) -> None:
    windows = ask("orders", "irina").json()[0]["windows"]

    assert {"until": "2024-09-16T21:00:00Z", "days_left": 14, "is_open": True} == windows["taste"]
    assert {"until": "2026-09-01T21:00:00Z", "days_left": 729, "is_open": True} == windows["fault"]
