"""What the warehouse is told after an act: what was done, in a tone that is heard, and the papers that belong to it."""

import msgspec

from backhaul.kit.done import what
from backhaul.kit.i18n import gettext
from backhaul.partner import texts
from backhaul.partner.doors import ACTS, STAFF, Req, Visitor
from backhaul.partner.rules import events as e
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import GateStatus, Role, Status
from backhaul.partner.shapes import Happening

# Where one goes on after an act; else at the list of queues.
BACK: dict[type[e.Any], str] = {
    e.Arrived: "/receiving", e.GateChecked: "/receiving/gate", e.Marked: "/warehouse?queue=inspect",
    e.MarkProposed: "/warehouse?queue=inspect", e.MediaDelivered: "/warehouse?queue=media",
    e.LabelPrinted: "/warehouse?queue=labels", e.HandedOver: "/warehouse?queue=pickups",
    e.DisposalStarted: "/warehouse?queue=destroy", e.Destroyed: "/warehouse?queue=destroy",
}  # fmt: skip
LABEL_IS_PRINTED_IN = (Status.ARRIVED, Status.DISPOSAL_DUE, Status.IN_WORK)


class Answer(msgspec.Struct, frozen=True):
    """`tone` is `good` or `attention`. `certificate` and `hand_over`: papers that are there now; `label`: our label can be printed."""

    done: str
    tone: str
    back: str
    certificate: bool = False
    hand_over: bool = False
    label: bool = False


def address(who: Visitor, parcel_id: int, word: str) -> str:
    """Where a parcel's act leads: for the warehouse with the answer."""
    return f"/parcels/{parcel_id}" + (f"?did={word}" if who.by.role in STAFF else "")


def notice(request: Req, who: Visitor, happened: list[Happening]) -> str:
    """For a seller the same, in a line."""
    own = [happening.event for happening in happened if happening.actor == who.by.id]
    if who.by.role in STAFF or what(request) not in ACTS or not own:
        return ""
    return gettext(who.language, texts.EVENT_LABELS[type(own[-1]).__name__])


def answer(request: Req, who: Visitor, it: Parcel, happened: list[Happening]) -> Answer | None:
    """The answer to the act that the address names, if it was this person's; nothing to a page that is only looked at."""
    if request.query_params.get("did", "") not in ACTS or who.by.role not in STAFF:
        return None
    own = [happening.event for happening in happened if happening.actor == who.by.id]
    if not own:
        return None
    last = own[-1]
    off = isinstance(last, e.MarkProposed) or (
        isinstance(last, e.GateChecked) and it.gate.status is GateStatus.MISMATCH
    )
    return Answer(
        texts.EVENT_LABELS[type(last).__name__],
        "attention" if off else "good",
        BACK.get(type(last), "/warehouse"),
        certificate=isinstance(last, e.Destroyed),
        hand_over=isinstance(last, e.HandedOver),
        label=isinstance(last, e.Arrived | e.GateChecked | e.Shelved)
        and who.by.role in (Role.RECEIVER, Role.SUPERVISOR)
        and it.status in LABEL_IS_PRINTED_IN,
    )
