"""Who was erased does not come back with a backup; who buys again is somebody else, and is not erased by an old tombstone (PRV-1)."""

import io
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from rich.console import Console

from backhaul import erasing_again
from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Statement, Tx
from backhaul.kit.machine import Refused
from backhaul.marketplace import errands, person_queries, tables
from backhaul.marketplace.erasing import EVERY
from backhaul.marketplace.office import open_office
from backhaul.marketplace.tombstones import Tombstone
from tests.marketplace.cast import THROW, Market, market
from tests.marketplace.people import let_in
from tests.marketplace.test_erasing import asked, at_rest, compacted, newest, over, stored
from tests.marketplace.test_who_the_customer_is import REF, planted


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        opened.errand(lambda tx, _: planted(tx))
        yield opened


def bought_again(tx: Tx) -> None:
    errands.import_lines(tx, [replace(THROW, posting_number="10000099-0001-1")])


def key_of(shop: Market) -> str:
    with shop.office.database.read() as tx:
        return person_queries.key_id(tx, REF)


def put_back(backup: Path, file: Path) -> None:
    for one in file.parent.glob(f"{file.name}*"):
        one.unlink()
    backup.rename(file)


def test_a_backup_brings_nobody_back_whose_words_went_by_the_clock_meanwhile(tmp_path: Path) -> None:
    """SQLite: the file of before is put back, and the house starts."""
    file, data = tmp_path / "database.sqlite", tmp_path / "data"
    url = f"sqlite:///{file}"
    with market(url, tmp_path) as shop:
        shop.errand(let_in)
        shop.errand(lambda tx, _: planted(tx))
        over(shop)
        compacted(url)
        shutil.copyfile(file, tmp_path / "backup")
        shop.clock.turn(timedelta(days=92))
        at_rest(shop)
        asked(shop)
        at = shop.clock.now()
    put_back(tmp_path / "backup", file)
    assert stored(url, data)  # they are back

    office = open_office(url, data, TurnedClock(at))
    assert 1 == office.erasing.work()
    assert 0 == office.erasing.erase_again()
    office.close()
    compacted(url)
    assert {} == stored(url, data)


@pytest.mark.parametrize("options", [{}, {"by_reference": True}])
def test_the_command_erases_by_tombstones_from_elsewhere_and_cleans_the_file(
    tmp_path: Path, options: dict[str, bool]
) -> None:
    """`by_reference`: a backup of before persons had keys, which its migration has just drawn."""
    data = tmp_path / "data"
    url, file = f"sqlite:///{data / 'marketplace.db'}", data / "marketplace.db"
    data.mkdir()
    with market(url, tmp_path) as shop:
        shop.errand(let_in)
        shop.errand(lambda tx, _: planted(tx))
        over(shop)
        compacted(url)
        shutil.copyfile(file, tmp_path / "backup")
        asked(shop)
    stones = tmp_path / "stones"
    (data / "erasures.jsonl").rename(stones)
    put_back(tmp_path / "backup", file)

    def ran(**options: bool) -> tuple[int, str]:
        told = io.StringIO()
        return erasing_again.run(data, "", stones, Console(file=told, width=200), **options), told.getvalue()

    if options:
        connection = sqlite3.connect(file)
        connection.execute("UPDATE person_keys SET id = lower(hex(randomblob(8)))")
        connection.commit()
        connection.close()
        assert (0, "erased anew: 0\n") == ran()
    assert stored(url, data)

    laid = stones.read_bytes()
    stones.write_bytes(laid + b"no stone\n\xff\n")
    exit_code, why = ran()
    assert (2, "nobody was erased: line 2 is no tombstone") == (
        exit_code,
        why.rpartition(": ")[0].partition(": JSON")[0],
    )
    assert stored(url, data)
    stones.write_bytes(b"\n" + laid + b'{"customer_ref":"C-')  # torn, as by a crash
    assert (0, "erased anew: 1\n") == ran(**options)
    assert {} == stored(url, data)


def test_who_buys_again_is_not_erased_by_the_old_stone(shop: Market) -> None:
    done = asked(shop)
    shop.errand(lambda tx, _: bought_again(tx))
    assert 0 == shop.office.erasing.erase_again(by_reference=True)
    assert [Tombstone(REF, done.key_id, done.erased_at or shop.clock.now())] == list(shop.office.erasing.tombstones)
    with shop.office.database.read() as tx:
        assert "irina@example.com" == person_queries.address(tx, REF)


def test_what_fails_at_the_start_is_tried_again_and_holds_nobody_else_back(shop: Market) -> None:
    """A stone that waits for a person whose order cannot be read, after a line that a crash has torn."""
    lines, first = (
        tables.order_lines,
        sa.select(tables.order_lines.c.id).where(tables.order_lines.c.customer_ref == REF),
    )
    erasing, at = shop.office.erasing, shop.clock.now()
    with shop.office.database.read() as tx:
        line, doc = tx.rows(Statement(sa.select(lines.c.id, lines.c.doc).where(lines.c.id.in_(first)).limit(1)))[0]

    def written(content: bytes) -> None:
        shop.errand(lambda tx, _: tx.run(Statement(lines.update().where(lines.c.id == line).values(doc=content))))

    erasing.tombstones.file.write_bytes(b'{"customer_ref":"C-')
    erasing.tombstones.lay([Tombstone(REF, key_of(shop), at)])
    written(b"{")
    with pytest.raises(Refused, match="failed"):
        erasing.work()
    written(bytes(doc))
    assert 0 == erasing.work()  # a round later it rests
    shop.clock.turn(EVERY)
    assert 1 == erasing.work()
    assert ("backup", 0) == (newest(shop).asked_by, erasing.erase_again())
