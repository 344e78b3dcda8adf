"""SQLite or PostgreSQL by URL: connections, transactions, statements compiled once. The only file that knows which database it is."""

import queue
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement

from backhaul.kit.machine import Refused

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.compiler import SQLCompiler

READERS_MAX = 16
BUSY_TIMEOUT_MS = 10_000
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
PLAIN = frozenset({type(None), bool, bytes, float})  # what any database holds
NUMBER_TOO_LARGE = "22003"  # PostgreSQL: numeric_value_out_of_range
READER_ROLE = "backhaul_reader"
DESK_ROLE = "backhaul_desk"


class DatabaseError(Exception):
    """The database did not do what it was asked; the transaction is rolled back."""


class Duplicate(DatabaseError):
    """A row with this key exists already."""


class ReadOnly(DatabaseError):
    """Something was to be written on a connection that cannot."""


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
    """An SQLAlchemy Core statement, compiled to text once a dialect. Build at import, with `bindparam` for every value."""

    def __init__(self, core: Any) -> None:
        self.core = core
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


class Tx:
    """One open transaction. Values are int, str, bytes, None, or a list for `among`."""

    def __init__(self, connection: Any, dialect: str) -> None:
        self.connection = connection
        self.dialect = dialect
        self._savepoint_count = 0

    def rows(self, statement: Statement, **values: object) -> list[tuple[Any, ...]]:
        """All rows."""
        return self._execute(statement, values).fetchall()  # type: ignore[no-any-return]

    def one(self, statement: Statement, **values: object) -> tuple[Any, ...] | None:
        """The first row, or None."""
        return self._execute(statement, values).fetchone()  # type: ignore[no-any-return]

    def run(self, statement: Statement, **values: object) -> int:
        """The number of rows that changed."""
        return self._execute(statement, values).rowcount  # type: ignore[no-any-return]

    def many(self, statement: Statement, values: Sequence[Mapping[str, object]]) -> int:
        """Run once for each mapping; the number of rows that changed in all."""
        if not values:
            return 0
        cursor = self.connection.cursor()
        text, constants = statement.text(self.dialect)
        if constants:
            values = [{**constants, **value} for value in values]
        for row in values:
            _check(row.values())
        try:
            cursor.executemany(text, values)
        except _driver_errors() as error:
            raise _translated(error) from error
        return cursor.rowcount  # type: ignore[no-any-return]

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Whatever fails inside is undone, the transaction goes on."""
        self._savepoint_count += 1
        name = f"s{self._savepoint_count}"
        self.connection.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self.connection.execute(f"ROLLBACK TO SAVEPOINT {name}")
            self.connection.execute(f"RELEASE SAVEPOINT {name}")
            raise
        self.connection.execute(f"RELEASE SAVEPOINT {name}")

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


def _plain(value: object) -> object:
    """A member of an enumeration as the text or number that it is."""
    return str.__str__(value) if isinstance(value, str) else int(value) if isinstance(value, int) else None


class Database:
    """One organisation's database. One writing connection for its desk, a few that cannot write for everybody else.

    On PostgreSQL `?owner=NAME:PASSWORD&reader=NAME:PASSWORD` in the URL are other logins, for migrations and for reading.
    """

    def __init__(self, url: str) -> None:
        whole = make_url(url)
        self.url = whole.difference_update_query(("owner", "reader"))
        self._owner_url = _as_login(self.url, whole.query.get("owner"))
        self._reader_url = _as_login(self.url, whole.query.get("reader"))
        self.dialect = self.url.get_backend_name()
        if self.dialect not in {"sqlite", "postgresql"}:
            msg = f"sqlite:///FILE or postgresql+psycopg://..., not {url}"
            raise ValueError(msg)
        self._readers: queue.LifoQueue[Any] = queue.LifoQueue()
        self._readers_made = 0

    def writer(self) -> Any:
        """A connection that may write, with settings that survive a power cut. Its owner closes it."""
        if self.dialect == "sqlite":
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute(
                "PRAGMA recursive_triggers=ON"
            )  # else INSERT OR REPLACE deletes past an append-only trigger
            return connection
        # Whatever the server's or the role's own setting is.
        return self._postgres(self.url, "-c synchronous_commit=on", DESK_ROLE)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A transaction on a connection that cannot write: a snapshot for one request."""
        try:
            connection = self._borrow()
        except queue.Empty as error:
            raise DatabaseError("too many readers at once") from error
        except _driver_errors() as error:
            raise _translated(error) from error
        try:
            # SQLite's reader sees one moment by itself.
            connection.execute(
                "BEGIN" if self.dialect == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            )
            yield Tx(connection, self.dialect)
            connection.execute("ROLLBACK")
        except BaseException:
            if not self.is_closed(connection):
                self._roll_back(connection)
                self._readers.put(connection)
            else:
                self._readers_made -= 1
            raise
        self._readers.put(connection)

    def engine(self) -> sa.Engine:
        """An SQLAlchemy engine for migrations and administration."""
        url = self._owner_url.set(drivername="postgresql+psycopg") if self.dialect == "postgresql" else self.url
        return sa.create_engine(url, poolclass=sa.pool.NullPool)

    def close(self) -> None:
        """Close the idle readers."""
        while not self._readers.empty():
            self._readers.get().close()
            self._readers_made -= 1

    @property
    def path(self) -> str:
        """The file of a SQLite database."""
        if not self.url.database:
            msg = "an in-memory database has one connection only; name a file"
            raise ValueError(msg)
        return self.url.database

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
        # What readers ask has filters that may be open: a plan for any values reads a seller's whole past for some of them.
        # And to go back and forth costs little on disks without heads: else an index is passed over for the order of ids.
        options = "-c default_transaction_read_only=on -c plan_cache_mode=force_custom_plan -c random_page_cost=1.1"
        return self._postgres(self._reader_url, options, READER_ROLE)

    def _postgres(self, url: sa.URL, options: str, role: str) -> Any:
        """A connection in a role that owns nothing. RESET ROLE undoes that, back to what the login itself may."""
        import psycopg  # noqa: PLC0415 -- an extra: SQLite needs no driver

        connection = psycopg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False),
            autocommit=True,
            options=options,
            keepalives_idle=2,
            keepalives_interval=1,
            keepalives_count=3,
        )
        try:
            connection.execute(f"SET ROLE {role}")
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def is_closed(self, connection: Any) -> bool:
        """Whether the server went away under a connection; a file does not."""
        return self.dialect == "postgresql" and bool(connection.closed)

    def _roll_back(self, connection: Any) -> None:
        if self.dialect == "postgresql" or connection.in_transaction:
            connection.execute("ROLLBACK")


def _as_login(url: sa.URL, login: str | tuple[str, ...] | None) -> sa.URL:
    """The URL with another login of `NAME` or `NAME:PASSWORD`; without one, as it is."""
    if not login:
        return url
    name, _, password = (login if isinstance(login, str) else login[-1]).partition(":")
    return url.set(username=name, password=password or None)


@contextmanager
def transaction(connection: Any, dialect: str) -> Iterator[Tx]:
    """BEGIN ... COMMIT on a writing connection; ROLLBACK when anything is raised."""
    try:
        connection.execute("BEGIN IMMEDIATE" if dialect == "sqlite" else "BEGIN")
    except _driver_errors() as error:
        raise _translated(error) from error
    try:
        yield Tx(connection, dialect)
        connection.execute("COMMIT")
    except BaseException as error:
        if dialect == "sqlite":
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        elif not connection.closed:
            connection.execute("ROLLBACK")
        if isinstance(error, _driver_errors()):
            raise _translated(error) from error
        raise


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
    if getattr(error, "sqlite_errorname", "").startswith("SQLITE_READONLY") or state in {"25006", "42501"}:
        return ReadOnly(str(error))
    return DatabaseError(str(error))
