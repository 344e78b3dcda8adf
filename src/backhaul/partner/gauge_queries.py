"""What is asked of the partner's database for its gauges (`kit/gauges.py`): parcels by stage, deadlines, queues."""

from backhaul.kit import gauges
from backhaul.partner import tables as t
from backhaul.partner.rules.lifecycle import PARCEL

NOUNS = (gauges.noun("parcel", PARCEL.states, t.parcels, ended=PARCEL.ends),)

_outbox, _mails, _deliveries = t.journal.outbox.c, t.board.mails.c, t.telling.deliveries.c
QUEUES = {
    "letters": gauges.queue(_outbox.written_us, _outbox.next_us.is_not(None), order=[_outbox.next_us]),
    "mails": gauges.queue(_mails.written_us, _mails.next_us.is_not(None), order=[_mails.next_us]),
    "webhooks": gauges.queue(_deliveries.written_us, _deliveries.next_us.is_not(None),
                             order=[_deliveries.webhook_id, _deliveries.next_us]),
}  # fmt: skip
