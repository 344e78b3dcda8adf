"""A served marketplace for programs that other people wrote, and both houses for what only the partner knows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backhaul.marketplace.rules import commands as m
from backhaul.partner import arrival_pass_queries
from backhaul.world import World
from tests.marketplace.cast import Market, market, served
from tests.marketplace.test_seller_api_notifications import Program, program
from tests.stories.conftest import Raise, raise_curtain
from tests.stories.telling import deliver, moscow
from tests.stories.test_seller_api_reaches_the_partner import LUMITEK, chen_decides, in_stock, linked

__all__ = ["Program", "Raise", "bazaar", "program", "raise_curtain", "url"]


@pytest.fixture
def bazaar(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def url(bazaar: Market) -> Iterator[str]:
    with served(bazaar) as address:
        yield address


TRUCK = {
    "arrival_time": "2024-09-03T08:00:00Z", "driver_name": "Ivan Orlov", "driver_phone": "+79990000000",
    "vehicle_license_plate": "A123BC77", "vehicle_model": "GAZelle",
}  # fmt: skip


def announced(world: World) -> list[tuple[int, str, str]]:
    """The vehicles that the partner expects: number of the pass, warehouse, licence plate."""
    with world.stage.partner.database.read() as tx:
        found = arrival_pass_queries.coming(tx, moscow(9, 1, 0))
    return [(one.id, one.warehouse, one.license_plate) for one in found]


def with_a_pickup_and_a_withdrawal(world: World) -> tuple[int, int]:
    """Lumitek is linked, has a unit kept for a collector, and a return that its customer withdrew; their ids."""
    company = linked(world)
    world.stage.turn_to(moscow(9, 2, 12))  # the draw of the first day is closed
    kept = in_stock(world, "70000001-0001-1")
    chen_decides(world, company, kept, "pickup")
    posting = "70000009-0001-1"
    deliver(world, "Lamp", 900, 350, seller=LUMITEK, posting=posting)
    withdrawn, customer = world.request("CN", "did_not_fit", "", lambda line: line.posting_number == posting)
    world.act(withdrawn, m.Cancel(), customer)
    return kept, withdrawn
