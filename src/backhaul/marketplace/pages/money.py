"""The seller's money: what will be credited and when, what was, claims, and why each amount is what it is."""

from typing import Any

import msgspec
from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import explanation_texts, money_queries, money_views, posting_queries
from backhaul.marketplace.doors import Req, Visitor, visitor
from backhaul.marketplace.explanation_texts import Told
from backhaul.marketplace.money_queries import Page
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.posting_queries import PostingRows
from backhaul.marketplace.reason_names import labels
from backhaul.marketplace.rules.explanations import explained
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role

TABS = {
    "accrued": N_("With a date"),
    "expected": N_("After the refund"),
    "credited": N_("Credited"),
    "reversed": N_("Taken back"),
    "claims": N_("Claims"),
    "postings": N_("By posting"),
}
TABS_EMPTY = {
    "accrued": N_("Nothing is waiting to be credited."),
    "expected": N_("No accepted product waits for the customer's refund."),
    "credited": N_("Nothing was credited yet."),
    "reversed": N_("Nothing was taken back."),
    "claims": N_("You have no claims."),
    "postings": N_("No money has moved for your returns yet."),
}


class Row(msgspec.Struct, frozen=True):
    """A return with the explanation of the amount that the tab is about."""

    it: Return
    why: Told | None


def routes(office: Office) -> list[Any]:
    """The handler of the seller's money."""

    @get("/money", include_in_schema=False)
    @http.in_thread
    def money(request: Req) -> Response[Any]:
        who = visitor(office, request)
        if who.by.role is not Role.SELLER:
            raise Refused("not_your_role", "forbidden", role=who.by.role)
        tab = request.query_params.get("tab", "accrued")
        tab = tab if tab in TABS else "accrued"
        after, seller_id = request.query_params.get("after", ""), int(who.by.subject)
        with office.look(who.by) as tx:
            totals = money_views.of_seller(tx, seller_id)
            postings, invoices = PostingRows(()), list[tuple[int, Money]]()
            if tab == "postings":
                postings = posting_queries.by_posting(tx, seller_id, request.query_params.get("before", "")[:80])
                invoices = posting_queries.partner_invoices(tx, seller_id)
                found = Page([])
            elif tab == "claims":
                found = money_queries.claims(tx, seller_id, after)
            else:
                found = money_queries.compensations(tx, seller_id, tab, after, latest=tab in {"credited", "reversed"})
        return page(
            request,
            "money.html",
            who,
            here=f"/money?tab={tab}",
            section="/money",
            now=office.clock.now(),
            tab=tab,
            tabs=TABS,
            nothing=TABS_EMPTY[tab],
            totals=totals,
            rows=[_row(office, who, it, "claim" if tab == "claims" else "compensation") for it in found.returns],
            after=after,
            following=found.next,
            postings=postings,
            invoices=invoices,
        )

    return [money]


def _row(office: Office, who: Visitor, it: Return, what: str) -> Row:
    terms = office.house.terms
    found = explanation_texts.told(
        [one for one in explained(it, terms.policy) if one.what == what],
        who.language,
        labels(terms.reasons, who.language),
    )
    return Row(it, found[0] if found else None)
