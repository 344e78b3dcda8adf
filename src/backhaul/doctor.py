"""Looks at the settings of a house before it opens (`kit/safety`): asks the disk, the database and the accounts, changes nothing."""

import os
import shlex
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from rich.console import Console

from backhaul.kit import keys, safe_databases, safety
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, DatabaseError
from backhaul.kit.days import from_us
from backhaul.kit.safety import Doors, Fault

MOUNTS = Path("/proc/self/mountinfo")
DEMO_PASSWORD = "backhaul-demo"  # noqa: S105 -- world.PASSWORD, which a house does not load
LOOKED_AT_MAX = 50  # accounts whose password is tried: a tenth of a second each


class House(msgspec.Struct, frozen=True):
    """What is to be opened: `url` is the database's, `media` a bucket or nothing."""

    name: str
    data: Path
    url: str
    doors: Doors = Doors()
    media: str = ""


def examine(house: House, *, thorough: bool = True) -> list[Fault]:
    """Everything that is not safe. `thorough`: passwords are tried, too."""
    found = safety.of_process(os.environ, optimised=not __debug__, is_root=os.geteuid() == 0)
    found += safety.of_doors(house.doors)
    database = Database(house.url)
    embedded = [Path(database.path)] if database.dialect == "sqlite" else []
    key_file = house.data / "seal.key"
    found += safety.of_files(house.data, key_file, embedded, media_here=not house.media)
    if key_file.exists():
        found += safety.of_key(key_file.read_bytes())
    try:
        found += _of_file(database, embedded[0]) if embedded else _of_server(database)
        if thorough:
            found += _of_accounts(house.name, database, stops=safety.is_beyond(house.doors))
    except (sa.exc.SQLAlchemyError, DatabaseError) as error:
        said = str(getattr(error, "orig", None) or error).partition("\n")[0]
        found.append(Fault("database_away", f"The database does not answer: {said}", "Start it, or mend --database."))
    finally:
        database.close()
    return found


def _of_file(database: Database, path: Path) -> list[Fault]:
    mounts = MOUNTS.read_text(encoding="utf-8") if MOUNTS.exists() else ""
    found = safe_databases.of_disk(path, safe_databases.disk_of(path, mounts))
    if not path.exists():
        return found
    found += safe_databases.of_sqlite(database.pragmas(safe_databases.SQLITE_SETTINGS))
    latest = None
    with database.engine().connect() as connection:
        if sa.inspect(connection).has_table("events"):
            latest = connection.scalar(sa.text("SELECT recorded_us FROM events ORDER BY rowid DESC LIMIT 1"))
    return found + safe_databases.of_clock(Clock().now(), None, None if latest is None else from_us(latest))


def _of_server(database: Database) -> list[Fault]:
    url = database.url
    engine = database.engine()
    with engine.connect() as connection:
        wanted = (*safe_databases.POSTGRES_SETTINGS, "synchronous_standby_names")
        settings = {name: str(connection.scalar(sa.text(f"SHOW {name}"))) for name in wanted}
        ours = Clock().now()
        theirs = connection.scalar(sa.text("SELECT clock_timestamp()"))
        is_superuser = connection.scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = session_user"))
        driver: Any = connection.connection.driver_connection
        peer = "" if driver.info.host.startswith("/") else driver.info.hostaddr
        encrypted = bool(driver.pgconn.ssl_in_use)
    engine.dispose()
    hosts = url.query.get("host") or url.host or ""
    named = hosts if isinstance(hosts, tuple) else str(hosts).split(",")
    found = safe_databases.of_postgres(settings, hosts=len(named), is_superuser=bool(is_superuser))
    found += safe_databases.of_password(
        url.username or "", url.password or "", over_network=bool(peer and not safety.is_here(peer))
    )
    return found + safe_databases.of_line(peer, encrypted=encrypted) + safe_databases.of_clock(ours, theirs, None)


def _of_accounts(name: str, database: Database, *, stops: bool) -> list[Fault]:
    """The accounts of the demo are told to everybody; a house that only this machine reaches may start with them."""
    accounts: sa.Table = import_module(f"backhaul.{name}.tables").accounts
    if database.dialect == "sqlite" and not Path(database.path).exists():
        return []
    first = sa.select(accounts.c.login, accounts.c.password).where(accounts.c.password != "").order_by(accounts.c.id)
    with database.engine().connect() as connection:
        if not sa.inspect(connection).has_table(accounts.name):
            return []
        rows = connection.execute(first.limit(LOOKED_AT_MAX)).all()
    # All of a demo have one hash: it is tried once.
    opened = {hashed for hashed in {hashed for _, hashed in rows} if keys.password_fits(DEMO_PASSWORD, hashed)}
    logins = [login for login, hashed in rows if hashed in opened]
    if not logins:
        return []
    return [Fault("demo_password", f"{len(logins)} accounts have the password of the demo: {', '.join(logins[:5])}.",
                  "This is a demo's house: serve a directory of your own.", stops=stops)]  # fmt: skip


def told(faults: list[Fault], console: Console) -> None:
    """Each as a paragraph: what is wrong, then what to do."""
    for fault in sorted(faults, key=lambda one: not one.stops):
        style = "red" if fault.stops else "yellow"
        word = "unsafe" if fault.stops else "advice"
        console.print(f"{word}  {fault.code}", style=style, markup=False)
        console.print(f"        {fault.said}\n        {fault.remedy}", markup=False)


def run(house: House) -> int:
    """Tell everything; 1 when a house would not start."""
    faults = examine(house)
    told(faults, Console(highlight=False, soft_wrap=True))
    unsafe = sum(fault.stops for fault in faults)
    sys.stdout.write(f"{house.name}: {unsafe} unsafe, {len(faults) - unsafe} to think about\n")
    return 1 if unsafe else 0


def examined(house: House, *, trial: bool) -> str | None:
    """Words for a house's first line when it is on trial; None when a setting is not safe: it is told, and nothing may start."""
    unsafe = [fault for fault in examine(house, thorough=safety.is_beyond(house.doors)) if fault.stops]
    if not unsafe:
        return ""
    if trial:
        same = f"backhaul doctor {house.name} --data {shlex.quote(str(house.data))}"
        return f", on trial ({len(unsafe)} settings are not safe: {same}, with all other options of this line)"
    told(unsafe, Console(stderr=True, highlight=False, soft_wrap=True))
    sys.stderr.write(
        f"the {house.name} does not start: {len(unsafe)} settings are not safe; to try it out all the same: --trial\n"
    )
    return None
