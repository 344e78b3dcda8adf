"""A served marketplace for programs that other people wrote."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.marketplace.cast import Market, market, served


@pytest.fixture
def bazaar(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def url(bazaar: Market) -> Iterator[str]:
    with served(bazaar) as address:
        yield address
