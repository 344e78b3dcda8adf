"""What `backhaul verify` looks through at the marketplace besides its cases: the chained tables, and the stored files."""

from backhaul.kit.chains import Chain
from backhaul.kit.media_proof import MediaProof
from backhaul.marketplace import tables as t

CHAINS = (
    Chain("return", t.returns, t.journal.events, "case_id"),
    Chain("block", t.blocks, t.block_events, "block_id"),
    Chain("break", t.breaks, t.break_events, "break_id"),
)
MEDIA = MediaProof(t.blobs, t.blob_cases)
