"""What customers wrote is closed wherever it stands; here it is opened, at the last moment, for whoever reads.

The customer and staff read it in full. Everybody else (sellers, their programs, pick-up points) reads it without addresses, numbers and the
customer's own names. A page that forgets to ask shows this, too: it is done to every answer that a house gives, not by its doors.
"""

import re
from typing import Any

from anyio import to_thread
from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from backhaul.kit import http, i18n, sealed_words
from backhaul.marketplace import person_queries
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.texts import ERASED_WORDS

STAFF = frozenset({Role.MODERATOR.value, Role.SUPPORT.value})
READS_IN_FULL = STAFF | {Role.CUSTOMER.value}
LANGUAGE = re.compile(rb'<html[^>]* lang="([A-Za-z-]+)"')
OPENED = (b"text/html", b"application/json", b"application/problem+json")


def opening(office: Office) -> Any:
    """A layer around a house's web."""

    def read(scope: Scope, body: bytes, *, is_page: bool) -> bytes:
        text, role = body.decode(), scope["state"].get("role")
        with office.database.read() as tx:
            found = person_queries.keys(tx, sealed_words.key_ids(text))
            hidden = person_queries.masked(tx, found) if role in STAFF else set()
        said = LANGUAGE.search(body) if is_page else None
        asked = said[1].decode() if said else ""
        language = asked if asked in i18n.LANGUAGES else http.language_of(Request(scope))
        written = sealed_words.in_html if is_page else sealed_words.in_json
        gone = i18n.gettext(language, ERASED_WORDS)
        return sealed_words.opened(
            text, found, gone, in_full=role in READS_IN_FULL, written=written, hidden=hidden
        ).encode()

    def around(app: ASGIApp) -> ASGIApp:
        async def layer(scope: Scope, receive: Receive, send: Send) -> None:
            held: list[Any] = []

            async def look(message: Any) -> None:
                """Hold back the head of an answer until its body is there; a stream has no length and is not held."""
                if message["type"] == "http.response.start" and _is_text(message):
                    held.append(message)
                    return
                if held and message["type"] == "http.response.body":
                    start, body = held.pop(), message.get("body", b"")
                    if sealed_words.PREFIX_BYTES in body:
                        is_page = _kind(start).startswith(b"text/html")
                        body = await to_thread.run_sync(lambda: read(scope, body, is_page=is_page))
                        start["headers"] = [
                            (name, b"%d" % len(body) if name == b"content-length" else value)
                            for name, value in start["headers"]
                        ]
                        message["body"] = body
                    await send(start)
                await send(message)

            await app(scope, receive, look if scope["type"] == ScopeType.HTTP else send)

        return layer

    return around


def _kind(start: Any) -> bytes:
    return bytes(dict(start["headers"]).get(b"content-type", b""))


def _is_text(start: Any) -> bool:
    return b"content-length" in dict(start["headers"]) and _kind(start).startswith(OPENED)
