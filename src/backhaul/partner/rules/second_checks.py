"""Blind second checks of an inspector's week: how many, of which units, what they say of the inspector (8.1, point 6).

A lot is an inspector's week. The second person does not see the first mark, and never overwrites it: a difference opens a
review by a supervisor, who may have it revised.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from backhaul.kit.days import MOSCOW, at_hour
from backhaul.kit.machine import Refused
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules import inspection
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.parcels import Inspection, Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import InspectionStatus, Mark, Role

WEEK = timedelta(days=7)


class SecondStatus(StrEnum):
    """The life of a second check."""

    ORDERED = "ordered"
    AGREED = "agreed"
    DIFFERS = "differs"
    FIRST_STANDS = "first_stands"
    REVISED = "revised"
    GONE = "gone"


class Verdict(StrEnum):
    """What a supervisor says of a difference."""

    FIRST_STANDS = "first_stands"
    REVISED = "revised"


class SecondCheck(msgspec.Struct, frozen=True):
    """One unit of a sample. `first` is the mark that the second finding was held against."""

    parcel_id: int
    inspector: str
    week: datetime
    status: SecondStatus = SecondStatus.ORDERED
    second: str = ""
    first: Mark | None = None
    found: do.Mark | None = None
    checked_at: datetime | None = None
    reviewed_by: str = ""
    comment: str = ""
    reviewed_at: datetime | None = None


class Week(msgspec.Struct, frozen=True):
    """An inspector's week: marks, the sample, how many differences are accepted, what came out so far; `gone` left unchecked."""

    inspector: str
    week: datetime
    marks: int
    sample: int
    accepted: int
    tightened: bool
    checked: int = 0
    differing: int = 0
    gone: int = 0

    @property
    def complete(self) -> bool:
        """Nothing of the sample waits any more: it was checked, or left the house before."""
        return self.checked + self.gone >= self.sample

    @property
    def failed(self) -> bool:
        """More differences than accepted; one that a supervisor decided for the first inspector is none."""
        return self.differing > self.accepted

    @property
    def agreement_pct(self) -> int | None:
        """The share of checks that agreed, rounded down; None before the first."""
        return 100 * (self.checked - self.differing) // self.checked if self.checked else None


def week_of(at: datetime) -> datetime:
    """When the week of an instant began: Monday in Moscow."""
    return at_hour(at, -at.astimezone(MOSCOW).weekday(), 0)


def plan(marks: int, policy: Policy, *, tightened: bool) -> tuple[int, int]:
    """(sample, differences accepted) for a lot; beyond the table the last line holds, and a small lot is checked whole."""
    table = policy.second_check_plan_tightened if tightened else policy.second_check_plan
    sample, accepted = next(((n, c) for most, n, c in table if marks <= most), table[-1][1:])
    return min(sample, marks), accepted


def is_tightened(weeks: Iterable[Week], policy: Policy) -> bool:
    """Two failed weeks of the last five; `weeks` are the newest first."""
    newest = list(weeks)[: policy.second_check_weeks]
    return sum(week.failed for week in newest) >= policy.second_check_failed_weeks


def pick(numbers: dict[int, str], count: int, key: str) -> list[int]:
    """The parcels (id -> return number) that are checked again. Without the key nobody knows which."""

    def place(parcel_id: int) -> str:
        return hmac.new(key.encode(), numbers[parcel_id].encode(), hashlib.sha256).hexdigest()

    return sorted(sorted(numbers, key=place)[:count])


def is_blind(it: Parcel, by: By, around: Around) -> bool:
    """Whether this person must not see the mark: another inspector, while the second check is open."""
    return around.second_open and by.role is Role.INSPECTOR and by.id not in it.inspection.by


def blinded(it: Parcel, by: By, around: Around) -> Parcel:
    """The parcel as this person may see it."""
    if not is_blind(it, by, around):
        return it
    kept = Inspection(status=InspectionStatus.DONE, reasons=it.inspection.reasons, due=it.inspection.due)
    return replace(it, inspection=kept)


def check(second: SecondCheck, it: Parcel, found: do.Mark, by: By, at: datetime, policy: Policy) -> SecondCheck:
    """What a second person found, held against the mark in force."""
    if by.role is not Role.INSPECTOR:
        raise Refused("not_your_role", "forbidden", role=by.role)
    if by.id == second.inspector or by.id in it.inspection.by:
        raise Refused("second_person_needed", "forbidden")
    if second.status is SecondStatus.GONE:
        raise Refused("second_check_gone")
    if second.status is not SecondStatus.ORDERED or it.inspection.mark is None:
        raise Refused("second_check_done")
    inspection.check_evidence(found, policy)
    status = SecondStatus.AGREED if found.mark is it.inspection.mark else SecondStatus.DIFFERS
    return replace(second, status=status, second=by.id, first=it.inspection.mark, found=found, checked_at=at)


def happened(found: do.Mark, by: By, at: datetime) -> e.SecondChecked:
    """The finding as the parcel's own chain keeps it."""
    code = found.photo_code.strip().upper()
    return e.SecondChecked(
        found.mark, found.defect, found.note, found.photos, found.comparison, by.id, at, photo_code=code
    )


def leave(second: SecondCheck) -> SecondCheck:
    """The unit has left: what nobody has checked again yet nobody will."""
    return replace(second, status=SecondStatus.GONE) if second.status is SecondStatus.ORDERED else second


def review(second: SecondCheck, verdict: Verdict, comment: str, by: By, at: datetime, policy: Policy) -> SecondCheck:
    """A supervisor decides about a difference, with a reason."""
    if by.role is not Role.SUPERVISOR:
        raise Refused("not_your_role", "forbidden", role=by.role)
    if second.status is not SecondStatus.DIFFERS:
        raise Refused("nothing_to_review")
    if len(comment.strip()) < policy.reopen_reason_min_characters:
        raise Refused("explanation_required", "invalid", "comment", characters_min=policy.reopen_reason_min_characters)
    status = SecondStatus(verdict)
    return replace(second, status=status, reviewed_by=by.id, comment=comment.strip(), reviewed_at=at)
