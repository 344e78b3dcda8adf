"""The law of a customer's block: a substituted product ends the self-service for a while, never the customer's right (R74, P29, D7).

A block concerns a customer, not a return. Level 1 comes with the mark of two people; level 2 only by review. One appeal.
"""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from backhaul.kit.days import at_hour, end_of_day
from backhaul.kit.machine import Lifecycle, Refused, Row, Storable
from backhaul.marketplace.rules.commands import Comment, Photos, Videos
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Role

SUBSTITUTED_PRODUCT = "substituted_product"


class BlockStatus(StrEnum):
    """LEVEL_1: no new returns. LEVEL_2: no disputes either. The others are over."""

    LEVEL_1 = "level_1"
    LEVEL_2 = "level_2"
    LIFTED = "lifted"
    EXPIRED = "expired"


class AppealStatus(StrEnum):
    """The customer's objection; SETTLED when the partner revised its marks before anybody had to decide."""

    NONE = "none"
    OPEN = "open"
    UPHELD = "upheld"
    REFUSED = "refused"
    SETTLED = "settled"


STANDING = (BlockStatus.LEVEL_1, BlockStatus.LEVEL_2)


# -- Commands ---------------------------------------------------------------------------------------------------------


class Act(Storable, frozen=True, forbid_unknown_fields=True):
    """A request to change one block."""


class AddCase(Act, frozen=True):
    """Another product of this customer was marked as substituted."""

    return_id: int
    return_number: str


class WithdrawCase(Act, frozen=True):
    """The partner revised its mark: this product was not substituted."""

    return_id: int


class Appeal(Act, frozen=True):
    """The customer objects: to the block, and to the finding that it came from (P26)."""

    comment: Comment
    photos: Photos = ()
    videos: Videos = ()


class DecideAppeal(Act, frozen=True):
    """A moderator answers the appeal; customer and seller read the reasons."""

    upheld: bool
    comment: Comment


class RaiseLevel(Act, frozen=True):
    """After a review of at least two confirmed cases: no disputes either."""

    comment: Comment


class Lift(Act, frozen=True):
    """End the block before its time."""

    comment: Comment


class Expire(Act, frozen=True):
    """The longest time of a block is over."""


Command = AddCase | WithdrawCase | Appeal | DecideAppeal | RaiseLevel | Lift | Expire


# -- Events -----------------------------------------------------------------------------------------------------------


class Event(msgspec.Struct, frozen=True, tag=True):
    """Something that happened to one block."""


class Imposed(Event, frozen=True):
    """A confirmed substitution began a block."""

    customer_ref: str
    return_id: int
    return_number: str
    reason: str
    at: datetime
    until: datetime
    appeal_by: datetime


class CaseAdded(Event, frozen=True):
    """One more confirmed case. The end stays; whoever has not appealed yet may do so for `appeal_by`."""

    return_id: int
    return_number: str
    at: datetime
    appeal_by: datetime


class CaseWithdrawn(Event, frozen=True):
    """A case was none: the mark was revised."""

    return_id: int


class LevelRaised(Event, frozen=True):
    """Somebody reviewed the cases and raised the block to level 2."""

    comment: str
    cases: int


class LevelLowered(Event, frozen=True):
    """Too few confirmed cases are left for level 2."""

    cases: int


class Appealed(Event, frozen=True):
    """The customer objected."""

    comment: str
    photos: tuple[str, ...]
    at: datetime
    decide_by: datetime
    videos: tuple[str, ...] = ()


class AppealDecided(Event, frozen=True):
    """The moderator's answer, with the reasons."""

    upheld: bool
    comment: str
    at: datetime


class AppealSettled(Event, frozen=True):
    """Nothing is left to decide: every mark was revised."""


class Lifted(Event, frozen=True):
    """The block is over. `why`: appeal_upheld, mark_revised or by_support."""

    why: str
    at: datetime
    comment: str = ""


class Expired(Event, frozen=True):
    """The block is over because its time is."""

    at: datetime


Any = (
    Imposed | CaseAdded | CaseWithdrawn | LevelRaised | LevelLowered | Appealed | AppealDecided | AppealSettled | Lifted
    | Expired
)  # fmt: skip


# -- The block --------------------------------------------------------------------------------------------------------


class Case(msgspec.Struct, frozen=True):
    """A return whose product was found to be another one."""

    return_id: int
    return_number: str
    at: datetime


class Objection(msgspec.Struct, frozen=True):
    """The appeal against a block: what the customer said, what was answered."""

    status: AppealStatus = AppealStatus.NONE
    comment: str = ""
    photos: tuple[str, ...] = ()
    at: datetime | None = None
    decide_by: datetime | None = None
    answer: str = ""
    answered_at: datetime | None = None
    videos: tuple[str, ...] = ()


class Block(msgspec.Struct, frozen=True):
    """One block of one customer. `version` is the number of its events."""

    id: int
    version: int
    customer_ref: str
    status: BlockStatus
    reason: str
    cases: tuple[Case, ...]
    imposed_at: datetime
    until: datetime
    appeal_by: datetime
    withdrawn: tuple[Case, ...] = ()
    appeal: Objection = Objection()
    level_comment: str = ""
    over_because: str = ""
    over_comment: str = ""
    over_at: datetime | None = None

    @property
    def names(self) -> str:
        """The returns that it came from, as people write them."""
        return ", ".join(case.return_number for case in self.cases)


_CUSTOMER, _MODERATOR, _SUPPORT, _PARTNER = (Role.CUSTOMER,), (Role.MODERATOR,), (Role.SUPPORT,), (Role.PARTNER,)
_CALENDAR = (Role.CALENDAR,)
_B, _A = BlockStatus, AppealStatus

# A lifted or expired block may still be objected to: the finding decides about money as well.
BLOCK = Lifecycle(
    "block",
    _B.LEVEL_1,
    [
        Row(_B.LEVEL_1, AddCase, _PARTNER, (_B.LEVEL_1,)),
        Row(_B.LEVEL_1, WithdrawCase, _PARTNER, (_B.LEVEL_1, _B.LIFTED)),
        Row(_B.LEVEL_1, Appeal, _CUSTOMER, (_B.LEVEL_1,)),
        Row(_B.LEVEL_1, DecideAppeal, _MODERATOR, (_B.LEVEL_1, _B.LIFTED)),
        Row(_B.LEVEL_1, RaiseLevel, _MODERATOR + _SUPPORT, (_B.LEVEL_2,)),
        Row(_B.LEVEL_1, Lift, _SUPPORT, (_B.LIFTED,)),
        Row(_B.LEVEL_1, Expire, _CALENDAR, (_B.EXPIRED,)),
        Row(_B.LEVEL_2, AddCase, _PARTNER, (_B.LEVEL_2,)),
        Row(_B.LEVEL_2, WithdrawCase, _PARTNER, (_B.LEVEL_2, _B.LEVEL_1, _B.LIFTED)),
        Row(_B.LEVEL_2, Appeal, _CUSTOMER, (_B.LEVEL_2,)),
        Row(_B.LEVEL_2, DecideAppeal, _MODERATOR, (_B.LEVEL_2, _B.LIFTED)),
        Row(_B.LEVEL_2, Lift, _SUPPORT, (_B.LIFTED,)),
        Row(_B.LEVEL_2, Expire, _CALENDAR, (_B.EXPIRED,)),
        Row(_B.LIFTED, WithdrawCase, _PARTNER, (_B.LIFTED,)),
        Row(_B.LIFTED, Appeal, _CUSTOMER, (_B.LIFTED,)),
        Row(_B.LIFTED, DecideAppeal, _MODERATOR, (_B.LIFTED,)),
        Row(_B.EXPIRED, WithdrawCase, _PARTNER, (_B.EXPIRED,)),
        Row(_B.EXPIRED, Appeal, _CUSTOMER, (_B.EXPIRED,)),
        Row(_B.EXPIRED, DecideAppeal, _MODERATOR, (_B.EXPIRED,)),
    ],
)
APPEAL = Lifecycle(
    "appeal",
    _A.NONE,
    [
        Row(_A.NONE, Appeal, _CUSTOMER, (_A.OPEN,)),
        Row(_A.OPEN, DecideAppeal, _MODERATOR, (_A.UPHELD, _A.REFUSED)),
        Row(_A.OPEN, WithdrawCase, _PARTNER, (_A.OPEN, _A.SETTLED)),
    ],
)


# -- Decide -----------------------------------------------------------------------------------------------------------


def stands(it: Block | None, at: datetime) -> bool:
    """Whether it keeps the customer from anything; at its end it does not, even before the calendar has said so."""
    return it is not None and it.status in STANDING and at < it.until


def holds_media(it: Block, return_id: int, at: datetime) -> bool:
    """Whether what was sent about this return is evidence still: its block stands, or an appeal waits for its answer."""
    names = return_id in {case.return_id for case in (*it.cases, *it.withdrawn)}
    return names and (stands(it, at) or it.appeal.status is AppealStatus.OPEN)


def refusal(it: Block) -> Refused:
    """What a blocked customer is told: until when, why, and where the appeal is made."""
    return Refused(
        "customer_blocked",
        "forbidden",
        until=it.until,
        reason=it.reason,
        returns=it.names,
        level=it.status,
        appeal_by=it.appeal_by,
        appeal="/my-block",
    )


def bars_new_returns(it: Block | None, at: datetime) -> bool:
    """Both levels end the self-service of new returns (P29)."""
    return stands(it, at)


def bars_disputes(it: Block | None, at: datetime) -> bool:
    """Only level 2 does (D7)."""
    return it is not None and it.status is BlockStatus.LEVEL_2 and stands(it, at)


def impose(customer_ref: str, case: AddCase, at: datetime, policy: Policy) -> Imposed:
    """The block that a confirmed substitution begins: it ends as day `block_days` begins in Moscow, so never later than that."""
    return Imposed(
        customer_ref,
        case.return_id,
        case.return_number,
        SUBSTITUTED_PRODUCT,
        at,
        at_hour(at, policy.block_days, 0),
        end_of_day(at, policy.block_appeal_days),
    )


def open_acts(it: Block, role: Role, at: datetime, policy: Policy, confirmed: int) -> list[type]:
    """What this role may do with a block now; `confirmed` as in `decide`."""
    acts = [act for act in dict.fromkeys((*BLOCK.commands, *APPEAL.commands)) if _allowed(it, act, role)]
    return [act for act in acts if _stands_in_the_way(it, act, at, policy, confirmed) is None]


def decide(it: Block, command: Command, role: Role, at: datetime, policy: Policy, confirmed: int) -> list[Any]:
    """The events that follow, or `Refused`. `confirmed`: how many cases of this customer stand confirmed, in all blocks."""
    act = type(command)
    if not _allowed(it, act, role):
        if not any(act is row.command and role in row.by for row in BLOCK.rows):
            raise Refused("not_your_role", "forbidden", act=act.__name__, role=role)
        if act is Appeal:
            raise Refused("appealed_already")
        raise Refused("not_in_this_state", state=it.status, allowed=_names(open_acts(it, role, at, policy, confirmed)))
    obstacle = _stands_in_the_way(it, act, at, policy, confirmed)
    if obstacle is not None:
        raise obstacle
    return _decide(it, command, at, policy, confirmed)


def _allowed(it: Block, act: type, role: Role) -> bool:
    """Every table that knows the act for this role must have it now; an appeal is only asked about one that is open."""
    if BLOCK.row(it.status, act, role) is None:
        return False
    return act not in (Appeal, DecideAppeal) or APPEAL.row(it.appeal.status, act, role) is not None


def _names(acts: list[type]) -> list[str]:
    return [act.__name__ for act in acts]


def _stands_in_the_way(it: Block, act: type, at: datetime, policy: Policy, confirmed: int) -> Refused | None:
    if act is Appeal and not it.cases:
        return Refused("nothing_to_appeal")
    if act is Appeal and at >= it.appeal_by:
        return Refused("too_late", act_by=it.appeal_by)
    if act in (RaiseLevel, Lift) and at >= it.until:
        return Refused("too_late", act_by=it.until)
    if act is RaiseLevel and confirmed < policy.block_level_2_cases_min:
        return Refused("not_enough_cases", cases=confirmed, cases_min=policy.block_level_2_cases_min)
    if act is Expire and at < it.until:
        return Refused("too_early", until=it.until)
    return None


def _decide(it: Block, command: Command, at: datetime, policy: Policy, confirmed: int) -> list[Any]:
    match command:
        case AddCase(return_id, return_number):
            if any(case.return_id == return_id for case in it.cases):
                return []
            appeal_by = end_of_day(at, policy.block_appeal_days)
            return [CaseAdded(return_id, return_number, at, appeal_by)]
        case WithdrawCase(return_id):
            return _withdraw(it, return_id, at, policy, confirmed)
        case Appeal(comment, photos, videos):
            _explained(comment, policy)
            if len(photos) > policy.photos_max:
                raise Refused("too_many_photos", "invalid", "photos", photos_max=policy.photos_max)
            if len(videos) > policy.videos_max:
                raise Refused("too_many_videos", "invalid", "videos", videos_max=policy.videos_max)
            return [Appealed(comment, photos, at, end_of_day(at, policy.block_appeal_decide_days), videos)]
        case DecideAppeal(upheld, comment):
            _explained(comment, policy)
            decided: list[Any] = [AppealDecided(upheld, comment, at)]
            return [*decided, Lifted("appeal_upheld", at)] if upheld and it.status in STANDING else decided
        case RaiseLevel(comment):
            _explained(comment, policy)
            return [LevelRaised(comment, confirmed)]
        case Lift(comment):
            _explained(comment, policy)
            return [Lifted("by_support", at, comment)]
        case Expire():
            return [Expired(it.until)]


def _withdraw(it: Block, return_id: int, at: datetime, policy: Policy, confirmed: int) -> list[Any]:
    """Without a case there is no block, and nothing to decide about an appeal."""
    if not any(case.return_id == return_id for case in it.cases):
        return []
    happened: list[Any] = [CaseWithdrawn(return_id)]
    if len(it.cases) == 1:
        if it.appeal.status is AppealStatus.OPEN:
            happened.append(AppealSettled())
        return [*happened, Lifted("mark_revised", at)] if it.status in STANDING else happened
    if it.status is BlockStatus.LEVEL_2 and confirmed - 1 < policy.block_level_2_cases_min:
        happened.append(LevelLowered(confirmed - 1))
    return happened


def _explained(comment: str, policy: Policy) -> None:
    if len(comment.strip()) < policy.block_comment_min_characters:
        characters_min = policy.block_comment_min_characters
        raise Refused("explanation_required", "invalid", "comment", characters_min=characters_min)


def confirmed_cases(blocks: list[Block]) -> int:
    """How many returns of a customer count as substituted: not those of an upheld appeal, nor of a block that support lifted."""
    return len({
        case.return_id for it in blocks for case in it.cases
        if it.appeal.status is not AppealStatus.UPHELD and it.over_because != "by_support"
    })  # fmt: skip


def cleared(blocks: list[Block], return_id: int) -> bool:
    """Whether a moderator has found for the customer about this return: a repeated mark of it blocks nobody again."""
    return any(
        it.appeal.status is AppealStatus.UPHELD
        and any(case.return_id == return_id for case in (*it.cases, *it.withdrawn))
        for it in blocks
    )


# -- Evolve -----------------------------------------------------------------------------------------------------------


def born(block_id: int, event: Imposed) -> Block:
    """The block that `Imposed` begins."""
    return Block(
        id=block_id,
        version=1,
        customer_ref=event.customer_ref,
        status=BlockStatus.LEVEL_1,
        reason=event.reason,
        cases=(Case(event.return_id, event.return_number, event.at),),
        imposed_at=event.at,
        until=event.until,
        appeal_by=event.appeal_by,
    )


def evolve(it: Block, event: Any) -> Block:
    """The block after one more event. Total: what has happened is never refused."""
    return replace(_evolve(it, event), version=it.version + 1)


def _evolve(it: Block, event: Any) -> Block:
    match event:
        case Imposed():
            return it
        case CaseAdded(return_id, return_number, at, appeal_by):
            return replace(it, cases=(*it.cases, Case(return_id, return_number, at)), appeal_by=appeal_by)
        case CaseWithdrawn(return_id):
            kept = tuple(case for case in it.cases if case.return_id != return_id)
            gone = tuple(case for case in it.cases if case.return_id == return_id)
            return replace(it, cases=kept, withdrawn=it.withdrawn + gone)
        case LevelRaised(comment):
            return replace(it, status=BlockStatus.LEVEL_2, level_comment=comment)
        case LevelLowered():
            return replace(it, status=BlockStatus.LEVEL_1, level_comment="")
        case Appealed(comment, photos, at, decide_by, videos):
            return replace(it, appeal=Objection(AppealStatus.OPEN, comment, photos, at, decide_by, videos=videos))
        case AppealDecided(upheld, comment, at):
            status = AppealStatus.UPHELD if upheld else AppealStatus.REFUSED
            return replace(it, appeal=replace(it.appeal, status=status, answer=comment, answered_at=at))
        case AppealSettled():
            return replace(it, appeal=replace(it.appeal, status=AppealStatus.SETTLED))
        case Lifted(why, at, comment):
            return replace(it, status=BlockStatus.LIFTED, over_because=why, over_at=at, over_comment=comment)
        case Expired(at):
            return replace(it, status=BlockStatus.EXPIRED, over_because="expired", over_at=at)
