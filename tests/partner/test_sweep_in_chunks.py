"""A sweep of more parcels than one transaction takes: in chunks, commands between them, nothing twice and nothing early."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
import sqlalchemy as sa

from backhaul.kit.database import Statement, Tx
from backhaul.kit.desk import Answer, Errand
from backhaul.partner import queries, tables
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Status
from tests.partner.cast import moscow
from tests.partner.house import House, opened

FIRST, COUNT = 200_001, 12
# They arrive on the 3rd of October; the last moment to decide is 23:59 on the 17th (P3).
MISSED = Statement(sa.select(sa.func.count()).where(tables.parcels.c.status == Status.DISPOSAL_DUE.value))
ARRIVED, LAST_SECOND, TOO_LATE = "2024-10-03 16:42", "2024-10-17 23:59", "2024-10-18 00:00"


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with opened(database_url, tmp_path) as made:
        for n in range(COUNT):
            made.expects(return_id=FIRST + n, return_number=f"R-{FIRST + n}", posting_number=f"{10_000_000 + n}-0001-1")
        for n in range(COUNT):
            made.arrives(ARRIVED, parcel=FIRST + n)
        made.clock.turn_to(moscow(LAST_SECOND))
        assert COUNT == made.office.desk.sweep()  # reminded; whatever is left now is the deadline itself
        yield made


def missed(house: House) -> list[int]:
    return [n for n in range(COUNT) if house.it(FIRST + n).status is Status.DISPOSAL_DUE]


def told(house: House, parcel: int) -> tuple[list[str], bool]:
    """The kinds of a parcel's events, and whether its chain holds up to the row."""
    with house.office.database.read() as tx:
        kinds = [type(happening.event).__name__ for happening in queries.history(tx, parcel)]
        return kinds, queries.replay(tx, parcel)[1]


def test_nothing_is_disposed_of_before_its_time_and_everything_at_it(house: House) -> None:
    """In two chunks, of five and seven. Each parcel gets each event once, and holds the instant of its deadline."""
    desk, chunks = house.office.desk, list[int]()
    some = desk._sweep_some  # noqa: SLF001 -- the chunks are what is counted

    def counted(most: int) -> int:
        chunks.append(some(most))
        return chunks[-1]

    desk._sweep_some = counted  # type: ignore[method-assign]  # noqa: SLF001
    early = desk.sweep()
    house.clock.turn_to(moscow(TOO_LATE))
    desk._chunk = 5  # noqa: SLF001
    swept, left = desk.sweep(), desk.sweep()

    assert (0, 12, 0) == (early, swept, left)
    assert [5, 7] == chunks
    assert list(range(COUNT)) == missed(house)
    for n in (0, 4, 5, 11):
        kinds, chained = told(house, FIRST + n)
        assert (1, 1, True) == (kinds.count("DeadlineMissed"), kinds.count("DisposalInstructed"), chained)
        assert moscow(TOO_LATE) == house.it(FIRST + n).disposal.hold_until


def test_a_sweep_stops_at_its_limit(house: House) -> None:
    house.clock.turn_to(moscow(TOO_LATE))

    assert 7 == house.office.desk.sweep(limit=7)
    assert 7 == len(missed(house))
    assert 5 == house.office.desk.sweep(limit=7)


def test_who_waits_for_a_chunk_is_served_before_the_next_one(house: House) -> None:
    """An errand that comes while the first chunk is made finds that one done, and no other."""
    desk, found = house.office.desk, list[int]()
    house.clock.turn_to(moscow(TOO_LATE))
    desk._chunk = 5  # noqa: SLF001
    waiting: Future[Answer] = Future()
    load = house.office.house.load

    def load_and_be_asked(tx: Tx, case_ids: list[int], *, lock: bool) -> dict[int, tuple[Parcel, bytes]]:
        del house.office.house.load
        desk.put(Errand(lambda tx, _: found.append(tx.rows(MISSED)[0][0])), waiting)
        return load(tx, case_ids, lock=lock)

    house.office.house.load = load_and_be_asked  # type: ignore[method-assign]
    assert COUNT == desk.sweep()
    waiting.result(20)

    assert [5] == found
    assert desk._gentle_until > 0  # noqa: SLF001 -- and the chunks after it were small ones with rests between them
