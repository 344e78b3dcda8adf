"""SQL that only looks: what the timeline of a return tells beside its events: the ledger, and who was written to."""

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.ledger import Entry
from backhaul.kit.money import Money
from backhaul.kit.notices import Facts
from backhaul.marketplace import tables as t

WRITTEN_MAX = 500

_n = t.journal.entries.c
_w = t.board.notices.c
_decode_facts = msgspec.json.Decoder(Facts).decode
ENTRIES_BY_EVENT = Statement(
    sa.select(_n.seq, _n.debit, _n.credit, _n.amount_minor, _n.currency, _n.cause)
    .where(_n.case_id == bindparam("case_id"))
    .order_by(_n.seq, _n.cause)
)
_of_events = (  # what support writes is no word of an event
    sa.select(_w.reader, _w.kind, _w.cause, _w.facts)
    .where(_w.case_id == bindparam("case_id"), _w.kind != "support_wrote")
    .order_by(_w.id.desc())
    .limit(WRITTEN_MAX + 1)
)
WRITTEN_OF_RETURN = Statement(_of_events)
WRITTEN_TO = Statement(_of_events.where(_w.reader == bindparam("reader")))


class Written(msgspec.Struct, frozen=True):
    """Who was written what because of an event of a return; the words are the reader's."""

    reader: str
    kind: str
    facts: Facts


def entries_by_event(tx: Tx, return_id: int) -> dict[int, list[Entry]]:
    """The ledger entries of a return by the number of their event."""
    found: dict[int, list[Entry]] = {}
    for seq, debit, credit, minor, currency, cause in tx.rows(ENTRIES_BY_EVENT, case_id=return_id):
        found.setdefault(seq, []).append(Entry(debit, credit, Money(minor, currency), cause))
    return found


def written_by_event(tx: Tx, return_id: int, to: str) -> tuple[dict[int, list[Written]], bool]:
    """The newest messages about a return by the number of the event that they tell of, and whether there are more; to one reader, or to all."""
    rows = tx.rows(WRITTEN_TO, case_id=return_id, reader=to) if to else tx.rows(WRITTEN_OF_RETURN, case_id=return_id)
    found: dict[int, list[Written]] = {}
    for reader, kind, cause, facts in reversed(rows[:WRITTEN_MAX]):
        case, _, seq = cause.partition(".")  # the desk writes them under `return.event`
        if case == str(return_id) and seq.isdecimal():
            found.setdefault(int(seq), []).append(Written(reader, kind, _decode_facts(facts)))
    return found, len(rows) > WRITTEN_MAX
