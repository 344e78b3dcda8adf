"""What `/_style` shows: every token by its name, and every part of a page once, with samples of every kind."""

import re
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from backhaul.kit import plots
from backhaul.kit.i18n import N_
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


def drawn() -> dict[str, Any]:
    """A plot of every kind, with numbers that are nobody's."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun")
    first = plots.Series("A", (30, 42, 18, 55, 61, 48), ("30", "42", "18", "55", "61", "48"))
    second = plots.Series("B", (12, 9, None, 20, 14, 30), ("12", "9", "", "20", "14", "30"))
    cells = [plots.Cell(str(n * 7) if n else "", plots.shade(n * 7, 35), str(n * 7)) for n in range(6)]
    return {
        "sample_bars": plots.bars(months, (first, second)),
        "sample_lines": plots.lines(months, (first, second), unit=" %"),
        "sample_heat": plots.HeatMap(months, (("A", cells), ("B", cells[::-1]))),
    }


def samples(now: datetime) -> dict[str, Any]:
    """What the page needs besides a visitor."""
    return {
        "tokens": tokens(),
        "tones": TONES,
        "now": now,
        "soon": now + timedelta(hours=5),
        "later": now + timedelta(days=9),
        "price": Money(1_240_000, "RUB"),
        "sample_steps": (
            {"step": "first", "state": "done", "at": now},
            {"step": "second", "state": "now", "at": None},
            {"step": "third", "state": "ahead", "at": None},
        ),
        "sample_labels": {"first": N_("Saved."), "second": N_("Send"), "third": N_("Approve")},
        "sample_states": {"done": N_("Completed"), "now": N_("Under way"), "ahead": N_("Comes later")},
    } | drawn()
