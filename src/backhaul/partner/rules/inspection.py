"""Who is checked in full, why, and what a result must bring along (section 8.1, R69-R72, P26)."""

from datetime import datetime

from backhaul.kit.machine import Refused
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.around import Around
from backhaul.partner.rules.holidays import end_of_working_day
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.sampling import draw, first_units
from backhaul.partner.rules.words import Mark, Role

DRAWN, DRAW_CLOSED = "drawn", "draw_closed"


def on_arrival(it: Parcel, scan: do.Arrive, at: datetime, terms: Terms, around: Around, *, to_disposal: bool
               ) -> tuple[e.Draw | None, tuple[str, ...]]:  # fmt: skip
    """The draw of an arriving unit, and why it is checked in full: by rule, drawn, or because no draw is possible."""
    rules = mandatory(it, scan, terms.policy, around, to_disposal=to_disposal)
    drew = draw(it.unit, rules, at, (terms.policy_version, terms.policy), around.drawing)
    if rules:
        return drew, rules
    if drew is None:
        return None, (DRAW_CLOSED,)
    return drew, (DRAWN,) if drew.drawn else ()


def queued(reasons: tuple[str, ...], at: datetime, policy: Policy, by: str = "") -> e.InspectionQueued:
    """Into the queue, with the working day until whose end it should be done."""
    return e.InspectionQueued(reasons, by, end_of_working_day(at, policy.inspect_working_days))


def mandatory(
    it: Parcel, scan: do.Arrive | do.CheckGate, policy: Policy, around: Around, *, to_disposal: bool
) -> tuple[str, ...]:
    """The rules that make a full check mandatory for this unit, as codes that the seller can read; empty: none does."""
    unit = it.unit
    found = {
        "price": unit.price.minor > policy.inspect_above_rub * 100,
        "reason_group": unit.reason_group in policy.inspect_reason_groups,
        "weight": weight_is_off(unit, scan.weight_gram, policy),
        "packaging": not scan.packaging_intact,
        "serial": bool(unit.serial),
        "marking_code": bool(unit.marking_code),
        "checklist": not unit.checked,
        "point_watched": unit.point_id in policy.watched_points,
        "carrier_watched": it.carrier in policy.watched_carriers,
        "lost": it.lost_at is not None,
        "disposal": to_disposal and (unit.used or not unit.complete or not unit.packaging_intact),
        **first_units(around.drawing, policy),
        **dict.fromkeys(unit.watch, True),
    }
    return tuple(code for code, true in found.items() if true)


def weight_is_off(unit: e.Unit, weight_gram: int | None, policy: Policy) -> bool:
    """Off by more than max(50 g, 10 %) from the outbound or catalogue weight, or from the pick-up point's scales."""
    if weight_gram is None:
        return False
    known = [unit.outbound_weight_gram or unit.weight_gram, unit.point_weight_gram]
    return any(
        100 * abs(weight_gram - expected) > max(100 * policy.weight_off_gram, expected * policy.weight_off_pct)
        for expected in known
        if expected
    )


def mark(it: Parcel, command: do.Mark, by: str, policy: Policy) -> list[e.Any]:
    """A result with its evidence; of a substitution a second person must be sure too."""
    check_evidence(command, policy)
    if command.mark is Mark.SUBSTITUTED:
        said = (command.mark, command.defect, command.note, command.photos, command.comparison)
        return [e.MarkProposed(*said, by, command.photo_code.strip().upper())]
    return [_marked(it, command, (by,))]


def check_evidence(command: do.Mark, policy: Policy) -> None:
    """Damage needs a photo and the defect, a substitution more."""
    substituted = command.mark is Mark.SUBSTITUTED
    damaged = command.mark in (Mark.PARTIALLY_DAMAGED, Mark.COMPLETELY_DAMAGED)
    photos_min = policy.substitution_photos_min if substituted else policy.damage_photos_min if damaged else 0
    if len(set(command.photos)) < photos_min:
        raise Refused("photos_needed", "invalid", "photos", photos_min=photos_min)
    if damaged and not command.defect.strip():
        raise Refused("defect_needed", "invalid", "defect")
    if substituted and not command.comparison.strip():
        raise Refused("comparison_needed", "invalid", "comparison")


def confirm(it: Parcel, by: str, role: Role) -> list[e.Any]:
    """The second person of a substitution is not the first one (P26)."""
    proposed = it.inspection.proposed
    if proposed is None:
        raise Refused("nothing_to_confirm")
    if proposed.by == by:
        raise Refused("second_person_needed", "forbidden", role=role)
    return [_marked(it, proposed, (proposed.by, by))]


def _marked(it: Parcel, said: do.Mark | e.MarkProposed, by: tuple[str, ...]) -> e.Marked:
    revision = it.inspection.revision + 1
    code = said.photo_code.strip().upper()
    return e.Marked(said.mark, revision, said.defect, said.note, said.photos, said.comparison, by, code)
