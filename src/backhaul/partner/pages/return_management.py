"""Return management: disposal chosen while a unit is still on its way, for one unit or by standing rules (R89, R90, P25)."""

from datetime import datetime
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
from backhaul.kit.forms import whole_number
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.partner import errands, queries, texts
from backhaul.partner.doors import Req, Visitor, errand, form_texts, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.seller import company_of
from backhaul.partner.pages.sheets import Form, Wrong, form_of, page
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import standing
from backhaul.partner.rules.decisions import open_acts
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import BusinessType, LinkMode, LinkState, Role, Service, Status
from backhaul.partner.shapes import LinkRow

HERE = "/returns-management"


class NewRule(msgspec.Struct, frozen=True):
    """The form of a new rule; what is left empty does not count."""

    below_rub: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    sku: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    reason: Annotated[str, Meta(max_length=80)] = ""
    only_units: Annotated[str, Meta(max_length=20)] = ""

    def wanted(self) -> standing.Wanted:
        """As the law asks for it."""
        if self.reason and self.reason not in texts.REASON_LABELS:
            raise Refused("unknown_reason", "invalid", "reason")
        if self.only_units and self.only_units not in texts.DEFECT_LABELS:
            raise Refused("field_invalid", "invalid", "only_units", problem="not_a_choice")
        is_defect = None if not self.only_units else self.only_units == "with_defect"
        return standing.Wanted(self.below_rub, self.sku, self.reason, is_defect)


def routes(office: Office) -> list[Any]:
    """The handlers of the page."""

    @get(HERE, include_in_schema=False)
    @http.in_thread
    def show(request: Req) -> Response[Any]:
        return _draw(request, office, visitor(office, request, Role.SELLER))

    @post(HERE + "/{seller_id:int}/rules", include_in_schema=False)
    async def add(request: Req, seller_id: FromPath[int]) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        values = await form_texts(request, *NewRule.__struct_fields__, "form")
        account, policy = who.known, office.house.terms.policy
        try:
            wanted = forms.parse(NewRule, values).wanted()

            def run(tx: Tx, at: datetime) -> None:
                errands.add_rule(tx, account, seller_id, wanted, policy, at)

            await errand(office, who, run, token=values["form_token"], body=(seller_id, wanted))
        except Refused as refused:
            if refused.kind == "missing":
                raise
            wrong = Wrong(refused, values, values["form"])
            return await to_thread.run_sync(_draw, request, office, who, wrong)
        return done(HERE)

    @post(HERE + "/rules/{rule_id:int}/end", include_in_schema=False)
    async def end(request: Req, rule_id: FromPath[int]) -> Response[Any]:
        who = await visitor_async(office, request, Role.SELLER)
        account = who.known
        await errand(office, who, lambda tx, at: errands.end_rule(tx, account, rule_id, at))
        return done(HERE)

    return [show, add, end]


def _draw(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None) -> Response[str]:
    at, terms, company_id = office.clock.now(), office.house.terms, company_of(who)
    after = request.query_params.get("after", "")
    with office.look(who.by) as tx:
        before = whole_number(after) or 2**62
        expected = queries.parcels_of_company(tx, company_id, (Status.EXPECTED,), before)
        rows = []
        for it in expected:
            if terms.policy.disposes_by_choice(it.unit.seller_country):
                around = queries.around_of(tx, it)
                form = (
                    _on_arrival(office, who, it)
                    if do.DisposeOnArrival in open_acts(it, who.by, at, terms, around)
                    else None
                )
                rows.append((it, form, standing.first_fitting(around.rules, it.unit)))
        links = queries.links_of_company(tx, company_id)
        rules = queries.rules_of_company(tx, company_id)
    ours = [link for link in links if link.business_type == BusinessType.CANCEL_ORDERS]
    books = [
        (
            link,
            [(row.rule, from_us(row.made_us)) for row in rules if row.seller_id == link.seller_id],
            _rule_form(office, who, link),
        )
        for link in ours
        if link.mode == LinkMode.RETURNS and link.state == LinkState.ACTIVE
    ]
    return page(
        request,
        office,
        "return_management.html",
        who,
        wrong,
        here=HERE,
        rows=rows,
        books=books,
        linked=bool(links),
        ours=bool(ours),
        price=terms.tariff.price(Service.DISPOSAL),
        older=str(expected[-1].id) if len(expected) == queries.PAGE_ROWS else "",
    )


def _rule_form(office: Office, who: Visitor, link: LinkRow) -> Form:
    hint = N_(
        "Every condition that you fill in must hold. A person can still change each disposal for {undo_hours_person} hours."
    )
    return form_of(
        office, who, NewRule, f"{HERE}/{link.seller_id}/rules", (N_("Add the rule"), hint), id=f"rule-{link.seller_id}",
        choices={"reason": tuple(texts.REASON_LABELS), "only_units": tuple(texts.DEFECT_LABELS)},
        value_labels={**texts.REASON_LABELS, **texts.DEFECT_LABELS}, danger=True,
    )  # fmt: skip


def _on_arrival(office: Office, who: Visitor, it: Parcel) -> Form:
    words = texts.KEEP_AFTER_ALL if it.dispose_on_arrival else texts.COMMAND_LABELS["DisposeOnArrival"]
    price = office.house.terms.tariff.price(Service.DISPOSAL)
    hidden = {"wanted": "no" if it.dispose_on_arrival else "yes", "seen": str(it.version)}
    hidden["price_minor"] = "" if it.dispose_on_arrival else str(price.minor)
    action = f"/parcels/{it.id}/dispose-on-arrival"
    form_id, danger = f"dispose-{it.id}", not it.dispose_on_arrival
    return form_of(office, who, do.DisposeOnArrival, action, words, id=form_id, hidden=hidden, danger=danger)
