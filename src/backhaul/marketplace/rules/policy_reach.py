"""Which returns on their way a number of the policy still decides about: those that have not come past the step that reads it.

A bound that has begun stays as it was told; a number counts for the steps that come after it is in force. Rejected returns whose
customers may still object are not counted: they wait for nobody.
"""

from collections.abc import Iterable

import msgspec

from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Status

_S = Status
ASKED = (_S.NEW, _S.PRE_MODERATION, _S.AWAITING_CUSTOMER)
ANSWERED = (*ASKED, _S.SELLER_REVIEW, _S.OFFER_SENT, _S.SELLER_REVIEW_AFTER_OFFER)
AGREED = (*ANSWERED, _S.DISPUTE)
HANDED_IN = (*AGREED, _S.APPROVED, _S.AWAITING_DROPOFF)
SENT = (*HANDED_IN, _S.ACCEPTED_AT_PVZ)
ARRIVED = (*SENT, _S.ON_THE_WAY)
DECIDED = (*ARRIVED, _S.AT_PARTNER, _S.FOUND_AFTER_CLAIM)
DESTROYED = (*ARRIVED, _S.DISPOSING_BY_MARKETPLACE)

_FIELDS: dict[tuple[Status, ...], tuple[str, ...]] = {
    ASKED: ("answer_days", "customer_reply_days", "photos_min", "photos_max", "videos_max", "video_seconds_max", "video_mb_max",
            "moderation_free_until", "premoderation_price_minor", "premoderation_price_version"),
    ANSWERED: ("answer_reminders_days", "offer_answer_days", "after_offer_days", "offers_max", "auto_refund_below_rub",
               "physical_return_above_rub", "rejection_comment_min_characters", "dispute_open_days", "dispute_decide_days"),
    AGREED: ("dropoff_days",),
    HANDED_IN: ("point_photos_min", "refund_after_acceptance_hours_max", "refund_ceiling_days", "payout_hour"),
    SENT: ("dwell_alarm_days", "transit_eta_days"),
    ARRIVED: ("transit_late_days", "transit_lost_days", "partner_decision_days_min", "found_choice_days", "claim_file_days"),
    DECIDED: ("claim_answer_days", "partner_reminder_days", "partner_reminder_hour"),
    DESTROYED: ("disposal_photos_min", "compensation_credit_day", "compensation_credit_hour", "compensation_due_days",
                "compensation_alarm_day", "weight_objection_days", "exchange_rate_days_max", "variant_c_compensable"),
}  # fmt: skip
REACH: dict[str, tuple[Status, ...]] = {name: statuses for statuses, names in _FIELDS.items() for name in names}
# What these decide about is no return on its way: what is not asked for yet, payouts in files, keys, reports, long work, blocks, keeping, alarms about products, weights that are told.
ELSEWHERE = frozenset({
    "draft_days", "public_address", "gs1_prefix", "refund_attempts_max", "payouts_by_file", "payout_file_csv",
    "payout_file_rows_max", "payout_answer_days", "payout_tries_max", "payout_payer", "payout_account",
    "pickup_returns_enabled_by_country", "key_valid_days", "keys_max", "webhooks_max", "webhook_try_days", "webhook_pause_days",
    "event_keep_days", "report_days", "report_months_max", "report_link_minutes", "reports_max", "block_days",
    "block_appeal_days", "block_appeal_decide_days", "block_level_2_cases_min", "block_comment_min_characters",
    "media_keep_days", "inspection_photos_keep_days", "words_mask_days", "words_keep_days", "mail_keep_days", "key_reminder_days", "staff_second_factor", "reconcile_hour", "break_comment_min_characters",
    "many_returns_times", "many_returns_delivered_min", "many_returns_returned_min",
    "weight_differs_gram", "weight_differs_pct", "job_from_rows", "job_items_max", "jobs_max", "job_days",
})  # fmt: skip


def changed(before: Policy, after: Policy) -> list[str]:
    """The fields in which two policies differ."""
    names = (field.name for field in msgspec.structs.fields(Policy))
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def reached(names: Iterable[str]) -> frozenset[Status]:
    """Where returns stand about which any of these numbers will decide."""
    return frozenset(status for name in names for status in REACH.get(name, ()))
