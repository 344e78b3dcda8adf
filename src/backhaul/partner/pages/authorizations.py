"""System settings, Third-party authorization: add, look at and remove the keys with which we see sellers' returns."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from backhaul.kit import forms, http
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us
from backhaul.kit.done import done
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.partner import access, platform_queries, queries, texts
from backhaul.partner.doors import Req, Visitor, form_texts, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import Wrong, form_of, page
from backhaul.partner.rules.words import BusinessType, Role
from backhaul.partner.shapes import LinkRow, WatchedRow

ADDRESS = "/system-settings/authorizations"


class NewAuthorization(msgspec.Struct, frozen=True):
    """The form of a new authorization."""

    platform: Annotated[str, Meta(max_length=40)]
    business_type: BusinessType
    seller_id: Annotated[int, Meta(ge=1, le=2**53)]
    key: Annotated[str, Meta(max_length=200)]


Link = Callable[[Office, access.Account, str, str, int, str], None]
Unlink = Callable[[Office, access.Account, str, int], None]


def routes(office: Office, link: Link, unlink: Unlink) -> list[Any]:
    """The handlers of the page. `link` and `unlink` speak with the platform and block."""

    @get(ADDRESS, include_in_schema=False)
    @http.in_thread
    def authorizations(request: Req) -> Response[Any]:
        return _draw(request, office, visitor(office, request, Role.SELLER))

    @post(ADDRESS, include_in_schema=False)
    async def add(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        values = await form_texts(request, *NewAuthorization.__struct_fields__)
        try:
            said = forms.parse(NewAuthorization, values)
            await to_thread.run_sync(
                link, office, who.known, said.platform, said.business_type.value, said.seller_id, said.key
            )
        except Refused as refused:
            wrong = Wrong(refused, {**values, "key": ""}, "authorizations")
            return await to_thread.run_sync(_draw, request, office, who, wrong)
        return done(ADDRESS)

    @post(f"{ADDRESS}/{{seller_id:int}}/remove", include_in_schema=False)
    async def remove(request: Req, seller_id: FromPath[int]) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        await to_thread.run_sync(unlink, office, who.known, platform_queries.OURS, seller_id)
        return done(ADDRESS)

    @post(f"{ADDRESS}/{{platform:str}}/{{seller_id:int}}/remove", include_in_schema=False)
    async def remove_elsewhere(request: Req, platform: FromPath[str], seller_id: FromPath[int]) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        await to_thread.run_sync(unlink, office, who.known, platform, seller_id)
        return done(ADDRESS)

    return [authorizations, add, remove, remove_elsewhere]


def links_of(tx: Tx, company_id: int) -> list[LinkRow]:
    """All authorizations of a company, those of our marketplace first."""
    return [*queries.links_of_company(tx, company_id), *platform_queries.foreign_links_of_company(tx, company_id)]


def watched_of(tx: Tx, links: Sequence[LinkRow]) -> list[WatchedRow]:
    """The returns of linked sellers that are no parcels here."""
    sellers: dict[str, list[int]] = {}
    for link in links:
        sellers.setdefault(link.platform, []).append(link.seller_id)
    return [row for platform, ids in sellers.items() for row in platform_queries.watched(tx, platform, ids)]


def platform_names(tx: Tx) -> dict[str, str]:
    """The names of the platforms by their ids: ours has one in every language, the others are named by the operator."""
    return {one.id: texts.PLATFORMS.get(one.id, one.name) for one in platform_queries.platforms(tx)} or dict(
        texts.PLATFORMS
    )


def _draw(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None) -> Response[str]:
    with office.look(who.by) as tx:
        links = links_of(tx, int(who.by.subject))
        names = platform_names(tx)
        asked = {
            (link.platform, link.seller_id): platform_queries.poll_of(tx, link.platform, link.seller_id)
            for link in links
        }
    form = form_of(
        office,
        who,
        NewAuthorization,
        ADDRESS,
        (N_("Confirm the authorization"), ""),
        choices={"platform": tuple(names)},
        id="authorizations",
        value_labels={**names, **texts.BUSINESS_TYPES},
        values={"platform": next(iter(names))},
    )
    return page(
        request,
        office,
        "authorizations.html",
        who,
        wrong,
        here=ADDRESS,
        rows=[
            (link, from_us(link.linked_us), from_us(link.expires_us) if link.expires_us else None,
             from_us(link.lost_us or 0), poll and poll.polled_us and from_us(poll.polled_us))
            for link in links for poll in [asked[link.platform, link.seller_id]]
        ],
        ours=platform_queries.OURS,
        names=names,
        form=form,
    )  # fmt: skip
