"""Whose may an orphan be? Expected units, the likeliest first, each with the reasons that a person can check."""

import difflib
import re
from datetime import datetime

import msgspec

from backhaul.partner.rules import codes, inspection
from backhaul.partner.rules.orphans import Orphan
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy

# How much a reason weighs. A code that is the unit's own outweighs everything that many units have in common.
WEIGHTS = {"code": 100, "item": 40, "waybill": 35, "weight": 20, "name": 15, "carrier": 10, "days": 10, "lost": 5}
SIMILAR_PCT_MIN = 75
TAIL_CHARACTERS = 6
WORD_CHARACTERS_MIN = 3
NEAR_DAYS = 5


class Candidate(msgspec.Struct, frozen=True):
    """An expected unit, why it may be the one, and how much these reasons weigh together."""

    it: Parcel
    reasons: tuple[str, ...]
    score: int


def ranked(orphan: Orphan, expected: list[Parcel], policy: Policy) -> list[Candidate]:
    """The candidates with any reason beyond the days, the best first."""
    found = [_candidate(orphan, it, policy) for it in {it.id: it for it in expected}.values()]
    telling = [one for one in found if set(one.reasons) - {"days", "lost", "carrier"}]
    return sorted(telling, key=lambda one: (-one.score, one.it.unit.eta, one.it.id))[: policy.orphan_candidates_max]


def _candidate(orphan: Orphan, it: Parcel, policy: Policy) -> Candidate:
    said = {reading for code in orphan.codes for reading in codes.readings(code)}
    papers = codes.of_unit(it.number, it.unit, it.waybill) - codes.of_item(it.unit)
    true = {
        "code": not papers.isdisjoint(said),
        "item": not codes.of_item(it.unit).isdisjoint(said),
        "waybill": _is_like(codes.kept(it.waybill), said),
        "weight": _weighs_alike(orphan, it, policy),
        "name": bool(_words(orphan.note) & _words(f"{it.unit.name} {it.unit.category}")),
        "carrier": bool(it.carrier) and it.carrier.casefold() == orphan.carrier.casefold(),
        "days": _days_apart(orphan.registered_at, it.unit.eta) <= NEAR_DAYS,
        "lost": it.lost_at is not None,
    }
    if true["code"]:
        true["waybill"] = False  # the same number, and counted once
    reasons = tuple(reason for reason in WEIGHTS if true[reason])
    return Candidate(it, reasons, sum(WEIGHTS[reason] for reason in reasons))


def _weighs_alike(orphan: Orphan, it: Parcel, policy: Policy) -> bool:
    known = it.unit.point_weight_gram or it.unit.outbound_weight_gram or it.unit.weight_gram
    return bool(known) and not inspection.weight_is_off(it.unit, orphan.weight_gram, policy)


def _is_like(waybill: str, said: set[str]) -> bool:
    """Torn and smudged labels: most characters are there, or the end is."""
    if len(waybill) < TAIL_CHARACTERS:
        return False
    return any(
        code.endswith(waybill[-TAIL_CHARACTERS:])
        or 100 * difflib.SequenceMatcher(None, code, waybill).ratio() >= SIMILAR_PCT_MIN
        for code in said
        if len(code) >= TAIL_CHARACTERS
    )


def _words(text: str) -> set[str]:
    """The words that say something, without their endings: `towels` and `towel` are one."""
    found = re.findall(r"\w+", text.casefold())
    return {word[: max(WORD_CHARACTERS_MIN, len(word) - 2)] for word in found if len(word) >= WORD_CHARACTERS_MIN} | {
        word for word in found if any("一" <= character <= "鿿" for character in word)
    }


def _days_apart(one: datetime, other: datetime) -> int:
    return abs((one - other).days)
