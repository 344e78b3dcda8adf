"""The section of docs/reliability.md that tells what the last runs came to."""

import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PAGE = Path("docs/reliability.md")
BEGIN, END = "<!-- simulation: begin, written by ./bh sim --publish -->", "<!-- simulation: end -->"


def _figures(name: str) -> dict[str, Any]:
    path = Path("var") / f"simulation-{name}.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if found:
        found["day"] = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    return found


def section(seeds: dict[str, Any], score: dict[str, Any]) -> str:
    """The text between the marks."""
    lines = [BEGIN, ""]
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    if seeds:
        rate = seeds["steps"] / seeds["seconds"]
        lines.append(
            f"**{seeds['day']}**, `./bh sim --seeds {seeds['seeds']} --steps {seeds['steps'] // seeds['seeds']}`, 2 cores {machine}: "
            f"{seeds['steps']:,} steps, {seeds['events']:,} events, {len(seeds['failed'])} violations, {seeds['seconds']:.0f} s "
            f"({rate:.0f} steps a second); of the situations that must occur {len(seeds['never'])} never did.\n"
        )
    if score:
        lines.append(
            f"**{score['day']}**, `./bh sim --score --seeds {score['limit']} --steps {score['steps']}`, 2 cores {machine}: of "
            f"{score['registered']} planted bugs in the register {score['planted']} were hunted, each through {score['limit']} seeds at most; "
            f"**{score['caught']} of {score['planted'] - score['masked']} were caught**, {score['masked']} more are hidden by a guard alone, and "
            f"their pairs are in the list. Median {score['median_seeds']} seeds, most {score['most_seeds']}; {score['seconds']:.0f} s.\n"
        )
        lines += ["| bug (number in the register, 0: our own) | what it is | caught |", "|---|---|---|"]
        lines += [f"| {one['bug']} ({one['number']}) | {one['what']} | {_where(one)} |" for one in score["bugs"]]
        lines.append("")
    return "\n".join([*lines, END])


def _where(one: dict[str, Any]) -> str:
    if one["seed"] is not None:
        return f"{one['invariant']}, seed {one['seed']}, step {one['step']}"
    return f"masked: {one['masked_by']}; its pair: {one['pair']}" if one["masked_by"] else "**not caught**"


def publish() -> None:
    """Put the figures of the last runs into the page."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(before + section(_figures("seeds"), _figures("score")) + after, "utf-8")
