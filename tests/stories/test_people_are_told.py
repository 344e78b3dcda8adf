"""J4, J9, J11 as their people live through them: what stands in whose mailbox, from both houses, and when it counts."""

from datetime import datetime
from pathlib import Path
from typing import Any

from backhaul.world import World, link_seller
from tests.letters import mails, text_of
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, deliver, moscow

LUMITEK = (2093311, "CN")
ARRIVAL = moscow(10, 3, 16, 42)


def on_the_way(world: World, posting: str = "70000001-0001-1") -> int:
    """A hub of 2,300 roubles, asked for, approved, handed in and sent off by everybody's own hands."""
    stage = world.stage
    return_id, _ = world.request("CN", "did_not_fit", "One port too few.", lambda line: line.posting_number == posting)
    assert Caller(stage.marketplace_web.url, "chen").post(f"/returns/{return_id}/approve").status_code == 200
    oleg = Caller(stage.marketplace_web.url, "oleg")
    photos = oleg.photos(world._pictures[:2])  # noqa: SLF001
    checklist = {"point_id": "77-0412", "same_product": True, "used": False, "photos": photos}
    assert oleg.post(f"/returns/{return_id}/check-in", checklist).status_code == 200
    assert oleg.post(f"/returns/{return_id}/dispatch", {"carrier": "Linehaul"}).status_code == 200
    stage.pump()
    return return_id


def arrive(world: World, return_id: int) -> None:
    world.stage.turn_to(ARRIVAL)
    darya = Caller(world.stage.partner_web.url, "darya")
    body = {"warehouse": "MSK-2", "arrived_at_us": int(ARRIVAL.timestamp()) * 1_000_000}
    assert darya.post(f"/parcels/{return_id}/arrive", body).status_code == 200
    world.stage.pump()


def told(reader: Caller, *kinds: str) -> list[tuple[str, datetime]]:
    """What a person reads of these kinds, oldest first."""
    found: list[Any] = [one for one in reversed(reader.get("/messages")) if one["kind"] in kinds]
    return [(one["kind"], datetime.fromisoformat(one["at"])) for one in found]


def test_j4_a_silent_seller_is_reminded_twice_and_both_sides_hear_of_the_timer_once(raise_curtain: Raise) -> None:
    """Request on 10 September 09:30; reminders 12 and 13 September; the timer at the end of the 13th, though down till 01:10."""
    world = raise_curtain(moscow(9, 10, 9, 30))
    stage = world.stage
    deliver(world, "Kettle", 5300, 1200, seller=LUMITEK)
    world.request("CN", "does_not_work")
    stage.turn_to(moscow(9, 13, 23, 40))

    stage.clock.turn_to(moscow(9, 14, 1, 10))  # type: ignore[attr-defined]
    for _ in range(3):
        stage.pump()

    chen = Caller(stage.marketplace_web.url, "chen")
    expected = [
        ("request", moscow(9, 10, 9, 30)),
        ("answer_reminder", moscow(9, 12)),
        ("answer_reminder", moscow(9, 13)),
        ("approved_by_timer", moscow(9, 14)),
    ]
    assert expected == told(chen, "request", "answer_reminder", "approved_by_timer")
    irina = Caller(stage.marketplace_web.url, "irina")
    assert [("request_sent", moscow(9, 10, 9, 30)), ("approved_by_calendar", moscow(9, 14))] == told(
        irina, "request_sent", "approved_by_calendar", "approved_by_seller"
    )


def test_j9_the_partner_announces_the_bound_four_times_and_then_that_it_is_missed(
    raise_curtain: Raise, tmp_path: Path
) -> None:
    """Arrival 3 October 16:42; reminders 10, 14, 16 October, then the 17th at 20:00; missed at its end."""
    world = raise_curtain(moscow(9, 20, 10))
    stage = world.stage
    deliver(world, "USB hub", 2300, 210, seller=LUMITEK)
    link_seller(world, "CN")
    return_id = on_the_way(world)
    arrive(world, return_id)
    stage.turn_to(moscow(10, 18, 9))

    chen = Caller(stage.partner_web.url, "chen@example.com")
    expected = [
        ("arrived", ARRIVAL),
        ("days_left", moscow(10, 10, 10)),
        ("days_left", moscow(10, 14, 10)),
        ("days_left", moscow(10, 16, 10)),
        ("hours_left", moscow(10, 17, 20)),
        ("missed", moscow(10, 18)),
    ]
    assert expected == told(chen, *(kind for kind, _ in expected))
    by_mail = [mail for mail in mails(tmp_path / "partner" / "mail") if f"/parcels/{return_id}" in text_of(mail)]
    assert len(expected) == len(by_mail)
    assert {"chen@example.com"} == {mail["to"] for mail in by_mail}

    at_the_marketplace = Caller(stage.marketplace_web.url, "chen")
    assert [] == told(at_the_marketplace, "arrived_unlinked", "unlinked_reminder")
    assert [("deadline_missed", moscow(10, 18, 9))] == [
        (kind, moscow(10, 18, 9)) for kind, _ in told(at_the_marketplace, "deadline_missed")
    ]


def test_a_seller_who_never_linked_the_partner_is_reminded_from_day_0_by_the_marketplace(
    raise_curtain: Raise, tmp_path: Path
) -> None:
    """D2, R82: the 14 days run; who cannot read at the partner reads here, and how to sign up there."""
    world = raise_curtain(moscow(9, 20, 10))
    stage = world.stage
    deliver(world, "USB hub", 2300, 210, seller=LUMITEK)
    return_id = on_the_way(world)
    arrive(world, return_id)
    stage.turn_to(moscow(10, 18, 9))

    chen = Caller(stage.marketplace_web.url, "chen")
    expected = [
        ("arrived_unlinked", ARRIVAL),
        ("unlinked_reminder", moscow(10, 10, 10)),
        ("unlinked_reminder", moscow(10, 14, 10)),
        ("unlinked_reminder", moscow(10, 16, 10)),
    ]
    assert expected == told(chen, "arrived", "arrived_unlinked", "unlinked_reminder")
    to = {mail["to"] for mail in mails(tmp_path / "marketplace" / "mail") if f"/returns/{return_id}" in text_of(mail)}
    assert {"chen@example.com", "liu@example.com", "c@example.com"} == to
    there = Caller(stage.partner_web.url, "chen@example.com").get("/messages")
    assert {"link_reminder"} == {message["kind"] for message in there}  # it does not know whose the unit is
    assert not [message for message in there if str(return_id) in message["text"]]
