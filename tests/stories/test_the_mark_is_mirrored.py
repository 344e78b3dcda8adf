"""D6, R2, J7: what the inspector saw at the partner is seen on the return's page at the marketplace, photos and all."""

import httpx2
import msgspec

from backhaul import wire
from backhaul.kit import webhooks
from backhaul.kit.object_storage import Folder
from backhaul.marketplace import access
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.words import Mark
from backhaul.world import INSPECTOR, World, link_seller
from tests.stories.conftest import Raise
from tests.stories.telling import deliver, moscow
from tests.stories.test_ship_to_hong_kong import browse

LUMITEK = (2093311, "CN")


def marked(world: World) -> tuple[int, tuple[str, ...]]:
    """A lamp that arrived in a crushed box and was marked with two photos; its id and theirs."""
    deliver(world, "Lamp", 16_800, 800, seller=LUMITEK)
    link_seller(world, "CN")
    world.stage.turn_to(moscow(9, 14, 10))
    return_id, _ = world.request("CN", "did_not_fit")
    world.stage.turn_to(moscow(9, 18, 10))  # approved by the timer on the 18th
    world.stored(return_id)
    world.stage.turn_to(moscow(9, 25, 14))
    world.arrive(return_id, packaging_intact=False)
    photos = world.partner_photos(INSPECTOR, return_id, 2)
    world.partner_act(return_id, do.Mark(Mark.PARTIALLY_DAMAGED, "crack in the shade", "", photos=photos), INSPECTOR)
    world.stage.pump()
    return return_id, photos


def test_the_sellers_page_shows_the_partners_photos_and_keeps_what_was_seen(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    return_id, photos = marked(world)
    shown = [f"/photos/{return_id}/{photo}" for photo in photos]
    assert [False, False] == [stage.marketplace.blobs.has(photo) for photo in photos]

    liu = browse(stage.marketplace_web.url, "liu").open(f"/returns/{return_id}")
    assert "Partially damaged crack in the shade" in liu.text
    assert [link for link in liu.page.links if link in shown] == shown
    first = liu.client.get(shown[0])
    assert (200, "image/jpeg", stage.partner.blobs.read(photos[0])) == (
        first.status_code, first.headers["content-type"], first.content,
    )  # fmt: skip

    # The partner is away: what was seen is still there, what was not is told to be away.
    stage.partner_web.stop()
    assert [200, 503] == [liu.client.get(path).status_code for path in shown]
    assert [True, False] == [stage.marketplace.blobs.has(photo) for photo in photos]


def test_a_photo_with_other_bytes_than_the_mark_named_is_not_shown(raise_curtain: Raise) -> None:
    """The mark carries the hash: the partner cannot exchange a photo afterwards."""
    world = raise_curtain(moscow(9, 1, 10))
    return_id, (photo, other) = marked(world)
    partner = world.stage.partner.blobs
    assert isinstance(partner.storage, Folder)
    (partner.storage.directory / photo[:2] / photo[2:4] / photo).write_bytes(partner.read(other))

    answer = browse(world.stage.marketplace_web.url, "liu").client.get(f"/photos/{return_id}/{photo}")
    assert (503, False) == (answer.status_code, world.stage.marketplace.blobs.has(photo))


def test_the_partners_photos_are_for_the_seller_and_the_marketplace_only(raise_curtain: Raise) -> None:
    """R100, D17: the customer and other sellers see none, and nobody gets them from the partner without the signature."""
    world = raise_curtain(moscow(9, 1, 10))
    return_id, photos = marked(world)
    path = f"/photos/{return_id}/{photos[0]}"
    told = {
        login: browse(world.stage.marketplace_web.url, login).client.get(path).status_code
        for login in ("liu", "chen", "marina", "irina", "elif")
    }
    assert {"liu": 200, "chen": 200, "marina": 200, "irina": 404, "elif": 404} == told

    wanted = {"return_id": return_id, "photo": photos[0]}
    unsigned = httpx2.post(f"{world.stage.partner_web.url}/api/v1/marked-photos", json=wanted)
    assert (401, "bad_signature") == (unsigned.status_code, unsigned.json()["code"])


def test_the_marketplace_gets_no_photo_that_belongs_to_no_mark(raise_curtain: Raise) -> None:
    """What a seller ordered from the partner is the seller's; a signature does not open it."""
    world = raise_curtain(moscow(9, 1, 10))
    return_id, _ = marked(world)
    (foreign,) = world.partner_photos(INSPECTOR, return_id, 3)[2:]
    it = world.stage.marketplace
    with it.database.read() as tx:
        row = tx.one(access.PARTNER, id="partner")
    assert row is not None
    body = msgspec.json.encode(wire.PhotoWanted(return_id, foreign))
    headers = webhooks.headers(it.seal.open(bytes(row[3])), "photo_x", world.stage.clock.now(), body)
    answer = httpx2.post(f"{world.stage.partner_web.url}/api/v1/marked-photos", content=body, headers=headers)

    assert (404, "not_found") == (answer.status_code, answer.json()["code"])
