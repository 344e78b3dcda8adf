"""Long work in API v1: ask for an export, for a decision about many returns, for a back-test; watch it, cancel it, fetch its file."""

from datetime import date
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import File

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.description import door
from backhaul.kit.desk import Errand
from backhaul.kit.forms import convert
from backhaul.kit.machine import Refused
from backhaul.kit.paging import Limit, paged, part_of
from backhaul.kit.statements import period_of
from backhaul.marketplace import (
    back_testing,
    bulk,
    facet_queries,
    job_doors,
    job_import_api,
    rate_card_files,
    reconciliation_doors,
)
from backhaul.marketplace.doors import ACTS, IdempotencyKey, Req, bearer, invalid
from backhaul.marketplace.filters import Filter
from backhaul.marketplace.job_views import JobView, own, seen, view
from backhaul.marketplace.jobs import queries
from backhaul.marketplace.jobs.decisions import Item
from backhaul.marketplace.jobs.wanted import TYPES, BackTest, Breaks, FileKind, StatementOf
from backhaul.marketplace.office import Office
from backhaul.marketplace.rate_doors import only_support
from backhaul.marketplace.repeats import once
from backhaul.marketplace.report_api import Language
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.breaks import BreakStatus
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.findings import BreakKind
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.terms_doors import told

Cursor = Annotated[
    str, QueryParameter(max_length=64, pattern="^[0-9a-f]*$", description="The cursor of the page: take it from `Link`")
]
Text = Annotated[str, msgspec.Meta(max_length=120, pattern="^[^\x00]*$")]
Number = Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class BreaksWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Breaks as a table. `seller_id` is for support: without it, those of all sellers."""

    file: FileKind = "csv"
    status: BreakStatus | None = None
    kind: BreakKind | None = None
    return_number: Annotated[str, msgspec.Meta(max_length=40, pattern="^[^\x00]*$")] = ""
    seller_id: Number | None = None
    language: Language = "en"


class StatementWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The statement of an account as `GET /ledger/statement` has it: by default your own, the last month, in roubles."""

    file: FileKind = "csv"
    of: Text = ""
    first_day: date | None = None
    last_day: date | None = None
    currency: Text = ""
    language: Language = "en"


class DecisionsWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One act on many returns. `items` as in the bulk; without them, all that wait for your answer and match the filter, as
    they stand when the request comes."""

    act: str
    items: tuple[bulk.Item, ...] = ()
    filter: Filter = Filter()
    body: dict[str, Any] = msgspec.field(default_factory=dict)
    language: Language = "en"


class BackTestWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rate card as its cells, over the returns of these days. `version` is what the result calls it."""

    version: Text
    cells: tuple[dict[str, str | int | float | None], ...]
    first_day: date
    last_day: date
    file: FileKind = "csv"
    language: Language = "en"


def routes(office: Office) -> Router:
    """The part of API v1 that is about long work."""
    return Router(
        "/api/v1/jobs",
        route_handlers=[
            *_looking(office),
            *_exporting(office),
            _deciding(office),
            _testing(office),
            *job_import_api.handlers(office),
        ],
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["long work"],
    )


def _looking(office: Office) -> list[Any]:
    @get(
        "/",
        summary="Work in the background, newest first",
        description="A seller sees the company's, support that of support.",
    )
    @http.in_thread
    def listed(request: Req, before: Cursor = "", limit: Limit = queries.PAGE_ROWS) -> Response[list[JobView]]:
        by, language, at = bearer(office, request), http.language_of(request), office.clock.now()
        with office.look(by) as tx:
            found = queries.of_owner(tx, job_doors.owner_of(by), before)
        part = part_of(found, limit, lambda job: job.id, queries.PAGE_ROWS)
        return paged(request, part, [view(job, language, at) for job in part.rows])

    @get("/{job_id:str}", summary="One piece of work")
    @http.in_thread
    def one(request: Req, job_id: FromPath[str]) -> JobView:
        return seen(office, request, job_id, bearer(office, request))

    @post("/{job_id:str}/cancel", status_code=200, summary="Cancel it",
          description="What waits is over at once, what runs is over after its step. What was changed by then stays. "
                      "409 `job_cannot_stop`: a bank statement that has begun goes on to its end.")  # fmt: skip
    async def cancel(request: Req, job_id: FromPath[str], key: IdempotencyKey = None) -> JobView:
        by = await to_thread.run_sync(bearer, office, request)
        job = await to_thread.run_sync(own, office, job_id, by)
        await office.desk.perform(job_doors.cancelling(office, job, by, key or ""))
        return await to_thread.run_sync(seen, office, request, job_id, by)

    @get(
        "/{job_id:str}/result",
        summary="The file that came of it",
        opt=door(gives=tuple(TYPES.values()), refuses=(409,)),
    )
    @http.in_thread
    def result(request: Req, job_id: FromPath[str]) -> File:
        return job_doors.file_of(office, own(office, job_id, bearer(office, request)))

    return [listed, one, cancel, result]


def _exporting(office: Office) -> list[Any]:
    async def asked(request: Req, errand: Errand, by: By) -> JobView:
        answer = await office.desk.perform(errand)
        return await to_thread.run_sync(seen, office, request, answer.body.decode(), by)

    @post("/breaks", status_code=201, summary="Ask for breaks as a file, however many they are")
    async def breaks(request: Req, data: JSONBody[BreaksWanted], key: IdempotencyKey = None) -> JobView:
        by = await to_thread.run_sync(bearer, office, request)
        wanted = Breaks(
            file=data.file, language=data.language, seller_id=reconciliation_doors.scope(by, data.seller_id),
            status=data.status, break_kind=data.kind, return_number=data.return_number.strip(),
        )  # fmt: skip
        return await asked(request, job_doors.ordering(office, wanted, by, key or "", said=data), by)

    @post("/statement", status_code=201, summary="Ask for a statement of account as a file, however long it is")
    async def statement(request: Req, data: JSONBody[StatementWanted], key: IdempotencyKey = None) -> JobView:
        by = await to_thread.run_sync(bearer, office, request)
        period = period_of(_day(data.first_day), _day(data.last_day), office.clock.now())
        wanted = StatementOf(
            file=data.file, language=data.language, of=data.of, first=period.first, last=period.last,
            currency=data.currency,
        )  # fmt: skip

        def look(tx: Tx) -> tuple[StatementOf, int]:
            return job_doors.statement(tx, by, wanted)

        found, total = await to_thread.run_sync(_read, office, by, look)
        return await asked(request, job_doors.ordering(office, found, by, key or "", total=total, said=data), by)

    return [breaks, statement]


def _deciding(office: Office) -> Any:
    @post(
        "/decisions",
        status_code=201,
        summary="Ask for one act on many returns, with a file that says what became of each",
    )
    async def decide(request: Req, data: JSONBody[DecisionsWanted], key: IdempotencyKey = None) -> JobView:
        by = await to_thread.run_sync(bearer, office, request)
        act = ACTS.get(data.act)
        if act not in bulk.BULK_ACTS:
            raise Refused("unknown_act", "invalid", "act", act=data.act[:40])
        command = convert(act, data.body)

        async def give() -> bytes:
            items: list[Item] = [(item.return_id, item.seen) for item in data.items]
            if not items and by.writes:
                items = await to_thread.run_sync(
                    _read, office, by, lambda tx: waiting(tx, office, by, data.filter, act)
                )
            own_key = f"{key}:job" if key else ""
            return (
                await office.desk.perform(
                    job_doors.deciding(office, command, items, by, data.language, own_key, said=data)
                )
            ).body

        answer = await once(office, request, by, key, data, give)
        return await to_thread.run_sync(seen, office, request, answer.decode(), by)

    return decide


def _testing(office: Office) -> Any:
    @post("/back-test", status_code=201, summary="Ask what a rate card would have done, over however many returns")
    async def test(request: Req, data: JSONBody[BackTestWanted], key: IdempotencyKey = None) -> JobView:
        by = await to_thread.run_sync(bearer, office, request)
        only_support(by)
        card = told(request, lambda: rate_card_files.card_of(rate_card_files.RateCardFile(data.cells), data.version))
        at = office.clock.now()
        first, last = back_testing.period_of(data.first_day.isoformat(), data.last_day.isoformat(), at)
        wanted = BackTest(file=data.file, language=data.language, version=card.version, first=first, last=last)
        errand = job_doors.back_test(office, card, wanted, by, key or "", data)
        answer = await office.desk.perform(errand)
        return await to_thread.run_sync(seen, office, request, answer.body.decode(), by)

    return test


def waiting(tx: Tx, office: Office, by: By, wanted: Filter, act: type[do.Command]) -> list[Item]:
    """What waits for a seller's answer and matches, where the act is open: the soonest first, as many as one job takes."""
    at, most = office.clock.now(), office.house.terms.policy.job_items_max
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    found, _ = facet_queries.soonest(tx, int(by.subject), wanted, at, bulk.ANSWERABLE, most=most)
    return [(it.id, it.version) for it in found if bulk.is_open(it, act, by, at, office.house.terms)]


def _read(office: Office, by: By, look: Any) -> Any:
    with office.look(by) as tx:
        return look(tx)


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
