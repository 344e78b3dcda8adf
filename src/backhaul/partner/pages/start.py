"""The first steps of a seller: a checklist that ends when the account is linked, and the guide on paper, open to all."""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from backhaul.kit import http, i18n
from backhaul.kit.machine import Refused
from backhaul.partner import decision_queries, queries
from backhaul.partner.doors import Req, visitor
from backhaul.partner.guide import STEPS, guide_pdf
from backhaul.partner.office import Office
from backhaul.partner.pages.authorizations import links_of
from backhaul.partner.pages.sheets import page
from backhaul.partner.rules.words import Role


def routes(office: Office) -> list[Any]:
    """The handlers of the first steps. A guide is drawn once for each language and version of the policy."""
    drawn: dict[str, tuple[str, bytes]] = {}

    def guide_in(language: str) -> bytes:
        version, policy = office.house.terms.policy_version, office.house.terms.policy
        kept = drawn.get(language)
        if kept is None or kept[0] != version:
            kept = drawn[language] = version, guide_pdf(policy, language)
        return kept[1]

    @get("/start", include_in_schema=False)
    @http.in_thread
    def start(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SELLER)
        company_id = int(who.by.subject)
        facts = msgspec.structs.asdict(office.house.terms.policy)
        with office.look(who.by) as tx:
            links = links_of(tx, company_id)
            addresses = queries.destinations_of_company(tx, company_id)
            decided = any(yes for _, yes in decision_queries.counts_of_company(tx, company_id))
        done = {
            "account": True,
            "email": True,
            "key": bool(links),
            "link": bool(links),
            "address": bool(addresses),
            "decide": decided,
        }
        shown = [(step, i18n.sentence(who.language, step.text, facts)) for step in STEPS]
        following = next((step.id for step in STEPS if not done[step.id]), "")
        return page(
            request, office, "start.html", who, here="/start", section="/parcels", steps=shown, done=done, following=following,
            linked=bool(links),
        )  # fmt: skip

    @get("/guide/{name:str}", include_in_schema=False)
    @http.in_thread
    def guide(name: FromPath[str]) -> Response[bytes]:
        language, _, form = name.partition(".")
        if form != "pdf" or language not in i18n.LANGUAGES:
            raise Refused("not_found", "missing")
        return http.file_answer(guide_in(language), "application/pdf", f"guide-{language}.pdf")

    return [start, guide]
