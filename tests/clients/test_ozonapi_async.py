"""`ozonapi-async` 0.89.0 as PyPI has it, pointed at our address: every method it has for rFBS returns."""

import asyncio
import base64
import ipaddress
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from ozonapi import SellerAPI, SellerAPIConfig  # type: ignore[import-untyped]  # it ships no types
from ozonapi.seller.core.exceptions import (  # type: ignore[import-untyped]
    APIClientError,
    APIConflictError,
    APIError,
    APIForbiddenError,
    APINotFoundError,
)
from ozonapi.seller.schemas.cancellations import (  # type: ignore[import-untyped]
    ConditionalCancellationApproveRequest,
    ConditionalCancellationListRequest,
    ConditionalCancellationListWith,
    ConditionalCancellationRejectRequest,
)
from ozonapi.seller.schemas.notifications import (  # type: ignore[import-untyped]
    NotificationCheckRequest,
    NotificationDeleteRequest,
    NotificationEnableRequest,
    NotificationSetRequest,
    NotificationUpdateRequest,
)
from ozonapi.seller.schemas.passes import (  # type: ignore[import-untyped]
    ReturnPassCreateRequest,
    ReturnPassDeleteRequest,
    ReturnPassUpdateRequest,
)
from ozonapi.seller.schemas.reports import (  # type: ignore[import-untyped]
    ReportInfoRequest,
    ReportListRequest,
    ReportReturnsCreateFilter,
    ReportReturnsCreateRequest,
)
from ozonapi.seller.schemas.returns import (  # type: ignore[import-untyped]
    ReturnGiveoutInfoRequest,
    ReturnGiveoutListRequest,
    ReturnsCompanyFbsInfoPagination,
    ReturnsCompanyFbsInfoRequest,
    ReturnsListRequest,
    ReturnsRfbsActionSetRequest,
    ReturnsRfbsCompensateRequest,
    ReturnsRfbsGetRequest,
    ReturnsRfbsListFilter,
    ReturnsRfbsListRequest,
    ReturnsRfbsReceiveReturnRequest,
    ReturnsRfbsRejectRequest,
    ReturnsRfbsReturnMoneyRequest,
    ReturnsRfbsVerifyRequest,
    ReturnsSettingsUtilizationUpdatePrice,
    ReturnsSettingsUtilizationUpdateRequest,
)
from ozonapi.seller.schemas.warehouses import DeliveryMethodReturnSettingsRequest  # type: ignore[import-untyped]

from backhaul.kit.money import Money
from backhaul.marketplace import push_queries
from backhaul.marketplace.returns_report.queries import alive_of_seller
from backhaul.marketplace.rules.words import Status
from backhaul.partner import instruction_queries, queries
from backhaul.partner.rules import commands as p
from backhaul.partner.rules.words import Status as ParcelStatus
from backhaul.world import make_key
from tests.clients.conftest import TRUCK, Program, Raise, announced, with_a_pickup_and_a_withdrawal
from tests.marketplace.cast import ANADOLU, CHEN, EXPLAINED, LUMITEK, Market
from tests.stories.telling import moscow
from tests.stories.test_seller_api_reaches_the_partner import RECEIVER, read_off


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


async def announces(api: SellerAPI, place: int) -> None:
    """Two vehicles, then another one instead of the first, and the second does not come."""
    there = {**TRUCK, "dropoff_point_id": place, "warehouse_id": 20}
    given = await api.return_pass_create(ReturnPassCreateRequest(arrival_passes=[there, there]))
    assert given.arrival_pass_ids == ["1", "2"]
    van = {**TRUCK, "arrival_pass_id": 1, "vehicle_license_plate": "VAN"}
    await api.return_pass_update(ReturnPassUpdateRequest(arrival_passes=[van]))
    await api.return_pass_delete(ReturnPassDeleteRequest(arrival_pass_ids=[2]))


def test_it_reads_and_sets_what_stands_around_returns(raise_curtain: Raise, loop: asyncio.Runner) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    kept, withdrawn = with_a_pickup_and_a_withdrawal(world)
    key, url = make_key(world, "CN", "ERP", read_only=False), world.stage.marketplace_web.url
    shown: dict[str, str] = {}

    async def story() -> None:
        async with client(url, LUMITEK, key) as api:
            assert (await api.return_giveout_is_enabled()).enabled is True
            [row] = (await api.return_giveout_list(ReturnGiveoutListRequest(limit=500))).giveouts
            assert (row.giveout_id, row.total_articles_count, row.warehouse_name) == (kept, 1, "MSK-2")
            one = await api.return_giveout_info(ReturnGiveoutInfoRequest(giveout_id=kept))
            assert [article.name for article in one.articles] == ["Headset"]
            barcode = (await api.return_giveout_barcode()).barcode
            assert read_off((await api.return_giveout_get_png()).png) == barcode
            assert base64.b64decode((await api.return_giveout_get_pdf()).pdf).startswith(b"%PDF")
            shown["barcode"] = read_off((await api.return_giveout_barcode_reset()).png)
            assert shown["barcode"] != barcode
            pagination = ReturnsCompanyFbsInfoPagination(limit=500)
            points = await api.returns_company_fbs_info(ReturnsCompanyFbsInfoRequest(pagination=pagination))
            assert [(point.name, point.returns_count) for point in points.drop_off_points] == [("MSK-2", 1)]
            others = await api.returns_list(ReturnsListRequest(limit=500))
            assert (others.returns, others.has_next) == ([], False)

            await announces(api, points.drop_off_points[0].id)
            assert announced(world) == [(1, "MSK-2", "VAN")]
            back = await api.delivery_method_return_settings_get(
                DeliveryMethodReturnSettingsRequest(delivery_method_id=1)
            )
            assert (back.settings.courier_details, back.settings.post_office_zipcode) == (None, None)

            ceiling = ReturnsSettingsUtilizationUpdatePrice(enabled=True, value=700)
            off = ReturnsSettingsUtilizationUpdatePrice(enabled=False)
            wanted = ReturnsSettingsUtilizationUpdateRequest(utilization_price=ceiling, utilization_price_defects=off)
            await api.returns_settings_utilization_update(wanted)
            settings = (await api.returns_settings_utilization_info()).utilization_settings
            assert (settings.utilization_price.amount, settings.utilization_price_defects.amount) == ("700", "0")
            history = (await api.returns_settings_utilization_history()).history
            assert [len(one.descriptions) for one in history] == [1]

            counted = ConditionalCancellationListRequest(limit=10, with_=ConditionalCancellationListWith(counter=True))
            page = await api.conditional_cancellation_list(counted)
            assert [row.cancellation_id for row in page.result] == [withdrawn]
            assert (page.last_id, page.result[0].cancellation_initiator) == (withdrawn, "CLIENT")
            with pytest.raises(APIConflictError):
                await api.conditional_cancellation_approve(
                    ConditionalCancellationApproveRequest(cancellation_id=withdrawn)
                )
            with pytest.raises(APINotFoundError):
                await api.conditional_cancellation_reject(ConditionalCancellationRejectRequest(cancellation_id=kept))

    loop.run(story())
    world.partner_act(kept, p.HandOver("Ivan Orlov", shown["barcode"]), RECEIVER)
    with world.stage.partner.database.read() as tx:
        it = queries.one(tx, kept)
        [link] = queries.links_of_seller(tx, LUMITEK)
        rules = instruction_queries.rules(tx, LUMITEK, [link.company_id])
    assert it is not None
    assert it.status is ParcelStatus.PICKED_UP
    assert [(rule.below_rub, rule.is_defect) for rule in rules] == [(700, False)]


def test_it_asks_for_a_report_and_reads_it(bazaar: Market, url: str, loop: asyncio.Runner) -> None:
    bazaar.in_status(Status.APPROVED)
    key = bazaar.key()
    period = {"date_from": "2024-09-01T00:00:00Z", "date_to": "2024-09-30T00:00:00Z", "delivery_schema": "FBS"}

    async def story() -> None:
        async with client(url, ANADOLU, key) as api:
            wanted = ReportReturnsCreateRequest(filter=ReportReturnsCreateFilter(**period, status="Approved"))
            code = (await api.report_returns_create(wanted)).result.code
            waiting = (await api.report_info(ReportInfoRequest(code=code))).result
            assert waiting.status in ("waiting", "processing", "success")
            listed = (await api.report_list(ReportListRequest(page=1, page_size=100))).result
            assert [one.code for one in listed.reports] == [code]

    loop.run(story())
    with bazaar.office.database.read() as tx:
        [report] = alive_of_seller(tx, ANADOLU, bazaar.clock.now())
    assert report.wanted.looks == ("Approved",)


def test_it_keeps_addresses_for_pushes(bazaar: Market, url: str, loop: asyncio.Runner, program: Program) -> None:
    way = msgspec.structs.replace(bazaar.office.pushes.way, inside=(ipaddress.ip_network("127.0.0.0/8"),))
    bazaar.office.pushes.way = way
    key = bazaar.key()

    async def story() -> None:
        async with client(url, ANADOLU, key) as api:
            assert (await api.notification_check(NotificationCheckRequest(url=program.url))).is_active
            await api.notification_set(NotificationSetRequest(url=program.url, types=["TYPE_NEW_POSTING"]))
            [address] = (await api.notification_list()).urls
            assert (address.url, address.enable, address.types[0].type) == (program.url, True, "TYPE_NEW_POSTING")
            types = (await api.notification_push_type_list()).types
            assert types[0].type == "TYPE_RETURN_NEW"
            await api.notification_update(NotificationUpdateRequest(id=address.id, types=["TYPE_NEW_MESSAGE"]))
            await api.notification_enable(NotificationEnableRequest(id=address.id, enabled=False))
            [address] = (await api.notification_list()).urls
            assert (address.enable, address.types[0].type) == (False, "TYPE_NEW_MESSAGE")
            await api.notification_delete(NotificationDeleteRequest(id=address.id))

    loop.run(story())
    with bazaar.office.database.read() as tx:
        assert push_queries.of_seller(tx, ANADOLU) == []
