"""Names of files that others chose, short enough that ours beside them fit too."""

import hashlib
import os
from pathlib import PurePath

BYTES_MAX = 200  # of the 255 that directories take: what stands beside a file has a longer name


def fitting(name: str) -> str:
    """The name, or its beginning with a part of its hash before the ending: long names stay different."""
    raw = os.fsencode(name)
    if len(raw) <= BYTES_MAX:
        return name
    ending = os.fsencode(PurePath(name).suffix)[:20]
    mark = b"~" + hashlib.sha256(raw).hexdigest()[:12].encode() + ending
    return os.fsdecode(raw[: BYTES_MAX - len(mark)] + mark)
