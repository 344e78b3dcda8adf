"""What a seller sets up: the address book, API keys."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from backhaul.kit import forms, http, keys
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.done import done
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.partner import access, errands, queries
from backhaul.partner.doors import Req, Visitor, country, errand, form_texts, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import Wrong, form_of, page
from backhaul.partner.rules.words import Role


class NewDestination(msgspec.Struct, frozen=True):
    """The form of a new address."""

    country: Annotated[str, Meta(max_length=2)]
    city: Annotated[str, Meta(max_length=100)]
    street: Annotated[str, Meta(max_length=300)]
    contact: Annotated[str, Meta(max_length=200)] = ""


def routes(office: Office) -> list[Any]:
    """The handlers of the seller's pages."""
    return [
        *_destination_routes(office),
        *_key_routes(office),
    ]


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
        return done("/destinations")

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
        return done("/destinations" if account.role is Role.SELLER else "/addresses")

    return [book, add, confirm]


def _draw_book(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None) -> Response[str]:
    policy, now = office.house.terms.policy, office.clock.now()
    with office.look(who.by) as tx:
        found = queries.destinations_of_company(tx, company_of(who))
        company = queries.company(tx, company_of(who))
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
    with office.look(who.by) as tx:
        found = access.keys_of_company(tx, company_of(who))
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


def company_of(who: Visitor) -> int:
    """The company of a signed-in seller."""
    return int(who.by.subject)
