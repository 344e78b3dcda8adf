"""Reports and exports may be read from a replica (`?replica=HOST:PORT` in the URL); never a page, and never what decides something.

A replica lags. A report says which moment it must have seen (`mark`), and is read from the database itself until the replica has.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from backhaul.kit.database import Database, DatabaseError, Statement, Tx

MARK = Statement(sa.text("SELECT CAST(pg_current_wal_lsn() AS TEXT)"))
HAS_SEEN = Statement(
    sa.text("SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= CAST(CAST(:mark AS TEXT) AS pg_lsn)")
)


def mark(database: Database) -> str:
    """How far the database is written by now; empty where there is no replica."""
    if database.replica is None:
        return ""
    with database.read() as tx:
        row = tx.one(MARK)
    return "" if row is None else str(row[0])


@contextmanager
def look(database: Database, since: str) -> Iterator[Tx]:
    """A look at the replica once it has seen what was written at the mark `since`, else at the database itself."""
    replica = database.replica
    with (replica if replica is not None and has_seen(replica, since) else database).read() as tx:
        yield tx


def has_seen(replica: Database, since: str) -> bool:
    """Whether it is a replica (still), answers, and is not behind the mark."""
    try:
        with replica.read() as tx:
            row = tx.one(HAS_SEEN, mark=since)
    except DatabaseError:
        return False
    return bool(since) and row is not None and bool(row[0])
