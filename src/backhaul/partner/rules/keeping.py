"""How long pictures of a unit are kept: from its leaving the house on (D22, R67)."""

from backhaul.partner.rules import events as e
from backhaul.partner.rules.parcels import Parcel

# What these show stays with the certificate, even where somebody else showed the same bytes.
ACTS = (e.Destroyed,)


def media_of(it: Parcel | None) -> frozenset[str]:
    """What goes when the time is over: pictures of arrival, inspection and claim, and what the seller ordered.

    The pictures of a destruction stay with its certificate.
    """
    if it is None:
        return frozenset()
    proposed = it.inspection.proposed.photos if it.inspection.proposed is not None else ()
    return frozenset(
        it.photos
        + it.inspection.photos
        + proposed
        + it.second_photos
        + it.media.photos
        + it.media.videos
        + it.claim.point_photos
    )
