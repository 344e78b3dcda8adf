"""What `backhaul verify` looks through at the partner besides its cases: the chained tables, and the stored files."""

from backhaul.kit.chains import Chain
from backhaul.kit.media_proof import MediaProof
from backhaul.partner import tables as t

CHAINS = (
    Chain("parcel", t.parcels, t.journal.events, "case_id"),
    Chain("consignment", t.consignments, t.consignment_events, "consignment_id"),
    Chain("orphan", t.orphans, t.orphan_events, "orphan_id"),
)
MEDIA = MediaProof(t.blobs, t.blob_cases)
