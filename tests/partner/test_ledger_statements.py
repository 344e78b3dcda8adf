"""The partner's own ledger: a company reads its account with us, a supervisor every one; page, files and API v1."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from backhaul.partner import ledger_texts
from backhaul.partner.rules import chart
from backhaul.partner.rules import commands as do
from tests.partner.cast import LUMITEK, moscow
from tests.partner.doors import Call, Door
from tests.partner.house import CHEN, ELIF, House, opened
from tests.partner.test_invoice_doors import told

DAYS = {"from": "2024-10-01", "to": "2024-11-30"}
OWED = f"receivable:seller:{LUMITEK}"


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """October of Lumitek: a receipt of 6.00 and photos of 5.00 CNY, invoiced on the 1st of November, 4.00 paid on the 2nd."""
    with opened(database_url, tmp_path) as house:
        house.expects()
        house.arrives()
        house.gives(house.account(CHEN).by(), do.OrderMedia())
        house.clock.turn_to(moscow("2024-11-01 00:00"))
        while house.office.tick():
            pass
        house.clock.turn_to(moscow("2024-11-02 10:00"))
        yield house


def test_a_company_reads_what_it_owes_and_why(house: House, call: Call) -> None:  # noqa: ARG001 -- it stands
    paid = {"invoice": "INV-000001", "date": "2024-11-02", "amount_minor": 400, "currency": "CNY", "reference": "B-1"}
    assert call("sonia").post("/payments", json=paid).status_code < 300
    view = call(CHEN).get("/ledger/statement", params=DAYS).json()

    assert (OWED, 0, 1100, 400, 700) == (
        view["account"], *(view[name]["minor"] for name in ("opening", "raised", "lowered", "closing")),
    )  # fmt: skip
    assert [500, 600, -400] == [line["amount"]["minor"] for line in view["lines"]]
    assert "INV-000001" == view["lines"][-1]["case"]
    assert view["closing"] == view["lines"][-1]["balance"]


@pytest.mark.parametrize("of", [f"account:{OWED}", "account:bank", "account:prepaid:company:1", "account:nothing"])
def test_another_ones_account_looks_like_none(house: House, call: Call, of: str) -> None:
    for path in ("/ledger/statement", "/ledger/statement.csv", "/ledger/statement.pdf"):
        answer = call(ELIF).get(path, params={"of": of})
        own = of == f"account:prepaid:company:{house.account(ELIF).company_id}"
        assert own or (404, "not_found", "") == told(answer)


def test_the_supervisor_reads_every_account_and_all_of_them_are_nothing_together(house: House, call: Call) -> None:  # noqa: ARG001
    sonia = call("sonia")
    found = sonia.get("/ledger/balances").json()

    assert 0 == sum(one["balance"]["minor"] * (1 if one["grows"] == "credit" else -1) for one in found)
    assert {"receipt": 600, "media": 500} == {
        one["account"].removeprefix("income:"): one["balance"]["minor"]
        for one in found
        if one["account"].startswith("income:") and one["entries"]
    }
    assert (403, "not_your_role", "") == told(call(CHEN).get("/ledger/balances"))
    assert (403, "not_your_role", "") == told(call("ruslan").get("/ledger/statement"))


def test_the_file_has_the_lines_of_the_page(house: House, call: Call, enter: Door) -> None:  # noqa: ARG001
    content = call(CHEN).get("/ledger/statement.csv", params=DAYS).content.decode("utf-8-sig")
    page = enter(CHEN).open("/ledger?from=2024-10-01&to=2024-11-30")

    assert ["opening", "5.00", "11.00", "closing"] == [
        row[-1] if row[-1] in ("opening", "closing") else row[6] for row in list(csv.reader(io.StringIO(content)))[1:]
    ]
    assert 200 == page.status
    assert "Receipt at the warehouse" in page.text
    assert "11.00" in page.text


def test_every_account_of_the_code_is_in_the_chart_and_has_words() -> None:
    assert set(ledger_texts.ACCOUNTS) == {kind.code for kind in chart.CHART.kinds}
    assert all(
        chart.CHART.kind(code)
        for code in (chart.BANK, chart.VAT, chart.UNMATCHED, chart.prepaid(1, 2), chart.prepaid(None, 2), OWED)
    )
