"""What people and the calendar do about customers' blocks. Each runs inside the desk's transaction."""

from datetime import datetime

from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.marketplace import block_queries, block_store, queries, tables
from backhaul.marketplace.block_store import Signed
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Role

EXPIRED_MAX = 500
STAFF = (Role.MODERATOR, Role.SUPPORT)


def appeal(tx: Tx, command: b.Appeal, by: By, policy: Policy, at: datetime, request_id: str = "") -> b.Block:
    """A customer appeals against the newest of their blocks, with pictures that they brought themselves."""
    if by.role is not Role.CUSTOMER:
        raise Refused("not_your_role", "forbidden", act="Appeal", role=by.role)
    found = block_queries.of_customer(tx, by.subject)
    if not found:
        raise Refused("not_found", "missing")
    if not queries.has_photos(tx, by, command.photos):
        raise Refused("photos_unknown", "invalid", "photos")
    if not queries.has_photos(tx, by, command.videos):
        raise Refused("videos_unknown", "invalid", "videos")
    appealed = block_store.decide(tx, found[0].id, command, Signed(by.role, by.id, at, at, request_id), policy)
    for case in appealed.cases:
        tables.book.use(tx, case.return_id, command.photos + command.videos)
    return appealed


def review(tx: Tx, block_id: int, command: b.Command, by: By, policy: Policy, at: datetime, seen: int | None = None,
           request_id: str = "") -> b.Block:  # fmt: skip
    """Moderators and support move a block; `seen` is the version that they looked at."""
    if by.role not in STAFF:
        raise Refused("not_your_role", "forbidden", act=type(command).__name__, role=by.role)
    it, _ = block_store.load(tx, block_id)
    if seen is not None and seen != it.version:
        raise Refused("version_conflict", version=it.version, seen=seen)
    return block_store.decide(tx, block_id, command, Signed(by.role, by.id, at, at, request_id), policy)


def expire(tx: Tx, policy: Policy, at: datetime) -> int:
    """End the blocks whose time is over, at most `EXPIRED_MAX`; how many."""
    ended = 0
    for block_id in block_queries.due(tx, at, EXPIRED_MAX):
        it, _ = block_store.load(tx, block_id)
        if it.status in b.STANDING and it.until <= at:  # another worker may have been quicker
            block_store.expire(tx, it, at, policy)
            ended += 1
    return ended
