"""What browsers fetch once and keep: addresses that change with what they name."""

import gzip
import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from backhaul.kit import assets


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Litestar]]:
    with TestClient(Litestar([assets.router()])) as opened:
        yield opened


def test_the_address_on_a_page_may_be_kept_for_a_year(client: TestClient[Litestar]) -> None:
    answer = client.get(assets.address("style.css"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_address_of_another_version_is_asked_again(client: TestClient[Litestar]) -> None:
    answer = client.get("/static/style.css?v=000000000000")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    again = client.get("/static/style.css", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_who_cannot_unpack_gets_the_same_bytes(client: TestClient[Litestar]) -> None:
    plain = client.get("/static/page.js", headers={"accept-encoding": "identity"})
    packed = client.get("/static/page.js", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.content == packed.content
    assert len(gzip.compress(plain.content)) < len(plain.content)


@pytest.mark.parametrize("name", ["..%2fassets.py", "style", "tokens.css", "", "%00"])
def test_nothing_else_stands_behind_the_door(client: TestClient[Litestar], name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_every_part_of_the_stylesheet_is_served_and_only_tokens_name_colours() -> None:
    parts = {path.name.removesuffix(".css") for path in (files("backhaul.kit") / "styles").iterdir()}
    assert parts == set(assets.STYLES)
    for part in sorted(parts - {"tokens"}):
        text = (files("backhaul.kit") / "styles" / f"{part}.css").read_text()
        assert not re.findall(r"#[0-9a-f]{3,8}\b(?![^{]*\{)", re.sub(r"#fff\b|#000\b", "", text)), part


def test_an_icon_that_does_not_exist_is_a_fault_of_the_page() -> None:
    assert 'aria-hidden="true"' in str(assets.icon("bell"))
    with pytest.raises(LookupError, match="no-such-icon"):
        assets.icon("no-such-icon")
