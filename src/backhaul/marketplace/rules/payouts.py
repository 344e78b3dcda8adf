"""The law at the bank's door: what a payout is called there, and what an entry of a statement means for it.

A payout is one attempt to pay a refund. Its key is its end-to-end id: the same each time it is handed over, another one for
another attempt, so the bank pays it once. Only the bank's word, or a person's, ends an attempt.
"""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

import msgspec

from backhaul.kit.money import Money
from backhaul.marketplace.rules import commands as do

REASON_CHARACTERS_MAX = 200
# What a bank says (ISO 20022) when it has the same message, payment or end-to-end id already: the earlier one may be paid.
DUPLICATE_REASONS = frozenset({"AM05", "DU01", "DU02", "DU03", "DU04", "DU05"})
# The fault of a rejection of a whole file that says nothing of its first try.
HANDED_OVER_AGAIN = "handed_over_again"


class PayoutState(StrEnum):
    """Where a payout stands: waiting for a file, in a file, or what the bank said of it."""

    WAITING = "waiting"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    PAID = "paid"
    FAILED = "failed"


class BatchState(StrEnum):
    """Where a payout file stands: on its way, with the bank, perhaps with the bank, refused as a whole, or answered in full."""

    LEAVING = "leaving"
    HANDED_OVER = "handed_over"
    IN_DOUBT = "in_doubt"
    REFUSED = "refused"
    ANSWERED = "answered"


class Kind(StrEnum):
    """What an entry says: the money was booked, came back, was never paid, or is not booked yet."""

    BOOKED = "booked"
    RETURNED = "returned"
    REJECTED = "rejected"
    PENDING = "pending"


class Outcome(StrEnum):
    """What became of an entry: it waits, moved a refund, said what was known, or fits nothing."""

    WAITING = "waiting"
    APPLIED = "applied"
    AGREED = "agreed"
    BREAK = "break"


class Misfit(StrEnum):
    """Why an entry moved nothing."""

    UNREADABLE = "unreadable"
    UNKNOWN_KEY = "unknown_key"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_CURRENCY = "wrong_currency"
    FUTURE_DATE = "future_date"
    NOT_BOOKED = "not_booked"
    DUPLICATE_ENTRY = "duplicate_entry"
    REFERENCE_TAKEN = "reference_taken"
    NEVER_SENT = "never_sent"
    PAID_TWICE = "paid_twice"
    PAID_AFTER_FAILURE = "paid_after_failure"
    REJECTED_AFTER_PAYMENT = "rejected_after_payment"
    RETURNED_TWICE = "returned_twice"
    MAYBE_PAID = "maybe_paid"
    REFUSED = "refused"


class Payout(msgspec.Struct, frozen=True):
    """One attempt to pay a refund. `batch_id` None: in no file yet."""

    key: str
    return_id: int
    attempt: int
    amount: Money
    customer_ref: str
    state: PayoutState
    batch_id: int | None = None


class BankEntry(msgspec.Struct, frozen=True):
    """What a line of the bank's answer says. Without an amount (a status report) none is compared; `fault`: it cannot be read.

    `whole_file`: the key is that of a payout file, and all its payouts are meant.
    """

    line: int
    kind: Kind
    key: str = ""
    amount: Money | None = None
    booked_on: date | None = None
    reference: str = ""
    reason: str = ""
    fault: str = ""
    whole_file: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """What an entry comes to: a command for the return, or why there is none."""

    outcome: Outcome
    command: do.Command | None = None
    code: Misfit | None = None


AGREED = Verdict(Outcome.AGREED)


def key_of(return_id: int, attempt: int) -> str:
    """The end-to-end id of an attempt: at most 35 characters that every bank takes."""
    return f"REFUND-{return_id}-{attempt}"


def message_id(batch_id: int) -> str:
    """What a payout file is called: a bank that knows it already does not pay it again."""
    return f"PAYOUTS-{batch_id:06}"


def judge(said: BankEntry, payout: Payout | None, earlier: Collection[Kind], today: date) -> Verdict:
    """What an entry means. `earlier`: the kinds of other entries for this key that were taken as true before."""
    misfit = _misfit(said, payout, today)
    if misfit is not None or payout is None:
        return Verdict(Outcome.BREAK, code=misfit or Misfit.UNKNOWN_KEY)
    match payout.state:
        case PayoutState.WAITING:
            return Verdict(Outcome.BREAK, code=Misfit.NEVER_SENT)
        case PayoutState.SENT | PayoutState.IN_DOUBT:
            if said.kind is Kind.REJECTED and said.reason in DUPLICATE_REASONS:
                return Verdict(Outcome.BREAK, code=Misfit.MAYBE_PAID)
            return Verdict(Outcome.APPLIED, do.ConfirmRefund() if said.kind is Kind.BOOKED else _fail(said))
        case PayoutState.PAID:
            return _after_payment(said, earlier)
        case PayoutState.FAILED:
            return _after_failure(said, payout, earlier)


def says_nothing_of_the_first(said: BankEntry, tries: int) -> bool:
    """Whether the bank may have taken a file that it rejects: at an earlier try, so that to send its refunds again would pay twice."""
    return tries > 1 or said.reason in DUPLICATE_REASONS


def _misfit(said: BankEntry, payout: Payout | None, today: date) -> Misfit | None:
    if said.fault == HANDED_OVER_AGAIN:
        return Misfit.MAYBE_PAID
    if said.fault:
        return Misfit.UNREADABLE
    if said.booked_on is not None and said.booked_on > today:
        return Misfit.FUTURE_DATE
    if payout is None:
        return Misfit.UNKNOWN_KEY
    if said.kind is Kind.PENDING:
        return Misfit.NOT_BOOKED
    if said.amount is None or said.amount == payout.amount:
        return None
    same = said.amount.currency == payout.amount.currency
    return Misfit.WRONG_AMOUNT if same else Misfit.WRONG_CURRENCY


def _after_payment(said: BankEntry, earlier: Collection[Kind]) -> Verdict:
    """Paid money may come back later; a second booking is money that left twice."""
    match said.kind:
        case Kind.RETURNED:
            return Verdict(Outcome.APPLIED, _fail(said))
        case Kind.REJECTED:
            return Verdict(Outcome.BREAK, code=Misfit.REJECTED_AFTER_PAYMENT)
        case Kind.BOOKED if Kind.BOOKED in earlier:
            return Verdict(Outcome.BREAK, code=Misfit.PAID_TWICE)
        case Kind.BOOKED | Kind.PENDING:
            return AGREED


def _after_failure(said: BankEntry, payout: Payout, earlier: Collection[Kind]) -> Verdict:
    """Of money that came back the booking may be read later; one of money that was never paid is somebody's loss."""
    match said.kind:
        case Kind.BOOKED if Kind.RETURNED in earlier and Kind.BOOKED not in earlier:
            return AGREED
        case Kind.BOOKED:
            never = payout.batch_id is None
            return Verdict(Outcome.BREAK, code=Misfit.NEVER_SENT if never else Misfit.PAID_AFTER_FAILURE)
        case Kind.RETURNED if Kind.RETURNED in earlier:
            return Verdict(Outcome.BREAK, code=Misfit.RETURNED_TWICE)
        case Kind.RETURNED | Kind.REJECTED | Kind.PENDING:
            return AGREED


def _fail(said: BankEntry) -> do.FailRefund:
    """The bank's code is the reason, in its own words."""
    reason = said.reason or said.kind.value
    return do.FailRefund(f"{said.kind.value}: {reason}"[:REASON_CHARACTERS_MAX])
