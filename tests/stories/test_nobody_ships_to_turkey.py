"""J10: a Turkish seller tries to ship to Turkey; the same answer on the page and by the API. P28: the switch."""

from msgspec.structs import replace
from playwright.sync_api import Page, expect

from backhaul.marketplace import errands as marketplace_errands
from backhaul.marketplace import queries
from backhaul.marketplace.rules.policy import Policy
from backhaul.world import PASSWORD, World, make_key
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, deliver, moscow
from tests.stories.test_ship_to_hong_kong import browse

ANADOLU = (1180457, "TR")
ELIF = "elif@example.com"
VOLGA = {"city": "Kazan", "street": "OOO Volga Depo, Tekhnicheskaya 23", "contact": "A. Nasyrov"}


def linked(world: World) -> None:
    """Elif, who has sold something, links her shop by pages, with the business type of her variant."""
    deliver(world, "Woven throw", 12_400, 900, seller=ANADOLU)
    key = make_key(world, "TR", "Partner", read_only=False)
    elif_ = browse(world.stage.partner_web.url, ELIF).open("/system-settings/authorizations")
    elif_.press(
        "/system-settings/authorizations",
        {"platform": "marketplace", "business_type": "RETURN_PRODUCT", "seller_id": str(ANADOLU[0]), "key": key},
    )
    assert elif_.status == 200
    world.stage.pump()


def stored(world: World) -> int:
    """A woven throw of hers on the partner's shelf."""
    world.stage.turn_to(moscow(9, 3, 10))
    return_id, _ = world.request("TR", "did_not_like")
    assert Caller(world.stage.marketplace_web.url, "elif").post(f"/returns/{return_id}/approve").status_code == 200
    world.stored(return_id)
    world.stage.turn_to(moscow(9, 13, 10))
    world.arrive(return_id)
    return int(return_id)


def code(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]  # type: ignore[attr-defined]


def test_turkey_is_no_destination_and_another_countrys_warehouse_is_not_hers(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    linked(world)
    return_id = stored(world)
    api = Caller(world.stage.partner_web.url, ELIF)

    assert (422, "destination_not_allowed") == code(api.post("/destinations", {"country": "TR", **VOLGA}))
    assert (422, "destination_not_in_your_variant") == code(api.post("/destinations", {"country": "HK", **VOLGA}))
    istanbul = {**VOLGA, "city": "Istanbul"}
    assert (422, "address_contradicts_country") == code(api.post("/destinations", {"country": "RU", **istanbul}))
    assert (422, "destination_not_allowed") == code(
        api.post(f"/parcels/{return_id}/decide", {"decision": "ship_tr", "destination_id": 1})
    )
    assert [] == api.get("/destinations")
    added = api.post("/destinations", {"country": "RU", **VOLGA})
    assert 201 == added.status_code


def test_the_page_offers_russia_alone_and_says_the_same(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    linked(world)
    return_id = stored(world)
    elif_ = browse(world.stage.partner_web.url, ELIF).open("/destinations")
    form = elif_.form("/destinations")
    assert ["", "RU"] == form.choices["country"]
    form.values |= {"country": ["TR"], **{name: [value] for name, value in VOLGA.items()}}
    assert elif_.send(form).status == 422
    assert "Neither the marketplace nor its partners ship to Turkey." in elif_.text
    assert elif_.form("/destinations").values["city"] == ["Kazan"]  # nothing typed is lost
    assert elif_.send(elif_.form("/destinations").fill(country="RU")).status == 200

    offered = {form.values["decision"][0] for form in elif_.open(f"/parcels/{return_id}").page.forms
               if form.action == f"/parcels/{return_id}/decide"}  # fmt: skip
    assert {"pickup", "ship_ru"} == offered


def test_when_the_switch_is_off_nothing_new_starts_and_what_runs_finishes(raise_curtain: Raise) -> None:
    """P28, seed 18: data, not code."""
    world = raise_curtain(moscow(9, 1, 10))
    linked(world)
    return_id = stored(world)
    deliver(world, "Copper pot", 5_400, 700, seller=ANADOLU, posting="70000009-0001-1")
    off = replace(Policy(), pickup_returns_enabled_by_country={"TR": False})
    world.set_up(marketplace_errands.put_terms, "policy", "off", off, world.stage.clock.now())
    world.stage.turn_to(moscow(9, 13, 10, 1))

    irina = browse(world.stage.marketplace_web.url, "irina").open("/orders")
    [order] = [link for link in irina.page.links if link.startswith("/orders/")]
    irina.follow(order)
    irina.press(order, {"reason": "did_not_like", "photos": world._pictures[:1]})  # noqa: SLF001
    assert irina.status == 409
    assert "not available for sellers from" in irina.text

    elif_ = browse(world.stage.marketplace_web.url, "elif").open("/returns")
    assert "Returns to pick-up points are not available for sellers from your country now" in elif_.text
    api = Caller(world.stage.partner_web.url, ELIF)
    assert 200 == api.post(f"/parcels/{return_id}/decide", {"decision": "pickup"}).status_code
    world.stage.pump()
    with world.stage.marketplace.database.read() as tx:
        it = queries.one(tx, return_id)
    assert it is not None
    assert it.parcel is not None
    assert "pickup" == it.parcel.decision


def test_elif_sees_in_a_browser_where_she_may_send_her_throw(page: Page, raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    linked(world)
    return_id = stored(world)
    url = world.stage.partner_web.url
    page.goto(f"{url}/sign-in?lang=en")
    page.fill("input[name=login]", ELIF)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").click()
    page.goto(f"{url}/destinations?lang=en")
    assert ["", "RU"] == page.locator("select[name=country] option").evaluate_all("all => all.map((it) => it.value)")
    page.goto(f"{url}/parcels/{return_id}?lang=en")

    expect(page.locator("main")).to_contain_text("Ship to Russia")
    expect(page.locator("main")).not_to_contain_text("Ship to Hong Kong")
    expect(page.locator("main")).not_to_contain_text("Turkey")
