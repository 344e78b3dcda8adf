"""The numbers of the policy in words, as the page for publishing a version shows them."""

from backhaul.kit.i18n import N_
from backhaul.kit.terms_form import Topic

POLICY_LABELS = {
    "answer_days": N_("Days that a seller or moderator has to answer a request"),
    "answer_reminders_days": N_("Reminders so many days before the end of the time to answer"),
    "customer_reply_days": N_("Days that a customer has to send more photos"),
    "draft_days": N_("Days that a draft is kept"),
    "offer_answer_days": N_("Days that a customer has to answer an offer"),
    "after_offer_days": N_("Days that a seller has after an offer was declined"),
    "offers_max": N_("Offers for one request, at most"),
    "auto_refund_below_rub": N_("Undecided orders below this price are refunded, in roubles"),
    "physical_return_above_rub": N_("After an offer only products above this price come back, in roubles"),
    "rejection_comment_min_characters": N_("Characters of an explanation, at least"),
    "dispute_open_days": N_("Days to open a dispute"),
    "dispute_decide_days": N_("Days to decide a dispute"),
    "dropoff_days": N_("Days to hand the product in"),
    "photos_min": N_("Photos of a request, at least"),
    "photos_max": N_("Photos of a request, at most"),
    "videos_max": N_("Videos of a request, at most"),
    "video_seconds_max": N_("Seconds of a video, at most"),
    "video_mb_max": N_("Megabytes of a video, at most"),
    "media_keep_days": N_("Days that photos and videos of customers are kept after the end of a return"),
    "point_photos_min": N_("Photos at the pick-up point, at least"),
    "payout_hour": N_("Hour of the daily payout run, Moscow time"),
    "refund_after_acceptance_hours_max": N_("Hours from acceptance to the refund, at most"),
    "refund_ceiling_days": N_("Days from the request to the refund that the law allows"),
    "transit_eta_days": N_("Days on the way that are expected"),
    "transit_late_days": N_("Days on the way after which a product is late"),
    "transit_lost_days": N_("Days on the way after which a product is lost"),
    "partner_decision_days_min": N_("Days to decide at the partner, at least"),
    "found_choice_days": N_("Days to choose when a lost product was found after the payment"),
    "claim_file_days": N_("Days to file a claim"),
    "compensation_credit_day": N_("Day after the refund on which a compensation is credited"),
    "compensation_credit_hour": N_("Hour of that day, Moscow time"),
    "compensation_due_days": N_("Days after the refund by which a compensation is due"),
    "variant_c_compensable": N_("Sellers from China, Hong Kong and elsewhere may choose disposal with compensation"),
    "pickup_returns_enabled_by_country": N_("Countries whose sellers' products can be returned to pick-up points"),
    "moderation_free_until": N_("The pre-moderation is free for requests before this instant"),
    "premoderation_price_minor": N_("Price of the pre-moderation of a request, in kopecks"),
    "premoderation_price_version": N_("Version of that price: sellers agree to each version anew"),
    "key_valid_days": N_("Days that an API key is valid"),
    "key_reminder_days": N_("Reminders so many days before an API key expires"),
    "partner_reminder_days": N_("Reminders so many days before the last day to decide at the partner"),
    "partner_reminder_hour": N_("Hour of those reminders, Moscow time"),
    "disposal_photos_min": N_("Photos of a destruction, at least"),
    "keys_max": N_("Active API keys of a seller, at most"),
    "dwell_alarm_days": N_("Days at the pick-up point after which an alarm is raised"),
    "webhooks_max": N_("Webhooks of a seller, at most"),
    "webhook_try_days": N_("Days that a message to a webhook is tried"),
    "webhook_pause_days": N_("Days of failures after which a webhook is paused"),
    "event_keep_days": N_("Days that events and their deliveries are kept"),
    "report_days": N_("Days that a report is kept"),
    "report_months_max": N_("Months that one report covers, at most"),
    "report_link_minutes": N_("Minutes that a link to a report is valid"),
    "reports_max": N_("Reports of a seller, at most"),
    "block_days": N_("Days that a customer's block lasts, at most"),
    "block_appeal_days": N_("Days to appeal against a block"),
    "block_appeal_decide_days": N_("Days to decide an appeal"),
    "block_level_2_cases_min": N_("Confirmed cases that level 2 of a block needs, at least"),
    "block_comment_min_characters": N_("Characters of an appeal and of its answer, at least"),
}

# What stands together on the page; a field that no topic names stands under "Other".
POLICY_TOPICS = (
    Topic("decisions", N_("Requests and decisions"), (
        "answer_days", "answer_reminders_days", "customer_reply_days", "draft_days", "auto_refund_below_rub",
        "rejection_comment_min_characters",
    )),
    Topic("offers", N_("Offers"), (
        "offers_max", "offer_answer_days", "after_offer_days", "physical_return_above_rub",
    )),
    Topic("disputes", N_("Disputes"), ("dispute_open_days", "dispute_decide_days")),
    Topic("evidence", N_("Evidence"), ("photos_min", "photos_max", "point_photos_min", "disposal_photos_min")),
    Topic("points", N_("Pick-up points"), ("dropoff_days", "dwell_alarm_days", "pickup_returns_enabled_by_country")),
    Topic("transit", N_("On the way"), ("transit_eta_days", "transit_late_days", "transit_lost_days")),
    Topic("partner", N_("At the partner"), (
        "partner_decision_days_min", "partner_reminder_days", "partner_reminder_hour", "found_choice_days",
    )),
    Topic("money", N_("Refunds and compensation"), (
        "payout_hour", "refund_after_acceptance_hours_max", "refund_ceiling_days", "claim_file_days",
        "compensation_credit_day", "compensation_credit_hour", "compensation_due_days", "variant_c_compensable",
    )),
    Topic("moderation", N_("Pre-moderation"), (
        "moderation_free_until", "premoderation_price_minor", "premoderation_price_version",
    )),
    Topic("blocks", N_("Blocks of customers"), (
        "block_days", "block_appeal_days", "block_appeal_decide_days", "block_level_2_cases_min",
        "block_comment_min_characters",
    )),
    Topic("keys", N_("API keys"), ("key_valid_days", "keys_max", "key_reminder_days")),
    Topic("webhooks", N_("Webhooks"), (
        "webhooks_max", "webhook_try_days", "webhook_pause_days", "event_keep_days",
    )),
    Topic("reports", N_("Reports"), ("report_days", "report_months_max", "report_link_minutes", "reports_max")),
)  # fmt: skip
POLICY_HINTS = {
    "pickup_returns_enabled_by_country": N_("Two-letter country codes. A country that is not named here is open."),
}
