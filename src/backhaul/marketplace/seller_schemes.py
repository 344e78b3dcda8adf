"""The Seller API's methods that ask for what is not here: returns of the other schemes, a delivery method's own ways back; and where units wait for their seller."""

import zlib
from datetime import datetime
from typing import Annotated, Any

from litestar import Response, post
from litestar.params import RawBody
from msgspec import Meta, Struct

from backhaul import instructions as said
from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.marketplace import instructing
from backhaul.marketplace import seller_wire as wire
from backhaul.marketplace.access import ApiKey
from backhaul.marketplace.doors import Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.wire_states import VISUAL_STATUSES
from backhaul.marketplace.seller_door import LookUp, Made

LIST, POINTS = "/v1/returns/list", "/v1/returns/company/fbs/info"
SETTINGS = "/v1/delivery-method/return/settings/get"
METHODS = (LIST, POINTS, SETTINGS)
LIMIT_MAX = 500
SCHEMAS = ("FBS", "FBO")
COMPENSATION_IDS = (1, 2, 3, 4)


class TimeRange(Struct, frozen=True):
    """From when to when; both ends belong to it."""

    time_from: datetime | None = None
    time_to: datetime | None = None


class ListFilter(Struct, frozen=True):
    """Which returns; of the three time ranges one at most."""

    logistic_return_date: TimeRange | None = None
    storage_tariffication_start_date: TimeRange | None = None
    visual_status_change_moment: TimeRange | None = None
    order_id: wire.LastId | None = None
    posting_numbers: Annotated[list[wire.Words], Meta(max_length=50)] | None = None
    product_name: wire.Words | None = None
    offer_id: wire.Words | None = None
    visual_status_name: str | None = None
    warehouse_id: wire.LastId | None = None
    barcode: wire.Words | None = None
    return_schema: str | None = None
    compensation_status_id: int | None = None


class GetReturnsListRequest(Struct, frozen=True):
    """A page of returns of the schemes FBO and FBS."""

    limit: int
    filter: ListFilter | None = None
    last_id: wire.LastId | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LIMIT_MAX:
            raise wire.wrong(type(self), "limit", f"value must be inside range [1, {LIMIT_MAX}]")
        asked = self.filter or ListFilter()
        ranges = (asked.logistic_return_date, asked.storage_tariffication_start_date, asked.visual_status_change_moment)
        if sum(one is not None for one in ranges) > 1:
            raise wire.wrong(type(self), "filter", "only one time range can be used")
        for name, value, known in (
            ("return_schema", (asked.return_schema or "").upper() or None, SCHEMAS),
            ("visual_status_name", asked.visual_status_name or None, tuple(VISUAL_STATUSES)),
            ("compensation_status_id", asked.compensation_status_id or None, COMPENSATION_IDS),
        ):
            if value is not None and value not in known:
                in_list = ", ".join(str(one) for one in known)
                raise wire.wrong(type(self), f"filter.{name}", f"value must be in list [{in_list}]")


class PointFilter(Struct, frozen=True):
    """One point."""

    place_id: wire.LastId | None = None


class Pagination(Struct, frozen=True):
    """A page of points."""

    limit: int
    last_id: wire.LastId | None = None


class ReturnsCompanyFbsInfoRequest(Struct, frozen=True):
    """Where units of the seller wait for a collector."""

    pagination: Pagination
    filter: PointFilter | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.pagination.limit <= LIMIT_MAX:
            raise wire.wrong(type(self), "pagination.limit", f"value must be inside range [1, {LIMIT_MAX}]")


class GetDeliveryMethodReturnSettingsV1Request(Struct, frozen=True):
    """How products come back that a delivery method brought."""

    delivery_method_id: wire.Id


def warehouse_id(name: str) -> int:
    """The number of a warehouse on this wire: the partner names them, so it is made of the name and stays the same."""
    return zlib.crc32(name.encode())


def handlers(office: Office, look_up: LookUp) -> list[Any]:
    """The three methods, for keys of any role."""

    @post(LIST, status_code=200)
    @http.in_thread
    def returns(request: Req, body: RawBody) -> Response[bytes]:
        def find(_tx: Tx, _by: By, _key: ApiKey, _at: datetime) -> Made:
            wire.read(GetReturnsListRequest, body)
            return {"returns": [], "has_next": False}

        return look_up(request, find)

    @post(POINTS, status_code=200)
    @http.in_thread
    def points(request: Req, body: RawBody) -> Response[bytes]:
        def find(_tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            asked = wire.read(ReturnsCompanyFbsInfoRequest, body)
            return lambda: _points(office, int(by.subject), asked)

        return look_up(request, find)

    @post(SETTINGS, status_code=200)
    @http.in_thread
    def settings(request: Req, body: RawBody) -> Response[bytes]:
        def find(_tx: Tx, _by: By, _key: ApiKey, _at: datetime) -> Made:
            """Whatever brought a product, it comes back through a point: no courier, post office or company is set."""
            wire.read(GetDeliveryMethodReturnSettingsV1Request, body)
            return {"settings": {}}

        return look_up(request, find)

    return [returns, points, settings]


def _points(office: Office, seller_id: int, asked: ReturnsCompanyFbsInfoRequest) -> dict[str, object]:
    told = instructing.ask(office, said.PICKUP_POINTS, said.PickupPointsAsked(seller_id), said.PickupPoints)
    place, after = int((asked.filter and asked.filter.place_id) or 0), int(asked.pagination.last_id or 0)
    rows = sorted((_point(one) for one in told.points), key=lambda row: int(str(row["id"])))
    rows = [row for row in rows if int(str(row["id"])) > after and place in (0, row["place_id"])]
    return {"drop_off_points": rows[: asked.pagination.limit], "has_next": len(rows) > asked.pagination.limit}


def _point(point: said.PickupPoint) -> dict[str, object]:
    """Each unit lies in a parcel of its own."""
    number = warehouse_id(point.warehouse)
    hours, minutes = divmod(point.utc_offset_minutes, 60)
    return {
        "id": number,
        "place_id": number,
        "name": point.warehouse,
        "address": "",
        "box_count": point.units,
        "returns_count": point.units,
        "pass_info": {"count": point.passes, "is_required": False},
        "utc_offset": f"{hours:+03d}:{minutes:02d}",
        "warehouses_ids": [],
    }
