"""Who is calling: keys, sessions, signatures. Every answer is a `By`, or a `Refused` that says why not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import keys
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.kit.mail import is_address
from backhaul.kit.noticeboard import Mailbox, Mailboxes
from backhaul.partner import tables as t
from backhaul.partner.rules.around import By
from backhaul.partner.rules.words import Role

RETURNS, RETURNS_READ_ONLY = "returns", "returns_read_only"


class KeyCaller(msgspec.Struct, frozen=True):
    """A company's API key as it came on the wire. Its text never prints."""

    key: str

    def __str__(self) -> str:
        return f"key:{keys.public_id_of(self.key) or 'unknown'}"

    __repr__ = __str__


class Known(msgspec.Struct, frozen=True):
    """Somebody whose session or signature a door has checked in this request."""

    by: By

    def __str__(self) -> str:
        return f"{self.by.role}:{self.by.id}"


Caller = KeyCaller | Known


class Account(msgspec.Struct, frozen=True):
    """A person who signs in. Sellers belong to a company; the partner's own people to none."""

    id: int
    login: str
    role: Role
    name: str
    language: str
    company_id: int | None
    owner: bool
    email_confirmed: bool

    def by(self) -> By:
        """This person as the law sees them."""
        return By(self.role, self.login, "" if self.company_id is None else str(self.company_id))


class ApiKey(msgspec.Struct, frozen=True):
    """What is known of a key, without the key."""

    public_id: str
    company_id: int
    name: str
    role: str
    last4: str
    expires_us: int
    revoked_us: int | None
    created_us: int
    created_by: str

    def status(self, now_us: int) -> str:
        """`active`, `revoked` or `expired`."""
        if self.revoked_us is not None:
            return "revoked"
        return "expired" if self.expires_us <= now_us else "active"


_key_columns = [
    t.api_keys.c[name]
    for name in (
        "public_id", "company_id", "name", "role", "last4", "expires_us", "revoked_us", "created_us", "created_by",
    )
]  # fmt: skip
KEYS = Statement(sa.select(*_key_columns, t.api_keys.c.digest).where(among(t.api_keys.c.public_id, "ids")))
ONE_KEY = Statement(sa.select(*_key_columns).where(t.api_keys.c.public_id == bindparam("public_id")))
KEYS_OF_COMPANY = Statement(
    sa.select(*_key_columns)
    .where(t.api_keys.c.company_id == bindparam("company"))
    .order_by(t.api_keys.c.created_us.desc(), t.api_keys.c.public_id)
    .limit(500)
)
ACCOUNT_COLUMNS = [
    t.accounts.c[name] for name in ("id", "login", "role", "name", "language", "company_id", "owner", "email_confirmed")
]
SESSION = Statement(
    sa.select(*ACCOUNT_COLUMNS)
    .join(t.sessions, t.sessions.c.account_id == t.accounts.c.id)
    .where(t.sessions.c.digest == bindparam("session"), t.sessions.c.until_us > bindparam("now_us"))
)
LOGIN = Statement(sa.select(*ACCOUNT_COLUMNS, t.accounts.c.password).where(t.accounts.c.login == bindparam("login")))
NAME = Statement(sa.select(t.accounts.c.name).where(t.accounts.c.login == bindparam("login")))
ACCOUNTS_OF_COMPANY = Statement(
    sa.select(*ACCOUNT_COLUMNS)
    .where(t.accounts.c.company_id == bindparam("company"))
    .order_by(t.accounts.c.id)
    .limit(500)
)
MARKETPLACE = Statement(
    sa.select(t.marketplaces.c.id, t.marketplaces.c.url, t.marketplaces.c.secret_in, t.marketplaces.c.secret_out).where(
        t.marketplaces.c.id == bindparam("id")
    )
)

_mailboxes = sa.select(t.accounts.c.login, t.accounts.c.language, t.accounts.c.owner, t.accounts.c.company_id)
_people = t.accounts.c.email_confirmed.is_(True), t.accounts.c.role == Role.SELLER.value
MAILBOXES_OF_SELLERS = Statement(
    _mailboxes.add_columns(t.links.c.seller_id)
    .join(t.links, t.links.c.company_id == t.accounts.c.company_id)
    .where(among(t.links.c.seller_id, "sellers"), *_people)
    .order_by(t.accounts.c.id)
)
MAILBOXES_OF_COMPANIES = Statement(
    _mailboxes.where(among(t.accounts.c.company_id, "companies"), *_people).order_by(t.accounts.c.id)
)
MAILBOXES_OF_ROLES = Statement(
    sa.select(t.accounts.c.login, t.accounts.c.language, t.accounts.c.role)
    .where(t.accounts.c.company_id.is_(None), t.accounts.c.email_confirmed.is_(True), among(t.accounts.c.role, "roles"))
    .order_by(t.accounts.c.id)
    .limit(500)
)
SELLERS_OF_COMPANY = Statement(
    sa.select(t.links.c.seller_id).where(t.links.c.company_id == bindparam("company")).order_by(t.links.c.seller_id)
)
MAILBOXES_OF_ACCOUNTS = Statement(
    sa.select(t.accounts.c.id, t.accounts.c.login, t.accounts.c.language).where(
        among(t.accounts.c.id, "ids"), t.accounts.c.email_confirmed.is_(True)
    )
)
READ_UNTIL = Statement(sa.select(t.accounts.c.messages_read).where(t.accounts.c.id == bindparam("account")))


def admit(tx: Tx, callers: Sequence[Caller], at: datetime) -> dict[Caller, By | Refused]:
    """Who each caller is, with one query for all keys."""
    public_ids = [found for c in callers if isinstance(c, KeyCaller) if (found := keys.public_id_of(c.key))]
    known = {row[0]: row for row in tx.rows(KEYS, ids=public_ids)} if public_ids else {}
    now_us = to_us(at)
    return {c: c.by if isinstance(c, Known) else _key(c, known, now_us) for c in callers}


def key_of(tx: Tx, caller: KeyCaller, at: datetime) -> tuple[By, ApiKey] | Refused:
    """One key and whom it speaks for; for reading doors."""
    public_id = keys.public_id_of(caller.key)
    known = {row[0]: row for row in tx.rows(KEYS, ids=[public_id])} if public_id else {}
    by = _key(caller, known, to_us(at))
    if isinstance(by, Refused):
        return by
    return by, ApiKey(*known[public_id][:9])


def _key(caller: KeyCaller, known: dict[Any, tuple[Any, ...]], now_us: int) -> By | Refused:
    if not caller.key:
        return Refused("credentials_missing", "unknown")
    row = known.get(keys.public_id_of(caller.key))
    if row is None or not keys.same(bytes(row[9]), keys.digest(caller.key)):
        return Refused("wrong_key", "unknown")
    key = ApiKey(*row[:9])
    status = key.status(now_us)
    if status != "active":
        return Refused(f"key_{status}", "forbidden")
    writes = key.role == RETURNS
    return By(Role.SELLER, f"key:{key.public_id}", str(key.company_id), writes=writes, through_key=True)


def account_of_session(tx: Tx, token: str, at: datetime) -> Account | None:
    """Whose session this cookie is, while it lasts."""
    row = tx.one(SESSION, session=keys.digest(token), now_us=to_us(at))
    return None if row is None else account(row)


def account_of_login(tx: Tx, login: str, password: str) -> Account | None:
    """The account when the password fits; takes equally long when there is no such account."""
    row = tx.one(LOGIN, login=login.strip().lower())
    if not keys.password_fits(password, "" if row is None else row[8]):
        return None
    return None if row is None else account(row[:8])


def name_of(tx: Tx, login: str) -> str:
    """The name of the person who signs in so; nothing for anybody else."""
    row = tx.one(NAME, login=login)
    return "" if row is None else str(row[0])


def accounts_of_company(tx: Tx, company_id: int) -> list[Account]:
    """The people of a company."""
    return [account(row) for row in tx.rows(ACCOUNTS_OF_COMPANY, company=company_id)]


def keys_of_company(tx: Tx, company_id: int) -> list[ApiKey]:
    """A company's keys, newest first."""
    return [ApiKey(*row) for row in tx.rows(KEYS_OF_COMPANY, company=company_id)]


def one_key(tx: Tx, company_id: int, public_id: str) -> ApiKey:
    """A key of this company; `Refused` when there is none."""
    row = tx.one(ONE_KEY, public_id=public_id)
    if row is None or row[1] != company_id:
        raise Refused("not_found", "missing")
    return ApiKey(*row)


def account(row: tuple[Any, ...]) -> Account:
    """A row of the account's columns."""
    return Account(row[0], row[1], Role(row[2]), row[3], row[4], row[5], bool(row[6]), bool(row[7]))


# Notices: under which names a person reads, and where these names get mail


def readers_of(tx: Tx, account: Account) -> tuple[str, ...]:
    """The names under which a person is told things: the company and every seller that it is linked to now; staff by role."""
    if account.company_id is None:
        return (f"role:{account.role}", reader_of(account))
    sellers = tx.rows(SELLERS_OF_COMPANY, company=account.company_id)
    own = (f"company:{account.company_id}", *((f"owner:{account.company_id}",) if account.owner else ()))
    return (*own, reader_of(account), *(f"seller:{row[0]}" for row in sellers))


def reader_of(account: Account) -> str:
    """The name under which nobody else is told: what is about the account itself."""
    return f"account:{account.id}"


def mailboxes(tx: Tx, readers: Sequence[str]) -> Mailboxes:
    """Where these readers get mail: people of a company sign in with their address, and have confirmed it; staff may do so."""
    found: dict[str, list[Mailbox]] = {}
    sellers = [int(name.removeprefix("seller:")) for name in readers if name.startswith("seller:")]
    for login, language, _, _, seller_id in tx.rows(MAILBOXES_OF_SELLERS, sellers=sellers) if sellers else []:
        found.setdefault(f"seller:{seller_id}", []).append(Mailbox(login, language))
    roles = [name.removeprefix("role:") for name in readers if name.startswith("role:")]
    for login, language, role in tx.rows(MAILBOXES_OF_ROLES, roles=roles) if roles else []:
        if is_address(login):
            found.setdefault(f"role:{role}", []).append(Mailbox(login, language))
    ids = [int(name.removeprefix("account:")) for name in readers if name.startswith("account:")]
    for account_id, login, language in tx.rows(MAILBOXES_OF_ACCOUNTS, ids=ids) if ids else []:
        if is_address(login):
            found[f"account:{account_id}"] = [Mailbox(login, language)]
    companies = sorted({int(name.partition(":")[2]) for name in readers if name.startswith(("company:", "owner:"))})
    for login, language, owner, company_id in tx.rows(MAILBOXES_OF_COMPANIES, companies=companies) if companies else []:
        for name in (f"company:{company_id}", f"owner:{company_id}") if owner else (f"company:{company_id}",):
            found.setdefault(name, []).append(Mailbox(login, language))
    return found


def read_until(tx: Tx, account_id: int) -> int:
    """The newest notice that this person has marked as read."""
    row = tx.one(READ_UNTIL, account=account_id)
    return 0 if row is None else int(row[0])


def hold_to_own(tx: Tx, by: By) -> None:
    """From here on a look of a seller's company sees what is its own and its sellers' only (PostgreSQL). Staff see what their doors show."""
    if by.role is Role.SELLER:
        tx.only_of("company", by.subject)
