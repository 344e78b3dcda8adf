"""The marketplace's door: its signed announcements of units that will come or are lost, and the photos of a mark that it asks for.

A message sent twice counts once.
"""

from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Request, Response, Router, post

from backhaul import wire
from backhaul.kit import http, webhooks
from backhaul.kit.database import Tx
from backhaul.kit.description import Done, door
from backhaul.kit.desk import Errand, Order, fingerprint
from backhaul.kit.forms import convert
from backhaul.kit.http import body_as, encoded
from backhaul.kit.machine import Refused
from backhaul.partner import access, queries
from backhaul.partner.office import Office
from backhaul.partner.perform import THE_MARKETPLACE, expect
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.around import By
from backhaul.partner.rules.words import Role


def routes(office: Office, told: Any) -> Router:
    """The handlers for the marketplace's signed messages, and `told`, what companies' programs read at the same path: one path has its verbs in one router."""

    @post("/events", status_code=200, summary="A signed announcement by the marketplace", tags=["marketplace"],
          opt={"speaker": "signed", **door(takes={"application/json": wire.Message})})  # fmt: skip
    async def event(request: Request[Any, Any, Any]) -> Response[Done]:
        raw = await request.body()
        message_id = await to_thread.run_sync(checked, office, request, raw)
        message: wire.Message = body_as(wire.Message, raw)
        with office.desk.watch.received(request.headers, message.traceparent, message.type):
            answer = await office.desk.perform(_work(office, message, message_id, raw))
        return encoded(answer.body, Done)

    @post("/marked-photos", status_code=200, summary="A photo that belongs to a unit's mark, for the marketplace",
          tags=["marketplace"],
          opt={"speaker": "signed", **door(takes={"application/json": wire.PhotoWanted}, gives=("image/jpeg",))})  # fmt: skip
    async def marked_photo(request: Request[Any, Any, Any]) -> Response[bytes]:
        raw = await request.body()
        await to_thread.run_sync(checked, office, request, raw)
        wanted: wire.PhotoWanted = body_as(wire.PhotoWanted, raw)
        picture = await to_thread.run_sync(_marked_photo, office, wanted)
        return Response(picture, media_type="image/jpeg", status_code=200)

    return Router("/api/v1", route_handlers=[event, told, marked_photo])


def _marked_photo(office: Office, wanted: wire.PhotoWanted) -> bytes:
    """Its bytes, when the unit's final mark shows it; a suspicion and what a seller ordered are not the marketplace's."""
    with office.database.read() as tx:
        it = queries.one(tx, wanted.return_id)
    if it is None or it.inspection.mark is None or wanted.photo not in it.inspection.photos:
        raise Refused("not_found", "missing")
    return office.blobs.read(wanted.photo)


def _work(office: Office, message: wire.Message, message_id: str, raw: bytes) -> Order | Errand:
    by = By(Role.MARKETPLACE, THE_MARKETPLACE)
    caller = access.Known(by)
    if message.type == wire.EXPECTED:
        announced: wire.ExpectedParcel = body_as(wire.ExpectedParcel, bytes(message.data))

        def run(tx: Tx, at: datetime) -> bytes:
            expect(tx, office.desk, announced, by, at, message_id)
            return b"{}"

        return Errand(run, caller, message_id, fingerprint(raw))
    if message.type == wire.DISPATCHED:
        said: wire.DispatchedParcel = body_as(wire.DispatchedParcel, bytes(message.data))
        command = do.NoteDispatch(said.carrier, said.waybill)
        return Order(said.return_id, command, caller, message_id, fingerprint(raw), request_id=message_id)
    if message.type == wire.LOST:
        lost: wire.LostParcel = body_as(wire.LostParcel, bytes(message.data))
        return Order(lost.return_id, do.NoteLost(), caller, message_id, fingerprint(raw), request_id=message_id)
    if message.type == wire.CLAIM_MOVED:
        facts: wire.ClaimFacts = body_as(wire.ClaimFacts, bytes(message.data))
        values = msgspec.structs.asdict(facts)
        noted = convert(do.NoteClaim, {name: value for name, value in values.items() if name != "return_id"})
        return Order(facts.return_id, noted, caller, message_id, fingerprint(raw), request_id=message_id)
    raise Refused("unknown_act", "invalid", "type", act=message.type)


def checked(office: Office, request: Request[Any, Any, Any], raw: bytes) -> str:
    """The message id of a message that the registered marketplace signed."""
    with office.database.read() as tx:
        row = tx.one(access.MARKETPLACE, id=THE_MARKETPLACE)
    if row is None:
        raise Refused("bad_signature", "unknown")
    message_id = webhooks.verified_id(office.seal.open(bytes(row[2])), request.headers, raw, office.clock.now())
    http.note(request, role="house")
    return message_id
