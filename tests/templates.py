"""A fresh database with a house's schema, copied from one that went through the migrations once in this process.

The migrations themselves are tested from nothing in tests/kit/test_migrations.py and by every house that starts by itself.
"""

import atexit
import shutil
import tempfile
import uuid
from functools import cache
from pathlib import Path

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from backhaul.kit import migrations
from backhaul.kit.database import Database


def fill(database_url: str, package: str, metadata: sa.MetaData) -> None:
    """Give an empty database the newest schema; one that has tables is left alone."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(_sqlite(package, metadata), path)
    elif _is_empty(url):
        template = _postgres(url.set(database="postgres"), package, metadata)
        name = sql.Identifier(url.database or "")
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(name, sql.Identifier(template))
        _run(url, sql.SQL("DROP DATABASE {}").format(name), made)


@cache
def _sqlite(package: str, metadata: sa.MetaData) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="backhaul-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "template.sqlite"
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database, package, metadata)
    database.close()
    return path


@cache
def _postgres(server: URL, package: str, metadata: sa.MetaData) -> str:
    name = f"template_{uuid.uuid4().hex}"
    _run(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    database = Database(server.set(database=name).render_as_string(hide_password=False))
    migrations.upgrade(database, package, metadata)
    database.close()
    return name


def _is_empty(url: URL) -> bool:
    with _connected(url, url.database or "") as connection:
        row = connection.execute("SELECT to_regclass('alembic_version') IS NULL").fetchone()
    return row is not None and bool(row[0])


def _run(url: URL, *statements: sql.Composed) -> None:
    with _connected(url, "postgres") as connection:
        for statement in statements:
            connection.execute(statement)


def _connected(url: URL, name: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(host=str(url.query["host"]), user=url.username, dbname=name, autocommit=True)
