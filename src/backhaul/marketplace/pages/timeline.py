"""What happened to a return, line by line, as each reader is told it."""

from typing import Any

import msgspec

from backhaul.kit.database import Tx
from backhaul.marketplace import access, queries, texts
from backhaul.marketplace.notice_texts import BECAUSE
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Role

STAFF = frozenset({Role.CLERK, Role.MODERATOR, Role.SUPPORT})


def is_for(role: Role, happening: queries.Happening) -> bool:
    """Whether a reader is told of it."""
    return texts.is_told(happening.event, happening.kind, role)


def told(tx: Tx, by: By, happening: queries.Happening) -> dict[str, Any]:
    """A line of the timeline. Names of staff are for staff."""
    event, what, until = happening.event, "", None
    label = texts.EVENT_LABELS[happening.kind]
    match event:
        case e.ClaimMoved():
            what = texts.CLAIM_LABELS[event.to]
        case e.DecisionMirrored(decision="none"):
            label, until = texts.UNDECIDED_LABELS.get(event.parcel_status, label), event.decide_by
        case e.DecisionMirrored():
            what = texts.DECISION_LABELS.get(event.decision, event.decision)
        case e.HandoverMirrored():
            what = texts.PARCEL_LABELS.get(event.parcel_status, "")
        case _:
            pass
    is_staff = by.role in STAFF and happening.role in STAFF
    name = access.name_of(tx, happening.actor) if is_staff else ""
    why = ""
    for written in ("comment", "refused_because"):
        why = why or str(getattr(event, written, "") or "")
    at_sorting = happening.role == Role.CLERK and happening.kind in texts.DONE_AT_SORTING_POINT
    role = texts.SORTING_POINT if at_sorting else texts.ROLE_LABELS[happening.role]
    facts = {
        "label": label,
        "what": what,
        "until": until,
        "why": why,
        "because": BECAUSE.get(why, ""),
        "name": name,
        "role_label": role,
    }
    return {**msgspec.structs.asdict(happening), **facts}
