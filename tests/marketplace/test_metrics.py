"""A seller's figures through their doors, by hand on a small world: API v1, the page, its files."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from msgspec.structs import replace

from backhaul.kit import migrations
from backhaul.kit.days import to_us
from backhaul.marketplace import errands, metric_queries, quality_queries, tables
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Route, Status
from tests.kit.test_schema_of_notices import migrate
from tests.marketplace.cast import CHEN, ELIF, IML, IRINA, KETTLE, MUG, OLEG, THROW, Market, market, moscow
from tests.marketplace.people import Call, calling, let_in, session
from tests.test_plans import plan


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    """Of Anadolu, all asked for on Monday 2 September at 10:00:

    a throw (12,400) is accepted at 16:00 for disposal, the refund leaves on 3 September at 12:00, 3,720 are accrued;
    a mug (1,200) stays with its customer for the full price; another throw gets no answer until the calendar approves it,
    and is accepted then. Of Lumitek: a kettle (5,300) is sent to the partner, marked as broken there and delivered.
    On 6 September one more throw is asked for.
    """
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        happened(opened)
        yield opened


def happened(shop: Market) -> None:
    photos = (shop.photo, shop.photo)
    check = do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos)
    throw, unanswered = shop.draft(THROW), shop.draft(THROW, "does_not_work")
    for by, return_id, given in (
        (IRINA, throw, do.Submit()),
        (IRINA, unanswered, do.Submit()),
        (ELIF, throw, do.Approve(Route.A)),
    ):
        shop.does(by, return_id, given)
    shop.in_status(Status.REFUNDED_WITHOUT_RETURN, MUG)
    kettle = shop.in_status(Status.AT_PARTNER, KETTLE)
    bound = to_us(moscow("2024-09-17 00:00"))
    for seen in (
        do.RecordMark(Mark.COMPLETELY_DAMAGED, 1, "Cracked", ("a", "b", "c")),
        do.RecordDecision("ship", "in_work", "chen", bound),
        do.RecordHandover("delivered", "CN"),
    ):
        shop.does(IML, kettle, seen)
    shop.does(OLEG, throw, check, "2024-09-02 16:00")
    for at in ("2024-09-03 12:00", "2024-09-06 00:00"):
        shop.clock.turn_to(moscow(at))
        shop.office.desk.sweep()
    shop.does(OLEG, unanswered, check, "2024-09-06 16:00")
    shop.does(IRINA, shop.draft(THROW), do.Submit())
    shop.clock.turn_to(moscow("2024-09-07 12:00"))
    shop.office.desk.sweep()


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def read(call: Call, login: str, path: str) -> Any:
    answer = call(login).get(f"/api/v1/metrics/{path}")
    assert 200 == answer.status_code, answer.text
    return answer.json()


def sums(amounts: dict[str, Any]) -> tuple[int, ...]:
    money = (amounts[name]["minor"] // 100 for name in ("refunded", "recovered", "open", "lost"))
    return (amounts["returns"], *money)


def test_a_seller_reads_the_same_figures_by_api_page_and_file(shop: Market, call: Call) -> None:
    """Refunded 12,400 + 1,200 + 12,400. Lost: 12,400 − 3,720, the mug, and what the unanswered throw leaves: a defective one."""
    money = read(call, "elif", "money?months=1")
    by_route = {row["route"]: sums(row["amounts"]) for row in money["months"]}
    missed = {row["deadline"]: sums(row["amounts"]) for row in money["missed"]}
    rates = read(call, "elif", "return-rates?months=1")
    products = [(one["offer_id"], one["delivered"], one["returned"], one["rate_pct"]) for one in rates["products"]]
    stages = {one["stage"]: one for one in read(call, "elif", "stages")["stages"]}
    every_day = read(call, "elif", "forecast")["days"]
    forecast = [day for day in every_day if day["requests"] or day["units"]]
    client = call(session(shop, "elif"))
    cookie = {"cookie": f"marketplace_session={session(shop, 'elif')}"}
    page = client.get("/overview?months=1", headers=cookie)
    table = client.get("/overview/money.csv?months=1", headers=cookie)

    assert (1, 1_200, 0, 0, 1_200) == by_route[""]
    assert (2, 24_800) == by_route["A"][:2]
    assert (1, 12_400) == missed["answer"][:2]
    assert (0, 0, 0, 0, 0) == missed["decision"]
    assert {"compensation": (2, 24_800)} == {row["option"]: sums(row["amounts"])[:2] for row in money["options"]}
    assert (80, 2, 2.5) == (rates["delivered"], rates["returned"], rates["rate_pct"])
    assert [("MUG", 80, 2, 2.5)] == products  # throws and mugs have one SKU in this world
    assert {"fit_or_dislike": 1, "defect": 1} == {one["reason_group"]: one["returned"] for one in rates["reasons"]}
    hours = 3600
    assert (2, 6 * hours, 16 * hours) == tuple(
        stages["drop_off"][name] for name in ("count", "median_seconds", "p90_seconds")
    )
    assert [("2024-09-09", 1, 12_400_00, 0)] == [
        (day["day"], day["requests"], day["requests_worth"]["minor"], day["units"]) for day in forecast
    ]
    assert [("2024-09-10", 1, 3_720_00), ("2024-09-14", 1, 2_232_00)] == [  # 18 % of the defective one
        (day["day"], day["credits"], day["credits_amount"]["minor"]) for day in every_day if day["credits"]
    ]
    assert 200 == page.status_code
    assert "style=" not in page.text
    assert "MUG · 701000" in page.text
    assert "month,route,returns,refunded_rub" in table.text
    assert "2024-09,,1,1200.00,0.00,0.00,1200.00,0.0" in table.text


def test_another_seller_reads_its_own(call: Call) -> None:
    """The kettle was said not to be liked and is broken; it was delivered, so its refund counts as recovered."""
    money, marks = read(call, "chen", "money"), read(call, "chen", "marks")
    stages = {one["stage"]: one["count"] for one in read(call, "chen", "stages")["stages"]}

    assert (1, 5_300, 5_300, 0, 0) == sums(money["total"])
    assert {"ship": (1, 5_300, 5_300, 0, 0)} == {row["option"]: sums(row["amounts"]) for row in money["options"]}
    assert [("completely_damaged", 1, 100.0, 1)] == [
        (one["mark"], one["count"], one["share_pct"], one["disagreeing"]) for one in marks["marks"]
    ]
    assert {"inspection": 1, "decision": 1, "completion": 1, "transit": 1} == {
        stage: count for stage, count in stages.items() if stage in {"inspection", "decision", "completion", "transit"}
    }
    assert (404, 422) == (
        call("chen").get("/api/v1/metrics/nonsense").status_code,
        call("chen").get("/api/v1/metrics/money?months=2").status_code,
    )
    assert {403} == {call(who).get("/api/v1/metrics/money").status_code for who in ("irina", "oleg", "nadia", "marina")}


def test_what_waits_at_the_partner_is_ahead_and_then_missed(shop: Market, call: Call) -> None:
    kettle = shop.in_status(Status.AT_PARTNER, KETTLE)
    days = {day["day"]: (day["units"], day["units_worth"]["minor"]) for day in read(call, "chen", "forecast")["days"]}

    assert 14 == len(days)
    assert {} == {day: found for day, found in days.items() if found[0]}  # the bound is on the fifteenth day

    shop.clock.turn_to(shop.clock.now() + timedelta(days=1))
    days = {day["day"]: (day["units"], day["units_worth"]["minor"]) for day in read(call, "chen", "forecast")["days"]}
    assert {"2024-09-21": (1, 5_300_00)} == {day: found for day, found in days.items() if found[0]}

    shop.office.desk.sweep()  # the refund leaves
    open_now = read(call, "chen", "money?months=1")
    shop.does(IML, kettle, do.RecordDisposal("D-1", undecided=True))
    money = read(call, "chen", "money?months=1")
    missed = {row["deadline"]: sums(row["amounts"]) for row in money["missed"]}
    assert (2, 10_600, 5_300, 5_300, 0) == sums(open_now["total"])
    assert (2, 10_600, 5_300, 0, 5_300) == sums(money["total"])
    assert {"answer": (0, 0, 0, 0, 0), "decision": (1, 5_300, 0, 0, 5_300)} == missed
    assert 50.0 == money["missed_pct"]


def test_what_was_there_before_figures_counted_it_counts_as_what_came_after(shop: Market) -> None:
    """A deadline that passed, one that passed at the partner, a shipped kettle, what is not accepted."""
    undecided = shop.in_status(Status.AT_PARTNER, KETTLE)
    shop.does(IML, undecided, do.RecordDisposal("D-1", undecided=True))
    before = {name: shop.dump()[name] for name in ("return_facets", "order_lines")}
    migrate(shop.office.database, "marketplace", command.downgrade, "0029")
    migrations.upgrade(shop.office.database, "backhaul.marketplace", tables.metadata)
    after = {name: shop.dump()[name] for name in before}
    kept = sorted(tuple(row[-3:-1]) for row in after["return_facets"])

    assert [
        ("", ""),
        ("", ""),
        ("", "compensation"),
        ("", "ship"),
        ("answer", "compensation"),
        ("decision", "dispose"),
    ] == kept
    assert before == after


def test_quality_compares_a_product_with_its_category_and_shows_its_defects(shop: Market, call: Call) -> None:
    """80 throws and mugs of Anadolu and 41 kettles and ring lights of Lumitek: each would read the other's rate out of a common one."""
    [product] = read(call, "elif", "return-rates?months=1")["products"]
    months = read(call, "elif", f"return-rates/months?sku={product['sku']}")
    others = read(call, "elif", "return-rates/months?sku=1&months=1")
    defects = {login: read(call, login, "defects")["rows"] for login in ("elif", "chen")}
    older = read(call, "elif", f"defects?before={defects['elif'][0]['return_id']}")
    cookie = {"cookie": f"marketplace_session={session(shop, 'elif')}"}
    page = call(session(shop, "elif")).get(f"/quality?sku={product['sku']}", headers=cookie)

    assert ("home", None, False) == (product["category"], product["category_rate_pct"], product["many"])
    assert [("2024-07-01", 0, 0), ("2024-08-01", 0, 0), ("2024-09-01", 80, 2)] == [
        (one["month"], one["delivered"], one["returned"]) for one in months
    ]
    assert [(0, 0, None)] == [(one["delivered"], one["returned"], one["rate_pct"]) for one in others]
    assert [("defect", "")] == [(one["reason_group"], one["mark"]) for one in defects["elif"]]
    assert [("fit_or_dislike", "completely_damaged", "Cracked")] == [
        (one["reason_group"], one["mark"], one["defect"]) for one in defects["chen"]
    ]
    assert {"rows": [], "next": None} == older
    assert 200 == page.status_code
    assert f"/photos/{defects['elif'][0]['return_id']}/" in page.text
    assert 403 == call("marina").get("/api/v1/metrics/defects").status_code


def test_a_product_is_compared_with_the_category_that_it_has_now(shop: Market) -> None:
    """105 units of one SKU were delivered: 80 as "home", of which two came back, and later 25 as "bath"."""
    moved = replace(MUG, posting_number="10000009-0001-1", sku=THROW.sku, category="bath", quantity=25)
    shop.errand(lambda tx, _: errands.import_lines(tx, [moved]))
    with shop.office.database.read() as tx:
        of_all = metric_queries.products(tx, int(ELIF.subject), moscow("2024-09-01 00:00"), shop.clock.now())

    [product] = of_all[2]
    assert (105, 2, 105, 2, "bath", (25, 0)) == (
        *of_all[:2], product.delivered, product.accepted, product.category, product.in_category,
    )  # fmt: skip


def test_the_rate_of_a_category_is_that_of_three_sellers_or_more_and_summed_once_a_day(
    shop: Market, call: Call
) -> None:
    """Three of 121 units came back, of two sellers; a third one delivered 29 more, which count from the next day on."""
    third = replace(MUG, posting_number="30000001-0001-1", seller_id=777, quantity=29)
    before = read(call, "elif", "return-rates?months=1")
    shop.errand(lambda tx, _: errands.import_lines(tx, [third]))
    same_day = read(call, "elif", "return-rates?months=1")
    shop.clock.turn_to(moscow("2024-09-08 00:00"))
    after, chens = (read(call, login, "return-rates?months=1") for login in ("elif", "chen"))

    for found in (before, same_day):
        assert (None, None) == (found["products"][0]["category_rate_pct"], found["categories_at"])
    assert (2.0, 2.0) == tuple(one["products"][0]["category_rate_pct"] for one in (after, chens))
    assert "2024-09-07T21:00:00Z" == after["categories_at"] == chens["categories_at"]


@pytest.mark.parametrize("name", ["REFUNDED", "MOMENTS", "MARKS", "PRODUCTS", "REASONS_OF_PRODUCTS", "DUES",
                                  "CREDITS", "DELIVERED_OF_CATEGORIES", "ACCEPTED_OF_CATEGORIES"])  # fmt: skip
def test_figures_begin_at_an_index_of_the_seller(name: str, shop: Market) -> None:
    database = shop.office.database
    said: dict[str, object] = {"seller": int(CHEN.subject), "from_us": 0, "until_us": 2**60, "most": 10}
    with database.read() as tx:
        for key in ("states", "categories"):
            said[key] = '["sent"]' if database.dialect == "sqlite" else ["sent"]
        told = plan(tx, getattr(metric_queries, name), database.dialect, **said)

    assert "SCAN returns" not in told
    assert "SCAN order_lines" not in told
    assert "SCAN return_facets" not in told
    assert "SCAN return_money" not in told
    assert "SCAN events" not in told
    assert "Seq Scan" not in told


@pytest.mark.parametrize("name", ["DELIVERED", "RETURNED", "DEFECTS"])
def test_quality_begins_at_an_index_of_the_seller(name: str, shop: Market) -> None:
    said: dict[str, object] = {
        "seller": int(CHEN.subject),
        "from_us": 0,
        "until_us": 2**60,
        "most": 10,
        "before": 9,
        "sku": 0,
    }
    with shop.office.database.read() as tx:
        told = plan(tx, getattr(quality_queries, name), shop.office.database.dialect, **said)

    assert not re.search(r"SCAN (return_facets|order_lines)|Seq Scan", told)
