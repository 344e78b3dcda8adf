"""What somebody asked to be done in the background: one shape a kind. Stored as JSON, so new fields have defaults."""

from datetime import date
from typing import Any, Literal

import msgspec

from backhaul.kit.i18n import DEFAULT
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules.breaks import BreakStatus
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.findings import BreakKind

FileKind = Literal["csv", "xlsx"]
TYPES: dict[str, str] = {
    "csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


class Asked(msgspec.Struct, frozen=True, tag_field="kind", kw_only=True):
    """What every kind has: the file that comes out, and the language of the words in it."""

    file: FileKind = "csv"
    language: str = DEFAULT


class Breaks(Asked, frozen=True, tag="breaks", kw_only=True):
    """Breaks of the reconciliation as a table. `seller_id` None: those of all sellers."""

    seller_id: int | None = None
    status: BreakStatus | None = None
    break_kind: BreakKind | None = None
    return_number: str = ""


class StatementOf(Asked, frozen=True, tag="statement", kw_only=True):
    """The statement of an account between two days; `of` as the ledger says it."""

    of: str
    first: date
    last: date
    currency: str


class Decisions(Asked, frozen=True, tag="decisions", kw_only=True):
    """One act on many returns, which stand in the input with the versions that were seen. `by` is who asked."""

    act: str
    by: By
    body: dict[str, Any] = {}


class BackTest(Asked, frozen=True, tag="back_test", kw_only=True):
    """The rate card of the input over the returns that points accepted in these days, both included."""

    version: str
    first: date
    last: date


class Invoice(Asked, frozen=True, tag="invoice", kw_only=True):
    """An invoice of the partner that `by` brings: its lines are in the input, `sha256` is that of the file."""

    number: str
    revision: int
    sha256: str
    by: By


class BankStatement(Asked, frozen=True, tag="bank_statement", kw_only=True):
    """A statement of the bank, which is the input, that `by` brings."""

    name: str
    by: By


class ExchangeRates(Asked, frozen=True, tag="exchange_rates", kw_only=True):
    """Rates that `by` hands in, which are the input."""

    by: By


class Orders(Asked, frozen=True, tag="orders", kw_only=True):
    """Delivered orders that `by` hands in as a file, which is the input."""

    name: str
    by: By


Wanted = Breaks | StatementOf | Decisions | BackTest | Invoice | BankStatement | ExchangeRates | Orders

encode = msgspec.json.Encoder().encode
decode: Any = msgspec.json.Decoder(Wanted).decode


def file_kind(said: str) -> FileKind:
    """The kind of file that a form names."""
    if said == "csv":
        return "csv"
    if said == "xlsx":
        return "xlsx"
    raise Refused("not_found", "missing")


def kind_of(wanted: Wanted) -> str:
    """The word of a kind."""
    return str(wanted.__struct_config__.tag)
