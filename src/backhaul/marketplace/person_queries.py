"""SQL that only looks: the keys of persons, and by which names and addresses a customer is known."""

from collections.abc import Callable, Collection

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import i18n, sealed_words
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.sealed_words import PersonKey, sealed
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.texts import ERASED_WORDS

_k, _c, _a = t.person_keys.c, t.customers.c, t.accounts.c
KEYS = Statement(sa.select(_k.id, _k.secret).where(among(_k.id, "ids")))
ADDRESSES = Statement(sa.select(_c.ref, _c.email).where(among(_c.ref, "refs")))
KEYS_OF = Statement(sa.select(_k.customer_ref, _k.id, _k.secret).where(among(_k.customer_ref, "refs")))
NAMES = Statement(
    sa.select(_a.subject, _a.name, _a.login).where(
        _a.role == bindparam("role"), among(_a.subject, "refs")
    )
)  # fmt: skip


class Writer(msgspec.Struct, frozen=True):
    """A customer as one who writes. `known`: the names and addresses that nobody else shall read in it."""

    key: PersonKey | None
    known: tuple[str, ...]

    def closed(self, text: str) -> str:
        """The words as they are kept; as they are, where nobody has made a key yet."""
        return text if self.key is None else sealed(text, self.key, self.known)


def keys(tx: Tx, ids: Collection[str]) -> dict[str, PersonKey]:
    """Those of these keys that nobody has destroyed."""
    return {row[0]: PersonKey(row[0], bytes(row[1])) for row in tx.rows(KEYS, ids=sorted(ids))} if ids else {}


def writers(tx: Tx, refs: Collection[str]) -> dict[str, Writer]:
    """These customers, as far as they are there still."""
    if not refs:
        return {}
    wanted = sorted(set(refs))
    known: dict[str, list[str]] = {}
    for subject, name, login in tx.rows(NAMES, role=Role.CUSTOMER.value, refs=wanted):
        known.setdefault(subject, []).extend((name, login))
    found = {row[0]: PersonKey(row[1], bytes(row[2])) for row in tx.rows(KEYS_OF, refs=wanted)}
    return {
        ref: Writer(found.get(ref), (email, ref, *known.get(ref, ()))) for ref, email in tx.rows(ADDRESSES, refs=wanted)
    }


def opened(tx: Tx, text: str, language: str, written: Callable[[str], str] = str) -> str:
    """A text that leaves the house in a file or a mail, with what customers wrote as those read it who shall not know who they are."""
    ids = sealed_words.key_ids(text)
    if not ids:
        return text
    return sealed_words.opened(
        text, keys(tx, ids), i18n.gettext(language, ERASED_WORDS), in_full=False, written=written
    )
