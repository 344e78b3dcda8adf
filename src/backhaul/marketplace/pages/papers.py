"""What people carry or keep: the customer's drop-off pass, the disposal certificate; each as a page and as a PDF."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from backhaul.kit import http, paper
from backhaul.marketplace import claim_pack, links, papers, passes
from backhaul.marketplace.doors import Req, Visitor, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page


def routes(office: Office) -> list[Any]:
    """The handlers of passes and certificates."""

    def of_pass(who: Visitor, return_id: int) -> passes.DropOffPass:
        with office.look(who.by) as tx:
            return passes.pass_of(office, tx, return_id, who.by, office.clock.now())

    def of_certificate(who: Visitor, return_id: int) -> papers.Certificate:
        with office.look(who.by) as tx:
            return papers.certificate_of(tx, return_id, who.by)

    @get("/returns/{return_id:int}/pass", include_in_schema=False)
    @http.in_thread
    def drop_off_pass(request: Req, return_id: FromPath[int]) -> Response[Any]:
        who = visitor(office, request)
        return page(
            request, "pass.html", who, section="/my-returns", it=of_pass(who, return_id), bring=papers.BRING,
            points_shown=papers.POINTS_ON_PAPER,
        )  # fmt: skip

    @get("/returns/{return_id:int}/pass.svg", include_in_schema=False)
    @http.in_thread
    def code(request: Req, return_id: FromPath[int]) -> Response[bytes]:
        it = of_pass(visitor(office, request), return_id)
        return http.file_answer(
            paper.qr_svg(links.of(office, request).drop_off(it.code)).encode(),
            "image/svg+xml",
            f"pass-{it.return_number}.svg",
        )

    @get("/returns/{return_id:int}/pass.pdf", include_in_schema=False)
    @http.in_thread
    def pass_pdf(request: Req, return_id: FromPath[int]) -> Response[bytes]:
        who = visitor(office, request)
        it = of_pass(who, return_id)
        return http.file_answer(
            papers.pass_pdf(it, links.of(office, request).drop_off(it.code), who.language),
            "application/pdf",
            f"pass-{it.return_number}.pdf",
        )

    @get("/returns/{return_id:int}/certificate", include_in_schema=False)
    @http.in_thread
    def certificate(request: Req, return_id: FromPath[int]) -> Response[Any]:
        who = visitor(office, request)
        it = of_certificate(who, return_id)
        rows = papers.certificate_rows(it, who.language)
        return page(request, "certificate.html", who, it=it, rows=rows)

    @get("/returns/{return_id:int}/certificate.pdf", include_in_schema=False)
    @http.in_thread
    def certificate_pdf(request: Req, return_id: FromPath[int]) -> Response[bytes]:
        who = visitor(office, request)
        it = of_certificate(who, return_id)
        return http.file_answer(papers.certificate_pdf(office, it, who.language), "application/pdf", f"{it.number}.pdf")

    return [drop_off_pass, code, pass_pdf, certificate, certificate_pdf, _claim(office)]


def _claim(office: Office) -> Any:
    @get("/returns/{return_id:int}/claim.zip", include_in_schema=False)
    @http.in_thread
    def claim(request: Req, return_id: FromPath[int]) -> Response[bytes]:
        who = visitor(office, request)
        with office.look(who.by) as tx:
            it, at = claim_pack.claimed(tx, return_id, who.by)
        content = claim_pack.pack(office, it, at, who.language)
        return http.file_answer(content, "application/zip", f"claim-{it.number}.zip", inline=False)

    return claim
