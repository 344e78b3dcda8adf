"""The carrier by files: manifests go out, statuses come in. Unknown numbers are told, what comes twice does nothing."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.partner.cast import moscow
from tests.partner.doors import entering
from tests.partner.freight import opened, speaking, waiting
from tests.partner.house import CHEN, House
from tests.partner.house import opened as open_house

CARTON = {"length_cm": 40, "width_cm": 30, "height_cm": 25, "weight_gram": 3_000}


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with open_house(database_url, tmp_path) as house:
        yield house


def closed(house: House, count: int = 2) -> list[int]:
    ids = waiting(house, count)
    with speaking(house, "ruslan") as (ruslan,):
        at = opened(ruslan, house)
        for parcel in ids:
            ruslan.does(f"{at}/pack-unit", code=f"R-{parcel}")
        ruslan.does(f"{at}/measure-carton", carton=1, **CARTON)
        ruslan.does(f"{at}/close-consignment")
    return ids


def test_a_manifest_goes_out_and_statuses_come_in_by_directories(house: House, tmp_path: Path) -> None:
    ids = closed(house)
    folder = tmp_path / "data" / "carrier"
    house.office.tick()
    manifest = json.loads((folder / "out" / "C-1001.json").read_text())
    (folder / "out" / "C-1001.json").unlink()
    house.office.tick()  # told once
    sent_again = (folder / "out" / "C-1001.json").exists()

    house.clock.turn_to(moscow("2024-10-08 12:00"))
    (folder / "in" / "monday.csv").write_text(
        "number;status;at;place;tracking\n"
        "C-1001;accepted;2024-10-07T10:00+03:00;Moscow;PF-88001\n"
        "PF-88001;customs;2024-10-08 09:00;Shenzhen Bay;\n"
        "C-9999;in_transit;2024-10-08 09:00;;\n"
        "C-1001;teleported;2024-10-08 09:00;;\n"
        "C-1001;in_transit;2031-01-01 09:00;;\n"
    )
    (folder / "in" / "notes.txt").write_text("not for us")
    (folder / "in" / "broken.json").write_text("{")
    house.office.tick()
    told = json.loads((folder / "in" / "read" / "monday.csv.result.json").read_text())
    broken = json.loads((folder / "in" / "read" / "broken.json.result.json").read_text())
    with speaking(house, CHEN) as (chen,):
        seen = chen.get("/consignments/1001")
        parcel = chen.get(f"/parcels/{ids[0]}")["shipment"]
        kinds = [(one["kind"], one["role"]) for one in chen.get("/consignments/1001/events")][-2:]

    assert ("C-1001", "Pearl Freight", 1) == (manifest["consignment"], manifest["carrier"], len(manifest["cartons"]))
    assert not sent_again
    assert (5, 2) == (told["lines"], told["applied"])
    assert [(3, "consignment_unknown"), (4, "tracking_status_unknown"), (5, "in_the_future")] == [
        (one["line"], one["code"]) for one in told["problems"]
    ]
    assert ["carrier_file_unreadable"] == [one["code"] for one in broken["problems"]]
    assert ["monday.csv"] == [path.name for path in (folder / "in" / "read").glob("*.csv")]
    assert (folder / "in" / "notes.txt").exists()
    assert ("dispatched", "PF-88001", ["Shenzhen Bay"]) == (
        seen["status"], seen["tracking"], [one["place"] for one in seen["tracked"]],
    )  # fmt: skip
    assert ("dispatched", "PF-88001") == (parcel["status"], parcel["tracking"])
    assert [("ConsignmentDispatched", "carrier"), ("TrackingNoted", "carrier")] == kinds


def test_the_same_file_and_the_same_words_again_do_nothing(house: House) -> None:
    ids = closed(house)
    taken = {"number": "C-1001", "status": "in_transit", "at": "2024-10-05T10:00+03:00", "tracking": "PF-1"}
    arrived = {"number": "PF-1", "status": "delivered", "at": "2024-10-09T10:00+08:00", "received_by": "Mr Wong"}
    house.clock.turn_to(moscow("2024-10-12 12:00"))
    with speaking(house, "ruslan", "sonia", "vera", CHEN) as (ruslan, sonia, vera, chen):
        first = sonia.does("/carrier-files", statuses=[taken])
        again = ruslan.does("/carrier-files", statuses=[taken])
        other = ruslan.does("/carrier-files", statuses=[taken, arrived])
        last = ruslan.does("/carrier-files", statuses=[arrived])
        version = chen.get("/consignments/1001")["version"]
        wrong = [one.refused("/carrier-files", statuses=[taken]) for one in (vera, chen)]
        empty = ruslan.refused("/carrier-files", statuses=[])
        shown = chen.get("/consignments/1001")
        files = ruslan.get("/carrier-files")
        statuses = [chen.get(f"/parcels/{parcel}")["status"] for parcel in ids]

    assert [(1, False), (1, True)] == [(one["applied"], one["again"]) for one in (first, again)]
    assert (1, 0, []) == (other["applied"], last["applied"], last["problems"])
    assert [(403, "not_your_role")] * 2 == wrong
    assert (422, "field_invalid") == empty
    assert ("delivered", "2024-10-09", "Mr Wong", version) == (
        shown["status"], shown["arrivals"][0]["on"], shown["arrivals"][0]["received_by"], shown["version"],
    )  # fmt: skip
    assert ["delivered", "delivered"] == statuses
    assert 3 == len(files)


def test_a_consignment_without_a_tracking_number_is_not_on_its_way(house: House) -> None:
    closed(house, 1)
    with speaking(house, "ruslan") as (ruslan,):
        told = ruslan.does("/carrier-files", statuses=[{"number": "c-1001", "status": "in_transit"}])
        lost = ruslan.does("/carrier-files", statuses=[
            {"number": "C-1001", "status": "accepted", "tracking": "PF-1"}, {"number": "C-1001", "status": "lost"},
            {"number": "C-1001", "status": "lost"},
        ])  # fmt: skip
        status = ruslan.get("/consignments/1001")["status"]

    assert ["tracking_needed"] == [one["code"] for one in told["problems"]]
    assert (2, [], "lost") == (lost["applied"], lost["problems"], status)


@pytest.mark.parametrize("letters", [251, 245, 200])
def test_a_file_whose_name_is_as_long_as_a_directory_takes_is_read_once_and_put_away(
    house: House, tmp_path: Path, letters: int
) -> None:
    """What stands beside it has a longer name, which the directory would not take."""
    closed(house, 1)
    folder = tmp_path / "data" / "carrier" / "in"
    house.clock.turn_to(moscow("2024-10-08 12:00"))
    name, other = "x" * letters + ".csv", "x" * (letters - 1) + "y.csv"
    for one in (name, other):
        (folder / one).write_text("number,status,tracking\nC-1001,accepted,PF-1\n")
    for _ in range(2):
        house.office.tick()
    results = [json.loads(path.read_text()) for path in (folder / "read").glob("*.result.json")]

    assert [] == [path for path in folder.iterdir() if path.is_file()]
    assert [1, 1] == [one["lines"] for one in results]
    assert 2 == len(list((folder / "read").glob("*.csv")))


def test_a_line_that_cannot_be_taken_is_set_aside_and_everything_else_goes_on(house: House, tmp_path: Path) -> None:
    closed(house, 1)
    folder = tmp_path / "data" / "carrier" / "in"
    house.clock.turn_to(moscow("2024-10-08 12:00"))
    good = {"number": "C-1001", "status": "accepted", "tracking": "PF-1"}
    lines = [{**good, "at": "0001-01-01"}, {**good, "status": "customs", "at": "0001-01-01T00:00Z"}, {**good, "note": "\ud800"},
             {**good, "number": "\udfff"}, {"status": "accepted"}, good]  # fmt: skip
    (folder / "1.json").write_text(json.dumps(lines))
    (folder / "2.csv").write_text("number,status,at,place\nPF-1,customs,2024-10-08 09:00,Shenzhen Bay\n")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.csv")).write_text("number,status\nPF-1,out_for_delivery\n")
    house.office.tick()
    told = json.loads((folder / "read" / "1.json.result.json").read_text())
    with speaking(house, "ruslan") as (ruslan,):
        tracked = [one["status"] for one in ruslan.get("/consignments/1001")["tracked"]]
        files = [(one["result"]["name"], one["result"]["applied"]) for one in ruslan.get("/carrier-files")]
    with entering(house) as door:
        words = door("ruslan").open("/carrier").text

    assert (6, 1) == (told["lines"], told["applied"])
    assert [
        (1, "instant_unreadable", "at"), (2, "before_the_closing", "at"), (3, "line_unreadable", "note"),
        (4, "line_unreadable", "number"), (5, "field_invalid", "number"),
    ] == [(one["line"], one["code"], one["field"]) for one in told["problems"]]  # fmt: skip
    assert ["customs", "out_for_delivery"] == tracked
    assert [("1.json", 1), ("2.csv", 1), ("?.csv", 1)] == sorted(files)
    assert [] == [path for path in folder.iterdir() if path.is_file()]
    assert "That is before it was closed, on 4 Oct 2024" in words
    assert "Fill in this field: Number." in words
    assert "{" not in words[words.index("1.json") :]
