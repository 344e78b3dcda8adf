"""What a seller sees: Order management, Return management, the address book, API keys."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from backhaul.kit import forms, http, keys
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us, last_moment, to_us
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.partner import access, errands, queries, texts
from backhaul.partner.doors import Req, Visitor, country, errand, form_texts, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.authorizations import links_of, platform_names, watched_of
from backhaul.partner.pages.parcels import MARK_TONES, TONES, days_left_text
from backhaul.partner.pages.sheets import Form, Wrong, form_of, page
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.decisions import concerns, open_acts
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import BusinessType, LinkMode, LinkState, Role, Service, Status
from backhaul.partner.shapes import LinkRow

# What each tab shows: (status, decided or not).
TAB_PLACES: dict[str, tuple[tuple[Status, bool], ...]] = {
    "decide": ((Status.ARRIVED, False),),
    "decided": ((Status.ARRIVED, True),),
    "work": tuple((status, yes) for status in (Status.DISPOSAL_DUE, Status.IN_WORK) for yes in (False, True)),
    "done": tuple(
        (status, yes) for status in (Status.PICKED_UP, Status.DELIVERED, Status.DISPOSED) for yes in (False, True)
    ),
    "coming": ((Status.EXPECTED, False), (Status.EXPECTED, True)),
}
SCAN_CHARACTERS_MAX = 80


class NewDestination(msgspec.Struct, frozen=True):
    """The form of a new address."""

    country: Annotated[str, Meta(max_length=2)]
    city: Annotated[str, Meta(max_length=100)]
    street: Annotated[str, Meta(max_length=300)]
    contact: Annotated[str, Meta(max_length=200)] = ""


class DisposalRule(msgspec.Struct, frozen=True):
    """The form of the rule for cheap products."""

    below_rub: Annotated[int, Meta(ge=0, le=1_000_000)]


class Row(msgspec.Struct, frozen=True):
    """One parcel in a list."""

    it: Parcel
    days_left: str
    last_moment: datetime | None
    tone: str


def routes(office: Office) -> list[Any]:
    """The handlers of the seller's pages."""
    return [
        *_parcel_routes(office),
        *_destination_routes(office),
        *_key_routes(office),
    ]


# Order management and Return management


def _parcel_routes(office: Office) -> list[Any]:
    @get("/parcels", include_in_schema=False)
    @http.in_thread
    def order_management(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SELLER)
        company_id = _company(who)
        tab = request.query_params.get("tab", "decide")
        tab = tab if tab in TAB_PLACES else "decide"
        code = request.query_params.get("code", "").strip()[:SCAN_CHARACTERS_MAX]
        now = office.clock.now()
        with office.database.read() as tx:
            found, older = _found(tx, company_id, tab, request.query_params.get("after", ""))
            if code:
                found, older = _by_code(tx, who, code), ""
            counts = queries.counts_of_company(tx, company_id)
            links = links_of(tx, company_id)
            watched = watched_of(tx, links) if tab == "coming" and not code else []
            names = platform_names(tx)
        if not links and not code:
            return http.see_other("/start")
        if code and len(found) == 1:
            return http.see_other(f"/parcels/{found[0].id}")
        return page(
            request,
            office,
            "order_management.html",
            who,
            Wrong(Refused("code_unknown", "missing", text=code)) if code and not found else None,
            here=f"/parcels?tab={tab}",
            section="/parcels",
            tab=tab,
            code=code,
            rows=[_row(it, now, who.language) for it in found],
            counts={name: sum(counts.get(place, 0) for place in places) for name, places in TAB_PLACES.items()},
            older=older,
            watched=watched,
            platform_names=names,
            linked=bool(links),
            lost=[link for link in links if link.state == LinkState.AUTHORIZATION_LOST],
            tones=TONES,
            mark_tones=MARK_TONES,
        )

    @get("/returns-management", include_in_schema=False)
    @http.in_thread
    def return_management(request: Req) -> Response[Any]:
        return _draw_return_management(request, office, visitor(office, request, Role.SELLER))

    @post("/returns-management/{seller_id:int}", include_in_schema=False)
    async def rule(request: Req, seller_id: FromPath[int]) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        values = await form_texts(request, "below_rub", "form")
        try:
            said = forms.parse(DisposalRule, values)
            account = who.known

            def run(tx: Tx, _: datetime) -> None:
                _check_link(tx, who, seller_id)
                errands.set_disposal_rule(tx, account, seller_id, said.below_rub)

            await errand(office, who, run, token=values["form_token"], body=(seller_id, said))
        except Refused as refused:
            wrong = Wrong(refused, values, values["form"])
            return await to_thread.run_sync(_draw_return_management, request, office, who, wrong)
        return http.see_other("/returns-management")

    return [order_management, return_management, rule]


def _check_link(tx: Tx, who: Visitor, seller_id: int) -> None:
    """A rule decides about units, so it needs a link that may decide."""
    link = next((link for link in queries.links_of_company(tx, _company(who)) if link.seller_id == seller_id), None)
    if link is None:
        raise Refused("not_found", "missing")
    if link.mode != LinkMode.RETURNS:
        raise Refused("link_view_only", "forbidden")


def _found(tx: Tx, company_id: int, tab: str, after: str) -> tuple[list[Parcel], str]:
    """A tab's page, and what leads to the next one."""
    if tab == "decide":
        bound, _, last = after.partition("-")
        place = (int(bound), int(last)) if bound.isdecimal() and last.isdecimal() else (0, 0)
        found = queries.to_decide(tx, company_id, *place)
        end = found[-1] if len(found) == queries.PAGE_ROWS else None
        return found, f"{to_us(end.decide_by)}-{end.id}" if end is not None and end.decide_by is not None else ""
    before = int(after) if after.isdecimal() else 2**62
    if tab == "decided":
        found = queries.decided(tx, company_id, before)
    else:
        statuses = tuple(dict.fromkeys(status for status, _ in TAB_PLACES[tab]))
        found = queries.parcels_of_company(tx, company_id, statuses, before)
    return found, str(found[-1].id) if len(found) == queries.PAGE_ROWS else ""


def _by_code(tx: Tx, who: Visitor, code: str) -> list[Parcel]:
    found = [it for parcel_id in queries.by_code(tx, code) if (it := queries.one(tx, parcel_id)) is not None]
    return [it for it in found if concerns(it, who.by, queries.around_of(tx, it))]


def _row(it: Parcel, now: datetime, language: str) -> Row:
    days = queries.days_left(it, now)
    tone = "" if days is None else "bad" if days <= 1 else "warn" if days <= 3 else "good"
    return Row(it, days_left_text(it, now, language), it.decide_by and last_moment(it.decide_by), tone)


def _draw_return_management(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None) -> Response[str]:
    at, terms = office.clock.now(), office.house.terms
    after = request.query_params.get("after", "")
    with office.database.read() as tx:
        before = int(after) if after.isdecimal() else 2**62
        expected = queries.parcels_of_company(tx, _company(who), (Status.EXPECTED,), before)
        rows = []
        for it in expected:
            if terms.policy.disposes_by_choice(it.unit.seller_country):
                acts = open_acts(it, who.by, at, terms, queries.around_of(tx, it))
                rows.append((it, _on_arrival(office, who, it) if do.DisposeOnArrival in acts else None))
        links = queries.links_of_company(tx, _company(who))
    ours = [link for link in links if link.business_type == BusinessType.CANCEL_ORDERS]
    rules = [
        (link, _rule_form(office, who, link))
        for link in ours
        if link.mode == LinkMode.RETURNS and link.state == LinkState.ACTIVE
    ]
    return page(
        request,
        office,
        "return_management.html",
        who,
        wrong,
        here="/returns-management",
        rows=rows,
        rules=rules,
        linked=bool(links),
        ours=bool(ours),
        price=terms.tariff.price(Service.DISPOSAL),
        older=str(expected[-1].id) if len(expected) == queries.PAGE_ROWS else "",
    )


def _rule_form(office: Office, who: Visitor, link: LinkRow) -> Form:
    hint = N_("0 roubles: no rule. A person can still change each disposal for {undo_hours_person} hours.")
    action, values = f"/returns-management/{link.seller_id}", {"below_rub": str(link.dispose_below_rub)}
    words = (N_("Save the rule"), hint)
    return form_of(office, who, DisposalRule, action, words, id=f"rule-{link.seller_id}", values=values)


def _on_arrival(office: Office, who: Visitor, it: Parcel) -> Form:
    words = texts.KEEP_AFTER_ALL if it.dispose_on_arrival else texts.COMMAND_LABELS["DisposeOnArrival"]
    hidden = {"wanted": "no" if it.dispose_on_arrival else "yes", "seen": str(it.version)}
    action = f"/parcels/{it.id}/dispose-on-arrival"
    form_id, danger = f"dispose-{it.id}", not it.dispose_on_arrival
    return form_of(office, who, do.DisposeOnArrival, action, words, id=form_id, hidden=hidden, danger=danger)


# The address book


def _destination_routes(office: Office) -> list[Any]:
    @get("/destinations", include_in_schema=False)
    @http.in_thread
    def book(request: Req) -> Response[Any]:
        return _draw_book(request, office, visitor(office, request, Role.SELLER))

    @post("/destinations", include_in_schema=False)
    async def add(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        values = await form_texts(request, *NewDestination.__struct_fields__)
        account = who.known
        try:
            said = forms.parse(NewDestination, values)
            address, policy = (said.country, said.city, said.street, said.contact), office.house.terms.policy
            await errand(
                office,
                who,
                lambda tx, at: str(errands.add_destination(tx, account, address, policy, at)).encode(),
                token=values["form_token"],
                body=address,
            )
        except Refused as refused:
            return await to_thread.run_sync(_draw_book, request, office, who, Wrong(refused, values, "destinations"))
        return http.see_other("/destinations")

    @post("/destinations/{destination_id:int}/confirm", include_in_schema=False)
    async def confirm(request: Req, destination_id: FromPath[int]) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER, Role.SUPERVISOR)
        account = who.known
        try:
            await errand(office, who, lambda tx, at: errands.confirm_destination(tx, account, destination_id, at))
        except Refused as refused:
            if refused.kind == "missing" or account.role is not Role.SELLER:
                raise
            return await to_thread.run_sync(_draw_book, request, office, who, Wrong(refused))
        return http.see_other("/destinations" if account.role is Role.SELLER else "/addresses")

    return [book, add, confirm]


def _draw_book(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None) -> Response[str]:
    policy, now = office.house.terms.policy, office.clock.now()
    with office.database.read() as tx:
        found = queries.destinations_of_company(tx, _company(who))
        company = queries.company(tx, _company(who))
    allowed = policy.destinations_of(company[1] if company else "")
    names = {code: country(code, who.language) for code in {*allowed, *(one.country for one in found)}}
    hint = N_("A second person confirms it; nothing is shipped there in the first {destination_wait_hours} hours.")
    words = (N_("Add the address"), hint)
    wait = office.house.terms.policy.destination_wait_hours
    return page(
        request,
        office,
        "destinations.html",
        who,
        wrong,
        here="/destinations",
        destinations=found,
        ships_from={one.id: from_us(to_us(one.created_at) + wait * 3_600_000_000) for one in found},
        now=now,
        names=names,
        form=form_of(
            office, who, NewDestination, "/destinations", words, choices={"country": allowed}, value_labels=names
        ),
    )


# API keys


def _key_routes(office: Office) -> list[Any]:
    @get("/api-keys", include_in_schema=False)
    @http.in_thread
    def keys_page(request: Req) -> Response[Any]:
        return _draw_keys(request, office, visitor(office, request, Role.SELLER))

    @post("/api-keys", include_in_schema=False)
    async def make(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        values = await form_texts(request, "name", "role")
        account, policy = who.known, office.house.terms.policy
        new = keys.make_key(read_only=values["role"] == access.RETURNS_READ_ONLY, chance=office.chance)

        def run(tx: Tx, at: datetime) -> bytes:
            errands.create_key(tx, account, values["name"], values["role"], new, policy, at)
            return new.public_id.encode()

        try:
            made = await errand(office, who, run, token=values["form_token"], body=(values["name"], values["role"]))
        except Refused as refused:
            return await to_thread.run_sync(_draw_keys, request, office, who, Wrong(refused, values, "api-keys"))
        if made != new.public_id.encode():  # the same form came twice: that key has been shown
            return http.see_other("/api-keys")
        return page(request, office, "key_made.html", who, status=201, here="/api-keys", key=new,
                    name=values["name"].strip(), key_role=values["role"])  # fmt: skip

    @post("/api-keys/{public_id:str}/revoke", include_in_schema=False)
    async def revoke(request: Req, public_id: FromPath[str]) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        account = who.known
        await errand(office, who, lambda tx, at: errands.revoke_key(tx, account, public_id, at))
        return http.see_other("/api-keys")

    return [keys_page, make, revoke]


def _draw_keys(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None) -> Response[str]:
    with office.database.read() as tx:
        found = access.keys_of_company(tx, _company(who))
    now_us = to_us(office.clock.now())
    return page(
        request,
        office,
        "api_keys.html",
        who,
        wrong,
        here="/api-keys",
        rows=[(key, key.status(now_us), from_us(key.created_us), from_us(key.expires_us)) for key in found],
        owner=who.known.owner,
        valid_days=office.house.terms.policy.key_valid_days,
        name_length=errands.NAME_CHARACTERS_MAX,
    )


def _company(who: Visitor) -> int:
    """The company of a signed-in seller."""
    return int(who.by.subject)
