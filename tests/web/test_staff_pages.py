"""Staff at their pages: queues by filter and key, claims with their evidence, substitutions, compliance; each for those whose work it is."""

from datetime import timedelta

from backhaul.marketplace import block_errands, errands
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Status
from tests.marketplace.cast import ANADOLU, CHEN, EXPLAINED, IML, IRINA, KETTLE, MARINA, MUG, NADIA, Market
from tests.web.company import Door


def moderated(shop: Market) -> None:
    """Requests to Anadolu go to the moderators from now on."""
    shop.errand(lambda tx, _: errands.switch_moderation(tx, MARINA, ANADOLU, "55-1204", "2024-11", "Reject nothing."))


def test_a_moderator_narrows_a_queue_and_reads_the_past_without_a_name(enter: Door, shop: Market) -> None:
    moderated(shop)
    first, mug = shop.in_status(Status.SELLER_REVIEW), shop.in_status(Status.SELLER_REVIEW, MUG, "does_not_work")
    shop.in_status(Status.DISPUTE, KETTLE)
    nadia = enter("nadia").open("/moderation")
    assert "Pre-moderation 2 Disputes 1 Waiting for the customer 0" in nadia.text
    assert f"/returns/{first}" in nadia.page.links
    assert "2 other requests of the customer, 1 rejected" in nadia.text
    assert "Reject nothing." in nadia.text
    assert IRINA.subject not in nadia.text

    narrow = nadia.open("/moderation?queue=requests&reason_group=defect&price_from=&within_hours=")
    assert "/moderation?queue=requests&reason_group=defect" in str(nadia.answer.url)
    assert [f"/returns/{mug}"] == [link for link in narrow.page.links if link.startswith("/returns/")]
    assert "Nothing matches the filters." in nadia.open("/moderation?queue=disputes&seller=1").text
    assert 422 == nadia.open("/moderation?within_hours=never&price_from=").status
    assert "a whole number is needed" in nadia.text
    assert [403, 403] == [enter(who).open("/moderation").status for who in ("marina", "elif")]


def test_how_rejections_held_is_told_with_its_limits(enter: Door, shop: Market) -> None:
    """Of two disputes one was decided for the customer: between 9 and 91 percent (Wilson, 95 %)."""
    for for_customer in (True, False):
        return_id = shop.in_status(Status.DISPUTE)
        shop.does(NADIA, return_id, do.DecideDispute(for_customer=for_customer, comment=EXPLAINED))
    text = enter("nadia").open("/moderation?days=30").text

    assert "By the seller 2 2 0 50% 9% to 91%, with 95 out of 100 certainty" in text


def test_the_claims_desk_shows_time_evidence_and_its_pack(enter: Door, shop: Market) -> None:
    lost = shop.in_status(Status.ON_THE_WAY, KETTLE)
    shop.clock.turn_to(shop.clock.now() + timedelta(days=32))
    while shop.office.desk.sweep():
        pass
    marina = enter("marina").open("/claims")
    assert "Open claims 1 5,300.00 RUB" in marina.text
    assert "At hand ZIP Evidence (ZIP)" in marina.text
    assert f"/returns/{lost}/claim.zip" in marina.page.links
    shop.does(CHEN, lost, do.FileClaim())

    assert f"/returns/{lost}" in marina.open("/claims?state=filed&carrier=Linehaul").page.links
    assert "Nothing matches the filters." in marina.open("/claims?state=draft").text
    assert 422 == marina.open("/claims?kind=theft&carrier=").status
    assert 403 == enter("nadia").open("/claims").status


def test_substitutions_and_compliance_are_for_those_who_oversee(enter: Door, shop: Market) -> None:
    swapped = shop.in_status(Status.AT_PARTNER, KETTLE)
    shop.does(IML, swapped, do.RecordMark(Mark.SUBSTITUTED, 1, "Other model", ("a", "b", "c")))
    marina, nadia = enter("marina"), enter("nadia")

    assert "Substituted 1 5,300.00 RUB" in nadia.open("/substitutions?days=30").text
    assert f"{IRINA.subject} 1 1 5,300.00 RUB" in nadia.text
    assert "Blocks imposed 1 0 appeals wait" in marina.open("/compliance").text
    assert "No refund is near its last day." in marina.text
    for who, path in (("nadia", "/compliance"), ("elif", "/compliance"), ("oleg", "/substitutions")):
        assert 403 == enter(who).open(path).status, path


def test_appeals_are_narrowed_by_level_and_time(enter: Door, shop: Market) -> None:
    """An appeal of 2 September is decided within three days: until the end of the 5th, 86 hours from 10:00 on."""
    swapped, policy = shop.in_status(Status.AT_PARTNER, KETTLE), shop.office.house.terms.policy
    shop.does(IML, swapped, do.RecordMark(Mark.SUBSTITUTED, 1, "Other model", ("a", "b", "c")))
    shop.errand(lambda tx, at: block_errands.appeal(tx, b.Appeal(EXPLAINED), IRINA, policy, at))
    nadia = enter("nadia")

    for said, found in (
        ("", True), ("level=level_1", True), ("level=level_2", False), ("within_hours=86", True), ("within_hours=85", False),
    ):  # fmt: skip
        appeals = nadia.open(f"/blocks?{said}").text.partition("All blocks")[0]
        assert (found, not found) == (IRINA.subject in appeals, "Nothing matches the filters." in appeals), said
    assert 422 == nadia.open("/blocks?level=level_9&within_hours=").status
