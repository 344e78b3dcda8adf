"""The changes around answers of support: a new version of a template, a message about a return. Inside the desk's transaction.

A message is no event of the return: it changes nothing about it, and must not make a seller's click come too late.
"""

from datetime import datetime

import msgspec
from msgspec.structs import replace
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.kit.noticeboard import Posted
from backhaul.kit.notices import Notice
from backhaul.marketplace import answer_queries, mailboxes, notices, person_store, queries, store
from backhaul.marketplace import tables as t
from backhaul.marketplace.rate_doors import only_support
from backhaul.marketplace.rules.answers import READERS, TEMPLATES_MAX, Template, check, check_message
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.words import Role

_encode = msgspec.json.Encoder().encode
INSERT_TEMPLATE = Statement(t.answer_templates.insert())
PAST = Statement(
    t.answer_templates.update()
    .where(t.answer_templates.c.code == bindparam("of_code"), t.answer_templates.c.replaced_us.is_(None))
    .values(replaced_us=bindparam("now_us"))
)
INSERT_MESSAGE = Statement(t.return_messages.insert())


def save_template(tx: Tx, wanted: Template, seen: int | None, by: By, at: datetime) -> Template:
    """The next version of a template, or its first. `seen`: the version that its author looked at; -1: none, None: does not matter."""
    only_support(by)
    check(wanted)
    before = answer_queries.template(tx, wanted.code)
    version = 0 if before is None else before.template.version
    if before is not None and seen not in (None, version):
        raise Refused("changed_meanwhile", "conflict", "seen")
    if before is None and len(answer_queries.templates(tx)) >= TEMPLATES_MAX:
        raise Refused("templates_max", "conflict", templates_max=TEMPLATES_MAX)
    after = replace(wanted, version=version + 1, title=wanted.title.strip())
    tx.run(PAST, of_code=wanted.code, now_us=to_us(at))
    tx.many(INSERT_TEMPLATE, [{
        "code": after.code, "version": after.version, "doc": _encode(after), "written_us": to_us(at),
        "written_by": by.id, "replaced_us": None,
    }])  # fmt: skip
    return after


def write_message(
    tx: Tx, return_id: int, to: Role, text: str, template: str, by: By, at: datetime
) -> answer_queries.Message:
    """Write to the customer or to the seller of a return: kept, told and mailed."""
    only_support(by)
    it = queries.one(tx, return_id)
    if it is None or not concerns(it, by):
        raise Refused("not_found", "missing")
    if to not in READERS:
        raise Refused("field_invalid", "invalid", "to", problem="not_a_choice")
    written = check_message(text)
    said, told = written, " ".join(written.split())
    if to is Role.CUSTOMER:
        said, told = (person_store.closed(tx, it.customer_ref, text) for text in (said, told))
    if template and answer_queries.template(tx, template) is None:
        raise Refused("field_invalid", "invalid", "template", problem="not_a_choice")
    language = it.customer_language if to is Role.CUSTOMER else answer_queries.language_of_seller(tx, it.seller_id)
    number = store.take_number(tx, "return_messages", 1)
    tx.many(INSERT_MESSAGE, [{
        "id": number, "return_id": return_id, "reader": to.value, "body": said, "template": template,
        "language": language, "written_by": by.id, "written_us": to_us(at),
    }])  # fmt: skip
    reader = notices.customer(it) if to is Role.CUSTOMER else notices.seller(it)
    notice = Notice(reader, "support_wrote", {"number": it.number, "name": it.line.name, "text": told})
    posted = Posted(notice, f"message.{number}", to_us(at), to_us(at), return_id)
    t.board.hang(tx, [posted], mailboxes.mailboxes)
    return answer_queries.Message(number, to.value, said, template, language, by.id, at)
