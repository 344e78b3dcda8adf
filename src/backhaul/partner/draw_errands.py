"""Epochs of the draw begin by the calendar. The hash of a key is public before its epoch, the key after it (D21)."""

import hashlib
from datetime import datetime

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us, to_us
from backhaul.partner import draw_queries, inspection_store
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.sampling import next_epoch

KEY_BYTES = 32


def is_due(tx: Tx, policy: Policy, at: datetime) -> bool:
    """Whether an epoch must be published: fewer are ahead than the policy says."""
    ahead = [one for one in draw_queries.epochs(tx, most=policy.draw_epochs_ahead) if one.begins > at]
    return len(ahead) < policy.draw_epochs_ahead


def publish(tx: Tx, seal: keys.Seal, chance: keys.Chance, policy: Policy, at: datetime) -> int:
    """Publish the hashes of the keys of as many epochs ahead as the policy says; how many were new."""
    known = inspection_store.last_epochs(tx, policy.draw_epochs_ahead)
    ahead = sum(begins_us > to_us(at) for _, begins_us, _ in known)
    number, last_ends = (known[0][0], from_us(known[0][2])) if known else (0, None)
    missing = max(policy.draw_epochs_ahead - ahead, 0)
    for _ in range(missing):
        number += 1
        begins, last_ends = next_epoch(last_ends, at, policy)
        key = chance(KEY_BYTES)
        tx.run(
            inspection_store.INSERT_EPOCH, number=number, begins_us=to_us(begins), ends_us=to_us(last_ends),
            sealed_key=seal.close(key.hex()), key_sha256=hashlib.sha256(key).hexdigest(), published_us=to_us(at),
        )  # fmt: skip
        tx.run(inspection_store.START_COUNTS, epoch=number, units=0, drawn=0)
    return missing
