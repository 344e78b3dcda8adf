"""Conditional GETs of API v1: every JSON answer has an ETag of its content, and who has it already is told 304.

A resource that can be decided names its version itself, `"7"`: it goes out as `"7-…"`, because what the same version
shows also depends on the reader, the language and the time. `If-Match` takes both forms (`http.version_of`).
"""

import hashlib
from typing import Any

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from backhaul.kit.machine import Refused

HASH_CHARACTERS = 16
_encode = msgspec.json.Encoder().encode
VARY = (b"vary", b"accept-language, authorization")
NOT_MODIFIED = 304


def check_unchanged(if_match: str | None, view: Any) -> None:
    """`Refused` when what the caller saw, by its ETag in `If-Match`, is not what they would see now. For what has no version."""
    known = {one.strip().removeprefix("W/").strip('"').partition("-")[0] for one in (if_match or "*").split(",")}
    tag = tag_of(view)
    if "*" not in known and tag.strip('"') not in known:
        raise Refused("changed_meanwhile", "conflict", "If-Match", etag=tag)


def tag_of(view: Any) -> str:
    """The first part of an ETag, for an answer of which a part changes by itself: `view` is what is decided about."""
    return f'"{_hash(_encode(view))}"'


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:HASH_CHARACTERS]


def conditional(app: ASGIApp) -> ASGIApp:
    """A layer around a house's web."""

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET or scope["method"] != "GET" or not scope["path"].startswith("/api/v1/"):
            await app(scope, receive, send)
            return
        asked = dict(scope["headers"]).get(b"if-none-match", b"")
        start: list[Message] = []
        parts: list[bytes] = []

        async def held(message: Message) -> None:
            """Hold back a JSON answer until all of it is there; everything else goes through."""
            if message["type"] == "http.response.start" and _is_json(message):
                start.append(message)
            elif start and message["type"] == "http.response.body":
                parts.append(message["body"])
                if not message["more_body"]:
                    await _answered(start[0], b"".join(parts), asked, send)
            else:
                await send(message)

        await app(scope, receive, held)

    return layer


def _is_json(message: Any) -> bool:
    """A whole JSON answer; one that is streamed has no length and is never held."""
    headers = dict(message["headers"])
    whole = b"content-length" in headers and headers.get(b"content-type", b"").startswith(b"application/json")
    return bool(message["status"] == 200 and whole)


async def _answered(start: Any, body: bytes, asked: bytes, send: Send) -> None:
    headers = [(name, value) for name, value in start["headers"] if name != b"etag"]
    version = dict(start["headers"]).get(b"etag", b"").strip(b'"')
    digest = _hash(body).encode()
    etag = b'"%s-%s"' % (version, digest) if version else b'"%s"' % digest
    known = etag in [one.strip().removeprefix(b"W/") for one in asked.split(b",")]
    headers = [*headers, (b"etag", etag), VARY]
    if known:
        headers = [(name, value) for name, value in headers if name not in (b"content-length", b"content-type")]
        await send({"type": "http.response.start", "status": NOT_MODIFIED, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    start["headers"] = headers
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})
