"""SQL of what fraud analysts and compliance look at: substitutions, blocks and appeals, rejections, disposals, published terms."""

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.inside import inside
from backhaul.kit.money import Money
from backhaul.marketplace import queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.filters import EVER_US
from backhaul.marketplace.places import Place
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import RefundStatus

CUSTOMERS_MAX = 20
REASONS_MAX = 200
VERSIONS_MAX = 20
UNSENT = (RefundStatus.HELD, RefundStatus.FAILED, RefundStatus.IN_DOUBT)
EVER = Place(EVER_US, EVER_US)

_o, _b, _m, _t = t.return_outcomes.c, t.blocks.c, t.return_money.c, t.terms.c
_count = sa.func.count()
_asked = (_o.asked_us >= bindparam("from_us"), _o.asked_us <= bindparam("until_us"))
_swapped = _o.mark == sa.literal_column("'substituted'")
CUSTOMERS = Statement(
    sa.select(_o.customer_ref, _count, sa.func.count(sa.distinct(_o.point_id)), sa.func.sum(_o.price_minor))
    .where(*_asked, _swapped)
    .group_by(_o.customer_ref)
    .order_by(_count.desc(), sa.func.sum(_o.price_minor).desc(), _o.customer_ref)
    .limit(CUSTOMERS_MAX)
)
SUBSTITUTED = Statement(sa.select(_count, sa.func.coalesce(sa.func.sum(_o.price_minor), 0)).where(*_asked, _swapped))
_over = sa.case((_b.status == "lifted", inside(_b.doc, "over_because")), else_="")
_imposed = (
    sa.select(_b.appeal, _over.label("over"))
    .where(_b.imposed_us >= bindparam("from_us"), _b.imposed_us <= bindparam("until_us"))
    .subquery()
)
BLOCKS = Statement(
    sa.select(_imposed.c.appeal, _imposed.c.over, _count)
    .group_by(_imposed.c.appeal, _imposed.c.over)
    .order_by(_imposed.c.appeal, _imposed.c.over)
)
REJECTED = Statement(
    sa.select(_o.reason, _o.dispute, _count)
    .where(*_asked, _o.rejected != sa.literal_column("''"))
    .group_by(_o.reason, _o.dispute)
    .order_by(_o.reason, _o.dispute)
    .limit(REASONS_MAX)
)
# The law's ceiling of each (payments.ceiling), out of the narrow rows; with each row the count of all.
_by_request = _o.asked_us + bindparam("after_request_us", type_=sa.BigInteger())
_by_acceptance = sa.func.coalesce(_o.accepted_us, 0) + bindparam("after_acceptance_us", type_=sa.BigInteger())
_unsent = (
    sa.select(
        _o.return_id, sa.case((_by_acceptance > _by_request, _by_acceptance), else_=_by_request).label("until_us")
    )
    .select_from(t.return_money.join(t.return_outcomes, _o.return_id == _m.return_id))
    .where(among(_m.refund, "states"))
    .subquery()
)
LATE_REFUNDS = Statement(
    sa.select(_unsent.c.return_id, _count.over())
    .where(_unsent.c.until_us <= bindparam("before_us", type_=sa.BigInteger()))
    .order_by(_unsent.c.until_us, _unsent.c.return_id)
    .limit(bindparam("most"))
)
DISPOSED = Statement(
    sa.select(_o.disposed_us, _o.return_id, _o.certificate)
    .where(
        _o.disposed_us <= bindparam("before_us", type_=sa.BigInteger()),
        sa.or_(_o.disposed_us < bindparam("before_us", type_=sa.BigInteger()), _o.return_id < bindparam("before_id")),
    )
    .order_by(_o.disposed_us.desc(), _o.return_id.desc())
    .limit(bindparam("most"))
)
PUBLISHED = Statement(
    sa.select(_t.kind, _t.version, _t.valid_from_us, _t.published_by, _t.why, _t.published_us)
    .where(_t.published_us > 0)
    .order_by(_t.published_us.desc(), _t.kind, _t.version)
    .limit(VERSIONS_MAX)
)


class SwappingCustomer(msgspec.Struct, frozen=True):
    """A customer whose units were found to be others, over how many points, and what they cost."""

    customer_ref: str
    substituted: int
    points: int
    worth: Money


class BlockCount(msgspec.Struct, frozen=True):
    """Blocks that were imposed in a period, by their appeal and by why they are over."""

    appeal: str
    over: str
    count: int


class ReasonCount(msgspec.Struct, frozen=True):
    """Rejections for a reason, and what became of the disputes about them."""

    reason: str
    count: int
    open: int
    upheld: int
    refused: int


class Disposed(msgspec.Struct, frozen=True):
    """A destroyed unit and its certificate."""

    return_id: int
    number: str
    product: str
    route: str
    certificate: str
    at: datetime


class PublishedTerms(msgspec.Struct, frozen=True):
    """Who changed which terms, why, and from when they hold."""

    kind: str
    version: str
    valid_from: datetime
    published_by: str
    why: str
    published_at: datetime


def substituted(tx: Tx, since: datetime, until: datetime) -> tuple[int, Money]:
    """How many units of a period were substituted, and what they cost."""
    row = tx.one(SUBSTITUTED, from_us=to_us(since), until_us=to_us(until))
    return (0, Money(0)) if row is None else (int(row[0]), Money(int(row[1])))


def swapping_customers(tx: Tx, since: datetime, until: datetime) -> list[SwappingCustomer]:
    """The customers with most substituted units."""
    rows = tx.rows(CUSTOMERS, from_us=to_us(since), until_us=to_us(until))
    return [SwappingCustomer(ref, int(n), int(points), Money(int(minor))) for ref, n, points, minor in rows]


def blocks(tx: Tx, since: datetime, until: datetime) -> list[BlockCount]:
    """The blocks of a period."""
    rows = tx.rows(BLOCKS, from_us=to_us(since), until_us=to_us(until))
    return [BlockCount(appeal, over or "", int(count)) for appeal, over, count in rows]


def reasons(tx: Tx, since: datetime, until: datetime) -> list[ReasonCount]:
    """Why requests of a period were rejected, the most usual reason first."""
    found: dict[str, dict[str, int]] = {}
    for reason, dispute, count in tx.rows(REJECTED, from_us=to_us(since), until_us=to_us(until)):
        found.setdefault(reason, {})[dispute] = int(count)
    counts = [
        ReasonCount(reason, sum(by.values()), *(by.get(name, 0) for name in ("open", "upheld", "refused")))
        for reason, by in found.items()
    ]
    return sorted(counts, key=lambda one: (-one.count, one.reason))


def late_refunds(tx: Tx, before: datetime, policy: Policy, most: int = queries.PAGE_ROWS) -> tuple[list[Return], int]:
    """Refunds that are not sent and that the law allows until an instant at most, the shortest time first; and how many there are."""
    spans = timedelta(days=policy.refund_ceiling_days), timedelta(hours=policy.refund_after_acceptance_hours_max)
    after_request_us, after_acceptance_us = (span // timedelta(microseconds=1) for span in spans)
    rows = tx.rows(
        LATE_REFUNDS, states=[*map(str, UNSENT)], before_us=to_us(before), after_request_us=after_request_us,
        after_acceptance_us=after_acceptance_us, most=most,
    )  # fmt: skip
    return queries.in_order(tx, [row[0] for row in rows]), int(rows[0][1]) if rows else 0


def disposed(tx: Tx, before: Place = EVER, most: int = queries.PAGE_ROWS) -> tuple[list[Disposed], Place | None]:
    """What was destroyed, the latest first; and where more stands."""
    rows = tx.rows(DISPOSED, before_us=before.bound_us, before_id=before.id, most=most + 1)
    found = {it.id: it for it in queries.by_ids(tx, [row[1] for row in rows[:most]])}
    onward = Place(rows[most - 1][0], rows[most - 1][1]) if len(rows) > most else None
    return [
        Disposed(it.id, it.number, it.line.name, it.route.value if it.route else "", row[2], from_us(row[0]))
        for row in rows[:most]
        if (it := found.get(row[1])) is not None
    ], onward


def published(tx: Tx) -> list[PublishedTerms]:
    """The terms that were published last, of every kind."""
    return [
        PublishedTerms(row[0], row[1], from_us(row[2]), row[3], row[4], from_us(row[5])) for row in tx.rows(PUBLISHED)
    ]
