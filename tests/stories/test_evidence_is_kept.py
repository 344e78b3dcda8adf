"""D22: the partner's pictures of a substitution go only when the marketplace says that nobody will ask for them any more."""

from tests.stories.conftest import Raise
from tests.stories.telling import Caller
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
