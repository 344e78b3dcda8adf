"""What the pick-up point photographed of a unit whose substitution is claimed: asked for when a reviewer looks, then kept (P26)."""

import httpx2
import msgspec

from backhaul import wire
from backhaul.kit import webhooks
from backhaul.kit.blobs import PICTURE_BYTES_MAX
from backhaul.kit.machine import Refused
from backhaul.partner import access
from backhaul.partner.office import Office
from backhaul.partner.perform import THE_MARKETPLACE
from backhaul.partner.rules.parcels import Parcel

TIMEOUT_SECONDS = 5


def fetch_point_photo(office: Office, it: Parcel, photo: str) -> None:
    """Keep the bytes of a photo that the claim names; blocks while the marketplace is asked.

    `Refused` as missing, or as away when the marketplace does not answer or sends other bytes than the claim named.
    """
    if photo not in it.claim.point_photos:
        raise Refused("not_found", "missing")
    if not office.blobs.has(photo):
        office.blobs.put_copy(photo, _asked(office, wire.PhotoWanted(it.id, photo)))


def _asked(office: Office, wanted: wire.PhotoWanted) -> bytes:
    with office.database.read() as tx:
        row = tx.one(access.MARKETPLACE, id=THE_MARKETPLACE)
    if row is None:
        raise Refused("not_found", "missing")
    body = msgspec.json.encode(wanted)
    message_id = f"photo_{office.chance(12).hex()}"
    headers = webhooks.headers(office.seal.open(bytes(row[3])), message_id, office.clock.now(), body)
    try:
        with office.client.stream(
            "POST",
            f"{row[1]}/api/v1/partner/claim-photos",
            content=body,
            headers={"content-type": "application/json", **headers},
            timeout=TIMEOUT_SECONDS,
        ) as answer:
            if answer.status_code == httpx2.codes.NOT_FOUND:
                raise Refused("not_found", "missing")
            if answer.status_code != httpx2.codes.OK:
                raise Refused("platform_away", "away")
            data = bytearray()
            for part in answer.iter_bytes():
                data += part
                if len(data) > PICTURE_BYTES_MAX:
                    raise Refused("not_the_promised_file", "away")
            return bytes(data)
    except httpx2.HTTPError as error:
        raise Refused("platform_away", "away") from error
