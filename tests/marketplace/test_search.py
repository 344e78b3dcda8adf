"""One field finds what it is given: each kind by an index, for everybody only what is theirs."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.database import Statement
from backhaul.marketplace import passes, queries, search_queries
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Status
from backhaul.marketplace.search_views import meant
from tests.marketplace.cast import CHEN, ELIF, IML, KETTLE, MUG, OLEG, THROW, Market, market
from tests.marketplace.people import Call, calling, let_in, told
from tests.test_plans import plan


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def finds(call: Call, login: str, q: str) -> dict[str, list[str]]:
    """Titles of the finds by their group."""
    answer = call(login).get("/api/v1/search", params={"q": q})
    assert answer.status_code == 200, answer.text
    return {group["by"]: [hit["title"] for hit in group["hits"]] for group in answer.json()["groups"]}


def test_support_finds_by_number_code_posting_waybill_product_customer_login_key_seller_and_point(
    shop: Market, call: Call
) -> None:
    throw, kettle = shop.in_status(Status.SELLER_REVIEW, THROW), shop.in_status(Status.ACCEPTED_AT_PVZ, KETTLE)
    shop.does(OLEG, kettle, do.Dispatch("Linehaul", "wbx_77001"))
    key = shop.key(ELIF, "ERP")
    public, number = key.split("_")[2], f"R-{throw}"
    with shop.office.database.read() as tx:
        it = queries.one(tx, throw)
        assert it is not None
        code = passes.code_of(shop.office, it)

    assert [number] == finds(call, "marina", number)["number"]
    assert [number] == finds(call, "marina", f"r {throw}")["number"]
    assert {"code": [number]} == finds(call, "marina", code.lower())
    assert {"posting": [number]} == finds(call, "marina", THROW.posting_number)
    assert {"posting": [f"R-{kettle}"]} == finds(call, "marina", "20000001-")
    assert {"waybill": [f"R-{kettle}"]} == finds(call, "marina", "WBX_77")
    assert {"waybill": [f"R-{kettle}"]} == finds(call, "marina", "wbx")  # what comes after the letters stands behind Z
    assert [number] == finds(call, "marina", str(THROW.sku))["sku"]
    for said in ("irina", "C-1001", THROW.customer_email, THROW.customer_email.upper()):
        assert {"who": ["C-1001"], "customer": [f"R-{kettle}", number]} == finds(call, "marina", said), said
    assert {"who": ["C-1002"]} == finds(call, "marina", "pavel")  # who has bought nothing yet
    assert {} == finds(call, "marina", "C-9999")
    assert {} == finds(call, "nadia", THROW.customer_email)
    assert {"person": ["irina"]} == finds(call, "marina", "iri")
    assert {"person": ["chen"]} == finds(call, "marina", "Chen")
    for said in (public, public[:5], key[-4:], key):
        assert [f"{public} …{key[-4:]}"] == finds(call, "marina", said)["key"]
    assert [str(ELIF.subject)] == finds(call, "marina", ELIF.subject)["seller"]
    assert [OLEG.subject] == finds(call, "marina", OLEG.subject)["point"]


def test_a_return_says_what_is_open_about_it_and_a_customers_block_is_found_with_the_returns(
    shop: Market, call: Call
) -> None:
    return_id = shop.in_status(Status.AT_PARTNER)
    shop.does(IML, return_id, do.RecordMark(Mark.SUBSTITUTED, 1, "Other model", ("a", "b", "c")))
    answer = call("nadia").get("/api/v1/search", params={"q": "C-1001"}).json()
    by = {group["by"]: group for group in answer["groups"]}

    assert ["customer", "block"] == list(by)
    [hit] = by["customer"]["hits"]
    assert (f"R-{return_id}", f"/returns/{return_id}") == (hit["title"], hit["href"])
    assert ("At the partner's warehouse", ["Refund: Cancelled"]) == (hit["state"], hit["marks"])
    assert ["/blocks/1"] == [one["href"] for one in by["block"]["hits"]]


def test_nobody_finds_what_is_not_theirs(shop: Market, call: Call) -> None:
    """A seller finds own returns and keys; a moderator no logins and keys; a draft is its customer's alone."""
    mine, others = shop.in_status(Status.SELLER_REVIEW, MUG), shop.in_status(Status.SELLER_REVIEW, KETTLE)
    draft = shop.draft()
    key = shop.key(CHEN)
    public = key.split("_")[2]

    assert [f"R-{mine}"] == finds(call, "elif", str(mine))["number"]
    for said in (
        f"R-{others}",
        KETTLE.posting_number,
        str(KETTLE.sku),
        "C-1001",
        "irina",
        public,
        f"R-{draft}",
        CHEN.subject,
    ):
        assert {} == finds(call, "elif", said), said
    assert {"key": [f"{public} …{key[-4:]}"]} == finds(call, "chen", public)
    assert {} == finds(call, key, public)  # a key sees no keys
    assert {} == finds(call, "nadia", "irina")
    assert {} == finds(call, "nadia", public)
    assert {} == finds(call, "marina", f"R-{draft}")
    for login in ("irina", "oleg"):
        assert (403, "not_your_role") == told(call(login).get("/api/v1/search", params={"q": "100"}))
    assert (401, "sign_in_needed") == told(call("").get("/api/v1/search", params={"q": "100"}))


def test_fewer_than_three_letters_find_only_what_they_say_in_full(shop: Market, call: Call) -> None:
    for _ in range(2):
        shop.in_status(Status.SELLER_REVIEW, MUG)

    assert {} == finds(call, "marina", "10")
    assert 2 == len(finds(call, "marina", "100")["number"])
    assert {} == finds(call, "marina", "ir")
    assert 422 == call("marina").get("/api/v1/search", params={"q": ""}).status_code
    assert 422 == call("marina").get("/api/v1/search", params={"q": "x" * 101}).status_code


@pytest.mark.parametrize(
    "said", ["'; DROP TABLE returns", "%", "\x00\x01", "9" * 100, "R-" + "9" * 18, "☃ пакет", "zzzz", "\\"]
)
def test_what_makes_no_sense_finds_nothing_and_breaks_nothing(said: str, tmp_path: Path) -> None:
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as shop:
        shop.errand(let_in)
        with calling(shop) as call:
            assert {} == finds(call, "marina", said)


def test_of_an_api_key_only_its_public_part_is_looked_for() -> None:
    assert "AbCd1234" == meant("bh_rw_AbCd1234_0123456789abcdefghij0123456789ABCDEF")
    assert "AbCd1234" == meant(" bh_ro_AbCd1234_ ")
    assert "R-100017" == meant("Ｒ－１０００１７\n")
    assert "" == meant(" \t\n")


LOOKS = {name: one for name, one in vars(search_queries).items() if isinstance(one, Statement)}
ASKED: dict[str, Any] = {
    "seller": 1,
    "sku": 1,
    "customer": "C-1",
    "last4": "abcd",
    "id": "77",
    "most": 20,
    "email": "a@b.example",
}


INDEXES = {  # that begin with what is looked for: others hold the seller, too, and would be walked whole
    "BY_SKU": "return_facets_by_sku",
    "BY_SKU_OF_SELLER": "return_facets_of_seller_by_sku",
    "BY_WAYBILL": "return_facets_by_waybill",
    "BY_WAYBILL_OF_SELLER": "return_facets_of_seller_by_waybill",
    "BY_POSTING": "returns_by_posting",
    "BY_ID_OF_SELLER": "returns",
}


def test_every_look_is_by_an_index(database_url: str, tmp_path: Path) -> None:
    tables = "returns|return_facets|accounts|api_keys|points|customers"
    with market(database_url, tmp_path) as shop, shop.office.database.read() as tx:
        for name, statement in LOOKS.items():
            numbers = name.startswith("BY_ID")
            asked = {**ASKED, "low": 1 if numbers else "100", "high": 2 if numbers else "100zzzz"}
            found = plan(tx, statement, shop.office.database.dialect, **asked)
            assert not re.search(rf"SCAN ({tables})|Seq Scan on ({tables})", found), (name, found)
            if shop.office.database.dialect == "sqlite":  # without rows PostgreSQL takes whichever is narrow
                assert INDEXES.get(name, "") in found, (name, found)
    assert len(LOOKS) == 14
