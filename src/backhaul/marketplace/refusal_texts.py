"""A refusal of this house in words: fields by their labels, states and acts in their words."""

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.marketplace import payout_texts, texts

# The codes that stand in the facts of a refusal, in words.
WORDS: http.Words = {
    "state": texts.STATUS_LABELS,
    "role": texts.ROLE_LABELS,
    "route": texts.ROUTE_LABELS,
    "batch": payout_texts.BATCH_STATES,
    "why_unreadable": payout_texts.UNREADABLE,
    "allowed": {name: label for name, (label, _) in texts.COMMAND_LABELS.items()},
}


def explain(refused: Refused, language: str) -> str:
    """For people."""
    return http.explain(refused, language, texts_for(refused), texts.FIELD_LABELS, WORDS)


def texts_for(refused: Refused) -> http.Texts:
    """The sentences by code, among them the one for this refusal."""
    nothing_open = refused.code == "not_in_this_state" and not refused.facts.get("allowed")
    return {refused.code: texts.NOT_IN_THIS_STATE} if nothing_open else texts.REFUSALS
