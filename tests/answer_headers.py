"""T34: what every answer of a house must tell browsers, whatever it is. Each web of the tests is listened to, so every answer of every test is.

Said from the programme (ASVS 3.3, 3.4, 14.3.2), not from the code: no script but a page's own, nothing in frames, types as they are told, no
address to others, no window or page of others at hand, nothing kept that may be about people, cookies that no script and no other site sends.
"""

import re
from collections.abc import Iterable

from litestar import Litestar
from litestar.types import Message, Scope

Headers = Iterable[tuple[bytes, bytes]]
EXACTLY = {
    "x-content-type-options": "nosniff", "referrer-policy": "same-origin", "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}  # fmt: skip
# What may be kept: stylesheets, scripts and letters, which are about nobody; pictures and films by their one reader, for a day.
ASSETS = re.compile(r"/static/")
EVIDENCE = re.compile(r"[/-](photos|videos|files|documents)/")
KEPT_A_DAY = "private, max-age=86400"
PAGE = re.compile(
    r"default-src 'none'; script-src 'nonce-[\w-]{16,}'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; font-src 'self'; "
    r"connect-src 'self'; form-action 'self'( http://\S+)?; base-uri 'none'; frame-ancestors 'none'"
)
# Whatever is no page runs nothing. A viewer of PDFs brings styles of its own.
FILE = re.compile(r"sandbox|default-src 'none';.*")


def faults(path: str, headers: Headers) -> list[str]:
    """What is missing from an answer, or should not be in it."""
    said: dict[str, list[str]] = {}
    for name, value in headers:
        said.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    found = [
        f"{name} twice"
        for name, values in said.items()
        if len(values) > 1 and name not in {"set-cookie", "link", "vary"}
    ]
    one = {name: values[0] for name, values in said.items()}
    found += [f"{name}: {one.get(name)}" for name, value in EXACTLY.items() if one.get(name) != value]
    policy, kept = one.get("content-security-policy", ""), one.get("cache-control", "")
    is_page = one.get("content-type", "").startswith("text/html")
    if not (PAGE if is_page else FILE).fullmatch(policy) or "unsafe" in policy.replace("style-src 'unsafe-inline'", ""):
        found.append(f"content-security-policy: {policy}")
    may_stay = ASSETS.match(path) or (kept == KEPT_A_DAY and policy == "sandbox" and EVIDENCE.search(path))
    if not may_stay and kept != "no-store":
        found.append(f"cache-control: {kept}")
    for cookie in said.get("set-cookie", []):
        marks = {mark.strip().lower() for mark in cookie.split(";")[1:]}
        if (
            "httponly" not in marks
            or not marks & {"samesite=lax", "samesite=strict"}
            or any(mark.startswith("domain") for mark in marks)
        ):
            found.append(f"set-cookie: {cookie.partition('=')[0]} {sorted(marks)}")
    return found


class Ear:
    """Listens to a web: `found` has what was wrong, as lines, since it was asked last; `heard` counts the answers by door."""

    def __init__(self) -> None:
        self.found: dict[str, None] = {}
        self.heard: set[str] = set()

    def listen(self, app: Litestar) -> None:
        """From now on to every answer of this web, as the last before it leaves."""

        async def hear(message: Message, scope: Scope) -> None:
            if message["type"] == "http.response.start":
                door = f"{scope['method']} {scope.get('path_template', '')}"  # type: ignore[typeddict-item]
                self.heard.add(door)
                wrong = faults(scope["path"], message["headers"])
                self.found |= dict.fromkeys(f"{message['status']} {door or scope['path']}: {one}" for one in wrong)

        app.before_send.append(hear)

    def told(self) -> list[str]:
        """What was wrong since this was asked last."""
        found, self.found = list(self.found), {}
        return found


EAR = Ear()
