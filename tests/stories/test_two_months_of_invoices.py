"""J14: two months of the partner's services, invoiced, disputed, credited, paid late; shipping alone waits. Amounts by hand, in CNY."""

import csv
import io
from typing import Any

import httpx2

from backhaul.kit.database import Statement
from backhaul.kit.days import to_us
from backhaul.marketplace import tables as marketplace_tables
from backhaul.marketplace.rules import commands as m
from backhaul.partner import invoice_audit
from backhaul.world import PASSWORD, World, link_seller
from tests.stories.conftest import Raise
from tests.stories.telling import OPEN, Caller, deliver, moscow
from tests.web.forms import Visit

LUMITEK = (2093311, "CN")
TOO_LATE = "The photos were promised for the 24th and came on the 25th."
AGREED = "The photos came a day late: the whole set is credited."


def on_its_way(world: World, n: int) -> int:
    """A returned hub that the partner expects; its id."""
    posting = f"7000000{n}-0001-1"
    deliver(world, f"Hub {n}", 2300, 350, seller=LUMITEK, posting=posting)
    return_id, _ = world.request("CN", "did_not_like", suits=lambda line: line.posting_number == posting)
    world.act(return_id, m.Approve(), world.seller("CN"))
    world.take_in(return_id)
    world.send_off(return_id)
    return return_id


class People:
    """Those who speak with the partner's API v1. Sessions last 30 days: they sign in again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sign_in()

    def sign_in(self) -> None:
        url = self.world.stage.partner_web.url
        self.chen, self.darya, self.timur, self.vera = (
            Caller(url, login) for login in ("chen@example.com", "darya", "timur", "vera")
        )


def does(who: Caller, parcel: int, act: str, body: Any = None) -> httpx2.Response:
    answer = who.post(f"/parcels/{parcel}/{act}", body)
    assert answer.status_code == 200, answer.text
    return answer


def scan(world: World) -> dict[str, Any]:
    return {"warehouse": "MSK-2", "arrived_at_us": to_us(world.stage.clock.now()), "weight_gram": 350}


def browse(world: World, login: str) -> Visit:
    visit = Visit(world.stage.partner_web.url)
    OPEN.append(visit.client)
    return visit.sign_in(login, PASSWORD).read_in("en")


def money(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "CNY"}


def september(world: World, they: People) -> tuple[int, int, int]:
    """Two receipts 12.00, photos 5.00, Hong Kong 68.00, two midnights of storage 3.00: 88.00."""
    stage = world.stage
    link_seller(world, "CN")
    stage.turn_to(moscow(9, 8, 12))
    first, second, third = (on_its_way(world, n) for n in (1, 2, 3))
    stage.turn_to(moscow(9, 20, 11, 5))
    does(they.darya, first, "arrive", scan(world))
    does(they.darya, second, "arrive", scan(world))
    stage.turn_to(moscow(9, 20, 12))
    refused = they.chen.post(f"/parcels/{first}/order-media", {"price_minor": 4_00})
    assert (409, "price_changed") == (refused.status_code, refused.json()["code"])
    does(they.chen, first, "order-media", {"price_minor": 5_00})
    stage.turn_to(moscow(9, 24, 12))
    does(they.chen, second, "decide", {"decision": "pickup", "price_minor": 1_50})
    stage.turn_to(moscow(9, 25, 12))
    does(they.timur, first, "deliver-media", {"photos": they.timur.photos([world.partner_picture(0, "A")])})
    stage.turn_to(moscow(9, 26, 12))
    ship = {"decision": "ship_hk", "destination_id": world.destinations["CN-HK"], "price_minor": 68_00}
    does(they.chen, first, "decide", ship)
    stage.turn_to(moscow(9, 28, 12))
    does(they.darya, first, "print-label", {"carrier": "Pearl Freight"})
    return first, second, third


def disputed_and_credited(world: World, first: int) -> None:
    """2 October: Chen disputes the photos on the page; 5 October: Vera credits them, 83.00 are left."""
    world.stage.turn_to(moscow(10, 2, 12))
    chen = browse(world, "chen@example.com").open("/invoices").follow("/invoices/INV-000001")
    form = chen.form("/invoices/INV-000001/disputes", line=f"media:{first}")
    assert "Explain in at least 30 characters." in chen.send(form.fill(reason="Late.")).text
    chen.send(chen.form("/invoices/INV-000001/disputes", line=f"media:{first}").fill(reason=TOO_LATE))
    assert (200, "/invoices/INV-000001") == (chen.status, chen.path)
    assert TOO_LATE in chen.text

    world.stage.turn_to(moscow(10, 5, 12))
    vera = browse(world, "vera").open("/billing").follow("/billing?tab=disputes")
    assert TOO_LATE in vera.text
    [action] = [form.action for form in vera.page.forms if form.action.endswith("/credit")]
    assert "At most: 5.00 CNY." in vera.press(action, {"amount": "5.01", "reason": AGREED}).text
    vera.press(action, {"amount": "5.00", "reason": AGREED})
    assert (200, "No dispute waits.") == (vera.status, vera.text[vera.text.index("No dispute") :][:17])


def held_until_paid(world: World, they: People, second: int, third: int) -> None:
    """Due on 10 October. From the 11th labels wait, and nothing else; on the 15th the bank's statement ends it."""
    stage = world.stage
    stage.turn_to(moscow(10, 1, 10))
    they.sign_in()
    code = they.chen.get(f"/parcels/{second}")["pickup_code"]
    does(they.darya, second, "hand-over", {"collector": "Sun Li", "code": code})
    disputed_and_credited(world, second - 1)
    stage.turn_to(moscow(10, 12, 12))
    does(they.darya, third, "arrive", scan(world))
    does(they.timur, third, "mark", {"mark": "serviceable"})  # five weeks on its way: it was declared lost (P25)
    ship = {"decision": "ship_cn", "destination_id": world.destinations["CN-CN"]}
    does(they.chen, third, "decide", ship)
    refused = they.darya.post(f"/parcels/{third}/print-label", {"carrier": "Pearl Freight"})
    assert (409, "invoice_overdue", "INV-000001") == (
        refused.status_code, refused.json()["code"], refused.json()["invoice"],
    )  # fmt: skip
    assert "INV-000001" == they.chen.get(f"/parcels/{third}")["shipping_hold"]
    page = browse(world, "chen@example.com").open(f"/parcels/{third}")
    assert "Shipping waits: the invoice INV-000001 was due by 10 Oct 2024, 23:59 Moscow time" in page.text
    assert "Change the decision" in page.text
    assert ["INV-000001"] == [it["number"] for it in they.vera.get("/invoices?which=overdue")]

    stage.turn_to(moscow(10, 15, 11))
    statement = (
        b"Date;Amount;Currency;Reference;Details\r\n"
        b"2024-10-15;83.00;CNY;BANK-7;Lumitek INV-000001\r\n"
        b"2024-10-15;12.00;CNY;BANK-8;somebody\r\n"
        b"15.10.2024;1.00;CNY;BANK-9;\r\n"
    )
    for outcomes in (["matched", "unmatched", "unreadable"], ["known", "known", "unreadable"]):
        taken = they.vera.http.post("/payments/import", content=statement)
        assert outcomes == [line["outcome"] for line in taken.json()], taken.text
    does(they.darya, third, "print-label", {"carrier": "Pearl Freight"})
    stage.pump()


def test_two_months_to_the_cent(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    they = People(world)
    _, second, third = september(world, they)
    world.stage.turn_to(moscow(9, 30, 23, 59))
    assert [] == they.chen.get("/invoices")
    world.stage.turn_to(moscow(10, 1))
    [issued] = they.chen.get("/invoices")
    assert ("INV-000001", "2024-09", "open", 5, money(88_00)) == tuple(
        issued[name] for name in ("number", "month", "status", "lines", "total")
    )

    held_until_paid(world, they, second, third)
    world.stage.turn_to(moscow(11, 1, 0, 1))
    they.sign_in()

    # September: 88.00 - 5.00 = 83.00. October: receipt 6.00, storage 7 x 1.50, China 52.00, storage 3 x 1.50 = 73.00.
    whole = they.chen.get("/invoices/INV-000001")
    assert (money(88_00), money(5_00), money(83_00), money(0), "paid") == tuple(
        whole["invoice"][name] for name in ("total", "credited", "paid", "open", "status")
    )
    assert [("CN-000001", money(5_00))] == [(note["number"], note["net"]) for note in whole["credit_notes"]]
    lines = they.chen.get("/invoices/INV-000002/lines")["lines"]
    assert [
        ("storage", second, 7, money(1_50), money(10_50)), ("receipt", third, 1, money(6_00), money(6_00)),
        ("ship_cn", third, 1, money(52_00), money(52_00)), ("storage", third, 3, money(1_50), money(4_50)),
    ] == [tuple(line[name] for name in ("service", "parcel_id", "quantity", "price", "amount")) for line in lines]  # fmt: skip
    assert money(73_00) == they.chen.get("/invoices/INV-000002")["invoice"]["total"]

    # Paid with 7.00 too much: credit of the company. A reference counts once, and a request sent twice too.
    paid = {"invoice": "INV-000002", "date": "2024-11-01", "amount_minor": 80_00, "currency": "CNY", "reference": "B-9"}
    for _ in range(2):
        assert 201 == they.vera.post("/payments", paid, idempotency_key="once").status_code
    again = they.vera.post("/payments", paid)
    assert (409, "payment_known") == (again.status_code, again.json()["code"])
    assert "Your credit 7.00 CNY" in browse(world, "chen@example.com").open("/invoices").text
    papers_and_ledgers(world, they)


def papers_and_ledgers(world: World, they: People) -> None:
    """The paper, the table, both ledgers, and what people were told."""
    for path in ("/invoices/INV-000001/pdf", "/credit-notes/CN-000001/pdf"):
        answer = they.chen.http.get(path)
        assert (200, b"%PDF") == (answer.status_code, answer.content[:4])
    table = list(
        csv.DictReader(io.StringIO(they.chen.http.get("/statement.csv?month=2024-09").content.decode("utf-8-sig")))
    )
    assert ["receipt", "receipt", "media", "ship_hk", "storage"] == [row["service"] for row in table]
    assert {"INV-000001"} == {row["invoice"] for row in table}
    assert ("2", "1.50", "3.00", "2024-09-26T12:00:00+03:00", "2024-09-28T12:00:00+03:00") == tuple(
        table[4][name] for name in ("quantity", "price", "amount", "stored_from", "stored_until")
    )
    told = [message["kind"] for message in they.chen.get("/messages") if message["kind"].startswith(("inv", "credit"))]
    assert [
        "invoice_issued", "credit_note", "invoice_due", "invoice_overdue", "invoice_paid", "invoice_issued", "invoice_paid",
    ] == told[::-1]  # fmt: skip

    with world.stage.partner.database.read() as tx:
        assert [] == invoice_audit.faults(tx)
    entries = marketplace_tables.journal.entries
    with world.stage.marketplace.database.read() as tx:
        rows = tx.rows(Statement(entries.select().with_only_columns(entries.c.cause, entries.c.currency)))
    assert rows
    assert [] == [row for row in rows if row[1] != "RUB" or not row[0].startswith(("refund_owed:", "refund:"))]
