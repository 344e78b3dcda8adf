"""The language that a reader chose, kept in a cookie: by the form of every page, or by a link with `?lang=`."""

from urllib.parse import parse_qs

from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.types import Message, Scope

from backhaul.kit import http, i18n

SECONDS = 31_536_000
PROGRAMS = ("/api/", "/v1/", "/v2/")
QUERY_CHARACTERS_MAX = 4_000


def cookie(language: str) -> Cookie:
    """What a browser keeps of it."""
    return Cookie(key=http.LANGUAGE_COOKIE, value=language, max_age=SECONDS, httponly=True, samesite="lax", path="/")


async def remembered(message: Message, scope: Scope) -> None:
    """Before a page goes out whose address names a language of ours: what is opened or sent next is in it too."""
    if message["type"] != "http.response.start" or scope["type"] == ScopeType.WEBSOCKET:
        return
    if b"lang=" not in scope["query_string"] or scope["method"] != "GET" or scope["path"].startswith(PROGRAMS):
        return
    query = scope["query_string"][:QUERY_CHARACTERS_MAX].decode("latin-1")
    chosen = parse_qs(query).get("lang", [""])[0]
    if chosen in i18n.LANGUAGES:
        message["headers"] = [*message["headers"], cookie(chosen).to_encoded_header()]
