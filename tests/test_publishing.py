"""Publishing rule cards from a file: beside a running house and without one, on both databases (D29, R107)."""

import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from backhaul import publishing
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement
from backhaul.kit.days import MOSCOW
from backhaul.kit.occupancy import Note, Occupancy
from backhaul.kit.server import Served
from backhaul.marketplace import tables
from backhaul.marketplace.app import make_app
from backhaul.marketplace.office import open_office
from backhaul.marketplace.rules.rule_book import SEED_BOOK
from backhaul.marketplace.rules.rule_cards import RuleBook

YEAR = Clock().now().year + 5  # the command asks the real clock
FAR_AHEAD = datetime(YEAR, 1, 1, tzinfo=MOSCOW)


def written(path: Path, **fields: object) -> Path:
    """The product's own file with some fields changed."""
    book = msgspec.json.decode(publishing.first_version())
    path.write_bytes(msgspec.json.encode(book | fields))
    return path


def publish(source: Path, data: Path, database_url: str = "") -> tuple[int, str]:
    said = io.StringIO()
    return publishing.run(source, data, database_url, Console(file=said, width=200)), said.getvalue()


def stored(database_url: str) -> list[str]:
    database = Database(database_url)
    try:
        with database.read() as tx:
            return [row[0] for row in tx.rows(Statement(tables.terms.select().order_by(tables.terms.c.version)))]
    finally:
        database.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = tmp_path / "house"
    made.mkdir()
    return made


def test_the_printed_file_is_the_first_version() -> None:
    assert SEED_BOOK == msgspec.json.decode(publishing.first_version(), type=RuleBook)


def test_a_version_is_published_once(database_url: str, data: Path, tmp_path: Path) -> None:
    source = written(tmp_path / "cards.json", version="2", valid_from=FAR_AHEAD)

    assert (0, f"rule cards 2 hold from {YEAR}-01-01T00:00:00+03:00\n") == publish(source, data, database_url)
    assert (1, "this version exists already\n") == publish(source, data, database_url)
    assert ["rule_cards"] == stored(database_url)


@pytest.mark.parametrize(
    ("fields", "code", "told"),
    [
        ({"version": "1", "valid_from": FAR_AHEAD}, 1, "this version exists already"),
        ({"version": "2", "valid_from": "2024-02-01T00:00:00+03:00"}, 1, "valid_from is in the past"),
        ({"version": "2", "valid_from": f"{YEAR}-01-01T00:00:00"}, 1, "valid_from has no time zone"),
        ({"version": "2", "valid_from": FAR_AHEAD, "cards": []}, 1, "no card is called default"),
        ({"version": "2", "valid_from": "soon"}, 2, "Invalid RFC3339"),
        ({"version": "2", "valid_from": FAR_AHEAD, "carrds": []}, 2, "carrds"),
    ],
)
def test_a_bad_file_is_told_its_fault_and_nothing_is_stored(
    database_url: str, data: Path, tmp_path: Path, fields: dict[str, object], code: int, told: str
) -> None:
    ended, said = publish(written(tmp_path / "cards.json", **fields), data, database_url)

    assert code == ended
    assert told in said
    assert [] == (stored(database_url) if code == 1 else [])


@pytest.fixture
def running(data: Path) -> Iterator[str]:
    """A house that holds its directory and answers at the address of its note."""
    occupancy = Occupancy(data)
    url = f"sqlite:///{data.absolute()}/marketplace.db"
    office = open_office(url, data, Clock())
    office.desk.start()
    server = Served(make_app(office)).start()
    office.admin_token = "a-token-of-this-test"
    occupancy.put_note(Note(server.url, office.admin_token))
    yield url
    server.stop()
    office.close()
    occupancy.leave()


def test_a_running_house_takes_the_version_through_its_door(running: str, data: Path, tmp_path: Path) -> None:
    good = written(tmp_path / "good.json", version="2", valid_from=FAR_AHEAD)
    bad = written(tmp_path / "bad.json", version="3", valid_from="2024-02-01T00:00:00+03:00")

    assert (1, "valid_from is in the past\n") == publish(bad, data)
    assert 0 == publish(good, data)[0]
    assert ["rule_cards"] == stored(running)


# -- Rate cards and catalogues, whose date and reason the command says ------------------------------------------------

FROM = f"{YEAR}-01-01"
WHY = "The table is halved until the audit."


def publish_dated(kind: str, source: Path, data: Path, database_url: str = "", *, valid_from: str = FROM, why: str = WHY,
                  version: str = "") -> tuple[int, str]:  # fmt: skip
    said = io.StringIO()
    paper = publishing.Paper(kind, source, valid_from, why, version)
    return publishing.run_dated(paper, data, database_url, Console(file=said, width=200)), said.getvalue()


@pytest.fixture
def card(tmp_path: Path) -> Path:
    source = tmp_path / "card.csv"
    source.write_bytes(publishing.first_rate_card(as_json=False).replace(b",35\r\n", b",36\r\n"))
    return source


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    source = tmp_path / "catalogue.json"
    entries = msgspec.json.decode(publishing.first_catalogue("return_reasons"))["entries"]
    source.write_bytes(msgspec.json.encode({"entries": [{**entries[0], "active": False}, *entries[1:]]}))
    return source


def test_a_rate_card_and_a_catalogue_are_published(database_url: str, data: Path, card: Path, catalogue: Path) -> None:
    assert (0, f"rate card {YEAR}: in force from {YEAR}-01-01T00:00:00+03:00\n") == publish_dated(
        "rate_card", card, data, database_url, version=f"{YEAR}"
    )
    assert (1, f"There is a version {YEAR} already: a version is used once.\n") == publish_dated(
        "rate_card", card, data, database_url, version=f"{YEAR}"
    )
    assert (0, f"return reasons 2: in force from {YEAR}-01-01T00:00:00+03:00\n") == publish_dated(
        "return_reasons", catalogue, data, database_url
    )
    assert {"rate_card", "return_reasons"} == set(stored(database_url))


def test_what_a_dated_file_lacks_is_told(data: Path, card: Path, catalogue: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/terms.db"
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(card.read_bytes().replace(b"proper,0,1000,0,5000,0", b"proper,0,900,0,5000,0"))
    for kind, source, more, code, told in (
        ("rate_card", wrong, {"version": "2"}, 1, "Gap: no row covers Proper quality, weight 900–1000 g"),
        ("rate_card", card, {}, 1, "A version has 1 to 40 letters"),
        ("rate_card", card, {"version": "2", "why": "short"}, 1, "Explain in at least 10 characters."),
        ("rate_card", card, {"version": "2", "valid_from": "2020-01-01"}, 1, "an instant that has passed"),
        ("rate_card", card, {"version": "2", "valid_from": "soon"}, 2, "soon"),
        ("rejection_reasons", catalogue, {}, 1, "looks_used: a published code stays"),
    ):
        ended, said = publish_dated(kind, source, data, url, **more)

        assert (code, True) == (ended, told in said), (told, said)
    assert [] == stored(url)


def test_a_running_house_takes_a_rate_card_through_its_door(
    running: str, data: Path, card: Path, catalogue: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(card.read_bytes().replace(b",36\r\n", b",x\r\n"))

    assert (1, "Row 4, rate_pct: “x” is no number that fits here.\n") == publish_dated(
        "rate_card", wrong, data, version="2"
    )
    assert 0 == publish_dated("rate_card", card, data, version="2")[0]
    assert (1, "There is a version 2 already: a version is used once.\n") == publish_dated(
        "rate_card", card, data, version="2"
    )
    assert 0 == publish_dated("return_reasons", catalogue, data)[0]
    assert {"rate_card", "return_reasons"} == set(stored(running))
