"""A video on request at the partner's doors, and the end of its media 90 days after the unit has left (R66, R67, D22)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from backhaul.cli import app
from backhaul.kit.retention import Retention
from backhaul.partner import queries, tables
from backhaul.partner.retention import judge
from backhaul.partner.rules import commands as do
from tests.filming import phone_film
from tests.partner.cast import CHEN, RUSLAN
from tests.partner.house import CHEN as CHEN_LOGIN
from tests.partner.house import ELIF, ID, PASSWORD, House, opened, picture

SECOND, NINETY_DAYS = timedelta(seconds=1), timedelta(days=90)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with opened(database_url, tmp_path) as one:
        one.expects()
        yield one


def client(house: House, login: str) -> httpx2.Client:
    said = httpx2.post(f"{house.url}/api/v1/sessions", json={"login": login, "password": PASSWORD})
    return httpx2.Client(base_url=house.url, headers={"authorization": f"Bearer {said.json()['token']}"})


def filmed(house: House) -> str:
    """Chen orders, Vera makes a video; its id."""
    house.arrives()
    with client(house, CHEN_LOGIN) as chen:
        unknown = chen.post(f"/api/v1/parcels/{ID}/order-media", json={"kind": "hologram"})
        assert (422, "field_invalid") == (unknown.status_code, unknown.json()["code"])
        assert 200 == chen.post(f"/api/v1/parcels/{ID}/order-media", json={"kind": "video"}).status_code
        assert "video" == chen.get(f"/api/v1/parcels/{ID}").json()["media"]["kind"]
    with client(house, "vera") as vera:
        video: str = vera.post("/api/v1/videos", content=phone_film()).json()["id"]
        answer = vera.post(f"/api/v1/parcels/{ID}/deliver-media", json={"videos": [video]})
        assert 200 == answer.status_code
    return video


def leaves(house: House) -> None:
    house.gives(CHEN, do.Decide("ship_hk", house.hong_kong))
    house.gives(RUSLAN, do.PrintLabel())
    house.gives(RUSLAN, do.ConfirmDelivery())


def cases_deleted(house: House, after: timedelta, holds: Callable[[list[int]], list[int]] = lambda _: []) -> int:
    office = house.office
    house.clock.turn_to(house.clock.now() + after)
    worker = Retention(
        office.database, office.desk, office.clock, office.blobs, tables.book, tables.parcels.c.over_us, judge
    )
    return worker.delete_due(90, holds)


def test_an_ordered_video_is_watched_in_the_account_and_by_nobody_else(house: House) -> None:
    video = filmed(house)
    path = f"/api/v1/parcels/{ID}/videos/{video}"

    with client(house, CHEN_LOGIN) as chen, client(house, ELIF) as elif_:
        assert [video] == chen.get(f"/api/v1/parcels/{ID}").json()["media"]["videos"]
        part = chen.get(path, headers={"range": "bytes=0-3"})
        assert (206, b"\x1a\x45\xdf\xa3", "video/webm") == (
            part.status_code,
            part.content,
            part.headers["content-type"],
        )
        assert "image/jpeg" == chen.get(f"{path}/poster").headers["content-type"]
        assert [404, 404] == [elif_.get(path).status_code, elif_.get(f"{path}/poster").status_code]
        refused = chen.post("/api/v1/videos", content=b"text").json()
        assert ("not_a_video", "videos") == (refused["code"], refused["field"])


def test_media_go_90_days_after_the_unit_has_left_and_everything_still_verifies(house: House) -> None:
    video = filmed(house)
    leaves(house)

    assert 0 == cases_deleted(house, NINETY_DAYS - SECOND)
    assert house.office.blobs.has(video)
    assert 1 == cases_deleted(house, SECOND)
    assert not house.office.blobs.has(video)
    with house.office.database.read() as tx:
        again, chained = queries.replay(tx, ID)
        assert chained
        assert again == house.it()
        poster = tables.book.poster(tx, video)
    assert not house.office.blobs.has(poster)
    with client(house, CHEN_LOGIN) as chen:
        gone = chen.get(f"/api/v1/parcels/{ID}/videos/{video}")
        seen = chen.get(f"/api/v1/parcels/{ID}").json()
    assert (410, "media_deleted") == (gone.status_code, gone.json()["code"])
    assert [video] == [one["id"] for one in seen["deleted_media"]]


def test_a_photo_that_was_deleted_after_its_time_is_no_fault_for_verify(
    house: House, database_url: str, tmp_path: Path
) -> None:
    """Its event names it still. Before its time the file must be there."""
    words = ["verify", "partner", "--data", str(tmp_path / "data"), "--database", database_url]
    photo = house.office.blobs.put_picture(picture("teal"))
    house.errand(lambda tx, at: tables.book.keep(tx, photo, "station", at))
    house.arrives(photos=(photo.id,))
    leaves(house)
    assert 0 == CliRunner().invoke(app, words).exit_code
    house.office.blobs.delete(photo.id)
    told = CliRunner().invoke(app, words)
    assert (1, True) == (told.exit_code, f"photo {photo.id} is missing" in told.output)

    assert 1 == cases_deleted(house, NINETY_DAYS)
    told = CliRunner().invoke(app, words)
    assert (0, False) == (told.exit_code, photo.id in told.output)


def test_what_the_marketplace_holds_stays(house: House) -> None:
    video = filmed(house)
    leaves(house)

    assert 0 == cases_deleted(house, NINETY_DAYS, lambda ids: ids)
    assert house.office.blobs.has(video)
    assert 1 == cases_deleted(house, timedelta(days=1))


def test_a_unit_that_is_still_here_keeps_its_media(house: House) -> None:
    video = filmed(house)

    assert 0 == cases_deleted(house, timedelta(days=400))
    assert house.office.blobs.has(video)


def test_the_inspectors_own_photos_are_asked_for_not_the_sellers(house: House) -> None:
    """Seller and receiver deliver nothing: as with photos."""
    house.arrives()
    house.gives(CHEN, do.OrderMedia())
    with client(house, CHEN_LOGIN) as chen, client(house, "vera") as vera:
        video = chen.post("/api/v1/videos", content=phone_film()).json()["id"]
        photo = vera.post("/api/v1/photos", content=picture("teal")).json()["id"]
        taken = vera.post(f"/api/v1/parcels/{ID}/deliver-media", json={"photos": [photo], "videos": [video]})
        own = chen.post(f"/api/v1/parcels/{ID}/deliver-media", json={"videos": [video]})

    assert ("videos_unknown", "not_your_role") == (taken.json()["code"], own.json()["code"])


def test_what_was_uploaded_and_never_named_goes_after_the_same_time_and_an_orphans_photos_stay(house: House) -> None:
    with client(house, "ruslan") as ruslan:
        loose, named = (ruslan.post("/api/v1/photos", content=picture(one)).json()["id"] for one in ("teal", "navy"))
        form = {
            "warehouse": "MSK-2",
            "weight_gram": 350,
            "shelf": "U-1",
            "photos": [named],
            "note": "A small usb thing",
        }
        assert 201 == ruslan.post("/api/v1/orphans", json=form).status_code
    blobs, leftovers = house.office.blobs, house.office.leftovers

    house.clock.turn_to(house.clock.now() + NINETY_DAYS - timedelta(hours=1))
    assert (0, True) == (leftovers.delete_due(90), blobs.has(loose))
    house.clock.turn_to(house.clock.now() + timedelta(hours=1))
    assert (1, False, True) == (leftovers.delete_due(90), blobs.has(loose), blobs.has(named))
    assert 0 == leftovers.delete_due(90)


def test_a_form_may_be_open_for_a_week_however_short_the_time_of_keeping_is(house: House) -> None:
    with client(house, "ruslan") as ruslan:
        loose = ruslan.post("/api/v1/photos", content=picture("teal")).json()["id"]
    house.clock.turn_to(house.clock.now() + timedelta(days=7) - timedelta(hours=1))
    assert 0 == house.office.leftovers.delete_due(0)
    house.clock.turn_to(house.clock.now() + timedelta(hours=1))

    assert 1 == house.office.leftovers.delete_due(0)
    assert not house.office.blobs.has(loose)
