"""Breaks as rows of a table: codes, amounts as numbers, the explanation in words."""

from decimal import Decimal

from backhaul.kit.money import Money
from backhaul.kit.spreadsheets import Cell
from backhaul.marketplace import reconciliation_texts
from backhaul.marketplace.rules import breaks as b

COLUMNS = (
    "id", "kind", "status", "seller_id", "return_number", "invoice", "line", "service", "expected", "marketplace", "partner",
    "currency", "since", "found_at", "changed_at", "explanation", "comment",
)  # fmt: skip


def row(it: b.Break, language: str) -> list[Cell]:
    """A break as a row."""
    found = it.finding
    amounts = (found.expected, found.marketplace, found.partner)
    currency = next((amount.currency for amount in amounts if amount is not None), "")
    return [
        it.id, found.kind.value, it.status.value, found.seller_id, found.return_number, found.invoice, found.line or None,
        found.service, *(_decimal(amount) for amount in amounts), currency, found.since, it.found_at, it.changed_at,
        reconciliation_texts.why(found, language), it.comment,
    ]  # fmt: skip


def _decimal(amount: Money | None) -> Decimal | None:
    return None if amount is None else Decimal(amount.minor).scaleb(-2)
