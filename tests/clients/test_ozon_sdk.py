"""`ozon-sdk` 0.2.0 as PyPI has it, pointed at our address: every method it has for rFBS returns."""

import asyncio
from typing import Any

import pytest
from ozon_sdk import OzonAPIError, SellerAPI
from ozon_sdk.seller_api.basic.models import CreatedAt, V2ReturnsRfbsFilter

from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, EXPLAINED, LUMITEK, Market


def client(url: str, client_id: int, key: str) -> SellerAPI:
    return SellerAPI(str(client_id), key, base_url=url, max_retries=0)


def test_it_reads_roles_the_list_and_one_return(bazaar: Market, url: str) -> None:
    first, second = bazaar.in_status(Status.SELLER_REVIEW), bazaar.in_status(Status.APPROVED)
    key = bazaar.key()

    async def story() -> None:
        async with client(url, ANADOLU, key) as api:
            roles: Any = await api.roles_by_token()
            assert [role.name for role in roles.roles] == ["Returns"]
            # Its schema has an object where the service sends an array: it keeps the first row of a page.
            page: Any = await api.returns_rfbs_list_v2(limit=1)
            assert page.returns.return_id == first
            page = await api.returns_rfbs_list_v2(limit=10, last_id=first)
            assert (page.returns.return_id, page.returns.product.price) == (second, 4585)
            assert page.returns.state.group_state == "approved"
            asked = V2ReturnsRfbsFilter(group_state=["Approved"], offer_id="WOVEN-THROW", created_at=CreatedAt())
            page = await api.returns_rfbs_list_v2(limit=10, filter_=asked)
            assert page.returns.return_id == second
            one: Any = (await api.returns_rfbs_get_v2(return_id=first)).returns
            assert one.return_number == f"R-{first}"
            assert [act.id_ for act in one.available_actions] == [1000, -1, 1020, 1030]
            assert [reason.id_ for reason in one.rejection_reason] == list(range(11, 19))
            assert one.client_photo == [f"{url}/photos/{first}/{bazaar.photo}"]

    asyncio.run(story())


def test_it_acts_by_the_published_ids(bazaar: Market, url: str) -> None:
    key = bazaar.key()
    after = {
        1000: Status.APPROVED, -1: Status.REJECTED, 1020: Status.OFFER_SENT, 1030: Status.REFUNDED_WITHOUT_RETURN,
    }  # fmt: skip
    ids = {number: bazaar.in_status(Status.SELLER_REVIEW) for number in after}

    async def story() -> None:
        async with client(url, ANADOLU, key) as api:
            await api.returns_rfbs_action_set(id_=1000, return_id=ids[1000])
            await api.returns_rfbs_action_set(id_=-1, return_id=ids[-1], rejection_reason_id=11, comment=EXPLAINED)
            await api.returns_rfbs_action_set(id_=1020, return_id=ids[1020], compensation_amount=500.0)
            await api.returns_rfbs_action_set(id_=1030, return_id=ids[1030], return_for_back_way=0.0)

    asyncio.run(story())
    assert {number: bazaar.now_is(return_id).status for number, return_id in ids.items()} == after


def test_it_understands_our_refusals(bazaar: Market, url: str) -> None:
    approved = bazaar.in_status(Status.APPROVED)
    key, reading = bazaar.key(), bazaar.key(name="BI", read_only=True)

    async def refused(client_id: int, text: str, return_id: int) -> tuple[int, str | None]:
        async with client(url, client_id, text) as api:
            with pytest.raises(OzonAPIError) as refusal:
                await api.returns_rfbs_action_set(id_=1000, return_id=return_id)
            assert len(refusal.value.trace_id or "") == 32
            assert refusal.value.details == []
            return refusal.value.status_code, refusal.value.code

    async def story() -> None:
        assert await refused(LUMITEK, key, approved) == (404, "5")
        assert await refused(ANADOLU, reading, approved) == (403, "7")
        assert await refused(ANADOLU, key, 1) == (404, "5")
        assert await refused(ANADOLU, key, approved) == (409, "9")
        assert await refused(ANADOLU, key, 0) == (400, "3")

    asyncio.run(story())
