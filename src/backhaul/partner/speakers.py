"""Who speaks to API v1: a session's person or an API key. Cookies do not count here, so no other site's form can speak."""

from typing import Annotated

import msgspec
from litestar.params import HeaderParameter

from backhaul.kit.machine import Refused
from backhaul.partner import access
from backhaul.partner.doors import KEY_CHARACTERS_MAX, Req
from backhaul.partner.office import Office
from backhaul.partner.rules.around import By

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key", max_length=KEY_CHARACTERS_MAX, description="Same key and body: same answer, once."
    ),
]
IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", description='The version you saw, as "7".')]


class Speaker(msgspec.Struct, frozen=True):
    """Who calls: what the desk checks again, whom the law sees, and the person behind a session."""

    caller: access.Caller
    by: By
    account: access.Account | None = None


def speaker(office: Office, request: Req) -> Speaker:
    """Who holds this session token or API key; cookies do not count here, so no other site's form can speak."""
    token, now = token_of(request), office.clock.now()
    if not token:
        raise Refused("credentials_missing", "unknown")
    with office.database.read() as tx:
        if token.startswith("bh_"):
            caller = access.KeyCaller(token)
            known = access.key_of(tx, caller, now)
            if isinstance(known, Refused):
                raise known
            return Speaker(caller, known[0])
        account = access.account_of_session(tx, token, now)
    if account is None:
        raise Refused("sign_in_needed", "unknown")
    return Speaker(access.Known(account.by()), account.by(), account)


def person(who: Speaker) -> access.Account:
    """What a key may never do, whoever made it."""
    if who.account is None:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who.account


def token_of(request: Req) -> str:
    """The bearer token of a request; empty when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
