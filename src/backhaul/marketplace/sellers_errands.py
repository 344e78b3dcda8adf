"""What support does to a seller's settings, for its page and for API v1."""

from collections.abc import Callable
from datetime import datetime

from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.marketplace import errands, queries
from backhaul.marketplace.rules.decisions import By

TICKET_CHARACTERS_MAX = 40
RULES_CHARACTERS_MAX = 2000


def switching_on(seller_id: int, ticket: str, rules: str, by: By) -> Callable[[Tx, datetime], bytes]:
    """The errand that switches a seller's pre-moderation on. Consent to its price is the seller's alone and stays."""

    def run(tx: Tx, _: datetime) -> bytes:
        seller = queries.seller(tx, seller_id)
        if seller is None:
            raise Refused("not_found", "missing")
        errands.switch_moderation(tx, by, seller_id, ticket, seller.moderation_price_version, rules)
        return b""

    return run
