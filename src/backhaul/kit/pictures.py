"""Pictures that strangers send are decoded in a child process with bounds on memory and time, and made anew from their pixels.

Whatever breaks a decoder breaks the child: the picture is refused, the next one gets a fresh child. The child ends when
the pipe to us closes, however we end.
"""

import atexit
import io
import resource
import subprocess
import sys
import threading
import warnings
from typing import IO

import msgspec
from PIL import Image, ImageOps

from backhaul.kit.machine import Refused

PRINT_EDGE = 40
PRINT_BYTES = PRINT_EDGE * PRINT_EDGE

PIXELS_MAX = 40_000_000
EDGE_PIXELS_MAX = 2400
MEMORY_BYTES_MAX = 512 * 1024 * 1024
CPU_SECONDS_MAX = 10
ANSWER_SECONDS_MAX = 60
LENGTH_BYTES = 8


class Picture(msgspec.Struct, frozen=True):
    """A picture made anew, and its print (`kit/prints`)."""

    data: bytes
    print: bytes


class _Mill:
    """The child, started when the first picture comes. One picture at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    def rebuild(self, data: bytes) -> bytes | None:
        """The picture anew; None when it is none, or when it broke the child."""
        with self._lock:
            child = self._child = self._child or _start()
            if child.stdin is None or child.stdout is None:
                raise RuntimeError("the child has no pipes")
            too_slow = threading.Timer(ANSWER_SECONDS_MAX, child.kill)
            too_slow.start()
            try:
                _say(child.stdin, data)
                answer = _hear(child.stdout)
            except OSError:
                answer = None
            finally:
                too_slow.cancel()
            if answer is None:
                self._end(child)
            return answer or None

    def close(self) -> None:
        """Let the child go; the next picture starts another."""
        with self._lock:
            if self._child is not None:
                self._end(self._child)

    def _end(self, child: "subprocess.Popen[bytes]") -> None:
        self._child = None
        child.kill()
        child.communicate()


def _start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


_mill = _Mill()


def made_anew(data: bytes) -> Picture:
    """A JPEG, PNG or WebP as a JPEG without metadata, at most 2,400 pixels an edge. `Refused` for everything else. Blocks."""
    answer = _mill.rebuild(data)
    if answer is None:
        raise Refused("not_a_picture", "invalid", "photos")
    return Picture(answer[PRINT_BYTES:], answer[:PRINT_BYTES])


def rebuilt(data: bytes) -> bytes:
    """The same without its print."""
    return made_anew(data).data


def _say(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(len(data).to_bytes(LENGTH_BYTES, "big"))
    pipe.write(data)
    pipe.flush()


def _hear(pipe: IO[bytes]) -> bytes | None:
    """What the other side said; None when it is gone."""
    length = pipe.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    wanted = int.from_bytes(length, "big")
    data = pipe.read(wanted)
    return data if len(data) == wanted else None


# The child


def _serve() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    while (data := _hear(sys.stdin.buffer)) is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS_MAX
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        _say(sys.stdout.buffer, _rebuild(data))


def _rebuild(data: bytes) -> bytes:
    """The print and the picture anew, or nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as picture:
                whole = picture if picture.mode == "RGB" else picture.convert("RGB")
                whole.thumbnail((EDGE_PIXELS_MAX, EDGE_PIXELS_MAX))  # first: every copy of the large one is 160 MB
                upright = ImageOps.exif_transpose(whole)
                upright.info.clear()  # the encoder would copy comments, profiles and more from here
                small = upright.convert("L").resize((PRINT_EDGE, PRINT_EDGE), Image.Resampling.BOX)
                out = io.BytesIO()
                upright.save(out, "JPEG", quality=85)
    except (OSError, ValueError, SyntaxError, Warning, MemoryError, Image.DecompressionBombError):
        return b""
    return small.tobytes() + out.getvalue()


if __name__ == "__main__":
    _serve()
