"""SQL of a seller's money by posting: what accrued, is expected, was credited and taken back for the returns of each order."""

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.money import Money
from backhaul.marketplace import tables as t
from backhaul.marketplace.metric_queries import LEFT_THE_HOUSE
from backhaul.marketplace.money_queries import PAGE_ROWS
from backhaul.marketplace.rules.partner_invoices import InvoiceStatus

_r, _m = t.returns.c, t.return_money.c


def _in(state: str) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((_m.compensation == sa.literal_column(f"'{state}'"), _m.compensation_minor), else_=0))


_left = sa.or_(*(_m.refund == sa.literal_column(f"'{state}'") for state in LEFT_THE_HOUSE))
_paid = _m.claim == sa.literal_column("'paid'")
_by_posting = (
    sa.select(
        _r.posting_number, sa.func.count(), sa.func.sum(sa.case((_left, _m.refund_minor), else_=0)), _in("expected"),
        _in("accrued"), _in("credited"), _in("reversed"), sa.func.sum(sa.case((_paid, _m.claim_minor), else_=0)),
    )
    .select_from(t.returns.join(t.return_money, _m.return_id == _r.id))
    .where(_r.seller_id == bindparam("seller"))
    .group_by(_r.posting_number)
    .order_by(_r.posting_number.desc())
    .limit(bindparam("most"))
)  # fmt: skip
BY_POSTING = Statement(_by_posting)
BY_POSTING_BEFORE = Statement(_by_posting.where(_r.posting_number < bindparam("before")))
_i = t.partner_invoices.c
INVOICES = Statement(
    sa.select(_i.currency, sa.func.count(), sa.func.sum(_i.total_minor))
    .where(_i.seller_id == bindparam("seller"), _i.status == InvoiceStatus.CURRENT.value)
    .group_by(_i.currency)
    .order_by(_i.currency)
    .limit(20)
)


class PostingMoney(msgspec.Struct, frozen=True):
    """The returns of one posting that money moves for: what was refunded, and the compensation by where it stands."""

    posting_number: str
    returns: int
    refunded: Money
    expected: Money
    accrued: Money
    credited: Money
    taken_back: Money
    claims_paid: Money


class PostingRows(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rows, 50 a page, the highest posting number first; `next`: the `before` of what follows."""

    rows: tuple[PostingMoney, ...]
    next: str = ""


def by_posting(tx: Tx, seller_id: int, before: str = "") -> PostingRows:
    """A seller's money, posting by posting."""
    asked = {"seller": seller_id, "most": PAGE_ROWS + 1}
    rows = tx.rows(BY_POSTING_BEFORE, before=before, **asked) if before else tx.rows(BY_POSTING, **asked)
    found = tuple(
        PostingMoney(row[0], int(row[1]), *(Money(int(minor)) for minor in row[2:])) for row in rows[:PAGE_ROWS]
    )
    return PostingRows(found, found[-1].posting_number if len(rows) > PAGE_ROWS else "")


def partner_invoices(tx: Tx, seller_id: int) -> list[tuple[int, Money]]:
    """The partner's invoices that a seller brought: how many, and their total, currency by currency."""
    rows = tx.rows(INVOICES, seller=seller_id)
    return [(int(row[1]), Money(int(row[2]), row[0])) for row in rows]
