"""The Seller API's pick-up by bar code. What is kept for a collector lies at the partner, which is asked each time (D11)."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from litestar import Response, post
from litestar.params import RawBody
from msgspec import Struct

from backhaul import instructions as said
from backhaul.kit import http, paper
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import instructing, links, queries
from backhaul.marketplace import seller_wire as wire
from backhaul.marketplace.access import ApiKey
from backhaul.marketplace.doors import Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.seller_door import LookUp, Made, only_who_writes
from backhaul.marketplace.seller_schemes import warehouse_id

ENABLED, LIST, INFO = (f"/v1/return/giveout/{word}" for word in ("is-enabled", "list", "info"))
BARCODE, PDF, PNG, RESET = (f"/v1/return/giveout/{word}" for word in ("barcode", "get-pdf", "get-png", "barcode-reset"))
METHODS, ACTS = (ENABLED, LIST, INFO), (BARCODE, PDF, PNG, RESET)
LIMIT_MAX = 500
WAITING, COLLECTED = "GIVEOUT_STATUS_CREATED", "GIVEOUT_STATUS_COMPLETED"
SCHEMA = "GIVEOUT_DELIVERY_SCHEMA_FBS"

SHEET = """#set page(width: 100mm, height: 95mm, margin: 6mm)
#align(center + horizon)[
  #image("bars.svg", width: 100%, height: 30mm, fit: "contain")
  #text(size: 14pt)[#data.barcode]
  #image("square.svg", width: 34mm)
]
"""


class GiveoutListRequest(Struct, frozen=True):
    """A page of give-outs after `last_id`."""

    limit: wire.Id
    last_id: wire.LastId | None = None

    def __post_init__(self) -> None:
        if not 1 <= int(self.limit) <= LIMIT_MAX:
            raise wire.wrong(type(self), "limit", f"value must be inside range [1, {LIMIT_MAX}]")


class GiveoutInfoRequest(Struct, frozen=True):
    """One give-out."""

    giveout_id: wire.Id


def handlers(office: Office, look_up: LookUp) -> list[Any]:
    """Three methods that look, and four that show what opens the shelf: those are not for keys that only read."""

    def pickups(asked: said.PickupsAsked) -> tuple[said.Pickup, ...]:
        return instructing.ask(office, said.PICKUPS, asked, said.Pickups).pickups

    @post(ENABLED, status_code=200)
    @http.in_thread
    def is_enabled(request: Req) -> Response[bytes]:
        def find(tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            seller = queries.seller(tx, int(by.subject))
            return {"enabled": seller is not None and seller.linked}

        return look_up(request, find)

    @post(LIST, status_code=200)
    @http.in_thread
    def page(request: Req, body: RawBody) -> Response[bytes]:
        def find(_tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            asked = wire.read(GiveoutListRequest, body)
            after = said.PickupsAsked(int(by.subject), int(asked.last_id or 0), int(asked.limit))
            return lambda: {"giveouts": [_row(one) for one in pickups(after)]}

        return look_up(request, find)

    @post(INFO, status_code=200)
    @http.in_thread
    def info(request: Req, body: RawBody) -> Response[bytes]:
        def find(_tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            asked = said.PickupsAsked(int(by.subject), return_id=int(wire.read(GiveoutInfoRequest, body).giveout_id))

            def tell() -> dict[str, object]:
                found = pickups(asked)
                if not found:
                    raise Refused("not_found", "missing")
                return _detail(found[0], asked.seller_id)

            return tell

        return look_up(request, find)

    shown = ((BARCODE, _text, False), (PDF, _pdf, False), (PNG, _png, False), (RESET, _png, True))
    return [
        is_enabled,
        page,
        info,
        *(_barcode(office, look_up, path, show, renew=renew) for path, show, renew in shown),
    ]


def _barcode(office: Office, look_up: LookUp, path: str, show: Callable[[str, str], dict[str, object]], *, renew: bool
             ) -> Any:  # fmt: skip
    @post(path, status_code=200)
    @http.in_thread
    def answer(request: Req) -> Response[bytes]:
        def find(_tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            only_who_writes(by)
            asked = said.PickupBarcodeAsked(int(by.subject), by.id, renew)

            def tell() -> dict[str, object]:
                barcode = instructing.ask(office, said.PICKUP_BARCODE, asked, said.PickupBarcode).barcode
                return show(barcode, links.of(office, request).giveout(barcode))

            return tell

        return look_up(request, find)

    return answer


def _row(one: said.Pickup) -> dict[str, object]:
    """One unit, one give-out: its number is the return's."""
    return {
        "giveout_id": one.return_id,
        "giveout_status": COLLECTED if one.collected else WAITING,
        "created_at": from_us(one.decided_at_us),
        "approved_articles_count": int(one.collected),
        "total_articles_count": 1,
        "warehouse_id": warehouse_id(one.warehouse),
        "warehouse_name": one.warehouse,
        "warehouse_address": "",
    }


def _detail(one: said.Pickup, seller_id: int) -> dict[str, object]:
    article = {"approved": one.collected, "delivery_schema": SCHEMA, "name": one.name, "seller_id": seller_id}
    return {
        "giveout_id": one.return_id,
        "giveout_status": COLLECTED if one.collected else WAITING,
        "articles": [article],
        "warehouse_name": one.warehouse,
        "warehouse_address": "",
    }


def _text(barcode: str, _: str) -> dict[str, object]:
    return {"barcode": barcode}


def _pdf(barcode: str, link: str) -> dict[str, object]:
    drawn = paper.pdf(SHEET, {"barcode": barcode}, {
        "bars.svg": paper.code128_svg(barcode).encode(), "square.svg": paper.qr_svg(link).encode(),
    })  # fmt: skip
    return _file("pdf", drawn, "application/pdf")


def _png(barcode: str, _: str) -> dict[str, object]:
    return _file("png", paper.code128_png(barcode), "image/png")


def _file(key: str, data: bytes, media_type: str) -> dict[str, object]:
    """The documented three keys, and the one that a known client reads (D27)."""
    content = base64.b64encode(data).decode()
    return {"file_content": content, "file_name": f"giveout_barcode.{key}", "content_type": media_type, key: content}
