"""A photo that was in another return is flagged with both pictures to staff, without them to the seller, and decides nothing (issue 9, row 7)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from PIL import Image
from sqlalchemy import bindparam

from backhaul.kit.database import Statement
from backhaul.kit.desk import Errand
from backhaul.marketplace import access, queries, seen_photo_views, tables
from backhaul.marketplace.doors import SESSION_COOKIE
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.oversight_queries import EVER
from backhaul.marketplace.perform import request_returns
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.seen_photos import is_told
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.seen_photo_views import SeenPhotoView
from tests.kit.scenes import as_jpeg, scene
from tests.marketplace import people
from tests.marketplace.cast import CHEN, ELIF, IRINA, KETTLE, MARINA, MUG, THROW, Market, market, served
from tests.marketplace.people import calling, let_in, session

LENA = By(Role.CUSTOMER, "lena", "lena")


LINE = Statement(sa.select(tables.order_lines.c.id).where(tables.order_lines.c.posting_number == bindparam("posting")))


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def brings(shop: Market, by: By, data: bytes) -> str:
    blob = shop.office.blobs.put_picture(data)
    shop.errand(lambda tx, at: tables.book.keep(tx, blob, queries.uploader_of(by), at))
    return blob.id


def asks(shop: Market, line: OrderLine, photo: str, by: By = IRINA) -> int:
    """A return that its customer has sent; its id."""
    made: list[int] = []

    def run(tx: Any, at: Any) -> bytes:
        line_id = tx.one(LINE, posting=line.posting_number)[0]
        command = do.RequestReturn("did_not_like", "", (photo,), send=True)
        made.extend(it.id for it in request_returns(tx, shop.office.desk, line_id, command, by, at))
        return b""

    shop.office.desk.perform_now(Errand(run, access.Known(by)))
    return made[0]


def compared(shop: Market) -> int:
    rounds = 0
    while shop.office.compare_photos():
        rounds += 1
    return rounds


def told(shop: Market, return_id: int, by: By) -> list[SeenPhotoView]:
    with shop.office.look(by) as tx:
        it = queries.one(tx, return_id)
        assert it is not None
        return seen_photo_views.of_return(tx, it, by)


def edited(seed: int) -> bytes:
    whole = scene(seed)
    wide, high = whole.size
    return as_jpeg(whole.crop((wide // 40, high // 40, wide - wide // 40, high - high // 40)), 60)


def test_an_edited_copy_in_another_shipment_is_told_to_staff_with_both_and_to_the_seller_without(shop: Market) -> None:
    first = asks(shop, KETTLE, brings(shop, IRINA, as_jpeg(scene(1))))
    photo = brings(shop, IRINA, edited(1))
    second = asks(shop, THROW, photo)
    alone = asks(shop, MUG, brings(shop, IRINA, as_jpeg(scene(2))))
    compared(shop)

    [seen] = told(shop, second, MARINA)
    where = seen.elsewhere
    assert where is not None
    assert (photo, False, first, True) == (seen.photo, seen.same, where.return_id, where.same_customer)
    assert 93 <= seen.agrees_pct <= 100
    [back] = told(shop, first, MARINA)
    assert back.elsewhere is not None
    assert (second, photo) == (back.elsewhere.return_id, back.elsewhere.photo)
    [without] = told(shop, second, ELIF)
    assert (photo, None) == (without.photo, without.elsewhere)
    assert [None] == [one.elsewhere for one in told(shop, first, CHEN)]
    assert [] == told(shop, alone, MARINA)
    assert [] == told(shop, second, IRINA)
    with shop.office.look(MARINA) as tx:
        found, onward = seen_photo_views.newest(tx, MARINA, EVER)
        assert ([second], None) == ([one.return_id for one in found], onward)
        it = queries.one(tx, second)
        assert it is not None
        assert "seller_review" == it.status


def test_the_same_file_is_told_and_what_shows_nothing_never(shop: Market) -> None:
    same = brings(shop, IRINA, as_jpeg(scene(3)))
    white = brings(shop, IRINA, as_jpeg(Image.new("RGB", (640, 480), "white")))
    first, second = asks(shop, KETTLE, same), asks(shop, THROW, same)
    asks(shop, KETTLE, white)
    blank = asks(shop, THROW, white)
    compared(shop)

    assert [(True, 100)] == [(one.same, one.agrees_pct) for one in told(shop, second, MARINA)]
    assert [True] == [one.same for one in told(shop, first, MARINA)]
    assert [] == told(shop, blank, MARINA)


def test_what_one_customer_asks_for_in_one_shipment_is_photographed_together(shop: Market) -> None:
    photo = brings(shop, IRINA, as_jpeg(scene(4)))
    first, second = asks(shop, THROW, photo), asks(shop, THROW, photo)
    compared(shop)

    assert [] == told(shop, first, MARINA) + told(shop, second, MARINA)
    with shop.office.look(MARINA) as tx:
        here, there = queries.one(tx, first), queries.one(tx, second)
    assert here is not None
    assert there is not None
    somebody_else = replace(there, customer_ref="lena")
    assert [False, True] == [is_told(here, there), is_told(here, somebody_else)]


def test_photos_of_before_are_compared_by_rounds_that_go_on_where_they_were(shop: Market) -> None:
    """A house of the release before wrote neither prints nor looks."""
    first = asks(shop, KETTLE, brings(shop, IRINA, as_jpeg(scene(5))))
    second = asks(shop, THROW, brings(shop, IRINA, edited(5)))
    gone = [Statement(t.delete()) for t in (tables.seen_photo_tables.prints, tables.seen_photo_tables.looks)]
    shop.errand(lambda tx, _: [tx.run(one) for one in gone])

    assert 2 <= compared(shop)
    assert [first] == [one.elsewhere.return_id for one in told(shop, second, MARINA) if one.elsewhere]
    assert 0 == shop.office.compare_photos()
    later = asks(shop, MUG, brings(shop, IRINA, as_jpeg(scene(5))))
    compared(shop)
    assert 2 == len(told(shop, later, MARINA))
    with shop.office.database.read() as tx:
        count = Statement(sa.select(sa.func.count()).select_from(tables.seen_photo_tables.prints))
        assert 2 <= tx.rows(count)[0][0]


def test_a_print_goes_with_its_photo(shop: Market) -> None:
    photo = brings(shop, IRINA, as_jpeg(scene(6)))

    def bury(tx: Any, at: Any) -> None:
        tables.book.bury_left(tx, [photo], at, at)

    with shop.office.database.read() as tx:
        assert tables.book.seen.has_print(tx, photo)
    shop.errand(bury)
    with shop.office.database.read() as tx:
        assert not tables.book.seen.has_print(tx, photo)


def test_the_doors_tell_it_and_the_pages_show_it(shop: Market) -> None:
    shop.errand(let_in)
    photo = brings(shop, IRINA, edited(7))
    first, second = asks(shop, KETTLE, brings(shop, IRINA, as_jpeg(scene(7)))), asks(shop, THROW, photo)
    compared(shop)
    path = f"/api/v1/returns/{second}/seen-photos"

    with calling(shop) as call:
        staff, seller = call("nadia").get(path).json(), call("elif").get(path).json()
        listed = call("marina").get("/api/v1/seen-photos?limit=1").json()
        refused = [people.told(call("oleg").get(path)), people.told(call("irina").get(path)), people.told(call("chen").get(path)),
                   people.told(call("elif").get("/api/v1/seen-photos"))]  # fmt: skip
    assert [(photo, first)] == [(one["photo"], one["elsewhere"]["return_id"]) for one in staff]
    assert [(photo, None)] == [(one["photo"], one.get("elsewhere")) for one in seller]
    assert ([second], "") == ([one["return_id"] for one in listed["found"]], listed["next"])
    assert [(404, "not_found")] * 3 + [(403, "not_your_role")] == refused

    with served(shop) as url:
        page, theirs, queue, listed_on = (
            httpx2.get(f"{url}{path}", cookies={SESSION_COOKIE: session(shop, who)}).text
            for who, path in (("nadia", f"/returns/{second}"), ("elif", f"/returns/{second}"), ("nadia", "/moderation"), ("nadia", "/seen-photos"))
        )  # fmt: skip
    assert f"/photos/{first}/" in listed_on
    assert "Photos seen before" in queue
    assert "Photos seen before" in page
    assert f"/photos/{first}/" in page
    assert "Photos seen before" in theirs
    assert f"/photos/{first}/" not in theirs
