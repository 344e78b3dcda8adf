"""D22: the partner's pictures of a substitution go only when the marketplace says that nobody will ask for them any more."""

from backhaul.partner import tables
from tests.stories.conftest import Raise
from tests.stories.telling import Caller
from tests.stories.test_ship_to_hong_kong import browse
from tests.stories.test_substituted import OBJECTION, UPHELD, blocked, pavel_of


def test_the_partner_asks_the_marketplace_which_units_are_evidence(raise_curtain: Raise) -> None:
    world, return_id = blocked(raise_curtain)
    partner = world.stage.partner
    asked = partner.held_at_the_marketplace

    assert [return_id] == asked([return_id, 999_999])
    pavel_of(world).post("/my-block/appeal", {"comment": OBJECTION, "photos": []}).raise_for_status()
    anna = Caller(world.stage.marketplace_web.url, "anna")
    block_id = anna.get("/blocks")[0]["id"]
    anna.post(f"/blocks/{block_id}/decide-appeal", {"upheld": True, "comment": UPHELD}).raise_for_status()
    claim = anna.get(f"/returns/{return_id}")["claim"]["status"]
    assert ([return_id] if claim in {"draft", "filed", "in_review", "approved"} else []) == asked([return_id])
    world.stage.marketplace_web.stop()
    assert [return_id, 999_999] == asked([return_id, 999_999])


def test_a_photo_of_the_point_that_was_deleted_after_its_time_does_not_come_back(raise_curtain: Raise) -> None:
    """The marketplace still has it, a supervisor looks again: gone, with the instant, and nothing is on the disk."""
    world, return_id = blocked(raise_curtain)
    partner = world.stage.partner
    vera = browse(world.stage.partner_web.url, "vera").open(f"/parcels/{return_id}")
    address = next(link for link in vera.page.links if link.startswith("/claim-photos/"))
    assert 200 == vera.client.get(address).status_code
    photo = address.rpartition("/")[2]
    world.partner_errand(lambda tx, at: tables.book.bury_only_of(tx, return_id, [photo], at))
    partner.blobs.delete(photo)

    assert 410 == vera.client.get(address).status_code
    assert not partner.blobs.has(photo)
