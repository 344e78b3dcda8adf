"""The words of charges, invoices and payments, and of what is refused about them."""

from backhaul.kit.i18n import N_, Message

INVOICE_LABELS = {
    "open": N_("To be paid"),
    "overdue": N_("Overdue invoice"),
    "disputed": N_("Disputed"),
    "paid": N_("Paid in full"),
}
DISPUTE_LABELS = {
    "open": N_("Waits for a decision"),
    "refused": N_("Refused"),
    "credited": N_("Credit note issued"),
}
OUTCOME_LABELS = {
    "matched": N_("Matched to an invoice"),
    "unmatched": N_("Not matched"),
    "known": N_("Recorded before"),
    "unreadable": N_("Not readable"),
}
BILLING_TABS = {
    "overdue": N_("Overdue invoices"),
    "disputes": N_("Disputed lines"),
    "payments": N_("Payments"),
    "unbilled": N_("Unbilled services"),
    "invoices": N_("All invoices"),
    "earnings": N_("Services"),
}

FIELD_LABELS = {
    "amount": N_("Amount"),
    "currency": N_("Currency"),
    "reference": N_("Reference of the bank"),
    "date": N_("Date of the payment"),
    "invoice": N_("Invoice number"),
    "line": N_("Line"),
    "month": N_("Month"),
}

REFUSALS: dict[str, Message] = {
    "price_changed": N_("The price has changed: you saw {seen}, now it is {price}. Nothing was charged; look again."),
    "invoice_overdue": N_(
        "Shipping waits: the invoice {invoice} was due by {due} and is not paid. Everything else goes on."
    ),
    "dispute_window_closed": N_("Lines of this invoice could be disputed until {until}."),
    "line_disputed_once": N_("This line was disputed before. A line can be disputed once."),
    "line_credited_already": N_("This line is credited in full already."),
    "line_in_dispute": N_("This line is in dispute. Decide the dispute to credit it."),
    "dispute_decided": N_("This dispute is decided already."),
    "credit_beyond_line": N_("A line cannot be credited beyond its amount. At most: {most}."),
    "payment_known": N_("A payment with this reference is recorded already."),
    "reference_taken": N_("This reference is recorded already, with another amount."),
    "other_currency": N_("The invoice and the payment are in different currencies. Needed: {wanted}."),
    "date_unreadable": N_("The date is written as 2024-11-05."),
    "amount_unreadable": N_("The amount is written as 352.50 and is more than nothing."),
    "currency_unknown": N_("The currency is written with three letters, as CNY."),
    "reference_needed": N_("A reference of at most 80 characters is needed."),
    "month_unreadable": N_("The month is written as 2024-10."),
    "statement_unreadable": N_("The first line of the file must name the columns: {columns}."),
    "statement_too_long": N_("A file may have at most {rows_max} lines."),
    "seller_needed": N_("Choose a seller."),
}
