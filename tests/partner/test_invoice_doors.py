"""The doors of money: who may read an invoice, what bad input is told, and the pages of seller and supervisor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from backhaul.partner import errands
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.tariff import SEED_TARIFF
from backhaul.partner.rules.words import Service
from tests.partner.cast import LUMITEK, RUSLAN, moscow
from tests.partner.doors import Call, Door
from tests.partner.house import CHEN, ELIF, ID, STRANGER, VIEWER, House, opened
from tests.web.forms import NoSuchFormError

REASON = "The photos came two working days after they were promised."
MEDIA = f"media:{ID}"
CARRIER = do.PrintLabel("Pearl Freight")


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """October of Lumitek: a receipt and photos, 11.00 CNY, invoiced on the 1st of November; a parcel decided for Hong Kong."""
    with opened(database_url, tmp_path) as house:
        chen = house.account(CHEN).by()
        house.expects()
        house.arrives()
        house.gives(chen, do.OrderMedia())
        house.clock.turn_to(moscow("2024-11-01 00:00"))
        while house.office.tick():
            pass
        house.expects(return_id=ID + 1, return_number="R-2")
        house.arrives("2024-11-01 09:00", parcel=ID + 1)
        house.gives(chen, do.Decide("ship_hk", house.hong_kong), ID + 1)
        yield house


def told(answer: httpx2.Response) -> tuple[int, str, str]:
    """Status, code and field."""
    body = answer.json()
    return answer.status_code, body.get("code", ""), body.get("field", "")


def test_an_invoice_is_read_by_its_payer_its_sellers_companies_and_the_supervisor(house: House, call: Call) -> None:
    """Whoever else asks is told what is told of a number that nobody has."""
    reads = {CHEN, VIEWER, "sonia", house.key(CHEN, read_only=True)}
    others = {ELIF, STRANGER, "ruslan", "vera", house.key(ELIF, read_only=False)}
    paths = tuple(f"/invoices/INV-000001{end}" for end in ("", "/lines", "/pdf", "/export/csv"))

    for who in reads | others:
        client = call(who)
        assert [200 if who in reads else 404] * 4 == [client.get(path).status_code for path in paths], who
        assert [(404, "not_found", "")] * 4 == [told(client.get(p.replace("000001", "000009"))) for p in paths]
        assert (404, "not_found", "") == told(client.get("/credit-notes/CN-000001/pdf"))
    assert ["INV-000001"] == [it["number"] for it in call(VIEWER).get("/invoices").json()]
    assert [] == call(ELIF).get("/invoices").json()


def test_lists_of_the_supervisor_are_for_the_supervisor(house: House, call: Call) -> None:  # noqa: ARG001 -- it stands
    chen, ruslan, sonia = call(CHEN), call("ruslan"), call("sonia")
    for path in ("/unbilled", "/disputes", "/payments/unmatched"):
        assert [403, 403, 200] == [who.get(path).status_code for who in (chen, ruslan, sonia)]
    assert [403, 403] == [ruslan.get(path).status_code for path in ("/invoices", "/statement")]
    assert (422, "seller_needed", "seller_id") == told(sonia.get("/statement"))
    assert [("receipt", 1, "2024-11")] == [
        (one["service"], one["count"], "2024-11") for one in sonia.get(f"/statement?seller_id={LUMITEK}").json()["sums"]
    ]
    assert [(LUMITEK, 1, {"minor": 600, "currency": "CNY"})] == [
        (one["seller_id"], one["lines"], one["amount"]) for one in sonia.get("/unbilled").json()
    ]


MISFITS: list[tuple[str, dict[str, Any], tuple[int, str, str]]] = [
    ("/payments", {"date": "1 Nov", "amount_minor": 1}, (422, "date_unreadable", "date")),
    ("/payments", {"date": "2024-11-31", "amount_minor": 1}, (422, "date_unreadable", "date")),
    ("/payments", {"amount_minor": 0}, (422, "field_invalid", "amount_minor")),
    ("/payments", {"currency": "yen"}, (422, "currency_unknown", "currency")),
    ("/payments", {"currency": "USD"}, (422, "other_currency", "currency")),
    ("/payments", {"reference": "  "}, (422, "reference_needed", "reference")),
    ("/payments", {"invoice": "INV-000009"}, (404, "not_found", "")),
    ("/payments/match", {"reference": "B-1", "invoice": "INV-000001"}, (404, "not_found", "")),
    ("/disputes/1/refuse", {"reason": REASON}, (404, "not_found", "")),
    ("/disputes/1/credit", {"reason": REASON, "amount_minor": 1}, (404, "not_found", "")),
    ("/invoices/INV-000001/credits", {"line": MEDIA, "amount_minor": 501, "reason": REASON},
     (422, "credit_beyond_line", "amount")),
    ("/invoices/INV-000001/credits", {"line": "media:9", "amount_minor": 1, "reason": REASON},
     (404, "not_found", "line")),
    ("/invoices/INV-000001/credits", {"line": MEDIA, "amount_minor": 1, "reason": "No."},
     (422, "explanation_required", "reason")),
]  # fmt: skip


def test_what_does_not_fit_is_named(call: Call) -> None:
    usual = {"invoice": "INV-000001", "date": "2024-11-05", "amount_minor": 100, "currency": "CNY", "reference": "B-1"}
    sonia = call("sonia")

    found = [
        told(sonia.post(path, json={**usual, **body} if path == "/payments" else body)) for path, body, _ in MISFITS
    ]

    assert [expected for _, _, expected in MISFITS] == found


def test_a_file_that_is_no_statement_is_refused_and_a_good_line_beside_a_bad_one_is_taken(call: Call) -> None:
    sonia = call("sonia")
    for raw in (b"", b"hello", b"\xff\xfe\x00", b"date,amount\r\n2024-11-01,1.00\r\n"):
        assert (422, "statement_unreadable", "file") == told(sonia.post("/payments/import", content=raw))
    mixed = (
        b"date,amount,currency,reference,details\r\n2024-11-05,1.00,CNY,B-1,INV-000001\r\n"
        b"2024-11-05,1.001,CNY,B-2,INV-000001\r\n2024-11-05,-1.00,CNY,B-3,INV-000001\r\n2024-11-05,2.00,CNY,B-1,\r\n"
    )

    lines = sonia.post("/payments/import", content=mixed).json()

    assert [
        (2, "matched", ""), (3, "unreadable", "amount_unreadable"), (4, "unreadable", "amount_unreadable"),
        (5, "unreadable", "reference_taken"),
    ] == [(line["line"], line["outcome"], line["code"]) for line in lines]  # fmt: skip


def test_a_company_reads_and_disputes_on_pages_and_the_supervisor_decides(enter: Door) -> None:
    chen = enter(CHEN).open("/parcels").follow("/invoices")
    assert "Price list" in chen.text
    assert "11.00 CNY" in chen.text
    assert "Version 1 of the tariff" in chen.text
    charges = enter(CHEN).open("/statement?month=2024-10")
    assert "Photo set × 1: 5.00 CNY" in charges.text
    assert "1 × 5.00 CNY tariff 1" in charges.text
    charges.send(charges.form("/statement").fill(service="receipt"))
    assert "1 × 5.00 CNY" not in charges.text
    chen.follow("/invoices/INV-000001")
    form = chen.form("/invoices/INV-000001/disputes", line=MEDIA)
    chen.send(form.fill(reason=REASON))
    assert REASON in chen.text

    sonia = enter("sonia").open("/billing").follow("/billing?tab=disputes")
    [refuse] = [form.action for form in sonia.page.forms if form.action.endswith("/refuse")]
    assert sonia.press(refuse, {"reason": "No."}).status == 422
    assert "Explain in at least 30 characters." in sonia.text
    sonia.press(refuse, {"reason": REASON[::-1]})
    assert "No dispute waits." in sonia.text
    assert REASON[::-1] in chen.open("/invoices/INV-000001").text


def test_who_only_looks_on_is_offered_no_dispute(enter: Door) -> None:
    viewer = enter(VIEWER).open("/invoices/INV-000001")

    assert viewer.status == 200
    with pytest.raises(NoSuchFormError):
        viewer.form("/invoices/INV-000001/disputes")


def test_the_supervisor_records_takes_in_and_matches_on_pages(house: House, enter: Door) -> None:
    house.clock.turn_to(moscow("2024-11-12 10:00"))
    chen = enter(CHEN).open(f"/parcels/{ID + 1}")
    hold = "Shipping waits: the invoice INV-000001 was due by 10 Nov 2024, 23:59 Moscow time and is not paid."
    assert hold in chen.text
    assert hold in chen.open("/invoices").text
    ruslan = enter("ruslan").open(f"/parcels/{ID + 1}")
    assert hold in ruslan.text
    assert not ruslan.offers(f"/parcels/{ID + 1}/print-label")

    sonia = (
        enter("sonia").open("/billing").follow("/invoices/INV-000001").follow("/billing?tab=payments&number=INV-000001")
    )
    entries = {"amount": "4,00", "reference": "B-1", "date": "2024-11-12"}
    sonia.press("/payments", {**entries, "amount": "four"})
    assert "The amount is written as 352.50" in sonia.text
    sonia.send(sonia.form("/payments").fill(**entries))
    assert sonia.status == 200
    sonia.press("/payments", {**entries, "number": "INV-000001"})
    assert "A payment with this reference is recorded already." in sonia.text
    form = sonia.open("/billing?tab=payments").form("/payments/import")
    form.files["file"] = [b"date,amount,currency,reference\r\n2024-11-12,7.00,CNY,B-2\r\n"]
    sonia.send(form)
    assert "Not matched B-2" in sonia.text
    sonia.send(sonia.form("/payments/match", reference="B-2").fill(number="INV-000001"))
    assert "Every payment is matched." in sonia.text

    assert hold not in chen.open(f"/parcels/{ID + 1}").text
    house.gives(RUSLAN, CARRIER, ID + 1)


def test_the_page_sends_the_price_that_it_showed(house: House, enter: Door) -> None:
    """R104: the form was loaded before the tariff changed."""
    chen = enter(CHEN).open(f"/parcels/{ID + 1}")
    form = chen.form(f"/parcels/{ID + 1}/order-media")
    dearer = {**SEED_TARIFF.prices_minor, Service.MEDIA: 7_50}
    tariff = msgspec.structs.replace(SEED_TARIFF, version="2", prices_minor=dearer)
    house.errand(lambda tx, at: errands.put_terms(tx, "tariff", "2", tariff, at))
    house.clock.turn_to(moscow("2024-11-01 10:00"))

    chen.send(form)

    assert chen.status == 409
    assert "The price has changed: you saw 5.00 CNY, now it is 7.50 CNY. Nothing was charged; look again." in chen.text
    assert house.it(ID + 1).media.ordered_at is None
    chen.press(f"/parcels/{ID + 1}/order-media")
    assert (200, "2") == (chen.status, house.office.house.terms.tariff.version)
    assert house.it(ID + 1).media.ordered_at is not None
