"""What pages and API of reconciliation share: whose breaks, an invoice brought in and compared, an act, the export."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response

from backhaul.kit import http, i18n
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.machine import Refused
from backhaul.kit.spreadsheets import CsvSheet, XlsxSheet
from backhaul.marketplace import (
    access,
    break_files,
    break_queries,
    invoice_files,
    queries,
    reconciliation_errands,
    reconciliation_queries,
    reconciliation_texts,
)
from backhaul.marketplace.break_queries import Wanted
from backhaul.marketplace.office import Office
from backhaul.marketplace.reconciliation_errands import Begun, Tally
from backhaul.marketplace.rules import breaks as b
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By, open_acts
from backhaul.marketplace.rules.partner_invoices import InvoiceLine, PartnerInvoice, PriceList
from backhaul.marketplace.rules.versions import Fault
from backhaul.marketplace.rules.words import Role

LINES_A_STEP = 500
EXPORT_ROWS_MAX = 100_000
EXPORT_STEP = 1_000
EXPORT_KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Brought(msgspec.Struct, frozen=True):
    """An invoice that was brought in. `known`: the same file was there already; the rest is what the comparison changed."""

    id: int
    number: str
    revision: int
    lines: int
    known: bool
    found: int = 0
    changed: int = 0
    gone: int = 0


def scope(by: By, seller_id: int | None = None) -> int | None:
    """Whose breaks a caller sees: a seller their own, support those of all (None) or of one."""
    if by.role is Role.SELLER:
        if seller_id is not None and str(seller_id) != by.subject:
            raise Refused("not_found", "missing")
        return int(by.subject)
    if by.role is Role.SUPPORT:
        return seller_id
    raise Refused("not_your_role", "forbidden", role=by.role)


def own(by: By) -> int:
    """Papers are a seller's own; support does not look into them."""
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return int(by.subject)


def one(tx: Tx, break_id: int, by: By) -> b.Break:
    """A break that its reader may see; another's and none at all look the same."""
    scope(by)
    it = break_queries.one(tx, break_id)
    if it is None or not reconciliation_errands.sees(it, by):
        raise Refused("not_found", "missing")
    return it


def acts(tx: Tx, office: Office, it: b.Break, by: By) -> list[type]:
    """What the reader may do about a break now."""
    if not by.writes:
        return []
    found = queries.one(tx, it.finding.return_id) if it.finding.return_id else None
    terms, at = office.house.terms, office.clock.now()
    claim_is_open = found is not None and do.FileClaim in open_acts(found, by, at, terms)
    return b.open_acts(it, by.role, claim_is_open=claim_is_open)


async def act(
    office: Office, break_id: int, command: b.Act, by: By, *, key: str = "", seen: int | None = None
) -> b.Break:
    """Something done about a break, through the desk."""

    def run(tx: Tx, at: datetime) -> bytes:
        scope(by)
        done = reconciliation_errands.act(tx, office.desk, break_id, command, by, office.house.terms, at, seen)
        return msgspec.json.encode(done)

    body_hash = fingerprint((break_id, type(command).__name__, command)) if key else b""
    answer = await office.desk.perform(Errand(run, access.Known(by), key, body_hash))
    return break_queries.decode_break(answer.body)


# The partner's papers


async def read_invoice(office: Office, by: By, data: bytes, number: str, revision: str) -> tuple[PartnerInvoice, str]:
    """An invoice in a file, and the hash of the file; `Refused` names every fault."""
    seller_id = await _writer(office, by)
    reading = office.reconciling.reading
    it: PartnerInvoice = await reading.run(seller_id, lambda: invoice_files.read(data, number, revision))
    return it, await reading.run(seller_id, lambda: invoice_files.sha256(data))


async def bring(office: Office, by: By, data: bytes, number: str = "", revision: str = "") -> Brought:
    """An invoice from a file: wholly taken in, or not at all; then compared at once. The same file again is known."""
    return await take_in(office, by, *await read_invoice(office, by, data, number, revision))


async def take_in(office: Office, by: By, it: PartnerInvoice, digest: str) -> Brought:
    """The same of one that was read."""
    seller_id = own(by)

    def begin(tx: Tx, at: datetime) -> bytes:
        return msgspec.json.encode(reconciliation_errands.begin_invoice(tx, seller_id, it, digest, by, at))

    begun = msgspec.json.decode((await _done(office, by, begin)).body, type=Begun)
    if begun.known:
        return Brought(begun.id, it.number, it.revision, len(it.lines), known=True)
    for start in range(0, len(it.lines), LINES_A_STEP):
        await _done(office, by, _adding(begun.id, seller_id, it.lines[start : start + LINES_A_STEP]))
    await _done(office, by, lambda tx, _: reconciliation_errands.finish_invoice(tx, begun.id, seller_id, it))
    tally = await office.reconciling.comparing.run(seller_id, lambda: _compared(office, seller_id, it))
    return Brought(
        begun.id, it.number, it.revision, len(it.lines), known=False, found=tally.found, changed=tally.changed,
        gone=tally.gone,
    )  # fmt: skip


def _adding(invoice_id: int, seller_id: int, lines: Sequence[InvoiceLine]) -> Callable[[Tx, datetime], None]:
    return lambda tx, _: reconciliation_errands.add_lines(tx, invoice_id, seller_id, lines)


async def bring_price_list(office: Office, by: By, data: bytes) -> PriceList:
    """A price list of the partner; the lines that name its version are compared with it at once."""
    seller_id = await _writer(office, by)
    reconciling = office.reconciling
    it: PriceList = await reconciling.reading.run(seller_id, lambda: invoice_files.read_price_list(data))

    def put(tx: Tx, at: datetime) -> bytes:
        return msgspec.json.encode(reconciliation_errands.put_price_list(tx, seller_id, it, by, at))

    if msgspec.json.decode((await _done(office, by, put)).body, type=bool):
        await reconciling.comparing.run(seller_id, lambda: reconciling.compare_invoices(seller_id))
    return it


def _compared(office: Office, seller_id: int, it: PartnerInvoice) -> Tally:
    """The units that an invoice names, and those that it named before it was corrected."""
    tally = office.reconciling.compare_units(seller_id, (line.return_number for line in it.lines))
    tally.add(office.reconciling.compare_corrected(seller_id, it.number, it.revision))
    return tally


async def _writer(office: Office, by: By) -> int:
    """The seller who brings a paper, when they may change things."""
    seller_id = own(by)
    if not by.writes:
        await _done(office, by, lambda _tx, _at: reconciliation_errands.check_writes(by))
    return seller_id


async def _done(office: Office, by: By, run: Callable[[Tx, datetime], bytes | None]) -> Any:
    return await office.desk.perform(Errand(run, access.Known(by)))


def invoice(tx: Tx, invoice_id: int, by: By) -> reconciliation_queries.InvoiceView:
    """An invoice of the reader's own."""
    seller_id = own(by)
    found = reconciliation_queries.invoice(tx, invoice_id)
    if found is None or found.seller_id != seller_id:
        raise Refused("not_found", "missing")
    return found


def worded(refused: Refused, language: str) -> Refused:
    """A refused file with its faults as codes, lines and sentences."""
    found = refused.facts.get("faults")
    if not isinstance(found, list):
        return refused
    faults = [
        {"code": one.code, "where": one.where, "detail": reconciliation_texts.fault(one, language)}
        for one in found
        if isinstance(one, Fault)
    ]
    return Refused(refused.code, refused.kind, refused.field, **{**refused.facts, "faults": faults})


# The export


def export(office: Office, by: By, wanted: Wanted, kind: str, language: str) -> bytes:
    """Breaks as a table, newest first."""
    if kind not in EXPORT_KINDS:
        raise Refused("not_found", "missing")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"breaks.{kind}"
        if kind == "csv":
            sheet: CsvSheet | XlsxSheet = CsvSheet(path, break_files.COLUMNS)
        else:
            name = i18n.gettext(language, reconciliation_texts.SHEET)
            sheet = XlsxSheet(path, break_files.COLUMNS, name, office.clock.now())
        for it in _all(office, by, wanted):
            sheet.add(break_files.row(it, language))
        sheet.close()
        return path.read_bytes()


def _all(office: Office, by: By, wanted: Wanted) -> Iterator[b.Break]:
    before, left = 2**62, EXPORT_ROWS_MAX
    while left > 0:
        with office.look(by) as tx:
            found = break_queries.listed(tx, wanted, before, min(EXPORT_STEP, left))
        yield from found
        if len(found) < EXPORT_STEP:
            return
        before, left = found[-1].id, left - len(found)


def file_answer(content: bytes, kind: str) -> Response[bytes]:
    """A file of breaks for one reader."""
    return http.file_answer(content, EXPORT_KINDS[kind], f"breaks.{kind}", inline=False)
