"""The bank as refunds see it: it takes a payout file, and says later what became of each payout.

An adapter may fail in any way. What is certain is said by returning (the bank has the file) or by `NotTaken` (it has not and
will not); everything else that is raised means that nobody knows, and the same file is handed over again.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from backhaul.kit.file_names import fitting
from backhaul.kit.machine import Refused
from backhaul.marketplace.payout_files import name_of

ANSWERS_A_ROUND_MAX = 20

LOG = logging.getLogger("backhaul.banks")


class NotTaken(Exception):
    """The bank refuses the file as a whole: nothing in it was or will be paid. Its text is the bank's reason."""


class PayoutFile(msgspec.Struct, frozen=True):
    """What is handed over. `message_id` and the bytes are the same at every try."""

    message_id: str
    form: str
    content: bytes


class BankAnswer(msgspec.Struct, frozen=True):
    """A statement that the bank left for us, and what it is called there."""

    name: str
    content: bytes


class Bank(Protocol):
    """What an adapter does."""

    def hand_over(self, file: PayoutFile) -> None:
        """Give the bank a file. It may come again: the bank pays each end-to-end id once."""

    def answers(self) -> Iterator[BankAnswer]:
        """What the bank has said since, oldest first; given again until it was `put_by`."""

    def put_by(self, answer: BankAnswer, *, refused: bool) -> None:
        """The answer is recorded, or cannot be read: it is not given again."""


class FileBank:
    """Files in directories, for whoever or whatever carries them to the bank: `out` for payouts, `in` for statements.

    What was taken in moves to `done`, what cannot be read to `refused`; nothing is deleted.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def hand_over(self, file: PayoutFile) -> None:
        """Write the file under a temporary name, to the disk, then rename: nobody carries away half of one."""
        path = self._place("out") / name_of(file.message_id, file.form)
        part = path.with_suffix(f".part{os.getpid()}")
        with part.open("wb") as target:
            target.write(file.content)
            target.flush()
            os.fsync(target.fileno())
        part.rename(path)

    def answers(self) -> Iterator[BankAnswer]:
        """The statements that lie in `in`, by their names; of a file above the bound only so much as shows it."""
        place = self.directory / "in"
        if not place.is_dir():
            return
        found = sorted(path for path in place.iterdir() if path.suffix.lower() in {".xml", ".csv"} and path.is_file())
        for path in found[:ANSWERS_A_ROUND_MAX]:
            try:
                with path.open("rb") as file:
                    content = file.read(STATEMENT_BYTES_MAX + 1)
            except OSError:  # the other statements do not wait for it
                LOG.exception("the bank's file %r cannot be opened", path.name)
                continue
            yield BankAnswer(path.name, content)

    def put_by(self, answer: BankAnswer, *, refused: bool) -> None:
        """Move it away, beside an earlier one of that name; a very long name is cut there."""
        path = self.directory / "in" / answer.name
        kept = Path(fitting(answer.name))
        place = self._place("refused" if refused else "done")
        names = (kept.name if n == 1 else f"{kept.stem}-{n}{kept.suffix}" for n in range(1, 10_000))
        path.rename(next(place / name for name in names if not (place / name).exists()))

    def _place(self, name: str) -> Path:
        place = self.directory / name
        place.mkdir(parents=True, exist_ok=True)
        return place


MEGABYTE = 1024 * 1024
STATEMENT_BYTES_MAX = 8 * MEGABYTE


def check_size(content: bytes) -> None:
    """`Refused` for what is too large to be a statement."""
    if len(content) > STATEMENT_BYTES_MAX:
        raise Refused("statement_too_large", "invalid", "file", megabytes_max=STATEMENT_BYTES_MAX // MEGABYTE)
