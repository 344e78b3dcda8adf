"""The scripts and the tables say the same: a database made by the scripts is the one that the code was written for."""

from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from backhaul.kit import migrations
from backhaul.kit.database import Database
from tests.kit.test_schema_of_notices import TABLES, migrate


def scripts(house: str) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", f"backhaul.{house}:migrations")
    return ScriptDirectory.from_config(config)


def default_differs(_context: Any, _found: Any, _declared: Any, found: str | None, _: Any, declared: str | None) -> Any:
    """Alembic reads SQLite's empty text as `('')` and takes it for another default. None: Alembic compares itself."""
    return False if (found, declared) == ("('')", "") else None


def differences(database: Database, metadata: sa.MetaData) -> list[str]:
    """What Alembic would still have to do, each with what it is about; types and defaults are compared too."""
    engine = database.engine()
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": default_differs}
        )
        found = compare_metadata(context, metadata)
    engine.dispose()
    return [named(part) for one in found for part in (one if isinstance(one, list) else [one])]


def named(difference: Any) -> str:
    """`add_index accounts_by_name`, `modify_default accounts.owner`."""
    act, *about = difference
    if act.startswith("modify_"):
        return f"{act} {about[1]}.{about[2]}"
    return f"{act} {about[-1].name}"


@pytest.mark.parametrize("house", TABLES)
def test_the_scripts_of_a_house_are_one_line(house: str) -> None:
    """One head and one beginning: two branches would leave it to chance what a database looks like."""
    found = scripts(house)

    assert 1 == len(found.get_heads())
    assert ["0001"] == found.get_bases()
    assert all(not script.is_merge_point for script in found.walk_revisions())


@pytest.mark.parametrize("house", TABLES)
def test_a_database_made_by_the_scripts_is_the_one_that_the_tables_declare(database_url: str, house: str) -> None:
    database, metadata = Database(database_url), TABLES[house].metadata
    migrations.upgrade(database, f"backhaul.{house}", metadata)
    found = differences(database, metadata)
    database.close()

    assert [] == found


@pytest.mark.parametrize("house", TABLES)
def test_down_to_the_first_schema_and_up_again_comes_to_the_same(database_url: str, house: str) -> None:
    database, metadata = Database(database_url), TABLES[house].metadata
    migrations.upgrade(database, f"backhaul.{house}", metadata)
    migrate(database, house, command.downgrade, "0001")
    lowered = differences(database, metadata)
    migrations.upgrade(database, f"backhaul.{house}", metadata)
    found = differences(database, metadata)
    database.close()

    assert lowered  # the way down did something
    assert [] == found


@pytest.mark.parametrize("house", TABLES)
def test_a_table_or_column_or_index_that_no_script_makes_is_found(database_url: str, house: str) -> None:
    """The comparison itself: what is planted in a copy of the tables is told, and nothing else."""
    database = Database(database_url)
    migrations.upgrade(database, f"backhaul.{house}", TABLES[house].metadata)
    planted = sa.MetaData()
    for table in TABLES[house].metadata.tables.values():
        table.to_metadata(planted)
    accounts = planted.tables["accounts"]
    accounts.append_column(sa.Column("shoe_size", sa.Integer))
    accounts.append_column(sa.Column("name", sa.Integer, nullable=True), replace_existing=True)
    sa.Index("accounts_by_language", accounts.c.language)
    sa.Table("rumours", planted, sa.Column("id", sa.Integer, primary_key=True))
    found = differences(database, planted)
    database.close()

    planted_ones = ["add_column shoe_size", "add_index accounts_by_language", "add_table rumours",
                    "modify_nullable accounts.name", "modify_type accounts.name"]  # fmt: skip
    assert planted_ones == sorted(found)
