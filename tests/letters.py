"""Mails that a house has written to files, as their readers open them."""

import email
from email import policy
from email.message import EmailMessage
from pathlib import Path


def mails(directory: Path) -> list[EmailMessage]:
    """Every mail under a directory."""
    found = [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in directory.glob("*.eml")]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


def text_of(mail: EmailMessage) -> str:
    """What stands in it as plain text."""
    body = mail.get_body(("plain",))
    return "" if body is None else str(body.get_content())


def mail_to(address: str, directory: Path) -> str:
    """The text of the only mail to this address."""
    (found,) = [mail for mail in mails(directory) if mail["to"] == address]
    return text_of(found)
