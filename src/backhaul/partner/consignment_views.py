"""How API v1 shows a consignment, and what waits for one."""

from datetime import datetime

import msgspec
from msgspec.structs import asdict

from backhaul.kit import i18n
from backhaul.kit.money import Money
from backhaul.partner import consignment_doors as doors
from backhaul.partner import consignment_texts as words
from backhaul.partner import freight_papers
from backhaul.partner.actions import Action, NotAvailable, action, not_available
from backhaul.partner.office import Office
from backhaul.partner.rules import packing
from backhaul.partner.rules.around import By
from backhaul.partner.rules.consignment_events import Arrival, Packed, Tracked
from backhaul.partner.rules.consignments import Consignment
from backhaul.partner.rules.events import Destination
from backhaul.partner.rules.words import ConsignmentStatus

# What is in time while the promise to its units can be kept.
LEAVES_BY = ("close-consignment", "dispatch-consignment")


class CartonView(msgspec.Struct, frozen=True):
    """A carton; its code stands on its label. Zeros: not measured yet."""

    number: int
    code: str
    length_cm: int
    width_cm: int
    height_cm: int
    weight_gram: int
    chargeable_gram: int


class DocumentView(msgspec.Struct, frozen=True):
    """A document to download."""

    name: str
    number: str
    href: str


class ConsignmentView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A consignment. `price` is what closing it costs, or cost; after closing the units' shares add up to it.

    A cancelled one has none.
    """

    id: int
    number: str
    status: ConsignmentStatus
    label: str
    version: int
    company_id: int
    company: str
    destination: Destination
    carrier: str
    warehouse: str
    opened_at: datetime
    price: Money | None
    cartons: tuple[CartonView, ...]
    units: tuple[Packed, ...]
    available_actions: tuple[Action, ...]
    not_available: tuple[NotAvailable, ...]
    documents: tuple[DocumentView, ...] = ()
    ship_by: datetime | None = None
    late: bool = False
    closed_at: datetime | None = None
    dispatched_at: datetime | None = None
    tracking: str = ""
    tracked: tuple[Tracked, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    reason: str = ""
    finished_at: datetime | None = None


class WaitingView(msgspec.Struct, frozen=True):
    """A unit that waits to be packed; `held_back` is the code of what keeps it here."""

    parcel_id: int
    number: str
    return_number: str
    name: str
    shelf: str
    ship_by: datetime | None
    late: bool
    held_back: str = ""


class GroupView(msgspec.Struct, frozen=True):
    """What waits for one address; `count` is all of it, `units` the first."""

    destination: Destination
    company: str
    count: int
    units: tuple[WaitingView, ...]


class HappeningView(msgspec.Struct, frozen=True):
    """One line of a consignment's history."""

    seq: int
    kind: str
    label: str
    role: str
    at: datetime


def view(office: Office, it: Consignment, by: By, language: str) -> ConsignmentView:
    """A consignment as its reader may see it."""
    terms, at = office.house.terms, office.clock.now()
    acts = tuple(
        action(
            word, words.CONSIGNMENT_ACTS[word], f"/api/v1/consignments/{it.id}/{word}", language,
            it.ship_by if word in LEAVES_BY else None,
        )
        for command in packing.open_acts(it, by)
        if (word := doors.ACT_WORDS[command])
    )  # fmt: skip
    shut = tuple(
        not_available(word, words.CONSIGNMENT_ACTS[word], refused, language)
        for command, refused in packing.shut_acts(it, by)
        if (word := doors.ACT_WORDS[command])
    )
    named = freight_papers.NAMES if it.closed_at else {}
    papers_of_it = tuple(
        DocumentView(name, freight_papers.number_of(it, name), f"/api/v1/consignments/{it.id}/documents/{name}.pdf")
        for name in named
    )
    cartons = tuple(
        CartonView(code=doors.code_of(it, one.number), chargeable_gram=doors.chargeable(it, one, terms), **asdict(one))
        for one in it.cartons
    )
    return ConsignmentView(
        it.id, it.number, it.status, i18n.gettext(language, words.CONSIGNMENT_STATUSES[it.status]), it.version,
        it.company_id, it.company, it.destination, it.carrier, it.warehouse, it.opened_at,
        doors.price_of(office, it, by), cartons, it.units, acts, shut, papers_of_it, it.ship_by, doors.is_late(it, at),
        it.closed_at, it.dispatched_at, it.tracking, it.tracked, it.arrivals, it.reason, it.finished_at,
    )  # fmt: skip


def waiting_view(one: doors.Waiting, at: datetime) -> WaitingView:
    """A unit that waits, and whether it should have left."""
    it, bound = one.it, one.ship_by
    late = bound is not None and at >= bound
    return WaitingView(it.id, it.number, it.unit.return_number, it.unit.name, it.shelf, bound, late, one.held_back)
