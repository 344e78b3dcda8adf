"""Settings, webhooks: the list, one with its secrets and deliveries, one delivery with its tries."""

from datetime import datetime
from functools import partial
from typing import Any

from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import http, i18n, keys
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, texts, webhook_errands, webhook_queries, webhook_texts
from backhaul.marketplace.doors import Req, Visitor, explain, persons_errand, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.webhooks import PING, TYPES
from backhaul.marketplace.webhook_doors import checked, condition, new_id, new_secret, seller_of

LABELS = {PING: webhook_texts.PING_LABEL, **{kind: texts.EVENT_LABELS[event.__name__] for kind, event in TYPES.items()}}
HOURS = (24, 1, 72, 0)
NEWEST = 2**62


def routes(office: Office) -> list[Any]:
    """The handlers of the pages of webhooks."""
    return [*_list(office), *_one(office), *_secret(office), *_deliveries(office)]


def _list(office: Office) -> list[Any]:
    @get("/webhooks", include_in_schema=False)
    @http.in_thread
    def webhooks_page(request: Req) -> Response[Any]:
        return _draw(request, office, visitor(office, request))

    @post("/webhooks", include_in_schema=False)
    async def make(request: Req) -> Response[Any]:
        who, account = await _who(office, request)
        form = await request.form()
        typed, token = _typed(form), str(form.get("form_token", ""))[:80]
        webhook_id, secret = new_id(office, "hook"), new_secret(office)
        try:
            wanted = await checked(office, account, typed)

            def run(tx: Tx, at: datetime) -> bytes:
                policy = office.house.terms.policy
                webhook_errands.create(tx, account, webhook_id, wanted, secret.stored, policy, at)
                return webhook_id.encode()

            answer = await office.desk.perform(persons_errand(request, account, run, token, typed))
        except Refused as refused:
            return await to_thread.run_sync(partial(_draw, request, office, who, refused, typed))
        made = answer.body.decode()
        if made != webhook_id:  # the same form came twice: its secret has been shown
            return http.see_other(f"/webhooks/{made}")
        return _secret_page(request, who, webhook_id, wanted.name.strip(), secret.text)

    return [webhooks_page, make]


def _one(office: Office) -> list[Any]:
    @get("/webhooks/{webhook_id:str}", include_in_schema=False)
    @http.in_thread
    def webhook_page(request: Req, webhook_id: FromPath[str]) -> Response[Any]:
        return _draw_one(request, office, visitor(office, request), webhook_id)

    @post("/webhooks/{webhook_id:str}", include_in_schema=False)
    async def change(request: Req, webhook_id: FromPath[str]) -> Response[Any]:
        who, account = await _who(office, request)
        typed = _typed(await request.form())
        try:
            wanted = await checked(office, account, typed)
            await office.desk.perform(
                persons_errand(request, account, lambda tx, _: webhook_errands.change(tx, account, webhook_id, wanted))
            )
        except Refused as refused:
            if refused.kind == "missing":
                raise
            return await to_thread.run_sync(partial(_draw_one, request, office, who, webhook_id, refused, typed))
        return http.see_other(f"/webhooks/{webhook_id}")

    @post("/webhooks/{webhook_id:str}/act", include_in_schema=False)
    async def act(request: Req, webhook_id: FromPath[str]) -> Response[Any]:
        who, account = await _who(office, request)
        what = str((await request.form()).get("what", ""))
        ping_id = new_id(office, "ping")

        def run(tx: Tx, at: datetime) -> None:
            match what:
                case "pause":
                    webhook_errands.pause(tx, account, webhook_id)
                case "resume":
                    webhook_errands.resume(tx, account, webhook_id, at)
                case "ping":
                    webhook_errands.ping(tx, account, webhook_id, ping_id, at)
                case "remove":
                    webhook_errands.remove(tx, account, webhook_id, at)
                case _:
                    raise Refused("unknown_act", "invalid", act=what[:40])

        try:
            await office.desk.perform(persons_errand(request, account, run))
        except Refused as refused:
            if refused.kind != "conflict":
                raise
            return await to_thread.run_sync(partial(_draw_one, request, office, who, webhook_id, refused))
        if what == "ping":
            return http.see_other(f"/webhooks/{webhook_id}/deliveries/{ping_id}")
        return http.see_other("/webhooks" if what == "remove" else f"/webhooks/{webhook_id}")

    return [webhook_page, change, act]


def _secret(office: Office) -> list[Any]:
    @post("/webhooks/{webhook_id:str}/secrets", include_in_schema=False)
    async def rotate(request: Req, webhook_id: FromPath[str]) -> Response[Any]:
        who, account = await _who(office, request)
        form = await request.form()
        hours, token = str(form.get("keep_hours", "")), str(form.get("form_token", ""))[:80]
        secret, names = new_secret(office), []

        def run(tx: Tx, at: datetime) -> bytes:
            keep = int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 5 else -1
            webhook_errands.add_secret(tx, account, webhook_id, secret.stored, keep, at)
            names.append(webhook_queries.one(tx, webhook_id, seller_of(account)).name)
            return secret.stored.sealed

        try:
            answer = await office.desk.perform(
                persons_errand(request, account, run, token, ("secret", webhook_id, hours))
            )
        except Refused as refused:
            if refused.kind == "missing":
                raise
            return await to_thread.run_sync(partial(_draw_one, request, office, who, webhook_id, refused))
        if answer.body != secret.stored.sealed:  # the same form came twice: that secret has been shown
            return http.see_other(f"/webhooks/{webhook_id}")
        return _secret_page(request, who, webhook_id, names[0], secret.text)

    return [rotate]


def _deliveries(office: Office) -> list[Any]:
    @get("/webhooks/{webhook_id:str}/deliveries/{event_id:str}", include_in_schema=False)
    @http.in_thread
    def delivery(request: Req, webhook_id: FromPath[str], event_id: FromPath[str]) -> Response[Any]:
        who = visitor(office, request)
        account = _account(who)
        with office.database.read() as tx:
            hook = webhook_queries.one(tx, webhook_id, seller_of(account))
            found, body, tries = webhook_queries.one_delivery(tx, webhook_id, event_id)
        return page(request, "webhook_delivery.html", who, here=f"/webhooks/{webhook_id}", section="/webhooks", hook=hook,
                    it=found, sent=_as_sent(hook.url, event_id, body, tries), tries=tries, labels=LABELS, keeps=account.keeps_keys,
                    states=webhook_texts.DELIVERY_STATES, tones=webhook_texts.DELIVERY_TONES,
                    errors=webhook_texts.ERRORS)  # fmt: skip

    @post("/webhooks/{webhook_id:str}/deliveries/{event_id:str}/redeliver", include_in_schema=False)
    async def redeliver(request: Req, webhook_id: FromPath[str], event_id: FromPath[str]) -> Response[Any]:
        _, account = await _who(office, request)

        def run(tx: Tx, at: datetime) -> None:
            webhook_errands.redeliver(tx, account, webhook_id, event_id, at)

        await office.desk.perform(persons_errand(request, account, run))
        return http.see_other(f"/webhooks/{webhook_id}/deliveries/{event_id}")

    @post("/webhooks/{webhook_id:str}/redeliver", include_in_schema=False)
    async def redeliver_span(request: Req, webhook_id: FromPath[str]) -> Response[Any]:
        who, account = await _who(office, request)
        form = await request.form()
        typed = {name: str(form.get(name, ""))[:40] for name in ("since", "until", "undelivered")}

        def run(tx: Tx, at: datetime) -> bytes:
            since, until = (_moscow(typed[name], name) for name in ("since", "until"))
            only = bool(typed["undelivered"])
            return str(
                webhook_errands.redeliver_span(tx, account, webhook_id, since, until, at, undelivered=only)
            ).encode()

        try:
            answer = await office.desk.perform(persons_errand(request, account, run))
        except Refused as refused:
            if refused.kind == "missing":
                raise
            draw = partial(_draw_one, request, office, who, webhook_id, refused, span=typed)
            return await to_thread.run_sync(draw)
        return await to_thread.run_sync(partial(_draw_one, request, office, who, webhook_id, queued=int(answer.body)))

    return [delivery, redeliver, redeliver_span]


async def _who(office: Office, request: Req) -> tuple[Visitor, access.Account]:
    who = await to_thread.run_sync(visitor, office, request)
    return who, _account(who)


def _account(who: Visitor) -> access.Account:
    if who.account is None:
        raise Refused("sign_in_needed", "unknown")
    seller_of(who.account)
    return who.account


def _as_sent(url: str, event_id: str, body: bytes, tries: list[webhook_queries.Attempt]) -> str:
    """The request as it stood on the wire at the latest try."""
    stamp, signature = (tries[0].stamp, tries[0].signature) if tries else ("…", "…")
    lines = ("content-type: application/json", f"webhook-id: {event_id}", f"webhook-timestamp: {stamp}",
             f"webhook-signature: {signature}", "", body.decode())  # fmt: skip
    return "\n".join((f"POST {tries[0].url if tries else url}", *lines))


def _typed(form: Any) -> webhook_errands.Wanted:
    chosen = tuple(str(one)[:80] for one in form.getall("types", [])) if form.get("which") == "chosen" else ()
    return webhook_errands.Wanted(str(form.get("url", ""))[:600], str(form.get("name", ""))[:200], chosen)


def _moscow(text: str, field: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)
    except ValueError as error:
        raise Refused("instant_unreadable", "invalid", field) from error


def _secret_page(request: Req, who: Visitor, webhook_id: str, name: str, text: str) -> Response[str]:
    return page(request, "webhook_secret.html", who, 201, here="/webhooks", section="/webhooks", name=name, text=text,
                webhook_id=webhook_id)  # fmt: skip


def _draw(request: Req, office: Office, who: Visitor, refused: Refused | None = None,
          typed: webhook_errands.Wanted | None = None) -> Response[str]:  # fmt: skip
    account = _account(who)
    with office.database.read() as tx:
        found = webhook_queries.of_seller(tx, seller_of(account))
    policy = office.house.terms.policy
    return page(
        request, "webhooks.html", who, http.STATUS_BY_KIND[refused.kind] if refused else 200, here="/webhooks",
        hooks=[(hook, condition(hook)) for hook in found], states=webhook_texts.STATES, tones=webhook_texts.TONES,
        keeps=account.keeps_keys, labels=LABELS, kinds=list(TYPES), typed=typed, most=policy.webhooks_max,
        name_length=webhook_errands.NAME_CHARACTERS_MAX, tried=i18n.length_of_time(policy.webhook_try_days, "day", who.language),
        kept=i18n.length_of_time(policy.event_keep_days, "day", who.language),
        form_token=keys.session_token(office.chance)[:20], sentence=explain(refused, who.language) if refused else "",
        wrong=refused.field if refused else "",
    )  # fmt: skip


def _draw_one(request: Req, office: Office, who: Visitor, webhook_id: str, refused: Refused | None = None,
              typed: webhook_errands.Wanted | None = None, *, queued: int | None = None,
              span: dict[str, str] | None = None) -> Response[str]:  # fmt: skip
    account, now = _account(who), office.clock.now()
    state = request.query_params.get("state", "")
    before = whole_number(request.query_params.get("before", "")) or NEWEST
    state = state if state in webhook_texts.DELIVERY_STATES else ""
    with office.database.read() as tx:
        hook = webhook_queries.one(tx, webhook_id, seller_of(account))
        secrets = webhook_queries.secrets(tx, webhook_id, now)
        found, more = webhook_queries.deliveries(tx, webhook_id, state, before)
    return page(
        request, "webhook.html", who, http.STATUS_BY_KIND[refused.kind] if refused else 200, here=f"/webhooks/{webhook_id}",
        section="/webhooks", hook=hook, condition=condition(hook), states=webhook_texts.STATES, tones=webhook_texts.TONES,
        why=webhook_texts.WHY_PAUSED, secrets=secrets, deliveries=found, older=found[-1].id if more else 0, chosen=state,
        delivery_states=webhook_texts.DELIVERY_STATES, delivery_tones=webhook_texts.DELIVERY_TONES, labels=LABELS,
        kinds=list(TYPES), typed=typed or webhook_errands.Wanted(hook.url, hook.name, tuple(hook.kinds.split())),
        keeps=account.keeps_keys, hours=HOURS, name_length=webhook_errands.NAME_CHARACTERS_MAX, queued=queued, span=span or {},
        form_token=keys.session_token(office.chance)[:20], sentence=explain(refused, who.language) if refused else "",
        wrong=refused.field if refused else "",
    )  # fmt: skip
