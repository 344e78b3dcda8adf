"""API v1 of payouts and bank statements, for support and finance."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from backhaul.kit import http
from backhaul.kit.conditional import check_unchanged
from backhaul.kit.database import Tx
from backhaul.kit.description import door
from backhaul.kit.machine import Refused
from backhaul.kit.paging import NEWEST, PAGE_ROWS, Before, Limit, paged, part_of
from backhaul.marketplace import payout_doors, payout_queries
from backhaul.marketplace.banks import MEGABYTE, STATEMENT_BYTES_MAX
from backhaul.marketplace.doors import IdempotencyKey, IfMatch, Req, account_of, invalid, persons_errand
from backhaul.marketplace.office import Office
from backhaul.marketplace.payout_queries import BatchView, EntryView, StatementView
from backhaul.marketplace.repeats import once
from backhaul.marketplace.rules.payouts import Payout
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.statement_errands import COMMENT_CHARACTERS_MAX
from backhaul.marketplace.terms_doors import support


class PayoutFileView(msgspec.Struct, frozen=True):
    """A payout file and its payouts by their keys; `next`: ask on with it as `after`."""

    file: BatchView
    payouts: list[Payout]
    next: str = ""


class StatementEntries(msgspec.Struct, frozen=True):
    """A bank statement and its entries in their order; `next`: ask on with it as `after`."""

    statement: StatementView
    entries: list[EntryView]
    next: int = 0


class Settlement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an entry that fits nothing was, in words."""

    comment: Annotated[str, Meta(min_length=1, max_length=COMMENT_CHARACTERS_MAX, pattern="^[^\x00]*$")]


def routes(office: Office) -> Router:
    """The part of API v1 that is about payouts."""
    return Router(
        "/api/v1", route_handlers=[*_files(office), *_statements(office)], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["payouts"],
    )  # fmt: skip


def _files(office: Office) -> list[Any]:
    @get("/payouts/files", summary="Payout files, the newest first")
    @http.in_thread
    def files(request: Req, before: Before = NEWEST, limit: Limit = PAGE_ROWS) -> Response[list[BatchView]]:
        by = support(office, request)
        with office.look(by) as tx:
            part = part_of(payout_queries.batches(tx, before), limit, lambda one: one.id, payout_queries.FILES_SHOWN)
        return paged(request, part, list(part.rows))

    @get("/payouts/files/{file_id:int}", summary="One payout file and its payouts")
    @http.in_thread
    def one(request: Req, file_id: FromPath[int], after: FromQuery[str] = "") -> PayoutFileView:
        by = support(office, request)
        with office.look(by) as tx:
            return _whole(tx, file_id, after)

    @get("/payouts/files/{file_id:int}/content", summary="The file as the bank gets it",
         opt=door(gives=("application/xml", "text/csv")))  # fmt: skip
    @http.in_thread
    def content(request: Req, file_id: FromPath[int]) -> Response[bytes]:
        return payout_doors.download(office, support(office, request), file_id)

    @post("/payouts/files/{file_id:int}/hand-over", status_code=202, summary="Hand a file in doubt over again, as it is",
          description="The same bytes with the same ids: a bank that has the file pays nothing again.")  # fmt: skip
    async def hand_over(request: Req, file_id: FromPath[int], key: IdempotencyKey = None,
                        seen: IfMatch = None) -> Response[BatchView]:  # fmt: skip
        account = await to_thread.run_sync(account_of, office, request)
        hand_over = payout_doors.handing_over(file_id, account.by())

        def run(tx: Tx, at: datetime) -> bytes:
            check_unchanged(seen, _whole(tx, file_id) if seen else None)
            return hand_over(tx, at)

        answer = await office.desk.perform(persons_errand(request, account, run, key, ("hand-over", file_id)))
        return http.encoded(answer.body, BatchView, 202)

    @get("/payouts/in-doubt", summary="Payouts of which nobody knows whether they were paid, the oldest first")
    @http.in_thread
    def in_doubt(request: Req) -> list[Payout]:
        by = support(office, request)
        with office.look(by) as tx:
            return payout_queries.in_doubt(tx)

    @get("/payouts/waiting", summary="Payouts that wait for the next file, the oldest first")
    @http.in_thread
    def waiting(request: Req) -> list[Payout]:
        by = support(office, request)
        with office.look(by) as tx:
            return payout_queries.waiting(tx)

    return [files, one, content, hand_over, in_doubt, waiting]


def _whole(tx: Tx, file_id: int, after: str = "") -> PayoutFileView:
    found = payout_queries.batch(tx, file_id)
    payouts = payout_queries.of_batch(tx, file_id, after)
    more = len(payouts) == payout_queries.ENTRIES_SHOWN
    return PayoutFileView(found, payouts, payouts[-1].key if more else "")


def _statements(office: Office) -> list[Any]:
    @post("/bank-statements", status_code=201, summary="Take in a bank statement: camt.053, pain.002 or CSV as the body",
          description="The same bytes again change nothing and are answered with what became of them.",
          request_max_body_size=STATEMENT_BYTES_MAX + MEGABYTE,
          opt=door(takes={"application/xml": bytes, "text/csv": bytes}))  # fmt: skip
    async def take_in(request: Req, name: FromQuery[str] = "", key: IdempotencyKey = None) -> StatementView:
        account = await to_thread.run_sync(account_of, office, request)
        raw, by = await request.body(), account.by()

        async def keep() -> bytes:
            return msgspec.json.encode(await to_thread.run_sync(payout_doors.take_in, office, name, raw, by))

        taken = await once(office, request, by, key, (name, sha256(raw).hexdigest()), keep)
        return msgspec.json.decode(taken, type=StatementView)

    @get("/bank-statements", summary="Bank statements, the newest first")
    @http.in_thread
    def statements(request: Req, before: Before = NEWEST, limit: Limit = PAGE_ROWS) -> Response[list[StatementView]]:
        by = support(office, request)
        with office.look(by) as tx:
            part = part_of(payout_queries.statements(tx, before), limit, lambda one: one.id)
        return paged(request, part, list(part.rows))

    @get("/bank-statements/{statement_id:int}", summary="One bank statement and what became of its entries")
    @http.in_thread
    def one(request: Req, statement_id: FromPath[int], after: FromQuery[int] = 0) -> StatementEntries:
        by = support(office, request)
        with office.look(by) as tx:
            found = payout_queries.statement(tx, statement_id)
            entries = payout_queries.entries(tx, statement_id, after)
        more = len(entries) == payout_queries.ENTRIES_SHOWN
        return StatementEntries(found, entries, entries[-1].place if more else 0)

    @get("/bank-statements/breaks", summary="Entries that fit nothing and that nobody has settled")
    @http.in_thread
    def breaks(request: Req) -> list[EntryView]:
        by = support(office, request)
        with office.look(by) as tx:
            return payout_queries.breaks(tx)

    @post("/bank-statements/{statement_id:int}/entries/{place:int}/settle", status_code=200,
          summary="Say what an entry that fits nothing was")  # fmt: skip
    async def settle(request: Req, statement_id: FromPath[int], place: FromPath[int], data: JSONBody[Settlement],
                     key: IdempotencyKey = None) -> Response[EntryView]:  # fmt: skip
        account = await to_thread.run_sync(account_of, office, request)
        if account.role is not Role.SUPPORT:
            raise Refused("not_your_role", "forbidden", role=account.role)
        run = payout_doors.settling(statement_id, place, data.comment, account.by())
        said = ("settle", statement_id, place, data)
        answer = await office.desk.perform(persons_errand(request, account, run, key, said))
        return http.encoded(answer.body, EntryView)

    return [take_in, statements, breaks, one, settle]
