"""Pictures and videos: decoded, rebuilt without their metadata, stored under the hash of their bytes."""

import hashlib
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from backhaul.kit import pictures, videos
from backhaul.kit.machine import Refused
from backhaul.kit.object_storage import Storage

F = TypeVar("F")

PICTURE_BYTES_MAX = 10 * 1024 * 1024
DOCUMENT_BYTES_MAX = 10 * 1024 * 1024
PDF_BEGINS = b"%PDF-"


class Blob(msgspec.Struct, frozen=True):
    """A stored file. `id` is the SHA-256 of its bytes in hex; a picture has its print (`kit/prints`)."""

    id: str
    media_type: str
    size_bytes: int
    print: bytes = b""


class BlobStore:
    """A house's files. `storage` is where their bytes are."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def put_picture(self, data: bytes) -> Blob:
        """Store a picture as a JPEG made anew from its pixels. `Refused` when it is none, or too large."""
        if len(data) > PICTURE_BYTES_MAX:
            raise Refused("picture_too_large", "invalid", "photos", bytes_max=PICTURE_BYTES_MAX)
        made = pictures.made_anew(data)
        return replace(self._put(made.data, "image/jpeg"), print=made.print)

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

    def put_back(self, blob_id: str, data: bytes) -> None:
        """Store what a backup kept. `Refused` when the bytes are other ones."""
        if hashlib.sha256(data).hexdigest() != blob_id:
            raise Refused("not_the_promised_file", "away")
        self.storage.put(_name(blob_id), data)

    def read(self, blob_id: str) -> bytes:
        """The bytes, or `Refused` as missing."""
        return _found(self.storage.read(_name(blob_id)))

    def part(self, blob_id: str, start: int, length: int) -> bytes:
        """Some of the bytes, or `Refused` as missing."""
        return _found(self.storage.part(_name(blob_id), start, length))

    def size(self, blob_id: str) -> int:
        """How many bytes there are, or `Refused` as missing."""
        return _found(self.storage.size(_name(blob_id)))

    def delete(self, blob_id: str) -> None:
        """Let the bytes go; whether they were here or not."""
        self.storage.delete(_name(blob_id))

    def has(self, blob_id: str) -> bool:
        """Whether this file is here."""
        return self.storage.size(_name(blob_id)) is not None

    def _put(self, data: bytes, media_type: str) -> Blob:
        blob = Blob(hashlib.sha256(data).hexdigest(), media_type, len(data))
        self.storage.put(_name(blob.id), data)
        return blob


def _found(what: F | None) -> F:
    if what is None:
        raise Refused("not_found", "missing")
    return what


def _name(blob_id: str) -> str:
    """Two levels deep: no directory grows too large. What is no hash is the name of nothing."""
    safe = blob_id if len(blob_id) == 64 and all(c in "0123456789abcdef" for c in blob_id) else "0" * 64
    return f"{safe[:2]}/{safe[2:4]}/{safe}"
