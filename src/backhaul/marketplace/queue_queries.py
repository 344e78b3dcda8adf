"""SQL that only looks: what waits for moderators, the shortest time first, and the past of units and customers in figures.

First the ids, out of an index that holds all that is filtered by; then the documents of one page.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import to_us
from backhaul.marketplace import outcome_store, queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.filters import EVER_US
from backhaul.marketplace.places import START, Place
from backhaul.marketplace.queue_filters import RequestFilter
from backhaul.marketplace.rules.outcomes import Queue
from backhaul.marketplace.rules.returns import Return

# Hours that are left: up to the first, up to the second, and so on.
BANDS_HOURS = (0, 24, 48)

_o = t.return_outcomes.c
_count = sa.func.count()
_seller: sa.BindParameter[int] = bindparam("seller", type_=sa.BigInteger())
_group: sa.BindParameter[str] = bindparam("reason_group", type_=sa.Text())
_matches = (
    _o.queue == bindparam("queue"),
    _o.act_us >= bindparam("after_us", type_=sa.BigInteger()),
    _o.act_us < bindparam("until_us", type_=sa.BigInteger()),
    sa.or_(_seller == 0, _o.seller_id == _seller),
    sa.or_(_group == "", _o.reason_group == _group),
    _o.price_minor >= bindparam("price_low"),
    _o.earlier >= bindparam("earlier"),
)
_after = sa.or_(_o.act_us > bindparam("after_us", type_=sa.BigInteger()), _o.return_id > bindparam("after_id"))
SOONEST = Statement(
    sa.select(_o.return_id, _o.act_us)
    .where(*_matches, _after)
    .order_by(_o.act_us, _o.return_id)
    .limit(bindparam("most"))
)
_band = sa.case(*((_o.act_us <= bindparam(f"edge_{n}"), n) for n in range(len(BANDS_HOURS))), else_=len(BANDS_HOURS))
_waiting = sa.select(_o.queue, _band.label("band")).where(among(_o.queue, "queues"), _o.act_us.is_not(None)).subquery()
WAITING = Statement(
    sa.select(_waiting.c.queue, _waiting.c.band, _count)
    .group_by(_waiting.c.queue, _waiting.c.band)
    .order_by(_waiting.c.queue, _waiting.c.band)
)
OF_CUSTOMERS = Statement(
    sa.select(_o.customer_ref, _o.rejected, _o.taken, _o.mark, _count)
    .where(among(_o.customer_ref, "refs"))
    .group_by(_o.customer_ref, _o.rejected, _o.taken, _o.mark)
)
REJECTED_AMONG = Statement(
    sa.select(_o.return_id).where(among(_o.return_id, "ids"), _o.rejected != "", _o.dispute != "upheld")
)


class Past(msgspec.Struct, frozen=True):
    """In figures, without a name. Of the order: earlier requests and those of them that were rejected for good.

    Of the customer, all but this one: requests, rejected ones, units that a point refused, units found to be substituted.
    """

    order_requests: int = 0
    order_rejected: int = 0
    customer_requests: int = 0
    customer_rejected: int = 0
    customer_refused: int = 0
    customer_substituted: int = 0


def soonest(tx: Tx, queue: Queue, wanted: RequestFilter, at: datetime, after: Place = START,
            most: int = queries.PAGE_ROWS) -> tuple[list[Return], Place | None]:  # fmt: skip
    """What waits in a queue and matches, the shortest time first; and where more stands."""
    until_us = EVER_US if wanted.within_hours is None else to_us(at + timedelta(hours=wanted.within_hours)) + 1
    rows = tx.rows(
        SOONEST, queue=queue, after_us=after.bound_us, after_id=after.id, until_us=until_us,
        seller=wanted.seller or 0, reason_group=wanted.reason_group or "", price_low=100 * (wanted.price_from or 0),
        earlier=int(wanted.repeated is not None), most=most + 1,
    )  # fmt: skip
    onward = Place(rows[most - 1][1], rows[most - 1][0]) if len(rows) > most else None
    return queries.in_order(tx, [row[0] for row in rows[:most]]), onward


def waiting(tx: Tx, at: datetime) -> dict[Queue, tuple[int, ...]]:
    """How many wait in each queue: over time, up to 24 hours, up to 48, more."""
    edges = {f"edge_{n}": to_us(at + timedelta(hours=hours)) for n, hours in enumerate(BANDS_HOURS)}
    found = {(row[0], row[1]): int(row[2]) for row in tx.rows(WAITING, queues=[*map(str, Queue)], **edges)}
    return {queue: tuple(found.get((queue.value, n), 0) for n in range(len(BANDS_HOURS) + 1)) for queue in Queue}


def pasts(tx: Tx, returns: Sequence[Return]) -> dict[int, Past]:
    """What was asked for before, by the id of the return that is looked at."""
    if not returns:
        return {}
    of_customer: dict[str, list[int]] = {}
    for ref, rejected, taken, mark, count in tx.rows(OF_CUSTOMERS, refs=sorted({it.customer_ref for it in returns})):
        sums = of_customer.setdefault(ref, [0, 0, 0, 0])
        for n, counts in enumerate(_counts(rejected, taken, mark)):
            sums[n] += int(count) * counts
    earlier = sorted({one for it in returns for one in it.earlier})
    rejected_ids = {row[0] for row in tx.rows(REJECTED_AMONG, ids=earlier)} if earlier else set[int]()
    return {it.id: _past(it, of_customer.get(it.customer_ref, [0, 0, 0, 0]), rejected_ids) for it in returns}


def _past(it: Return, sums: list[int], rejected_ids: set[int]) -> Past:
    own = outcome_store.row(it)
    itself = _counts(own["rejected"], own["taken"], own["mark"]) if own else (0, 0, 0, 0)
    of_customer = (max(0, all_of_them - this) for all_of_them, this in zip(sums, itself, strict=True))
    return Past(len(it.earlier), len(rejected_ids.intersection(it.earlier)), *of_customer)


def _counts(rejected: str, taken: str, mark: str) -> tuple[int, int, int, int]:
    return 1, int(rejected != ""), int(taken == "refused"), int(mark == "substituted")
