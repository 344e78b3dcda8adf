"""A house behind TLS tells browsers to come by https only, for a year: with every answer, also a file's and a refusal's.

No cookie of it is ever sent without TLS either, whoever set it.
"""

from typing import Any

YEAR = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


def told(app: Any, *, secure: bool) -> Any:
    """The web as it is, or with the header on each of its answers."""
    if not secure:
        return app

    async def web(scope: Any, receive: Any, send: Any) -> None:
        async def say(message: Any) -> None:
            if message["type"] == "http.response.start":
                said = [
                    (name, _secure(value) if name == b"set-cookie" else value)
                    for name, value in message.get("headers", ())
                ]
                message = {**message, "headers": [*said, YEAR]}
            await send(message)

        await app(scope, receive, say)

    return web


def _secure(cookie: bytes) -> bytes:
    marks = {mark.strip().lower() for mark in cookie.split(b";")[1:]}
    return cookie if b"secure" in marks else cookie + b"; Secure"
