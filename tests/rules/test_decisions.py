"""What `decide` answers, journey by journey: requests, offers, disputes, the counter, routes, and whose business it is.

Instants are Moscow's. A bound is the first instant that is too late: the last second before it still counts (P3).
"""

from itertools import product

import pytest
from msgspec import ValidationError
from msgspec.structs import replace

from backhaul.kit.days import MOSCOW, end_of_day, to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.calendar import timers
from backhaul.marketplace.rules.compensation import SEED_CARD
from backhaul.marketplace.rules.decisions import (
    By,
    SellerFacts,
    offered_quote,
    open_acts,
    open_return,
    route_at_acceptance,
)
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return, holds_unit
from backhaul.marketplace.rules.words import REASONS, REJECTIONS, Mark, Role, Route, Variant
from tests.rules.cast import (
    CALENDAR,
    CHEN,
    ELIF,
    EXPLAINED,
    IML,
    IRINA,
    LINKED,
    LUMITEK,
    MARINA,
    MODERATED,
    NADIA,
    OLEG,
    PAVEL,
    UNLINKED,
    ZHAO,
    Story,
    check_in,
    decoded,
    line,
    moscow,
    rub,
)

TOO_LATE = ("too_late", "conflict")
NOT_NOW = ("not_in_this_state", "conflict")
MISSING = ("not_found", "missing")
UNLAWFUL = ("rejection_unlawful", "conflict")


def announced(it: Return, kind: type[do.Command]) -> list[str]:
    """When the calendar will give this command, on Moscow's wall."""
    return [
        f"{at.astimezone(MOSCOW):%Y-%m-%d %H:%M}" for at, command in timers(it, Terms().policy) if type(command) is kind
    ]


# -- A customer asks --------------------------------------------------------------------------------------------------


def test_a_reason_that_is_not_in_the_catalogue_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        Story(reason="found_cheaper_elsewhere")

    assert ("unknown_reason", "invalid", "reason") == (refusal.value.code, refusal.value.kind, refusal.value.field)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_the_catalogue_starts_a_return(reason: str) -> None:
    story = Story(reason=reason).submitted()

    assert ("seller_review", reason) == (story.it.status, story.it.reason)


def test_the_catalogue_says_which_reasons_are_a_defect_and_which_are_taste() -> None:
    """Requirements 6.1, grouped by hand. Taste and misgrading are no defect of the product."""
    groups: dict[str, set[str]] = {}
    for code, reason in REASONS.items():
        groups.setdefault(reason.group, set()).add(code)
    defects = {code for code, reason in REASONS.items() if reason.is_defect}

    assert {
        "fit_or_dislike": {"did_not_fit", "did_not_like", "changed_mind"},
        "defect": {"does_not_work", "external_defects", "used_before_me", "broke_in_use", "counterfeit"},
        "misgrading": {"wrong_item", "part_missing", "incomplete"},
        "damage_on_delivery": {"packaging_and_product_damaged", "product_damaged_packaging_intact"},
    } == groups
    assert groups["defect"] | groups["damage_on_delivery"] == defects
    assert len(REASONS) == len({reason.number for reason in REASONS.values()})


def test_a_request_needs_a_picture_and_takes_ten() -> None:
    story = Story(photos=())

    assert ("photos_needed", "invalid") == story.refuses(IRINA, do.Submit())

    story.does(IRINA, do.AddPhotos(tuple(f"p{n}" for n in range(10))))

    assert ("too_many_photos", "invalid") == story.refuses(IRINA, do.AddPhotos(("p11",)))
    assert "seller_review" == story.submitted().it.status


def test_eleven_pictures_do_not_start_a_return() -> None:
    with pytest.raises(Refused) as refusal:
        Story(photos=[f"p{n}" for n in range(11)])

    assert ("too_many_photos", "invalid") == (refusal.value.code, refusal.value.kind)


# -- J4: the seller's answer, and silence -----------------------------------------------------------------------------


def kettle() -> Story:
    return Story(reason="does_not_work", of=line("5300.00"), at="2024-09-10 09:30").submitted("2024-09-10 09:30")


def test_the_seller_has_three_calendar_days_with_the_day_of_the_request_as_day_zero() -> None:
    assert moscow("2024-09-14 00:00") == kettle().it.act_by


@pytest.mark.parametrize("at", ["2024-09-13 23:59:59", "2024-09-13 23:59:59.999999"])
def test_the_last_second_counts(at: str) -> None:
    story = kettle()
    story.does(ELIF, do.Reject("defect_not_visible", EXPLAINED), at)

    assert "rejected" == story.it.status


@pytest.mark.parametrize(
    "command", [do.Approve(), do.Reject("defect_not_visible", EXPLAINED), do.Offer(100), do.RefundWithoutReturn()]
)
@pytest.mark.parametrize("at", ["2024-09-14 00:00:00", "2024-09-14 00:20:00"])
def test_an_answer_after_the_bound_is_late_even_before_the_timer_has_fired(command: do.Command, at: str) -> None:
    assert TOO_LATE == kettle().refuses(ELIF, command, at)


def test_midnight_is_moscow_s() -> None:
    """22:30 UTC on the 9th is the 10th in Moscow."""
    story = Story(at="2024-09-10 01:30").submitted("2024-09-10 01:30")

    assert 9 == story.now.day
    assert moscow("2024-09-14 00:00") == story.it.act_by


def test_the_calendar_announces_on_the_12th_and_13th_and_approves_on_the_14th() -> None:
    story = kettle()

    assert ["2024-09-12 00:00", "2024-09-13 00:00"] == announced(story.it, do.Remind)
    assert ["2024-09-14 00:00"] == announced(story.it, do.Approve)


def test_silence_approves_exactly_once_and_says_that_nobody_did_it() -> None:
    story = kettle()
    story.does(CALENDAR, do.Approve(), "2024-09-14 00:00")

    assert ("approved", Role.CALENDAR) == (story.it.status, story.it.approved_by)
    assert NOT_NOW == story.refuses(CALENDAR, do.Approve(), "2024-09-14 01:10")
    assert NOT_NOW == story.refuses(ELIF, do.Reject("looks_used", EXPLAINED), "2024-09-14 00:20")
    assert 1 == len(story.happened(e.Approved))


def test_an_announcement_is_not_made_twice() -> None:
    """R95. Going to another state with the same bound is no reason either."""
    story = kettle().approved("2024-09-10 10:00")
    story.does(CALENDAR, do.Remind("2d"), "2024-09-14 00:00")
    story.does(IRINA, do.ChoosePoint("77-0412"), "2024-09-14 10:00")

    assert ["2024-09-15 00:00"] == announced(story.it, do.Remind)


def test_a_draft_that_is_never_sent_is_thrown_away() -> None:
    story = Story(at="2024-09-10 09:30")

    assert ["2024-09-14 00:00"] == announced(story.it, do.Cancel)

    story.does(CALENDAR, do.Cancel(), "2024-09-14 00:00")

    assert ("cancelled", False) == (story.it.status, holds_unit(story.it))


# -- J4, P23: pre-moderation ------------------------------------------------------------------------------------------


def moderated(at: str = "2024-09-10 09:30", facts: SellerFacts = MODERATED) -> Story:
    return Story(reason="does_not_work", of=line("5300.00"), facts=facts, at=at).submitted(at)


def test_a_moderator_asks_for_a_video_and_three_days_of_silence_close_the_request() -> None:
    story = moderated()
    story.does(NADIA, do.AskPhotos("A video, please."), "2024-09-11 12:00")

    assert ("awaiting_customer", moscow("2024-09-15 00:00")) == (story.it.status, story.it.act_by)
    assert ["2024-09-15 00:00"] == announced(story.it, do.Expire)
    assert TOO_LATE == story.refuses(IRINA, do.SendPhotos(("video",)), "2024-09-15 00:00")

    story.does(CALENDAR, do.Expire(), "2024-09-15 00:00")

    assert ("closed_no_reply", False) == (story.it.status, holds_unit(story.it))  # the customer may file again


def test_an_answer_in_the_last_second_goes_back_to_the_moderator_with_three_new_days() -> None:
    story = moderated()
    story.does(NADIA, do.AskPhotos("A video, please."), "2024-09-11 12:00")
    story.does(IRINA, do.SendPhotos(("video",), "Here."), "2024-09-14 23:59:59")

    assert ("pre_moderation", moscow("2024-09-18 00:00")) == (story.it.status, story.it.act_by)
    assert "video" in story.it.photos


@pytest.mark.parametrize("command", [do.Offer(100), do.RefundWithoutReturn()])
def test_the_service_never_pays_out(command: do.Command) -> None:
    """P23: approve, reject, ask for more photos."""
    assert ("not_your_role", "forbidden") == moderated().refuses(NADIA, command)


def test_the_service_s_silence_approves_as_well() -> None:
    assert ["2024-09-14 00:00"] == announced(moderated().it, do.Approve)


@pytest.mark.parametrize(
    ("at", "facts", "to"),
    [
        ("2024-10-31 23:59:59", MODERATED, "pre_moderation"),
        ("2024-10-31 23:59:59.999999", MODERATED, "pre_moderation"),
        ("2024-11-01 00:00:00", MODERATED, "seller_review"),
        ("2024-11-01 00:00:01", MODERATED, "seller_review"),
        (
            "2024-11-01 00:00:00",
            SellerFacts(moderation_ticket="55-1204", moderation_price_version="2024-11"),
            "pre_moderation",
        ),
        (
            "2024-11-01 00:00:00",
            SellerFacts(moderation_ticket="55-1204", moderation_price_version="2024-10"),
            "seller_review",
        ),
        ("2024-10-31 23:59:59", UNLINKED, "seller_review"),
        ("2024-11-01 00:00:00", SellerFacts(moderation_price_version="2024-11"), "seller_review"),
    ],
)
def test_pre_moderation_is_free_until_november_and_then_needs_consent_to_a_price(
    at: str, facts: SellerFacts, to: str
) -> None:
    story = moderated(at, facts)

    assert (to, to == "pre_moderation") == (story.it.status, story.it.moderated)


def test_a_request_made_in_october_and_sent_in_november_is_still_free() -> None:
    story = Story(reason="does_not_work", facts=MODERATED, at="2024-10-31 23:59:59").submitted("2024-11-01 00:05")

    assert "pre_moderation" == story.it.status


def test_the_seller_is_told_why_the_service_did_not_take_the_request() -> None:
    unpaid = moderated("2024-11-01 00:00:00").happened(e.Submitted)[0]
    never_on = kettle().happened(e.Submitted)[0]

    assert ("moderation_needs_consent", "") == (unpaid.why_not_moderated, never_on.why_not_moderated)
    older = SellerFacts(moderation_ticket="55-1204", moderation_price_version="2024-10")
    assert "moderation_price_changed" == moderated("2024-11-01 00:00:00", older).it.why_not_moderated


@pytest.mark.parametrize(
    ("at", "charged"),
    [
        ("2024-10-31 23:59:59", []),
        ("2024-11-01 00:00:00", [("payable:seller:1180457", "income:pre_moderation", "30.00")]),
    ],
)
def test_after_consent_each_request_is_charged_once_and_none_of_the_free_period(
    at: str, charged: list[tuple[str, str, str]]
) -> None:
    """P23, D12. Photos that are asked for and sent do not make it another request."""
    story = moderated(at, SellerFacts(moderation_ticket="55-1204", moderation_price_version="2024-11"))
    story.does(NADIA, do.AskPhotos("A video, please."))
    story.does(IRINA, do.SendPhotos(("p9",)))

    moved = [(entry.debit, entry.credit, str(entry.amount).removesuffix(" RUB")) for entry in story.entries]
    assert charged == moved


# -- Rejections: R9, D24, P24 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", REJECTIONS)
def test_every_rejection_needs_thirty_characters(reason: str) -> None:
    story = Story(reason="wrong_item").submitted()

    assert ("explanation_required", "invalid") == story.refuses(ELIF, do.Reject(reason, "x" * 29))
    assert ("explanation_required", "invalid") == story.refuses(ELIF, do.Reject(reason, "x" * 29 + " "))

    story.does(ELIF, do.Reject(reason, "x" * 30))

    assert ("rejected", reason, "x" * 30) == (story.it.status, story.it.rejection_reason, story.it.rejection_comment)


def test_a_rejection_reason_that_is_not_in_the_catalogue_is_refused() -> None:
    assert ("unknown_reason", "invalid") == kettle().refuses(ELIF, do.Reject("bad_mood", EXPLAINED))


@pytest.mark.parametrize("reason", ["not_returnable", "request_too_late", "defect_not_visible", "too_few_photos"])
@pytest.mark.parametrize("story_reason", ["did_not_fit", "did_not_like", "changed_mind"])
def test_taste_within_seven_days_of_delivery_is_not_rejected(reason: str, story_reason: str) -> None:
    """Delivered on 1 Sep: the seventh day ends at 9 Sep 00:00."""
    story = Story(reason=story_reason, at="2024-09-08 23:59:59").submitted("2024-09-08 23:59:59")

    assert UNLAWFUL == story.refuses(ELIF, do.Reject(reason, EXPLAINED))


@pytest.mark.parametrize("reason", REJECTIONS)
def test_taste_on_the_eighth_day_may_be_rejected(reason: str) -> None:
    story = Story(reason="did_not_fit", at="2024-09-09 00:00").submitted("2024-09-09 00:00")
    story.does(ELIF, do.Reject(reason, EXPLAINED))

    assert "rejected" == story.it.status


@pytest.mark.parametrize("reason", REJECTIONS)
def test_what_was_made_for_one_buyer_may_be_rejected_within_seven_days(reason: str) -> None:
    story = Story(reason="did_not_fit", of=line(category="made_to_order")).submitted()
    story.does(ELIF, do.Reject(reason, EXPLAINED))

    assert "rejected" == story.it.status


@pytest.mark.parametrize("reason", [code for code, reason in REASONS.items() if reason.is_defect])
def test_a_defect_is_not_rejected_for_its_packaging(reason: str) -> None:
    story = Story(reason=reason).submitted()

    assert UNLAWFUL == story.refuses(ELIF, do.Reject("packaging_damaged", EXPLAINED))


def test_the_blocks_of_the_law_bind_the_moderator_too() -> None:
    story = moderated()

    assert UNLAWFUL == story.refuses(NADIA, do.Reject("packaging_damaged", EXPLAINED))


# -- Disputes: P4, R106, J5 -------------------------------------------------------------------------------------------


def rejected() -> Story:
    """Rejected on 10 Sep: five days end at 16 Sep 00:00."""
    story = Story(reason="does_not_work", at="2024-09-10 09:30").submitted("2024-09-10 09:30")
    story.does(ELIF, do.Reject("defect_not_visible", EXPLAINED), "2024-09-10 12:00")
    return story


@pytest.mark.parametrize("at", ["2024-09-14 12:00", "2024-09-15 23:59:59"])
def test_a_dispute_is_opened_within_five_days(at: str) -> None:
    story = rejected()
    story.does(IRINA, do.OpenDispute(EXPLAINED), at)

    assert "dispute" == story.it.status


@pytest.mark.parametrize("at", ["2024-09-16 00:00", "2024-09-16 12:00"])
def test_a_dispute_on_day_six_is_refused(at: str) -> None:
    assert TOO_LATE == rejected().refuses(IRINA, do.OpenDispute(EXPLAINED), at)


def disputed() -> Story:
    story = rejected()
    story.does(IRINA, do.OpenDispute(EXPLAINED), "2024-09-14 12:00")
    return story


def test_the_marketplace_has_three_days_for_a_dispute() -> None:
    assert moscow("2024-09-18 00:00") == disputed().it.act_by


@pytest.mark.parametrize("at", ["2024-09-15 12:00", "2024-09-20 12:00"])  # on day 2, and too late: still decided
def test_a_dispute_decided_for_the_seller_stays_rejected_for_good(at: str) -> None:
    story = disputed()
    story.does(NADIA, do.DecideDispute(for_customer=False, comment=EXPLAINED), at)

    assert ("rejected", EXPLAINED) == (story.it.status, story.it.dispute_answer)
    assert ("dispute_already_decided", "conflict") == story.refuses(IRINA, do.OpenDispute(EXPLAINED))


def test_a_dispute_decided_for_the_customer_approves_with_five_days_to_come() -> None:
    story = disputed()
    story.does(NADIA, do.DecideDispute(for_customer=True, comment=EXPLAINED), "2024-09-15 12:00")

    assert ("approved", Role.MODERATOR) == (story.it.status, story.it.approved_by)
    assert moscow("2024-09-21 00:00") == story.it.act_by


# -- P5: offers -------------------------------------------------------------------------------------------------------


def offered(price: str = "12400.00", amount_rub: int = 1) -> Story:
    story = Story(of=line(price), at="2024-09-02 10:00").submitted("2024-09-02 10:00")
    story.does(ELIF, do.Offer(amount_rub), "2024-09-03 11:00")
    return story


@pytest.mark.parametrize(
    ("price", "amount_rub"),
    [("12400.00", 1), ("12400.00", 12_399), ("18500.50", 18_499), ("2.00", 1)],
)
def test_an_offer_is_whole_roubles_from_one_to_the_price_less_one(price: str, amount_rub: int) -> None:
    story = offered(price, amount_rub)

    assert ("offer_sent", (rub(f"{amount_rub}.00"),)) == (story.it.status, story.it.offers)


@pytest.mark.parametrize(
    ("price", "amount_rub"),
    [("12400.00", 12_400), ("12400.00", 50_000), ("18500.50", 18_500), ("1.00", 1), ("1.99", 1)],
)
def test_an_offer_above_the_price_less_one_is_refused(price: str, amount_rub: int) -> None:
    story = Story(of=line(price)).submitted()
    with pytest.raises(Refused) as refusal:
        story.does(ELIF, do.Offer(amount_rub))

    assert ("offer_out_of_range", "invalid", "amount_rub") == (
        refusal.value.code,
        refusal.value.kind,
        refusal.value.field,
    )
    assert {"low": 1, "high": int(float(price)) - 1} == refusal.value.facts


@pytest.mark.parametrize("amount", [0, -1, 1.5, "12"])
def test_an_offer_of_nothing_or_of_kopecks_has_no_form(amount: object) -> None:
    with pytest.raises(ValidationError):
        decoded(do.Offer, amount_rub=amount)


def test_an_offer_is_measured_by_what_the_customer_paid() -> None:
    """MNY-2: the customer never gets more than was paid, whatever the seller's price."""
    story = Story(of=line("12400.00", paid="10000.00")).submitted()

    assert ("offer_out_of_range", "invalid") == story.refuses(ELIF, do.Offer(10_000))

    story.does(ELIF, do.Offer(9_999))

    assert "offer_sent" == story.it.status


def test_the_customer_has_three_days_for_an_offer_and_silence_refuses_it() -> None:
    story = offered()

    assert ["2024-09-07 00:00"] == announced(story.it, do.DeclineOffer)
    assert TOO_LATE == story.refuses(IRINA, do.AcceptOffer(), "2024-09-07 00:00")

    story.does(CALENDAR, do.DeclineOffer(), "2024-09-07 00:00")

    assert ("seller_review_after_offer", moscow("2024-09-11 00:00")) == (story.it.status, story.it.act_by)


def test_an_offer_accepted_in_the_last_second_is_owed_and_ends_the_return() -> None:
    story = offered(amount_rub=2_000)
    story.does(IRINA, do.AcceptOffer(), "2024-09-06 23:59:59")

    assert ("partially_refunded", "held", rub("2000.00")) == (
        story.it.status,
        story.it.refund.status,
        story.it.refund.amount,
    )


def test_the_second_offer_is_the_last_and_the_last_offer_is_what_is_paid() -> None:
    story = offered(amount_rub=1_000)
    story.does(IRINA, do.DeclineOffer())
    story.does(ELIF, do.Offer(2_000))
    story.does(IRINA, do.DeclineOffer())

    assert ("no_more_offers", "conflict") == story.refuses(ELIF, do.Offer(3_000))
    assert do.Offer not in open_acts(story.it, ELIF, story.now, story.terms)

    accepted = offered(amount_rub=1_000)
    accepted.does(IRINA, do.DeclineOffer())
    accepted.does(ELIF, do.Offer(2_000))
    accepted.does(IRINA, do.AcceptOffer())

    assert rub("2000.00") == accepted.it.refund.amount


def test_rejecting_is_gone_after_the_first_offer() -> None:
    story = offered()

    assert NOT_NOW == story.refuses(ELIF, do.Reject("looks_used", EXPLAINED))

    story.does(IRINA, do.DeclineOffer())

    assert NOT_NOW == story.refuses(ELIF, do.Reject("looks_used", EXPLAINED))
    assert do.Reject not in open_acts(story.it, ELIF, story.now, story.terms)


def declined(price: str) -> Story:
    story = offered(price)
    story.does(IRINA, do.DeclineOffer(), "2024-09-04 15:00")
    return story


@pytest.mark.parametrize(
    ("price", "to", "refund"),
    [
        ("1799.99", "refunded_without_return", "held"),
        ("1500.00", "refunded_without_return", "held"),
        ("1800.00", "approved", "none"),
        ("1800.01", "approved", "none"),
    ],
)
def test_three_days_of_silence_refund_an_order_below_1800_and_bring_back_any_other(
    price: str, to: str, refund: str
) -> None:
    story = declined(price)

    assert ["2024-09-08 00:00"] == announced(story.it, do.SettleUndecided)

    story.does(CALENDAR, do.SettleUndecided(), "2024-09-08 00:00")

    assert (to, refund) == (story.it.status, story.it.refund.status)
    assert (rub(price) if refund == "held" else None) == story.it.refund.amount


@pytest.mark.parametrize("price", ["1500.01", "1700.00", "1800.00"])
def test_a_product_above_1500_may_come_back_after_an_offer(price: str) -> None:
    story = declined(price)
    story.does(ELIF, do.Approve())

    assert "approved" == story.it.status


@pytest.mark.parametrize("price", ["1500.00", "1499.99", "2.00"])
def test_a_product_up_to_1500_does_not_come_back_after_an_offer(price: str) -> None:
    story = declined(price)

    assert ("too_cheap_to_come_back", "conflict") == story.refuses(ELIF, do.Approve())
    assert do.Approve not in open_acts(story.it, ELIF, story.now, story.terms)


def test_refunding_without_a_return_owes_all_that_was_paid() -> None:
    story = Story(of=line("12400.00", paid="11000.00")).submitted()
    story.does(ELIF, do.RefundWithoutReturn())

    assert ("refunded_without_return", "held", rub("11000.00")) == (
        story.it.status,
        story.it.refund.status,
        story.it.refund.amount,
    )


# -- P6: the way to the counter ---------------------------------------------------------------------------------------


def approved(reason: str = "did_not_like") -> Story:
    """Approved on 3 Sep: five days end at 9 Sep 00:00."""
    return Story(reason=reason, at="2024-09-02 10:00").submitted("2024-09-02 10:00").approved("2024-09-03 15:00")


def test_the_customer_has_five_days_to_bring_the_product() -> None:
    story = approved()
    story.does(IRINA, do.ChoosePoint("77-0412"), "2024-09-05 12:00")

    assert moscow("2024-09-09 00:00") == story.it.act_by  # choosing a point gives no more time
    assert ["2024-09-09 00:00"] == announced(story.it, do.Expire)

    story.accepted("2024-09-08 23:59:59")

    assert "accepted_at_pvz" == story.it.status


@pytest.mark.parametrize("chosen", [False, True])
def test_after_five_days_the_counter_refuses_and_the_request_closes(chosen: bool) -> None:  # noqa: FBT001
    story = approved()
    if chosen:
        story.does(IRINA, do.ChoosePoint("77-0412"))

    assert TOO_LATE == story.refuses(OLEG, check_in(), "2024-09-09 00:00")

    story.does(CALENDAR, do.Expire(), "2024-09-09 00:00")

    assert ("dropoff_expired", False) == (story.it.status, holds_unit(story.it))  # a new request is allowed


# -- J5, P7: the checklist of the counter -----------------------------------------------------------------------------

# Requirements P7 and J5: both conditions must hold, used and a reason of taste; another product is always refused.
TRUTH = {
    # (same product, used): {group: refused because, "" is accepted}
    (True, False): {"fit_or_dislike": "", "defect": "", "misgrading": "", "damage_on_delivery": ""},
    (True, True): {
        "fit_or_dislike": "used_and_reason_fit_or_dislike",
        "defect": "",
        "misgrading": "",
        "damage_on_delivery": "",
    },
    (False, False): dict.fromkeys(
        ("fit_or_dislike", "defect", "misgrading", "damage_on_delivery"), "not_the_requested_product"
    ),
    (False, True): dict.fromkeys(
        ("fit_or_dislike", "defect", "misgrading", "damage_on_delivery"), "not_the_requested_product"
    ),
}


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize(("same_product", "used"), TRUTH)
def test_used_goods_are_refused_for_taste_alone_and_another_product_always(
    reason: str,
    same_product: bool,  # noqa: FBT001
    used: bool,  # noqa: FBT001
) -> None:
    story = approved(reason)
    story.does(OLEG, check_in(same_product=same_product, used=used))
    because = TRUTH[same_product, used][REASONS[reason].group]

    assert OLEG.subject == story.it.point_id
    assert because == story.it.refused_because
    assert (("refused_at_pvz", "none") if because else ("accepted_at_pvz", "held")) == (
        story.it.status,
        story.it.refund.status,
    )
    assert (not because) == holds_unit(story.it)  # J5: who was refused may ask again


@pytest.mark.parametrize("photos", [(), ("counter-1",)])
def test_the_checklist_needs_two_photos(photos: tuple[str, ...]) -> None:
    assert ("photos_needed", "invalid") == approved().refuses(OLEG, check_in(photos=photos))


def test_a_clerk_checks_in_at_their_own_point_only() -> None:
    """R98: the custody chain names the place where the product really is."""
    elsewhere = replace(check_in(), point_id="78-0031")

    assert ("not_your_point", "invalid") == approved().refuses(OLEG, elsewhere)


def test_when_the_counter_s_system_is_down_the_product_is_accepted_and_marked_as_unchecked() -> None:
    story = approved()
    story.does(OLEG, check_in(checked=False, used=True, photos=()))

    assert "accepted_at_pvz" == story.it.status
    assert story.it.check is not None
    assert not story.it.check.checked


# -- D2: the route ----------------------------------------------------------------------------------------------------

A, B = Route.A, Route.B
# Variant T, by hand: (choice, default) -> (not linked, linked). The choice, else the default, else B if linked, else A.
ROUTES_T = {
    (None, None): (A, B),
    (None, A): (A, A),
    (None, B): (B, B),
    (A, None): (A, A),
    (A, A): (A, A),
    (A, B): (A, A),
    (B, None): (B, B),
    (B, A): (B, B),
    (B, B): (B, B),
}


@pytest.mark.parametrize("variant", Variant)
@pytest.mark.parametrize(("choice", "default"), ROUTES_T)
@pytest.mark.parametrize("linked", [False, True])
def test_the_route_is_the_choice_else_the_default_else_the_link_and_variant_c_is_always_b(
    variant: Variant,
    choice: Route | None,
    default: Route | None,
    linked: bool,  # noqa: FBT001
) -> None:
    it = replace(Story().it, variant=variant, route_chosen=choice)
    facts = SellerFacts(linked=linked, default_route=default)
    expected = B if variant is Variant.C else ROUTES_T[choice, default][linked]

    assert expected == route_at_acceptance(it, facts)


@pytest.mark.parametrize(("choice", "default"), ROUTES_T)
@pytest.mark.parametrize("linked", [False, True])
def test_the_route_is_locked_at_the_counter(
    choice: Route | None,
    default: Route | None,
    linked: bool,  # noqa: FBT001
) -> None:
    facts = SellerFacts(linked=linked, default_route=default)
    story = Story(facts=facts).submitted().approved(route=choice)

    assert story.it.route is None

    story.accepted()
    story.facts = SellerFacts(linked=not linked)  # R31: returns accepted before the sign-up stay
    story.dispatched()

    assert ROUTES_T[choice, default][linked] == story.it.route


@pytest.mark.parametrize("route", Route)
def test_variant_c_has_no_route_to_choose(route: Route) -> None:
    story = Story(LUMITEK).submitted()

    assert ("route_not_yours_to_choose", "invalid") == story.refuses(CHEN, do.Approve(route))
    assert "B" == story.accepted().it.route


def test_only_the_seller_chooses_the_route() -> None:
    story = Story(facts=MODERATED).submitted()

    assert ("route_not_yours_to_choose", "invalid") == story.refuses(NADIA, do.Approve(A))


@pytest.mark.parametrize(
    ("choice", "by", "command"), [(A, IML, None), (B, OLEG, do.ReceiveForDisposal())], ids=["A", "B"]
)
def test_a_unit_ends_where_its_route_ends(choice: Route, by: By, command: do.Command | None) -> None:
    story = Story(facts=LINKED).submitted().approved(route=choice).accepted().dispatched()
    if command is None:
        command = do.RecordArrival("IML-MSK-2", 0, 0)
    code, _ = story.refuses(by, command)

    assert code in {"not_on_this_route", "not_found"}
    assert "on_the_way" == story.it.status


@pytest.mark.parametrize(
    ("arrived_at", "claimed_bound", "bound"),
    [
        ("2024-10-03 16:42", "2024-10-18 00:00", "2024-10-18 00:00"),
        ("2024-10-03 16:42", "2024-10-17 16:42", "2024-10-18 00:00"),  # 14 x 24 h, but not the end of the day
        ("2024-10-03 16:42", "2024-10-05 00:00", "2024-10-18 00:00"),
        ("2024-10-03 16:42", "2024-11-03 00:00", "2024-11-03 00:00"),  # P12: a partner may give more
    ],
)
def test_no_partner_gives_a_seller_less_than_fourteen_days(arrived_at: str, claimed_bound: str, bound: str) -> None:
    """D8: believed where it gives more time, never where it gives less."""
    story = Story(LUMITEK).accepted("2024-09-06 10:00").dispatched()
    at_us, bound_us = to_us(moscow(arrived_at)), to_us(moscow(claimed_bound))
    story.does(IML, do.RecordArrival("IML-MSK-2", at_us, bound_us), arrived_at)

    assert story.it.parcel is not None
    assert moscow(bound) == story.it.parcel.decide_by


def test_a_deadline_at_the_partner_is_only_ever_lengthened() -> None:
    story = Story(LUMITEK).accepted("2024-09-06 10:00").dispatched().arrived("2024-10-03 16:42")
    for said, bound in (("2024-10-10 00:00", "2024-10-18 00:00"), ("2024-10-21 00:00", "2024-10-21 00:00")):
        story.does(IML, do.RecordDecision("none", "arrived", "calendar", to_us(moscow(said))))

        assert story.it.parcel is not None
        assert moscow(bound) == story.it.parcel.decide_by


def test_no_14_day_clock_runs_before_the_partner_s_scan() -> None:
    """J6. From the scan on, it is the partner's: arrival 20 Sep, last moment 4 Oct 23:59:59 (J2)."""
    story = Story(LUMITEK).accepted("2024-09-06 10:00").dispatched()

    assert (None, None) == (story.it.parcel, story.it.act_by)

    story.arrived("2024-09-20 11:05")

    assert story.it.parcel is not None
    assert ("at_partner", moscow("2024-10-05 00:00")) == (story.it.status, story.it.parcel.decide_by)


# -- R104, D4, D14: what the seller is quoted -------------------------------------------------------------------------


def test_elif_sees_3720_for_the_throw() -> None:
    story = Story(of=line("12400.00", 900), reason="did_not_like").submitted()
    quoted = offered_quote(story.it, story.terms)

    assert quoted is not None
    assert ("proper", 30, rub("3720.00")) == (quoted.quality, quoted.rate_pct, quoted.amount)


def test_variant_c_is_offered_no_compensation() -> None:
    story = Story(LUMITEK).submitted()

    assert offered_quote(story.it, story.terms) is None


@pytest.mark.parametrize(
    ("reason", "grade", "amount"),
    [
        ("did_not_fit", "proper", "5880.00"),  # 35 % of 16,800
        ("does_not_work", "improper", "3864.00"),  # 23 %
        ("counterfeit", "improper", "3864.00"),
        ("wrong_item", "seller_fault", "2520.00"),  # 15 %, J7
        ("part_missing", "seller_fault", "2520.00"),
        ("packaging_and_product_damaged", "improper", "3864.00"),  # D3: until the outbound carrier has answered
        ("product_damaged_packaging_intact", "seller_fault", "2520.00"),  # D3
    ],
)
def test_the_class_on_route_a_comes_from_the_reason(reason: str, grade: str, amount: str) -> None:
    story = Story(reason=reason, of=line("16800.00", 800)).submitted()
    quoted = offered_quote(story.it, story.terms)

    assert quoted is not None
    assert (grade, rub(amount)) == (quoted.quality, quoted.amount)


def test_nothing_is_shown_as_nothing() -> None:
    """R26: a quote of 0 stands before the choice, so nobody is surprised."""
    quoted = offered_quote(Story(of=line("4000.00")).submitted().it, Terms())

    assert quoted is not None
    assert rub("0.00") == quoted.amount


DOUBLED = replace(
    SEED_CARD,
    version="card-2",
    rates_pct={
        grade: tuple(tuple(2 * rate for rate in row) for row in rows) for grade, rows in SEED_CARD.rates_pct.items()
    },
)


def test_the_card_of_the_accepted_quote_stays_with_the_return() -> None:
    story = Story(of=line("12400.00")).submitted().approved(route=A)
    story.terms = Terms(card=DOUBLED)
    story.accepted().refunded()

    assert story.it.compensation.quote is not None
    assert (SEED_CARD.version, rub("3720.00")) == (
        story.it.compensation.quote.card_version,
        story.it.compensation.quote.amount,
    )


def test_without_a_choice_the_card_of_the_acceptance_holds() -> None:
    story = Story(of=line("12400.00")).submitted().approved()
    story.terms = Terms(card=DOUBLED)
    story.accepted()
    story.terms = Terms()
    story.refunded()

    assert story.it.compensation.quote is not None
    assert ("card-2", rub("7440.00")) == (
        story.it.compensation.quote.card_version,
        story.it.compensation.quote.amount,
    )


# -- Whose business it is ---------------------------------------------------------------------------------------------

ANYTHING = [
    do.Submit(),
    do.Cancel(),
    do.Approve(),
    do.Offer(1),
    do.Reject("looks_used", EXPLAINED),
    check_in(),
    do.SendRefund(),
    do.FileClaim(),
    do.RecordHandover("delivered"),
    do.AskPhotos("More, please."),
]
STRANGERS = {
    "another customer": (Story().submitted(), PAVEL),
    "another seller": (Story().submitted(), CHEN),
    "another seller who only reads": (Story().submitted(), ZHAO),
    "the seller before the request is sent": (Story(), ELIF),
    "a moderator before the request is sent": (Story(), NADIA),
    "support before the request is sent": (Story(), MARINA),
    "the counter before the request is sent": (Story(), OLEG),
    "the counter while the seller thinks": (Story().submitted(), OLEG),
    "the counter while the moderator thinks": (Story(facts=MODERATED).submitted(), OLEG),
    "the partner before the counter has the product": (approved(), IML),
    "a customer without a name": (Story().submitted(), By(Role.CUSTOMER, "nobody")),
    "a seller without a number": (Story().submitted(), By(Role.SELLER, "nobody")),
}


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("command", ANYTHING, ids=lambda command: type(command).__name__)
def test_to_a_stranger_a_return_is_missing_and_never_forbidden(stranger: str, command: do.Command) -> None:
    story, by = STRANGERS[stranger]

    assert MISSING == story.refuses(by, command)
    assert [] == open_acts(story.it, by, story.now, story.terms)


def test_a_draft_cannot_be_started_for_somebody_else() -> None:
    requested = Story().requested

    for by in (PAVEL, ELIF, MARINA, CALENDAR):
        with pytest.raises(Refused) as refusal:
            open_return(requested, by, Terms())

        assert MISSING == (refusal.value.code, refusal.value.kind)


@pytest.mark.parametrize("command", ANYTHING, ids=lambda command: type(command).__name__)
def test_a_read_only_key_changes_nothing_and_sees_no_button(command: do.Command) -> None:
    story = Story(LUMITEK).submitted()

    assert ("role_read_only", "forbidden") == story.refuses(ZHAO, command)
    assert [] == open_acts(story.it, ZHAO, story.now, story.terms)


@pytest.mark.parametrize(
    ("by", "command"),
    [
        (IRINA, do.Approve()),
        (IRINA, do.SendRefund()),
        (ELIF, do.Submit()),
        (ELIF, do.AcceptOffer()),
        (ELIF, do.SendRefund()),
        (ELIF, do.PayClaim()),
        (ELIF, do.DeclareLost()),
        (ELIF, do.RecordMark(Mark.SUBSTITUTED, 1)),  # D17: no seller's key makes a physical fact
        (NADIA, do.Offer(1)),
        (MARINA, do.Approve()),
        (CALENDAR, do.Reject("looks_used", EXPLAINED)),
    ],
)
def test_another_role_s_command_is_forbidden_and_says_so(by: By, command: do.Command) -> None:
    assert ("not_your_role", "forbidden") == Story().submitted().refuses(by, command)


def test_a_refusal_names_what_may_be_done_instead() -> None:
    story = Story().submitted()
    with pytest.raises(Refused) as refusal:
        story.does(IRINA, do.AcceptOffer())

    assert ("not_in_this_state", "seller_review", ["Cancel"]) == (
        refusal.value.code,
        refusal.value.facts["state"],
        refusal.value.facts["allowed"],
    )


# -- D26: the consignee -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parcel_status", ["arrived", "in_work", "picked_up", "disposed"])
def test_nothing_but_a_delivered_shipment_is_received(parcel_status: str) -> None:
    story = Story(LUMITEK).accepted().dispatched().arrived()
    story.does(IML, do.RecordHandover(parcel_status))

    assert ("nothing_to_receive", "conflict") == story.refuses(CHEN, do.ConfirmReceipt())


def test_a_delivered_shipment_is_received_once() -> None:
    story = Story(LUMITEK).accepted().dispatched().arrived()
    story.does(IML, do.RecordHandover("delivered", "HK"))
    story.does(CHEN, do.ConfirmReceipt())

    assert story.it.parcel is not None
    assert ("HK", True) == (story.it.parcel.destination, story.it.parcel.received)
    assert ("nothing_to_receive", "conflict") == story.refuses(CHEN, do.ConfirmReceipt())


# -- What comes over the wire -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("us", [2**63 - 1, -(2**63), 10**30])
@pytest.mark.parametrize("field", ["arrived_at_us", "decide_by_us"])
def test_an_instant_beyond_the_calendar_is_refused_and_breaks_nothing(us: int, field: str) -> None:
    story = Story(LUMITEK).accepted().dispatched()
    fields = {"warehouse": "IML-MSK-2", "arrived_at_us": 0, "decide_by_us": 0} | {field: us}

    with pytest.raises((ValidationError, Refused)):
        story.does(IML, decoded(do.RecordArrival, **fields))


def test_a_command_with_a_field_too_many_has_no_form() -> None:
    with pytest.raises(ValidationError):
        decoded(do.Submit, seller_id=1)


# -- P3: what a bound is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "hour"), list(product((0, 1, 3, 5, 7, 14), (0, 12, 23))))
def test_a_bound_is_the_midnight_after_its_day(days: int, hour: int) -> None:
    """P3: arrival 3 Oct 16:42 and 14 days is 2024-10-17T21:00:00Z."""
    bound = end_of_day(moscow(f"2024-10-03 {hour:02}:59:59"), days)

    assert moscow("2024-10-17 00:00").replace(day=3 + days, hour=21) == bound
    assert "2024-10-17T21:00:00+00:00" == end_of_day(moscow("2024-10-03 16:42"), 14).isoformat()
