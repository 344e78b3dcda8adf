"""The law of the dock after the scan: the gate check, quarantine, shelves, our own label (8.1, R78)."""

from datetime import datetime

from backhaul.kit.machine import Refused
from backhaul.partner.rules import codes, inspection
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import QuarantineStatus

LABEL_FORMS = ("pdf", "zpl")
# What a finding makes a full check mandatory for; weight and packaging are rules of the inspection itself.
REASON_OF = {"label": "identity", "item_code": "identity", "seal": "seal"}


def findings(unit: e.Unit, check: do.Arrive | do.CheckGate, policy: Policy) -> tuple[str, ...]:
    """What is off at the gate, as codes: what differs from the announcement, what is damaged, what is dangerous."""
    found = {
        "weight": inspection.weight_is_off(unit, check.weight_gram, policy),
        "packaging": not check.packaging_intact,
        "hazard": check.hazard,
    }
    if isinstance(check, do.CheckGate):
        item_differs = bool(check.item_code.strip()) and not codes.agrees(check.item_code, unit)
        found = {"label": not check.label_matches, "item_code": item_differs, "seal": not check.seal_intact, **found}
    return tuple(code for code, true in found.items() if true)


def reasons(found: tuple[str, ...]) -> list[str]:
    """Why a full check is mandatory after these findings."""
    return list(dict.fromkeys(REASON_OF[code] for code in found if code in REASON_OF))


def check_gate(it: Parcel, check: do.CheckGate, at: datetime, policy: Policy) -> e.GateChecked:
    """One minute a unit: nothing of it may be left out, and nothing that it finds refuses the goods."""
    if check.weight_gram is None:
        raise Refused("weight_needed", "invalid", "weight_gram")
    if not check.item_code.strip() and not check.item_unreadable:
        raise Refused("item_code_needed", "invalid", "item_code")
    if len(set(check.photos)) < policy.gate_photos_min:
        raise Refused("photos_needed", "invalid", "photos", photos_min=policy.gate_photos_min)
    return e.GateChecked(
        at=at,
        findings=findings(it.unit, check, policy),
        label_matches=check.label_matches,
        item_code=check.item_code.strip(),
        weight_gram=check.weight_gram,
        packaging_intact=check.packaging_intact,
        seal_intact=check.seal_intact,
        hazard=check.hazard,
        photos=check.photos,
        shelf=shelf_of(it.shelf, policy, hazard=check.hazard),
        photo_code=check.photo_code.strip().upper(),
    )


def shelf_of(shelf: str, policy: Policy, *, hazard: bool) -> str:
    """Where a unit lies: dangerous goods always in quarantine."""
    said = codes.shelf(shelf)
    return said if said in policy.quarantine_shelves or not hazard else policy.quarantine_shelves[0]


def put_away(it: Parcel, shelf: str, at: datetime, policy: Policy) -> list[e.Any]:
    """Onto a shelf; what is kept apart stays in quarantine. Whether there is room, the desk counts (`check_room`)."""
    said = codes.shelf(shelf)
    if not said:
        raise Refused("shelf_needed", "invalid", "shelf")
    if said == it.shelf:
        return []
    if it.quarantine.status is QuarantineStatus.HELD and said not in policy.quarantine_shelves:
        raise Refused("quarantine_only", "conflict", "shelf", shelves=list(policy.quarantine_shelves))
    return [e.Shelved(said, it.shelf, at)]


def check_room(shelf: str, units: int, policy: Policy) -> None:
    """`Refused` when more `units` lie on a shelf than it holds."""
    most = room(shelf, policy)
    if most and units > most:
        raise Refused("shelf_full", "conflict", "shelf", shelf=shelf, units_max=most)


def room(shelf: str, policy: Policy) -> int:
    """How many units a shelf holds; 0: as many as one likes. Quarantine is never full: nothing dangerous may lie elsewhere."""
    if shelf in policy.quarantine_shelves:
        return 0
    return policy.shelf_units_max_by_shelf.get(shelf, policy.shelf_units_max)


def print_parcel_label(it: Parcel, form: str, at: datetime) -> list[e.Any]:
    """Our own label, once more."""
    if form not in LABEL_FORMS:
        raise Refused("unknown_label_form", "invalid", "form", known=list(LABEL_FORMS))
    return [e.ParcelLabelPrinted(form, it.labels_printed + 1, at)]


def release(reason: str, at: datetime, policy: Policy) -> list[e.Any]:
    """Out of quarantine, with a reason that stands in the history."""
    if len(reason.strip()) < policy.release_reason_min_characters:
        characters_min = policy.release_reason_min_characters
        raise Refused("explanation_required", "invalid", "reason", characters_min=characters_min)
    return [e.QuarantineReleased(reason, at)]
