"""Where notices hang and their mails wait: two tables that both houses have alike, written with the change that causes them."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text, UniqueConstraint, bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.kit.notices import Facts, Notice

PAGE_ROWS = 50
UNREAD_MAX = 99
LISTED_MAX = 30

_encode = msgspec.json.Encoder().encode
_decode_facts = msgspec.json.Decoder(Facts).decode


class Mailbox(msgspec.Struct, frozen=True):
    """Where a reader gets mail, and in which language."""

    address: str
    language: str


Mailboxes = Mapping[str, Sequence[Mailbox]]
FindMailboxes = Callable[[Tx, list[str]], Mailboxes]


class Posted(msgspec.Struct, frozen=True):
    """A notice with what it hangs by. `cause` makes it unique: one reader is told of one cause once.

    `at_us` is when it counts, `told_us` when it was written; `case_id` 0: about no case.
    """

    notice: Notice
    cause: str
    at_us: int
    told_us: int
    case_id: int = 0


class Message(msgspec.Struct, frozen=True):
    """A notice as it hangs: its facts, not yet its words."""

    id: int
    kind: str
    case_id: int
    facts: Facts
    at: datetime


class Noticeboard:
    """The tables `notices` and `mails`, and their statements."""

    def __init__(self, metadata: MetaData) -> None:
        self.notices = Table(
            "notices",
            metadata,
            Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
            Column("reader", Text, nullable=False),
            Column("kind", Text, nullable=False),
            Column("cause", Text, nullable=False),
            Column("case_id", BigInteger, nullable=False),
            Column("facts", Text, nullable=False),
            Column("at_us", BigInteger, nullable=False),
            Column("told_us", BigInteger, nullable=False),
            UniqueConstraint("reader", "kind", "cause"),
            Index("notices_of_reader", "reader", "id"),
        )
        self.mails = Table(
            "mails",
            metadata,
            Column("id", Text, primary_key=True),
            Column("address", Text, nullable=False),
            Column("language", Text, nullable=False),
            Column("kind", Text, nullable=False),
            Column("case_id", BigInteger, nullable=False),
            Column("facts", Text, nullable=False),
            Column("written_us", BigInteger, nullable=False),
            Column("next_us", BigInteger),
            Column("tries", Integer, nullable=False),
            Column("sent_us", BigInteger),
            Column("answer", Text, nullable=False),
        )
        mails, hangs = self.mails, self.notices.c
        Index("mails_waiting", mails.c.next_us, sqlite_where=mails.c.next_us.is_not(None),
              postgresql_where=mails.c.next_us.is_not(None))  # fmt: skip
        values: dict[str, object] = {c.name: bindparam(c.name) for c in self.notices.columns if c.name != "id"}
        self._insert = Statement(self.notices.insert().values(values))
        self._insert_mail = Statement(mails.insert())
        self._known = Statement(sa.select(hangs.reader, hangs.kind, hangs.cause).where(among(hangs.cause, "causes")))
        self._page = Statement(
            sa.select(hangs.id, hangs.kind, hangs.case_id, hangs.facts, hangs.at_us)
            .where(hangs.reader == bindparam("reader"), hangs.id < bindparam("before"))
            .order_by(hangs.id.desc())
            .limit(PAGE_ROWS)
        )
        unread = sa.select(hangs.id).where(hangs.reader == bindparam("reader"), hangs.id > bindparam("read"))
        self._unread = Statement(sa.select(sa.func.count()).select_from(unread.limit(UNREAD_MAX + 1).subquery()))
        self._newest = Statement(
            sa.select(sa.func.max(hangs.id)).where(hangs.reader == bindparam("reader"), hangs.id <= bindparam("until"))
        )

    def hang(self, tx: Tx, posted: Sequence[Posted], find: FindMailboxes) -> None:
        """Hang notices up, and write a mail to every mailbox of their readers. In the transaction of their cause."""
        posted = _listed(posted)
        if not posted:
            return
        boxes = find(tx, sorted({one.notice.to for one in posted}))
        tx.put(self._insert, [_notice_row(one) for one in posted])
        tx.put(self._insert_mail, [
            mail_row(one.notice, one.cause, box, one.told_us, one.case_id)
            for one in posted
            for box in dict.fromkeys(boxes.get(one.notice.to, ()))
        ])  # fmt: skip

    def hang_once(self, tx: Tx, posted: Sequence[Posted], find: FindMailboxes) -> int:
        """The same for jobs that come by again and again: only what does not hang yet; how much that was."""
        known = set(tx.rows(self._known, causes=sorted({one.cause for one in posted}))) if posted else set()
        fresh = [one for one in posted if (one.notice.to, one.notice.kind, one.cause) not in known]
        self.hang(tx, fresh, find)
        return len(fresh)

    def send_only(self, tx: Tx, notice: Notice, cause: str, box: Mailbox, told_us: int) -> None:
        """A mail that hangs nowhere: it is for the address, not for whoever signs in."""
        tx.put(self._insert_mail, [mail_row(notice, cause, box, told_us, 0)])

    # Each name a reader goes by is one walk of the index `notices_of_reader`, however much hangs there.

    def page(self, tx: Tx, readers: Iterable[str], before: int = 2**62) -> list[Message]:
        """What these readers are told, newest first, 50 a page."""
        rows = [row for reader in readers for row in tx.rows(self._page, reader=reader, before=before)]
        newest = sorted(rows, key=lambda row: -row[0])[:PAGE_ROWS]
        return [Message(row[0], row[1], row[2], _decode_facts(row[3]), from_us(row[4])) for row in newest]

    def unread(self, tx: Tx, readers: Iterable[str], read: int) -> int:
        """How many are newer than `read`; 100 for more than 99."""
        rows = [tx.one(self._unread, reader=reader, read=read) for reader in readers]
        return min(sum(int(row[0]) for row in rows if row is not None), UNREAD_MAX + 1)

    def newest(self, tx: Tx, readers: Iterable[str], until: int) -> int:
        """The newest of these readers' notices up to `until`: nobody has read what is not written yet."""
        rows = [tx.one(self._newest, reader=reader, until=until) for reader in readers]
        return max((int(row[0]) for row in rows if row is not None and row[0] is not None), default=0)


def _listed(posted: Sequence[Posted]) -> list[Posted]:
    """Notices that make a list become one for each reader, kind and instant: in the place and under the cause of the first."""
    found: dict[object, list[Posted]] = {}
    for n, one in enumerate(posted):
        name = (one.notice.to, one.notice.kind, one.at_us) if one.notice.listing else n
        found.setdefault(name, []).append(one)
    return [_together(those) if len(those) > 1 else those[0] for those in found.values()]


def _together(those: list[Posted]) -> Posted:
    notice = those[0].notice
    texts = [str(one.notice.facts[notice.listing]) for one in those]
    shown = ", ".join(texts[:LISTED_MAX]) + (" …" if len(texts) > LISTED_MAX else "")
    facts = {**notice.facts, notice.listing: shown, "count": len(texts)}
    return msgspec.structs.replace(those[0], notice=msgspec.structs.replace(notice, facts=facts), case_id=0)


def _notice_row(one: Posted) -> dict[str, object]:
    notice = one.notice
    return {
        "reader": notice.to, "kind": notice.kind, "cause": one.cause, "case_id": one.case_id,
        "facts": _encode(notice.facts).decode(), "at_us": one.at_us, "told_us": one.told_us,
    }  # fmt: skip


def mail_row(notice: Notice, cause: str, box: Mailbox, told_us: int, case_id: int) -> dict[str, object]:
    """A mail as a row of `mails`, due at once. Its id follows from what it says to whom: never twice, known again when sent again."""
    said = _encode((notice.to, notice.kind, cause, box.address))
    return {
        "id": hashlib.sha256(said).hexdigest()[:32], "address": box.address, "language": box.language,
        "kind": notice.kind, "case_id": case_id, "facts": _encode(notice.facts).decode(), "written_us": told_us,
        "next_us": told_us, "tries": 0, "sent_us": None, "answer": "",
    }  # fmt: skip
