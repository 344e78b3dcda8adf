"""What the pick-up point photographed of a unit whose substitution is claimed: asked for when a reviewer looks, then kept (P26)."""

import httpx2

from backhaul import wire
from backhaul.kit.blobs import PICTURE_BYTES_MAX
from backhaul.kit.machine import Refused
from backhaul.partner.office import Office
from backhaul.partner.rules.parcels import Parcel


def fetch_point_photo(office: Office, it: Parcel, photo: str) -> None:
    """Keep the bytes of a photo that the claim names; blocks while the marketplace is asked.

    `Refused` as missing, as gone after the time of keeping, or as away when the marketplace does not answer or sends other
    bytes than the claim named.
    """
    if photo not in it.claim.point_photos:
        raise Refused("not_found", "missing")
    office.media.check_kept(photo)
    if not office.blobs.has(photo):
        office.blobs.put_copy(photo, _asked(office, wire.PhotoWanted(it.id, photo)))


def _asked(office: Office, wanted: wire.PhotoWanted) -> bytes:
    try:
        with office.lines.one("platform_away"):
            answer = office.ask_marketplace("claim-photos", wanted, PICTURE_BYTES_MAX)
    except httpx2.DecodingError as error:  # too large
        raise Refused("not_the_promised_file", "away") from error
    except httpx2.HTTPError as error:
        raise Refused("platform_away", "away") from error
    if answer is None or answer.status == httpx2.codes.NOT_FOUND:
        raise Refused("not_found", "missing")
    if answer.status != httpx2.codes.OK:
        raise Refused("platform_away", "away")
    return answer.body
