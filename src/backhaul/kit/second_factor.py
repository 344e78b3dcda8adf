"""The second factor of those who sign in: a sealed secret for codes by the time, ten recovery codes, and half a sign-in meanwhile.

Each row belongs to one account: a secret opens, and a recovery code counts, only where it was made. A code is taken by a change
under a condition, so of two requests with the same code one gets in, whichever process they reach.
"""

import hmac
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, bindparam

from backhaul.kit import keys, totp
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.journal import Journal
from backhaul.kit.machine import Refused

RECOVERY_CODES = 10
RECOVERY_CHARACTERS = 12  # 60 bits
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: they are misread
ALIKE = str.maketrans("ILO", "110")
TYPED_CHARACTERS_MAX = 40
# How long after the password the code may come, and the first code after the square code was shown.
STEP_LASTS, SET_UP_LASTS = timedelta(minutes=5), timedelta(minutes=30)
CHANGES_A_PAGE = 50
# What stands in the access log of changes to second factors; an index finds them by it.
OF_FACTORS = "substr(code, 1, 14) = 'second_factor_'"
NO_CHANGE_OF_FACTORS = sa.text(f"NOT {OF_FACTORS}")
ON, OFF, RESET = "second_factor_on", "second_factor_off", "second_factor_reset"
RENEWED, RECOVERED = "second_factor_renewed", "second_factor_recovered"


class State(msgspec.Struct, frozen=True):
    """A second factor that is on."""

    since: datetime
    codes_left: int


class Change(msgspec.Struct, frozen=True):
    """A line of the access log: who changed whose second factor."""

    id: int
    at: datetime
    caller: str
    what: str
    code: str


class Box(msgspec.Struct, frozen=True):
    """Seals secrets for one account, and hashes recovery codes with a secret of this house: a stolen database opens nothing."""

    seal: keys.Seal

    def close(self, account_id: int, secret: str) -> bytes:
        """The secret as it is stored."""
        return self.seal.close(f"second factor {account_id} {secret}")

    def open(self, account_id: int, sealed: bytes) -> str:
        """The secret of this account; `LookupError` when the row was another's."""
        return self._of(f"second factor {account_id}", self.seal.open(sealed))

    def digest(self, account_id: int, code: str) -> bytes:
        """A recovery code as it is stored."""
        plain = "".join(re.findall("[0-9A-Z]", code[:TYPED_CHARACTERS_MAX].upper().translate(ALIKE)))
        return hmac.digest(self.seal.derive("recovery codes").encode(), f"{account_id} {plain}".encode(), "sha256")

    def pending(self, account_id: int, secret: str, at: datetime) -> str:
        """A secret that waits for its first code, as a form carries it: nothing is stored before."""
        return self.seal.close(f"set up {account_id} {to_us(at + SET_UP_LASTS)} {secret}").decode()

    def pended(self, account_id: int, carried: str, at: datetime) -> str:
        """The secret again, while it waits; `Refused` for anything else."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 -- loads slowly

        try:
            until, _, secret = self._of(f"set up {account_id}", self.seal.open(carried.encode())).partition(" ")
        except (InvalidToken, LookupError):
            raise Refused("set_up_over", "invalid") from None
        if int(until) <= to_us(at):
            raise Refused("set_up_over", "invalid")
        return secret

    @staticmethod
    def _of(whose: str, opened: str) -> str:
        if not opened.startswith(f"{whose} "):
            raise LookupError(whose)
        return opened.removeprefix(f"{whose} ")


def _opened(box: Box, account_id: int, sealed: bytes) -> str:
    """The secret; `Refused` where no code can fit any more, because it was sealed with another house's key."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 -- loads slowly

    try:
        return box.open(account_id, sealed)
    except (InvalidToken, LookupError):
        raise Refused("second_factor_unreadable", "conflict", "code") from None


def made_codes(chance: Callable[[int], bytes]) -> list[str]:
    """Fresh recovery codes, in groups of four."""
    plain = ["".join(LETTERS[byte % 32] for byte in chance(RECOVERY_CHARACTERS)) for _ in range(RECOVERY_CODES)]
    return ["-".join(one[n : n + 4] for n in range(0, RECOVERY_CHARACTERS, 4)) for one in plain]


class SecondFactors:
    """The tables `second_factors`, `recovery_codes` and `sign_in_steps` of a house, and what is done with them."""

    def __init__(self, metadata: MetaData, journal: Journal) -> None:
        self.factors = Table(
            "second_factors",
            metadata,
            Column("account_id", Integer, primary_key=True, autoincrement=False),
            Column("secret", LargeBinary, nullable=False),
            Column("since_us", BigInteger, nullable=False),
            Column("last_step", BigInteger, nullable=False),
        )
        self.codes = Table(
            "recovery_codes",
            metadata,
            Column("digest", LargeBinary, primary_key=True),
            Column("account_id", Integer, nullable=False),
            Index("recovery_codes_of_account", "account_id"),
        )
        self.steps = Table(
            "sign_in_steps",
            metadata,
            Column("digest", LargeBinary, primary_key=True),
            Column("account_id", Integer, nullable=False),
            Column("until_us", BigInteger, nullable=False),
            Index("sign_in_steps_of_account", "account_id"),
            Index("sign_in_steps_by_end", "until_us"),
        )
        log = journal.access_log.c
        Index("access_log_of_factors", log.id, sqlite_where=sa.text(OF_FACTORS), postgresql_where=sa.text(OF_FACTORS))
        factor, one, step = self.factors.c, self.codes.c, self.steps.c
        whose: sa.BindParameter[int] = bindparam("account")
        account = sa.table("accounts", sa.column("id")).c
        self._hold = Statement(sa.select(account.id).where(account.id == whose).with_for_update())
        self._secret = Statement(sa.select(factor.secret, factor.since_us).where(factor.account_id == whose))
        self._left = Statement(sa.select(sa.func.count()).select_from(self.codes).where(one.account_id == whose))
        self._insert = Statement(self.factors.insert())
        self._delete = Statement(self.factors.delete().where(factor.account_id == whose))
        self._take_step = Statement(
            self.factors.update()
            .where(factor.account_id == whose, factor.last_step < bindparam("step"))
            .values(last_step=bindparam("step"))
        )
        self._insert_code = Statement(self.codes.insert())
        self._take_code = Statement(
            self.codes.delete().where(one.digest == bindparam("hashed"), one.account_id == whose)
        )
        self._delete_codes = Statement(self.codes.delete().where(one.account_id == whose))
        self._known = Statement(sa.select(one.digest).where(one.account_id == whose).limit(RECOVERY_CODES))
        self._insert_step = Statement(self.steps.insert())
        self._step = Statement(
            sa.select(step.account_id).where(step.digest == bindparam("hashed"), step.until_us > bindparam("now_us"))
        )
        self._end_step = Statement(self.steps.delete().where(step.digest == bindparam("hashed")))
        self._end_steps = Statement(self.steps.delete().where(step.account_id == whose))
        self._end_old_steps = Statement(self.steps.delete().where(step.until_us <= bindparam("now_us")))
        self._changes = Statement(
            sa.select(log.id, log.at_us, log.caller, log.what, log.code)
            .where(sa.text(OF_FACTORS), log.id < bindparam("before"))
            .order_by(log.id.desc())
            .limit(CHANGES_A_PAGE)
        )

    # What is

    def is_on(self, tx: Tx, account_id: int) -> bool:
        """Whether this account has a second factor."""
        return tx.one(self._secret, account=account_id) is not None

    def state(self, tx: Tx, account_id: int) -> State | None:
        """Since when, and how many recovery codes are left; None when there is none."""
        row, left = tx.one(self._secret, account=account_id), tx.one(self._left, account=account_id)
        return None if row is None else State(from_us(row[1]), 0 if left is None else int(left[0]))

    def are_codes_of(self, tx: Tx, account_id: int, digests: Sequence[bytes]) -> bool:
        """Whether all of these are recovery codes of this account that still count."""
        known = {bytes(row[0]) for row in tx.rows(self._known, account=account_id)}
        return bool(digests) and known >= set(digests)

    def changes(self, tx: Tx, before: int) -> list[Change]:
        """What the access log says of second factors, newest first."""
        return [Change(row[0], from_us(row[1]), *row[2:]) for row in tx.rows(self._changes, before=before)]

    # What is done: all of it in the desk's transactions

    def hold(self, tx: Tx, account_id: int) -> None:
        """Of a sign-in by the password alone and a second factor that is switched on, one waits for the other."""
        tx.one(self._hold, account=account_id)

    def turn_on(
        self, tx: Tx, account_id: int, sealed: bytes, step: int, digests: Sequence[bytes], at: datetime
    ) -> None:
        """From now on a code is asked for. The `step` of the first code is used up with it."""
        self.hold(tx, account_id)
        if self.is_on(tx, account_id):
            raise Refused("second_factor_is_on", "conflict")
        tx.run(self._insert, account_id=account_id, secret=sealed, since_us=to_us(at), last_step=step)
        self.renew(tx, account_id, digests)

    def turn_off(self, tx: Tx, account_id: int) -> None:
        """No code is asked for any more."""
        if tx.run(self._delete, account=account_id) != 1:
            raise Refused("second_factor_is_off", "conflict")
        tx.run(self._delete_codes, account=account_id)

    def renew(self, tx: Tx, account_id: int, digests: Sequence[bytes]) -> None:
        """Other recovery codes; those of before count no more."""
        tx.run(self._delete_codes, account=account_id)
        tx.put(self._insert_code, [{"digest": one, "account_id": account_id} for one in digests])

    def prove(self, tx: Tx, account_id: int, typed: str, at: datetime, box: Box) -> bool:
        """A code is used up, or `Refused`, which the access log keeps. Whether it was a recovery code."""
        row = tx.one(self._secret, account=account_id)
        if row is None:
            raise Refused("second_factor_is_off", "conflict")
        said = "".join(typed[:TYPED_CHARACTERS_MAX].split())
        if said.isascii() and said.isdigit() and len(said) == totp.DIGITS:
            step = totp.fitting_step(_opened(box, account_id, bytes(row[0])), said, at)
            if step is not None and tx.run(self._take_step, account=account_id, step=step) == 1:
                return False
        elif tx.run(self._take_code, account=account_id, hashed=box.digest(account_id, typed)) == 1:
            return True
        raise Refused("code_wrong", "unknown", "code")

    def begin_step(self, tx: Tx, account_id: int, token: str, at: datetime) -> None:
        """The password was right. What `token` opens is the form of the code, for a few minutes, and nothing else."""
        tx.run(self._end_old_steps, now_us=to_us(at))
        tx.run(self._insert_step, digest=keys.digest(token), account_id=account_id, until_us=to_us(at + STEP_LASTS))

    def whose_step(self, tx: Tx, token: str, at: datetime) -> int | None:
        """Whose password was right a few minutes ago."""
        row = tx.one(self._step, hashed=keys.digest(token), now_us=to_us(at))
        return None if row is None else int(row[0])

    def end_step(self, tx: Tx, token: str, account_id: int, at: datetime) -> None:
        """The sign-in goes on to its end, once."""
        if self.whose_step(tx, token, at) != account_id or tx.run(self._end_step, hashed=keys.digest(token)) != 1:
            raise Refused("sign_in_over", "unknown")

    def end_steps(self, tx: Tx, account_id: int) -> None:
        """Half sign-ins with a password or a second factor that counts no more."""
        tx.run(self._end_steps, account=account_id)

    def forget(self, tx: Tx, account_id: int) -> None:
        """Everything here of an account that is deleted."""
        for statement in (self._delete, self._delete_codes, self._end_steps):
            tx.run(statement, account=account_id)
