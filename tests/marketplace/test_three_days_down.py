"""R95: the worker is down from before a deadline until three days after it; every timer of a return fires once, with its own instant.

The instants are reckoned by hand from P3 (day N ends at 00:00 of day N+1 in Moscow), P8 and P15; everything began on Monday,
2 September 2024, at 10:00 in Moscow.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from backhaul.marketplace import errands, queries
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Role, Route, Status
from tests.marketplace.cast import ELIF, IRINA, MARINA, NADIA, OLEG, THROW, Market, market, moscow

DOWN = timedelta(days=3)
Begin = Callable[[Market], int]


class Timer(msgspec.Struct, frozen=True):
    """What begins it, and the one event that it must bring, with the instant that counts."""

    name: str
    begin: Begin
    kind: str
    at: str


def at(status: Status) -> Begin:
    return lambda shop: shop.in_status(status)


def no_answer_to_the_moderator(shop: Market) -> int:
    """J4.3: support switched the pre-moderation on, and the moderator wants more photos."""
    rules = "Approve when the photos show the defect."
    seller = int(ELIF.subject)
    shop.errand(lambda tx, _: errands.switch_moderation(tx, MARINA, seller, "55-1204", "", rules))
    return_id = shop.draft()
    shop.does(IRINA, return_id, do.Submit())
    shop.does(NADIA, return_id, do.AskPhotos("A photo of the label, please."))
    return return_id


def held_refund(shop: Market) -> int:
    """D10: support holds a refund; it may be held until request + 10 days."""
    return_id = shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.does(MARINA, return_id, do.HoldRefund("A second look at the photos."))
    return return_id


def disposed_for_compensation(shop: Market) -> int:
    """J3: the throw is to be destroyed by the marketplace, for 30 % of 12,400."""
    return_id = shop.draft(THROW)
    shop.does(IRINA, return_id, do.Submit())
    shop.does(ELIF, return_id, do.Approve(Route.A))
    photos = (shop.photo, shop.photo)
    shop.does(OLEG, return_id, do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos))
    shop.does(OLEG, return_id, do.Dispatch("Linehaul", "W-1"))
    shop.does(OLEG, return_id, do.ReceiveForDisposal())
    return return_id


TIMERS = (
    Timer("a draft that is not sent", at(Status.NEW), "Cancelled", "2024-09-06 00:00"),
    Timer("the seller's answer", at(Status.SELLER_REVIEW), "Approved", "2024-09-06 00:00"),
    Timer("the customer's reply", no_answer_to_the_moderator, "Expired", "2024-09-06 00:00"),
    Timer("the answer to an offer", at(Status.OFFER_SENT), "OfferDeclined", "2024-09-06 00:00"),
    Timer("the drop-off", at(Status.AWAITING_DROPOFF), "Expired", "2024-09-08 00:00"),
    Timer("the dwell alarm", at(Status.ACCEPTED_AT_PVZ), "DwellAlarmed", "2024-09-06 00:00"),
    Timer("late on the way", at(Status.ON_THE_WAY), "WentLate", "2024-09-18 00:00"),
    Timer("lost on the way", at(Status.ON_THE_WAY), "WentMissing", "2024-10-03 00:00"),
    Timer("the next payout run", at(Status.ACCEPTED_AT_PVZ), "RefundSent", "2024-09-02 12:00"),
    Timer("a refund on hold", held_refund, "RefundSent", "2024-09-12 10:00"),
    Timer("the credit", disposed_for_compensation, "CompensationCredited", "2024-09-08 02:00"),
)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def happened(shop: Market, return_id: int, kind: str) -> list[tuple[str, datetime]]:
    with shop.office.database.read() as tx:
        return [(line.role, line.at) for line in queries.history(tx, return_id) if line.kind == kind]


@pytest.mark.parametrize("timer", TIMERS, ids=lambda timer: timer.name)
def test_a_timer_fires_once_with_its_own_instant_after_three_days_without_a_worker(shop: Market, timer: Timer) -> None:
    """R95, J4.2: nothing a second before; then down until three days after the instant, and two sweeps."""
    return_id = timer.begin(shop)
    shop.clock.turn_to(moscow(timer.at) - timedelta(seconds=1))
    shop.office.desk.sweep()
    before = happened(shop, return_id, timer.kind)
    shop.clock.turn_to(moscow(timer.at) + DOWN)
    swept = shop.office.desk.sweep()
    again = shop.office.desk.sweep()

    assert [] == before
    assert (1, 0) == (swept, again)
    assert [(Role.CALENDAR, moscow(timer.at))] == happened(shop, return_id, timer.kind)
