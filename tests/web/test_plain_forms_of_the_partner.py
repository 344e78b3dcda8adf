"""Acts of the partner's pages that no other test does without scripts: the form as its page shows it, sent, and what became of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from backhaul.kit import egress
from backhaul.partner import errands
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.words import DisposalStatus, Role
from tests.partner.cast import moscow
from tests.partner.doors import Door, entering
from tests.partner.freight import by_weight, waiting
from tests.partner.house import CHEN, ELIF, ID, House, hashed, opened, picture
from tests.partner.test_billing import turn_to, unit
from tests.receiving import receiving
from tests.web.forms import Entries
from tests.web.test_partner_terms import RECEIPT

SKEWED = "A number of the warehouse was wrong."


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(f"sqlite:///{tmp_path / 'partner.db'}", tmp_path) as house:
        yield house


@pytest.fixture
def enter(house: House) -> Iterator[Door]:
    with entering(house) as door:
        yield door


def test_a_consignment_is_opened_and_packed_and_a_file_of_the_carrier_is_taken(house: House, enter: Door) -> None:
    by_weight(house)
    [parcel] = waiting(house, 1)
    ruslan = enter("ruslan").open("/packing").press("/consignments", {"carrier": "Pearl Freight"})
    page = ruslan.path
    ruslan.press(f"{page}/pack-unit", {"code": f"R-{parcel}"})
    assert re.fullmatch(r"/consignments/\d+", page)
    assert "is in carton 1." in ruslan.text

    told = b"number,status,at,place,received_by,tracking,note\nX-1,delivered,2024-10-05T10:00,Hong Kong,,,\n"
    form = ruslan.open("/carrier").form("/carrier")
    form.files["file"] = [told]
    assert "1 line" in ruslan.send(form).text


def test_a_unit_is_destroyed_with_its_certificate(house: House, enter: Door) -> None:
    house.expects()
    house.arrives()
    house.gives(house.account(CHEN).by(), do.Decide("dispose"))
    house.clock.turn_to(moscow("2024-10-05 12:00"))
    house.office.desk.sweep()
    page = f"/parcels/{ID}"
    ruslan = enter("ruslan").open(page).press(f"{page}/start-disposal")
    said: Entries = {"method": "Shredded", "witness": "N. Orlova", "photos": [picture("black")]}
    ruslan.press(f"{page}/destroy", said)

    assert DisposalStatus.DESTROYED is house.it().disposal.status
    assert f"{page}/certificate.pdf" in ruslan.page.links


def test_a_second_supervisor_releases_destruction(house: House, enter: Door) -> None:
    house.errand(lambda tx, _: errands.add_account(tx, "boris", hashed(), Role.SUPERVISOR, "Boris", "en"))
    enter("sonia").open("/destruction").press("/destruction/propose-release", {"reason": "A week stood still."})
    boris = enter("boris").open("/destruction").press("/destruction/release")

    assert "A week stood still." in boris.text
    assert not boris.offers("/destruction/release")


def test_a_line_of_an_invoice_is_credited(house: House, enter: Door) -> None:
    unit(house, ID, "2024-09-30 12:00")
    turn_to(house, "2024-10-02 10:00")
    sonia = enter("sonia").open("/invoices/INV-000001")
    [line] = {form.values["line"][0] for form in sonia.page.forms if form.action == "/invoices/INV-000001/credits"}
    form = sonia.form("/invoices/INV-000001/credits", line=line)
    sonia.send(form.fill(amount="1.00", reason=SKEWED))

    assert 200 == sonia.status
    assert SKEWED in sonia.text
    assert ["5.00"] == sonia.form("/invoices/INV-000001/credits", line=line).values["amount"]


@pytest.mark.parametrize(("page", "name"), [("/policy", "decision_days"), ("/tariff", RECEIPT)])
def test_a_form_of_terms_goes_back_from_its_preview_as_it_was_typed(enter: Door, page: str, name: str) -> None:
    sonia = enter("sonia").open(page)
    form = sonia.form(f"{page}/preview")
    changed = "15" if form.values[name] != ["15"] else "16"
    sonia.send(form.fill(**{name: changed, "valid_from": "2025-03-01T00:00", "why": "A trial of one more day."}))
    assert f'formaction="{page}/edit"' in sonia.answer.text
    back = sonia.form(page)
    back.action = f"{page}/edit"

    assert [changed] == sonia.send(back).form(f"{page}/preview").values[name]


def test_a_standing_rule_ends(enter: Door) -> None:
    visit = enter(CHEN).open("/returns-management")
    [add] = [form for form in visit.page.forms if form.action.endswith("/rules")]
    visit.send(add.fill(below_rub="500"))
    assert "Saved." in visit.text
    [end] = [form for form in visit.page.forms if form.action.endswith("/end")]
    visit.send(end)

    assert 200 == visit.status
    assert not any(form.action.endswith("/end") for form in visit.page.forms)
    assert "Saved." not in visit.open("/returns-management").text


def test_both_houses_are_compared_at_once(enter: Door) -> None:
    sonia = enter("sonia").open("/sync").press("/sync/compare")

    assert (200, "/sync") == (sonia.status, sonia.path)


def test_a_webhook_is_changed_gets_another_secret_and_sends_again(house: House, enter: Door) -> None:
    way = house.office.webhooks.way
    house.office.webhooks.way = msgspec.structs.replace(way, inside=egress.networks("127.0.0.0/8"))
    with receiving() as receiver:
        visit = enter(ELIF).open("/webhooks").press("/webhooks", {"name": "ERP", "url": receiver.url})
    [page] = set(re.findall(r"/webhooks/hook_\w+", visit.answer.text))
    visit.send(visit.form(page))
    visit.send(visit.form(f"{page}/act", what="ping"))
    delivery = visit.path
    assert 200 == visit.send(visit.form(f"{delivery}/redeliver")).status
    visit.open(page).press(page, {"name": "Books"})
    assert "Books" in visit.text
    visit.press(f"{page}/redeliver", {"since": "2024-09-01T10:00", "until": "2024-09-25T10:00"})
    assert "Messages that are sent again: " in visit.text
    visit.open(page).press(f"{page}/secrets", {"keep_hours": "24"})
    assert (201, True) == (visit.status, "whsec_" in visit.answer.text)
