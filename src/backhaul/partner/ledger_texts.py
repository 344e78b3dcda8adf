"""The words of the partner's ledger: accounts, and what an entry is by its cause."""

from backhaul.kit import i18n
from backhaul.kit.i18n import N_
from backhaul.partner import texts
from backhaul.partner.rules import chart

ACCOUNTS = {
    chart.BANK: N_("Bank"),
    chart.RECEIVABLE: N_("Owed by seller {party}"),
    chart.VAT: N_("Value added tax to pay"),
    chart.UNMATCHED: N_("Payments without an invoice"),
    chart.PREPAID_BY_COMPANY: N_("Credit of company {party}"),
    chart.PREPAID_BY_SELLER: N_("Credit of seller {party}"),
    chart.INCOME: N_("Income: {party}"),
}
EXPLANATIONS = {
    chart.RECEIVABLE: N_("What the seller owes: services raise it, payments and credit notes lower it."),
    chart.PREPAID_BY_COMPANY: N_("What was paid beyond all invoices; it pays the next ones."),
    chart.PREPAID_BY_SELLER: N_("What was paid beyond all invoices; it pays the next ones."),
}
# By the first word of a cause.
ENTRIES = {
    "receipt": N_("Receipt at the warehouse"),
    "media": N_("Photo set"),
    "shipping": N_("Shipment"),
    "storage": N_("Storage"),
    "disposal": N_("Disposal"),
    "vat": N_("Value added tax of an invoice"),
    "payment": N_("Payment received"),
    "matched": N_("Payment matched to an invoice"),
    "applied": N_("Credit used for an invoice"),
    "credit": N_("Credit note"),
    "credit_vat": N_("Value added tax of a credit note"),
    "overpaid": N_("Credit beyond the invoice"),
}


def account_name(code: str, language: str) -> str:
    """An account in the reader's language; what no chart names as it is."""
    kind = chart.CHART.kind(code)
    if kind is None or kind.code not in ACCOUNTS:
        return code
    party = code.removeprefix(kind.code)
    if kind.code == chart.INCOME and party in texts.SERVICE_LABELS:
        party = i18n.gettext(language, texts.SERVICE_LABELS[party])
    return i18n.sentence(language, ACCOUNTS[kind.code], {"party": party})


def entry_name(cause: str, language: str) -> str:
    """What an entry is."""
    word = cause.partition(":")[0]
    return i18n.gettext(language, ENTRIES[word]) if word in ENTRIES else word
