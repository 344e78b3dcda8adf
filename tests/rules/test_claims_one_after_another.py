"""P10, P18, P26, R112: what came to nothing stands in no one's way. Told by hand: who is paid what, after which claims.

One line is one life of a unit: what happens to it, and what the seller has of it at the end.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from backhaul.kit.money import Money
from backhaul.marketplace import notices
from backhaul.marketplace.rules import chart, claims, explanations
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.books import Posting, of_return
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.keeping import media_of
from backhaul.marketplace.rules.policy import Policy, Terms
from backhaul.marketplace.rules.returns import Return, evolve
from backhaul.marketplace.rules.words import Mark, Route
from tests.rules.cast import (
    CALENDAR,
    CHEN,
    ELIF,
    EXPLAINED,
    IML,
    LUMITEK,
    MARINA,
    OLEG,
    Story,
    balance,
    check_in,
    line,
    rub,
)

CHEN_S_ACCOUNT = "payable:seller:2093311"
Step = Callable[[Story], object]
SOUND, DAMAGED, SUBSTITUTED = Mark.SERVICEABLE, Mark.PARTIALLY_DAMAGED, Mark.SUBSTITUTED


def drone() -> Story:
    """J6 on route B: whole at the point, refunded, on its way to the partner."""
    story = Story(LUMITEK, reason="did_not_fit", of=line("21900.00", 1_100))
    return story.accepted().dispatched().refunded()


def lamp(price: str = "16800.00") -> Story:
    """J7 on route A: damaged with its packaging on the way to the customer, so a claim for the damage is drafted at the point."""
    story = Story(reason="packaging_and_product_damaged", of=line(price, 800)).approved(route=Route.A)
    return story.accepted().dispatched().refunded()


def refused(story: Story) -> None:
    """Filed, reviewed, refused on the merits."""
    if story.it.claim.status == "draft":
        story.does(story.seller, do.FileClaim())
    story.does(MARINA, do.TakeUpClaim())
    story.does(MARINA, do.RefuseClaim(EXPLAINED))


def lived(story: Story, *happens: Step) -> Story:
    """The life of a unit, step by step."""
    for one in happens:
        one(story)
    return story


def marks(*results: Mark) -> list[Step]:
    def mark(result: Mark) -> Step:
        return lambda story: story.marked(
            result, revision=(story.it.parcel.mark_revision if story.it.parcel else 0) + 1
        )

    return [mark(result) for result in results]


def by(who: By, command: do.Command) -> Step:
    return lambda story: story.does(who, command)


def broken(story: Story) -> None:
    """The box is broken on arrival."""
    story.arrived(packaging_intact=False)


LOST, PAID, REFUSED, ARRIVED = Story.lost, Story.claimed, refused, broken
LAPSED = by(CALENDAR, do.LapseClaim())
REVERSED = by(MARINA, do.ReverseClaim(EXPLAINED))
RETURNED = by(MARINA, do.FailRefund("The card is closed."))
SENT = by(MARINA, do.SendRefund())
AT_SORTING = by(OLEG, do.ReceiveForDisposal())
TAKEN = by(CHEN, do.TakeProduct())
UNCOMPENSATED = by(MARINA, do.ReverseCompensation("Paid by mistake."))

# What happens; the claim at the end; what became of the claims before it; what the seller has of all of it.
AT_THE_PARTNER: dict[str, tuple[list[Step], str, str, list[str], str]] = {
    "lost, refused, found, substituted": (
        [LOST, REFUSED, ARRIVED, *marks(SUBSTITUTED), PAID], "substitution", "paid", ["lost_in_transit"], "21900.00"),
    "lost, found in time, substituted": (
        [LOST, ARRIVED, *marks(SUBSTITUTED)], "substitution", "filed", ["lost_in_transit"], "0.00"),
    "lost, found in time, broken by the carrier": (
        [LOST, ARRIVED, *marks(DAMAGED), PAID], "carrier_damage", "paid", ["lost_in_transit"], "21900.00"),
    "lost, found in time, sound": ([LOST, ARRIVED, *marks(SOUND)], "lost_in_transit", "refused", [], "0.00"),
    "lost and paid, taken back, substituted and paid": (
        [LOST, PAID, ARRIVED, TAKEN, *marks(SUBSTITUTED), PAID], "substitution", "paid", ["lost_in_transit"], "21900.00"),
    "lost and paid, reversed by support, still lost": ([LOST, PAID, REVERSED], "lost_in_transit", "reversed", [], "0.00"),
    "substituted, sound, substituted": (
        [ARRIVED, *marks(SUBSTITUTED, SOUND, SUBSTITUTED)], "substitution", "filed", ["substitution"], "0.00"),
    "substituted and paid, sound, substituted and paid": (
        [ARRIVED, *marks(SUBSTITUTED), PAID, *marks(SOUND, SUBSTITUTED), PAID], "substitution", "paid", ["substitution"],
        "21900.00"),
    "substituted and refused, then the same once more": (
        [ARRIVED, *marks(SUBSTITUTED), REFUSED, *marks(SUBSTITUTED)], "substitution", "refused", [], "0.00"),
    "substituted and paid, but broken by the carrier": (
        [ARRIVED, *marks(SUBSTITUTED), PAID, *marks(DAMAGED)], "carrier_damage", "draft", ["substitution"], "0.00"),
    "broken by the carrier, but substituted": (
        [ARRIVED, *marks(DAMAGED, SUBSTITUTED)], "substitution", "filed", ["carrier_damage"], "0.00"),
    "broken and paid, but substituted and paid": (
        [ARRIVED, *marks(DAMAGED), PAID, *marks(SUBSTITUTED), PAID], "substitution", "paid", ["carrier_damage"], "21900.00"),
    "broken, but sound": ([ARRIVED, *marks(DAMAGED, SOUND)], "carrier_damage", "refused", [], "0.00"),
    "broken and paid, but sound": ([ARRIVED, *marks(DAMAGED), PAID, *marks(SOUND)], "carrier_damage", "reversed", [], "0.00"),
    "broken and refused, then quite broken": (
        [ARRIVED, *marks(DAMAGED), REFUSED, *marks(Mark.COMPLETELY_DAMAGED)], "carrier_damage", "refused", [], "0.00"),
    "broken and refused, sound, broken": (
        [ARRIVED, *marks(DAMAGED), REFUSED, *marks(SOUND, DAMAGED)], "carrier_damage", "draft", ["carrier_damage"], "0.00"),
    "substituted, the refund came back, sound, sent, substituted": (
        [ARRIVED, *marks(SUBSTITUTED), RETURNED, *marks(SOUND), SENT, *marks(SUBSTITUTED)], "substitution", "filed",
        ["substitution"], "0.00"),
    "substituted, the refund came back, broken by the carrier": (
        [ARRIVED, *marks(SUBSTITUTED), RETURNED, *marks(DAMAGED)], "carrier_damage", "draft", ["substitution"], "0.00"),
}  # fmt: skip


@pytest.mark.parametrize("life", AT_THE_PARTNER)
def test_on_the_way_to_the_partner_each_loss_and_each_finding_has_its_own_claim(life: str) -> None:
    happens, kind, status, before, has = AT_THE_PARTNER[life]
    story = lived(drone(), *happens)

    assert (kind, status, before) == (
        story.it.claim.kind, story.it.claim.status, [one.kind for one in story.it.claim.earlier],
    )  # fmt: skip
    refund = (
        -balance(story.entries, chart.BANK)
        - balance(story.entries, chart.IN_TRANSIT)
        - balance(story.entries, chart.OWED)
    )
    assert rub(has) == Money(balance(story.entries, CHEN_S_ACCOUNT) - refund)
    assert len(story.entries) == len({entry.cause for entry in story.entries})


WHOLE, BROKEN = True, False


@pytest.mark.parametrize(
    ("results", "status", "before"),
    [
        ([(DAMAGED, BROKEN), (SOUND, WHOLE), (DAMAGED, WHOLE), (DAMAGED, BROKEN)], "draft", 1),
        ([(DAMAGED, BROKEN), (SOUND, WHOLE), (DAMAGED, WHOLE)], "refused", 0),
        ([(DAMAGED, WHOLE), (DAMAGED, BROKEN)], "draft", 0),
        ([(DAMAGED, BROKEN), (SOUND, WHOLE), (DAMAGED, BROKEN)], "draft", 1),
        ([(DAMAGED, BROKEN), REFUSED, (Mark.COMPLETELY_DAMAGED, BROKEN)], "refused", 0),
        ([(DAMAGED, BROKEN), REFUSED, (DAMAGED, WHOLE), (DAMAGED, BROKEN)], "draft", 1),
    ],
)  # fmt: skip
def test_damage_in_broken_packaging_is_a_finding_of_its_own(results: list[Any], status: str, before: int) -> None:
    """P26: whole on arrival, so that the inspection's word on the packaging decides. The same finding once more is none."""
    story = drone().arrived(packaging_intact=True)
    revision = 0
    for one in results:
        if callable(one):
            one(story)
            continue
        revision += 1
        story.marked(one[0], revision=revision, packaging_intact=one[1])

    assert ("carrier_damage", status, before) == (
        story.it.claim.kind,
        story.it.claim.status,
        len(story.it.claim.earlier),
    )


def test_a_result_of_before_says_nothing_of_packaging_and_the_same_finding_is_decided_as_ever() -> None:
    story = lived(drone(), ARRIVED, *marks(DAMAGED), REFUSED)
    stored = msgspec.json.decode(msgspec.json.encode(story.it))
    del stored["parcel"]["marked_packaging_intact"]
    it = msgspec.json.decode(msgspec.json.encode(stored), type=Return)
    again = claims.after_mark(it, do.RecordMark(DAMAGED, 2, "finding", (), packaging_intact=False), story.now, Policy())

    assert it.parcel is not None
    assert it.parcel.marked_packaging_intact is None
    assert ["Marked"] == [type(event).__name__ for event in again]


# What happens; claim and compensation at the end. Seller's fault: 15 % of 16,800.00; nothing of 9,900.00 (4.1).
FOR_DISPOSAL: dict[str, tuple[str, list[Step], tuple[str, str], tuple[str, str | None]]] = {
    "lost while the damage is claimed, then refused": (
        "16800.00", [LOST, REFUSED], ("lost_in_transit", "draft"), ("none", None)),
    "lost while the damage is claimed, then never filed": (
        "16800.00", [LOST, LAPSED], ("lost_in_transit", "draft"), ("none", None)),
    "the damage is paid, lost, taken back": (
        "16800.00", [PAID, LOST, REVERSED], ("lost_in_transit", "draft"), ("none", None)),
    "the damage is paid, lost": ("16800.00", [PAID, LOST], ("carrier_damage", "paid"), ("none", None)),
    "lapsed, compensated, lost": ("16800.00", [LAPSED, LOST], ("carrier_damage", "refused"), ("accrued", "2520.00")),
    "lapsed for nothing, lost": ("9900.00", [LAPSED, LOST], ("lost_in_transit", "draft"), ("none", None)),
    "the refund came back, lapsed, lost, sent again": (
        "16800.00", [RETURNED, LAPSED, LOST, SENT], ("lost_in_transit", "draft"), ("none", None)),
    "lapsed, compensated, lost, the refund came back": (
        "16800.00", [LAPSED, LOST, RETURNED], ("lost_in_transit", "draft"), ("none", "2520.00")),
    "lapsed, compensated, lost, the compensation taken back": (
        "16800.00", [LAPSED, LOST, UNCOMPENSATED], ("lost_in_transit", "draft"), ("reversed", "2520.00")),
    "refused while lost, found in time": (
        "16800.00", [LOST, REFUSED, AT_SORTING], ("lost_in_transit", "refused"), ("accrued", "2520.00")),
    "refused twice, found": (
        "16800.00", [LOST, REFUSED, REFUSED, AT_SORTING], ("lost_in_transit", "refused"), ("accrued", "2520.00")),
    "refused twice, never found": ("16800.00", [LOST, REFUSED, REFUSED], ("lost_in_transit", "refused"), ("none", None)),
    "refused, then the loss is paid": ("16800.00", [LOST, REFUSED, PAID], ("lost_in_transit", "paid"), ("none", None)),
    "found while the damage is claimed, then refused": (
        "16800.00", [LOST, AT_SORTING, REFUSED], ("carrier_damage", "refused"), ("accrued", "2520.00")),
}  # fmt: skip


@pytest.mark.parametrize("life", FOR_DISPOSAL)
def test_on_the_way_to_the_sorting_point_carrier_or_table_pays_never_both_and_never_neither(life: str) -> None:
    price, happens, claim, compensation = FOR_DISPOSAL[life]
    story = lived(lamp(price), *happens)
    quote = story.it.compensation.quote

    assert claim == (story.it.claim.kind, story.it.claim.status)
    assert compensation[0] == story.it.compensation.status
    assert (rub(compensation[1]) if compensation[1] else None) == (quote.amount if quote else None)
    assert len(story.entries) == len({entry.cause for entry in story.entries})


# -- The books --------------------------------------------------------------------------------------------------------


def paid_twice_over() -> Story:
    """Lost and paid, found and taken, then substituted and paid: two claims, and the price once."""
    return lived(drone(), LOST, PAID, ARRIVED, TAKEN, *marks(SUBSTITUTED), PAID)


def test_each_claim_of_a_return_has_entries_of_its_own() -> None:
    """The first as ever, so that older ledgers stay as they are; the second with its number."""
    causes = [entry.cause for entry in paid_twice_over().entries if entry.cause.startswith("claim")]

    assert ["claim:17", "claim_reversed:17", "claim:17:2"] == causes


def test_the_payers_of_two_claims_are_kept_apart() -> None:
    """The carrier's for the loss is settled; the box was broken on arrival, so the carrier bears the substitution as well."""
    story = paid_twice_over()
    story.does(MARINA, do.ReverseClaim(EXPLAINED))

    assert 0 == balance(story.entries, chart.CARRIERS) == balance(story.entries, chart.FRAUD_FUND)
    assert "claim_reversed:17:2" == story.entries[-1].cause


def test_the_books_of_a_second_claim_agree_with_the_law() -> None:
    story = paid_twice_over()
    postings = [Posting(one.cause, one.amount.minor, story.now) for one in story.entries]

    assert [] == list(of_return(story.it, postings, None, story.now, Policy()))
    without = [one for one in postings if one.cause != "claim:17:2"]
    assert ["claim_not_booked"] == [one.why for one in of_return(story.it, without, None, story.now, Policy())]


def test_a_return_that_was_stored_when_there_was_one_claim_is_read_as_ever() -> None:
    story = lived(drone(), LOST, PAID)
    stored = msgspec.json.decode(msgspec.json.encode(story.it))
    del stored["claim"]["earlier"]

    assert story.it == msgspec.json.decode(msgspec.json.encode(stored), type=Return)


# -- What people read -------------------------------------------------------------------------------------------------


def test_why_tells_of_the_claims_before() -> None:
    story = lived(drone(), LOST, REFUSED, ARRIVED, *marks(SUBSTITUTED))
    claim = next(one for one in explanations.explained(story.it, Policy(), story.events) if one.what == "claim")
    before = [step.facts for step in claim.steps if step.code == "claim_earlier"]

    assert [{"claim": "lost_in_transit", "comment": EXPLAINED}] == before
    assert [] == [step.code for step in claim.steps if step.code in ("claim_refused", "claim_reversed")]


def test_why_nothing_is_compensated_tells_of_the_loss() -> None:
    """P15: for products that the marketplace disposes of."""
    story = lived(lamp(), LOST, REFUSED, REFUSED)
    compensation = next(one for one in explanations.explained(story.it, Policy()) if one.what == "compensation")

    assert (None, ["none_lost"]) == (compensation.amount, [step.code for step in compensation.steps])


def told_the_seller(story: Story, who: By, command: do.Command) -> list[str]:
    """The messages of a command."""
    it, told = story.it, []
    for event in story.does(who, command):
        it = evolve(it, event)
        told += notices.notices(it, event, story.now, Terms())
    return [one.kind for one in told if one.to.startswith("seller:")]


def test_the_seller_is_told_of_the_loss_once() -> None:
    """With the draft, where there is one; else alone, and of the draft when it comes."""
    story = lamp()
    assert ["lost"] == told_the_seller(story, CALENDAR, do.DeclareLost())
    story.does(ELIF, do.FileClaim())
    story.does(MARINA, do.TakeUpClaim())
    assert ["claim_refused", "lost_claim"] == told_the_seller(story, MARINA, do.RefuseClaim(EXPLAINED))


def test_of_a_claim_for_a_substitution_nobody_says_that_it_is_to_be_filed() -> None:
    """It is filed by itself (P26); a claim for damage waits for the seller, with its deadline."""
    swapped, broken_one = drone().arrived(packaging_intact=False), drone().arrived(packaging_intact=False)
    assert ["substituted", "substitution_claimed"] == told_the_seller(
        swapped, IML, do.RecordMark(SUBSTITUTED, 1, "Other", ("m1", "m2", "m3"))
    )
    assert "filed" == swapped.it.claim.status
    assert ["marked", "claim_drafted"] == told_the_seller(
        broken_one, IML, do.RecordMark(DAMAGED, 1, "Cracked", ("m1",))
    )


def test_what_a_carrier_sent_with_its_answer_stays_with_the_return() -> None:
    """Its photos are shown and go when the time is over, although one more claim stands in the place of that one."""
    story = lamp()
    story.lost()
    story.does(ELIF, do.FileClaim())
    story.does(MARINA, do.RecordCarrierAnswer(accepts=False, comment="Weak packing.", photos=("c1", "c2")))
    story.does(MARINA, do.RefuseClaim(EXPLAINED))

    assert ("lost_in_transit", None) == (story.it.claim.kind, story.it.claim.answer)
    assert {"c1", "c2"} <= media_of(story.it)


# -- What comes late --------------------------------------------------------------------------------------------------


def test_a_review_of_a_substitution_that_is_none_any_more_changes_nothing() -> None:
    """The partner granted it before it heard of the newer mark's claim."""
    story = drone().arrived(packaging_intact=False).marked(SUBSTITUTED).marked(DAMAGED, revision=2)
    assert [] == story.does(IML, do.RecordClaimReview("approved", "fraud_fund"))
    story.does(CHEN, do.FileClaim())
    assert [] == story.does(IML, do.RecordClaimReview("approved", "fraud_fund"))
    assert "filed" == story.it.claim.status


def test_a_claim_on_a_carrier_alone_is_not_the_partners() -> None:
    story = drone().arrived(packaging_intact=False).marked(DAMAGED)
    assert ("not_your_claim", "forbidden") == story.refuses(IML, do.RecordClaimReview("approved", "fraud_fund"))


def test_without_a_photo_of_the_whole_box_the_newer_mark_drafts_nothing() -> None:
    story = (
        Story(LUMITEK, reason="did_not_fit").accepted(check=check_in(checked=False, photos=())).dispatched().refunded()
    )
    story.arrived(packaging_intact=False).marked(SUBSTITUTED).marked(DAMAGED, revision=2)

    assert ("substitution", "refused") == (story.it.claim.kind, story.it.claim.status)
