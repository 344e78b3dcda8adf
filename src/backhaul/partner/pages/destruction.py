"""The breaker of destruction, for supervisors: how it stands, and the two people who release it (D9)."""

from typing import Any

from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.partner import errands
from backhaul.partner.decisions_api import breaker_view
from backhaul.partner.doors import Req, Visitor, errand, form_texts, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.rules.breaker import Turn
from backhaul.partner.rules.words import Role

HERE = "/destruction"


def routes(office: Office) -> list[Any]:
    """The handlers of the page."""

    @get(HERE, include_in_schema=False)
    @http.in_thread
    def show(request: Req) -> Response[Any]:
        return _draw(request, office, visitor(office, request, Role.SUPERVISOR))

    @post(HERE + "/propose-release", include_in_schema=False)
    async def propose(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, Role.SUPERVISOR)
        values = await form_texts(request, "reason")
        account, reason, policy = who.known, values["reason"], office.house.terms.policy
        try:
            await errand(office, who, lambda tx, at: errands.propose_release(tx, account, reason, policy, at),
                         token=values["form_token"], body=reason)  # fmt: skip
        except Refused as refused:
            return await to_thread.run_sync(_draw, request, office, who, Wrong(refused, values, "propose"))
        return http.see_other(HERE)

    @post(HERE + "/release", include_in_schema=False)
    async def release(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, Role.SUPERVISOR)
        account, policy = who.known, office.house.terms.policy
        try:
            await errand(office, who, lambda tx, at: errands.release(tx, account, policy, at))
        except Refused as refused:
            return await to_thread.run_sync(_draw, request, office, who, Wrong(refused, form="release"))
        return http.see_other(HERE)

    return [show, propose, release]


def _draw(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None) -> Response[str]:
    it, policy = breaker_view(office), office.house.terms.policy
    last = it.turns[-1] if it.turns else None
    proposed = last if last is not None and last.turn is Turn.RELEASE_PROPOSED else None
    return page(request, office, "destruction.html", who, wrong, here=HERE, it=it, proposed=proposed,
                own=proposed is not None and proposed.by == who.known.login, policy=policy)  # fmt: skip
