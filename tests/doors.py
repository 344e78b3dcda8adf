"""The doors that a web has, read off its own route table, so that a test over all of them forgets none."""

import re
from collections.abc import Mapping
from pathlib import Path

from litestar import Litestar
from litestar.routes import HTTPRoute

Door = tuple[str, str]  # a verb and a path with its places: ("GET", "/api/v1/returns/{return_id}")

READING = frozenset({"GET", "HEAD", "OPTIONS"})


def doors(app: Litestar, *prefixes: str) -> set[Door]:
    """Every verb of every path that starts so; the framework's own answers to OPTIONS and HEAD are none of ours."""
    return {
        (verb, re.sub(r":\w+}", "}", route.path))
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith(prefixes)
        for verb in route.methods
        if verb not in {"OPTIONS", "HEAD"}
    }


def filled(path: str, places: Mapping[str, object]) -> str:
    """The path with a value in each place."""
    return re.sub(r"{(\w+)}", lambda found: str(places[found.group(1)]), path)


def files_below(folder: Path) -> set[Path]:
    """What a house keeps beside its database."""
    return {path for path in folder.rglob("*") if path.is_file()}
