"""`ozon-sdk` 0.2.0 as PyPI has it, pointed at our address: every method it has for rFBS returns."""

import asyncio
import ipaddress
from typing import Any

import msgspec
import pytest
from ozon_sdk import OzonAPIError, SellerAPI
from ozon_sdk.seller_api.basic.models import (
    ArrivalpassArrivalPassCreateRequestArrivalPass,
    ArrivalpassArrivalPassUpdateRequestArrivalPass,
    CreatedAt,
    GetConditionalCancellationListV2RequestWith,
    ReturnsCompanyFbsInfoRequestPagination,
    ReturnsSettingsUtilizationUpdateRequestUtilizationPrice,
    V2ReportReturnsCreateRequestFilter,
    V2ReturnsRfbsFilter,
)
from ozon_sdk.seller_api.basic.models import (
    ReturnsSettingsUtilizationUpdateRequestUtilizationPri9cd20a as Defects,
)

from backhaul.marketplace.returns_report.queries import alive_of_seller
from backhaul.marketplace.rules.words import Status
from backhaul.partner import instruction_queries, queries
from backhaul.partner.rules import commands as p
from backhaul.partner.rules.words import Status as ParcelStatus
from backhaul.world import make_key
from tests.clients.conftest import TRUCK, Program, Raise, announced, with_a_pickup_and_a_withdrawal
from tests.marketplace.cast import ANADOLU, EXPLAINED, LUMITEK, Market
from tests.stories.telling import moscow
from tests.stories.test_seller_api_reaches_the_partner import RECEIVER


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


async def announces(api: SellerAPI, place: int) -> None:
    """Two vehicles, then another one instead of the first, and the second does not come."""
    there = ArrivalpassArrivalPassCreateRequestArrivalPass(dropoff_point_id=place, warehouse_id=20, **TRUCK)
    assert (await api.return_pass_create(arrival_passes=[there, there])).arrival_pass_ids == ["1", "2"]
    van: dict[str, Any] = {**TRUCK, "vehicle_license_plate": "VAN"}
    change = ArrivalpassArrivalPassUpdateRequestArrivalPass(arrival_pass_id=1, **van)
    await api.return_pass_update(arrival_passes=[change])
    await api.return_pass_delete(arrival_pass_ids=["2"])


def test_it_reads_and_sets_what_stands_around_returns(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    kept, withdrawn = with_a_pickup_and_a_withdrawal(world)
    key, url = make_key(world, "CN", "ERP", read_only=False), world.stage.marketplace_web.url

    async def story() -> str:
        async with client(url, LUMITEK, key) as api:
            assert (await api.giveout_is_enabled()).enabled is True
            page: Any = await api.giveout_list(limit=500)
            assert [(row.giveout_id, row.giveout_status) for row in page.giveouts] == [(kept, "GIVEOUT_STATUS_CREATED")]
            one: Any = await api.giveout_info(giveout_id=kept)
            assert [article.name for article in one.articles] == ["Headset"]
            for method in (api.giveout_get_pdf, api.giveout_get_png, api.giveout_barcode_reset):
                await method()  # it keeps nothing of their answers
            points: Any = await api.returns_company_fbs_info(
                pagination=ReturnsCompanyFbsInfoRequestPagination(limit=500)
            )
            assert [(point.name, point.returns_count) for point in points.drop_off_points] == [("MSK-2", 1)]
            others: Any = await api.returns_list(limit=500)
            assert (others.returns, others.has_next) == ([], False)

            await announces(api, points.drop_off_points[0].id_)
            assert announced(world) == [(1, "MSK-2", "VAN")]
            back: Any = (await api.get_delivery_method_return_settings_v1(delivery_method_id=1)).settings
            assert (back.courier_details, back.post_office_zipcode) == (None, None)

            ceiling = ReturnsSettingsUtilizationUpdateRequestUtilizationPrice(enabled=True, value=700)
            await api.utilization_update(
                utilization_price=ceiling, utilization_price_defects=Defects(enabled=True, value=900)
            )
            settings: Any = (await api.utilization_info()).utilization_settings
            assert (settings.utilization_price.amount, settings.utilization_price_defects.amount) == ("700", "900")
            history: Any = (await api.utilization_history()).history
            assert [len(change.descriptions) for change in history] == [2]

            counter = GetConditionalCancellationListV2RequestWith(counter=True)
            cancelled: Any = await api.get_conditional_cancellation_list_v2(limit=10, with_=counter)
            assert [row.cancellation_id for row in cancelled.result] == [withdrawn]
            assert (cancelled.counter, cancelled.result[0].state.state) == (1, "APPROVED")
            for decide in (api.conditional_cancellation_approve_v2, api.conditional_cancellation_reject_v2):
                with pytest.raises(OzonAPIError) as refusal:
                    await decide(cancellation_id=withdrawn)
                assert refusal.value.status_code == 409
            return str((await api.giveout_get_barcode()).barcode)

    barcode = asyncio.run(story())
    world.partner_act(kept, p.HandOver("Ivan Orlov", barcode), RECEIVER)
    with world.stage.partner.database.read() as tx:
        it = queries.one(tx, kept)
        [link] = queries.links_of_seller(tx, LUMITEK)
        rules = instruction_queries.rules(tx, LUMITEK, [link.company_id])
    assert it is not None
    assert it.status is ParcelStatus.PICKED_UP
    assert [(rule.below_rub, rule.is_defect) for rule in rules] == [(700, False), (900, True)]


def test_it_asks_for_a_report_and_reads_it(bazaar: Market, url: str) -> None:
    bazaar.in_status(Status.APPROVED)
    key = bazaar.key()
    period = V2ReportReturnsCreateRequestFilter(
        date_from="2024-09-01T00:00:00Z", date_to="2024-09-30T00:00:00Z", delivery_schema="FBS", status="Approved"
    )

    async def story() -> None:
        async with client(url, ANADOLU, key) as api:
            code = (await api.report_returns_create(filter_=period, language="EN")).result.code  # type: ignore[union-attr]
            waiting: Any = (await api.report_info(code=code)).result
            assert waiting.status in ("waiting", "processing", "success")
            listed: Any = (await api.report_list(page=1, page_size=100)).result
            assert [one.code for one in listed.reports] == [code]

    asyncio.run(story())
    with bazaar.office.database.read() as tx:
        [report] = alive_of_seller(tx, ANADOLU, bazaar.clock.now())
    assert (report.wanted.looks, report.wanted.language) == (("Approved",), "en")


def test_it_keeps_addresses_for_pushes(bazaar: Market, url: str, program: Program) -> None:
    way = msgspec.structs.replace(bazaar.office.pushes.way, inside=(ipaddress.ip_network("127.0.0.0/8"),))
    bazaar.office.pushes.way = way
    key = bazaar.key()

    async def story() -> None:
        async with client(url, ANADOLU, key) as api:
            checked: Any = await api.check_notification(url=program.url)
            assert checked.is_active is True
            await api.set_notification(url=program.url, types=["TYPE_RETURN_NEW"])
            types: Any = (await api.get_notification_push_type_list()).types
            taken = types[0].seller_endpoint
            assert (types[0].type_, taken.url) == ("TYPE_RETURN_NEW", program.url)
            await api.update_notification(id_=taken.id_, types=["TYPE_RETURN_STATE_CHANGED"])
            await api.enable_notification(id_=taken.id_, enabled=False)
            await api.enable_notification(id_=taken.id_, enabled=True)
            await api.notification_list()
            with pytest.raises(OzonAPIError) as refusal:
                await api.delete_notification(id_=taken.id_ + 1)
            assert refusal.value.status_code == 404

    asyncio.run(story())
    return_id = bazaar.in_status(Status.APPROVED)
    assert bazaar.office.pushes.send_now() == 1
    assert program.pushed == [("TYPE_RETURN_STATE_CHANGED", return_id)]
