"""What every answer of a house tells browsers, pages, JSON, files and errors alike: run nothing, frame nothing, guess nothing, keep nothing.

A door that knows better says so itself, and that stands: a page lets its own script run, a picture is kept for a day.
"""

from litestar.types import Message, Scope

ALWAYS = (
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


async def add(message: Message, _: Scope) -> None:
    """What is not said yet, beside what is: for `before_send`, which sees the framework's own answers too."""
    if message["type"] == "http.response.start":
        said = list(message["headers"])
        names = {name.lower() for name, _ in said}
        message["headers"] = [*said, *(one for one in ALWAYS if one[0] not in names)]
