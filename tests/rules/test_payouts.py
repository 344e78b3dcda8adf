"""What an entry of a bank's statement means for a payout, cell by cell."""

from datetime import date

import pytest
from msgspec.structs import replace

from backhaul.kit.money import Money
from backhaul.marketplace.rules.payouts import BankEntry, Kind, Misfit, Payout, PayoutState, judge, key_of, message_id

TODAY = date(2024, 9, 4)
PAYOUT = Payout("REFUND-17-1", 17, 1, Money(12_400_00), "C-1001", PayoutState.SENT, 1)
SAID = BankEntry(3, Kind.BOOKED, "REFUND-17-1", Money(12_400_00), date(2024, 9, 3), "B-1")
BOOKED, RETURNED, REJECTED = Kind.BOOKED, Kind.RETURNED, Kind.REJECTED

# The payout's state, what else the bank has said of it, what it says now: confirm, fail, agreed, or why it fits nothing.
CELLS: list[tuple[str, set[Kind], Kind, str]] = [
    ("waiting", set(), BOOKED, "never_sent"),
    ("waiting", set(), RETURNED, "never_sent"),
    ("waiting", set(), REJECTED, "never_sent"),
    *((state, set(), BOOKED, "confirm") for state in ("sent", "in_doubt")),
    *((state, set(), RETURNED, "fail") for state in ("sent", "in_doubt")),
    *((state, set(), REJECTED, "fail") for state in ("sent", "in_doubt")),
    ("paid", set(), BOOKED, "agreed"),  # a person had confirmed it
    ("paid", {BOOKED}, BOOKED, "paid_twice"),
    ("paid", {BOOKED}, RETURNED, "fail"),  # money comes back later
    ("paid", set(), RETURNED, "fail"),
    ("paid", {BOOKED}, REJECTED, "rejected_after_payment"),
    ("failed", {RETURNED}, BOOKED, "agreed"),  # the booking of what came back, read late
    ("failed", {BOOKED, RETURNED}, BOOKED, "paid_after_failure"),
    ("failed", {REJECTED}, BOOKED, "paid_after_failure"),
    ("failed", set(), BOOKED, "paid_after_failure"),  # a person had said that it failed
    ("failed", {RETURNED}, RETURNED, "returned_twice"),
    ("failed", set(), RETURNED, "agreed"),
    ("failed", set(), REJECTED, "agreed"),
]


@pytest.mark.parametrize(("state", "earlier", "kind", "comes_to"), CELLS)
def test_what_an_entry_comes_to(state: str, earlier: set[Kind], kind: Kind, comes_to: str) -> None:
    verdict = judge(replace(SAID, kind=kind), replace(PAYOUT, state=PayoutState(state)), earlier, TODAY)
    commands = {"ConfirmRefund": "confirm", "FailRefund": "fail"}
    found = commands[type(verdict.command).__name__] if verdict.command else verdict.code or verdict.outcome.value

    assert comes_to == found


def test_every_state_has_its_cells() -> None:
    assert {state.value for state in PayoutState} == {state for state, _, _, _ in CELLS}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": Money(12_400_01)}, Misfit.WRONG_AMOUNT),
        ({"amount": Money(12_399_99)}, Misfit.WRONG_AMOUNT),
        ({"amount": Money(12_400_00, "USD")}, Misfit.WRONG_CURRENCY),
        ({"booked_on": date(2024, 9, 5)}, Misfit.FUTURE_DATE),
        ({"kind": Kind.PENDING}, Misfit.NOT_BOOKED),
        ({"fault": "amount"}, Misfit.UNREADABLE),
    ],
)
def test_what_does_not_fit_moves_nothing(changes: dict[str, object], code: Misfit) -> None:
    verdict = judge(replace(SAID, **changes), PAYOUT, set(), TODAY)

    assert (code, None) == (verdict.code, verdict.command)


def test_an_entry_of_today_counts_and_one_without_an_amount_is_not_compared() -> None:
    assert judge(replace(SAID, booked_on=TODAY), PAYOUT, set(), TODAY).command is not None
    assert judge(replace(SAID, kind=REJECTED, amount=None, booked_on=None), PAYOUT, set(), TODAY).command is not None


def test_a_payout_that_failed_before_it_was_in_a_file_was_never_sent() -> None:
    failed = replace(PAYOUT, state=PayoutState.FAILED, batch_id=None)

    assert Misfit.NEVER_SENT is judge(SAID, failed, set(), TODAY).code


def test_an_entry_for_no_payout_is_unknown() -> None:
    assert Misfit.UNKNOWN_KEY is judge(SAID, None, set(), TODAY).code


def test_keys_and_names_fit_what_banks_take() -> None:
    assert ("REFUND-100017-2", "PAYOUTS-000123") == (key_of(100_017, 2), message_id(123))
    assert len(key_of(2**63 - 1, 999)) <= 35
