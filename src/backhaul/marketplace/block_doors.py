"""What pages and API of the blocks share: an appeal and its review, through the desk."""

from datetime import datetime

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, block_errands, block_queries
from backhaul.marketplace.block_errands import STAFF
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Role


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


def check_file(office: Office, block_id: int, blob_id: str, by: By) -> None:
    """`Refused` unless it belongs to the appeal and its reader is the customer, a moderator or support."""
    with office.look(by) as tx:
        it = block_queries.one(tx, block_id)
    theirs = it is not None and by.role is Role.CUSTOMER and by.subject == it.customer_ref
    shown = it.appeal.photos + it.appeal.videos if it is not None and (theirs or by.role in STAFF) else ()
    if blob_id not in shown:
        raise Refused("not_found", "missing")
