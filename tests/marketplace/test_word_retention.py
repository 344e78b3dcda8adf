"""By the clock alone: what a customer wrote is masked for staff, then gone for everybody; rows of sent mails go. What is open holds it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backhaul.marketplace import person_store, tables
from backhaul.marketplace.rules import commands as do
from tests.marketplace.cast import IRINA, NADIA, Market, market
from tests.marketplace.people import Call, calling, let_in
from tests.marketplace.test_erasing import at_rest, over, text_of
from tests.marketplace.test_who_the_customer_is import READ, REF, WROTE, moderated, planted, session_of, written

GONE = "Erased: the person asked for it, or its time was over."


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        opened.errand(lambda tx, _: planted(tx))
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def seen(call: Call, who: str, return_id: int) -> str:
    answer = call(who).get(f"/api/v1/returns/{return_id}", headers={"accept-language": "en"})
    return str(answer.json()["comment"])


def mails_of(shop: Market) -> list[Path]:
    return list((shop.office.data / "mail").glob("*.eml"))


def turned(shop: Market, days: int) -> None:
    for _ in range(days):
        shop.clock.turn(timedelta(days=1))
        at_rest(shop)


def test_words_are_masked_for_staff_and_then_erased_with_the_customer_still_there(shop: Market, call: Call) -> None:
    return_id = over(shop)
    at_rest(shop)
    assert (WROTE, READ) == (seen(call, "nadia", return_id), seen(call, "elif", return_id))

    shop.clock.turn(timedelta(days=32))
    at_rest(shop)
    assert (READ, WROTE) == (seen(call, "nadia", return_id), seen(call, session_of(shop), return_id))

    shop.clock.turn(timedelta(days=60))
    at_rest(shop)
    assert {GONE} == {seen(call, who, return_id) for who in ("nadia", "elif", session_of(shop))}
    again = shop.draft(comment=WROTE)
    shop.does(IRINA, again, do.Submit())
    assert (WROTE, GONE) == (seen(call, "nadia", again), seen(call, "nadia", return_id))


def test_an_open_dispute_holds_the_words(shop: Market, call: Call) -> None:
    return_id = written(shop)
    for days in (40, 60):
        shop.clock.turn(timedelta(days=days))
        at_rest(shop)
        assert WROTE == seen(call, "nadia", return_id)

    shop.does(
        NADIA,
        return_id,
        do.DecideDispute(for_customer=False, comment="The soles are worn through and the laces are gone."),
    )
    turned(shop, 1)
    assert WROTE == seen(call, "nadia", return_id)
    shop.clock.turn(timedelta(days=91))
    at_rest(shop)
    assert GONE == seen(call, "nadia", return_id)


def test_sent_mails_go_after_their_days_with_their_files(shop: Market) -> None:
    shop.does(IRINA, shop.draft(), do.Submit())
    shop.office.mailing.send_due()
    before, files = len(shop.dump()[tables.board.mails.name]), len(mails_of(shop))
    shop.clock.turn(timedelta(days=29))
    shop.office.word_retention.work(shop.office.house.terms.policy)
    kept, files_kept = len(shop.dump()[tables.board.mails.name]), len(mails_of(shop))
    shop.clock.turn(timedelta(days=1))
    shop.office.word_retention.work(shop.office.house.terms.policy)

    assert before > 0
    assert (files, []) == (files_kept, mails_of(shop))
    assert files > 0
    assert (before, 0) == (kept, len(shop.dump()[tables.board.mails.name]))


def test_who_has_no_key_yet_is_given_one_by_every_act_with_words(shop: Market) -> None:
    """As customers whom a release of before has taken in while this one runs beside it."""
    moderated(shop, "T")
    return_id = shop.draft(comment=WROTE)
    for by, command in (
        (IRINA, do.Submit()),
        (NADIA, do.AskPhotos("Please show the label.")),
        (IRINA, do.SendPhotos((shop.photo,), WROTE)),
        (NADIA, do.Reject("looks_used", "The soles are worn through and the laces are gone.")),
        (IRINA, do.OpenDispute(WROTE)),
    ):
        shop.errand(lambda tx, _: tx.run(person_store.DESTROY_KEY, customer=REF))
        shop.does(by, return_id, command)
    found = [
        name for name, rows in shop.dump().items() if WROTE in " ".join(text_of(one) for row in rows for one in row)
    ]

    assert shop.now_is(return_id).dispute_comment.startswith("sealed:")
    assert [] == found
