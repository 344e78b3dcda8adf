"""A second bookkeeping, from the specification alone: where the money of one return must be, by where the return stands.

Nothing of the law, the chart of accounts or the code of the table is asked; the table is the published paper.
"""

import json
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from backhaul.marketplace.rules.returns import Return

PAPER: dict[str, Any] = json.loads((Path(__file__).parents[1] / "rules" / "rate_card.json").read_text("utf-8"))
MOSCOW = ZoneInfo("Europe/Moscow")
CHARGED_MINOR = 30_00  # the price of a pre-moderation in version 2024-11

# 4.3, column "not inspected"; D3 for damage together with the packaging.
CLASS_OF_REASON = {
    "did_not_fit": "proper", "did_not_like": "proper", "does_not_work": "improper", "wrong_item": "seller_fault",
    "packaging_and_product_damaged": "improper", "product_damaged_packaging_intact": "seller_fault",
}  # fmt: skip
OUT, OWED = ("sent", "in_doubt", "confirmed"), ("held", "failed")


class Entered(msgspec.Struct, frozen=True):
    """A row of the ledger."""

    cause: str
    seq: int
    debit: str
    credit: str
    minor: int
    currency: str
    at_us: int


class Facts(msgspec.Struct):
    """What the test knows of a return from what it did itself."""

    seller_id: int
    price_minor: int
    paid_minor: int
    weight_gram: int
    reason: str
    offer_minor: int = 0
    offer_taken: bool = False
    charged: bool = False
    halved: bool = False  # the card of the second half of the month was in force when the quote was accepted
    payer: str = ""
    measured_gram: int = 0  # by the scales of the pick-up point


@cache
def _rates() -> dict[tuple[str, str, str], int]:
    return {(c["quality"], c["weight_band"], c["price_band"]): c["rate_pct"] for c in PAPER["cells"]}


def _band(bands: list[dict[str, Any]], low: str, high: str, value: Decimal) -> str:
    (only,) = [
        str(one["id"])
        for one in bands
        if (one[low] is None or value > Decimal(one[low])) and (one[high] is None or value <= Decimal(one[high]))
    ]
    return only


def compensation_minor(facts: Facts, grade: str = "", *, measured: bool = False) -> int:
    """MNY-6: the published cell of class, weight and price as they were at the order, half-up to the kopeck.

    `measured`: the weight at the point counts, because nobody objected in time or support found so.
    """
    weight_gram = facts.measured_gram if measured else facts.weight_gram
    price = Decimal(facts.price_minor) / 100
    weights = _band(PAPER["weight_bands"], "gt_kg", "le_kg", Decimal(weight_gram) / 1000)
    prices = _band(PAPER["price_bands"], "gt_rub", "le_rub", price)
    rate = _rates()[grade or CLASS_OF_REASON[facts.reason], weights, prices]
    rate = rate // 2 if facts.halved else rate
    return int((price * rate).quantize(Decimal(1), ROUND_HALF_UP))  # price x rate / 100 roubles are so many kopecks


def payer_of(it: Return) -> str:
    """P26: no checklist at the point: the marketplace; changed after it: the carrier; else the fraud fund."""
    check, parcel = it.check, it.parcel
    if check is None or not check.photos:
        return "marketplace"
    weights = (check.weight_gram, parcel.weight_gram if parcel else None)
    off = None not in weights and abs(weights[1] - weights[0]) > max(50, weights[0] / 10)  # type: ignore[operator]
    broken = parcel is not None and check.packaging_intact and not parcel.packaging_intact
    return "carrier" if off or broken else "fraud_fund"


# The money of a refund that left: the bank has said so, or not yet.
OUTSIDE = ("asset:bank", "clearing:refunds_in_transit")
PAYERS = {"carrier": "receivable:carriers", "marketplace": "expense:point_faults", "fraud_fund": "expense:fraud_fund"}


def expected(it: Return, facts: Facts, compensated_minor: int) -> dict[str, int]:
    """Credits less debits of every account, in kopecks; accounts without a balance are left out."""
    seller = f"payable:seller:{facts.seller_id}"
    books = dict.fromkeys((seller, *OUTSIDE, "liability:refunds", "liability:accrued_compensation",
                           "expense:disposal_compensation", *PAYERS.values(), "income:pre_moderation"), 0)  # fmt: skip

    def moved(from_whom: str, to_whom: str, minor: int) -> None:
        books[from_whom] -= minor
        books[to_whom] += minor

    if facts.charged:
        moved(seller, "income:pre_moderation", CHARGED_MINOR)
    refund = facts.offer_minor if facts.offer_taken else facts.paid_minor
    if it.refund.status in (*OUT, *OWED):
        confirmed = "asset:bank" if it.refund.status == "confirmed" else "clearing:refunds_in_transit"
        moved(seller, confirmed if it.refund.status in OUT else "liability:refunds", refund)
    if it.compensation.status in ("accrued", "credited"):
        to = seller if it.compensation.status == "credited" else "liability:accrued_compensation"
        moved("expense:disposal_compensation", to, compensated_minor)
    if it.claim.status == "paid":
        moved(PAYERS[facts.payer] if it.claim.kind == "substitution" else PAYERS["carrier"], seller, facts.price_minor)
    return {account: minor for account, minor in books.items() if minor}


def balances(entries: list[Entered]) -> dict[str, int]:
    """Credits less debits of every account that has a balance."""
    books: dict[str, int] = {}
    for entry in entries:
        books[entry.debit] = books.get(entry.debit, 0) - entry.minor
        books[entry.credit] = books.get(entry.credit, 0) + entry.minor
    return {account: minor for account, minor in books.items() if minor}


def faults_of(entries: list[Entered], facts: Facts) -> list[str]:
    """MNY-1, 2, 4, 5, 7 after every single entry, in the order in which they were written."""
    faults = []
    customer = compensation = claim = credited = 0
    seller = f"payable:seller:{facts.seller_id}"
    for entry in entries:
        sign = {True: 1, False: -1}
        if type(entry.minor) is not int or entry.minor <= 0 or entry.debit == entry.credit or entry.currency != "RUB":
            faults.append(f"MNY-1, MNY-7: {entry}")
        pair = (entry.debit, entry.credit)
        customer += ((entry.credit in OUTSIDE) - (entry.debit in OUTSIDE)) * entry.minor
        if "expense:disposal_compensation" in pair:
            compensation += sign[entry.debit == "expense:disposal_compensation"] * entry.minor
        if seller in pair and set(pair) & set(PAYERS.values()):
            claim += sign[entry.credit == seller] * entry.minor
        credited += pair == ("liability:accrued_compensation", seller)
        if not 0 <= customer <= facts.paid_minor:
            faults.append(f"MNY-2: {customer} of {facts.paid_minor} after {entry}")
        if not 0 <= compensation + claim <= facts.price_minor or (compensation and claim):
            faults.append(f"MNY-5: {compensation} and {claim} of {facts.price_minor} after {entry}")
    if credited > 1:
        faults.append("MNY-4: compensated twice")
    if len(entries) != len({entry.cause for entry in entries}):
        faults.append("MNY-4: one cause twice")
    return faults


def due_bound(locked: datetime) -> datetime:
    """P15: allowed before 00:00 in Moscow of the eighth day after max(refund sent, route locked)."""
    day = locked.astimezone(MOSCOW).date() + timedelta(days=8)
    return datetime(day.year, day.month, day.day, tzinfo=MOSCOW)
