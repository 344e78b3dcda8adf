"""Importing orders: twice, killed midway, beside a running house, and files with faults (D29)."""

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from rich.console import Console

from backhaul import importing
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement, transaction
from backhaul.kit.occupancy import Occupancy, note_of
from backhaul.marketplace import errands, order_pieces, tables
from backhaul.marketplace.office import open_office
from backhaul.marketplace.orders import OrderLine, read

COLUMNS = (
    "posting_number,line_number,sku,offer_id,name,category,unit_price,currency,order_rate,ordered_on,paid_price_rub,"
    "weight_kg,outbound_weight_kg,quantity,seller_id,seller_country,customer_ref,customer_email,customer_language,"
    "serial,marking_code,delivered_at"
)
LOADED = (tables.sellers, tables.customers, tables.order_lines, tables.units)
SECONDS = 60
AT = datetime(2024, 10, 1, tzinfo=UTC)


def row(n: int, **changes: str) -> str:
    """The n-th order line: every third posting has two lines, every fifth line three units."""
    cells = {
        "posting_number": f"{10_000_000 + n // 4 * 3 + min(n % 4, 2)}-0001-1",
        "line_number": "2" if n % 4 == 3 else "1",
        "sku": str(400_000 + n % 900),
        "offer_id": f"OF-{n % 900}",
        "name": f"Product {n % 900}",
        "category": "home",
        "unit_price": "12400.00",
        "currency": "RUB",
        "order_rate": "1",
        "ordered_on": "2024-08-20",
        "paid_price_rub": "12000",
        "weight_kg": "0.900",
        "outbound_weight_kg": "",
        "quantity": "3" if n % 5 == 0 else "1",
        "seller_id": str(1180457 + n // 4 % 7),
        "seller_country": ("TR", "CN", "HK", "KZ", "CN", "TR", "CN")[n // 4 % 7],
        "customer_ref": f"C-{n // 4 % 300}",
        "customer_email": f"c{n // 4 % 300}@example.com",
        "customer_language": "ru",
        "serial": "",
        "marking_code": "",
        "delivered_at": "2024-09-01T12:15:00+03:00",
    } | changes
    return ",".join(cells.values())


def write(path: Path, rows: list[str], header: str = COLUMNS) -> Path:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def dump(database_url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of what an import loads."""
    database = Database(database_url)
    with database.read() as tx:
        found = {
            table.name: tx.rows(Statement(table.select().order_by(*table.primary_key.columns))) for table in LOADED
        }
    database.close()
    return found


def house_url(data: Path) -> str:
    return f"sqlite:///{data / 'marketplace.db'}"


def run(source: Path, data: Path, database_url: str = "") -> tuple[int, str]:
    """What the command does: the exit code and what it says."""
    said = io.StringIO()
    code = importing.run(source, data, database_url, Console(file=said, width=300))
    return code, said.getvalue()


def command(source: Path, data: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "backhaul.cli",
        "marketplace",
        "import-orders",
        str(source),
        "--data",
        str(data),
        *more,
    ]


# -- Twice ------------------------------------------------------------------------------------------------------------


def test_a_file_imported_twice_leaves_the_rows_of_the_first_time(database_url: str, tmp_path: Path) -> None:
    """R96: lines that are there already are left as they are; a longer file adds only what is new."""
    short, long = write(tmp_path / "short.csv", [row(n) for n in range(700)]), tmp_path / "long.csv"
    write(long, [row(n) for n in range(800)])

    first = run(short, tmp_path / "data", database_url)
    once = dump(database_url)
    second = run(short, tmp_path / "data", database_url)
    twice = dump(database_url)
    third = run(long, tmp_path / "data", database_url)

    assert (first[0], second[0], third[0]) == (0, 0, 0)
    assert "700 order lines are new, 0 were there already, 0 rows are bad" in first[1]
    assert "0 order lines are new, 700 were there already, 0 rows are bad" in second[1]
    assert "100 order lines are new, 700 were there already, 0 rows are bad" in third[1]
    assert twice == once
    assert len(once["order_lines"]) == 700
    assert len(once["units"]) == 560 * 1 + 140 * 3  # every fifth line has three
    assert len(once["sellers"]) == 7
    assert len(once["customers"]) == 175  # four lines each
    assert len(dump(database_url)["order_lines"]) == 800


def test_the_sample_is_loaded_by_the_command_without_a_file(tmp_path: Path) -> None:
    """D12: 500 order lines, dated from the day of the import."""
    data = tmp_path / "data"
    plain = [part for part in command(Path(), data) if part != "."]

    done = subprocess.run(plain, capture_output=True, timeout=SECONDS, check=False)

    assert done.returncode == 0, done.stderr.decode()
    assert b"500 order lines are new, 0 were there already, 0 rows are bad" in done.stderr
    assert len(dump(house_url(data))["order_lines"]) == 500


# -- Killed midway ----------------------------------------------------------------------------------------------------


def lines_so_far(engine: sa.Engine) -> int:
    with (
        contextlib.suppress(sa.exc.DBAPIError),
        engine.connect() as connection,
    ):  # there is no table before the first chunk
        return int(connection.execute(sa.select(sa.func.count()).select_from(tables.order_lines)).scalar_one())
    return 0


def test_an_import_that_is_killed_and_run_again_equals_one_clean_import(database_url: str, tmp_path: Path) -> None:
    """D29: SIGKILL between two chunks or inside one; the second run adds exactly what is missing."""
    rows = 20_000
    source = write(tmp_path / "orders.csv", [row(n) for n in range(rows)])
    clean_url = f"sqlite:///{tmp_path / 'clean.db'}"
    assert run(source, tmp_path / "clean", clean_url)[0] == 0

    engine = Database(database_url).engine()

    words = command(source, tmp_path / "data", "--database", database_url)
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as child:
        deadline = time.monotonic() + SECONDS
        while not lines_so_far(engine) and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    midway = len(dump(database_url)["order_lines"])
    code, said = run(source, tmp_path / "data", database_url)

    assert 0 < midway < rows
    assert midway % importing.CHUNK_LINES == 0  # a chunk is there as a whole or not at all
    assert code == 0
    assert f"{rows - midway} order lines are new, {midway} were there already, 0 rows are bad" in said
    assert dump(database_url) == dump(clean_url)


# -- Beside a house that runs -----------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(data: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A marketplace house as a process of its own on this data directory, answering."""
    words = [
        sys.executable,
        "-m",
        "backhaul.cli",
        "serve",
        "marketplace",
        "--data",
        str(data),
        "--port",
        str(free_port()),
    ]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as house:
        deadline = time.monotonic() + SECONDS
        while note_of(data) is None and house.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        try:
            yield house
        finally:
            if house.poll() is None:
                house.send_signal(signal.SIGINT)
            house.wait(SECONDS)


def test_an_import_beside_a_running_house_goes_through_its_door(tmp_path: Path) -> None:
    """D29: SQLite has one writer, the house; the import hands in its chunks with the token of the note."""
    data = tmp_path / "data"
    source = write(tmp_path / "orders.csv", [row(n) for n in range(1200)])
    with running(data) as house:
        note = note_of(data)
        assert note is not None
        mode = (data / "house.json").stat().st_mode & 0o777
        code, said = run(source, data)
        again, said_again = run(source, data)
        with httpx2.Client(base_url=note.url) as stranger:
            refused = stranger.post("/api/v1/admin/order-lines", content=b"[]", headers={"authorization": "Bearer x"})
            health = stranger.get("/api/v1/health").json()
        assert house.poll() is None

    assert (code, again) == (0, 0)
    assert "1200 order lines are new" in said
    assert "0 order lines are new, 1200 were there already" in said_again
    assert (refused.status_code, health) == (404, {"status": "ok"})
    assert mode == 0o600
    assert len(dump(house_url(data))["order_lines"]) == 1200
    assert house.returncode == 0
    assert note_of(data) is None


def test_a_directory_that_somebody_holds_silently_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    """D29: a lock without a note is a house that starts or stops."""
    data = tmp_path / "data"
    holder = Occupancy(data)
    code, said = run(write(tmp_path / "orders.csv", [row(1)]), data)
    holder.leave()

    assert code == 2
    assert "another house holds" in said
    assert not (data / "marketplace.db").exists()


def test_an_import_after_the_house_was_killed_takes_the_lock_itself(tmp_path: Path) -> None:
    """D29: `or take the lock`: the kernel let go of it when the house died, only its note lies there still."""
    data = tmp_path / "data"
    source = write(tmp_path / "orders.csv", [row(n) for n in range(10)])
    with running(data) as house:
        os.kill(house.pid, signal.SIGKILL)

    code, said = run(source, data)

    assert (code, "10 order lines are new" in said) == (0, True)


# -- Faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("apart_from", [order_pieces.APART_BYTES, 0])
def test_bad_rows_are_told_with_line_column_and_reason_and_the_good_ones_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, apart_from: int
) -> None:
    """R117: exit code 1; the header is line 1. A process of its own reads alike."""
    monkeypatch.setattr(order_pieces, "APART_BYTES", apart_from)
    data = tmp_path / "data"
    source = write(tmp_path / "orders.csv", [
        row(0),
        row(1, weight_kg="heavy"),
        row(2, seller_country="XX", unit_price="-5"),
        row(4, quantity="0"),
        "only,three,cells",
        row(8),
        row(9, name="[/red] a name that looks like markup", customer_email="nobody"),
    ])  # fmt: skip

    code, said = run(source, data)

    assert code == 1
    assert [line for line in said.splitlines() if line.startswith("line ")] == [
        "line 3, column weight_kg: This is not a plain number. Found: 'heavy'",
        "line 4, column unit_price: This is less than zero. Found: '-5'",
        "line 4, column seller_country: This is not a country code like CN. Found: 'XX'",
        "line 5, column quantity: This is too small or too large. Found: '0'",
        "line 6: The row has not as many cells as the header. Found: '3'",
        "line 8, column customer_email: This is not an e-mail address. Found: 'nobody'",
    ]
    assert "2 order lines are new, 0 were there already, 5 rows are bad" in said
    assert len(dump(house_url(data))["order_lines"]) == 2


KNOWN = [row(0), row(2), row(4), row(8)]
CONTRADICTING = [
    row(0, seller_id="2093311", seller_country="CN"),  # a line that is there
    row(2),
    row(4, line_number="7", seller_id="2093311", customer_ref="C-9999"),  # a new line of a posting that is there
    row(8, line_number="8"),
    row(40),
]


def assert_contradictions_told(code: int, said: str) -> None:
    assert code == 1
    assert [line for line in said.splitlines() if line.startswith("line ")] == [
        "line 2, column seller_id: The posting was imported earlier for another seller. Found: '2093311'",
        "line 4, column seller_id: The posting was imported earlier for another seller. Found: '2093311'",
        "line 4, column customer_ref: The posting was imported earlier for another customer. Found: 'C-9999'",
    ]
    assert "2 order lines are new, 1 were there already, 2 rows are bad" in said


def test_a_posting_stays_with_the_seller_and_the_customer_that_the_database_has(
    database_url: str, tmp_path: Path
) -> None:
    """R96, R117: a line of a known posting, new or there already, is refused when it names somebody else; nothing of it is kept."""
    data = tmp_path / "data"
    assert run(write(tmp_path / "known.csv", KNOWN), data, database_url)[0] == 0
    before = dump(database_url)
    later = write(tmp_path / "later.csv", CONTRADICTING)
    first = run(later, data, database_url)
    once = dump(database_url)
    again = run(later, data, database_url)

    assert_contradictions_told(*first)
    assert once["order_lines"][:4] == before["order_lines"]
    assert [(line[1], line[2]) for line in once["order_lines"][4:]] == [
        ("10000006-0001-1", 8),
        ("10000030-0001-1", 1),
    ]
    assert {"C-0", "C-1", "C-2", "C-10"} == {customer[0] for customer in once["customers"]}
    assert 2093311 not in {seller[0] for seller in once["sellers"]}
    assert "0 order lines are new, 3 were there already, 2 rows are bad" in again[1]
    assert dump(database_url) == once


def test_a_running_house_tells_of_the_same_contradictions_through_its_door(tmp_path: Path) -> None:
    """D29: who imports beside a house reads what who imports alone reads."""
    data = tmp_path / "data"
    run(write(tmp_path / "known.csv", KNOWN), data)
    with running(data):
        code, said = run(write(tmp_path / "later.csv", CONTRADICTING), data)

    assert_contradictions_told(code, said)


def test_the_command_ends_with_the_code_of_what_happened(tmp_path: Path) -> None:
    """0 all good, 1 some bad rows, 2 nothing could be read."""
    good = write(tmp_path / "good.csv", [row(0)])
    bad = write(tmp_path / "bad.csv", [row(1), row(2, quantity="0")])
    strange = write(tmp_path / "strange.csv", [row(3)], COLUMNS.replace("sku", "article"))
    ended = [
        subprocess.run(command(file, tmp_path / "data"), capture_output=True, timeout=SECONDS, check=False)
        for file in (good, bad, strange, tmp_path / "not-there.csv")
    ]

    assert [done.returncode for done in ended] == [0, 1, 2, 2]
    assert b"quantity: This is too small or too large." in ended[1].stderr
    assert b"missing: sku; unknown: article" in ended[2].stderr
    assert b"is not a file" in ended[3].stderr
    assert all(b"Traceback" not in done.stderr for done in ended)
    assert len(dump(house_url(tmp_path / "data"))["order_lines"]) == 2


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (COLUMNS.replace("sku,", ""), "missing: sku"),
        (f"{COLUMNS},colour", "unknown: colour"),
        (f"{COLUMNS},sku", "duplicate: sku"),
        (COLUMNS.replace(",", ";"), "save the file with commas"),
        ("", "no header"),
        (f"{COLUMNS},[/red][bold", "unknown: [/red][bold"),
    ],
)
def test_a_header_that_cannot_be_read_is_told_and_nothing_is_loaded(tmp_path: Path, header: str, told: str) -> None:
    """Exit code 2, with the columns at fault, whatever they are called."""
    data = tmp_path / "data"
    code, said = run(write(tmp_path / "orders.csv", [row(0)] if header else [], header), data)

    assert code == 2
    assert told in said
    assert dump(house_url(data))["order_lines"] == []


def test_a_reader_of_a_large_file_tells_its_header_and_whether_it_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_pieces, "APART_BYTES", 0)
    data = tmp_path / "data"
    headless = run(write(tmp_path / "headless.csv", [row(0)], COLUMNS.replace("sku", "article")), data)
    semicolons = run(write(tmp_path / "semicolons.csv", [row(0)], COLUMNS.replace(",", ";")), data)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    died = run(write(tmp_path / "orders.csv", [row(0)]), data)

    assert (2, 2, 2) == (headless[0], semicolons[0], died[0])
    assert "missing: sku; unknown: article" in headless[1]
    assert "save the file with commas" in semicolons[1]
    assert "Run it again: nothing is doubled." in died[1]
    assert dump(house_url(data))["order_lines"] == []


def test_a_seller_stays_in_the_country_that_the_database_has(database_url: str, tmp_path: Path) -> None:
    """The country decides which rules hold (R1): a line that names another one is refused, new or there already."""
    data = tmp_path / "data"
    assert run(write(tmp_path / "known.csv", [row(0), row(4)]), data, database_url)[0] == 0
    before = dump(database_url)
    moved = [row(0, seller_country="CN"), row(28, seller_country="RU"), row(4), row(8)]
    code, said = run(write(tmp_path / "moved.csv", moved), data, database_url)

    assert code == 1
    assert sorted(line for line in said.splitlines() if line.startswith("line ")) == [
        "line 2, column seller_country: The seller was imported earlier with another country. Found: 'CN'",
        "line 3, column seller_country: The seller stands in the file with another country. Found: 'RU'",
    ]
    assert "1 order lines are new, 1 were there already, 2 rows are bad" in said
    assert before["sellers"] == [seller for seller in dump(database_url)["sellers"] if seller in before["sellers"]]


@pytest.mark.parametrize("between", [0, importing.CHUNK_LINES])
def test_what_contradicts_is_told_alike_however_far_apart_it_stands(tmp_path: Path, between: int) -> None:
    """With a border of chunks between them or without: the same faults of the same rows, and the same rows are loaded."""
    others = [row(n) for n in range(100, 100 + between)]
    rows = [
        row(0), *others,
        row(0, line_number="7", seller_id="2093311", seller_country="CN", customer_ref="C-9999"),
        row(28, seller_country="KZ"), row(0, line_number="8"),
    ]  # fmt: skip
    code, said = run(write(tmp_path / "orders.csv", rows), tmp_path / "data")
    last = 2 + between

    assert code == 1
    assert [line for line in said.splitlines() if line.startswith("line ")] == [
        f"line {last + 1}, column seller_id: The posting stands in the file with another seller. Found: '2093311'",
        f"line {last + 1}, column customer_ref: The posting stands in the file with another customer. Found: 'C-9999'",
        f"line {last + 2}, column seller_country: The seller stands in the file with another country. Found: 'KZ'",
    ]
    assert f"{between + 2} order lines are new, 0 were there already, 2 rows are bad" in said


def test_lines_handed_in_together_are_judged_as_if_they_came_one_after_the_other(
    database_url: str, tmp_path: Path
) -> None:
    """What the door of a running house takes from anybody who knows its token, not only from our reader of files."""
    lines = [
        *read([COLUMNS, row(0)], AT),
        *read([COLUMNS, row(0, line_number="2", seller_id="2093311", seller_country="CN")], AT),
        *read([COLUMNS, row(28, seller_country="KZ")], AT),
        *read([COLUMNS, row(0)], AT),
        *read([COLUMNS, row(0, line_number="3")], AT),
    ]
    found = []
    for size in (1, 5):
        office = open_office(database_url, tmp_path / f"of {size}", Clock())
        chunks = [lines[start : start + size] for start in range(0, len(lines), size)]
        told: list[tuple[int, str, str]] = []
        writer = office.database.writer()
        with contextlib.suppress(Undone), transaction(writer, office.database.dialect) as tx:
            for n, chunk in enumerate(chunks):
                done = errands.import_lines(tx, [line for line in chunk if isinstance(line, OrderLine)])
                told += [(n * size + it.place, it.column, it.code) for it in done.conflicts]
            count = len(tx.rows(Statement(tables.order_lines.select())))
            raise Undone
        writer.close()
        office.close()
        found.append((count, told))

    conflicts = [(1, "seller_id", "posting_of_another_seller"), (2, "seller_country", "seller_of_another_country")]
    assert [(2, conflicts)] * 2 == found


class Undone(Exception):
    """Takes a transaction back."""
