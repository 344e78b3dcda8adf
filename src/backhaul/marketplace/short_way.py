"""The short way: an act of API v1 by an API key goes to the desk without a walk through the framework.

It takes a call only as it always comes: a key, JSON, no query, no header twice, a body that fits. Whatever is otherwise goes the
long way untouched, before anything was done. Both ways give the same answer, refusals too.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Litestar, Request
from litestar.types import Receive, Scope, Send

from backhaul.kit import http
from backhaul.kit.in_hand import InHand
from backhaul.kit.machine import Refused
from backhaul.marketplace import key_log
from backhaul.marketplace.access import KeyCaller
from backhaul.marketplace.doors import ACTS, TRACE_CHARACTERS_MAX, act, problem
from backhaul.marketplace.office import Office

LOG = logging.getLogger("backhaul.marketplace.short_way")

PATH = re.compile(r"/api/v1/returns/([0-9]{1,18})/([a-z-]+)")
BODY_BYTES_MAX = 64 * 1024
KEY_CHARACTERS_MAX = 255
JSON = (b"content-type", b"application/json")


class Call(msgspec.Struct, frozen=True):
    """An act as it came, read whole."""

    return_id: int
    command: Any
    caller: KeyCaller
    key: str
    seen: int | None
    trace: str


class Web(Litestar):
    """The framework's web behind a short way."""

    short_way: "ShortWay | None" = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, by the short way where it may be taken."""
        if self.short_way is not None and scope["type"] == "http" and scope["method"] == "POST":
            receive = await self.short_way.take(scope, receive, self._wrap_send(send, scope))
            if receive is None:
                return
        await super().__call__(scope, receive, send)


class ShortWay:
    """What takes acts on its own; `in_hand` is that of the long way too."""

    def __init__(self, office: Office, in_hand: InHand) -> None:
        self._office = office
        self._in_hand = in_hand
        self._readers = {word: _reader(command) for word, command in ACTS.items()}
        self._templates = {word: f"/api/v1/returns/{{return_id}}/{word}" for word in ACTS}

    async def take(self, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        """Answer, then None; or what the long way is to read from."""
        found = PATH.fullmatch(scope["path"])
        read = self._readers.get(found[2]) if found else None
        if found is None or read is None or scope["query_string"] or scope.get("root_path"):
            return receive
        sent = list(scope["headers"])
        headers = dict(sent)
        if len(headers) != len(sent) or not _is_plain(headers):
            return receive
        messages: list[Any] = [await receive()]
        while messages[-1]["type"] == "http.request" and messages[-1].get("more_body"):
            messages.append(await receive())
        call = _call(int(found[1]), read, headers, scope, messages)
        if call is None:
            return _again(messages, receive)
        scope["path_template"] = self._templates[found[2]]
        scope.setdefault("state", {})["role"] = "key"
        await self._answer(call, headers, scope, receive, send)
        return None

    async def _answer(self, call: Call, headers: dict[bytes, bytes], scope: Any, receive: Receive, send: Send) -> None:
        office, caller = self._office, call.caller
        try:
            with self._in_hand.holding(headers):
                answer = await act(office, call.return_id, call.command, caller, key=call.key, seen=call.seen,
                                   request_id=call.trace)  # fmt: skip
                if key_log.use_is_due(office, caller):
                    await to_thread.run_sync(key_log.note_use, office, caller, scope["path"])
        except Exception as error:
            if not isinstance(error, Refused):
                LOG.exception("a request failed")
            refused, status = (error, None) if isinstance(error, Refused) else (Refused("failed", "away"), 500)
            request: Request[Any, Any, Any] = Request(scope)
            http.note(request, refused=refused.code)
            response = problem(refused, http.language_of(request), status)
            await response.to_asgi_response(None, request)(scope, receive, send)
            return
        length = (b"content-length", b"%d" % len(answer.body))
        await send({"type": "http.response.start", "status": 200, "headers": [JSON, length]})
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})


def _is_plain(headers: dict[bytes, bytes]) -> bool:
    length = headers.get(b"content-length", b"0")
    return (
        headers.get(b"authorization", b"").startswith(b"Bearer bh_")
        and b"transfer-encoding" not in headers
        and length.isdigit()
        and int(length) <= BODY_BYTES_MAX
        and (length == b"0" or headers.get(b"content-type") == JSON[1])
        and len(headers.get(b"idempotency-key", b"")) <= KEY_CHARACTERS_MAX
    )


def _reader(command: type[Any]) -> Callable[[bytes], Any]:
    """A body as the command, by its shape; for one that takes nothing, an empty body or `{}`. None is `{}`."""
    if msgspec.structs.fields(command):
        decode = msgspec.json.Decoder(command).decode
        return lambda raw: decode(raw or b"{}")

    def nothing(raw: bytes) -> Any:
        if raw.strip() not in (b"", b"{}"):
            raise msgspec.ValidationError("takes nothing")
        return command()

    return nothing


def _call(return_id: int, read: Callable[[bytes], Any], headers: dict[bytes, bytes], scope: Any,
          messages: Sequence[Any]) -> Call | None:  # fmt: skip
    """The act, or None where something is otherwise than it always is."""
    if any(message["type"] != "http.request" for message in messages):
        return None
    try:
        command = read(b"".join(message.get("body", b"") for message in messages))
        if_match = headers.get(b"if-match")
        seen = None if if_match is None else http.version_of(if_match.decode("latin-1"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Refused):
        return None
    token = headers[b"authorization"].decode("latin-1").partition(" ")[2]
    caller = KeyCaller(None, token, scope["client"][0] if scope.get("client") else "")
    key = headers.get(b"idempotency-key", b"").decode("latin-1")
    trace = headers.get(b"x-request-id", b"").decode("latin-1")[:TRACE_CHARACTERS_MAX]
    return Call(return_id, command, caller, key, seen, trace)


def _again(messages: Sequence[Any], receive: Receive) -> Receive:
    """What was read already, then the rest."""
    read: Iterator[Any] = iter(messages)

    async def replayed() -> Any:
        for message in read:
            return message
        return await receive()

    return replayed
