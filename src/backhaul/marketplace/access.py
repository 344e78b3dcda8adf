"""Who is calling: API keys, sessions, the partner's signature. Every answer is a `By`, or a `Refused` that says why not."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import keys
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Rights, Role

RETURNS, RETURNS_READ_ONLY = "returns", "returns_read_only"


class KeyCaller(msgspec.Struct, frozen=True, dict=True):
    """A seller's API key as it came on the wire. Its text never prints. `client_id` None: the door does not ask for it.

    `address` is where the call came from; without one a key with allowed networks does not work.
    """

    client_id: str | None
    key: str
    address: str = ""

    @cached_property
    def name(self) -> str:
        """The key as logs and journals name it."""
        return f"key:{keys.public_id_of(self.key) or 'unknown'}"

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


class Known(msgspec.Struct, frozen=True):
    """Somebody whose session or signature a door has checked in this request."""

    by: By

    def __str__(self) -> str:
        return f"{self.by.role}:{self.by.id}"


Caller = KeyCaller | Known


class Account(msgspec.Struct, frozen=True):
    """A person who signs in. `subject` is a customer reference, a seller id or a pick-up point.

    `owner`, `reads_only` and `manages_keys` are the rights of a seller's user.
    `customer_ref` is what a clerk buys under, `point_kind` the kind of point where a clerk works.
    """

    id: int
    login: str
    role: Role
    subject: str
    name: str
    language: str
    owner: bool
    reads_only: bool = False
    manages_keys: bool = False
    customer_ref: str = ""
    point_kind: str = ""

    def by(self) -> By:
        """This person as the law sees them. A customer is a pseudonym there and in everything that is written of what they do."""
        name = self.subject if self.role is Role.CUSTOMER else self.login
        return By(self.role, name, self.subject, writes=not self.reads_only, customer_ref=self.customer_ref,
                  point_kind=self.point_kind, name=self.name)  # fmt: skip

    @property
    def rights(self) -> Rights:
        """The rights of a seller's user in one word."""
        if self.owner:
            return Rights.OWNER
        return Rights.ANALYST if self.reads_only else Rights.OPERATOR

    @property
    def keeps_keys(self) -> bool:
        """Whether this person makes and revokes keys: the owner, and whom the owner lets (D19). Who only reads never does."""
        return self.role is Role.SELLER and (self.owner or (self.manages_keys and not self.reads_only))


class ApiKey(msgspec.Struct, frozen=True):
    """What is known of a key, without the key."""

    public_id: str
    seller_id: int
    name: str
    role: str
    last4: str
    expires_us: int
    revoked_us: int | None
    created_us: int
    created_by: str
    networks: str = ""
    revoked_by: str = ""
    revoked_role: str = ""
    revoked_because: str = ""

    def status(self, now_us: int) -> str:
        """`active`, `revoked` or `expired`."""
        if self.revoked_us is not None:
            return "revoked"
        return "expired" if self.expires_us <= now_us else "active"


KEY_COLUMNS = [
    t.api_keys.c[name]
    for name in (
        "public_id", "seller_id", "name", "role", "last4", "expires_us", "revoked_us", "created_us", "created_by",
        "networks", "revoked_by", "revoked_role", "revoked_because",
    )
]  # fmt: skip
KEYS = Statement(sa.select(*KEY_COLUMNS, t.api_keys.c.digest).where(among(t.api_keys.c.public_id, "ids")))
_kind_of_point = (
    sa.select(t.points.c.kind)
    .where(t.points.c.id == t.accounts.c.subject, t.accounts.c.role == Role.CLERK.value)
    .correlate(t.accounts)
    .scalar_subquery()
)
ACCOUNT_COLUMNS = [
    *(
        t.accounts.c[name]
        for name in (
            "id", "login", "role", "subject", "name", "language", "owner", "reads_only", "manages_keys", "customer_ref",
        )
    ),
    sa.func.coalesce(_kind_of_point, ""),
]  # fmt: skip
SESSION = Statement(
    sa.select(*ACCOUNT_COLUMNS)
    .join(t.sessions, t.sessions.c.account_id == t.accounts.c.id)
    .where(
        t.sessions.c.digest == bindparam("session"),
        t.sessions.c.until_us > bindparam("now_us"),
        t.accounts.c.ended_us.is_(None),
    )
)
LOGIN = Statement(
    sa.select(*ACCOUNT_COLUMNS, t.accounts.c.password).where(
        t.accounts.c.login == bindparam("login"), t.accounts.c.ended_us.is_(None)
    )
)
NAME = Statement(
    sa.select(t.accounts.c.name).where(t.accounts.c.login == bindparam("login"), t.accounts.c.ended_us.is_(None))
)
INVITED = Statement(
    sa.select(*ACCOUNT_COLUMNS)
    .join(t.invitations, t.invitations.c.account_id == t.accounts.c.id)
    .where(
        t.invitations.c.digest == bindparam("invitation"),
        t.invitations.c.until_us > bindparam("now_us"),
        t.accounts.c.ended_us.is_(None),
    )
)
PARTNER = Statement(
    sa.select(t.partners.c.id, t.partners.c.url, t.partners.c.secret_in, t.partners.c.secret_out).where(
        t.partners.c.id == bindparam("id")
    )
)

OWNERS_OF_ROWS = (Role.SELLER, Role.CUSTOMER)


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
    return by, ApiKey(*known[public_id][:-1])


def _key(caller: KeyCaller, known: dict[Any, tuple[Any, ...]], now_us: int) -> By | Refused:
    if caller.client_id == "" or not caller.key:
        return Refused("credentials_missing", "unknown")
    if caller.client_id is not None and not _is_positive_number(caller.client_id):
        return Refused("client_id_not_a_number", "invalid", "Client-Id")
    row = known.get(keys.public_id_of(caller.key))
    if row is None or not keys.same(bytes(row[-1]), keys.digest(caller.key)):
        return Refused("wrong_key", "unknown")
    key = ApiKey(*row[:-1])
    if caller.client_id is not None and str(key.seller_id) != caller.client_id:
        return Refused("wrong_key", "unknown")
    by = By(Role.SELLER, f"key:{key.public_id}", str(key.seller_id), writes=key.role == RETURNS)
    return _objection(key, caller.address, now_us) or by


def _objection(key: ApiKey, address: str, now_us: int) -> Refused | None:
    status = key.status(now_us)
    if status != "active":
        return Refused(f"key_{status}", "forbidden")
    if key.networks and not is_within(address, key.networks):
        return Refused("key_network_not_allowed", "forbidden", address=address)
    return None


def objection(tx: Tx, by: By, at: datetime) -> Refused | None:
    """Why somebody who asked for work may not have it done any more: the key was revoked, the person left, or only reads now."""
    if by.id.startswith("key:"):
        found = tx.one(KEYS, ids=[by.id.removeprefix("key:")])
        if found is None:
            return Refused("wrong_key", "unknown")
        key = ApiKey(*found[:-1])
        status = key.status(to_us(at))
        return Refused(f"key_{status}", "forbidden") if status != "active" else _reads(key.role != RETURNS)
    row = tx.one(LOGIN, login=by.id)
    account = None if row is None else account_of(row[:-1])
    if account is None or (account.role, account.subject) != (by.role, by.subject):
        return Refused("sign_in_needed", "unknown")
    return _reads(account.reads_only)


def _reads(only: bool) -> Refused | None:  # noqa: FBT001 -- a word of the sentence
    return Refused("role_read_only", "forbidden") if only else None


def is_within(address: str, networks: str) -> bool:
    """Whether an address is in one of these networks (CIDR, with blanks between them). IPv4 inside IPv6 counts as IPv4."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in ipaddress.ip_network(network) for network in networks.split())


def _is_positive_number(text: str) -> bool:
    return len(text) <= 18 and text.isascii() and text.isdigit() and int(text) > 0


def account_of_session(tx: Tx, token: str, at: datetime) -> Account | None:
    """Whose session this cookie is, while it lasts."""
    row = tx.one(SESSION, session=keys.digest(token), now_us=to_us(at))
    return None if row is None else account_of(row)


def name_of(tx: Tx, login: str) -> str:
    """The name of the person who signs in so; nothing for anybody else."""
    row = tx.one(NAME, login=login)
    return "" if row is None else str(row[0])


def account_of_login(tx: Tx, login: str, password: str) -> Account | None:
    """The account when the password fits; takes equally long when there is no such account."""
    row = tx.one(LOGIN, login=login.strip().lower())
    if not keys.password_fits(password, "" if row is None else row[-1]):
        return None
    return None if row is None else account_of(row[:-1])


def invited(tx: Tx, token: str, at: datetime) -> Account | None:
    """Whose one-time link this is, while it works."""
    row = tx.one(INVITED, invitation=keys.digest(token), now_us=to_us(at))
    return None if row is None else account_of(row)


def account_of(row: tuple[Any, ...]) -> Account:
    """A row of the account's columns."""
    owner, reads_only, manages_keys = (bool(flag) for flag in row[6:9])
    return Account(
        row[0], row[1], Role(row[2]), row[3], row[4], row[5], owner, reads_only, manages_keys, row[9], row[10]
    )


def hold_to_own(tx: Tx, by: By) -> None:
    """From here on a look of a seller or a customer sees their own rows only (PostgreSQL). Staff and points see what their doors show."""
    if by.role in OWNERS_OF_ROWS:
        tx.only_of(by.role.value, by.subject)


def hold_to_company(tx: Tx, owner: str) -> None:
    """The same for long work, which is a company's (`seller:1180457`) or that of all who work in support."""
    noun, _, owner_id = owner.partition(":")
    if owner_id:
        tx.only_of(noun, owner_id)
