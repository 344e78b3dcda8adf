"""What the warehouse sees: one field for any code, and the queues; a supervisor also the addresses to confirm."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us, last_moment, to_us
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.partner import consignment_queries as look
from backhaul.partner import inspection_texts, queries, second_check_queries
from backhaul.partner.doors import STAFF, Req, country, visitor
from backhaul.partner.loads import second_open
from backhaul.partner.office import Office
from backhaul.partner.pages.parcels import MARK_TONES, TONES
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.decisions import concerns
from backhaul.partner.rules.freight import ship_by
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.second_checks import SecondStatus, blinded, is_blind
from backhaul.partner.rules.words import Decision, DisposalStatus, Role, ShipmentStatus, Status

CODE_CHARACTERS_MAX = 200


def _in_work(tx: Tx, after: int = 0) -> list[Parcel]:
    return queries.in_status(tx, Status.IN_WORK, after)


def _to_destroy(tx: Tx, after: int = 0) -> list[Parcel]:
    """What may be destroyed now, and what is taken off the shelf for it already."""
    begun = queries.disposal_queue(tx, DisposalStatus.STARTED, after)
    return sorted([*queries.disposal_queue(tx, after=after), *begun], key=lambda it: it.id)[: queries.PAGE_ROWS]


def _second_checks(tx: Tx, after: int = 0) -> list[Parcel]:
    waiting = second_check_queries.in_status(tx, SecondStatus.ORDERED, after)
    return queries.by_ids(tx, [one.parcel_id for one in waiting])


def _blinded(tx: Tx, parcels: list[Parcel], by: By) -> list[Parcel]:
    """As this person may see them."""
    waiting = second_open(tx, parcels)
    return [blinded(it, by, Around(second_open=it.id in waiting)) for it in parcels]


def _theirs(tx: Tx, rows: list[Parcel], queue: str, by: By) -> list[Parcel]:
    """What of a queue is this person's; nobody confirms a suspicion about a mark that they are to check blindly."""
    found = [it for it in rows if _is_for(it, by, queue)]
    waiting = second_open(tx, found) if queue == "second" else frozenset()
    return [it for it in found if not is_blind(it, by, Around(second_open=it.id in waiting))]


def _is_for(it: Parcel, by: By, queue: str) -> bool:
    """What is on its way to the seller; and nobody checks an own mark a second time."""
    if queue == "sent" and it.shipment.status not in (ShipmentStatus.LABEL_PRINTED, ShipmentStatus.DISPATCHED):
        return False
    return concerns(it, by, Around()) and not (queue == "second_checks" and by.id in it.inspection.by)


def page_of(tx: Tx, queue: str, by: By, after: int = 0) -> list[Parcel]:
    """A page of a queue, full when there is so much for this person: what is not theirs takes no place from what is."""
    found: list[Parcel] = []
    while len(found) < queries.PAGE_ROWS:
        rows = QUEUES[queue](tx, after)
        found += _theirs(tx, rows, queue, by)
        if len(rows) < queries.PAGE_ROWS:
            break
        after = rows[-1].id
    return found[: queries.PAGE_ROWS]


QUEUES: dict[str, Callable[..., list[Parcel]]] = {
    "expected": queries.expected,
    "inspect": queries.inspection_queue,
    "second": queries.second_look_queue,
    "second_checks": _second_checks,
    "media": queries.media_queue,
    "labels": queries.label_queue,
    "pickups": queries.pickup_queue,
    "claims": queries.claims_to_review,
    "sent": _in_work,
    "disposal_due": queries.disposal_due,
    "destroy": _to_destroy,
}
OTHERS_QUEUES = {Role.INSPECTOR: ("expected", "claims"), Role.RECEIVER: ("second_checks", "claims")}
FIRST_QUEUE = {Role.RECEIVER: "expected", Role.INSPECTOR: "inspect", Role.SUPERVISOR: "disposal_due"}


def own_queues(role: Role) -> list[str]:
    """The queues that somebody of the warehouse works at."""
    return [key for key in QUEUES if key not in OTHERS_QUEUES.get(role, ())]


def due_of(it: Parcel, queue: str, around: Around, policy: Policy) -> datetime | None:
    """Until when the work of a queue should be done, or the last moment of what the calendar waits for."""
    if it.status is Status.EXPECTED:
        return it.unit.eta
    if it.disposal.status is DisposalStatus.HELD and queue not in ("claims", "inspect", "media"):
        return it.disposal.hold_until
    bound = _bound_of(it, queue, around, policy)
    return bound and last_moment(bound)


def _bound_of(it: Parcel, queue: str, around: Around, policy: Policy) -> datetime | None:
    if queue == "claims":
        return it.claim.review_by
    if queue == "media":
        return it.media.due
    if queue == "inspect" and it.inspection.due is not None:
        return it.inspection.due
    if queue in ("labels", "sent"):
        waits = queue == "labels" or it.shipment.status is ShipmentStatus.LABEL_PRINTED
        place = around.destinations.get(it.destination.id) if it.destination else None
        return ship_by(it, place, policy) if waits else None
    undecided = it.decision is Decision.NONE and it.status is Status.ARRIVED
    return it.collect_by or (it.decide_by if undecided else None)


def late_in(
    rows: Iterable[Parcel], queue: str, arounds: Callable[[Parcel], Around], policy: Policy, at: datetime
) -> int:
    """How many of these should have been done already."""
    dues = [due_of(it, queue, arounds(it), policy) for it in rows]
    return sum(1 for due in dues if due is not None and due < at)


def _reasons(office: Office, rows: list[Parcel], language: str) -> list[list[str]]:
    policy = office.house.terms.policy
    return [inspection_texts.reasons(it, policy, language) for it in rows]


def routes(office: Office) -> list[Any]:
    """The handlers of the warehouse."""

    @get("/warehouse", include_in_schema=False)
    @http.in_thread
    def warehouse(request: Req) -> Response[Any]:
        who = visitor(office, request, *STAFF)
        by = who.by
        code = request.query_params.get("code", "").strip()[:CODE_CHARACTERS_MAX]
        asked = request.query_params.get("queue", "")
        after = whole_number(request.query_params.get("after", "")) or 0
        own = own_queues(by.role)
        name = asked if asked in own else FIRST_QUEUE[by.role]
        with office.look(by) as tx:
            found = []
            if code:
                named = queries.by_ids(tx, queries.by_code(tx, code))
                found = [it for it in named if concerns(it, by, Around())]
            consignment = look.by_code(tx, code) if code and not found and by.role is not Role.INSPECTOR else None
            if consignment is not None:
                return http.see_other(f"/consignments/{consignment}")
            if len(found) == 1:
                return http.see_other(f"/parcels/{found[0].id}")
            queues = {key: page_of(tx, key, by) for key in own}
            rows = found or (page_of(tx, name, by, after) if after else queues[name])
            arounds = queries.arounds_of(tx, [*rows, *(it for them in queues.values() for it in them)])
            rows = _blinded(tx, rows, by)
        policy, at = office.house.terms.policy, office.clock.now()
        unknown = Wrong(Refused("code_unknown", "missing", text=code)) if code and not found else None
        return page(
            request,
            office,
            "warehouse.html",
            who,
            unknown,
            here=f"/warehouse?queue={name}",
            section="/warehouse",
            queue=name,
            code=code,
            found=bool(found),
            rows=[(it, due_of(it, name, arounds(it), policy)) for it in rows],
            late={key: late_in(them, key, arounds, policy, at) for key, them in queues.items()},
            counts={key: len(them) for key, them in queues.items()},
            full=queries.PAGE_ROWS,
            older=str(rows[-1].id) if not found and len(rows) == queries.PAGE_ROWS else "",
            tones=TONES,
            mark_tones=MARK_TONES,
            reasons=_reasons(office, rows, who.language) if name == "inspect" and not found else [],
        )

    return [warehouse, _addresses(office)]


def _addresses(office: Office) -> Any:
    @get("/addresses", include_in_schema=False)
    @http.in_thread
    def addresses(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SUPERVISOR)
        wait_us = office.house.terms.policy.destination_wait_hours * 3_600_000_000
        with office.look(who.by) as tx:
            found = queries.unconfirmed_destinations(tx)
        rows = [(one, company, from_us(to_us(one.created_at) + wait_us)) for one, company in found]
        names = {one.country: country(one.country, who.language) for one, _ in found}
        return page(request, office, "addresses.html", who, rows=rows, names=names)

    return addresses
