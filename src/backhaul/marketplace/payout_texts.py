"""The words of payouts and bank statements: states, what an entry says, and why it fits nothing."""

from backhaul.kit.i18n import N_

BATCH_STATES = {
    "leaving": N_("On its way to the bank"),
    "handed_over": N_("Handed over"),
    "in_doubt": N_("In doubt"),
    "refused": N_("Refused by the bank"),
    "answered": N_("Answered"),
}
BATCH_TONES = {"answered": "good", "in_doubt": "warn", "refused": "bad"}
PAYOUT_STATES = {
    "waiting": N_("Waits for a file"),
    "sent": N_("With the bank"),
    "in_doubt": N_("In doubt"),
    "paid": N_("Paid out"),
    "failed": N_("Not paid"),
}
PAYOUT_TONES = {"paid": "good", "in_doubt": "warn", "failed": "bad"}
KINDS = {
    "booked": N_("Booked by the bank"),
    "returned": N_("Came back"),
    "rejected": N_("Rejected"),
    "pending": N_("Not booked yet"),
}
OUTCOMES = {
    "waiting": N_("Being read"),
    "applied": N_("Applied"),
    "agreed": N_("Known already"),
    "break": N_("Fits nothing"),
}
OUTCOME_TONES = {"applied": "good", "break": "warn"}
ANSWERS = {
    "stopped": N_("The work was interrupted while the file was handed over."),
    "no_answer": N_("The bank has not answered in time."),
}
MISFITS = {
    "unreadable": N_("It cannot be read."),
    "unknown_key": N_("No payout has this key."),
    "wrong_amount": N_("The amount is another one."),
    "wrong_currency": N_("The currency is another one."),
    "future_date": N_("Its date is in the future."),
    "not_booked": N_("It is not booked yet."),
    "duplicate_entry": N_("It was in an earlier statement."),
    "reference_taken": N_("Another entry has this reference."),
    "never_sent": N_("This payout has not left yet."),
    "paid_twice": N_("It was paid before: the money left twice."),
    "paid_after_failure": N_("This refund counts as failed, and the bank paid it."),
    "rejected_after_payment": N_("It was paid before, and is rejected now."),
    "returned_twice": N_("It came back before."),
    "maybe_paid": N_("It was rejected, but the bank may have taken it at an earlier try. See whether it was paid."),
    "refused": N_("The state of the return does not allow it."),
}
# Why a file as a whole is no bank statement.
UNREADABLE = {
    "document_type": N_("it declares a document type, which bank statements never do."),
    "too_large_inside": N_("it has too many elements, or they are nested too deeply."),
    "another_message": N_("it is neither camt.053 nor pain.002."),
    "not_xml": N_("it is no well-formed XML, or its encoding is not what it says."),
    "not_utf8": N_("it is neither XML nor text in UTF-8."),
    "columns": N_("its first line must name date, amount, currency, reference and end_to_end_id."),
    "not_csv": N_("it is no CSV."),
}
