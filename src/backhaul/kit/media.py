"""Pictures and videos that people look at: whole or in parts, and what is told of those that were deleted after their time."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from anyio import to_thread
from litestar import Request, Response
from sqlalchemy import bindparam

from backhaul.kit import http, videos
from backhaul.kit.blobs import Blob, BlobStore
from backhaul.kit.database import Database, Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.i18n import N_, Message, ngettext
from backhaul.kit.machine import Refused

# What can be wrong with a video, and what is told of a file that is no more: in words.
REFUSALS: dict[str, Message] = {
    "too_many_videos": ngettext(
        "At most {videos_max} video is allowed.", "At most {videos_max} videos are allowed.", "videos_max"
    ),
    "videos_unknown": N_("Upload the video first."),
    "video_too_large": N_("A video may have at most {mb_max} MB. Send a shorter one, or a smaller picture size."),
    "video_too_long": ngettext(
        "A video may last at most {seconds_max} second. Send a shorter one.",
        "A video may last at most {seconds_max} seconds. Send a shorter one.",
        "seconds_max",
    ),
    "not_a_video": N_("This file is not a video that we can read (MP4, MOV, WebM or 3GP, as phones record them)."),
    "video_broken": N_("This video is broken or was not sent completely. Send it again, or record it anew."),
    "video_has_no_frames": N_("There are no pictures in this video."),
    "video_picture_too_large": N_(
        "The pictures of this video are too large: {width} × {height}. At most 4K is possible; record it smaller."
    ),
    "video_too_heavy": N_("This video takes too much work to read. Send a shorter one, or a smaller picture size."),
    "videos_busy": N_("Many videos are being prepared just now. Try again in a minute."),
    "media_deleted": N_("This file was deleted after the time of keeping: {deleted_at}."),
}
MEGABYTE = 1024 * 1024
PARTIAL, UNSATISFIABLE = 206, 416


class Clip(msgspec.Struct, frozen=True):
    """A stored video; name its id in `videos`."""

    id: str


class Deleted(msgspec.Struct, frozen=True):
    """A photo or video that was deleted after the time of keeping. `id` is the SHA-256 of its bytes."""

    id: str
    deleted_at: datetime


class MediaBook:
    """What a house knows of its stored files: the picture of a video, the cases that show a file, when it was deleted."""

    def __init__(self, blobs: sa.Table, blob_cases: sa.Table, blob_uses: sa.Table) -> None:
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
        self._forget = Statement(blob_cases.delete().where(use.case_id == bindparam("case_id")))
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
        self._known = Statement(sa.select(row.deleted_us).where(row.id == bindparam("id")))
        self._revive = Statement(blobs.update().where(row.id == bindparam("blob")).values(deleted_us=None))
        brought = blob_uses.c
        self._has_brought = Statement(
            sa.select(brought.blob_id).where(
                brought.blob_id == bindparam("blob_id"), brought.uploader == bindparam("uploader")
            )
        )
        self._bring = Statement(blob_uses.insert())

    def keep(self, tx: Tx, blob: Blob, uploader: str, at: datetime, poster: str = "") -> None:
        """Remember a stored file, who brought it, and the picture of a video. One that was deleted after its time is back."""
        known = tx.one(self._known, id=blob.id)
        if known is None:
            tx.run(self._insert, id=blob.id, media_type=blob.media_type, size_bytes=blob.size_bytes, uploaded_us=to_us(at),
                   poster=poster, deleted_us=None)  # fmt: skip
        elif known[0] is not None:
            tx.run(self._revive, blob=blob.id)
        if tx.one(self._has_brought, blob_id=blob.id, uploader=uploader) is None:
            tx.run(self._bring, blob_id=blob.id, uploader=uploader)

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

    def use(self, tx: Tx, case_id: int, ids: Iterable[str]) -> None:
        """A case shows these files; whoever knows that already says it again without harm."""
        for one in sorted(set(ids)):
            if tx.one(self._has_use, blob_id=one, case_id=case_id) is None:
                tx.run(self._use, blob_id=one, case_id=case_id)

    def only_of(self, tx: Tx, case_id: int) -> list[str]:
        """The files that this case shows and no other, with the posters of the videos."""
        ids = [str(row[0]) for row in tx.rows(self._alone, case_id=case_id)]
        return [*ids, *self.posters(tx, ids)]

    def forget(self, tx: Tx, case_id: int) -> None:
        """The case shows no files any more."""
        tx.run(self._forget, case_id=case_id)

    def still_buried(self, tx: Tx, ids: Sequence[str]) -> list[str]:
        """Those of these files that nobody has brought again; until the end of the transaction nobody does."""
        return [str(row[0]) for row in tx.rows(self._buried, ids=list(ids))] if ids else []

    def bury(self, tx: Tx, ids: Sequence[str], at: datetime) -> None:
        """Write down that these files are deleted now; copies of others' files get a row of their own."""
        known = {row[0] for row in tx.rows(self._has, ids=list(ids))}
        tx.run(self._bury, ids=list(ids), at_us=to_us(at))
        copies = [one for one in ids if one not in known]
        tx.many(self._insert, [
            {"id": one, "media_type": "image/jpeg", "size_bytes": 0, "uploaded_us": to_us(at), "poster": "",
             "deleted_us": to_us(at)} for one in copies
        ])  # fmt: skip


class Uploader(msgspec.Struct, frozen=True):
    """Whose file it is: who is calling, as the desk knows them, and the name under which their files stand."""

    caller: Any
    name: str


class MediaRoom:
    """Where a house's files come in, after it was checked who brings them, and are shown from, after it was checked who looks."""

    def __init__(self, database: Database, desk: Desk[Any], blobs: BlobStore, book: MediaBook) -> None:
        self.database = database
        self.desk = desk
        self.blobs = blobs
        self.book = book

    async def keep_picture(self, data: bytes, uploader: Uploader) -> str:
        """A picture, made anew, stored and remembered; its id."""
        return await self._keep(await to_thread.run_sync(self.blobs.put_picture, data), uploader)

    async def keep_document(self, data: bytes, uploader: Uploader) -> str:
        """A picture or a PDF, stored and remembered; its id."""
        return await self._keep(await to_thread.run_sync(self.blobs.put_document, data), uploader)

    async def keep_video(self, data: bytes, mb_max: int, seconds_max: int, uploader: Uploader) -> str:
        """A video, made anew, and its poster, stored and remembered; the video's id. `Refused` when it is larger or longer."""
        if len(data) > mb_max * MEGABYTE:
            raise Refused("video_too_large", "invalid", "videos", mb_max=mb_max)
        made = await videos.rebuilt_soon(data, seconds_max)
        video, poster = await to_thread.run_sync(self.blobs.put_video, made)
        await self._keep(poster, uploader)
        return await self._keep(video, uploader, poster.id)

    async def _keep(self, blob: Blob, uploader: Uploader, poster: str = "") -> str:
        """If the same bytes were deleted after their time just now, the file is refused rather than missed."""

        def run(tx: Tx, at: datetime) -> bytes:
            self.book.keep(tx, blob, uploader.name, at, poster)
            return b""

        await self.desk.perform(Errand(run, uploader.caller))
        if not self.blobs.has(blob.id):
            raise Refused("failed", "away")
        return blob.id

    def check_kept(self, blob_id: str) -> None:
        """`Refused` as gone when the file was deleted after the time of keeping."""
        with self.database.read() as tx:
            self.book.check_kept(tx, blob_id)

    def picture(self, blob_id: str) -> Response[bytes]:
        """A picture."""
        self.check_kept(blob_id)
        return Response(self.blobs.read(blob_id), media_type="image/jpeg", headers=http.FILE_HEADERS)

    def poster(self, video_id: str) -> Response[bytes]:
        """The picture that stands for a video."""
        with self.database.read() as tx:
            self.book.check_kept(tx, video_id)
            picture_id = self.book.poster(tx, video_id)
        return Response(self.blobs.read(picture_id), media_type="image/jpeg", headers=http.FILE_HEADERS)

    def video(self, blob_id: str, request: Request[Any, Any, Any]) -> Response[bytes]:
        """A video, or the part of it that the header `Range` asks for: so browsers jump in it."""
        self.check_kept(blob_id)
        size = self.blobs.size(blob_id)
        headers = {**http.FILE_HEADERS, "accept-ranges": "bytes", "etag": f'"{blob_id}"'}
        same = request.headers.get("if-range", headers["etag"]) == headers["etag"]
        bounds = part(request.headers.get("range"), size) if same else None
        if bounds is None:
            return Response(self.blobs.read(blob_id), media_type=videos.MEDIA_TYPE, headers=headers)
        start, end = bounds
        if start > end:
            headers["content-range"] = f"bytes */{size}"
            return Response(b"", status_code=UNSATISFIABLE, media_type=videos.MEDIA_TYPE, headers=headers)
        headers["content-range"] = f"bytes {start}-{end}/{size}"
        data = self.blobs.part(blob_id, start, end - start + 1)
        return Response(data, status_code=PARTIAL, media_type=videos.MEDIA_TYPE, headers=headers)


def part(wanted: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of one range of bytes; the first lies behind the last when there is no such part.

    None: everything, also for headers that nobody can read and for several ranges (RFC 9110 lets us pass over them).
    """
    unit, _, said = (wanted or "").replace(" ", "").partition("=")
    first, dash, last = said.partition("-")
    digits = all(text.isascii() and text.isdigit() and len(text) < 16 for text in (first, last) if text)
    if unit.lower() != "bytes" or not dash or not digits or not (first or last):
        return None
    if not first:
        return (max(size - int(last), 0), size - 1) if int(last) else (size, size - 1)
    if last and int(last) < int(first):
        return None
    end = min(int(last), size - 1) if last else size - 1
    return (int(first), end) if int(first) < size else (size, size - 1)
