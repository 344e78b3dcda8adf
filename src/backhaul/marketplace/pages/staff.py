"""What support sees: money that needs somebody, sellers, refused attempts.

And the error codes, for all.
"""

from datetime import datetime, timedelta
from typing import Any

from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http
from backhaul.kit.desk import Errand
from backhaul.kit.done import done
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, queries, texts
from backhaul.marketplace.doors import Req, Visitor, explain, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.returns import TONES
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.calendar import dwells_before
from backhaul.marketplace.rules.decisions import concerns
from backhaul.marketplace.rules.words import ClaimStatus, RefundStatus, Role
from backhaul.marketplace.sellers_errands import RULES_CHARACTERS_MAX, TICKET_CHARACTERS_MAX, switching_on

NUMBER_CHARACTERS_MAX = 40
KEY_CHARACTERS_MAX = 20


def routes(office: Office) -> list[Any]:
    """The handlers of support."""

    @get("/docs/errors", include_in_schema=False)
    @http.in_thread
    def errors(request: Req) -> Response[Any]:
        return page(request, "errors.html", visitor(office, request), refusals=texts.REFUSALS)

    return [errors, *_support(office), *_sellers(office)]


def _support(office: Office) -> list[Any]:
    @get("/support", include_in_schema=False)
    @http.in_thread
    def support(request: Req) -> Response[Any]:
        who = _staff(office, request, Role.SUPPORT)
        number = request.query_params.get("number", "").strip()[:NUMBER_CHARACTERS_MAX]
        with office.look(who.by) as tx:
            it = queries.one(tx, queries.id_of_number(tx, number) or 0) if number else None
        if it is not None and concerns(it, who.by):
            return http.see_other(f"/returns/{it.id}")
        return _draw_desk(request, office, who, number)

    @get("/support/attempts", include_in_schema=False)
    @http.in_thread
    def attempts(request: Req) -> Response[Any]:
        who = _staff(office, request, Role.SUPPORT)
        before = queries.cursor(request.query_params.get("before", ""))
        public_id = request.query_params.get("key", "").strip()[:KEY_CHARACTERS_MAX]
        with office.look(who.by) as tx:
            found = queries.log_of_key(tx, public_id, before) if public_id else queries.attempts(tx, before)
        return page(
            request,
            "attempts.html",
            who,
            section="/support",
            attempts=found,
            key=public_id,
            key_length=KEY_CHARACTERS_MAX,
            used=queries.USED,
            refusals=texts.REFUSALS,
            older=found[-1].id if len(found) == queries.PAGE_ROWS else None,
        )

    return [support, attempts]


def _draw_desk(request: Req, office: Office, who: Visitor, number: str) -> Response[Any]:
    """What waits for support, and the latest returns; `number` was asked for and is not there."""
    now = office.clock.now()
    policy = office.house.terms.policy
    with office.look(who.by) as tx:
        ceiling = now + timedelta(days=policy.refund_ceiling_days + 1)
        latest = queries.latest(tx, queries.cursor(request.query_params.get("before", "")))
        refunds = [
            *queries.refunds_in(tx, RefundStatus.FAILED),
            *queries.refunds_in(tx, RefundStatus.IN_DOUBT),
        ]
        held = queries.refunds_held(tx, ceiling)
        dwelling = queries.dwelling(tx, dwells_before(now, policy))
        claims = queries.claims_in(tx, ClaimStatus.FILED, ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED)
    unknown = Refused("return_number_unknown", "missing", "number", number=number)
    return page(
        request,
        "support.html",
        who,
        404 if number else 200,
        here="/support",
        now=now,
        number=number,
        refunds=refunds,
        waiting=held,
        claims=claims,
        dwelling=dwelling,
        alarm_days=policy.dwell_alarm_days,
        latest=latest,
        tones=TONES,
        older=latest[-1].id if len(latest) == queries.PAGE_ROWS else None,
        sentence=explain(unknown, who.language) if number else "",
    )


def _sellers(office: Office) -> list[Any]:
    @get("/support/sellers", include_in_schema=False)
    @http.in_thread
    def sellers(request: Req) -> Response[Any]:
        return _draw_sellers(request, office, _staff(office, request, Role.SUPPORT))

    @post("/support/sellers", include_in_schema=False)
    async def switch_on(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_staff, office, request, Role.SUPPORT)
        form = await request.form()
        values = {name: str(form.get(name, "")).strip() for name in ("seller_id", "ticket", "rules")}
        ticket, rules = values["ticket"], values["rules"]
        seller_id = whole_number(values["seller_id"]) or 0

        try:
            _check_lengths(values)
            await office.desk.perform(Errand(switching_on(seller_id, ticket, rules, who.by), access.Known(who.by)))
        except Refused as refused:
            return await to_thread.run_sync(_draw_sellers, request, office, who, refused, values)
        return done("/support/sellers")

    return [sellers, switch_on]


def _check_lengths(values: dict[str, str]) -> None:
    """What is too long is refused, never cut."""
    for name, most in (("ticket", TICKET_CHARACTERS_MAX), ("rules", RULES_CHARACTERS_MAX)):
        if len(values[name]) > most:
            raise Refused("field_invalid", "invalid", name, problem="too_long", characters_max=most)


def _staff(office: Office, request: Req, role: Role) -> Visitor:
    who = visitor(office, request)
    if who.by.role is not role:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def _draw_sellers(request: Req, office: Office, who: Visitor, refused: Refused | None = None,
                  values: dict[str, str] | None = None) -> Response[str]:  # fmt: skip
    policy = office.house.terms.policy
    with office.look(who.by) as tx:
        found = queries.sellers(tx)
    return page(
        request,
        "sellers.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here="/support/sellers",
        sellers=found,
        free=office.clock.now() < datetime.fromisoformat(policy.moderation_free_until),
        price_version=policy.premoderation_price_version,
        values=values or {},
        ticket_length=TICKET_CHARACTERS_MAX,
        rules_length=RULES_CHARACTERS_MAX,
        sentence=explain(refused, who.language) if refused else "",
    )
