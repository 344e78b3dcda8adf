"""What is certified on paper: a destroyed unit, a hand-over, a consignment. As its reader downloads it (R77, R80, R109)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backhaul.kit import i18n
from backhaul.partner import consignment_queries, freight_papers, papers
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.words import Mark
from tests.marketplace.test_passes import fonts_of
from tests.partner.cast import CALENDAR, RUSLAN, VERA, moscow
from tests.partner.freight import by_weight, opened, speaking, waiting
from tests.partner.house import CHEN, ELIF, ID, House, picture
from tests.partner.house import opened as open_house

CARTON = {"length_cm": 40, "width_cm": 30, "height_cm": 25, "weight_gram": 3_000}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path / 'partner.db'}", tmp_path) as house:
        yield house


def test_the_disposal_certificate_says_when_how_how_heavy_and_before_whom(house: House) -> None:
    house.expects(serial="SN-77")
    house.arrives(weight_gram=350)
    house.gives(VERA, do.Mark(Mark.SERVICEABLE))  # a serial number is always looked at
    house.clock.turn_to(moscow("2024-10-04 10:00"))
    house.gives(house.account(CHEN).by(), do.Decide("dispose"))
    house.clock.turn_to(moscow("2024-10-04 12:00"))
    house.gives(CALENDAR, do.InstructDisposal())
    house.gives(RUSLAN, do.StartDisposal())
    with speaking(house, "ruslan", CHEN, ELIF) as (ruslan, chen, elif_):
        early = chen.http.get(f"/parcels/{ID}/certificate.pdf").status_code
        photo = ruslan.http.post("/photos", content=picture("red")).json()["id"]
        ruslan.does(f"/parcels/{ID}/destroy", method="Shredded and recycled", witness="N. Orlova", photos=[photo],
                    weight_gram=348)  # fmt: skip
        first, again = chen.file(f"/parcels/{ID}/certificate.pdf"), ruslan.file(f"/parcels/{ID}/certificate.pdf")
        others = elif_.http.get(f"/parcels/{ID}/certificate.pdf").status_code
        act = chen.http.get(f"/parcels/{ID}/hand-over-act.pdf").status_code
    rows = dict(papers.certificate_rows(house.it(), "en"))

    assert (404, 404, 404) == (early, others, act)
    assert first.startswith(b"%PDF-")
    assert b"/Image" in first
    assert first == again
    assert {
        "Parcel": "P-100001", "Return": "R-100017", "Serial number": "SN-77", "Destroyed": "4 Oct 2024, 12:00 Moscow time",
        "Place": "MSK-2", "Method": "Shredded and recycled", "Weight": "0.348 kg", "Witness": "N. Orlova",
        "Why it was destroyed": "The seller decided so", "Shipment of the order": "12345678-0001-1",
    }.items() <= rows.items()  # fmt: skip


def test_the_hand_over_act_names_the_collector_and_that_the_code_was_confirmed(house: House) -> None:
    house.expects()
    house.arrives(weight_gram=350)
    house.clock.turn_to(moscow("2024-10-04 10:00"))
    house.gives(house.account(CHEN).by(), do.Decide("pickup"))
    house.clock.turn_to(moscow("2024-10-05 15:30"))
    house.gives(RUSLAN, do.HandOver("Sun Li", house.code()))
    with speaking(house, "ruslan", CHEN) as (ruslan, chen):
        assert ruslan.file(f"/parcels/{ID}/hand-over-act.pdf") == chen.file(f"/parcels/{ID}/hand-over-act.pdf")
        assert chen.http.get(f"/parcels/{ID}/certificate.pdf").status_code == 404
    rows = dict(papers.act_rows(house.it(), "en"))
    for language in i18n.LANGUAGES:
        names = fonts_of(papers.act_pdf(house.it(), language))
        assert (language == "zh") == any("CJK" in name for name in names), (language, names)
        labels = {label for label, _ in papers.act_rows(house.it(), language)}
        assert language == "en" or not labels & set(rows), language

    assert {
        "Collector": "Sun Li", "One-time code": "confirmed", "Handed over": "5 Oct 2024, 15:30 Moscow time",
    }.items() <= rows.items()  # fmt: skip
    assert house.code() not in str(rows)
    assert "HA-P-100001" == papers.act_number(house.it())


def test_a_consignments_papers_add_up_and_are_the_same_each_time(house: House) -> None:
    """R91: cartons, weights, values, order numbers; the HS code where it is known, which is remembered of the product."""
    by_weight(house)
    ids = waiting(house, 3)
    with speaking(house, "ruslan", CHEN) as (ruslan, chen):
        at = opened(ruslan, house)
        for parcel in ids:
            ruslan.does(f"{at}/pack-unit", code=f"R-{parcel}")
        wrong = [ruslan.refused(f"{at}/declare-goods", parcel_id=ids[0], **body)
                 for body in ({"hs_code": "85"}, {"hs_code": "8518.30.x"}, {"origin": "China"}, {"origin": "1"})]  # fmt: skip
        ruslan.does(f"{at}/declare-goods", parcel_id=ids[0], hs_code="8518.30.9500", origin="cn")
        ruslan.does(f"{at}/take-out-unit", parcel_id=ids[0])
        ruslan.does(f"{at}/pack-unit", code=f"R-{ids[0]}")
        ruslan.does(f"{at}/measure-carton", carton=1, **CARTON)
        ruslan.does(f"{at}/close-consignment")
        names = [document["name"] for document in chen.get(at)["documents"]]
        files = {name: chen.file(f"{at}/documents/{name}.pdf") for name in names}
        again = {name: ruslan.file(f"{at}/documents/{name}.pdf") for name in names}
        manifest = ruslan.http.get(f"{at}/documents/manifest.json").json()
        table = ruslan.file(f"{at}/documents/manifest.csv").decode()
        missing = [chen.http.get(f"{at}/documents/{name}").status_code for name in ("bill.pdf", "packing-list.txt")]
    with house.office.database.read() as tx:
        it = consignment_queries.one(tx, 1001)
    assert it is not None
    invoice, note, packed = (
        freight_papers.MAKERS[name](it).data for name in ("return-invoice", "customs-note", "packing-list")
    )

    assert (422, "hs_code_invalid") == wrong[0] == wrong[1]
    assert [(422, "field_invalid"), (422, "unknown_country")] == wrong[2:]
    assert ["packing-list", "return-invoice", "customs-note", "carton-labels"] == names
    assert files == again
    assert all(content.startswith(b"%PDF-") for content in files.values())
    assert "6,900.00\xa0RUB" == invoice["rows"][-1][-1] == note["rows"][-1][-1]  # three of 2,300.00
    declared = next(row for row in invoice["rows"] if row[0].startswith("P-100001"))
    assert ("8518309500", "China") == (declared[2], declared[3].split(" ")[0])
    assert {"70000000-0001-1", "70000001-0001-1", "70000002-0001-1"} == {row[1] for row in note["rows"][:-1]}
    assert ["3", "1.050"] == packed["rows"][-1][-2:]
    assert ["3.000", "6.000", "3"] == packed["cartons"]["rows"][-1][-3:]
    assert ("C-1001", "C-1001-1", 6_000) == (
        manifest["consignment"], manifest["cartons"][0]["code"], manifest["cartons"][0]["chargeable_gram"],
    )  # fmt: skip
    assert "C-1001,C-1001-1,Pearl Freight,Lumitek,HK,Hong Kong" in table
    assert {404} == set(missing)
