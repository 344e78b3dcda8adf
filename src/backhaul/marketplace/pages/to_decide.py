"""What a seller's operator works through: what waits for a decision, and all returns in three tabs; both by filters."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get

from backhaul.kit import http, plots
from backhaul.kit.database import Tx
from backhaul.kit.days import days_left
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import facet_queries, filter_texts, filters, queries, texts
from backhaul.marketplace.bulk import ANSWERABLE, BULK_ACTS
from backhaul.marketplace.doors import ACT_WORDS, Req, Visitor, explain, visitor
from backhaul.marketplace.facet_queries import COUNTED_MAX, DAY_BANDS, VALUE_BANDS, Waiting
from backhaul.marketplace.filters import TABS, Filter
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.returns import tone_of, waits_for_decision
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.waiting import ASKED
from backhaul.marketplace.rules.wire_states import LOOKS, REQUESTS, look
from backhaul.marketplace.rules.words import Role, Status

HERE = "/to-decide"


class Row(msgspec.Struct, frozen=True):
    """One return in a seller's list: the label of the shipment and, where it differs, that of the request."""

    it: Return
    label: str
    request_label: str
    tone: str
    waits: bool
    choosable: bool
    partner_days: int | None


def routes(office: Office) -> list[Any]:
    """The handlers of both lists."""

    @get(HERE, include_in_schema=False)
    @http.in_thread
    def to_decide(request: Req) -> Response[Any]:
        who = seller_of(office, request)
        wanted, refused = _asked(request)
        if refused is None and "" in request.query_params.values():
            return http.see_other(wanted.address(HERE))
        after = facet_queries.place(request.query_params.get("after", ""))
        seller_id, now = int(who.by.subject), office.clock.now()
        with office.look(who.by) as tx:
            found, onward = facet_queries.soonest(tx, seller_id, wanted, now, after=after)
            waiting = facet_queries.by_band(tx, seller_id, wanted, now)
            found_count = facet_queries.count(tx, seller_id, wanted, now, waiting=True)
            listed = _listed(tx, who, found, wanted, now)
        today = [band for band in waiting if band.day == 0]
        return page(
            request,
            "to_decide.html",
            who,
            http.STATUS_BY_KIND[refused.kind] if refused else 200,
            here=wanted.address(HERE),
            section=HERE,
            path=HERE,
            count=sum(band.count for band in waiting),
            worth=Money(sum(band.minor for band in waiting)),
            today=sum(band.count for band in today),
            heat=heat(waiting, wanted, who.language),
            found_count=found_count,
            onward=wanted.address(HERE, after=str(onward)) if onward else "",
            sentence=explain(refused, who.language) if refused else "",
            **listed,
            **_filtered(wanted, HERE, who),
        )

    @get("/returns", include_in_schema=False)
    @http.in_thread
    def returns(request: Req) -> Response[Any]:
        who = seller_of(office, request)
        wanted, refused = _asked(request)
        if refused is None and "" in request.query_params.values():  # a form sends its empty fields too
            tab = request.query_params.get("tab", "")
            return http.see_other(wanted.address("/returns", **({"tab": tab} if tab in TABS else {})))
        return _draw_tab(request, office, who)

    return [to_decide, returns]


def seller_of(office: Office, request: Req) -> Visitor:
    """The signed-in seller."""
    who = visitor(office, request)
    if who.by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def heat(waiting: list[Waiting], wanted: Filter, language: str) -> plots.HeatMap:
    """Days left by value: how many wait, as dark as they are dear together; each field leads to its returns."""
    by_place = {(band.value, band.day): band for band in waiting}
    most = max((band.minor for band in waiting), default=0)

    def cell(value: int, day: int) -> plots.Cell:
        band = by_place.get((value, day), Waiting(day, value, 0, 0))
        days_from, days_to = DAY_BANDS[day]
        price_from, price_below = VALUE_BANDS[value]
        narrow = msgspec.structs.replace(wanted, days_from=days_from or None, days_to=days_to,
                                         price_from=price_from or None, price_below=price_below)  # fmt: skip
        words = filter_texts.waiting(band.count, Money(band.minor), language)
        return plots.Cell(str(band.count), plots.shade(band.minor, most), words, narrow.address(HERE))

    columns = [filter_texts.day_band(day, language) for day in range(len(DAY_BANDS))]
    return plots.HeatMap(columns, [
        (filter_texts.value_band(value, language), [cell(value, day) for day in range(len(DAY_BANDS))])
        for value in reversed(range(len(VALUE_BANDS)))
    ])  # fmt: skip


def _draw_tab(request: Req, office: Office, who: Visitor) -> Response[str]:
    asked, seller_id, now = request.query_params, int(who.by.subject), office.clock.now()
    tab = asked.get("tab", REQUESTS)
    tab = tab if tab in TABS else REQUESTS
    wanted, refused = _asked(request)
    wanted = wanted if wanted.state in (None, *TABS[tab]) else wanted.without("state")
    with office.look(who.by) as tx:
        counts = facet_queries.some_by_status(tx, seller_id)
        found = facet_queries.newest(
            tx, seller_id, wanted, now, TABS[tab], before=queries.cursor(asked.get("older", ""))
        )
        seller = queries.seller(tx, seller_id)
        found_count = facet_queries.count(tx, seller_id, wanted, now, TABS[tab]) if wanted.said else 0
        listed = _listed(tx, who, found, wanted, now)
    if asked.get("chosen") == "none":
        refused = Refused("nothing_chosen", "invalid")
    states = [(s, texts.STATUS_LABELS[_state_label(s)], counted(counts[s])) for s in TABS[tab] if counts.get(s)]
    every = wanted.without("state")
    return page(
        request,
        "returns.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=wanted.address("/returns", tab=tab),
        section="/returns",
        path="/returns",
        tab=tab,
        state=wanted.state or "",
        counts={name: counted(sum(counts.get(s, 0) for s in those)) for name, those in TABS.items()},
        states=[(s, label, count, msgspec.structs.replace(wanted, state=s).address("/returns", tab=tab))
                for s, label, count in states],
        every=every.address("/returns", tab=tab),
        unavailable=seller is not None and not office.house.terms.policy.takes_returns_from(seller.country),
        found_count=found_count,
        onward=wanted.address("/returns", tab=tab, older=str(found[-1].id)) if len(found) == queries.PAGE_ROWS else "",
        sentence=explain(refused, who.language) if refused else "",
        **listed,
        **_filtered(wanted, "/returns", who, tab=tab),
    )  # fmt: skip


def _asked(request: Req) -> tuple[Filter, Refused | None]:
    """The filter of the address; one that cannot be read is told, and nothing is left out then. A state that is none: all."""
    said = dict(request.query_params)
    if said.get("state") not in set(Status):
        said.pop("state", None)
    try:
        return filters.read(said), None
    except Refused as refused:
        return Filter(), refused


def _listed(tx: Tx, who: Visitor, found: list[Return], wanted: Filter, now: datetime) -> dict[str, Any]:
    """What a list of rows and the bar below it are drawn from."""
    choosable = who.by.writes and any(it.status in ANSWERABLE for it in found)
    answerable = facet_queries.count(tx, int(who.by.subject), wanted, now, ANSWERABLE, waiting=True) if choosable else 0
    return {
        "now": now,
        "rows": [_row(it, now) for it in found],
        "choosable": choosable,
        "answerable": answerable,
        "bulk_acts": [(ACT_WORDS[act], texts.COMMAND_LABELS[act.__name__][0]) for act in BULK_ACTS],
    }


def _filtered(wanted: Filter, path: str, who: Visitor, **more: str) -> dict[str, Any]:
    """What the form of the filter and its chips are drawn from."""
    return {
        "wanted": wanted,
        "kept": {**more, **({"state": wanted.state} if wanted.state else {})},
        "filter": wanted.address(""),
        "filter_labels": filter_texts.LABELS,
        "selected": [(name, list(kind), filter_texts.CHOICES[name]) for name, kind in filter_texts.SELECTED.items()],
        "chips": filter_texts.chips(wanted, path, who.language, but=() if path == HERE else ("state",), **more),
        "cleared": Filter().address(path, **more),
        "counted_max": COUNTED_MAX,
    }


def counted(count: int) -> str:
    """A count as it is shown: beyond what is counted, that there are more."""
    return str(count) if count <= COUNTED_MAX else f"{COUNTED_MAX}+"


def _state_label(status: Status) -> str:
    return "accepted_at_pvz" if status is Status.ACCEPTED_AT_PVZ else LOOKS[status].label


def _row(it: Return, now: datetime) -> Row:
    shown = look(it)
    second = ""
    if shown.label == "passed_on_to_partner":
        second = texts.STATUS_LABELS["return_transferred"]
    elif it.status is Status.ACCEPTED_AT_PVZ:
        second = texts.STATUS_LABELS["accepted_at_pvz"]
    at_partner = it.parcel is not None and it.status not in ASKED and waits_for_decision(it)
    bound = it.parcel.decide_by if it.parcel is not None and at_partner else None
    left = None if bound is None else days_left(bound, now)
    return Row(
        it, texts.STATUS_LABELS[shown.label], second, tone_of(it), it.status in ASKED, it.status in ANSWERABLE, left
    )
