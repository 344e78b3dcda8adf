"""The orphan bay: a parcel that carries no known code. It is accepted like any other, matched by a person, or closed.

A case of its own with a history of its own. Once matched it is the arrival of an expected unit and lies nowhere else.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from backhaul.kit.machine import Lifecycle, Refused, Row, Storable
from backhaul.partner.rules import codes
from backhaul.partner.rules.commands import Comment, Grams, Photos
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.receiving import LABEL_FORMS, shelf_of
from backhaul.partner.rules.words import Role

PHOTOS_MIN = 1
NOTE_CHARACTERS_MIN = 10
CODES_MAX = 20


class OrphanStatus(StrEnum):
    """Where an orphan stands."""

    OPEN = "open"
    MATCHED = "matched"
    RETURNED_TO_CARRIER = "returned_to_carrier"
    HANDED_TO_MARKETPLACE = "handed_to_marketplace"
    DISPOSED = "disposed"


# Commands


class Register(Storable, frozen=True, forbid_unknown_fields=True):
    """A parcel without a known code came in: what it looks like, what it weighs, what stands on it, where it lies."""

    warehouse: Annotated[str, Meta(min_length=1, max_length=80)]
    weight_gram: Grams
    codes: Comment = ""
    carrier: Annotated[str, Meta(max_length=80)] = ""
    note: Comment = ""
    hazard: bool = False
    shelf: Annotated[str, Meta(max_length=40)] = ""
    photos: Photos = ()


class Move(Storable, frozen=True, forbid_unknown_fields=True):
    """Put it on another shelf."""

    shelf: Annotated[str, Meta(min_length=1, max_length=40)]


class PrintOrphanLabel(Storable, frozen=True, forbid_unknown_fields=True):
    """Print its label, again too: every print is written down."""

    form: Annotated[str, Meta(max_length=10)] = "pdf"


class Match(Storable, frozen=True, forbid_unknown_fields=True):
    """It is this expected unit: from now on it has arrived."""

    parcel_id: int


class ReturnToCarrier(Storable, frozen=True, forbid_unknown_fields=True):
    """The carrier takes it back. Say who took it."""

    note: Comment


class HandToMarketplace(Storable, frozen=True, forbid_unknown_fields=True):
    """The marketplace takes it. Say who took it."""

    note: Comment


class DisposeOrphan(Storable, frozen=True, forbid_unknown_fields=True):
    """Nobody asked for it in time: destroy it. Say how, and before whom."""

    note: Comment


Command = Move | PrintOrphanLabel | Match | ReturnToCarrier | HandToMarketplace | DisposeOrphan


# Events


class Event(msgspec.Struct, frozen=True, tag=True):
    """Something that happened to one orphan."""


class Registered(Event, frozen=True):
    """It lies in the orphan bay since `at`."""

    number: str
    warehouse: str
    weight_gram: int
    codes: tuple[str, ...]
    carrier: str
    note: str
    hazard: bool
    shelf: str
    photos: tuple[str, ...]
    at: datetime


class Moved(Event, frozen=True):
    """It lies on another shelf."""

    shelf: str
    before: str
    at: datetime


class OrphanLabelPrinted(Event, frozen=True):
    """Its label was printed, for the `count`-th time."""

    form: str
    count: int
    at: datetime


class Matched(Event, frozen=True):
    """A person found whose it is."""

    parcel_id: int
    parcel_number: str
    at: datetime


class Closed(Event, frozen=True):
    """It left the bay; `status` says how."""

    status: OrphanStatus
    note: str
    at: datetime


Any = Registered | Moved | OrphanLabelPrinted | Matched | Closed


class Orphan(msgspec.Struct, frozen=True):
    """The whole of one orphan. `version` is the number of its events."""

    id: int
    version: int
    number: str
    status: OrphanStatus
    warehouse: str
    weight_gram: int
    codes: tuple[str, ...]
    carrier: str
    note: str
    hazard: bool
    shelf: str
    photos: tuple[str, ...]
    registered_at: datetime
    parcel_id: int | None = None
    parcel_number: str = ""
    closed_at: datetime | None = None
    closed_because: str = ""
    labels_printed: int = 0


HANDS, SUPERVISOR, RECEIVER = (Role.RECEIVER, Role.SUPERVISOR), (Role.SUPERVISOR,), (Role.RECEIVER,)
ORPHAN: Lifecycle[OrphanStatus, Role] = Lifecycle(
    "orphan",
    OrphanStatus.OPEN,
    [
        # before, command, by, after
        Row(OrphanStatus.OPEN, Move, HANDS, (OrphanStatus.OPEN,)),
        Row(OrphanStatus.OPEN, PrintOrphanLabel, HANDS, (OrphanStatus.OPEN,)),
        Row(OrphanStatus.OPEN, Match, RECEIVER, (OrphanStatus.MATCHED,)),
        Row(OrphanStatus.OPEN, ReturnToCarrier, HANDS, (OrphanStatus.RETURNED_TO_CARRIER,)),
        Row(OrphanStatus.OPEN, HandToMarketplace, HANDS, (OrphanStatus.HANDED_TO_MARKETPLACE,)),
        Row(OrphanStatus.OPEN, DisposeOrphan, SUPERVISOR, (OrphanStatus.DISPOSED,)),
    ],
)


def register(number: str, form: Register, role: Role, at: datetime, policy: Policy) -> Registered:
    """The first event. Nothing is refused because of what it is, only because it was not written down."""
    if role not in HANDS:
        raise Refused("not_your_role", "forbidden", act="Register", role=role)
    if form.warehouse not in policy.warehouses:
        raise Refused("unknown_warehouse", "invalid", "warehouse", known=list(policy.warehouses))
    if len(set(form.photos)) < PHOTOS_MIN:
        raise Refused("photos_needed", "invalid", "photos", photos_min=PHOTOS_MIN)
    said = tuple(dict.fromkeys(line.strip() for line in form.codes.splitlines() if codes.kept(line)))
    if len(said) > CODES_MAX:
        raise Refused("field_invalid", "invalid", "codes", problem="too_many", count_max=CODES_MAX, reason="")
    return Registered(
        number=number,
        warehouse=form.warehouse,
        weight_gram=form.weight_gram,
        codes=said,
        carrier=form.carrier.strip(),
        note=form.note.strip(),
        hazard=form.hazard,
        shelf=shelf_of(form.shelf, policy, hazard=form.hazard),
        photos=form.photos,
        at=at,
    )


def open_acts(it: Orphan, role: Role, at: datetime, policy: Policy) -> list[type]:
    """The commands that this role may give now: the forms of the page and the actions of the API."""
    return [
        act for act in ORPHAN.open_to(it.status, role) if act is not DisposeOrphan or at >= disposable_from(it, policy)
    ]


def shut_acts(it: Orphan, role: Role, at: datetime, policy: Policy) -> list[tuple[type, Refused]]:
    """The commands of this role that cannot be given now, each with what it would be refused with."""
    now = open_acts(it, role, at, policy)
    theirs = [act for act in ORPHAN.commands if any(act is row.command and role in row.by for row in ORPHAN.rows)]
    closed = Refused("orphan_is_closed", orphan_status=it.status, parcel=it.parcel_number)
    young = Refused("orphan_too_young", not_before=disposable_from(it, policy))
    return [(act, young if it.status is OrphanStatus.OPEN else closed) for act in theirs if act not in now]


def decide(it: Orphan, command: Command, role: Role, at: datetime, policy: Policy) -> list[Any]:
    """The events that follow from a command, or `Refused`. Of a match, the unit's own law decides the other half."""
    act = type(command)
    if not any(act is row.command and role in row.by for row in ORPHAN.rows):
        raise Refused("not_your_role", "forbidden", act=act.__name__, role=role)
    if ORPHAN.row(it.status, act, role) is None:
        raise Refused("orphan_is_closed", orphan_status=it.status, parcel=it.parcel_number)
    match command:
        case Move(shelf):
            said = shelf_of(shelf, policy, hazard=False)
            if it.hazard and said not in policy.quarantine_shelves:
                raise Refused("quarantine_only", "conflict", "shelf", shelves=list(policy.quarantine_shelves))
            if not said:
                raise Refused("shelf_needed", "invalid", "shelf")
            return [] if said == it.shelf else [Moved(said, it.shelf, at)]
        case PrintOrphanLabel(form):
            if form not in LABEL_FORMS:
                raise Refused("unknown_label_form", "invalid", "form", known=list(LABEL_FORMS))
            return [OrphanLabelPrinted(form, it.labels_printed + 1, at)]
        case Match(parcel_id):
            return [Matched(parcel_id, "", at)]
        case ReturnToCarrier(note):
            return [_closed(OrphanStatus.RETURNED_TO_CARRIER, note, at)]
        case HandToMarketplace(note):
            return [_closed(OrphanStatus.HANDED_TO_MARKETPLACE, note, at)]
        case DisposeOrphan(note):
            if at < disposable_from(it, policy):
                raise Refused("orphan_too_young", not_before=disposable_from(it, policy))
            return [_closed(OrphanStatus.DISPOSED, note, at)]


def disposable_from(it: Orphan, policy: Policy) -> datetime:
    """Until when everybody has time to ask for it."""
    return it.registered_at + timedelta(days=policy.orphan_dispose_days)


def born(orphan_id: int, event: Registered) -> Orphan:
    """The orphan that `Registered` starts."""
    said = msgspec.structs.asdict(event)
    registered_at = said.pop("at")
    return Orphan(id=orphan_id, version=1, status=OrphanStatus.OPEN, registered_at=registered_at, **said)


def evolve(it: Orphan, event: Any) -> Orphan:
    """The orphan after one more event. Total."""
    return replace(_evolve(it, event), version=it.version + 1)


def _evolve(it: Orphan, event: Any) -> Orphan:
    match event:
        case Registered():
            return it
        case Moved(shelf):
            return replace(it, shelf=shelf)
        case OrphanLabelPrinted(_, count):
            return replace(it, labels_printed=count)
        case Matched(parcel_id, parcel_number, at):
            matched = OrphanStatus.MATCHED
            return replace(it, status=matched, parcel_id=parcel_id, parcel_number=parcel_number, closed_at=at)
        case Closed(status, note, at):
            return replace(it, status=status, closed_because=note, closed_at=at)


def _closed(status: OrphanStatus, note: str, at: datetime) -> Closed:
    if len(note.strip()) < NOTE_CHARACTERS_MIN:
        raise Refused("explanation_required", "invalid", "note", characters_min=NOTE_CHARACTERS_MIN)
    return Closed(status, note.strip(), at)
