"""Whether the files that a house says it has are there, and still what they were: a file's id is the SHA-256 of its bytes."""

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.blobs import BlobStore
from backhaul.kit.database import Statement, Tx
from backhaul.kit.machine import Refused

FILES_A_LOOK = 500


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

    def files(self, tx: Tx) -> Iterator[tuple[str, bool]]:
        """Every file that was not deleted, and whether it must be here."""
        for statement, must in ((self.own, True), (self.copies, False)):
            after = ""
            while rows := tx.rows(statement, after=after):
                yield from ((str(row[0]), must) for row in rows)
                after = rows[-1][0]

    def faults(self, tx: Tx, blobs: BlobStore) -> Iterator[str]:
        """A sentence for every file that is missing, or not what it was."""
        for one, must in self.files(tx):
            try:
                data = blobs.read(one)
            except Refused:
                if must:
                    yield f"file {one} is missing"
                continue
            if hashlib.sha256(data).hexdigest() != one:
                yield f"file {one} is not what it was"
