"""SQL of what staff are measured by: sums over returns by their request, out of indexes that hold all that is counted."""

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.marketplace import tables as t

_o = t.return_outcomes.c
_count = sa.func.count()
_asked = (_o.asked_us >= bindparam("from_us"), _o.asked_us <= bindparam("until_us"))
REJECTED = Statement(
    sa.select(_o.rejected, _o.dispute, _count)
    .where(*_asked, _o.rejected != sa.literal_column("''"))
    .group_by(_o.rejected, _o.dispute)
    .order_by(_o.rejected, _o.dispute)
)


class Rejections(msgspec.Struct, frozen=True):
    """Requests that a role rejected: how many, and what became of the disputes about them."""

    by: str
    count: int
    open: int
    upheld: int
    refused: int


def rejections(tx: Tx, since: datetime, until: datetime) -> list[Rejections]:
    """Rejections of requests of a period, by who rejected."""
    found: dict[str, dict[str, int]] = {}
    for by, dispute, count in tx.rows(REJECTED, from_us=to_us(since), until_us=to_us(until)):
        found.setdefault(by, {})[dispute] = int(count)
    return [
        Rejections(by, sum(counts.values()), *(counts.get(name, 0) for name in ("open", "upheld", "refused")))
        for by, counts in found.items()
    ]
