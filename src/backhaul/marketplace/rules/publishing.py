"""The law of changing the policy: which values make sense together."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from backhaul.kit import digital_link
from backhaul.kit.days import KEEP_DAYS_MAX, YEARS, beyond_calendars
from backhaul.marketplace.rules.policy import Policy

# Of each pair the first may not be greater than the second.
IN_ORDER = (
    ("photos_min", "photos_max"),
    ("transit_eta_days", "transit_late_days"),
    ("transit_late_days", "transit_lost_days"),
    ("compensation_credit_day", "compensation_due_days"),
    ("webhook_try_days", "webhook_pause_days"),
    ("webhook_pause_days", "event_keep_days"),
    ("words_mask_days", "words_keep_days"),
)
# Somebody may still want the photos in these times: they are not deleted before.
EVIDENCE_DAYS = ("dispute_open_days", "block_appeal_days", "claim_file_days")
COUNTRY_LETTERS = 2
# Without these nothing would ever leave, or everything would be alarming; a file is made in one transaction.
AT_LEAST_ONE = (
    "payout_file_rows_max", "payout_tries_max", "refund_attempts_max", "many_returns_times", "many_returns_delivered_min",
    "many_returns_returned_min",
)  # fmt: skip
PAYOUT_ROWS_MAX = 10_000
# As the bank's message has them.
TEXT_CHARACTERS_MAX = {"payout_payer": 140, "payout_account": 34, "premoderation_price_version": 80}
WEBHOOKS_MAX = 100  # as many as a list of them shows


def misfits(policy: Policy) -> Iterator[str]:
    """The fields whose values do not make sense. That each is within its own range is seen to already."""
    yield from beyond_calendars(msgspec.structs.asdict(policy))
    if policy.webhooks_max > WEBHOOKS_MAX:
        yield "webhooks_max"
    for low, high in IN_ORDER:
        if getattr(policy, low) > getattr(policy, high):
            yield high
    evidence_days = max(getattr(policy, name) for name in EVIDENCE_DAYS)
    for name in ("media_keep_days", "inspection_photos_keep_days", "words_keep_days"):
        if not evidence_days <= getattr(policy, name) <= KEEP_DAYS_MAX:
            yield name
    yield from (field for field in AT_LEAST_ONE if getattr(policy, field) < 1)
    if policy.payout_file_rows_max > PAYOUT_ROWS_MAX:
        yield "payout_file_rows_max"
    for field, most in TEXT_CHARACTERS_MAX.items():
        text = getattr(policy, field)
        if not text.strip() or len(text) > most or not text.isprintable():
            yield field
    yield from digital_link.misfits(policy.public_address, policy.gs1_prefix)
    if not all(_is_country(code) for code in policy.pickup_returns_enabled_by_country):
        yield "pickup_returns_enabled_by_country"
    try:
        free_until = datetime.fromisoformat(policy.moderation_free_until)
    except ValueError:
        free_until = None
    if free_until is None or free_until.tzinfo is None or free_until.year not in YEARS:
        yield "moderation_free_until"


def _is_country(code: str) -> bool:
    return len(code) == COUNTRY_LETTERS and code.isascii() and code.isalpha() and code.isupper()
