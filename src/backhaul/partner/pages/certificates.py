"""The certificates of a unit as PDFs: its disposal, its hand-over to a collector. For everybody whom the unit concerns."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from backhaul.kit import http
from backhaul.partner import papers
from backhaul.partner.doors import Req, visitor
from backhaul.partner.office import Office
from backhaul.partner.pages.parcels import shown


def routes(office: Office) -> list[Any]:
    """The handlers of certificates."""

    @get("/parcels/{parcel_id:int}/certificate.pdf", include_in_schema=False)
    @http.in_thread
    def certificate(request: Req, parcel_id: FromPath[int]) -> Response[bytes]:
        who = visitor(office, request)
        with office.look(who.by) as tx:
            it, _ = shown(tx, parcel_id, who.by)
        content = papers.certificate_pdf(office, it, who.language)
        return http.file_answer(content, "application/pdf", f"{it.disposal.certificate}.pdf")

    @get("/parcels/{parcel_id:int}/hand-over-act.pdf", include_in_schema=False)
    @http.in_thread
    def act(request: Req, parcel_id: FromPath[int]) -> Response[bytes]:
        who = visitor(office, request)
        with office.look(who.by) as tx:
            it, _ = shown(tx, parcel_id, who.by)
        return http.file_answer(papers.act_pdf(it, who.language), "application/pdf", f"{papers.act_number(it)}.pdf")

    return [certificate, act]
