"""T12: each setting that loses or shows something is found, with the one beside it that is good. What is wrong and what to do is said."""

import base64
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from backhaul.kit import safe_databases, safety
from backhaul.kit.database import Database
from backhaul.kit.safety import Doors, Fault

GOOD_SERVER = {
    "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on", "server_encoding": "UTF8",
    "synchronous_standby_names": "",
}  # fmt: skip
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
AWAY, NEAR = timedelta(seconds=31), timedelta(seconds=30)


def server(hosts: int = 1, *, is_superuser: bool = False, **other: str) -> list[Fault]:
    return safe_databases.of_postgres({**GOOD_SERVER, **other}, hosts=hosts, is_superuser=is_superuser)


def process(**environment: str) -> list[Fault]:
    return safety.of_process(environment, optimised=False, is_root=False)


def sqlite(**other: object) -> list[Fault]:
    return safe_databases.of_sqlite(
        {"synchronous": 2, "foreign_keys": 1, "journal_mode": "wal", "recursive_triggers": 1, **other}
    )


def key(raw: bytes) -> list[Fault]:
    return safety.of_key(base64.urlsafe_b64encode(raw))


TLS: dict[str, Any] = {
    "host": "192.0.2.7",
    "secure": True,
    "url": "https://returns.example.com",
    "mail_to": "smtps://mail.example.com",
}
Look = Callable[[], list[Fault]]

# The code, a setting that is not safe, and the one beside it that is.
STOPS: list[tuple[str, Look, Look]] = [
    ("postgres_fsync", lambda: server(fsync="off"), server),
    ("postgres_full_page_writes", lambda: server(full_page_writes="off"), server),
    ("postgres_synchronous_commit", lambda: server(synchronous_commit="off"), server),
    ("postgres_synchronous_commit", lambda: server(synchronous_commit="local"), lambda: server(synchronous_commit="remote_apply")),
    ("postgres_synchronous_commit", lambda: server(synchronous_commit="remote_write"), server),
    ("postgres_data_checksums", lambda: server(data_checksums="off"), server),
    ("postgres_server_encoding", lambda: server(server_encoding="SQL_ASCII"), server),
    ("no_synchronous_standby", lambda: server(3), lambda: server(3, synchronous_standby_names="node2")),
    ("no_synchronous_standby", lambda: server(2), lambda: server(1)),
    ("sqlite_synchronous", lambda: sqlite(synchronous=1), lambda: sqlite(synchronous=3)),
    ("sqlite_synchronous", lambda: sqlite(synchronous=0), sqlite),
    ("sqlite_foreign_keys", lambda: sqlite(foreign_keys=0), sqlite),
    ("sqlite_journal_mode", lambda: sqlite(journal_mode="memory"), sqlite),
    ("sqlite_recursive_triggers", lambda: sqlite(recursive_triggers=0), sqlite),
    ("key_short", lambda: safety.of_key(b"secret"), lambda: safety.of_key(Fernet.generate_key())),
    ("key_short", lambda: key(bytes(range(31))), lambda: key(bytes(range(32)))),
    ("key_guessable", lambda: key(b"changemechangemechangemechangeme"), lambda: key(bytes(range(12)) + b"\0" * 20)),
    ("key_guessable", lambda: key(b"\0" * 32), lambda: key(bytes(range(32)))),
    ("database_password", lambda: safe_databases.of_password("house", "house", over_network=False),
     lambda: safe_databases.of_password("house", "Gz7", over_network=False)),
    ("database_password", lambda: safe_databases.of_password("h", "11characte1", over_network=True),
     lambda: safe_databases.of_password("h", "12characters", over_network=True)),
    ("database_in_the_clear", lambda: safe_databases.of_line("8.8.8.8", encrypted=False),
     lambda: safe_databases.of_line("8.8.8.8", encrypted=True)),
    ("database_on_network", lambda: safe_databases.of_disk(Path("/d/m.db"), "nfs4"), lambda: safe_databases.of_disk(Path("/d/m.db"), "ext4")),
    ("database_in_memory", lambda: safe_databases.of_disk(Path("/d/m.db"), "tmpfs"), lambda: safe_databases.of_disk(Path("/d/m.db"), "overlay")),
    ("clock_apart", lambda: safe_databases.of_clock(NOW, NOW + AWAY, None), lambda: safe_databases.of_clock(NOW, NOW + NEAR, None)),
    ("clock_apart", lambda: safe_databases.of_clock(NOW, NOW - AWAY, None), lambda: safe_databases.of_clock(NOW, NOW - NEAR, None)),
    ("clock_back", lambda: safe_databases.of_clock(NOW, None, NOW + AWAY), lambda: safe_databases.of_clock(NOW, None, NOW + NEAR)),
    ("clock_wrong", lambda: safe_databases.of_clock(datetime(1970, 1, 1, tzinfo=UTC), None, None), lambda: safe_databases.of_clock(NOW, None, None)),
    ("debug_switch", lambda: process(LITESTAR_DEBUG="1"), lambda: process(LITESTAR_DEBUG="0")),
    ("debug_switch", lambda: process(PYTHONHASHSEED="0x"), lambda: process(PYTHONHASHSEED="random")),
    ("debug_switch", lambda: process(PYTHONINSPECT="1"), process),
    ("assertions_off", lambda: safety.of_process({}, optimised=True, is_root=False), process),
    ("plain_http", lambda: safety.of_doors(Doors(url="http://returns.example.com")), lambda: safety.of_doors(Doors(url="http://127.0.0.1:8000"))),
    ("plain_http", lambda: safety.of_doors(Doors(**{**TLS, "url": "http://returns.example.com"})), lambda: safety.of_doors(Doors(**TLS))),
    ("cookies_in_the_clear", lambda: safety.of_doors(Doors("192.0.2.7", mail_to="smtps://m")), lambda: safety.of_doors(Doors("192.0.2.7", secure=True, mail_to="smtps://m"))),
    ("cookies_in_the_clear", lambda: safety.of_doors(Doors(url="https://a.example", mail_to="smtps://m")),
     lambda: safety.of_doors(Doors(url="https://a.example", secure=True, mail_to="smtps://m"))),
    ("any_proxy", lambda: safety.of_doors(Doors(proxies="10.0.0.1,*")), lambda: safety.of_doors(Doors(proxies="10.0.0.1"))),
    ("any_proxy", lambda: safety.of_doors(Doors(proxies="0.0.0.0/0")), lambda: safety.of_doors(Doors(proxies="10.0.0.0/8"))),
    ("webhooks_inside", lambda: safety.of_doors(Doors(**TLS, webhooks_into="10.0.0.0/8")), lambda: safety.of_doors(Doors(webhooks_into="127.0.0.0/8"))),
    ("mail_on_console", lambda: safety.of_doors(Doors(**{**TLS, "mail_to": "console"})), lambda: safety.of_doors(Doors(mail_to="console"))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "unsafe", "good"), STOPS, ids=[f"{n}-{code}" for n, (code, *_) in enumerate(STOPS)])
def test_a_setting_that_loses_or_shows_something_is_found_and_the_one_beside_it_is_not(
    code: str, unsafe: Look, good: Look
) -> None:
    found = [fault for fault in unsafe() if fault.stops]

    assert [code] == [fault.code for fault in found]
    assert all(fault.said.endswith(".") and fault.remedy for fault in found)
    assert [] == [fault for fault in good() if fault.stops]


def test_what_is_less_than_good_is_advice() -> None:
    found = [
        *server(is_superuser=True), *safety.of_process({}, optimised=False, is_root=True),
        *safety.of_doors(Doors("192.0.2.7", secure=True)), *safe_databases.of_line("10.0.0.7", encrypted=False),
        *safe_databases.of_password("h", "12characters", over_network=True),
    ]  # fmt: skip

    assert [
        ("database_superuser", False), ("runs_as_root", False), ("mail_to_files", False), ("database_in_the_clear", False),
        ("password_on_command_line", False),
    ] == [(fault.code, fault.stops) for fault in found]  # fmt: skip
    assert [] == safe_databases.of_line("", encrypted=False) + safe_databases.of_line("::1", encrypted=False)


# -- On a real disk ---------------------------------------------------------------------------------------------------


def test_the_desk_connects_as_it_should(tmp_path: Path) -> None:
    asked = Database(f"sqlite:///{tmp_path / 'm.db'}").pragmas(safe_databases.SQLITE_SETTINGS)
    plain = sqlite3.connect(tmp_path / "other.db")
    bare = {name: plain.execute(f"PRAGMA {name}").fetchone()[0] for name in safe_databases.SQLITE_SETTINGS}
    plain.close()

    assert [] == safe_databases.of_sqlite(asked)
    assert {"sqlite_foreign_keys", "sqlite_journal_mode", "sqlite_recursive_triggers"} == {
        fault.code for fault in safe_databases.of_sqlite(bare)
    }


def test_who_else_may_read_the_files_is_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    seal, database = data / "seal.key", data / "marketplace.db"
    for path in (seal, database):
        path.touch(mode=0o600)

    def codes(key_mode: int, data_mode: int, database_mode: int) -> list[str]:
        seal.chmod(key_mode)
        database.chmod(database_mode)
        data.chmod(data_mode)
        return [fault.code for fault in safety.of_files(data, seal, [database]) if fault.code != "disk_full"]

    assert [] == codes(0o600, 0o700, 0o600)
    assert [] == codes(0o600, 0o700, 0o644)  # nobody else gets as far as that
    assert ["key_file_open"] == codes(0o640, 0o700, 0o600)
    assert ["key_file_open"] == codes(0o604, 0o700, 0o600)
    assert ["database_file_open"] == codes(0o600, 0o755, 0o644)
    assert ["data_readable"] == codes(0o600, 0o755, 0o600)
    assert ["data_open"] == codes(0o600, 0o702, 0o600)


def test_a_directory_that_takes_no_files_and_a_disk_without_room_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "data"
    file.touch()  # also root cannot write below a file
    monkeypatch.setattr(safety, "_free_bytes", lambda _: safety.FREE_BYTES_MIN)

    shut = safety.of_files(file, tmp_path / "seal.key")
    narrow = safety.of_files(tmp_path, tmp_path / "seal.key")
    monkeypatch.setattr(safety, "_free_bytes", lambda _: safety.FREE_BYTES_MIN - 1)
    full = safety.of_files(tmp_path, tmp_path / "seal.key")

    assert [("not_writable", True)] == [(fault.code, fault.stops) for fault in shut]
    assert [("disk_full", False)] == [(fault.code, fault.stops) for fault in narrow]
    assert [("disk_full", True)] == [(fault.code, fault.stops) for fault in full]
    assert [] == list(tmp_path.glob(".trial-*"))


def test_the_file_system_is_that_of_the_longest_mount(tmp_path: Path) -> None:
    mounts = "\n".join((
        "1 0 8:1 / / rw - overlay overlay rw", f"2 1 8:2 / {tmp_path} rw shared:1 - nfs4 server:/x rw",
        f"3 1 8:2 / {tmp_path / 'with space'} rw - ext4 /dev/sda1 rw".replace("with space", "with\\040space"),
    ))  # fmt: skip

    assert "nfs4" == safe_databases.disk_of(tmp_path / "not yet" / "m.db", mounts)
    (tmp_path / "with space").mkdir()
    assert "ext4" == safe_databases.disk_of(tmp_path / "with space" / "m.db", mounts)
    assert "overlay" == safe_databases.disk_of(Path(f"{tmp_path}2") / "m.db", mounts)
    assert "" == safe_databases.disk_of(tmp_path, "")


def test_a_house_makes_its_directory_for_itself(tmp_path: Path) -> None:
    from backhaul.kit.occupancy import Occupancy  # noqa: PLC0415

    before = os.umask(0o022)
    try:
        Occupancy(tmp_path / "data").leave()
    finally:
        os.umask(before)

    assert 0o700 == (tmp_path / "data").stat().st_mode & 0o777
