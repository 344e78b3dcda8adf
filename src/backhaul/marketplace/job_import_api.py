"""Files that are taken in in the background, in API v1: invoices of the partner, bank statements, exchange rates, orders."""

from hashlib import sha256
from typing import Any

from anyio import to_thread
from litestar import post
from litestar.params import FromQuery

from backhaul.kit import http
from backhaul.kit.description import door
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.marketplace import invoice_files, job_doors, rate_doors, reconciliation_doors
from backhaul.marketplace.banks import MEGABYTE, STATEMENT_BYTES_MAX
from backhaul.marketplace.doors import IdempotencyKey, Req, account_of, bearer
from backhaul.marketplace.job_views import JobView, seen
from backhaul.marketplace.office import Office


def handlers(office: Office) -> list[Any]:
    """The operations that take a file."""

    @post("/invoice", status_code=201, summary="Bring an invoice of the partner, however long it is: CSV or JSON as the body",
          description="As `POST /reconciliation/invoices`, with a file of the breaks about its units.",
          request_max_body_size=invoice_files.FILE_BYTES_MAX,
          opt=door(takes={"text/csv": bytes, "application/json": dict[str, Any]}))  # fmt: skip
    async def bring(
        request: Req, number: FromQuery[str] = "", revision: FromQuery[str] = "", key: IdempotencyKey = None
    ) -> JobView:
        by, language = await to_thread.run_sync(bearer, office, request), http.language_of(request)
        data = await request.body()
        try:
            it, digest = await reconciliation_doors.read_invoice(office, by, data, number[:80], revision[:8])
        except Refused as refused:
            raise reconciliation_doors.worded(refused, language) from refused
        errand = job_doors.invoice(office, it, digest, by, language, key or "", (digest, number, revision))
        answer = await office.desk.perform(errand)
        return await to_thread.run_sync(seen, office, request, answer.body.decode(), by)

    @post("/bank-statement", status_code=201, summary="Bring a bank statement: camt.053, pain.002 or CSV as the body",
          description="As `POST /bank-statements`, with a file that says what became of each entry.",
          request_max_body_size=STATEMENT_BYTES_MAX + MEGABYTE,
          opt=door(takes={"application/xml": bytes, "text/csv": bytes}))  # fmt: skip
    async def take_in(request: Req, name: FromQuery[str] = "", key: IdempotencyKey = None) -> JobView:
        account = await to_thread.run_sync(account_of, office, request)
        by, language = account.by(), http.language_of(request)
        raw = await request.body()
        said = (name, sha256(raw).hexdigest())

        def order() -> Errand:
            return job_doors.bank_statement(office, name, raw, by, language, key or "", said)

        answer = await office.desk.perform(await to_thread.run_sync(order))
        return await to_thread.run_sync(seen, office, request, answer.body.decode(), by)

    @post("/exchange-rates", status_code=201, summary="Hand in a file of exchange rates: CSV, or a day's XML sheet",
          description="A new rate for a day corrects the earlier one. `source`: whose rates an XML sheet has.",
          opt=door(takes={"text/csv": bytes, "application/xml": bytes}))  # fmt: skip
    async def rates(request: Req, source: FromQuery[str] = "", key: IdempotencyKey = None) -> JobView:
        account = await to_thread.run_sync(account_of, office, request)
        by, language = account.by(), http.language_of(request)
        raw = await request.body()
        said = (source, sha256(raw).hexdigest())

        def order() -> Errand:
            try:
                return job_doors.rates(office, raw, source[:80], by, language, key or "", said)
            except Refused as refused:
                raise rate_doors.worded(refused, language) from refused

        answer = await office.desk.perform(await to_thread.run_sync(order))
        return await to_thread.run_sync(seen, office, request, answer.body.decode(), by)

    return [bring, take_in, rates, _orders(office)]


def _orders(office: Office) -> Any:
    @post("/orders", status_code=201, summary="Hand in a file of delivered orders: CSV as the body",
          description="The columns of `import-orders`. Lines that are there already stay as they are; the result has a row for "
                      "every fault. `name`: what the list of work calls the file.",
          request_max_body_size=job_doors.ORDERS_BYTES_MAX + MEGABYTE, opt=door(takes={"text/csv": bytes}))  # fmt: skip
    async def orders(request: Req, name: FromQuery[str] = "", key: IdempotencyKey = None) -> JobView:
        account = await to_thread.run_sync(account_of, office, request)
        by, language = account.by(), http.language_of(request)
        raw = await request.body()
        said = (name, sha256(raw).hexdigest())

        def order() -> Errand:
            return job_doors.delivered_orders(office, name, raw, by, language, key or "", said)

        answer = await office.desk.perform(await to_thread.run_sync(order))
        return await to_thread.run_sync(seen, office, request, answer.body.decode(), by)

    return orders
