"""Printing our own labels: every print is written down first, then the file is given."""

from typing import Any

from litestar import Response, post

from backhaul.partner import label_prints, links
from backhaul.partner.access import Known
from backhaul.partner.doors import Req, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.receiving import DOCK


def routes(office: Office) -> list[Any]:
    """The handler of label printing: one unit, a batch, or an orphan."""

    @post("/receiving/labels", include_in_schema=False)
    async def labels(request: Req) -> Response[bytes]:
        who = await visitor_async(office, request, *DOCK)
        form = await request.form()
        wanted = label_prints.Wanted(
            tuple(label_prints.number_of(str(one)) for one in form.getall("parcel_ids", [])),
            tuple(label_prints.number_of(str(one)) for one in form.getall("orphan_ids", [])),
            str(form.get("form", "pdf")),
        )
        made = await label_prints.printed(office, wanted, Known(who.by), who.by, links.of(office, request))
        return made.answer()

    return [labels]
