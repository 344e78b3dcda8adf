"""SQL that only looks at the quality of a seller's products: return rates month by month, and returns that show a defect."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.marketplace import queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.quality import FAULTY_MARKS, FAULTY_REASONS
from backhaul.marketplace.rules.returns import Return

DEFECTS_MAX = 24

_f, _l = t.return_facets.c, t.order_lines.c
_seller: sa.BindParameter[int] = bindparam("seller")


def _any_or(column: sa.Column[int]) -> sa.ColumnElement[bool]:
    said = bindparam("sku", type_=column.type)
    return sa.or_(said == 0, column == said)


DELIVERED = Statement(
    sa.select(sa.func.coalesce(sa.func.sum(_l.quantity), 0)).where(
        _l.seller_id == _seller, _l.delivered_us >= bindparam("from_us"), _l.delivered_us < bindparam("until_us"),
        _any_or(_l.sku),
    )
)  # fmt: skip
RETURNED = Statement(
    sa.select(sa.func.count()).where(
        _f.seller_id == _seller, _f.accepted_us.is_not(None), _f.delivered_us >= bindparam("from_us"),
        _f.delivered_us < bindparam("until_us"), _any_or(_f.sku),
    )
)  # fmt: skip
_faulty = sa.or_(
    *(_f.reason_group == sa.literal_column(f"'{group}'") for group in FAULTY_REASONS),
    *(_f.mark == sa.literal_column(f"'{mark}'") for mark in FAULTY_MARKS),
)
DEFECTS = Statement(
    sa.select(_f.return_id)
    .where(_f.seller_id == _seller, _faulty, _f.return_id < bindparam("before"), _any_or(_f.sku))
    .order_by(_f.return_id.desc())
    .limit(bindparam("most"))
)


def rate(tx: Tx, seller_id: int, since: datetime, until: datetime, sku: int = 0) -> tuple[int, int]:
    """Units delivered in a period, and those of them that came back; of one product, or of all."""
    asked = {"seller": seller_id, "from_us": to_us(since), "until_us": to_us(until), "sku": sku}
    delivered, returned = tx.one(DELIVERED, **asked), tx.one(RETURNED, **asked)
    return (int(delivered[0]) if delivered else 0), (int(returned[0]) if returned else 0)


def defects(tx: Tx, seller_id: int, sku: int = 0, before: int = 2**62, most: int = DEFECTS_MAX) -> list[Return]:
    """Returns that show a defect, by their customer or by the inspection, newest first."""
    rows = tx.rows(DEFECTS, seller=seller_id, sku=sku, before=before, most=most)
    return queries.in_order(tx, [row[0] for row in rows])
