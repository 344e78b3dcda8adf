"""Pictures that strangers send are decoded in a child process with bounds on memory and time, and made anew from their pixels.

Whatever breaks a decoder breaks the child: the picture is refused, the next one gets a fresh child.
"""

import atexit
import io
import multiprocessing
import resource
import threading
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from PIL import Image, ImageOps

from backhaul.kit.machine import Refused

PIXELS_MAX = 40_000_000
EDGE_PIXELS_MAX = 2400
MEMORY_BYTES_MAX = 1024 * 1024 * 1024
CPU_SECONDS_MAX = 10
PICTURES_PER_CHILD = 200


class _Mill:
    """The child, started when the first picture comes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        atexit.register(self.close)

    def rebuild(self, data: bytes) -> bytes | None:
        """The picture anew; None when it is none, or when it broke the child."""
        pool = self._open()
        try:
            return pool.submit(_rebuild, data).result()
        except BrokenProcessPool:
            self._drop(pool)
            return None

    def _open(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                context = multiprocessing.get_context("forkserver")
                context.set_forkserver_preload([__name__])
                self._pool = ProcessPoolExecutor(
                    1, mp_context=context, initializer=_bound, max_tasks_per_child=PICTURES_PER_CHILD
                )
            return self._pool

    def _drop(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is broken:
                self._pool = None
        broken.shutdown(wait=False)

    def close(self) -> None:
        """Let the child go."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)
                self._pool = None


_mill = _Mill()


def rebuilt(data: bytes) -> bytes:
    """A JPEG, PNG or WebP as a JPEG without metadata, at most 2,400 pixels an edge. `Refused` for everything else. Blocks."""
    picture = _mill.rebuild(data)
    if picture is None:
        raise Refused("not_a_picture", "invalid", "photos")
    return picture


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX


def _rebuild(data: bytes) -> bytes | None:
    """In the child: the seconds count anew for each picture."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS_MAX
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as picture:
                upright = ImageOps.exif_transpose(picture).convert("RGB")
                upright.thumbnail((EDGE_PIXELS_MAX, EDGE_PIXELS_MAX))
                upright.info.clear()  # the encoder would copy comments, profiles and more from here
                out = io.BytesIO()
                upright.save(out, "JPEG", quality=85)
    except (OSError, ValueError, SyntaxError, Warning, MemoryError, Image.DecompressionBombError):
        return None
    return out.getvalue()
