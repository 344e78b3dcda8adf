"""After a database came out of a backup: everybody who was erased since is erased anew, and what was deleted leaves the file of SQLite."""

from pathlib import Path

import sqlalchemy as sa
from rich.console import Console

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, DatabaseError
from backhaul.kit.machine import Refused
from backhaul.kit.occupancy import Occupancy, Taken
from backhaul.marketplace import tombstones
from backhaul.marketplace.office import open_office

COMPACTING = ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")


def run(data: Path, database_url: str, stones: Path | None, console: Console, *, by_reference: bool = False) -> int:
    """Erase by the tombstones beside the database and by those of `stones`; the exit code: 0 done, 2 the house runs or something cannot be read.

    `by_reference`: as `person_errands.is_here` has it.
    """
    url = database_url or f"sqlite:///{data.absolute()}/marketplace.db"
    try:
        brought = [] if stones is None else tombstones.of_file(stones.read_bytes())
        occupancy = None if database_url else Occupancy(data)
        office = open_office(url, data, Clock())
        try:
            office.erasing.tombstones.lay(brought)
            count = office.erasing.erase_again(by_reference=by_reference)
        finally:
            office.close()
            if occupancy is not None:
                occupancy.leave()
        compact(url)
    except (Taken, DatabaseError, OSError, tombstones.NoTombstone) as error:
        console.print(f"nobody was erased: {error}", style="red", markup=False)
        return 2
    except (Refused, ExceptionGroup) as error:
        console.print(f"not everybody was erased anew, see the log and do it again: {error}", style="red", markup=False)
        return 2
    console.print(f"erased anew: {count}", markup=False)
    return 0


def compact(database_url: str) -> None:
    """SQLite keeps deleted bytes in free pages and in its log until they are used again; afterwards it does not."""
    database = Database(database_url)
    if database.dialect == "sqlite":
        engine = database.engine()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in COMPACTING:
                connection.execute(sa.text(statement))
        engine.dispose()
    database.close()
