"""Pages of a list in API v1: `limit` rows from a cursor on, and a header `Link` with `rel="next"` while there are more."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.params import QueryParameter

PAGE_ROWS = 50
NEWEST = 2**62

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS, description="How many at most")]
Before = Annotated[int, QueryParameter(ge=1, le=NEWEST, description="The cursor of the page: take it from `Link`")]
Req = Request[Any, Any, Any]
R = TypeVar("R")
V = TypeVar("V")


class Part(msgspec.Struct, frozen=True):
    """One page of rows. `cursor` leads to the next one; empty on the last."""

    rows: Sequence[Any]
    cursor: str


def part_of(found: Sequence[R], limit: int, cursor: Callable[[R], object], page_rows: int = PAGE_ROWS) -> Part:
    """The first `limit` of what was found; a full page of `page_rows` may have more behind it."""
    shown = found[:limit]
    more = len(found) > limit or len(found) >= page_rows
    return Part(shown, str(cursor(shown[-1])) if shown and more else "")


def paged(request: Req, part: Part, views: list[V], name: str = "before") -> Response[list[V]]:
    """The page as an answer: what was asked for stays in the address of the next one."""
    asked = [(key, value) for key, value in request.query_params.multi_items() if key != name]
    headers = {}
    if part.cursor:
        headers["link"] = f'<{request.url.path}?{urlencode([*asked, (name, part.cursor)])}>; rel="next"'
    return Response(views, headers=headers)
