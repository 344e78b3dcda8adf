"""What all methods of the Seller API share: the key first, then the answer, in the contract's form."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from litestar import Response
from litestar.enums import MediaType

from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, key_log
from backhaul.marketplace.access import ApiKey
from backhaul.marketplace.doors import Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By

# A body, or what makes one after the transaction: whoever asks others holds no connection meanwhile.
Made = dict[str, object] | Callable[[], dict[str, object]]
Find = Callable[[Tx, By, ApiKey, datetime], Made]
LookUp = Callable[[Req, Find], Response[bytes]]


def looking_up(office: Office) -> LookUp:
    """A method that reads: checks the key, whatever its role, and opens the database for reading."""

    def look_up(request: Req, find: Find) -> Response[bytes]:
        caller, at = request.state.caller, office.clock.now()
        with office.database.read() as tx:
            found = access.key_of(tx, caller, at)
            if not isinstance(found, Refused):
                office.house.refresh_terms(tx, at)
                office.gate.learn(caller, good=True)
                access.hold_to_own(tx, found[0])
                made = find(tx, *found, at)
        if isinstance(found, Refused):
            office.gate.learn(caller, good=False)
            key_log.note_refusal(office, caller, request.url.path, found)
            raise found
        body = made() if callable(made) else made
        key_log.note_use(office, caller, request.url.path)
        return answer(request, body)

    return look_up


def only_who_writes(by: By) -> None:
    """`Refused` for a key that only reads."""
    if not by.writes:
        raise Refused("role_read_only", "forbidden")


def answer(request: Req, body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A body with the headers that every answer has."""
    headers = {"x-o3-trace-id": request.state.trace, "cache-control": "no-store", **(headers or {})}
    return Response(msgspec.json.encode(body), status_code=status, media_type=MediaType.JSON, headers=headers)
