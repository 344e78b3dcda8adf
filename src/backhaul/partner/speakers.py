"""Who calls API v1: a person with a session's token, or an API key; and how their requests are read."""

import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import msgspec
from anyio import to_thread
from litestar import Response
from litestar.exceptions import ValidationException
from litestar.params import HeaderParameter

from backhaul.kit import forms, http
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.machine import Refused
from backhaul.kit.uploads import Read
from backhaul.partner import access, signing_in
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
WHAT_CHARACTERS_MAX = 80
EVENTS_A_PAGE = 200


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
            http.note(request, role="key")
            return Speaker(caller, known[0])
        account = signing_in.account_of_session(office, tx, token)
    if account is None:
        raise Refused("sign_in_needed", "unknown")
    http.note(request, role=account.role)
    return Speaker(access.Known(account.by()), account.by(), account)


def person(speaker: Speaker) -> access.Account:
    """What a key may never do, whoever made it."""
    if speaker.account is None:
        raise Refused("not_your_role", "forbidden", role=speaker.by.role)
    return speaker.account


async def who(office: Office, request: Req) -> Speaker:
    """Who calls, for coroutines."""
    return await to_thread.run_sync(speaker, office, request)


# Changes. With an Idempotency-Key the same request is done once, and answered as before; another one with it is refused.


async def change(office: Office, request: Req, by: Speaker, run: Callable[[Tx, datetime], bytes | None], key: str | None,
                 said: object = None) -> bytes:  # fmt: skip
    """A change that is one piece of the desk's work; the answer's body. `said`: what the request says beside its address."""
    body_hash = _hash(request, said) if key else b""
    answer = await office.desk.perform(Errand(run, by.caller, key or "", body_hash, _what(request)))
    return answer.body


async def once(office: Office, request: Req, by: Speaker, work: Callable[[], Awaitable[bytes]], key: str | None,
               said: object = None) -> bytes:  # fmt: skip
    """What is more than one piece of work: it asks others, or takes long.

    The answer is remembered after the work. `work` must bear being done again by who was cut off in between.
    """
    known = await answered(office, request, by, key, said)
    if known is not None:
        return known
    done = await work()
    return await _remember(office, request, by, key, _hash(request, said), done) if key else done


async def answered(office: Office, request: Req, by: Speaker, key: str | None, said: object = None) -> bytes | None:
    """What the same request was answered under this key; None: it is still to be done, as by `change` with the same words."""
    return await to_thread.run_sync(remembered, office, by.caller, key, _hash(request, said)) if key else None


async def upload(office: Office, request: Req, by: Speaker, keep: Callable[[Read], Awaitable[str]],
                 key: str | None) -> str:  # fmt: skip
    """A file, kept by `keep`; its id. What comes under a key is read into memory only when `keep` asks for it."""
    if not key:
        return await keep(request.body)
    seen = [b""]

    async def read() -> bytes:
        data = await request.body()
        seen[0] = _hash(request, data)
        return data

    if await to_thread.run_sync(_is_known, office, by, key):
        await read()
        known = await to_thread.run_sync(remembered, office, by.caller, key, seen[0])
        if known is not None:
            return known.decode()
    kept = await keep(read)
    return (await _remember(office, request, by, key, seen[0], kept.encode())).decode()


def _hash(request: Req, said: object) -> bytes:
    where = f"{request.method} {request.url.path} ".encode()
    return fingerprint(where + (said if isinstance(said, bytes) else msgspec.json.encode(said)))


def _what(request: Req) -> str:
    return f"{request.method} {request.url.path}"[:WHAT_CHARACTERS_MAX]


def _is_known(office: Office, by: Speaker, key: str) -> bool:
    with office.database.read() as tx:
        return (str(by.caller), key) in office.house.journal.known_answers(tx, [key])


def remembered(office: Office, caller: access.Caller, key: str, body_hash: bytes) -> bytes | None:
    """The answer of the same request; `Refused` when the key belongs to another one."""
    with office.database.read() as tx:
        found = office.house.journal.known_answers(tx, [key]).get((str(caller), key))
    if found is not None and found[0] != body_hash:
        raise Refused("key_used_for_another_request", "invalid", "Idempotency-Key")
    return None if found is None else found[1]


async def _remember(office: Office, request: Req, by: Speaker, key: str, body_hash: bytes, body: bytes) -> bytes:
    answer = await office.desk.perform(Errand(lambda _tx, _at: body, by.caller, key, body_hash, _what(request)))
    return answer.body


def secretly(office: Office, *secrets: str) -> str:
    """What stands for words that nobody may guess from what is kept of a request."""
    return hmac.new(office.csrf_secret.encode(), "\0".join(secrets).encode(), "sha256").hexdigest()


def us_of(at: datetime | None, field: str, otherwise: int) -> int:
    """An instant of a cursor, as it is stored."""
    if at is None:
        return otherwise
    if at.tzinfo is None:
        raise forms.misfit("no time zone", field)
    return to_us(at)


def token_of(request: Req) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def invalid(request: Req, error: ValidationException) -> Response[bytes]:
    return problem(http.misfit_of(error), http.language_of(request))
