"""SQL that keeps the claims of each return, one row a claim, and when each went from state to state."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
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
_this = (_c.return_id == bindparam("of_return"), _c.number == bindparam("of_number"))
_CHANGING = ("carrier", "kind", "status", "amount_minor", "due_us")
INSERT = Statement(t.return_claims.insert())
UPDATE = Statement(t.return_claims.update().where(*_this).values({name: bindparam(name) for name in _CHANGING}))
END = Statement(t.return_claims.update().where(*_this).values(status=bindparam("ended"), due_us=sa.null()))
FILE = Statement(t.return_claims.update().where(*_this).values(filed_us=bindparam("at_us")))
SETTLE = Statement(t.return_claims.update().where(*_this).values(settled_us=bindparam("at_us")))
DATED = {ClaimStatus.FILED: FILE, ClaimStatus.PAID: SETTLE, ClaimStatus.REFUSED: SETTLE}


def keep(tx: Tx, changes: Sequence[Change[Return]]) -> None:
    """Write the rows of those whose claim moved; one that is drafted anew leaves the ones before it as they ended."""
    for change in changes:
        after = row(change.after)
        before = None if change.before is None else row(change.before)
        if after is None or after == before:
            continue
        number = 0 if before is None else int(before["number"])
        for _, (event, *_), mark in change.events:
            match event:
                case e.ClaimDrafted(kind, amount):
                    if number:
                        ended = change.after.claim.earlier[number - 1].status
                        tx.run(END, of_return=change.case_id, of_number=number, ended=ended.value)
                    number += 1
                    drafted = {"number": number, "kind": kind.value, "amount_minor": amount.minor}
                    tx.run(INSERT, **{**after, **drafted}, drafted_us=mark.at_us, filed_us=None, settled_us=None)
                case e.ClaimMoved(to) if ClaimStatus(to) in DATED:
                    tx.run(DATED[ClaimStatus(to)], of_return=change.case_id, of_number=number, at_us=mark.at_us)
        stands = {name: after[name] for name in _CHANGING}
        tx.run(UPDATE, of_return=change.case_id, of_number=number, **stands)


def row(it: Return) -> dict[str, Any] | None:
    """The claim as it stands; None where there is none."""
    claim = it.claim
    if claim.kind is None:
        return None
    return {
        "return_id": it.id,
        "number": len(claim.earlier) + 1,
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
