"""`backhaul verify` finds what no database rule can: an entry that was invented beside a true event, or one that is gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from backhaul import verifying
from backhaul.kit.database import Database, Statement, transaction
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import Market, market
from tests.partner.house import opened

INVENTED = (
    "INSERT INTO entries (cause, case_id, seq, debit, credit, amount_minor, currency, at_us) "
    "SELECT 'invented', case_id, seq, 'asset_bank', 'pocket', 100, 'RUB', 1 FROM events WHERE case_id = {case} AND seq = 1"
)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as it:
        yield it


def written(url: str, *statements: str) -> None:
    database = Database(url)
    connection = database.writer()
    if database.dialect == "postgresql":
        connection.execute("RESET ROLE")
    with transaction(connection, database.dialect) as tx:
        for statement in statements:
            tx.run(Statement(sa.text(statement)))
    connection.close()
    database.close()


def test_an_entry_invented_beside_a_true_event_is_found(
    shop: Market, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    return_id = shop.in_status(Status.ACCEPTED_AT_PVZ)
    assert 0 == verifying.verify("marketplace", tmp_path / "data", database_url)
    written(database_url, INVENTED.format(case=return_id))

    assert 1 == verifying.verify("marketplace", tmp_path / "data", database_url)
    assert (
        f"R-{return_id}: no event has brought invented: 1.00 RUB from asset_bank to pocket" in capsys.readouterr().err
    )


def test_an_entry_that_is_gone_is_found(
    shop: Market, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever owns the tables can take the rules away; the chained events remember."""
    return_id = shop.in_status(Status.ACCEPTED_AT_PVZ)
    rule = {
        "sqlite": "DROP TRIGGER entries_no_delete",
        "postgresql": "ALTER TABLE entries DISABLE TRIGGER entries_append_only",
    }[shop.office.database.dialect]
    written(database_url, rule, "DELETE FROM entries")

    assert 1 == verifying.verify("marketplace", tmp_path / "data", database_url)
    assert f"R-{return_id}: the ledger lacks refund_owed" in capsys.readouterr().err


def test_the_partners_ledger_is_proven_too(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(database_url, tmp_path) as house:
        parcel_id = house.expects().id
        house.arrives(parcel=parcel_id)
    assert 0 == verifying.verify("partner", tmp_path / "data", database_url)
    written(database_url, INVENTED.format(case=parcel_id))

    assert 1 == verifying.verify("partner", tmp_path / "data", database_url)
    assert "no event has brought invented" in capsys.readouterr().err
