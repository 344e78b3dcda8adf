"""A seller's users and keys, as its owner and support see them in lists."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import tables as t
from backhaul.marketplace.access import ACCOUNT_COLUMNS, KEY_COLUMNS, Account, ApiKey, account_of
from backhaul.marketplace.queries import USED
from backhaul.marketplace.rules.words import Role

USERS_OF_SELLER_MAX = 200


class User(msgspec.Struct, frozen=True):
    """A user of a seller as the owner sees them. `state`: `active`, `invited` (no password yet) or `ended`."""

    account: Account
    state: str
    active_keys: int


KEYS_OF_SELLER_MAX = 500
KEYS_OF_SELLER = Statement(
    sa.select(*KEY_COLUMNS)
    .where(t.api_keys.c.seller_id == bindparam("seller"))
    .order_by(t.api_keys.c.created_us.desc(), t.api_keys.c.public_id)
    .limit(KEYS_OF_SELLER_MAX)
)
ONE_KEY = Statement(sa.select(*KEY_COLUMNS).where(t.api_keys.c.public_id == bindparam("public_id")))
_active_keys_of = (
    sa.select(sa.func.count())
    .select_from(t.api_keys)
    .where(
        t.api_keys.c.seller_id == bindparam("seller"),
        t.api_keys.c.created_by == t.accounts.c.login,
        t.api_keys.c.revoked_us.is_(None),
        t.api_keys.c.expires_us > bindparam("now_us"),
    )
    .scalar_subquery()
)
_user_columns = [*ACCOUNT_COLUMNS, t.accounts.c.ended_us, t.accounts.c.password != "", _active_keys_of]
USERS_OF_SELLER = Statement(
    sa.select(*_user_columns)
    .where(t.accounts.c.role == Role.SELLER.value, t.accounts.c.subject == bindparam("subject"))
    .order_by(t.accounts.c.id)
    .limit(USERS_OF_SELLER_MAX)
)
_log = t.journal.access_log.c
LAST_USES = Statement(
    sa.select(_log.caller, sa.func.max(_log.at_us))
    .where(among(_log.caller, "callers"), _log.code == USED)
    .group_by(_log.caller)
)


def users_of_seller(tx: Tx, seller_id: int, at: datetime) -> list[User]:
    """Everybody who signs in for this seller, also those who no longer may."""
    rows = tx.rows(USERS_OF_SELLER, seller=seller_id, subject=str(seller_id), now_us=to_us(at))
    return [User(account_of(row[:-3]), _state(*row[-3:-1]), row[-1]) for row in rows]


def _state(ended_us: int | None, has_password: object) -> str:
    if ended_us is not None:
        return "ended"
    return "active" if has_password else "invited"


def keys_of_seller(tx: Tx, seller_id: int) -> list[ApiKey]:
    """A seller's keys, newest first."""
    return [ApiKey(*row) for row in tx.rows(KEYS_OF_SELLER, seller=seller_id)]


def one_key(tx: Tx, public_id: str, seller_id: int | None = None) -> ApiKey:
    """A key by its public id; `Refused` when there is none, or not of this seller."""
    row = tx.one(ONE_KEY, public_id=public_id)
    if row is None or seller_id not in (None, row[1]):
        raise Refused("not_found", "missing")
    return ApiKey(*row)


def last_uses(tx: Tx, found: Sequence[ApiKey]) -> dict[str, datetime]:
    """When each of these keys was last used, to the minute; a key that never was is not in it."""
    rows = tx.rows(LAST_USES, callers=[f"key:{key.public_id}" for key in found]) if found else []
    return {row[0].removeprefix("key:"): from_us(row[1]) for row in rows}
