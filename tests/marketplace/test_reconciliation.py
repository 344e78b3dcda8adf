"""Reconciliation through API v1: invoices brought in, each kind of break and its near case, what people do about breaks.

Kettles of Lumitek (China) stand at the partner from 2 September 2024, 10:00; throws of Anadolu (Turkey) go to disposal.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from alembic import command as alembic_command
from sqlalchemy import bindparam

from backhaul.kit import migrations
from backhaul.kit.database import Database, Statement
from backhaul.kit.days import to_us
from backhaul.kit.journal import entry_row
from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import break_queries, tables
from backhaul.marketplace.reconciliation_rounds import Reconciling
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Route, Status
from backhaul.marketplace.tables import journal
from tests.kit.test_schema_of_notices import migrate
from tests.marketplace.cast import CHEN, ELIF, IML, IRINA, MARINA, OLEG, THROW, Market, market, moscow
from tests.marketplace.papers import charge, paper, storage
from tests.marketplace.people import Call, calling, let_in, told

HOME = "/api/v1/reconciliation"
BREAKS, INVOICES = f"{HOME}/breaks", f"{HOME}/invoices"
WORD = "The partner has promised a credit note."
PAYABLE = "payable:seller:1180457"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def bring(who: httpx2.Client, *lines: dict[str, object]) -> dict[str, Any]:
    answer = who.post(INVOICES, content=paper(*lines))
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()
    return found


def breaks(who: httpx2.Client, query: str = "status=open") -> list[dict[str, Any]]:
    answer = who.get(f"{BREAKS}?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def kinds(who: httpx2.Client, query: str = "status=open") -> list[str]:
    return sorted(one["kind"] for one in breaks(who, query))


def compare(shop: Market, at: str) -> None:
    """The worker goes round until it rests."""
    shop.clock.turn_to(moscow(at))
    while shop.office.tick():
        pass


def books(shop: Market, return_id: int, *entries: Entry) -> None:
    """Entries that no command has written, beside those of the first event: what a fault in the books would be."""
    at_us = to_us(shop.clock.now())
    rows = [entry_row(entry, return_id, 1, at_us) for entry in entries]
    shop.errand(lambda tx, _: journal.write(tx, [], rows, [], []))


def number(return_id: int) -> str:
    return f"R-{return_id}"


# -- The partner's invoice --------------------------------------------------------------------------------------------


def at_the_partner(shop: Market) -> str:
    """A kettle that came today."""
    return number(shop.in_status(Status.AT_PARTNER))


def test_an_invoice_that_agrees_with_the_facts_makes_no_break(shop: Market, call: Call) -> None:
    """One unit is stored, one was shipped on the 12th, one was destroyed on the 20th; all charges are within their time."""
    stored, shipped, destroyed = (shop.in_status(Status.AT_PARTNER) for _ in range(3))
    shop.does(IML, shipped, do.RecordHandover("shipping", "HK"), "2024-09-12 12:00")
    shop.does(IML, destroyed, do.RecordDisposal("DC-1", undecided=True), "2024-09-20 12:00")
    lines = [
        *(charge(number(one), "receipt", "2024-09-02 10:00", 600) for one in (stored, shipped, destroyed)),
        storage(number(shipped), "2024-09-05 10:00", "2024-09-12 10:00", 7),
        charge(number(shipped), "ship_hk", "2024-09-12 10:00", 6800),
        storage(number(destroyed), "2024-09-17 10:00", "2024-09-20 10:00", 3),
        charge(number(destroyed), "disposal", "2024-09-20 12:00", 300),
    ]

    brought = bring(call("chen"), *lines)

    assert {"number": "INV-000001", "revision": 1, "lines": 7, "known": False, "found": 0, "changed": 0, "gone": 0} == {
        name: value for name, value in brought.items() if name != "id"
    }
    assert [] == breaks(call("chen"))


def test_each_kind_of_break_of_an_invoice_is_found_once_with_its_amounts(shop: Market, call: Call) -> None:
    stored, shipped, destroyed = (shop.in_status(Status.AT_PARTNER) for _ in range(3))
    others = shop.in_status(Status.ACCEPTED_AT_PVZ, THROW)
    shop.does(IML, shipped, do.RecordHandover("shipping", "HK"), "2024-09-12 12:00")
    shop.does(IML, destroyed, do.RecordDisposal("DC-1", undecided=True), "2024-09-20 12:00")
    chen = call("chen")
    lines = [
        charge(number(stored), "receipt", "2024-09-02 10:00", 600),
        charge(number(stored), "receipt", "2024-09-02 11:00", 600, line="receipt:again"),
        storage(number(stored), "2024-09-05 10:00", "2024-09-08 10:00", 3),
        storage(number(stored), "2024-09-07 10:00", "2024-09-10 10:00", 3, line="storage:again"),
        storage(number(shipped), "2024-09-05 10:00", "2024-09-15 10:00", 10),
        charge(number(destroyed), "media", "2024-09-21 10:00", 500),
        charge(number(others), "receipt", "2024-09-02 10:00", 600),
        charge("R-999999", "receipt", "2024-09-02 10:00", 600),
        charge(number(destroyed), "receipt", "2024-09-01 10:00", 600),
        charge(number(shipped), "media", "2024-09-06 10:00", 501, price_minor=500),
    ]

    assert 8 == bring(chen, *lines)["found"]
    found = {(one["kind"], one["line"]): one for one in breaks(chen)}

    assert {
        ("duplicate_charge", 2): (0, 600), ("duplicate_storage", 4): (300, 450), ("storage_beyond_departure", 5): (1050, 1500),
        ("charged_after_disposal", 6): (0, 500), ("unknown_unit", 7): (0, 600), ("unknown_unit", 8): (0, 600),
        ("not_arrived", 9): (0, 600), ("amount_differs", 10): (500, 501),
    } == {key: (one["expected"]["minor"], one["partner"]["minor"]) for key, one in found.items()}  # fmt: skip
    twice = found["duplicate_storage", 4]
    assert "1 day of this storage is charged already on line 3 of the invoice INV-000001." == twice["explanation"]
    assert twice["dispute"].startswith(f"Invoice INV-000001, line 4: Storage, return {number(stored)}.")
    assert "Please credit the difference of 1.50\N{NO-BREAK SPACE}CNY." in twice["dispute"]
    assert ["dispute", "explain", "close"] == twice["available_actions"]


def test_the_same_file_again_is_known_and_finds_the_same_breaks_once(shop: Market, call: Call) -> None:
    unit, chen = at_the_partner(shop), call("chen")
    lines = [charge(unit, "receipt", "2024-09-02 10:00", 600) for _ in range(2)]

    first, again = bring(chen, *lines), bring(chen, *lines)

    assert (False, True, 1, 0) == (first["known"], again["known"], first["found"], again["found"])
    assert first["id"] == again["id"]
    for night in ("2024-09-03 04:00", "2024-09-04 04:00"):
        compare(shop, night)
    [one] = breaks(chen, "")
    assert (1, "open") == (one["version"], one["status"])


def test_a_corrected_invoice_has_a_higher_revision_replaces_and_closes_what_it_corrects(
    shop: Market, call: Call
) -> None:
    unit, chen = at_the_partner(shop), call("chen")
    receipt, again = (charge(unit, "receipt", "2024-09-02 10:00", 600) for _ in range(2))
    bring(chen, receipt, again)

    other = chen.post(INVOICES, content=paper({**receipt, "amount_minor": 700, "price_minor": 700}))
    assert (409, "invoice_revision_known") == told(other)
    corrected = bring(chen, {**receipt, "revision": 2}, {**again, "revision": 2, "credited_minor": 600})

    assert (2, 1) == (corrected["revision"], corrected["gone"])
    [one] = breaks(chen, "")
    assert ("closed", True) == (one["status"], one["closed_itself"])
    history = chen.get(f"{BREAKS}/{one['id']}/events").json()
    assert ["BreakFound", "BreakGone"] == [event["kind"] for event in history]
    assert [(2, "current", 0), (1, "replaced", 2)] == [
        (it["revision"], it["status"], it["replaced_by"]) for it in chen.get(INVOICES).json()
    ]
    back = chen.post(INVOICES, content=paper({**receipt, "revision": 1, "tariff": "0"}))
    assert (409, "invoice_revision_known") == told(back)


def test_a_price_list_is_compared_with_the_lines_that_name_it(shop: Market, call: Call) -> None:
    unit, chen = at_the_partner(shop), call("chen")
    prices = {"version": "1", "currency": "CNY", "prices_minor": {"receipt": 600, "media": 500, "ship_hk": 6800},
              "freight": {"HK": {"base_minor": 1, "per_kg_minor": 1}}}  # fmt: skip
    bring(chen, charge(unit, "receipt", "2024-09-02 10:00", 650), charge(unit, "media", "2024-09-03 10:00", 500),
          charge(unit, "ship_hk", "2024-09-04 10:00", 9000))  # fmt: skip
    assert [] == kinds(chen)

    answer = chen.post(f"{HOME}/price-lists", content=json.dumps(prices).encode())

    assert (201, {"media": 500, "receipt": 600}) == (answer.status_code, answer.json()["prices_minor"])
    [one] = breaks(chen)
    assert ("amount_differs", 600, 650) == (one["kind"], one["expected"]["minor"], one["partner"]["minor"])
    changed = {**prices, "prices_minor": {"receipt": 1}}
    assert (409, "tariff_version_known") == told(chen.post(f"{HOME}/price-lists", content=json.dumps(changed).encode()))
    assert (422, "invoice_file_invalid") == told(chen.post(f"{HOME}/price-lists", content=b'{"version":"2"}'))


def test_json_of_our_partner_and_csv_with_semicolons_and_decimals_are_read_alike(shop: Market, call: Call) -> None:
    unit, chen = at_the_partner(shop), call("chen")
    body = {"invoice": "A/7", "revision": 3, "lines": [
        {"return_number": unit, "service": "receipt", "at": "2024-09-02T10:00:00+03:00",
         "price": {"minor": 600, "currency": "CNY"}, "amount": {"minor": 600, "currency": "CNY"}, "quantity": 1},
    ]}  # fmt: skip
    assert ("A/7", 3) == tuple(
        chen.post(INVOICES, content=json.dumps(body).encode()).json()[n] for n in ("number", "revision")
    )
    text = f"Date;Service;Return;Amount;Currency\r\n2024-09-03;media;{unit};5.00;CNY\r\n"
    answer = chen.post(f"{INVOICES}?number=B-8", content=text.encode())
    assert ("B-8", 1) == tuple(answer.json()[name] for name in ("number", "revision")), answer.text

    found = chen.get(f"{INVOICES}/{answer.json()['id']}").json()
    assert [("media", 500, "2024-09-03T00:00:00+03:00")] == [
        (line["service"], line["amount_minor"], line["at"]) for line in found["lines"]
    ]


USUAL = charge("R-1", "receipt", "2024-09-02 10:00", 600)
WRONG: list[tuple[bytes, list[tuple[str, str]]]] = [
    (b"", [("file_empty", "")]),
    (b"\xff\xfe", [("not_utf8", "")]),
    (b"{", [("not_json", "")]),
    (b"[1]", [("line_no_object", "1")]),
    (b'{"invoice":"A"}', [("no_lines", "")]),
    (b'{"invoice":"A","lines":[]}', [("file_empty", "")]),
    (b"hello", [("column_missing", "return"), ("column_missing", "service"), ("column_missing", "at"),
                ("column_missing", "currency"), ("column_missing", "amount")]),
    (paper(USUAL, {**USUAL, "invoice": "INV-2"}), [("invoices_several", "")]),
    (paper(USUAL, {**USUAL, "invoice": ""}), [("invoices_several", "")]),
    (paper({**USUAL, "invoice": ""}), [("invoice_unnamed", "")]),
    (paper({**USUAL, "revision": "0"}), [("revision_invalid", "")]),
    (paper(USUAL, {**USUAL, "currency": "RUB"}), [("currencies_several", "")]),
    (paper(USUAL, {**USUAL, "at": "yesterday"}, {**USUAL, "amount_minor": "-1"}),
     [("value_unreadable", "3"), ("value_unreadable", "4")]),
    (paper({**USUAL, "return": "", "service": "=cmd|x", "currency": "ABC"}),
     [("value_missing", "2"), ("value_unreadable", "2"), ("value_unreadable", "2")]),
    (paper({**USUAL, "quantity": "0"}), [("value_unreadable", "2")]),
    (paper({**USUAL, "credited_minor": "601"}), [("value_unreadable", "2")]),
    (paper({**USUAL, "stored_from": "2024-09-05", "stored_until": "2024-09-04"}), [("value_unreadable", "2")]),
    (paper(USUAL) + b"1,2\r\n", [("row_length", "3")]),
    (paper(USUAL).replace(b"INV-000001", b'"INV'), [("not_csv", "")]),
]  # fmt: skip


def test_a_file_that_does_not_fit_is_told_line_by_line_and_nothing_of_it_is_kept(shop: Market, call: Call) -> None:
    chen, before = call("chen"), shop.dump()

    for data, faults in WRONG:
        answer = chen.post(INVOICES, content=data)
        assert (422, "invoice_file_invalid") == told(answer), data
        assert faults == [(one["code"], one["where"]) for one in answer.json()["faults"]], data
        assert all(one["detail"] for one in answer.json()["faults"])
    assert before == shop.dump()


# -- The books --------------------------------------------------------------------------------------------------------


def disposed(shop: Market, count: int = 1, reason: str = "did_not_like", *, intact: bool = True) -> list[int]:
    """Throws for 12,400.00 whose seller chose disposal: accepted on 6 September at 14:00."""
    made = [shop.draft(THROW, reason) for _ in range(count)]
    photos = (shop.photo, shop.photo)
    check = do.CheckIn(OLEG.subject, same_product=True, used=False, packaging_intact=intact, photos=photos)
    for at, by, command in (
        ("2024-09-02 10:00", IRINA, do.Submit()),
        ("2024-09-04 15:00", ELIF, do.Approve(Route.A)),
        ("2024-09-06 14:00", OLEG, check),
    ):
        for return_id in made:
            shop.does(by, return_id, command, at)
    return made


def test_a_day_of_the_law_makes_no_break(shop: Market, call: Call) -> None:
    [return_id] = disposed(shop)
    for night in ("2024-09-07 12:00", "2024-09-08 04:00", "2024-09-13 02:00", "2024-09-14 04:00", "2024-09-16 04:00"):
        compare(shop, night)

    assert "credited" == shop.now_is(return_id).compensation.status
    assert ([], []) == (breaks(call("elif"), ""), breaks(call("marina"), ""))


@pytest.mark.parametrize(("at", "late"), [("2024-09-14 23:59:59", []), ("2024-09-15 04:00", ["compensation_late"])])
def test_after_downtime_a_compensation_is_late_from_the_bound_on(
    shop: Market, call: Call, at: str, late: list[str]
) -> None:
    """The refund of 7 September is compensated by the end of the 14th (P15); the worker rested from the 8th on."""
    disposed(shop)
    compare(shop, "2024-09-07 12:00")

    compare(shop, at)

    assert late == kinds(call("elif"))


def test_a_missing_compensation_is_found_after_the_bound_and_its_claim_is_filed_from_it(
    shop: Market, call: Call
) -> None:
    """Damaged packaging: a claim is drafted instead (D3). Until the 20th it can be filed; from the 15th something is missing."""
    [return_id], elif_ = disposed(shop, 1, "packaging_and_product_damaged", intact=False), call("elif")
    compare(shop, "2024-09-07 12:00")
    compare(shop, "2024-09-14 04:00")
    assert [] == breaks(elif_)
    compare(shop, "2024-09-15 04:00")
    [one] = breaks(elif_)
    # Improper, 10-15 thousand, up to 1 kg: 18 % of 12,400.00.
    assert ("compensation_missing", 2_232_00, 0) == (one["kind"], one["expected"]["minor"], one["marketplace"]["minor"])
    assert ["claim", "explain", "close"] == one["available_actions"]
    assert ["explain", "close"] == breaks(call("marina"))[0]["available_actions"]

    claimed = elif_.post(f"{BREAKS}/{one['id']}/claim", json={})

    assert (200, "claimed") == (claimed.status_code, claimed.json()["status"]), claimed.text
    assert "filed" == shop.now_is(return_id).claim.status
    assert (409, "break_moved_on") == told(elif_.post(f"{BREAKS}/{one['id']}/claim", json={}))
    compare(shop, "2024-09-16 04:00")
    assert [("closed", True)] == [(it["status"], it["closed_itself"]) for it in breaks(elif_, "")]


def test_a_claim_that_nobody_files_lapses_and_the_break_closes_when_the_table_pays(shop: Market, call: Call) -> None:
    """D3: until the 20th the claim can be filed; then the damage counts as the seller's fault, and the table pays at once."""
    [return_id], elif_ = disposed(shop, 1, "packaging_and_product_damaged", intact=False), call("elif")
    compare(shop, "2024-09-07 12:00")
    compare(shop, "2024-09-15 04:00")
    [one] = breaks(elif_)
    assert "compensation_missing" == one["kind"]
    compare(shop, "2024-09-21 04:00")

    assert [("closed", True)] == [(it["status"], it["closed_itself"]) for it in breaks(elif_, "")]
    assert (409, "break_moved_on") == told(elif_.post(f"{BREAKS}/{one['id']}/claim", json={}))
    it = shop.now_is(return_id)
    # The seller's fault, 10-15 thousand, up to 1 kg: 10 % of 12,400.00.
    assert ("accrued", 1_240_00) == (
        it.compensation.status,
        it.compensation.quote and it.compensation.quote.amount.minor,
    )


def test_a_compensation_whose_refund_came_back_is_a_missing_reversal_until_it_is_sent_again(
    shop: Market, call: Call
) -> None:
    [return_id], elif_ = disposed(shop), call("elif")
    compare(shop, "2024-09-07 12:00")
    compare(shop, "2024-09-13 02:00")
    shop.does(MARINA, return_id, do.FailRefund("The card is closed."), "2024-09-16 10:00")
    compare(shop, "2024-09-17 04:00")
    assert ["missing_reversal"] == kinds(elif_)

    shop.does(MARINA, return_id, do.SendRefund(), "2024-09-17 10:00")
    compare(shop, "2024-09-18 04:00")

    assert [] == kinds(elif_)
    assert "closed" == breaks(elif_, "")[0]["status"]


def test_faults_in_the_books_are_named_and_what_is_beside_them_is_not(shop: Market, call: Call) -> None:
    """A refund of what nobody accepted, a compensation of what was claimed already; their neighbours agree."""
    early, kept = shop.in_status(Status.APPROVED), shop.in_status(Status.REFUNDED_WITHOUT_RETURN)
    twice, once = disposed(shop, 2)
    for night in ("2024-09-07 12:00", "2024-09-13 02:00", "2024-09-13 04:00"):
        compare(shop, night)
    assert [] == breaks(call("elif"))
    books(shop, early, Entry("liability:refunds", "asset:bank", Money(100_00), f"refund:{early}:1"))
    books(shop, twice, Entry("receivable:carriers", PAYABLE, Money(1), f"claim:{twice}"))
    compare(shop, "2024-09-14 04:00")

    found = {one["return_id"]: one for one in breaks(call("elif"))}

    assert {early: "refund_without_acceptance", twice: "compensated_twice"} == {
        n: one["kind"] for n, one in found.items()
    }
    assert (0, 100_00) == tuple(found[early][name]["minor"] for name in ("expected", "marketplace"))
    # 30 % of 12,400.00 was credited; with the claim it is a kopeck more than one of both.
    assert (3_720_00, 3_720_01) == tuple(found[twice][name]["minor"] for name in ("expected", "marketplace"))
    assert not {kept, once} & set(found)


def test_the_night_tells_the_seller_and_support_once_in_one_message(shop: Market, call: Call) -> None:
    """Two throws whose compensation is late. Who brings an invoice sees at once what it found, and gets no message."""
    duplicate(shop, call)
    first, second = disposed(shop, 2)
    compare(shop, "2024-09-07 12:00")
    shop.clock.turn_to(moscow("2024-09-15 03:59"))
    assert [] == messages(call("elif"))
    for at in ("2024-09-15 04:00", "2024-09-16 04:00"):
        compare(shop, at)

    assert [f"{number(first)}, {number(second)}"] == messages(call("elif")) == messages(call("marina"))
    assert [] == messages(call("chen"))


def test_a_night_in_small_pieces_by_two_workers_finds_each_break_once(shop: Market, call: Call) -> None:
    """Nine late throws, two at a step; the workers take turns, and the second one finds the work of the first done."""
    late = disposed(shop, 9)
    compare(shop, "2024-09-07 12:00")
    shop.clock.turn_to(moscow("2024-09-15 04:00"))
    office = shop.office
    workers = [Reconciling(office.database, office.house, office.desk, office.clock, 2) for _ in range(2)]
    while sum(worker.run_due() for worker in workers):
        pass

    found = breaks(call("elif"))
    assert sorted(late) == sorted(one["return_id"] for one in found)
    assert {("compensation_late", 1)} == {(one["kind"], one["version"]) for one in found}


def messages(who: httpx2.Client) -> list[str]:
    """What the messages about breaks name."""
    told_so_far = [one["text"] for one in who.get("/api/v1/messages").json() if one["kind"] == "breaks_found"]
    return [text.partition("agree: ")[2].partition(". ")[0] for text in told_so_far]


# -- What people do ---------------------------------------------------------------------------------------------------


def duplicate(shop: Market, call: Call) -> dict[str, Any]:
    """A break of Chen: a receipt that is charged twice."""
    unit = at_the_partner(shop)
    bring(call("chen"), *(charge(unit, "receipt", "2024-09-02 10:00", 600) for _ in range(2)))
    [one] = breaks(call("chen"))
    return one


def test_a_break_is_explained_disputed_and_closed_with_words_and_each_is_kept(shop: Market, call: Call) -> None:
    one, chen, marina = duplicate(shop, call), call("chen"), call("marina")
    path = f"{BREAKS}/{one['id']}"

    short = chen.post(f"{path}/explain", json={"comment": "Because."})
    assert (422, "explanation_required", "comment") == (*told(short), short.json()["field"])
    assert "explained" == chen.post(f"{path}/explain", json={"comment": WORD}).json()["status"]
    assert (403, "not_your_role") == told(marina.post(f"{path}/dispute", json={"comment": one["dispute"]}))
    disputed = chen.post(f"{path}/dispute", json={"comment": one["dispute"]}, headers={"idempotency-key": "k"})
    again = chen.post(f"{path}/dispute", json={"comment": one["dispute"]}, headers={"idempotency-key": "k"})
    assert ["claimed", "claimed"] == [disputed.json()["status"], again.json()["status"]]
    assert (409, "version_conflict") == told(
        marina.post(f"{path}/close", json={"comment": WORD}, headers={"if-match": '"1"'})
    )
    closed = marina.post(f"{path}/close", json={"comment": WORD}, headers={"if-match": disputed.headers["etag"]})
    assert (200, "closed", []) == (closed.status_code, closed.json()["status"], closed.json()["available_actions"])

    compare(shop, "2024-09-03 04:00")  # still found: a person's word stands
    assert "closed" == chen.get(path).json()["status"]
    told_so_far = [(event["kind"], event["role"], event["comment"]) for event in chen.get(f"{path}/events").json()]
    assert [
        ("BreakFound", "calendar", ""), ("BreakExplained", "seller", WORD), ("BreakDisputed", "seller", one["dispute"]),
        ("BreakClosed", "support", WORD),
    ] == told_so_far  # fmt: skip


def chained(database: Database, break_id: int) -> bool:
    """Whether the break folds anew from its events, and its chain of hashes verifies."""
    with database.read() as tx:
        again, fits = break_queries.replay(tx, break_id)
        return fits and again == break_queries.one(tx, break_id)


def test_the_history_of_a_break_is_a_chain_and_what_was_there_before_is_chained_by_the_migration(
    shop: Market, call: Call, database_url: str
) -> None:
    one, chen = duplicate(shop, call), call("chen")
    assert chen.post(f"{BREAKS}/{one['id']}/explain", json={"comment": WORD}).status_code == 200
    assert chained(shop.office.database, one["id"])
    database = Database(database_url)
    migrate(database, "marketplace", alembic_command.downgrade, "0025")
    migrations.upgrade(database, "backhaul.marketplace", tables.metadata)
    assert chained(database, one["id"])
    database.close()
    rewritten = Statement(tables.break_events.update().values(actor=bindparam("whom")))
    with pytest.raises(Refused, match="database_failed"):
        shop.errand(lambda tx, _: tx.run(rewritten, whom="nobody"))

    forged = Statement(tables.breaks.update().values(head=bindparam("forged")))
    shop.errand(lambda tx, _: tx.run(forged, forged=b"x" * 32))
    assert not chained(shop.office.database, one["id"])


def test_breaks_are_for_their_seller_and_for_support_and_papers_for_their_seller_alone(
    shop: Market, call: Call
) -> None:
    one, key = duplicate(shop, call), call(shop.key(CHEN, read_only=True))
    path = f"{BREAKS}/{one['id']}"
    [invoice] = call("chen").get(INVOICES).json()

    assert [1, 1, 1, 1, 0] == [
        len(breaks(who)) for who in (call("chen"), call("zhao"), key, call("marina"), call("elif"))
    ]
    for stranger in (call("elif"), call(shop.key(ELIF))):
        assert (404, "not_found") == told(stranger.get(path))
        assert (404, "not_found") == told(stranger.post(f"{path}/close", json={"comment": WORD}))
        assert (404, "not_found") == told(stranger.get(f"{INVOICES}/{invoice['id']}"))
        assert (404, "not_found") == told(stranger.get(f"{BREAKS}?seller_id=2093311"))
    for other in ("irina", "oleg", "nadia"):
        assert {(403, "not_your_role")} == {told(call(other).get(p)) for p in (BREAKS, path, INVOICES)}
    assert (403, "not_your_role") == told(call("marina").get(INVOICES))
    assert (403, "not_your_role") == told(call("marina").post(INVOICES, content=b""))
    assert {(403, "role_read_only")} == {
        told(answer)
        for who in (call("zhao"), key)
        for answer in (who.post(INVOICES, content=paper(USUAL)), who.post(f"{path}/close", json={"comment": WORD}))
    }


def test_the_list_is_filtered_and_exported_as_csv_and_xlsx(shop: Market, call: Call) -> None:
    one, chen = duplicate(shop, call), call("chen")

    assert [1, 0, 1, 0] == [
        len(breaks(chen, query))
        for query in (
            "kind=duplicate_charge",
            "kind=duplicate_storage",
            f"return_number={one['return_number']}",
            "status=closed",
        )
    ]
    assert 400 <= chen.get(f"{BREAKS}?kind=nothing").status_code < 500
    table = list(csv.DictReader(io.StringIO(chen.get(f"{BREAKS}/export/csv").content.decode("utf-8-sig"))))
    [row] = table
    assert ("duplicate_charge", "open", "INV-000001", "2", "0.00", "", "6.00", "CNY") == tuple(
        row[name] for name in ("kind", "status", "invoice", "line", "expected", "marketplace", "partner", "currency")
    )
    book = zipfile.ZipFile(io.BytesIO(call("marina").get(f"{BREAKS}/export/xlsx?lang=ru").content))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert ([], True, 2) == ([name for name in table[0] if f">{name}</t>" not in sheet], "duplicate_charge" in sheet,
                             sheet.count("<row "))  # fmt: skip
    assert 404 == chen.get(f"{BREAKS}/export/pdf").status_code
    assert [] == list(csv.reader(io.StringIO(call("elif").get(f"{BREAKS}/export/csv").text)))[1:]
