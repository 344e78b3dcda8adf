"""The square code on the partner's labels: a GS1 Digital Link that every scanner field takes and any phone resolves."""

import functools
import io
from typing import Any

import httpx2
import pytest
import typst
import zxingcpp
from PIL import Image

from backhaul.partner.rules import codes
from backhaul.partner.rules.words import Status
from tests.partner.doors import Call, Door
from tests.partner.house import CHEN, ELIF, ID, House

SSCC = "195213210001000014"  # a unit (1), prefix 9521321, serial 000100001; weighed by 3 and 1 they make 46, so 4
RUSSIAN = str.maketrans("qwertyuiop[]asdfghjkl;'zxcvbnm,./:?PQ", "йцукенгшщзхъфывапролджэячсмитьбю.Ж,ЗЙ")


def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers come as pictures that a scanner's library reads: the same template, set by the same program."""
    monkeypatch.setattr(typst, "compile", functools.partial(typst.compile, format="png", ppi=300))


def read_off(picture: bytes) -> set[str]:
    return {one.text for one in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))}


def test_a_label_says_its_number_and_its_link_and_the_dock_takes_either(
    house: House, call: Call, enter: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.expects()
    house.arrives()
    ruslan = call("ruslan")
    drawn(monkeypatch)
    paper = ruslan.post("/labels", json={"parcel_ids": [ID]})
    zpl = ruslan.post("/labels", json={"parcel_ids": [ID], "form": "zpl"})
    link = f"{house.url}/00/{SSCC}?91=P-100001"

    assert read_off(paper.content) == {"P-100001", link}
    assert f"^FDMA,{link}^FS" in zpl.text
    for scan in (link, link.translate(RUSSIAN), f"(00){SSCC}(91)P-100001", "P-100001"):
        found = ruslan.get("/resolve", params={"code": scan}).json()
        assert [one["id"] for one in found["parcels"]] == [ID], scan
    station = enter("ruslan").open("/receiving")
    station.press("/receiving/scan", {"code": link})
    assert "It is here already." in station.text


def test_a_link_leads_a_person_to_the_page_and_a_program_to_all_links(house: House, call: Call, enter: Door) -> None:
    house.expects()
    with httpx2.Client(base_url=house.url, follow_redirects=False) as anybody:
        gone_on = anybody.get(f"/00/{SSCC}", params={"91": "P-100001"})
        assert (gone_on.status_code, gone_on.headers["location"]) == (307, f"{house.url}/units/P-100001")
        assert 'rel="linkset"' in gone_on.headers["link"]
        page = anybody.get("/units/P-100001")
        assert (page.status_code, page.headers["location"]) == (303, "/sign-in")

        told = anybody.get(f"/00/{SSCC}", headers={"accept": "application/linkset+json"})
        assert told.headers["content-type"].startswith("application/linkset+json")
        [one] = told.json()["linkset"]
        assert one["anchor"] == f"{house.url}/00/{SSCC}"
        [api] = one["https://ref.gs1.org/voc/traceability"]
        assert api["href"] == f"{house.url}/api/v1/parcels?code=P-100001"
        assert anybody.get(f"/00/{SSCC}?linkType=linkset").content == told.content
        assert anybody.get(f"/00/{SSCC}?linkType=gs1:traceability").headers["location"] == api["href"]
        # What does not exist is answered alike: a resolver tells nobody what there is.
        assert anybody.get("/00/195213219999999997").status_code == 307
        for wrong in ("195213210001000015", "106141412345678908", "995213210001000171", "1", "x"):
            assert anybody.get(f"/00/{wrong}").status_code == 404
        assert anybody.get(f"/00/{SSCC}?linkType=gs1:recipeInfo").status_code == 404
        itself = anybody.get("/.well-known/gs1resolver").json()
        assert (itself["resolverRoot"], itself["supportedPrimaryKeys"]) == (house.url, ["00"])
    assert Status.EXPECTED is house.it().status
    assert [one["id"] for one in call(CHEN).get("/parcels?code=P-100001").json()] == [ID]
    for login, status in ((CHEN, 200), (ELIF, 404)):
        assert enter(login).open("/units/P-100001").status == status


@pytest.mark.parametrize(
    ("scan", "number"),
    [
        (f"https://h.example/00/{SSCC}?91=P-100001", "P-100001"),
        (f"HTTPS://H.EXAMPLE/00/{SSCC}?91=p-100001", "P-100001"),
        ("https://h.example/00/395213210010010022?91=C-1001-2", "C-1001-2"),
        # Another house's number beside an SSCC that was not made of it, and a wrong check digit.
        (f"https://h.example/00/{SSCC}?91=P-100002", None),
        ("https://h.example/00/195213210001000015?91=P-100001", None),
        (f"https://h.example/00/{SSCC}?91=X-100001", None),
    ],
)
def test_our_number_counts_beside_the_sscc_that_was_made_of_it(scan: str, number: str | None) -> None:
    known: Any = {codes.kept(number)} if number else set[str]()
    assert known == {one for one in codes.readings(scan) if one.startswith(("P1", "C1", "X1"))}
    assert (codes.number_of_ours(scan) == number) is (number is not None)


def test_a_collector_shows_the_code_or_its_link() -> None:
    assert codes.shown(" pk0123 ") == "PK0123"
    assert codes.shown("https://market.example/253/9521141000021PK0123456789ABCD") == "PK0123456789ABCD"
