"""What pages and API of the blocks share: an appeal and its review, through the desk."""

from datetime import datetime

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, fingerprint
from backhaul.marketplace import access, block_errands, block_queries
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules.decisions import By


async def appeal(office: Office, command: b.Appeal, by: By, *, key: str = "", request_id: str = "") -> b.Block:
    """A customer's appeal against their block, through the desk."""
    policy = office.house.terms.policy

    def run(tx: Tx, at: datetime) -> bytes:
        return msgspec.json.encode(block_errands.appeal(tx, command, by, policy, at, request_id))

    body_hash = fingerprint(("appeal", command)) if key else b""
    answer = await office.desk.perform(Errand(run, access.Known(by), key, body_hash))
    return block_queries.decode_block(answer.body)


async def review_block(office: Office, block_id: int, command: b.Command, by: By, *, key: str = "",
                       seen: int | None = None, request_id: str = "") -> b.Block:  # fmt: skip
    """A moderator or support moves a block, through the desk."""
    policy = office.house.terms.policy

    def run(tx: Tx, at: datetime) -> bytes:
        return msgspec.json.encode(block_errands.review(tx, block_id, command, by, policy, at, seen, request_id))

    body_hash = fingerprint((block_id, type(command).__name__, command)) if key else b""
    answer = await office.desk.perform(Errand(run, access.Known(by), key, body_hash))
    return block_queries.decode_block(answer.body)
