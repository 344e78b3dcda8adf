"""The partner's door: signed reports of what the warehouse saw and did, and the check before an account is linked.

Only the partner's own credential opens it (D17). The message id is the idempotency key: a message sent twice counts once.
"""

from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, post

from backhaul import wire
from backhaul.kit import http, keys, webhooks
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.description import Done, door
from backhaul.kit.desk import Errand, Order, fingerprint
from backhaul.kit.forms import convert
from backhaul.kit.http import body_as, encoded
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, errands, queries, retention, sync_errands, sync_queries
from backhaul.marketplace.announcing import THE_PARTNER, announcements
from backhaul.marketplace.doors import Req, address_of
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.claims import was_drafted
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.words import ClaimKind, Mark, Role
from backhaul.marketplace.tables import journal

SHAPES: dict[str, type[Any]] = {
    wire.ARRIVED: wire.Arrival,
    wire.MARKED: wire.Marking,
    wire.DECIDED: wire.Decision,
    wire.HANDED_OVER: wire.Handover,
    wire.DISPOSED: wire.Disposal,
    wire.CLAIM_REVIEWED: wire.ClaimReview,
}
BUSINESS_TYPES = {"TR": "RETURN_PRODUCT"}
OTHER_BUSINESS_TYPE = "CANCEL_ORDERS"


def command_for(message: wire.Message) -> tuple[int, do.Command]:
    """The return and the command that a report stands for."""
    shape = SHAPES.get(message.type)
    if shape is None:
        raise Refused("unknown_act", "invalid", "type", act=message.type)
    data = body_as(shape, bytes(message.data))
    values = msgspec.structs.asdict(data)
    return_id = values.pop("return_id")
    commands: dict[str, type[do.Command]] = {
        wire.ARRIVED: do.RecordArrival,
        wire.MARKED: do.RecordMark,
        wire.DECIDED: do.RecordDecision,
        wire.HANDED_OVER: do.RecordHandover,
        wire.DISPOSED: do.RecordDisposal,
        wire.CLAIM_REVIEWED: do.RecordClaimReview,
    }
    if message.type == wire.MARKED:
        values["mark"] = convert(Mark, values["mark"])
    return return_id, convert(commands[message.type], values)


def routes(office: Office) -> Router:
    """The handlers for the partner's signed messages."""

    @post("/reports", status_code=200, summary="A signed report by the logistics partner",
          opt=door(takes={"application/json": wire.Message}))  # fmt: skip
    async def report(request: Req) -> Response[Done]:
        raw = await request.body()
        message_id = await to_thread.run_sync(_checked, office, request, raw)
        message: wire.Message = body_as(wire.Message, raw)
        with office.desk.watch.received(request.headers, message.traceparent, message.type):
            if message.type == wire.LINKED:
                answer = await office.desk.perform(_link(message, message_id, raw))
            else:
                return_id, command = command_for(message)
                order = Order(return_id, command, _caller(), message_id, fingerprint(raw), request_id=message_id)
                answer = await office.desk.perform(order)
        return encoded(answer.body, Done)

    @post("/partner/link-check", status_code=200, summary="May this account act for that seller?",
          opt=door(takes={"application/json": wire.LinkCheck}))  # fmt: skip
    async def link_check(request: Req) -> wire.LinkAnswer:
        raw = await request.body()
        await to_thread.run_sync(_checked, office, request, raw)
        asked = body_as(wire.LinkCheck, raw)

        def look() -> wire.LinkAnswer:
            with office.database.read() as tx:
                return check_link(tx, asked, address_of(request), office.clock.now())

        return await to_thread.run_sync(look)

    @post("/partner/claim-photos", status_code=200, summary="A photo of the pick-up point, for the review of a claim",
          opt=door(takes={"application/json": wire.PhotoWanted}, gives=("image/jpeg",)))  # fmt: skip
    async def claim_photo(request: Req) -> Response[bytes]:
        raw = await request.body()
        await to_thread.run_sync(_checked, office, request, raw)
        wanted: wire.PhotoWanted = body_as(wire.PhotoWanted, raw)
        picture = await to_thread.run_sync(_claim_photo, office, wanted)
        return Response(picture, media_type="image/jpeg", status_code=200)

    @post("/partner/hold-check", status_code=200, summary="Which of these units are evidence still?",
          opt=door(takes={"application/json": wire.HoldCheck}))  # fmt: skip
    async def hold_check(request: Req) -> wire.HoldAnswer:
        raw = await request.body()
        await to_thread.run_sync(_checked, office, request, raw)
        asked = body_as(wire.HoldCheck, raw)

        def look() -> wire.HoldAnswer:
            with office.database.read() as tx:
                at = office.clock.now()
                return wire.HoldAnswer(tuple(one for one in asked.return_ids if retention.is_held(tx, one, at)))

        return await to_thread.run_sync(look)

    return Router("/api/v1", route_handlers=[report, link_check, claim_photo, hold_check, *_comparing(office)],
                  tags=["partner"], opt={"speaker": "signed"})  # fmt: skip


def _claim_photo(office: Office, wanted: wire.PhotoWanted) -> bytes:
    """Only what the point saw of a unit whose substitution is claimed."""
    with office.database.read() as tx:
        it = queries.one(tx, wanted.return_id)
    claimed = it is not None and was_drafted(it, ClaimKind.SUBSTITUTION)
    if it is None or not claimed or it.check is None or wanted.photo not in it.check.photos:
        raise Refused("not_found", "missing")
    return office.blobs.read(wanted.photo)


def _comparing(office: Office) -> list[Any]:
    """What the partner asks to find out whether both hold the same (R99)."""

    @post(
        "/partner/units",
        status_code=200,
        summary="The units that are routed to the partner, as the marketplace holds them",
        opt=door(takes={"application/json": wire.UnitsAsked}),
    )
    async def units(request: Req) -> Response[wire.Units]:
        raw = await request.body()
        await to_thread.run_sync(_checked, office, request, raw)
        asked: wire.UnitsAsked = body_as(wire.UnitsAsked, raw)
        note = Errand(lambda tx, at: sync_errands.note_sync(tx, THE_PARTNER, asked, at))
        await office.desk.perform(note)

        def look() -> bytes:
            with office.database.read() as tx:
                return msgspec.json.encode(_units(tx, asked, office.clock.now()))

        return encoded(await to_thread.run_sync(look), wire.Units)

    @post("/partner/send-again", status_code=200, summary="Announce these units to the partner once more",
          opt=door(takes={"application/json": wire.SendAgain}))  # fmt: skip
    async def send_again(request: Req) -> Response[wire.SentAgain]:
        raw = await request.body()
        message_id = await to_thread.run_sync(_checked, office, request, raw)
        asked: wire.SendAgain = body_as(wire.SendAgain, raw)

        def run(tx: Tx, at: datetime) -> bytes:
            return msgspec.json.encode(wire.SentAgain(_announce_again(tx, asked.return_ids, office.house.terms, at)))

        answer = await office.desk.perform(Errand(run, _caller(), message_id, fingerprint(raw)))
        return encoded(answer.body, wire.SentAgain)

    return [units, send_again]


def _units(tx: Tx, asked: wire.UnitsAsked, at: datetime) -> wire.Units:
    """Those that are named, or a page; with it how far our own messages are behind."""
    most = min(asked.most, sync_queries.UNITS_MAX)
    named = asked.ids[: sync_queries.UNITS_MAX]
    found = sync_queries.units_of(tx, named) if named else sync_queries.units(tx, asked.after, most) if most else []
    waits = journal.moving(tx, [it.id for it in found], to_us(at) + 1)
    waiting, since_us = journal.letters_waiting(tx)
    until = found[-1].id if not named and most and len(found) == most else None
    told = tuple(sync_queries.state_of(it, waits=it.id in waits) for it in found)
    return wire.Units(told, until, waiting, since_us)


def _announce_again(tx: Tx, return_ids: tuple[int, ...], terms: Terms, at: datetime) -> tuple[int, ...]:
    """The messages that start a unit at the partner, for those whose own ones do not wait any more."""
    found = sync_queries.units_of(tx, return_ids[: sync_queries.UNITS_MAX])
    waits = journal.moving(tx, [it.id for it in found], to_us(at) + 1)
    sent = []
    for it in found:
        letters = [] if it.id in waits else announcements(it, terms, at)
        if letters:
            sync_errands.post_again(tx, it, letters, at)
            sent.append(it.id)
    return tuple(sent)


def _link(message: wire.Message, message_id: str, raw: bytes) -> Errand:
    linked: wire.Linked = body_as(wire.Linked, bytes(message.data))

    def run(tx: Tx, _: datetime) -> bytes:
        errands.link_seller(tx, linked.seller_id, linked=linked.linked)
        return b"{}"

    return Errand(run, _caller(), message_id, fingerprint(raw))


def check_link(tx: Tx, asked: wire.LinkCheck, address: str, at: datetime) -> wire.LinkAnswer:
    """Each mistake has its own code: wrong key, seller id, business type or network, revoked, expired, view only (D18)."""
    public_id = keys.public_id_of(asked.key)
    rows = tx.rows(access.KEYS, ids=[public_id]) if public_id else []
    if not rows or not keys.same(bytes(rows[0][-1]), keys.digest(asked.key)):
        return wire.LinkAnswer("wrong_key")
    key = access.ApiKey(*rows[0][:-1])
    if key.seller_id != asked.seller_id:
        return wire.LinkAnswer("wrong_seller_id")
    status = key.status(to_us(at))
    if status != "active":
        return wire.LinkAnswer(f"key_{status}", expires_at_us=key.expires_us)
    if key.networks and not access.is_within(address, key.networks):
        return wire.LinkAnswer("key_network_not_allowed", expires_at_us=key.expires_us)
    seller = queries.seller(tx, key.seller_id)
    country, name = (seller.country, seller.name) if seller else ("", "")
    right = BUSINESS_TYPES.get(country, OTHER_BUSINESS_TYPE)
    code = "ok" if key.role == access.RETURNS else "view_only"
    if asked.business_type != right:
        code = "wrong_business_type"
    return wire.LinkAnswer(code, name, "T" if country == "TR" else "C", key.role, key.expires_us, right)


def _caller() -> access.Known:
    return access.Known(By(Role.PARTNER, THE_PARTNER))


def _checked(office: Office, request: Req, raw: bytes) -> str:
    """The message id of a message that the registered partner signed."""
    with office.database.read() as tx:
        row = tx.one(access.PARTNER, id=THE_PARTNER)
    if row is None:
        raise Refused("bad_signature", "unknown")
    message_id = webhooks.verified_id(office.seal.open(bytes(row[2])), request.headers, raw, office.clock.now())
    http.note(request, role="house")
    return message_id
