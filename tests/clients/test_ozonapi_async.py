"""`ozonapi-async` 0.89.0 as PyPI has it, pointed at our address: every method it has for rFBS returns."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ozonapi import SellerAPI, SellerAPIConfig  # type: ignore[import-untyped]  # it ships no types
from ozonapi.seller.core.exceptions import (  # type: ignore[import-untyped]
    APIClientError,
    APIConflictError,
    APIError,
    APIForbiddenError,
    APINotFoundError,
)
from ozonapi.seller.schemas.returns import (  # type: ignore[import-untyped]
    ReturnsRfbsActionSetRequest,
    ReturnsRfbsCompensateRequest,
    ReturnsRfbsGetRequest,
    ReturnsRfbsListFilter,
    ReturnsRfbsListRequest,
    ReturnsRfbsReceiveReturnRequest,
    ReturnsRfbsRejectRequest,
    ReturnsRfbsReturnMoneyRequest,
    ReturnsRfbsVerifyRequest,
)

from backhaul.kit.money import Money
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, CHEN, EXPLAINED, LUMITEK, Market


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    """The client keeps its rate limiters for the life of the process, so all its tests share one loop."""
    with asyncio.Runner() as runner:
        yield runner
        runner.run(SellerAPI.shutdown())


@asynccontextmanager
async def client(url: str, client_id: int, key: str) -> AsyncIterator[SellerAPI]:
    config = SellerAPIConfig(client_id=str(client_id), api_key=key, base_url=url, max_retries=0)
    async with SellerAPI(config=config) as api:
        yield api


def test_it_reads_roles_the_list_and_one_return(bazaar: Market, url: str, loop: asyncio.Runner) -> None:
    first, second = bazaar.in_status(Status.SELLER_REVIEW), bazaar.in_status(Status.APPROVED)
    key = bazaar.key()

    async def story() -> None:
        async with client(url, ANADOLU, key) as api:
            roles = await api.roles()
            assert roles.expires_at == "2025-03-01T07:00:00Z"
            assert [role.name for role in roles.roles] == ["Returns"]
            assert "/v2/returns/rfbs/list" in roles.roles[0].methods
            page: Any = await api.returns_rfbs_list(ReturnsRfbsListRequest(limit=1))
            assert [row.return_id for row in page.returns] == [first]
            page = await api.returns_rfbs_list(ReturnsRfbsListRequest(limit=1, last_id=first))
            assert [row.return_id for row in page.returns] == [second]
            row = page.returns[0]
            assert (row.product.price, row.product.currency_code) == (4585, "TRY")
            assert (row.state.group_state, row.state.state) == ("approved", "Approved")
            only_new = ReturnsRfbsListFilter(group_state=["New"])
            page = await api.returns_rfbs_list(ReturnsRfbsListRequest(limit=1000, filter=only_new))
            assert [row.return_id for row in page.returns] == [first]
            one: Any = (await api.returns_rfbs_get(ReturnsRfbsGetRequest(return_id=first))).returns
            assert one.return_number == f"R-{first}"
            assert [act.id for act in one.available_actions] == [1000, -1, 1020, 1030]
            assert all(act.name for act in one.available_actions)
            assert [reason.id for reason in one.rejection_reason] == list(range(11, 19))
            assert one.return_reason.id == 102
            assert one.client_photo == [f"{url}/photos/{first}/{bazaar.photo}"]

    loop.run(story())


def test_its_five_decision_methods_decide(bazaar: Market, url: str, loop: asyncio.Runner) -> None:
    approved, rejected, offered, refunded = (bazaar.in_status(Status.SELLER_REVIEW) for _ in range(4))
    delivered = bazaar.delivered_by_partner()
    key, key_of_chen = bazaar.key(), bazaar.key(CHEN)

    async def story() -> None:
        async with client(url, ANADOLU, key) as api:
            await api.returns_rfbs_verify(ReturnsRfbsVerifyRequest(return_id=approved))
            await api.returns_rfbs_reject(
                ReturnsRfbsRejectRequest(return_id=rejected, rejection_reason_id=11, comment=EXPLAINED)
            )
            await api.returns_rfbs_compensate(
                ReturnsRfbsCompensateRequest(return_id=offered, compensation_amount="500")
            )
            await api.returns_rfbs_return_money(ReturnsRfbsReturnMoneyRequest(return_id=refunded))
        async with client(url, LUMITEK, key_of_chen) as api:
            await api.returns_rfbs_receive_return(ReturnsRfbsReceiveReturnRequest(return_id=delivered))

    loop.run(story())
    assert bazaar.now_is(approved).status is Status.APPROVED
    assert bazaar.now_is(rejected).status is Status.REJECTED
    assert bazaar.now_is(offered).offers == (Money(500_00),)
    assert bazaar.now_is(refunded).status is Status.REFUNDED_WITHOUT_RETURN
    parcel = bazaar.now_is(delivered).parcel
    assert parcel is not None
    assert parcel.received


def test_it_follows_the_published_actions(bazaar: Market, url: str, loop: asyncio.Runner) -> None:
    key = bazaar.key()
    more: dict[int, dict[str, Any]] = {
        -1: {"rejection_reason_id": 11, "comment": EXPLAINED},
        1020: {"compensation_amount": 500.0},
        1030: {"return_for_back_way": -1.0},
    }
    after = {
        1000: Status.APPROVED, -1: Status.REJECTED, 1020: Status.OFFER_SENT, 1030: Status.REFUNDED_WITHOUT_RETURN,
    }  # fmt: skip
    ids = {number: bazaar.in_status(Status.SELLER_REVIEW) for number in after}

    async def story() -> None:
        async with client(url, ANADOLU, key) as api:
            for number, return_id in ids.items():
                one: Any = (await api.returns_rfbs_get(ReturnsRfbsGetRequest(return_id=return_id))).returns
                assert number in [act.id for act in one.available_actions]
                await api.returns_rfbs_action_set(
                    ReturnsRfbsActionSetRequest(return_id=return_id, id=number, **more.get(number, {}))
                )

    loop.run(story())
    assert {number: bazaar.now_is(return_id).status for number, return_id in ids.items()} == after


def test_it_understands_our_refusals(bazaar: Market, url: str, loop: asyncio.Runner) -> None:
    approved = bazaar.in_status(Status.APPROVED)
    key, reading = bazaar.key(), bazaar.key(name="BI", read_only=True)

    async def refused(client_id: int, text: str, return_id: int, kind: type[APIError]) -> tuple[int, str]:
        async with client(url, client_id, text) as api:
            with pytest.raises(kind) as refusal:
                await api.returns_rfbs_verify(ReturnsRfbsVerifyRequest(return_id=return_id))
            return refusal.value.code, refusal.value.message

    async def story() -> None:
        wrong_key = (5, "Invalid Api-Key, please check the key and try again")
        no_role = (7, "Api-Key is missing a required role for a method")
        assert await refused(LUMITEK, key, approved, APINotFoundError) == wrong_key
        assert await refused(ANADOLU, reading, approved, APIForbiddenError) == no_role
        assert await refused(ANADOLU, key, 1, APINotFoundError) == (5, "Not Found")
        assert (await refused(ANADOLU, key, approved, APIConflictError))[0] == 9
        assert (await refused(ANADOLU, key, 0, APIClientError))[0] == 3

    loop.run(story())
