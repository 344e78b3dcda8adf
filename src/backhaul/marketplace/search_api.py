"""API v1 of the search: the same finds as on its page."""

from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import QueryParameter

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.marketplace import search_views
from backhaul.marketplace.doors import Req, bearer, invalid
from backhaul.marketplace.office import Office
from backhaul.marketplace.search_views import CHARACTERS_MAX, WHO_SEARCHES, Group

Sought = Annotated[str, QueryParameter(min_length=1, max_length=CHARACTERS_MAX,
                                       description="Number, code of a pass, posting, waybill, SKU; for staff a customer, for support a login, key, seller or point")]  # fmt: skip


class SearchView(msgspec.Struct, frozen=True):
    """What was looked for, as it was understood, and what was found; each group has 20 finds at most."""

    q: str
    groups: tuple[Group, ...]


def routes(office: Office) -> Router:
    """The part of API v1 that finds."""

    @get("/search", summary="What a number, code, posting, waybill, product, customer, login or key finds",
         description="For sellers among what is theirs, for moderators and support among all.")  # fmt: skip
    @http.in_thread
    def search(request: Req, q: Sought) -> SearchView:
        by = bearer(office, request)
        if by.role not in WHO_SEARCHES:
            raise Refused("not_your_role", "forbidden", role=by.role)
        text = search_views.meant(q)
        if not text:
            return SearchView("", ())
        with office.look(by) as tx:
            groups = search_views.found(tx, office, by, text, http.language_of(request), office.clock.now())
        return SearchView(text, tuple(groups))

    return Router(
        "/api/v1", route_handlers=[search], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["returns"],
    )  # fmt: skip
