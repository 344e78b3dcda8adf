"""Order management over real HTTP: several parcels at once, by filter and by file, and why a date is what it is."""

import base64
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from backhaul.kit.money import Money
from backhaul.partner import errands, queries
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.tariff import SEED_TARIFF
from backhaul.partner.rules.words import Decision, Service, Status
from tests.partner.cast import RUSLAN, moscow
from tests.partner.doors import Door, entering
from tests.partner.house import CHEN, ELIF, ID, VIEWER, House, opened
from tests.web.forms import Visit


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with opened(database_url, tmp_path) as house:
        for n, price in enumerate((900, 2300, 4800)):
            number = ID + n
            house.expects(return_id=number, return_number=f"R-{number}", price=Money(price * 100))
            house.arrives(parcel=number)
        yield house


@pytest.fixture
def enter(house: House) -> Iterator[Door]:
    with entering(house) as door:
        yield door


def ticked(visit: Visit, decision: str, *parcels: int) -> Visit:
    form = visit.form("/parcels/selected")
    form.values |= {"decision": [decision], "parcel_id": [str(n) for n in parcels]}
    return visit.send(form)


def test_several_parcels_are_shown_with_their_price_then_decided(enter: Door, house: House) -> None:
    chen = ticked(enter(CHEN).open("/parcels"), "ship_hk", ID, ID + 1)
    assert "2 parcels" in chen.text
    assert "136.00" in chen.text  # twice 68.00 by the tariff (J14)
    assert Decision.NONE is house.it().decision  # nothing is done yet

    chen.send(chen.form("/parcels/selected/decide"))

    assert "Done: 2 parcels" in chen.text
    assert ["ship_hk", "ship_hk", "none"] == [house.it(ID + n).decision for n in range(3)]


def test_all_that_match_the_filter_are_decided(enter: Door, house: House) -> None:
    chen = enter(CHEN).open("/parcels?tab=decide&below_rub=2301&reason=did_not_fit&mark=none")
    assert [f"P-10000{n}" in chen.text for n in (1, 2, 3)] == [True, True, False]
    form = chen.form("/parcels/selected")
    form.values |= {"decision": ["dispose"], "all": ["yes"]}
    chen.send(form).send(chen.form("/parcels/selected/decide"))

    assert ["dispose", "dispose", "none"] == [house.it(ID + n).decision for n in range(3)]
    assert "No parcel matches the filter." in chen.open("/parcels?tab=decide&sku=1").text


def test_a_list_is_saved_filled_in_and_sent_back(enter: Door, house: House) -> None:
    """J10: what nobody ships is refused in a file as on the page."""
    chen = enter(CHEN).open("/parcels")
    saved = chen.client.get("/parcels/to-decide.csv")
    rows = list(csv.DictReader(io.StringIO(saved.text.removeprefix("\ufeff"))))
    assert ["P-100001", "P-100002", "P-100003"] == [row["number"] for row in rows]
    assert ["900.00", "2300.00", "4800.00"] == [row["price_rub"] for row in rows]

    said = ("ship_hk", "ship_tr", "pickup")
    lines = [f"{row['number'].lower()};{word};" for row, word in zip(rows, said, strict=True)]
    text = "\r\n".join(["number;decision;destination_id", *lines, "P-999;pickup;", "P-100001;dispose;"])
    form = chen.form("/parcels/decision-file").fill(file=[text.encode()])
    chen.send(form)

    assert "2 rows of the file say nothing that can be done" in chen.text
    assert "Row 5 Nothing here carries the code P-999." in chen.text
    assert "Row 6 The parcel P-100001 stands in the file twice." in chen.text
    assert "Neither the marketplace nor its partners ship to Turkey." in chen.text
    assert "Confirm for 2 parcels" in chen.text
    assert Decision.NONE is house.it().decision

    chen.send(chen.form("/parcels/selected/decide"))
    assert ["ship_hk", "none", "pickup"] == [house.it(ID + n).decision for n in range(3)]
    link = re.search(r'href="data:text/csv;base64,([^"]+)"', chen.answer.text)
    assert link is not None
    results = base64.b64decode(link.group(1)).decode("utf-8-sig").splitlines()
    assert ["parcel_id,number,done,decision,code,detail", f"{ID},P-100001,yes,ship_hk,,"] == results[:2]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"a,b\r\n1,2", "These columns are missing in the first row of the file: number, decision."),
        (b"number,decision\r\n", "The file says nothing."),
        ("number,decision\r\nП,pickup".encode("cp1251"), "Save the file as CSV in UTF-8."),
        (b"number,decision\r\n" + b'"' + b"P-1,pickup\r\n" * 20_000, "This file cannot be read as CSV."),
        (b"number,decision\r\n" + b"P-1,pickup\r\n" * 501, "Between 1 and 500 at a time are possible."),
    ],
)
def test_a_file_that_is_none_is_told_why(enter: Door, data: bytes, sentence: str) -> None:
    chen = enter(CHEN).open("/parcels")
    chen.send(chen.form("/parcels/decision-file").fill(file=[data]))

    assert (422, True) == (chen.status, sentence in chen.text)


def test_a_selection_reaches_only_what_is_the_companys_own(enter: Door, house: House) -> None:
    assert not enter(VIEWER).open("/parcels").offers("/parcels/selected")
    house.expects(return_id=300_001, return_number="R-300001", seller_id=1180457, seller_country="TR", variant="T")
    house.arrives(parcel=300_001)
    elif_ = ticked(enter(ELIF).open("/parcels"), "pickup", ID, 300_001)
    elif_.send(elif_.form("/parcels/selected/decide"))

    assert ["none", "pickup"] == [house.it(ID).decision, house.it(300_001).decision]


def test_a_twice_sent_confirmation_is_done_once(enter: Door, house: House) -> None:
    chen = ticked(enter(CHEN).open("/parcels"), "pickup", ID)
    form = chen.form("/parcels/selected/decide")
    chen.send(form)
    version = house.it().version
    chen.send(form)

    assert ("Done: 1 parcel" in chen.text, version) == (True, house.it().version)


def test_a_confirmation_counts_for_what_stood_on_the_page(enter: Door, house: House) -> None:
    chen = ticked(enter(CHEN).open("/parcels"), "dispose", ID, ID + 1)
    form = chen.form("/parcels/selected/decide")
    dearer = {**SEED_TARIFF.prices_minor, Service.DISPOSAL: 9_00}
    tariff = msgspec.structs.replace(SEED_TARIFF, version="2", prices_minor=dearer)
    house.errand(lambda tx, at: errands.put_terms(tx, "tariff", "2", tariff, at))
    house.clock.turn_to(moscow("2024-10-04 12:00"))
    chen.send(form)

    assert chen.text.count("9.00 CNY") >= 2
    assert ["none", "none"] == [house.it(ID + n).decision for n in range(2)]


def test_a_confirmation_that_says_not_what_it_saw_changes_nothing(enter: Door, house: House) -> None:
    chen = ticked(enter(CHEN).open("/parcels"), "dispose", ID, ID + 1)
    form = chen.form("/parcels/selected/decide")
    del form.values[f"seen-{ID + 1}"]
    chen.send(form)

    assert "This form does not say which state it saw." in chen.text
    assert ["none", "none"] == [house.it(ID + n).decision for n in range(2)]


@pytest.mark.parametrize("after", ["9" * 4301, "1-" + "9" * 4301, "-5", "x"])
def test_a_place_in_a_list_that_is_none_shows_the_list_from_its_beginning(enter: Door, after: str) -> None:
    chen, ruslan = enter(CHEN), enter("ruslan")
    for tab in ("decide", "decided", "done"):
        assert 200 == chen.open(f"/parcels?tab={tab}&after={after}").status
    assert 200 == chen.open(f"/returns-management?after={after}").status
    assert 200 == ruslan.open(f"/warehouse?queue=sent&after={after}").status


def test_what_is_on_its_way_is_not_hidden_by_a_page_of_what_is_being_destroyed(enter: Door, house: House) -> None:
    ids = [ID + n for n in range(queries.PAGE_ROWS + 1)]
    for number in ids[3:]:
        house.expects(return_id=number, return_number=f"R-{number}")
        house.arrives(parcel=number)
    by = house.account(CHEN).by()
    for number in ids[:-1]:
        house.gives(by, do.Decide("dispose"), number)
    house.gives(by, do.Decide("ship_hk", house.hong_kong), ids[-1])
    house.clock.turn_to(moscow("2024-10-03 19:00"))
    house.office.desk.sweep()
    for number in ids[:-1]:
        house.gives(RUSLAN, do.StartDisposal(), number)
    house.gives(RUSLAN, do.PrintLabel(), ids[-1])
    ruslan = enter("ruslan")

    assert {Status.IN_WORK} == {house.it(number).status for number in ids}
    assert house.it(ids[-1]).number in ruslan.open("/warehouse?queue=sent").text
    assert house.it(ids[0]).number not in ruslan.text
    assert house.it(ids[0]).number in ruslan.open("/warehouse?queue=destroy").text
    assert house.it(ids[-1]).number not in ruslan.text


def test_the_page_of_a_parcel_says_why_its_date_is_what_it_is(enter: Door) -> None:
    chen = enter(CHEN).open(f"/parcels/{ID}")

    assert "Why this date?" in chen.text
    assert "The unit was scanned in on 3 Oct 2024, 16:42 Moscow time: the time counts from then." in chen.text


def test_a_named_collector_alone_gets_the_unit(enter: Door, house: House) -> None:
    chen = enter(CHEN).open(f"/parcels/{ID}")
    chen.send(chen.form(f"/parcels/{ID}/decide", decision="pickup").fill(collector="Wang  Lei"))
    assert "Wang Lei" in chen.text
    ruslan = enter("ruslan")
    ruslan.open(f"/parcels/{ID}").press(f"/parcels/{ID}/hand-over", {"collector": "Li Si", "code": house.code()})
    assert "The seller named another collector: Wang Lei." in ruslan.text
    ruslan.open(f"/parcels/{ID}").press(f"/parcels/{ID}/hand-over", {"collector": "wang lei", "code": house.code()})

    assert "picked_up" == house.it().status


def test_two_supervisors_release_the_breaker_on_its_page(enter: Door, house: House) -> None:
    sonia = enter("sonia").open("/destruction")
    house.clock.turn_to(moscow("2024-10-03 17:00"))
    sonia.press("/destruction/propose-release", {"reason": "short"})
    assert "Explain in at least 10 characters." in sonia.text
    sonia.press("/destruction/propose-release", {"reason": "A week of standstill is caught up."})

    assert "Another supervisor must agree." in sonia.text
    assert not sonia.offers("/destruction/release")
    assert 403 == enter("ruslan").open("/destruction").status
