"""The users of a seller: their rights, one-time links, passwords. Like errands, each change runs inside the desk's transaction.

A link is the only way to a first password; only its hash is stored, and a newer one ends it.
"""

import re
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import i18n, keys, passwords
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, directory
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.words import Rights, Role

INVITATION_DAYS = 3
PASSWORD_CHARACTERS_MIN, PASSWORD_CHARACTERS_MAX = 12, 200
NAME_CHARACTERS_MAX = 100
USERS_MAX = 100
LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,63}")

_of_seller = (
    t.accounts.c.id == bindparam("account"),
    t.accounts.c.role == Role.SELLER.value,
    t.accounts.c.subject == bindparam("seller"),
)
HAS_LOGIN = Statement(sa.select(t.accounts.c.id).where(t.accounts.c.login == bindparam("login")))
COUNT_USERS = Statement(
    sa.select(sa.func.count())
    .select_from(t.accounts)
    .where(
        t.accounts.c.role == Role.SELLER.value,
        t.accounts.c.subject == bindparam("seller"),
        t.accounts.c.ended_us.is_(None),
    )
)
BY_ITSELF = {"id", "email", "messages_read", "customer_ref"}
_values: dict[str, object] = {c.name: bindparam(c.name) for c in t.accounts.columns if c.name not in BY_ITSELF}
INSERT_USER = Statement(t.accounts.insert().values(_values).returning(t.accounts.c.id))
OWNERS = Statement(
    sa.select(t.accounts.c.id)
    .where(
        t.accounts.c.role == Role.SELLER.value,
        t.accounts.c.subject == bindparam("seller"),
        t.accounts.c.owner.is_(True),
        t.accounts.c.ended_us.is_(None),
        t.accounts.c.password != "",
    )
    .order_by(t.accounts.c.id)
    .with_for_update()
)
SET_RIGHTS = Statement(
    t.accounts.update()
    .where(*_of_seller)
    .values(owner=bindparam("owns"), reads_only=bindparam("only_reads"), manages_keys=bindparam("keeps"))
)
RIGHTS = Statement(sa.select(t.accounts.c.owner, t.accounts.c.reads_only, t.accounts.c.manages_keys).where(*_of_seller))
SET_ENDED = Statement(t.accounts.update().where(*_of_seller).values(ended_us=bindparam("at_us")))
SET_PASSWORD = Statement(
    t.accounts.update().where(t.accounts.c.id == bindparam("account")).values(password=bindparam("hashed"))
)
END_SESSIONS = Statement(
    t.sessions.delete().where(t.sessions.c.account_id == bindparam("account"), t.sessions.c.digest != bindparam("kept"))
)
INSERT_INVITATION = Statement(t.invitations.insert())
END_INVITATIONS = Statement(t.invitations.delete().where(t.invitations.c.account_id == bindparam("account")))
END_OLD_INVITATIONS = Statement(t.invitations.delete().where(t.invitations.c.until_us <= bindparam("now_us")))


class NewUser(msgspec.Struct, frozen=True):
    """What the owner enters for a new user."""

    login: str
    name: str
    language: str
    rights: Rights
    manages_keys: bool = False

    def checked(self) -> "NewUser":
        """The same, tidied; `Refused` names the field that does not fit."""
        login, name = self.login.strip().lower(), self.name.strip()
        if not LOGIN.fullmatch(login):
            raise Refused("login_form", "invalid", "login")
        if not name or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
            raise Refused("user_name_length", "invalid", "name", characters_max=NAME_CHARACTERS_MAX)
        if self.language not in i18n.LANGUAGES:
            raise Refused("unknown_language", "invalid", "language")
        return msgspec.structs.replace(self, login=login, name=name)


def rights_of(word: str) -> Rights:
    """Rights by their word; `Refused` for any other."""
    if word not in list(Rights):
        raise Refused("unknown_rights", "invalid", "rights")
    return Rights(word)


def add_user(tx: Tx, account: access.Account, wanted: NewUser, token: str, at: datetime) -> int:
    """A new user with a one-time link to set the password; their number."""
    seller, wanted = _owner(account), wanted.checked()
    if tx.one(HAS_LOGIN, login=wanted.login) is not None:
        raise Refused("login_taken", "conflict", "login")
    if tx.rows(COUNT_USERS, seller=seller)[0][0] >= USERS_MAX:
        raise Refused("too_many_users", "conflict", users_max=USERS_MAX)
    owns, only_reads, keeps = _flags(wanted.rights, manages_keys=wanted.manages_keys)
    row = tx.one(INSERT_USER, login=wanted.login, password="", role=Role.SELLER, subject=seller, name=wanted.name,
                 language=wanted.language, owner=owns, reads_only=only_reads, manages_keys=keeps, ended_us=None)  # fmt: skip
    if row is None:
        raise LookupError(wanted.login)
    number = int(row[0])
    _invite(tx, number, token, at)
    return number


def set_rights(tx: Tx, account: access.Account, number: int, rights: Rights, *, manages_keys: bool) -> None:
    """Other rights from the next request on, which is a new sign-in: a session has one set of rights. A seller always has an owner who can sign in."""
    seller = _owner(account)
    if rights is not Rights.OWNER:
        _not_the_last_owner(tx, seller, number)
    owns, only_reads, keeps = _flags(rights, manages_keys=manages_keys)
    before = tx.one(RIGHTS, account=number, seller=seller)
    changed = tx.run(SET_RIGHTS, account=number, seller=seller, owns=owns, only_reads=only_reads, keeps=keeps)
    _found(changed)
    if before is not None and tuple(map(bool, before)) != (owns, only_reads, keeps):
        end_sessions(tx, number)


def end_user(tx: Tx, account: access.Account, number: int, at: datetime) -> None:
    """A user may no longer sign in: all sessions and links end with the commit of this. Keys stay until they are revoked."""
    seller = _owner(account)
    _not_the_last_owner(tx, seller, number)
    _found(tx.run(SET_ENDED, account=number, seller=seller, at_us=to_us(at)))
    end_sessions(tx, number)
    tx.run(END_INVITATIONS, account=number)


def restore_user(tx: Tx, account: access.Account, number: int) -> None:
    """A user may sign in again, with the password and the rights of before."""
    seller = _owner(account)
    if tx.rows(COUNT_USERS, seller=seller)[0][0] >= USERS_MAX:
        raise Refused("too_many_users", "conflict", users_max=USERS_MAX)
    _found(tx.run(SET_ENDED, account=number, seller=seller, at_us=None))


def renew_link(tx: Tx, account: access.Account, number: int, token: str, at: datetime) -> None:
    """Another one-time link for a user who lost the first one, or the password. The password of before works until it is used."""
    seller = _owner(account)
    user = next((u for u in directory.users_of_seller(tx, int(seller), at) if u.account.id == number), None)
    if user is None:
        raise Refused("not_found", "missing")
    if user.state == "ended":
        raise Refused("user_ended", "conflict")
    _invite(tx, number, token, at)


def accept_invitation(tx: Tx, token: str, hashed: str, at: datetime) -> None:
    """The password is set and the link used up; whoever was signed in with an earlier password no longer is."""
    found = access.invited(tx, token, at)
    if found is None:
        raise Refused("link_expired", "missing")
    tx.run(SET_PASSWORD, account=found.id, hashed=hashed)
    tx.run(END_INVITATIONS, account=found.id)
    end_sessions(tx, found.id)


def change_password(tx: Tx, account: access.Account, hashed: str, token: str) -> None:
    """Another password for whoever is signed in with this session; all others of theirs end."""
    tx.run(SET_PASSWORD, account=account.id, hashed=hashed)
    tx.run(END_INVITATIONS, account=account.id)
    end_sessions(tx, account.id, token)


def end_sessions(tx: Tx, account_id: int, kept: str = "") -> None:
    """Nobody is signed in as this account any more, or on the way to it, but with the session `kept`."""
    tx.run(END_SESSIONS, account=account_id, kept=keys.digest(kept))
    t.factors.end_steps(tx, account_id)


def check_password(password: str, again: str | None = None, *, login: str, current: str = "") -> None:
    """Long enough to be one, short enough for a form, not to be guessed, and typed the same twice."""
    if not PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX:
        raise Refused("password_length", "invalid", "password", characters_min=PASSWORD_CHARACTERS_MIN,
                      characters_max=PASSWORD_CHARACTERS_MAX)  # fmt: skip
    passwords.check_guessable(password, login, current)
    if again is not None and again != password:
        raise Refused("passwords_differ", "invalid", "again")


def _invite(tx: Tx, number: int, token: str, at: datetime) -> None:
    tx.run(END_OLD_INVITATIONS, now_us=to_us(at))
    tx.run(END_INVITATIONS, account=number)
    until = at + timedelta(days=INVITATION_DAYS)
    tx.run(INSERT_INVITATION, digest=keys.digest(token), account_id=number, until_us=to_us(until))


def _flags(rights: Rights, *, manages_keys: bool) -> tuple[bool, bool, bool]:
    """(owner, reads_only, manages_keys): an owner needs no grant, and who only reads cannot have one (D19)."""
    return rights is Rights.OWNER, rights is Rights.ANALYST, manages_keys and rights is Rights.OPERATOR


def _not_the_last_owner(tx: Tx, seller: str, number: int) -> None:
    """Locks the owners, so that two of them cannot end each other at once."""
    if [number] == [row[0] for row in tx.rows(OWNERS, seller=seller)]:
        raise Refused("last_owner", "conflict")


def _found(changed: int) -> None:
    if changed != 1:
        raise Refused("not_found", "missing")


def _owner(account: access.Account) -> str:
    if account.role is not Role.SELLER or not account.owner:
        raise Refused("owner_only", "forbidden")
    return account.subject
