"""What became of a returned product by its seller's choice, and which deadline the seller let pass. Pure."""

from collections.abc import Iterable

from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role, Route

COMPENSATION, DISPOSE, SHIP, PICKUP = "compensation", "dispose", "ship", "pickup"
OPTIONS = (COMPENSATION, SHIP, PICKUP, DISPOSE)
ANSWER, DECISION = "answer", "decision"


def choice(it: Return) -> str:
    """Which option an accepted product took: the marketplace's disposal with compensation, or what was decided at the partner.

    Nothing: it is not accepted, or it waits at the partner. A product that nobody decided about is disposed of.
    """
    if it.accepted_at is None:
        return ""
    if it.route is Route.A:
        return COMPENSATION
    parcel = it.parcel
    if parcel is None:
        return ""
    if parcel.decision.startswith(SHIP):
        return SHIP
    if parcel.undecided or parcel.decision == DISPOSE:
        return DISPOSE
    return PICKUP if parcel.decision == PICKUP else ""


def passed(it: Return, events: Iterable[e.Any]) -> str:
    """Which deadline of its seller has passed with these events; nothing: none.

    To answer: the calendar agreed, unless the rules of pre-moderation did. To decide: the partner disposed of it.
    """
    which = ""
    for event in events:
        match event:
            case e.DisposalMirrored(undecided=True):
                which = DECISION
            case e.Approved(by=Role.CALENDAR) | e.RefundedWithoutReturn(by=Role.CALENDAR) if not it.moderated:
                which = ANSWER
    return which
