"""Work of several steps under one `Idempotency-Key`: when all is done its answer is kept, and the same request again gets it.

One errand needs none of this: the desk keeps its answer in the errand's own transaction. Each step here is safe to do
twice (files by their bytes, items by keys of their own), so that work which broke off is simply done again.
"""

import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
from anyio import to_thread

from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.machine import Refused
from backhaul.marketplace import access
from backhaul.marketplace.doors import Req, door_of, errand_by
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By


async def once(office: Office, request: Req, by: By, key: str | None, said: object,
               do: Callable[[], Awaitable[bytes]]) -> bytes:  # fmt: skip
    """The answer of `do`, or the one that this key has; `said` is what a repeat must say again."""
    if not key or not by.writes:  # who only reads is refused in there
        return await do()
    known = await answered(office, request, by, key, said)
    if known is not None:
        return known
    answer, body_hash = await do(), fingerprint((door_of(request), said))
    return (await office.desk.perform(Errand(lambda _tx, _at: answer, access.Known(by), key, body_hash))).body


async def answered(office: Office, request: Req, by: By, key: str | None, said: object) -> bytes | None:
    """What the same request was answered under this key; None: it is still to be done."""
    if not key:
        return None

    def look() -> tuple[bytes, bytes] | None:
        with office.database.read() as tx:
            return office.house.journal.known_answers(tx, [key]).get((str(access.Known(by)), key))

    known = await to_thread.run_sync(look)
    if known is not None and known[0] != fingerprint((door_of(request), said)):
        raise Refused("key_used_for_another_request", "invalid", "Idempotency-Key")
    return None if known is None else known[1]


def own_errand(request: Req, account: access.Account, run: Callable[[Tx, datetime], bytes | None], key: str | None,
               said: object) -> Errand:  # fmt: skip
    """A change of what is a person's own: who may only read in the shop may make it, too."""
    return errand_by(request, msgspec.structs.replace(account.by(), writes=True), run, key, said)


def secretly(office: Office, *secrets: str) -> str:
    """What stands for words that nobody may guess from what is kept of a request."""
    return hmac.new(office.csrf_secret.encode(), "\0".join(secrets).encode(), "sha256").hexdigest()
