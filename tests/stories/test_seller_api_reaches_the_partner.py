"""D11, D27: what a seller's program asks of pick-ups and disposal rules is answered by the partner, or by nobody."""

import base64
import io
from typing import Any

import httpx2
import pytest
import zxingcpp
from PIL import Image

from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules import commands as m
from backhaul.partner import access, instruction_queries, linking, queries
from backhaul.partner.rules import commands as p
from backhaul.partner.rules.around import By
from backhaul.partner.rules.words import Decision, Role, Status
from backhaul.world import PASSWORD, World, make_key
from tests.stories.conftest import Raise
from tests.stories.telling import OPEN, deliver, moscow

LUMITEK, ANADOLU = (2093311, "CN"), (1180457, "TR")
RECEIVER = By(Role.RECEIVER, "darya")
GIVEOUT, UTILIZATION = "/v1/return/giveout", "/v1/returns/settings/utilization"
AWAY = (503, 14, "Service is unavailable, please try again later")


class Program:
    """A seller's program at the Seller API."""

    def __init__(self, world: World, seller: tuple[int, str] = LUMITEK, *, read_only: bool = False) -> None:
        key = make_key(world, seller[1], "BI" if read_only else "ERP", read_only=read_only)
        headers = {"Client-Id": str(seller[0]), "Api-Key": key}
        self.http = httpx2.Client(base_url=world.stage.marketplace_web.url, headers=headers, timeout=30)
        OPEN.append(self.http)

    def told(self, path: str, body: Any = None) -> tuple[int, int, str]:
        answer = self.http.post(path, json=body or {})
        return answer.status_code, answer.json().get("code", 0), answer.json().get("message", "")

    def gets(self, path: str, body: Any = None) -> Any:
        answer = self.http.post(path, json=body or {})
        assert answer.status_code == 200, answer.text
        return answer.json()


def in_stock(world: World, posting: str, price_rub: int = 2000, reason: str = "did_not_fit") -> int:
    """A unit that the partner has scanned in."""
    deliver(world, "Headset", price_rub, 350, seller=LUMITEK, posting=posting)
    return_id, _ = world.request("CN", reason, "", lambda line: line.posting_number == posting)
    world.act(return_id, m.Approve(), world.seller("CN"))
    world.take_in(return_id, weight_gram=350)
    world.send_off(return_id)
    at_us, photos = to_us(world.stage.clock.now()), world.partner_photos(RECEIVER, return_id, 1)
    world.partner_act(return_id, p.Arrive("MSK-2", at_us, 350, shelf="A-01", photos=photos), RECEIVER)
    world.stage.pump()
    return int(return_id)


def linked(world: World, login: str = "chen", seller: tuple[int, str] = LUMITEK) -> int:
    """The seller has sold something, and its company at the partner is linked; the company."""
    deliver(world, "Mug", 500, 350, seller=seller, posting="79999999-0001-1")
    with world.stage.partner.database.read() as tx:
        account = access.account_of_login(tx, f"{login}@example.com", PASSWORD)
    assert account is not None
    key = make_key(world, seller[1], "Partner", read_only=False)
    linking.link(
        world.stage.partner,
        account,
        "marketplace",
        "CANCEL_ORDERS" if seller is LUMITEK else "RETURN_PRODUCT",
        seller[0],
        key,
    )
    world.stage.pump()
    return int(account.company_id or 0)


def chen_decides(world: World, company: int, return_id: int, decision: str) -> None:
    world.partner_act(return_id, p.Decide(decision), By(Role.SELLER, "chen@example.com", str(company)))
    world.stage.pump()


def read_off(picture: str) -> str:
    """What a scanner reads off a picture in base64."""
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(base64.b64decode(picture))))
    return str(found[0].text)


def test_a_collector_shows_the_sellers_bar_code_until_another_is_drawn(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    company = linked(world)
    program, reader = Program(world), Program(world, read_only=True)
    assert program.gets(f"{GIVEOUT}/is-enabled") == {"enabled": True}
    assert program.gets(f"{GIVEOUT}/list", {"limit": 500}) == {"giveouts": []}
    world.stage.turn_to(moscow(9, 2, 12))  # the draw of the first day is closed
    first, second, third = (in_stock(world, f"7000000{n}-0001-1") for n in (1, 2, 3))
    world.stage.turn_to(moscow(9, 4, 12))
    for return_id in (first, second):
        chen_decides(world, company, return_id, "pickup")

    row = {
        "giveout_id": first, "giveout_status": "GIVEOUT_STATUS_CREATED", "created_at": "2024-09-04T09:00:00Z",
        "approved_articles_count": 0, "total_articles_count": 1, "warehouse_name": "MSK-2", "warehouse_address": "",
    }  # fmt: skip
    page = reader.gets(f"{GIVEOUT}/list", {"limit": 1})["giveouts"]
    place = page[0].pop("warehouse_id")
    assert page == [row]
    assert [
        one["giveout_id"] for one in reader.gets(f"{GIVEOUT}/list", {"limit": "9", "last_id": str(first)})["giveouts"]
    ] == [second]
    [point] = reader.gets("/v1/returns/company/fbs/info", {"pagination": {"limit": 500}})["drop_off_points"]
    assert (point["id"], point["name"], point["returns_count"], point["utc_offset"]) == (place, "MSK-2", 2, "+03:00")
    nowhere = {"pagination": {"limit": 500, "last_id": place}}
    assert reader.gets("/v1/returns/company/fbs/info", nowhere) == {"drop_off_points": [], "has_next": False}

    code = program.gets(f"{GIVEOUT}/barcode")["barcode"]
    assert program.gets(f"{GIVEOUT}/barcode") == {"barcode": code}
    assert read_off(program.gets(f"{GIVEOUT}/get-png")["file_content"]) == code
    pdf = program.gets(f"{GIVEOUT}/get-pdf")
    assert base64.b64decode(pdf["pdf"]).startswith(b"%PDF")
    fresh = program.gets(f"{GIVEOUT}/barcode-reset")
    renewed = read_off(fresh["png"])
    assert program.gets(f"{GIVEOUT}/barcode") == {"barcode": renewed}
    assert renewed != code
    for word in ("barcode", "get-pdf", "get-png", "barcode-reset"):
        assert reader.told(f"{GIVEOUT}/{word}")[0] == 403

    with pytest.raises(Refused, match="wrong_code"):
        world.partner_act(first, p.HandOver("Ivan Orlov", code), RECEIVER)
    world.partner_act(first, p.HandOver("Ivan Orlov", renewed.lower()), RECEIVER)
    link = f"{world.stage.marketplace_web.url}/253/9521141000021{renewed}"  # as the square code of the PDF says it
    world.partner_act(second, p.HandOver("Ivan Orlov", link), RECEIVER)
    world.stage.pump()
    with world.stage.partner.database.read() as tx:
        it = queries.one(tx, first)
        assert it is not None
        assert it.status is Status.PICKED_UP
    shown = reader.gets(f"{GIVEOUT}/info", {"giveout_id": first})
    assert shown["giveout_status"] == "GIVEOUT_STATUS_COMPLETED"
    article = {
        "approved": True,
        "delivery_schema": "GIVEOUT_DELIVERY_SCHEMA_FBS",
        "name": "Headset",
        "seller_id": LUMITEK[0],
    }
    assert shown["articles"] == [article]
    for unknown in (third, 1, 999_999):
        assert reader.told(f"{GIVEOUT}/info", {"giveout_id": unknown}) == (404, 5, "Not Found")
    assert Program(world, ANADOLU).told(f"{GIVEOUT}/info", {"giveout_id": first}) == (404, 5, "Not Found")


def test_ceilings_are_standing_rules_and_a_keys_rule_can_be_undone_for_a_day(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    program, reader = Program(world), Program(world, read_only=True)
    wanted = {
        "utilization_price": {"enabled": True, "value": 1000},
        "utilization_price_defects": {"enabled": True, "value": "3000"},
    }
    not_linked = (409, 9, "The seller is not linked to the logistics partner")
    assert program.told(f"{UTILIZATION}/update", wanted) == not_linked
    for word in ("barcode", "barcode-reset", "get-pdf"):  # who may not decide opens nothing
        assert program.told(f"{GIVEOUT}/{word}") == not_linked
    company = linked(world)
    assert reader.told(f"{UTILIZATION}/update", wanted)[0] == 403
    assert program.gets(f"{UTILIZATION}/update", wanted) == {}

    def roubles(amount: str) -> dict[str, str]:
        return {"amount": amount, "currency": "RUB"}

    settings = {"utilization_price": roubles("1000"), "utilization_price_defects": roubles("3000")}
    assert reader.gets(f"{UTILIZATION}/info") == {"min_price": roubles("1"), "utilization_settings": settings}
    assert program.gets(f"{UTILIZATION}/update", wanted) == {}  # nothing new
    with world.stage.partner.database.read() as tx:
        rules = instruction_queries.rules(tx, LUMITEK[0], [company])
    assert [(rule.below_rub, rule.is_defect, rule.through_key) for rule in rules] == [
        (1000, False, True),
        (3000, True, True),
    ]

    world.stage.turn_to(moscow(9, 2, 12))
    proper = in_stock(world, "70000001-0001-1", 999)
    dear = in_stock(world, "70000002-0001-1", 1000)
    cheap_defect = in_stock(world, "70000003-0001-1", 999, "external_defects")
    with world.stage.partner.database.read() as tx:
        [fits, too_dear] = queries.by_ids(tx, [proper, dear])
        defect = queries.one(tx, cheap_defect)
    assert (fits.decision, fits.decided_by) == (Decision.DISPOSE, "rule")
    assert fits.disposal.hold_until is not None
    assert fits.arrived_at is not None
    assert (fits.disposal.hold_until - fits.arrived_at).total_seconds() == 24 * 3600
    assert too_dear.decision is Decision.NONE
    assert defect is not None

    world.stage.turn_to(moscow(9, 9, 10))
    off = {"utilization_price": {"enabled": False}, "utilization_price_defects": {"enabled": True, "value": 3000}}
    assert program.gets(f"{UTILIZATION}/update", off) == {}
    assert reader.gets(f"{UTILIZATION}/info")["utilization_settings"]["utilization_price"] == roubles("0")
    history = reader.gets(f"{UTILIZATION}/history")["history"]
    assert [(one["updated_at"][:10], len(one["descriptions"])) for one in history] == [
        ("2024-09-09", 1),
        ("2024-09-01", 2),
    ]
    assert all(one["user_name"].startswith("key:") for one in history)

    wrong: list[tuple[Any, str]] = [
        ({"utilization_price": {"enabled": True}}, "UtilizationPriceDefects"),
        ({**off, "utilization_price": {"enabled": True}}, "UtilizationPrice.Value"),
        ({**off, "utilization_price": {"enabled": True, "value": 0}}, "UtilizationPrice.Value"),
        ({**off, "utilization_price": {"enabled": True, "value": 1_000_001}}, "UtilizationPrice.Value"),
        ({**off, "utilization_price": {"value": 5}}, "UtilizationPrice.Enabled"),
    ]
    for body, field in wrong:
        status, code, message = program.told(f"{UTILIZATION}/update", body)
        assert (status, code) == (400, 3)
        assert f"invalid ReturnsSettingsUtilizationUpdateRequest.{field}: " in message


def test_a_seller_from_turkey_has_no_disposal_by_price(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    linked(world, "elif", ANADOLU)
    wanted = {"utilization_price": {"enabled": True, "value": 1000}, "utilization_price_defects": {"enabled": False}}
    refused = (409, 9, "Disposal by price is not offered to sellers from this country")
    assert Program(world, ANADOLU).told(f"{UTILIZATION}/update", wanted) == refused


def test_while_the_partner_is_away_nothing_is_stored_as_done(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    company = linked(world)
    program = Program(world)
    world.stage.partner_web.stop()
    wanted = {"utilization_price": {"enabled": True, "value": 1000}, "utilization_price_defects": {"enabled": False}}
    assert program.told(f"{UTILIZATION}/update", wanted) == AWAY
    assert program.told(f"{UTILIZATION}/info") == AWAY
    for word in ("barcode", "get-pdf", "get-png", "barcode-reset"):
        assert program.told(f"{GIVEOUT}/{word}") == AWAY
    assert program.told(f"{GIVEOUT}/list", {"limit": 5}) == AWAY
    assert program.gets(f"{GIVEOUT}/is-enabled") == {"enabled": True}
    assert program.gets("/v2/returns/rfbs/list", {"limit": 5}) == {"returns": []}
    with world.stage.partner.database.read() as tx:
        assert instruction_queries.rules(tx, LUMITEK[0], [company]) == []
        assert instruction_queries.barcode(tx, LUMITEK[0]) == ""
