"""What the fuzzer found and is mended: each as a request that anybody can read."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.marketplace.cast import ELIF, Market, market, served
from tests.marketplace.people import told
from tests.partner.doors import calling
from tests.partner.house import House, opened

TOO_LARGE = 2**63


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened_shop:
        yield opened_shop


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with opened(database_url, tmp_path) as opened_house:
        yield opened_house


def test_a_query_is_read_as_strictly_as_a_body(shop: Market) -> None:
    """A number is no instant, and no number is larger than a database holds."""
    with served(shop) as url, httpx2.Client(base_url=f"{url}/api/v1") as client:
        client.headers["authorization"] = f"Bearer {shop.key(ELIF)}"
        instants = [client.get("/rule-cards", params={"at": at}) for at in ("1.5", "0", "2024-09-02T10:00:00Z")]
        numbers = [client.get("/returns", params={"before": number}) for number in (TOO_LARGE, 2**62 + 1, 2**62)]
        below = [client.get("/returns", params={"before": number}) for number in (-TOO_LARGE - 1, -TOO_LARGE)]

    assert [(422, "field_invalid")] * 2 == [told(answer) for answer in instants[:2]]
    assert 200 == instants[2].status_code
    assert [422, 422, 200] == [answer.status_code for answer in numbers]
    assert ("before", "too_large", TOO_LARGE - 1) == tuple(numbers[0].json()[n] for n in ("field", "problem", "high"))
    assert [422, 422] == [answer.status_code for answer in below]  # no id is below 0
    assert "too_small" == below[0].json()["problem"]


def test_a_table_says_its_letters_once(shop: Market) -> None:
    with served(shop) as url, httpx2.Client(base_url=f"{url}/api/v1") as client:
        client.headers["authorization"] = f"Bearer {shop.key(ELIF)}"
        files = [client.get(path) for path in ("/ledger/statement.csv", "/reconciliation/breaks/export/csv")]

    assert ["text/csv; charset=utf-8"] * 2 == [answer.headers["content-type"] for answer in files]


def test_the_epochs_of_the_draw_refuse_as_all_of_the_api(house: House) -> None:
    with httpx2.Client(base_url=f"{house.url}/api/v1") as client:
        answers = [client.get("/draws", params={"before": before}) for before in ("Inf", str(TOO_LARGE))]

    assert [(422, "field_invalid")] * 2 == [told(answer) for answer in answers]


def test_a_number_that_nobody_has_is_not_found_however_large_it_is(house: House) -> None:
    """On PostgreSQL, too, where some numbers have 32 bits."""
    with calling(house) as call:
        answers = [call("sonia").post(f"/destinations/{number}/confirm") for number in (2**31 - 1, 2**31, 2**63 - 1)]

    assert [(404, "not_found")] * 3 == [told(answer) for answer in answers]
