"""What the pages and the API of the partner's ledger share: whose statement a caller may read, and its words."""

from functools import lru_cache

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.machine import Refused
from backhaul.kit.statement_files import Words
from backhaul.kit.statements import Account, Books
from backhaul.partner import invoice_queries, ledger_texts
from backhaul.partner import tables as t
from backhaul.partner.rules import chart
from backhaul.partner.rules.around import By
from backhaul.partner.rules.words import Role, Service

OF_CHARACTERS_MAX = 120
NUMBERS_KEPT = 10_000

BOOKS = Books(t.journal)
NUMBER_OF_INVOICE = Statement(sa.select(t.invoices.c.number).where(t.invoices.c.id == bindparam("invoice")))
NUMBER_OF_PARCEL = Statement(sa.select(t.parcels.c.number).where(t.parcels.c.id == bindparam("parcel")))
LINKED_SELLERS = Statement(sa.select(t.links.c.seller_id).distinct().order_by(t.links.c.seller_id).limit(200))


class Party(msgspec.Struct, frozen=True):
    """Whose statement it is, as it is asked for: `account:CODE`."""

    of: str
    account: Account


def party(tx: Tx, by: By, of: str) -> Party:
    """The statement that a caller may read: a seller's company its own accounts, a supervisor every one."""
    code = of[:OF_CHARACTERS_MAX].removeprefix("account:")
    kind = chart.CHART.kind(code)
    if by.role is Role.SELLER:
        own = accounts_of(tx, by)
        if of and code not in own:
            raise Refused("not_found", "missing")
        code = code if of else own[0]
        kind = chart.CHART.kind(code)
    elif by.role is not Role.SUPERVISOR:
        raise Refused("not_your_role", "forbidden", role=by.role)
    elif not of:
        code, kind = chart.BANK, chart.CHART.kind(chart.BANK)
    if kind is None or "\0" in code:
        raise Refused("account_unknown", "missing", "of")
    return Party(f"account:{code}", Account(code, kind.grows))


def accounts_of(tx: Tx, by: By) -> list[str]:
    """The accounts that a caller may choose from."""
    if by.role is Role.SELLER:
        owed = [chart.receivable(seller_id) for seller_id in invoice_queries.sellers_of(tx, by)]
        return [*owed, chart.prepaid(int(by.subject), 0)]
    owed = [chart.receivable(row[0]) for row in tx.rows(LINKED_SELLERS)]
    incomes = [chart.income(service) for service in Service]
    fixed = [kind.code for kind in chart.CHART.kinds if not kind.is_family]
    return [*fixed, *owed, *incomes]


def words(tx: Tx, account: Account, language: str) -> Words:
    """How the partner says things; an entry names its parcel or its invoice."""

    @lru_cache(NUMBERS_KEPT)
    def case(case_id: int) -> str:
        row = tx.one(NUMBER_OF_INVOICE, invoice=-case_id) if case_id < 0 else tx.one(NUMBER_OF_PARCEL, parcel=case_id)
        return "" if row is None else str(row[0])

    return Words(
        account=ledger_texts.account_name(account.code, language),
        entry=lambda cause: ledger_texts.entry_name(cause, language),
        case=case,
        other=lambda code: ledger_texts.account_name(code, language),
        language=language,
    )


def explanation(account: Account) -> str:
    """What the balance of an account means."""
    kind = chart.CHART.kind(account.code)
    return ledger_texts.EXPLANATIONS.get(kind.code, "") if kind is not None else ""


def currency_of(tx: Tx, account: Account, wanted: str, usual: str) -> tuple[str, list[str]]:
    """The currency of a statement, and those that the account has."""
    there = BOOKS.currencies(tx, account) or [usual]
    if wanted and wanted not in there and wanted != usual:
        raise Refused("unknown_currency", "invalid", "currency", known=there)
    return wanted or (usual if usual in there else there[0]), there
