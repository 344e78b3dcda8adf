"""Calls to servers that others run: an address that leads out of this house, no redirects, a bounded answer."""

import ipaddress
import time
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

import httpx2
import msgspec

from backhaul.kit.lookups import looked_up, resolved
from backhaul.kit.machine import Refused

ANSWER_BYTES_MAX = 8_000_000
TIMEOUT_SECONDS = 10
ANSWER_SECONDS_MAX = 30.0  # however little it says at a time
WAIT_MAX = timedelta(hours=1)
ADDRESS_CHARACTERS_MAX = 200
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class Answer(msgspec.Struct, frozen=True):
    """What came back. `wait` is how long the server asks us to be silent."""

    status: int
    body: bytes
    wait: timedelta | None = None


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
    return said


def check_way_out(address: str) -> None:
    """Refuse a host whose name leads into our own networks: no server may make us knock at doors inside (SSRF)."""
    parts = _parts(address)
    host = (parts.hostname or "").lower()
    if parts.scheme == "http" and host in LOCAL_HOSTS:
        return
    try:
        found = looked_up(resolved, host, parts.port or 443, time.monotonic() + TIMEOUT_SECONDS)
    except OSError as error:
        raise Refused("address_unknown", "away", "url") from error
    if not found or not all(ipaddress.ip_address(one.partition("%")[0]).is_global for one in found):
        raise Refused("address_inside", "invalid", "url")


def post(client: httpx2.Client, address: str, body: bytes, headers: dict[str, str], *, known: bool = False,
         bytes_max: int = ANSWER_BYTES_MAX) -> Answer:  # fmt: skip
    """A POST of JSON; `httpx2.HTTPError` when nothing usable comes back. `known`: the operator's own server, wherever it stands."""
    if not known:
        check_way_out(address)
    sent = {"content-type": "application/json", "accept": "application/json", **headers}
    until = time.monotonic() + ANSWER_SECONDS_MAX
    with client.stream(
        "POST", address, content=body, headers=sent, timeout=TIMEOUT_SECONDS, follow_redirects=False
    ) as answer:
        taken = b""
        for chunk in answer.iter_bytes():
            taken += chunk
            if len(taken) > bytes_max:
                raise httpx2.DecodingError("the answer is too large")
            if time.monotonic() > until:
                raise httpx2.ReadTimeout("the answer takes too long")
        return Answer(answer.status_code, taken, _wait(answer.headers.get("retry-after", "")))


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
