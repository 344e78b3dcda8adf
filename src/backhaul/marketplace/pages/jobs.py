"""Long work on a page: what was asked for, how far it is, what came of it; and the forms that ask for exports."""

from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import File

from backhaul.kit import forms, http
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.kit.statements import period_of
from backhaul.marketplace import job_doors, job_texts, rate_doors, reconciliation_doors
from backhaul.marketplace.banks import MEGABYTE
from backhaul.marketplace.doors import Req, Visitor, visitor, visitor_async
from backhaul.marketplace.jobs import queries
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.jobs.wanted import Breaks, StatementOf, file_kind
from backhaul.marketplace.office import Office
from backhaul.marketplace.orders import COLUMNS as ORDER_COLUMNS
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.refusal_texts import explain
from backhaul.marketplace.rules.breaks import BreakStatus
from backhaul.marketplace.rules.findings import BreakKind
from backhaul.marketplace.rules.words import Role

PATH = "/jobs"
LOOK_SECONDS = 2


class Row(msgspec.Struct, frozen=True):
    """A job in the list."""

    job: Job
    state: str
    tone: str
    about: str
    outcome: str
    has_file: bool
    percent: int


class BreaksForm(msgspec.Struct, frozen=True):
    """What the page of breaks asks for."""

    file: str = "csv"
    status: BreakStatus | None = None
    kind: BreakKind | None = None
    return_number: str = ""
    seller: int | None = None


def routes(office: Office) -> list[Any]:
    """The handlers of the page."""
    return [*_looking(office), *_asking(office), _importing(office)]


def _looking(office: Office) -> list[Any]:
    @get(PATH, include_in_schema=False)
    @http.in_thread
    def jobs(request: Req) -> Response[Any]:
        return _draw(request, office, visitor(office, request))

    @post(f"{PATH}/{{job_id:str}}/cancel", include_in_schema=False)
    async def cancel(request: Req, job_id: FromPath[str]) -> Response[Any]:
        who = await visitor_async(office, request)
        job = await to_thread.run_sync(_own, office, job_id, who)
        await office.desk.perform(job_doors.cancelling(office, job, who.by))
        return http.see_other(PATH)

    @get(f"{PATH}/{{job_id:str}}/result", include_in_schema=False)
    @http.in_thread
    def result(request: Req, job_id: FromPath[str]) -> File:
        return job_doors.file_of(office, _own(office, job_id, visitor(office, request)))

    return [jobs, cancel, result]


def _asking(office: Office) -> list[Any]:
    async def asked(errand: Errand) -> Response[Any]:
        await office.desk.perform(errand)
        return http.see_other(PATH)

    @post(f"{PATH}/breaks", include_in_schema=False)
    async def breaks(request: Req) -> Response[Any]:
        who = await visitor_async(office, request)
        form = await request.form()
        values = {name: str(form.get(name, "")) for name in BreaksForm.__struct_fields__}
        said = forms.parse(BreaksForm, {name: value for name, value in values.items() if value})
        wanted = Breaks(
            file=file_kind(said.file), language=who.language, seller_id=reconciliation_doors.scope(who.by, said.seller),
            status=said.status, break_kind=said.kind, return_number=said.return_number[:40].strip(),
        )  # fmt: skip
        return await asked(job_doors.ordering(office, wanted, who.by))

    @post(f"{PATH}/statement", include_in_schema=False)
    async def statement(request: Req) -> Response[Any]:
        who = await visitor_async(office, request)
        form = await request.form()
        period = period_of(str(form.get("from", "")), str(form.get("to", "")), office.clock.now())
        wanted = StatementOf(
            file=file_kind(str(form.get("file", "csv"))), language=who.language, of=str(form.get("of", "")),
            first=period.first, last=period.last, currency=str(form.get("currency", "")),
        )  # fmt: skip

        def look() -> tuple[StatementOf, int]:
            with office.look(who.by) as tx:
                return job_doors.statement(tx, who.by, wanted)

        found, total = await to_thread.run_sync(look)
        return await asked(job_doors.ordering(office, found, who.by, total=total))

    return [breaks, statement]


def _importing(office: Office) -> Any:
    @post(f"{PATH}/orders", include_in_schema=False, request_max_body_size=job_doors.ORDERS_BYTES_MAX + MEGABYTE)
    async def orders(request: Req) -> Response[Any]:
        who = await visitor_async(office, request)
        rate_doors.only_support(who.by)
        file = (await request.form()).get("file")
        data, name = (await file.read(), file.filename) if isinstance(file, UploadFile) else (b"", "")

        def order() -> Errand:
            return job_doors.delivered_orders(office, name, data, who.by, who.language)

        try:
            await office.desk.perform(await to_thread.run_sync(order))
        except Refused as refused:
            return await to_thread.run_sync(_draw, request, office, who, refused)
        return http.see_other(PATH)

    return orders


def _own(office: Office, job_id: str, who: Visitor) -> Job:
    with office.look(who.by) as tx:
        return job_doors.own(tx, job_id, who.by)


def _draw(request: Req, office: Office, who: Visitor, refused: Refused | None = None) -> Response[str]:
    """The list, after a refusal with what is wrong with the file. While something is at work it is fetched anew every other second; without scripts by a link."""
    owner, now = job_doors.owner_of(who.by), office.clock.now()
    before = request.query_params.get("before", "")[:64]
    with office.look(who.by) as tx:
        found = queries.of_owner(tx, owner, before)
    rows = [_row(job, who.language, now) for job in found]
    return page(
        request,
        "jobs.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=PATH,
        section=PATH,
        rows=rows,
        moves=not before and any(row.job.is_open for row in rows),
        look_seconds=LOOK_SECONDS,
        older=found[-1].id if len(found) == queries.PAGE_ROWS else "",
        states=job_texts.STATES,
        kinds=job_texts.KINDS,
        may_import=who.by.role is Role.SUPPORT and who.by.writes,
        columns=ORDER_COLUMNS,
        sentence=explain(refused, who.language) if refused else "",
        may_cancel={row.job.id for row in rows if job_doors.may_cancel(row.job, who.by)},
    )


def _row(job: Job, language: str, at: datetime) -> Row:
    state = job.state_at(at)
    return Row(
        job, state, job_texts.TONES.get(state, ""), job_texts.about(job, language), job_texts.outcome(job, language),
        job.has_file(at) and (job.rows > 0 or job.kind not in job_texts.OF_FAULTS), 100 * job.done // job.total if job.total else 0,
    )  # fmt: skip
