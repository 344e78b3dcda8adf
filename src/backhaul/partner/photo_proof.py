"""Whether the photos of a parcel are still the ones that its events name: each id is the SHA-256 of the bytes."""

from collections.abc import Iterator

from backhaul.kit.blobs import BlobStore
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.kit.media_proof import FileFault, is_whole
from backhaul.partner import proofs, queries
from backhaul.partner.rules import events as e
from backhaul.partner.rules.parcels import Parcel


def faults(tx: Tx, blobs: BlobStore, it: Parcel) -> Iterator[str]:
    """What is wrong with each photo of its events, earlier revisions among them."""
    named: dict[str, None] = {}
    for happening in queries.history(tx, it.id):
        if isinstance(
            happening.event,
            e.Arrived | e.GateChecked | e.MarkProposed | e.Marked | e.SecondChecked | e.MediaDelivered | e.Destroyed,
        ):
            named |= dict.fromkeys(happening.event.photos)
    for photo in named:
        try:
            whole = is_whole(blobs, photo)
        except Refused as refused:
            if refused.kind != "missing":
                raise
            if proofs.MEDIA.keeps(tx, photo):  # else its time was over, and it was given up
                yield FileFault(f"{it.number}: photo {photo} is missing", photo, is_missing=True)
            continue
        if not whole:
            yield FileFault(f"{it.number}: photo {photo} is not what it was", photo)
