"""R115, D8, P11, P13, P14: each date explains itself from the events that made it."""

from typing import Any

from backhaul.kit.days import MOSCOW
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.explaining import steps
from tests.partner.cast import LIU_NA, RUSLAN, SONIA, VERA, ParcelStory, moscow, scan


def told(story: ParcelStory) -> list[tuple[str, dict[str, Any]]]:
    """Code and facts of each step, instants as Moscow reads them."""

    def shown(value: Any) -> Any:
        return value.astimezone(MOSCOW).strftime("%d %b %H:%M") if hasattr(value, "astimezone") else value

    return [(step.code, {name: shown(value) for name, value in step.facts.items()}) for step in steps(story.events)]


def test_nothing_is_explained_before_the_unit_is_there() -> None:
    assert [] == told(ParcelStory())


def test_the_arrival_and_the_window() -> None:
    story = ParcelStory().arrived("2024-10-03 16:42")

    assert [
        ("counted_from_scan", {"at": "03 Oct 16:42"}),
        ("window", {"days": 14, "until": "17 Oct 23:59"}),
    ] == told(story)


def test_of_claim_and_receipt_the_later_counts_and_both_are_told() -> None:
    story = ParcelStory()
    story.does(RUSLAN, scan(moscow("2024-10-03 13:50")), "2024-10-04 00:05")

    assert [
        ("counted_from_receipt", {"claimed_at": "03 Oct 13:50", "at": "04 Oct 00:05"}),
        ("window", {"days": 14, "until": "18 Oct 23:59"}),
    ] == told(story)


def test_late_photos_are_told_with_their_days() -> None:
    """J9: ordered on 14 October, due on the 16th, delivered on the 19th: three days given back."""
    story = ParcelStory().arrived("2024-10-03 16:42")
    story.does(LIU_NA, do.OrderMedia(), "2024-10-14 12:00")
    story.passes("2024-10-19 11:59")
    story.does(VERA, do.DeliverMedia(("p1",)), "2024-10-19 12:00")

    assert ("media_in_time", {"due": "16 Oct 23:59"}) == told(story)[2]
    assert ("moved", {"days": 3, "until": "20 Oct 23:59"}) == told(story)[-1]


def test_a_missed_deadline_a_supervisor_and_a_disposal_by_a_person() -> None:
    story = ParcelStory().arrived("2024-10-03 16:42")
    story.passes("2024-10-18 00:00")
    assert ("missed", {"until": "17 Oct 23:59", "hold_until": "18 Oct 00:00"}) == told(story)[-1]
    story.does(SONIA, do.Reopen("The seller's line was down."), "2024-10-18 08:00")
    assert ("reopened", {"reason": "The seller's line was down.", "until": "21 Oct 23:59"}) == told(story)[-1]
    story.does(LIU_NA, do.Decide("dispose"), "2024-10-19 10:00")
    assert ("disposal_by_seller", {"at": "19 Oct 10:00", "hold_until": "19 Oct 12:00"}) == told(story)[-1]


def test_kept_for_pick_up_and_not_collected() -> None:
    story = ParcelStory().arrived("2024-10-03 16:42").decided("pickup", at="2024-10-05 10:00")
    assert ("to_collect", {"at": "05 Oct 10:00", "until": "19 Oct 23:59"}) == told(story)[-1]
    story.passes("2024-10-20 00:00")

    assert ("not_collected", {"until": "03 Nov 23:59"}) == told(story)[-1]
