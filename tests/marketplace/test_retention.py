"""Media of customers go 180 days after the end of their return, unless something holds them; a tombstone stays (R67, D22)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit.blobs import Blob
from backhaul.kit.desk import Answer, Errand
from backhaul.kit.retention import Retention
from backhaul.kit.videos import Video
from backhaul.marketplace import queries, tables
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.retention import is_held, judge
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Status
from tests.marketplace import people
from tests.marketplace.cast import IML, IRINA, KETTLE, MARINA, MUG, OLEG, THROW, Market, market, moscow, served
from tests.web.company import PASSWORD, let_in, picture

SECOND, HALF_A_YEAR = timedelta(seconds=1), timedelta(days=180)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def cases_deleted(shop: Market, after: timedelta) -> int:
    """A fresh worker's round, so long after now."""
    office = shop.office
    shop.clock.turn_to(shop.clock.now() + after)
    worker = Retention(
        office.database, office.desk, office.clock, office.blobs, tables.book, tables.returns.c.over_us, judge
    )
    return worker.delete_due(180)


def is_told_kept(shop: Market) -> bool:
    with shop.office.database.read() as tx:
        return not tables.book.deleted(tx, [shop.photo])


def is_there(shop: Market) -> bool:
    told = is_told_kept(shop)
    assert shop.office.blobs.has(shop.photo) is told
    return told


def test_photos_go_180_days_after_the_end_and_everything_still_verifies(shop: Market) -> None:
    return_id = shop.in_status(Status.CANCELLED)

    assert 0 == cases_deleted(shop, HALF_A_YEAR - SECOND)
    assert is_there(shop)
    assert 1 == cases_deleted(shop, SECOND)
    assert not is_there(shop)
    assert 0 == cases_deleted(shop, timedelta(days=1))
    with shop.office.database.read() as tx:
        again, chained = queries.replay(tx, return_id)
        assert again is not None
        assert chained
        assert again == queries.one(tx, return_id)
        assert (shop.photo,) == again.photos


def test_a_file_that_another_return_shows_waits_for_that_one_too(shop: Market) -> None:
    shop.in_status(Status.CANCELLED)
    later = shop.in_status(Status.SELLER_REVIEW)
    shop.clock.turn_to(shop.clock.now() + timedelta(days=1))
    shop.does(IRINA, later, do.Cancel())

    assert 0 == cases_deleted(shop, HALF_A_YEAR - SECOND)
    assert is_there(shop)
    assert 1 == cases_deleted(shop, SECOND)
    assert not is_there(shop)


def test_a_file_that_is_brought_again_between_its_tombstone_and_its_end_stays(shop: Market) -> None:
    shop.in_status(Status.CANCELLED)
    shop.clock.turn_to(shop.clock.now() + HALF_A_YEAR)
    office = shop.office
    blob, uploader = Blob(shop.photo, "image/jpeg", 1), queries.uploader_of(IRINA)

    class BroughtAgain:
        """The desk, with an upload of the same bytes after the tombstone."""

        def perform_now(self, errand: Errand) -> Answer:
            answer = office.desk.perform_now(errand)
            if not is_told_kept(shop):
                shop.errand(lambda tx, at: tables.book.keep(tx, blob, uploader, at))
            return answer

    desk: Any = BroughtAgain()
    over_us = tables.returns.c.over_us
    worker = Retention(office.database, desk, office.clock, office.blobs, tables.book, over_us, judge)
    worker.delete_due(180)

    assert is_there(shop)


def test_a_block_of_the_customer_holds_the_evidence_until_it_is_over(shop: Market) -> None:
    """The block lasts 365 days; what it came from is kept so long, and the partner is told so."""
    shop.point_photo = "p" * 64
    return_id = shop.in_status(Status.AT_PARTNER, KETTLE)
    shop.does(IML, return_id, do.RecordMark(Mark.SUBSTITUTED, 1, "Other model", ("a", "b", "c")))
    shop.does(IML, return_id, do.RecordHandover("delivered", "CN"))

    assert 0 == cases_deleted(shop, timedelta(days=364))
    assert is_there(shop)
    with shop.office.database.read() as tx:
        assert is_held(tx, return_id, shop.clock.now())
    assert 1 == cases_deleted(shop, timedelta(days=2))
    assert not is_there(shop)
    with shop.office.database.read() as tx:
        assert not is_held(tx, return_id, shop.clock.now())
        assert {shop.photo, "a", "b", "c"} == set(tables.book.deleted(tx, [shop.photo, "a", "b", "c"]))


def test_what_a_point_photographed_stays_although_the_customer_had_sent_the_same_bytes(shop: Market) -> None:
    return_id = shop.in_status(Status.REFUSED_AT_PVZ)
    other = shop.in_status(Status.CANCELLED)

    cases_deleted(shop, HALF_A_YEAR * 2)
    assert is_there(shop)
    with shop.office.database.read() as tx:
        assert [] == tables.book.of_case(tx, return_id) == tables.book.of_case(tx, other)


def test_whoever_looks_afterwards_is_told_when_it_was_deleted(shop: Market) -> None:
    shop.errand(let_in)
    return_id = shop.in_status(Status.CANCELLED)
    cases_deleted(shop, HALF_A_YEAR)
    with served(shop) as url, httpx2.Client(base_url=f"{url}") as irina:
        token = irina.post("/api/v1/sessions", json={"login": "irina", "password": PASSWORD}).json()["token"]
        irina.headers["authorization"] = f"Bearer {token}"
        irina.cookies.set("marketplace_session", token)
        seen = irina.get(f"/api/v1/returns/{return_id}").json()
        gone = irina.get(f"/api/v1/returns/{return_id}/photos/{shop.photo}")
        page = irina.get(f"/returns/{return_id}?lang=en").text
        again = irina.post("/api/v1/orders/1/returns", json={"reason": "did_not_like", "photos": [shop.photo]})

    assert ([shop.photo], [shop.photo]) == (seen["photos"], [one["id"] for one in seen["deleted_media"]])
    assert (410, "media_deleted", shop.photo) == (gone.status_code, gone.json()["code"], gone.json()["sha256"])
    assert "Photo: deleted on 1 Mar 2025 after the time of keeping." in page
    assert "photos_unknown" == again.json()["code"]


def test_the_workers_round_deletes_and_rests_for_an_hour(shop: Market) -> None:
    shop.in_status(Status.CANCELLED)
    shop.clock.turn_to(shop.clock.now() + HALF_A_YEAR - SECOND)
    shop.office.tick()
    shop.clock.turn_to(shop.clock.now() + timedelta(hours=1) - SECOND)
    shop.office.tick()
    assert is_there(shop)
    shop.clock.turn_to(shop.clock.now() + SECOND)
    shop.office.tick()

    assert not is_there(shop)


def brought(shop: Market, *colours: str) -> list[str]:
    """Pictures that Irina uploads and names nowhere."""
    shop.errand(let_in)
    with served(shop) as url, httpx2.Client(base_url=url) as irina:
        token = irina.post("/api/v1/sessions", json={"login": "irina", "password": PASSWORD}).json()["token"]
        irina.headers["authorization"] = f"Bearer {token}"
        return [irina.post("/api/v1/photos", content=picture(colour)).json()["id"] for colour in colours]


def round_after(shop: Market, after: timedelta) -> None:
    shop.clock.turn_to(shop.clock.now() + after)
    for _ in range(3):
        shop.office.tick()


def test_a_file_that_nothing_came_to_name_goes_after_the_same_time(shop: Market) -> None:
    """A form that was never sent: no case ends, so nothing else would ever find it. What is named waits for its case."""
    loose, named = brought(shop, "teal", "white")
    shop.does(IRINA, shop.draft(MUG), do.AddPhotos((named,)))
    blobs = shop.office.blobs

    round_after(shop, HALF_A_YEAR - SECOND)
    assert blobs.has(loose)
    round_after(shop, timedelta(hours=1))
    assert (False, True) == (blobs.has(loose), blobs.has(named))
    with shop.office.database.read() as tx:
        assert [loose] == [*tables.book.deleted(tx, [loose, named, shop.photo])]


def test_what_a_point_photographed_is_named_and_stays_with_its_act(shop: Market) -> None:
    (loose,) = brought(shop, "teal")
    shop.errand(lambda tx, at: tables.book.keep(tx, Blob(loose, "image/jpeg", 1), queries.uploader_of(OLEG), at))
    return_id = shop.in_status(Status.AWAITING_DROPOFF)
    shop.does(OLEG, return_id, do.CheckIn(OLEG.subject, same_product=True, used=False, photos=(loose,) * 2))

    round_after(shop, timedelta(days=400))
    assert shop.office.blobs.has(loose)


def test_a_file_that_is_brought_again_waits_anew(shop: Market) -> None:
    (loose,) = brought(shop, "teal")
    shop.clock.turn_to(shop.clock.now() + timedelta(days=100))
    shop.errand(lambda tx, at: tables.book.keep(tx, Blob(loose, "image/jpeg", 1), queries.uploader_of(IRINA), at))

    round_after(shop, timedelta(days=100))
    assert shop.office.blobs.has(loose)
    round_after(shop, timedelta(days=80))
    assert not shop.office.blobs.has(loose)


def filmed(shop: Market, film: bytes, line: OrderLine) -> int:
    """A return with a video whose first picture is that of others."""
    video, poster = shop.office.blobs.put_video(Video(film, b"black", 1, 1, 1))
    shop.errand(lambda tx, at: tables.book.keep(tx, video, queries.uploader_of(IRINA), at, poster))
    return_id = shop.draft(line)
    shop.does(IRINA, return_id, do.AddPhotos(videos=(video.id,)))
    return return_id


def test_a_poster_stays_as_long_as_one_of_its_videos(shop: Market) -> None:
    """Films that begin in the dark have the same picture."""
    first, second = filmed(shop, b"one", THROW), filmed(shop, b"another", MUG)
    with shop.office.database.read() as tx:
        one, other = (queries.one(tx, return_id) for return_id in (first, second))
        assert one is not None
        assert other is not None
        (poster,) = {tables.book.poster(tx, it.videos[0]) for it in (one, other)}
    blobs = shop.office.blobs
    shop.does(IRINA, first, do.Cancel())
    shop.clock.turn_to(shop.clock.now() + timedelta(days=1))
    shop.does(IRINA, second, do.Cancel())
    assert 1 == cases_deleted(shop, HALF_A_YEAR - timedelta(days=1))
    assert (False, True, True) == (blobs.has(one.videos[0]), blobs.has(other.videos[0]), blobs.has(poster))

    assert 1 == cases_deleted(shop, timedelta(days=1))
    assert (False, False) == (blobs.has(other.videos[0]), blobs.has(poster))


def test_copies_of_the_partners_photos_go_after_90_days_and_the_customers_photos_after_180(shop: Market) -> None:
    """R67, D22: inspection photos are kept 90 days, wherever a copy lies."""
    shop.point_photo = "p" * 64
    return_id = shop.in_status(Status.AT_PARTNER, KETTLE)
    copy = shop.office.blobs.put_picture(picture("teal")).id
    shop.does(IML, return_id, do.RecordMark(Mark.SERVICEABLE, 1, "", (copy, "b", "c")))
    shop.does(IML, return_id, do.RecordHandover("delivered", "CN"))
    shop.clock.turn_to(moscow("2024-09-02 12:00"))
    shop.office.desk.sweep()
    shop.does(MARINA, return_id, do.ConfirmRefund())  # the refund is paid: the return is over
    blobs = shop.office.blobs

    round_after(shop, timedelta(days=90) - SECOND)
    assert (True, True) == (blobs.has(copy), is_there(shop))
    round_after(shop, timedelta(hours=1))
    assert (False, True) == (blobs.has(copy), is_there(shop))
    round_after(shop, timedelta(days=90) - timedelta(hours=2))
    assert is_there(shop)
    round_after(shop, timedelta(hours=2))
    assert not is_there(shop)
    with shop.office.database.read() as tx:
        assert {shop.photo, copy, "b", "c"} == set(tables.book.deleted(tx, [shop.photo, copy, "b", "c"]))


def test_bytes_that_a_return_shows_as_a_copy_stay_when_somebody_brings_them_again(shop: Market) -> None:
    """The customer uploads the partner's photo and sends no form: it is no leftover, the return shows it."""
    return_id = shop.in_status(Status.AT_PARTNER, KETTLE)
    copy, office = shop.office.blobs.put_picture(picture("teal")).id, shop.office
    shop.does(IML, return_id, do.RecordMark(Mark.SERVICEABLE, 1, "", (copy, "b", "c")))
    shop.errand(people.let_in)
    with people.calling(shop) as call:
        again = call("irina").post("/api/v1/photos", content=picture("teal")).json()["id"]
        other = call("irina").post("/api/v1/photos", content=picture("navy")).json()["id"]
    shop.clock.turn_to(shop.clock.now() + HALF_A_YEAR)

    assert copy == again
    assert 1 == office.leftovers.delete_due(180)
    assert (True, False) == (office.blobs.has(copy), office.blobs.has(other))
