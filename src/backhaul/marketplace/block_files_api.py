"""API v1 of what belongs to a block: pictures and videos of its appeal, and for the customer what happened to it."""

from litestar import Response, Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromPath

from backhaul.kit import http
from backhaul.kit.description import door
from backhaul.kit.machine import Refused
from backhaul.marketplace import block_queries
from backhaul.marketplace.block_api import BlockEventView, event_views
from backhaul.marketplace.block_doors import check_file
from backhaul.marketplace.doors import Req, bearer, invalid
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.words import Role


def routes(office: Office) -> Router:
    """The handlers of a block's files and of one's own block's history."""

    @get("/my-block/events", summary="What happened to the caller's newest block", opt=door(refuses=(404,)))
    @http.in_thread
    def mine(request: Req) -> list[BlockEventView]:
        by = bearer(office, request)
        with office.look(by) as tx:
            found = block_queries.of_customer(tx, by.subject) if by.role is Role.CUSTOMER else []
            history = block_queries.history(tx, found[0].id) if found else []
        if not history:
            raise Refused("not_found", "missing")
        return event_views(history, http.language_of(request))

    @get("/blocks/{block_id:int}/photos/{blob_id:str}", media_type="image/jpeg", summary="A photo of an appeal (JPEG)")
    @http.in_thread
    def picture(request: Req, block_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        check_file(office, block_id, blob_id, bearer(office, request))
        return office.media.picture(blob_id)

    @get("/blocks/{block_id:int}/videos/{blob_id:str}", media_type="video/webm",
         summary="A video of an appeal (WebM); `Range` is understood")  # fmt: skip
    @http.in_thread
    def video(request: Req, block_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        check_file(office, block_id, blob_id, bearer(office, request))
        return office.media.video(blob_id, request)

    @get("/blocks/{block_id:int}/videos/{blob_id:str}/poster", media_type="image/jpeg",
         summary="A picture of a video of an appeal (JPEG)")  # fmt: skip
    @http.in_thread
    def poster(request: Req, block_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        check_file(office, block_id, blob_id, bearer(office, request))
        return office.media.poster(blob_id)

    return Router(
        "/api/v1", route_handlers=[mine, picture, video, poster], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["blocks"],
    )  # fmt: skip
