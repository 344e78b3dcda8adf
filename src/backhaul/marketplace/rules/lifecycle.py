"""The life of a return and of the money around it, each on one screen. Buttons, API actions and diagrams are read off these tables."""

from backhaul.kit.machine import Lifecycle, Row
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import ClaimStatus as Cl
from backhaul.marketplace.rules.words import CompensationStatus as Co
from backhaul.marketplace.rules.words import RefundStatus as Re
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.rules.words import Status as S
from backhaul.marketplace.rules.words import WeightStatus as We

CUSTOMER, SELLER, CLERK = (Role.CUSTOMER,), (Role.SELLER,), (Role.CLERK,)
MODERATOR, SUPPORT, PARTNER, CALENDAR = (Role.MODERATOR,), (Role.SUPPORT,), (Role.PARTNER,), (Role.CALENDAR,)
BANK = (Role.BANK,)

REVIEWABLE = (Cl.FILED, Cl.IN_REVIEW)
DECIDED = (Cl.APPROVED, Cl.PAID, Cl.REFUSED, Cl.REVERSED)
FILED = (Cl.FILED, Cl.IN_REVIEW, Cl.APPROVED)
OPEN_CLAIM = (Cl.DRAFT, *FILED)
NO_CLAIM_LEFT = (Cl.REFUSED, Cl.REVERSED)

RETURN = Lifecycle(
    "return",
    S.NEW,
    [
        # before, command, by, after
        Row(S.NEW, do.AddPhotos, CUSTOMER, (S.NEW,)),
        Row(S.NEW, do.Submit, CUSTOMER, (S.PRE_MODERATION, S.SELLER_REVIEW)),
        Row(S.NEW, do.Cancel, CUSTOMER + CALENDAR, (S.CANCELLED,)),
        #
        Row(S.PRE_MODERATION, do.Approve, MODERATOR + CALENDAR, (S.APPROVED,)),
        Row(S.PRE_MODERATION, do.Reject, MODERATOR, (S.REJECTED,)),
        Row(S.PRE_MODERATION, do.AskPhotos, MODERATOR, (S.AWAITING_CUSTOMER,)),
        Row(S.PRE_MODERATION, do.Cancel, CUSTOMER, (S.CANCELLED,)),
        Row(S.PRE_MODERATION, do.Remind, CALENDAR, (S.PRE_MODERATION,)),
        Row(S.AWAITING_CUSTOMER, do.SendPhotos, CUSTOMER, (S.PRE_MODERATION,)),
        Row(S.AWAITING_CUSTOMER, do.Cancel, CUSTOMER, (S.CANCELLED,)),
        Row(S.AWAITING_CUSTOMER, do.Expire, CALENDAR, (S.CLOSED_NO_REPLY,)),
        #
        Row(S.SELLER_REVIEW, do.Approve, SELLER + CALENDAR, (S.APPROVED,)),
        Row(S.SELLER_REVIEW, do.Reject, SELLER, (S.REJECTED,)),
        Row(S.SELLER_REVIEW, do.Offer, SELLER, (S.OFFER_SENT,)),
        Row(S.SELLER_REVIEW, do.RefundWithoutReturn, SELLER, (S.REFUNDED_WITHOUT_RETURN,)),
        Row(S.SELLER_REVIEW, do.Cancel, CUSTOMER, (S.CANCELLED,)),
        Row(S.SELLER_REVIEW, do.Remind, CALENDAR, (S.SELLER_REVIEW,)),
        #
        Row(S.OFFER_SENT, do.AcceptOffer, CUSTOMER, (S.PARTIALLY_REFUNDED,)),
        Row(S.OFFER_SENT, do.DeclineOffer, CUSTOMER + CALENDAR, (S.SELLER_REVIEW_AFTER_OFFER,)),
        Row(S.OFFER_SENT, do.Cancel, CUSTOMER, (S.CANCELLED,)),
        Row(S.SELLER_REVIEW_AFTER_OFFER, do.Approve, SELLER, (S.APPROVED,)),
        Row(S.SELLER_REVIEW_AFTER_OFFER, do.Offer, SELLER, (S.OFFER_SENT,)),
        Row(S.SELLER_REVIEW_AFTER_OFFER, do.RefundWithoutReturn, SELLER, (S.REFUNDED_WITHOUT_RETURN,)),
        Row(S.SELLER_REVIEW_AFTER_OFFER, do.Cancel, CUSTOMER, (S.CANCELLED,)),
        Row(S.SELLER_REVIEW_AFTER_OFFER, do.SettleUndecided, CALENDAR, (S.REFUNDED_WITHOUT_RETURN, S.APPROVED)),
        Row(S.SELLER_REVIEW_AFTER_OFFER, do.Remind, CALENDAR, (S.SELLER_REVIEW_AFTER_OFFER,)),
        #
        Row(S.REJECTED, do.OpenDispute, CUSTOMER, (S.DISPUTE,)),
        Row(S.DISPUTE, do.DecideDispute, MODERATOR, (S.APPROVED, S.REJECTED)),
        #
        Row(S.APPROVED, do.ChoosePoint, CUSTOMER, (S.AWAITING_DROPOFF,)),
        Row(S.APPROVED, do.CheckIn, CLERK, (S.ACCEPTED_AT_PVZ, S.REFUSED_AT_PVZ)),
        Row(S.APPROVED, do.Cancel, CUSTOMER, (S.CANCELLED,)),
        Row(S.APPROVED, do.Expire, CALENDAR, (S.DROPOFF_EXPIRED,)),
        Row(S.APPROVED, do.Remind, CALENDAR, (S.APPROVED,)),
        Row(S.AWAITING_DROPOFF, do.ChoosePoint, CUSTOMER, (S.AWAITING_DROPOFF,)),
        Row(S.AWAITING_DROPOFF, do.CheckIn, CLERK, (S.ACCEPTED_AT_PVZ, S.REFUSED_AT_PVZ)),
        Row(S.AWAITING_DROPOFF, do.Cancel, CUSTOMER, (S.CANCELLED,)),
        Row(S.AWAITING_DROPOFF, do.Expire, CALENDAR, (S.DROPOFF_EXPIRED,)),
        Row(S.AWAITING_DROPOFF, do.Remind, CALENDAR, (S.AWAITING_DROPOFF,)),
        #
        Row(S.ACCEPTED_AT_PVZ, do.Dispatch, CLERK, (S.ON_THE_WAY,)),
        Row(S.ACCEPTED_AT_PVZ, do.AlarmDwell, CALENDAR, (S.ACCEPTED_AT_PVZ,)),
        Row(S.ACCEPTED_AT_PVZ, do.RecordArrival, PARTNER, (S.AT_PARTNER,)),
        Row(S.ON_THE_WAY, do.ReceiveForDisposal, CLERK, (S.DISPOSING_BY_MARKETPLACE,)),
        Row(S.ON_THE_WAY, do.RecordArrival, PARTNER, (S.AT_PARTNER,)),
        Row(S.ON_THE_WAY, do.MarkLate, CALENDAR, (S.ON_THE_WAY,)),
        Row(S.ON_THE_WAY, do.DeclareLost, CALENDAR, (S.LOST,)),
        Row(S.LOST, do.RecordArrival, PARTNER, (S.AT_PARTNER, S.FOUND_AFTER_CLAIM)),
        Row(S.LOST, do.ReceiveForDisposal, CLERK, (S.DISPOSING_BY_MARKETPLACE,)),
        # Found after its claim was paid, and the money was kept: it is the carrier's, and the partner tells what becomes of it.
        Row(S.LOST, do.RecordMark, PARTNER, (S.LOST, S.AT_PARTNER)),
        Row(S.LOST, do.RecordDecision, PARTNER, (S.LOST,)),
        Row(S.LOST, do.RecordHandover, PARTNER, (S.LOST,)),
        Row(S.LOST, do.RecordDisposal, PARTNER, (S.LOST,)),
        Row(S.FOUND_AFTER_CLAIM, do.KeepMoney, SELLER + CALENDAR, (S.LOST,)),
        Row(S.FOUND_AFTER_CLAIM, do.TakeProduct, SELLER, (S.AT_PARTNER,)),
        Row(S.FOUND_AFTER_CLAIM, do.ReverseClaim, SUPPORT, (S.AT_PARTNER,)),
        Row(S.DISPOSING_BY_MARKETPLACE, do.CertifyDisposal, CLERK, (S.DISPOSED_BY_MARKETPLACE,)),
        #
        Row(S.AT_PARTNER, do.RecordMark, PARTNER, (S.AT_PARTNER,)),
        Row(S.AT_PARTNER, do.RecordDecision, PARTNER, (S.AT_PARTNER,)),
        Row(S.AT_PARTNER, do.RecordHandover, PARTNER, (S.AT_PARTNER,)),
        Row(S.AT_PARTNER, do.RecordDisposal, PARTNER, (S.AT_PARTNER,)),
        Row(S.AT_PARTNER, do.ConfirmReceipt, SELLER, (S.AT_PARTNER,)),
        Row(S.AT_PARTNER, do.Remind, CALENDAR, (S.AT_PARTNER,)),
    ],
)

REFUND = Lifecycle(
    "refund",
    Re.NONE,
    [
        Row(Re.NONE, do.CheckIn, CLERK, (Re.NONE, Re.HELD)),
        Row(Re.NONE, do.AcceptOffer, CUSTOMER, (Re.HELD,)),
        Row(Re.NONE, do.RefundWithoutReturn, SELLER, (Re.HELD,)),
        Row(Re.NONE, do.SettleUndecided, CALENDAR, (Re.NONE, Re.HELD)),
        Row(Re.HELD, do.SendRefund, SUPPORT + CALENDAR, (Re.SENT,)),
        Row(Re.HELD, do.HoldRefund, SUPPORT, (Re.HELD,)),
        Row(Re.HELD, do.RecordMark, PARTNER, (Re.HELD, Re.CANCELLED)),
        Row(Re.SENT, do.ConfirmRefund, SUPPORT + BANK, (Re.CONFIRMED,)),
        Row(Re.SENT, do.FailRefund, SUPPORT + BANK, (Re.FAILED, Re.CANCELLED)),
        Row(Re.SENT, do.QuestionRefund, SUPPORT + CALENDAR, (Re.IN_DOUBT,)),
        Row(Re.IN_DOUBT, do.ConfirmRefund, SUPPORT + BANK, (Re.CONFIRMED,)),
        Row(Re.IN_DOUBT, do.FailRefund, SUPPORT + BANK, (Re.FAILED, Re.CANCELLED)),
        Row(Re.IN_DOUBT, do.RetryRefund, CALENDAR, (Re.SENT,)),
        Row(Re.CONFIRMED, do.FailRefund, BANK, (Re.FAILED, Re.CANCELLED)),
        Row(Re.FAILED, do.RecordMark, PARTNER, (Re.FAILED, Re.CANCELLED)),
        Row(Re.FAILED, do.SendRefund, SUPPORT, (Re.SENT,)),
        Row(Re.CANCELLED, do.RecordMark, PARTNER, (Re.CANCELLED, Re.HELD)),
    ],
    undone_by=BANK,  # money that arrived may be given back days later
)

COMPENSATION = Lifecycle(
    "compensation",
    Co.NONE,
    [
        Row(Co.NONE, do.SendRefund, SUPPORT + CALENDAR, (Co.NONE, Co.ACCRUED)),
        # What a claim does not bring, the table does (D3).
        Row(Co.NONE, do.RefuseClaim, SUPPORT, (Co.NONE, Co.ACCRUED)),
        Row(Co.NONE, do.ReverseClaim, SUPPORT, (Co.NONE, Co.ACCRUED)),
        Row(Co.NONE, do.LapseClaim, CALENDAR, (Co.NONE, Co.ACCRUED)),
        # By the catalogue's weight there was nothing.
        Row(Co.NONE, do.ApplyWeight, CALENDAR, (Co.NONE, Co.ACCRUED)),
        Row(Co.NONE, do.DecideWeight, SUPPORT, (Co.NONE, Co.ACCRUED)),
        Row(Co.NONE, do.ReceiveForDisposal, CLERK, (Co.NONE, Co.ACCRUED)),
        Row(Co.ACCRUED, do.FailRefund, SUPPORT + BANK, (Co.NONE,)),
        Row(Co.ACCRUED, do.CreditCompensation, CALENDAR, (Co.CREDITED,)),
        Row(Co.ACCRUED, do.ReverseCompensation, SUPPORT, (Co.REVERSED,)),
        Row(Co.CREDITED, do.ReverseCompensation, SUPPORT, (Co.REVERSED,)),
        Row(Co.ACCRUED, do.ApplyWeight, CALENDAR, (Co.ACCRUED, Co.NONE)),
        Row(Co.ACCRUED, do.DecideWeight, SUPPORT, (Co.ACCRUED, Co.NONE)),
    ],
)

CLAIM: Lifecycle[Cl, Role] = Lifecycle(
    "claim",
    Cl.NONE,
    [
        Row(Cl.NONE, do.DeclareLost, CALENDAR, (Cl.NONE, Cl.DRAFT)),
        Row(Cl.NONE, do.CheckIn, CLERK, (Cl.NONE, Cl.DRAFT)),
        Row(Cl.NONE, do.RecordMark, PARTNER, (Cl.NONE, Cl.DRAFT, Cl.FILED)),
        Row(Cl.DRAFT, do.FileClaim, SELLER, (Cl.FILED,)),
        Row(Cl.DRAFT, do.LapseClaim, CALENDAR, (Cl.REFUSED, Cl.DRAFT)),
        Row(Cl.FILED, do.TakeUpClaim, SUPPORT, (Cl.IN_REVIEW,)),
        *(Row(s, do.RecordCarrierAnswer, SUPPORT, (Cl.IN_REVIEW, Cl.APPROVED)) for s in REVIEWABLE),
        *(Row(s, do.AlarmClaim, CALENDAR, (s,)) for s in REVIEWABLE),
        Row(Cl.IN_REVIEW, do.ApproveClaim, SUPPORT, (Cl.APPROVED,)),
        Row(Cl.IN_REVIEW, do.RefuseClaim, SUPPORT, (Cl.REFUSED, Cl.DRAFT)),
        Row(Cl.FILED, do.RecordClaimReview, PARTNER, (Cl.FILED, Cl.IN_REVIEW, Cl.APPROVED, Cl.REFUSED)),
        Row(Cl.IN_REVIEW, do.RecordClaimReview, PARTNER, (Cl.IN_REVIEW, Cl.APPROVED, Cl.REFUSED)),
        # A review that comes after somebody else's decision, or another finding, changes nothing.
        *(Row(s, do.RecordClaimReview, PARTNER, (s,)) for s in (Cl.DRAFT, *DECIDED)),
        Row(Cl.APPROVED, do.PayClaim, SUPPORT, (Cl.PAID,)),
        *(Row(s, do.RecordArrival, PARTNER, (Cl.REFUSED,)) for s in OPEN_CLAIM),
        *(Row(s, do.ReceiveForDisposal, CLERK, (s, Cl.REFUSED)) for s in OPEN_CLAIM),
        # What a newer mark does not bear out is dropped; what it finds instead has a claim of its own.
        *(
            Row(s, do.RecordMark, PARTNER, tuple(dict.fromkeys((s, Cl.REFUSED, Cl.DRAFT, Cl.FILED))))
            for s in OPEN_CLAIM
        ),
        Row(Cl.DRAFT, do.FailRefund, SUPPORT + BANK, (Cl.DRAFT,)),
        *(Row(s, do.FailRefund, SUPPORT + BANK, (s, Cl.REFUSED)) for s in FILED),
        Row(Cl.PAID, do.RecordMark, PARTNER, (Cl.PAID, Cl.REVERSED, Cl.DRAFT, Cl.FILED)),
        Row(Cl.PAID, do.FailRefund, SUPPORT + BANK, (Cl.PAID, Cl.REVERSED)),
        Row(Cl.PAID, do.ReverseClaim, SUPPORT, (Cl.REVERSED, Cl.DRAFT)),
        Row(Cl.PAID, do.TakeProduct, SELLER, (Cl.REVERSED,)),
        # One more claim, where nothing of the one before is left (R112).
        *(Row(s, do.DeclareLost, CALENDAR, (s, Cl.DRAFT)) for s in NO_CLAIM_LEFT),
        *(Row(s, do.RecordMark, PARTNER, (s, Cl.DRAFT, Cl.FILED)) for s in NO_CLAIM_LEFT),
        # The compensation of what is lost was taken back: the carrier answers for it (P10).
        *(Row(s, do.FailRefund, SUPPORT + BANK, (s, Cl.DRAFT)) for s in (Cl.NONE, *NO_CLAIM_LEFT)),
        *(Row(s, do.ReverseCompensation, SUPPORT, (s, Cl.DRAFT)) for s in (Cl.NONE, *NO_CLAIM_LEFT)),
        *(Row(s, do.ApplyWeight, CALENDAR, (s, Cl.DRAFT)) for s in (Cl.NONE, *NO_CLAIM_LEFT)),
        *(Row(s, do.DecideWeight, SUPPORT, (s, Cl.DRAFT)) for s in (Cl.NONE, *NO_CLAIM_LEFT)),
    ],
    again_after=NO_CLAIM_LEFT,
)

REFUND_ACTS = (
    do.SendRefund, do.HoldRefund, do.ConfirmRefund, do.FailRefund, do.QuestionRefund, do.RetryRefund,
)  # fmt: skip
WEIGHT = Lifecycle(
    "weight",
    We.NONE,
    [
        Row(We.NONE, do.CheckIn, CLERK, (We.NONE, We.OPEN)),
        Row(We.OPEN, do.ObjectToWeight, SELLER, (We.OBJECTED,)),
        Row(We.OPEN, do.ApplyWeight, CALENDAR, (We.MEASURED,)),
        Row(We.OBJECTED, do.DecideWeight, SUPPORT, (We.MEASURED, We.CATALOGUE)),
        # What is not settled by then is credited as it was quoted (D14).
        Row(We.OPEN, do.CreditCompensation, CALENDAR, (We.CATALOGUE,)),
        Row(We.OBJECTED, do.CreditCompensation, CALENDAR, (We.CATALOGUE,)),
    ],
)

# Which noun's table answers first for a command; the others follow from its events.
TABLES: dict[type, Lifecycle] = {  # type: ignore[type-arg]  # five tables over five enums
    **dict.fromkeys(RETURN.commands, RETURN),
    **dict.fromkeys(REFUND_ACTS, REFUND),
    **dict.fromkeys((do.CreditCompensation, do.ReverseCompensation), COMPENSATION),
    **dict.fromkeys((do.ObjectToWeight, do.ApplyWeight, do.DecideWeight), WEIGHT),
    **dict.fromkeys(
        (
            do.FileClaim,
            do.TakeUpClaim,
            do.ApproveClaim,
            do.RefuseClaim,
            do.PayClaim,
            do.ReverseClaim,
            do.RecordCarrierAnswer,
            do.LapseClaim,
            do.AlarmClaim,
            do.RecordClaimReview,
        ),
        CLAIM,
    ),
}
