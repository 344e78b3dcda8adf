"""A photo that shows another unit, too, is flagged with both pictures to supervisors, without them to the seller, and decides nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backhaul.partner.rules import commands as do
from backhaul.partner.rules.seen_photos import is_told
from backhaul.partner.rules.words import Mark
from tests.kit.scenes import as_jpeg, edits, scene
from tests.partner.cast import RUSLAN, VERA
from tests.partner.house import CHEN, ID, PASSWORD, STRANGER, House, opened
from tests.partner.test_draw import signed_in
from tests.web.forms import Visit

SECOND, THIRD = ID + 1, ID + 2


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with opened(database_url, tmp_path) as made:
        yield made


def arrive(house: House, login: str, parcel: int, posting: str, data: bytes) -> str:
    """A unit that arrives with one photo."""
    house.expects(return_id=parcel, return_number=f"R-{parcel}", posting_number=posting, serial=f"SN{parcel}")
    with signed_in(house, login) as hands:
        photo = str(hands.post("/photos", content=data).json()["id"])
    house.gives(RUSLAN, do.Arrive("MSK-2", 0, photos=(photo,)), parcel)
    return photo


def test_an_edited_copy_with_another_unit_is_told_to_supervisors_with_both_and_to_the_seller_without(
    house: House,
) -> None:
    arrive(house, "ruslan", ID, "10000001-0001-1", as_jpeg(scene(1)))
    copy = arrive(house, "ruslan", SECOND, "10000002-0001-1", edits(scene(1), 1)["JPEG 40"])
    arrive(house, "ruslan", THIRD, "10000002-0001-1", edits(scene(1), 1)["smaller"])
    house.gives(VERA, do.Mark(Mark.SERVICEABLE), SECOND)
    while house.office.compare_photos():
        pass
    path = f"/parcels/{SECOND}/seen-photos"

    with signed_in(house, "sonia") as sonia, signed_in(house, CHEN) as chen, signed_in(house, "vera") as vera:
        with signed_in(house, STRANGER) as stranger:
            refused = [one.get(path).json()["code"] for one in (vera, stranger)]
        [seen] = sonia.get(path).json()
        [without] = chen.get(path).json()
        listed = sonia.get("/seen-photos", params={"limit": 1}).json()
        following = sonia.get("/seen-photos", params={"after": listed["next"]}).json()
        forbidden = chen.get("/seen-photos").json()["code"]
    assert (copy, ID) == (seen["photo"], seen["elsewhere"]["parcel_id"])
    assert (copy, None) == (without["photo"], without.get("elsewhere"))
    assert (["not_found"] * 2, "not_your_role") == (refused, forbidden)
    assert {SECOND, THIRD} == {one["parcel_id"] for one in (*listed["found"], *following["found"])}
    assert "arrived" == house.it(SECOND).status
    assert not is_told(house.it(SECOND), house.it(THIRD))  # of one shipment

    with Visit(house.url) as page:
        page.open("/sign-in?lang=en")
        page.client.cookies.set("language", "en")
        page.sign_in("sonia", PASSWORD)
        assert f"/photos/{ID}/" in page.open("/seen-photos").answer.text
        assert f"/photos/{ID}/" in page.open(f"/parcels/{SECOND}").answer.text
    with Visit(house.url) as page:
        page.open("/sign-in?lang=en")
        page.client.cookies.set("language", "en")
        page.sign_in(CHEN, PASSWORD)
        theirs = page.open(f"/parcels/{SECOND}").answer.text
        assert "Photos seen before" in theirs
        assert f"/photos/{ID}/" not in theirs
