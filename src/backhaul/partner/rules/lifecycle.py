"""The life of a parcel, of six works on it and of a claim about it, as tables. Every table that knows a command must allow it."""

from backhaul.kit.machine import Lifecycle, Row
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.words import ClaimStatus as C
from backhaul.partner.rules.words import DisposalStatus as D
from backhaul.partner.rules.words import GateStatus as G
from backhaul.partner.rules.words import InspectionStatus as I
from backhaul.partner.rules.words import MediaStatus as M
from backhaul.partner.rules.words import QuarantineStatus as Q
from backhaul.partner.rules.words import Role
from backhaul.partner.rules.words import ShipmentStatus as Sh
from backhaul.partner.rules.words import Status as S

SELLER, RECEIVER, INSPECTOR, SUPERVISOR = (Role.SELLER,), (Role.RECEIVER,), (Role.INSPECTOR,), (Role.SUPERVISOR,)
MARKETPLACE, CALENDAR, CARRIER = (Role.MARKETPLACE,), (Role.CALENDAR,), (Role.CARRIER,)
REVIEWS = (do.TakeUpClaim, do.ApproveClaim, do.RefuseClaim)
SINCE_ARRIVAL: tuple[S, ...] = tuple(s for s in S if s is not S.EXPECTED)
ON_THE_SHELF: tuple[S, ...] = (S.ARRIVED, S.DISPOSAL_DUE)

PARCEL: Lifecycle[S, Role] = Lifecycle(
    "parcel",
    S.EXPECTED,
    [
        # before, command, by, after
        Row(S.EXPECTED, do.NoteDispatch, MARKETPLACE, (S.EXPECTED,)),
        Row(S.EXPECTED, do.NoteLost, MARKETPLACE, (S.EXPECTED,)),
        Row(S.EXPECTED, do.DisposeOnArrival, SELLER, (S.EXPECTED,)),
        Row(S.EXPECTED, do.Arrive, RECEIVER, (S.ARRIVED,)),
        #
        Row(S.ARRIVED, do.QueueInspection, INSPECTOR + SUPERVISOR, (S.ARRIVED,)),
        Row(S.ARRIVED, do.OrderMedia, SELLER, (S.ARRIVED,)),
        Row(S.ARRIVED, do.Decide, SELLER, (S.ARRIVED,)),
        Row(S.ARRIVED, do.Remind, CALENDAR, (S.ARRIVED,)),
        Row(S.ARRIVED, do.ExtendDeadline, CALENDAR, (S.ARRIVED,)),
        Row(S.ARRIVED, do.MissDeadline, CALENDAR, (S.DISPOSAL_DUE,)),
        Row(S.ARRIVED, do.KeepExpired, CALENDAR, (S.ARRIVED,)),
        Row(S.ARRIVED, do.InstructDisposal, CALENDAR, (S.ARRIVED,)),
        Row(S.ARRIVED, do.DeliverMedia, INSPECTOR + RECEIVER, (S.ARRIVED,)),
        Row(S.ARRIVED, do.PrintLabel, RECEIVER, (S.IN_WORK,)),
        Row(S.ARRIVED, do.HandOver, RECEIVER, (S.PICKED_UP,)),
        Row(S.ARRIVED, do.StartDisposal, RECEIVER, (S.IN_WORK,)),
        #
        Row(S.DISPOSAL_DUE, do.QueueInspection, INSPECTOR + SUPERVISOR, (S.DISPOSAL_DUE,)),
        Row(S.DISPOSAL_DUE, do.DeliverMedia, INSPECTOR + RECEIVER, (S.DISPOSAL_DUE,)),
        Row(S.DISPOSAL_DUE, do.Reopen, SUPERVISOR, (S.ARRIVED,)),
        Row(S.DISPOSAL_DUE, do.InstructDisposal, CALENDAR, (S.DISPOSAL_DUE,)),
        Row(S.DISPOSAL_DUE, do.StartDisposal, RECEIVER, (S.IN_WORK,)),
        #
        Row(S.IN_WORK, do.Dispatch, RECEIVER + CARRIER, (S.IN_WORK,)),
        Row(S.IN_WORK, do.ConfirmDelivery, RECEIVER + CARRIER, (S.DELIVERED,)),
        Row(S.IN_WORK, do.NoteShipmentLost, RECEIVER + CARRIER, (S.IN_WORK,)),
        Row(S.IN_WORK, do.Destroy, RECEIVER, (S.DISPOSED,)),
        # The dock's own work: a check that nobody may forget, a place, a label.
        *(Row(s, do.CheckGate, RECEIVER + SUPERVISOR, (s,)) for s in ON_THE_SHELF),
        *(Row(s, do.AlarmGate, CALENDAR, (s,)) for s in ON_THE_SHELF),
        *(Row(s, do.ReleaseQuarantine, SUPERVISOR, (s,)) for s in ON_THE_SHELF),
        *(Row(s, do.PutAway, RECEIVER + SUPERVISOR, (s,)) for s in (*ON_THE_SHELF, S.IN_WORK)),
        *(Row(s, do.PrintParcelLabel, RECEIVER + SUPERVISOR, (s,)) for s in (*ON_THE_SHELF, S.IN_WORK)),
        # A result may be revised from the evidence after the goods have left; a late note is taken.
        *(Row(s, do.Mark, INSPECTOR, (s,)) for s in SINCE_ARRIVAL),
        *(Row(s, do.ConfirmMark, INSPECTOR + SUPERVISOR, (s,)) for s in SINCE_ARRIVAL),
        *(Row(s, do.NoteDispatch, MARKETPLACE, (s,)) for s in SINCE_ARRIVAL),
        *(Row(s, do.NoteLost, MARKETPLACE, (s,)) for s in SINCE_ARRIVAL),
        *(Row(s, do.NoteClaim, MARKETPLACE, (s,)) for s in S),
        *(Row(s, act, SUPERVISOR, (s,)) for s in SINCE_ARRIVAL for act in REVIEWS),
    ],
)

GATE = Lifecycle(
    "gate",
    G.NONE,
    [
        Row(G.NONE, do.Arrive, RECEIVER, (G.DUE, G.PASSED, G.MISMATCH)),
        Row(G.DUE, do.CheckGate, RECEIVER + SUPERVISOR, (G.PASSED, G.MISMATCH)),
        Row(G.DUE, do.AlarmGate, CALENDAR, (G.DUE,)),
    ],
)

QUARANTINE = Lifecycle(
    "quarantine",
    Q.NONE,
    [
        Row(Q.NONE, do.Arrive, RECEIVER, (Q.NONE, Q.HELD)),
        Row(Q.NONE, do.CheckGate, RECEIVER + SUPERVISOR, (Q.NONE, Q.HELD)),
        Row(Q.HELD, do.CheckGate, RECEIVER + SUPERVISOR, (Q.HELD,)),
        Row(Q.HELD, do.ReleaseQuarantine, SUPERVISOR, (Q.RELEASED,)),
        Row(Q.RELEASED, do.CheckGate, RECEIVER + SUPERVISOR, (Q.RELEASED, Q.HELD)),
    ],
)

INSPECTION = Lifecycle(
    "inspection",
    I.NONE,
    [
        Row(I.NONE, do.Arrive, RECEIVER, (I.NONE, I.QUEUED)),
        Row(I.NONE, do.CheckGate, RECEIVER + SUPERVISOR, (I.NONE, I.QUEUED)),
        *(Row(i, do.CheckGate, RECEIVER + SUPERVISOR, (i,)) for i in (I.QUEUED, I.AWAITING_SECOND, I.DONE)),
        Row(I.NONE, do.QueueInspection, INSPECTOR + SUPERVISOR, (I.QUEUED,)),
        Row(I.QUEUED, do.Mark, INSPECTOR, (I.DONE, I.AWAITING_SECOND)),
        Row(I.AWAITING_SECOND, do.Mark, INSPECTOR, (I.DONE, I.AWAITING_SECOND)),
        Row(I.AWAITING_SECOND, do.ConfirmMark, INSPECTOR + SUPERVISOR, (I.DONE,)),
        Row(I.DONE, do.Mark, INSPECTOR, (I.DONE, I.AWAITING_SECOND)),
    ],
)

MEDIA = Lifecycle(
    "media",
    M.NONE,
    [
        Row(M.NONE, do.OrderMedia, SELLER, (M.ORDERED,)),
        Row(M.ORDERED, do.DeliverMedia, INSPECTOR + RECEIVER, (M.READY,)),
    ],
)

SHIPMENT = Lifecycle(
    "shipment",
    Sh.NONE,
    [
        Row(Sh.NONE, do.PrintLabel, RECEIVER, (Sh.LABEL_PRINTED,)),
        Row(Sh.LABEL_PRINTED, do.Dispatch, RECEIVER + CARRIER, (Sh.DISPATCHED,)),
        Row(Sh.LABEL_PRINTED, do.ConfirmDelivery, RECEIVER + CARRIER, (Sh.DELIVERED,)),
        Row(Sh.LABEL_PRINTED, do.NoteShipmentLost, RECEIVER + CARRIER, (Sh.LOST,)),
        Row(Sh.DISPATCHED, do.ConfirmDelivery, RECEIVER + CARRIER, (Sh.DELIVERED,)),
        Row(Sh.DISPATCHED, do.NoteShipmentLost, RECEIVER + CARRIER, (Sh.LOST,)),
        # What was given up may turn up.
        Row(Sh.LOST, do.ConfirmDelivery, RECEIVER + CARRIER, (Sh.DELIVERED,)),
    ],
)

DISPOSAL = Lifecycle(
    "disposal",
    D.NONE,
    [
        Row(D.NONE, do.Arrive, RECEIVER, (D.NONE, D.HELD)),
        Row(D.NONE, do.CheckGate, RECEIVER + SUPERVISOR, (D.NONE, D.HELD)),
        *(Row(d, do.CheckGate, RECEIVER + SUPERVISOR, (d,)) for d in (D.HELD, D.INSTRUCTED)),
        Row(D.NONE, do.Decide, SELLER, (D.NONE, D.HELD)),
        Row(D.NONE, do.MissDeadline, CALENDAR, (D.HELD,)),
        Row(D.HELD, do.Decide, SELLER, (D.NONE, D.HELD)),
        Row(D.HELD, do.Reopen, SUPERVISOR, (D.NONE,)),
        Row(D.HELD, do.InstructDisposal, CALENDAR, (D.HELD, D.INSTRUCTED)),
        Row(D.INSTRUCTED, do.Decide, SELLER, (D.NONE, D.INSTRUCTED)),
        Row(D.INSTRUCTED, do.Reopen, SUPERVISOR, (D.NONE,)),
        Row(D.INSTRUCTED, do.StartDisposal, RECEIVER, (D.STARTED,)),
        Row(D.STARTED, do.Destroy, RECEIVER, (D.DESTROYED,)),
    ],
)

CLAIM = Lifecycle(
    "claim",
    C.NONE,
    [
        # The marketplace has the claim; whatever it says of it stands.
        *(Row(s, do.NoteClaim, MARKETPLACE, tuple(to for to in C if to is not C.NONE)) for s in C),
        Row(C.FILED, do.TakeUpClaim, SUPERVISOR, (C.IN_REVIEW,)),
        Row(C.IN_REVIEW, do.ApproveClaim, SUPERVISOR, (C.APPROVED,)),
        Row(C.IN_REVIEW, do.RefuseClaim, SUPERVISOR, (C.REFUSED,)),
    ],
)

LIFECYCLES: tuple[Lifecycle, ...] = (PARCEL, GATE, QUARANTINE, INSPECTION, MEDIA, SHIPMENT, DISPOSAL, CLAIM)  # type: ignore[type-arg]  # over eight enums

# The tables that a command must satisfy, the parcel's own first.
TABLES: dict[type, tuple[Lifecycle, ...]] = {  # type: ignore[type-arg]
    act: tuple(table for table in LIFECYCLES if act in table.commands)
    for act in dict.fromkeys(act for table in LIFECYCLES for act in table.commands)
}
