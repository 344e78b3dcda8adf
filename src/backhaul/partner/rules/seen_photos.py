"""Which photos of a unit are compared with all others, and between which units the same picture is worth a second look."""

from backhaul.partner.rules.parcels import Parcel


def compared(it: Parcel | None) -> frozenset[str]:
    """What people photographed here as evidence: arrival, inspection, second check, and what a seller ordered."""
    if it is None:
        return frozenset()
    proposed = it.inspection.proposed.photos if it.inspection.proposed is not None else ()
    return frozenset(it.photos + it.inspection.photos + proposed + it.second_photos + it.media.photos)


def is_told(here: Parcel, there: Parcel) -> bool:
    """Whether a picture in both is told to people: units of one shipment may stand in one frame."""
    return here.id != there.id and here.unit.posting_number != there.unit.posting_number
