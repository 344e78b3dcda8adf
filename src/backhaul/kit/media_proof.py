"""Whether the files that a house says it has are there, and still what they were: a file's id is the SHA-256 of its bytes."""

import hashlib
from collections.abc import Iterator
from typing import Self

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.blobs import BlobStore
from backhaul.kit.database import Statement, Tx
from backhaul.kit.machine import Refused

FILES_A_LOOK = 500


class FileFault(str):
    """A sentence about a stored file. `is_missing`: it is not there, as one that was deleted a moment ago is not."""

    __slots__ = ("file", "is_missing")
    file: str
    is_missing: bool

    def __new__(cls, sentence: str, file: str, *, is_missing: bool = False) -> Self:
        """The sentence with the id of its file."""
        it = super().__new__(cls, sentence)
        it.file, it.is_missing = file, is_missing
        return it


class MediaProof:
    """The stored files of a house: its own, and copies of the other house's, which may not have been fetched yet."""

    def __init__(self, blobs: sa.Table, blob_cases: sa.Table) -> None:
        own, shown = blobs.c, blob_cases.c
        after: sa.BindParameter[str] = bindparam("after")
        self.own = Statement(
            sa.select(own.id).where(own.id > after, own.deleted_us.is_(None)).order_by(own.id).limit(FILES_A_LOOK)
        )
        self.copies = Statement(
            sa.select(shown.blob_id)
            .where(shown.blob_id > after, ~sa.exists().where(own.id == shown.blob_id))
            .group_by(shown.blob_id)
            .order_by(shown.blob_id)
            .limit(FILES_A_LOOK)
        )
        self.kept = Statement(sa.select(own.id).where(own.id == bindparam("id"), own.deleted_us.is_(None)))

    def files(self, tx: Tx) -> Iterator[tuple[str, bool]]:
        """Every file that was not deleted, and whether it must be here."""
        for statement, must in ((self.own, True), (self.copies, False)):
            after = ""
            while rows := tx.rows(statement, after=after):
                yield from ((str(row[0]), must) for row in rows)
                after = rows[-1][0]

    def keeps(self, tx: Tx, one: str) -> bool:
        """Whether a file must be here: it was stored, and not deleted."""
        return tx.one(self.kept, id=one) is not None

    def faults(self, tx: Tx, blobs: BlobStore) -> Iterator[FileFault]:
        """A sentence for every file that is missing, or not what it was."""
        for one, must in self.files(tx):
            try:
                whole = is_whole(blobs, one)
            except Refused as refused:
                if refused.kind != "missing":
                    raise
                if must:
                    yield FileFault(f"file {one} is missing", one, is_missing=True)
                continue
            if not whole:
                yield FileFault(f"file {one} is not what it was", one)


def is_whole(blobs: BlobStore, one: str) -> bool:
    """Whether the bytes can be read and are those of then; `Refused` when there are none."""
    try:
        return hashlib.sha256(blobs.read(one)).hexdigest() == one
    except OSError:  # of a disk that has lost them
        return False
