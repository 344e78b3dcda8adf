"""The figures of fraud analysts and of compliance as pages and API v1 show them ([docs/metrics.md])."""

from datetime import datetime, timedelta

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.money import Money
from backhaul.marketplace import oversight_queries, point_queries
from backhaul.marketplace.oversight_queries import PublishedTerms, SwappingCustomer
from backhaul.marketplace.rules import payments
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.staff_views import POINTS_SHOWN, Over, Share, share

# A refund is told of when so many days or less are left of those that the law allows.
NEAR_DAYS = 2
FALSE = ("appeal_upheld", "mark_revised")


class SwappingPoint(msgspec.Struct, frozen=True):
    """A point, and how many of the units that it took in were found to be others."""

    point_id: str
    substituted: Share


class AppealOutcomes(msgspec.Struct, frozen=True):
    """Blocks of the period and the appeals against them. `false`: lifted because of an appeal or a revised mark."""

    blocks: int
    open: int
    upheld: Share
    false: Share


class SubstitutionsView(msgspec.Struct, frozen=True):
    """Substitutions of the period by customer and by point, blocks and appeals. Points by the lower limit, the worst 100 of `points_count` first."""

    since: datetime
    until: datetime
    substituted: int
    worth: Money
    customers: tuple[SwappingCustomer, ...]
    points: tuple[SwappingPoint, ...]
    points_count: int
    appeals: AppealOutcomes


class LateRefund(msgspec.Struct, frozen=True):
    """A refund that is not sent, and until when the law allows it."""

    return_id: int
    number: str
    product: str
    refund: str
    amount: Money | None
    until: datetime


class RejectionReason(msgspec.Struct, frozen=True):
    """Rejections of requests of the period for a reason; of the decided disputes those for the customer."""

    reason: str
    rejected: int
    disputed: int
    overturned: Share


class ComplianceView(msgspec.Struct, frozen=True):
    """What must not be late and what must hold: refunds near their last day (the first 50 of `refunds_count`), rejections, blocks, terms."""

    since: datetime
    until: datetime
    refunds: tuple[LateRefund, ...]
    refunds_count: int
    rejections: tuple[RejectionReason, ...]
    appeals: AppealOutcomes
    published: tuple[PublishedTerms, ...]


def substitutions(tx: Tx, asked: Over) -> SubstitutionsView:
    """Who and where, and whether blocks held."""
    count, worth = oversight_queries.substituted(tx, asked.since, asked.until)
    found = point_queries.swapping(tx, asked.since, asked.until)
    points = [SwappingPoint(point_id, share(substituted, accepted)) for point_id, accepted, substituted in found]
    return SubstitutionsView(
        asked.since,
        asked.until,
        count,
        worth,
        tuple(oversight_queries.swapping_customers(tx, asked.since, asked.until)),
        tuple(sorted(points, key=lambda one: (-one.substituted.low_pct, one.point_id))[:POINTS_SHOWN]),
        len(points),
        appeals(tx, asked),
    )


def appeals(tx: Tx, asked: Over) -> AppealOutcomes:
    """The blocks of a period and what became of them."""
    found = oversight_queries.blocks(tx, asked.since, asked.until)
    by_appeal = {name: sum(one.count for one in found if one.appeal == name) for name in ("open", "upheld", "refused")}
    every = sum(one.count for one in found)
    return AppealOutcomes(
        every,
        by_appeal["open"],
        share(by_appeal["upheld"], by_appeal["upheld"] + by_appeal["refused"]),
        share(sum(one.count for one in found if one.over in FALSE or one.appeal == "upheld"), every),
    )


def compliance(tx: Tx, asked: Over, policy: Policy) -> ComplianceView:
    """What compliance looks at first."""
    refunds, count = oversight_queries.late_refunds(tx, asked.until + timedelta(days=NEAR_DAYS), policy)
    return ComplianceView(
        asked.since,
        asked.until,
        tuple(_late(it, policy) for it in refunds),
        count,
        tuple(
            RejectionReason(
                one.reason, one.count, one.open + one.upheld + one.refused, share(one.upheld, one.upheld + one.refused)
            )
            for one in oversight_queries.reasons(tx, asked.since, asked.until)
        ),
        appeals(tx, asked),
        tuple(oversight_queries.published(tx)),
    )


def _late(it: Return, policy: Policy) -> LateRefund:
    return LateRefund(it.id, it.number, it.line.name, it.refund.status, it.refund.amount, payments.ceiling(it, policy))
