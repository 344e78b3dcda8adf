"""SQL that writes the partner's invoices as sellers bring them. Only the desk calls it.

The lines of a large invoice come in pieces while it is `coming`; it counts when all are there, and only then. What an import
has left that broke off goes in pieces, too.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import store
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.partner_invoices import InvoiceLine, InvoiceStatus, PartnerInvoice, PriceList

FIRST_INVOICE_ID = 1

LINES_DROPPED_MAX = 1_000

COMING, CURRENT, REPLACED, BROKEN_OFF = (status.value for status in InvoiceStatus)

_encode = msgspec.json.Encoder().encode
_i, _l, _t = t.partner_invoices.c, t.partner_invoice_lines.c, t.partner_tariffs.c

SAME = Statement(
    sa.select(_i.id, _i.revision, _i.status, _i.sha256)
    .where(_i.seller_id == bindparam("seller"), _i.number == bindparam("of_number"))
    .order_by(_i.revision)
    .limit(10_000)
)
INSERT = Statement(t.partner_invoices.insert())
INSERT_LINE = Statement(t.partner_invoice_lines.insert())
# Out of the way of an import of the same revision; its lines go later.
BREAK_OFF = Statement(
    t.partner_invoices.update()
    .where(_i.id == bindparam("invoice"), _i.status == COMING)
    .values(status=BROKEN_OFF, revision=-_i.id)
)
PLACES_LEFT = Statement(
    sa.select(_l.number).where(_l.invoice_id == bindparam("invoice")).order_by(_l.number).limit(bindparam("most"))
)
DROP_LINES = Statement(
    t.partner_invoice_lines.delete().where(_l.invoice_id == bindparam("invoice"), _l.number <= bindparam("last"))
)
DROP = Statement(t.partner_invoices.delete().where(_i.id == bindparam("invoice"), _i.status == BROKEN_OFF))
IS_COMING = Statement(sa.select(_i.id).where(_i.id == bindparam("invoice"), _i.status == COMING).with_for_update())
IS_BROKEN_OFF = Statement(
    sa.select(_i.id).where(_i.id == bindparam("invoice"), _i.status == BROKEN_OFF).with_for_update()
)
LINES_THERE = Statement(sa.select(sa.func.count()).where(_l.invoice_id == bindparam("invoice")))
REPLACE = Statement(
    t.partner_invoices.update()
    .where(_i.seller_id == bindparam("seller"), _i.number == bindparam("of_number"), _i.status == CURRENT)
    .values(status=REPLACED, replaced_by=bindparam("by_revision"))
)
COUNT_IT = Statement(t.partner_invoices.update().where(_i.id == bindparam("invoice")).values(status=CURRENT))
HAS_TARIFF = Statement(
    sa.select(_t.doc).where(_t.seller_id == bindparam("seller"), _t.version == bindparam("of_version"))
)
INSERT_TARIFF = Statement(t.partner_tariffs.insert())


class Begun(msgspec.Struct, frozen=True):
    """An import that began: the invoice's id; `known`: it is there already, and nothing has to be done."""

    id: int
    known: bool = False


def begin(tx: Tx, seller_id: int, it: PartnerInvoice, sha256: str, by: By, at: datetime) -> Begun:
    """A place for an invoice. The same file again is known; other content needs a higher revision than there is."""
    rows = tx.rows(SAME, seller=seller_id, of_number=it.number)
    for row in rows:
        if row[2] in {CURRENT, REPLACED} and row[3] == sha256:
            return Begun(row[0], known=True)
        if row[2] == COMING:  # an import that broke off
            tx.run(BREAK_OFF, invoice=row[0])
    newest = max((row[1] for row in rows if row[2] in {CURRENT, REPLACED}), default=0)
    if it.revision <= newest:
        raise Refused(
            "invoice_revision_known", "conflict", "revision", number=it.number, revision=it.revision, newest=newest
        )
    invoice_id = store.take_number(tx, "partner_invoice", FIRST_INVOICE_ID)
    tx.run(
        INSERT, id=invoice_id, seller_id=seller_id, number=it.number, revision=it.revision, status=COMING, sha256=sha256,
        currency=it.currency, lines=len(it.lines), total_minor=it.total.minor, brought_us=to_us(at), brought_by=by.id,
        replaced_by=0,
    )  # fmt: skip
    return Begun(invoice_id)


def drop(tx: Tx, invoice_id: int) -> int:
    """A piece of what it has left: at most 1,000 lines, and the invoice with the last of them; how many lines.

    Nothing of an import that took its time and came to its end meanwhile.
    """
    tx.run(BREAK_OFF, invoice=invoice_id)
    if tx.one(IS_BROKEN_OFF, invoice=invoice_id) is None:
        return 0
    rows = tx.rows(PLACES_LEFT, invoice=invoice_id, most=LINES_DROPPED_MAX)
    if rows:
        tx.run(DROP_LINES, invoice=invoice_id, last=rows[-1][0])
    if len(rows) < LINES_DROPPED_MAX:
        tx.run(DROP, invoice=invoice_id)
    return len(rows)


def add_lines(tx: Tx, invoice_id: int, seller_id: int, lines: Sequence[InvoiceLine]) -> None:
    """A piece of the lines."""
    if tx.one(IS_COMING, invoice=invoice_id) is None:
        raise Refused("import_interrupted")
    tx.many(INSERT_LINE, [
        {"invoice_id": invoice_id, "number": line.number, "seller_id": seller_id, "return_number": line.return_number,
         "doc": _encode(line)}
        for line in lines
    ])  # fmt: skip


def finish(tx: Tx, invoice_id: int, seller_id: int, it: PartnerInvoice) -> None:
    """All lines are there: from now on it counts, and an earlier revision does not."""
    there = tx.one(LINES_THERE, invoice=invoice_id)
    if tx.one(IS_COMING, invoice=invoice_id) is None or there is None or there[0] != len(it.lines):
        raise Refused("import_interrupted")
    tx.run(REPLACE, seller=seller_id, of_number=it.number, by_revision=it.revision)
    tx.run(COUNT_IT, invoice=invoice_id)


def put_price_list(tx: Tx, seller_id: int, it: PriceList, by: By, at: datetime) -> bool:
    """A price list of the partner; whether it is new. A version that is known with other prices is refused."""
    doc = _encode(it)
    row = tx.one(HAS_TARIFF, seller=seller_id, of_version=it.version)
    if row is not None:
        if bytes(row[0]) != doc:
            raise Refused("tariff_version_known", "conflict", "version", version=it.version)
        return False
    tx.run(INSERT_TARIFF, seller_id=seller_id, version=it.version, doc=doc, brought_us=to_us(at), brought_by=by.id)
    return True
