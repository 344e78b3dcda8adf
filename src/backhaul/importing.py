"""Importing orders from a CSV file: into a running house through its door, else into its database under its lock."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import httpx2
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from backhaul.kit.clock import Clock
from backhaul.kit.desk import Errand
from backhaul.kit.occupancy import Occupancy, Taken, note_of
from backhaul.marketplace import errands
from backhaul.marketplace.office import open_office
from backhaul.marketplace.orders import BadHeader, BadRow, OrderLine, read

CHUNK_LINES = 500
BAD_ROWS_SHOWN = 100

HandIn = Callable[[list[OrderLine]], int]


class Outcome(msgspec.Struct):
    """How many lines were new, were there already, or were bad."""

    new: int = 0
    known: int = 0
    bad: int = 0


def run(source: Path, data: Path, database_url: str, console: Console) -> int:
    """Import a file and report; the exit code: 0 all good, 1 some bad rows, 2 nothing could be read."""
    clock = Clock()
    try:
        note = note_of(data) if not database_url and house_runs(data) else None
        if note is not None:
            with httpx2.Client(base_url=note.url, headers={"authorization": f"Bearer {note.token}"}) as client:
                outcome = load(source, clock.now(), _through_the_door(client), console)
        else:
            outcome = _alone(source, data, database_url, clock, console)
    except BadHeader as error:
        console.print(str(error), style="red", markup=False)
        return 2
    except Taken:
        console.print(f"[red]another house holds {data}, but does not answer[/red]")
        return 2
    except httpx2.HTTPError as error:
        console.print(
            f"[red]the house at {data} did not take the orders: {error}. Run it again: nothing is doubled.[/red]"
        )
        return 2
    console.print(f"{outcome.new} order lines are new, {outcome.known} were there already, {outcome.bad} rows are bad")
    return 1 if outcome.bad else 0


def house_runs(data: Path) -> bool:
    """Whether somebody holds the directory; the note of a house that died is no house."""
    try:
        Occupancy(data).leave()
    except Taken:
        return True
    return False


def load(source: Path, at: datetime, hand_in: HandIn, console: Console) -> Outcome:
    """Read, report bad rows, hand in the good ones in chunks, with a progress bar."""
    outcome = Outcome()
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                   console=console)  # fmt: skip
    with bar, source.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        size_bytes = source.stat().st_size
        task = bar.add_task("orders", total=size_bytes)
        chunk: list[OrderLine] = []
        bad_lines: set[int] = set()
        for row in read(_counted(file, lambda n: bar.advance(task, n)), at):
            if isinstance(row, BadRow):
                bad_lines.add(row.line)
                if outcome.bad < BAD_ROWS_SHOWN:
                    bar.console.print(f"line {row.line}, column {row.column}: {row.code} ({row.value!r})", markup=False)
                outcome.bad = len(bad_lines)
                continue
            chunk.append(row)
            if len(chunk) == CHUNK_LINES:
                _hand_in(chunk, hand_in, outcome)
                chunk = []
        _hand_in(chunk, hand_in, outcome)
        bar.update(task, completed=size_bytes)
    return outcome


def _hand_in(chunk: list[OrderLine], hand_in: HandIn, outcome: Outcome) -> None:
    if chunk:
        new = hand_in(chunk)
        outcome.new += new
        outcome.known += len(chunk) - new


def _counted(lines: Iterator[str], tell: Callable[[int], None]) -> Iterator[str]:
    for line in lines:
        tell(len(line.encode("utf-8", "surrogateescape")))
        yield line


def _through_the_door(client: httpx2.Client) -> HandIn:
    def hand_in(chunk: list[OrderLine]) -> int:
        answer = client.post("/api/v1/admin/order-lines", content=msgspec.json.encode(chunk), timeout=60)
        answer.raise_for_status()
        return int(answer.json()["new"])

    return hand_in


def _alone(source: Path, data: Path, database_url: str, clock: Clock, console: Console) -> Outcome:
    occupancy = None if database_url else Occupancy(data)
    office = open_office(database_url or f"sqlite:///{data.absolute()}/marketplace.db", data, clock)

    def hand_in(chunk: list[OrderLine]) -> int:
        return int(office.desk.perform_now(Errand(lambda tx, _: str(errands.import_lines(tx, chunk)).encode())).body)

    try:
        return load(source, clock.now(), hand_in, console)
    finally:
        office.close()
        if occupancy is not None:
            occupancy.leave()
