"""Words for the figures of the overview."""

from backhaul.kit.i18n import N_

STAGES = {
    "answer": N_("Request to answer"),
    "drop_off": N_("Approval to drop-off"),
    "dispatch": N_("Acceptance to dispatch"),
    "transit": N_("Dispatch to arrival"),
    "inspection": N_("Arrival to mark"),
    "decision": N_("Arrival to decision"),
    "completion": N_("Decision to completion"),
}
PASSED = {
    "answer": N_("Requests that were not answered"),
    "decision": N_("Products that nobody decided about"),
}
OPTIONS = {
    "compensation": N_("Disposal by the marketplace, with compensation"),
    "ship": N_("Shipped to your address"),
    "pickup": N_("Picked up by you"),
    "dispose": N_("Disposal by the partner"),
}
ROUTES = {
    "A": N_("Disposal with compensation"),
    "B": N_("Logistics partner"),
    "": N_("Stays with the customer"),
}
