"""Support's exchange rates: what stands, and a file that brings more. Sellers read them."""

from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.kit.uploads import FILE_BYTES_MAX
from backhaul.marketplace import access, job_doors, rate_doors, rate_files, rate_store
from backhaul.marketplace.doors import Req, Visitor, explain, visitor, visitor_async
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rate_store import Taken
from backhaul.marketplace.rules.exchange import CURRENCIES
from backhaul.marketplace.rules.words import Role

PATH = "/finance/rates"
TAKEN = "taken"


def routes(office: Office) -> list[Any]:
    """The handlers of exchange rates."""

    @get(PATH, include_in_schema=False)
    @http.in_thread
    def rates(request: Req) -> Response[Any]:
        return draw(request, office, visitor(office, request))

    @post(PATH, include_in_schema=False, request_max_body_size=FILE_BYTES_MAX)
    async def hand_in(request: Req) -> Response[Any]:
        who = await visitor_async(office, request)
        rate_doors.only_support(who.by)
        form = await request.form()
        file, source = form.get("file"), str(form.get("source", ""))
        data = await file.read() if isinstance(file, UploadFile) else b""
        try:
            found = rate_files.parsed(data, source)
            if len(found) > office.house.terms.policy.job_from_rows:
                await office.desk.perform(job_doors.rates(office, data, source[:80], who.by, who.language))
                return http.see_other("/jobs")

            def run(tx: Tx, at: datetime) -> bytes:
                return msgspec.json.encode(rate_store.import_rates(tx, found, who.by.id, at))

            answer = await office.desk.perform(Errand(run, access.Known(who.by)))
        except Refused as refused:
            return await to_thread.run_sync(draw, request, office, who, refused, source)
        taken = msgspec.json.decode(answer.body, type=Taken)
        return http.see_other(f"{PATH}?{TAKEN}={taken.new}-{taken.corrected}-{taken.known}")

    return [rates, hand_in]


def draw(request: Req, office: Office, who: Visitor, refused: Refused | None = None, source: str = "") -> Response[str]:
    """The page of rates, after a refusal with every fault of the file."""
    rate_doors.may_read(who.by)
    asked = request.query_params
    currency = asked.get("currency", "")
    currency = currency if currency in CURRENCIES else ""
    day, number = rate_store.cursor(asked.get("after", ""))
    with office.look(who.by) as tx:
        rows = rate_store.of_currency(tx, currency, day, number) if currency else rate_store.newest(tx, number)
        latest = {one: found[0] for one in CURRENCIES if (found := rate_store.of_currency(tx, one, most=1))}
    counting: set[tuple[str, str]] = set()
    stands = {}
    for row in rows:  # of one day the first row of the list counts
        key = (row.rate.currency, row.rate.on.isoformat())
        stands[row.id] = key not in counting
        counting.add(key)
    return page(
        request,
        "rates.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=f"{PATH}?currency={currency}" if currency else PATH,
        section="/finance" if who.by.role is Role.SUPPORT else "/money",
        back="/finance" if who.by.role is Role.SUPPORT else "/money",
        may_import=who.by.role is Role.SUPPORT,
        currency=currency,
        currencies=CURRENCIES,
        latest=latest,
        rows=rows,
        stands=stands,
        days_max=office.house.terms.policy.exchange_rate_days_max,
        after=asked.get("after", ""),
        following=rate_store.end_of(rows[-1]) if len(rows) == rate_store.PAGE_ROWS else "",
        taken=[n for text in asked.get(TAKEN, "").split("-") if (n := whole_number(text)) is not None],
        faults=rate_doors.sentences(refused, who.language) if refused else [],
        source=source,
        sentence=explain(refused, who.language) if refused else "",
    )
