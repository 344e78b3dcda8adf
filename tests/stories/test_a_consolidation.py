"""R91: four units of one seller travel to Hong Kong in two cartons. Both houses agree on where each is, and on no cent of freight."""

from backhaul.kit.database import Statement
from backhaul.marketplace import queries as marketplace_queries
from backhaul.marketplace import tables as marketplace_tables
from backhaul.marketplace.rules import commands as m
from backhaul.partner import errands as partner_errands
from backhaul.partner import tables as partner_tables
from backhaul.world import World, link_seller
from tests.partner.freight import BY_WEIGHT
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, deliver, moscow

LUMITEK = (2093311, "CN")
UNITS = 4


def on_the_shelf(world: World) -> list[int]:
    """Four headsets, returned in September, scanned in on the 20th."""
    for n in range(UNITS):
        deliver(
            world, f"Headset {n}", 7900, 350, seller=LUMITEK, customer=f"C-100{n + 1}", posting=f"7000000{n}-0001-1"
        )
    link_seller(world, "CN")
    world.stage.turn_to(moscow(9, 8, 18))
    ids = [world.request("CN", "did_not_like", "Presses on the ears.")[0] for _ in range(UNITS)]
    for return_id in ids:
        world.act(return_id, m.Approve(), world.seller("CN"))
        world.stored(return_id)
    world.stage.turn_to(moscow(9, 20, 11))
    for return_id in ids:
        world.arrive(return_id, weight_gram=352)
    return ids


def entries(world: World, house: str) -> set[tuple[str, str, int]]:
    """(cause, currency, minor units) of a house's ledger."""
    tables, database = (
        (partner_tables, world.stage.partner.database)
        if house == "partner"
        else (marketplace_tables, world.stage.marketplace.database)
    )
    c = tables.journal.entries.c
    wanted = Statement(tables.journal.entries.select().with_only_columns(c.cause, c.currency, c.amount_minor))
    with database.read() as tx:
        return {(row[0], row[1], row[2]) for row in tx.rows(wanted)}


def test_many_units_travel_together_and_each_pays_its_share(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    ids = on_the_shelf(world)
    world.partner_errand(lambda tx, at: partner_errands.put_terms(tx, "tariff", "2", BY_WEIGHT, at))
    url = stage.partner_web.url
    stage.turn_to(moscow(9, 23, 10))
    chen, darya = Caller(url, "chen@example.com"), Caller(url, "darya")
    [hong_kong] = [one for one in chen.get(f"/parcels/{ids[0]}")["choices"] if one["decision"] == "ship_hk"]
    for parcel in ids:
        body = {"decision": "ship_hk", "destination_id": world.destinations["CN-HK"]}
        assert chen.post(f"/parcels/{parcel}/decide", body).status_code == 200
    stage.turn_to(moscow(9, 24, 9))
    made = darya.post(
        "/consignments", {"destination_id": world.destinations["CN-HK"], "carrier": "Pearl Freight"}
    ).json()
    at = f"/consignments/{made['consignment_id']}"
    for n, parcel in enumerate(ids):
        if n == 3:
            assert darya.post(f"{at}/add-carton").status_code == 200
        assert darya.post(f"{at}/pack-unit", {"code": f"R-{parcel}"}).status_code == 200
    for carton, (length, weight) in {1: (50, 1_300), 2: (20, 400)}.items():
        sizes = {"carton": carton, "length_cm": length, "width_cm": 30, "height_cm": 20, "weight_gram": weight}
        assert darya.post(f"{at}/measure-carton", sizes).status_code == 200
    assert darya.post(f"{at}/close-consignment", {"price_minor": 146_25}).status_code == 200
    assert darya.post(f"{at}/dispatch-consignment", {"tracking": "PF-1"}).status_code == 200
    stage.pump()
    stage.turn_to(moscow(10, 4, 12))
    assert darya.post(f"{at}/deliver-consignment", {"received_by": "Mr Wong"}).status_code == 200
    stage.pump()

    # 352 g alone: 0.5 kg, 40.00 + 6.25. Together: 50x30x20 / 5000 = 6 kg, 20x30x20 / 5000 = 2.4 -> 2.5 kg; 40.00 + 8.5 x 12.50.
    assert {"minor": 46_25, "currency": "CNY"} == hong_kong["price"]
    ledger = entries(world, "partner")
    assert {
        # 146.25 x 2 / 8.5 = 34.4117.. three times, 146.25 x 2.5 / 8.5 = 43.0147..; the cents go to the largest remainders
        (f"shipping:{ids[0]}", "CNY", 34_41), (f"shipping:{ids[1]}", "CNY", 34_41), (f"shipping:{ids[2]}", "CNY", 34_41),
        (f"shipping:{ids[3]}", "CNY", 43_02),
    } == {entry for entry in ledger if entry[0].startswith("shipping")}  # fmt: skip
    assert 146_25 == sum(minor for cause, _, minor in ledger if cause.startswith("shipping"))
    assert {1_50} == {
        minor for cause, _, minor in ledger if cause.startswith("storage")
    }  # one night after the decision
    assert {"RUB"} >= {currency for _, currency, _ in entries(world, "marketplace")}
    with stage.marketplace.database.read() as tx:
        found = [marketplace_queries.one(tx, return_id) for return_id in ids]
    assert [("delivered", "HK")] * UNITS == [
        (it.parcel.status, it.parcel.destination) for it in found if it and it.parcel
    ]
