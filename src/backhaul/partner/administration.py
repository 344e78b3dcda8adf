"""The door for the operator's own commands: what they change is handed to the house that runs (D29)."""

import msgspec
from litestar import Router, post

from backhaul.kit import keys
from backhaul.kit.desk import Errand
from backhaul.kit.http import body_as
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor_changes import Lost, take_away
from backhaul.partner import platform_errands, signing_in
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
        _admit(office, request)
        wanted: NewPlatform = body_as(NewPlatform, await request.body())
        register = platform_errands.register_platform
        await office.desk.perform(Errand(lambda tx, at: register(tx, wanted.id, wanted.name, wanted.url, at)))

    @post("/second-factor-resets", status_code=204, summary="Take the second factor of somebody who lost it away")
    async def second_factor_resets(request: Req) -> None:
        _admit(office, request)
        lost: Lost = body_as(Lost, await request.body())
        factors = signing_in.doors(office)
        await office.desk.perform(Errand(lambda tx, at: take_away(factors, tx, lost.login, lost.ticket, None, at)))

    return Router("/api/v1/admin", route_handlers=[platforms, second_factor_resets], include_in_schema=False)


def _admit(office: Office, request: Req) -> None:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not office.admin_token or not keys.same(keys.digest(token), keys.digest(office.admin_token)):
        raise Refused("not_found", "missing")
