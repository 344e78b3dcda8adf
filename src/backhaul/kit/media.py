"""Pictures and videos that people look at: whole or in parts, and what is told of those that were deleted after their time."""

from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Request, Response

from backhaul.kit import http, uploads, videos
from backhaul.kit.blobs import Blob, BlobStore
from backhaul.kit.database import Database, Tx
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.i18n import N_, Message, ngettext
from backhaul.kit.machine import Refused
from backhaul.kit.media_book import MediaBook

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
PARTIAL, UNSATISFIABLE = 206, 416


class Clip(msgspec.Struct, frozen=True):
    """A stored video; name its id in `videos`."""

    id: str


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
        self.mill = videos.Mill()

    async def keep_picture(self, read: uploads.Read, uploader: Uploader) -> str:
        """A picture, made anew, stored and remembered; its id."""
        return await self._keep(await to_thread.run_sync(self.blobs.put_picture, await read()), uploader)

    async def keep_document(self, read: uploads.Read, uploader: Uploader) -> str:
        """A picture or a PDF, stored and remembered; its id."""
        return await self._keep(await to_thread.run_sync(self.blobs.put_document, await read()), uploader)

    async def keep_video(self, read: uploads.Read, mb_max: int, seconds_max: int, uploader: Uploader) -> str:
        """A video, made anew, and its poster, stored and remembered; the video's id. `Refused` when it is larger or longer."""
        made = await self.mill.rebuilt(read, mb_max, seconds_max)
        video, poster = await to_thread.run_sync(self.blobs.put_video, made)
        return await self._keep(video, uploader, poster)

    async def _keep(self, blob: Blob, uploader: Uploader, poster: Blob | None = None) -> str:
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
