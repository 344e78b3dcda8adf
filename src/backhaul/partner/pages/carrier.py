"""The carrier's files: bring one, and read what came of the last ones."""

from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile

from backhaul.kit import http, uploads
from backhaul.kit.machine import Refused
from backhaul.partner import consignment_doors as doors
from backhaul.partner import consignment_queries as look
from backhaul.partner import consignment_texts as words
from backhaul.partner.access import Known
from backhaul.partner.carriers import FILE_BYTES_MAX
from backhaul.partner.doors import Req, Visitor, explain, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.consignments import PACKERS
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.shapes import CarrierLine


def routes(office: Office) -> list[Any]:
    """The handlers of the carrier's files."""

    @get("/carrier", include_in_schema=False)
    @http.in_thread
    def carrier(request: Req) -> Response[Any]:
        return draw_carrier(request, office, visitor(office, request, *PACKERS))

    @post("/carrier", include_in_schema=False, request_max_body_size=uploads.FILE_BYTES_MAX)
    async def take(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, *PACKERS)
        form = await request.form()
        file = form.get("file")
        try:
            if not isinstance(file, UploadFile) or not file.filename:
                raise Refused("field_invalid", "invalid", "file", problem="missing")  # noqa: TRY301
            data = await file.read(FILE_BYTES_MAX + 1)
            result = await doors.take_file(office, file.filename, data, Known(who.by), who.by)
        except Refused as refused:
            return await to_thread.run_sync(draw_carrier, request, office, who, Wrong(refused))
        return await to_thread.run_sync(draw_carrier, request, office, who, None, result)

    return [carrier, take]


def draw_carrier(
    request: Req, office: Office, who: Visitor, wrong: Wrong | None = None, result: Any = None
) -> Response[str]:
    """The carrier's files: bring one, and what came of the last ones."""
    with office.look(who.by) as tx:
        files = look.carrier_files(tx)

    def told(line: CarrierLine) -> str:
        facts = {
            name: msgspec.convert(fact, datetime) if name.endswith("_at") else fact for name, fact in line.facts.items()
        }
        return explain(
            Refused(line.code, "invalid", line.field or None, **{"number": line.number, **facts}), who.language
        )

    return page(request, office, "carrier.html", who, wrong, here="/carrier", section="/packing", files=files,
                result=result, told=told, statuses=words.TRACKING_STATUSES)  # fmt: skip
