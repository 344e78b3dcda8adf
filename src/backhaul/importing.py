"""Importing orders from a CSV file: into a running house through its door, else into its database under its lock."""

import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import httpx2
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from backhaul.kit.clock import Clock
from backhaul.kit.desk import Errand
from backhaul.kit.occupancy import Occupancy, Taken, note_of
from backhaul.marketplace import errands, order_pieces
from backhaul.marketplace.office import open_office
from backhaul.marketplace.order_faults import BadHeader, BadRow, Imported, told
from backhaul.marketplace.orders import OrderLine

CHUNK_LINES, BESIDE_LINES = 1000, 200  # beside a house that runs, people wait behind a chunk
BAD_ROWS_SHOWN = 100

HandIn = Callable[[list[OrderLine]], Imported]


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
                outcome = load(source, clock.now(), _through_the_door(client), console, BESIDE_LINES)
        else:
            outcome = _alone(source, data, database_url, clock, console)
    except BadHeader as error:
        console.print(str(error), style="red", markup=False)
        return 2
    except Taken:
        console.print(f"[red]another house holds {data}, but does not answer[/red]")
        return 2
    except subprocess.CalledProcessError as error:
        console.print(f"[red]nobody reads {source} any more: {error}. Run it again: nothing is doubled.[/red]")
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


def load(source: Path, at: datetime, hand_in: HandIn, console: Console, chunk_lines: int = CHUNK_LINES) -> Outcome:
    """Read, report bad rows, hand in the good ones in chunks, with a progress bar."""
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                   console=console)  # fmt: skip
    with bar, closing(order_pieces.of_file(source, at, chunk_lines)) as pieces:
        task = bar.add_task("orders", total=source.stat().st_size)
        loading = _Loading(hand_in, bar.console)
        for piece in pieces:
            loading.take(piece)
            bar.update(task, completed=piece.read)
    return loading.outcome


class _Loading:
    """Hands in what is good and remembers the lines that were bad."""

    def __init__(self, hand_in: HandIn, console: Console) -> None:
        self.outcome = Outcome()
        self._hand_in, self._console = hand_in, console
        self._bad_lines: set[int] = set()

    def take(self, piece: order_pieces.Piece) -> None:
        for bad in piece.bad:
            self._refuse(bad)
        if piece.good:
            done = self._hand_in([row for _, row in piece.good])
            for it in done.conflicts:
                line, row = piece.good[it.place]
                self._refuse(BadRow(line, it.column, it.code, str(getattr(row, it.column))))
            self.outcome.new += done.new
            self.outcome.known += len(piece.good) - done.new - len({it.place for it in done.conflicts})

    def _refuse(self, bad: BadRow) -> None:
        self._bad_lines.add(bad.line)
        if self.outcome.bad < BAD_ROWS_SHOWN:
            self._console.print(told(bad), markup=False)
        self.outcome.bad = len(self._bad_lines)


def _through_the_door(client: httpx2.Client) -> HandIn:
    def hand_in(chunk: list[OrderLine]) -> Imported:
        answer = client.post("/api/v1/admin/order-lines", content=msgspec.json.encode(chunk), timeout=60)
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=Imported)

    return hand_in


def _alone(source: Path, data: Path, database_url: str, clock: Clock, console: Console) -> Outcome:
    occupancy = None if database_url else Occupancy(data)
    office = open_office(database_url or f"sqlite:///{data.absolute()}/marketplace.db", data, clock)

    def hand_in(chunk: list[OrderLine]) -> Imported:
        errand = Errand(lambda tx, _: msgspec.json.encode(errands.import_lines(tx, chunk, office.house.terms.policy)))
        return msgspec.json.decode(office.desk.perform_now(errand).body, type=Imported)

    try:
        return load(source, clock.now(), hand_in, console)
    finally:
        office.close()
        if occupancy is not None:
            occupancy.leave()
