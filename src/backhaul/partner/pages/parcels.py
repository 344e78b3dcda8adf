"""The page of one parcel, for its seller and for the warehouse, and the acts on it."""

from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get
from litestar.params import FromPath

from backhaul.kit import forms, http, i18n
from backhaul.kit.database import Tx
from backhaul.kit.days import last_moment, to_us
from backhaul.kit.done import done
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.uploads import act_doors
from backhaul.partner import evidence, inspection_texts, queries, seen_photo_views, texts
from backhaul.partner.access import Known
from backhaul.partner.doors import (
    ACT_WORDS,
    ACTS,
    Req,
    Visitor,
    act,
    country,
    read_form,
    visitor,
    visitor_async,
    who_said,
)
from backhaul.partner.office import Office
from backhaul.partner.pages import answers
from backhaul.partner.pages.sheets import Form, Wrong, form_of, page
from backhaul.partner.pages.stations import house_cookie, last_house
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules import freight, photo_codes
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.calendar import decision_bound, timers
from backhaul.partner.rules.decisions import concerns, may_act, open_acts
from backhaul.partner.rules.destinations import decisions_for
from backhaul.partner.rules.explaining import steps
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.second_checks import blinded, is_blind
from backhaul.partner.rules.tariff import Tariff, agreed, storage
from backhaul.partner.rules.warehouse import shipping_hold
from backhaul.partner.rules.words import COUNTRY_OF, Decision, MediaKind, Role, Service, Status
from backhaul.partner.shapes import Happening

TONES = {
    Status.ARRIVED: "warn", Status.DISPOSAL_DUE: "bad", Status.DISPOSED: "bad", Status.DELIVERED: "good",
    Status.PICKED_UP: "good",
}  # fmt: skip
MARK_TONES = {"serviceable": "good", "partially_damaged": "warn", "completely_damaged": "bad", "substituted": "bad"}
PHOTOS_ARE_WRONG = frozenset({"photo_code_needed", "photo_code_used", "photo_code_wrong", "photo_used_elsewhere"})


def routes(office: Office) -> list[Any]:
    """The handlers of a parcel's page."""

    @get("/parcels/{parcel_id:int}", include_in_schema=False)
    @http.in_thread
    def show(request: Req, parcel_id: FromPath[int]) -> Response[Any]:
        return draw(request, office, visitor(office, request), parcel_id)

    async def perform(request: Req, parcel_id: int, word: str) -> Response[Any]:
        who = await visitor_async(office, request)
        by = who.by
        values: dict[str, Any] = {}
        try:
            await read_form(office, request, by, values)
            command = forms.parse(_command(word), values)
            seen = whole_number(str(values.get("seen", "")))
            if seen is None:
                raise Refused("version_needed", "conflict", "seen")  # noqa: TRY301
            key = str(values.get("form_token", ""))[:80]
            await act(office, parcel_id, command, Known(by), by, key=key, seen=seen)
        except Refused as refused:
            if refused.kind in {"missing", "unknown"}:
                raise
            if refused.code in PHOTOS_ARE_WRONG:
                values["photos"] = []
            wrong = Wrong(refused, values, str(values.get("form", "")))
            return await to_thread.run_sync(draw, request, office, who, parcel_id, wrong)
        cookies = [house_cookie(command.warehouse)] if isinstance(command, do.Arrive) else []
        return done(answers.address(who, parcel_id, word), word, cookies)

    return [show, *act_doors("/parcels", ACTS, perform), *_files(office)]


def _files(office: Office) -> list[Any]:
    """Photos and videos, for those who may see the parcel."""

    @get("/photos/{parcel_id:int}/{blob_id:str}", include_in_schema=False)
    @http.in_thread
    def photo(request: Req, parcel_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        who = visitor(office, request)
        with office.look(who.by) as tx:
            it, around = shown(tx, parcel_id, who.by)
        if blob_id not in queries.shown_photos(blinded(it, who.by, around), who.by):
            raise Refused("not_found", "missing")
        return office.media.picture(blob_id)

    def its_video(request: Req, parcel_id: int, blob_id: str) -> None:
        who = visitor(office, request)
        with office.look(who.by) as tx:
            it, _ = shown(tx, parcel_id, who.by)
        if blob_id not in queries.shown_videos(it):
            raise Refused("not_found", "missing")

    @get("/videos/{parcel_id:int}/{blob_id:str}", include_in_schema=False)
    @http.in_thread
    def video(request: Req, parcel_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        its_video(request, parcel_id, blob_id)
        return office.media.video(blob_id, request)

    @get("/videos/{parcel_id:int}/{blob_id:str}/poster", include_in_schema=False)
    @http.in_thread
    def poster(request: Req, parcel_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        its_video(request, parcel_id, blob_id)
        return office.media.poster(blob_id)

    @get("/claim-photos/{parcel_id:int}/{blob_id:str}", include_in_schema=False)
    @http.in_thread
    def claim_photo(request: Req, parcel_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        who = visitor(office, request, Role.SUPERVISOR)
        with office.look(who.by) as tx:
            it, _ = shown(tx, parcel_id, who.by)
        evidence.fetch_point_photo(office, it, blob_id)
        return office.media.picture(blob_id)

    return [photo, video, poster, claim_photo]


def _command(word: str) -> type[do.Command]:
    if word not in ACTS:
        raise Refused("unknown_act", "missing", act=word)
    return ACTS[word]


def shown(tx: Tx, parcel_id: int, by: By) -> tuple[Parcel, Around]:
    """A parcel that concerns the caller, and what stands around it; else there is none."""
    it = queries.one(tx, parcel_id)
    around = queries.around_of(tx, it) if it is not None else Around()
    if it is None or not concerns(it, by, around):
        raise Refused("not_found", "missing")
    return it, around


def draw(request: Req, office: Office, who: Visitor, parcel_id: int, wrong: Wrong | None = None) -> Response[str]:
    """The page of a parcel, after a refusal with its sentence and what was typed."""
    by = who.by
    with office.look(by) as tx:
        it, around = shown(tx, parcel_id, by)
        happened = queries.history(tx, parcel_id)
        blind = is_blind(it, by, around)
        history = [
            _told(tx, by, happening, texts.MARK_LABELS_OF[it.unit.variant])
            for happening in happened
            if _for_eyes_of(by, happening, blind=blind)
        ]
        charges = queries.entries(tx, parcel_id) if by.role in (Role.SELLER, Role.SUPERVISOR) else []
        media = seen_photo_views.with_files(tx, it, by)
    at, terms, seller = office.clock.now(), office.house.terms, by.role is Role.SELLER
    acts = [act for act in open_acts(it, by, at, terms, around) if act in ACT_WORDS]
    obstacle = may_act(by, around)
    it = blinded(it, by, around)
    tasks = [_second_check(office, who, it, wrong)] if blind else []
    tasks += [_task(request, office, who, it, act, wrong) for act in acts if act is not do.Decide]
    inspection = texts.INSPECTION_FOR_SELLERS if seller else texts.INSPECTION_LABELS
    return page(
        request,
        office,
        "parcel.html",
        who,
        wrong,
        here=f"/parcels/{parcel_id}",
        section="/parcels" if seller else "/warehouse",
        it=it,
        seen=it.version,
        answer=answers.answer(request, who, it, happened) if wrong is None else None,
        notice=answers.notice(request, who, happened) if wrong is None else "",
        tone=TONES.get(it.status, "") if it.decision is Decision.NONE else "",
        mark_tones=MARK_TONES,
        days_left_text=days_left_text(it, at, who.language),
        clocks=clocks(it, terms.policy) if it.status is Status.ARRIVED else None,
        next_by_calendar=_next_by_calendar(it, terms.policy),
        why=why(happened, who.language),
        offers=_offers(office, who, it, around) if do.Decide in acts else [],
        changeable=it.decision is not Decision.NONE,
        tasks=tasks,
        mark_labels=texts.MARK_LABELS_OF[it.unit.variant],
        looks_only=obstacle.code if obstacle is not None else "",
        refusals=texts.REFUSALS,
        inspection_label=inspection[it.inspection.status],
        inspection_reasons=inspection_texts.reasons(it, terms.policy, who.language),
        draw_text=inspection_texts.draw(it, who.language),
        proposed=it.inspection.proposed if not seller else None,
        pickup_code=around.pickup_code if _tells_code(it, by, obstacle) else "",
        history=history,
        **media,
        charges=[(entry.credit.removeprefix("income:"), entry.amount) for entry in charges],
        stored=storage(agreed(it.prices, terms.tariff, Service.STORAGE), it.stored_from, at) if it.status is Status.ARRIVED else None,
        per_day=terms.tariff.price(Service.STORAGE),
        receipt_price=terms.tariff.price(Service.RECEIPT),
        hold=_hold(it, at, around),
        countries={code: country(code, who.language) for code in {it.unit.seller_country, *COUNTRY_OF.values()}},
    )  # fmt: skip


def why(happened: list[Happening], language: str) -> list[str]:
    """Why the parcel's dates are what they are, one sentence a step (`explaining.steps`)."""
    return [
        i18n.sentence(language, texts.WHY[step.code], {
            name: i18n.gettext(language, texts.DECISION_LABELS[value]) if name == "decision" else value
            for name, value in step.facts.items()
        })
        for step in steps(happening.event for happening in happened)
    ]  # fmt: skip


def _hold(it: Parcel, at: datetime, around: Around) -> Refused | None:
    """Why a shipment that was decided is not sent: an unpaid invoice of its seller (P21)."""
    waits = it.status is Status.ARRIVED and it.decision in COUNTRY_OF
    return shipping_hold(at, around) if waits else None


class Clocks(msgspec.Struct, frozen=True):
    """The bound in force and, when it was moved, the first one: as the last moment that still counts."""

    last_moment: datetime
    first: datetime | None
    days_moved: int


def clocks(it: Parcel, policy: Policy) -> Clocks | None:
    """Until when the seller may decide; None while no clock runs."""
    if it.decide_by is None or it.arrived_at is None or it.decision is not Decision.NONE:
        return None
    first = decision_bound(it.arrived_at, policy)
    moved = first != it.decide_by
    return Clocks(last_moment(it.decide_by), last_moment(first) if moved else None, it.days_moved)


def days_left_text(it: Parcel, at: datetime, language: str) -> str:
    """`14 days left`; nothing while no clock runs."""
    days = queries.days_left(it, at)
    if days is None:
        return ""
    catalogue = i18n.translations(language)
    if days == 0:
        return catalogue.gettext("Last day")
    return catalogue.ngettext("{days} day left", "{days} days left", days).format(days=days)


def _next_by_calendar(it: Parcel, policy: Policy) -> tuple[datetime, str] | None:
    """What happens to the parcel by itself, reminders and alarms aside; a bound is told as the last moment that still counts."""
    for due, command in timers(it, policy):
        if isinstance(command, do.InstructDisposal):
            return due, type(command).__name__
        if not isinstance(command, do.Remind | do.AlarmGate):
            return last_moment(due), type(command).__name__
    return None


class Offer(msgspec.Struct, frozen=True):
    """One thing that the seller can have done, with its price, and the form that orders it."""

    form: Form
    price: Money
    a_day: bool
    chosen: bool
    needs_address: bool
    by_weight: tuple[Money, Money] | None = None


def _offers(office: Office, who: Visitor, it: Parcel, around: Around) -> list[Offer]:
    """A form for each decision, so that its price stands beside its button before anybody confirms (R104)."""
    found = []
    terms = office.house.terms
    for decision in decisions_for(it.unit.seller_country, terms.policy):
        land = COUNTRY_OF.get(decision, "")
        book = _book(around, who, land)
        hidden = {"decision": decision.value} | ({} if land else {"destination_id": "0"})
        hidden |= {} if decision is Decision.PICKUP else {"collector": ""}
        price = freight.quoted(it, decision, terms)
        hidden["price_minor"] = str(price.minor)
        form = form_of(
            office,
            who,
            do.Decide,
            f"/parcels/{it.id}/decide",
            (texts.DECISION_LABELS[decision], texts.DECISION_HINTS[decision]),
            choices={"destination_id": tuple(book)} if land else None,
            id=f"decide-{decision}",
            hidden=hidden,
            value_labels=book,
            values={
                "destination_id": str(it.destination.id) if it.destination else next(iter(book), ""),
                "collector": it.collector_named,
            },
            danger=decision is Decision.DISPOSE,
        )
        offer = Offer(
            form,
            price,
            decision is Decision.PICKUP,
            it.decision is decision,
            bool(land) and not book,
            _by_weight(terms.tariff, land),
        )
        found.append(offer)
    return found


def _by_weight(tariff: Tariff, land: str) -> tuple[Money, Money] | None:
    """(base, for a kilogram) where freight to a country is priced by weight."""
    rates = tariff.freight.get(land)
    if rates is None:
        return None
    return Money(rates.base_minor, tariff.currency), Money(rates.per_kg_minor, tariff.currency)


def _book(around: Around, who: Visitor, land: str) -> dict[str, str]:
    """The company's addresses in a country, by id."""
    unsure = f" ({i18n.gettext(who.language, texts.NOT_CONFIRMED)})"
    return {
        str(one.id): f"{one.city}, {one.street}" + ("" if one.confirmed_at else unsure)
        for one in around.destinations.values()
        if one.country == land and str(one.company_id) == who.by.subject
    }


def _photo_code(office: Office, who: Visitor, it: Parcel, command: type, wrong: Wrong | None) -> str:
    """The code for the frame. One that was shown before a refusal stays while it is good: the kept photos have it in them."""
    policy, key = office.house.terms.policy, office.house.photo_key
    if not policy.photo_codes or command not in do.EVIDENCE:
        return ""
    now, before = office.clock.now(), str(wrong.values.get("photo_code", "")) if wrong else ""
    good = photo_codes.is_good(before, key, it, who.by, now, policy)
    return before if good else photo_codes.fresh(key, it, who.by, now)


def _task(request: Req, office: Office, who: Visitor, it: Parcel, command: type, wrong: Wrong | None) -> Form:
    """The form of every other act; what the page knows already is not asked."""
    word = ACT_WORDS[command]
    words = texts.COMMAND_LABELS[command.__name__]
    prices = {do.OrderMedia: Service.MEDIA, do.DisposeOnArrival: Service.DISPOSAL}
    price = office.house.terms.tariff.price(prices[command]) if command in prices else None
    policy = office.house.terms.policy
    photos = {do.Destroy: policy.destruction_photos_min, do.CheckGate: policy.gate_photos_min}
    photos_min = photos.get(command, 0)  # type: ignore[call-overload]  # a command is a type
    hidden: dict[str, str] = {}
    values: dict[str, Any] = {}
    if command is do.DisposeOnArrival:
        hidden = {"wanted": "no" if it.dispose_on_arrival else "yes"}
        if it.dispose_on_arrival:
            words, price = texts.KEEP_AFTER_ALL, None
    if price is not None:
        hidden["price_minor"] = str(price.minor)
    elif command in prices:
        hidden["price_minor"] = ""
    choices: dict[str, tuple[str, ...]] = {}
    code = _photo_code(office, who, it, command, wrong)
    if command is do.Arrive:
        hidden = {"arrived_at_us": str(to_us(office.clock.now()))}
        choices = {"warehouse": office.house.terms.policy.warehouses}
        values = {"warehouse": last_house(office, request)}
    if command is do.OrderMedia:
        values = {"kind": MediaKind.BOTH.value}
    if command is do.ApproveClaim:
        values = {"payer": it.claim.payer or ""}
    if command in do.EVIDENCE:
        hidden["photo_code"] = code
    return form_of(
        office, who, command, f"/parcels/{it.id}/{word}", words, id=word, hidden=hidden, values=values, price=price,
        photo_code=code,
        choices=choices, value_labels={**texts.MARK_LABELS_OF[it.unit.variant], **texts.PAYERS, **texts.MEDIA_KINDS}, photos_min=photos_min,
        danger=command.__name__ in texts.DANGEROUS and words is not texts.KEEP_AFTER_ALL,
    )  # fmt: skip


def _second_check(office: Office, who: Visitor, it: Parcel, wrong: Wrong | None) -> Form:
    """The blind form: what a second person finds."""
    code = _photo_code(office, who, it, do.Mark, wrong)
    return form_of(
        office, who, do.Mark, f"/second-checks/{it.id}", texts.SECOND_CHECK, id="second-check",
        hidden={"photo_code": code}, photo_code=code, value_labels=texts.MARK_LABELS_OF[it.unit.variant],
    )  # fmt: skip


def _tells_code(it: Parcel, by: By, obstacle: Refused | None) -> bool:
    """The collector's code is for whoever may decide."""
    waits = it.status is Status.ARRIVED and it.decision is Decision.PICKUP
    return waits and by.role is Role.SELLER and obstacle is None


def _for_eyes_of(by: By, happening: Happening, *, blind: bool) -> bool:
    """A suspicion is not told before two people are sure, nor a mark to whoever checks it blindly; nor how things are tidied up."""
    if blind and isinstance(happening.event, e.Marked | e.MarkProposed):
        return False
    return by.role is not Role.SELLER or not isinstance(happening.event, queries.HIDDEN_FROM_SELLERS)


def _told(tx: Tx, by: By, happening: Happening, words: dict[str, str]) -> dict[str, Any]:  # noqa: PLR0912 -- one case an event
    """A line of the timeline: labels and words that were written, never more than the reader may know."""
    event = happening.event
    what, why, until = "", "", None
    match event:
        case e.Decided():
            what = texts.DECISION_LABELS[event.decision]
            why = "" if event.destination is None else f"{event.destination.city}, {event.destination.street}"
        case e.Marked() | e.SecondChecked():
            what, why = words[event.mark], event.defect or event.note
        case e.MarkProposed():
            what, why = words[event.mark], event.comparison
        case e.InspectionQueued():
            why = "" if event.reasons[0] in texts.INSPECTION_REASONS else event.reasons[0]
        case e.Reopened():
            why, until = event.reason, event.decide_by
        case e.DeadlineMoved() | e.KeepingExpired():
            until = event.decide_by
        case e.Arrived():
            what = event.warehouse
        case e.MediaOrdered():
            what = texts.MEDIA_KINDS[event.kind]
        case e.ClaimNoted() | e.ClaimReviewed():
            what, why = texts.CLAIM_LABELS[event.status], event.comment
        case e.Shelved():
            what = f"{event.before or '—'} → {event.shelf}"
        case e.QuarantineReleased():
            why = event.reason
        case e.Destroyed():
            what = event.certificate
        case _:
            pass
    name = who_said(tx, by, happening.role, happening.actor)
    return {**msgspec.structs.asdict(happening), "what": what, "why": why, "until": until, "name": name}
