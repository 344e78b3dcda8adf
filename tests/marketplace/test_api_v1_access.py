"""API v1, door by door: whose thing opens to whom, and that another's looks like what does not exist (J11, D19, R109)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from backhaul.kit import egress
from backhaul.kit.videos import Video
from backhaul.marketplace import block_errands, queries, statement_errands, tables
from backhaul.marketplace.app import make_app
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.catalogues import SEED_REASONS
from backhaul.marketplace.rules.compensation import SEED_CARD
from backhaul.marketplace.rules.words import Mark, Route, Status
from tests.doors import doors, filled
from tests.marketplace.bank import entry, statement
from tests.marketplace.cast import (
    CHEN,
    ELIF,
    EXPLAINED,
    IML,
    IRINA,
    MARINA,
    OLEG,
    Market,
    market,
)
from tests.marketplace.papers import charge, paper
from tests.marketplace.people import LOGINS, Call, calling, let_in, told
from tests.partner.house import picture

NOT_THERE = {
    "return_id": 999_999, "blob_id": "0" * 64, "report_id": "0" * 24, "block_id": 999, "public_id": "aaaaaaaa",
    "name": "reasons", "version": "1999-01", "file_id": 999, "statement_id": 999,
    "job_id": "0", "break_id": 999, "invoice_id": 999, "format": "pdf", "webhook_id": "hook_0", "event_id": "evt_1_1",
    "seller_id": 999, "customer_ref": "C-0", "queue": "errands", "code": "no_such_template",
}  # fmt: skip


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


# -- Whose thing opens to whom ----------------------------------------------------------------------------------------

SELLER = ("elif", "umut", "aysel", "key", "reading key")
ANOTHER_SELLER = ("chen", "another's key")
UNADMITTED = {"nobody": 401, "forged key": 401, "forged session": 401, "revoked key": 403}

# What each role is answered. `another seller` and `another customer`: to whom the thing does not belong.
COLUMNS = ("the seller", "another seller", "the customer", "another customer", "clerk", "moderator", "support")
WHO: dict[str, tuple[str, ...]] = {
    "the seller": SELLER,
    "another seller": ANOTHER_SELLER,
    "the customer": ("irina",),
    "another customer": ("pavel",),
    "clerk": ("oleg",),
    "moderator": ("nadia",),
    "support": ("marina",),
}
TABLE: dict[tuple[str, str], tuple[int, ...]] = {
    ("/api/v1/returns/{return_id}", "waiting"): (200, 404, 200, 404, 200, 200, 200),
    ("/api/v1/returns/{return_id}", "draft"): (404, 404, 200, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/events", "waiting"): (200, 404, 200, 404, 200, 200, 200),
    ("/api/v1/returns/{return_id}/events", "draft"): (404, 404, 200, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/quote", "waiting"): (200, 404, 404, 404, 404, 404, 200),
    ("/api/v1/returns/{return_id}/entries", "waiting"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/returns/{return_id}/entries", "draft"): (403, 403, 403, 403, 403, 403, 404),
    ("/api/v1/returns/{return_id}/clocks", "waiting"): (200, 404, 200, 404, 200, 200, 200),
    ("/api/v1/returns/{return_id}/clocks", "draft"): (404, 404, 200, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/timeline", "waiting"): (200, 404, 404, 404, 404, 200, 200),
    ("/api/v1/returns/{return_id}/timeline", "draft"): (404, 404, 404, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/seen-photos", "waiting"): (200, 404, 404, 404, 404, 200, 200),
    ("/api/v1/returns/{return_id}/seen-photos", "draft"): (404, 404, 404, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/messages", "waiting"): (200, 404, 200, 404, 404, 200, 200),
    ("/api/v1/returns/{return_id}/messages", "draft"): (404, 404, 200, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/answers", "waiting"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/returns/{return_id}/answers", "draft"): (403, 403, 403, 403, 403, 403, 404),
    ("/api/v1/answer-templates/{code}", "template"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/answer-templates/{code}/versions", "template"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/returns/{return_id}/explain", "waiting"): (200, 404, 200, 404, 200, 200, 200),
    ("/api/v1/returns/{return_id}/explain", "draft"): (404, 404, 200, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/epcis", "waiting"): (200, 404, 404, 404, 200, 200, 200),
    ("/api/v1/returns/{return_id}/epcis", "draft"): (404, 404, 404, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/explanations", "waiting"): (200, 404, 200, 404, 404, 200, 200),
    ("/api/v1/returns/{return_id}/explanations", "draft"): (404, 404, 200, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/photos/{blob_id}", "waiting"): (200, 404, 200, 404, 200, 200, 200),
    ("/api/v1/returns/{return_id}/photos/{blob_id}", "draft"): (404, 404, 200, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/videos/{blob_id}", "filmed"): (200, 404, 200, 404, 200, 200, 200),
    ("/api/v1/returns/{return_id}/videos/{blob_id}/poster", "filmed"): (200, 404, 200, 404, 200, 200, 200),
    ("/api/v1/returns/{return_id}/pass", "waiting"): (404, 404, 200, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/pass.svg", "waiting"): (404, 404, 200, 404, 404, 404, 404),
    ("/api/v1/returns/{return_id}/certificate", "destroyed"): (200, 404, 404, 404, 200, 200, 200),
    ("/api/v1/returns/{return_id}/claim-evidence", "damaged"): (200, 404, 404, 404, 404, 200, 200),
    ("/api/v1/returns/{return_id}/substitution", "swapped"): (200, 404, 200, 404, 200, 200, 200),
    ("/api/v1/returns-reports/{report_id}", "report"): (200, 404, 403, 403, 403, 403, 403),
    ("/api/v1/returns-reports/{report_id}/file", "report"): (200, 404, 403, 403, 403, 403, 403),
    ("/api/v1/jobs/{job_id}", "job"): (200, 404, 403, 403, 403, 403, 404),
    ("/api/v1/jobs/{job_id}/result", "job"): (200, 404, 403, 403, 403, 403, 404),
    ("/api/v1/webhooks/{webhook_id}", "webhook"): (200, 404, 403, 403, 403, 403, 403),
    ("/api/v1/webhooks/{webhook_id}/deliveries", "webhook"): (200, 404, 403, 403, 403, 403, 403),
    ("/api/v1/webhooks/{webhook_id}/deliveries/{event_id}", "webhook"): (200, 404, 403, 403, 403, 403, 403),
    ("/api/v1/blocks/{block_id}", "block"): (403, 403, 403, 403, 403, 200, 200),
    ("/api/v1/blocks/{block_id}/events", "block"): (403, 403, 403, 403, 403, 200, 200),
    ("/api/v1/blocks/{block_id}/photos/{blob_id}", "appeal"): (404, 404, 200, 404, 404, 200, 200),
    ("/api/v1/blocks/{block_id}/videos/{blob_id}", "filmed appeal"): (404, 404, 200, 404, 404, 200, 200),
    ("/api/v1/blocks/{block_id}/videos/{blob_id}/poster", "filmed appeal"): (404, 404, 200, 404, 404, 200, 200),
    ("/api/v1/customers/{customer_ref}/received", "customer"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/sellers/{seller_id}", "seller"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/moderation/{queue}", "queue"): (403, 403, 403, 403, 403, 200, 403),
    ("/api/v1/policy/versions/{version}", "policy"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/policy/versions/{version}/differences", "policy"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/rate-cards/{version}", "rate card"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/payouts/files/{file_id}", "payout file"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/payouts/files/{file_id}/content", "payout file"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/bank-statements/{statement_id}", "bank statement"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/catalogues/{name}", "catalogue"): (200, 200, 200, 200, 200, 200, 200),
    ("/api/v1/catalogues/{name}/versions", "catalogue"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/catalogues/{name}/versions/{version}", "catalogue"): (403, 403, 403, 403, 403, 403, 200),
    ("/api/v1/reconciliation/breaks/{break_id}", "break"): (200, 404, 403, 403, 403, 403, 200),
    ("/api/v1/reconciliation/breaks/{break_id}/events", "break"): (200, 404, 403, 403, 403, 403, 200),
    ("/api/v1/reconciliation/breaks/export/{format}", "break"): (200, 200, 403, 403, 403, 403, 200),
    ("/api/v1/reconciliation/invoices/{invoice_id}", "break"): (200, 404, 403, 403, 403, 403, 403),
}
ELSEWHERE = {  # tests/marketplace/test_api_v1_of_pages.py
    "/api/v1/invitations/{token}": "whoever has the link is let in",
    "/api/v1/keys/{public_id}": "persons only: a seller's key sees no keys",
    "/api/v1/keys/{public_id}/log": "the same",
    "/api/v1/users/{number}": "the owner only: test_people_api.py",
    "/api/v1/returns/{return_id}/pass.pdf": "as pass.svg, but slow to draw",
    "/api/v1/returns/{return_id}/certificate.pdf": "as the certificate, but slow to draw",
}


def things(shop: Market) -> dict[str, dict[str, object]]:
    """One thing of Anadolu and Irina for each row, and the places that name it in a path."""
    named: dict[str, dict[str, object]] = {
        "waiting": {"return_id": shop.in_status(Status.AWAITING_DROPOFF), "blob_id": shop.photo},
        "draft": {"return_id": shop.draft(), "blob_id": shop.photo},
        "destroyed": {"return_id": shop.in_status(Status.DISPOSED_BY_MARKETPLACE)},
        "swapped": {"return_id": shop.draft()},
        "damaged": {"return_id": shop.in_status(Status.ACCEPTED_AT_PVZ, reason="packaging_and_product_damaged")},
        "filmed": filmed(shop),
        "block": {"block_id": 1},
        "appeal": {"block_id": 1, "blob_id": shop.photo},
        "seller": {"seller_id": ELIF.subject},
        "customer": {"customer_ref": IRINA.subject},
        "queue": {"queue": "disputes"},
        "policy": {"version": "1"},
        "payout file": {"file_id": 1},
        "bank statement": {"statement_id": 1},
        "rate card": {"version": SEED_CARD.version},
        "template": {"code": "refund_sent"},
        "catalogue": {"name": "return-reasons", "version": SEED_REASONS.version},
    }
    photos = (shop.photo, shop.photo)
    for by, command in (
        (IRINA, do.Submit()),
        (ELIF, do.Approve(Route.B)),
        (OLEG, do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos)),
        (OLEG, do.Dispatch("Linehaul", "W-1")),
        shop.way_to(Status.AT_PARTNER, ELIF)[-1],
        (IML, do.RecordMark(Mark.SUBSTITUTED, 1, "Other model", ("a", "b", "c"))),  # now Irina is blocked, too
    ):
        shop.does(by, int(str(named["swapped"]["return_id"])), command)
    named["filmed appeal"] = {"block_id": 1, "blob_id": named["filmed"]["blob_id"]}
    appeal = b.Appeal(EXPLAINED, (shop.photo,), (str(named["filmed"]["blob_id"]),))
    policy = shop.office.house.terms.policy
    shop.errand(lambda tx, at: block_errands.appeal(tx, appeal, IRINA, policy, at))
    shop.does(MARINA, int(str(named["destroyed"]["return_id"])), do.SendRefund())
    shop.office.payouts.work(shop.office.house.terms.policy)
    statement_errands.taken_in(shop.office.desk, "s.xml", statement([entry("REFUND-1-1")]), MARINA)
    return named


def filmed(shop: Market) -> dict[str, object]:
    """A return that waits for its drop-off, with a video."""
    video, poster = shop.office.blobs.put_video(Video(b"film", b"poster", 1, 1, 1))
    uploader = queries.uploader_of(IRINA)
    shop.errand(lambda tx, at: tables.book.keep(tx, video, uploader, at, poster))
    return_id = shop.draft()
    shop.does(IRINA, return_id, do.AddPhotos(videos=(video.id,)))
    for by, command in shop.way_to(Status.AWAITING_DROPOFF, ELIF):
        shop.does(by, return_id, command)
    return {"return_id": return_id, "blob_id": video.id}


def report(shop: Market, key: httpx2.Client) -> dict[str, object]:
    """A ready report; the places that name it."""
    asked = key.post("/api/v1/returns-reports", json={"first_day": "2024-09-01", "last_day": "2024-09-30"})
    assert asked.status_code == 201, asked.text
    while shop.office.tick():
        pass
    return {"report_id": asked.json()["id"]}


def job(shop: Market, key: httpx2.Client) -> dict[str, object]:
    asked = key.post("/api/v1/jobs/breaks", json={})
    assert asked.status_code == 201, asked.text
    while shop.office.tick():
        pass
    return {"job_id": asked.json()["id"]}


def doubtful(key: httpx2.Client) -> dict[str, object]:
    """An invoice of the partner with a line about a unit that nobody knows; the places that name it and its break."""
    invoice = key.post(
        "/api/v1/reconciliation/invoices", content=paper(charge("R-1", "receipt", "2024-09-02 10:00", 600))
    )
    [found] = key.get("/api/v1/reconciliation/breaks").json()
    return {"break_id": found["id"], "invoice_id": invoice.json()["id"], "format": "csv"}


def webhook(shop: Market, owner: httpx2.Client) -> dict[str, object]:
    """A webhook with one delivery; nobody listens there."""
    way = shop.office.webhooks.way
    shop.office.webhooks.way = msgspec.structs.replace(way, inside=egress.networks("127.0.0.1"))
    made = owner.post("/api/v1/webhooks", json={"url": "http://127.0.0.1:9999/in", "name": "ERP"}).json()["id"]
    ping = owner.post(f"/api/v1/webhooks/{made}/ping").json()["event_id"]
    return {"webhook_id": made, "event_id": ping}


def callers(shop: Market, call: Call) -> dict[str, httpx2.Client]:
    """Everybody of the table by the name that they have in it."""
    revoked = shop.key(ELIF, "Old")
    shop.revoke(revoked)
    key = shop.key(ELIF)
    forged = shop.key(CHEN, "Forged")[:-1]
    tokens = {
        "key": key, "reading key": shop.key(ELIF, "BI", read_only=True), "another's key": shop.key(CHEN),
        "nobody": "", "forged key": forged + "!", "forged session": "0" * 43, "revoked key": revoked,
        **{login: login for login in LOGINS},
    }  # fmt: skip
    return {name: call(token) for name, token in tokens.items()}


def test_what_is_anothers_answers_as_what_does_not_exist(shop: Market, call: Call) -> None:
    """Route by role. A refusal is byte for byte that of an id that nobody has: it does not tell that something is there."""
    named, who = things(shop), callers(shop, call)
    named["report"] = report(shop, who["key"])
    named["job"] = job(shop, who["key"])
    named["break"] = doubtful(who["key"])
    named["webhook"] = webhook(shop, who["elif"])
    expected = {
        (path, thing, name): status
        for (path, thing), row in TABLE.items()
        for name, status in [
            *((name, status) for column, status in zip(COLUMNS, row, strict=True) for name in WHO[column]),
            *UNADMITTED.items(),
        ]
    }
    answers = {(path, thing, name): who[name].get(filled(path, named[thing])) for path, thing, name in expected}
    unknown = {(path, name): who[name].get(filled(path, NOT_THERE)) for path, _, name in expected}

    assert expected == {cell: answer.status_code for cell, answer in answers.items()}
    refusals = [cell for cell, status in expected.items() if status != 200]
    assert [] == [
        (path, thing, name)
        for path, thing, name in refusals
        if seen(answers[path, thing, name]) != seen(unknown[path, name])
    ]
    assert {"application/problem+json"} == {answers[cell].headers["content-type"] for cell in refusals}
    assert {401: {"sign_in_needed", "wrong_key"}, 403: {"key_revoked", "not_your_role"}, 404: {"not_found"}} == {
        status: {answers[cell].json()["code"] for cell in refusals if expected[cell] == status}
        for status in (401, 403, 404)
    }


def seen(answer: httpx2.Response) -> tuple[int, dict[str, str], bytes]:
    """Everything of an answer that its reader can compare with another."""
    return answer.status_code, {k: v for k, v in answer.headers.items() if k != "date"}, answer.content


def test_no_door_to_somebodys_thing_is_left_out_of_the_table(tmp_path: Path) -> None:
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as shop:  # no door asks it anything
        found = {path for verb, path in doors(make_app(shop.office), "/api/v1") if verb == "GET" and "{" in path}

    assert {path for path, _ in TABLE} == found - ELSEWHERE.keys()


def test_a_picture_that_is_not_of_the_return_is_not_found_under_it(shop: Market, call: Call) -> None:
    """Also one's own picture, which the house has: what is shown is the return's evidence and nothing else."""
    return_id, key = shop.in_status(Status.SELLER_REVIEW), call(shop.key(ELIF))
    mine = call("umut").post("/api/v1/photos", content=picture("red")).json()["id"]
    photos = f"/api/v1/returns/{return_id}/photos/"

    assert 200 == key.get(photos + shop.photo).status_code
    assert (404, "not_found") == told(key.get(photos + mine))


def test_a_code_or_number_opens_a_return_to_clerks_only(shop: Market, call: Call) -> None:
    """What a customer has not sent, and what no number names, are the same to a clerk."""
    return_id, draft = shop.in_status(Status.AWAITING_DROPOFF), shop.draft()
    path = "/api/v1/counter/codes"
    ask: dict[str, Any] = {"params": {"code": f"R-{return_id}"}}

    assert return_id == call("oleg").get(path, **ask).json()["return_id"]
    assert {(403, "not_your_role")} == {told(call(who).get(path, **ask)) for who in ("elif", "irina", "nadia")}
    assert (401, "sign_in_needed") == told(call("").get(path, **ask))
    hidden, unknown = (call("oleg").get(path, params={"code": f"R-{number}"}) for number in (draft, 999_999))
    assert (404, "code_unknown") == told(hidden)
    assert ("scanned" in hidden.json(), hidden.status_code) == ("scanned" in unknown.json(), unknown.status_code)
