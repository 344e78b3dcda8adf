"""Whether the ledger says of a return what its chained events say: no entry more, none less, none for another amount."""

from collections.abc import Iterator

from backhaul.kit.blobs import BlobStore
from backhaul.kit.database import Tx
from backhaul.kit.ledger import Entry, differences
from backhaul.marketplace import queries
from backhaul.marketplace.rules import chart
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.returns import Return, born, evolve


def faults(tx: Tx, blobs: BlobStore, it: Return) -> Iterator[str]:  # noqa: ARG001 -- the form of `serving.House`
    """A sentence for every entry that is missing or does not follow from an event."""
    follows: list[Entry] = []
    folded: Return | None = None
    for happening in queries.history(tx, it.id):
        event = happening.event
        folded = evolve(folded, event) if folded else born(it.id, event) if isinstance(event, e.Requested) else None
        follows += chart.entries(folded, event) if folded else []
    yield from (f"{it.number}: {fault}" for fault in differences(queries.entries(tx, it.id), follows))
