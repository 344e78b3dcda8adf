"""SQL that keeps the claim of each return that has one, and when it went from state to state."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Change
from backhaul.marketplace import tables as t
from backhaul.marketplace.filters import EVER_US
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.lifecycle import OPEN_CLAIM
from backhaul.marketplace.rules.outcomes import claim_bound
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ClaimStatus

_c = t.return_claims.c
_of_return = _c.return_id == bindparam("of_return")
_CHANGING = ("carrier", "kind", "status", "amount_minor", "due_us")
INSERT = Statement(t.return_claims.insert())
UPDATE = Statement(t.return_claims.update().where(_of_return).values({name: bindparam(name) for name in _CHANGING}))
DELETE = Statement(t.return_claims.delete().where(_of_return))
FILE = Statement(t.return_claims.update().where(_of_return).values(filed_us=bindparam("at_us")))
SETTLE = Statement(t.return_claims.update().where(_of_return).values(settled_us=bindparam("at_us")))
DATED = {ClaimStatus.FILED: FILE, ClaimStatus.PAID: SETTLE, ClaimStatus.REFUSED: SETTLE}


def keep(tx: Tx, changes: Sequence[Change[Return]]) -> None:
    """Write the rows of those whose claim moved; a claim that is drafted anew takes the place of the one before."""
    for change in changes:
        after = row(change.after)
        before = None if change.before is None else row(change.before)
        if after is None or after == before:
            continue
        drafted = [mark.at_us for _, (event, *_), mark in change.events if isinstance(event, e.ClaimDrafted)]
        if drafted:
            tx.run(DELETE, of_return=change.case_id)
            tx.run(INSERT, **after, drafted_us=drafted[-1], filed_us=None, settled_us=None)
        else:
            tx.run(UPDATE, of_return=change.case_id, **{name: after[name] for name in _CHANGING})
        for _, (event, *_), mark in change.events:
            if isinstance(event, e.ClaimMoved) and ClaimStatus(event.to) in DATED:
                tx.run(DATED[ClaimStatus(event.to)], of_return=change.case_id, at_us=mark.at_us)


def row(it: Return) -> dict[str, Any] | None:
    """The claim as it stands; None where there is none."""
    claim = it.claim
    if claim.kind is None:
        return None
    return {
        "return_id": it.id,
        "seller_id": it.seller_id,
        "carrier": it.carrier,
        "kind": claim.kind.value,
        "status": claim.status.value,
        "amount_minor": claim.amount.minor if claim.amount is not None else 0,
        "due_us": _due_us(it),
    }


def _due_us(it: Return) -> int | None:
    bound = claim_bound(it)
    if it.claim.status not in OPEN_CLAIM:
        return None
    return EVER_US if bound is None else to_us(bound)
