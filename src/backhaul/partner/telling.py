"""What companies' programs are told, on the shelf: messages are written with the change that they tell.

A company is told of the units of every seller that it is linked to at that moment, also by a key that may only look.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.desk import Change
from backhaul.kit.event_queries import EventQueries
from backhaul.kit.event_store import EventStore, Told
from backhaul.kit.webhook_errands import WebhookErrands
from backhaul.partner import store, tables
from backhaul.partner.rules import invoice_events as i
from backhaul.partner.rules.invoices import Invoice
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.webhooks import OF_PARCELS, TYPES, Message, of_invoice, of_parcel

_encode = msgspec.json.Encoder().encode
_links = tables.links.c
COMPANIES = Statement(
    sa.select(_links.seller_id, _links.company_id)
    .where(among(_links.seller_id, "sellers"))
    .order_by(_links.seller_id, _links.company_id)
)

events = EventStore(tables.telling, store.take_number)
feed = EventQueries(tables.telling, msgspec.json.Decoder(Message).decode)
webhooks = WebhookErrands(tables.telling, events, TYPES)


def write(tx: Tx, changes: Sequence[Change[Parcel]]) -> None:
    """The messages of a batch, in its transaction."""
    told = [change for change in changes if any(type(event) in OF_PARCELS for _, (event, *_), _ in change.events)]
    if not told:
        return
    companies: dict[int, list[int]] = {}
    for seller_id, company_id in tx.rows(COMPANIES, sellers=sorted({change.after.seller_id for change in told})):
        companies.setdefault(seller_id, []).append(company_id)
    events.write(tx, [
        Told(company_id, one.id, change.case_id, one.type, _encode(one), mark.recorded_us)
        for change in told
        for seq, (event, _, _, after), mark in change.events
        for company_id in companies.get(after.seller_id, ())
        if (one := of_parcel(company_id, after, event, seq, from_us(mark.at_us))) is not None
    ])  # fmt: skip


def write_of_invoice(tx: Tx, it: Invoice, event: i.Event, at: datetime) -> None:
    """What the payer's programs are told of an invoice. Without a payer nobody is told: it waits for who links next."""
    if it.company_id is None:
        return
    number = store.take_number(tx, "invoice_event", 1)
    one = of_invoice(it.company_id, it, event, number, at)
    # Invoices are told in their order like units; their numbers are below zero, where no unit's is.
    events.write(tx, [Told(it.company_id, one.id, -it.id, one.type, _encode(one), to_us(at))])
