"""What a customer sees: delivered orders, their own returns and what comes next."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.days import from_us
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import queries, texts
from backhaul.marketplace.cards import windows_of_line
from backhaul.marketplace.doors import Req, Visitor, visitor
from backhaul.marketplace.next_steps import Next, next_step
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.returns import label_of, tone_of
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.blocks import bars_disputes
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role


class Row(msgspec.Struct, frozen=True):
    """One return in the customer's list."""

    it: Return
    label: str
    tone: str
    next: Next


def routes(office: Office) -> list[Any]:
    """The handlers of the customer's pages."""

    @get("/orders", include_in_schema=False)
    @http.in_thread
    def orders(request: Req) -> Response[Any]:
        who = customer_of(office, request)
        with office.look(who.by) as tx:
            lines = queries.lines_of_customer(tx, who.by.subject)
        return page(
            request,
            "orders.html",
            who,
            lines=[_with_windows(office, line) for line in lines if line.units_free],
            taken=sum(1 for line in lines if not line.units_free),
        )

    @get("/my-returns", include_in_schema=False)
    @http.in_thread
    def my_returns(request: Req) -> Response[Any]:
        who = customer_of(office, request)
        with office.look(who.by) as tx:
            found = queries.of_customer(tx, who.by.subject, queries.cursor(request.query_params.get("before", "")))
        now = office.clock.now()
        return page(
            request,
            "my_returns.html",
            who,
            now=now,
            rows=[_row(it, who.by, now, may_dispute=not bars_disputes(who.block, now)) for it in found],
            older=found[-1].id if len(found) == queries.PAGE_ROWS else None,
        )

    return [orders, my_returns]


def customer_of(office: Office, request: Req) -> Visitor:
    """Who looks, if it is a customer."""
    who = visitor(office, request)
    if who.by.role is not Role.CUSTOMER:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def _row(it: Return, by: By, now: datetime, *, may_dispute: bool) -> Row:
    step = next_step(it, now, may_dispute=may_dispute)
    handed_in = it.status not in texts.CUSTOMER_LABELS
    return Row(it, label_of(it, by), "warn" if step.yours and not handed_in else tone_of(it, by.role), step)


def line_shown(line: queries.Orderline) -> dict[str, Any]:
    """A line of an order as its customer sees it."""
    it = line.line
    return {
        "id": line.id,
        "name": it.name,
        "posting_number": it.posting_number,
        "paid": Money(it.paid_price_rub_minor),
        "quantity": it.quantity,
        "units_free": line.units_free,
        "delivered_at": from_us(it.delivered_at_us),
    }


def _with_windows(office: Office, line: queries.Orderline) -> dict[str, Any]:
    return {**line_shown(line), "windows": windows_of_line(line.line, office.house.terms, office.clock.now())}
