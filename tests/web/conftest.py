"""A marketplace with its people, its pages over real HTTP, and a door for whoever signs in."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.marketplace.cast import Market, market, served
from tests.partner.house import House, opened
from tests.web.company import PASSWORD, Door, let_in
from tests.web.forms import Visit


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """A partner, for the pages of that house."""
    with opened(database_url, tmp_path) as house:
        yield house


@pytest.fixture
def url(shop: Market) -> Iterator[str]:
    with served(shop) as address:
        yield address


@pytest.fixture
def enter(url: str) -> Iterator[Door]:
    """Sign somebody in, by the form."""
    with ExitStack() as visits:

        def sign_in(login: str, password: str = PASSWORD) -> Visit:
            return visits.enter_context(Visit(url)).sign_in(login, password)

        yield sign_in
