"""D21 through the doors: what is published when, that it computes again, and that nobody learns a key before its epoch is over."""

import csv
import hashlib
import hmac
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from alembic import command
from typer.testing import CliRunner

from backhaul import verifying
from backhaul.cli import app
from backhaul.kit import migrations
from backhaul.kit.database import Database, Statement
from backhaul.partner import draw_check, draw_queries, tables
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import GateStatus, InspectionStatus, Mark
from tests.kit.test_schema_of_notices import migrate
from tests.partner.cast import QUIET, RUSLAN, TIMUR, VERA
from tests.partner.house import CHEN, ID, PASSWORD, House, opened, picture
from tests.web.forms import Entries, Visit

# Drawn half of the time, by epochs of a week; everything else as in quiet houses.
HALVES = msgspec.structs.replace(QUIET, draw_share_pct=50, draw_epoch_days=7)


@pytest.fixture
def public(house: House) -> Iterator[httpx2.Client]:
    """Somebody who has not signed in."""
    with httpx2.Client(base_url=house.url) as client:
        yield client


def drawn_by_hand(key: str, return_number: str, share_pct: int) -> tuple[str, bool]:
    """The published rule, written anew."""
    digest = hmac.new(bytes.fromhex(key), return_number.encode(), hashlib.sha256).hexdigest()
    return digest, int(digest, 16) / 2**256 < share_pct / 100


def everything_published(client: httpx2.Client) -> str:
    """Every page and answer that is open to all."""
    paths = ["/draw", "/api/v1/draws", *(f"/draw/{n}" for n in range(1, 5)), *(f"/api/v1/draws/{n}" for n in range(1, 5)),
             *(f"/draw/{n}/log.csv" for n in range(1, 5))]  # fmt: skip
    return "\n".join(client.get(path).text for path in paths)


# -- Epochs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def fresh(database_url: str, tmp_path: Path) -> Iterator[House]:
    """A house of weekly epochs in the first one that runs after a quiet time: 25 September 2024."""
    with opened(database_url, tmp_path, HALVES) as house:
        house.office.tick()
        house.clock.turn(timedelta(days=1))
        house.office.tick()
        yield house


def test_the_hash_is_public_before_the_epoch_and_the_key_after_it(fresh: House) -> None:
    with httpx2.Client(base_url=fresh.url) as public:
        before = public.get("/api/v1/draws").json()
        number, ends = before[0]["number"], before[0]["ends"]
        with fresh.office.database.read() as tx:
            epoch = draw_queries.epoch(tx, number)
        assert epoch is not None
        key = fresh.office.seal.open(epoch.sealed_key)
        assert epoch.published < epoch.begins
        assert hashlib.sha256(bytes.fromhex(key)).hexdigest() == before[0]["key_sha256"]

        fresh.clock.turn_to(epoch.ends - timedelta(microseconds=1))
        last_moment = everything_published(public)
        told_off = public.get(f"/draw/{number}/log.csv", headers={"accept-language": "en"})
        fresh.clock.turn_to(epoch.ends)
        after = public.get(f"/api/v1/draws/{number}").json()

        assert key not in last_moment
        assert (409, True) == (told_off.status_code, "This epoch is not over" in told_off.text)
        assert (key, True, ends) == (after["key"], after["over"], after["ends"])
        assert key in public.get(f"/draw/{number}").text


def test_epochs_roll_by_the_calendar_exactly_once_and_one_is_always_ahead(fresh: House) -> None:
    fresh.office.tick()
    began = len(epochs_of(fresh))
    for _ in range(10):
        fresh.office.tick()
    same = len(epochs_of(fresh))
    fresh.clock.turn(timedelta(days=7))
    fresh.office.tick()
    fresh.office.tick()
    weekly_ = epochs_of(fresh)

    assert began == same
    assert began + 1 == len(weekly_)
    assert weekly_[0].begins > fresh.clock.now()
    assert weekly_[0].begins == weekly_[1].ends


def test_after_a_long_downtime_nothing_is_made_up_and_the_next_epoch_begins_tomorrow(fresh: House) -> None:
    fresh.office.tick()
    before = epochs_of(fresh)
    fresh.clock.turn(timedelta(days=100))
    fresh.expects()
    fresh.gives(RUSLAN, do.Arrive("MSK-2", 0))
    fresh.office.tick()
    after = epochs_of(fresh)

    assert ("draw_closed",) == fresh.it().inspection.reasons  # no epoch ran: everything is checked
    assert len(before) + 1 == len(after)
    assert timedelta(0) < after[0].begins - fresh.clock.now() <= timedelta(days=1)


def epochs_of(house: House) -> list[draw_queries.Epoch]:
    with house.office.database.read() as tx:
        return draw_queries.epochs(tx)


def test_an_epoch_and_its_log_cannot_be_changed_in_the_database(fresh: House) -> None:
    for statement in (tables.draw_epochs.update().values(key_sha256="x"), tables.draw_epochs.delete()):
        with pytest.raises(Exception, match="database_failed"):
            fresh.errand(lambda tx, _, s=statement: tx.run(Statement(s)))


# -- The log ----------------------------------------------------------------------------------------------------------


def arrivals(house: House, count: int) -> None:
    """So many plain units arrive, and one with a serial number."""
    at = house.clock.now()
    for n in range(count):
        serial = "SN-1" if n == 0 else None
        house.expects(return_id=200_000 + n, return_number=f"R-{200_000 + n}", point_id="77-0412", serial=serial)
        house.gives(RUSLAN, do.Arrive("MSK-2", int(at.timestamp()) * 1_000_000), 200_000 + n)


def test_the_published_log_computes_again_from_its_file_alone(fresh: House, tmp_path: Path) -> None:
    arrivals(fresh, 30)
    number = fresh.it(200_001).draw.epoch  # type: ignore[union-attr]
    with httpx2.Client(base_url=fresh.url) as public:
        fresh.clock.turn(timedelta(days=8))
        found = public.get(f"/api/v1/draws/{number}")
        table = public.get(f"/draw/{number}/log.csv").text
        listed = next(one for one in public.get("/api/v1/draws").json() if one["number"] == number)
    document = found.json()
    rows = list(csv.DictReader(io.StringIO(table)))
    by_hand = [drawn_by_hand(document["key"], line["return_number"], line["share_pct"]) for line in document["draws"]]
    file, log = tmp_path / "draw.json", tmp_path / "draw.csv"
    file.write_bytes(found.content)
    log.write_text(table)
    said = CliRunner().invoke(app, ["partner", "verify-draw", str(file)])
    said_of_csv = CliRunner().invoke(app, ["partner", "verify-draw", str(log), "--key", document["key"]])

    assert (30, 30) == (document["units"], len(document["draws"]))
    assert sum(line["drawn"] for line in document["draws"]) == document["drawn"]
    assert (30, document["drawn"]) == (listed["units"], listed["drawn"])
    assert by_hand == [(line["digest"], line["drawn"]) for line in document["draws"]]
    assert ["serial"] == document["draws"][0]["rules"]
    assert {"seller:2093311/point:77-0412/electronics"} == {line["stratum"] for line in document["draws"]}
    assert {"halves"} == {line["policy_version"] for line in document["draws"]}
    assert [line["return_number"] for line in document["draws"]] == [row["return_number"] for row in rows]
    assert (0, 0) == (said.exit_code, said_of_csv.exit_code), said.output + said_of_csv.output
    assert "30 units computed again" in said.output
    checked = {n for n in range(200_001, 200_030) if fresh.it(n).inspection.status is InspectionStatus.QUEUED}
    assert {int(line["return_number"][2:]) for line in document["draws"][1:] if line["drawn"]} == checked


def test_what_was_drawn_before_it_was_counted_is_counted(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path, HALVES) as house:
        house.office.tick()
        house.clock.turn(timedelta(days=1))
        house.office.tick()
        arrivals(house, 12)
        number = house.it(200_001).draw.epoch  # type: ignore[union-attr]
        with house.office.database.read() as tx:
            grown = draw_queries.counts(tx, [number])
    database = Database(database_url)
    migrate(database, "partner", command.downgrade, "0013")
    migrations.upgrade(database, "backhaul.partner", tables.metadata)
    with database.read() as tx:
        filled = draw_queries.counts(tx, [number])
    database.close()

    assert (12, grown) == (filled[number][0], filled)


@pytest.mark.parametrize("before", [-(2**40), 0, 2**31, 2**40])
def test_a_page_of_epochs_after_any_number_is_an_answer(house: House, public: httpx2.Client, before: int) -> None:
    answer = public.get("/api/v1/draws", params={"before": before})

    assert (200, before > 0) == (answer.status_code, bool(answer.json()))
    assert house.url


@pytest.mark.parametrize("spoil", [
    {"drawn": True}, {"drawn": False}, {"digest": "0" * 64}, {"share_pct": 0}, {"return_number": "R-1000000"},
])  # fmt: skip
def test_whoever_changes_a_published_line_is_found(spoil: dict[str, Any]) -> None:
    key = "ab" * 32
    numbers = [f"R-{n}" for n in range(40)]
    lines = [dict(zip(("digest", "drawn"), drawn_by_hand(key, n, 50), strict=True)) | {"return_number": n, "share_pct": 50}
             for n in numbers]  # fmt: skip
    victim = next(
        line
        for line in lines
        if line["drawn"] is not spoil.get("drawn", not line["drawn"])
        and line["drawn"] is not (spoil == {"drawn": True})
    )
    whole = {"key": key, "key_sha256": hashlib.sha256(bytes.fromhex(key)).hexdigest(), "draws": lines}
    fine = list(draw_check.faults(draw_check.read(json.dumps(whole).encode())))
    victim.update(spoil)
    spoilt = list(draw_check.faults(draw_check.read(json.dumps(whole).encode())))

    assert [] == fine
    assert 1 == len(spoilt)


def test_a_key_that_is_not_the_one_of_the_hash_is_found() -> None:
    said = list(draw_check.faults(draw_check.Published("ab" * 32, "00" * 32, [])))

    assert ["the key is not the one whose hash was published before the epoch"] == said


def test_100_000_numbers_come_out_again_from_the_published_key() -> None:
    """The file of a busy epoch, checked by the command's own code against numbers computed by hand."""
    key = "5a" * 32
    lines = []
    for n in range(100_000):
        digest = hmac.new(bytes.fromhex(key), f"R-{n}".encode(), hashlib.sha256).hexdigest()
        lines.append(draw_check.Line(f"R-{n}", 20, digest, int(digest, 16) / 2**256 < 0.20))
    found = draw_check.Published(key, hashlib.sha256(bytes.fromhex(key)).hexdigest(), lines)

    assert [] == list(draw_check.faults(found))
    assert 19_494 < sum(line.drawn for line in lines) < 20_506  # four standard deviations of 126.5


# -- The seller -------------------------------------------------------------------------------------------------------


def test_a_seller_reads_why_a_unit_was_chosen_or_not(house: House) -> None:
    house.expects()
    house.arrives()
    house.expects(
        return_id=ID + 1, return_number="R-2", price=msgspec.structs.replace(house.it().unit.price, minor=10_000_01)
    )
    house.gives(RUSLAN, do.Arrive("MSK-2", 0), ID + 1)
    digest = house.it().draw.digest  # type: ignore[union-attr]
    number = f"{int(digest, 16) * 10_000 // 2**256:04d}"
    with Visit(house.url) as chen:
        chen.open("/sign-in?lang=en")
        chen.client.cookies.set("language", "en")
        chen.sign_in(CHEN, PASSWORD)
        plain = chen.open(f"/parcels/{ID}").text
        chosen = chen.open(f"/parcels/{ID + 1}").text

        assert f"Not drawn: 0.{number} ≥ 0.00, epoch 1." in plain
        assert "Not inspected" in plain
        assert "Inspected because the price is over 10,000 roubles" in chosen or "over 10000 roubles" in chosen
        assert "Not drawn" not in chosen
        assert "/draw/1" in chen.open(f"/parcels/{ID}").page.links


# -- Strata -----------------------------------------------------------------------------------------------------------


def strata(house: House) -> dict[str, tuple[int, ...]]:
    s = tables.strata.c
    statement = Statement(tables.strata.select().order_by(s.name))
    with house.office.database.read() as tx:
        return {row[0]: tuple(row[1:]) for row in tx.rows(statement)}


def test_clean_checks_lower_the_share_and_a_finding_raises_it_again(database_url: str, tmp_path: Path) -> None:
    """CSP-1 with i = 2 and f = 0 %: checked, checked, passed by, then a finding, and all are checked again."""
    policy = msgspec.structs.replace(QUIET, draw_clean_units=2, draw_stratum_units_min=1)
    with opened(database_url, tmp_path, policy) as house:
        at = int(house.clock.now().timestamp()) * 1_000_000

        def arrive(n: int, **told: Any) -> bool:
            house.expects(return_id=n, return_number=f"R-{n}", **told)
            house.gives(RUSLAN, do.Arrive("MSK-2", at), n)
            return house.it(n).inspection.status is InspectionStatus.QUEUED

        assert arrive(1)
        house.gives(VERA, do.Mark(Mark.SERVICEABLE), 1)
        assert arrive(2)
        house.gives(TIMUR, do.Mark(Mark.SERVICEABLE), 2)
        assert not arrive(3)
        assert arrive(4, serial="SN-4")  # a rule
        house.gives(VERA, do.Mark(Mark.COMPLETELY_DAMAGED, "Broken", photos=("p",)), 4)
        assert arrive(5)
        # name: arrived, units of the draw, clean run, checked, findings
        assert (5, 4, 0, 3, 1) == strata(house)["all"]
        assert (5, 4, 0, 3, 1) == strata(house)["seller:2093311"]
        assert (5, 0, 0, 0, 0) == strata(house)["sku:2093311/700100"]


def test_the_first_units_of_a_seller_are_checked_by_the_seed_policy(house: House) -> None:
    house.follows(msgspec.structs.replace(QUIET, inspect_first_of_seller=2), "firsts")
    arrivals(house, 4)

    assert [("serial", "seller_new"), ("seller_new",), (), ()] == [
        house.it(200_000 + n).inspection.reasons for n in range(4)
    ]


# -- Photos -----------------------------------------------------------------------------------------------------------

EVIDENCE = msgspec.structs.replace(QUIET, photo_codes=True, photos_once=True)


@contextmanager
def signed_in(house: House, login: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"{house.url}/api/v1") as client:
        token = client.post("/sessions", json={"login": login, "password": PASSWORD}).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def to_inspect(house: House, count: int = 1) -> None:
    for n in range(count):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}", serial=f"SN-{n}")
        house.gives(RUSLAN, do.Arrive("MSK-2", 0), ID + n)


def test_a_photo_of_another_return_is_refused_and_one_changed_byte_is_found(
    house: House, tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    house.follows(EVIDENCE, "evidence")
    to_inspect(house, 2)
    with signed_in(house, "vera") as vera:
        photo = vera.post("/photos", content=picture("crimson")).json()["id"]
        mark = {"mark": "partially_damaged", "defect": "Scratch", "photos": [photo]}

        def give(parcel: int, **more: Any) -> httpx2.Response:
            return vera.post(f"/parcels/{parcel}/mark", json={**mark, **more})

        def code(parcel: int) -> str:
            return str(vera.get(f"/parcels/{parcel}/photo-code").json()["code"])

        without = give(ID)
        given = code(ID)
        fine = give(ID, photo_code=given)
        again = give(ID, photo_code=given)
        elsewhere = give(ID + 1, photo_code=code(ID + 1))
        house.clock.turn(timedelta(minutes=16))
        shown = vera.get(f"/parcels/{ID}").json()["inspection"]["photos"]
    said = [answer.json().get("code") for answer in (without, again, elsewhere)]
    before = verifying.verify("partner", tmp_path / "data", database_url)
    spoil_one_byte(tmp_path / "data" / "blobs", photo)
    after = verifying.verify("partner", tmp_path / "data", database_url)

    assert ["photo_code_needed", "photo_code_used", "photo_used_elsewhere"] == said
    assert (200, [photo]) == (fine.status_code, shown)
    assert (0, 1) == (before, after)
    assert f"{house.it().number}: photo {photo} is not what it was" in capsys.readouterr().err


def test_one_outer_photo_does_not_pass_two_units_at_the_gate(house: House) -> None:
    house.follows(EVIDENCE, "evidence")
    to_inspect(house, 2)
    with signed_in(house, "ruslan") as ruslan, signed_in(house, "sonia") as sonia:
        photo = ruslan.post("/photos", content=picture("indigo")).json()["id"]
        check = {"label_matches": True, "item_code": "700100", "weight_gram": 350, "photos": [photo]}

        def give(parcel: int, **more: Any) -> httpx2.Response:
            return ruslan.post(f"/parcels/{parcel}/check-gate", json={**check, **more})

        codes = [ruslan.get(f"/parcels/{ID + n}/photo-code").json()["code"] for n in range(2)]
        answers = [give(ID), give(ID, photo_code=codes[0]), give(ID + 1, photo_code=codes[1])]
        for_supervisors = sonia.get(f"/parcels/{ID + 1}/photo-code").status_code

    assert ["photo_code_needed", None, "photo_used_elsewhere"] == [answer.json().get("code") for answer in answers]
    assert [200, 200] == [answers[1].status_code, for_supervisors]  # a supervisor may check at the gate, too
    assert [GateStatus.PASSED, GateStatus.DUE] == [house.it(ID + n).gate.status for n in range(2)]


def spoil_one_byte(blobs: Path, photo: str) -> None:
    file = blobs / photo[:2] / photo[2:4] / photo
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def test_the_page_shows_the_code_and_sends_it_along(house: House) -> None:
    house.follows(EVIDENCE, "evidence")
    to_inspect(house)
    with Visit(house.url) as vera:
        vera.open("/sign-in?lang=en")
        vera.client.cookies.set("language", "en")
        vera.sign_in("vera", PASSWORD)
        text = vera.open(f"/parcels/{ID}").text
        code = re.search(r"Keep this code in the frame of every photo: ([2-9A-Z]{6})", text)
        assert code is not None
        entries: Entries = {"mark": "partially_damaged", "photos": [picture("olive")]}
        told = vera.press(
            f"/parcels/{ID}/mark", entries
        ).text  # the defect is missing: the photos stay, and so does their code
        assert "Name the defect." in told
        assert code.group() in told
        vera.press(f"/parcels/{ID}/mark", {"mark": "partially_damaged", "defect": "Dent"})
        assert Mark.PARTIALLY_DAMAGED is house.it().inspection.mark
        assert (code.group(1),) == house.it().photo_codes


def test_the_seed_policy_asks_for_all_of_it() -> None:
    """8.1: 25 clean, 20 %, floor 5 %, first 20 of a seller and 10 of a product, two working days."""
    seed = Policy()

    assert (25, 20, 5, 25) == (
        seed.draw_clean_units, seed.draw_share_pct, seed.draw_floor_pct, seed.draw_stratum_units_min,
    )  # fmt: skip
    assert (20, 10, 2) == (seed.inspect_first_of_seller, seed.inspect_first_of_sku, seed.inspect_working_days)
    assert (True, 15, True) == (seed.photo_codes, seed.photo_code_minutes, seed.photos_once)
