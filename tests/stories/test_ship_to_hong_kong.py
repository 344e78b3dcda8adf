"""J2: a seller from China wants the product in Hong Kong. Told by pages: only forms that stand on them are sent."""

from backhaul.kit.database import Database, Statement
from backhaul.marketplace import epcis_queries
from backhaul.marketplace import queries as marketplace_queries
from backhaul.marketplace import tables as marketplace_tables
from backhaul.partner import queries as partner_queries
from backhaul.partner import tables as partner_tables
from backhaul.world import PASSWORD, World, link_seller
from tests.stories.conftest import Raise
from tests.stories.telling import OPEN, deliver, moscow
from tests.web.forms import Entries, Visit

LUMITEK = (2093311, "CN")
POSTING = "70000002-0001-1"


def browse(url: str, login: str) -> Visit:
    """A person at a browser, signed in and reading English; closed when the story ends."""
    visit = Visit(url)
    OPEN.append(visit.client)
    return visit.sign_in(login, PASSWORD).read_in("en")


def pictures(world: World, count: int) -> list[bytes]:
    return world._pictures[:count]  # noqa: SLF001 -- the stage's own photographs


def ledger(database: Database, entries: object) -> set[tuple[str, str, str, int, str]]:
    """(cause, debit, credit, minor units, currency) of everything in a house's ledger."""
    c = entries.c  # type: ignore[attr-defined]
    wanted = (c.cause, c.debit, c.credit, c.amount_minor, c.currency)
    with database.read() as tx:
        return {tuple(row) for row in tx.rows(Statement(entries.select().with_only_columns(*wanted)))}  # type: ignore[attr-defined]


def filed(world: World) -> int:
    """8 September: Irina files a request for the headset with three photos."""
    irina = browse(world.stage.marketplace_web.url, "irina").open("/orders")
    [order] = [link for link in irina.page.links if link.startswith("/orders/")]
    irina.follow(order)
    irina.press(order, {"reason": "did_not_fit", "comment": "Presses on the ears.", "photos": pictures(world, 3)})
    return_id = int(irina.path.rsplit("/", 1)[-1])
    assert irina.press(f"/returns/{return_id}/submit").status == 200
    return return_id


def approved(world: World, return_id: int) -> None:
    """9 September: Liu Na approves."""
    liu = browse(world.stage.marketplace_web.url, "liu").open("/returns")
    liu.follow(f"/returns/{return_id}")
    assert sum(link.startswith(f"/photos/{return_id}/") for link in liu.page.links) == 3
    assert liu.press(f"/returns/{return_id}/approve").status == 200


def handed_in(world: World, return_id: int) -> None:
    """10 September: Irina chooses the point and comes; Oleg checks, accepts and dispatches."""
    url = world.stage.marketplace_web.url
    irina = browse(url, "irina").open("/my-returns").follow(f"/returns/{return_id}")
    assert irina.press(f"/returns/{return_id}/choose-point", {"point_id": "77-0412"}).status == 200
    oleg = browse(url, "oleg").open("/counter")
    oleg.press("/counter", {"number": f"R-{return_id}"})
    assert oleg.path == f"/returns/{return_id}"
    checklist: Entries = {"same_product": "yes", "used": "no", "photos": pictures(world, 2), "weight_gram": "350"}
    assert oleg.press(f"/returns/{return_id}/check-in", checklist).status == 200
    assert oleg.press(f"/returns/{return_id}/dispatch", {"carrier": "Linehaul North", "waybill": "WB-1"}).status == 200
    world.stage.pump()


def refunded(world: World, return_id: int) -> None:
    """10 September 19:10: support sends the refund."""
    world.stage.turn_to(moscow(9, 10, 19, 10))
    marina = browse(world.stage.marketplace_web.url, "marina").open("/support")
    marina.follow(f"/returns/{return_id}")
    assert marina.press(f"/returns/{return_id}/send-refund").status == 200


def scanned_in(world: World, return_id: int) -> None:
    """20 September 11:05: Darya scans the unit in at the partner's warehouse."""
    world.stage.turn_to(moscow(9, 20, 11, 5))
    darya = browse(world.stage.partner_web.url, "darya").open("/warehouse")
    darya.press("/warehouse", {"code": f"R-{return_id}"})
    assert darya.path == f"/parcels/{return_id}"
    gate = {"warehouse": "MSK-2", "weight_gram": "352", "shelf": "A-17"}
    assert darya.press(f"/parcels/{return_id}/arrive", gate).status == 200
    world.stage.pump()


def until_the_scan(world: World) -> int:
    deliver(world, "Headset", 7900, 350, seller=LUMITEK, posting=POSTING)
    link_seller(world, "CN")
    world.stage.turn_to(moscow(9, 8, 18))
    return_id = filed(world)
    world.stage.turn_to(moscow(9, 9, 11))
    approved(world, return_id)
    world.stage.turn_to(moscow(9, 10, 15))
    handed_in(world, return_id)
    refunded(world, return_id)
    scanned_in(world, return_id)
    return return_id


def test_the_marketplace_says_where_the_product_is_in_both_views(raise_curtain: Raise) -> None:
    """J2.1, J2.2, R56, R60-R62, 5.2: the labels of both views, the tab, the badge, the refund."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    deliver(world, "Headset", 7900, 350, seller=LUMITEK, posting=POSTING)
    link_seller(world, "CN")
    stage.turn_to(moscow(9, 8, 18))
    return_id = filed(world)
    stage.turn_to(moscow(9, 9, 11))
    approved(world, return_id)
    stage.turn_to(moscow(9, 10, 15))
    handed_in(world, return_id)

    liu = browse(stage.marketplace_web.url, "liu").open("/returns").follow("/returns?tab=on_the_road")
    assert "On the way" in liu.text
    assert f"/returns/{return_id}" in liu.page.links
    assert f"/returns/{return_id}" not in liu.follow("/returns?tab=requests").page.links

    refunded(world, return_id)
    assert "7,900.00 RUB 10 Sep 2024, 19:10 Moscow time" in liu.open(f"/returns/{return_id}").text

    scanned_in(world, return_id)
    rows = liu.open("/returns").follow("/returns?tab=resolved").text
    assert "Passed on to partner" in rows
    assert "Return transferred to the logistics partner" in rows
    assert "Decision needed at partner, 14 days left" in rows
    request = liu.follow(f"/returns/{return_id}").text
    assert "Passed on to partner" in request
    assert "Return transferred to the logistics partner" in request
    assert "Decide at the partner: 14 days left" in request


def test_the_seller_orders_photos_decides_hong_kong_and_receives_the_product(raise_curtain: Raise) -> None:
    """J2.2-J2.4, R66, R76, R81, R91, R104: the last moment, photos, the price beside the choice, the delivery."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    return_id = until_the_scan(world)
    parcel = f"/parcels/{return_id}"

    stage.turn_to(moscow(9, 21, 12))
    chen = browse(stage.partner_web.url, "chen@example.com").open("/parcels").follow(parcel)
    assert "Decide until 4 Oct 2024, 23:59 Moscow time" in chen.text
    assert "Not inspected" in chen.text
    assert "5.00 CNY" in chen.text
    assert chen.press(f"{parcel}/order-media").status == 200

    stage.turn_to(moscow(9, 23, 15))
    timur = browse(stage.partner_web.url, "timur").open("/warehouse").follow("/warehouse?queue=media").follow(parcel)
    assert timur.press(f"{parcel}/deliver-media", {"photos": pictures(world, 2)}).status == 200

    stage.turn_to(moscow(9, 24, 10))
    chen.open(parcel)
    assert "Not inspected" in chen.text
    assert sum(link.startswith(f"/photos/{return_id}/") for link in chen.page.links) == 2
    offered = chen.form(f"{parcel}/decide", decision="ship_hk")
    assert "Hong Kong 68.00 CNY" in chen.text
    assert "its own customs territory" in chen.text
    chen.send(offered.fill(destination_id=str(world.destinations["CN-HK"])))
    assert chen.status == 200
    assert "Kwai Chung, Unit 5B" in chen.text
    stage.pump()

    stage.turn_to(moscow(9, 25, 9))
    darya = browse(stage.partner_web.url, "darya").open("/warehouse").follow("/warehouse?queue=labels").follow(parcel)
    assert darya.press(f"{parcel}/print-label", {"carrier": "Pearl Freight", "tracking": "PF-1"}).status == 200
    stage.turn_to(moscow(10, 12, 12))
    darya = browse(stage.partner_web.url, "darya").open("/warehouse").follow("/warehouse?queue=sent").follow(parcel)
    assert darya.press(f"{parcel}/confirm-delivery").status == 200
    stage.pump()

    liu = browse(stage.marketplace_web.url, "liu").open("/returns").follow("/returns?tab=resolved")
    liu.follow(f"/returns/{return_id}").press(f"/returns/{return_id}/confirm-receipt")
    assert liu.status == 200
    with stage.marketplace.database.read() as tx:
        it = marketplace_queries.one(tx, return_id)
        steps = epcis_queries.steps(tx, [return_id])[return_id]
    assert it is not None
    assert it.parcel is not None
    assert (it.parcel.status, it.parcel.destination, it.parcel.received) == ("delivered", "HK", True)
    assert [step.biz_step for _, step in steps] == ["accepting", "departing", "receiving", "arriving", "receiving"]
    assert moscow(10, 12, 12) == steps[-2][1].event_time
    with stage.partner.database.read() as tx:
        unit = partner_queries.one(tx, return_id)
    assert unit is not None
    assert moscow(10, 5) == unit.decide_by
    assert ("delivered", moscow(10, 12, 12)) == (unit.status, unit.finished_at)


def test_a_decision_is_changeable_until_the_label_is_printed_and_not_after(raise_curtain: Raise) -> None:
    """J2.4, P27: China first, then Hong Kong; with the label printed, a page left open is too late."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    return_id = until_the_scan(world)
    parcel = f"/parcels/{return_id}"
    stage.turn_to(moscow(9, 24, 10))
    chen = browse(stage.partner_web.url, "chen@example.com").open(parcel)
    chen.send(chen.form(f"{parcel}/decide", decision="ship_cn").fill(destination_id=str(world.destinations["CN-CN"])))
    chen.send(chen.form(f"{parcel}/decide", decision="ship_hk").fill(destination_id=str(world.destinations["CN-HK"])))
    assert chen.status == 200
    left_open = browse(stage.partner_web.url, "chen@example.com").open(parcel)
    stage.turn_to(moscow(9, 25, 9))
    darya = browse(stage.partner_web.url, "darya").open(parcel)
    assert darya.press(f"{parcel}/print-label", {"carrier": "Pearl Freight"}).status == 200

    refused = left_open.send(left_open.form(f"{parcel}/decide", decision="dispose"))
    assert refused.status == 409
    assert not chen.open(parcel).offers(f"{parcel}/decide")
    with stage.partner.database.read() as tx:
        unit = partner_queries.one(tx, return_id)
        kinds = [h.kind for h in partner_queries.history(tx, return_id)]
    assert unit is not None
    assert (unit.status, unit.decision) == ("in_work", "ship_hk")
    assert (kinds.count("Decided"), kinds.count("LabelPrinted")) == (2, 1)


def test_turkey_is_no_destination_and_the_partners_charges_are_in_its_own_ledger_only(raise_curtain: Raise) -> None:
    """J2, R18, R47, R48, P21: receipt 6.00, photos 5.00, Hong Kong 68.00, one night of storage 1.50, all in CNY."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    return_id = until_the_scan(world)
    parcel = f"/parcels/{return_id}"
    stage.turn_to(moscow(9, 21, 12))
    chen = browse(stage.partner_web.url, "chen@example.com").open(parcel)
    chen.press(f"{parcel}/order-media")
    stage.turn_to(moscow(9, 23, 15))
    browse(stage.partner_web.url, "timur").open(parcel).press(f"{parcel}/deliver-media", {"photos": pictures(world, 1)})
    stage.turn_to(moscow(9, 24, 10))
    chen.open(parcel)
    decisions = {form.values["decision"][0] for form in chen.page.forms if form.action == f"{parcel}/decide"}
    chen.send(chen.form(f"{parcel}/decide", decision="ship_hk").fill(destination_id=str(world.destinations["CN-HK"])))
    stage.turn_to(moscow(9, 25, 9))
    browse(stage.partner_web.url, "darya").open(parcel).press(f"{parcel}/print-label", {"carrier": "Pearl Freight"})
    countries = chen.open("/destinations").form("/destinations").choices["country"]

    assert {"RU", "CN", "HK"} == set(countries) - {""}
    assert decisions == {"pickup", "ship_cn", "ship_hk", "dispose"}  # Russia too, once there is an address
    owes = "receivable:seller:2093311"
    assert {
        (f"receipt:{return_id}", owes, "income:receipt", 6_00, "CNY"),
        (f"media:{return_id}", owes, "income:media", 5_00, "CNY"),
        (f"shipping:{return_id}", owes, "income:ship_hk", 68_00, "CNY"),
        (f"storage:{return_id}", owes, "income:storage", 1_50, "CNY"),
    } == ledger(stage.partner.database, partner_tables.journal.entries)
    marketplaces = ledger(stage.marketplace.database, marketplace_tables.journal.entries)
    assert {(f"refund_owed:{return_id}", 7900_00, "RUB"), (f"refund:{return_id}:1", 7900_00, "RUB")} == {
        (cause, minor, currency) for cause, _, _, minor, currency in marketplaces
    }
