"""What calls to other servers stand on, each with an end: the search for a name, and a stream that bytes dribble through."""

import ssl
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import httpcore2

T = TypeVar("T")


class Unreachable(Exception):
    """Why a call was not made. No error of the library, whose pool would take the cause away."""


def in_time(find: Callable[[], T], seconds: float) -> T:
    """What `find` gives or raises; `ReadTimeout` when it takes longer: the machine's resolver knows no end of its own."""
    answers: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((find(), None))
        except BaseException as error:  # noqa: BLE001 -- it is raised where somebody waits for it
            answers.put((None, error))

    threading.Thread(target=run, name="resolver", daemon=True).start()
    try:
        found, error = answers.get(timeout=seconds)
    except Empty:
        raise httpcore2.ReadTimeout("no answer from the resolver") from None
    if error is not None:
        raise error
    return found  # type: ignore[return-value]


class Bounded(httpcore2.NetworkStream):
    """A stream that ends at an instant, whatever dribbles in, and after so many bytes."""

    def __init__(
        self, stream: httpcore2.NetworkStream, until: Callable[[], float], bytes_left: list[int] | None
    ) -> None:
        self.stream = stream
        self.until = until
        self.bytes_left = bytes_left  # one count, below and above TLS

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 -- the library's form
        if self.bytes_left is None:
            return self.stream.read(max_bytes, left(self.until))
        if self.bytes_left[0] <= 0:
            raise httpcore2.ReadError("the answer is too large")
        taken = self.stream.read(min(max_bytes, self.bytes_left[0]), left(self.until))
        self.bytes_left[0] -= len(taken)
        return taken

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self.stream.write(buffer, left(self.until))

    def close(self) -> None:
        self.stream.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                  timeout: float | None = None) -> httpcore2.NetworkStream:  # noqa: ARG002 # fmt: skip
        try:
            stream = self.stream.start_tls(ssl_context, server_hostname, left(self.until))
        except httpcore2.ConnectError as error:  # the pool would take the cause away
            raise Unreachable("certificate_refused") from error
        return Bounded(stream, self.until, self.bytes_left)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def left(until: Callable[[], float]) -> float:
    """The seconds until an instant of `time.monotonic`; `ReadTimeout` when it is over."""
    seconds = until() - time.monotonic()
    if seconds <= 0:
        raise httpcore2.ReadTimeout("the time is over")
    return seconds
