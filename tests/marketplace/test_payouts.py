"""Refunds leave in files for the bank, once, whatever happens on the way; what the bank says of them is applied once."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from backhaul.kit.machine import Refused
from backhaul.marketplace import (
    payout_errands,
    payout_queries,
    publications,
    queries,
    statement_errands,
    statement_files,
)
from backhaul.marketplace.banks import BankAnswer
from backhaul.marketplace.payout_queries import BatchView, StatementView
from backhaul.marketplace.rules import chart
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.versions import Draft
from backhaul.marketplace.rules.words import Status
from tests.marketplace.bank import (
    PAIN,
    Died,
    OtherBank,
    bank_of,
    entry,
    payments,
    report,
    report_of_file,
    report_of_some,
    rounds,
    statement,
)
from tests.marketplace.cast import ELIF, IRINA, MARINA, Market, market, moscow

NOON = moscow("2024-09-02 12:00")


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def refunded(shop: Market, count: int = 1) -> list[int]:
    """Returns whose refunds leave with the run at noon."""
    ids = [shop.in_status(Status.ACCEPTED_AT_PVZ) for _ in range(count)]
    shop.clock.turn_to(max(NOON, shop.clock.now()))
    return ids


def refund(shop: Market, return_id: int) -> tuple[str, int]:
    found = shop.now_is(return_id).refund
    return found.status, found.attempt


def batches(shop: Market) -> list[BatchView]:
    with shop.office.database.read() as tx:
        return payout_queries.batches(tx)


def states(shop: Market) -> list[str]:
    return [one.state.value for one in batches(shop)]


def breaks(shop: Market) -> list[tuple[str, str]]:
    with shop.office.database.read() as tx:
        return [(one.key, one.code) for one in payout_queries.breaks(tx)]


def said(shop: Market, raw: bytes, name: str = "statement.xml") -> StatementView:
    return statement_errands.taken_in(shop.office.desk, name, raw, MARINA)


def balances(shop: Market, return_id: int) -> dict[str, int]:
    """Of the accounts that a refund moves, those that are not empty; a debit is above nothing."""
    sums: dict[str, int] = {}
    for one in shop.entries(return_id):
        sums[one.debit] = sums.get(one.debit, 0) + one.amount.minor
        sums[one.credit] = sums.get(one.credit, 0) - one.amount.minor
    return {account: minor for account, minor in sums.items() if minor and "compensation" not in account}


SELLER = f"payable:seller:{ELIF.subject}"
IN_TRANSIT = {SELLER: 12_400_00, chart.IN_TRANSIT: -12_400_00}
PAID = {SELLER: 12_400_00, chart.BANK: -12_400_00}
OWED = {SELLER: 12_400_00, chart.OWED: -12_400_00}


# -- A file leaves ----------------------------------------------------------------------------------------------------


def test_refunds_of_a_run_leave_in_one_file_that_names_each_by_a_key_of_its_own(shop: Market) -> None:
    bank = bank_of(shop)
    ids = refunded(shop, 3)
    rounds(shop)
    (found,) = batches(shop)
    ((name, content),) = bank.taken.items()
    document = ET.fromstring(content)  # noqa: S314 -- our own

    assert [(f"REFUND-{one}-1", "12400.00") for one in ids] == payments(content)
    assert ("handed_over", 3, 37_200_00, "PAYOUTS-000001") == (found.state, found.payouts, found.amount.minor, name)
    assert ["3", "3"] == [one.text for one in document.iter(f"{PAIN}NbOfTxs")]
    assert ["37200.00", "37200.00"] == [one.text for one in document.iter(f"{PAIN}CtrlSum")]
    assert {IRINA.subject} == {one.findtext(f"{PAIN}CdtrAcct/{PAIN}Id/{PAIN}Othr/{PAIN}Id")
                               for one in document.iter(f"{PAIN}CdtTrfTxInf")}  # fmt: skip
    assert b"irina@example.com" not in content
    assert IN_TRANSIT == balances(shop, ids[0])


def test_by_default_the_file_lies_in_a_directory_for_the_bank(shop: Market, tmp_path: Path) -> None:
    (return_id,) = refunded(shop)
    rounds(shop)
    (path,) = (tmp_path / "data" / "bank" / "out").iterdir()

    assert "PAYOUTS-000001.xml" == path.name
    assert [(f"REFUND-{return_id}-1", "12400.00")] == payments(path.read_bytes())


def test_statements_that_lie_in_the_other_directory_are_taken_in(shop: Market, tmp_path: Path) -> None:
    (return_id,) = refunded(shop)
    rounds(shop)
    shop.clock.turn_to(moscow("2024-09-04 09:00"))
    place = tmp_path / "data" / "bank" / "in"
    place.mkdir()
    (place / "a.xml").write_bytes(statement([entry(f"REFUND-{return_id}-1")]))
    (place / "b.xml").write_bytes(b"<no>")
    rounds(shop)
    kept = sorted(str(path.relative_to(place.parent)) for path in place.parent.rglob("*.xml"))

    assert ("confirmed", 1) == refund(shop, return_id)
    assert ["done/a.xml", "out/PAYOUTS-000001.xml", "refused/b.xml"] == kept


def test_a_file_with_a_name_in_no_encoding_stops_no_other(shop: Market, tmp_path: Path) -> None:
    [return_id] = refunded(shop)
    rounds(shop)
    shop.clock.turn_to(moscow("2024-09-04 09:00"))
    inbox = tmp_path / "data" / "bank" / "in"
    inbox.mkdir()
    (inbox / os.fsdecode("а.csv".encode("cp1251"))).write_bytes(b"nothing")
    (inbox / "z.xml").write_bytes(statement([entry(key(return_id))]))
    rounds(shop)

    assert ("confirmed", 1) == refund(shop, return_id)
    assert [] == list(inbox.iterdir())


def test_statements_with_very_long_names_are_put_away_beside_each_other(shop: Market, tmp_path: Path) -> None:
    refunded(shop)
    inbox = tmp_path / "data" / "bank" / "in"
    inbox.mkdir(parents=True)
    for n in range(2):
        (inbox / ("s" * 251 + ".xml")).write_bytes(statement([entry(f"REFUND-{n}-9")]))
        rounds(shop)

    assert [] == list(inbox.iterdir())
    assert 2 == len(list((tmp_path / "data" / "bank" / "done").glob("*.xml")))


def test_a_statement_that_comes_while_the_house_is_away_stays_for_later(shop: Market) -> None:
    bank = bank_of(shop)
    bank.inbox.append(BankAnswer("s.xml", statement([entry("REFUND-1-1")])))
    shop.office.desk.close()
    with pytest.raises(Refused, match="house_is_closing"):
        shop.office.payouts.read_answers()

    assert (1, []) == (len(bank.inbox), bank.refused)


def test_a_bank_whose_answers_cannot_be_read_stops_nothing_else(shop: Market) -> None:
    class Deaf(OtherBank):
        def answers(self) -> Iterator[BankAnswer]:
            raise ConnectionError("no route")

    shop.office.payouts.bank = bank = Deaf()
    (return_id,) = refunded(shop)
    rounds(shop)

    assert {f"REFUND-{return_id}-1": "12400.00"} == bank.booked


def publish(shop: Market, **changes: object) -> None:
    policy = msgspec.structs.replace(shop.office.house.terms.policy, **changes)
    now = shop.clock.now()
    draft = Draft(policy, now, "For the tests of payouts.", "", None)
    shop.errand(lambda tx, at: publications.publish(tx, "policy", draft, MARINA, at))
    shop.office.read_terms_again()


def test_a_file_is_csv_when_the_policy_says_so_and_has_no_more_rows_than_it_allows(shop: Market) -> None:
    bank = bank_of(shop)
    publish(shop, payout_file_csv=True, payout_file_rows_max=2)
    ids = refunded(shop, 3)
    rounds(shop)
    first = bank.taken["PAYOUTS-000001"].decode().splitlines()

    assert ["handed_over", "handed_over"] == states(shop)
    assert "message_id,end_to_end_id,customer,amount,currency,execute_on,purpose" == first[0]
    assert f"PAYOUTS-000001,REFUND-{ids[0]}-1,C-1001,12400.00,RUB,2024-09-02,Refund of return R-{ids[0]}" == first[1]
    assert [3, 2] == [len(content.splitlines()) for content in bank.taken.values()]


def test_without_payout_files_nothing_leaves_and_support_says_what_was_paid(shop: Market) -> None:
    bank = bank_of(shop)
    publish(shop, payouts_by_file=False)
    (return_id,) = refunded(shop)
    rounds(shop)

    assert ([], []) == (bank.seen, batches(shop))

    shop.does(MARINA, return_id, do.ConfirmRefund())

    assert PAID == balances(shop, return_id)


# -- What goes wrong on the way ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["times out", "takes and times out", "dies", "takes and dies"])
def test_a_file_of_which_nobody_knows_is_in_doubt_and_handed_over_again_as_it_was(shop: Market, how: str) -> None:
    bank = bank_of(shop, how)
    ids = refunded(shop, 2)
    with suppress(Died):
        shop.office.tick()
    shop.clock.turn_to(NOON + timedelta(minutes=5))  # the lease of whoever died is over
    shop.office.payouts.bank = OtherBank("times out")  # to look at the doubt
    rounds(shop)

    assert ["in_doubt"] == states(shop)
    assert [("in_doubt", 1)] * 2 == [refund(shop, one) for one in ids]
    assert IN_TRANSIT == balances(shop, ids[0])

    shop.office.payouts.bank = bank
    shop.clock.turn_to(NOON + timedelta(minutes=10))
    rounds(shop)

    assert ["handed_over"] == states(shop)
    assert [("sent", 1)] * 2 == [refund(shop, one) for one in ids]
    assert {f"REFUND-{one}-1": "12400.00" for one in ids} == bank.booked
    assert 1 == len(set(bank.seen))  # the same name and the same bytes at every try

    shop.clock.turn_to(moscow("2024-09-04 09:00"))
    said(shop, statement([entry(key) for key in bank.booked]))

    assert ["answered"] == states(shop)
    assert [("confirmed", 1)] * 2 == [refund(shop, one) for one in ids]
    assert PAID == balances(shop, ids[0])


def test_tries_end_with_the_policy_s_number_and_support_hears_of_it_once(shop: Market) -> None:
    bank = bank_of(shop, *["times out"] * 20)
    (return_id,) = refunded(shop)
    for hours in range(20):
        shop.clock.turn_to(NOON + timedelta(hours=hours))
        rounds(shop)
    with shop.office.database.read() as tx:
        told = [one.kind for one in shop.office.house.board.page(tx, ["role:support"])]

    assert (5, ["in_doubt"], ("in_doubt", 1)) == (len(bank.seen), states(shop), refund(shop, return_id))
    assert ["payout_in_doubt"] == [kind for kind in told if kind.startswith("payout")]

    bank.plan.clear()
    shop.errand(lambda tx, at: payout_errands.hand_over_again(tx, 1, MARINA, at))
    rounds(shop)

    assert (6, ["handed_over"], ("sent", 1)) == (len(bank.seen), states(shop), refund(shop, return_id))


def test_a_file_that_the_bank_refuses_fails_its_refunds_which_are_sent_again_under_other_keys(shop: Market) -> None:
    bank = bank_of(shop, "refuses")
    (return_id,) = refunded(shop)
    rounds(shop)

    assert (["refused"], ("failed", 1), OWED) == (states(shop), refund(shop, return_id), balances(shop, return_id))

    shop.does(MARINA, return_id, do.SendRefund())
    rounds(shop)

    assert (["handed_over", "refused"], {f"REFUND-{return_id}-2": "12400.00"}) == (states(shop), bank.booked)


def test_a_refusal_of_a_second_try_says_nothing_of_the_first(shop: Market) -> None:
    """A bank refuses a file that it has already: to take that for a refusal would pay twice."""
    bank = bank_of(shop, "takes and times out", "refuses")
    (return_id,) = refunded(shop)
    rounds(shop)
    shop.clock.turn_to(NOON + timedelta(minutes=10))
    rounds(shop)

    assert (["in_doubt"], ("in_doubt", 1)) == (states(shop), refund(shop, return_id))
    assert "not_in_this_state" == refusal(shop, return_id, do.SendRefund())

    shop.clock.turn_to(moscow("2024-09-04 09:00"))
    said(shop, statement([entry(f"REFUND-{return_id}-1")]))

    assert (("confirmed", 1), 1) == (refund(shop, return_id), len(bank.booked))


def refusal(shop: Market, return_id: int, command: do.Command) -> str:
    with pytest.raises(Refused) as refused:
        shop.does(MARINA, return_id, command)
    return refused.value.code


def test_a_file_is_not_handed_over_again_once_something_was_said_of_it(shop: Market) -> None:
    """A person says that one of its refunds never arrived, and sends it again: the first file must not pay it besides."""
    bank = bank_of(shop, "times out")
    first, second = refunded(shop, 2)
    rounds(shop)
    shop.does(MARINA, first, do.FailRefund("The bank says on the phone that it has nothing."))
    shop.does(MARINA, first, do.SendRefund())
    shop.clock.turn_to(NOON + timedelta(hours=1))
    rounds(shop)

    assert {f"REFUND-{first}-2": "12400.00"} == bank.booked
    assert (["handed_over", "in_doubt"], ("in_doubt", 1)) == (states(shop), refund(shop, second))
    with pytest.raises(Refused, match="batch_partly_answered"):
        shop.errand(lambda tx, at: payout_errands.hand_over_again(tx, 1, MARINA, at))


def test_a_file_without_an_answer_is_in_doubt_after_the_policy_s_days(shop: Market) -> None:
    bank_of(shop)
    (return_id,) = refunded(shop)
    rounds(shop)
    shop.clock.turn_to(moscow("2024-09-07 23:59"))
    rounds(shop)

    assert (["handed_over"], ("sent", 1)) == (states(shop), refund(shop, return_id))

    shop.clock.turn_to(moscow("2024-09-08 00:00"))
    rounds(shop)

    assert (["in_doubt"], ("in_doubt", 1)) == (states(shop), refund(shop, return_id))


def test_what_failed_before_its_file_was_made_does_not_leave(shop: Market) -> None:
    bank = bank_of(shop)
    (return_id,) = refunded(shop)
    shop.office.desk.sweep()
    shop.does(MARINA, return_id, do.FailRefund("The customer's account is closed."))
    rounds(shop)

    assert [] == bank.seen


def test_a_refund_is_sent_as_often_as_the_policy_allows_then_support_is_told(shop: Market) -> None:
    bank_of(shop, *["refuses"] * 3)
    (return_id,) = refunded(shop)
    rounds(shop)
    for attempt in (2, 3):
        shop.does(MARINA, return_id, do.SendRefund())
        rounds(shop)

        assert ("failed", attempt) == refund(shop, return_id)

    assert "refund_attempts_used" == refusal(shop, return_id, do.SendRefund())
    with shop.office.database.read() as tx:
        told = [one.kind for one in shop.office.house.board.page(tx, ["role:support"])]
    assert ["refund_attempts_used"] == told


# -- What the bank says -----------------------------------------------------------------------------------------------


@pytest.fixture
def three(shop: Market) -> list[int]:
    """Three refunds that the bank has, a day before its statement."""
    bank_of(shop)
    ids = refunded(shop, 3)
    rounds(shop)
    shop.clock.turn_to(moscow("2024-09-04 09:00"))
    return ids


def key(return_id: int, attempt: int = 1) -> str:
    return f"REFUND-{return_id}-{attempt}"


def test_a_booking_confirms_a_return_fails_and_the_reason_is_the_bank_s(shop: Market, three: list[int]) -> None:
    found = said(shop, statement([entry(key(three[0])), entry(key(three[1]), kind="returned", reason="AC04")]))

    assert (2, 2, 0, 0, "camt.053") == (found.entries, found.applied, found.agreed, found.breaks, found.form)
    assert [("confirmed", 1), ("failed", 1), ("sent", 1)] == [refund(shop, one) for one in three]
    assert [PAID, OWED, IN_TRANSIT] == [balances(shop, one) for one in three]
    assert "returned: AC04" == failure(shop, three[1])


def failure(shop: Market, return_id: int) -> str:
    with shop.office.database.read() as tx:
        happened = [one.event for one in queries.history(tx, return_id)]
    return next(one.comment for one in happened if isinstance(one, e.RefundFailed))


def test_a_rejection_of_a_status_report_fails_the_refund(shop: Market, three: list[int]) -> None:
    found = said(shop, report(key(three[0])))

    assert ("pain.002", 1, ("failed", 1)) == (found.form, found.applied, refund(shop, three[0]))
    assert "rejected: AC01" == failure(shop, three[0])


@pytest.mark.parametrize("level", ["group", "payments"])
def test_a_report_that_rejects_a_whole_file_fails_every_refund_in_it(
    shop: Market, three: list[int], level: str
) -> None:
    """Two are not named; one has a reason of its own."""
    found = said(shop, report_of_file("PAYOUTS-000001", key(three[0]), level=level))

    assert (3, 3, 0, ["answered"]) == (found.entries, found.applied, found.breaks, states(shop))
    assert [("failed", 1)] * 3 == [refund(shop, one) for one in three]
    assert ["rejected: AC01", "rejected: FF01", "rejected: FF01"] == [failure(shop, one) for one in three]


def test_a_report_about_a_file_that_is_not_ours_is_listed_and_moves_nothing(shop: Market, three: list[int]) -> None:
    found = said(shop, report_of_file("PAYOUTS-000009"))

    assert (1, 1, [("PAYOUTS-000009", "unknown_key")]) == (found.entries, found.breaks, breaks(shop))
    assert [("sent", 1)] * 3 == [refund(shop, one) for one in three]


@pytest.mark.parametrize("reason", ["AM05", "DU01"])
def test_a_file_or_a_payment_that_is_rejected_as_a_duplicate_may_be_paid_already(
    shop: Market, three: list[int], reason: str
) -> None:
    """To take it for a failure would pay twice."""
    said(shop, report_of_file("PAYOUTS-000001", reason=reason))
    said(shop, report(key(three[0]), reason=reason), "payment.xml")

    assert [("PAYOUTS-000001", "maybe_paid"), (key(three[0]), "maybe_paid")] == sorted(breaks(shop))
    assert [("sent", 1)] * 3 == [refund(shop, one) for one in three]


def test_a_rejection_of_a_file_that_was_handed_over_twice_says_nothing_of_the_first_time(shop: Market) -> None:
    bank_of(shop, "takes and times out", "takes and times out")
    (return_id,) = refunded(shop)
    rounds(shop)
    shop.clock.turn_to(NOON + timedelta(minutes=10))
    rounds(shop)
    said(shop, report_of_file("PAYOUTS-000001"))

    assert ([("PAYOUTS-000001", "maybe_paid")], ("in_doubt", 1)) == (breaks(shop), refund(shop, return_id))


@pytest.mark.parametrize("level", ["group", "payments"])
def test_a_payment_that_a_rejected_duplicate_names_may_be_paid_like_the_file(
    shop: Market, three: list[int], level: str
) -> None:
    said(shop, report_of_some("PAYOUTS-000001", {key(three[0]): "RJCT"}, reason="DU01", level=level))

    assert [("PAYOUTS-000001", "maybe_paid"), (key(three[0]), "maybe_paid")] == sorted(breaks(shop))
    assert [("sent", 1)] * 3 == [refund(shop, one) for one in three]


def test_a_payment_that_is_rejected_with_its_file_s_second_try_may_be_paid_from_the_first(shop: Market) -> None:
    bank_of(shop, "takes and times out", "takes and times out")
    (return_id,) = refunded(shop)
    rounds(shop)
    shop.clock.turn_to(NOON + timedelta(minutes=10))
    rounds(shop)
    said(shop, report_of_file("PAYOUTS-000001", key(return_id)))

    assert [("PAYOUTS-000001", "maybe_paid"), (key(return_id), "maybe_paid")] == sorted(breaks(shop))
    assert ("in_doubt", 1) == refund(shop, return_id)


@pytest.mark.parametrize("level", ["group", "payments"])
@pytest.mark.parametrize("status", ["ACSC", "PDNG"])
def test_a_payment_with_another_status_does_not_fail_with_its_file(
    shop: Market, three: list[int], status: str, level: str
) -> None:
    """The second has no status of its own, the third is not named: they are rejected for the file's reason."""
    said(shop, report_of_some("PAYOUTS-000001", {key(three[0]): status, key(three[1]): ""}, level=level))

    assert [(key(three[0]), "maybe_paid")] == breaks(shop)
    assert [("sent", 1), ("failed", 1), ("failed", 1)] == [refund(shop, one) for one in three]
    assert ["rejected: FF01"] * 2 == [failure(shop, one) for one in three[1:]]


def test_a_group_of_payments_with_another_status_than_its_file_does_not_fail(shop: Market, three: list[int]) -> None:
    raw = report_of_file("PAYOUTS-000001").replace(
        b"-1</OrgnlPmtInfId>", b"-1</OrgnlPmtInfId><PmtInfSts>ACSC</PmtInfSts>"
    )
    said(shop, raw)

    assert [("PAYOUTS-000001", "maybe_paid")] * 2 == breaks(shop)
    assert [("sent", 1)] * 3 == [refund(shop, one) for one in three]


def test_what_was_paid_may_come_back_days_later_and_is_sent_again(shop: Market, three: list[int]) -> None:
    said(shop, statement([entry(key(three[0]))]))
    shop.clock.turn_to(moscow("2024-09-10 09:00"))
    found = said(shop, statement([entry(key(three[0]), kind="returned", day="2024-09-09")], "S-2"))

    assert (1, ("failed", 1), OWED) == (found.applied, refund(shop, three[0]), balances(shop, three[0]))

    shop.does(MARINA, three[0], do.SendRefund())
    rounds(shop)
    shop.clock.turn_to(moscow("2024-09-12 09:00"))
    said(shop, statement([entry(key(three[0], 2), day="2024-09-11")], "S-3"))

    assert (("confirmed", 2), PAID, []) == (refund(shop, three[0]), balances(shop, three[0]), breaks(shop))


def test_statements_out_of_order_come_to_the_same(shop: Market, three: list[int]) -> None:
    """The return is read before the booking that it gives back."""
    shop.clock.turn_to(moscow("2024-09-07 09:00"))
    said(shop, statement([entry(key(three[0]), kind="returned", day="2024-09-05")], "S-2"))
    late = said(shop, statement([entry(key(three[0]))]))

    assert (1, 0, ("failed", 1), OWED) == (late.agreed, late.breaks, refund(shop, three[0]), balances(shop, three[0]))


def test_the_same_file_again_changes_nothing_and_is_answered_as_before(shop: Market, three: list[int]) -> None:
    raw = statement([entry(key(three[0]))])
    first = said(shop, raw)
    before = shop.dump()
    again = said(shop, raw, "another-name.xml")

    assert (first.id, 1, True) == (again.id, again.applied, again.again)
    assert before == shop.dump()


def test_an_entry_that_comes_in_another_file_too_is_applied_once_and_listed(shop: Market, three: list[int]) -> None:
    said(shop, statement([entry(key(three[0]))]))
    found = said(shop, statement([entry(key(three[0])), entry(key(three[1]))], "S-2"))
    with shop.office.database.read() as tx:
        listed = [(one.outcome.value, one.code) for one in payout_queries.entries(tx, found.id)]

    assert [("break", "duplicate_entry"), ("applied", "")] == listed
    assert [("confirmed", 1)] * 2 == [refund(shop, one) for one in three[:2]]
    assert [] == breaks(shop)  # nobody need look at it


WRONG = [
    (("REFUND-1-1",), {}, "unknown_key"),
    (("NOTPROVIDED", "17.00"), {}, "unknown_key"),
    (("{key}", "12400.01"), {}, "wrong_amount"),
    (("{key}", "12399.99"), {}, "wrong_amount"),
    (("{key}",), {"currency": "USD"}, "wrong_currency"),
    (("{key}",), {"day": "2024-09-05"}, "future_date"),
    (("{key}", "-1"), {}, "unreadable"),
    (("{key}", "1e3"), {}, "unreadable"),
    (("{key}", "0"), {}, "unreadable"),
    (("{key}",), {"day": "yesterday"}, "unreadable"),
]


def test_what_fits_nothing_moves_nothing_is_listed_and_harms_no_other_entry(shop: Market, three: list[int]) -> None:
    said_wrong = [
        entry(*(one.replace("{key}", key(three[0])) for one in what), reference=f"W-{n}", **how)
        for n, (what, how, _) in enumerate(WRONG)
    ]
    found = said(shop, statement([*said_wrong, entry(key(three[1]))]))

    assert [code for _, _, code in WRONG] == [one for _, one in breaks(shop)]
    assert (1, len(WRONG), ("sent", 1), ("confirmed", 1)) == (
        found.applied, found.breaks, refund(shop, three[0]), refund(shop, three[1]),
    )  # fmt: skip

    later = said(shop, statement([entry(key(three[0]))], "S-2"))  # as it should have been

    assert (1, ("confirmed", 1)) == (later.applied, refund(shop, three[0]))


def test_what_is_not_booked_yet_waits_for_the_statement_in_which_it_is(shop: Market, three: list[int]) -> None:
    said(shop, statement([entry(key(three[0]), status="PDNG")]))

    assert (("sent", 1), []) == (refund(shop, three[0]), breaks(shop))

    said(shop, statement([entry(key(three[0]))], "S-2"))

    assert ("confirmed", 1) == refund(shop, three[0])


def test_a_second_booking_under_another_reference_is_money_that_left_twice(shop: Market, three: list[int]) -> None:
    said(shop, statement([entry(key(three[0]))]))
    said(shop, statement([entry(key(three[0]), reference="B-77")], "S-2"))

    assert ([(key(three[0]), "paid_twice")], PAID) == (breaks(shop), balances(shop, three[0]))
    with shop.office.database.read() as tx:
        told = [one.kind for one in shop.office.house.board.page(tx, ["role:support"])]
    assert ["bank_breaks"] == told


def test_of_a_refund_that_counts_as_failed_but_was_paid_nothing_more_is_sent_before_somebody_looked(
    shop: Market, three: list[int]
) -> None:
    shop.does(MARINA, three[0], do.FailRefund("It did not arrive, says the customer."))
    said(shop, statement([entry(key(three[0]))]))

    assert [(key(three[0]), "paid_after_failure")] == breaks(shop)
    assert "bank_says_paid" == refusal(shop, three[0], do.SendRefund())

    shop.errand(lambda tx, at: statement_errands.settle(tx, 1, 1, "The bank took it back by hand.", MARINA, at))
    shop.does(MARINA, three[0], do.SendRefund())

    assert (("sent", 2), []) == (refund(shop, three[0]), breaks(shop))


def test_the_next_attempt_does_not_leave_when_the_bank_has_paid_the_one_before(shop: Market, three: list[int]) -> None:
    """Sent again, and before its file is made the statement of the first attempt comes: nothing leaves before somebody looked."""
    shop.does(MARINA, three[0], do.FailRefund("It did not arrive, says the customer."))
    shop.does(MARINA, three[0], do.SendRefund())
    said(shop, statement([entry(key(three[0]))]))
    files = len(batches(shop))
    rounds(shop)

    assert ([(key(three[0]), "paid_after_failure")], files) == (breaks(shop), len(batches(shop)))

    shop.errand(lambda tx, at: statement_errands.settle(tx, 1, 1, "The bank took it back by hand.", MARINA, at))
    rounds(shop)

    assert files + 1 == len(batches(shop))


def test_what_a_person_confirmed_the_bank_only_agrees_with(shop: Market, three: list[int]) -> None:
    shop.does(MARINA, three[0], do.ConfirmRefund())
    found = said(shop, statement([entry(key(three[0]))]))

    assert (1, 0, PAID) == (found.agreed, found.breaks, balances(shop, three[0]))


def test_what_a_crash_leaves_of_a_long_statement_the_worker_applies(shop: Market, three: list[int]) -> None:
    raw = statement([entry(f"REFUND-{n}-9") for n in range(60)] + [entry(key(one)) for one in three])
    form, entries = statement_files.read(raw)
    shop.errand(lambda tx, at: statement_errands.record(tx, ("s.xml", form, raw), entries, MARINA, at))

    assert [("sent", 1)] * 3 == [refund(shop, one) for one in three]

    rounds(shop)

    assert [("confirmed", 1)] * 3 == [refund(shop, one) for one in three]
    assert 60 == len(breaks(shop))


def test_csv_says_the_same(shop: Market, three: list[int]) -> None:
    lines = [
        "Date;Amount;Currency;Reference;End_to_end_id;Status;Reason",
        f"2024-09-03;-12400,00;RUB;B-1;{key(three[0])};booked;",
        f"2024-09-03;12400.00;RUB;B-2;{key(three[1])};returned;AC04",
        f"2024-09-03;12400.00;RUB;B-3;{key(three[2])};perhaps;",
    ]
    found = said(shop, "\n".join(lines).encode("utf-8-sig"), "statement.csv")

    assert ("csv", 2, 1) == (found.form, found.applied, found.breaks)
    assert [("confirmed", 1), ("failed", 1), ("sent", 1)] == [refund(shop, one) for one in three]
    assert [(key(three[2]), "unreadable")] == breaks(shop)


@pytest.mark.parametrize("raw", [b"<html/>", b"<" * (50 * 1024 * 1024)], ids=["page", "50 MB"])
def test_what_is_no_statement_is_refused_and_changes_nothing(shop: Market, raw: bytes) -> None:
    before = shop.dump()
    with pytest.raises(Refused, match="statement_"):
        said(shop, raw)

    assert before == shop.dump()


def test_a_windows_encoding_that_the_file_names_is_read(shop: Market, three: list[int]) -> None:
    raw = statement([entry(key(three[0]), kind="returned", reason="\u0421\u0447\u0451\u0442")])
    found = said(shop, raw.decode().replace("UTF-8", "windows-1251").encode("cp1251"))

    assert (1, "returned: \u0421\u0447\u0451\u0442") == (found.applied, failure(shop, three[0]))


def test_only_support_takes_statements_in(shop: Market) -> None:
    raw = statement([entry("REFUND-1-1")])

    for by in (IRINA, ELIF):
        with pytest.raises(Refused, match="not_your_role"):
            statement_errands.taken_in(shop.office.desk, "s.xml", raw, by)
