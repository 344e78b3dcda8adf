"""What `/_style` shows: every token by its name, and every part of a page once, with samples of every kind."""

import re
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from backhaul.kit.money import Money

TONES = ("", "good", "warn", "bad")


@cache
def tokens() -> dict[str, list[str]]:
    """Names of tokens as the stylesheet declares them: colours, letters' sizes, spaces."""
    text = (files("backhaul.kit") / "styles" / "tokens.css").read_text()
    declared = dict.fromkeys(re.findall(r"--([a-z0-9-]+):", text))
    kinds: dict[str, list[str]] = {"colours": [], "sizes": [], "spaces": []}
    for name in declared:
        if name.startswith("text"):
            kinds["sizes"].append(name)
        elif name.startswith(("space", "gap")):
            kinds["spaces"].append(name)
        elif not name.startswith(("letters", "radius", "shadow", "touch", "side")):
            kinds["colours"].append(name)
    return kinds


def samples(now: datetime) -> dict[str, Any]:
    """What the page needs besides a visitor."""
    return {
        "tokens": tokens(),
        "tones": TONES,
        "now": now,
        "soon": now + timedelta(hours=5),
        "later": now + timedelta(days=9),
        "price": Money(1_240_000, "RUB"),
    }
