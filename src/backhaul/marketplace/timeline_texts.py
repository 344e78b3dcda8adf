"""The words of the timeline: what its lines are about, and what stands in them."""

from collections.abc import Mapping

from backhaul.kit.i18n import N_
from backhaul.marketplace import texts
from backhaul.marketplace.rules.timeline import Kind

KIND_LABELS = {
    Kind.REQUEST: N_("Request"),
    Kind.GOODS: N_("Goods on their way"),
    Kind.WAREHOUSE: N_("At the partner's warehouse"),
    Kind.MONEY: N_("Money"),
    Kind.CLAIM: N_("Claims"),
    Kind.REMINDER: N_("Reminders"),
    Kind.MESSAGE: N_("Messages"),
}

# Fields of events that a line shows, in this order, with what they are called.
FACTS = {
    "reason": N_("Reason"),
    "route_chosen": N_("Route"),
    "route": N_("Route"),
    "amount": N_("Amount"),
    "charge": N_("Amount"),
    "quote": N_("Compensation for the disposal"),
    "attempt": N_("Attempt"),
    "point_id": N_("Pick-up point"),
    "weight_gram": N_("Weight"),
    "seal": N_("Seal number"),
    "carrier": N_("Carrier"),
    "waybill": N_("Waybill"),
    "warehouse": N_("Warehouse"),
    "mark": N_("Inspection"),
    "defect": N_("Defect"),
    "destination": N_("Destination"),
    "method": N_("Method"),
    "certificate": N_("Disposal certificate"),
    "payer": N_("Who pays"),
    "photos": N_("Photos"),
    "eta": N_("Expected"),
    "send_at": N_("Is sent on"),
    "credit_at": N_("Is credited on"),
    **dict.fromkeys(
        (
            "draft_until", "answer_by", "reply_by", "dispute_by", "dropoff_by", "seller_until", "decide_by", "choose_by",
            "object_by", "file_by", "due_by",
        ),
        N_("Until"),
    ),
}  # fmt: skip
BOUNDS = frozenset(name for name, label in FACTS.items() if label == FACTS["due_by"])
CODES: dict[str, Mapping[str, str]] = {
    "route_chosen": texts.ROUTE_LABELS, "route": texts.ROUTE_LABELS, "mark": texts.MARK_LABELS,
    "method": texts.METHOD_LABELS, "payer": texts.PAYERS,
}  # fmt: skip

LEFT_OUT = N_("Messages before this one are not shown here")
RAN_OUT = N_("The time was over: {clock}, until {until}. {counted}")
REMINDED = N_("A reminder before the time is over: {clock}, until {until}.")
AT_ITS_HOUR = N_("Its hour had come: {clock}, {until}. {counted}")
BY_TODAY = N_("This time is counted by the rules of today; others held when it began.")
FOLLOWS = N_("It follows from “{what}” at the same moment.")
NOBODY_ASKED = N_("The calendar does this by itself; nobody has to ask for it.")

# What support wrote, by whom it was written to.
WRITTEN = {
    "customer": N_("Support wrote to the customer"),
    "seller": N_("Support wrote to the seller"),
}
