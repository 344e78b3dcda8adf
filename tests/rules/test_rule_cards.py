"""The rule cards: windows of 6.1, statements of 6.3 and 6.4 with their dates, versions (R107, D12, D30), what they block (P24)."""

import csv
from datetime import date, datetime
from importlib.resources import files

import msgspec
import pytest

from backhaul.kit.days import MOSCOW
from backhaul.kit.machine import Refused
from backhaul.marketplace import rule_texts
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.policy import Policy, Terms
from backhaul.marketplace.rules.rejections import check_rejection, ruling_for, unlawful_rejections
from backhaul.marketplace.rules.rule_book import SEED_BOOK
from backhaul.marketplace.rules.rule_cards import (
    Force,
    Goods,
    RuleBook,
    RuleCard,
    Ruling,
    Statement,
    Topic,
    Windows,
    card_of,
    faults,
    ruling,
)
from backhaul.marketplace.rules.words import REASONS, REJECTIONS
from tests.rules.cast import ELIF, EXPLAINED, LUMITEK, NADIA, Story, line, moscow

TASTE_BARS = {"not_returnable", "request_too_late", "defect_not_visible", "too_few_photos"}
DELIVERED = "2024-09-01 12:00"


def wall(at: datetime | None) -> str:
    return f"{at.astimezone(MOSCOW):%Y-%m-%d %H:%M}" if at else ""


def goods(category: str = "home", country: str = "TR", weight_gram: int = 900, delivered: str = DELIVERED) -> Goods:
    return Goods(category, country, weight_gram, moscow(delivered))


def found(at: str, it: Goods, *books: RuleBook) -> Ruling:
    answer = ruling(books or (SEED_BOOK,), it, moscow(at))
    assert answer is not None
    return answer


def codes(answer: Ruling) -> set[str]:
    return {statement.code for statement in answer.statements}


def changed(version: str, since: str, **fields: object) -> RuleBook:
    return msgspec.structs.replace(SEED_BOOK, version=version, valid_from=moscow(since), **fields)


# -- Windows: 6.1 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "proper", "improper"),
    [
        ("food", 0, 1),
        ("digital", 0, 7),
        ("made_to_order", 0, 7),
        ("books", 7, 7),
        ("hygiene", 7, 7),
        ("christmas", 7, 7),
        ("hosiery", 7, 7),
        ("underwear", 7, 7),
        ("medical devices", 7, 7),
        ("kitchen", 15, 15),
        ("watches", 15, 15),
        ("Sneakers", 15, 15),
        ("something that nobody foresaw", 15, 15),
    ],
)
def test_each_category_has_the_days_of_the_terms(category: str, proper: int, improper: int) -> None:
    windows = card_of(SEED_BOOK, category).windows

    assert (proper, improper) == (windows.proper_days, windows.improper_days)


def test_only_what_was_made_for_one_buyer_cannot_be_refused() -> None:
    """6.3: the individually made goods are the only exception of article 26.1(4)."""
    assert ["made_to_order"] == [card.code for card in SEED_BOOK.cards if not card.windows.refusal_days]
    assert {7, 0} == {card.windows.refusal_days for card in SEED_BOOK.cards}


def test_every_category_of_the_sample_orders_is_named_by_a_card() -> None:
    text = (files("backhaul.marketplace") / "sample" / "orders.csv").read_text(encoding="utf-8")
    sold = {row["category"] for row in csv.DictReader(text.splitlines())}
    named = {name for card in SEED_BOOK.cards for name in (card.code, *card.categories)}

    assert set() == sold - named


@pytest.mark.parametrize(
    ("category", "refusable", "taste", "fault"),
    [
        ("home", "2024-09-09 00:00", "2024-09-17 00:00", "2026-09-02 00:00"),
        ("books", "2024-09-09 00:00", "2024-09-09 00:00", "2026-09-02 00:00"),
        ("food", "2024-09-09 00:00", "2024-09-09 00:00", "2024-09-03 00:00"),
        ("made_to_order", "", "", "2026-09-02 00:00"),
    ],
)
def test_windows_end_with_a_day_of_moscow_and_the_longer_one_counts(
    category: str, refusable: str, taste: str, fault: str
) -> None:
    """Delivered on 1 Sep 2024: the law's 7 days, the terms' 15 or 7, two years for a fault (730 days)."""
    it = found("2024-09-02 10:00", goods(category))

    assert (refusable, taste, fault) == (wall(it.refusable_until), wall(it.taste_until), wall(it.fault_until))


@pytest.mark.parametrize(
    ("delivered", "until"),
    [
        ("2024-09-01 12:00", "2024-12-02 00:00"),
        ("2024-11-30 23:59", "2025-03-01 00:00"),  # February has no 30th: its last day counts
        ("2024-10-31 00:00", "2025-02-01 00:00"),
    ],
)
def test_without_written_terms_the_law_gives_three_months(delivered: str, until: str) -> None:
    book = changed("2", "2024-01-24 00:00", terms_in_writing=False)
    it = found("2025-01-01 10:00", goods(delivered=delivered), book)

    assert until == wall(it.refusable_until)


# -- Versions and dates: R107, D12 ------------------------------------------------------------------------------------


def test_nothing_is_on_file_before_the_first_version() -> None:
    assert None is ruling((SEED_BOOK,), goods(), moscow("2024-01-22 23:59:59"))
    assert "1" == found("2024-01-23 00:00", goods()).book.version


def test_the_version_in_force_at_the_instant_speaks() -> None:
    books = (SEED_BOOK, changed("3", "2025-01-01 00:00"), changed("2", "2024-10-01 00:00"))
    versions = [
        found(at, goods(), *books).book.version
        for at in ("2024-09-30 23:59:59", "2024-10-01 00:00", "2024-12-31 23:59:59", "2025-01-01 00:00")
    ]

    assert ["1", "2", "2", "3"] == versions


def test_of_two_versions_of_the_same_instant_the_later_row_speaks() -> None:
    books = (SEED_BOOK, changed("2", "2024-10-01 00:00"), changed("2a", "2024-10-01 00:00"))

    assert "2a" == found("2024-10-01 00:00", goods(), *books).book.version


def test_a_return_keeps_the_card_of_the_day_when_it_was_asked_for() -> None:
    cards = tuple(
        msgspec.structs.replace(card, windows=Windows(refusal_days=14)) if card.code == "default" else card
        for card in SEED_BOOK.cards
    )
    terms = Terms(rule_books=(SEED_BOOK, changed("2", "2024-09-10 00:00", cards=cards)))
    before = Story(terms=terms, reason="did_not_fit", at="2024-09-09 23:59").submitted("2024-09-10 10:00")
    after = Story(terms=terms, reason="did_not_fit", at="2024-09-10 00:00").submitted("2024-09-10 10:00")

    assert (set(), TASTE_BARS) == (
        set(unlawful_rejections(before.it, terms)),
        set(unlawful_rejections(after.it, terms)),
    )


@pytest.mark.parametrize(("at", "said"), [("2026-02-16 23:59:59", False), ("2026-02-17 00:00", True)])
def test_the_ruling_of_the_court_is_said_from_its_day_on(at: str, said: bool) -> None:  # noqa: FBT001
    assert said == ("any_channel" in codes(found(at, goods())))


@pytest.mark.parametrize(
    ("country", "delivered", "expected"),
    [
        ("CN", "2023-01-29 12:00", set()),
        ("CN", "2023-01-30 12:00", {"original_state_2023"}),
        ("CN", "2025-12-31 23:59", {"original_state_2023"}),
        ("CN", "2026-01-01 00:00", {"original_state_2026"}),
        ("CN", "2027-12-31 23:59", {"original_state_2026"}),
        ("CN", "2028-01-01 00:00", set()),
        ("HK", "2026-06-01 12:00", set()),
        ("TR", "2026-06-01 12:00", set()),
    ],
)
def test_the_customs_rule_is_that_of_the_day_for_mainland_china_alone(
    country: str, delivered: str, expected: set[str]
) -> None:
    it = found("2028-02-01 10:00", goods(country=country, delivered=delivered))

    assert expected == {s.code for s in it.statements if s.topic is Topic.CUSTOMS and s.countries}


@pytest.mark.parametrize(("weight_gram", "said"), [(5_000, False), (5_001, True)])
def test_more_than_five_kilograms_are_carried_by_the_seller(weight_gram: int, said: bool) -> None:  # noqa: FBT001
    assert said == ("heavy_carried" in codes(found("2024-09-02 10:00", goods(weight_gram=weight_gram))))


def test_a_marking_code_on_the_unit_brings_its_rule() -> None:
    marked = msgspec.structs.replace(goods("clothes"), marked=True)

    assert {"marking_code", "marking_expected"} <= codes(found("2024-09-02 10:00", marked))
    assert "marking_code" not in codes(found("2024-09-02 10:00", goods("clothes")))


@pytest.mark.parametrize("category", ["hygiene", "hosiery", "medical", "perfume", "by_length"])
def test_the_list_of_decree_2463_is_advice_and_bars_nothing(category: str) -> None:
    said = next(s for s in found("2024-09-02 10:00", goods(category)).statements if s.code == "not_exchangeable")
    story = Story(reason="did_not_fit", of=line(category=category)).submitted()

    assert (Force.ADVICE, ()) == (said.force, said.bars)
    assert TASTE_BARS == set(unlawful_rejections(story.it, story.terms)), (
        "the refusal of a distance purchase stays open"
    )


# -- The blocks of P24, cell by cell ----------------------------------------------------------------------------------


@pytest.mark.parametrize("category", ["home", "hygiene", "watches", "food", "made_to_order"])
@pytest.mark.parametrize("at", ["2024-09-08 23:59:59", "2024-09-09 00:00", "2024-12-01 10:00", "2027-01-01 10:00"])
@pytest.mark.parametrize("reason", REASONS)
def test_the_law_blocks_what_p24_names_and_nothing_else(reason: str, at: str, category: str) -> None:
    """Outside every window too: a late request is not refused by itself, and a late defect keeps its own block."""
    expected: set[str] = set()
    if REASONS[reason].group == "fit_or_dislike" and at == "2024-09-08 23:59:59" and category != "made_to_order":
        expected = TASTE_BARS
    if REASONS[reason].is_defect:
        expected = {"packaging_damaged"}
    for rejection in REJECTIONS:
        story = Story(reason=reason, at=at, of=line(category=category)).submitted(at)
        if rejection in expected:
            assert ("rejection_unlawful", "conflict") == story.refuses(ELIF, do.Reject(rejection, EXPLAINED))
        else:
            story.does(ELIF, do.Reject(rejection, EXPLAINED))
            assert "rejected" == story.it.status


def test_a_request_outside_every_window_is_taken() -> None:
    story = Story(reason="did_not_fit", at="2030-01-01 10:00", of=line(category="food")).submitted("2030-01-01 10:00")

    assert "seller_review" == story.it.status


@pytest.mark.parametrize(("photos", "blocked"), [((), False), (("p1",), True)])
def test_too_few_photos_is_blocked_when_there_are_photos(photos: tuple[str, ...], blocked: bool) -> None:  # noqa: FBT001
    it = msgspec.structs.replace(Story(reason="did_not_fit").it, photos=photos)

    assert blocked == ("too_few_photos" in unlawful_rejections(it, Terms()))


def test_the_refusal_names_rule_source_and_what_may_be_done_instead() -> None:
    story = Story(reason="did_not_like").submitted()
    with pytest.raises(Refused) as refusal:
        check_rejection(story.it, "not_returnable", story.terms)

    assert {
        "rule": "distance_refusal",
        "law": "consumer_law",
        "article": "26.1(4)",
        "days": 7,
        "rule_cards": "1",
        "instead": ["looks_used", "packaging_damaged", "reason_does_not_match", "other_product"],
    } == refusal.value.facts


def test_the_moderator_is_bound_as_the_seller_is() -> None:
    story = Story(shop=LUMITEK, reason="did_not_like", at="2024-09-02 10:00")
    story.facts = msgspec.structs.replace(story.facts, moderation_ticket="55-1204")
    story.submitted()

    assert "pre_moderation" == story.it.status
    assert ("rejection_unlawful", "conflict") == story.refuses(NADIA, do.Reject("request_too_late", EXPLAINED))


def test_where_no_rule_is_on_file_nothing_is_blocked() -> None:
    story = Story(reason="did_not_like", at="2024-01-22 10:00", of=line(delivered="2024-01-20 12:00"))
    story.submitted("2024-01-22 10:00")

    assert None is ruling_for(story.it, story.terms)
    story.does(ELIF, do.Reject("request_too_late", EXPLAINED))
    assert "rejected" == story.it.status


def test_the_term_of_the_refund_is_the_ceiling_that_the_policy_enforces() -> None:
    """P24's third block is kept by the desk of refunds; the card must not say another number."""
    said = next(s for s in SEED_BOOK.statements if s.code == "refund_term")

    assert (10, 10) == (said.facts["days"], Policy().refund_ceiling_days)


# -- A version that can be published ----------------------------------------------------------------------------------


def test_the_first_version_has_no_fault_and_a_text_for_everything() -> None:
    assert [] == faults(SEED_BOOK)
    assert {s.code for s in SEED_BOOK.statements} == set(rule_texts.STATEMENTS)
    assert {s.law for s in SEED_BOOK.statements} == set(rule_texts.LAWS)
    assert {card.code for card in SEED_BOOK.cards} == set(rule_texts.CARD_LABELS)


def test_a_version_survives_its_storage() -> None:
    assert SEED_BOOK == msgspec.json.decode(msgspec.json.encode(SEED_BOOK), type=RuleBook)


UNKNOWN_BAR = Statement("x", Topic.REJECTION, Force.BLOCK, "law", bars=("bad_mood",))
UNKNOWN_CARD = Statement("x", Topic.WINDOW, Force.RULE, "law", cards=("moon_rocks",))
SOFT_BLOCK = Statement("x", Topic.REJECTION, Force.ADVICE, "law", bars=("looks_used",))
BACKWARDS = Statement("x", Topic.WINDOW, Force.RULE, "law", valid_from=date(2025, 1, 2), valid_to=date(2025, 1, 1))


@pytest.mark.parametrize(
    ("fault", "cards", "statements"),
    [
        ("no card is called default", (RuleCard("food"),), ()),
        ("two cards for food", (RuleCard("default", ("food",)), RuleCard("food")), ()),
        ("two statements are called x", (RuleCard("default"),), (UNKNOWN_BAR, UNKNOWN_BAR)),
        ("x bars the unknown rejection bad_mood", (RuleCard("default"),), (UNKNOWN_BAR,)),
        ("x is about the unknown card moon_rocks", (RuleCard("default"),), (UNKNOWN_CARD,)),
        ("x bars rejections and is no block", (RuleCard("default"),), (SOFT_BLOCK,)),
        ("x ends before it begins", (RuleCard("default"),), (BACKWARDS,)),
    ],
)
def test_a_faulty_version_is_told_its_fault(
    fault: str, cards: tuple[RuleCard, ...], statements: tuple[Statement, ...]
) -> None:
    assert fault in faults(RuleBook("2", moscow("2025-01-01 00:00"), cards, statements))
