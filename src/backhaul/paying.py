"""Payouts on the command line: files for the bank are read from the database, statements go into a running house or under its lock."""

from collections.abc import Callable
from pathlib import Path

import httpx2
import msgspec
from rich.console import Console

from backhaul.importing import house_runs
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, DatabaseError
from backhaul.kit.i18n import DEFAULT
from backhaul.kit.machine import Refused
from backhaul.kit.occupancy import Occupancy, Taken, note_of
from backhaul.marketplace import payout_queries, statement_errands
from backhaul.marketplace.administration import OPERATOR
from backhaul.marketplace.doors import explain
from backhaul.marketplace.office import open_office
from backhaul.marketplace.payout_files import name_of
from backhaul.marketplace.payout_queries import StatementView


def listed(data: Path, database_url: str, console: Console) -> int:
    """Print the newest payout files, one a line; the exit code."""

    def tell(database: Database) -> int:
        with database.read() as tx:
            files = payout_queries.batches(tx)
        for one in files:
            made = one.made_at.isoformat(timespec="seconds")
            said = (one.id, one.message_id, one.state, one.payouts, one.amount, made)
            console.print("  ".join(map(str, said)), markup=False)
        return 0

    return _reading(tell, data, database_url, console)


def written(file_id: int, target: Path | None, data: Path, database_url: str, console: Console) -> int:
    """Write a payout file as the bank gets it, under its own name or as `target`; the exit code."""

    def write(database: Database) -> int:
        with database.read() as tx:
            message_id, form, content = payout_queries.content(tx, file_id)
        path = target or Path(name_of(message_id, form))
        path.write_bytes(content)
        console.print(f"{path}: {len(content)} bytes", markup=False)
        return 0

    return _reading(write, data, database_url, console)


def _reading(run: Callable[[Database], int], data: Path, database_url: str, console: Console) -> int:
    database = Database(database_url or f"sqlite:///{data.absolute()}/marketplace.db")
    try:
        return run(database)
    except Refused as refused:
        console.print(explain(refused, DEFAULT), style="red", markup=False)
        return 1
    except (DatabaseError, OSError) as error:
        console.print(f"{data}: {error}", style="red", markup=False)
        return 2
    finally:
        database.close()


def take_in(source: Path, data: Path, database_url: str, console: Console) -> int:
    """Take in a bank statement; the exit code: 0 every entry fits, 1 some fit nothing or the file is refused, 2 nobody took it."""
    try:
        found = _handed_in(source, data, database_url)
    except Refused as refused:
        said = refused.facts.get("detail") or explain(refused, DEFAULT)
        console.print(str(said), style="red", markup=False)
        return 1
    except (Taken, httpx2.HTTPError, DatabaseError) as error:
        console.print(f"the house at {data} did not take the file: {error!r}", style="red", markup=False)
        return 2
    before = ", taken in before" if found.again else ""
    console.print(
        f"statement {found.id}{before}: {found.entries} entries, {found.applied} applied, {found.agreed} known already, "
        f"{found.breaks} fit nothing",
        markup=False,
    )
    return 1 if found.breaks else 0


def _handed_in(source: Path, data: Path, database_url: str) -> StatementView:
    raw = source.read_bytes()
    note = note_of(data) if not database_url and house_runs(data) else None
    if note is not None:
        headers = {"authorization": f"Bearer {note.token}"}
        with httpx2.Client(base_url=note.url, headers=headers) as client:
            door, asked = "/api/v1/admin/bank-statements", {"name": source.name}
            answer = client.post(door, params=asked, content=raw, timeout=120)
        if answer.is_client_error:
            problem = answer.json()
            raise Refused(problem["code"], "invalid", detail=problem["detail"])
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=StatementView)
    occupancy = None if database_url else Occupancy(data)
    office = open_office(database_url or f"sqlite:///{data.absolute()}/marketplace.db", data, Clock())
    try:
        return statement_errands.taken_in(office.desk, source.name, raw, OPERATOR)
    finally:
        office.close()
        if occupancy is not None:
            occupancy.leave()
