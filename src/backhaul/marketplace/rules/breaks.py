"""The life of a break: found by the comparison, explained, claimed or closed by a person, closed by itself when it is gone. Pure.

A person's word stands: what somebody closed stays closed while it is found again. What closed itself opens again when it
comes back.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec.structs import replace

from backhaul.kit.machine import Lifecycle, Refused, Row, Storable
from backhaul.marketplace.rules.findings import Finding, Source
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Role

Words = Annotated[str, msgspec.Meta(max_length=2000)]


class BreakStatus(StrEnum):
    """Where a break stands."""

    OPEN = "open"
    EXPLAINED = "explained"
    CLAIMED = "claimed"
    CLOSED = "closed"


# Commands


class Command(Storable, frozen=True, forbid_unknown_fields=True):
    """What is done about a break."""


class Explain(Command, frozen=True):
    """It is right as it is, or will be: why."""

    comment: Words


class Close(Command, frozen=True):
    """Nothing more will be done about it: why."""

    comment: Words


class Claim(Command, frozen=True):
    """File the claim of the return that it is about."""


class Dispute(Command, frozen=True):
    """The partner is told that a line of its invoice is wrong; in these words."""

    comment: Words


class Find(Command, frozen=True):
    """The comparison found it."""

    finding: Finding


class Miss(Command, frozen=True):
    """The comparison does not find it any more."""


Act = Explain | Close | Claim | Dispute
AnyCommand = Act | Find | Miss

# Events


class Event(msgspec.Struct, frozen=True, tag=True):
    """Something that happened to one break."""


class BreakFound(Event, frozen=True):
    """The comparison found it for the first time."""

    finding: Finding


class BreakChanged(Event, frozen=True):
    """It is found with other amounts, or for another reason."""

    finding: Finding


class BreakCameBack(Event, frozen=True):
    """It had closed itself and is found again."""

    finding: Finding


class BreakExplained(Event, frozen=True):
    """A person has explained it."""

    comment: str


class BreakClosed(Event, frozen=True):
    """A person has closed it."""

    comment: str


class BreakClaimed(Event, frozen=True):
    """A claim was filed because of it."""


class BreakDisputed(Event, frozen=True):
    """The partner was told, in these words."""

    comment: str


class BreakGone(Event, frozen=True):
    """It closed itself: books, papers and facts agree now."""


Any = (
    BreakFound | BreakChanged | BreakCameBack | BreakExplained | BreakClosed | BreakClaimed | BreakDisputed | BreakGone
)  # fmt: skip

S, PEOPLE, CALENDAR = BreakStatus, (Role.SELLER, Role.SUPPORT), (Role.CALENDAR,)
BREAK: Lifecycle[BreakStatus, Role] = Lifecycle(
    "break",
    S.OPEN,
    [
        *(Row(status, Claim, (Role.SELLER,), (S.CLAIMED,)) for status in (S.OPEN, S.EXPLAINED)),
        *(Row(status, Dispute, (Role.SELLER,), (S.CLAIMED,)) for status in (S.OPEN, S.EXPLAINED)),
        Row(S.OPEN, Explain, PEOPLE, (S.EXPLAINED,)),
        *(Row(status, Close, PEOPLE, (S.CLOSED,)) for status in (S.OPEN, S.EXPLAINED, S.CLAIMED)),
        *(Row(status, Find, CALENDAR, (status,)) for status in (S.OPEN, S.EXPLAINED, S.CLAIMED)),
        Row(S.CLOSED, Find, CALENDAR, (S.CLOSED, S.OPEN)),
        *(Row(status, Miss, CALENDAR, (S.CLOSED,)) for status in (S.OPEN, S.EXPLAINED, S.CLAIMED)),
    ],
)


class Break(msgspec.Struct, frozen=True):
    """A break as it stands; folded from its events. `comment` is the last word of a person, `by` theirs."""

    id: int
    version: int
    finding: Finding
    status: BreakStatus
    found_at: datetime
    changed_at: datetime
    comment: str = ""
    gone: bool = False


def born(break_id: int, finding: Finding, at: datetime) -> Break:
    """The break that a finding starts."""
    return Break(break_id, 1, finding, BreakStatus.OPEN, at, at)


def open_acts(it: Break, role: Role, *, claim_is_open: bool) -> list[type]:
    """What this role may do now. `claim_is_open`: whether the law lets the return's claim be filed."""
    return [
        act
        for act in BREAK.open_to(it.status, role)
        if _stands_in_the_way(it, act, claim_is_open=claim_is_open) is None
    ]


def decide(it: Break, command: AnyCommand, role: Role, policy: Policy, *, claim_is_open: bool = False) -> list[Any]:
    """The events that follow from a command, or `Refused`. None: it is found as before."""
    act = type(command)
    if BREAK.row(it.status, act, role) is None:
        if not any(act is row.command and role in row.by for row in BREAK.rows):
            raise Refused("not_your_role", "forbidden", act=act.__name__, role=role)
        raise Refused("break_moved_on", state=it.status)
    obstacle = _stands_in_the_way(it, act, claim_is_open=claim_is_open)
    if obstacle is not None:
        raise obstacle
    match command:
        case Explain(comment):
            return [BreakExplained(_explained(comment, policy))]
        case Close(comment):
            return [BreakClosed(_explained(comment, policy))]
        case Claim():
            return [BreakClaimed()]
        case Dispute(comment):
            return [BreakDisputed(_explained(comment, policy))]
        case Find(finding):
            return _found(it, finding)
        case Miss():
            return [BreakGone()]


def evolve(it: Break, event: Any, at: datetime) -> Break:
    """The break after one more event."""
    after = replace(it, version=it.version + 1, changed_at=at)
    match event:
        case BreakFound():
            return it
        case BreakChanged(finding):
            return replace(after, finding=finding)
        case BreakCameBack(finding):
            return replace(after, finding=finding, status=BreakStatus.OPEN, gone=False)
        case BreakExplained(comment):
            return replace(after, status=BreakStatus.EXPLAINED, comment=comment)
        case BreakClosed(comment):
            return replace(after, status=BreakStatus.CLOSED, comment=comment)
        case BreakClaimed():
            return replace(after, status=BreakStatus.CLAIMED)
        case BreakDisputed(comment):
            return replace(after, status=BreakStatus.CLAIMED, comment=comment)
        case BreakGone():
            return replace(after, status=BreakStatus.CLOSED, gone=True)


def _found(it: Break, finding: Finding) -> list[Any]:
    """Since when it is so is told once: the comparison of each night knows only that it still is."""
    found = replace(finding, since=it.finding.since)
    if it.status is BreakStatus.CLOSED:
        return [BreakCameBack(found)] if it.gone else []
    return [BreakChanged(found)] if found != it.finding else []


def _stands_in_the_way(it: Break, act: type, *, claim_is_open: bool) -> Refused | None:
    if act is Claim and not claim_is_open:
        return Refused("no_claim_to_file")
    if act is Dispute and it.finding.source is not Source.INVOICE:
        return Refused("no_line_to_dispute")
    return None


def _explained(comment: str, policy: Policy) -> str:
    characters_min = policy.break_comment_min_characters
    if len(comment.strip()) < characters_min:
        raise Refused("explanation_required", "invalid", "comment", characters_min=characters_min)
    return comment.strip()
