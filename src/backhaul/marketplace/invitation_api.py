"""API v1 of one-time links: who is invited, and the password that lets them in. The link is all that somebody needs."""

from datetime import datetime

import msgspec
from anyio import to_thread
from litestar import Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody

from backhaul.kit import http, keys
from backhaul.kit.database import Tx
from backhaul.kit.description import door
from backhaul.kit.desk import Errand
from backhaul.kit.kept import OPEN
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, users
from backhaul.marketplace.doors import invalid
from backhaul.marketplace.office import Office


class InvitationView(msgspec.Struct, frozen=True):
    """Who is invited; a password has so many characters."""

    login: str
    name: str
    language: str
    password_characters_min: int
    password_characters_max: int


class Accept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password to sign in with from now on."""

    password: str


def routes(office: Office) -> Router:
    """The handlers of one-time links."""

    @get(
        "/invitations/{token:str}", summary="Who is invited by a one-time link", opt={**OPEN, **door(speaker="nobody")}
    )
    @http.in_thread
    def invitation(token: FromPath[str]) -> InvitationView:
        found = invited(office, token)
        low, high = users.PASSWORD_CHARACTERS_MIN, users.PASSWORD_CHARACTERS_MAX
        return InvitationView(found.login, found.name, found.language, low, high)

    @post("/invitations/{token:str}/accept", status_code=204, opt={**OPEN, **door(speaker="nobody")},
          summary="Set the password; the link is used up, and every session of its user ends")  # fmt: skip
    async def accept(token: FromPath[str], data: JSONBody[Accept]) -> None:
        def prepare() -> str:
            users.check_password(data.password, login=invited(office, token).login)
            return keys.hash_password(data.password)

        hashed = await to_thread.run_sync(prepare)

        def run(tx: Tx, at: datetime) -> None:
            users.accept_invitation(tx, token, hashed, at)

        await office.desk.perform(Errand(run))

    return Router(
        "/api/v1", route_handlers=[invitation, accept], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["users"],
    )  # fmt: skip


def invited(office: Office, token: str) -> access.Account:
    """Whom a link invites; one that is used up, over or was never made is refused alike."""
    with office.database.read() as tx:
        found = access.invited(tx, token, office.clock.now())
    if found is None:
        raise Refused("link_expired", "missing")
    return found
