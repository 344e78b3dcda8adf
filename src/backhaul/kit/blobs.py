"""Pictures and videos: decoded, rebuilt without their metadata, stored under the hash of their bytes."""

import hashlib
import os
import threading
from pathlib import Path

import msgspec

from backhaul.kit import pictures, videos
from backhaul.kit.machine import Refused

PICTURE_BYTES_MAX = 10 * 1024 * 1024
DOCUMENT_BYTES_MAX = 10 * 1024 * 1024
PDF_BEGINS = b"%PDF-"


class Blob(msgspec.Struct, frozen=True):
    """A stored file. `id` is the SHA-256 of its bytes in hex."""

    id: str
    media_type: str
    size_bytes: int


class BlobStore:
    """Files on the local disk, two levels deep, written under a temporary name and renamed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def put_picture(self, data: bytes) -> Blob:
        """Store a picture as a JPEG made anew from its pixels. `Refused` when it is none, or too large."""
        if len(data) > PICTURE_BYTES_MAX:
            raise Refused("picture_too_large", "invalid", "photos", bytes_max=PICTURE_BYTES_MAX)
        return self._put(pictures.rebuilt(data), "image/jpeg")

    def put_video(self, made: videos.Video) -> tuple[Blob, Blob]:
        """Store a video that was made anew, and its poster."""
        return self._put(made.data, videos.MEDIA_TYPE), self._put(made.poster, "image/jpeg")

    def put_document(self, data: bytes) -> Blob:
        """Store a PDF as it is, or a picture like any other. `Refused` when it is neither, or too large."""
        if not data.startswith(PDF_BEGINS):
            try:
                return self.put_picture(data)
            except Refused as refused:
                if refused.code == "not_a_picture":
                    raise Refused("not_a_document", "invalid", "proof") from refused
                raise
        if len(data) > DOCUMENT_BYTES_MAX:
            raise Refused("document_too_large", "invalid", "proof", bytes_max=DOCUMENT_BYTES_MAX)
        return self._put(data, "application/pdf")

    def put_copy(self, blob_id: str, data: bytes) -> None:
        """Store a JPEG that somebody else keeps under this id. `Refused` when the bytes are other ones, or no picture."""
        if hashlib.sha256(data).hexdigest() != blob_id:
            raise Refused("not_the_promised_file", "away")
        pictures.rebuilt(data)  # only to see that it is a picture of a bearable size
        self._put(data, "image/jpeg")

    def read(self, blob_id: str) -> bytes:
        """The bytes, or `Refused` as missing."""
        path = self._path(blob_id)
        if not path.is_file():
            raise Refused("not_found", "missing")
        return path.read_bytes()

    def part(self, blob_id: str, start: int, length: int) -> bytes:
        """Some of the bytes, or `Refused` as missing."""
        self.size(blob_id)
        with self._path(blob_id).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def size(self, blob_id: str) -> int:
        """How many bytes there are, or `Refused` as missing."""
        path = self._path(blob_id)
        if not path.is_file():
            raise Refused("not_found", "missing")
        return path.stat().st_size

    def delete(self, blob_id: str) -> None:
        """Let the bytes go; whether they were here or not."""
        self._path(blob_id).unlink(missing_ok=True)

    def has(self, blob_id: str) -> bool:
        """Whether this file is here."""
        return self._path(blob_id).is_file()

    def _put(self, data: bytes, media_type: str) -> Blob:
        blob = Blob(hashlib.sha256(data).hexdigest(), media_type, len(data))
        path = self._path(blob.id)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".part{os.getpid()}-{threading.get_ident()}")  # two threads may bring one file
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
        return blob

    def _path(self, blob_id: str) -> Path:
        safe = blob_id if len(blob_id) == 64 and all(c in "0123456789abcdef" for c in blob_id) else "0" * 64
        return self.directory / safe[:2] / safe[2:4] / safe
