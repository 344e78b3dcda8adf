"""A served marketplace for programs that other people wrote."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar

from backhaul.kit.server import Served
from backhaul.marketplace import seller_api
from tests.marketplace.cast import Market, market


@pytest.fixture
def bazaar(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def url(bazaar: Market) -> Iterator[str]:
    served = Served(Litestar([seller_api.routes(bazaar.office)], openapi_config=None, logging_config=None)).start()
    yield served.url
    served.stop()
