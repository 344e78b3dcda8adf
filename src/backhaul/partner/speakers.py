"""Who speaks at API v1: a session token or a key, and what its doors share."""

from typing import Annotated

import msgspec
from litestar import Response
from litestar.exceptions import ValidationException
from litestar.params import HeaderParameter

from backhaul.kit import forms, http
from backhaul.kit.machine import Refused
from backhaul.partner import access
from backhaul.partner.doors import KEY_CHARACTERS_MAX, Req, problem
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
    said, now = token(request), office.clock.now()
    if not said:
        raise Refused("credentials_missing", "unknown")
    with office.database.read() as tx:
        if said.startswith("bh_"):
            caller = access.KeyCaller(said)
            known = access.key_of(tx, caller, now)
            if isinstance(known, Refused):
                raise known
            return Speaker(caller, known[0])
        account = access.account_of_session(tx, said, now)
    if account is None:
        raise Refused("sign_in_needed", "unknown")
    return Speaker(access.Known(account.by()), account.by(), account)


def person(who: Speaker) -> access.Account:
    """What a key may never do, whoever made it."""
    if who.account is None:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who.account


def token(request: Req) -> str:
    """The bearer's token."""
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    return said.strip() if scheme.lower() == "bearer" else ""


def invalid(request: Req, error: ValidationException) -> Response[bytes]:
    """The framework's complaint about a body as one of our refusals."""
    extra = error.extra if isinstance(error.extra, list) and error.extra else [{}]
    field = str(extra[0].get("key", ""))
    reason = str(extra[0].get("message", error.detail))
    return problem(forms.misfit(reason, field), http.language_of(request))
