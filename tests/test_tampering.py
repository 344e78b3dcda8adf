"""Whoever changes the past is found: by the chains, or only because somebody outside kept an anchor (T15)."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backhaul import anchoring, verifying
from backhaul.kit import anchors
from backhaul.kit.database import Database, Tx
from backhaul.marketplace import queries
from backhaul.marketplace.rules.words import Status
from tests import chance, tampering
from tests.marketplace.cast import Market, market

STATUSES = (Status.ACCEPTED_AT_PVZ, Status.DISPOSED_BY_MARKETPLACE, Status.AT_PARTNER, Status.PARTIALLY_REFUNDED)
FEW, MANY = 66, 10_000


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as it:
        for status in STATUSES:
            it.in_status(status)
        yield it


@contextmanager
def owner(database_url: str) -> Iterator[Tx]:
    """A transaction of whoever owns the database, where no trigger stands in the way."""
    database = Database(database_url)
    connection = database.writer()
    if database.dialect == "postgresql":
        connection.execute("RESET ROLE")
        connection.execute("SET session_replication_role = replica")
    else:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            connection.execute(f"DROP TRIGGER {name}")
    connection.execute("BEGIN")
    try:
        yield Tx(connection, database.dialect)
    finally:
        connection.close()
        database.close()


def anchored(shop: Market, tmp_path: Path) -> anchors.Anchor:
    path = tmp_path / "anchor"
    with shop.office.database.read() as tx:
        path.write_bytes(anchoring.of("marketplace", tx, tmp_path / "data"))
    return anchors.read(path, "marketplace")


def tampered(shop: Market, anchor: anchors.Anchor, database_url: str, count: int) -> dict[str, Counter[str]]:
    """How often each way was tried, found by the house alone, and found with the anchor."""
    drawn = random.Random(chance.seed("tampering"))
    ways = {**tampering.CLUMSY, **tampering.SKILFUL}
    counts: dict[str, Counter[str]] = {name: Counter() for name in ways}
    house = verifying.HOUSES["marketplace"]
    with owner(database_url) as tx:
        ids = [head.case_id for head in anchor.heads]
        for n in range(count):
            name = list(ways)[n % len(ways)]
            case_id = drawn.choice(ids)
            with undone(tx):
                ways[name](tx, case_id, drawn)
                told: list[str] = []
                if queries.one(tx, case_id) is not None:
                    told += verifying.of_case(house, "return", queries, tx, shop.office.blobs, case_id)
                for chain in house.proofs.CHAINS:
                    told += chain.faults(tx)
                outside = list(verifying.unanchored("marketplace", tx, anchor))
            counts[name] += Counter(tried=1, inside=bool(told), found=bool(told or outside))
    return counts


@contextmanager
def undone(tx: Tx) -> Iterator[None]:
    tx.connection.execute("SAVEPOINT tamper")
    yield
    tx.settle()
    tx.connection.execute("ROLLBACK TO SAVEPOINT tamper")


def check(counts: dict[str, Counter[str]]) -> None:
    clumsy = {name: counts[name]["tried"] - counts[name]["inside"] for name in tampering.CLUMSY}
    missed = {name: one["tried"] - one["found"] for name, one in counts.items()}
    alone = {name: counts[name]["inside"] for name in tampering.SKILFUL}
    print({name: dict(one) for name, one in counts.items()})

    assert dict.fromkeys(tampering.CLUMSY, 0) == clumsy
    assert dict.fromkeys(counts, 0) == missed
    assert dict.fromkeys(tampering.SKILFUL, 0) == alone  # the control: with the anchor off they must be missed


def test_every_change_of_the_past_is_found_and_the_skilful_ones_by_the_anchor_alone(
    shop: Market, database_url: str, tmp_path: Path
) -> None:
    check(tampered(shop, anchored(shop, tmp_path), database_url, FEW))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_changes_of_the_past_are_found(shop: Market, database_url: str, tmp_path: Path) -> None:
    check(tampered(shop, anchored(shop, tmp_path), database_url, MANY))


@pytest.mark.parametrize("way", ["re-chain and fold", "edit"])
def test_the_command_says_what_the_anchor_knows(
    shop: Market, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    """`backhaul anchor`, then `verify` with and without it; a second anchor over a changed past is not written."""
    kept = tmp_path / "outside" / "anchor"
    assert anchoring.run("marketplace", tmp_path / "data", database_url, kept, None) == 0
    assert kept.read_text().startswith(capsys.readouterr().out)
    victim = anchors.read(kept, "marketplace").heads[1].case_id
    shop.in_status(Status.CANCELLED)  # life goes on, and the anchor holds
    assert verify(database_url, tmp_path, kept) == 0
    with owner(database_url) as tx:
        {**tampering.SKILFUL, "edit": tampering.edit}[way](tx, victim, random.Random(7))
        tx.settle()
        tx.connection.execute("COMMIT")

    alone = 1 if way == "edit" else 0
    assert alone == verify(database_url, tmp_path, None)
    assert verify(database_url, tmp_path, kept) == 1
    assert (f"return {victim}: the anchor knows event" in capsys.readouterr().err) or way == "edit"
    assert anchoring.run("marketplace", tmp_path / "data", database_url, tmp_path / "next", kept) in {0, 1}
    assert (tmp_path / "next").exists() == (way == "edit")


def verify(database_url: str, tmp_path: Path, anchor: Path | None) -> int:
    return verifying.verify("marketplace", tmp_path / "data", database_url, "", anchor)


def test_an_anchor_that_was_changed_or_is_anothers_is_none(
    shop: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = str(shop.office.database.url.render_as_string(hide_password=False))
    anchored(shop, tmp_path)
    path = tmp_path / "anchor"
    whole = path.read_bytes()
    chance = random.Random(15)
    for _ in range(200):
        place = chance.randrange(len(whole))
        other = bytes([whole[place] ^ (1 << chance.randrange(8))])
        path.write_bytes(whole[:place] + other + whole[place + 1 :])
        with pytest.raises(anchors.NotAnAnchor):
            anchors.read(path, "marketplace")
    path.write_bytes(whole)
    with pytest.raises(anchors.NotAnAnchor):
        anchors.read(path, "partner")
    path.write_bytes(whole[:-10])

    assert verifying.verify("marketplace", tmp_path / "data", url, "", path) == 2
    assert "is no anchor" in capsys.readouterr().err
