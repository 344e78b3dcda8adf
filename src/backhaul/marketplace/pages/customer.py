"""What a customer sees: delivered orders, the form that starts a return, their own returns and what comes next."""

from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import forms, http, keys, uploads
from backhaul.kit.days import from_us
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import queries, texts
from backhaul.marketplace.cards import rules_of_line, windows_of_line
from backhaul.marketplace.doors import Req, Started, Visitor, explain, read_form, start_return, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.returns import label_of, tone_of
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.reason_names import hint_of, name_of
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.blocks import bars_disputes
from backhaul.marketplace.rules.decisions import By, photos_needed
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ReasonGroup, RefundStatus, Role, Status

# Where the customer's own act comes next; everywhere else they wait.
YOURS = frozenset({
    Status.NEW, Status.AWAITING_CUSTOMER, Status.OFFER_SENT, Status.APPROVED, Status.AWAITING_DROPOFF, Status.REJECTED,
})  # fmt: skip


class Next(msgspec.Struct, frozen=True):
    """What happens next with a return, and by when: a bound, or `exact` the instant at which it happens."""

    text: str
    by: datetime | None = None
    yours: bool = False
    exact: bool = False


class Row(msgspec.Struct, frozen=True):
    """One return in the customer's list."""

    it: Return
    label: str
    tone: str
    next: Next


class Choice(msgspec.Struct, frozen=True):
    """A reason of the form: its words, and what it asks for besides; `photos_min` 0: no more than any other."""

    code: str
    name: str
    hint: str
    photos_min: int
    comment_required: bool

    @property
    def asks_more(self) -> bool:
        """Whether there is something to say of it under the choice."""
        return bool(self.hint or self.photos_min or self.comment_required)


def routes(office: Office) -> list[Any]:
    """The handlers of the customer's pages."""

    @get("/orders", include_in_schema=False)
    @http.in_thread
    def orders(request: Req) -> Response[Any]:
        who = _customer(office, request)
        with office.database.read() as tx:
            lines = queries.lines_of_customer(tx, who.by.subject)
        return page(
            request,
            "orders.html",
            who,
            lines=[_with_windows(office, line) for line in lines if line.units_free],
            taken=sum(1 for line in lines if not line.units_free),
        )

    @get("/orders/{line_id:int}/return", include_in_schema=False)
    @http.in_thread
    def form(request: Req, line_id: FromPath[int]) -> Response[Any]:
        return _draw_form(request, office, _customer(office, request), line_id)

    @post("/orders/{line_id:int}/return", include_in_schema=False, request_max_body_size=uploads.UPLOAD_BYTES_MAX)
    async def start(request: Req, line_id: FromPath[int]) -> Response[Any]:
        who = await to_thread.run_sync(_customer, office, request)
        await to_thread.run_sync(_line, office, who, line_id)
        values: dict[str, Any] = {}
        try:
            await read_form(office, request, who.by, values)
            command = forms.parse(do.RequestReturn, values)
            token = str(values.get("form_token", ""))[:80]
            answer = await start_return(office, line_id, command, who.by, key=token)
        except Refused as refused:
            if refused.kind in {"missing", "unknown"}:
                raise
            return await to_thread.run_sync(
                partial(_draw_form, request, office, who, line_id, refused=refused, values=values)
            )
        started = msgspec.json.decode(answer.body, type=Started)
        return http.see_other("/my-returns" if len(started.return_ids) > 1 else f"/returns/{started.return_id}")

    @get("/my-returns", include_in_schema=False)
    @http.in_thread
    def my_returns(request: Req) -> Response[Any]:
        who = _customer(office, request)
        with office.database.read() as tx:
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

    return [orders, form, start, my_returns]


def next_step(it: Return, now: datetime, *, may_dispute: bool = True) -> Next:
    """What the customer should know next: their own act, the answer they wait for, or where the money is."""
    if it.status is Status.REJECTED and (it.disputed or it.act_by is None or it.act_by <= now or not may_dispute):
        return Next(texts.CUSTOMER_OVER)
    if it.status in texts.CUSTOMER_NEXT:
        return Next(texts.CUSTOMER_NEXT[it.status], it.act_by, it.status in YOURS)
    if it.refund.status is RefundStatus.HELD:
        return Next(texts.CUSTOMER_REFUNDS["held"], it.refund.send_at, exact=True)
    return Next(texts.CUSTOMER_REFUNDS.get(it.refund.status, texts.CUSTOMER_OVER))


def _customer(office: Office, request: Req) -> Visitor:
    who = visitor(office, request)
    if who.by.role is not Role.CUSTOMER:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def _row(it: Return, by: By, now: datetime, *, may_dispute: bool) -> Row:
    step = next_step(it, now, may_dispute=may_dispute)
    handed_in = it.status not in texts.CUSTOMER_LABELS
    return Row(it, label_of(it, by), "warn" if step.yours and not handed_in else tone_of(it, by.role), step)


def _shown(line: queries.Orderline) -> dict[str, Any]:
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
    return {**_shown(line), "windows": windows_of_line(line.line, office.house.terms, office.clock.now())}


def _line(office: Office, who: Visitor, line_id: int) -> queries.Orderline:
    with office.database.read() as tx:
        line = queries.line_of_customer(tx, who.by.subject, line_id)
    if line is None:
        raise Refused("not_found", "missing")
    return line


def _draw_form(request: Req, office: Office, who: Visitor, line_id: int, *, refused: Refused | None = None,
               values: dict[str, Any] | None = None) -> Response[str]:  # fmt: skip
    """The form that starts a return; after a refusal with its sentence and what was typed."""
    line = _line(office, who, line_id)
    terms = office.house.terms
    groups: dict[ReasonGroup, list[Choice]] = {}
    for reason in terms.reasons.active():
        needed = photos_needed(reason.code, terms)
        photos_min = needed if needed > terms.policy.photos_min else 0
        choice = Choice(reason.code, name_of(reason, who.language), hint_of(reason, who.language), photos_min,
                        reason.comment_required)  # fmt: skip
        groups.setdefault(reason.group, []).append(choice)
    policy = terms.policy
    return page(
        request,
        "start_return.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=request.url.path,
        section="/orders",
        line=_shown(line),
        rules=rules_of_line(line.line, office.house.terms, office.clock.now(), who.language),
        groups=groups,
        asked_more=[choice for found in groups.values() for choice in found if choice.asks_more],
        values=values or {},
        photos_min=policy.photos_min,
        photos_max=policy.photos_max,
        policy=policy,
        form_token=keys.session_token(office.chance)[:20],
        sentence=explain(refused, who.language) if refused else "",
    )
