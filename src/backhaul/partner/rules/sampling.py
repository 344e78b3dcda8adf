"""Who is checked among the units that no rule picks: continuous sampling with a draw that anybody can compute again (8.1).

CSP-1 of Dodge: everything is checked until `draw_clean_units` in a row were as reason and pick-up check predict, then a
share; a finding leads back to everything. The draw is HMAC-SHA256(key of the epoch, return number), read as a fraction.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

import msgspec

from backhaul.kit.days import end_of_day
from backhaul.partner.rules import events as e
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import Mark

DIGEST_BITS = 256
ALL_PCT = 100
EVERYTHING = "all"
SHOWN_DIGITS = 6


class Stratum(msgspec.Struct, frozen=True):
    """What is known of some of the units: how many the draw had to do with, and how many checks in a row were clean."""

    name: str
    units: int = 0
    clean_run: int = 0


class Ticket(msgspec.Struct, frozen=True):
    """What a unit draws in an epoch, in which it may or may not arrive."""

    epoch: int
    begins: datetime
    ends: datetime
    digest: str


class Drawing(msgspec.Struct, frozen=True):
    """What the draw of a unit depends on. `strata`: its own, its seller's, the whole house's. `queue_due`: see `is_overloaded`."""

    tickets: tuple[Ticket, ...]
    strata: tuple[Stratum, Stratum, Stratum]
    seller_arrived: int = 0
    sku_arrived: int = 0
    queue_due: datetime | None = None


def digest(key: bytes, return_number: str) -> str:
    """The number of a unit in an epoch, in hexadecimal digits: as a fraction of 2**256 it is at least 0 and below 1."""
    return hmac.new(key, return_number.encode(), hashlib.sha256).hexdigest()


def is_below(number: str, share_pct: int) -> bool:
    """Whether a number, read as a fraction, is below a share: drawn. Exact: whole numbers only."""
    return int(number, 16) * ALL_PCT < share_pct << DIGEST_BITS


def decimal(number: str, digits: int = SHOWN_DIGITS) -> str:
    """The fraction as people read it, cut off and not rounded, so that it never seems to reach the share."""
    return f"0.{(int(number, 16) * 10**digits) >> DIGEST_BITS:0{digits}d}"


def scopes(unit: e.Unit) -> tuple[str, str, str]:
    """The names of a unit's strata: seller x pick-up point x category, then the parents that a thin one shares."""
    seller = f"seller:{unit.seller_id}"
    return f"{seller}/point:{unit.point_id or '-'}/{unit.category or '-'}", seller, EVERYTHING


def sku_scope(unit: e.Unit) -> str:
    """Where the units of one product are counted."""
    return f"sku:{unit.seller_id}/{unit.sku}"


def governing(strata: tuple[Stratum, ...], policy: Policy) -> Stratum:
    """The narrowest stratum that has units enough to speak for itself; the last one always does."""
    return next((one for one in strata if one.units >= policy.draw_stratum_units_min), strata[-1])


def share_pct(stratum: Stratum, policy: Policy, *, overloaded: bool) -> int:
    """The share that is drawn now. Under overload the draw falls to the floor; below the floor it never falls."""
    share = ALL_PCT if stratum.clean_run < policy.draw_clean_units else policy.draw_share_pct
    return max(policy.draw_floor_pct, 0 if overloaded else share)


def is_overloaded(drawing: Drawing, at: datetime) -> bool:
    """Whether the queue is beyond its target: as many units as the policy names should have been checked before `at`."""
    return drawing.queue_due is not None and drawing.queue_due <= at


def draw(unit: e.Unit, rules: tuple[str, ...], at: datetime, terms: tuple[str, Policy], drawing: Drawing | None) -> e.Draw | None:  # fmt: skip
    """The draw of a unit that arrives at `at`, under (version, policy). None while no published epoch runs."""
    version, policy = terms
    ticket = next((one for one in drawing.tickets if one.begins <= at < one.ends), None) if drawing else None
    if drawing is None or ticket is None:
        return None
    basis = governing(drawing.strata, policy)
    share = share_pct(basis, policy, overloaded=is_overloaded(drawing, at))
    return e.Draw(
        ticket.epoch, ticket.digest, share, is_below(ticket.digest, share), scopes(unit)[0], basis.name, version, rules
    )


def first_units(drawing: Drawing | None, policy: Policy) -> dict[str, bool]:
    """A seller or a product that is new here is looked at whatever the draw says."""
    if drawing is None:
        return {}
    return {
        "seller_new": drawing.seller_arrived < policy.inspect_first_of_seller,
        "sku_new": drawing.sku_arrived < policy.inspect_first_of_sku,
    }


def predicted(unit: e.Unit) -> frozenset[Mark]:
    """The marks that reason and pick-up check lead one to expect; a substitution never is one of them."""
    if unit.reason_group in ("defect", "damage_on_delivery"):
        return frozenset((Mark.PARTIALLY_DAMAGED, Mark.COMPLETELY_DAMAGED))
    doubtful = unit.used or not unit.complete or not unit.packaging_intact
    return frozenset((Mark.SERVICEABLE, Mark.PARTIALLY_DAMAGED)) if doubtful else frozenset((Mark.SERVICEABLE,))


def is_finding(unit: e.Unit, mark: Mark) -> bool:
    """Whether a mark says what nobody expected."""
    return mark not in predicted(unit)


def next_epoch(last_ends: datetime | None, at: datetime, policy: Policy) -> tuple[datetime, datetime]:
    """When the epoch after the last published one runs. Its key's hash is public before: it begins tomorrow at the earliest."""
    begins = max(end_of_day(at, 0), last_ends or at)
    return begins, begins + timedelta(days=policy.draw_epoch_days)
