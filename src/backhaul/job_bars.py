"""Long work on the command line: the newest jobs with their bars, and the file that came of one. Read from the database."""

import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, DatabaseError
from backhaul.kit.i18n import DEFAULT
from backhaul.marketplace import job_texts
from backhaul.marketplace.jobs import queries
from backhaul.marketplace.jobs.queries import Job

LISTED = 20
LOOK_SECONDS = 0.5


def shown(data: Path, database_url: str, console: Console, *, watch: bool, clock: Clock | None = None) -> int:
    """The newest jobs, each with how far it is; `watch`: until none is open. The exit code: 1 when one of them failed."""

    def show(database: Database) -> int:
        bars = Progress(TextColumn("{task.description}", markup=False), BarColumn(bar_width=12), MofNCompleteColumn(),
                        TextColumn("{task.fields[said]}", markup=False), console=console)  # fmt: skip
        known: dict[str, TaskID] = {}
        with bars:
            while True:
                with database.read() as tx:
                    found = queries.newest(tx, LISTED)
                for job in reversed(found):
                    _draw(bars, known, job, (clock or Clock()).now())
                if not watch or not any(job.is_open for job in found):
                    break
                time.sleep(LOOK_SECONDS)
        if not found:
            console.print("nothing has been done in the background yet")
        return 1 if any(job.state == queries.FAILED for job in found) else 0

    return _reading(show, data, database_url, console)


def fetched(job_id: str, target: Path | None, data: Path, database_url: str, console: Console, *,
            clock: Clock | None = None) -> int:  # fmt: skip
    """Write the file of a job under its own name or as `target`; the exit code."""

    def fetch(database: Database) -> int:
        with database.read() as tx:
            found = queries.by_id(tx, job_id)
        kept = data / "jobs" / found.file if found is not None else data
        if found is None or not found.has_file((clock or Clock()).now()) or not kept.is_file():
            console.print(f"there is no file of {job_id}", style="red", markup=False)
            return 1
        path = target or Path(found.name)
        shutil.copyfile(kept, path)
        console.print(f"{path}: {found.size_bytes} bytes", markup=False)
        return 0

    return _reading(fetch, data, database_url, console)


def _draw(bars: Progress, known: dict[str, TaskID], job: Job, at: datetime) -> None:
    state = job.state_at(at)
    outcome = job_texts.outcome(job, DEFAULT)
    total: Any = max(job.total, job.done) or (1 if not job.is_open else None)
    done = total if state == queries.DONE else job.done
    if job.id not in known:
        known[job.id] = bars.add_task(f"{job.id}  {job.kind}", total=total, said="")
    bars.update(known[job.id], total=total, completed=done, said=f"{state}: {outcome}" if outcome else state)


def _reading(run: Callable[[Database], int], data: Path, database_url: str, console: Console) -> int:
    database = Database(database_url or f"sqlite:///{data.absolute()}/marketplace.db")
    try:
        return run(database)
    except (DatabaseError, OSError) as error:
        console.print(f"the house at {data} cannot be read: {error}", style="red", markup=False)
        return 2
    finally:
        database.close()
