"""Support's payouts: files for the bank, statements from it, what is in doubt and what fits nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.marketplace import job_doors, payout_doors, payout_queries, payout_texts, queries, statement_files
from backhaul.marketplace.banks import MEGABYTE, STATEMENT_BYTES_MAX
from backhaul.marketplace.doors import Req, Visitor, explain, persons_errand
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.publishing import support
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.statement_errands import COMMENT_CHARACTERS_MAX

PATH = "/support/payouts"
STATEMENTS = f"{PATH}/statements"
STATEMENTS_SHOWN = 5
LABELS = {
    name.lower(): getattr(payout_texts, name)
    for name in (
        "BATCH_STATES", "BATCH_TONES", "PAYOUT_STATES", "PAYOUT_TONES", "KINDS", "OUTCOMES", "OUTCOME_TONES", "MISFITS",
        "ANSWERS",
    )
}  # fmt: skip


def routes(office: Office) -> list[Any]:
    """The handlers of the payouts' pages."""
    return [*_files(office), *_statements(office)]


def _files(office: Office) -> list[Any]:
    @get(PATH, include_in_schema=False)
    @http.in_thread
    def look(request: Req) -> Response[str]:
        return _draw(office, request, support(office, request))

    @get(f"{PATH}/{{file_id:int}}", include_in_schema=False)
    @http.in_thread
    def one(request: Req, file_id: FromPath[int]) -> Response[str]:
        return _draw_file(office, request, support(office, request), file_id)

    @get(f"{PATH}/{{file_id:int}}/file", include_in_schema=False)
    @http.in_thread
    def file(request: Req, file_id: FromPath[int]) -> Response[bytes]:
        return payout_doors.download(office, support(office, request).by, file_id)

    @post(f"{PATH}/{{file_id:int}}/hand-over", include_in_schema=False)
    async def hand_over(request: Req, file_id: FromPath[int]) -> Response[Any]:
        who = await to_thread.run_sync(support, office, request)
        return await _done(office, request, who, payout_doors.handing_over(file_id, who.by), f"{PATH}/{file_id}")

    return [look, one, file, hand_over]


def _statements(office: Office) -> list[Any]:
    @post(STATEMENTS, include_in_schema=False, request_max_body_size=STATEMENT_BYTES_MAX + MEGABYTE)
    async def take_in(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(support, office, request)
        sent = (await request.form()).get("file")
        raw = await sent.read() if isinstance(sent, UploadFile) else b""
        name = sent.filename if isinstance(sent, UploadFile) else ""
        try:
            later = await to_thread.run_sync(_in_background, office, name, raw, who)
            if later is not None:
                await office.desk.perform(later)
                return http.see_other("/jobs")
            found = await to_thread.run_sync(payout_doors.take_in, office, name, raw, who.by)
        except Refused as refused:
            return await to_thread.run_sync(_draw, office, request, who, refused)
        return http.see_other(f"{STATEMENTS}/{found.id}{'?again=1' if found.again else ''}")

    @get(f"{STATEMENTS}/{{statement_id:int}}", include_in_schema=False)
    @http.in_thread
    def one(request: Req, statement_id: FromPath[int]) -> Response[str]:
        return _draw_statement(office, request, support(office, request), statement_id)

    @post(f"{STATEMENTS}/{{statement_id:int}}/{{place:int}}/settle", include_in_schema=False)
    async def settle(request: Req, statement_id: FromPath[int], place: FromPath[int]) -> Response[Any]:
        who = await to_thread.run_sync(support, office, request)
        comment = str((await request.form()).get("comment", ""))[:COMMENT_CHARACTERS_MAX]
        return await _done(
            office, request, who, payout_doors.settling(statement_id, place, comment, who.by), f"{PATH}#breaks"
        )

    return [take_in, one, settle]


def _in_background(office: Office, name: str, raw: bytes, who: Visitor) -> Errand | None:
    """The errand for a statement that is long; None for another."""
    _, entries = statement_files.read(raw)
    if len(entries) <= office.house.terms.policy.job_from_rows:
        return None
    return job_doors.bank_statement(office, name, raw, who.by, who.language)


async def _done(
    office: Office, request: Req, who: Visitor, run: Callable[[Tx, datetime], bytes], then: str
) -> Response[Any]:
    """One change through the desk; what it is refused stands on the page."""
    if who.account is None:
        raise Refused("sign_in_needed", "unknown")
    try:
        await office.desk.perform(persons_errand(request, who.account, run))
    except Refused as refused:
        if refused.kind == "missing":
            raise
        return await to_thread.run_sync(_draw, office, request, who, refused)
    return http.see_other(then)


def _draw(office: Office, request: Req, who: Visitor, refused: Refused | None = None) -> Response[str]:
    before = queries.cursor(request.query_params.get("before", ""))
    with office.look(who.by) as tx:
        files = payout_queries.batches(tx, before)
        doubtful = payout_queries.in_doubt(tx)
        breaks = payout_queries.breaks(tx)
        statements = payout_queries.statements(tx)
        waiting = payout_queries.waiting(tx)
    return page(
        request,
        "payouts.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=PATH,
        files=files,
        doubtful=doubtful,
        breaks=breaks,
        statements=statements[:STATEMENTS_SHOWN],
        waiting=waiting,
        by_file=office.house.terms.policy.payouts_by_file,
        megabytes_max=STATEMENT_BYTES_MAX // MEGABYTE,
        comment_length=COMMENT_CHARACTERS_MAX,
        older=files[-1].id if len(files) == payout_queries.FILES_SHOWN else None,
        sentence=explain(refused, who.language) if refused else "",
        **LABELS,
    )


def _draw_file(office: Office, request: Req, who: Visitor, file_id: int) -> Response[str]:
    after = request.query_params.get("after", "")[:40]
    with office.look(who.by) as tx:
        found = payout_queries.batch(tx, file_id)
        payouts = payout_queries.of_batch(tx, file_id, after)
    more = payouts[-1].key if len(payouts) == payout_queries.ENTRIES_SHOWN else ""
    return page(
        request, "payout_file.html", who, here=PATH, section=PATH, file=found, payouts=payouts, more=more, **LABELS
    )


def _draw_statement(office: Office, request: Req, who: Visitor, statement_id: int) -> Response[str]:
    said = request.query_params.get("after", "")
    after = int(said) if said.isdecimal() and len(said) < 7 else 0
    with office.look(who.by) as tx:
        found = payout_queries.statement(tx, statement_id)
        entries = payout_queries.entries(tx, statement_id, after)
    more = entries[-1].place if len(entries) == payout_queries.ENTRIES_SHOWN else 0
    again = request.query_params.get("again", "") == "1"
    return page(
        request, "bank_statement.html", who, here=PATH, section=PATH, said=found, entries=entries, more=more, again=again,
        **LABELS,
    )  # fmt: skip
