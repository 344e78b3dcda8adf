"""The partner's API v1, door by door: another's parcel does not exist, a reading key changes nothing, no seller speaks for the warehouse (D17, J11)."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit import keys
from backhaul.kit.database import Statement
from backhaul.kit.days import to_us
from backhaul.partner import consignment_errands, errands, tables
from backhaul.partner.app import make_app
from backhaul.partner.rules.words import Status
from backhaul.partner.shapes import Signed
from tests.doors import READING, Door, doors, files_below, filled
from tests.partner.cast import ANADOLU, LUMITEK, RUSLAN, moscow
from tests.partner.house import CHEN, ELIF, ID, LIU, STAFF, STRANGER, VIEWER, House, opened, picture

SELLERS = (CHEN, LIU, ELIF, STRANGER, VIEWER)
LOGINS = frozenset({*SELLERS, *(login for login, _ in STAFF)})
COMING, ANOTHERS, ANOTHER_PHOTO = ID + 1, ID + 2, "0" * 64
UNKNOWN = 999_999

Call = Callable[[str], httpx2.Client]
Told = tuple[int, str]


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """One parcel of Lumitek that has arrived, one that is coming, one of Anadolu that has arrived, a consignment of Lumitek."""
    with opened(database_url, tmp_path) as house:
        house.expects()
        house.expects(return_id=COMING, return_number=f"R-{COMING}")
        house.expects(
            return_id=ANOTHERS, return_number=f"R-{ANOTHERS}", seller_id=ANADOLU, seller_country="TR", variant="T"
        )
        house.arrives()
        house.arrives(parcel=ANOTHERS)
        to = consignment_errands.NewConsignment(house.hong_kong)
        terms = house.office.house.terms
        house.errand(lambda tx, at: consignment_errands.begin(tx, to, terms, Signed(RUSLAN, at)))
        yield house


@pytest.fixture
def call(house: House) -> Iterator[Call]:
    """A client for a login, for a token as it is, or for nobody (an empty one). Sessions are made without the password."""
    with ExitStack() as clients:

        def client(who: str) -> httpx2.Client:
            made = clients.enter_context(httpx2.Client(base_url=house.url, timeout=30))
            token = who
            if who in LOGINS:
                token, account = keys.session_token(house.office.chance), house.account(who)
                house.errand(lambda tx, at: errands.sign_in(tx, account, token, at))
            if token:
                made.headers["authorization"] = f"Bearer {token}"
            return made

        yield client


def told(answer: httpx2.Response) -> Told:
    """Status and code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def dump(house: House) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table except the access log, in a fixed order."""
    kept = [table for table in tables.metadata.sorted_tables if table.name != "access_log"]
    with house.office.database.read() as tx:
        return {table.name: tx.rows(Statement(table.select().order_by(*table.primary_key.columns))) for table in kept}


# -- Whose parcel opens to whom ---------------------------------------------------------------------------------------

PARCEL = "/api/v1/parcels/{parcel_id}"
# See test_videos_and_retention.py.
VIDEOS_OF_PARCELS = (f"{PARCEL}/videos/{{blob_id}}", f"{PARCEL}/videos/{{blob_id}}/poster")
DOORS_TO_PARCELS = (PARCEL, f"{PARCEL}/events", f"{PARCEL}/explain", f"{PARCEL}/photos/{{blob_id}}", f"{PARCEL}/clocks")
# What is about money: tests/partner/test_invoice_doors.py asks who may read it.
DOORS_TO_MONEY = {
    "/api/v1/invoices/{number}", "/api/v1/invoices/{number}/lines", "/api/v1/invoices/{number}/pdf",
    "/api/v1/credit-notes/{number}/pdf", "/api/v1/invoices/{number}/export/{kind}",
}  # fmt: skip
# Made of units that have left or were destroyed: see test_unit_papers.py.
PAPERS_OF_PARCELS = (f"{PARCEL}/certificate.pdf", f"{PARCEL}/hand-over-act.pdf")
CONSIGNMENT, CONSIGNED = "/api/v1/consignments/{consignment_id}", 1001
# See also test_consignments.py.
DOORS_TO_CONSIGNMENTS = (
    CONSIGNMENT, f"{CONSIGNMENT}/events", f"{CONSIGNMENT}/documents/{{name}}", f"{CONSIGNMENT}/proofs/{{blob_id}}",
)  # fmt: skip
WEBHOOK = "/api/v1/webhooks/{webhook_id}"
# Who sees another company's webhooks: test_webhooks.py.
DOORS_TO_WEBHOOKS = (WEBHOOK, f"{WEBHOOK}/deliveries", f"{WEBHOOK}/deliveries/{{event_id}}")
LUMITEKS = (CHEN, LIU, "key", "reading key", VIEWER)
OTHERS = (ELIF, STRANGER, "key of Anadolu")
WAREHOUSE = tuple(login for login, _ in STAFF)
UNADMITTED = {"nobody": 401, "forged key": 401, "forged session": 401, "revoked key": 403}

# Whose parcel, and who asks: the same at each door. An inspector does not know of what has not arrived.
TABLE: dict[tuple[str, tuple[str, ...]], int] = {
    ("Lumitek's", LUMITEKS): 200,
    ("Lumitek's", OTHERS): 404,
    ("Lumitek's", WAREHOUSE): 200,
    ("Anadolu's", LUMITEKS): 404,
    ("Anadolu's", (ELIF, "key of Anadolu")): 200,
    ("Anadolu's", (STRANGER,)): 404,
    ("Anadolu's", WAREHOUSE): 200,
    ("coming", LUMITEKS): 200,
    ("coming", OTHERS): 404,
    ("coming", ("ruslan", "sonia")): 200,
    ("coming", ("vera", "timur")): 404,
}
PARCELS = {"Lumitek's": ID, "Anadolu's": ANOTHERS, "coming": COMING}


def callers(house: House, call: Call) -> dict[str, httpx2.Client]:
    """Everybody of the table by the name that they have in it."""
    revoked, chen = house.key(CHEN, read_only=False), house.account(CHEN)
    public_id = keys.public_id_of(revoked) or ""
    house.errand(lambda tx, at: errands.revoke_key(tx, chen, public_id, at))
    tokens = {
        "key": house.key(CHEN, read_only=False), "reading key": house.key(CHEN, read_only=True),
        "key of Anadolu": house.key(ELIF, read_only=False), "nobody": "", "forged session": "0" * 43,
        "forged key": house.key(CHEN, read_only=False)[:-1] + "!", "revoked key": revoked,
        **{login: login for login in LOGINS},
    }  # fmt: skip
    return {name: call(token) for name, token in tokens.items()}


def seen(answer: httpx2.Response) -> tuple[int, dict[str, str], bytes]:
    """Everything of an answer that its reader can compare with another."""
    return answer.status_code, {k: v for k, v in answer.headers.items() if k != "date"}, answer.content


def photographed(call: Call) -> dict[str, str]:
    """A photo of each parcel that has arrived, from the inspection."""
    vera, photos = call("vera"), {}
    for name, colour in (("Lumitek's", "teal"), ("Anadolu's", "red")):
        photos[name] = vera.post("/api/v1/photos", content=picture(colour)).json()["id"]
        mark = {"mark": "partially_damaged", "defect": "Scratch", "photos": [photos[name]]}
        parcel = f"/api/v1/parcels/{PARCELS[name]}"
        queued = vera.post(f"{parcel}/queue-inspection", json={"reason": "by hand"})
        assert queued.status_code in {200, 409}, queued.text
        marked = vera.post(f"{parcel}/mark", json=mark)
        assert marked.status_code == 200, marked.text
    return photos


def test_what_is_another_companys_answers_as_what_does_not_exist(house: House, call: Call) -> None:
    """Door by parcel by role. A refusal is byte for byte that of a parcel that nobody has."""
    photos, who = photographed(call), callers(house, call)
    rows = {(parcel, name): status for (parcel, names), status in TABLE.items() for name in names}
    rows |= {(parcel, name): status for parcel in PARCELS for name, status in UNADMITTED.items()}
    expected = {
        (door, parcel, name): status
        for (parcel, name), status in rows.items()
        for door in DOORS_TO_PARCELS
        if parcel in photos or "blob_id" not in door
    }

    def ask(door: str, parcel_id: int, photo: str, name: str) -> httpx2.Response:
        return who[name].get(filled(door, {"parcel_id": parcel_id, "blob_id": photo}))

    answers = {
        (door, parcel, name): ask(door, PARCELS[parcel], photos.get(parcel, ""), name)
        for door, parcel, name in expected
    }
    unknown = {(door, name): ask(door, UNKNOWN, ANOTHER_PHOTO, name) for door, _, name in expected}

    assert expected == {cell: answer.status_code for cell, answer in answers.items()}
    refusals = [cell for cell, status in expected.items() if status != 200]
    assert [] == [cell for cell in refusals if seen(answers[cell]) != seen(unknown[cell[0], cell[2]])]
    assert {401: {"sign_in_needed", "wrong_key", "credentials_missing"}, 403: {"key_revoked"}, 404: {"not_found"}} == {
        status: {told(answers[cell])[1] for cell in refusals if expected[cell] == status} for status in (401, 403, 404)
    }
    wrong = ask(DOORS_TO_PARCELS[3], ID, photos["Anadolu's"], "key")
    assert (404, "not_found") == told(wrong)  # another's picture under one's own parcel


# -- Who changes something --------------------------------------------------------------------------------------------

ROLE, READS_ONLY, UNSIGNED = (403, "not_your_role"), (403, "role_read_only"), (401, "bad_signature")
SCAN = {"warehouse": "MSK-2", "arrived_at_us": to_us(moscow("2024-10-03 16:42")), "weight_gram": 350}

# What the warehouse does, with bodies that fit (D17: a seller's credential makes no physical fact).
OF_THE_WAREHOUSE: dict[str, tuple[int, Any]] = {
    "arrive": (COMING, SCAN),
    "queue-inspection": (ID, {"reason": "by hand"}),
    "mark": (ID, {"mark": "serviceable"}),
    "confirm-mark": (ID, None),
    "deliver-media": (ID, {"photos": []}),
    "check-gate": (ID, {"label_matches": True, "item_code": "700100", "weight_gram": 350}),
    "put-away": (ID, {"shelf": "B-01"}),
    "release-quarantine": (ID, {"reason": "It is soap, the sign is wrong."}),
    "print-label": (ID, {"carrier": "Line", "tracking": "T-1"}),
    "dispatch": (ID, {"tracking": "T-1"}),
    "confirm-delivery": (ID, None),
    "note-shipment-lost": (ID, {"note": "not found"}),
    "hand-over": (ID, {"collector": "Ivan P.", "code": "123456"}),
    "start-disposal": (ID, None),
    "destroy": (ID, {"method": "shredding", "witness": "M. Orlova"}),
    "take-up-claim": (ID, None),
    "approve-claim": (ID, {"payer": "carrier"}),
    "refuse-claim": (ID, {"comment": "The outbound weight of the parcel had not been loaded."}),
    "reopen": (ID, {"reason": "The seller could not be reached."}),
}
OF_SELLERS: dict[str, tuple[int, Any]] = {
    "decide": (ID, {"decision": "dispose"}),
    "order-media": (ID, None),
    "dispose-on-arrival": (COMING, {"wanted": True}),
}
# What the warehouse does with consignments, with bodies that fit.
OF_CONSIGNMENTS: dict[str, Any] = {
    "pack-unit": {"code": f"R-{ID}"},
    "take-out-unit": {"parcel_id": ID},
    "add-carton": None,
    "measure-carton": {"carton": 1, "length_cm": 1, "width_cm": 1, "height_cm": 1, "weight_gram": 1},
    "remove-carton": {"carton": 1},
    "declare-goods": {"parcel_id": ID},
    "close-consignment": {},
    "cancel-consignment": {},
    "dispatch-consignment": {"tracking": "PF-1"},
    "note-tracking": {"status": "customs"},
    "deliver-consignment": {"received_by": "Mr Wong"},
    "note-consignment-lost": {"note": "gone"},
}
NOTE = {"note": "Driver Petrov took it back."}
ORPHAN_DOOR, DOCK = "/api/v1/orphans/{orphan_id}", ("ruslan", "sonia")
LINK = {"platform": "marketplace", "business_type": "CANCEL_ORDERS", "seller_id": 2093311, "key": "bh_rw_x"}
HOOK = {"url": "https://example.com/hooks", "name": "ERP"}
KAZAN = {"country": "RU", "city": "Kazan", "street": "OOO Volga Depo"}
WORDS = "The photos came two working days after they were promised."
PAYMENT = {
    "invoice": "INV-000001", "date": "2024-11-01", "amount_minor": 1, "currency": "CNY", "reference": "B-1",
}  # fmt: skip
CHANGES: dict[str, Any] = {
    "changes": {}, "valid_from": "2030-01-01T00:00:00Z", "why": "Nothing of it is said.", "seen": "1",
}  # fmt: skip
# Everything else that changes something: what a reading key is told, and a body that fits.
ELSEWHERE: dict[Door, tuple[Told, Any]] = {
    ("POST", "/api/v1/photos"): (READS_ONLY, picture("red")),
    ("POST", "/api/v1/videos"): (READS_ONLY, b"a film"),
    ("POST", "/api/v1/destinations"): (ROLE, KAZAN),
    ("POST", "/api/v1/destinations/{destination_id}/confirm"): (ROLE, None),
    ("POST", "/api/v1/messages/read"): (ROLE, {"until": 1}),
    ("POST", "/api/v1/account/language"): (ROLE, {"language": "en"}),
    ("POST", "/api/v1/account/password"): (ROLE, {"current": "wrong", "password": "another long one"}),
    ("POST", "/api/v1/keys"): (ROLE, {"name": "again", "role": "returns"}),
    ("POST", "/api/v1/keys/{public_id}/revoke"): (ROLE, None),
    ("POST", "/api/v1/receiving/scan"): (ROLE, {"code": f"R-{COMING}"}),
    ("POST", "/api/v1/receiving/put-away"): (ROLE, {"code": f"R-{ID}", "shelf": "B-01"}),
    ("POST", "/api/v1/policy/versions"): (ROLE, CHANGES),
    ("POST", "/api/v1/tariff/versions"): (ROLE, CHANGES),
    ("POST", "/api/v1/policy/preview"): (ROLE, CHANGES),
    ("POST", "/api/v1/tariff/preview"): (ROLE, CHANGES),
    ("POST", "/api/v1/standing-rules"): (ROLE, {"seller_id": LUMITEK, "below_rub": 1500}),
    ("DELETE", "/api/v1/standing-rules/{rule_id}"): (ROLE, None),
    ("POST", "/api/v1/breaker/propose-release"): (ROLE, {"reason": "A week of standstill."}),
    ("POST", "/api/v1/breaker/release"): (ROLE, None),
    ("POST", "/api/v1/invoices/{number}/disputes"): (READS_ONLY, {"line": f"media:{ID}", "reason": WORDS}),
    ("POST", "/api/v1/invoices/{number}/credits"): (
        ROLE,
        {"line": f"media:{ID}", "amount_minor": 1, "reason": WORDS},
    ),
    ("POST", "/api/v1/disputes/{dispute_id}/refuse"): (ROLE, {"reason": WORDS}),
    ("POST", "/api/v1/disputes/{dispute_id}/credit"): (ROLE, {"amount_minor": 1, "reason": WORDS}),
    ("POST", "/api/v1/payments"): (ROLE, PAYMENT),
    ("POST", "/api/v1/payments/import"): (ROLE, b"date,amount,currency,reference\r\n2024-11-01,1.00,CNY,B-1\r\n"),
    ("POST", "/api/v1/payments/match"): (ROLE, {"reference": "B-1", "invoice": "INV-000001"}),
    ("POST", "/api/v1/consignments"): (READS_ONLY, {"destination_id": 1}),
    **{("POST", f"{CONSIGNMENT}/{word}"): (READS_ONLY, body) for word, body in OF_CONSIGNMENTS.items()},
    ("POST", "/api/v1/documents"): (READS_ONLY, b"%PDF-1.7"),
    ("POST", "/api/v1/carrier-files/import"): (ROLE, b"number,status\r\nC-1001,lost\r\n"),
    ("POST", "/api/v1/carrier-files"): (ROLE, {"statuses": [{"number": "C-1001", "status": "lost"}]}),
    ("POST", "/api/v1/labels"): (ROLE, {"parcel_ids": [ID]}),
    ("POST", "/api/v1/orphans"): (ROLE, {"warehouse": "MSK-2", "weight_gram": 350}),
    ("POST", f"{ORPHAN_DOOR}/move"): (ROLE, {"shelf": "B-01"}),
    ("POST", f"{ORPHAN_DOOR}/match"): (ROLE, {"parcel_id": COMING}),
    ("POST", f"{ORPHAN_DOOR}/return-to-carrier"): (ROLE, NOTE),
    ("POST", f"{ORPHAN_DOOR}/hand-to-marketplace"): (ROLE, NOTE),
    ("POST", f"{ORPHAN_DOOR}/dispose"): (ROLE, NOTE),
    ("POST", "/api/v1/authorizations"): (ROLE, LINK),
    ("DELETE", "/api/v1/authorizations/{platform}/{seller_id}"): (ROLE, None),
    ("POST", "/api/v1/comparisons"): (ROLE, None),
    ("POST", "/api/v1/webhooks"): (ROLE, HOOK),
    ("PUT", WEBHOOK): (ROLE, HOOK),
    **{("POST", f"{WEBHOOK}/{word}"): (ROLE, None) for word in ("pause", "resume", "remove", "ping")},
    ("POST", f"{WEBHOOK}/secrets"): (ROLE, {"keep_hours": 1}),
    ("POST", f"{WEBHOOK}/redeliver"): (ROLE, {"since": "2024-10-01T00:00:00Z", "until": "2024-10-02T00:00:00Z"}),
    ("POST", f"{WEBHOOK}/deliveries/{{event_id}}/redeliver"): (ROLE, None),
    ("POST", "/api/v1/admin/platforms"): ((404, "not_found"), {}),
    ("POST", "/api/v1/admin/second-factor-resets"): ((404, "not_found"), {}),
    ("POST", "/api/v1/events"): (UNSIGNED, {}),
    ("POST", "/api/v1/marked-photos"): (UNSIGNED, {}),
    ("POST", "/api/v1/pickups"): (UNSIGNED, {}),
    ("POST", "/api/v1/pickup-points"): (UNSIGNED, {}),
    ("POST", "/api/v1/pickup-barcode"): (UNSIGNED, {}),
    ("POST", "/api/v1/arrival-passes/give"): (UNSIGNED, {}),
    ("POST", "/api/v1/arrival-passes/change"): (UNSIGNED, {}),
    ("POST", "/api/v1/arrival-passes/withdraw"): (UNSIGNED, {}),
    ("POST", "/api/v1/disposal-ceilings"): (UNSIGNED, {}),
    ("POST", "/api/v1/disposal-ceilings/set"): (UNSIGNED, {}),
    ("POST", "/api/v1/second-checks/{parcel_id}/check"): (ROLE, {"mark": "serviceable"}),
    ("POST", "/api/v1/second-checks/{parcel_id}/review"): (ROLE, {"verdict": "revised", "comment": "It is dented."}),
}
# Read by the warehouse only: a seller is refused before any parcel is looked for.
OF_STAFF: dict[str, tuple[str, ...]] = {
    f"{PARCEL}/photo-code": ("ruslan", "vera", "timur", "sonia"),
    ORPHAN_DOOR: DOCK,
    f"{ORPHAN_DOOR}/photos/{{blob_id}}": DOCK,
    f"{ORPHAN_DOOR}/events": DOCK,
    "/api/v1/queues/{name}": ("ruslan", "vera", "timur", "sonia"),
    f"{PARCEL}/claim-photos/{{blob_id}}": ("sonia",),
    "/api/v1/second-checks/{parcel_id}": ("sonia",),
    "/api/v1/second-checks/{parcel_id}/photos/{blob_id}": ("sonia",),
    "/api/v1/policy/versions/{version}": ("sonia",),
    "/api/v1/tariff/versions/{version}": ("sonia",),
}
# Read by whoever it concerns and who handles money: sellers and supervisors.
OF_MONEY = f"{PARCEL}/charges"
# Read by the seller and supervisors, nothing for others: test_seen_photos.py.
SEEN_PHOTOS = f"{PARCEL}/seen-photos"
# Read by everybody, for it is published.
PUBLISHED = {"/api/v1/draws/{number}"}
OPEN: dict[Door, str] = {
    ("POST", "/api/v1/decisions/preview"): "a dry run: nothing is decided (test_selection_api)",
    ("POST", "/api/v1/decisions/file"): "a dry run: nothing is decided (test_selection_api)",
    ("POST", "/api/v1/companies"): "signing up: nobody is known yet (test_people_api)",
    ("POST", "/api/v1/companies/confirm"): "the token of the mail says who it is (test_people_api)",
    ("POST", "/api/v1/decisions"): "each item is refused by itself (test_decisions_api)",
    ("POST", "/api/v1/sessions"): "signing in: a password is asked for",
    ("DELETE", "/api/v1/sessions/current"): "signing out: one's own session, and a key has none",
}


def act(client: httpx2.Client, word: str, parcel_id: int, body: Any) -> httpx2.Response:
    return send(client, ("POST", f"{PARCEL}/{word}"), {"parcel_id": parcel_id}, body)


def send(client: httpx2.Client, door: Door, named: dict[str, object], body: Any) -> httpx2.Response:
    more = {"content": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
    return client.request(door[0], filled(door[1], named), **more)


def test_every_door_to_a_parcel_and_every_door_that_changes_something_is_here(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as house:  # no door asks it anything
        found = doors(make_app(house.office), "/api/v1")
    acts = {("POST", f"{PARCEL}/{word}") for word in (*OF_THE_WAREHOUSE, *OF_SELLERS)}
    description = {"/api/v1/{path}"}  # the framework's page beside openapi.json

    reads = {path for verb, path in found if verb == "GET" and "{" in path} - description
    every = {
        *DOORS_TO_PARCELS,
        *VIDEOS_OF_PARCELS,
        *DOORS_TO_MONEY,
        *PAPERS_OF_PARCELS,
        *DOORS_TO_CONSIGNMENTS,
        *DOORS_TO_WEBHOOKS,
        OF_MONEY,
        SEEN_PHOTOS,
    }
    assert every == reads - set(OF_STAFF) - PUBLISHED
    assert set(OF_STAFF) | PUBLISHED < reads
    assert {door for door in found if door[0] not in READING} == acts | set(ELSEWHERE) | set(OPEN)


def test_a_reading_key_is_refused_at_every_door_and_changes_no_row(house: House, call: Call, tmp_path: Path) -> None:
    """J11. The last use and the refused attempts stand in the access log, nothing else is another."""
    client = call(house.key(CHEN, read_only=True))
    assert 200 == client.get(f"/api/v1/parcels/{ID}").status_code
    before, files = dump(house), files_below(tmp_path / "data")

    by_word = {word: told(act(client, word, *given)) for word, given in (OF_THE_WAREHOUSE | OF_SELLERS).items()}
    named: dict[str, object] = {"destination_id": house.hong_kong, "number": "INV-000001", "dispute_id": 1,
                                "rule_id": 1}  # fmt: skip
    named["consignment_id"] = CONSIGNED
    named["orphan_id"] = 1001
    named |= {"webhook_id": "hook_0", "event_id": "evt_1_1_1"}
    named |= {"platform": "marketplace", "seller_id": 2093311}
    named |= {"parcel_id": ID, "public_id": "unknown"}
    elsewhere = {door: told(send(client, door, named, body)) for door, (_, body) in ELSEWHERE.items()}

    assert dict.fromkeys(OF_THE_WAREHOUSE, ROLE) | dict.fromkeys(OF_SELLERS, READS_ONLY) == by_word
    assert {door: expected for door, (expected, _) in ELSEWHERE.items()} == elsewhere
    assert (before, files) == (dump(house), files_below(tmp_path / "data"))


@pytest.mark.usefixtures("house")
def test_what_the_warehouse_reads_is_refused_to_everybody_else(call: Call) -> None:
    """Whoever's role it is gets an answer or is told that nothing is there; all others that it is not theirs to do."""
    who = {name: call(name) for name in (CHEN, "ruslan", "vera", "sonia")}
    places: dict[str, object] = {"parcel_id": ID, "orphan_id": 1, "blob_id": "0" * 64, "name": "sent", "version": "1"}
    expected = {(door, name): name in theirs for door, theirs in OF_STAFF.items() for name in who}
    answers = {(door, name): who[name].get(filled(door, places)) for door, name in expected}

    assert expected == {cell: answer.status_code in {200, 404} for cell, answer in answers.items()}
    assert {ROLE} == {told(answers[cell]) for cell, may in expected.items() if not may}
    charges = {name: client.get(filled(OF_MONEY, places)).status_code for name, client in who.items()}
    charges[ELIF] = call(ELIF).get(filled(OF_MONEY, places)).status_code
    assert {CHEN: 200, "sonia": 200, "ruslan": 403, "vera": 403, ELIF: 404} == charges


@pytest.mark.parametrize("parcel_id", [ID, UNKNOWN])
def test_no_seller_gets_a_code_for_photos(house: House, call: Call, parcel_id: int) -> None:
    """The same refusal for one's own parcel and for one that nobody has."""
    for who in (CHEN, house.key(CHEN, read_only=False)):
        answer = call(who).get(filled("/api/v1/parcels/{parcel_id}/photo-code", {"parcel_id": parcel_id}))
        assert told(answer) == ROLE


def test_no_seller_speaks_for_the_warehouse(house: House, call: Call) -> None:
    """D17. Owner, colleague, view-only link or key: about their own parcel it is not their role, another's is not there."""
    tokens = {CHEN: CHEN, LIU: LIU, VIEWER: VIEWER, STRANGER: STRANGER, "key": house.key(CHEN, read_only=False),
              "key of Anadolu": house.key(ELIF, read_only=False)}  # fmt: skip
    clients = {name: call(token) for name, token in tokens.items()}
    expected = {
        (name, word): ROLE if name in LUMITEKS else (404, "not_found") for name in clients for word in OF_THE_WAREHOUSE
    }
    before = dump(house)

    found = {(name, word): told(act(clients[name], word, *OF_THE_WAREHOUSE[word])) for name, word in expected}
    signed = [told(client.post(path, json={})) for client in clients.values()
              for path in ("/api/v1/events", "/api/v1/marked-photos")]  # fmt: skip

    assert expected == found
    assert {UNSIGNED} == set(signed)
    assert before == dump(house)


def test_no_seller_moves_a_consignment_and_another_company_sees_none(house: House, call: Call) -> None:
    """D17. Its owner reads it; another's answers as one that nobody has."""
    own, others = (CHEN, LIU), (ELIF, STRANGER, VIEWER)
    clients = {name: call(name) for name in (*own, *others, "vera")}
    expected = {
        (name, word): (404, "not_found") if name in others else ROLE for name in clients for word in OF_CONSIGNMENTS
    }
    before = dump(house)

    def ask(name: str, word: str, consignment_id: int = CONSIGNED) -> httpx2.Response:
        door = ("POST", f"{CONSIGNMENT}/{word}")
        return send(clients[name], door, {"consignment_id": consignment_id}, OF_CONSIGNMENTS[word])

    found = {(name, word): told(ask(name, word)) for name, word in expected}
    read = {name: clients[name].get(filled(CONSIGNMENT, {"consignment_id": CONSIGNED})).status_code for name in clients}
    unknown = [ask(name, "add-carton", 999) for name in others]

    assert expected == found
    assert {name: 404 if name in others else 200 for name in clients} == read
    assert [seen(ask(name, "add-carton")) for name in others] == [seen(answer) for answer in unknown]
    assert before == dump(house)


def test_nobody_of_the_warehouse_decides_for_a_seller(house: House, call: Call) -> None:
    """The other way round: what is the seller's to say, no receiver, inspector or supervisor says."""
    clients = {login: call(login) for login in WAREHOUSE}
    unseen = {("vera", "dispose-on-arrival"), ("timur", "dispose-on-arrival")}
    cells = [(login, word) for login in clients for word in OF_SELLERS]
    before = dump(house)

    found = {(login, word): told(act(clients[login], word, *OF_SELLERS[word])) for login, word in cells}

    assert {cell: (404, "not_found") if cell in unseen else ROLE for cell in cells} == found
    assert before == dump(house)


def test_the_same_requests_by_those_whose_they_are_are_done(house: House, call: Call) -> None:
    """What keeps the others out is who they are: the bodies fit and the parcels are there."""
    ruslan, vera, key = call("ruslan"), call("vera"), call(house.key(CHEN, read_only=False))
    done: list[tuple[httpx2.Client, str]] = [
        (key, "order-media"), (key, "dispose-on-arrival"), (key, "decide"), (vera, "queue-inspection"), (vera, "mark"),
        (ruslan, "arrive"),
    ]  # fmt: skip
    every = OF_THE_WAREHOUSE | OF_SELLERS

    for client, word in done:
        before = dump(house)
        answer = act(client, word, *every[word])
        assert 200 == answer.status_code, (word, answer.text)
        assert before != dump(house)
    assert Status.ARRIVED is house.it(COMING).status


def test_a_body_nested_without_end_and_the_character_0_are_refused(house: House, call: Call) -> None:
    chen, vera = call(CHEN), call("vera")
    json_ = {"content-type": "application/json"}
    before = dump(house)

    for word in ("decide", "order-media"):
        for body in (b"[" * 100_000, b'{"a":' * 100_000):
            answer = chen.post(f"/api/v1/parcels/{ID}/{word}", content=body, headers=json_)
            assert (400, "body_invalid") == told(answer)
    for word, body in (("decide", b"{"), ("order-media", b"\xff"), ("order-media", b"{")):
        answer = chen.post(f"/api/v1/parcels/{ID}/{word}", content=body, headers=json_)
        assert (400, "body_invalid", "not_json") == (*told(answer), answer.json()["problem"])
    quoted = act(chen, "decide", ID, {"decision": "ship_hk", "destination_id": "1"})
    assert (422, "field_invalid", "not_a_number") == (*told(quoted), quoted.json()["problem"])
    extra = act(chen, "order-media", ID, {"photos": 3})
    assert (422, "field_invalid", "photos") == (*told(extra), extra.json()["field"])
    nul = act(vera, "queue-inspection", ID, {"reason": "by\0hand"})
    assert (422, "text_unstorable", "reason") == (*told(nul), nul.json()["field"])
    large = chen.post(f"/api/v1/parcels/{ID}/decide", content=b"x" * (1024 * 1024 + 1), headers=json_)
    assert (413, "body_too_large") == told(large)
    assert before == dump(house)
