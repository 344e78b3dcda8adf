"""Words of the queues of staff and of their filters."""

from collections.abc import Mapping

from backhaul.kit import i18n
from backhaul.kit.i18n import N_
from backhaul.marketplace import texts
from backhaul.marketplace.filter_texts import Chip
from backhaul.marketplace.queue_filters import Said
from backhaul.marketplace.rules.outcomes import Queue

QUEUES = {
    Queue.REQUESTS: N_("Pre-moderation"),
    Queue.DISPUTES: N_("Disputes"),
    Queue.PHOTOS: N_("Waiting for the customer"),
}
NOTHING = {
    Queue.REQUESTS: N_("No request waits for you."),
    Queue.DISPUTES: N_("There is no open dispute."),
    Queue.PHOTOS: N_("No photos are awaited."),
}
LABELS = {
    "seller": N_("Seller number"),
    "reason_group": N_("Reason"),
    "within_hours": N_("Hours left, up to"),
    "price_from": N_("Price from, RUB"),
    "repeated": N_("Asked for before"),
    "kind": N_("Claim"),
    "state": N_("State"),
    "carrier": N_("Carrier"),
    "within_days": N_("Days left, up to"),
    "level": N_("Block"),
}
CHOICES: Mapping[str, Mapping[str, str]] = {
    "reason_group": texts.REASON_GROUPS,
    "repeated": {"yes": N_("Yes")},
    "kind": texts.CLAIM_KINDS,
    "state": texts.CLAIM_LABELS,
    "level": texts.BLOCK_STATUSES,
}
REJECTED_BY = {
    "seller": N_("By the seller"),
    "moderator": N_("In the pre-moderation"),
}
# Whose photos the evidence of a claim lacks.
LACKS = {
    "point": N_("No photo of the pick-up point"),
    "inspection": N_("No photo of the inspection"),
}


def chips(wanted: Said, path: str, language: str, **more: str) -> list[Chip]:
    """What is set, each with a way to take it away."""
    found = []
    for name, value in wanted.said.items():
        said = i18n.gettext(language, CHOICES[name].get(value, value)) if name in CHOICES else value
        found.append(Chip(i18n.gettext(language, LABELS[name]), said, wanted.without(name).address(path, **more)))
    return found
