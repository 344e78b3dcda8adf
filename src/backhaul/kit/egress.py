"""Calls to addresses that users typed: every address of the name is looked at, and the connection goes to one of those (SSRF).

There is no moment between the look and the connection in which a name could lead elsewhere. No redirects, no proxies, no
cookies, a bounded answer, a bounded time. `Way.inside` are networks of ours that may be called all the same: for trying out.
"""

import ipaddress
import re
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpcore2
import httpx2
import msgspec

from backhaul.kit.lookups import Resolve, looked_up, resolved
from backhaul.kit.machine import Refused
from backhaul.kit.streams import Bounded, Unreachable, left

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Connect = Callable[[str, int, float], httpcore2.NetworkStream]

URL_CHARACTERS_MAX = 500
SECONDS_MAX = 10.0
ANSWER_BYTES_MAX = 64 * 1024
KEPT_BYTES = 1000
ADDRESSES_TRIED_MAX = 4
PORTS_LOW = frozenset({80, 443})  # below 1024; the others are of servers that speak no HTTP

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_INNER_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa")
# Public by their number, and yet inside somewhere: what stands behind a translator, and servers of clouds that tell secrets.
_NEVER = tuple(
    ipaddress.ip_network(one)
    for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0/96", "fec0::/10",
                "168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "0.0.0.0/8", "240.0.0.0/4")
)  # fmt: skip


def connected(address: str, port: int, seconds: float) -> httpcore2.NetworkStream:
    """A connection to one address."""
    return httpcore2.SyncBackend().connect_tcp(address, port, timeout=seconds)


class Way(msgspec.Struct, frozen=True):
    """How calls leave the house. `resolve` and `connect` are the network beyond us."""

    inside: tuple[Network, ...] = ()
    resolve: Resolve = resolved
    connect: Connect = connected
    seconds_max: float = SECONDS_MAX
    kept_bytes: int = KEPT_BYTES
    bytes_max: int = ANSWER_BYTES_MAX


class Reply(msgspec.Struct, frozen=True):
    """What a call came to. `status` 0: no answer, and `error` says why; `body` is its beginning. `retry_after` is as it was sent."""

    status: int = 0
    body: bytes = b""
    milliseconds: int = 0
    error: str = ""
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it."""
        return 200 <= self.status < 300


def networks(text: str) -> tuple[Network, ...]:
    """Networks with commas or blanks between them; ValueError names the first that is none."""
    return tuple(ipaddress.ip_network(word) for word in text.replace(",", " ").split())


def is_allowed(way: Way, text: str, *, only_inside: bool = False) -> bool:
    """Whether an address may be called: one of the open internet, or one of the networks that stand open."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False  # with a zone, or no address at all
    if any(address in network for network in way.inside):
        return True
    return not only_inside and _is_public(address)


def _is_public(address: Address) -> bool:
    if any(address in network for network in _NEVER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def checked_url(way: Way, text: str) -> str:
    """The URL of a receiver, as it will be called; `Refused` when its form alone shows that it cannot be."""
    said = text.strip()
    parts = _parts(said)
    host = parts.hostname or ""
    if len(said) > URL_CHARACTERS_MAX or not re.fullmatch(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+", said):
        raise Refused("address_unusable", "invalid", "url")
    if (
        parts.username is not None
        or parts.password is not None
        or "@" in parts.netloc
        or "#" in said
        or "%" in parts.netloc
    ):
        raise Refused("address_unusable", "invalid", "url")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    literal = _literal(host)
    if (literal is None and not _is_name(host, way)) or not _says_no_more(parts, host):
        raise Refused("address_unusable", "invalid", "url")
    if parts.scheme != "https" and not (parts.scheme == "http" and way.inside):
        raise Refused("address_not_https", "invalid", "url")
    if port < 1024 and port not in PORTS_LOW:
        raise Refused("port_unusable", "invalid", "url", port=port)
    if literal is not None and not is_allowed(way, literal, only_inside=parts.scheme == "http"):
        raise Refused("address_inside", "invalid", "url")
    return said


def check_name(way: Way, url: str) -> None:
    """Ask where a name leads now, so that a mistake is told at once; every call asks again. No longer than a call may take."""
    parts = _parts(url)
    try:
        found = looked_up(way.resolve, parts.hostname or "", parts.port or 443, time.monotonic() + way.seconds_max)
    except OSError as error:
        raise Refused("address_unknown", "invalid", "url") from error
    if not found or not all(is_allowed(way, one, only_inside=parts.scheme == "http") for one in found):
        raise Refused("address_inside", "invalid", "url")


def post(way: Way, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """Send a body; never raises for what the other side does. Whatever took longer than `way.seconds_max` is cut off."""
    began = time.monotonic()
    try:
        reply = _exchange(way, checked_url(way, url), body, headers, began + way.seconds_max)
    except Refused as refused:
        reply = Reply(error=refused.code)
    except Unreachable as reason:
        reply = Reply(error=str(reason))
    except httpcore2.TimeoutException:
        reply = Reply(error="too_slow")
    except httpcore2.ConnectError:
        reply = Reply(error="no_connection")
    except httpcore2.ProtocolError:
        reply = Reply(error="no_http")
    except (httpcore2.NetworkError, OSError):
        reply = Reply(error="broken_off")
    return msgspec.structs.replace(reply, milliseconds=round((time.monotonic() - began) * 1000))


def _exchange(way: Way, url: str, body: bytes, headers: Mapping[str, str], until: float) -> Reply:
    """Status and the beginning of the answer. The connection is closed after it: nobody keeps one open."""
    seconds = way.seconds_max
    is_https = _parts(url).scheme == "https"
    allows = partial(is_allowed, way, only_inside=not is_https)
    dialling = Dialling(way, lambda: until, allows, way.bytes_max)
    with httpcore2.ConnectionPool(
        ssl_context=tls() if is_https else None, network_backend=dialling, max_connections=1, keepalive_expiry=0
    ) as pool:
        said = [(name.encode(), value.encode()) for name, value in headers.items()]
        timeout = {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}
        with pool.stream("POST", url, headers=[*said, (b"accept-encoding", b"identity"), (b"connection", b"close")],
                         content=body, extensions={"timeout": timeout}) as answer:  # fmt: skip
            taken = bytearray()
            for chunk in answer.iter_stream():
                taken += chunk
                if len(taken) >= way.kept_bytes:
                    break
            wait = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"")
            return Reply(answer.status, bytes(taken[: way.kept_bytes]), retry_after=wait.decode("latin-1"))


class Dialling(httpcore2.NetworkBackend):
    """Looks at all addresses of a name and connects to one of them, in one step.

    `until` is the instant (of `time.monotonic`) at which whatever is under way ends; `bytes_max` None: the caller counts.
    """

    def __init__(self, way: Way, until: Callable[[], float], allows: Callable[[str], bool],
                 bytes_max: int | None = None) -> None:  # fmt: skip
        self.way = way
        self.until = until
        self.allows = allows
        self.bytes_max = bytes_max

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,  # noqa: ARG002 -- the library's form
                    socket_options: Iterable[Any] | None = None) -> httpcore2.NetworkStream:  # noqa: ARG002 # fmt: skip
        try:
            found = list(dict.fromkeys(looked_up(self.way.resolve, host, port, self.until())))
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("the name has no answer in time") from error
        except OSError as error:
            raise Unreachable("address_unknown") from error
        if not found or not all(self.allows(one) for one in found):
            raise Unreachable("address_inside")
        failed: Exception = httpcore2.ConnectError("no address answers")
        bytes_left = None if self.bytes_max is None else [self.bytes_max]
        for address in found[:ADDRESSES_TRIED_MAX]:
            try:
                return Bounded(self.way.connect(address, port, left(self.until)), self.until, bytes_left)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore2.NetworkStream:
        raise Unreachable("address_unusable")


@cache
def tls() -> ssl.SSLContext:
    """The authorities that this machine believes, read once."""
    return httpx2.create_ssl_context()


def _parts(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        return parts if parts.port is None or parts.port else SplitResult("", "", "", "", "")
    except ValueError as error:
        raise Refused("address_unusable", "invalid", "url") from error


def _says_no_more(parts: SplitResult, host: str) -> bool:
    """Whether name and port are all that stands there: the library passes over what follows a bracket, and others may not."""
    name = f"[{host}]" if ":" in host else host
    return parts.netloc.lower() == (name if parts.port is None else f"{name}:{parts.port}")


def _literal(host: str) -> str | None:
    """The address that stands where a name could; `Refused` for numbers in any other form (hex, octal, one number, three)."""
    last = host.rpartition(".")[2]
    if ":" not in host and not last.isdigit() and not last.startswith("0x"):
        return None
    try:
        return str(ipaddress.ip_address(host))
    except ValueError as error:
        raise Refused("address_unusable", "invalid", "url") from error


def _is_name(host: str, way: Way) -> bool:
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or len(host) > 253:
        return False
    return bool(way.inside) or (len(labels) > 1 and labels[-1] not in _INNER_NAMES)
