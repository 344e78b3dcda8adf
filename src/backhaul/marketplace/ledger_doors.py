"""What the pages and the API of the ledger share: whose statement a caller may read, and its words."""

from collections.abc import Iterable, Iterator

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import i18n
from backhaul.kit.database import Statement, Tx
from backhaul.kit.machine import Refused
from backhaul.kit.statement_files import Words
from backhaul.kit.statements import Account, Balance, Books, Line, Scope
from backhaul.marketplace import ledger_texts
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules import chart
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.exchange import ROUBLE
from backhaul.marketplace.rules.words import Role

OF_CHARACTERS_MAX = 120

_m = t.return_money.c
_case = t.journal.entries.c.case_id
BOOKS = Books(
    t.journal,
    {
        "customer": Scope(
            _case.in_(sa.select(_m.return_id).where(_m.customer_ref == bindparam("party"))), is_small=True
        ),
        "carrier": Scope(
            sa.exists().where(_m.return_id == _case, _m.carrier == bindparam("party")), is_small=False
        ),
    },
)  # fmt: skip
CARRIERS = Statement(
    sa.select(_m.carrier, sa.func.count())
    .where(_m.claim != sa.literal_column("'none'"))
    .group_by(_m.carrier)
    .order_by(_m.carrier)
    .limit(100)
)
HAS_CUSTOMER = Statement(sa.select(t.customers.c.ref).where(t.customers.c.ref == bindparam("ref")))
HAS_SELLER = Statement(sa.select(t.sellers.c.id).where(t.sellers.c.id == bindparam("seller")))


class Party(msgspec.Struct, frozen=True):
    """Whose statement it is, as it is asked for: `seller:1180457`, `customer:C-1001`, `carrier:NAME`, `account:CODE`."""

    of: str
    account: Account


def party(tx: Tx, by: By, of: str) -> Party:
    """The statement that a caller may read: sellers and customers their own, support every one. Others' look like none."""
    kind, _, name = of[:OF_CHARACTERS_MAX].partition(":")
    if by.role in (Role.SELLER, Role.CUSTOMER):
        if of and (kind, name) != (by.role.value, by.subject):
            raise Refused("not_found", "missing")
        return _party(by.role.value, by.subject)
    if by.role is not Role.SUPPORT:
        raise Refused("not_your_role", "forbidden", role=by.role)
    if "\0" in of or not _is_known(tx, kind, name):
        raise Refused("account_unknown", "missing", "of")
    return _party(kind, name) if kind else _party("account", chart.BANK)


def _is_known(tx: Tx, kind: str, name: str) -> bool:
    match kind:
        case "seller":
            return name.isdecimal() and len(name) < 18 and tx.one(HAS_SELLER, seller=int(name)) is not None
        case "customer":
            return tx.one(HAS_CUSTOMER, ref=name) is not None
        case "account":
            return chart.CHART.kind(name) is not None
        case _:
            return kind in ("carrier", "")


def party_of(of: str) -> Party:
    """The statement of a name that somebody was let in with."""
    kind, _, name = of.partition(":")
    return _party(kind, name)


def _party(kind: str, name: str) -> Party:
    match kind:
        case "seller":
            account = Account(f"{chart.SELLERS}{int(name)}", "credit")
        case "customer":
            account = Account(chart.OWED, "credit", "customer", name)
        case "carrier":
            account = Account(chart.CARRIERS, "debit", "carrier", name)
        case _:
            found = chart.CHART.kind(name)
            account = Account(name, found.grows if found is not None else "credit")
    return Party(f"{kind}:{name}", account)


def for_reader(by: By, lines: Iterable[Line]) -> Iterator[Line]:
    """The lines as their reader may see them: a customer does not read which seller's account is behind them."""
    for line in lines:
        hidden = by.role is Role.CUSTOMER and line.other.startswith(chart.SELLERS)
        yield msgspec.structs.replace(line, other=chart.SELLERS) if hidden else line


def words(party: Party, language: str) -> Words:
    """How the marketplace says things."""
    return Words(
        account=name_of(party.account, language),
        entry=lambda cause: ledger_texts.entry_name(cause, language),
        case=lambda case_id: f"R-{case_id}" if case_id > 0 else "",
        other=lambda code: ledger_texts.counter_name(code, language),
        language=language,
    )


def name_of(account: Account, language: str) -> str:
    """An account, or the part of one that a party has."""
    if account.scope == "customer":
        return i18n.sentence(language, ledger_texts.OF_CUSTOMER, {"party": account.party})
    if account.scope == "carrier":
        named = account.party or i18n.gettext(language, ledger_texts.NO_CARRIER)
        return i18n.sentence(language, ledger_texts.OF_CARRIER, {"party": named})
    return ledger_texts.account_name(account.code, language)


def explanation(account: Account) -> str:
    """What the balance of an account means."""
    kind = chart.CHART.kind(account.code)
    return ledger_texts.EXPLANATIONS.get(kind.code, "") if kind is not None else ""


def currency_of(tx: Tx, account: Account, wanted: str) -> tuple[str, list[str]]:
    """The currency of a statement, and those that the account has."""
    there = BOOKS.currencies(tx, account) or [ROUBLE]
    if wanted and wanted not in there and wanted != ROUBLE:
        raise Refused("unknown_currency", "invalid", "currency", known=there)
    return wanted or (ROUBLE if ROUBLE in there else there[0]), there


def balances(tx: Tx) -> list[Balance]:
    """What stands on every account that no party has, in the order of the chart."""
    return [
        BOOKS.balance(tx, Account(kind.code, kind.grows), ROUBLE) for kind in chart.CHART.kinds if not kind.is_family
    ]


def carriers(tx: Tx) -> list[str]:
    """The carriers of returns with claims; an empty name where the return had left no point yet."""
    return [row[0] for row in tx.rows(CARRIERS)]
