"""SQL that only looks: the keys of persons, and by which names and addresses a customer is known."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import i18n, sealed_words
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.paging import NEWEST
from backhaul.kit.sealed_words import PersonKey, sealed
from backhaul.marketplace import queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.erasure import Erasure, State
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.texts import ERASED_WORDS

ERASURES_MAX = 50
PERSONS_A_ROUND = 50
MAILS_A_ROUND = 500
FILES_A_ROUND = 500
_decode = msgspec.json.Decoder(Erasure).decode

_k, _c, _a = t.person_keys.c, t.customers.c, t.accounts.c
KEYS_TO_LOOK_AT = Statement(
    sa.select(_k.customer_ref)
    .where(_k.look_us <= bindparam("now_us"))
    .order_by(_k.look_us, _k.id)
    .limit(PERSONS_A_ROUND)
)
MASKED = Statement(sa.select(_k.id).where(among(_k.id, "ids"), _k.masked))
_m = t.board.mails.c
SENT_LONG_AGO = Statement(
    sa.select(_m.id).where(_m.sent_us <= bindparam("bound_us")).order_by(_m.sent_us).limit(MAILS_A_ROUND)
)
_u, _b = t.blob_uses.c, t.blobs.c
BROUGHT = Statement(
    sa.select(_u.blob_id, _b.media_type)
    .join_from(t.blob_uses, t.blobs, _b.id == _u.blob_id)
    .where(_u.uploader == bindparam("uploader"), _u.blob_id > bindparam("after"), _b.deleted_us.is_(None))
    .order_by(_u.blob_id)
    .limit(FILES_A_ROUND)
)
_ev = t.journal.events.c
LAST_OF = Statement(sa.select(_ev.at_us).where(_ev.case_id == bindparam("case")).order_by(_ev.seq.desc()).limit(1))
KEYS = Statement(sa.select(_k.id, _k.secret).where(among(_k.id, "ids")))
ADDRESSES = Statement(sa.select(_c.ref, _c.email).where(among(_c.ref, "refs")))
KEYS_OF = Statement(sa.select(_k.customer_ref, _k.id, _k.secret).where(among(_k.customer_ref, "refs")))
NAMES = Statement(
    sa.select(_a.subject, _a.name, _a.login).where(
        _a.role == bindparam("role"), among(_a.subject, "refs")
    )
)  # fmt: skip

_e = t.erasures.c
_erasure = sa.select(_e.id, _e.customer_ref, _e.key_id, _e.state, _e.asked_us, _e.asked_by, _e.erased_us, _e.doc)
ERASURE = Statement(_erasure.where(_e.id == bindparam("erasure")))
ERASURES_OF = Statement(
    _erasure.where(_e.customer_ref == bindparam("customer"), _e.id < bindparam("before"))
    .order_by(_e.id.desc())
    .limit(bindparam("most"))
)
DUE = Statement(_erasure.where(_e.look_us <= bindparam("now_us")).order_by(_e.look_us, _e.id).limit(ERASURES_MAX))
ALL_ERASED = Statement(
    _erasure.where(_e.id > bindparam("after"), _e.erased_us.is_not(None)).order_by(_e.id).limit(ERASURES_MAX)
)
ERASED_WITH = Statement(
    sa.select(_e.id)
    .where(_e.customer_ref == bindparam("customer"), _e.key_id == bindparam("key"), _e.erased_us.is_not(None))
    .limit(1)
)
KEY_OF = Statement(sa.select(_k.id).where(_k.customer_ref == bindparam("customer")))
ADDRESS_OF = Statement(sa.select(_c.email).where(_c.ref == bindparam("customer")))


class Asked(msgspec.Struct, frozen=True):
    """An erasure as it stands."""

    id: int
    customer_ref: str
    key_id: str
    state: State
    asked_at: datetime
    asked_by: str
    erased_at: datetime | None
    it: Erasure


class Writer(msgspec.Struct, frozen=True):
    """A customer as one who writes. `known`: the names and addresses that nobody else shall read in it."""

    key: PersonKey
    known: tuple[str, ...]

    def closed(self, text: str) -> str:
        """The words as they are kept."""
        return sealed(text, self.key, self.known)


def keys(tx: Tx, ids: Collection[str]) -> dict[str, PersonKey]:
    """Those of these keys that nobody has destroyed."""
    return {row[0]: PersonKey(row[0], bytes(row[1])) for row in tx.rows(KEYS, ids=sorted(ids))} if ids else {}


def names(tx: Tx, refs: Collection[str]) -> list[tuple[str, str, str]]:
    """Customer, name and login of everybody who signs in as one of these customers."""
    return [(row[0], row[1], row[2]) for row in tx.rows(NAMES, role=Role.CUSTOMER.value, refs=sorted(refs))]


def writers(tx: Tx, refs: Collection[str]) -> dict[str, Writer | None]:
    """These customers, as far as they are there still; None for whom nobody has made a key yet."""
    if not refs:
        return {}
    wanted = sorted(set(refs))
    known: dict[str, list[str]] = {}
    for subject, name, login in names(tx, wanted):
        known.setdefault(subject, []).extend((name, login))
    found = {row[0]: PersonKey(row[1], bytes(row[2])) for row in tx.rows(KEYS_OF, refs=wanted)}
    return {
        ref: Writer(found[ref], (email, ref, *known.get(ref, ()))) if ref in found else None
        for ref, email in tx.rows(ADDRESSES, refs=wanted)
    }


def opened(tx: Tx, text: str, language: str, written: Callable[[str], str], *, in_full: bool) -> str:
    """A text that leaves the house in a mail. Not `in_full`: with what customers wrote as those read it who shall not know who they are."""
    ids = sealed_words.key_ids(text)
    if not ids:
        return text
    return sealed_words.opened(
        text, keys(tx, ids), i18n.gettext(language, ERASED_WORDS), in_full=in_full, written=written
    )


def erasure(tx: Tx, number: int) -> Asked | None:
    """One erasure."""
    row = tx.one(ERASURE, erasure=number)
    return None if row is None else _asked(row)


def newest_of(tx: Tx, ref: str) -> Asked | None:
    """What a customer asked for last."""
    row = tx.one(ERASURES_OF, customer=ref, before=NEWEST, most=1)
    return None if row is None else _asked(row)


def erasures(tx: Tx, ref: str) -> Iterator[Asked]:
    """Everything that was asked for in a customer's name, newest first."""
    before = NEWEST
    while rows := tx.rows(ERASURES_OF, customer=ref, before=before, most=ERASURES_MAX):
        yield from map(_asked, rows)
        before = rows[-1][0]


def waiting(tx: Tx, ref: str) -> Asked | None:
    """What a customer who is here asked for and what is held; an erasure of before they bought again is none of it."""
    found = newest_of(tx, ref)
    return found if found is not None and found.state is State.HELD else None


def was_erased(tx: Tx, ref: str, key_id: str) -> bool:
    """Whether this database knows that a customer's words went with this key."""
    return tx.one(ERASED_WITH, customer=ref, key=key_id) is not None


def due(tx: Tx, at: datetime) -> list[Asked]:
    """Erasures that somebody must look at."""
    return [_asked(row) for row in tx.rows(DUE, now_us=to_us(at))]


def all_erased(tx: Tx) -> Iterator[Asked]:
    """Everybody who was erased, one after another."""
    after = 0
    while rows := tx.rows(ALL_ERASED, after=after):
        yield from map(_asked, rows)
        after = rows[-1][0]


def to_look_at(tx: Tx, at: datetime) -> list[str]:
    """Customers whose words may be over, 50 at most."""
    return [str(row[0]) for row in tx.rows(KEYS_TO_LOOK_AT, now_us=to_us(at))]


def sent_long_ago(tx: Tx, bound: datetime) -> list[str]:
    """Mails that were sent until then, 500 at most."""
    return [str(row[0]) for row in tx.rows(SENT_LONG_AGO, bound_us=to_us(bound))]


def brought(tx: Tx, uploader: str) -> Iterator[tuple[str, str]]:
    """Every file that somebody handed in and that is still here, whether anything shows it or not; with its media type."""
    after = ""
    while rows := tx.rows(BROUGHT, uploader=uploader, after=after):
        yield from ((str(row[0]), str(row[1])) for row in rows)
        after = rows[-1][0]


def masked(tx: Tx, ids: Collection[str]) -> set[str]:
    """Those of these keys whose words staff read masked by now."""
    return {str(row[0]) for row in tx.rows(MASKED, ids=sorted(ids))} if ids else set()


def last_act(tx: Tx, return_id: int) -> datetime:
    """When the last thing happened to a return."""
    row = tx.one(LAST_OF, case=return_id)
    return from_us(0 if row is None else row[0])


def key_id(tx: Tx, ref: str) -> str:
    """The id of a customer's key; nothing where there is none."""
    row = tx.one(KEY_OF, customer=ref)
    return "" if row is None else str(row[0])


def address(tx: Tx, ref: str) -> str | None:
    """Where a customer gets mail; None when there is no such customer."""
    row = tx.one(ADDRESS_OF, customer=ref)
    return None if row is None else str(row[0])


def is_held(tx: Tx, ref: str) -> bool:
    """Whether anything is held of a customer who is here: an address, or an account that has bought nothing yet."""
    return address(tx, ref) is not None or bool(names(tx, [ref]))


def returns(tx: Tx, ref: str) -> Iterator[Return]:
    """All returns of a customer, newest first."""
    before = 2**62
    while some := queries.of_customer(tx, ref, before):
        yield from some
        before = some[-1].id


def _asked(row: Any) -> Asked:
    erased_at = None if row[6] is None else from_us(row[6])
    return Asked(row[0], row[1], row[2], State(row[3]), from_us(row[4]), row[5], erased_at, _decode(row[7]))
