"""The law of a parcel beyond its tables: instants, addresses, two persons, holds, money. Times are Moscow's."""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.partner.rules import calendar, decisions, holidays
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.destinations import check_address, decisions_for
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.words import (
    Decision,
    DisposalStatus,
    InspectionStatus,
    Mark,
    MediaKind,
    Role,
    Service,
    Status,
)
from tests.partner.cast import (
    CHINA,
    CODE,
    HONG_KONG,
    KAZAN,
    LIU_NA,
    LUMITEK_KEY,
    MARKETPLACE,
    RUSLAN,
    RUSSIA,
    SONIA,
    STRANGER,
    THREE_PHOTOS,
    TIMUR,
    UNLINKED,
    VERA,
    VIEW_ONLY,
    ZHAO,
    ParcelStory,
    address,
    announced,
    cheaper_than,
    cny,
    lost_since,
    moments,
    moscow,
    of_anadolu,
    rub,
    scan,
)

NEXT_DAY = moscow("2024-10-18 00:00:00")
REASON = "The seller's line was down."


def arrived(at: str = "2024-10-03 16:42", **changes: Any) -> ParcelStory:
    """J9's hub, scanned in on 3 October at 16:42."""
    return ParcelStory(announced(**changes)).arrived(at)


# -- J9: the deadline -------------------------------------------------------------------------------------------------


def test_the_decision_is_due_at_the_end_of_the_fourteenth_day() -> None:
    story = arrived()

    assert 14 == story.terms.policy.decision_days
    assert moscow("2024-10-18 00:00") == story.it.decide_by
    assert datetime.fromisoformat("2024-10-17T21:00:00Z") == story.it.decide_by


def test_the_last_second_counts() -> None:
    arrived().does(LIU_NA, do.Decide("ship_hk", HONG_KONG), "2024-10-17 23:59:58")
    arrived().does(LIU_NA, do.Decide("ship_hk", HONG_KONG), NEXT_DAY - timedelta(microseconds=1))
    refused = arrived().refusal(LIU_NA, do.Decide("ship_hk", HONG_KONG), NEXT_DAY)

    assert ("decision_window_closed", "conflict") == (refused.code, refused.kind)
    assert {"decide_by": NEXT_DAY} == refused.facts


def test_after_the_sweep_the_answer_is_the_same() -> None:
    story = arrived()
    story.passes("2024-10-18 00:00")

    assert Status.DISPOSAL_DUE is story.it.status
    assert ("decision_window_closed", "conflict") == story.refuses(LIU_NA, do.Decide("dispose"))


def test_reminders_come_seven_three_and_one_days_and_four_hours_before() -> None:
    story = arrived()
    done = story.passes("2024-10-17 23:59:59")

    assert {"Remind"} == {what for _, what in done}
    assert ["10 Oct 10:00", "14 Oct 10:00", "16 Oct 10:00", "17 Oct 20:00"] == moments([at for at, _ in done])
    assert ("7d", "3d", "1d", "4h") == story.it.reminded


def test_a_decision_ends_the_reminders() -> None:
    story = arrived().decided("ship_hk", HONG_KONG, "2024-10-11 12:00")

    assert [] == story.passes("2024-12-31 00:00")


@pytest.mark.parametrize(
    ("scanned", "bound", "destroyed_from"),
    [
        ("2024-10-03 16:42", "2024-10-18 00:00", "2024-10-18 00:00"),  # a Friday: J9
        ("2024-10-04 16:42", "2024-10-19 00:00", "2024-10-21 00:00"),  # Saturday waits for Monday
        ("2024-10-20 10:00", "2024-11-04 00:00", "2024-11-05 00:00"),  # 4 November is a holiday
        ("2024-10-18 10:00", "2024-11-02 00:00", "2024-11-02 00:00"),  # this Saturday is a working day
        ("2024-12-15 10:00", "2024-12-30 00:00", "2025-01-09 00:00"),  # the long New Year
    ],
)
def test_a_missed_deadline_is_destroyed_on_a_working_day_not_before(
    scanned: str, bound: str, destroyed_from: str
) -> None:
    """P14, D9."""
    story = arrived(scanned)
    story.passes(bound)

    assert Status.DISPOSAL_DUE is story.it.status
    assert moscow(bound) == story.it.decide_by
    assert moscow(destroyed_from) == story.it.disposal.hold_until


def test_a_missed_deadline_ends_with_a_certificate_that_says_undecided() -> None:
    story = arrived()
    story.passes("2024-10-18 00:00")
    story.does(RUSLAN, do.StartDisposal(), "2024-10-18 11:00")
    destroyed = story.does(RUSLAN, do.Destroy("shredded", "Sonia", ("d1",)))[0]

    assert ("DC-P-100017", True) == (destroyed.certificate, destroyed.undecided)
    assert Status.DISPOSED is story.it.status


def test_nothing_is_destroyed_before_the_hold_is_over() -> None:
    story = arrived("2024-10-04 16:42")
    story.passes("2024-10-19 00:00")
    refused = story.refusal(RUSLAN, do.StartDisposal(), "2024-10-20 12:00")

    assert ("undo_hold", {"not_before": moscow("2024-10-21 00:00")}) == (refused.code, refused.facts)


def test_a_supervisor_reopens_for_three_days_until_the_task_starts() -> None:
    story = arrived()
    story.passes("2024-10-18 09:00")
    assert ("explanation_required", "invalid") == story.refuses(SONIA, do.Reopen("please"))
    story.does(SONIA, do.Reopen(REASON))

    assert (Status.ARRIVED, DisposalStatus.NONE) == (story.it.status, story.it.disposal.status)
    assert moscow("2024-10-22 00:00") == story.it.decide_by
    assert not story.it.undecided
    story.passes("2024-10-22 00:00")
    story.does(RUSLAN, do.StartDisposal(), "2024-10-22 10:00")
    assert "not_in_this_state" == story.refuses(SONIA, do.Reopen(REASON))[0]


def test_a_scanner_behind_its_time_shortens_nothing() -> None:
    """D8: the later of the claim and our receipt."""
    at = moscow("2024-10-05 09:00")
    story = ParcelStory()
    story.does(RUSLAN, scan(moscow("2024-10-03 16:42")), at)

    assert (moscow("2024-10-03 16:42"), at) == (story.it.claimed_at, story.it.arrived_at)
    assert moscow("2024-10-20 00:00") == story.it.decide_by


def test_a_scanner_far_ahead_of_its_time_is_not_believed() -> None:
    at = moscow("2024-10-03 16:42")
    refused = ParcelStory().refuses(RUSLAN, msgspec.structs.replace(scan(at), arrived_at_us=to_us(at) * 2), at)

    assert ("scanner_clock_is_ahead", "invalid") == refused


@pytest.mark.parametrize("hour", range(24))
def test_it_is_never_less_than_fourteen_times_a_day(hour: int) -> None:
    at = moscow("2024-10-03 00:00") + timedelta(hours=hour)

    assert timedelta(days=14) <= calendar.decision_bound(at, Policy()) - at <= timedelta(days=15)


def test_days_left() -> None:
    """J2: 14 on the day of the arrival; 0 on the last."""
    story = arrived("2024-09-20 11:05")
    days = {text: calendar.days_left(story.it, moscow(text)) for text in ("2024-09-20 11:05", "2024-10-04 23:59")}

    assert {"2024-09-20 11:05": 14, "2024-10-04 23:59": 0} == days
    assert calendar.days_left(story.decided("pickup").it, story.now) is None


# -- P11: photos on order ---------------------------------------------------------------------------------------------


def test_late_photos_move_the_deadline_by_the_days_they_were_late() -> None:
    """J9: ordered 14 Oct, target 16 Oct, delivered 19 Oct: the deadline moves by three days to 20 Oct."""
    story = arrived()
    ordered = story.does(LIU_NA, do.OrderMedia(), "2024-10-14 12:00")[0]
    story.passes("2024-10-19 11:00")
    story.does(VERA, do.DeliverMedia(("m1",)), "2024-10-19 12:00")

    assert (moscow("2024-10-17 00:00"), True) == (ordered.due, ordered.in_time)
    assert (moscow("2024-10-21 00:00"), 3) == (story.it.decide_by, story.it.days_moved)
    story.does(LIU_NA, do.Decide("ship_hk", HONG_KONG), "2024-10-20 23:59:59")


def test_while_photos_are_late_the_unit_is_not_disposed_of_for_five_days_at_most() -> None:
    story = arrived()
    story.does(LIU_NA, do.OrderMedia(), "2024-10-14 12:00")
    done = story.passes("2024-10-30 00:00")

    bounds = [at for at, what in done if what in {"ExtendDeadline", "MissDeadline"}]
    assert [f"{day} Oct 00:00" for day in (18, 19, 20, 21, 22, 23)] == moments(bounds)
    assert (Status.DISPOSAL_DUE, 5) == (story.it.status, story.it.days_moved)


def test_a_decision_is_taken_while_photos_are_late_even_before_the_sweep_wrote_it_down() -> None:
    story = arrived()
    story.does(LIU_NA, do.OrderMedia(), "2024-10-14 12:00")

    story.copy().does(LIU_NA, do.Decide("ship_hk", HONG_KONG), "2024-10-22 23:59:59")
    assert "decision_window_closed" == story.refuses(LIU_NA, do.Decide("dispose"), "2024-10-23 00:00")[0]


@pytest.mark.parametrize(("ordered", "in_time"), [("2024-10-15 23:59:59", True), ("2024-10-16 00:00", False)])
def test_photos_move_the_deadline_when_they_were_ordered_by_day_twelve(ordered: str, in_time: bool) -> None:  # noqa: FBT001
    story = arrived()
    story.does(LIU_NA, do.OrderMedia(), ordered)
    story.passes("2024-10-18 00:00")

    assert in_time is story.it.media.in_time
    assert (Status.ARRIVED if in_time else Status.DISPOSAL_DUE) is story.it.status


def test_photos_on_time_move_nothing() -> None:
    story = arrived()
    story.does(LIU_NA, do.OrderMedia(), "2024-10-11 12:00")  # a Friday: due by the end of Tuesday
    happened = story.does(RUSLAN, do.DeliverMedia(("m1",)), "2024-10-15 23:59:59")

    assert [e.MediaDelivered] == [type(event) for event in happened]
    assert NEXT_DAY == story.it.decide_by


def test_one_set_a_unit_and_none_of_a_unit_that_is_checked_anyway() -> None:
    """R66."""
    story = arrived()
    story.does(LIU_NA, do.OrderMedia())
    assert "media_once_a_unit" == story.refuses(LIU_NA, do.OrderMedia())[0]
    assert ("photos_needed", "invalid") == story.refuses(VERA, do.DeliverMedia(()))
    assert "inspection_brings_photos" == arrived(reason_group="defect").refuses(LIU_NA, do.OrderMedia())[0]


@pytest.mark.parametrize(("kind", "photos", "videos", "refused"), [
    ("photo", ("p1",), (), None), ("photo", ("p1",), ("v1",), None), ("photo", (), ("v1",), "photos_needed"),
    ("video", (), ("v1",), None), ("video", ("p1",), ("v1",), None), ("video", ("p1",), (), "video_needed"),
    ("both", ("p1",), (), None), ("both", (), ("v1",), None), ("both", (), (), "photos_needed"),
    ("photo", (), (), "photos_needed"), ("video", (), (), "video_needed"),
])  # fmt: skip
def test_the_seller_chooses_photos_or_a_video_and_gets_what_was_ordered(
    kind: str, photos: tuple[str, ...], videos: tuple[str, ...], refused: str | None
) -> None:
    """R66. Of both, whichever shows more comes; an order without a choice is one of both."""
    story = ParcelStory().arrived()
    ordered = story.does(story.seller, do.OrderMedia(kind=MediaKind(kind)))[0]
    delivery = do.DeliverMedia(photos, videos)

    assert (kind, kind) == (ordered.kind, story.it.media.kind)
    assert "both" == do.OrderMedia().kind
    if refused is None:
        story.does(VERA, delivery)
        assert (kind, photos, videos) == (story.it.media.kind, story.it.media.photos, story.it.media.videos)
    else:
        assert (refused, "invalid") == story.refuses(VERA, delivery)


def test_goods_leave_after_the_photos_that_were_paid_for() -> None:
    story = arrived()
    story.does(LIU_NA, do.OrderMedia())
    story.decided("ship_hk", HONG_KONG)

    assert "media_not_ready" == story.refuses(RUSLAN, do.PrintLabel())[0]


# -- J10: where to ----------------------------------------------------------------------------------------------------


def test_nobody_ships_to_turkey() -> None:
    for story in (ParcelStory(of_anadolu()).arrived(), arrived()):
        refused = story.refusal(story.seller, do.Decide("ship_tr", KAZAN))

        assert ("destination_not_allowed", "invalid") == (refused.code, refused.kind)
        assert "TR" == refused.facts["country"]


@pytest.mark.parametrize("decision", ["ship_hk", "ship_cn"])
def test_a_seller_from_turkey_ships_within_russia_only(decision: str) -> None:
    story = ParcelStory(of_anadolu()).arrived()
    refused = story.refusal(story.seller, do.Decide(decision, HONG_KONG))

    assert ("destination_not_in_your_variant", "invalid") == (refused.code, refused.kind)
    assert ["RU"] == refused.facts["allowed"]
    story.decided("ship_ru", KAZAN)
    assert Decision.SHIP_RU is story.it.decision


@pytest.mark.parametrize(("decision", "destination"), [("ship_ru", RUSSIA), ("ship_cn", CHINA), ("ship_hk", HONG_KONG)])
def test_a_seller_from_china_ships_to_three_countries(decision: str, destination: int) -> None:
    story = arrived().decided(decision, destination)

    assert (decision, destination) == (story.it.decision, story.it.destination and story.it.destination.id)


def test_a_seller_from_elsewhere_ships_within_russia() -> None:
    """P1."""
    story = arrived(seller_country="KR")

    assert "destination_not_in_your_variant" == story.refuses(LIU_NA, do.Decide("ship_cn", CHINA))[0]


def test_a_seller_from_turkey_loses_a_unit_to_disposal_only_by_a_missed_deadline() -> None:
    """1.1, seed 66: by choice it is offered to the others only (seed 97)."""
    story = ParcelStory(of_anadolu())
    assert "disposal_not_in_your_variant" == story.refuses(story.seller, do.DisposeOnArrival(wanted=True))[0]
    story.arrived()

    assert ("disposal_not_in_your_variant", "invalid") == story.refuses(story.seller, do.Decide("dispose"))
    assert ["pickup", "ship_ru"] == decisions_for("TR", Policy())
    assert ["pickup", "ship_ru", "ship_cn", "ship_hk", "dispose"] == decisions_for("HK", Policy())
    assert ["pickup", "ship_ru", "dispose"] == decisions_for("KR", Policy())


def test_the_rule_for_cheap_products_does_not_reach_a_seller_from_turkey() -> None:
    story = ParcelStory(of_anadolu())
    story.around = msgspec.structs.replace(story.around, rules=(cheaper_than(1_000_000),))
    story.arrived()

    assert Decision.NONE is story.it.decision


@pytest.mark.parametrize(
    ("decision", "destination", "code"),
    [
        ("ship_hk", 0, "unknown_destination"),
        ("ship_hk", 999, "unknown_destination"),
        ("ship_ru", KAZAN, "unknown_destination"),  # another company's
        ("ship_hk", RUSSIA, "destination_in_another_country"),
        ("none", 0, "unknown_decision"),
        ("sell", 0, "unknown_decision"),
    ],
)
def test_what_is_no_decision(decision: str, destination: int, code: str) -> None:
    assert (code, "invalid") == arrived().refuses(LIU_NA, do.Decide(decision, destination))


@pytest.mark.parametrize(
    ("country", "city", "street"),
    [("RU", "Istanbul", "Street 1"), ("RU", "İSTANBUL", "Cad. 1"), ("RU", "Стамбул", "1"), ("HK", "深圳市", "1"),
     ("CN", "Kwai Chung", "Unit 5B"), ("RU", "Depot", "OOO Volga Depo, Istanbul")],
)  # fmt: skip
def test_an_address_that_names_another_country(country: str, city: str, street: str) -> None:
    with pytest.raises(Refused) as refused:
        check_address(country, city, street)

    assert ("address_contradicts_country", "invalid") == (refused.value.code, refused.value.kind)


@pytest.mark.parametrize(
    ("country", "city", "street"),
    [("RU", "Kazan", "OOO Volga Depo, ul. Pushkina 1"), ("HK", "Kwai Chung", "Unit 5B"), ("CN", "深圳市", "南山区"),
     ("RU", "Зеленодольск", "Казань, ул. 1"), ("RU", "Tver", "ul. Izmirskaya 4")],
)  # fmt: skip
def test_an_address_that_may_be_right(country: str, city: str, street: str) -> None:
    check_address(country, city, street)


def test_shipping_waits_for_a_confirmed_address_of_48_hours() -> None:
    """D20: the decision counts at once."""
    story = arrived()
    created = moscow("2024-10-04 10:00")
    new = address(9, "HK", created_at=created, confirmed_at=None)
    story.around = msgspec.structs.replace(story.around, destinations={9: new})
    story.decided("ship_hk", 9, "2024-10-04 12:00")
    assert "destination_not_confirmed" == story.refuses(RUSLAN, do.PrintLabel(), "2024-10-09 12:00")[0]

    confirmed = msgspec.structs.replace(new, confirmed_at=created)
    story.around = msgspec.structs.replace(story.around, destinations={9: confirmed})
    too_new = story.refusal(RUSLAN, do.PrintLabel(), "2024-10-06 09:59:59")
    assert ("destination_too_new", {"not_before": moscow("2024-10-06 10:00")}) == (too_new.code, too_new.facts)
    story.does(RUSLAN, do.PrintLabel(), "2024-10-06 10:00")


# -- P27: changing one's mind -----------------------------------------------------------------------------------------


def test_a_decision_can_be_changed_until_the_label_is_printed() -> None:
    story = arrived().decided("ship_hk", HONG_KONG, "2024-10-04 12:00").decided("ship_ru", RUSSIA)
    story.does(RUSLAN, do.PrintLabel())

    assert ("decision_locked", "conflict") == story.refuses(LIU_NA, do.Decide("dispose"))
    assert "not_in_this_state" == story.refuses(RUSLAN, do.PrintLabel())[0]


def test_the_same_decision_again_changes_nothing_and_starts_no_hold_anew() -> None:
    story = arrived().decided("dispose", at="2024-10-04 12:00")

    assert [] == story.does(LIU_NA, do.Decide("dispose"), "2024-10-04 13:00")
    assert moscow("2024-10-04 14:00") == story.it.disposal.hold_until


@pytest.mark.parametrize(("by", "hours"), [(LIU_NA, 2), (LUMITEK_KEY, 24)])
def test_a_disposal_can_be_undone_for_two_hours_and_a_keys_for_a_day(by: decisions.By, hours: int) -> None:
    """D9; the hold counts even past the deadline."""
    story = arrived()
    story.does(by, do.Decide("dispose"), "2024-10-17 23:30")
    assert moscow("2024-10-17 23:30") + timedelta(hours=hours) == story.it.disposal.hold_until

    story.passes(moscow("2024-10-17 23:29:59") + timedelta(hours=hours))
    held = story.it.disposal.status
    undone = story.copy()
    undone.does(LIU_NA, do.Decide("pickup"))
    assert (Decision.PICKUP, DisposalStatus.NONE) == (undone.it.decision, undone.it.disposal.status)
    story.passes(story.now + timedelta(seconds=1))
    assert (DisposalStatus.HELD, DisposalStatus.INSTRUCTED) == (held, story.it.disposal.status)
    story.does(RUSLAN, do.StartDisposal())
    assert "decision_locked" == story.refuses(LIU_NA, do.Decide("pickup"))[0]


# -- P25: disposal that was asked for beforehand ----------------------------------------------------------------------


def test_disposal_once_received() -> None:
    """R90, D27: chosen on the way, applied at the scan, held for two hours."""
    story = ParcelStory()
    story.does(LIU_NA, do.DisposeOnArrival())
    happened = story.arrived().events[-1]

    assert (Decision.DISPOSE, "rule") == (happened.decision, happened.by_whom)
    assert moscow("2024-10-03 18:42") == story.it.disposal.hold_until
    story.does(LIU_NA, do.Decide("pickup"), "2024-10-03 17:00")  # J12: Chen clicks keep
    assert DisposalStatus.NONE is story.it.disposal.status


@pytest.mark.parametrize(("price", "disposed"), [("1499.99", True), ("1500.00", False)])
def test_a_price_rule(price: str, disposed: bool) -> None:  # noqa: FBT001
    story = ParcelStory(announced(price=rub(price)))
    story.around = msgspec.structs.replace(story.around, rules=(cheaper_than(1500),))

    assert disposed is (story.arrived().it.decision is Decision.DISPOSE)


def test_no_rule_disposes_of_a_unit_that_must_be_checked_or_of_a_seller_who_may_not_decide() -> None:
    checked = ParcelStory(announced(reason_group="defect"))
    checked.does(LIU_NA, do.DisposeOnArrival())
    assert Decision.NONE is checked.arrived().it.decision
    lost = ParcelStory()
    lost.does(LIU_NA, do.DisposeOnArrival())
    lost.around = lost_since(lost.now)
    assert Decision.NONE is lost.arrived().it.decision


@pytest.mark.parametrize("one_by_one", [True, False])
def test_what_was_declared_lost_is_looked_at_and_not_disposed_of_by_rule(one_by_one: bool) -> None:  # noqa: FBT001
    """P25: never for units under claim; the unit was gone, its claim runs, and nobody knows what came back."""
    story = ParcelStory()
    if one_by_one:
        story.does(LIU_NA, do.DisposeOnArrival())
    else:
        story.around = msgspec.structs.replace(story.around, rules=(cheaper_than(9000),))
    story.does(MARKETPLACE, do.NoteLost())
    story.arrived()

    assert (Decision.NONE, InspectionStatus.QUEUED) == (story.it.decision, story.it.inspection.status)
    assert ("lost",) == story.it.inspection.reasons


def test_the_price_that_was_agreed_to_beforehand_holds_at_the_arrival() -> None:
    """3.00 was seen; it costs 9.00 when the unit comes and is destroyed."""
    story = ParcelStory()
    story.does(LIU_NA, do.DisposeOnArrival(price_minor=3_00))
    tariff = story.terms.tariff
    dearer = {**tariff.prices_minor, Service.DISPOSAL: 9_00}
    story.terms = replace(story.terms, tariff=replace(tariff, version="2", prices_minor=dearer))
    story.arrived().passes("2024-10-03 18:42")
    story.does(RUSLAN, do.StartDisposal())
    story.does(RUSLAN, do.Destroy("shredded", "Anna", THREE_PHOTOS))

    assert cny("3.00") == story.charged()["disposal"]
    assert "1" == story.events[-1].tariff


# -- P13: kept for pick-up --------------------------------------------------------------------------------------------


def test_what_is_not_collected_goes_through_a_notice_round_and_is_then_disposed_of() -> None:
    story = arrived().decided("pickup", at="2024-10-10 12:00")
    done = story.passes("2024-11-30 00:00")

    bounds = [(at, what) for at, what in done if what not in {"Remind", "InstructDisposal"}]
    assert ["25 Oct 00:00", "09 Nov 00:00"] == moments([at for at, _ in bounds])
    assert ["KeepExpired", "MissDeadline"] == [what for _, what in bounds]
    assert (Status.DISPOSAL_DUE, True) == (story.it.status, story.it.undecided)
    assert 4 == sum(what == "Remind" for _, what in done)


def test_in_the_notice_round_everything_can_be_decided_and_keeping_does_not_lengthen_it() -> None:
    story = arrived().decided("pickup", at="2024-10-10 12:00")
    story.passes("2024-10-26 12:00")
    story.copy().decided("ship_hk", HONG_KONG)
    story.decided("pickup")

    assert moscow("2024-11-09 00:00") == story.it.collect_by
    story.passes("2024-11-09 00:00")
    assert Status.DISPOSAL_DUE is story.it.status


def test_a_collector_needs_the_code_and_a_decision() -> None:
    story = arrived()
    assert "not_decided_so" == story.refuses(RUSLAN, do.HandOver("Ivanov", CODE))[0]
    story.decided("pickup")
    assert ("wrong_code", "forbidden") == story.refuses(RUSLAN, do.HandOver("Ivanov", "654321"))
    story.does(RUSLAN, do.HandOver("Ivanov", CODE))
    assert (Status.PICKED_UP, "Ivanov") == (story.it.status, story.it.collector)


# -- Inspection -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "at_the_dock", "reasons"),
    [
        ({}, {}, ()),
        ({"price": rub("10000.00")}, {}, ()),
        ({"price": rub("10000.01")}, {}, ("price",)),
        ({"reason_group": "misgrading"}, {}, ("reason_group",)),
        ({"reason_group": "damage_on_delivery"}, {}, ("reason_group",)),
        ({}, {"weight_gram": 400}, ()),  # 50 g of 350
        ({}, {"weight_gram": 401}, ("weight",)),
        ({}, {"weight_gram": 299}, ("weight",)),
        ({"weight_gram": 2_000}, {"weight_gram": 2_200}, ()),  # 10 %
        ({"weight_gram": 2_000}, {"weight_gram": 2_201}, ("weight",)),
        ({"outbound_weight_gram": 115}, {"weight_gram": 112}, ()),  # J8: the outbound weight knows better
        ({"point_weight_gram": 350}, {"weight_gram": 290}, ("weight",)),
        ({}, {"weight_gram": None}, ()),
        ({}, {"packaging_intact": False}, ("packaging",)),
        ({"serial": "SN-1"}, {}, ("serial",)),
        ({"marking_code": "01046"}, {}, ("marking_code",)),
        ({"checked": False}, {}, ("checklist",)),
    ],
)
def test_who_is_checked_in_full_and_why(
    unit: dict[str, Any], at_the_dock: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    """8.1, D22."""
    story = ParcelStory(announced(**unit)).arrived(**at_the_dock)

    assert reasons == story.it.inspection.reasons
    assert (InspectionStatus.QUEUED if reasons else InspectionStatus.NONE) is story.it.inspection.status


def substitution(**changes: Any) -> do.Mark:
    usual = do.Mark(Mark.SUBSTITUTED, photos=THREE_PHOTOS, comparison="112 g instead of 250 g, another serial")
    return msgspec.structs.replace(usual, **changes)


def watch() -> ParcelStory:
    """J8's watch."""
    told = announced(price=rub("18500.50"), weight_gram=250, serial="W-1")
    return ParcelStory(told).arrived("2024-10-08 10:20", weight_gram=112)


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        (do.Mark(Mark.PARTIALLY_DAMAGED, "D1"), "photos_needed"),
        (do.Mark(Mark.PARTIALLY_DAMAGED, photos=("m1",)), "defect_needed"),
        (do.Mark(Mark.COMPLETELY_DAMAGED, "D7"), "photos_needed"),
        (substitution(photos=("m1", "m2")), "photos_needed"),
        (substitution(photos=("m1", "m1", "m1")), "photos_needed"),
        (substitution(comparison=" "), "comparison_needed"),
    ],
)
def test_a_mark_brings_its_evidence(mark: do.Mark, code: str) -> None:
    assert (code, "invalid") == watch().refuses(VERA, mark)


def test_a_substitution_needs_two_people() -> None:
    story = watch()
    story.does(VERA, substitution())

    assert (InspectionStatus.AWAITING_SECOND, None) == (story.it.inspection.status, story.it.inspection.mark)
    assert ("second_person_needed", "forbidden") == story.refuses(VERA, do.ConfirmMark())
    assert ("not_your_role", "forbidden") == story.refuses(RUSLAN, do.ConfirmMark())
    marked = story.does(TIMUR, do.ConfirmMark())[0]
    assert (Mark.SUBSTITUTED, 1, ("vera", "timur")) == (marked.mark, marked.revision, marked.by)
    assert (InspectionStatus.DONE, THREE_PHOTOS) == (story.it.inspection.status, story.it.inspection.photos)


def test_a_supervisor_can_be_the_second_person_and_another_inspector_can_disagree() -> None:
    confirmed, disagreed = watch(), watch()
    for story in (confirmed, disagreed):
        story.does(VERA, substitution())
    confirmed.does(SONIA, do.ConfirmMark())
    disagreed.does(TIMUR, do.Mark(Mark.SERVICEABLE, note="Opened box, complete."))

    assert (Mark.SUBSTITUTED, Mark.SERVICEABLE) == (confirmed.it.inspection.mark, disagreed.it.inspection.mark)
    assert disagreed.it.inspection.proposed is None


def test_a_new_mark_is_a_new_revision_and_the_old_one_holds_until_it_is_confirmed() -> None:
    story = watch()
    story.does(VERA, do.Mark(Mark.PARTIALLY_DAMAGED, "D1", photos=("m1",)))
    story.does(VERA, substitution())
    assert (Mark.PARTIALLY_DAMAGED, 1) == (story.it.inspection.mark, story.it.inspection.revision)
    story.does(TIMUR, do.ConfirmMark())

    assert (Mark.SUBSTITUTED, 2) == (story.it.inspection.mark, story.it.inspection.revision)
    assert [1, 2] == [event.revision for event in story.events if isinstance(event, e.Marked)]


@pytest.mark.parametrize("decision", ["ship_hk", "pickup", "dispose"])
def test_nothing_leaves_before_it_was_checked(decision: str) -> None:
    story = watch()
    story.does(story.seller, do.Decide(decision, HONG_KONG))
    story.passes("2024-10-10 12:00")
    leave: dict[str, do.Any] = {
        "ship_hk": do.PrintLabel(),
        "pickup": do.HandOver("Ivanov", CODE),
        "dispose": do.StartDisposal(),
    }

    assert "inspection_not_done" == story.refuses(RUSLAN, leave[decision])[0]
    story.does(VERA, do.Mark(Mark.SERVICEABLE))
    story.does(RUSLAN, leave[decision])


# -- Who may ----------------------------------------------------------------------------------------------------------


def test_whose_parcel_it_is_not_does_not_see_it() -> None:
    assert ("not_found", "missing") == arrived().refuses(STRANGER, do.Decide("dispose"))
    story = arrived()
    story.around = UNLINKED
    assert ("not_found", "missing") == story.refuses(LIU_NA, do.Decide("dispose"))


def test_three_different_refusals_for_who_only_looks() -> None:
    """J11."""
    story = arrived()
    assert ("role_read_only", "forbidden") == story.refuses(ZHAO, do.Decide("dispose"))
    story.around = VIEW_ONLY
    assert ("link_view_only", "forbidden") == story.refuses(LIU_NA, do.Decide("dispose"))
    story.around = lost_since(story.now)
    assert ("authorization_lost", "forbidden") == story.refuses(LIU_NA, do.Decide("dispose"))
    assert [] == decisions.open_acts(story.it, LIU_NA, story.now, story.terms, story.around)


def test_sellers_make_no_physical_facts_and_staff_no_decisions() -> None:
    """D17."""
    story = arrived()
    for by, command in ((LIU_NA, do.PrintLabel()), (LUMITEK_KEY, do.HandOver("Ivanov", CODE)),
                        (RUSLAN, do.Decide("dispose")), (SONIA, do.Decide("dispose"))):  # fmt: skip
        assert ("not_your_role", "forbidden") == story.refuses(by, command)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MARKETPLACE])
def test_only_the_marketplace_announces(role: Role) -> None:
    with pytest.raises(Refused):
        decisions.expect(e.Expected("P-1", ParcelStory().it.unit), decisions.By(role, "somebody", "1"))


# -- D11: the link is lost --------------------------------------------------------------------------------------------


def test_destruction_waits_seven_days_for_a_lost_link_while_the_clock_runs() -> None:
    story = arrived()
    story.around = lost_since(moscow("2024-10-16 15:00"))
    done = story.passes("2024-10-24 00:00")

    assert Status.DISPOSAL_DUE is story.it.status
    instructed = [at for at, what in done if what == "InstructDisposal"]
    assert "23 Oct 15:00" == moments(instructed)[-1]
    assert DisposalStatus.INSTRUCTED is story.it.disposal.status


def test_a_relinked_seller_makes_it_wait_no_longer() -> None:
    story = arrived()
    linked = story.around
    story.around = lost_since(moscow("2024-10-16 15:00"))
    story.passes("2024-10-18 12:00")
    waiting = story.it.disposal.status
    story.around = linked
    story.passes("2024-10-19 00:00")

    assert (DisposalStatus.HELD, DisposalStatus.INSTRUCTED) == (waiting, story.it.disposal.status)


def test_a_task_does_not_start_while_the_link_is_lost() -> None:
    story = arrived()
    story.passes("2024-10-18 09:00")
    story.around = lost_since(moscow("2024-10-18 08:00"))

    assert "authorization_lost" == story.refuses(RUSLAN, do.StartDisposal())[0]


# -- Money ------------------------------------------------------------------------------------------------------------


def test_what_a_unit_to_hong_kong_costs() -> None:
    """J2, J14: receipt, photos, shipping, storage for each midnight after the decision."""
    story = arrived()
    story.does(LIU_NA, do.OrderMedia(), "2024-10-04 12:00")
    story.does(VERA, do.DeliverMedia(("m1",)))
    story.decided("ship_hk", HONG_KONG, "2024-10-05 23:59").decided("ship_hk", HONG_KONG)
    story.does(RUSLAN, do.PrintLabel(), "2024-10-07 00:01")

    expected = {"receipt": cny("6.00"), "media": cny("5.00"), "shipping": cny("68.00"), "storage": cny("3.00")}
    assert expected == story.charged()
    assert {"receivable:seller:2093311"} == {entry.debit for entry in story.entries}
    assert len(story.entries) == len({entry.cause for entry in story.entries})


@pytest.mark.parametrize(
    ("decision", "destination", "price"),
    [("ship_ru", RUSSIA, "22.00"), ("ship_cn", CHINA, "52.00"), ("ship_hk", HONG_KONG, "68.00")],
)
def test_what_shipping_costs(decision: str, destination: int, price: str) -> None:
    story = arrived().decided(decision, destination)
    story.does(RUSLAN, do.PrintLabel())

    assert cny(price) == story.charged()["shipping"]
    assert f"income:{decision}" in {entry.credit for entry in story.entries}


def test_a_disposal_costs_no_storage_while_it_can_be_undone() -> None:
    story = arrived()
    story.does(LUMITEK_KEY, do.Decide("dispose"), "2024-10-05 12:00")
    story.passes("2024-10-09 12:00")
    story.does(RUSLAN, do.StartDisposal())
    assert {"receipt"} == set(story.charged())
    story.does(RUSLAN, do.Destroy("shredded", "Sonia", ("d1",)))

    assert {"receipt": cny("6.00"), "disposal": cny("3.00")} == story.charged()


def test_a_free_service_leaves_no_entry() -> None:
    tariff = Terms().tariff
    free = msgspec.structs.replace(tariff, prices_minor=dict.fromkeys(tariff.prices_minor, 0))
    story = ParcelStory(terms=Terms(tariff=free)).arrived()

    assert [] == story.entries


# -- The working calendar ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "working"),
    [("2024-10-18", True), ("2024-10-19", False), ("2024-11-02", True), ("2024-11-04", False), ("2025-05-02", False),
     ("2025-11-01", True), ("2026-01-09", False), ("2026-01-12", True), ("2027-06-14", False), ("2030-01-01", True)],
)  # fmt: skip
def test_working_days(day: str, working: bool) -> None:  # noqa: FBT001
    assert working is holidays.is_working(date.fromisoformat(day))


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027])
def test_the_calendar_names_weekdays_as_days_off_and_weekends_as_working(year: int) -> None:
    off = [date.fromisoformat(f"{year}-{day}").weekday() for day in holidays.DAYS_OFF[year]]
    on = [date.fromisoformat(f"{year}-{day}").weekday() for day in holidays.WORKING_WEEKENDS[year]]

    assert all(weekday < 5 for weekday in off)
    assert all(weekday >= 5 for weekday in on)
