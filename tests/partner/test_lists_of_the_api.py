"""Every list of the partner's API v1 goes on by a key or says why it ends; every refusal is a problem with a code (RFC 9457)."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from backhaul.partner.app import make_app
from tests.doors import filled
from tests.partner.doors import Call
from tests.partner.house import CHEN, ID, House
from tests.partner.test_decisions_api import arrived

CURSORS = {"before", "before_id", "before_what", "after", "after_reference"}
# Lists without a next page, each with what bounds it.
BOUNDED = {
    "/api/v1/authorizations": "a company's own, 200 of each kind of platform",
    "/api/v1/credit": "an amount a currency",
    "/api/v1/destinations": "a company's own book",
    "/api/v1/inspectors": "people who inspect",
    "/api/v1/keys": "20 active ones, 500 in all",
    "/api/v1/ledger/balances": "the accounts of the chart",
    "/api/v1/parcels/{parcel_id}/seen-photos": "50 of one unit at most",
    "/api/v1/packing": "100 addresses, each with how much waits; what is packed leaves the list",
    "/api/v1/platforms": "registered by the operator",
    "/api/v1/queues": "as many as there are kinds of work",
    "/api/v1/shelves": "the shelves of the house, 500",
    "/api/v1/standing-rules": "100 a seller",
    "/api/v1/webhooks": "10 a company",
    "/api/v1/webhooks/types": "as many as there are kinds of events",
    "/api/v1/watched-returns": "500 a platform, those that changed last",
}
PLACES: dict[str, object] = {
    "parcel_id": ID,
    "consignment_id": 1,
    "name": "sent",
    "number": "INV-000001",
    "orphan_id": 1,
}
ROLES = (CHEN, "ruslan", "vera", "sonia")


def lists(house: House) -> Iterator[tuple[str, dict[str, Any]]]:
    """The reading operations that answer an array, or an object around one with a `next`; with their query parameters."""
    schema = make_app(house.office).openapi_schema.to_schema()

    def shape(one: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = schema["components"]["schemas"][one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one
        return found

    for path, verbs in schema["paths"].items():
        content = verbs.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        answer = shape(content.get("application/json", {}).get("schema", {}))
        if answer.get("type") == "array" or "next" in answer.get("properties", {}):
            asked = verbs["get"].get("parameters", [])
            yield path, {one["name"]: one["schema"] for one in asked if one["in"] == "query"}


def test_every_list_goes_on_by_a_key_or_is_bounded_and_no_key_is_too_odd(house: House, call: Call) -> None:
    arrived(house, 2)
    clients = [call(who) for who in ROLES]
    found = dict(lists(house))
    needed = {"warehouse": "MSK-2", "shelf": "A-1"}

    assert set(BOUNDED) == {path for path, asked in found.items() if not CURSORS & set(asked)}

    def answers(path: str, **asked: Any) -> set[int]:
        where = filled(path, PLACES).removeprefix("/api/v1")
        wanted = {name: value for name, value in needed.items() if name in found[path]} | asked
        return {client.get(where, params=wanted).status_code for client in clients}

    odd = (
        "-1",
        "0",
        str(2**63 - 1),
        str(10**30),
        "x",
        "1-1",
        "9" * 40 + "-1",
        "2024-10-03T00:00:00",
        "9999-12-31T23:59:59Z",
    )
    seen = {
        (path, name, value): answers(path, **{name: value})
        for path, asked in found.items() for name in CURSORS & set(asked) for value in odd
    }  # fmt: skip
    assert {} == {cell: codes for cell, codes in seen.items() if not codes <= {200, 403, 404, 422}}


@pytest.mark.parametrize(("path", "who"), [("/parcels", CHEN), ("/parcels", "ruslan"), ("/parcels/to-decide", CHEN),
                                           ("/expected-parcels", "ruslan"), ("/queues/expected", "ruslan")])  # fmt: skip
def test_the_pages_of_a_list_have_everything_once(house: House, call: Call, path: str, who: str) -> None:
    """51 units: a page of fifty, and one that goes on where it ended."""
    if "expected" in path:
        ids = [house.expects(return_id=ID + n, return_number=f"R-{ID + n}").id for n in range(51)]
    else:
        ids = arrived(house, 51)
    client = call(who)

    def units(page: Any) -> list[dict[str, Any]]:
        return [one.get("parcel", one) for one in (page["items"] if isinstance(page, dict) else page)]

    answer = client.get(path, params={"lang": "tr"})
    first = answer.json()
    if isinstance(first, dict):
        more = f"/api/v1{path}?after={first['next']}"
    else:
        more = answer.links["next"]["url"]
        assert "lang=tr" in more
    last = client.get(house.url + more)
    second = last.json()

    assert "next" not in last.links
    if isinstance(first, list):
        few = client.get(path, params={"limit": 7})
        rest = client.get(house.url + few.links["next"]["url"]).json()
        assert ([*few.json(), *rest], 7) == ([*client.get(path).json(), *second][: 7 + len(rest)], len(few.json()))
        assert {422} == {client.get(path, params={"limit": limit}).status_code for limit in (0, 51)}
    assert (50, 1) == (len(units(first)), len(units(second)))
    assert sorted(ids) == sorted(one.get("id") or one["parcel_id"] for one in [*units(first), *units(second)])


def problem(answer: httpx2.Response) -> tuple[int, str, str]:
    """A refusal in the shape of RFC 9457, with its code and field."""
    assert "application/problem+json" == answer.headers["content-type"], answer.text
    said = answer.json()
    assert said["status"] == answer.status_code
    assert {"type", "title", "detail", "code"} <= said.keys()
    assert said.get("pointer", "") == (f"/{said['field']}" if said.get("field") else "")
    return answer.status_code, said["code"], said.get("field", "")


def test_whatever_is_refused_is_a_problem_with_a_code_in_the_callers_language(house: House, call: Call) -> None:
    house.expects()
    chen = call(CHEN)
    text, json = {"content-type": "text/plain"}, {"content-type": "application/json"}
    decide = f"/parcels/{ID}/decide"

    assert {(404, "not_found", "")} == {
        problem(chen.get(path)) for path in ("/nothing/here", "/nothing", "/openapi.html")
    }
    assert (404, "not_found", "") == problem(chen.get("/parcels/999999"))
    assert (405, "method_not_allowed", "") == problem(chen.put("/parcels"))
    assert (413, "body_too_large", "") == problem(chen.post(decide, content=b"x" * (1024 * 1024 + 1), headers=json))
    assert (400, "body_invalid", "") == problem(chen.post(decide, content=b"{", headers=json))
    assert problem(chen.post(decide, content=b"decide!", headers=text))[0] in {400, 415}
    assert (422, "field_invalid", "decision") == problem(chen.post(decide, json={}))
    assert (422, "field_invalid", "before") == problem(chen.get("/parcels", params={"before": "x"}))
    assert (401, "sign_in_needed", "") == problem(chen.get("/account", headers={"authorization": "Bearer no"}))
    details = {
        lang: chen.get("/parcels/999999", headers={"accept-language": lang}).json()["detail"]
        for lang in ("en", "ru", "zh", "tr")
    }
    assert 4 == len(set(details.values()))
    assert "There is nothing here, or it is not yours." == details["en"]
