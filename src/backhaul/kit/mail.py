"""Mail for people: written with its cause (`noticeboard`), worded and sent here, again and again until it is taken.

Where it goes is a setting: files (the default), the console, or an SMTP server.
"""

import logging
import smtplib
import ssl
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from backhaul.kit.rounds import Outcome

TIMEOUT_SECONDS = 10
PERMANENT = range(500, 600)
FROM = "Backhaul <no-reply@localhost>"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

LOG = logging.getLogger("backhaul.mail")


class Sender(Protocol):
    """Takes mails. Never raises: each mail has its own outcome."""

    def send(self, mails: Sequence[EmailMessage]) -> list[Outcome]:
        """What became of each, in their order."""


class FileSender:
    """One .eml file a mail under a directory; the same mail again is the same file."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def send(self, mails: Sequence[EmailMessage]) -> list[Outcome]:
        """Write each aside, then move it in: nobody reads half a mail."""
        return [self._write(mail) for mail in mails]

    def _write(self, mail: EmailMessage) -> Outcome:
        name = f"{mail['message-id'].strip('<>').partition('@')[0]}.eml"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            part = self.directory / f"{name}.part"
            part.write_bytes(mail.as_bytes())
            part.replace(self.directory / name)
        except OSError as error:
            return Outcome(str(error), sent=False)
        return Outcome(name, sent=True)


def take_away(sender: Sender, mail_ids: Iterable[str]) -> None:
    """The files of these mails, where mails are written to files."""
    if isinstance(sender, FileSender):
        for mail_id in mail_ids:
            for name in (f"{mail_id}.eml", f"{mail_id}.eml.part"):
                (sender.directory / name).unlink(missing_ok=True)


class ConsoleSender:
    """The plain text of each mail on the error stream: for whoever tries things out."""

    def send(self, mails: Sequence[EmailMessage]) -> list[Outcome]:
        """Print and forget."""
        for mail in mails:
            text = mail.get_body(("plain",))
            said = "" if text is None else text.get_content()
            sys.stderr.write(f"mail to {mail['to']}: {mail['subject']}\n{said}\n")
        return [Outcome("printed", sent=True) for _ in mails]


class SmtpSender:
    """An SMTP server: one connection a round. `smtps://` is TLS from the start, `smtp://` changes to TLS where it is offered."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError(f"smtp://USER:PASSWORD@HOST:PORT or smtps://…, not a URL with {parts.scheme!r}")
        self.tls_first = parts.scheme == "smtps"
        self.host = parts.hostname
        self.port = parts.port or (465 if self.tls_first else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")

    def send(self, mails: Sequence[EmailMessage]) -> list[Outcome]:
        """What the server says of each mail; when it goes away, the rest wait."""
        outcomes: list[Outcome] = []
        try:
            with self._connection() as server:
                for mail in mails:
                    outcomes.append(_hand_over(server, mail))  # noqa: PERF401 -- those before a fault count
        except (OSError, smtplib.SMTPException) as error:
            fault = Outcome(_said(error), sent=False)
            LOG.warning("%s:%d took %d of %d mails: %s", self.host, self.port, len(outcomes), len(mails), error)
            outcomes += [fault] * (len(mails) - len(outcomes))
        return outcomes

    def _connection(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls_first:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            server.ehlo()
            safe = self.tls_first
            if not safe and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
                safe = True
            if self.user:
                self._log_in(server, safe=safe)
        except BaseException:
            server.close()
            raise
        return server

    def _log_in(self, server: smtplib.SMTP, *, safe: bool) -> None:
        if not safe and self.host not in LOOPBACK:
            raise smtplib.SMTPNotSupportedError("the server offers no TLS, so the password stays here")
        server.login(self.user, self.password)


def _hand_over(server: smtplib.SMTP, mail: EmailMessage) -> Outcome:
    """One mail. A refusal for good is final; a server that goes away is the caller's matter."""
    try:
        server.send_message(mail)
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPRecipientsRefused as refused:
        code, text = next(iter(refused.recipients.values()))
        return Outcome(_reply(code, text), sent=False, again=code not in PERMANENT)
    except smtplib.SMTPResponseException as refused:
        return Outcome(
            _reply(refused.smtp_code, refused.smtp_error), sent=False, again=refused.smtp_code not in PERMANENT
        )
    except smtplib.SMTPNotSupportedError as error:
        return Outcome(str(error), sent=False, again=False)
    return Outcome("250", sent=True)


def _reply(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"[:300]


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"[:300]


def sender_of(setting: str, directory: Path) -> Sender:
    """`file` (under `directory`), `console`, or an SMTP URL; ValueError for anything else."""
    if setting in {"", "file"}:
        return FileSender(directory)
    if setting == "console":
        return ConsoleSender()
    return SmtpSender(setting)


def is_address(text: str) -> bool:
    """Whether mail can be sent there: one plain address, nothing around it."""
    try:
        address = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError):
        return False
    return bool(address.username and address.domain) and text.isprintable() and len(text) <= 254


def is_sender(text: str) -> bool:
    """Whether a mail can come from there: an address, with or without a name."""
    return is_address(parseaddr(text)[1])


def mail_of(mail_id: str, sender: str, to: str, subject: str, texts: tuple[str, str], at: datetime) -> EmailMessage:
    """A mail in plain text and HTML (`texts`). Its id comes back with every try, so a second copy is known as one."""
    name, address = parseaddr(sender)
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = Address(name, addr_spec=address)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = at
    mail["Message-ID"] = f"<{mail_id}@{address.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(texts[0])
    mail.add_alternative(texts[1], subtype="html")
    return mail
