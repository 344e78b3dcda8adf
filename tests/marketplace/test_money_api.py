"""Where money stands, by API v1: a seller's lists, finance with its bounds, explanations by role."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from backhaul.kit.database import Statement
from backhaul.marketplace import posting_queries, reserve_queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Route, Status
from tests.marketplace.cast import ELIF, IRINA, MUG, OLEG, THROW, Market, market, moscow
from tests.marketplace.people import Call, calling, let_in, told
from tests.test_plans import plan


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def accepted(shop: Market) -> int:
    """J3, accepted on Monday 2 Sep at 16:00; the refund goes with the run of 3 Sep at 12:00, so it is due by the end of 10 Sep."""
    return_id = shop.draft(THROW)
    check = do.CheckIn(OLEG.subject, same_product=True, used=False, photos=(shop.photo, shop.photo))
    for by, command in ((IRINA, do.Submit()), (ELIF, do.Approve(Route.A))):
        shop.does(by, return_id, command)
    shop.does(OLEG, return_id, check, "2024-09-02 16:00")
    return return_id


def swept(shop: Market, at: str) -> None:
    shop.clock.turn_to(moscow(at))
    shop.office.desk.sweep()


def listed(call: Call, which: str) -> list[tuple[str, int]]:
    rows = call("elif").get("/api/v1/money/compensations", params={"which": which}).json()["rows"]
    return [(row["number"], row["amount"]["minor"]) for row in rows]


def test_a_sellers_money_goes_from_expected_over_accrued_to_credited(shop: Market, call: Call) -> None:
    number, stages = f"R-{accepted(shop)}", {}
    for at in ("2024-09-02 17:00", "2024-09-03 12:00", "2024-09-09 02:00"):
        swept(shop, at)
        stages[at] = [
            which for which in ("expected", "accrued", "credited") if listed(call, which) == [(number, 3_720_00)]
        ]
    totals = call("elif").get("/api/v1/money").json()

    assert {
        "2024-09-02 17:00": ["expected"], "2024-09-03 12:00": ["accrued"], "2024-09-09 02:00": ["credited"],
    } == stages  # fmt: skip
    assert (1, 3_720_00) == (totals["credited"]["count"], totals["credited"]["amount"]["minor"])
    assert {"sent": 12_400_00} == {state: one["amount"]["minor"] for state, one in totals["refunds"].items()}


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        ("2024-09-03 13:00", (1, 0, 0)),  # day 0
        ("2024-09-07 23:59", (1, 0, 0)),  # day 4
        ("2024-09-08 00:00", (1, 1, 0)),  # day 5: the alarm
        ("2024-09-10 23:59", (1, 1, 0)),  # the last minute of day 7
        ("2024-09-11 00:00", (0, 0, 1)),  # over
    ],
)
def test_finance_sees_what_is_due_the_alarm_of_day_5_and_what_is_overdue(
    shop: Market, call: Call, at: str, counts: tuple[int, int, int]
) -> None:
    accepted(shop)
    swept(shop, "2024-09-03 12:00")
    shop.clock.turn_to(moscow(at))  # nothing is swept: the credit does not come
    found = call("marina").get("/api/v1/finance").json()
    alarm = call("marina").get("/api/v1/finance/compensations", params={"which": "alarm"}).json()["rows"]

    assert counts == tuple(found[name]["count"] for name in ("due", "alarm", "overdue"))
    assert counts[1] + counts[2] == len(alarm)
    assert [("proper", 0, 1000, 10_000_00, 15_000_00, 3_720_00)] == [
        (cell["quality"], cell["weight_low_gram"], cell["weight_high_gram"], cell["price_low_minor"],
         cell["price_high_minor"], cell["amount"]["minor"]) for cell in found["cells"]
    ]  # fmt: skip


def test_the_reserve_is_what_accrued_what_will_and_what_was_taken_back_is_listed(shop: Market, call: Call) -> None:
    """A throw waits for the run of 3 Sep, its 3,720 are due by the end of 10 Sep then; before and after it accrued, and taken back."""
    return_id = accepted(shop)
    marina, seen = call("marina"), {}
    for at in ("2024-09-02 17:00", "2024-09-03 12:00"):
        swept(shop, at)
        found = marina.get("/api/v1/finance/reserve").json()
        days = [
            (day["day"], day["accrued"]["count"], day["expected"]["count"])
            for day in found["days"]
            if day["accrued"]["count"] + day["expected"]["count"]
        ]
        seen[at] = (found["total"]["minor"], found["accrued"]["amount"]["minor"], days)
    stands(shop, return_id, "reversed")
    found = marina.get("/api/v1/finance/reserve").json()
    rows = marina.get("/api/v1/finance/compensations", params={"which": "reversed"}).json()["rows"]

    assert {
        "2024-09-02 17:00": (3_720_00, 0, [("2024-09-10", 0, 1)]), "2024-09-03 12:00": (3_720_00, 3_720_00, [("2024-09-10", 1, 0)]),
    } == seen  # fmt: skip
    assert (0, 1, 3_720_00) == (
        found["total"]["minor"], found["taken_back"]["count"], found["taken_back"]["amount"]["minor"],
    )  # fmt: skip
    assert [return_id] == [row["return_id"] for row in rows]
    assert 403 == call("elif").get("/api/v1/finance/reserve").status_code


@pytest.mark.parametrize("name", ["ACCRUED", "EXPECTED", "CLAIMS", "TAKEN_BACK", "TAKEN_BACK_ROWS"])
def test_the_reserve_begins_at_an_index(name: str, shop: Market) -> None:
    database = shop.office.database
    said = {
        "since_us": 0,
        "after_us": 9,
        "after_id": 9,
        "states": '["draft"]' if database.dialect == "sqlite" else ["draft"],
    }
    with database.read() as tx:
        told = plan(tx, getattr(reserve_queries, name), database.dialect, **said)

    assert not re.search(r"SCAN return|Seq Scan", re.sub(r"SCAN return_money USING (COVERING )?INDEX", "", told))


def test_support_is_told_once_when_day_5_begins_and_nothing_is_credited(shop: Market, call: Call) -> None:
    accepted(shop)
    swept(shop, "2024-09-03 12:00")
    alarms, policy, told = shop.office.compensation_alarms, shop.office.house.terms.policy, []
    for at in ("2024-09-07 23:00", "2024-09-08 00:00", "2024-09-08 00:59", "2024-09-08 01:00"):
        shop.clock.turn_to(moscow(at))
        told.append(alarms.tell_due(policy))
    [message] = [one for one in call("marina").get("/api/v1/messages").json() if one["kind"] == "compensations_late"]

    assert told == [0, 1, 0, 0]
    assert all(words in str(message) for words in ("Day 5", "not credited: 1", "10 Sep"))


def stands(shop: Market, return_id: int, compensation: str) -> None:
    row = t.return_money.update().where(t.return_money.c.return_id == return_id).values(compensation=compensation)
    shop.errand(lambda tx, _: tx.run(Statement(row)))


def test_support_is_told_again_of_a_bound_by_which_something_accrues_late(shop: Market, call: Call) -> None:
    """That one of them is credited is no news."""
    first, late = accepted(shop), accepted(shop)
    swept(shop, "2024-09-03 12:00")
    alarms, policy, told = shop.office.compensation_alarms, shop.office.house.terms.policy, []
    steps = [(late, "none"), (late, "none"), (late, "accrued"), (late, "accrued"), (first, "credited")]
    for hour, (return_id, compensation) in enumerate(steps):
        shop.clock.turn_to(moscow(f"2024-09-08 0{hour}:00"))
        stands(shop, return_id, compensation)
        told.append(alarms.tell_due(policy))
    messages = [one for one in call("marina").get("/api/v1/messages").json() if one["kind"] == "compensations_late"]

    assert [1, 0, 1, 0, 0] == told
    assert [True, True] == [f"not credited: {n}" in str(one) for n, one in zip((2, 1), messages, strict=True)]


def test_refunds_stand_by_state(shop: Market, call: Call) -> None:
    accepted(shop)
    shop.in_status(Status.REFUNDED_WITHOUT_RETURN)
    swept(shop, "2024-09-02 17:00")
    held = call("marina").get("/api/v1/finance").json()["refunds"]
    swept(shop, "2024-09-03 12:00")
    sent = call("marina").get("/api/v1/finance").json()["refunds"]

    assert {"held": (2, 24_800_00)} == {state: (one["count"], one["amount"]["minor"]) for state, one in held.items()}
    assert {"sent": (2, 24_800_00)} == {state: (one["count"], one["amount"]["minor"]) for state, one in sent.items()}


@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("marina", "/api/v1/money"), ("irina", "/api/v1/money"), ("irina", "/api/v1/money/compensations"),
        ("oleg", "/api/v1/money/claims"), ("elif", "/api/v1/finance"), ("nadia", "/api/v1/finance"),
        ("elif", "/api/v1/finance/compensations"),
    ],
)  # fmt: skip
def test_money_is_for_those_whose_it_is(call: Call, login: str, path: str) -> None:
    assert (403, "not_your_role") == told(call(login).get(path))


def test_a_seller_reads_its_money_by_posting(shop: Market, call: Call) -> None:
    """A throw of one posting that was disposed of, a mug of another whose customer keeps it."""
    accepted(shop)
    shop.in_status(Status.REFUNDED_WITHOUT_RETURN, MUG)
    swept(shop, "2024-09-03 12:00")
    found = call("elif").get("/api/v1/money/postings").json()
    older = call("elif").get("/api/v1/money/postings", params={"before": MUG.posting_number}).json()
    names = ("refunded", "expected", "accrued", "credited", "taken_back", "claims_paid")

    assert [
        (MUG.posting_number, 1, 1_200_00, 0, 0, 0, 0, 0), (THROW.posting_number, 1, 12_400_00, 0, 3_720_00, 0, 0, 0),
    ] == [(row["posting_number"], row["returns"], *(row[name]["minor"] for name in names)) for row in found["rows"]]  # fmt: skip
    assert [THROW.posting_number] == [row["posting_number"] for row in older["rows"]]
    assert {"rows": []} == call("chen").get("/api/v1/money/postings").json()
    assert 403 == call("marina").get("/api/v1/money/postings").status_code


@pytest.mark.parametrize("name", ["BY_POSTING", "BY_POSTING_BEFORE", "INVOICES"])
def test_money_by_posting_begins_at_an_index_of_the_seller(name: str, shop: Market) -> None:
    with shop.office.database.read() as tx:
        said = {"seller": 1, "before": "9", "most": 9}
        told = plan(tx, getattr(posting_queries, name), shop.office.database.dialect, **said)

    assert not re.search(r"SCAN (returns|return_money|partner_invoices)|Seq Scan", told)
    assert (
        name == "INVOICES" or "TEMP B-TREE" not in told
    )  # in the order of the index: a page reads no more than it shows


def test_an_analyst_and_a_read_only_key_read_money(shop: Market, call: Call) -> None:
    accepted(shop)
    key = shop.key(read_only=True)

    assert [200, 200] == [call(who).get("/api/v1/money").status_code for who in ("aysel", key)]


def test_explanations_are_for_each_reader_in_their_language(shop: Market, call: Call) -> None:
    return_id = accepted(shop)
    path = f"/api/v1/returns/{return_id}/explanations"
    seller = {one["what"]: one for one in call("elif").get(path).json()}
    customer = call("irina").get(path).json()

    assert {"refund", "compensation"} == set(seller)
    assert ["refund"] == [one["what"] for one in customer]
    assert 3_720_00 == seller["compensation"]["amount"]["minor"]
    assert "30% of 12,400.00\N{NO-BREAK SPACE}RUB are 3,720.00\N{NO-BREAK SPACE}RUB; there is nothing to round." in [
        step["detail"] for step in seller["compensation"]["steps"]
    ]
    assert (404, "not_found") == told(call("chen").get(path))
    assert (404, "not_found") == told(call("pavel").get(path))


@pytest.mark.parametrize("which", ["nonsense", ""])
def test_a_list_that_is_none_is_refused(call: Call, which: str) -> None:
    assert (422, "field_invalid") == told(call("elif").get("/api/v1/money/compensations", params={"which": which}))
    assert (422, "field_invalid") == told(call("marina").get("/api/v1/finance/compensations", params={"which": which}))
