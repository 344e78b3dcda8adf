"""Everything that can have happened to a parcel. Folding them gives the parcel (`parcels.evolve`)."""

from datetime import datetime

import msgspec

from backhaul.kit.money import Money
from backhaul.partner.rules.tariff import Tariff
from backhaul.partner.rules.words import ClaimStatus, Decision, Mark, MediaKind, Payer, Variant


class Unit(msgspec.Struct, frozen=True):
    """What the marketplace announced: the unit as it was accepted at the pick-up point. Nothing about the customer."""

    return_number: str
    seller_id: int
    seller_country: str
    variant: Variant
    posting_number: str
    sku: int
    offer_id: str
    name: str
    category: str
    price: Money
    weight_gram: int
    outbound_weight_gram: int | None
    serial: str | None
    marking_code: str | None
    reason: str
    reason_group: str
    is_defect: bool
    used: bool
    complete: bool
    packaging_intact: bool
    checked: bool
    seal: str
    point_weight_gram: int | None
    accepted_at: datetime
    eta: datetime
    gtin: str = ""
    point_id: str = ""
    watch: tuple[str, ...] = ()
    reason_names: dict[str, str] = {}


class Draw(msgspec.Struct, frozen=True):
    """A unit's draw for the full check: `digest` below `share_pct` is drawn. `basis`: the stratum whose record set the share.

    `rules`: the mandatory rules that picked the unit whatever it drew.
    """

    epoch: int
    digest: str
    share_pct: int
    drawn: bool
    stratum: str
    basis: str
    policy_version: str
    rules: tuple[str, ...] = ()


class Destination(msgspec.Struct, frozen=True):
    """An address of a company's book, as it was when it was chosen."""

    id: int
    company_id: int
    country: str
    city: str
    street: str
    contact: str
    created_at: datetime
    confirmed_at: datetime | None = None


class StandingRule(msgspec.Struct, frozen=True):
    """A rule of a company for one seller's units: dispose of what is cheaper, of this SKU, returned for this reason.

    `is_defect`: only units that came back for a defect, or only others. `through_key`: no person made it.
    """

    id: int
    company_id: int
    below_rub: int | None = None
    sku: int | None = None
    reason: str = ""
    is_defect: bool | None = None
    through_key: bool = False

    @property
    def below(self) -> Money | None:
        """The price below which the rule fits."""
        return None if self.below_rub is None else Money(self.below_rub * 100)


class Event(msgspec.Struct, frozen=True, tag=True):
    """Something that happened to one parcel. `tariff` is the version by which it was charged."""


class Expected(Event, frozen=True):
    """The marketplace announced a unit."""

    number: str
    unit: Unit


class DispatchNoted(Event, frozen=True):
    """The unit left the pick-up point."""

    carrier: str
    waybill: str


class LostNoted(Event, frozen=True):
    """The marketplace takes the unit for lost. An arrival scan ends that."""

    at: datetime


class DisposalOnArrivalChosen(Event, frozen=True):
    """The seller wants the unit disposed of once received, or no longer. `prices`: those that were agreed to with it."""

    wanted: bool
    prices: Tariff | None = None


class Arrived(Event, frozen=True):
    """Scanned in. `at` is what the clock of the decision counts from: the later of the claim and our receipt.

    With a weight the gate check was done at the scan, `gate_findings` are what was off; else it is due by `gate_due`.
    `orphan`: the number under which it lay in the orphan bay.
    """

    warehouse: str
    claimed_at: datetime
    at: datetime
    decide_by: datetime
    weight_gram: int | None
    packaging_intact: bool
    hazard: bool
    photos: tuple[str, ...]
    shelf: str
    fee: Money
    tariff: str = ""
    gate_due: datetime | None = None
    gate_findings: tuple[str, ...] | None = None
    orphan: str = ""
    draw: Draw | None = None
    photo_code: str = ""


class GateChecked(Event, frozen=True):
    """The gate check that came after the scan. `findings` are codes of what was off; `shelf` is where the unit lies now."""

    at: datetime
    findings: tuple[str, ...]
    label_matches: bool
    item_code: str
    weight_gram: int
    packaging_intact: bool
    seal_intact: bool
    hazard: bool
    photos: tuple[str, ...]
    shelf: str
    photo_code: str = ""


class GateAlarmed(Event, frozen=True):
    """The gate check was due at `due` and is not done: the warehouse was told."""

    due: datetime


class Shelved(Event, frozen=True):
    """Put on a shelf; `before` is where it lay."""

    shelf: str
    before: str
    at: datetime


class ParcelLabelPrinted(Event, frozen=True):
    """Our own label was printed, for the `count`-th time."""

    form: str
    count: int
    at: datetime


class QuarantineReleased(Event, frozen=True):
    """A supervisor says that the unit is not dangerous, or may leave all the same."""

    reason: str
    at: datetime


class InspectionQueued(Event, frozen=True):
    """Chosen for the full check, why, and until when it should be done."""

    reasons: tuple[str, ...]
    by: str = ""
    due: datetime | None = None


class MarkProposed(Event, frozen=True):
    """One person found a substitution; a second one must look."""

    mark: Mark
    defect: str
    note: str
    photos: tuple[str, ...]
    comparison: str
    by: str
    photo_code: str = ""


class Marked(Event, frozen=True):
    """The final result of a full check; `revision` counts up, a later one replaces an earlier one."""

    mark: Mark
    revision: int
    defect: str
    note: str
    photos: tuple[str, ...]
    comparison: str
    by: tuple[str, ...]
    photo_code: str = ""


class SecondChecked(Event, frozen=True):
    """What a second person found without having seen the mark. It never replaces the mark."""

    mark: Mark
    defect: str
    note: str
    photos: tuple[str, ...]
    comparison: str
    by: str
    at: datetime
    photo_code: str = ""


class MediaOrdered(Event, frozen=True):
    """The seller ordered photos or a video; `in_time` when late ones move the deadline."""

    at: datetime
    due: datetime
    in_time: bool
    fee: Money
    tariff: str = ""
    kind: MediaKind = MediaKind.BOTH


class MediaDelivered(Event, frozen=True):
    """The photos or the video are made."""

    at: datetime
    photos: tuple[str, ...]
    days_late: int
    videos: tuple[str, ...] = ()


class DeadlineMoved(Event, frozen=True):
    """Late photos lengthened the time to decide; `days` in all."""

    decide_by: datetime
    days: int
    at: datetime


class Decided(Event, frozen=True):
    """What shall be done; `by_whom` is seller, api_key or rule, `rule` the standing rule that did it, `prices` those agreed to."""

    decision: Decision
    at: datetime
    by_whom: str
    destination: Destination | None = None
    hold_until: datetime | None = None
    collect_by: datetime | None = None
    rule: StandingRule | None = None
    collector: str = ""
    prices: Tariff | None = None


class LabelPrinted(Event, frozen=True):
    """Work on a shipment started. `consignment`: what it travels in, with a share of its price as the fee; 0: alone.

    `tariff` priced the storage, and the fee unless `fee_tariff` did.
    """

    carrier: str
    tracking: str
    at: datetime
    fee: Money
    storage: Money
    tariff: str = ""
    consignment: int = 0
    fee_tariff: str = ""


class Dispatched(Event, frozen=True):
    """The shipment left the warehouse."""

    carrier: str
    tracking: str
    at: datetime


class ShipmentLost(Event, frozen=True):
    """The carrier lost the shipment."""

    note: str
    at: datetime


class Delivered(Event, frozen=True):
    """The shipment reached its destination."""

    at: datetime


class HandedOver(Event, frozen=True):
    """The collector took the unit."""

    collector: str
    at: datetime
    storage: Money
    tariff: str = ""


class Reminded(Event, frozen=True):
    """The deadline was announced."""

    stage: str
    decide_by: datetime


class DeadlineMissed(Event, frozen=True):
    """Nobody decided in time."""

    at: datetime
    hold_until: datetime


class KeepingExpired(Event, frozen=True):
    """Not collected: the seller must decide anew."""

    at: datetime
    decide_by: datetime


class ClaimNoted(Event, frozen=True):
    """The marketplace says where the claim for a substituted unit stands; while it is open, `payer` is a proposal."""

    status: ClaimStatus
    amount: Money
    payer: Payer
    at: datetime
    review_by: datetime
    refund_sent_at: datetime | None = None
    point_photos: tuple[str, ...] = ()
    comment: str = ""


class ClaimReviewed(Event, frozen=True):
    """What the review came to: taken up, granted at whose cost, or refused and why."""

    status: ClaimStatus
    at: datetime
    payer: Payer | None = None
    comment: str = ""


class Reopened(Event, frozen=True):
    """A supervisor gave the seller more time."""

    reason: str
    at: datetime
    decide_by: datetime


class DisposalPostponed(Event, frozen=True):
    """Destruction waits `because` the `link` to the marketplace is lost, or the `breaker` holds all destruction."""

    hold_until: datetime
    because: str = "link"


class DisposalInstructed(Event, frozen=True):
    """The undo hold has passed."""


class DisposalStarted(Event, frozen=True):
    """The disposal task began."""

    at: datetime
    storage: Money
    tariff: str = ""


class Destroyed(Event, frozen=True):
    """Destroyed, with its certificate."""

    certificate: str
    method: str
    witness: str
    photos: tuple[str, ...]
    at: datetime
    undecided: bool
    fee: Money
    tariff: str = ""
    weight_gram: int | None = None
    photo_code: str = ""


Any = (
    Expected | DispatchNoted | LostNoted | DisposalOnArrivalChosen | Arrived | GateChecked | GateAlarmed | Shelved | ParcelLabelPrinted
    | QuarantineReleased | InspectionQueued | MarkProposed | Marked | SecondChecked | MediaOrdered | MediaDelivered | DeadlineMoved | Decided | LabelPrinted | Dispatched | Delivered
    | ShipmentLost | HandedOver | Reminded | DeadlineMissed | ClaimNoted | ClaimReviewed | KeepingExpired | Reopened | DisposalPostponed | DisposalInstructed | DisposalStarted | Destroyed
)  # fmt: skip
