"""API v1 of the points: the counter's lists, what a scanned code opens, the hand-over of many, passes and certificates."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from backhaul.kit import http, paper
from backhaul.kit.database import Tx
from backhaul.kit.days import at_hour
from backhaul.kit.description import door
from backhaul.kit.machine import Refused
from backhaul.marketplace import claim_pack, errands, links, papers, passes, queries
from backhaul.marketplace.doors import IdempotencyKey, Req, act, errand_by, explain
from backhaul.marketplace.office import Office
from backhaul.marketplace.repeats import once
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By, concerns
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role, Route, Status

HANDED_OVER_MAX = 200

WhoAsks = Callable[[Office, Req], By]


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One product on a counter's list. `waits_too_long`: the dwell alarm is on (R56)."""

    id: int
    number: str
    status: Status
    name: str
    offer_id: str
    reason: str
    bring_by: datetime | None = None
    accepted_at: datetime | None = None
    dispatched_at: datetime | None = None
    seal: str = ""
    carrier: str = ""
    waybill: str = ""
    waits_too_long: bool = False


class Counter(msgspec.Struct, frozen=True):
    """Everything of one point: what customers bring, what waits, what left today; at the sorting point what comes and is there."""

    point_id: str
    kind: str
    expected: list[Item]
    accepted: list[Item]
    dispatched_today: list[Item]
    coming: list[Item]
    received: list[Item]


class Found(msgspec.Struct, frozen=True):
    """The return that a scanned code names."""

    return_id: int
    return_number: str
    status: Status


class HandOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Many products to one carrier with one waybill."""

    return_ids: Annotated[tuple[int, ...], Meta(min_length=1, max_length=HANDED_OVER_MAX)]
    carrier: Annotated[str, Meta(min_length=1, max_length=80)]
    waybill: Annotated[str, Meta(max_length=80)] = ""


class HandedOver(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one product of a hand-over; `code` and `detail` when it was refused."""

    return_id: int
    done: bool
    code: str = ""
    detail: str = ""


class CustomerOfClerk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an employee of a point buys under; empty takes it away."""

    customer_ref: Annotated[str, Meta(max_length=80)]


def handlers(office: Office, who_asks: WhoAsks) -> list[Any]:
    """The operations; `who_asks` reads the caller off a request."""
    return [
        *_at_the_counter(office, who_asks),
        *_acts(office, who_asks),
        *_on_paper(office, who_asks),
        *_proofs(office, who_asks),
    ]


def _at_the_counter(office: Office, who_asks: WhoAsks) -> list[Any]:
    @get("/counter", summary="The lists of the clerk's own point")
    @http.in_thread
    def counter(request: Req) -> Counter:
        by, now = _clerk(who_asks(office, request)), office.clock.now()
        today = at_hour(now, 0, 0)
        with office.look(by) as tx:
            point = next((p for p in queries.points(tx) if p.id == by.subject), None)
            if point is None:
                raise Refused("not_found", "missing")
            sorting = point.kind == "sorting"
            coming = queries.on_route(tx, Status.ON_THE_WAY, Route.A) if sorting else []
            received = queries.on_route(tx, Status.DISPOSING_BY_MARKETPLACE, Route.A) if sorting else []
            sent = queries.dispatched(tx, point.id, today, today + timedelta(days=1), queries.POINT_ROWS)
            expected = queries.expected_at_point(tx, point.id)
            accepted = queries.waiting_at_point(tx, point.id)
        return Counter(point.id, point.kind, *([_item(it) for it in found]
                       for found in (expected, accepted, sent, coming, received)))  # fmt: skip

    @get("/counter/codes", summary="The return that a pass, its code or a return number names")
    @http.in_thread
    def code(request: Req, code: FromQuery[str]) -> Found:
        by = _clerk(who_asks(office, request))
        with office.look(by) as tx:
            it = queries.one(tx, passes.found(office, tx, code) or 0)
        if it is None or not concerns(it, by):
            raise Refused("code_unknown", "missing", "code", scanned=code[:40])
        return Found(it.id, it.number, it.status)

    return [counter, code]


def _acts(office: Office, who_asks: WhoAsks) -> list[Any]:
    @post("/counter/dispatches", status_code=200, summary="Hand many products to one carrier; a result for each")
    async def dispatch(request: Req, data: JSONBody[HandOver],
                       key: IdempotencyKey = None) -> list[HandedOver]:  # fmt: skip
        by = _clerk(await to_thread.run_sync(who_asks, office, request))
        language, command = http.language_of(request), do.Dispatch(data.carrier, data.waybill)

        async def hand_over() -> bytes:
            results = []
            for return_id in dict.fromkeys(data.return_ids):
                try:
                    await act(office, return_id, command, by, key=f"{key}:{return_id}" if key else "")
                    results.append(HandedOver(return_id, done=True))
                except Refused as refused:
                    sentence = explain(refused, language)
                    results.append(HandedOver(return_id, done=False, code=refused.code, detail=sentence))
            return msgspec.json.encode(results)

        answer = await once(office, request, by, key, data, hand_over)
        return msgspec.json.decode(answer, type=list[HandedOver])

    @put("/clerks/{login:str}", status_code=204, summary="What an employee of a point buys under (support)")
    async def customer_of_clerk(request: Req, login: FromPath[str], data: JSONBody[CustomerOfClerk],
                                key: IdempotencyKey = None) -> None:  # fmt: skip
        by = await to_thread.run_sync(who_asks, office, request)
        if by.role is not Role.SUPPORT:
            raise Refused("not_your_role", "forbidden", role=by.role)

        def run(tx: Tx, _: datetime) -> bytes:
            errands.name_customer_of_clerk(tx, login, data.customer_ref.strip())
            return b""

        await office.desk.perform(errand_by(request, by, run, key, data))

    return [dispatch, customer_of_clerk]


def _on_paper(office: Office, who_asks: WhoAsks) -> list[Any]:
    @get("/returns/{return_id:int}/pass", summary="The drop-off pass: what the QR code says, until when, where",
         opt=door(refuses=(409,)))  # fmt: skip
    @http.in_thread
    def drop_off_pass(request: Req, return_id: FromPath[int]) -> Response[passes.DropOffPass]:
        by = who_asks(office, request)
        with office.look(by) as tx:
            found = passes.pass_of(office, tx, return_id, by, office.clock.now())
        found = msgspec.structs.replace(found, digital_link=links.of(office, request).drop_off(found.code))
        return Response(found, headers={"cache-control": "no-store"})

    @get("/returns/{return_id:int}/pass.pdf", media_type="application/pdf", summary="The drop-off pass on paper (PDF)",
         opt=door(refuses=(409,)))  # fmt: skip
    @http.in_thread
    def pass_pdf(request: Req, return_id: FromPath[int]) -> Response[bytes]:
        by = who_asks(office, request)
        with office.look(by) as tx:
            it = passes.pass_of(office, tx, return_id, by, office.clock.now())
        link = links.of(office, request).drop_off(it.code)
        made = papers.pass_pdf(it, link, http.language_of(request))
        return http.file_answer(made, "application/pdf", f"pass-{it.return_number}.pdf")

    @get("/returns/{return_id:int}/pass.svg", media_type="image/svg+xml", summary="The code of the pass (QR, SVG)",
         opt=door(refuses=(409,)))  # fmt: skip
    @http.in_thread
    def pass_svg(request: Req, return_id: FromPath[int]) -> Response[bytes]:
        by = who_asks(office, request)
        with office.look(by) as tx:
            it = passes.pass_of(office, tx, return_id, by, office.clock.now())
        return http.file_answer(
            paper.qr_svg(links.of(office, request).drop_off(it.code)).encode(),
            "image/svg+xml",
            f"pass-{it.return_number}.svg",
        )

    return [drop_off_pass, pass_pdf, pass_svg]


def _proofs(office: Office, who_asks: WhoAsks) -> list[Any]:
    @get("/returns/{return_id:int}/certificate.pdf", media_type="application/pdf",
         summary="The disposal certificate with its photos (PDF)")  # fmt: skip
    @http.in_thread
    def certificate_pdf(request: Req, return_id: FromPath[int]) -> Response[bytes]:
        by = who_asks(office, request)
        with office.look(by) as tx:
            it = papers.certificate_of(tx, return_id, by)
        made = papers.certificate_pdf(office, it, http.language_of(request))
        return http.file_answer(made, "application/pdf", f"{it.number}.pdf")

    @get("/returns/{return_id:int}/certificate", summary="The disposal certificate")
    @http.in_thread
    def certificate(request: Req, return_id: FromPath[int]) -> papers.Certificate:
        by = who_asks(office, request)
        with office.look(by) as tx:
            return papers.certificate_of(tx, return_id, by)

    @get("/returns/{return_id:int}/claim-evidence", media_type="application/zip",
         summary="The evidence of a claim: facts (PDF), photos, and an index with their hashes (ZIP)")  # fmt: skip
    @http.in_thread
    def claim_evidence(request: Req, return_id: FromPath[int]) -> Response[bytes]:
        by = who_asks(office, request)
        with office.look(by) as tx:
            it, at = claim_pack.claimed(tx, return_id, by)
        content = claim_pack.pack(office, it, at, http.language_of(request))
        return http.file_answer(content, "application/zip", f"claim-{return_id}.zip", inline=False)

    return [certificate, certificate_pdf, claim_evidence]


def _clerk(by: By) -> By:
    if by.role is not Role.CLERK:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by


def _item(it: Return) -> Item:
    return Item(
        id=it.id,
        number=it.number,
        status=it.status,
        name=it.line.name,
        offer_id=it.line.offer_id,
        reason=it.reason,
        bring_by=it.act_by if it.status is Status.AWAITING_DROPOFF else None,
        accepted_at=it.accepted_at,
        dispatched_at=it.dispatched_at,
        seal=it.check.seal if it.check else "",
        carrier=it.carrier,
        waybill=it.waybill,
        waits_too_long=it.dwells and it.status is Status.ACCEPTED_AT_PVZ,
    )
