"""What calls to other servers stand on: a stream with an end, whatever dribbles through it."""

import ssl
import time
from collections.abc import Callable
from typing import Any

import httpcore2


class Unreachable(Exception):
    """Why a call was not made. No error of the library, whose pool would take the cause away."""


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
