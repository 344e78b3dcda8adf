"""SQLite or PostgreSQL by URL: connections, transactions, statements compiled once. The only file that knows which database it is."""

import queue
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement

from backhaul.kit import fault_points
from backhaul.kit.machine import Refused

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.compiler import SQLCompiler

READERS_MAX = 16
SET_ROWS_MAX = 1000  # in one statement of PostgreSQL, as one list
BUSY_TIMEOUT_MS = 10_000
CHECKPOINT_PAGES = 4000  # 16 MiB: pages that change again and again are carried over into the file once for them all
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
PLAIN = frozenset({type(None), bool, bytes, float})  # what any database holds
FEW = 8  # rows that are looked at one by one
NUMBER_TOO_LARGE = "22003"  # PostgreSQL: numeric_value_out_of_range
SERVER_READ_ONLY = "25006"  # PostgreSQL: read_only_sql_transaction
# A server whose network is cut says nothing. Asking it and being asked nothing, we notice within five seconds.
NOTICING: dict[str, Any] = {
    "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3, "tcp_user_timeout": 5000,
}  # fmt: skip
CONNECT_SECONDS = 5
IN_THE_WAY = frozenset({"40001", "40P01", "55P03"})  # serialization_failure, deadlock_detected, lock_not_available
GO_BACK_AND_FORTH = "random_page_cost=1.1"  # PostgreSQL, as on disks without heads
READER_ROLE = "backhaul_reader"
DESK_ROLE = "backhaul_desk"


class DatabaseError(Exception):
    """The database did not do what it was asked; the transaction is rolled back."""


class Duplicate(DatabaseError):
    """A row with this key exists already."""


class InTheWay(DatabaseError):
    """Another process was in the way (a deadlock, a lock that was not to be had): the same again may go well."""


class ReadOnly(DatabaseError):
    """Something was to be written on a connection that cannot."""


class ConnectionLost(DatabaseError):
    """The server went away before COMMIT was sent, or could not be reached: nothing was done."""


class OutcomeUnknown(DatabaseError):
    """COMMIT was sent, and its answer was lost or is worth nothing: done or not, nobody here knows."""


class among(ColumnElement[bool]):  # noqa: N801 -- reads as an operator
    """`column` is one of the values of the list parameter `name`, in one statement for any length."""

    inherit_cache = True
    _is_implicitly_boolean = True  # else SQLite gets `= 1` behind it, and looks at every row instead of an index

    def __init__(self, column: sa.Column[Any], name: str) -> None:
        self.column = column
        self.parameter = sa.bindparam(name, type_=sa.Text())
        self.type = sa.Boolean()


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: "SQLCompiler", **kw: Any) -> str:
    column, parameter = compiler.process(element.column, **kw), compiler.process(element.parameter, **kw)
    return f"{column} IN (SELECT value FROM json_each({parameter}))"  # noqa: S608 -- names of our own tables


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: "SQLCompiler", **kw: Any) -> str:
    column, parameter = compiler.process(element.column, **kw), compiler.process(element.parameter, **kw)
    array = "BIGINT[]" if isinstance(element.column.type, sa.Integer) else "TEXT[]"
    return f"{column} = ANY(CAST({parameter} AS {array}))"


class Statement:
    """An SQLAlchemy Core statement, compiled to text once a dialect. Build at import, with `bindparam` for every value.

    `once_a_row`: of the rows that `many` gives to an update no two touch the same row of the table, so PostgreSQL may take all
    with one statement.
    """

    def __init__(self, core: Any, *, once_a_row: bool = False) -> None:
        self.core = core
        self.once_a_row = once_a_row
        self._texts: dict[str, tuple[str, dict[str, object]]] = {}

    def text(self, dialect_name: str) -> tuple[str, dict[str, object]]:
        """The SQL text (`:name` parameters for SQLite, `%(name)s` for PostgreSQL) and the constants inside it."""
        found = self._texts.get(dialect_name)
        if found is None:
            sqlite_dialect: Any = sqlite.dialect
            postgresql_dialect: Any = postgresql.dialect
            if dialect_name == "sqlite":
                dialect: Dialect = sqlite_dialect(paramstyle="named")
            else:
                dialect = postgresql_dialect(paramstyle="pyformat")
            compiled = self.core.compile(dialect=dialect)
            constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
            # A number beyond a small column is a row that is not there, not a failure of the database.
            found = str(compiled).replace("::INTEGER", "::BIGINT"), constants
            self._texts[dialect_name] = found
        return found

    @cached_property
    def set_based(self) -> tuple[str, tuple[str, ...]] | None:
        """For many rows on PostgreSQL: SQL that takes them all as one JSON list `rows`, and which of their values are bytes
        (written as hexadecimal). None where rows must go one after another.
        """
        return _set_based(self.core, once_a_row=self.once_a_row)

    @cached_property
    def placed(self) -> tuple[str, Callable[[Mapping[str, object]], tuple[object, ...]]]:
        """For many rows on SQLite: the SQL text with `?` for values, and what puts a row's values in their order.

        By name, SQLite's driver looks up every value of every row.
        """
        dialect: Any = sqlite.dialect
        compiled = self.core.compile(dialect=dialect(paramstyle="qmark"))
        names = compiled.positiontup
        return str(compiled), itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)


def _set_based(core: Any, *, once_a_row: bool) -> tuple[str, tuple[str, ...]] | None:
    table = core.table
    named = core._values or {column: sa.bindparam(column.name) for column in table.columns}  # noqa: SLF001 -- no public name
    values = {table.c[column] if isinstance(column, str) else column: value for column, value in named.items()}
    is_insert = isinstance(core, sa.Insert)
    simple = all(isinstance(value, sa.BindParameter) for value in values.values())
    if core._returning or not simple or not (is_insert or once_a_row):  # noqa: SLF001
        return None
    if is_insert and core._post_values_clause is not None:  # noqa: SLF001
        return None
    types = {value.key: column.type for column, value in values.items()}
    for clause in () if is_insert else core._where_criteria:  # noqa: SLF001
        for bind in sa.sql.visitors.iterate(clause):
            if isinstance(bind, sa.BindParameter):
                types.setdefault(bind.key, bind.type)
    binary = tuple(name for name, kind in types.items() if isinstance(kind, sa.LargeBinary))
    columns = [sa.column(name, _as_json(kind)) for name, kind in types.items()]
    given = sa.cast(sa.bindparam("rows", type_=sa.Text()), sa.JSON())
    r = sa.func.json_to_recordset(given).table_valued(*columns, name="r").render_derived(with_types=True)
    of_row = {
        name: sa.func.decode(r.c[name], sa.literal_column("'hex'")) if name in binary else r.c[name] for name in types
    }

    def put(element: Any, **_: Any) -> Any:
        return of_row[element.key] if isinstance(element, sa.BindParameter) and element.key in of_row else None

    taken = {column: of_row[value.key] for column, value in values.items()}
    if is_insert:
        whole: Any = table.insert().from_select(list(taken), sa.select(*taken.values()), include_defaults=False)
    else:
        where = [sa.sql.visitors.replacement_traverse(clause, {}, put) for clause in core._where_criteria]  # noqa: SLF001
        whole = table.update().where(*where).values(taken)
    dialect: Any = postgresql.dialect
    return str(whole.compile(dialect=dialect(paramstyle="pyformat"))), binary


def _as_json(kind: Any) -> Any:
    """The type under which a value of this kind is read out of JSON."""
    return sa.Text() if isinstance(kind, sa.LargeBinary) else sa.BigInteger() if isinstance(kind, sa.Integer) else kind


def _listed(rows: Sequence[Mapping[str, object]], binary: tuple[str, ...]) -> str:
    """Rows as a JSON list."""
    if binary:
        rows = [{**row, **{name: _hexadecimal(row[name]) for name in binary}} for row in rows]
    return msgspec.json.encode(rows).decode()


def _hexadecimal(value: Any) -> str | None:
    return None if value is None else value.hex()


class Tx:
    """One open transaction. Values are int, str, bytes, None, or a list for `among`."""

    def __init__(self, connection: Any, dialect: str) -> None:
        self.connection = connection
        self.dialect = dialect
        self._savepoint_count = 0
        self._on_their_way: Any = None
        self._to_count: list[tuple[list[Any], int, Refused]] = []

    def only_of(self, noun: str, owner_id: str) -> None:
        """From here on this look sees the rows of one owner (`kit/row_owners`). SQLite has no such thing: the queries say it."""
        if self.dialect == "postgresql":
            self.connection.execute(
                "SELECT set_config('role', %s, true), set_config('backhaul.owner', %s, true)",
                (f"backhaul_{noun}", owner_id),
            )

    def rows(self, statement: Statement, **values: object) -> list[tuple[Any, ...]]:
        """All rows."""
        try:
            return self._execute(statement, values).fetchall()  # type: ignore[no-any-return]
        except _driver_errors() as error:
            raise _translated(error) from error

    def one(self, statement: Statement, **values: object) -> tuple[Any, ...] | None:
        """The first row, or None."""
        try:
            return self._execute(statement, values).fetchone()  # type: ignore[no-any-return]
        except _driver_errors() as error:
            raise _translated(error) from error

    def run(self, statement: Statement, **values: object) -> int:
        """The number of rows that changed."""
        self.settle()
        return self._execute(statement, values).rowcount  # type: ignore[no-any-return]

    def many(self, statement: Statement, values: Sequence[Mapping[str, object]]) -> int:
        """Run once for each mapping; the number of rows that changed in all."""
        if not values:
            return 0
        self.settle()
        return sum(cursor.rowcount for cursor in self._many(statement, values))

    def put(self, statement: Statement, values: Sequence[Mapping[str, object]], or_else: Refused | None = None) -> None:
        """The same where nobody waits: PostgreSQL gets them with the next question, at the latest before COMMIT.

        A refusal of the database is told then, too; and `or_else` when not every mapping changed a row.
        """
        if not values:
            return
        if self.dialect == "postgresql" and self._on_their_way is None:
            self._on_their_way = self.connection.pipeline()
            self._on_their_way.__enter__()
        cursors = self._many(statement, values)
        if or_else is not None:
            self._to_count.append((cursors, len(values), or_else))
            if self._on_their_way is None:
                self._count()

    def settle(self) -> None:
        """Wait until the database has taken all that was put."""
        if self._on_their_way is not None:
            pipeline, self._on_their_way = self._on_their_way, None
            try:
                pipeline.__exit__(None, None, None)
            except _driver_errors() as error:
                self._to_count.clear()
                raise _translated(error) from error
            self._count()

    def _count(self) -> None:
        counted, self._to_count = self._to_count, []
        for cursors, wanted, refused in counted:
            if sum(cursor.rowcount for cursor in cursors) != wanted:
                raise refused

    def leave(self) -> None:
        """Something failed: what was put meanwhile is of no account."""
        with suppress(DatabaseError, Refused):
            self.settle()

    def _many(self, statement: Statement, values: Sequence[Mapping[str, object]]) -> list[Any]:
        """The cursors that have run it."""
        text, constants = statement.text(self.dialect)
        if constants:
            values = [{**constants, **value} for value in values]
        _check_rows(values)
        rows: Sequence[Any] = values
        cursor = self.connection.cursor()
        try:
            if self.dialect == "sqlite":
                text, in_order = statement.placed
                cursor.executemany(text, [in_order(row) for row in values])
            elif len(rows) == 1:
                cursor.execute(text, rows[0])
            elif at_once := statement.set_based:
                return [
                    self.connection.execute(at_once[0], {"rows": _listed(rows[n : n + SET_ROWS_MAX], at_once[1])})
                    for n in range(0, len(rows), SET_ROWS_MAX)
                ]
            else:
                cursor.executemany(text, rows)
        except _driver_errors() as error:
            raise _translated(error) from error
        return [cursor]

    def by_index(self) -> None:
        """From here to the end of the transaction rows are looked up by indexes, also in tables that grew since they were analysed."""
        if self.dialect == "postgresql":
            self.connection.execute("SET LOCAL enable_seqscan = off")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Whatever fails inside is undone, the transaction goes on."""
        self.settle()
        self._savepoint_count += 1
        name = f"s{self._savepoint_count}"
        self.connection.execute(f"SAVEPOINT {name}")
        try:
            yield
            self.settle()
        except BaseException:
            self.leave()
            self.connection.execute(f"ROLLBACK TO SAVEPOINT {name}")
            self.connection.execute(f"RELEASE SAVEPOINT {name}")
            raise
        self.connection.execute(f"RELEASE SAVEPOINT {name}")

    def outlast_this_server(self) -> None:
        """COMMIT waits for the standby also when nothing was written: what was read here may stand on this server only."""
        if self.dialect == "postgresql":
            self.connection.execute("SELECT pg_logical_emit_message(true, 'backhaul', '')")

    def copy_to(self, path: Path) -> None:
        """What this transaction sees of a SQLite database, in one file without a log beside it."""
        try:
            with closing(Database(f"sqlite:///{path}").writer()) as copy:
                self.connection.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            raise _translated(error) from error

    def damages(self) -> list[str]:
        """What SQLite finds wrong with its own pages and indexes. PostgreSQL has `pg_amcheck` for that."""
        if self.dialect != "sqlite":
            return []
        try:
            return [str(row[0]) for row in self.connection.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
        except sqlite3.Error as error:  # so damaged that it cannot be looked through
            raise _translated(error) from error

    def _execute(self, statement: Statement, values: Mapping[str, object]) -> Any:
        _check(values.values())
        if self.dialect == "sqlite":
            values = {k: msgspec.json.encode(v).decode() if isinstance(v, list) else v for k, v in values.items()}
        text, constants = statement.text(self.dialect)
        try:
            return self.connection.execute(text, {**constants, **values} if constants else values)
        except _driver_errors() as error:
            if getattr(error, "sqlstate", None) == NUMBER_TOO_LARGE:
                raise Refused("not_found", "missing") from error  # as `_check`, for a column of 32 bits
            raise _translated(error) from error


def _check(values: Iterable[object]) -> None:
    """What no database holds is refused before it is asked, so that both answer alike. Every value of every row comes by here."""
    for value in values:
        kind = type(value)
        if kind is str:
            if "\0" in value:  # type: ignore[operator]
                raise Refused("text_unstorable", "invalid")
        elif kind is int:
            if not INT_MIN <= value <= INT_MAX:  # type: ignore[operator]
                raise Refused("not_found", "missing")  # nothing is stored under such a number
        elif kind not in PLAIN:
            _check(value if isinstance(value, list | tuple) else (_plain(value),))


def _check_rows(rows: Sequence[Mapping[str, object]]) -> None:
    """The same for rows: many of them by columns, and one by one only where something is unusual."""
    if len(rows) < FEW:
        for row in rows:
            _check(row.values())
        return
    try:
        columns = list(zip(*[row.values() for row in rows], strict=True))
    except ValueError:
        columns = [tuple(row.values()) for row in rows]
    for column in columns:
        kinds = set(map(type, column)) - {type(None)}
        said: Any = column if None not in column else [value for value in column if value is not None]
        if kinds == {str}:
            usual = "\0" not in "".join(said)
        elif kinds == {int}:
            usual = min(said) >= INT_MIN and max(said) <= INT_MAX
        else:
            usual = kinds <= PLAIN
        if not usual:
            _check(column)


def _plain(value: object) -> object:
    """A member of an enumeration as the text or number that it is."""
    return str.__str__(value) if isinstance(value, str) else int(value) if isinstance(value, int) else None


class Database:
    """One organisation's database. One writing connection for its desk, a few that cannot write for everybody else.

    On PostgreSQL `?owner=NAME:PASSWORD&reader=NAME:PASSWORD` in the URL are other logins, for migrations and for reading.
    `?replica=HOST:PORT`: where reports may be read (`kit/replica`).
    `?pooled=1`: a pooler stands between that hands out a server's connection for a transaction (PgBouncer).
    """

    def __init__(self, url: str) -> None:
        whole = make_url(url)
        self.url = whole.difference_update_query(("owner", "reader", "pooled", "replica"))
        self.is_pooled = whole.query.get("pooled") == "1"
        self._owner_url = _as_login(self.url, whole.query.get("owner"))
        self._reader_url = _as_login(self.url, whole.query.get("reader"))
        self.dialect = self.url.get_backend_name()
        if self.dialect not in {"sqlite", "postgresql"}:
            msg = f"sqlite:///FILE or postgresql+psycopg://..., not {url}"
            raise ValueError(msg)
        self.replica = _replica_of(whole)
        self._readers: queue.LifoQueue[Any] = queue.LifoQueue()
        self._readers_made = 0

    def writer(self) -> Any:
        """A connection that may write, with settings that survive a power cut. Its owner closes it."""
        if self.dialect == "sqlite":
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute(
                "PRAGMA recursive_triggers=ON"
            )  # else INSERT OR REPLACE deletes past an append-only trigger
            return connection
        # Whatever the server's or the role's own setting is. And to go back and forth costs little on disks without heads: else
        # a whole table is read, while it is a middling one, for the few rows of a batch.
        return self._postgres(self.url, ("synchronous_commit=on", GO_BACK_AND_FORTH), DESK_ROLE, "BEGIN")

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A transaction on a connection that cannot write: a snapshot for one request."""
        connection = self._begun()
        tx = Tx(connection, self.dialect)
        try:
            yield tx
            tx.settle()
            connection.execute("ROLLBACK")
        except BaseException as error:
            tx.leave()
            with suppress(*_driver_errors()):
                _roll_back(connection, self.dialect)
            self._give_back(connection)
            if self.is_closed(connection) and isinstance(error, (DatabaseError, *_driver_errors())):
                raise ConnectionLost(str(error)) from error
            raise
        self._give_back(connection)

    def pragmas(self, names: Iterable[str]) -> dict[str, object]:
        """What SQLite says of the desk's own connection."""
        try:
            connection = self.writer()
            try:
                return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise _translated(error) from error

    def engine(self) -> sa.Engine:
        """An SQLAlchemy engine for migrations and administration."""
        url = self._owner_url.set(drivername="postgresql+psycopg") if self.dialect == "postgresql" else self.url
        unprepared = {"prepare_threshold": None} if self.is_pooled else {}
        return sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args=unprepared)

    def close(self) -> None:
        """Close the idle readers."""
        if self.replica is not None:
            self.replica.close()
        while not self._readers.empty():
            self._readers.get().close()
            self._readers_made -= 1

    @property
    def path(self) -> str:
        """The file of a SQLite database."""
        if self.url.database in {None, "", ":memory:"}:
            msg = "an in-memory database has one connection only; name a file"
            raise ValueError(msg)
        return str(self.url.database)

    def _begun(self) -> Any:
        """A reader with its transaction. Those whose server went away while they waited are let go."""
        for tried in range(READERS_MAX + 1):
            try:
                connection = self._borrow()
            except queue.Empty as error:
                raise DatabaseError("too many readers at once") from error
            except _driver_errors() as error:
                raise _translated(error) from error
            try:
                # SQLite's reader sees one moment by itself.
                connection.execute("BEGIN" if self.dialect == "sqlite" else connection.beginning)
            except _driver_errors() as error:
                lost = self.is_closed(connection)
                self._give_back(connection)
                if not lost or tried == READERS_MAX:
                    raise _translated(error) from error
            else:
                return connection
        raise AssertionError

    def _give_back(self, connection: Any) -> None:
        if self.is_closed(connection):
            self._readers_made -= 1
        else:
            self._readers.put(connection)

    def _borrow(self) -> Any:
        try:
            return self._readers.get_nowait()
        except queue.Empty:
            if self._readers_made >= READERS_MAX:
                return self._readers.get(timeout=BUSY_TIMEOUT_MS / 1000)
        connection = self._reader()
        self._readers_made += 1
        return connection

    def _reader(self) -> Any:
        """A new connection that cannot write: `mode=ro`, or a role without write grants (D35)."""
        if self.dialect == "sqlite":
            uri = f"{Path(self.path).absolute().as_uri()}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            return connection
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        # What readers ask has filters that may be open: a plan for any values reads a seller's whole past for some of them.
        # By the other an index would be passed over for the order of ids.
        settings = ("default_transaction_read_only=on", "plan_cache_mode=force_custom_plan", GO_BACK_AND_FORTH)
        return self._postgres(self._reader_url, settings, READER_ROLE, begin)

    def _postgres(self, url: sa.URL, settings: tuple[str, ...], role: str, begin: str) -> Any:
        """A connection in a role that owns nothing. RESET ROLE undoes that, back to what the login itself may.

        `beginning` is how its transactions start: behind a pooler each says role and settings for itself, because the next
        one may be on another connection of the server, and nothing may stay on this one for whoever has it then.
        """
        import psycopg  # noqa: PLC0415 -- an extra: SQLite needs no driver

        asked = url.set(drivername="postgresql").render_as_string(hide_password=False)
        patience: dict[str, Any] = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS}
        options = "" if self.is_pooled else " ".join(f"-c {one}" for one in settings)
        try:
            connection: Any = psycopg.connect(asked, autocommit=True, options=options, **NOTICING, **patience)
        except psycopg.OperationalError as error:
            raise ConnectionLost(str(error)) from error
        connection.beginning = begin
        if self.is_pooled:
            connection.prepare_threshold = None  # a prepared statement stays on one connection of the server
            connection.beginning = "; ".join((begin, *(f"SET LOCAL {one}" for one in (f"ROLE {role}", *settings))))
            return connection
        try:
            connection.execute(f"SET ROLE {role}")
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def is_closed(self, connection: Any) -> bool:
        """Whether the server went away under a connection; a file does not."""
        return self.dialect == "postgresql" and bool(connection.closed)


def _as_login(url: sa.URL, login: str | tuple[str, ...] | None) -> sa.URL:
    """The URL with another login of `NAME` or `NAME:PASSWORD`; without one, as it is."""
    if not login:
        return url
    name, _, password = (login if isinstance(login, str) else login[-1]).partition(":")
    return url.set(username=name, password=password or None)


def _replica_of(whole: sa.URL) -> "Database | None":
    """The database at `?replica=HOST:PORT`, or a directory with its socket, with the same logins; None: there is none."""
    where = whole.query.get("replica")
    if not isinstance(where, str) or not where:
        return None
    there = whole.difference_update_query(("replica", "host", "port"))
    if where.startswith("/"):
        there = there.update_query_dict({"host": where})
    else:
        host, _, port = where.partition(":")
        there = there.set(host=host, port=int(port) if port else there.port)
    return Database(there.render_as_string(hide_password=False))


def check_url(text: str) -> None:
    """`ValueError` when no database can be there. The text may hold a password and is not repeated."""
    try:
        database = Database(text)
    except (sa.exc.ArgumentError, ValueError) as error:
        msg = "a database is postgresql+psycopg://USER@HOST/NAME or sqlite:///FILE"
        raise ValueError(msg) from error
    if database.dialect == "sqlite" and (database.url.drivername != "sqlite" or database.path.startswith("file:")):
        msg = "a SQLite file is sqlite:///FILE"
        raise ValueError(msg)


@contextmanager
def transaction(connection: Any, dialect: str, *, wait: bool = True) -> Iterator[Tx]:
    """BEGIN ... COMMIT on a writing connection; ROLLBACK when anything is raised.

    `wait` False, on SQLite: a database that another process writes is a `DatabaseError` at once.

    `ConnectionLost` and `OutcomeUnknown` leave the connection closed: whoever goes on needs another.
    """
    try:
        if dialect == "sqlite":
            _begin_sqlite(connection, wait=wait)
        else:
            connection.execute(getattr(connection, "beginning", "BEGIN"))
    except _driver_errors() as error:
        raise _failure(connection, dialect, error) from error
    tx = Tx(connection, dialect)
    try:
        try:
            yield tx
            tx.settle()
            fault_points.reached("commit.before")
        finally:
            tx.leave()
    except DatabaseError as error:
        if _undone(connection, dialect, error.__cause__):
            raise ConnectionLost(str(error)) from error
        raise
    except _driver_errors() as error:
        raise _failure(connection, dialect, error) from error
    except BaseException:
        with suppress(*_driver_errors()):
            _roll_back(connection, dialect)
        raise
    if dialect == "sqlite":
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _failure(connection, dialect, error) from error
    else:
        _commit(connection)
    fault_points.reached("commit.after")


def _begin_sqlite(connection: Any, *, wait: bool) -> None:
    if wait:
        connection.execute("BEGIN IMMEDIATE")
        return
    connection.execute("PRAGMA busy_timeout=0")
    try:
        connection.execute("BEGIN IMMEDIATE")
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _commit(connection: Any) -> None:
    """PostgreSQL's COMMIT, and whether its answer can be believed.

    Somebody who cancels the wait for the synchronous standby gets a success with a warning: the transaction stands on this
    server only, and is gone when the standby takes over.
    """
    import psycopg  # noqa: PLC0415 -- an extra

    warnings: list[str] = []

    def heed(notice: Any) -> None:
        if notice.severity_nonlocalized == "WARNING":
            warnings.append(str(notice.message_primary))

    if connection.closed:
        raise ConnectionLost("the server went away before COMMIT")
    connection.add_notice_handler(heed)
    try:
        told = connection.execute("COMMIT").statusmessage
    except psycopg.Error as error:
        if not connection.closed and error.sqlstate is not None:
            raise _failure(connection, "postgresql", error) from error
        connection.close()
        raise OutcomeUnknown(str(error)) from error
    finally:
        connection.remove_notice_handler(heed)
    if warnings:
        connection.close()
        raise OutcomeUnknown(warnings[0])
    if told != "COMMIT":
        raise DatabaseError(f"COMMIT came to {told}")


def _undone(connection: Any, dialect: str, error: BaseException | None) -> bool:
    """Roll back; whether the server is lost to this connection. One that takes no writes any more is as good as lost."""
    with suppress(*_driver_errors()):
        _roll_back(connection, dialect)
    if dialect == "sqlite":
        return False
    if getattr(error, "sqlstate", None) == SERVER_READ_ONLY:
        connection.close()
    return bool(connection.closed)


def _failure(connection: Any, dialect: str, error: Exception) -> DatabaseError:
    """The driver's error before or in a COMMIT that was not done, as ours."""
    return ConnectionLost(str(error)) if _undone(connection, dialect, error) else _translated(error)


def _roll_back(connection: Any, dialect: str) -> None:
    if connection.in_transaction if dialect == "sqlite" else not connection.closed:
        connection.execute("ROLLBACK")


_ERRORS: list[type[Exception]] = [sqlite3.Error]


def _driver_errors() -> tuple[type[Exception], ...]:
    if len(_ERRORS) == 1:
        try:
            import psycopg  # noqa: PLC0415 -- an extra
        except ImportError:
            return (sqlite3.Error,)
        _ERRORS.append(psycopg.Error)
    return tuple(_ERRORS)


def _translated(error: BaseException) -> DatabaseError:
    unique = getattr(error, "sqlite_errorname", "") in {"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"}
    state = getattr(error, "sqlstate", None)
    if unique or state == "23505":
        return Duplicate(str(error))
    if state in IN_THE_WAY:
        return InTheWay(str(error))
    if getattr(error, "sqlite_errorname", "").startswith("SQLITE_READONLY") or state in {SERVER_READ_ONLY, "42501"}:
        return ReadOnly(str(error))
    return DatabaseError(str(error))
