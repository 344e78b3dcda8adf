"""The words of reconciliation: kinds and states of breaks, why each is one, what can be wrong with a file, the text of a dispute."""

from backhaul.kit import i18n
from backhaul.kit.days import last_moment
from backhaul.kit.i18n import N_, Message, ngettext
from backhaul.kit.money import Money
from backhaul.marketplace.rules.findings import BreakKind, Finding
from backhaul.marketplace.rules.versions import Fault

KINDS = {
    "refund_without_acceptance": N_("Refund without acceptance"),
    "compensation_late": N_("Compensation late"),
    "compensation_missing": N_("Compensation missing"),
    "compensated_twice": N_("Compensated twice"),
    "missing_reversal": N_("Missing reversal"),
    "unknown_unit": N_("Unknown unit"),
    "not_arrived": N_("Charged before it arrived"),
    "charged_after_disposal": N_("Charged after disposal"),
    "storage_beyond_departure": N_("Storage beyond departure"),
    "duplicate_storage": N_("Duplicate storage"),
    "duplicate_charge": N_("Duplicate charge"),
    "amount_differs": N_("Amount differs"),
}
STATUSES = {
    "open": N_("Unsettled"),
    "explained": N_("Explained"),
    "claimed": N_("Claimed"),
    "closed": N_("Closed"),
}
TONES = {"open": "bad", "explained": "warn", "claimed": "warn", "closed": "good"}
INVOICE_STATUSES = {"current": N_("Counts"), "replaced": N_("Replaced")}

SHEET = N_("Breaks")

WHY: dict[str, Message] = {
    # Books
    "refund": N_(
        "The books say that the customer was paid, but no pick-up point has accepted the product and nobody has agreed to a refund without return."
    ),
    "recovery": N_(
        "More was paid to the seller for this product than is allowed: compensation and claim exclude each other, and together they never exceed its price."
    ),
    "not_credited_yet": N_("The compensation was due by {due} and has not been credited yet."),
    "credited_late": N_("The compensation was due by {due} and was credited on {until}."),
    "compensation_missing": N_(
        "The quoted compensation was due by {due}. Neither it nor a claim instead of it has been booked."
    ),
    "compensation_without_refund": N_(
        "The compensation stands in the books although the refund to the customer came back. It is taken back, or the refund is sent again."
    ),
    "refund_not_reversed": N_("The refund is not out, but the entry that takes it back is missing."),
    "owed_not_reversed": N_(
        "The seller is charged with a refund that is not owed any more: the entry that takes it back is missing."
    ),
    "compensation_not_reversed": N_(
        "The compensation is not due any more, but the entry that takes it back is missing."
    ),
    "claim_not_reversed": N_("The claim is not paid any more, but the entry that takes the payment back is missing."),
    "refund_not_booked": N_("The refund was sent, but the books show less."),
    "owed_not_booked": N_("A refund is owed, but the seller is charged with less."),
    "compensation_not_booked": N_("The compensation was credited, but the books show less."),
    "claim_not_booked": N_("The claim was paid, but the books show less."),
    "finding_overturned": N_(
        "An appeal has decided that the product was no substitution, but the claim that was paid for it has not been taken back."
    ),
    "lost_unit_came": N_(
        "A claim was paid for a lost product. The product came after all, and the payment has not been taken back."
    ),
    # Invoices
    "unknown_unit": N_("The return {number} is unknown here, or it is another seller's."),
    "not_arrived": N_("“{service}” is charged for a product that has not come to the partner."),
    "before_arrival": N_("“{service}” is charged on {since}, before the product came on {until}."),
    "charged_after_disposal": N_("“{service}” is charged on {since}, after the product was disposed of on {until}."),
    "stored_after_disposal": ngettext(
        "{days} day of storage is charged after the product was disposed of on {until}.",
        "{days} days of storage are charged after the product was disposed of on {until}.",
        "days",
    ),
    "storage_beyond_departure": ngettext(
        "{days} day of storage is charged after the product left the partner on {until}.",
        "{days} days of storage are charged after the product left the partner on {until}.",
        "days",
    ),
    "duplicate_storage": ngettext(
        "{days} day of this storage is charged already on line {line} of the invoice {invoice}.",
        "{days} days of this storage are charged already on line {line} of the invoice {invoice}.",
        "days",
    ),
    "duplicate_charge": N_(
        "“{service}” is charged once for a product, and is charged already on line {line} of the invoice {invoice}."
    ),
    "does_not_multiply": N_("Quantity by price gives another amount than the one that is charged."),
    "other_days": ngettext(
        "By its dates this storage lasted {days} day; another number of days is charged.",
        "By its dates this storage lasted {days} days; another number of days is charged.",
        "days",
    ),
    "other_price": N_("The price list that the line names has another price for “{service}”."),
    "other_currency": N_("The price list that the line names is in another currency."),
}

EVENTS = {
    "BreakFound": N_("Found"),
    "BreakChanged": N_("Found with other amounts"),
    "BreakCameBack": N_("Found again"),
    "BreakExplained": N_("Explained"),
    "BreakClosed": N_("Closed"),
    "BreakClaimed": N_("Claim filed"),
    "BreakDisputed": N_("Disputed with the partner"),
    "BreakGone": N_("Closed by itself: books, papers and facts agree now"),
}
LINE = N_("Invoice {invoice}, line {line}")
# Label and hint of what a person can do.
ACTS = {
    "Explain": (N_("Explain it"), N_("It is right as it is, or will be. Say why.")),
    "Claim": (N_("File the claim"), N_("Files the claim of this return for the full price.")),
    "Dispute": (
        N_("Dispute the line"),
        N_("Send these words to the partner, or paste them into its page of the invoice. They are kept here."),
    ),
    "Close": (N_("Close it"), N_("Nothing more will be done about it. Say why.")),
}

SERVICES = {
    "receipt": N_("Receipt at the warehouse"),
    "media": N_("Photo set"),
    "ship_ru": N_("Shipment to Russia"),
    "ship_cn": N_("Shipment to China"),
    "ship_hk": N_("Shipment to Hong Kong"),
    "storage": N_("Storage"),
    "disposal": N_("Disposal"),
}

FAULTS: dict[str, Message] = {
    "file_too_large": N_("The file is larger than {kb_max} KB."),
    "file_empty": N_("The file is empty."),
    "not_utf8": N_("The file is no UTF-8 text: save it as CSV UTF-8."),
    "not_json": N_("This is no JSON: {reason}."),
    "not_csv": N_("This is no CSV: {reason}."),
    "not_a_price_list": N_("This is no price list: {reason}."),
    "no_lines": N_("This JSON has no list of lines."),
    "line_no_object": N_("Line {row}: this is no line of an invoice."),
    "column_missing": N_("The column {column} is missing."),
    "column_twice": N_("A column stands twice in the header."),
    "row_length": N_("Line {row}: {cells} cells, but there are {columns} columns."),
    "too_many_lines": N_("There are more than {lines_max} lines."),
    "invoices_several": N_("The lines name more than one invoice."),
    "invoice_unnamed": N_("The file does not name the invoice, or its number does not fit: type it in."),
    "revision_invalid": N_("The revision is a number from 1 to 9999, the same in every line."),
    "currencies_several": N_("An invoice has one currency; here are {currencies}."),
    "value_missing": N_("Line {row}, {column}: nothing stands here."),
    "value_unreadable": N_("Line {row}, {column}: “{value}” does not fit here."),
}

DISPUTE = N_(
    "Invoice {invoice}, line {line}: {service}, return {number}. {why} Charged: {charged}, right: {expected}. Please credit the difference of {difference}."
)


def service(code: str, language: str) -> str:
    """A service of the partner in words; one that we have no words for as it is called there."""
    return i18n.gettext(language, SERVICES.get(code, "")) or code


def why(it: Finding, language: str) -> str:
    """What is wrong, in the reader's language."""
    facts = {
        "number": it.return_number, "service": service(it.service, language), "since": i18n.day(it.since, language),
        "until": "" if it.until is None else i18n.day(it.until, language), "days": it.days,
        "invoice": it.other_invoice, "line": it.other_line,
        "due": i18n.moment(last_moment(it.since), language),
    }  # fmt: skip
    if it.kind is BreakKind.COMPENSATION_LATE and it.until is not None:
        facts["until"] = i18n.moment(it.until, language)
    return i18n.sentence(language, WHY[it.why], facts)


def line(it: Finding, language: str) -> str:
    """Which line of which invoice it is about; nothing where it is about the books."""
    return i18n.sentence(language, LINE, {"invoice": it.invoice, "line": it.line}) if it.invoice else ""


def dispute(it: Finding, language: str) -> str:
    """What the partner is written about a line: which one, what is wrong, what would be right."""
    charged, expected = it.partner or Money(0), it.expected or Money(0, (it.partner or Money(0)).currency)
    facts = {
        "invoice": it.invoice, "line": it.line, "service": service(it.service, language), "number": it.return_number,
        "why": why(it, language), "charged": charged, "expected": expected, "difference": charged - expected,
    }  # fmt: skip
    return i18n.sentence(language, DISPUTE, facts)


def fault(it: Fault, language: str) -> str:
    """What is wrong with a file, in the reader's language."""
    return i18n.sentence(language, FAULTS[it.code], it.facts)
