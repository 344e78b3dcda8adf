"""The round of the mails: takes what is due, words it in its reader's language, hands it to the sender, notes what became of it."""

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import msgspec
import sqlalchemy as sa
from jinja2 import Environment, PackageLoader
from sqlalchemy import bindparam

from backhaul.kit import i18n
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement, Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.i18n import N_
from backhaul.kit.mail import Sender, is_address, mail_of
from backhaul.kit.noticeboard import Noticeboard
from backhaul.kit.notices import Facts, Language
from backhaul.kit.rounds import Outcome, mark_of, marking

MAILS_MAX = 50
TRIES_MAX = 40
# While somebody sends a mail, nobody else takes it; who dies meanwhile leaves it for later.
LEASE = timedelta(minutes=15)
OPEN_IT = N_("Open it in Backhaul")
FOOTER = N_("This message was written by Backhaul. All your messages stand under Messages when you are signed in.")

# Of the button, as of the pages: the light `--accent` in `styles/tokens.css`.
ACCENT = "#1d4f91"
ACCENTS = {"Partner": "#0f665e"}

LOG = logging.getLogger("backhaul.mail")

_decode_facts = msgspec.json.Decoder(Facts).decode
_TEMPLATES = Environment(loader=PackageLoader("backhaul.kit"), autoescape=True)


class Mailing:
    """Sends what is due, a bounded round at a time. `url` is where readers reach the house, known once it serves."""

    def __init__(self, database: Database, desk: Desk[Any], clock: Clock, board: Noticeboard, language: Language,
                 sender: Sender, *, sent_from: str, jitter: Callable[[], float] = random.random) -> None:  # fmt: skip
        self.database = database
        self.desk = desk
        self.clock = clock
        self.language = language
        self.sender = sender
        self.sent_from = sent_from
        self.jitter = jitter
        self.url = ""
        # What is closed in the facts of these mails is opened only now, by the house that can: of this kind, in this language.
        self.opened: Callable[[str, str, str], str] = lambda facts, _, __: facts
        mails = board.mails
        self._due = Statement(
            sa.select(mails.c.id, mails.c.address, mails.c.language, mails.c.kind, mails.c.case_id, mails.c.facts,
                      mails.c.written_us, mails.c.tries, mails.c.next_us)
            .where(mails.c.next_us <= bindparam("now_us"))
            .order_by(mails.c.next_us, mails.c.id)
            .limit(MAILS_MAX)
        )  # fmt: skip
        self._take = Statement(
            mails.update()
            .where(mails.c.id == bindparam("mail_id"), mails.c.next_us == bindparam("seen_us"))
            .values(next_us=bindparam("until_us"))
        )
        self._mark = marking(mails)
        # What was sent is kept without its facts: a link in it opens doors.
        self._forget = Statement(mails.update().where(mails.c.id == bindparam("mail_id")).values(facts="{}"))

    def send_due(self) -> int:
        """One round: how many mails were taken."""
        now = self.clock.now()
        with self.database.read() as tx:
            due = tx.rows(self._due, now_us=to_us(now))
        if not due:
            return 0
        taken = self._taken(due, now)
        rows = [row for row in due if row[0] in taken]
        outcomes = self._send(rows)
        marks = [
            mark_of(row[0], row[7], outcome, now, self.jitter(), TRIES_MAX)
            for row, outcome in zip(rows, outcomes, strict=True)
        ]
        sent = [{"mail_id": mark["row_id"]} for mark in marks if mark["sent_us"] is not None]

        def note(tx: Tx, _: datetime) -> bytes:
            tx.many(self._mark, marks)
            tx.many(self._forget, sent)
            return b""

        self.desk.perform_now(Errand(note))
        return len(sent)

    def _taken(self, due: list[tuple[Any, ...]], now: datetime) -> set[str]:
        """Those of the due that nobody else is sending."""
        until_us = to_us(now + LEASE)

        def take(tx: Tx, _: datetime) -> bytes:
            return msgspec.json.encode(
                [row[0] for row in due if tx.run(self._take, mail_id=row[0], seen_us=row[8], until_us=until_us) == 1]
            )

        taken: list[str] = msgspec.json.decode(self.desk.perform_now(Errand(take)).body)
        return set(taken)

    def _send(self, rows: list[tuple[Any, ...]]) -> list[Outcome]:
        written = [self._written(row) for row in rows]
        outcomes = iter(self.sender.send([mail for mail in written if isinstance(mail, EmailMessage)]))
        return [next(outcomes) if isinstance(one, EmailMessage) else one for one in written]

    def _written(self, row: tuple[Any, ...]) -> EmailMessage | Outcome:
        """A mail in words, or why it can never be one."""
        try:
            return self._worded(*row[:7])
        except Exception:  # a fault in one text keeps no other mail from its reader
            LOG.exception("the mail %s cannot be written", row[0])
            return Outcome("it could not be written", sent=False)

    def _worded(self, mail_id: str, address: str, language: str, kind: str, case_id: int, facts: str,
                written_us: int) -> EmailMessage | Outcome:  # fmt: skip
        if not is_address(address):
            return Outcome("not an address", sent=False, again=False)
        if kind not in self.language.wordings:
            return Outcome(f"no words for {kind}", sent=False, again=False)
        told = self.language.tell(kind, _decode_facts(self.opened(facts, kind, language)), case_id, language)
        link = f"{self.url}{told.path}"
        opens, footer = i18n.gettext(language, OPEN_IT), i18n.gettext(language, FOOTER)
        house = i18n.gettext(language, self.language.house)
        plain = f"{told.body}\n\n{opens}: {link}\n\n-- \n{footer}\n"
        page = _TEMPLATES.get_template("mail.html").render(
            told=told,
            link=link,
            open=opens,
            footer=footer,
            house=house,
            language=language,
            accent=ACCENTS.get(self.language.house, ACCENT),
        )
        return mail_of(mail_id, self.sent_from, address, told.subject, (plain, page), from_us(written_us))
