"""A company's webhooks at the partner: the owner makes one and tries it, a colleague looks, the warehouse has none."""

import re
from collections.abc import Iterator

import msgspec
import pytest

from backhaul.kit import egress
from backhaul.partner.rules import commands as do
from tests.partner.doors import Door, entering
from tests.partner.house import CHEN, ELIF, ID, LIU, House
from tests.receiving import receiving


@pytest.fixture
def enter(house: House) -> Iterator[Door]:
    with entering(house) as door:
        yield door


def test_an_owner_makes_a_webhook_tries_it_and_a_colleague_sees_what_came_back(house: House, enter: Door) -> None:
    office = house.office
    office.webhooks.way = msgspec.structs.replace(office.webhooks.way, inside=egress.networks("127.0.0.0/8"))
    with receiving() as receiver:
        visit = enter(CHEN).open("/webhooks").press("/webhooks", {"name": "ERP", "url": receiver.url})
        secrets = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", visit.answer.text))
        [page] = set(re.findall(r"/webhooks/hook_\w+", visit.answer.text))
        visit.send(visit.form(page))  # I saved it
        visit.send(visit.form(f"{page}/act", what="ping"))
        house.expects()
        house.arrives()
        house.gives(house.account(CHEN).by(), do.OrderMedia())
        office.events.place_due()
        while office.webhooks.send_now():
            pass
    liu = enter(LIU).open(page)
    offered = liu.offers(f"{page}/act")
    liu.open(f"{page}/deliveries/{receiver.got[2].id}")

    assert (1, 4) == (len(secrets), len(receiver.got))
    assert ["webhook.ping", "parcel.expected", "parcel.arrived", "parcel.media_ordered"] == [
        one.said["type"] for one in receiver.got
    ]
    assert "Arrived at the warehouse" in liu.text
    assert f'href="/parcels/{ID}"' in liu.answer.text
    assert not offered
    assert 404 == enter(ELIF).open(page).status
    assert 403 == enter("sonia").open("/webhooks").status
    assert (
        "leads into"
        in enter(ELIF).open("/webhooks").press("/webhooks", {"name": "In", "url": "https://10.0.0.1/"}).text
    )
