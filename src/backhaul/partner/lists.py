"""A page of a list in API v1: at most `limit` rows, and a `Link` to the next ones (`kit/paging.py`)."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from litestar import Response

from backhaul.kit.paging import PAGE_ROWS, paged, part_of
from backhaul.partner.doors import Req

R = TypeVar("R")


def by_id(row: Any) -> object:
    """The key of most lists."""
    return row.id


def page(request: Req, found: Sequence[R], limit: int, name: str = "before", *, view: Callable[[R], Any] = lambda row: row,
         key: Callable[[R], object] = by_id, full: int = PAGE_ROWS) -> Response[list[Any]]:  # fmt: skip
    """What was found as it is shown. `full`: so many rows are looked for at once, `name`: the parameter that goes on."""
    part = part_of(found, limit, key, full)
    return paged(request, part, [view(row) for row in part.rows], name)
