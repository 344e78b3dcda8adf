"""A customer's own data: what is held and who received it, all of it to take away, and its erasure with what stands in its way."""

from functools import partial
from typing import Any

from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from backhaul.kit import done, http, i18n
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor import TYPED_CHARACTERS_MAX
from backhaul.marketplace import (
    access,
    customer_data,
    erasure_certificates,
    my_data_doors,
    person_queries,
    person_texts,
)
from backhaul.marketplace.doors import Req, Visitor, explain, visitor
from backhaul.marketplace.my_data_api import erasure_view, hold_view, received_view
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.person_queries import Asked
from backhaul.marketplace.rules.erasure import State
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.tables import factors

SHOWN_MAX = 100
WITHDRAWN = "erasure-withdrawn"
SAYS = {WITHDRAWN: N_("You will not be erased.")}


def routes(office: Office) -> list[Any]:
    """The handlers of *Your data*."""

    @get("/my-data", include_in_schema=False)
    @http.in_thread
    def mine(request: Req) -> Response[Any]:
        return _draw(request, office, visitor(office, request))

    @get("/my-data.zip", include_in_schema=False)
    @http.in_thread
    def export(request: Req) -> Stream:
        who = visitor(office, request)
        return my_data_doors.file_of(office, who.by, who.language)

    @get("/support/customers/{customer_ref:str}", include_in_schema=False)
    @http.in_thread
    def of_customer(request: Req, customer_ref: FromPath[str]) -> Response[Any]:
        who = visitor(office, request)
        if who.by.role is not Role.SUPPORT:
            raise Refused("not_your_role", "forbidden", role=who.by.role)
        with office.database.read() as tx:
            received = customer_data.known(tx, customer_ref)
            asked = person_queries.newest_of(tx, customer_ref)
            waits = asked is not None and asked.state is State.HELD
            in_the_way = my_data_doors.in_the_way(tx, customer_ref, office.clock.now()) if waits else ()
        return page(
            request,
            "customer_received.html",
            who,
            here=f"/support/customers/{customer_ref}",
            ref=customer_ref,
            received=[received_view(one, who.language, person_texts.SUPPORT) for one in received[:SHOWN_MAX]],
            erasure="" if asked is None else _told(asked, who.language),
            waits=waits,
            in_the_way=[hold_view(one, who.language, person_texts.SUPPORT) for one in in_the_way],
        )

    return [mine, export, of_customer, *_erasing(office), *_certificates(office)]


def _erasing(office: Office) -> list[Any]:
    @post("/my-data/erasure", include_in_schema=False)
    async def erase(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(visitor, office, request)
        form = await request.form()
        password, code = (str(form.get(name, "")) for name in ("password", "code"))
        try:
            asked = await my_data_doors.erase(office, request, _account(who), password, code, None)
        except Refused as refused:
            if refused.kind not in {"invalid", "too_many"} and refused.field != "code":
                raise
            return await to_thread.run_sync(partial(_draw, request, office, who, refused))
        if asked.state is State.HELD:
            return http.see_other("/my-data")
        code = erasure_certificates.code_of(office, asked.id)
        return http.see_other(f"/erased/{code}?lang={who.language}")  # their session and their language went with them

    @get("/my-data/erasure", include_in_schema=False)
    @http.in_thread
    def form_of_erasure() -> Response[Any]:
        """Whoever loads the answer of the form again, after a refusal."""
        return http.see_other("/my-data")

    @post("/my-data/erasure/withdraw", include_in_schema=False)
    async def withdraw(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(visitor, office, request)
        await my_data_doors.withdraw(office, request, _account(who), None)
        return done.done("/my-data", WITHDRAWN)

    return [erase, form_of_erasure, withdraw]


def _certificates(office: Office) -> list[Any]:
    """Open to whoever has the address: who was erased is nobody now."""

    def certified(code: str) -> Asked:
        with office.database.read() as tx:
            return erasure_certificates.found(office, tx, code)

    @get("/erased/{code:str}", include_in_schema=False)
    @http.in_thread
    def certificate(request: Req, code: FromPath[str]) -> Response[Any]:
        asked = certified(code)
        figures = erasure_certificates.figures(asked)
        return page(request, "erased.html", visitor(office, request), asked=asked, figures=figures, code=code)

    @get("/erased/{code:str}/certificate.pdf", include_in_schema=False)
    @http.in_thread
    def certificate_pdf(request: Req, code: FromPath[str]) -> Response[bytes]:
        asked = certified(code)
        content = erasure_certificates.pdf(asked, visitor(office, request).language)
        return http.file_answer(content, "application/pdf", f"certificate-of-destruction-{asked.id}.pdf", inline=False)

    return [certificate, certificate_pdf]


def _told(asked: Asked, language: str) -> str:
    """Where an erasure stands, to support."""
    instants = {"asked": asked.asked_at, "withdrawn": asked.it.withdrawn_at, "erased": asked.erased_at}
    facts = {name: at for name, at in instants.items() if at is not None}
    return i18n.sentence(language, person_texts.ASKED[asked.state], {**facts, "number": asked.id})


def _status(refused: Refused | None) -> int:
    """They are signed in: a wrong code is a wrong field."""
    if refused is None:
        return 200
    return 422 if refused.kind == "unknown" else http.STATUS_BY_KIND[refused.kind]


def _account(who: Visitor) -> access.Account:
    if who.account is None:
        raise Refused("sign_in_needed", "unknown")
    return who.account


def _draw(request: Req, office: Office, who: Visitor, refused: Refused | None = None) -> Response[str]:
    ref = my_data_doors.customer_of(who.by)
    with office.database.read() as tx:
        it = customer_data.person(tx, ref)
        received = customer_data.received(tx, ref)
        in_the_way = my_data_doors.in_the_way(tx, ref, office.clock.now())
        asked = person_queries.waiting(tx, ref)
        has_code = factors.is_on(tx, _account(who).id)
    answer = page(
        request,
        "my_data.html",
        who,
        _status(refused),
        has_code=has_code,
        code_length=TYPED_CHARACTERS_MAX,
        here="/my-data",
        it=it,
        received=[received_view(one, who.language) for one in received[:SHOWN_MAX]],
        more=len(received) - SHOWN_MAX,
        in_the_way=[hold_view(one, who.language) for one in in_the_way],
        asked=None if asked is None else erasure_view(asked, who.language),
        sentence=explain(refused, who.language) if refused else "",
        wrong="" if refused is None else refused.field or "password",
        notice=i18n.gettext(who.language, SAYS.get(done.what(request), "")),
    )
    answer.headers.update(http.later(refused))
    return answer
