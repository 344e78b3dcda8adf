"""J7: a lamp arrives in a crushed box. The carrier is presumed at fault, objects, and pays; or the packing was weak."""

import csv
import hashlib
import io
import zipfile

import httpx2

from backhaul.kit.days import to_us
from backhaul.marketplace import queries
from backhaul.marketplace.rules.returns import Return
from backhaul.partner import queries as partner_queries
from backhaul.partner.rules.parcels import Parcel
from backhaul.world import World, link_seller
from tests.stories.books import ACCRUED, CARRIERS, EXPENSE, IN_TRANSIT, balances, payable
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, deliver, moscow
from tests.stories.test_ship_to_hong_kong import browse, pictures
from tests.stories.test_substituted import partner_pictures
from tests.web.forms import Entries

LUMITEK, ANADOLU = (2093311, "CN"), (1180457, "TR")
PRICE = 16_800_00
COMPARED = "The packing standard for lamps asks for one layer of foam; the photos show two."
WEAK = "The packing standard for lamps asks for a layer of foam; the photos show none."
REFUNDED = {payable(LUMITEK): -PRICE, IN_TRANSIT: PRICE}


def the_return(world: World, return_id: int) -> Return:
    with world.stage.marketplace.database.read() as tx:
        it = queries.one(tx, return_id)
    assert it is not None
    return it


def parcel(world: World, return_id: int) -> Parcel:
    with world.stage.partner.database.read() as tx:
        it = partner_queries.one(tx, return_id)
    assert it is not None
    return it


def handed_in(world: World, seller: str, reason: str, approval: dict[str, str]) -> int:
    """10 to 14 September: asked, approved, accepted with two photos of a whole box, dispatched; refunded on the 15th."""
    url = world.stage.marketplace_web.url
    irina, oleg = Caller(url, "irina"), Caller(url, "oleg")
    (line_id,) = [line["line_id"] for line in irina.get("/orders")]
    wish = {
        "reason": reason,
        "comment": "It does not suit the room.",
        "photos": irina.photos(pictures(world, 2)),
        "send": True,
    }
    asked = irina.post(f"/orders/{line_id}/returns", wish)
    asked.raise_for_status()
    return_id = int(asked.json()["return_id"])
    Caller(url, seller).post(f"/returns/{return_id}/approve", approval).raise_for_status()
    world.stage.turn_to(moscow(9, 14, 15))
    checklist = {
        "point_id": "77-0412", "same_product": True, "used": False, "packaging_intact": True, "weight_gram": 810,
        "seal": "S-7", "photos": oleg.photos(pictures(world, 2)),
    }  # fmt: skip
    oleg.post(f"/returns/{return_id}/check-in", checklist).raise_for_status()
    oleg.post(f"/returns/{return_id}/dispatch", {"carrier": "Linehaul South", "waybill": "W-7"}).raise_for_status()
    world.stage.turn_to(moscow(9, 15, 12))
    return return_id


def crushed(raise_curtain: Raise) -> tuple[World, int]:
    """25 September 14:00: the box is crushed, Timur marks the lamp partially damaged with two photos."""
    world = raise_curtain(moscow(9, 9, 10))
    deliver(world, "Lamp", 16_800, 800, seller=LUMITEK)
    link_seller(world, "CN")
    world.stage.turn_to(moscow(9, 10, 10))
    return_id = handed_in(world, "chen", "did_not_fit", {})
    world.stage.pump()
    world.stage.turn_to(moscow(9, 25, 14))
    url = world.stage.partner_web.url
    gate = {
        "warehouse": "MSK-2", "arrived_at_us": to_us(world.stage.clock.now()), "weight_gram": 805,
        "packaging_intact": False, "shelf": "A-17",
    }  # fmt: skip
    Caller(url, "darya").post(f"/parcels/{return_id}/arrive", gate).raise_for_status()
    assert parcel(world, return_id).inspection.status == "queued"  # the gate check made it mandatory
    timur = Caller(url, "timur")
    found = {
        "mark": "partially_damaged",
        "defect": "Crack in the shade",
        "photos": timur.photos(partner_pictures(world)[:2]),
    }
    timur.post(f"/parcels/{return_id}/mark", found).raise_for_status()
    world.stage.pump()
    return world, return_id


def objected(world: World, return_id: int) -> Caller:
    """The seller files on 26 September; on 4 October the carrier objects and shows a photo. Marina, who decides."""
    url = world.stage.marketplace_web.url
    world.stage.turn_to(moscow(9, 26, 10))
    Caller(url, "chen").post(f"/returns/{return_id}/file-claim").raise_for_status()
    world.stage.turn_to(moscow(10, 4, 10))
    marina = Caller(url, "marina")
    desk = browse(url, "marina").open(f"/returns/{return_id}")
    said: Entries = {"accepts": "no", "comment": "Weak packing.", "photos": pictures(world, 1)}
    desk.press(f"/returns/{return_id}/record-carrier-answer", said)
    return marina


def test_the_presumption_is_upheld_against_the_objection_and_the_full_price_is_paid_once(raise_curtain: Raise) -> None:
    world, return_id = crushed(raise_curtain)
    it = the_return(world, return_id)
    assert ("draft", "carrier_damage", PRICE) == (
        it.claim.status,
        it.claim.kind,
        it.claim.amount and it.claim.amount.minor,
    )
    assert moscow(10, 10) == it.claim.file_by  # within 14 days after the mark
    assert REFUNDED == balances(world)

    marina = objected(world, return_id)
    it = the_return(world, return_id)
    assert ("in_review", moscow(10, 27)) == (it.claim.status, it.claim.answer_by)
    chen = browse(world.stage.marketplace_web.url, "chen")
    assert "Weak packing." in chen.open(f"/returns/{return_id}").text
    assert "The carrier objects to your claim for Lamp: Weak packing." in chen.open("/messages").text
    assert moscow(10, 10) == parcel(world, return_id).decide_by  # the seller decides about the lamp by 9 October

    marina.post(f"/returns/{return_id}/approve-claim").raise_for_status()
    assert REFUNDED == balances(world)
    world.stage.turn_to(moscow(10, 18, 10))
    marina.post(f"/returns/{return_id}/pay-claim").raise_for_status()
    assert 409 == marina.post(f"/returns/{return_id}/pay-claim").status_code

    assert {IN_TRANSIT: PRICE, CARRIERS: -PRICE} == balances(
        world
    )  # refunded to the customer, paid by the carrier, nothing else
    # Sent weeks ago, and no bank answers in this story.
    assert ("in_doubt", "none", "paid") == (
        the_return(world, return_id).refund.status, the_return(world, return_id).compensation.status,
        the_return(world, return_id).claim.status,
    )  # fmt: skip


def test_with_weak_packing_a_unit_at_the_partner_brings_nothing(raise_curtain: Raise) -> None:
    world, return_id = crushed(raise_curtain)
    objected(world, return_id).post(f"/returns/{return_id}/refuse-claim", {"comment": WEAK}).raise_for_status()
    world.stage.turn_to(moscow(11, 30))

    assert REFUNDED == balances(world)
    assert WEAK in browse(world.stage.marketplace_web.url, "chen").open(f"/returns/{return_id}").text


def test_with_weak_packing_a_unit_on_route_a_brings_what_the_table_gives_for_the_sellers_fault(
    raise_curtain: Raise,
) -> None:
    """15 % of 16,800.00 are 2,520.00, credited on day 6 after the decision."""
    world = raise_curtain(moscow(9, 9, 10))
    deliver(world, "Lamp", 16_800, 800, seller=ANADOLU)
    world.stage.turn_to(moscow(9, 10, 10))
    return_id = handed_in(world, "elif", "packaging_and_product_damaged", {"route": "A"})
    url = world.stage.marketplace_web.url
    refunded = {payable(ANADOLU): -PRICE, IN_TRANSIT: PRICE}
    assert refunded == balances(world)  # while the claim on the outbound carrier is open, the table waits
    world.stage.turn_to(moscow(9, 16, 10))
    Caller(url, "elif").post(f"/returns/{return_id}/file-claim").raise_for_status()
    marina = Caller(url, "marina")
    marina.post(f"/returns/{return_id}/take-up-claim").raise_for_status()
    world.stage.turn_to(moscow(9, 20, 10))
    marina.post(f"/returns/{return_id}/refuse-claim", {"comment": WEAK}).raise_for_status()
    assert {**refunded, EXPENSE: -2_520_00, ACCRUED: 2_520_00} == balances(world)
    world.stage.turn_to(moscow(9, 26, 2))

    assert {payable(ANADOLU): 2_520_00 - PRICE, IN_TRANSIT: PRICE, EXPENSE: -2_520_00} == balances(world)


def test_a_carrier_that_says_nothing_is_told_of_and_support_decides_without_it(raise_curtain: Raise) -> None:
    world, return_id = crushed(raise_curtain)
    url = world.stage.marketplace_web.url
    world.stage.turn_to(moscow(9, 26, 10))
    Caller(url, "chen").post(f"/returns/{return_id}/file-claim").raise_for_status()
    world.stage.turn_to(moscow(10, 26, 23, 59))
    assert not the_return(world, return_id).claim.late
    world.stage.turn_to(moscow(10, 27))

    assert the_return(world, return_id).claim.late
    marina = browse(url, "marina")
    assert f"No answer to a claim within 30 days: R-{return_id}." in marina.open("/messages").text
    assert "Answer overdue" in marina.open("/support").text
    assert 409 != marina.open(f"/returns/{return_id}").press(f"/returns/{return_id}/take-up-claim").status
    assert marina.press(f"/returns/{return_id}/approve-claim").status == 200


def test_the_evidence_is_one_file_with_every_photo_and_its_hash(raise_curtain: Raise) -> None:
    """P18: sound at the hand-over, broken on arrival. For the seller and support; nobody else gets it."""
    world, return_id = crushed(raise_curtain)
    objected(world, return_id)
    url = world.stage.marketplace_web.url
    answer = Caller(url, "chen").http.get(f"/returns/{return_id}/claim-evidence")
    assert (200, "application/zip") == (answer.status_code, answer.headers["content-type"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        rows = list(csv.reader(io.StringIO(file.read("index.csv").decode("utf-8-sig"))))[1:]
        hashes = {
            name: hashlib.sha256(file.read(name)).hexdigest() for name in file.namelist() if name.startswith("photos/")
        }
        assert file.read("claim.pdf").startswith(b"%PDF-")
    folders = [name.rsplit("-", 1)[-1] for name in hashes]

    assert {row[0]: row[3] for row in rows} == hashes
    assert 7 == len(hashes)  # two of the customer, two of the point, two of the inspection, one of the carrier
    assert ["customer.jpg"] * 2 + ["point.jpg"] * 2 + ["inspection.jpg"] * 2 + ["carrier.jpg"] == folders
    assert {"irina": 404, "elif": 404, "oleg": 404, "marina": 200} == {
        login: browse(url, login).client.get(f"/returns/{return_id}/claim.zip").status_code
        for login in ("irina", "elif", "oleg", "marina")
    }
    assert 401 == httpx2.get(f"{url}/api/v1/returns/{return_id}/claim-evidence").status_code
