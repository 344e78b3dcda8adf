"""A seller decides about many returns at once: choose, see what would happen, confirm, read what became of each."""

from typing import Any
from urllib.parse import parse_qsl

from anyio import to_thread
from litestar import Response, post

from backhaul.kit import http, keys
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import bulk, facet_queries, filters, job_doors, texts
from backhaul.marketplace.doors import ACT_WORDS, ACTS, Req, Visitor, choices, explain, parsed, visitor
from backhaul.marketplace.jobs.decisions import Item
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import act_form, page
from backhaul.marketplace.reason_names import words_of
from backhaul.marketplace.rules.words import Role

SHOWN_OF_MANY = 50
ITEMS_CHARACTERS_MAX = 500_000


def routes(office: Office) -> list[Any]:
    """The handlers of a selection."""

    @post("/returns/selected", include_in_schema=False)
    async def confirm(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_seller, office, request)
        form = await request.form()
        values = {name: str(form.get(name, "")) for name in form}
        chosen = [number for text in form.getall("return_id", []) if (number := whole_number(str(text))) is not None]
        if not chosen and values.get("all") != "yes":
            return http.see_other("/returns?chosen=none")
        return await to_thread.run_sync(_draw, request, office, who, values, chosen)

    @post("/returns/selected/decide", include_in_schema=False)
    async def decide(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_seller, office, request)
        form = await request.form()
        values: dict[str, Any] = {name: str(form.get(name, "")) for name in form}
        items = [
            bulk.Item(number, whole_number(str(form.get(f"seen-{number}", ""))))
            for text in form.getall("return_id", [])
            if (number := whole_number(str(text))) is not None
        ]
        try:
            command = parsed(_act(values), {**values, "photos": []})
            token = values.get("form_token", "")[:80]
            outcomes = await bulk.perform(office, items, command, who.by, who.language, key=token)
        except Refused as refused:
            ids = [item.return_id for item in items]
            return await to_thread.run_sync(_draw, request, office, who, values, ids, refused)
        return page(
            request,
            "selection_done.html",
            who,
            here="/returns",
            section="/returns",
            label=texts.COMMAND_LABELS[type(command).__name__][0],
            done=[o for o in outcomes if o.done],
            refused=[o for o in outcomes if not o.done],
        )

    @post("/returns/selected/later", include_in_schema=False)
    async def later(request: Req) -> Response[Any]:
        """So many that it is done in the background."""
        who = await to_thread.run_sync(_seller, office, request)
        form = await request.form()
        values: dict[str, Any] = {name: str(form.get(name, "")) for name in form}
        try:
            command = parsed(_act(values), {**values, "photos": []})
            token = values.get("form_token", "")[:80]
            items = _unpacked(str(values.get("items", "")))
            await office.desk.perform(job_doors.deciding(office, command, items, who.by, who.language, token))
        except Refused as refused:
            return await to_thread.run_sync(_draw, request, office, who, values, [], refused)
        return http.see_other("/jobs")

    return [confirm, decide, later]


def _seller(office: Office, request: Req) -> Visitor:
    who = visitor(office, request)
    if who.by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def _act(values: dict[str, Any]) -> type[Any]:
    command = ACTS.get(str(values.get("act", "")))
    if command not in bulk.BULK_ACTS:
        raise Refused("unknown_act", "invalid", "act", act=str(values.get("act", ""))[:40])
    return command


def _packed(ready: list[bulk.Prospect]) -> str:
    """Returns with their versions, in one field: `17.3 18.2`."""
    return " ".join(f"{one.it.id}.{one.it.version}" for one in ready)


def _unpacked(text: str) -> list[Item]:
    items: list[Item] = []
    for one in text[:ITEMS_CHARACTERS_MAX].split():
        return_id, _, version = one.partition(".")
        number, seen = whole_number(return_id), whole_number(version)
        if number is not None and seen is not None:
            items.append((number, seen))
    return items


def _draw(request: Req, office: Office, who: Visitor, values: dict[str, Any], chosen: list[int],
          refused: Refused | None = None) -> Response[str]:  # fmt: skip
    """What would happen to each, and the form that confirms it."""
    command = _act(values)
    at, terms = office.clock.now(), office.house.terms
    with office.look(who.by) as tx:
        if values.get("all") == "yes":
            wanted = filters.read(dict(parse_qsl(values.get("filter", "").removeprefix("?")[:2000])))
            waiting, _ = facet_queries.soonest(
                tx, int(who.by.subject), wanted, at, bulk.ANSWERABLE, most=terms.policy.job_items_max
            )
            found = [bulk.prospect(it, command, who.by, at, terms) for it in waiting]
        else:
            found = bulk.prospects(tx, chosen, command, who.by, at, terms)
    ready = [prospect for prospect in found if prospect.is_open]
    is_long = len(ready) > min(bulk.ITEMS_MAX, terms.policy.job_from_rows)
    form = act_form(command, ACT_WORDS[command], dict(choices(command, terms)), names=words_of(terms, who.language))
    form["fields"] = [] if command.__name__ == "Approve" else form["fields"]
    return page(
        request,
        "selection.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here="/returns",
        section="/returns",
        act=form,
        ready=ready,
        shown=ready[:SHOWN_OF_MANY] if is_long else ready,
        items=_packed(ready) if is_long else "",
        not_open=[prospect for prospect in found if not prospect.is_open][: bulk.ITEMS_MAX],
        refunds=sum((p.refund for p in ready if p.refund is not None), Money(0)),
        worth=sum((p.it.line.price for p in ready), Money(0)),
        values=values,
        form_token=values.get("form_token") or keys.session_token(office.chance)[:20],
        sentence=explain(refused, who.language) if refused else "",
        wrong_field=(refused.field or "") if refused else "",
        status_labels=texts.STATUS_LABELS,
    )
