"""The words of clocks: what each is called, what happens when it passes, how it is counted."""

from backhaul.kit.i18n import N_
from backhaul.marketplace import texts
from backhaul.marketplace.rules.clocks import CARRIER, OF_STATUS, CountedBy
from backhaul.marketplace.rules.words import Status

TITLES = {
    "draft": N_("Send the request"),
    "moderation_answer": N_("Answer of the moderator"),
    "customer_photos": N_("More photos of the customer"),
    "seller_answer": N_("Answer of the seller"),
    "offer_answer": N_("Answer to the offer"),
    "seller_answer_after_offer": N_("Answer of the seller after the declined offer"),
    "dispute_opening": N_("Opening a dispute"),
    "dispute_decision": N_("Decision of the dispute"),
    "drop_off": N_("Handing the product in"),
    "found_choice": N_("Choice after a lost product was found"),
    "point_dwell": N_("Hand-over of the product to the carrier"),
    "transit_late": N_("Arrival in time"),
    "transit_lost": N_("Arrival at all"),
    "partner_decision": N_("Decision at the partner"),
    "refund_run": N_("Sending the refund"),
    "refund_ceiling": N_("Legal limit of the refund"),
    "compensation_credit": N_("Credit of the compensation"),
    "compensation_due": N_("Compensation due"),
    "weight_objection": N_("Objection to the measured weight"),
    "claim_filing": N_("Filing the claim"),
    "claim_answer": N_("Answer of the carrier to the claim"),
}

# What happens when a clock passes.
_OF_STATUS = {
    code: texts.NEXT_BY_CALENDAR[status] for status, (code, *_) in OF_STATUS.items() if status is not Status.APPROVED
}
PASSES = {
    **_OF_STATUS,
    "point_dwell": N_("An alarm is raised: the product waits too long at the pick-up point."),
    "transit_late": N_("The product counts as late."),
    "transit_lost": N_("The product counts as lost, and a claim is drafted."),
    "partner_decision": N_("Without a decision the product is disposed of at the partner, after a hold."),
    "refund_run": N_("The refund is sent to the bank."),
    "refund_ceiling": N_("The refund may not be held any longer."),
    "compensation_credit": N_("The compensation is credited to the seller."),
    "compensation_due": N_("The compensation is overdue."),
    "weight_objection": N_("The measured weight counts if nobody objects by then."),
    "claim_filing": N_("The claim lapses if it is not filed by then."),
    "claim_answer": N_("An alarm is raised: the carrier has not answered."),
}

COUNTED = {
    CountedBy.END_OF_DAY: N_("Until the end of day {number}, Moscow time; the day of the event is day 0."),
    CountedBy.LONGER_OF: N_("Until the end of day {number}, Moscow time, and never less than {number} times 24 hours."),
    CountedBy.AT_HOUR: N_("At a full hour, Moscow time."),
    CountedBy.ELAPSED: N_("By days of 24 hours and hours from the event, to the second."),
}

IN_TIME = N_("{what}: {who}, {at}.")
RAN_OUT = N_("{what}, because the time was over: {clock}, until {until}.")
WHOSE = {**texts.ROLE_LABELS, CARRIER: N_("Carrier")}
