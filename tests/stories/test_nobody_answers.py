"""J4: the seller says nothing for three days; the pre-moderation's customer says nothing; the free period ends."""

from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from backhaul.marketplace import errands, queries
from backhaul.marketplace.rules.returns import Return
from backhaul.world import World
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, deliver, moscow
from tests.stories.test_dispose_and_compensate import sign_in
from tests.stories.test_ship_to_hong_kong import browse

LUMITEK = (2093311, "CN")
EXPLAINED = "The photos show a kettle that works: the lamp is on and the water steams."


def kettle(world: World, posting: str = "70000001-0001-1") -> None:
    """5,300 roubles, sold by the Chinese seller, delivered the day before."""
    deliver(world, "Kettle", 5300, 1_200, seller=LUMITEK, posting=posting)


def asked(world: World, posting: str = "70000001-0001-1") -> int:
    return_id, _ = world.request("CN", "does_not_work", "It stays cold.", lambda line: line.posting_number == posting)
    return int(return_id)


def found(world: World, return_id: int) -> Return:
    with world.stage.marketplace.database.read() as tx:
        it = queries.one(tx, return_id)
    assert it is not None
    return it


def told(world: World, return_id: int, kind: str) -> list[tuple[str, datetime, datetime]]:
    """(who, when it counts, when it was written) of every event of a kind."""
    with world.stage.marketplace.database.read() as tx:
        return [(h.role, h.at, h.recorded_at) for h in queries.history(tx, return_id) if h.kind == kind]


def moderated(world: World, price_version: str = "") -> None:
    """Support switches the service on, ticket 55-1204."""
    rules = "Approve when the photos show the defect."
    support = world.people["support"]
    world.set_up(errands.switch_moderation, support, LUMITEK[0], "55-1204", price_version, rules)


def test_silence_is_reminded_twice_and_approves_once_by_the_timer(raise_curtain: Raise) -> None:
    """J4.1: 10 Sep 09:30; reminders 12 and 13 Sep; approved 14 Sep 00:00, shown as the timer's."""
    world = raise_curtain(moscow(9, 9, 10))
    kettle(world)
    world.stage.turn_to(moscow(9, 10, 9, 30))
    return_id = asked(world)
    world.stage.turn_to(moscow(9, 15))

    assert [moscow(9, 12), moscow(9, 13)] == [at for _, at, _ in told(world, return_id, "Reminded")]
    assert [("calendar", moscow(9, 14))] == [entry[:2] for entry in told(world, return_id, "Approved")]
    liu = browse(world.stage.marketplace_web.url, "liu").open(f"/returns/{return_id}")
    assert "Return approved 14 Sep 2024, 00:00 Moscow time · Calendar" in liu.text


def test_the_timer_was_down_at_midnight_and_a_rejection_at_twenty_past_is_late(raise_curtain: Raise) -> None:
    """J4.2: it fires at 01:10 with the instant of 00:00; what came at 00:20 is refused though nothing had fired."""
    world = raise_curtain(moscow(9, 9, 10))
    kettle(world)
    world.stage.turn_to(moscow(9, 10, 9, 30))
    return_id = asked(world)
    world.stage.turn_to(moscow(9, 13, 23, 40))
    clock = world.stage.clock
    liu = Caller(world.stage.marketplace_web.url, "liu")

    clock.turn_to(moscow(9, 14, 0, 20))  # type: ignore[attr-defined]
    late = liu.post(f"/returns/{return_id}/reject", {"reason": "defect_not_visible", "comment": EXPLAINED})
    assert (409, "too_late", "2024-09-13T21:00:00Z") == (
        late.status_code, *(late.json()[name] for name in ("code", "act_by"))
    )  # fmt: skip
    assert "Too late: the time ended at 13 Sep 2024, 23:59 Moscow time." == late.json()["detail"]

    clock.turn_to(moscow(9, 14, 1, 10))  # type: ignore[attr-defined]
    for _ in range(3):
        world.stage.pump()
    assert [("calendar", moscow(9, 14), moscow(9, 14, 1, 10))] == told(world, return_id, "Approved")
    assert [] == told(world, return_id, "Rejected")


def test_a_customer_who_does_not_answer_the_moderator_is_closed_and_may_ask_again(raise_curtain: Raise) -> None:
    """J4.3."""
    world = raise_curtain(moscow(9, 9, 10))
    kettle(world)
    moderated(world)
    world.stage.turn_to(moscow(9, 10, 9, 30))
    return_id = asked(world)
    anna = browse(world.stage.marketplace_web.url, "anna").open("/moderation").follow(f"/returns/{return_id}")
    assert (
        anna.press(f"/returns/{return_id}/ask-photos", {"comment": "A video of the cold kettle, please."}).status == 200
    )
    world.stage.turn_to(moscow(9, 14, 0, 1))

    assert ("closed_no_reply", [moscow(9, 14)]) == (
        found(world, return_id).status, [at for _, at, _ in told(world, return_id, "Expired")]
    )  # fmt: skip
    irina = browse(world.stage.marketplace_web.url, "irina").open("/my-returns")
    assert "Closed: no photos came" in irina.text
    irina.open("/orders")
    [order] = [link for link in irina.page.links if link.startswith("/orders/")]
    irina.follow(order).press(order, {"reason": "does_not_work", "photos": world._pictures[:1]})  # noqa: SLF001
    assert irina.path == f"/returns/{return_id + 1}"
    assert (return_id,) == found(world, return_id + 1).earlier


@pytest.mark.parametrize(
    ("at", "status", "banner"),
    [
        (moscow(10, 31, 23, 59, 59), "pre_moderation", False),
        (moscow(11, 1), "seller_review", True),
        (moscow(11, 1, 0, 0, 1), "seller_review", True),
    ],
)
def test_the_free_period_ends_with_october(raise_curtain: Raise, at: datetime, status: str, *, banner: bool) -> None:
    """J4.4, P23: no consent, so the request goes to the seller, and the page says why."""
    world = raise_curtain(moscow(10, 20, 10))
    kettle(world)
    moderated(world)
    world.stage.turn_to(at)
    return_id = asked(world)

    assert status == found(world, return_id).status
    liu = browse(world.stage.marketplace_web.url, "liu").open(f"/returns/{return_id}")
    assert banner is ("nobody agreed to its price: you answer this request yourself" in liu.text)


def test_the_seller_sees_in_a_browser_that_the_timer_decided(page: Page, raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 9, 10))
    kettle(world)
    world.stage.turn_to(moscow(9, 10, 9, 30))
    return_id = asked(world)
    sign_in(page, world, "liu")
    expect(page.get_by_role("row").filter(has_text=f"R-{return_id}")).to_contain_text("3 days left")
    world.stage.turn_to(moscow(9, 15))
    page.goto(f"{world.stage.marketplace_web.url}/returns/{return_id}?lang=en")

    expect(page.get_by_role("heading", level=1)).to_have_text(f"R-{return_id}")
    expect(page.locator("#timeline")).to_contain_text("Return approved14 Sep 2024, 00:00 Moscow time · Calendar")
    assert [] == page.locator("#acts form").all()


def test_a_moderator_decides_by_the_sellers_rules(raise_curtain: Raise) -> None:
    """R12: approve, reject or ask; never a payment. After consent the seller is charged (P23)."""
    world = raise_curtain(moscow(10, 20, 10))
    kettle(world)
    moderated(world, price_version="2024-11")
    world.stage.turn_to(moscow(11, 5, 10))
    return_id = asked(world)
    anna = browse(world.stage.marketplace_web.url, "anna").open("/moderation")
    assert "Approve when the photos show the defect." in anna.text
    anna.follow(f"/returns/{return_id}")
    assert {"approve", "reject", "ask-photos"} == {
        form.action.rsplit("/", 1)[-1] for form in anna.page.forms if form.action.startswith(f"/returns/{return_id}/")
    }
    assert anna.press(f"/returns/{return_id}/approve").status == 200

    with world.stage.marketplace.database.read() as tx:
        [entry] = queries.entries(tx, return_id)
    assert ("payable:seller:2093311", "income:pre_moderation", "30.00 RUB") == (
        entry.debit, entry.credit, str(entry.amount),
    )  # fmt: skip
    assert found(world, return_id).approved_by == "moderator"
