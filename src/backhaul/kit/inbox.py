"""A person's messages as pages and APIs show them: notices in words, newest first."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.noticeboard import PAGE_ROWS, Noticeboard
from backhaul.kit.notices import Language


class MessageView(msgspec.Struct, frozen=True):
    """One message. `href` is where to act, `at` when it counts; `case_id` 0: about no return."""

    id: int
    kind: str
    subject: str
    text: str
    href: str
    case_id: int
    at: datetime
    unread: bool


class ReadUntil(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The newest message that was read: all older ones count as read too."""

    until: int


def inbox(tx: Tx, board: Noticeboard, words: Language, readers: Sequence[str], read: int, before: int,
          language: str) -> list[MessageView]:  # fmt: skip
    """A page of what these readers are told, 50 at most. What has no words in this version is left out."""
    found = []
    for message in board.page(tx, readers, before):
        if message.kind in words.wordings:
            told = words.tell(message.kind, message.facts, message.case_id, language)
            found.append(
                MessageView(message.id, message.kind, told.subject, told.body, told.path, message.case_id, message.at,
                            message.id > read)
            )  # fmt: skip
    return found


def older(messages: Sequence[MessageView]) -> int:
    """The cursor of the next page, 0 on the last one."""
    return messages[-1].id if len(messages) == PAGE_ROWS else 0
