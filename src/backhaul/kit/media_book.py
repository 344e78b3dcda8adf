"""What a house knows of its stored files: the picture of a video, the cases that show a file, what nothing names, when it was deleted."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.blobs import Blob
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.machine import Refused
from backhaul.kit.seen_photos import SeenPhotos

FILES_A_ROUND = 50
ACTS = 0  # what no case has as its number stands for all acts and certificates


class Deleted(msgspec.Struct, frozen=True):
    """A photo or video that was deleted after the time of keeping. `id` is the SHA-256 of its bytes."""

    id: str
    deleted_at: datetime


FIELDS = ("photos", "videos")


def named_by(events: Iterable[Any]) -> set[str]:
    """The files that events name: photos and videos."""
    return {one for event in events for field in FIELDS for one in getattr(event, field, ())}


def showing(kinds: Iterable[type]) -> frozenset[type]:
    """Those of these events that may name files."""
    return frozenset(kind for kind in kinds if any(hasattr(kind, field) for field in FIELDS))


class MediaBook:
    """What a house knows of its stored files: the picture of a video, the cases that show a file, when it was deleted."""

    def __init__(self, blobs: sa.Table, blob_cases: sa.Table, blob_uses: sa.Table, seen: SeenPhotos) -> None:
        self.seen = seen
        row, use = blobs.c, blob_cases.c
        self._has_use = Statement(
            sa.select(use.blob_id).where(use.blob_id == bindparam("blob_id"), use.case_id == bindparam("case_id"))
        )
        self._use = Statement(blob_cases.insert())
        other = blob_cases.alias()
        elsewhere = sa.exists().where(other.c.blob_id == use.blob_id, other.c.case_id != use.case_id)
        self._alone = Statement(
            sa.select(use.blob_id).where(use.case_id == bindparam("case_id"), ~elsewhere).order_by(use.blob_id)
        )
        self._of_case = Statement(
            sa.select(use.blob_id).where(use.case_id == bindparam("case_id")).order_by(use.blob_id)
        )
        self._forget = Statement(
            blob_cases.delete().where(use.case_id == bindparam("case_id"), among(use.blob_id, "ids"))
        )
        self._gone = Statement(
            sa.select(row.id, row.deleted_us).where(among(row.id, "ids"), row.deleted_us.is_not(None))
        )
        self._poster = Statement(sa.select(row.poster).where(row.id == bindparam("id")))
        self._has = Statement(sa.select(row.id).where(among(row.id, "ids")))
        self._bury = Statement(
            blobs.update()
            .where(among(row.id, "ids"), row.deleted_us.is_(None))
            .values(deleted_us=bindparam("at_us", type_=sa.BigInteger))
        )
        self._buried = Statement(
            blobs.update()
            .where(among(row.id, "ids"), row.deleted_us.is_not(None))
            .values(deleted_us=row.deleted_us)
            .returning(row.id)
        )
        self._insert = Statement(blobs.insert())
        self._known = Statement(sa.select(row.deleted_us, row.waits_us).where(row.id == bindparam("id")))
        self._revive = Statement(
            blobs.update()
            .where(row.id == bindparam("blob"))
            .values(deleted_us=None, waits_us=bindparam("since_us", type_=sa.BigInteger))
        )
        brought = blob_uses.c
        self._has_brought = Statement(
            sa.select(brought.blob_id).where(
                brought.blob_id == bindparam("blob_id"), brought.uploader == bindparam("uploader")
            )
        )
        self._bring = Statement(blob_uses.insert())
        self._of_those_that_wait(blobs)
        self._of_posters(blobs, blob_cases)

    def _of_those_that_wait(self, blobs: sa.Table) -> None:
        row = blobs.c
        self._name = Statement(
            blobs.update().where(among(row.id, "ids"), row.waits_us.is_not(None)).values(waits_us=None)
        )
        left = row.waits_us <= bindparam("bound_us", type_=sa.BigInteger)
        self._left = Statement(sa.select(row.id).where(left).order_by(row.waits_us, row.id).limit(FILES_A_ROUND))
        self._bury_left = Statement(
            blobs.update()
            .where(among(row.id, "ids"), left)
            .values(deleted_us=sa.func.coalesce(row.deleted_us, bindparam("at_us", type_=sa.BigInteger)))
            .returning(row.id)
        )

    def _of_posters(self, blobs: sa.Table, blob_cases: sa.Table) -> None:
        """What a poster may be needed for besides the video that goes."""
        row, use = blobs.c, blob_cases.c
        self._shown = Statement(sa.select(use.case_id).where(use.blob_id == bindparam("id")).limit(1))
        self._stands_for = Statement(
            sa.select(row.id).where(row.poster == bindparam("id"), row.poster != "", row.deleted_us.is_(None)).limit(1)
        )
        self._brought_alone = Statement(
            sa.select(row.id).where(row.id == bindparam("id"), row.waits_us.is_not(None)).limit(1)
        )

    def keep(self, tx: Tx, blob: Blob, uploader: str, at: datetime, poster: Blob | None = None) -> None:
        """Remember a stored file, who brought it, and the picture of a video. One that was deleted after its time is back.

        Until something names it, it waits from now on; a poster goes with its video.
        """
        if poster is not None:
            self._put(tx, poster, to_us(at), None)
        self._put(tx, blob, to_us(at), to_us(at), "" if poster is None else poster.id)
        self.seen.keep(tx, blob.id, blob.print)
        if tx.one(self._has_brought, blob_id=blob.id, uploader=uploader) is None:
            tx.run(self._bring, blob_id=blob.id, uploader=uploader)

    def _put(self, tx: Tx, blob: Blob, at_us: int, waits_us: int | None, poster: str = "") -> None:
        known = tx.one(self._known, id=blob.id)
        if waits_us is not None and tx.one(self._shown, id=blob.id) is not None:
            waits_us = None  # a case shows these bytes already, perhaps as a copy of the other house's
        if known is None:
            tx.run(self._insert, id=blob.id, media_type=blob.media_type, size_bytes=blob.size_bytes, uploaded_us=at_us,
                   poster=poster, deleted_us=None, waits_us=waits_us)  # fmt: skip
        elif known[0] is not None or known[1] is not None:
            tx.run(self._revive, blob=blob.id, since_us=waits_us)

    def deleted(self, tx: Tx, ids: Iterable[str]) -> dict[str, datetime]:
        """Those of these files that were deleted after the time of keeping, each with the instant."""
        wanted = sorted(set(ids))
        return {row[0]: from_us(row[1]) for row in tx.rows(self._gone, ids=wanted)} if wanted else {}

    def told_deleted(self, tx: Tx, ids: Iterable[str]) -> tuple[Deleted, ...]:
        """The same for a program."""
        return tuple(Deleted(one, at) for one, at in self.deleted(tx, ids).items())

    def check_kept(self, tx: Tx, blob_id: str) -> None:
        """`Refused` when the file was deleted: its hash and the instant are all that is left."""
        at = self.deleted(tx, [blob_id]).get(blob_id)
        if at is not None:
            raise Refused("media_deleted", "gone", deleted_at=at, sha256=blob_id)

    def poster(self, tx: Tx, video: str) -> str:
        """The picture that stands for a video; `Refused` where there is none."""
        row = tx.one(self._poster, id=video)
        if row is None or not row[0]:
            raise Refused("not_found", "missing")
        return str(row[0])

    def posters(self, tx: Tx, ids: Sequence[str]) -> list[str]:
        """The pictures of those of these files that are videos."""
        found = [tx.one(self._poster, id=one) for one in ids]
        return [str(row[0]) for row in found if row is not None and row[0]]

    def use(self, tx: Tx, case_id: int, ids: Collection[str]) -> None:
        """A case shows these files; whoever knows that already says it again without harm."""
        for one in sorted(set(ids)):
            if tx.one(self._has_use, blob_id=one, case_id=case_id) is None:
                tx.run(self._use, blob_id=one, case_id=case_id)
        self.name(tx, ids)

    def stay(self, tx: Tx, ids: Collection[str]) -> None:
        """Acts show these files: they stay, also where a case with a time of keeping shows the same bytes."""
        self.use(tx, ACTS, ids)

    def name(self, tx: Tx, ids: Iterable[str]) -> None:
        """Something that stays names these files: they wait no more."""
        wanted = sorted(set(ids))
        if wanted:
            tx.run(self._name, ids=wanted)

    def left(self, tx: Tx, bound: datetime) -> list[str]:
        """Files that have waited since `bound` or longer for something that names them; not all at once."""
        return [str(row[0]) for row in tx.rows(self._left, bound_us=to_us(bound))]

    def bury_left(self, tx: Tx, ids: Sequence[str], bound: datetime, at: datetime) -> list[str]:
        """Write down that those of these files are deleted now that wait still; which, with the posters that nobody needs."""
        found = tx.rows(self._bury_left, ids=list(ids), bound_us=to_us(bound), at_us=to_us(at))
        buried = [str(row[0]) for row in found]
        self.seen.forget(tx, buried)
        return [*buried, *self._bury_posters(tx, buried, at)]

    def of_case(self, tx: Tx, case_id: int) -> list[str]:
        """The files that this case shows."""
        return [str(row[0]) for row in tx.rows(self._of_case, case_id=case_id)]

    def bury_only_of(self, tx: Tx, case_id: int, files: Collection[str], at: datetime) -> list[str]:
        """The same for those of these files of a case that no other case shows."""
        ids = [str(row[0]) for row in tx.rows(self._alone, case_id=case_id) if row[0] in files]
        self._bury_all(tx, ids, at)
        return [*ids, *self._bury_posters(tx, ids, at)]

    def forget(self, tx: Tx, case_id: int, files: Collection[str]) -> None:
        """The case shows these files no more."""
        tx.run(self._forget, case_id=case_id, ids=list(files))

    def still_buried(self, tx: Tx, ids: Sequence[str]) -> list[str]:
        """Those of these files that nobody has brought again; until the end of the transaction nobody does."""
        return [str(row[0]) for row in tx.rows(self._buried, ids=list(ids))] if ids else []

    def _bury_posters(self, tx: Tx, ids: Sequence[str], at: datetime) -> list[str]:
        """Videos that begin alike have one poster: it goes with the last of them, unless somebody shows it as a picture."""
        needed = (self._stands_for, self._shown, self._brought_alone)
        posters = [
            one for one in dict.fromkeys(self.posters(tx, ids)) if all(tx.one(why, id=one) is None for why in needed)
        ]
        self._bury_all(tx, posters, at)
        return posters

    def _bury_all(self, tx: Tx, ids: Sequence[str], at: datetime) -> None:
        """Copies of others' files get a row of their own."""
        if not ids:
            return
        self.seen.forget(tx, ids)
        known = {row[0] for row in tx.rows(self._has, ids=list(ids))}
        tx.run(self._bury, ids=list(ids), at_us=to_us(at))
        copies = [one for one in ids if one not in known]
        tx.many(self._insert, [
            {"id": one, "media_type": "image/jpeg", "size_bytes": 0, "uploaded_us": to_us(at), "poster": "",
             "deleted_us": to_us(at), "waits_us": None} for one in copies
        ])  # fmt: skip
