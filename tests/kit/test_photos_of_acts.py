"""Acts that were written before their photos were kept for themselves: a migration of each house keeps them."""

from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from backhaul.kit import migrations
from backhaul.kit.database import Database
from backhaul.marketplace.rules import keeping as of_the_marketplace
from backhaul.partner.rules import keeping as of_the_partner
from tests.kit.test_migrations import scripts
from tests.kit.test_schema_of_notices import TABLES, migrate

BEFORE = {house: scripts(house).get_revision(one).down_revision
          for house, one in (("marketplace", "0035"), ("partner", "0034"))}  # fmt: skip
ACTS = {"marketplace": of_the_marketplace.ACTS, "partner": of_the_partner.ACTS}
COUNT = 501  # one more than a batch


def event(case_id: int, kind: str, data: str) -> dict[str, Any]:
    return {"case_id": case_id, "seq": 3, "kind": kind, "data": data, "at_us": 1, "recorded_us": 1, "role": "clerk",
            "actor": "oleg", "request_id": "", "hash": b"h"}  # fmt: skip


@pytest.mark.parametrize("house", TABLES)
def test_what_old_acts_show_is_kept_with_them_once(database_url: str, house: str) -> None:
    """Also beside a row that is there already, and beside other events that show the same and more."""
    database, events, uses = Database(database_url), TABLES[house].journal.events, TABLES[house].blob_cases
    migrate(database, house, command.upgrade, str(BEFORE[house]))
    kinds = [act.__name__ for act in ACTS[house]]
    acts = [event(n, kinds[n % len(kinds)], f'{{"photos":["p{n}","p{n + 1}"]}}') for n in range(1, COUNT + 1)]
    others = [event(COUNT + 1, "Arrived", '{"photos":["q"]}'), event(COUNT + 2, kinds[0], "{}")]
    engine = database.engine()
    with engine.begin() as connection:
        connection.execute(events.insert(), acts + others)
        connection.execute(uses.insert(), [{"blob_id": "p1", "case_id": 0}, {"blob_id": "p2", "case_id": 2}])
    migrations.upgrade(database, f"backhaul.{house}", TABLES[house].metadata)
    with engine.connect() as connection:
        kept = connection.execute(sa.select(uses.c.blob_id, uses.c.case_id)).all()
    engine.dispose()
    database.close()

    assert all("photos" in act.__struct_fields__ for act in ACTS[house])
    assert [*((f"p{n}", 0) for n in range(1, COUNT + 2)), ("p2", 2)] == sorted(
        ((row.blob_id, row.case_id) for row in kept), key=lambda one: (one[1], int(one[0][1:]))
    )
