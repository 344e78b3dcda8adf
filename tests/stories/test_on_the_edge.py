"""J13: prices and weights on the edges of the table, then compensation. Route A, class Proper, through the houses' doors."""

from typing import Any

from backhaul.kit.money import Money
from backhaul.marketplace import queries
from backhaul.marketplace.orders import OrderLine, read
from backhaul.marketplace.rules.returns import Return
from backhaul.world import World, load
from tests.stories.books import ACCRUED, EXPENSE, IN_TRANSIT, balances, payable
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, moscow
from tests.stories.test_ship_to_hong_kong import pictures

ANADOLU = (1180457, "TR")
HEAD = (
    "posting_number,line_number,sku,offer_id,name,category,unit_price,currency,order_rate,ordered_on,paid_price_rub,"
    "weight_kg,outbound_weight_kg,quantity,seller_id,seller_country,customer_ref,customer_email,customer_language,serial,"
    "marking_code,delivered_at"
)
# (article, price, currency, rate of the order date, kg, price in roubles, what the table pays): the table of J13.
EDGES = (
    ("listed", "5000.00", "RUB", "1", "0.350", 5_000_00, 0),
    ("rounded", "370.37", "CNY", "13.50", "0.350", 5_000_00, 0),  # 4,999.995
    ("above", "370.38", "CNY", "13.50", "0.350", 5_000_13, 1_000_03),
    ("top", "25000.00", "RUB", "1", "0.350", 25_000_00, 7_500_00),
    ("over", "25000.01", "RUB", "1", "0.350", 25_000_01, 3_750_00),
    ("kilo", "17000.00", "RUB", "1", "1.000", 17_000_00, 5_950_00),
    ("gram", "17000.00", "RUB", "1", "1.001", 17_000_00, 4_250_00),
    ("seven", "17000.00", "RUB", "1", "7.000", 17_000_00, 2_550_00),
    ("heavy", "17000.00", "RUB", "1", "7.001", 17_000_00, 0),
)


def ordered(world: World, *rows: tuple[str, str, str, str, str, int], quantity: int = 1) -> None:
    """Lines as a file of orders brings them; the rouble price is reckoned at the import."""
    lines = [
        f"7100000{n}-0001-1,1,{400_100 + n},{offer},{offer} edge,home,{price},{currency},{rate},2024-08-20,{rub / 100:.2f},"
        f"{kg},,{quantity},1180457,TR,C-1001,irina@example.com,en,,,2024-09-01T12:00:00+03:00"
        for n, (offer, price, currency, rate, kg, rub) in enumerate(rows)
    ]
    found = list(read(iter([HEAD, *lines]), world.stage.clock.now()))
    assert all(isinstance(line, OrderLine) for line in found), found
    load(world, [line for line in found if isinstance(line, OrderLine)])


def the_return(world: World, return_id: int) -> Return:
    with world.stage.marketplace.database.read() as tx:
        it = queries.one(tx, return_id)
    assert it is not None
    return it


def accepted(world: World, units: int = 1) -> dict[str, int]:
    """2 September: every line asked for, approved for disposal, accepted at the counter; the ids by article."""
    url = world.stage.marketplace_web.url
    irina, elif_, oleg = Caller(url, "irina"), Caller(url, "elif"), Caller(url, "oleg")
    photos, shown = irina.photos(pictures(world, 2)), oleg.photos(pictures(world, 2))
    ids = {}
    for line in irina.get("/orders"):
        wish = {"reason": "did_not_fit", "photos": photos, "send": True, "units": units}
        answer: Any = irina.post(f"/orders/{line['line_id']}/returns", wish)
        answer.raise_for_status()
        first = int(answer.json()["return_id"])
        for n in range(units):
            elif_.post(f"/returns/{first + n}/approve", {"route": "A"}).raise_for_status()
            checklist = {"point_id": "77-0412", "same_product": True, "used": False, "photos": shown}
            oleg.post(f"/returns/{first + n}/check-in", checklist).raise_for_status()
            ids[the_return(world, first + n).line.offer_id + (f"-{n + 1}" if units > 1 else "")] = first + n
    return ids


def test_the_table_of_journey_13_is_paid_to_the_kopeck(raise_curtain: Raise) -> None:
    """Accepted on 2 September, refunded on the 3rd, credited on the 9th; each unit's accounts come out by hand."""
    world = raise_curtain(moscow(9, 2, 9))
    ordered(world, *(edge[:6] for edge in EDGES))
    world.stage.turn_to(moscow(9, 2, 13))
    ids = accepted(world)
    world.stage.turn_to(moscow(9, 3, 12))
    quoted = {offer: the_return(world, return_id).check for offer, return_id in ids.items()}
    world.stage.turn_to(moscow(9, 9, 2))

    for offer, *_, price, paid in EDGES:
        it = the_return(world, ids[offer])
        check = quoted[offer]
        assert check is not None
        assert check.quote is not None
        assert (Money(price), Money(paid)) == (it.line.price, check.quote.amount), offer
        expected = {payable(ANADOLU): paid - price, IN_TRANSIT: price, EXPENSE: -paid}
        assert {account: minor for account, minor in expected.items() if minor} == balances(world, it.id), offer
        assert ("credited" if paid else "none") == it.compensation.status, offer


def test_two_units_of_4000_bring_nothing_each_and_not_a_fifth_of_8000(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 2, 9))
    ordered(world, ("pair", "4000.00", "RUB", "1", "0.350", 4_000_00), quantity=2)
    world.stage.turn_to(moscow(9, 2, 13))
    ids = accepted(world, units=2)
    world.stage.turn_to(moscow(9, 20))

    assert 2 == len(ids)
    assert {payable(ANADOLU): -8_000_00, IN_TRANSIT: 8_000_00} == balances(world)


def test_a_refund_that_the_bank_returns_counts_from_the_sending_that_succeeds(raise_curtain: Raise) -> None:
    """Sent on 3 September, returned on the 5th, sent again on the 9th: credited on the 15th, due with the 16th."""
    world = raise_curtain(moscow(9, 2, 9))
    ordered(world, ("again", "12400.00", "RUB", "1", "0.900", 12_400_00))
    world.stage.turn_to(moscow(9, 2, 13))
    ids = accepted(world)
    return_id = ids["again"]
    world.stage.turn_to(moscow(9, 5, 10))
    marina = Caller(world.stage.marketplace_web.url, "marina")
    marina.post(f"/returns/{return_id}/fail-refund", {"comment": "The card is closed."}).raise_for_status()
    assert {payable(ANADOLU): -12_400_00, "liability:refunds": 12_400_00} == balances(world)
    world.stage.turn_to(moscow(9, 9, 10))
    marina.post(f"/returns/{return_id}/send-refund").raise_for_status()
    it = the_return(world, return_id)
    assert (moscow(9, 15, 2), moscow(9, 17)) == (it.compensation.credit_at, it.compensation.due_by)
    assert {payable(ANADOLU): -12_400_00, IN_TRANSIT: 12_400_00, EXPENSE: -3_720_00, ACCRUED: 3_720_00} == balances(
        world
    )
    world.stage.turn_to(moscow(9, 15, 2))

    assert {payable(ANADOLU): -8_680_00, IN_TRANSIT: 12_400_00, EXPENSE: -3_720_00} == balances(world)


WEIGHT = ("scales", "17000.00", "RUB", "1", "0.980", 17_000_00)
TWICE_WEIGHED = "The catalogue's weight is that of the box with its paper; weigh it again, please."


def weighed(world: World) -> int:
    """2 September: the counter's scales show 1.060 kg for 0.980 kg; without a photo of them nothing is taken in."""
    ordered(world, WEIGHT)
    world.stage.turn_to(moscow(9, 2, 13))
    url = world.stage.marketplace_web.url
    irina, elif_, oleg = Caller(url, "irina"), Caller(url, "elif"), Caller(url, "oleg")
    [line] = irina.get("/orders")
    wish = {"reason": "did_not_fit", "photos": irina.photos(pictures(world, 2)), "send": True}
    return_id = int(irina.post(f"/orders/{line['line_id']}/returns", wish).json()["return_id"])
    elif_.post(f"/returns/{return_id}/approve", {"route": "A"}).raise_for_status()
    shown = oleg.photos(pictures(world, 3))
    checklist = {"point_id": "77-0412", "same_product": True, "used": False, "photos": shown[:2], "weight_gram": 1060}
    refused = oleg.post(f"/returns/{return_id}/check-in", checklist)
    assert (422, "scale_photo_needed") == (refused.status_code, refused.json()["code"])
    oleg.post(f"/returns/{return_id}/check-in", {**checklist, "scale_photos": shown[2:]}).raise_for_status()
    it = the_return(world, return_id)
    # Until the end of day 5, the day of the acceptance being day 0.
    assert ("open", 1060, moscow(9, 8)) == (it.weighing.status, it.weighing.weight_gram, it.weighing.object_by)
    assert any("1.060" in one["text"] and "4,250.00" in one["text"] for one in elif_.get("/messages"))
    return return_id


def test_a_measured_weight_that_nobody_objects_to_moves_the_compensation_into_its_band(raise_curtain: Raise) -> None:
    """35 % of 17,000.00 up to a kilogram are 5,950.00; 25 % above it are 4,250.00, and each account agrees before and after."""
    world = raise_curtain(moscow(9, 2, 9))
    return_id = weighed(world)
    world.stage.turn_to(moscow(9, 3, 12))
    assert {payable(ANADOLU): -17_000_00, IN_TRANSIT: 17_000_00, EXPENSE: -5_950_00, ACCRUED: 5_950_00} == balances(
        world
    )
    world.stage.turn_to(moscow(9, 8))
    assert {payable(ANADOLU): -17_000_00, IN_TRANSIT: 17_000_00, EXPENSE: -4_250_00, ACCRUED: 4_250_00} == balances(
        world
    )
    elif_ = Caller(world.stage.marketplace_web.url, "elif")
    late = elif_.post(f"/returns/{return_id}/object-to-weight", {"comment": TWICE_WEIGHED})
    assert 409 == late.status_code
    world.stage.turn_to(moscow(9, 9, 2))

    assert {payable(ANADOLU): -12_750_00, IN_TRANSIT: 17_000_00, EXPENSE: -4_250_00} == balances(world)


def test_an_objection_in_time_is_decided_by_support_and_the_catalogue_may_stay(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 2, 9))
    return_id = weighed(world)
    world.stage.turn_to(moscow(9, 7, 23))
    url = world.stage.marketplace_web.url
    elif_, marina = Caller(url, "elif"), Caller(url, "marina")
    elif_.post(f"/returns/{return_id}/object-to-weight", {"comment": TWICE_WEIGHED}).raise_for_status()
    world.stage.turn_to(moscow(9, 8, 10))
    assert "objected" == the_return(world, return_id).weighing.status
    decided = {"measured": False, "comment": "The scales stood on a carpet; the photo shows their tilt."}
    marina.post(f"/returns/{return_id}/decide-weight", decided).raise_for_status()
    world.stage.turn_to(moscow(9, 9, 2))

    assert {payable(ANADOLU): -11_050_00, IN_TRANSIT: 17_000_00, EXPENSE: -5_950_00} == balances(world)


def test_support_reads_why_it_is_nothing(raise_curtain: Raise) -> None:
    """370.37 CNY at 13.50 are 4,999.995, rounded to 5,000.00 before the band is looked up: 0 % up to 5,000."""
    world = raise_curtain(moscow(9, 2, 9))
    ordered(world, EDGES[1][:6])
    world.stage.turn_to(moscow(9, 2, 13))
    ids = accepted(world)
    world.stage.turn_to(moscow(9, 3, 12))
    told = Caller(world.stage.marketplace_web.url, "marina").get(f"/returns/{ids['rounded']}/explanations")
    [one] = [one for one in told if one["what"] == "compensation"]
    facts = {name: fact for step in one["steps"] for name, fact in step["facts"].items()}

    assert ("370.37", "13.50", "2024-08-20") == (
        f"{facts['unit_price']['minor'] / 100:.2f}",
        facts["rate"],
        facts["ordered_on"],
    )
    assert (5_000_00, "0..500000", 350, "0..1000") == (
        facts["price"]["minor"], facts["price_band"], facts["weight_gram"], facts["weight_band"],
    )  # fmt: skip
    assert ("proper", 0) == (facts["quality"], facts["rate_pct"])
    check = the_return(world, ids["rounded"]).check
    assert check is not None
    assert facts["version"] == (check.quote and check.quote.card_version)
    assert one["steps"][1]["detail"].startswith(
        "In roubles, rounded half-up to the kopeck before any band is looked up"
    )
