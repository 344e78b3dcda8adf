"""8.1 point 6 through the doors: the weekly sample, a blind check, a supervisor's review, agreement; each once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from backhaul.partner import photo_proof, queries, second_check_queries
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import keeping
from backhaul.partner.rules.second_checks import SecondStatus
from backhaul.partner.rules.words import Mark
from tests.partner.cast import QUIET, RUSLAN, SONIA, TIMUR, VERA, moscow
from tests.partner.house import CHEN, ID, PASSWORD, House, opened, picture
from tests.web.forms import Visit

REASON = "The dent is plainly seen on the second photo."


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """Vera marks four units in the week of 30 September; Monday comes, and the worker."""
    with opened(database_url, tmp_path) as house:
        house.office.tick()
        house.clock.turn_to(moscow("2024-10-01 10:00"))
        for n in range(4):
            house.expects(return_id=ID + n, return_number=f"R-{ID + n}", serial=f"SN-{n}")
            house.gives(RUSLAN, do.Arrive("MSK-2", 0), ID + n)
            house.gives(VERA, do.Mark(Mark.SERVICEABLE, note="Unused, says Vera"), ID + n)
        house.clock.turn_to(moscow("2024-10-07 00:00"))
        house.office.tick()
        yield house


@contextmanager
def signed_in(house: House, login: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"{house.url}/api/v1") as client:
        token = client.post("/sessions", json={"login": login, "password": PASSWORD}).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def sample(house: House) -> list[int]:
    with house.office.database.read() as tx:
        return [one.parcel_id for one in second_check_queries.in_status(tx, SecondStatus.ORDERED)]


def find(client: httpx2.Client, parcel: int, **found: Any) -> httpx2.Response:
    return client.post(f"/second-checks/{parcel}/check", json=found)


def test_a_sample_of_three_is_drawn_from_four_marks_once(house: House) -> None:
    """Lots of 2 to 25: 3 units, no difference accepted."""
    first = sample(house)
    for _ in range(3):
        house.office.tick()
    house.clock.turn(timedelta(days=6, hours=23))
    house.office.tick()

    assert 3 == len(first)
    assert first == sample(house)


def test_nothing_is_drawn_before_the_week_is_over(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as house:
        house.office.tick()
        house.clock.turn_to(moscow("2024-10-01 10:00"))
        house.expects(serial="SN")
        house.gives(RUSLAN, do.Arrive("MSK-2", 0))
        house.gives(VERA, do.Mark(Mark.SERVICEABLE))
        house.clock.turn(moscow("2024-10-07 00:00") - house.clock.now() - timedelta(microseconds=1))
        house.office.tick()

        assert [] == sample(house)


def test_the_second_person_sees_no_mark_anywhere_until_it_is_done(house: House) -> None:
    parcel = sample(house)[0]
    number = house.it(parcel).number
    with signed_in(house, "timur") as timur, Visit(house.url) as page:
        page.open("/sign-in?lang=en")
        page.client.cookies.set("language", "en")
        page.sign_in("timur", PASSWORD)
        queue = page.open("/warehouse?queue=second_checks").text
        shown = page.open(f"/parcels/{parcel}")
        offered = {form.action for form in shown.page.forms}
        one = timur.get(f"/parcels/{parcel}").json()
        listed = timur.get("/parcels", params={"status": "arrived"}).json()
        blind = [row["inspection"] for row in listed if row["id"] in sample(house)]
        tried = timur.post(f"/parcels/{parcel}/mark", json={"mark": "serviceable"}).json()["code"]

        assert number in queue
        assert "Goods in good condition" not in queue
        assert "Unused, says Vera" not in shown.answer.text
        assert f"/second-checks/{parcel}" in offered
        assert f"/parcels/{parcel}/mark" not in offered
        assert ("done", None, "") == (
            one["inspection"]["status"],
            one["inspection"].get("mark"),
            one["inspection"]["note"],
        )
        assert [None] * 3 == [row.get("mark") for row in blind]
        assert "second_check_open" == tried
        assert 200 == find(timur, parcel, mark="serviceable").status_code
        assert "Unused, says Vera" in page.open(f"/parcels/{parcel}").answer.text
        assert Mark.SERVICEABLE is house.it(parcel).inspection.mark


def test_a_difference_never_overwrites_the_mark_and_may_lead_to_a_revision(house: House) -> None:
    stands, revised, agreed = sample(house)
    with signed_in(house, "timur") as timur, signed_in(house, "sonia") as sonia, signed_in(house, "vera") as vera:
        photo = timur.post("/photos", content=picture("navy")).json()["id"]
        damaged = {"mark": "partially_damaged", "defect": "Dent", "photos": [photo]}
        answers = [find(timur, parcel, **damaged) for parcel in (stands, revised)]
        find(timur, agreed, mark="serviceable")
        untouched = [house.it(parcel).inspection.mark for parcel in (stands, revised)]
        own = find(vera, stands, mark="serviceable").json()["code"]
        twice = find(timur, stands, mark="serviceable").json()["code"]
        waiting = [one["parcel_id"] for one in sonia.get("/second-checks").json()]
        before = sonia.get("/inspectors").json()[0]["weeks"][0]
        too_short = sonia.post(f"/second-checks/{stands}/review", json={"verdict": "first_stands", "comment": "no"})
        by_timur = timur.post(f"/second-checks/{stands}/review", json={"verdict": "revised", "comment": REASON})
        for parcel, verdict in ((stands, "first_stands"), (revised, "revised")):
            said = sonia.post(f"/second-checks/{parcel}/review", json={"verdict": verdict, "comment": REASON})
            assert 200 == said.status_code, said.text
        after = sonia.get("/inspectors").json()[0]["weeks"][0]

    assert [200, 200] == [answer.status_code for answer in answers]
    assert [Mark.SERVICEABLE, Mark.SERVICEABLE] == untouched
    assert ("second_person_needed", "second_check_done") == (own, twice)
    assert sorted([stands, revised]) == waiting
    assert (4, 3, 3, 2) == (before["marks"], before["sample"], before["checked"], before["differing"])
    assert (422, 403) == (too_short.status_code, by_timur.status_code)
    assert (1, 0) == (after["differing"], after["accepted"])
    assert (Mark.SERVICEABLE, 1) == (house.it(stands).inspection.mark, house.it(stands).inspection.revision)
    found = house.it(revised).inspection
    assert (Mark.PARTIALLY_DAMAGED, 2, (photo,), ("timur",)) == (found.mark, found.revision, found.photos, found.by)


def test_a_supervisor_reviews_on_a_page_and_reads_who_agrees(house: House) -> None:
    parcel = sample(house)[0]
    with signed_in(house, "timur") as timur:
        photo = timur.post("/photos", content=picture("teal")).json()["id"]
        find(timur, parcel, mark="partially_damaged", defect="Dent", photos=[photo])
    with Visit(house.url) as sonia:
        sonia.open("/sign-in?lang=en")
        sonia.client.cookies.set("language", "en")
        sonia.sign_in("sonia", PASSWORD)
        listed = sonia.open("/inspection")
        assert f"/second-checks/{parcel}" in listed.page.links
        assert "Vera" in listed.text
        sonia.open(f"/second-checks/{parcel}")
        assert "Goods in good condition" in sonia.text
        assert "Partially damaged" in sonia.text
        assert sonia.client.get(f"/second-checks/{parcel}/photos/{photo}").content[:3] == b"\xff\xd8\xff"
        refused = sonia.press(f"/second-checks/{parcel}/review", {"verdict": "revised", "comment": "no"})
        assert "Explain in at least 10 characters." in refused.text
        sonia.press(f"/second-checks/{parcel}/review", {"verdict": "first_stands", "comment": REASON})
        assert REASON in sonia.text
        assert Mark.SERVICEABLE is house.it(parcel).inspection.mark


def test_a_unit_that_leaves_ends_its_second_check(house: House) -> None:
    parcel, *others = sample(house)
    house.gives(house.account(CHEN).by(), do.Decide("pickup"), parcel)
    house.gives(
        RUSLAN, do.CheckGate(label_matches=True, item_unreadable=True, weight_gram=350, photos=("outer",)), parcel
    )
    house.gives(RUSLAN, do.HandOver("Ivan P.", house.code(parcel)), parcel)
    with signed_in(house, "timur") as timur, signed_in(house, "sonia") as sonia:
        too_late = find(timur, parcel, mark="serviceable")
        waiting = [one["parcel_id"] for one in timur.get("/second-checks").json()]
        gone = [one["parcel_id"] for one in sonia.get("/second-checks", params={"status": "gone"}).json()]
        for other in others:
            find(timur, other, mark="serviceable")
        week = sonia.get("/inspectors").json()[0]["weeks"][0]

    assert (409, "second_check_gone") == (too_late.status_code, too_late.json()["code"])
    assert (others, [parcel]) == (waiting, gone)
    assert (3, 2, 1, 0) == (week["sample"], week["checked"], week["gone"], week["differing"])


def test_only_the_mark_in_force_is_drawn(database_url: str, tmp_path: Path) -> None:
    """Of Vera's three marks Timur revised two; each of the two has one of his own."""
    with opened(database_url, tmp_path) as house:
        house.office.tick()
        house.clock.turn_to(moscow("2024-10-01 10:00"))
        for n in range(3):
            house.expects(return_id=ID + n, return_number=f"R-{ID + n}", serial=f"SN-{n}")
            house.gives(RUSLAN, do.Arrive("MSK-2", 0), ID + n)
            house.gives(VERA, do.Mark(Mark.SERVICEABLE), ID + n)
        house.gives(TIMUR, do.Mark(Mark.SERVICEABLE), ID)
        house.gives(TIMUR, do.Mark(Mark.SUBSTITUTED, comparison="Another", photos=("a", "b", "c")), ID + 1)
        house.gives(SONIA, do.ConfirmMark(), ID + 1)
        with house.office.database.read() as tx:
            week = (moscow("2024-09-30 00:00"), moscow("2024-10-07 00:00"))
            found = [second_check_queries.candidates(tx, name, *week) for name in ("vera", "timur")]

        assert [{ID + 2: f"R-{ID + 2}"}, {ID: f"R-{ID}"}] == found


def test_while_a_proposal_waits_the_second_person_still_sees_no_mark(house: House) -> None:
    parcel = sample(house)[0]
    proposal = do.Mark(Mark.SUBSTITUTED, note="Says Vera", comparison="Another model", photos=("a", "b", "c"))
    house.gives(VERA, proposal, parcel)
    with signed_in(house, "timur") as timur, Visit(house.url) as page:
        page.open("/sign-in?lang=en")
        page.client.cookies.set("language", "en")
        page.sign_in("timur", PASSWORD)
        queue = page.open("/warehouse?queue=second").text
        shown = page.open(f"/parcels/{parcel}")
        one = timur.get(f"/parcels/{parcel}").json()
        tried = timur.post(f"/parcels/{parcel}/confirm-mark", json={}).json()["code"]
        found = find(timur, parcel, mark="serviceable").status_code

    assert house.it(parcel).number not in queue
    assert "Says Vera" not in shown.answer.text
    assert f"/second-checks/{parcel}" in {form.action for form in shown.page.forms}
    assert ("done", None, None) == (one["inspection"]["status"], *map(one["inspection"].get, ("mark", "proposed")))
    assert ("second_check_open", 200) == (tried, found)


def test_a_finding_stands_in_the_chain_with_its_photos_and_uses_its_code_up(house: House) -> None:
    house.follows(replace(QUIET, photo_codes=True, photos_once=True), "evidence")
    one, other, _ = sample(house)
    with signed_in(house, "timur") as timur, signed_in(house, "chen@lumitek.cn") as chen:
        photo = timur.post("/photos", content=picture("olive")).json()["id"]
        code = timur.get(f"/parcels/{one}/photo-code").json()["code"]
        damaged = {"mark": "partially_damaged", "defect": "Dent", "photos": [photo]}
        answer = find(timur, one, **damaged, photo_code=code)
        code = timur.get(f"/parcels/{other}/photo-code").json()["code"]
        elsewhere = find(timur, other, **damaged, photo_code=code).json()["code"]
        kinds = {it["kind"] for it in timur.get(f"/parcels/{one}/events").json()}
        told = {it["kind"] for it in chen.get(f"/parcels/{one}/events").json()}
    it = house.it(one)
    with house.office.database.read() as tx:
        happened = queries.history(tx, one)[-1]
        proof = queries.replay(tx, one) == (it, True), list(photo_proof.faults(tx, house.office.blobs, it))

    assert (200, "photo_used_elsewhere") == (answer.status_code, elsewhere)
    assert ("SecondChecked", "timur", (photo,), it.photo_codes[-1]) == (
        happened.kind, happened.actor, happened.event.photos, happened.event.photo_code,
    )  # fmt: skip
    assert (True, False) == ("SecondChecked" in kinds, "SecondChecked" in told)
    assert (True, []) == proof
    assert photo in keeping.media_of(it)  # it goes with the others when its time is over
    assert Mark.SERVICEABLE is it.inspection.mark


def test_two_failed_weeks_put_an_inspector_on_the_tightened_list(house: House) -> None:
    for week in range(2):
        for parcel in sample(house):
            with signed_in(house, "timur") as timur:
                photo = timur.post("/photos", content=picture("plum")).json()["id"]
                find(timur, parcel, mark="partially_damaged", defect="Dent", photos=[photo])
        if week == 0:
            house.expects(return_id=900, return_number="R-900", serial="SN-900")
            house.gives(RUSLAN, do.Arrive("MSK-2", 0), 900)
            house.gives(VERA, do.Mark(Mark.SERVICEABLE), 900)
            house.clock.turn(timedelta(days=7))
            house.office.tick()
    with signed_in(house, "sonia") as sonia:
        found = sonia.get("/inspectors").json()

    assert [("vera", True)] == [(one["inspector"], one["tightened"]) for one in found]


def test_sellers_and_the_dock_have_no_part_in_it(house: House) -> None:
    parcel = sample(house)[0]
    with signed_in(house, "ruslan") as ruslan, signed_in(house, "chen@lumitek.cn") as chen:
        for client in (ruslan, chen):
            assert 403 == client.get("/second-checks").status_code
            assert 403 == client.get("/inspectors").status_code
            assert 403 == find(client, parcel, mark="serviceable").status_code
        assert "serviceable" == chen.get(f"/parcels/{parcel}").json()["inspection"]["mark"]
