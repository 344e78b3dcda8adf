"""SQL that writes of persons: their keys, and what goes when they are erased. Only the desk calls it."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import to_us
from backhaul.kit.sealed_words import made
from backhaul.marketplace import person_queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.rules.erasure import Erasure, State
from backhaul.marketplace.rules.words import Role

_encode = msgspec.json.Encoder().encode
_decode_line = msgspec.json.Decoder(OrderLine).decode
WAITING, RUNNING, READY = "waiting", "running", "ready"  # of `returns_report`, which stands above
_a, _l = t.accounts.c, t.order_lines.c

INSERT_KEY = Statement(t.person_keys.insert())
LOOK = Statement(
    t.person_keys.update()
    .where(t.person_keys.c.customer_ref == bindparam("customer"))
    .values(look_us=bindparam("at_us", type_=sa.BigInteger), masked=bindparam("to_masked", type_=sa.Boolean))
)
REPLACE_SECRET = Statement(
    t.person_keys.update()
    .where(t.person_keys.c.customer_ref == bindparam("customer"))
    .values(secret=bindparam("to_secret", type_=sa.LargeBinary), look_us=sa.null(), masked=sa.false())
)
DELETE_SENT = Statement(
    t.board.mails.delete().where(among(t.board.mails.c.id, "ids"), t.board.mails.c.sent_us.is_not(None))
)
DESTROY_KEY = Statement(t.person_keys.delete().where(t.person_keys.c.customer_ref == bindparam("customer")))
DELETE_CUSTOMER = Statement(t.customers.delete().where(t.customers.c.ref == bindparam("customer")))
ACCOUNTS = Statement(
    sa.select(_a.id, _a.login).where(_a.role == Role.CUSTOMER.value, _a.subject == bindparam("customer"))
)
DELETE_SESSIONS = Statement(t.sessions.delete().where(among(t.sessions.c.account_id, "ids")))
DELETE_INVITATIONS = Statement(t.invitations.delete().where(among(t.invitations.c.account_id, "ids")))
DELETE_ACCOUNTS = Statement(t.accounts.delete().where(among(_a.id, "ids")))
BUYS_AS_NOBODY = Statement(
    t.accounts.update().where(_a.customer_ref == bindparam("customer"), _a.customer_ref != "").values(customer_ref="")
)
DELETE_NOTICES = Statement(t.board.notices.delete().where(t.board.notices.c.reader == bindparam("reader")))
MAILS_TO = Statement(sa.select(t.board.mails.c.id).where(t.board.mails.c.address == bindparam("address")))
DELETE_MAILS = Statement(t.board.mails.delete().where(t.board.mails.c.address == bindparam("address")))
EMPTY_LETTERS = Statement(
    t.return_messages.update()
    .where(among(t.return_messages.c.return_id, "ids"), t.return_messages.c.reader == Role.CUSTOMER.value)
    .values(body="")
)
LINES = Statement(sa.select(_l.id, _l.doc).where(_l.customer_ref == bindparam("customer")))
WRITE_LINE = Statement(t.order_lines.update().where(_l.id == bindparam("line")).values(doc=bindparam("to_doc")))
REPORTS_GO = Statement(
    t.reports.update()
    .where(among(t.reports.c.seller_id, "sellers"), t.reports.c.state == READY)
    .values(due_us=bindparam("now_us"))
)
# One in the making has words in it that were read before: whoever makes it finds that it is theirs no more.
REPORTS_BEGIN_ANEW = Statement(
    t.reports.update()
    .where(among(t.reports.c.seller_id, "sellers"), t.reports.c.state == RUNNING)
    .values(state=WAITING, maker="", due_us=bindparam("now_us"), attempts=t.reports.c.attempts - 1)
)
BROUGHT = Statement(sa.select(t.blob_uses.c.blob_id).where(t.blob_uses.c.uploader == bindparam("uploader")))
FORGET_BROUGHT = Statement(t.blob_uses.delete().where(t.blob_uses.c.uploader == bindparam("uploader")))
INSERT_ERASURE = Statement(t.erasures.insert())
UPDATE_ERASURE = Statement(
    t.erasures.update()
    .where(t.erasures.c.id == bindparam("erasure"))
    .values({name: bindparam(name) for name in ("state", "look_us", "erased_us", "doc")})
)


def make_keys(tx: Tx, refs: Collection[str]) -> None:
    """A key for each of these customers."""
    fresh = [(ref, made()) for ref in sorted(refs)]
    tx.many(INSERT_KEY, [
        {"id": key.id, "customer_ref": ref, "secret": key.secret, "look_us": None, "masked": False}
        for ref, key in fresh
    ])  # fmt: skip


def look(tx: Tx, ref: str, at: datetime | None, *, masked: bool = False) -> None:
    """When somebody looks at a customer's words again, and whether staff read them masked until then."""
    tx.run(LOOK, customer=ref, at_us=None if at is None else to_us(at), to_masked=masked)


def replace_key(tx: Tx, ref: str) -> None:
    """What was written until now can be read by nobody any more; what is written from now on has a key.

    Its id stays: by it the person is known in every backup of before.
    """
    tx.run(REPLACE_SECRET, customer=ref, to_secret=made().secret)


def delete_sent(tx: Tx, ids: Sequence[str]) -> int:
    """Rows of these mails go, as far as they were sent; how many."""
    return tx.run(DELETE_SENT, ids=ids) if ids else 0


def writers(tx: Tx, refs: Collection[str]) -> dict[str, person_queries.Writer]:
    """Customers as those who write, with a key made where none was yet; nobody who was erased."""
    found = person_queries.writers(tx, refs)
    keyless = [ref for ref, one in found.items() if one is None]
    if keyless:
        make_keys(tx, keyless)
        found |= person_queries.writers(tx, keyless)
    return {ref: one for ref, one in found.items() if one is not None}


def writer(tx: Tx, ref: str) -> person_queries.Writer | None:
    """One of them; None when they were erased."""
    return writers(tx, [ref]).get(ref)


def closed(tx: Tx, ref: str, text: str) -> str:
    """What a customer wrote, or what was written to one, as it is kept; nothing of one who was erased."""
    found = writer(tx, ref) if text else None
    return "" if found is None else found.closed(text)


def delete_accounts(tx: Tx, ref: str) -> tuple[list[str], int]:
    """A customer's accounts with what lets somebody in: their logins, and how many sessions ended."""
    found = tx.rows(ACCOUNTS, customer=ref)
    ids = [row[0] for row in found]
    sessions = tx.run(DELETE_SESSIONS, ids=ids)
    tx.run(DELETE_INVITATIONS, ids=ids)
    tx.run(DELETE_ACCOUNTS, ids=ids)
    tx.run(BUYS_AS_NOBODY, customer=ref)
    return [row[1] for row in found], sessions


def delete_mails(tx: Tx, address: str) -> list[str]:
    """Mails to an address, sent ones and those that wait; their ids."""
    if not address:
        return []
    ids = [str(row[0]) for row in tx.rows(MAILS_TO, address=address)]
    tx.run(DELETE_MAILS, address=address)
    return ids


def strip_orders(tx: Tx, ref: str) -> int:
    """Order lines of before, which had the address in their documents; how many lines there are."""
    rows = tx.rows(LINES, customer=ref)
    for line_id, doc in rows:
        line = _decode_line(doc)
        if line.customer_email:
            tx.run(WRITE_LINE, line=line_id, to_doc=_encode(replace(line, customer_email="")))
    return len(rows)


def withdraw_reports(tx: Tx, sellers: Collection[int], at: datetime) -> int:
    """Reports of these sellers go, and those in the making begin anew; how many are gone."""
    tx.run(REPORTS_BEGIN_ANEW, sellers=sorted(sellers), now_us=to_us(at))
    return tx.run(REPORTS_GO, sellers=sorted(sellers), now_us=to_us(at))


def files_shown(tx: Tx, return_id: int) -> list[str]:
    """The files that a return shows."""
    return t.book.of_case(tx, return_id)


def files_of(tx: Tx, cases: Sequence[tuple[int, Sequence[str]]], uploader: str, at: datetime) -> list[str]:
    """Write down as deleted what a person sent: the files of their returns that nobody else shows, and those that nothing names."""
    buried = list[str]()
    for case_id, files in cases:
        buried += t.book.bury_only_of(tx, case_id, files, at)
        t.book.forget(tx, case_id, files)
    brought = [str(row[0]) for row in tx.rows(BROUGHT, uploader=uploader)]
    buried += t.book.bury_left(tx, brought, at, at) if brought else []
    tx.run(FORGET_BROUGHT, uploader=uploader)
    return list(dict.fromkeys(buried))


def ask(tx: Tx, number: int, ref: str, key_id: str, by: str, at: datetime) -> None:
    """A new erasure, of which nothing is done yet."""
    tx.many(INSERT_ERASURE, [{
        "id": number, "customer_ref": ref, "key_id": key_id, "state": State.HELD.value, "asked_us": to_us(at),
        "asked_by": by, "look_us": to_us(at), "erased_us": None, "doc": _encode(Erasure()),
    }])  # fmt: skip


def move(tx: Tx, number: int, state: State, it: Erasure, look_at: datetime | None, erased_at: datetime | None) -> None:
    """Where an erasure stands now, and when somebody looks again."""
    tx.run(
        UPDATE_ERASURE, erasure=number, state=state.value, doc=_encode(it),
        look_us=None if look_at is None else to_us(look_at), erased_us=None if erased_at is None else to_us(erased_at),
    )  # fmt: skip
