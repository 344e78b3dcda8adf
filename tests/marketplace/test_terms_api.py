"""Rate cards and catalogues through API v1: what support's pages can do, with every fault as code, place and sentence."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from backhaul.marketplace import rate_card_files
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.compensation import SEED_CARD
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ELIF, EXPLAINED, Market, market, moscow, served
from tests.web.company import PASSWORD, let_in

WHY = "The table is halved until the audit."
FROM = "2024-09-05T12:00:00+03:00"
HALF: dict[str, Any] = {
    "version": "half", "valid_from": FROM, "why": WHY,
    "cells": [{**row, "rate_pct": int(row["rate_pct"] or 0) // 2} for row in rate_card_files.rows(SEED_CARD)],
}  # fmt: skip


class Api:
    """API v1 as somebody, by name."""

    def __init__(self, client: httpx2.Client) -> None:
        self.client, self.tokens = client, dict[str, str]()

    def __call__(self, path: str, body: Any = None, login: str = "marina", **headers: str) -> httpx2.Response:
        if login not in self.tokens:
            made = self.client.post("/api/v1/sessions", json={"login": login, "password": PASSWORD})
            self.tokens[login] = made.json()["token"]
        sent = {"authorization": f"Bearer {self.tokens[login]}", "accept-language": "en", **headers}
        if body is None:
            return self.client.get(f"/api/v1/{path}", headers=sent)
        return self.client.post(f"/api/v1/{path}", json=body, headers=sent)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def api(shop: Market) -> Iterator[Api]:
    with served(shop) as url, httpx2.Client(base_url=url) as client:
        yield Api(client)


def test_a_rate_card_is_looked_at_published_and_read_back(api: Api, shop: Market) -> None:
    seen = api("rate-cards/preview", {**HALF, "first_day": "2024-08-01", "last_day": "2024-09-30"}).json()
    assert (SEED_CARD.version, 0, "2024-08-01") == (
        seen["replaces"],
        seen["back_test"]["total"]["returns"],
        seen["first_day"],
    )
    assert {"quality": "proper", "weight_low_gram": 0, "weight_high_gram": 1000, "price_low_minor": 500000,
            "price_high_minor": 1000000, "before_pct": 20, "after_pct": 10} == seen["changes"][0]  # fmt: skip
    assert [] == shop.dump()["terms"]

    made = api("rate-cards", HALF, **{"idempotency-key": "k-1"})
    again = api("rate-cards", HALF, **{"idempotency-key": "k-1"})
    assert (201, {"version": "half", "valid_from": "2024-09-05T09:00:00Z"}) == (made.status_code, made.json())
    assert (201, made.json()) == (again.status_code, again.json())
    listed = api("rate-cards").json()
    assert [("half", False, WHY, "marina"), (SEED_CARD.version, True, None, None)] == [
        (one["version"], one["in_force"], one.get("why"), one.get("published_by")) for one in listed
    ]
    assert HALF["cells"] == api("rate-cards/half").json()["cells"]
    assert 409 == api("rate-cards", HALF).status_code
    assert 1 == len(shop.dump()["terms"])


def test_faults_have_a_code_a_place_and_a_sentence(api: Api, shop: Market) -> None:
    for path in ("rate-cards", "rate-cards/preview"):
        told = api(path, {**HALF, "cells": HALF["cells"][1:]})
        assert 422 == told.status_code
        assert "rate_card_invalid" == told.json()["code"]
        assert [{
            "code": "gap", "where": "proper",
            "detail": "Gap: no row covers Proper quality, weight 0–1000 g, price 0–5000 RUB.",
        }] == told.json()["faults"]  # fmt: skip
    for field, value, code in (
        ("valid_from", "2024-09-02T09:58:00+03:00", "valid_from_is_past"),
        ("valid_from", "2024-09-05T12:00:00", "policy_value_invalid"),
        ("valid_from", "9999-12-31T23:59:59-12:00", "valid_from_is_too_far"),
        ("valid_from", "9999-12-31T22:00:00Z", "valid_from_is_too_far"),
        ("valid_from", "2034-09-03T10:00:01+03:00", "valid_from_is_too_far"),
        ("why", "short", "explanation_required"),
        ("version", "", "version_invalid"),
        ("seen", 1, "published_meanwhile"),
    ):
        told = api("rate-cards", {**HALF, field: value})
        assert code == told.json()["code"], field
    assert [] == shop.dump()["terms"]


def test_a_version_may_begin_in_ten_years_and_a_back_test_ends_next_year_at_the_latest(api: Api) -> None:
    """The other side of these bounds: 2 September 2034 is ten years away."""
    assert 200 == api("rate-cards/preview", {**HALF, "valid_from": "2034-09-02T10:00:00+03:00"}).status_code
    for first, last, status in (
        ("2025-12-31", "2025-12-31", 200),
        ("2000-01-01", "2000-01-01", 200),
        ("2026-01-01", "2026-01-01", 422),
        ("1999-12-31", "1999-12-31", 422),
        ("9999-12-31", "9999-12-31", 422),
    ):
        told = api("rate-cards/preview", {**HALF, "first_day": first, "last_day": last})
        assert status == told.status_code, (first, told.text)
    assert ("period_out_of_range", "The back-test looks at days from 2000 to 2025.") == (
        told.json()["code"],
        told.json()["detail"],
    )


def test_everybody_reads_the_reasons_in_force_and_support_alone_the_versions(api: Api, shop: Market) -> None:
    reasons = api("catalogues/return-reasons", login="irina", **{"accept-language": "ru"}).json()
    assert ("1", 13, "did_not_fit", 101, "fit_or_dislike") == (
        reasons["version"], len(reasons["reasons"]), *(reasons["reasons"][0][n] for n in ("code", "number", "group")),
    )  # fmt: skip
    assert reasons["reasons"][0]["name"].startswith("Не подош")
    assert 8 == len(api("catalogues/rejection-reasons", login="elif").json()["reasons"])
    assert 404 == api("catalogues/nonsense").status_code
    catalogue = {"valid_from": FROM, "why": WHY, "entries": []}
    for login in ("irina", "elif", "nadia"):
        for path, body in (
            ("catalogues/return-reasons/versions", None), ("catalogues/return-reasons/versions/1", None),
            ("catalogues/return-reasons/preview", catalogue), ("catalogues/return-reasons", catalogue),
            ("rate-cards", None), (f"rate-cards/{SEED_CARD.version}", None), ("rate-cards", HALF),
            ("rate-cards/preview", HALF),
        ):  # fmt: skip
            assert 403 == api(path, body, login=login).status_code, (login, path)
    assert [] == shop.dump()["terms"]


def test_a_catalogue_is_changed_by_sending_all_of_it(api: Api, shop: Market) -> None:
    entries = api("catalogues/return-reasons/versions/1").json()["entries"]
    assert {"en", "ru", "zh", "tr"} == set(entries[0]["names"])
    smells = {
        "code": "smells",
        "group": "defect",
        "is_defect": True,
        "names": dict.fromkeys(("en", "ru", "zh", "tr"), "S"),
    }
    wanted = {"valid_from": "2024-09-02T10:00:00+03:00", "why": WHY, "entries": [*entries, smells]}

    seen = api("catalogues/return-reasons/preview", wanted).json()
    assert [("smells", "added", 206)] == [(o["code"], o["field"], o["after"]["number"]) for o in seen["changes"]]
    told = api("catalogues/return-reasons", {**wanted, "entries": entries[1:]}).json()
    assert [("code_gone", "did_not_fit")] == [(one["code"], one["where"]) for one in told["faults"]]
    told = api("catalogues/return-reasons", {**wanted, "entries": [{**entries[0], "nmaes": {}}]}).json()
    assert [("value_invalid", "did_not_fit")] == [(one["code"], one["where"]) for one in told["faults"]]
    assert "2" == api("catalogues/return-reasons", wanted).json()["version"]
    assert "smells" in [one["code"] for one in api("catalogues/return-reasons", login="irina").json()["reasons"]]
    assert [("2", True), ("1", False)] == [
        (one["version"], one["in_force"]) for one in api("catalogues/return-reasons/versions").json()
    ]
    assert 206 == msgspec.json.decode(shop.dump()["terms"][0][3])["entries"][-1]["number"]


def test_a_code_that_stands_in_both_catalogues_has_its_own_name_in_each(api: Api, shop: Market) -> None:
    """A return is asked for and rejected with the same code: what customers and sellers read is not the other one's name."""
    kept = api("catalogues/rejection-reasons/versions/1").json()["entries"]
    names = {"en": "It fits", "ru": "Подходит", "zh": "合适", "tr": "Uyuyor"}
    body = {"entries": [*kept, {"code": "did_not_fit", "names": names}], "valid_from": FROM, "why": WHY}
    assert 201 == api("catalogues/rejection-reasons", body).status_code
    shop.clock.turn_to(moscow("2024-09-05 12:00"))
    shop.office.read_terms_again()
    return_id = shop.in_status(Status.SELLER_REVIEW, reason="did_not_fit")
    shop.does(ELIF, return_id, do.Reject("did_not_fit", EXPLAINED))
    seen = api(f"returns/{return_id}", login="irina").json()

    assert ("Did not fit", "It fits") == (seen["reason_label"], seen["rejection_label"])
