"""Customers' blocks at the desk: what follows from marks, also when several come at once or nobody swept (P26, P29, D7, R95)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backhaul.kit import i18n
from backhaul.kit.days import to_us
from backhaul.kit.desk import Order
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, block_errands, block_notices, block_queries
from backhaul.marketplace.notice_texts import LANGUAGE, NOTICES
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Status
from backhaul.marketplace.tables import board
from tests.marketplace.cast import IML, IRINA, KETTLE, MARINA, MORNING, NADIA, Market, market, moscow

WORDS = "The seller had sent me the other model, see the unboxing."
SUBSTITUTED = do.RecordMark(Mark.SUBSTITUTED, 1, "Other model", ("a", "b", "c"))


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def marked(shop: Market) -> int:
    """A kettle that came back as another product; its id."""
    return_id = shop.in_status(Status.AT_PARTNER, KETTLE)
    shop.does(IML, return_id, SUBSTITUTED)
    return return_id


def blocks(shop: Market) -> list[b.Block]:
    with shop.office.database.read() as tx:
        return block_queries.of_customer(tx, IRINA.subject)


def kinds(shop: Market, block_id: int) -> list[str]:
    with shop.office.database.read() as tx:
        return [h.kind for h in block_queries.history(tx, block_id)]


def test_marks_of_two_returns_in_one_batch_make_one_block_with_two_cases(shop: Market) -> None:
    first, second = (shop.in_status(Status.AT_PARTNER, KETTLE) for _ in range(2))
    now = shop.clock.now()
    shop.office.desk.handle([(Order(it, SUBSTITUTED, access.Known(IML)), now) for it in (first, second)])

    assert [[first, second]] == [[case.return_id for case in it.cases] for it in blocks(shop)]
    assert ["Imposed", "CaseAdded"] == kinds(shop, 1)


def test_the_customer_is_told_of_each_turn_of_a_block_once_and_until_when(shop: Market) -> None:
    """R103, D7, P29: the block ends with day 365, an appeal is in time until the end of day 14."""
    return_id = shop.in_status(Status.AT_PARTNER, KETTLE)
    shop.clock.turn_to(moscow("2024-10-10 12:00"))
    shop.does(IML, return_id, SUBSTITUTED)
    policy = shop.office.house.terms.policy
    shop.errand(lambda tx, at: block_errands.appeal(tx, b.Appeal(WORDS), IRINA, policy, at))
    answer = "The serial number on your video is another one than on the order."
    refused = b.DecideAppeal(upheld=False, comment=answer)
    shop.errand(lambda tx, at: block_errands.review(tx, 1, refused, NADIA, policy, at))
    shop.clock.turn_to(moscow("2025-10-12 09:00"))
    shop.office.tick()
    shop.office.tick()

    with shop.office.database.read() as tx:
        hung = [one for one in reversed(board.page(tx, ["customer:C-1001"])) if one.kind.startswith("block")]
    assert ["block_began", "block_appeal_refused", "block_over"] == [one.kind for one in hung]
    began, appeal_refused, over = (LANGUAGE.tell(one.kind, one.facts, one.case_id, "en") for one in hung)
    assert "/my-block" == began.path
    assert "Until 9 Oct 2025, 23:59 Moscow time you cannot start new returns." in began.body
    assert "appeal by 24 Oct 2024, 23:59 Moscow time." in began.body
    assert f"Your appeal was refused: “{answer}” The block stays." == appeal_refused.body
    assert (moscow("2025-10-10 00:00"), "The time of your block is over.") == (hung[2].at, over.body)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_turn_of_a_block_has_words_without_a_gap_in_every_language(language: str) -> None:
    at = moscow("2024-10-10 12:00")
    began = b.Imposed("C-1001", 1, "R-100001", b.SUBSTITUTED_PRODUCT, at, at + timedelta(365), at + timedelta(14))
    it = b.born(1, began)
    events: list[b.Any] = [
        began, b.LevelRaised("Twice.", 2), b.LevelLowered(1), b.AppealDecided(upheld=True, comment="Yes.", at=at),
        b.Lifted("appeal_upheld", at), b.AppealDecided(upheld=False, comment="No.", at=at), b.Lifted("by_support", at),
        b.Lifted("mark_revised", at), b.Expired(at),
    ]  # fmt: skip
    told = [notice for event in events for notice in block_notices.of_block(it, event)]

    assert [
        "block_began", "block_raised", "block_lowered", "block_appeal_upheld", "block_appeal_refused", "block_lifted",
        "block_lifted", "block_over",
    ] == [notice.kind for notice in told]  # fmt: skip
    assert {notice.kind for notice in told} == {kind for kind in NOTICES if kind.startswith("block_")}
    for notice in told:
        worded = LANGUAGE.tell(notice.kind, notice.facts, 0, language)
        assert ("customer:C-1001", "/my-block") == (notice.to, worded.path)
        assert "{" not in worded.subject + worded.body


def test_a_revised_mark_tells_the_customer_that_the_block_is_lifted(shop: Market) -> None:
    return_id = marked(shop)
    shop.does(IML, return_id, do.RecordMark(Mark.SERVICEABLE, 2, "", ("a", "b", "c")))

    with shop.office.database.read() as tx:
        newest = next(one for one in board.page(tx, ["customer:C-1001"]) if one.kind.startswith("block"))
    told = LANGUAGE.tell(newest.kind, newest.facts, newest.case_id, "en")
    assert "Your block was lifted. The inspection result was revised: it was your product." == told.body


def test_a_mark_that_is_reported_again_adds_nothing(shop: Market) -> None:
    return_id = marked(shop)
    shop.does(IML, return_id, do.RecordMark(Mark.SUBSTITUTED, 2, "Other model", ("a", "b", "c")))
    shop.does(IML, return_id, SUBSTITUTED)

    assert ["Imposed"] == kinds(shop, 1)


def test_a_mark_that_cannot_be_stored_leaves_no_block_behind(shop: Market) -> None:
    """One transaction: a stale command is refused with all that would have followed from it."""
    return_id = shop.in_status(Status.AT_PARTNER, KETTLE)
    with pytest.raises(Refused, match="version_conflict"):
        shop.office.desk.perform_now(Order(return_id, SUBSTITUTED, access.Known(IML), seen=1))

    assert [] == blocks(shop)


def test_a_return_that_a_moderator_cleared_blocks_nobody_again(shop: Market) -> None:
    return_id = marked(shop)
    policy = shop.office.house.terms.policy
    shop.errand(lambda tx, at: block_errands.appeal(tx, b.Appeal(WORDS), IRINA, policy, at))
    upheld = b.DecideAppeal(upheld=True, comment=WORDS)
    shop.errand(lambda tx, at: block_errands.review(tx, 1, upheld, NADIA, policy, at))
    shop.does(IML, return_id, do.RecordMark(Mark.SERVICEABLE, 2, "", ()))
    shop.does(IML, return_id, do.RecordMark(Mark.SUBSTITUTED, 3, "Other model", ("a", "b", "c")))
    assert [b.BlockStatus.LIFTED] == [it.status for it in blocks(shop)]

    marked(shop)
    assert [b.BlockStatus.LEVEL_1, b.BlockStatus.LIFTED] == [it.status for it in blocks(shop)]


def test_a_substitution_after_a_block_that_nobody_swept_ends_it_at_its_instant_and_begins_another(shop: Market) -> None:
    first, second = (shop.in_status(Status.AT_PARTNER, KETTLE) for _ in range(2))
    shop.does(IML, first, SUBSTITUTED)
    bound = blocks(shop)[0].until
    shop.does(IML, second, SUBSTITUTED, bound + timedelta(hours=5))
    newer, older = blocks(shop)
    with shop.office.database.read() as tx:
        ended = block_queries.history(tx, older.id)[-1]

    assert (b.BlockStatus.EXPIRED, bound, "calendar") == (older.status, ended.at, ended.role)
    assert ended.recorded_at == bound + timedelta(hours=5)
    assert (b.BlockStatus.LEVEL_1, [second]) == (newer.status, [case.return_id for case in newer.cases])


def test_the_sweep_ends_a_block_once_however_often_and_late_it_comes(shop: Market) -> None:
    marked(shop)
    bound = blocks(shop)[0].until
    shop.clock.turn_to(bound - timedelta(microseconds=1))
    shop.office.tick()
    assert b.BlockStatus.LEVEL_1 is blocks(shop)[0].status
    shop.clock.turn_to(bound + timedelta(days=40))
    for _ in range(3):
        shop.office.tick()

    assert ["Imposed", "Expired"] == kinds(shop, 1)
    assert (b.BlockStatus.EXPIRED, bound) == (blocks(shop)[0].status, blocks(shop)[0].over_at)


def test_a_lifted_block_frees_the_place_for_another_but_a_customer_has_one_at_a_time(shop: Market) -> None:
    returns = [shop.in_status(Status.AT_PARTNER, KETTLE) for _ in range(3)]
    policy = shop.office.house.terms.policy
    shop.does(IML, returns[0], SUBSTITUTED)
    shop.errand(lambda tx, at: block_errands.review(tx, 1, b.Lift(WORDS), MARINA, policy, at))
    shop.clock.turn_to(MORNING + timedelta(days=1))
    for return_id in returns[1:]:
        shop.does(IML, return_id, SUBSTITUTED)

    assert [b.BlockStatus.LEVEL_1, b.BlockStatus.LIFTED] == [it.status for it in blocks(shop)]
    assert [2, 1] == [len(it.cases) for it in blocks(shop)]
    assert to_us(blocks(shop)[0].imposed_at) > to_us(blocks(shop)[1].imposed_at)
