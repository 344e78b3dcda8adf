"""SQL that only looks: templates of answers as they are now, their versions, and what support wrote about a return."""

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us
from backhaul.kit.paging import NEWEST
from backhaul.marketplace import tables as t
from backhaul.marketplace.answer_texts import seeds
from backhaul.marketplace.rules.answers import TEMPLATES_MAX, Template
from backhaul.marketplace.rules.words import Role

MESSAGES_MAX = 100
VERSIONS_MAX = 50

_t, _m, _a = t.answer_templates.c, t.return_messages.c, t.accounts.c
_decode = msgspec.json.Decoder(Template).decode
_said = sa.select(_t.doc, _t.written_us, _t.written_by)
CURRENT = Statement(_said.where(_t.replaced_us.is_(None)).order_by(_t.code).limit(TEMPLATES_MAX))
CURRENT_OF = Statement(_said.where(_t.code == bindparam("code")).order_by(_t.version.desc()).limit(1))
VERSIONS = Statement(_said.where(_t.code == bindparam("code")).order_by(_t.version.desc()).limit(VERSIONS_MAX))
_of_return = (
    sa.select(_m.id, _m.reader, _m.body, _m.template, _m.language, _m.written_by, _m.written_us)
    .where(_m.return_id == bindparam("return_id"), _m.id < bindparam("before"))
    .order_by(_m.id.desc())
    .limit(MESSAGES_MAX + 1)
)
MESSAGES = Statement(_of_return)
MESSAGES_TO = Statement(_of_return.where(_m.reader == bindparam("reader")))
LANGUAGE_OF_SELLER = Statement(
    sa.select(_a.language)
    .where(_a.role == Role.SELLER.value, _a.subject == bindparam("subject"), _a.ended_us.is_(None))
    .order_by(_a.owner.desc(), _a.id)
    .limit(1)
)


class Kept(msgspec.Struct, frozen=True):
    """A template with who wrote it; nobody: it came with the product."""

    template: Template
    written_at: datetime | None = None
    written_by: str = ""


class Message(msgspec.Struct, frozen=True):
    """What support wrote; `to` is the customer or the seller."""

    id: int
    to: str
    text: str
    template: str
    language: str
    written_by: str
    at: datetime


def templates(tx: Tx) -> list[Kept]:
    """All of them as they are now, by code: those of the product as far as nobody changed them."""
    found = {template.code: Kept(template) for template in seeds()}
    for row in tx.rows(CURRENT):
        kept = _kept(row)
        found[kept.template.code] = kept
    return [found[code] for code in sorted(found)]


def template(tx: Tx, code: str) -> Kept | None:
    """One template as it is now."""
    row = tx.one(CURRENT_OF, code=code)
    if row is not None:
        return _kept(row)
    return next((Kept(one) for one in seeds() if one.code == code), None)


def versions(tx: Tx, code: str) -> list[Kept]:
    """A template's versions, newest first; the one of the product is the last."""
    return [_kept(row) for row in tx.rows(VERSIONS, code=code)] + [Kept(one) for one in seeds() if one.code == code]


def messages(tx: Tx, return_id: int, to: Role | None = None, before: int = NEWEST) -> tuple[list[Message], bool]:
    """What support wrote about a return before a message, oldest first, and whether there is more before that; to one of both, or to either."""
    if to is None:
        rows = tx.rows(MESSAGES, return_id=return_id, before=before)
    else:
        rows = tx.rows(MESSAGES_TO, return_id=return_id, before=before, reader=to.value)
    found = [
        Message(row[0], row[1], row[2], row[3], row[4], row[5], from_us(row[6]))
        for row in reversed(rows[:MESSAGES_MAX])
    ]
    return found, len(rows) > MESSAGES_MAX


def every_message(tx: Tx, return_id: int, to: Role) -> list[Message]:
    """All that support wrote to one of both about a return, oldest first."""
    found, is_more = messages(tx, return_id, to)
    while is_more:
        earlier, is_more = messages(tx, return_id, to, found[0].id)
        found = earlier + found
    return found


def language_of_seller(tx: Tx, seller_id: int) -> str:
    """In which language a seller's owner reads."""
    row = tx.one(LANGUAGE_OF_SELLER, subject=str(seller_id))
    return "en" if row is None else str(row[0])


def _kept(row: tuple[bytes, int, str]) -> Kept:
    return Kept(_decode(row[0]), from_us(row[1]), row[2])
