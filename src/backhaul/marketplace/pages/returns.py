"""The page of one return, for everybody whom it concerns, and the acts on it."""

import functools
from datetime import datetime
from typing import Any

from anyio import to_thread
from litestar import Response, get
from litestar.params import FromPath

from backhaul.kit import http, i18n, keys
from backhaul.kit.days import days_left
from backhaul.kit.done import done, what
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.kit.uploads import act_doors
from backhaul.marketplace import (
    access,
    answer_views,
    evidence,
    explanation_texts,
    key_log,
    queries,
    rule_texts,
    texts,
)
from backhaul.marketplace.calendar_texts import clocks
from backhaul.marketplace.cards import READS_RULES, UnitRulesView, rules_of_return
from backhaul.marketplace.doors import (
    ACT_WORDS,
    ACTS,
    Req,
    Visitor,
    act,
    address_of,
    choices,
    explain,
    parsed,
    read_form,
    visitor,
    visitor_async,
)
from backhaul.marketplace.look_twice import look_twice
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages import checking, my_return, timeline
from backhaul.marketplace.pages.blocks import Finding, finding
from backhaul.marketplace.pages.sheets import act_form, page
from backhaul.marketplace.reason_names import labels, words_of
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.blocks import bars_disputes
from backhaul.marketplace.rules.decisions import By, concerns, offered_quote, open_acts
from backhaul.marketplace.rules.explanations import explained, for_customer
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.wire_states import look
from backhaul.marketplace.rules.words import Role, Status, Variant

TONES = {
    Status.REJECTED: "bad", Status.REFUSED_AT_PVZ: "bad", Status.LOST: "bad", Status.CANCELLED: "",
    Status.SELLER_REVIEW: "warn", Status.SELLER_REVIEW_AFTER_OFFER: "warn", Status.DISPUTE: "warn",
    Status.APPROVED: "good", Status.ACCEPTED_AT_PVZ: "good", Status.REFUNDED_WITHOUT_RETURN: "good",
    Status.PARTIALLY_REFUNDED: "good",
}  # fmt: skip
NEED_A_PHOTO = (do.AddPhotos, do.SendPhotos)
HELP_OF_ACTS: dict[type, str] = {
    do.Approve: "/help/return-requests", do.Reject: "/help/return-requests#reject",
    do.Offer: "/help/return-requests#offer", do.DecideDispute: "/help/return-requests#dispute",
}  # fmt: skip


def routes(office: Office) -> list[Any]:
    """The handlers of a return's page."""

    @get("/returns/{return_id:int}", include_in_schema=False)
    @http.in_thread
    def show(request: Req, return_id: FromPath[int]) -> Response[Any]:
        return draw(request, office, visitor(office, request), return_id)

    async def perform(request: Req, return_id: int, word: str) -> Response[Any]:
        who = await visitor_async(office, request)
        by = who.by
        values: dict[str, Any] = {}
        try:
            await read_form(office, request, by, values)
            if word not in ACTS:
                raise Refused("unknown_act", "missing", act=word)  # noqa: TRY301 -- answered like any other refusal
            command = parsed(ACTS[word], values)
            seen = whole_number(str(values.get("seen", "")))
            if seen is None:
                raise Refused("version_needed", "conflict", "seen")  # noqa: TRY301
            key = str(values.get("form_token", ""))[:80]
            await act(office, return_id, command, by, key=key, seen=seen)
        except Refused as refused:
            if refused.kind in {"missing", "unknown"}:
                raise
            answer = functools.partial(draw, request, office, who, return_id, refused, word, values)
            return await to_thread.run_sync(answer)
        return done(f"/returns/{return_id}", word)

    @get("/photos/{return_id:int}/{blob_id:str}", include_in_schema=False)
    @http.in_thread
    def photo(request: Req, return_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        by = _looker(office, request)
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
        if it is None or not concerns(it, by) or blob_id not in queries.shown_photos(it, by):
            raise Refused("not_found", "missing")
        return Response(evidence.picture(office, it, blob_id), media_type="image/jpeg", headers=http.FILE_HEADERS)

    def its_video(request: Req, return_id: int, blob_id: str) -> None:
        by = _looker(office, request)
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
        if it is None or not concerns(it, by) or blob_id not in queries.shown_videos(it):
            raise Refused("not_found", "missing")

    @get("/videos/{return_id:int}/{blob_id:str}", include_in_schema=False)
    @http.in_thread
    def video(request: Req, return_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        its_video(request, return_id, blob_id)
        return office.media.video(blob_id, request)

    @get("/videos/{return_id:int}/{blob_id:str}/poster", include_in_schema=False)
    @http.in_thread
    def poster(request: Req, return_id: FromPath[int], blob_id: FromPath[str]) -> Response[Any]:
        its_video(request, return_id, blob_id)
        return office.media.poster(blob_id)

    return [show, *act_doors("/returns", ACTS, perform), photo, video, poster]


def _looker(office: Office, request: Req) -> By:
    """Who looks at a photo: a person with a session, or the seller's key that found its address in the Seller API."""
    digits, key = request.headers.get("client-id"), request.headers.get("api-key")
    if digits is None or key is None:
        return visitor(office, request).by
    caller = access.KeyCaller(digits, key, address_of(request))
    with office.database.read() as tx:
        found = access.key_of(tx, caller, office.clock.now())
    if isinstance(found, Refused):
        key_log.note_refusal(office, caller, request.url.path, found)
        raise found
    key_log.note_use(office, caller, request.url.path)
    return found[0]


def draw(request: Req, office: Office, who: Visitor, return_id: int, refused: Refused | None = None,
         wrong_act: str = "", values: dict[str, Any] | None = None) -> Response[str]:  # fmt: skip
    """The page of a return, after a refusal with its sentence and what was typed."""
    by = who.by
    if by.role is Role.CLERK:
        return checking.draw(request, office, who, return_id, refused, wrong_act, values)
    with office.look(by) as tx:
        it = queries.one(tx, return_id)
        if it is None or not concerns(it, by):
            raise Refused("not_found", "missing")
        happened = queries.history(tx, return_id)
        history = [timeline.told(tx, by, one) for one in happened if timeline.is_for(by.role, one)]
        entries = queries.entries(tx, return_id)
        pickup = queries.pickup_points(tx)
        earlier = [other for other_id in it.earlier if (other := queries.one(tx, other_id)) and concerns(other, by)]
        found = finding(office, it, by)
        twice = look_twice(tx, it, by, _files(it, by, earlier, found), office.house.terms.policy)
        written = answer_views.messages(tx, it, by).rows
    at = office.clock.now()
    terms = office.house.terms
    commands = [c for c in open_acts(it, by, at, terms, who.block) if c in ACT_WORDS]
    waits = waits_for_decision(it)
    rules = rules_of_return(it, terms, at, who.language) if by.role in READS_RULES else None
    template, more = my_return.sheet(office, it, who, happened) if by.role is Role.CUSTOMER else ("return.html", {})
    return page(
        request,
        template,
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=f"/returns/{return_id}",
        it=it,
        label=label_of(it, by),
        tone=tone_of(it, by.role),
        second_label=_second_label(it, by),
        days_left_text=days_left_text(it, at, who.language) if waits and by.role is not Role.CUSTOMER else "",
        waits_for_decision=waits,
        deadline=_deadline(it, at, who),
        next_by_calendar=texts.NEXT_BY_CALENDAR.get(it.status, ""),
        mine=bool(commands),
        rules=rules,
        now=at,
        clocks=clocks(it, terms.policy) if by.role is not Role.CUSTOMER else [],
        acts=[_act(it, c, by, pickup, rules, who.language, terms) for c in commands],
        explanations=_explained(it, terms, who, happened),
        quote=offered_quote(it, terms) if do.Approve in commands and by.role is Role.SELLER else None,
        history=history,
        entries=entries,
        earlier=earlier,
        earlier_labels={other.id: label_of(other, by) for other in earlier},
        finding=found,
        **twice,
        written=written,
        policy=terms.policy,
        form_token=keys.session_token(office.chance)[:20],
        notice=_done(request, who, happened) if refused is None else "",
        **_refusal(refused, who, wrong_act, values),
        **more,
    )


def _refusal(refused: Refused | None, who: Visitor, wrong_act: str, values: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "sentence": explain(refused, who.language) if refused else "",
        "wrong_act": wrong_act,
        "wrong_field": (refused.field or "") if refused else "",
        "values": values or {},
    }


def _done(request: Req, who: Visitor, happened: list[queries.Happening]) -> str:
    """What this person's act did, on the page to which it leads; nothing on a page that is only looked at."""
    own = [one.kind for one in happened if one.actor == who.by.id]
    if what(request) not in ACTS or not own:
        return ""
    return i18n.gettext(who.language, texts.EVENT_LABELS[own[-1]])


def _files(it: Return, by: By, earlier: list[Return], found: Finding | None) -> frozenset[str]:
    """The photos and videos that the page shows."""
    appealed = found.block.appeal if found is not None and found.block is not None else None
    sent = appealed.photos + appealed.videos if appealed is not None else ()
    return queries.customer_files(earlier).union(queries.shown_photos(it, by), queries.shown_videos(it), sent)


def _explained(it: Return, terms: Terms, who: Visitor, happened: list[queries.Happening]
               ) -> list[explanation_texts.Told]:  # fmt: skip
    found = explained(it, terms.policy, [one.event for one in happened])
    mine = for_customer(found) if who.by.role is Role.CUSTOMER else found
    return explanation_texts.told(mine, who.language, labels(terms.reasons, who.language))


def label_of(it: Return, by: By) -> str:
    """What this reader calls the state; customers read their own words, and nothing of what the seller does (R100)."""
    if by.role is Role.CUSTOMER:
        return texts.CUSTOMER_LABELS.get(it.status, texts.CUSTOMER_LABELS["accepted_at_pvz"])
    as_seller = by.role is Role.SELLER or it.status is Status.AT_PARTNER
    return texts.STATUS_LABELS[look(it).label if as_seller else it.status]


def tone_of(it: Return, role: Role = Role.SELLER) -> str:
    """The colour of the state: for a customer what was handed in is good; for the others a missed deadline is bad."""
    if role is Role.CUSTOMER:
        return TONES.get(it.status, "").replace("warn", "") if it.status in texts.CUSTOMER_LABELS else "good"
    missed = it.status is Status.AT_PARTNER and it.parcel is not None and it.parcel.status == "disposal_due"
    return "bad" if missed else TONES.get(it.status, "")


def waits_for_decision(it: Return) -> bool:
    """Whether the seller's time to decide at the partner runs."""
    return it.parcel is not None and it.parcel.status == "arrived" and it.parcel.decision == "none"


def _second_label(it: Return, by: By) -> str:
    passed_on = look(it).label == "passed_on_to_partner" and by.role is not Role.CUSTOMER
    return texts.STATUS_LABELS["return_transferred"] if passed_on else ""


def _deadline(it: Return, at: datetime, who: Visitor) -> datetime | None:
    """The bound that is told with what comes after it; a dispute that a block keeps from the reader has none."""
    if it.status not in texts.NEXT_BY_CALENDAR or it.act_by is None or it.act_by <= at:
        return None
    return None if it.status is Status.REJECTED and bars_disputes(who.block, at) else it.act_by


def days_left_text(it: Return, at: datetime, language: str) -> str:
    """`decision needed at partner, N days left`; the days are drawn by our clock (D12)."""
    if it.parcel is None or it.parcel.decide_by is None:
        return ""
    days = days_left(it.parcel.decide_by, at)
    catalogue = i18n.translations(language)
    if days == 0:
        return catalogue.gettext("Decide at the partner: last day")
    text = catalogue.ngettext("Decide at the partner: {days} day left", "Decide at the partner: {days} days left", days)
    return text.format(days=days)


def _act(it: Return, command: type, by: By, pickup: list[str], rules: UnitRulesView | None,
         language: str, terms: Terms) -> dict[str, Any]:  # fmt: skip
    values: dict[str, Any] = {}
    if command in (do.CheckIn, do.ChoosePoint):
        values["point_id"] = by.subject if command is do.CheckIn else it.point_id
    at_own_point = (by.subject,) if command is do.CheckIn else pickup
    closed = {}
    if command is do.Reject and rules is not None:
        marked = i18n.gettext(language, rule_texts.NOT_LAWFUL_HERE)
        closed = {blocked.reason: marked.format(reason=blocked.label) for blocked in rules.blocked}
    form = act_form(command, ACT_WORDS[command], dict(choices(command, terms, at_own_point)), closed=closed,
                    names=words_of(terms, language), **values)  # fmt: skip
    form["help"] = HELP_OF_ACTS.get(command, "") if by.role is not Role.CUSTOMER else ""
    if command is do.Approve and (it.variant is not Variant.T or by.role is not Role.SELLER):
        form["fields"] = []
    form["photos_min"] = terms.policy.point_photos_min if command is do.CheckIn else int(command in NEED_A_PHOTO)
    return form
