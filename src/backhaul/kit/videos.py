"""Short videos that strangers send are decoded in a child process with bounds, and made anew frame by frame: VP9 in WebM.

Nothing of what was sent is kept but the pictures: no sound, no place, no names, no other streams. Each video has a child of
its own, that ends with it, and that can open no file and no connection. Why VP9: docs/decisions/0014-short-videos.md.
"""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor

import msgspec

from backhaul.kit.machine import Refused

ANSWER_SECONDS_MAX = 180
WAITING_MAX = 8
LENGTH_BYTES = 8
MEGABYTE = 1024 * 1024
OUTPUT_BYTES_MAX = 32 * 1024 * 1024
MEDIA_TYPE = "video/webm"
# What phones and browsers record begins so.
ISO_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
STILLS = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif", b"avis")


class Video(msgspec.Struct, frozen=True):
    """A video made anew, with one of its pictures as a JPEG."""

    data: bytes
    poster: bytes
    width: int
    height: int
    milliseconds: int


class Fault(msgspec.Struct, frozen=True):
    """Why there is none: the code of a refusal, with its facts."""

    code: str
    facts: dict[str, int] = {}


class Answer(msgspec.Struct, frozen=True):
    """What the child says: the one or the other."""

    video: Video | None = None
    fault: Fault | None = None


Child = subprocess.Popen[bytes]


class Mill:
    """Where a house makes videos anew: one after the other, apart from the threads that serve pages; few may wait."""

    def __init__(self) -> None:
        self._millers = ThreadPoolExecutor(1, "videos")
        self._seats = threading.BoundedSemaphore(WAITING_MAX)
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._is_closed = False

    async def rebuilt(self, read: Callable[[], Awaitable[bytes]], mb_max: int, seconds_max: int) -> Video:
        """The same as `rebuilt`, at most so large. Whoever finds no seat is refused before anything is read into memory."""
        if not self._seats.acquire(blocking=False):
            raise _busy()
        try:
            data = await read()
            if len(data) > mb_max * MEGABYTE:
                raise Refused("video_too_large", "invalid", "videos", mb_max=mb_max)
            return await asyncio.wrap_future(self._begun(data, seconds_max))
        finally:
            self._seats.release()

    def close(self) -> None:
        """Begin nothing more, and do not wait for the video that is being made: its child ends now."""
        with self._lock:
            self._is_closed = True
            if self._child is not None:
                self._child.kill()
        self._millers.shutdown(cancel_futures=True)

    def _begun(self, data: bytes, seconds_max: int) -> Future[Video]:
        try:
            return self._millers.submit(self._made, data, seconds_max)
        except RuntimeError as error:  # it is closed
            raise _busy() from error

    def _made(self, data: bytes, seconds_max: int) -> Video:
        try:
            return rebuilt(data, seconds_max, self._watch)
        except Refused as refused:
            raise (_busy() if self._is_closed else refused) from refused
        finally:
            with self._lock:
                self._child = None

    def _watch(self, child: Child) -> None:
        with self._lock:
            self._child = child
            if self._is_closed:
                child.kill()


def rebuilt(data: bytes, seconds_max: int, watch: Callable[[Child], None] = lambda _: None) -> Video:
    """A video of a phone as WebM: at most 1,280 pixels an edge, 30 frames a second, no sound. `Refused` for all else. Blocks.

    `watch` is told the child that makes it.
    """
    if not form_of(data):
        raise _refused(Fault("not_a_video"))
    words = [sys.executable, "-m", "backhaul.kit.video_child", str(seconds_max)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        watch(child)
        too_slow = threading.Timer(ANSWER_SECONDS_MAX, child.kill)
        too_slow.start()
        try:
            answer = _exchange(child, data)
        finally:
            too_slow.cancel()
            child.kill()
    if answer is None or answer.video is None:
        raise _refused((answer and answer.fault) or Fault("video_too_heavy"))
    return answer.video


def form_of(data: bytes) -> str:
    """The demuxer by the first bytes: `mov` for MP4, MOV and 3GP, `matroska` for WebM; empty for everything else."""
    if data[4:8] in ISO_BOXES:
        return "" if data[4:8] == b"ftyp" and data[8:12] in STILLS else "mov"
    return "matroska" if data.startswith(b"\x1a\x45\xdf\xa3") else ""


def _busy() -> Refused:
    return Refused("videos_busy", "away", "videos")


def _refused(fault: Fault) -> Refused:
    return Refused(fault.code, "invalid", "videos", **fault.facts)


def _exchange(child: Child, data: bytes) -> Answer | None:
    """What the child answers; None when it broke. Never more is read than a video may have."""
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("the child has no pipes")
    try:
        child.stdin.write(len(data).to_bytes(LENGTH_BYTES, "big"))
        child.stdin.write(data)
        child.stdin.flush()
        wanted = int.from_bytes(child.stdout.read(LENGTH_BYTES), "big")
        if not 0 < wanted <= 2 * OUTPUT_BYTES_MAX:
            return None
        return msgspec.msgpack.decode(child.stdout.read(wanted), type=Answer)
    except (OSError, msgspec.DecodeError):
        return None
