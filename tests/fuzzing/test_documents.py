"""Both OpenAPI documents: every door is in them or has its reason, every refusal is named, and nothing stands there twice."""

import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from backhaul import documents
from backhaul.kit import description
from tests import webs
from tests.marketplace.cast import market, served
from tests.partner.house import opened

# Doors to programs that are in no document, and why.
ELSEWHERE = {
    "/api/v1/admin/": "the operator's own commands hand in files here; the note in the data directory opens it",
    "/v1/": "the Seller API: its contract is published by others; tests/contract.py holds every answer against it",
    "/v2/": "as above",
}
FRAMEWORKS = {"/api/v1/openapi.json", "/api/v1", "/api/v1/{path}"}  # the document itself, and what stands beside it


@pytest.fixture(scope="module")
def documented() -> dict[str, dict[str, Any]]:
    return documents.schemas()


def stray(app: Litestar, document: dict[str, Any]) -> set[str]:
    """Doors for programs that are in no document and have no reason."""
    told = {(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs}
    return {
        f"{verb} {route.path_format}"
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path_format.startswith(("/api/", "/v1/", "/v2/"))
        for verb in route.methods
        if verb != "OPTIONS" and (verb, route.path_format) not in told
        if route.path_format not in FRAMEWORKS and not route.path_format.startswith(tuple(ELSEWHERE))
    }


def test_every_door_is_in_the_document_or_has_its_reason(documented: dict[str, Any], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'database.sqlite'}"
    with market(url, tmp_path) as shop:
        at_the_marketplace = stray(webs.marketplace(shop.office), documented["marketplace"])
        hidden = documented["marketplace"]["paths"].pop("/api/v1/my-block")
        seen = stray(webs.marketplace(shop.office), documented["marketplace"])
        documented["marketplace"]["paths"]["/api/v1/my-block"] = hidden
    with opened(f"sqlite:///{tmp_path / 'partner.sqlite'}", tmp_path / "partner") as house:
        at_the_partner = stray(webs.partner(house.office), documented["partner"])

    assert set() == at_the_marketplace
    assert set() == at_the_partner
    assert {"GET /api/v1/my-block"} == seen  # and who leaves one out is caught


@pytest.mark.parametrize("house", ["marketplace", "partner"])
def test_every_operation_says_who_may_call_and_how_it_refuses(documented: dict[str, Any], house: str) -> None:
    document = documented[house]
    operations = {f"{verb} {path}": said for path, verbs in document["paths"].items() for verb, said in verbs.items()}

    refusals = {
        tuple(answer["content"])
        for said in operations.values()
        for status, answer in said["responses"].items()
        if status[0] != "2"
    }
    assert {("application/problem+json",)} == refusals
    assert set(description.SECURITY) == set(document["components"]["securitySchemes"])
    assert [] == [name for name, said in operations.items() if "security" not in said]
    assert [] == [name for name, said in operations.items() if said["security"] and "401" not in said["responses"]]
    assert [] == [name for name, said in operations.items() if "{" in name and "404" not in said["responses"]]
    assert [] == [
        name for name, said in operations.items() if "500" in said["responses"] or "default" in said["responses"]
    ]


@pytest.mark.parametrize("house", ["marketplace", "partner"])
def test_every_answer_and_number_has_its_shape(documented: dict[str, Any], house: str) -> None:
    """No answer is JSON of any kind or a text that is JSON; no number of a path or query is without bounds."""
    shapeless: list[str] = []
    boundless: list[str] = []
    for path, verbs in documented[house]["paths"].items():
        for verb, said in verbs.items():
            for answer in said["responses"].values():
                for media_type, content in answer.get("content", {}).items():
                    if media_type == "application/json" and content["schema"] in ({}, {"type": "string"}):
                        shapeless.append(f"{verb} {path}")
            boundless += [
                f"{verb} {path} {parameter['name']}"
                for parameter in said.get("parameters", ())
                for one in (parameter["schema"], *parameter["schema"].get("oneOf", ()))
                if one.get("type") == "integer" and not {"maximum", "exclusiveMaximum"} & set(one)
            ]

    assert [] == shapeless
    assert [] == boundless


def test_when_a_file_was_changed_is_a_date_of_http(documented: dict[str, Any]) -> None:
    """RFC 9110, 8.8.2: `Mon, 30 Nov 2026 09:28:57 GMT` is no date-time of JSON Schema."""
    found = [
        answer["headers"]["last-modified"]["schema"]
        for document in documented.values()
        for verbs in document["paths"].values()
        for operation in verbs.values()
        for answer in operation["responses"].values()
        if "last-modified" in answer.get("headers", {})
    ]

    assert found
    assert all(schema == {"type": "string"} for schema in found)


def answers(url: str, document: dict[str, Any]) -> dict[str, tuple[bool, list[int]]]:
    """Of every POST with a JSON body: whether the document wants one, and what nobody is told with none and with `{}`."""
    found: dict[str, tuple[bool, list[int]]] = {}
    with httpx2.Client(base_url=url) as client:
        for path, verbs in document["paths"].items():
            body = verbs.get("post", {}).get("requestBody", {})
            if "application/json" in body.get("content", {}):
                place = re.sub(r"{[^}]*}", "1", path)
                told = [client.post(place, content=content).status_code for content in (b"", b"{}")]
                found[path] = body["required"], told
    return found


def test_a_body_may_be_left_out_where_the_document_says_so(documented: dict[str, Any], tmp_path: Path) -> None:
    """Then nobody is told to sign in, as with `{}`; else that the body does not fit. A PUT always wants one."""
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as shop, served(shop) as url:
        found = answers(url, documented["marketplace"])
    with opened(f"sqlite:///{tmp_path / 'partner.sqlite'}", tmp_path / "partner") as house:
        found |= answers(house.url, documented["partner"])
    free = {path for path, (wanted, _) in found.items() if not wanted}

    assert {"/api/v1/returns/{return_id}/approve", "/api/v1/parcels/{parcel_id}/print-label", "/api/v1/labels"} <= free
    assert [] == [
        (path, told) for path, (wanted, told) in found.items() if not wanted and told not in ([401, 401], [404, 404])
    ]
    assert {401, 422} == {
        told[0] for wanted, told in found.values() if wanted
    }  # some read it themselves, for whom they know
    assert documented["marketplace"]["paths"]["/api/v1/keys/{public_id}/networks"]["put"]["requestBody"]["required"]
