"""Settings of a database under which a house would lose what it answered or tell deadlines wrongly (`kit/safety`)."""

import ipaddress
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from backhaul.kit.safety import Fault, is_here, nearest

CLOCK_MAX = timedelta(seconds=30)
BUILT = datetime.fromisoformat("2026-11-01T00:00:00+00:00")  # no clock is right that says less
PASSWORD_CHARACTERS_MIN = 12
WELL_KNOWN = frozenset({"admin", "backhaul", "changeme", "example", "house", "marketplace", "partner", "password", "postgres", "secret", "test"})  # fmt: skip
REMOTE_DISKS = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "ceph", "glusterfs", "fuse.glusterfs")
MEMORY_DISKS = ("tmpfs", "ramfs")


SQLITE_SETTINGS: dict[str, tuple[frozenset[object], str]] = {
    "synchronous": (frozenset({2, 3}), "after a power cut answered commands are gone"),
    "foreign_keys": (frozenset({1}), "rows may point at nothing"),
    "journal_mode": (frozenset({"wal"}), "readers and the desk stop each other, or a crash breaks the file"),
    "recursive_triggers": (frozenset({1}), "REPLACE deletes past the triggers that keep events as they are"),
}


def of_sqlite(settings: Mapping[str, object]) -> list[Fault]:
    """What the desk's own connection says of itself."""
    return [
        Fault(f"sqlite_{name}", f"SQLite's {name} is {settings[name]} on the desk's connection: {otherwise}.",
              "The house sets it by itself: where that fails, use Python's own SQLite and a local disk.")
        for name, (good, otherwise) in SQLITE_SETTINGS.items()
        if settings[name] not in good
    ]  # fmt: skip


POSTGRES_SETTINGS: dict[str, tuple[frozenset[str], str]] = {
    "fsync": (frozenset({"on"}), "after a power cut the whole database may be broken"),
    "full_page_writes": (frozenset({"on"}), "a page that was half written stays so after a crash"),
    "synchronous_commit": (frozenset({"on", "remote_apply"}), "commands are answered before they are on a disk"),
    "data_checksums": (frozenset({"on"}), "what a disk changes by itself is read as if it were true"),
    "server_encoding": (frozenset({"UTF8"}), "names in Chinese, Russian and Turkish cannot be kept"),
}
REMEDIES = {
    "data_checksums": "Stop the server and run pg_checksums --enable (or initdb --data-checksums).",
    "server_encoding": "CREATE DATABASE … ENCODING 'UTF8'.",
}


def of_postgres(settings: Mapping[str, str], *, hosts: int, is_superuser: bool) -> list[Fault]:
    """What the server says. `hosts`: how many the URL names; with several another may take over."""
    found = [
        Fault(f"postgres_{name}", f"PostgreSQL's {name} is {settings[name]}: {otherwise}.",
              REMEDIES.get(name, f"ALTER SYSTEM SET {name} = on; then SELECT pg_reload_conf()."))
        for name, (good, otherwise) in POSTGRES_SETTINGS.items()
        if settings[name] not in good
    ]  # fmt: skip
    if hosts > 1 and not settings["synchronous_standby_names"].strip():
        found.append(Fault("no_synchronous_standby", "Several servers are named, and the leader waits for none of them: what it answered last is lost when another takes over.",
                           "Patroni: synchronous_mode and synchronous_mode_strict (docs/operating.md)."))  # fmt: skip
    if is_superuser:
        found.append(Fault("database_superuser", "The house signs in to PostgreSQL as a superuser: RESET ROLE would undo the roles that hold it.",
                           "Give it logins of its own (docs/operating.md, Roles on PostgreSQL).", stops=False))  # fmt: skip
    return found


def of_line(peer: str, *, encrypted: bool) -> list[Fault]:
    """The way to the server. `peer` is its address, empty for a socket of this machine."""
    if encrypted or not peer or is_here(peer):
        return []
    return [Fault("database_in_the_clear", f"Everything goes to the database at {peer} unencrypted.",
                  "Add sslmode=verify-full to the URL.", stops=ipaddress.ip_address(peer.partition("%")[0]).is_global)]  # fmt: skip


def of_clock(ours: datetime, theirs: datetime | None, latest: datetime | None) -> list[Fault]:
    """Our clock beside the server's, and beside the latest event that was written here: no clock goes back."""
    found = []
    remedy = "Let NTP set the clocks of both machines, then start again."
    if ours < BUILT:
        found.append(
            Fault("clock_wrong", f"This machine says {ours:%Y-%m-%d}, which was before this program was made.", remedy)
        )
    if theirs is not None and abs(ours - theirs) > CLOCK_MAX:
        found.append(Fault("clock_apart", f"The database's clock is {abs(ours - theirs).total_seconds():.0f} seconds away from this machine's: deadlines would fire early or late.",
                           remedy))  # fmt: skip
    if latest is not None and latest - ours > CLOCK_MAX:
        found.append(Fault("clock_back", f"The latest event is of {latest:%Y-%m-%d %H:%M} UTC, and this machine says {ours:%Y-%m-%d %H:%M}: its clock went back.",
                           remedy))  # fmt: skip
    return found


def of_disk(path: Path, kind: str) -> list[Fault]:
    """What an embedded database stands on. `kind` is the file system's."""
    if kind.startswith(REMOTE_DISKS):
        return [Fault("database_on_network", f"{path} is on a network file system ({kind}): its locks do not hold, and SQLite files break.",
                      "Put it on a local disk, or use PostgreSQL.")]  # fmt: skip
    if kind in MEMORY_DISKS:
        return [Fault("database_in_memory", f"{path} is in memory ({kind}): after a power cut nothing of it is left.",
                      "Put it on a disk.")]  # fmt: skip
    return []


def of_password(user: str, password: str, *, over_network: bool) -> list[Fault]:
    """The password of the database, as the URL has it."""
    if not password:
        return []
    found = []
    weak = password.lower() in WELL_KNOWN or password == user
    if weak or (over_network and len(password) < PASSWORD_CHARACTERS_MIN):
        found.append(Fault("database_password", "The password of the database is a default or short one.",
                           f"Give it {PASSWORD_CHARACTERS_MIN} characters or more that nobody chose."))  # fmt: skip
    found.append(Fault("password_on_command_line", "The password of the database stands on the command line, which others on this machine can read.",
                       "Put it into a password file (~/.pgpass, PGPASSFILE).", stops=False))  # fmt: skip
    return found


def disk_of(path: Path, mounts: str) -> str:
    """The kind of file system below a path, by the lines of /proc/self/mountinfo; empty where nobody says."""
    there, best, kind = str(nearest(path).resolve()), "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point = before.split()[4].replace("\\040", " ")
        below = there == point or there.startswith(point.rstrip("/") + "/")
        if below and len(point) >= len(best):
            best, kind = point, after.split()[0]
    return kind
