"""Every operation of both documents, asked by everybody, alone and along the ids in answers: nothing that the document does not say.

A run is the same every time. What fails prints the request as a `curl` line; CONTRIBUTING.md says how to run it again.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from litestar import Litestar, Response, get
from litestar.openapi import OpenAPIConfig

from backhaul.kit.description import Description, door
from backhaul.kit.http import encoded
from backhaul.kit.server import Served
from tests.fuzzing import shops
from tests.fuzzing.fuzzer import Fuzzer, bearer

House = Callable[[str, Path, int], AbstractContextManager[Fuzzer]]
HOUSES = (shops.marketplace, shops.partner)


@pytest.fixture
def first(database_url: str) -> int:
    """The two databases are given other data, so that together they try more."""
    return 0 if database_url.startswith("sqlite") else 1


@pytest.mark.parametrize("house", HOUSES)
def test_every_answer_is_in_the_document(house: House, database_url: str, first: int, tmp_path: Path) -> None:
    """A twentieth of what `./bh soak` asks: on PostgreSQL every operation, on SQLite from one to the next."""
    with house(database_url, tmp_path, first) as fuzzer:
        if first:
            fuzzer.each_operation(1)
        else:
            fuzzer.along_links(steps=60)

    print(fuzzer.run.told())
    assert not fuzzer.run.faults, fuzzer.run.told()
    assert fuzzer.run.cases > (150 if first else 40)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("house", HOUSES)
def test_every_answer_of_thousands_is_in_the_document(
    house: House, database_url: str, first: int, tmp_path: Path
) -> None:
    """8,000 and more in all four runs together."""
    with house(database_url, tmp_path, first + 2) as fuzzer:
        fuzzer.each_operation(15)
        fuzzer.along_links(steps=400)

    print(fuzzer.run.told())
    assert not fuzzer.run.faults, fuzzer.run.told()
    assert fuzzer.run.cases > 2_000


def test_the_fuzzer_sees_what_it_is_there_for() -> None:
    """A house that breaks its word in each way is caught in each."""

    @get("/api/v1/fails", summary="Fails")
    async def fails() -> int:
        raise RuntimeError

    @get("/api/v1/teapot", summary="Answers what no document names")
    async def teapot() -> Response[int]:
        return Response(1, status_code=418)

    @get("/api/v1/lies", summary="Gives a text for a number")
    async def lies() -> Response[int]:
        return encoded(b'"none"', int)

    @get("/api/v1/papers", summary="Gives JSON for a paper", opt=door(gives=("application/pdf",)))
    async def papers() -> Response[int]:
        return Response(1)

    @get("/api/v1/open", summary="Is open and says that it is not", opt=door(speaker="bearer"))
    async def open_door() -> int:
        return 1

    document = OpenAPIConfig("Liars", "1", path="/api/v1", render_plugins=[Description({})])
    app = Litestar([fails, teapot, lies, papers, open_door], openapi_config=document, logging_config=None)
    served = Served(app).start()
    try:
        fuzzer = Fuzzer(served.url, {"nobody": lambda: bearer("")}, {})
        fuzzer.each_operation(3)
    finally:
        served.stop()

    found = {(fault.operation.rpartition("/")[2], fault.what.partition(":")[0]) for fault in fuzzer.run.faults.values()}
    assert {
        ("fails", "answered 500 "),
        ("fails", "UndefinedStatusCode"),
        ("teapot", "UndefinedStatusCode"),
        ("lies", "JsonSchemaError"),
        ("papers", "UndefinedContentType"),
        ("open", "opens to nobody and says that it is closed"),
    } == found
