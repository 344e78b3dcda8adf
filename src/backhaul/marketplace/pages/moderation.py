"""What moderators work through: three queues by time left, each by a filter that its address says, and how their answers held."""

from typing import Any

from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.marketplace import places, queries, queue_filters, queue_queries, queue_texts, staff_views, tables
from backhaul.marketplace.doors import Req, Visitor, explain, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.queue_filters import RequestFilter
from backhaul.marketplace.rules.outcomes import Queue
from backhaul.marketplace.rules.words import ReasonGroup, Role

HERE = "/moderation"


def routes(office: Office) -> list[Any]:
    """The handler of the moderators' page."""

    @get(HERE, include_in_schema=False)
    @http.in_thread
    def moderation(request: Req) -> Response[Any]:
        who = visitor(office, request)
        if who.by.role is not Role.MODERATOR:
            raise Refused("not_your_role", "forbidden", role=who.by.role)
        wanted, refused = asked(RequestFilter, request)
        chosen = next((queue for queue in Queue if queue == request.query_params.get("queue")), None)
        if refused is None and "" in request.query_params.values():  # a form sends its empty fields too
            return http.see_other(wanted.address(HERE, queue=chosen or Queue.REQUESTS))
        return _draw(request, office, who, chosen, wanted, refused)

    return [moderation]


def asked(shape: type[queue_filters.F], request: Req) -> tuple[queue_filters.F, Refused | None]:
    """The filter of the address; one that cannot be read is told, and everything shown."""
    try:
        return queue_filters.read(shape, request.query_params), None
    except Refused as refused:
        return shape(), refused


def days_of(request: Req) -> int:
    """Over how many days figures are asked for."""
    said = request.query_params.get("days", "")
    return next((days for days in staff_views.DAYS if str(days) == said), staff_views.DAYS_SHOWN)


def _draw(request: Req, office: Office, who: Visitor, chosen: Queue | None, wanted: RequestFilter,
          refused: Refused | None) -> Response[str]:  # fmt: skip
    now = office.clock.now()
    after = places.place(request.query_params.get("after", ""))
    with office.look(who.by) as tx:
        waiting = queue_queries.waiting(tx, now)
        queue = chosen or next((one for one in Queue if sum(waiting[one])), Queue.REQUESTS)
        found, onward = queue_queries.soonest(tx, queue, wanted, now, after)
        pasts = queue_queries.pasts(tx, found)
        seen = tables.book.seen.cases_with(tx, [it.id for it in found])
        rules = {seller.id: seller.moderation_rules for seller in queries.sellers(tx)}
        agreement = staff_views.agreement(tx, staff_views.over(now, days_of(request)))
    return page(
        request,
        "moderation.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=wanted.address(HERE, queue=queue),
        section=HERE,
        now=now,
        queue=queue,
        queues=queue_texts.QUEUES,
        nothing=queue_texts.NOTHING[queue],
        counts={one: sum(bands) for one, bands in waiting.items()},
        urgent={one: bands[0] + bands[1] for one, bands in waiting.items()},
        rows=[(it, pasts[it.id]) for it in found],
        seen=seen,
        rules=rules if queue is Queue.REQUESTS else {},
        agreement=agreement,
        days=days_of(request),
        periods=staff_views.DAYS,
        rejected_by=queue_texts.REJECTED_BY,
        wanted=wanted,
        kept={"queue": queue.value},
        filter_labels=queue_texts.LABELS,
        choices=[("reason_group", ReasonGroup), ("repeated", ("yes",))],
        numbers=[("seller", 1, 2**53), ("within_hours", 1, 720), ("price_from", 0, 100_000_000)],
        choice_labels=queue_texts.CHOICES,
        chips=queue_texts.chips(wanted, HERE, who.language, queue=queue),
        cleared=RequestFilter().address(HERE, queue=queue),
        path=HERE,
        onward=wanted.address(HERE, queue=queue, after=str(onward)) if onward else "",
        first=wanted.address(HERE, queue=queue) if after != places.START else "",
        sentence=explain(refused, who.language) if refused else "",
    )
