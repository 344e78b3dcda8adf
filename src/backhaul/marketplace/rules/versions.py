"""A version of published terms that somebody wants, and what can be wrong with it. Its date and reason: `kit/versions.py`."""

from datetime import datetime

import msgspec

VERSION_CHARACTERS_MAX = 40


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a version. `where` is the row, cell or entry, `facts` fill the sentence of the code."""

    code: str
    where: str = ""
    facts: dict[str, str | int] = msgspec.field(default_factory=dict)


class Draft(msgspec.Struct, frozen=True):
    """A version that somebody wants to publish. `seen`: how many there were when its author looked; None: they did not."""

    document: object
    valid_from: datetime
    why: str
    version: str = ""
    seen: str | None = None
