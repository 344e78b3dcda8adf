"""A walk-through in front of a house, as a demo has one: its doors, and what stands over a page for somebody who follows it."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar import Request

HOME = "/demo"


class Strip(msgspec.Struct, frozen=True):
    """What stands over a page: which step it is, of how many, and what is to be done here. `title` and `note` are in the reader's language.

    `pictures`: the numbers of stand-ins for photos that its form takes.
    """

    number: int
    count: int
    title: str
    note: str
    pictures: Sequence[int] = ()


class Walk(msgspec.Struct, frozen=True):
    """The doors of a walk-through, and what it says over a house's pages: (request, language) give a strip or none."""

    handlers: Sequence[Any]
    strip: Callable[[Request[Any, Any, Any], str], Strip | None]


def front(walk: Walk | None) -> str:
    """Where somebody is led who has not signed in."""
    return HOME if walk else "/sign-in"


def shown(request: Request[Any, Any, Any], language: str) -> dict[str, Any]:
    """What a page has to know of the walk-through of its house."""
    walk: Walk | None = request.app.state.get("walk")
    return {"walk_home": HOME, "strip": walk.strip(request, language)} if walk else {}
