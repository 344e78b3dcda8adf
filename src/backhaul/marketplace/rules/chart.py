"""The chart of accounts: which event moves money between which accounts, and under which cause."""

from backhaul.kit.ledger import AccountKind, Chart, Entry
from backhaul.kit.money import Money
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.weights import REWEIGHED
from backhaul.marketplace.rules.words import Payer

BANK = "asset:bank"
CARRIERS = "receivable:carriers"
COMPENSATIONS = "expense:disposal_compensation"
ACCRUED = "liability:accrued_compensation"
OWED = "liability:refunds"
IN_TRANSIT = "clearing:refunds_in_transit"  # left for the bank; the bank has not said yet what became of it
FRAUD_FUND = "expense:fraud_fund"
POINT_FAULTS = "expense:point_faults"
PRE_MODERATION = "income:pre_moderation"
SELLERS = "payable:seller:"
CHART = Chart((
    AccountKind(BANK, "debit"), AccountKind(CARRIERS, "debit"), AccountKind(SELLERS, "credit"),
    AccountKind(OWED, "credit"), AccountKind(IN_TRANSIT, "credit"), AccountKind(ACCRUED, "credit"), AccountKind(PRE_MODERATION, "credit"),
    AccountKind(COMPENSATIONS, "debit"), AccountKind(FRAUD_FUND, "debit"), AccountKind(POINT_FAULTS, "debit"),
))  # fmt: skip
# Who bears a substitution (P26).
PAYERS = {Payer.MARKETPLACE.value: POINT_FAULTS, Payer.CARRIER.value: CARRIERS, Payer.FRAUD_FUND.value: FRAUD_FUND}


def seller(it: Return) -> str:
    """What the marketplace owes this seller; refunds lower it, compensation and claims raise it."""
    return f"{SELLERS}{it.seller_id}"


def _claim(it: Return) -> str:
    """Which claim of the return it is: the first one has the return's number alone."""
    return f"{it.id}:{len(it.claim.earlier) + 1}" if it.claim.earlier else str(it.id)


def entries(it: Return, event: e.Any) -> list[Entry]:
    """The postings of one event; `it` is the return after the event. Most events move no money."""
    match event:
        case e.Submitted(charge=Money() as charge):
            return [Entry(seller(it), PRE_MODERATION, charge, f"pre_moderation:{it.id}")]
        case e.RefundHeld(amount=amount, why="", restored_by=revision):
            again = f":{revision}" if revision else ""
            return [Entry(seller(it), OWED, amount, f"refund_owed:{it.id}{again}")]
        case e.RefundCancelled():
            owed, revision = it.refund.amount, it.parcel.mark_revision if it.parcel else 0
            return [] if owed is None else [Entry(OWED, seller(it), owed, f"refund_cancelled:{it.id}:{revision}")]
        case e.RefundSent(amount=amount, attempt=attempt, in_transit=in_transit):
            return [Entry(OWED, IN_TRANSIT if in_transit else BANK, amount, f"refund:{it.id}:{attempt}")]
        case e.RefundConfirmed(amount=Money() as amount, attempt=attempt):
            return [Entry(IN_TRANSIT, BANK, amount, f"refund_confirmed:{it.id}:{attempt}")]
        case e.RefundFailed(amount=amount, attempt=attempt, from_bank=from_bank):
            return [Entry(BANK if from_bank else IN_TRANSIT, OWED, amount, f"refund_failed:{it.id}:{attempt}")]
        case e.CompensationAccrued(quote=quote):
            again = ":weight" if event.reweighed else ""
            cause = f"compensation_accrual:{it.id}:{it.refund.attempt}{again}"
            return [Entry(COMPENSATIONS, ACCRUED, quote.amount, cause)]
        case e.CompensationCredited(amount=amount):
            return [Entry(ACCRUED, seller(it), amount, f"compensation:{it.id}")]
        case e.CompensationReversed(amount=amount, was_credited=was_credited):
            if was_credited:
                return [Entry(seller(it), COMPENSATIONS, amount, f"decompensation:{it.id}")]
            why = "compensation_reweighed" if event.comment == REWEIGHED else "compensation_undone"
            return [Entry(ACCRUED, COMPENSATIONS, amount, f"{why}:{it.id}:{it.refund.attempt}")]
        case e.ClaimMoved(to="paid", amount=amount, claim="substitution"):
            return [Entry(PAYERS.get(it.claim.payer, FRAUD_FUND), seller(it), amount, f"claim:{_claim(it)}")]
        case e.ClaimMoved(to="reversed", amount=amount, claim="substitution"):
            return [Entry(seller(it), PAYERS.get(it.claim.payer, FRAUD_FUND), amount, f"claim_reversed:{_claim(it)}")]
        case e.ClaimMoved(to="paid", amount=amount):
            return [Entry(CARRIERS, seller(it), amount, f"claim:{_claim(it)}")]
        case e.ClaimMoved(to="reversed", amount=amount):
            return [Entry(seller(it), CARRIERS, amount, f"claim_reversed:{_claim(it)}")]
        case _:
            return []
