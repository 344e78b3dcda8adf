"""A payout file as a bank takes it: ISO 20022 pain.001.001.09, or CSV. The same payouts always make the same bytes.

No card and no bank account of a customer stands in it: whom to pay is the marketplace's own reference of the customer, which
the payment provider has an account for.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

import msgspec

from backhaul.kit.days import MOSCOW
from backhaul.kit.money import decimal_text
from backhaul.marketplace.rules.payouts import Payout

PAIN, CSV = "pain.001", "csv"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
ENDINGS = {PAIN: "xml", CSV: "csv"}
MEDIA_TYPES = {PAIN: "application/xml", CSV: "text/csv"}
COLUMNS = ("message_id", "end_to_end_id", "customer", "amount", "currency", "execute_on", "purpose")
TOKEN = "CUSTOMER_REFERENCE"  # noqa: S105 -- the name of a scheme of account ids


class Cover(msgspec.Struct, frozen=True):
    """What a payout file says of itself."""

    message_id: str
    currency: str
    made_at: datetime
    payer: str
    account: str


def bytes_of(form: str, cover: Cover, payouts: Sequence[Payout]) -> bytes:
    """The file's bytes."""
    return _csv(cover, payouts) if form == CSV else _pain(cover, payouts)


def name_of(message_id: str, form: str) -> str:
    """What the file is called on a disk."""
    return f"{message_id}.{ENDINGS[form]}"


def purpose(payout: Payout) -> str:
    """What the customer reads on the statement."""
    return f"Refund of return R-{payout.return_id}"


def _csv(cover: Cover, payouts: Sequence[Payout]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    day = cover.made_at.astimezone(MOSCOW).date().isoformat()
    for one in payouts:
        amount = decimal_text(one.amount.minor)
        writer.writerow((cover.message_id, one.key, one.customer_ref, amount, one.amount.currency, day, purpose(one)))
    return file.getvalue().encode()


def _pain(cover: Cover, payouts: Sequence[Payout]) -> bytes:
    document = ET.Element("Document", xmlns=NAMESPACE)
    order = ET.SubElement(document, "CstmrCdtTrfInitn")
    count, total = str(len(payouts)), decimal_text(sum(one.amount.minor for one in payouts))
    header = ET.SubElement(order, "GrpHdr")
    _text(header, "MsgId", cover.message_id)
    _text(header, "CreDtTm", cover.made_at.astimezone(MOSCOW).isoformat(timespec="seconds"))
    _text(header, "NbOfTxs", count)
    _text(header, "CtrlSum", total)
    _text(header, "InitgPty/Nm", cover.payer)
    payment = ET.SubElement(order, "PmtInf")
    _text(payment, "PmtInfId", f"{cover.message_id}-1")
    _text(payment, "PmtMtd", "TRF")
    _text(payment, "NbOfTxs", count)
    _text(payment, "CtrlSum", total)
    _text(payment, "ReqdExctnDt/Dt", cover.made_at.astimezone(MOSCOW).date().isoformat())
    _text(payment, "Dbtr/Nm", cover.payer)
    _text(payment, "DbtrAcct/Id/Othr/Id", cover.account)
    _text(payment, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")
    _text(payment, "ChrgBr", "SLEV")
    for one in payouts:
        _transfer(payment, one)
    ET.indent(document)
    written: bytes = ET.tostring(document, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _transfer(payment: ET.Element, one: Payout) -> None:
    transfer = ET.SubElement(payment, "CdtTrfTxInf")
    ids = ET.SubElement(transfer, "PmtId")
    _text(ids, "InstrId", one.key)
    _text(ids, "EndToEndId", one.key)
    amount = _text(transfer, "Amt/InstdAmt", decimal_text(one.amount.minor))
    amount.set("Ccy", one.amount.currency)
    _text(transfer, "Cdtr/Nm", f"Customer {one.customer_ref}")
    account = ET.SubElement(ET.SubElement(ET.SubElement(transfer, "CdtrAcct"), "Id"), "Othr")
    _text(account, "Id", one.customer_ref)
    _text(account, "SchmeNm/Prtry", TOKEN)
    _text(transfer, "RmtInf/Ustrd", purpose(one))


def _text(parent: ET.Element, path: str, text: str) -> ET.Element:
    """A leaf below a path of fresh elements."""
    for tag in path.split("/"):
        parent = ET.SubElement(parent, tag)
    parent.text = "".join(c for c in text if c.isprintable())
    return parent
