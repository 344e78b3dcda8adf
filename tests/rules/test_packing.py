"""The law of packing: what a consignment costs while its units change their minds, which tariff its charges name, what a carrier may say."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.partner.rules import chart, packing
from backhaul.partner.rules import consignment_acts as do
from backhaul.partner.rules import consignment_events as c
from backhaul.partner.rules.consignments import Consignment, born, evolve
from backhaul.partner.rules.freight import Carton
from backhaul.partner.rules.parcels import evolve as after_event
from backhaul.partner.rules.policy import Terms
from backhaul.partner.rules.tariff import SEED_TARIFF, Freight, Tariff
from backhaul.partner.rules.words import Service, TrackingStatus
from tests.partner.cast import (
    BOOK,
    CARRIER,
    HONG_KONG,
    LINKED,
    LUMITEK_COMPANY,
    RUSLAN,
    ParcelStory,
    announced,
    cny,
    moscow,
)

NOW = moscow("2024-10-08 12:00")
BY_WEIGHT = msgspec.structs.replace(SEED_TARIFF, version="2", freight={"HK": Freight(40_00, 12_50)})
DEARER = msgspec.structs.replace(
    SEED_TARIFF, version="2", prices_minor={**SEED_TARIFF.prices_minor, Service.SHIP_HK: 90_00}
)


def decided(count: int = 1) -> list[ParcelStory]:
    """Units of Lumitek that go to Hong Kong by the first tariff: 68.00 CNY each."""
    found = []
    for n in range(count):
        story = ParcelStory(announced(return_id=100_017 + n)).arrived()
        found.append(story.decided("ship_hk", HONG_KONG, "2024-10-04 10:00"))
    return found


def packed(stories: Sequence[ParcelStory]) -> Consignment:
    """All of them in one measured carton of 6.0 kg."""
    it = born(1001, c.ConsignmentOpened("C-1001", LUMITEK_COMPANY, "Lumitek", BOOK[HONG_KONG], "PF", "MSK-2", NOW))
    for story in stories:
        for event in packing.pack(it, story.it, 0, NOW, story.terms, LINKED):
            it = evolve(it, event)
    return evolve(it, c.CartonMeasured(Carton(1, 40, 30, 25, 3_000)))


def units(stories: Sequence[ParcelStory]) -> dict[int, Any]:
    return {story.it.id: story.it for story in stories}


def closes(
    it: Consignment, stories: Sequence[ParcelStory], tariff: Tariff = SEED_TARIFF, price: int | None = None
) -> Any:
    command, terms = do.CloseConsignment(price), Terms(tariff=tariff)
    return packing.decide(it, command, RUSLAN, NOW, terms, units(stories), lambda _: LINKED)


def under_way(stories: Sequence[ParcelStory]) -> Consignment:
    """Closed and taken over by the carrier; its parcels with it."""
    it = packed(stories)
    closed = closes(it, stories)
    for happened in (*closed.events, c.ConsignmentDispatched("PF-1", NOW)):
        it = evolve(it, happened)
    for story in stories:
        for event in closed.of_parcels[story.it.id]:
            story.it = after_event(story.it, event)
    return it


def tells(it: Consignment, stories: Sequence[ParcelStory], command: Any) -> Consignment:
    """By the carrier's file."""
    outcome = packing.decide(it, command, CARRIER, NOW, Terms(), units(stories), lambda _: LINKED)
    for story in stories:
        for event in outcome.of_parcels.get(story.it.id, []):
            story.it = after_event(story.it, event)
    for happened in outcome.events:
        it = evolve(it, happened)
    return it


def refusal(work: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value


def test_a_unit_whose_keeping_expired_in_the_carton_still_has_a_price_and_must_come_out() -> None:
    """Packed, then to be collected, never collected: nothing is decided any more."""
    stories = decided(2)
    it = packed(stories)
    stories[0].decided("pickup", at="2024-10-08 13:00")
    stories[0].passes("2025-03-01 12:00")
    assert "none" == stories[0].it.decision

    assert cny("136.00") == packing.quote(it, Terms(), units(stories))
    refused = refusal(lambda: closes(it, stories))
    assert ("unit_must_come_out", "P-100017") == (refused.code, refused.facts["number"])
    by_weight = refusal(lambda: closes(it, stories, BY_WEIGHT))
    assert "unit_must_come_out" == by_weight.code


def test_a_unit_that_is_collected_now_is_quoted_as_what_it_was_packed_for() -> None:
    [story] = decided()
    it = packed([story])
    story.decided("pickup", at="2024-10-08 13:00")

    assert cny("68.00") == packing.quote(it, Terms(), units([story]))


def test_prices_in_another_currency_do_not_stop_a_consignment() -> None:
    """What was agreed to in CNY is priced by the tariff in force where that is in HKD since."""
    stories = decided(2)
    it = packed(stories)
    in_hkd = msgspec.structs.replace(DEARER, currency="HKD")

    assert Money(180_00, "HKD") == packing.quote(it, Terms(tariff=in_hkd), units(stories))
    labels = closes(it, stories, in_hkd).of_parcels
    assert [("2", "1")] * 2 == [(label.fee_tariff, label.tariff) for [label] in labels.values()]


@pytest.mark.parametrize(
    ("tariff", "versions"),
    [
        (BY_WEIGHT, {"shipping": ("115.00 CNY", "2"), "storage": ("6.00 CNY", "1")}),  # 40.00 + 12.50 x 6.0 kg
        (DEARER, {"shipping": ("68.00 CNY", "1"), "storage": ("6.00 CNY", "1")}),  # what was agreed to
    ],
)
def test_each_charge_names_the_tariff_that_priced_it(tariff: Tariff, versions: dict[str, tuple[str, str]]) -> None:
    [story] = decided()
    it = packed([story])

    [label] = closes(it, [story], tariff).of_parcels[story.it.id]
    charges = chart.charges(after_event(story.it, label), label)

    assert versions == {one.cause.split(":")[0]: (str(one.amount), one.tariff) for one in charges}


def test_another_price_than_the_one_that_was_seen_says_both() -> None:
    stories = decided(2)
    refused = refusal(lambda: closes(packed(stories), stories, price=135_99))

    assert ("price_changed", "price_minor") == (refused.code, refused.field)
    assert {"seen": cny("135.99"), "price": cny("136.00")} == refused.facts


def test_what_was_given_up_is_not_delivered_by_a_word_about_the_others() -> None:
    """Two of three were confirmed by hand, the third noted lost; then the carrier's file says `delivered`."""
    stories = decided(3)
    ids = tuple(story.it.id for story in stories)
    it = tells(under_way(stories), stories, do.DeliverConsignment("Mr Wong", parcels=ids[:2]))
    it = tells(it, stories, do.NoteConsignmentLost("Not found.", ids[2:]))

    refused = refusal(lambda: tells(it, stories, do.DeliverConsignment("Mr Wong")))
    assert ("nothing_on_the_way", "C-1001") == (refused.code, refused.facts["number"])
    it = tells(it, stories, do.DeliverConsignment("Mr Wong", parcels=ids[2:]))
    assert "delivered" == it.status


def test_a_consignment_that_was_given_up_as_a_whole_may_turn_up_as_a_whole() -> None:
    stories = decided(2)
    it = tells(under_way(stories), stories, do.NoteConsignmentLost("Not found."))
    assert "lost" == it.status

    assert "delivered" == tells(it, stories, do.DeliverConsignment("Mr Wong")).status


@pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01T00:00+03:00", "9999-12-31T23:59-12:00", "yesterday"])
def test_an_instant_that_no_clock_shows_is_unreadable(text: str) -> None:
    assert ("instant_unreadable", "at") == ((it := refusal(lambda: packing.instant(text, NOW))).code, it.field)


def test_nothing_happens_on_the_way_before_the_day_of_the_closing() -> None:
    """Closed on 8 October at noon: the carrier's clock may be slow by hours, not by days."""
    stories = decided()
    it = under_way(stories)

    refused = refusal(lambda: tells(it, stories, do.NoteTracking(TrackingStatus.IN_TRANSIT, "2024-10-07T23:59+03:00")))
    assert ("before_the_closing", "at") == (refused.code, refused.field)
    assert 1 == len(tells(it, stories, do.NoteTracking(TrackingStatus.IN_TRANSIT, "2024-10-08T00:00+03:00")).tracked)
