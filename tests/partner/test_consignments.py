"""Consolidation over API v1: units to one address, cartons, one price, shares to the cent, what arrives and what does not (R91)."""

import importlib.util
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import backhaul.partner
from backhaul import wire
from backhaul.kit.database import Tx
from backhaul.kit.desk import Answer, Errand, Order, Work
from backhaul.kit.machine import Refused
from backhaul.partner import consignment_errands, consignment_queries, queries
from backhaul.partner.access import Known
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import consignment_acts as acts
from backhaul.partner.shapes import Signed
from tests.partner.cast import RUSLAN, VERA, cny, moscow, scan
from tests.partner.doors import entering
from tests.partner.freight import by_weight, letters, opened, speaking, waiting
from tests.partner.house import CHEN, ELIF, ID, House, picture
from tests.partner.house import opened as open_house

SCRIPT = Path(backhaul.partner.__file__).parent / "migrations" / "versions" / "0010_consignments.py"
CARTON = {"length_cm": 40, "width_cm": 30, "height_cm": 25, "weight_gram": 3_000}  # 30,000 cm3: 6.0 kg
SMALL = {"length_cm": 20, "width_cm": 20, "height_cm": 10, "weight_gram": 2_100}  # 4,000 cm3: 0.8 kg; 2.1 kg -> 2.5


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with open_house(database_url, tmp_path) as house:
        yield house


def test_twelve_units_travel_to_hong_kong_as_one_consignment_and_pay_to_the_cent(house: House) -> None:
    """40.00 + 12.50 x 8.5 kg = 146.25: nine units of 350 g share 6 kg, three share 2.5 kg."""
    by_weight(house)
    ids = waiting(house, 12)
    with speaking(house, "ruslan", CHEN) as (ruslan, chen):
        [group] = ruslan.get("/packing")
        assert (12, "Lumitek") == (group["count"], group["company"])
        assert {"2024-10-09T21:00:00Z"} == {
            unit["ship_by"] for unit in group["units"]
        }  # 3 working days, to the end of the 9th
        at = opened(ruslan, house)
        for n, parcel in enumerate(ids):
            if n == 9:
                ruslan.does(f"{at}/add-carton")
            ruslan.does(f"{at}/pack-unit", code=f"R-{parcel}", carton=1 if n < 9 else 2)
        assert [] == ruslan.get("/packing")
        ruslan.does(f"{at}/measure-carton", carton=1, **CARTON)
        assert (409, "carton_not_measured") == ruslan.refused(f"{at}/close-consignment")
        ruslan.does(f"{at}/measure-carton", carton=2, **SMALL)
        shown = chen.get(at)
        assert {"minor": 146_25, "currency": "CNY"} == shown["price"]  # before it is closed, for the seller too
        assert [6_000, 2_500] == [carton["chargeable_gram"] for carton in shown["cartons"]]
        assert (409, "price_changed") == ruslan.refused(f"{at}/close-consignment", price_minor=146_24)
        house.clock.turn_to(moscow("2024-10-07 09:00"))
        ruslan.does(f"{at}/close-consignment", price_minor=146_25)
        shares = [unit["share"]["minor"] for unit in chen.get(at)["units"]]
        parcel = chen.get(f"/parcels/{ID}")
        before = len(chen.get("/messages"))
        ruslan.does(f"{at}/dispatch-consignment", tracking="PF-88001")
        house.clock.turn_to(moscow("2024-10-16 12:00"))
        ruslan.does(f"{at}/deliver-consignment", received_by="Mr Wong")
        done = chen.get(at)
        news = chen.get("/messages")
        told = [(one["text"], one["href"]) for one in news[: len(news) - before]]

    assert 146_25 == sum(shares)
    # 146.25 x 6 / 8.5 / 9 = 11.4705..; 146.25 x 2.5 / 8.5 / 3 = 14.3382..: the cents go to the largest remainders
    assert [11_47] * 9 + [14_34] * 3 == shares
    assert ("in_work", "ship_hk") == (parcel["status"], parcel["decision"])
    assert ("delivered", "PF-88001") == (done["status"], done["tracking"])
    assert [  # once for all twelve, not for each
        ("Of the consignment C-1001, 12 of 12 units were delivered.", at),
        ("The consignment C-1001 left the warehouse. The tracking number: PF-88001.", at),
    ] == told
    with house.office.database.read() as tx:
        assert {(parcel, "shipping"): share for parcel, share in zip(ids, shares, strict=True)} == {
            (parcel, entry.cause.split(":")[0]): entry.amount.minor
            for parcel in ids
            for entry in queries.entries(tx, parcel)
            if entry.cause.startswith("shipping")
        }
        assert cny("4.50") == next(e.amount for e in queries.entries(tx, ID) if e.cause.startswith("storage"))
        assert {"delivered"} == {queries.one(tx, parcel).status for parcel in ids}  # type: ignore[union-attr]
        it, verified = consignment_queries.replay(tx, done["id"])
        assert verified
        assert consignment_queries.one(tx, done["id"]) == it
        for parcel in ids:
            replayed, sound = queries.replay(tx, parcel)
            assert sound
            assert queries.one(tx, parcel) == replayed
    assert 24 == letters(house, wire.HANDED_OVER)  # each label and each delivery, as for a unit alone


def test_by_the_first_tariff_each_unit_pays_its_flat_price(house: House) -> None:
    """J14: two shipments to Hong Kong are 136.00, whatever the carton weighs."""
    ids = waiting(house, 2)
    with speaking(house, "ruslan") as (ruslan,):
        at = opened(ruslan, house)
        for parcel in ids:
            ruslan.does(f"{at}/pack-unit", code=f"S-{parcel}")
        ruslan.does(f"{at}/measure-carton", carton=1, **CARTON)
        closed = ruslan.does(f"{at}/close-consignment")
        shares = [unit["share"]["minor"] for unit in ruslan.get(at)["units"]]

    assert {"minor": 136_00, "currency": "CNY"} == closed["price"]
    assert [68_00, 68_00] == shares


def test_only_what_may_leave_to_that_very_address_is_packed(house: House) -> None:
    """D20, P27: another decision, another address, a check that waits, quarantine, another consignment, an unknown code."""
    ids = waiting(house, 6)
    chen = house.account(CHEN)
    kowloon = house.address(chen, "HK", "Hong Kong", "Kowloon, Unit 9")
    house.clock.turn_to(moscow("2024-10-06 10:00:01"))
    by = chen.by()
    house.gives(by, do.Decide("pickup"), ids[1])
    house.gives(by, do.Decide("ship_hk", kowloon), ids[2])
    house.gives(VERA, do.QueueInspection("It rattles."), ids[3])
    house.expects(return_id=ID + 50, return_number="R-HAZARD", seal="S-HAZARD")
    house.gives(RUSLAN, scan(house.clock.now(), photos=(), shelf="", hazard=True), ID + 50)
    house.gives(by, do.Decide("ship_hk", house.hong_kong), ID + 50)
    with speaking(house, "ruslan", "sonia", CHEN, ELIF) as (ruslan, sonia, owner, elif_):
        at = opened(ruslan, house)
        found = {
            code: ruslan.refused(f"{at}/pack-unit", code=code)
            for code in (f"R-{ids[1]}", f"R-{ids[2]}", f"R-{ids[3]}", "R-HAZARD", "R-NOBODY", "12345678-0001-1")
        }
        ruslan.does(f"{at}/pack-unit", code=f"R-{ids[0]}")
        again = ruslan.does(f"{at}/pack-unit", code=f"R-{ids[0]}")
        other = opened(ruslan, house)
        twice = ruslan.refused(f"{other}/pack-unit", code=f"R-{ids[0]}")
        alone = ruslan.refused(f"/parcels/{ids[0]}/print-label", carrier="Pearl Freight")
        roles = [one.refused(f"{at}/pack-unit", code=f"R-{ids[4]}") for one in (sonia, owner, elif_)]
        no_carton = ruslan.refused(f"{at}/pack-unit", code=f"R-{ids[4]}", carton=2)
        removed = ruslan.refused(f"{at}/remove-carton", carton=1)

    assert {
        f"R-{ids[1]}": (409, "unit_is_not_shipped"),
        f"R-{ids[2]}": (409, "unit_goes_elsewhere"),
        f"R-{ids[3]}": (409, "inspection_not_done"),
        "R-HAZARD": (409, "in_quarantine"),
        "R-NOBODY": (404, "code_unknown"),
        "12345678-0001-1": (409, "in_quarantine"),
    } == found
    assert (2, 1) == (again["version"], again["units"])  # a unit scanned twice is nothing new
    assert ((409, "unit_in_another_consignment"), (409, "in_a_consignment")) == (twice, alone)
    assert [(403, "not_your_role"), (403, "not_your_role"), (404, "not_found")] == roles
    assert ((422, "no_such_carton"), (409, "carton_is_not_empty")) == (no_carton, removed)


def test_an_address_is_shipped_to_48_hours_after_it_was_added(house: House) -> None:
    """D20, both sides: a second before nothing is opened, then it is."""
    chen = house.account(CHEN)
    number = house.address(chen, "HK", "Hong Kong", "Kowloon, Unit 9")  # on 24 September at 12:00
    with speaking(house, "ruslan") as (ruslan,):
        house.clock.turn_to(moscow("2024-09-26 11:59:59"))
        before = ruslan.refused("/consignments", destination_id=number)
        unknown = ruslan.refused("/consignments", destination_id=999)
        elsewhere = ruslan.refused("/consignments", destination_id=house.hong_kong, warehouse="X-1")
        house.clock.turn_to(moscow("2024-09-26 12:00:00"))
        after = ruslan.does("/consignments", destination_id=number)

    assert ((409, "destination_too_new"), (422, "unknown_destination")) == (before, unknown)
    assert (422, "unknown_warehouse") == elsewhere
    assert "C-1001" == after["number"]


def test_a_change_of_mind_counts_until_the_consignment_is_closed(house: House) -> None:
    """P27: a unit decided otherwise keeps all from leaving until it is out; with the labels printed, decisions are locked."""
    ids = waiting(house, 2)
    with speaking(house, "ruslan", CHEN) as (ruslan, chen):
        at = opened(ruslan, house)
        for parcel in ids:
            ruslan.does(f"{at}/pack-unit", code=f"R-{parcel}")
        ruslan.does(f"{at}/measure-carton", carton=1, **CARTON)
        chen.does(f"/parcels/{ids[0]}/decide", decision="pickup")
        refused = ruslan.refused(f"{at}/close-consignment")
        nothing = [chen.get(f"/parcels/{parcel}")["status"] for parcel in ids]
        ruslan.does(f"{at}/take-out-unit", parcel_id=ids[0])
        ruslan.does(f"{at}/close-consignment")
        locked = chen.refused(f"/parcels/{ids[1]}/decide", decision="pickup")
        too_late = [ruslan.refused(f"{at}/{word}", **body) for word, body in (
            ("take-out-unit", {"parcel_id": ids[1]}), ("cancel-consignment", {}), ("add-carton", {}),
        )]  # fmt: skip

    assert (409, "unit_must_come_out") == refused
    assert ["arrived", "arrived"] == nothing
    assert (409, "decision_locked") == locked
    assert {(409, "consignment_not_in_this_state")} == set(too_late)


def test_a_cancelled_consignment_lets_its_units_go(house: House) -> None:
    [parcel] = waiting(house, 1)
    with speaking(house, "ruslan", "sonia") as (ruslan, sonia):
        at = opened(ruslan, house)
        ruslan.does(f"{at}/pack-unit", code=f"R-{parcel}")
        sonia.does(f"{at}/cancel-consignment", reason="The seller asked us to wait.")
        kinds = [one["kind"] for one in sonia.get(f"{at}/events")]
        other = opened(ruslan, house)
        ruslan.does(f"{other}/pack-unit", code=f"R-{parcel}")

    assert ["ConsignmentOpened", "UnitPacked", "ConsignmentCancelled"] == kinds


def test_a_consignment_is_shown_whatever_became_of_its_units(house: House) -> None:
    """Packed, then to be collected and never collected; then the consignment is cancelled: it costs nothing any more."""
    [parcel] = waiting(house, 1)
    with speaking(house, "ruslan", CHEN) as (ruslan, chen):
        at = opened(ruslan, house)
        ruslan.does(f"{at}/pack-unit", code=f"R-{parcel}")
        ruslan.does(f"{at}/measure-carton", carton=1, **CARTON)
        chen.does(f"/parcels/{parcel}/decide", decision="pickup")
    house.clock.turn_to(moscow("2025-03-01 12:00"))
    while house.office.tick():
        pass
    with speaking(house, "ruslan", CHEN) as (ruslan, chen):
        undecided = chen.get(f"/parcels/{parcel}")["decision"]
        quoted = ruslan.get(at)["price"]
        refused = ruslan.refused(f"{at}/close-consignment")
        ruslan.does(f"{at}/cancel-consignment", reason="Nothing is left to ship.")
        cancelled = [one["price"] for one in ruslan.get("/consignments")]
        alone = ruslan.get(at)["price"]
    with entering(house) as door:
        pages = [door("ruslan").open(path) for path in (at, "/consignments", "/packing")]

    assert ("none", {"minor": 68_00, "currency": "CNY"}) == (undecided, quoted)
    assert (409, "unit_must_come_out") == refused
    assert ([None], None) == (cancelled, alone)
    assert [200, 200, 200] == [page.status for page in pages]
    assert "C-1001" in pages[0].text
    assert "68.00" not in pages[0].text


def test_two_packers_at_once_put_a_unit_into_one_consignment(house: House) -> None:
    ids = waiting(house, 8)
    with speaking(house, "ruslan", "ruslan") as people:
        places = [opened(one, house) for one in people]
        jobs = [(one, at, parcel) for parcel in ids for one, at in zip(people, places, strict=True)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(
                lambda job: job[0].http.post(f"{job[1]}/pack-unit", json={"code": f"R-{job[2]}"}).status_code, jobs
            ))  # fmt: skip
        units = [unit["parcel_id"] for one, at in zip(people, places, strict=True) for unit in one.get(at)["units"]]

    assert sorted(ids) == sorted(units)
    assert (8, 8) == (answers.count(200), answers.count(409))


@pytest.mark.parametrize(
    ("first_of_both", "code", "packed_count", "status"),
    [("label", "unit_not_in_store", 0, "in_work"), ("pack", "in_a_consignment", 1, "arrived")],
)
def test_a_unit_that_is_packed_and_gets_a_label_alone_in_one_batch_has_only_one_of_both(
    house: House, first_of_both: str, code: str, packed_count: int, status: str
) -> None:
    """Both sent before either was answered: the first of them holds."""
    [parcel] = waiting(house, 1)
    with speaking(house, "ruslan") as (ruslan,):
        at = opened(ruslan, house)
    consignment_id = int(at.rpartition("/")[2])

    def pack(tx: Tx, now: datetime) -> None:
        packed, terms = acts.PackUnit(f"R-{parcel}"), house.office.house.terms
        consignment_errands.move(tx, house.office.desk, consignment_id, packed, terms, Signed(RUSLAN, now))

    label = Order(parcel, do.PrintLabel("Pearl Freight"), Known(RUSLAN))
    works: list[Work] = [label, Errand(pack)] if first_of_both == "label" else [Errand(pack), label]
    now = house.clock.now()
    first, second = house.office.desk.handle([(work, now) for work in works])
    with house.office.database.read() as tx:
        packed = consignment_queries.one(tx, consignment_id)

    assert isinstance(first, Answer)
    assert isinstance(second, Refused)
    assert packed is not None
    assert (code, packed_count, status) == (second.code, len(packed.units), house.it(parcel).status)


def test_what_arrived_is_delivered_and_what_is_lost_may_turn_up(house: House) -> None:
    ids = waiting(house, 3)
    with speaking(house, "ruslan", CHEN) as (ruslan, chen):
        at = opened(ruslan, house)
        for parcel in ids:
            ruslan.does(f"{at}/pack-unit", code=f"R-{parcel}")
        ruslan.does(f"{at}/measure-carton", carton=1, **CARTON)
        ruslan.does(f"{at}/close-consignment")
        early = ruslan.refused(f"{at}/deliver-consignment", received_by="Mr Wong")
        ruslan.does(f"{at}/dispatch-consignment", tracking="PF-1")
        house.clock.turn_to(moscow("2024-10-14 12:00"))
        proof = ruslan.http.post("/documents", content=picture("teal")).json()["id"]
        strange = [ruslan.refused(f"{at}/deliver-consignment", received_by="Mr Wong", **body) for body in (
            {"delivered_on": "2024-10-03"}, {"delivered_on": "2024-10-15"}, {"delivered_on": "yesterday"},
            {"proof": "0" * 64}, {"parcels": [1]},
        )]  # fmt: skip
        ruslan.does(f"{at}/deliver-consignment", received_by="Mr Wong", delivered_on="2024-10-13", proof=proof,
                    parcels=ids[:1])  # fmt: skip
        partly = chen.get(at)
        ruslan.does(f"{at}/note-consignment-lost", note="The carrier cannot find the rest.", parcels=ids[1:2])
        ruslan.does(f"{at}/note-consignment-lost", note="Nor this one.")
        lost = chen.get(f"/parcels/{ids[2]}")["shipment"]
        twice = ruslan.refused(f"{at}/deliver-consignment", received_by="Mr Wong", parcels=ids[:1])
        seen = chen.http.get(f"{at}/proofs/{proof}")
        ruslan.does(f"{at}/deliver-consignment", received_by="Ms Lau", parcels=ids[2:])
        end = chen.get(at)
        statuses = [chen.get(f"/parcels/{parcel}")["status"] for parcel in ids]

    assert (409, "consignment_not_in_this_state") == early
    assert [
        (422, "before_the_closing"), (422, "in_the_future"), (422, "day_unreadable"), (422, "photos_unknown"),
        (404, "unit_not_in_here"),
    ] == strange  # fmt: skip
    assert ("partly_delivered", "2024-10-13") == (partly["status"], partly["arrivals"][0]["on"])
    assert ("lost", "Nor this one.") == (lost["status"], lost["lost_note"])
    assert (409, "unit_delivered_already") == twice
    assert (200, "image/jpeg") == (seen.status_code, seen.headers["content-type"])
    assert seen.headers["content-disposition"].startswith("attachment")
    assert ("partly_delivered", ["delivered", "in_work", "delivered"]) == (end["status"], statuses)


def test_others_and_readers_get_nothing_and_change_nothing(house: House) -> None:
    waiting(house, 1)
    with speaking(house, "ruslan", ELIF, house.key(CHEN, read_only=True), "vera") as (ruslan, elif_, reader, vera):
        at = opened(ruslan, house)
        ruslan.does(f"{at}/pack-unit", code=f"R-{ID}")
        others = [elif_.http.get(f"{at}{path}").status_code for path in ("", "/events", "/documents/packing-list.pdf")]
        early = ruslan.http.get(f"{at}/documents/packing-list.pdf")
        mine = reader.get("/consignments")
        written = [
            reader.refused(f"{at}/take-out-unit", parcel_id=ID),
            reader.refused("/consignments", destination_id=1),
        ]
        bodies = [
            ruslan.refused(f"{at}/measure-carton", carton=1, **{**CARTON, "length_cm": size}) for size in (0, 301)
        ]
        other_version = ruslan.http.post(f"{at}/add-carton", headers={"if-match": '"1"'})
        vera.get(at)
        packing = elif_.http.get("/packing").status_code

    assert [404, 404, 404] == others
    assert (409, "documents_after_closing") == (early.status_code, early.json()["code"])
    assert ["C-1001"] == [one["number"] for one in mine]
    assert {(403, "role_read_only"), (403, "not_your_role")} >= set(written)
    assert {(422, "field_invalid")} == set(bodies)
    assert (409, "consignment_changed") == (other_version.status_code, other_version.json()["code"])
    assert 403 == packing


def test_what_waited_before_the_migration_waits_after_it(house: House) -> None:
    """Migration 0010 reads the address off each parcel's document; what is decided otherwise waits for none."""
    ids = waiting(house, 3)
    house.gives(house.account(CHEN).by(), do.Decide("pickup"), ids[2])
    spec = importlib.util.spec_from_file_location("consignments", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    engine = house.office.database.engine()
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE parcels SET ships_to = NULL"))
        script._fill(connection)  # noqa: SLF001 -- the part of the script that reads documents
    engine.dispose()
    with house.office.database.read() as tx:
        [group] = consignment_queries.groups(tx)

    assert (house.hong_kong, 2, ids[:2]) == (group.destination.id, group.count, [it.id for it in group.units])
