"""Who is answered what at every door of a house, as words, and the hand-reviewed table of it (T27).

A table is a text: `# ` comments, then one line a door with a word for each principal. The words:

    in      let past: whatever is answered is not about who asks
    sign    sign in first (401, or the way to the entrance)
    role    another's work (403); `reads`, `person`, `owner`, `keys`, `hooks`: a right that this one lacks (403)
    revoked, net   a key that is over, a key from another network (403)
    404     nothing there: byte for byte the answer to a number that nobody has
"""

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from tests.doors import READING, Door, filled

FORBIDDEN = {
    "not_your_role": "role", "role_read_only": "reads", "session_needed": "person", "owner_only": "owner",
    "key_rights_needed": "keys", "webhook_rights_needed": "hooks", "key_revoked": "revoked",
    "key_network_not_allowed": "net",
}  # fmt: skip
Table = dict[tuple[str, str], str]
NONCE = re.compile(r"'nonce-([^']+)'")
CODE = re.compile(rb"<code>([a-z_]+)</code>")


LOGINS = count()  # so many wrong passwords of one login rest
SIGN_IN = {"login": lambda: f"nobody-{next(LOGINS)}", "password": "wrong"}


class Places(dict[str, object]):
    """A place that nobody thought of has a name that nobody has."""

    def __missing__(self, name: str) -> object:
        return "0"


class Question(msgspec.Struct, frozen=True):
    """A door with what is to be named in it, and a body that fits."""

    door: Door
    places: Mapping[str, object]
    body: Any = None
    query: str = ""

    @property
    def name(self) -> str:
        return f"{self.door[0]} {self.door[1]}"

    @property
    def reads(self) -> bool:
        return self.door[0] in READING


class Principal(msgspec.Struct, frozen=True):
    """Somebody with a client that signs for them. `csrf` is the token of their forms."""

    name: str
    client: httpx2.Client
    csrf: str

    def asks(self, question: Question, places: Mapping[str, object]) -> httpx2.Response:
        verb, path = question.door
        body, more = question.body, dict[str, Any]()
        if isinstance(body, dict):  # what is to be read at the moment, such as a version
            body = {name: said() if callable(said) else said for name, said in body.items()}
        if isinstance(body, bytes):
            more["content"] = body
        elif path.startswith(("/api/", "/v1/", "/v2/")):
            more |= {} if body is None else {"json": body}
        elif verb == "POST":
            more["data"] = body or {}
        return self.client.request(
            verb, filled(path, places) + question.query, headers={"x-csrftoken": self.csrf}, **more
        )


def principal(
    name: str, url: str, cookie: str, *, session: str = "", headers: Mapping[str, str] | None = None
) -> Principal:
    """A client with a session (in the cookie and as a bearer, whichever the door reads) or with headers of a key."""
    client = httpx2.Client(base_url=url, timeout=60, headers=dict(headers or {}))
    client.get("/sign-in")
    [csrf] = [value for key, value in client.cookies.items() if key.endswith("_csrf")]
    if session:
        client.cookies.set(cookie, session)
        client.headers["authorization"] = f"Bearer {session}"
    return Principal(name, client, csrf)


def word(answer: httpx2.Response) -> str:
    """What somebody was answered, as far as it is about who they are."""
    if answer.status_code == 404:
        return "404"
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in"):
        return "sign"
    if answer.status_code != 403:
        return "in" if answer.status_code < 500 or answer.status_code == 503 else str(answer.status_code)
    if "json" in answer.headers["content-type"]:
        said = answer.json()
        code = said.get("code")
        if isinstance(code, int):  # the Seller API's
            return "revoked" if "deactivated" in str(said.get("message")) else "reads"
        return FORBIDDEN.get(code, str(code))
    found = CODE.search(answer.content)
    return FORBIDDEN.get(found[1].decode(), found[1].decode()) if found else "403"


def seen(answer: httpx2.Response) -> tuple[int, dict[str, str], bytes]:
    """Everything of an answer that its reader can compare with another, but what they typed themselves and a page's nonce."""
    asked = answer.request.url.raw_path.partition(b"?")[0]
    nonce = NONCE.search(answer.headers.get("content-security-policy", ""))
    headers = {
        name: one for name, one in answer.headers.items() if name not in {"date", "content-length", "x-request-id"}
    }
    body = answer.content.replace(asked, b"PATH")
    if nonce:
        headers["content-security-policy"] = headers["content-security-policy"].replace(nonce[1], "NONCE")
        body = body.replace(nonce[1].encode(), b"NONCE")
    return answer.status_code, headers, body


def read(path: Path) -> tuple[list[str], Table]:
    """The principals of a table, and its cells by door and principal."""
    lines = [
        line.split() for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    names = lines[0][2:]
    cells: Table = {}
    for verb, door, *words in lines[1:]:
        assert len(words) == len(names), f"{verb} {door} has {len(words)} words for {len(names)} principals"
        assert (f"{verb} {door}", names[0]) not in cells, f"{verb} {door} stands twice"
        cells |= {(f"{verb} {door}", name): one for name, one in zip(names, words, strict=True)}
    return names, cells


def written(names: Sequence[str], questions: Iterable[Question], cells: Table) -> str:
    """A table as text, for whoever reviews what a new door answers."""
    rows = [("VERB DOOR", *names), *((one.name, *(cells[one.name, name] for name in names)) for one in questions)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(names) + 1)]
    return (
        "\n".join(
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        )
        + "\n"
    )


def chosen(cells: Iterable[tuple[str, str]], seed: int, one_of: int) -> list[tuple[str, str]]:
    """A part of the cells that another seed chooses otherwise."""
    return [cell for cell in cells if zlib.crc32(f"{seed} {cell}".encode()) % one_of == 0]
