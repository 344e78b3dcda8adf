"""The pages of webhooks: the list, one with its secrets and deliveries, one delivery with its tries."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import http, i18n, keys, webhook_texts
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.kit.webhook_doors import Doors, Office, Req, checked, condition, new_id, new_secret, perform
from backhaul.kit.webhook_errands import NAME_CHARACTERS_MAX, Keeper, Wanted, WebhookErrands
from backhaul.kit.webhook_law import PING
from backhaul.kit.webhook_queries import Attempt

HOURS = (24, 1, 72, 0)
NEWEST = 2**62


class Sheets(msgspec.Struct, frozen=True):
    """How a house draws these pages.

    `visitor` is who looks, `keeper` that person as one who keeps webhooks, else `Refused`; `draw` is the house's
    `(request, who, template, status, **context)`. `labels` are those of the events, `case` what a delivery is about:
    its word, and by its id its label with its address. `lead` and `back` (address and label) stand above the list.
    """

    doors: Doors
    visitor: Callable[[Req], Any]
    keeper: Callable[[Any], Keeper]
    draw: Callable[..., Response[Any]]
    explain: Callable[[Refused, str], str]
    labels: Mapping[str, str]
    lead: str
    case: str
    case_of: Callable[[int], tuple[str, str]]
    back: tuple[str, str]

    @property
    def office(self) -> Office:
        """What of an office the pages need."""
        return self.doors.office

    @property
    def errands(self) -> WebhookErrands:
        """What is done with webhooks."""
        return self.doors.errands


def routes(sheets: Sheets) -> list[Any]:
    """The handlers of the pages of webhooks."""
    return [*_list(sheets), *_one(sheets), *_secret(sheets), *_deliveries(sheets)]


def _list(sheets: Sheets) -> list[Any]:
    @get("/webhooks", include_in_schema=False)
    @http.in_thread
    def webhooks_page(request: Req) -> Response[Any]:
        return _draw(request, sheets, sheets.visitor(request))

    @post("/webhooks", include_in_schema=False)
    async def make(request: Req) -> Response[Any]:
        who, by = await _who(sheets, request)
        form = await request.form()
        typed, token = _typed(form), str(form.get("form_token", ""))[:80]
        webhook_id, secret = new_id(sheets.office, "hook"), new_secret(sheets.office)
        try:
            wanted = await checked(sheets.doors, by, typed)

            def run(tx: Tx, at: datetime) -> bytes:
                sheets.errands.create(tx, by, webhook_id, wanted, secret.stored, sheets.doors.policy(), at)
                return webhook_id.encode()

            answer = await perform(sheets.doors, request, by, run, token, typed)
        except Refused as refused:
            return await to_thread.run_sync(partial(_draw, request, sheets, who, refused, typed))
        made = answer.body.decode()
        if made != webhook_id:  # the same form came twice: its secret has been shown
            return http.see_other(f"/webhooks/{made}")
        return _secret_page(request, sheets, who, webhook_id, wanted.name.strip(), secret.text)

    return [webhooks_page, make]


def _one(sheets: Sheets) -> list[Any]:
    @get("/webhooks/{webhook_id:str}", include_in_schema=False)
    @http.in_thread
    def webhook_page(request: Req, webhook_id: FromPath[str]) -> Response[Any]:
        return _draw_one(request, sheets, sheets.visitor(request), webhook_id)

    @post("/webhooks/{webhook_id:str}", include_in_schema=False)
    async def change(request: Req, webhook_id: FromPath[str]) -> Response[Any]:
        who, by = await _who(sheets, request)
        typed = _typed(await request.form())
        try:
            wanted = await checked(sheets.doors, by, typed)
            await perform(
                sheets.doors, request, by, lambda tx, at: sheets.errands.change(tx, by, webhook_id, wanted, at)
            )
        except Refused as refused:
            if refused.kind == "missing":
                raise
            return await to_thread.run_sync(partial(_draw_one, request, sheets, who, webhook_id, refused, typed))
        return http.see_other(f"/webhooks/{webhook_id}")

    @post("/webhooks/{webhook_id:str}/act", include_in_schema=False)
    async def act(request: Req, webhook_id: FromPath[str]) -> Response[Any]:
        who, by = await _who(sheets, request)
        what = str((await request.form()).get("what", ""))
        ping_id = new_id(sheets.office, "ping")

        def run(tx: Tx, at: datetime) -> None:
            match what:
                case "pause":
                    sheets.errands.pause(tx, by, webhook_id)
                case "resume":
                    sheets.errands.resume(tx, by, webhook_id, at)
                case "ping":
                    sheets.errands.ping(tx, by, webhook_id, ping_id, at)
                case "remove":
                    sheets.errands.remove(tx, by, webhook_id, at)
                case _:
                    raise Refused("unknown_act", "invalid", act=what[:40])

        try:
            await perform(sheets.doors, request, by, run)
        except Refused as refused:
            if refused.kind != "conflict":
                raise
            return await to_thread.run_sync(partial(_draw_one, request, sheets, who, webhook_id, refused))
        if what == "ping":
            return http.see_other(f"/webhooks/{webhook_id}/deliveries/{ping_id}")
        return http.see_other("/webhooks" if what == "remove" else f"/webhooks/{webhook_id}")

    return [webhook_page, change, act]


def _secret(sheets: Sheets) -> list[Any]:
    @post("/webhooks/{webhook_id:str}/secrets", include_in_schema=False)
    async def rotate(request: Req, webhook_id: FromPath[str]) -> Response[Any]:
        who, by = await _who(sheets, request)
        form = await request.form()
        hours, token = str(form.get("keep_hours", "")), str(form.get("form_token", ""))[:80]
        secret, names = new_secret(sheets.office), []

        def run(tx: Tx, at: datetime) -> bytes:
            keep = int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 5 else -1
            sheets.errands.add_secret(tx, by, webhook_id, secret.stored, keep, at)
            names.append(sheets.errands.queries.one(tx, webhook_id, by.owner_id).name)
            return secret.stored.sealed

        try:
            answer = await perform(sheets.doors, request, by, run, token, hours)
        except Refused as refused:
            if refused.kind == "missing":
                raise
            return await to_thread.run_sync(partial(_draw_one, request, sheets, who, webhook_id, refused))
        if answer.body != secret.stored.sealed:  # the same form came twice: that secret has been shown
            return http.see_other(f"/webhooks/{webhook_id}")
        return _secret_page(request, sheets, who, webhook_id, names[0], secret.text)

    return [rotate]


def _deliveries(sheets: Sheets) -> list[Any]:
    @get("/webhooks/{webhook_id:str}/deliveries/{event_id:str}", include_in_schema=False)
    @http.in_thread
    def delivery(request: Req, webhook_id: FromPath[str], event_id: FromPath[str]) -> Response[Any]:
        who = sheets.visitor(request)
        by = sheets.keeper(who)
        with sheets.office.look_for(by.owner_id) as tx:
            hook = sheets.errands.queries.one(tx, webhook_id, by.owner_id)
            found, body, tries = sheets.errands.queries.one_delivery(tx, webhook_id, event_id)
        return sheets.draw(request, who, "webhook_delivery.html", here=f"/webhooks/{webhook_id}", section="/webhooks", hook=hook, case=sheets.case, case_of=sheets.case_of,
                    it=found, sent=_as_sent(hook.url, event_id, body, tries), tries=tries, labels=_labels(sheets), keeps=by.changes,
                    states=webhook_texts.DELIVERY_STATES, tones=webhook_texts.DELIVERY_TONES,
                    errors=webhook_texts.ERRORS)  # fmt: skip

    @post("/webhooks/{webhook_id:str}/deliveries/{event_id:str}/redeliver", include_in_schema=False)
    async def redeliver(request: Req, webhook_id: FromPath[str], event_id: FromPath[str]) -> Response[Any]:
        _, by = await _who(sheets, request)

        def run(tx: Tx, at: datetime) -> None:
            sheets.errands.redeliver(tx, by, webhook_id, event_id, at)

        await perform(sheets.doors, request, by, run)
        return http.see_other(f"/webhooks/{webhook_id}/deliveries/{event_id}")

    @post("/webhooks/{webhook_id:str}/redeliver", include_in_schema=False)
    async def redeliver_span(request: Req, webhook_id: FromPath[str]) -> Response[Any]:
        who, by = await _who(sheets, request)
        form = await request.form()
        typed = {name: str(form.get(name, ""))[:40] for name in ("since", "until", "undelivered")}

        def run(tx: Tx, at: datetime) -> bytes:
            since, until = (_moscow(typed[name], name) for name in ("since", "until"))
            only = bool(typed["undelivered"])
            return str(sheets.errands.redeliver_span(tx, by, webhook_id, since, until, at, undelivered=only)).encode()

        try:
            answer = await perform(sheets.doors, request, by, run)
        except Refused as refused:
            if refused.kind == "missing":
                raise
            draw = partial(_draw_one, request, sheets, who, webhook_id, refused, span=typed)
            return await to_thread.run_sync(draw)
        return await to_thread.run_sync(partial(_draw_one, request, sheets, who, webhook_id, queued=int(answer.body)))

    return [delivery, redeliver, redeliver_span]


async def _who(sheets: Sheets, request: Req) -> tuple[Any, Keeper]:
    who = await to_thread.run_sync(sheets.visitor, request)
    return who, sheets.keeper(who)


def _labels(sheets: Sheets) -> dict[str, str]:
    return {PING: webhook_texts.PING_LABEL, **sheets.labels}


def _as_sent(url: str, event_id: str, body: bytes, tries: list[Attempt]) -> str:
    """The request as it stood on the wire at the latest try."""
    stamp, signature = (tries[0].stamp, tries[0].signature) if tries else ("…", "…")
    lines = ("content-type: application/json", f"webhook-id: {event_id}", f"webhook-timestamp: {stamp}",
             f"webhook-signature: {signature}", "", body.decode())  # fmt: skip
    return "\n".join((f"POST {tries[0].url if tries else url}", *lines))


def _typed(form: Any) -> Wanted:
    chosen = tuple(str(one)[:80] for one in form.getall("types", [])) if form.get("which") == "chosen" else ()
    return Wanted(str(form.get("url", ""))[:600], str(form.get("name", ""))[:200], chosen)


def _moscow(text: str, field: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)
    except ValueError as error:
        raise Refused("instant_unreadable", "invalid", field) from error


def _secret_page(request: Req, sheets: Sheets, who: Any, webhook_id: str, name: str, text: str) -> Response[str]:
    return sheets.draw(request, who, "webhook_secret.html", 201, here="/webhooks", section="/webhooks", name=name, text=text,
                webhook_id=webhook_id)  # fmt: skip


def _draw(request: Req, sheets: Sheets, who: Any, refused: Refused | None = None,
          typed: Wanted | None = None) -> Response[str]:  # fmt: skip
    by = sheets.keeper(who)
    with sheets.office.look_for(by.owner_id) as tx:
        found = sheets.errands.queries.of_owner(tx, by.owner_id)
    policy = sheets.doors.policy()
    return sheets.draw(
        request, who, "webhooks.html", http.STATUS_BY_KIND[refused.kind] if refused else 200, here="/webhooks",
        lead=sheets.lead, back=sheets.back, hooks=[(hook, condition(hook)) for hook in found], states=webhook_texts.STATES, tones=webhook_texts.TONES,
        keeps=by.changes, labels=_labels(sheets), kinds=list(sheets.errands.types), typed=typed, most=policy.webhooks_max,
        name_length=NAME_CHARACTERS_MAX, tried=i18n.length_of_time(policy.webhook_try_days, "day", who.language),
        kept=i18n.length_of_time(policy.event_keep_days, "day", who.language),
        form_token=keys.session_token(sheets.office.chance)[:20], sentence=sheets.explain(refused, who.language) if refused else "",
        faulty=refused.field if refused else "",
    )  # fmt: skip


def _draw_one(request: Req, sheets: Sheets, who: Any, webhook_id: str, refused: Refused | None = None,
              typed: Wanted | None = None, *, queued: int | None = None,
              span: dict[str, str] | None = None) -> Response[str]:  # fmt: skip
    by, now = sheets.keeper(who), sheets.office.clock.now()
    state = request.query_params.get("state", "")
    before = whole_number(request.query_params.get("before", "")) or NEWEST
    state = state if state in webhook_texts.DELIVERY_STATES else ""
    with sheets.office.look_for(by.owner_id) as tx:
        hook = sheets.errands.queries.one(tx, webhook_id, by.owner_id)
        secrets = sheets.errands.queries.secrets(tx, webhook_id, now)
        found, more = sheets.errands.queries.deliveries(tx, webhook_id, state, before)
    return sheets.draw(
        request, who, "webhook.html", http.STATUS_BY_KIND[refused.kind] if refused else 200, here=f"/webhooks/{webhook_id}",
        section="/webhooks", case=sheets.case, case_of=sheets.case_of, hook=hook, condition=condition(hook), states=webhook_texts.STATES, tones=webhook_texts.TONES,
        why=webhook_texts.WHY_PAUSED, secrets=secrets, deliveries=found, older=found[-1].id if more else 0, chosen=state,
        delivery_states=webhook_texts.DELIVERY_STATES, delivery_tones=webhook_texts.DELIVERY_TONES, labels=_labels(sheets),
        kinds=list(sheets.errands.types), typed=typed or Wanted(hook.url, hook.name, tuple(hook.kinds.split())),
        keeps=by.changes, hours=HOURS, name_length=NAME_CHARACTERS_MAX, queued=queued, span=span or {},
        form_token=keys.session_token(sheets.office.chance)[:20], sentence=sheets.explain(refused, who.language) if refused else "",
        faulty=refused.field if refused else "",
    )  # fmt: skip
