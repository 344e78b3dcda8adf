"""What was read has a tag: who has it already is spared the body (304), who acts on what has changed is told so (412)."""

import hashlib
from typing import Any

import msgspec
from litestar import Request, Response

from backhaul.kit.machine import Refused

Req = Request[Any, Any, Any]
TAG_CHARACTERS = 16
PRECONDITION_FAILED, NOT_MODIFIED = 412, 304

_encode = msgspec.json.Encoder().encode


def tagged(request: Req, view: Any, version: int | None = None) -> Response[Any]:
    """One resource with its ETag: the version if it has one, which `If-Match` names, and a hash of what this reader is shown.

    What a reader sees changes without a new version too: days go by, acts close, another language is asked for.
    """
    body = _encode(view)
    shown = hashlib.sha256(body).hexdigest()[:TAG_CHARACTERS]
    tag = f'"{shown}"' if version is None else f'"{version}-{shown}"'
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "accept-language, authorization"}
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(b"", status_code=NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def status_of(request: Req, refused: Refused) -> int | None:
    """412 when the version that `If-Match` named is not the one there is; else the status of the refusal's kind."""
    stale = refused.code == "version_conflict" and "if-match" in request.headers
    return PRECONDITION_FAILED if stale else None


def _has(if_none_match: str, tag: str) -> bool:
    """Compared weakly, as RFC 9110 wants it for reading."""
    known = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return tag in known or "*" in known
