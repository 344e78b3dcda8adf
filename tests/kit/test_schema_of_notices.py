"""Databases that were made before there were notices go on: what is in them stays, and people have no messages yet."""

from collections.abc import Callable
from importlib.resources import as_file, files
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from backhaul.kit import migrations
from backhaul.kit.database import Database, Statement
from backhaul.marketplace import tables as marketplace
from backhaul.partner import tables as partner

PEOPLE: dict[str, dict[str, Any]] = {
    "marketplace": {
        "login": "elif", "password": "x", "role": "seller", "subject": "1180457", "name": "Elif", "language": "tr",
        "owner": True,
    },
    "partner": {
        "login": "elif@anadolu.tr", "password": "x", "role": "seller", "name": "Elif", "language": "tr", "company_id": 1,
        "owner": True, "email_confirmed": True,
    },
}  # fmt: skip
TABLES = {"marketplace": marketplace, "partner": partner}


def migrate(database: Database, house: str, step: Callable[[Config, str], None], revision: str) -> None:
    engine = database.engine()
    with as_file(files(f"backhaul.{house}") / "migrations") as scripts, engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(scripts))
        config.attributes["connection"] = connection
        config.attributes["metadata"] = TABLES[house].metadata
        step(config, revision)
    engine.dispose()


@pytest.mark.parametrize("house", TABLES)
def test_an_account_of_the_first_schema_is_still_there_and_has_read_everything(database_url: str, house: str) -> None:
    database = Database(database_url)
    migrate(database, house, command.upgrade, "0001")
    engine = database.engine()
    old = sa.Table("accounts", sa.MetaData(), autoload_with=engine)
    with engine.begin() as connection:
        connection.execute(old.insert().values(PEOPLE[house]))
    engine.dispose()

    migrations.upgrade(database, f"backhaul.{house}", TABLES[house].metadata)
    accounts, board = TABLES[house].accounts, TABLES[house].board
    with database.read() as tx:
        assert [(PEOPLE[house]["login"], 0)] == tx.rows(
            Statement(sa.select(accounts.c.login, accounts.c.messages_read))
        )
        assert [] == board.page(tx, ["seller:1180457"])
    database.close()

    migrate(database, house, command.downgrade, "0001")
    migrations.upgrade(database, f"backhaul.{house}", TABLES[house].metadata)
    with database.read() as tx:
        assert 1 == len(tx.rows(Statement(sa.select(accounts.c.login))))
    database.close()
