"""The words of the ledger: accounts, and what an entry is by its cause."""

from backhaul.kit import i18n
from backhaul.kit.i18n import N_
from backhaul.marketplace.rules import chart

ACCOUNTS = {
    chart.BANK: N_("Bank"),
    chart.CARRIERS: N_("Claims on carriers"),
    chart.SELLERS: N_("Account of seller {party}"),
    chart.OWED: N_("Refunds owed to customers"),
    chart.IN_TRANSIT: N_("Refunds on their way to the bank"),
    chart.ACCRUED: N_("Compensation accrued, not yet credited"),
    chart.PRE_MODERATION: N_("Income from pre-moderation"),
    chart.COMPENSATIONS: N_("Compensation for disposal"),
    chart.FRAUD_FUND: N_("Fraud fund"),
    chart.POINT_FAULTS: N_("Faults of pick-up points"),
}
A_SELLER = N_("Seller")
OF_CUSTOMER = N_("Refunds of customer {party}")
OF_CARRIER = N_("Claims on carrier {party}")
NO_CARRIER = N_("Carrier not named")
EXPLANATIONS = {
    chart.SELLERS: N_("What the marketplace owes the seller: refunds lower it, compensation and claims raise it."),
    chart.OWED: N_("What customers are still to receive: a refund raises it, its sending lowers it."),
    chart.IN_TRANSIT: N_("What has left for the bank and is not answered yet: neither owed nor paid."),
    chart.CARRIERS: N_("What carriers owe the marketplace for claims that it has paid to sellers."),
}
# By the first word of a cause.
ENTRIES = {
    "pre_moderation": N_("Pre-moderation of a request"),
    "refund_owed": N_("Refund owed to the customer"),
    "refund_cancelled": N_("Refund cancelled"),
    "refund": N_("Refund sent"),
    "refund_confirmed": N_("Refund confirmed by the bank"),
    "refund_failed": N_("Refund came back"),
    "compensation_accrual": N_("Compensation accrued"),
    "compensation": N_("Compensation credited"),
    "compensation_undone": N_("Accrual of a compensation taken back"),
    "compensation_reweighed": N_("Accrual replaced after a measured weight"),
    "decompensation": N_("Compensation taken back"),
    "claim": N_("Claim paid"),
    "claim_reversed": N_("Payment of a claim taken back"),
}


def account_name(code: str, language: str) -> str:
    """An account in the reader's language; what no chart names as it is."""
    kind = chart.CHART.kind(code)
    if kind is None or kind.code not in ACCOUNTS:
        return code
    return i18n.sentence(language, ACCOUNTS[kind.code], {"party": code.removeprefix(kind.code)})


def counter_name(code: str, language: str) -> str:
    """The account on the other side of an entry; without its party it is the family."""
    return i18n.gettext(language, A_SELLER) if code == chart.SELLERS else account_name(code, language)


def entry_name(cause: str, language: str) -> str:
    """What an entry is."""
    word = cause.partition(":")[0]
    return i18n.gettext(language, ENTRIES[word]) if word in ENTRIES else word
