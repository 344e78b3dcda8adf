"""Pictures of a return. The partner's stay with it until somebody here wants to see one; then a copy is kept (D6)."""

import httpx2
import msgspec

from backhaul import wire
from backhaul.kit import outside, webhooks
from backhaul.kit.blobs import PICTURE_BYTES_MAX
from backhaul.kit.machine import Refused
from backhaul.marketplace import access
from backhaul.marketplace.office import Office
from backhaul.marketplace.perform import THE_PARTNER
from backhaul.marketplace.rules.returns import Return


def picture(office: Office, it: Return, blob_id: str) -> bytes:
    """The bytes of a photo that belongs to this return; blocks while the partner is asked for one of its own.

    `Refused` as missing, as gone after the time of keeping, or as away when the partner does not answer or sends other bytes than the mark named.
    """
    office.media.check_kept(blob_id)
    of_partner = it.parcel is not None and blob_id in it.parcel.photos
    if of_partner and not office.blobs.has(blob_id):
        office.blobs.put_copy(blob_id, _asked(office, wire.PhotoWanted(it.id, blob_id)))
    return office.blobs.read(blob_id)


def _asked(office: Office, wanted: wire.PhotoWanted) -> bytes:
    with office.database.read() as tx:
        row = tx.one(access.PARTNER, id=THE_PARTNER)
    if row is None:
        raise Refused("not_found", "missing")
    body = msgspec.json.encode(wanted)
    message_id = f"photo_{office.chance(12).hex()}"
    headers = webhooks.headers(office.seal.open(bytes(row[3])), message_id, office.clock.now(), body)
    address = f"{row[1]}/api/v1/marked-photos"
    try:
        with office.lines.one("partner_away"):
            answer = outside.post(office.line, address, body, headers, known=True, bytes_max=PICTURE_BYTES_MAX)
    except httpx2.DecodingError as error:  # too large
        raise Refused("not_the_promised_file", "away") from error
    except httpx2.HTTPError as error:
        raise Refused("partner_away", "away") from error
    if answer.status == httpx2.codes.NOT_FOUND:
        raise Refused("not_found", "missing")
    if answer.status != httpx2.codes.OK:
        raise Refused("partner_away", "away")
    return answer.body
