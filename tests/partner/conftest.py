"""A partner with its people, and its two kinds of doors."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.partner.doors import Call, Door, calling, entering
from tests.partner.house import House, opened


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with opened(database_url, tmp_path) as house:
        yield house


@pytest.fixture
def enter(house: House) -> Iterator[Door]:
    with entering(house) as door:
        yield door


@pytest.fixture
def call(house: House) -> Iterator[Call]:
    with calling(house) as client:
        yield client
