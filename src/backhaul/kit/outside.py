"""Calls to servers that others run: bounded in time and size, without redirects and proxies, whatever the other side does.

An address that the operator named (the other house's) is called wherever it stands, over connections that are kept. Everybody
else's leads out of this house: `egress` looks at each address of its name and calls the one that it looked at (SSRF).
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import httpcore2
import httpx2
import msgspec

from backhaul.kit import egress
from backhaul.kit.machine import Refused
from backhaul.kit.streams import Unreachable

T = TypeVar("T")

ANSWER_BYTES_MAX = 8_000_000
HEADER_BYTES_MAX = 100_000
SECONDS_MAX = 10.0
KEPT_OPEN_SECONDS = 5.0  # less than any server keeps one: who asks while the other closes loses a request
WAIT_MAX = timedelta(hours=1)
ADDRESS_CHARACTERS_MAX = 200
LINES = 8
LINE_WAIT_SECONDS = 0.5
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
THIS_MACHINE = egress.networks("127.0.0.0/8,::1/128")
# What `egress` says of a call that came to nothing, as the errors of the library that our own servers are called by.
ERRORS: dict[str, type[httpx2.TransportError]] = {
    "too_slow": httpx2.ReadTimeout, "no_connection": httpx2.ConnectError, "certificate_refused": httpx2.ConnectError,
    "no_http": httpx2.RemoteProtocolError, "broken_off": httpx2.ReadError,
}  # fmt: skip


class Answer(msgspec.Struct, frozen=True):
    """What came back. `wait` is how long the server asks us to be silent."""

    status: int
    body: bytes
    wait: timedelta | None = None


class Line(msgspec.Struct, frozen=True):
    """How a house calls others: `own` to the other house, `way` to everybody else."""

    own: httpx2.Client
    way: egress.Way

    def close(self) -> None:
        """Let go of the connections."""
        self.own.close()


def open_line(seconds_max: float = SECONDS_MAX) -> Line:
    """A line on which no call lasts longer than `seconds_max`, from its beginning to the last byte of its answer."""
    way = egress.Way(seconds_max=seconds_max, kept_bytes=ANSWER_BYTES_MAX + 1,
                     bytes_max=ANSWER_BYTES_MAX + HEADER_BYTES_MAX)  # fmt: skip
    return Line(httpx2.Client(transport=Timed(seconds_max), timeout=seconds_max), way)


class Timed(httpx2.HTTPTransport):
    """Connections that are kept, and requests that end at an instant: a server that sends a byte now and then holds no thread."""

    def __init__(self, seconds_max: float) -> None:
        super().__init__(verify=egress.tls())
        self.seconds_max = seconds_max
        self._of_thread = threading.local()
        dialling = egress.Dialling(egress.Way(), lambda: float(self._of_thread.until), lambda _: True)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=egress.tls(), network_backend=dialling, max_connections=100, keepalive_expiry=KEPT_OPEN_SECONDS
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answers with headers; the body that is read afterwards, by the same thread, has the same end."""
        self._of_thread.until = time.monotonic() + self.seconds_max
        try:
            return super().handle_request(request)
        except Unreachable as reason:
            raise httpx2.ConnectError(str(reason), request=request) from reason


class Lines:
    """For calls that a person or program waits for: the others' slowness holds so many threads of ours, never all."""

    def __init__(self, most: int = LINES) -> None:
        self._free = threading.BoundedSemaphore(most)

    @contextmanager
    def one(self, code: str) -> Iterator[None]:
        """A free line, or `Refused` as away: at once, but for the moment that servers which answer need."""
        if not self._free.acquire(timeout=LINE_WAIT_SECONDS):
            raise Refused(code, "away")
        try:
            yield
        finally:
            self._free.release()


def base_address(text: str) -> str:
    """An https address without a slash at its end; http only for a server on this machine. `Refused` for anything else."""
    said = text.strip().rstrip("/")
    parts = _parts(said)
    host = (parts.hostname or "").lower()
    plain = parts.username is None and parts.password is None and not parts.query and not parts.fragment
    if not host or not plain or len(said) > ADDRESS_CHARACTERS_MAX or not said.isascii() or " " in said:
        raise Refused("address_unusable", "invalid", "url")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOCAL_HOSTS):
        raise Refused("address_not_https", "invalid", "url")
    return egress.checked_url(_way(egress.Way(), said), said)


def post(line: Line, address: str, body: bytes, headers: dict[str, str], *, known: bool = False,
         bytes_max: int = ANSWER_BYTES_MAX) -> Answer:  # fmt: skip
    """A POST of JSON; `httpx2.HTTPError` when nothing usable comes back. `known`: the operator's own server, wherever it stands.

    A stranger's address that leads inside, or nowhere, is `Refused`.
    """
    sent = {"content-type": "application/json", "accept": "application/json", **headers}
    if known:
        return post_known(line.own, address, body, sent, bytes_max=bytes_max)
    reply = egress.post(_way(line.way, address), address, body, sent)
    if reply.status == 0:
        if reply.error in ERRORS:
            raise ERRORS[reply.error](reply.error)
        raise Refused(reply.error, "away" if reply.error == "address_unknown" else "invalid", "url")
    if len(reply.body) > bytes_max:
        raise httpx2.DecodingError("the answer is too large")
    return Answer(reply.status, reply.body, _wait(reply.retry_after))


def post_known(client: httpx2.Client, address: str, body: bytes, headers: dict[str, str], *,
               bytes_max: int = ANSWER_BYTES_MAX) -> Answer:  # fmt: skip
    """The same to a server that the operator named."""
    sent = {**headers, "accept-encoding": "identity"}
    try:
        with client.stream("POST", address, content=body, headers=sent, follow_redirects=False) as answer:
            taken = bytearray()
            for chunk in answer.iter_raw():
                taken += chunk
                if len(taken) > bytes_max:
                    raise httpx2.DecodingError("the answer is too large")
            return Answer(answer.status_code, bytes(taken), _wait(answer.headers.get("retry-after", "")))
    except httpx2.InvalidURL as error:
        raise httpx2.UnsupportedProtocol("no address") from error


def read(body: bytes, shape: type[T]) -> T:
    """JSON of another house in the form that was agreed; `httpx2.DecodingError` for anything else, however strange.

    What names a field twice is no answer: which of the two counts must not depend on who reads it.
    """
    try:
        said = msgspec.json.decode(body, type=shape)
        json.loads(body, object_pairs_hook=_once_each)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise httpx2.DecodingError("no such answer") from error
    return said


def _once_each(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a field twice")


def _way(way: egress.Way, address: str) -> egress.Way:
    """Only a plain address of this machine leads to this machine."""
    parts = _parts(address)
    local = parts.scheme == "http" and (parts.hostname or "").lower() in LOCAL_HOSTS
    return msgspec.structs.replace(way, inside=THIS_MACHINE if local else ())


def _wait(said: str) -> timedelta | None:
    """Retry-After in seconds, at most an hour; dates are not understood."""
    seconds = said.strip()
    return (
        min(timedelta(seconds=int(seconds)), WAIT_MAX)
        if seconds.isascii() and seconds.isdigit() and len(seconds) < 9
        else None
    )


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        return parts if parts.port is None or parts.port else SplitResult("", "", "", "", "")
    except ValueError as error:
        raise Refused("address_unusable", "invalid", "url") from error
