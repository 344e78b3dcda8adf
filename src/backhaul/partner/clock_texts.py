"""The words of a parcel's deadlines and of where it stands (`rules/clocks.py`, `rules/explaining.py`)."""

from backhaul.kit.i18n import N_, Message
from backhaul.partner.texts import CLOCK_LABELS

CLOCKS = {
    "decision": N_("Time to decide"),
    "reminder": N_("Reminder of the deadline"),
    "collection": N_("Time to collect the unit"),
    "undo": N_("Time to take the disposal back"),
    "media_order": N_("Photos ordered by then lengthen the time to decide when they are late"),
    "media": N_("Ordered photos or video"),
    "gate_check": N_("Gate check"),
    "inspection": N_("Full check"),
    "claim_review": N_("Review of the claim"),
    "shipment": N_("Unit leaves the warehouse"),
    "address": N_("Waiting time of a new address"),
    "pictures": N_("Pictures of the unit are kept"),
}
# What happens when a deadline passes.
THEN = {
    **CLOCK_LABELS,
    "late": N_("It is late. Nothing happens by itself."),
    "deadline_moves": N_("Each day that they are late is given back: the time to decide grows."),
    "no_longer_in_time": N_("Photos can still be ordered, but the time to decide does not grow when they are late."),
    "usable": N_("Units may be shipped to this address, once a second person has confirmed it."),
    "deleted": N_("Pictures and videos of the unit are deleted, unless a claim or dispute holds them."),
}
# Where a parcel stands and whose turn it is.
NOW: dict[str, Message] = {
    "now_expected": N_("It is on its way here. The time to decide begins with the arrival scan."),
    "now_lost": N_(
        "The marketplace says that it is lost, since {lost_at}. If it comes after all, the time to decide begins then."
    ),
    "now_undecided": N_("It waits for the seller's decision."),
    "now_to_ship": N_(
        "The decision is {decision}: the warehouse packs it next. The seller can change that until then."
    ),
    "now_to_collect": N_("It is kept for a collector, who can come until {until}. The seller can decide anew."),
    "now_disposal_held": N_(
        "Disposal is decided. The seller can take it back until {hold_until}, and until the work begins."
    ),
    "now_to_destroy": N_("The warehouse may destroy it. Until it is taken off the shelf, this can be stopped."),
    "now_missed": N_("Nobody decided in time. A supervisor can give more time; it may be destroyed from {hold_until}."),
    "now_being_destroyed": N_("It is taken off the shelf to be destroyed."),
    "now_label_printed": N_("The shipping label is printed and the decision locked: it goes to the carrier next."),
    "now_dispatched": N_("It is on the way with {carrier}, tracking number {tracking}."),
    "now_lost_on_the_way": N_(
        "The carrier {carrier} lost the shipment. If it turns up, its delivery is confirmed as ever."
    ),
    "now_picked_up": N_("It was handed over to the collector on {at}."),
    "now_delivered": N_("It was delivered on {at}."),
    "now_disposed": N_("It was destroyed on {at}, certificate {certificate}."),
}
