"""Where the bytes of files are: a directory of this machine, or a bucket that speaks S3. A name is written once and never changed.

`s3://BUCKET/PREFIX` takes its keys, region and endpoint from the environment, as other programs do (`AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`).
"""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from backhaul.kit.machine import Refused

S3 = "s3://"
CONNECT_MAX = timedelta(seconds=3)
REQUEST_MAX = timedelta(seconds=60)  # the largest video over a slow line
RETRIES: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}

LOG = logging.getLogger("backhaul.media")


class Storage(Protocol):
    """What a store of files asks of the place where its bytes are."""

    def put(self, name: str, data: bytes) -> None:
        """Keep these bytes: when this returns they survive a power cut. There already, it changes nothing."""

    def read(self, name: str) -> bytes | None:
        """All of them; None: not here."""

    def part(self, name: str, start: int, length: int) -> bytes | None:
        """Some of them."""

    def size(self, name: str) -> int | None:
        """How many there are."""

    def delete(self, name: str) -> None:
        """Let them go; whether they were here or not."""


class Folder:
    """Files on the local disk, written under a temporary name and renamed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def put(self, name: str, data: bytes) -> None:
        """Written and synced under another name first."""
        path = self.directory / name
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".part{os.getpid()}-{threading.get_ident()}")  # two threads may bring one file
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)

    def read(self, name: str) -> bytes | None:
        """The file."""
        try:
            return (self.directory / name).read_bytes()
        except FileNotFoundError:
            return None

    def part(self, name: str, start: int, length: int) -> bytes | None:
        """A part of the file."""
        try:
            with (self.directory / name).open("rb") as file:
                file.seek(start)
                return file.read(length)
        except FileNotFoundError:
            return None

    def size(self, name: str) -> int | None:
        """Of the file."""
        try:
            return (self.directory / name).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, name: str) -> None:
        """Unlink it."""
        (self.directory / name).unlink(missing_ok=True)


class Bucket:
    """Objects under a prefix of a bucket. While the server is away, whoever asks is told to come again (503)."""

    def __init__(self, url: str) -> None:
        bucket, _, prefix = url.removeprefix(S3).partition("/")
        if not url.startswith(S3) or not bucket:
            msg = f"s3://BUCKET/PREFIX, not {url}"
            raise ValueError(msg)
        try:
            import obstore  # noqa: PLC0415 -- the extra `s3`
            from obstore.store import S3Store  # noqa: PLC0415
        except ImportError:
            msg = "media in a bucket need the extra `s3`: pip install 'backhaul[s3]'"
            raise ValueError(msg) from None
        self._obstore: Any = obstore
        plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        self._bucket = S3Store(
            bucket,
            prefix=prefix.strip("/") or None,
            client_options={"connect_timeout": CONNECT_MAX, "timeout": REQUEST_MAX, "allow_http": plain},
            retry_config=RETRIES,
        )

    def put(self, name: str, data: bytes) -> None:
        """One request: the object is there whole, or not at all."""
        with self._asking():
            self._obstore.put(self._bucket, name, data, use_multipart=False)

    def read(self, name: str) -> bytes | None:
        """The object."""
        with self._asking() as missing:
            return bytes(self._obstore.get(self._bucket, name).bytes())
        return missing

    def part(self, name: str, start: int, length: int) -> bytes | None:
        """A part of the object: nothing else is fetched."""
        if length <= 0:
            return b""
        with self._asking() as missing:
            return bytes(self._obstore.get_range(self._bucket, name, start=start, length=length))
        return missing

    def size(self, name: str) -> int | None:
        """Of the object."""
        with self._asking() as missing:
            return int(self._obstore.head(self._bucket, name)["size"])
        return missing

    def delete(self, name: str) -> None:
        """Ask for it to be deleted."""
        with self._asking():
            self._obstore.delete(self._bucket, name)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What is not there is passed over; a server that is away is no answer."""
        try:
            yield None
        except (FileNotFoundError, self._obstore.exceptions.NotFoundError):
            return
        except self._obstore.exceptions.BaseError as error:
            LOG.error("the storage of media does not answer: %s", error)  # noqa: TRY400 -- it says enough
            raise Refused("failed", "away") from error


def storage_of(media: str, otherwise: Path) -> Storage:
    """The bucket that `--media` names; without one, a directory. `ValueError` says what is wrong with it."""
    return Bucket(media) if media else Folder(otherwise)
