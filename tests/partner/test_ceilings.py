"""What a seller sets through the marketplace holds for all companies that may decide about their units, now or later (P25)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backhaul.instructions import Ceilings, CeilingsWanted, PickupBarcodeAsked
from backhaul.kit.machine import Refused
from backhaul.partner import instruction_errands, platform_errands, queries
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import BusinessType, LinkMode, LinkState
from backhaul.partner.shapes import LinkRow
from tests.partner.cast import LUMITEK
from tests.partner.freight import speaking
from tests.partner.house import CHEN, STRANGER, House, opened


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with opened(database_url, tmp_path) as house:
        house.links(house.account(STRANGER), LUMITEK, BusinessType.CANCEL_ORDERS)
        yield house


def link_of(house: House, login: str) -> LinkRow:
    company = house.account(login).company_id
    with house.office.database.read() as tx:
        return next(link for link in queries.links_of_seller(tx, LUMITEK) if link.company_id == company)


def marks(house: House, login: str, state: LinkState) -> None:
    link = link_of(house, login)
    house.errand(lambda tx, at: platform_errands.mark_link(tx, link, state, Policy(), at))


def sets(house: House, below_rub: int | None) -> None:
    wanted = CeilingsWanted(LUMITEK, "key:ERP", Ceilings(proper_below_rub=below_rub))
    house.errand(lambda tx, at: instruction_errands.set_ceilings(tx, wanted, Policy(), at))


def test_ceilings_end_the_rules_of_a_company_whose_link_is_lost_too(house: House) -> None:
    """Else its rule by price would come back with the link. Its rule by SKU is no ceiling and stays."""
    with speaking(house, STRANGER, CHEN) as (stranger, chen):
        for rule in ({"below_rub": 5000}, {"sku": 400001}):
            stranger.does("/standing-rules", seller_id=LUMITEK, **rule)
        marks(house, STRANGER, LinkState.AUTHORIZATION_LOST)
        sets(house, 1000)
        marks(house, STRANGER, LinkState.ACTIVE)

        assert [(None, 400001)] == [(one.get("below_rub"), one["sku"]) for one in stranger.get("/standing-rules")]
        assert [1000] == [one["below_rub"] for one in chen.get("/standing-rules")]


def test_a_bar_code_is_drawn_for_whom_a_link_lets_decide(house: House) -> None:
    """Two companies lose their links, the third may only look: nothing is drawn, and nothing that was drawn is closed."""

    def asked(*, renew: bool = False) -> Any:
        wanted = PickupBarcodeAsked(LUMITEK, "key:ERP", renew)
        return house.errand(lambda tx, at: instruction_errands.barcode(tx, wanted, house.office.chance, at))

    drawn = asked()
    for login in (CHEN, STRANGER):
        marks(house, login, LinkState.AUTHORIZATION_LOST)
    with pytest.raises(Refused, match="not_linked"):
        asked(renew=True)

    assert LinkMode.VIEW_ONLY == link_of(house, "viewer@example.com").mode
    assert drawn == asked()
