"""Sellers, their programs, pick-up points and the partner never see who a customer is (R100): canaries, and every door that there is.

A name, a login, an address and a telephone are planted wherever a customer has or writes one; then everything that leaves is looked through.
"""

import io
import json
import logging
import zipfile
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit import keys
from backhaul.kit.database import Statement
from backhaul.kit.logs import Lines
from backhaul.kit.masking import COVER
from backhaul.kit.personal_data import Kind, tags_of
from backhaul.marketplace import errands, personal_data, tables
from backhaul.marketplace.app import make_app
from backhaul.marketplace.doors import SESSION_COOKIE
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Role, Status
from tests.doors import doors, filled
from tests.marketplace.cast import CHEN, ELIF, IRINA, KETTLE, NADIA, Market, market
from tests.marketplace.people import Call, account, calling, let_in, session
from tests.marketplace.test_api_v1_access import NOT_THERE, doubtful, job, report, things, webhook

# The same for everybody; in examples of the API stands a customer of the cast.
OF_NOBODY = ("/api/v1/openapi", "/_style", "/help", "/static", "/health", "/schema")
NAME, LOGIN, EMAIL, TELEPHONE = "Zinaida Kanareykina", "zinaida-k", "zinaida@kanareyka.example", "+7 916 555-77-31"
CANARIES = ("Zinaida", "Kanareykina", LOGIN, EMAIL, "kanareyka.example", TELEPHONE, "555-77-31")
WROTE = f"Too small. Please call {TELEPHONE} or write to {EMAIL}, {NAME} ({LOGIN})."
READ = f"Too small. Please call {COVER} or write to {COVER}, {COVER} {COVER} ({COVER})."
REF = IRINA.subject


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        opened.errand(lambda tx, _: planted(tx))
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def planted(tx: Any) -> None:
    customers, accounts = tables.customers, tables.accounts
    tx.run(Statement(customers.update().where(customers.c.ref == REF).values(email=EMAIL)))
    theirs = (accounts.c.role == Role.CUSTOMER.value) & (accounts.c.subject == REF)
    tx.run(Statement(accounts.update().where(theirs).values(name=NAME, login=LOGIN)))


def written(shop: Market) -> int:
    """A return with words of the customer in every act that takes some; its id."""
    return_id = shop.draft(comment=WROTE)
    moderated(shop, "T")
    for by, command in (
        (IRINA, do.Submit()),
        (NADIA, do.AskPhotos("Please show the label.")),
        (IRINA, do.SendPhotos((shop.photo,), WROTE)),
        (NADIA, do.Reject("looks_used", "The soles are worn through and the laces are gone.")),
        (IRINA, do.OpenDispute(WROTE)),
    ):
        shop.does(by, return_id, command)
    moderated(shop, "")
    return return_id


def moderated(shop: Market, ticket: str) -> None:
    switched = tables.sellers.update().values(moderation_ticket=ticket, moderation_rules=ticket)
    shop.errand(lambda tx, _: tx.run(Statement(switched)))


def hits(text: str) -> list[str]:
    return [one for one in CANARIES if one.casefold() in text.casefold()]


def readable(answer: httpx2.Response) -> str:
    """What a reader can see of an answer: of a ZIP or a table its parts."""
    if not answer.content.startswith(b"PK"):
        return answer.content.decode("utf-8", "replace") + repr(answer.headers)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


def places(shop: Market, key: httpx2.Client, owner: httpx2.Client, return_id: int) -> list[dict[str, object]]:
    """What stands in the addresses of doors: everything that there is of one kind, and the return of the canaries in its place."""
    every: dict[str, object] = {
        **NOT_THERE,
        "number": 1,
        "token": "x",
        "customer_ref": REF,
        "path": "x",
        "line_id": 1,
        "topic": "terms",
    }
    for found in (*things(shop).values(), report(shop, key), job(shop, key), doubtful(key), webhook(shop, owner)):
        every |= found
    return [every | {"return_id": return_id, "customer_ref": "C-0"}]


def test_no_door_tells_a_seller_or_a_point_who_the_customer_is(tmp_path: Path) -> None:
    """Every GET of pages and API v1. No door asks which database it is."""
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as shop:
        shop.errand(let_in)
        shop.errand(lambda tx, _: planted(tx))
        return_id = written(shop)
        with calling(shop) as call:
            key, owner, clerk, customer = call(shop.key(ELIF)), call("elif"), call("oleg"), call(session_of(shop))
            owner.cookies.set(SESSION_COOKIE, session(shop, "elif"))
            clerk.cookies.set(SESSION_COOKIE, session(shop, "oleg"))
            [named] = places(shop, key, owner, return_id)
            app = make_app(shop.office)
            paths = sorted(path for verb, path in doors(app, "/") if verb == "GET" and not path.startswith(OF_NOBODY))
            seen, found = 0, list[tuple[str, str, list[str]]]()
            for who, client in (("seller", owner), ("key", key), ("clerk", clerk)):
                for path in paths:
                    if path == "/api/v1" or (who == "key" and not path.startswith("/api/")):
                        continue
                    answer = client.get(filled(path, DefaultPlaces(named)))
                    seen += answer.status_code == 200
                    told = [*hits(readable(answer)), *([REF] if REF in readable(answer) else [])]
                    found += [(who, path, told)] if told else []
            control = [
                path
                for path in paths
                if "/returns/{return_id}" in path and hits(readable(customer.get(filled(path, DefaultPlaces(named)))))
            ]
            own = customer.get(f"/api/v1/returns/{return_id}").json()
            theirs = owner.get(f"/api/v1/returns/{return_id}").json()
            staffs = call("nadia").get(f"/api/v1/returns/{return_id}").json()

    assert [] == found
    assert seen > 150  # the doors were open
    assert "/api/v1/returns/{return_id}" in control  # and somebody reads there what is looked for
    assert (WROTE, WROTE) == (own["comment"], own["dispute_comment"])
    assert (READ, READ) == (theirs["comment"], theirs["dispute_comment"])
    assert WROTE == staffs["comment"]


class DefaultPlaces(dict[str, object]):
    """A place that no thing has is filled with what nobody has."""

    def __missing__(self, name: str) -> str:
        return "0"


def session_of(shop: Market) -> str:
    """A session of the customer, whose login is not that of the cast any more."""
    token = keys.session_token(shop.office.chance)
    shop.errand(lambda tx, at: errands.sign_in(tx, account(tx, LOGIN), token, at))
    return token


def test_what_is_stored_names_the_customer_only_where_a_name_or_an_address_belongs(shop: Market, call: Call) -> None:
    """Events, documents, messages, letters to the partner, what programs are sent, remembered answers: none of them knows."""
    return_id, stored = written(shop), shop.draft(KETTLE, comment=WROTE)
    for by, command in shop.way_to(Status.AT_PARTNER, CHEN):
        shop.does(by, stored, command)
    customer = call(session_of(shop))
    other = customer.post(f"/api/v1/orders/{THROW_LINE}/returns", headers={"idempotency-key": "k-1"},
                          json={"reason": "did_not_like", "comment": WROTE, "photos": [], "send": False})  # fmt: skip
    assert other.status_code == 201, other.text
    call("marina").post(f"/api/v1/returns/{return_id}/messages", json={"text": f"Dear {NAME}, we look at it."})
    call(shop.key(ELIF)).post("/api/v1/returns-reports", json={"first_day": "2024-09-01", "last_day": "2024-09-30"})
    while shop.office.tick():
        pass
    personal = {
        (table, column) for table, column, tag in tags_of(personal_data.REGISTER)
        if tag.kind in (Kind.NAME, Kind.ADDRESS)
    }  # fmt: skip

    found = {
        (name, column.name)
        for name, rows in shop.dump().items()
        for row in rows
        for column, value in zip(tables.metadata.tables[name].columns, row, strict=True)
        if hits(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
    }
    told = {name: repr(shop.dump()[name]) for name in ("outbox", "seller_events", "pushes", "webhook_deliveries")}
    assert "return.expected" in told["outbox"]
    assert [] == [name for name, rows in told.items() if REF in rows]
    assert found <= personal
    assert {("customers", "email"), ("accounts", "name"), ("accounts", "login"), ("mails", "address")} == found


THROW_LINE = 1


def test_neither_files_nor_mails_to_sellers_nor_logs_name_the_customer(shop: Market, call: Call) -> None:
    written(shop)
    shop.errand(lambda tx, _: tx.run(Statement(
        tables.accounts.update().where(tables.accounts.c.login == "elif").values(email="elif@shop.example"))))  # fmt: skip
    written_too = written(shop)
    letter = f"Dear {NAME}, we call {TELEPHONE}."
    assert 201 == call("marina").post(f"/api/v1/returns/{written_too}/messages", json={"text": letter}).status_code
    key = call(shop.key(ELIF))
    asked = [
        key.post("/api/v1/returns-reports", json={"first_day": "2024-09-01", "last_day": "2024-09-30", "kind": kind})
        for kind in ("csv", "xlsx")
    ]
    assert [201, 201] == [one.status_code for one in asked], asked[0].text
    out = io.StringIO()
    lines = Lines("marketplace", out)
    logging.getLogger().addHandler(lines)
    try:
        while shop.office.tick():
            pass
        key.get(f"/api/v1/returns/{written_too}", headers={"accept": f"text/{LOGIN}"})
    finally:
        logging.getLogger().removeHandler(lines)
    files = [readable(key.get(f"/api/v1/returns-reports/{one.json()['id']}/file")) for one in asked]

    def sent(to: str) -> list[str]:
        mails = (shop.office.mailing.sender.directory).glob("*.eml")  # type: ignore[attr-defined]
        return [text for one in mails if f"To: {to}" in (text := decoded(one))]

    shop.office.mailing.send_due()
    assert [[], []] == [hits(one) for one in files]
    assert all(READ in one for one in files)
    assert [] == [one for text in sent("elif@shop.example") for one in hits(text)]
    assert any(COVER in text for text in sent("elif@shop.example"))
    assert any(letter in text for text in sent(EMAIL))  # what was written to the customer, the customer reads
    assert [] == hits(out.getvalue())


def decoded(path: Path) -> str:
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    parts = [str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(f"{name}: {value}" for name, value in mail.items()), *parts])


def test_a_customer_has_one_name_in_everything_that_is_written_of_them(shop: Market, call: Call) -> None:
    """The pseudonym, not the login: in the chain of events, in remembered answers, in the log of attempts."""
    customer = call(session_of(shop))
    made = customer.post(f"/api/v1/orders/{THROW_LINE}/returns", headers={"idempotency-key": "k-2"},
                         json={"reason": "did_not_like", "comment": "", "photos": [shop.photo], "send": True})  # fmt: skip
    customer.get("/api/v1/users")  # another's door
    dump = json.dumps(shop.dump(), default=str)

    assert made.status_code == 201, made.text
    assert REF in dump
    assert LOGIN not in json.dumps({k: v for k, v in shop.dump().items() if k != "accounts"}, default=str)
