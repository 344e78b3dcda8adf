"""Support publishes a rate card by file: proof, difference and back-test before, and accepted quotes stay as they are (D14)."""

from pathlib import Path
from typing import Any

import msgspec

from backhaul.kit.money import Money
from backhaul.marketplace import rate_card_files, term_queries
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.compensation import SEED_CARD, RateCard
from backhaul.marketplace.rules.words import CompensationStatus, Route
from tests.marketplace.cast import ELIF, IRINA, OLEG, Market, market, moscow
from tests.web.company import Door
from tests.web.forms import Form, Visit

PAGE, PREVIEW = "/support/rate-cards", "/support/rate-cards/preview"
WHY = "The table is halved until the audit."
HALF = msgspec.structs.replace(
    SEED_CARD,
    rates_pct={q: tuple(tuple(rate // 2 for rate in row) for row in rows) for q, rows in SEED_CARD.rates_pct.items()},
)
CSV = rate_card_files.as_csv(HALF)


def filled(visit: Visit, data: bytes = CSV, **entries: str) -> Form:
    usual = {"version": "half", "valid_from": "2024-09-05T12:00", "why": WHY, "first_day": "2024-08-01",
             "last_day": "2024-09-30"}  # fmt: skip
    return visit.open(PAGE).form(PREVIEW).fill(file=[data], **{**usual, **entries})


def published(visit: Visit, data: bytes = CSV, **entries: str) -> None:
    visit.send(filled(visit, data, **entries))
    assert (200, PREVIEW) == (visit.status, visit.path), visit.text[:500]
    visit.press(PAGE)
    assert (200, PAGE) == (visit.status, visit.path), visit.text[:500]


def approved(shop: Market) -> int:
    """A return whose seller chose *dispose and receive* and saw its quote; its id."""
    return_id = shop.draft()
    shop.does(IRINA, return_id, do.Submit())
    shop.does(ELIF, return_id, do.Approve(Route.A))
    return return_id


def taken_in(shop: Market, return_id: int) -> None:
    photos = (shop.photo, shop.photo)
    shop.does(OLEG, return_id, do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos))


def rows(shop: Market) -> list[tuple[Any, ...]]:
    return shop.dump()["terms"]


def test_only_support_opens_the_rate_cards_and_publishes(enter: Door, shop: Market) -> None:
    marina = enter("marina")
    form = filled(marina)
    for login in ("irina", "elif", "oleg", "nadia"):
        other = enter(login)
        assert 403 == other.open(PAGE).status, login
        assert 403 == other.open(f"{PAGE}/{SEED_CARD.version}/card.csv").status, login
        form.values["_csrf_token"] = other.open("/help").form("/language").values["_csrf_token"]
        for action in (PREVIEW, PAGE):
            form.action = action
            assert 403 == other.send(form).status, (login, action)
    assert [] == rows(shop)


def test_the_card_in_force_is_the_template(enter: Door) -> None:
    marina = enter("marina").open(PAGE)
    for name in ("card.csv", "card.json"):
        marina.open(PAGE).follow(f"{PAGE}/{SEED_CARD.version}/{name}")

        assert f'attachment; filename="rate-{name}"' == marina.answer.headers["content-disposition"]
        file = rate_card_files.parsed(marina.answer.content)
        assert SEED_CARD == rate_card_files.card_of(file, SEED_CARD.version)
    assert 404 == marina.open(f"{PAGE}/{SEED_CARD.version}/card.xls").status
    assert 404 == marina.open(f"{PAGE}/nothing/card.csv").status


MISFITS = [
    ({}, CSV.replace(b"seller_fault,7000,,25000,,0\r\n", b""),
     "Gap: no row covers Damaged through the seller, or misgraded, weight 7000–… g, price 25000–… RUB."),
    ({}, b"\xff\xfe", "The file is no UTF-8 text: save it as CSV UTF-8."),
    ({}, b"", "The file is empty."),
    ({}, rate_card_files.as_csv(SEED_CARD), "Nothing differs from the version in force."),
    ({"version": SEED_CARD.version}, CSV, f"There is a version {SEED_CARD.version} already: a version is used once."),
    ({"version": "a b"}, CSV, "A version has 1 to 40 letters"),
    ({"valid_from": "2024-09-02T09:58"}, CSV, "A version cannot hold from an instant that has passed."),
    ({"why": "Too short"}, CSV, "Explain in at least 10 characters."),
    ({"first_day": "2024-09-02", "last_day": "2024-09-01"}, CSV, "The back-test wants a first and a last day"),
    ({"first_day": "2023-09-30", "last_day": "2024-09-30"}, CSV, "at most 366 days apart."),
]  # fmt: skip


def test_what_does_not_fit_is_refused_in_words_and_stays_in_the_form(enter: Door, shop: Market) -> None:
    marina = enter("marina")
    for entries, data, sentence in MISFITS:
        form = filled(marina, data, **entries)
        typed = {name: form.values[name] for name in ("version", "valid_from", "why", "first_day", "last_day")}
        marina.send(form)

        assert marina.status in {409, 422}, sentence
        assert sentence in marina.text
        again = marina.form(PREVIEW).values
        assert typed == {name: again[name] for name in typed}, sentence
    assert [] == rows(shop)


def test_a_period_of_a_leap_year_is_long_enough(enter: Door) -> None:
    assert 200 == (marina := enter("marina")).send(filled(marina, first_day="2023-10-01")).status


def test_the_preview_proves_compares_and_tests_over_past_returns_and_publishes_nothing(
    enter: Door, shop: Market
) -> None:
    """The throw: proper, 900 g, 12,400 RUB: 30 % = 3,720.00 by the seed, 15 % = 1,860.00 by this card."""
    throw = approved(shop)
    taken_in(shop, throw)
    shop.clock.turn_to(moscow("2024-09-03 12:00"))
    shop.office.tick()
    marina = enter("marina")
    marina.send(filled(marina))

    assert "has exactly one percentage: 72 cells, no gap, no overlap." in marina.text
    assert "Back-test, returns accepted from 1 Aug 2024 to 30 Sep 2024" in marina.text
    tested = marina.text.partition("By this card Difference ")[2]
    assert tested.startswith("Proper quality 1 0 1 0 3,720.00 RUB 1,860.00 RUB -1,860.00 RUB ")
    assert "All classes 1 0 1 0 3,720.00 RUB 1,860.00 RUB -1,860.00 RUB " in tested
    assert "Sellers: 0 would have received more, 1 less" in tested
    assert f"R-{throw} {shop.now_is(throw).seller_id} Proper quality 0.900 kg" in tested
    assert "Proper quality up to 1 10,000–15,000 30% 15%" in tested
    assert [] == rows(shop)
    form = marina.form("/jobs/back-test")
    form.values["file"] = ["csv"]
    marina.send(form)
    assert "/jobs" == marina.path, marina.text
    while shop.office.jobs.work():
        pass
    assert (200, "/jobs") == (marina.open("/jobs").status, marina.path)
    assert "Returns: 1, gaining: 0, losing: 1, in all -1,860.00 RUB" in marina.text
    marina.send(filled(marina, last_day="2024-09-01"))
    assert "No return was compensated by the table in these days." in marina.text


def test_a_version_is_listed_with_its_reason_is_used_once_and_never_changed(enter: Door, shop: Market) -> None:
    marina = enter("marina")
    published(marina)
    first = rows(shop)
    marina.send(filled(marina, rate_card_files.as_json(SEED_CARD), version="half", valid_from="2024-09-06T12:00"))

    assert (409, True) == (marina.status, "There is a version half already" in marina.text)
    assert first == rows(shop)
    assert f"half Coming from 5 Sep 2024, 12:00 Moscow time · marina {WHY}" in marina.open(PAGE).text
    stored = msgspec.json.decode(first[0][3], type=RateCard)
    assert msgspec.structs.replace(HALF, version="half") == stored


def test_of_two_who_publish_at_once_the_second_is_told(enter: Door, shop: Market) -> None:
    marina, other = enter("marina"), enter("marina")
    other.send(filled(other, CSV.replace(b",17\r\n", b",18\r\n"), version="other"))
    late = other.form(PAGE)
    published(marina)
    other.send(late)

    assert (409, True) == (other.status, "Somebody else published a version meanwhile." in other.text)
    assert 1 == len(rows(shop))
    assert "The card that you looked at is kept" in other.text


def test_the_card_of_the_accepted_quote_pays_whatever_is_published_later(enter: Door, shop: Market) -> None:
    """D14: quote equals credit; who approves after the new card began sees and receives its amount."""
    before = approved(shop)
    published(enter("marina"), valid_from="2024-09-02T10:05")
    shop.clock.turn_to(moscow("2024-09-02 10:04:59"))
    still = approved(shop)
    shop.clock.turn_to(moscow("2024-09-02 10:05"))
    after = approved(shop)
    for return_id in (before, still, after):
        taken_in(shop, return_id)
    for day in ("2024-09-03 12:00", "2024-09-10 12:00"):
        shop.clock.turn_to(moscow(day))
        for _ in range(20):
            shop.office.tick()

    told = [(it.compensation.status, it.compensation.quote) for it in map(shop.now_is, (before, still, after))]
    assert [CompensationStatus.CREDITED] * 3 == [status for status, _ in told]
    assert [
        (SEED_CARD.version, Money(3_720_00)), (SEED_CARD.version, Money(3_720_00)), ("half", Money(1_860_00)),
    ] == [(quoted.card_version, quoted.amount) for _, quoted in told if quoted]  # fmt: skip
    assert shop.now_is(before).quote == told[0][1]


def test_a_back_test_reads_by_its_index_on_sqlite(tmp_path: Path) -> None:
    text, constants = term_queries.PAST.text("sqlite")
    asked = {"low_us": 0, "high_us": 1, "after_us": 0, "after_id": 0, "most": 1}
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as shop, shop.office.database.read() as tx:
        plan = tx.connection.execute(f"EXPLAIN QUERY PLAN {text}", {**constants, **asked}).fetchall()

    assert "USING INDEX returns_accepted_on_route (route=? AND accepted_us>" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
