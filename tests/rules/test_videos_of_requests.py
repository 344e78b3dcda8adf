"""A short video beside the photos: of a request, of an answer to a moderator, of an appeal; and when media may go (D22)."""

from typing import Any

import msgspec
import pytest

from backhaul.kit.days import end_of_day
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import keeping
from backhaul.marketplace.rules.decisions import open_return
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Claim, Compensation, ParcelMirror, Refund, Return
from backhaul.marketplace.rules.words import ClaimStatus, CompensationStatus, RefundStatus, Status
from backhaul.partner.rules import commands as p
from backhaul.partner.rules.keeping import media_of as media_of_parcel
from tests.partner import cast as partner
from tests.rules.cast import IRINA, Story


def changed(it: Return, **changes: Any) -> Return:
    return msgspec.structs.replace(it, **changes)


def request(videos: tuple[str, ...]) -> Any:
    return msgspec.structs.replace(Story().events[0], videos=videos)


def test_a_request_has_one_video_and_not_two() -> None:
    opened = open_return(request(("v",)), IRINA, Terms())
    assert request(("v",)) == opened
    with pytest.raises(Refused, match="too_many_videos") as refused:
        open_return(request(("v", "w")), IRINA, Terms())
    assert ("videos", {"videos_max": 1}) == (refused.value.field, refused.value.facts)


def test_a_draft_takes_a_video_alone_once() -> None:
    story = Story()
    story.does(IRINA, do.AddPhotos(videos=("v",)))

    assert ("v",) == story.it.videos
    assert "too_many_videos" == story.refuses(IRINA, do.AddPhotos(videos=("w",)))[0]
    assert "photos_needed" == story.refuses(IRINA, do.AddPhotos())[0]


ENDED = Story().it


@pytest.mark.parametrize("status", list(Status))
def test_media_are_kept_until_the_return_is_at_its_end(status: Status) -> None:
    over = {
        "cancelled", "closed_no_reply", "rejected", "refunded_without_return", "partially_refunded", "dropoff_expired",
        "refused_at_pvz", "lost", "disposed_by_marketplace",
    }  # fmt: skip

    assert (status in over) is keeping.is_over(changed(ENDED, status=status))


@pytest.mark.parametrize(
    ("parcel", "over"),
    [("arrived", False), ("in_work", False), ("delivered", True), ("picked_up", True), ("disposed", True)],
)
def test_what_went_to_the_partner_is_over_when_it_has_left_it(parcel: str, *, over: bool) -> None:
    it = changed(ENDED, status=Status.AT_PARTNER, parcel=ParcelMirror(status=parcel))

    assert over is keeping.is_over(it)


@pytest.mark.parametrize("status", list(ClaimStatus))
def test_an_open_claim_holds_media(status: ClaimStatus) -> None:
    it = changed(ENDED, status=Status.LOST, claim=Claim(status, amount=Money(100)))

    assert (status in {"none", "refused", "paid", "reversed"}) is keeping.is_over(it)


@pytest.mark.parametrize("status", list(RefundStatus))
def test_money_that_is_on_its_way_holds_media(status: RefundStatus) -> None:
    it = changed(ENDED, status=Status.REFUSED_AT_PVZ, refund=Refund(status))
    waits = changed(it, refund=Refund(), compensation=Compensation(CompensationStatus.ACCRUED))

    assert (status not in {"held", "failed", "in_doubt"}) is keeping.is_over(it)
    assert not keeping.is_over(waits)


def test_what_goes_is_what_the_customer_sent_and_our_copies_of_the_partners_pictures() -> None:
    it = changed(ENDED, photos=("a",), videos=("v",), parcel=ParcelMirror(photos=("copy",)))

    assert {"a", "v", "copy"} == keeping.media_of(it)
    assert frozenset() == keeping.media_of(None)


def ordered() -> partner.ParcelStory:
    story = partner.ParcelStory().arrived()
    story.does(partner.CHEN, p.OrderMedia(), "2024-10-04 10:00")
    return story


@pytest.mark.parametrize(
    "made", [p.DeliverMedia(("p",)), p.DeliverMedia(videos=("v",)), p.DeliverMedia(("p",), ("v",))]
)
def test_ordered_media_are_photos_or_a_video_or_both(made: p.DeliverMedia) -> None:
    story = ordered()
    story.does(partner.VERA, made, "2024-10-05 10:00")

    assert ("ready", made.photos, made.videos) == (story.it.media.status, story.it.media.photos, story.it.media.videos)
    assert {"gate", *made.photos, *made.videos} == media_of_parcel(story.it)


def test_ordered_media_are_something_and_not_two_videos() -> None:
    assert "photos_needed" == ordered().refuses(partner.VERA, p.DeliverMedia(), "2024-10-05 10:00")[0]
    assert (
        "too_many_videos" == ordered().refuses(partner.VERA, p.DeliverMedia(videos=("v", "w")), "2024-10-05 10:00")[0]
    )


def test_a_video_that_is_late_lengthens_the_time_like_photos() -> None:
    """Ordered on Friday 4 October, due by the end of Tuesday 8; made on Thursday 10: two days late."""
    story = ordered()
    before = story.it.decide_by
    story.does(partner.VERA, p.DeliverMedia(videos=("v",)), "2024-10-10 10:00")

    assert before == end_of_day(partner.moscow("2024-10-03 16:42"), 14)
    assert "2 days" == str(story.it.decide_by - before).split(",")[0]  # type: ignore[operator]
