"""The partner's invoice of a real month, brought to the marketplace as the partner exports it: it agrees with the facts.

September of J14's seller: three hubs, of which one is shipped to Hong Kong, one is kept and picked up, one waits for its
destruction. A line of the file doubled is exactly one break; a credit note makes the next revision, which closes it.
"""

import httpx2
import pytest

from backhaul.marketplace.rules.findings import BreakKind
from backhaul.world import World, link_seller
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, moscow
from tests.stories.test_two_months_of_invoices import does, on_its_way, scan

WHY = "This storage is on the invoice twice, credit it, please."


def september(world: World, darya: Caller, chen: Caller) -> None:
    """Arrivals on the 20th; one leaves for Hong Kong on the 28th, one is picked up on the 30th. The invoice is of 1 October."""
    stage = world.stage
    link_seller(world, "CN")
    stage.turn_to(moscow(9, 8, 12))
    first, second, third = (on_its_way(world, n) for n in (1, 2, 3))
    stage.turn_to(moscow(9, 20, 11, 5))
    for parcel in (first, second, third):
        does(darya, parcel, "arrive", scan(world))
    stage.turn_to(moscow(9, 24, 12))
    does(chen, second, "decide", {"decision": "pickup"})
    stage.turn_to(moscow(9, 26, 12))
    does(chen, first, "decide", {"decision": "ship_hk", "destination_id": world.destinations["CN-HK"]})
    stage.turn_to(moscow(9, 28, 12))
    does(darya, first, "print-label", {"carrier": "Pearl Freight"})
    does(chen, third, "decide", {"decision": "dispose"})
    stage.turn_to(moscow(9, 30, 12))
    code = chen.get(f"/parcels/{second}")["pickup_code"]
    does(darya, second, "hand-over", {"collector": "Sun Li", "code": code})
    stage.turn_to(moscow(10, 1, 1))


def exported(chen: Caller, number: str, kind: str) -> bytes:
    answer = chen.http.get(f"/invoices/{number}/export/{kind}")
    assert answer.status_code == 200, answer.text
    return answer.content


def bring(seller: httpx2.Client, data: bytes) -> dict[str, object]:
    answer = seller.post("/reconciliation/invoices", content=data)
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, object] = answer.json()
    return found


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_real_invoice_agrees_and_one_line_doubled_is_exactly_one_break(raise_curtain: Raise, kind: str) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    partner = world.stage.partner_web.url
    darya, chen = (Caller(partner, login) for login in ("darya", "chen@example.com"))
    september(world, darya, chen)
    seller = Caller(world.stage.marketplace_web.url, "chen").http
    chen = Caller(partner, "chen@example.com")
    [invoice] = [it["number"] for it in chen.get("/invoices")]
    data = exported(chen, invoice, kind)

    brought = bring(seller, data)
    assert (invoice, 1, 0) == (brought["number"], brought["revision"], brought["found"])
    assert [] == seller.get("/reconciliation/breaks").json()
    tariff = httpx2.get(f"{partner}/api/v1/tariff")
    assert 201 == seller.post("/reconciliation/price-lists", content=tariff.content).status_code
    assert [] == seller.get("/reconciliation/breaks").json()

    if kind == "json":
        return
    lines = data.decode("utf-8-sig").splitlines(keepends=True)
    [storage] = [line for line in lines if ",storage," in line and ",HandedOver," in line]
    doubled = "".join([*lines, storage]).replace(f"{invoice},1,", f"{invoice},2,").encode()
    assert 1 == bring(seller, doubled)["found"]
    [one] = seller.get("/reconciliation/breaks").json()
    # From the 24th to the 30th of September: six midnights, 9.00 CNY.
    assert (BreakKind.DUPLICATE_STORAGE, 900, 0) == (one["kind"], one["partner"]["minor"], one["expected"]["minor"])
    world.stage.turn_to(moscow(10, 3, 12))  # two nights of comparing find the same
    assert [one] == seller.get("/reconciliation/breaks").json()

    bring(seller, "".join(lines).replace(f"{invoice},1,", f"{invoice},3,").encode())
    assert ["closed"] == [it["status"] for it in seller.get("/reconciliation/breaks").json()]


def test_a_credit_note_is_the_next_revision_of_the_export(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    partner = world.stage.partner_web.url
    darya, chen = (Caller(partner, login) for login in ("darya", "chen@example.com"))
    september(world, darya, chen)
    chen, vera = Caller(partner, "chen@example.com"), Caller(partner, "vera")
    [invoice] = [it["number"] for it in chen.get("/invoices")]
    lines = chen.get(f"/invoices/{invoice}/lines")["lines"]
    storage = next(line["line"] for line in lines if line["service"] == "storage")
    credited = vera.post(f"/invoices/{invoice}/credits", {"line": storage, "amount_minor": 100, "reason": WHY})
    assert 201 == credited.status_code, credited.text

    seller = Caller(world.stage.marketplace_web.url, "chen").http
    brought = bring(seller, exported(chen, invoice, "json"))

    assert (2, 0) == (brought["revision"], brought["found"])
    whole = seller.get(f"/reconciliation/invoices/{brought['id']}").json()
    assert [100] == [line["credited_minor"] for line in whole["lines"] if line["credited_minor"]]
    assert chen.get(f"/invoices/{invoice}")["invoice"]["net"]["minor"] - 100 == whole["invoice"]["total"]["minor"]
