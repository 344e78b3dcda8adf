"""The door for the operator's own commands: what they change is handed to the house that runs (D29)."""

import msgspec
from litestar import Router, post

from backhaul.kit import keys
from backhaul.kit.desk import Errand
from backhaul.kit.http import body_as
from backhaul.kit.machine import Refused
from backhaul.partner import platform_errands
from backhaul.partner.doors import Req
from backhaul.partner.office import Office


class NewPlatform(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A server that speaks the published Seller API."""

    id: str
    name: str
    url: str


def routes(office: Office) -> Router:
    """Open only to whoever can read the note in the data directory."""

    @post("/platforms", status_code=201, summary="Register a platform, or move it")
    async def platforms(request: Req) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not office.admin_token or not keys.same(keys.digest(token), keys.digest(office.admin_token)):
            raise Refused("not_found", "missing")
        wanted: NewPlatform = body_as(NewPlatform, await request.body())
        register = platform_errands.register_platform
        await office.desk.perform(Errand(lambda tx, at: register(tx, wanted.id, wanted.name, wanted.url, at)))

    return Router("/api/v1/admin", route_handlers=[platforms], include_in_schema=False)
