"""What the business may change without changing the law: days, limits, hours. These literals seed version 1 (D30).

In force is the newest version stored in the table `terms` (`publications.publish`).
"""

import msgspec

from backhaul.marketplace.rules.catalogues import SEED_REASONS, SEED_REJECTIONS, RejectionReasons, ReturnReasons
from backhaul.marketplace.rules.compensation import SEED_CARD, RateCard
from backhaul.marketplace.rules.rule_book import SEED_BOOK
from backhaul.marketplace.rules.rule_cards import RuleBook


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days are calendar days in Moscow with the event's day as day 0 (P3); amounts ending in `_rub` are whole roubles, in `_minor` kopecks."""

    answer_days: int = 3
    answer_reminders_days: tuple[int, ...] = (2, 1)
    customer_reply_days: int = 3
    draft_days: int = 3
    offer_answer_days: int = 3
    after_offer_days: int = 3
    offers_max: int = 2
    auto_refund_below_rub: int = 1800
    physical_return_above_rub: int = 1500
    rejection_comment_min_characters: int = 30
    dispute_open_days: int = 5
    dispute_decide_days: int = 3
    dropoff_days: int = 5
    photos_min: int = 1
    photos_max: int = 10
    videos_max: int = 1
    video_seconds_max: int = 30
    video_mb_max: int = 64
    point_photos_min: int = 2
    disposal_photos_min: int = 1
    dwell_alarm_days: int = 3
    # What links in printed codes begin with; empty: the address at which the page was opened.
    public_address: str = ""
    # This one is among those that GS1 keeps for examples: a house in business enters its own.
    gs1_prefix: str = "9521141"
    payout_hour: int = 12
    refund_after_acceptance_hours_max: int = 24
    refund_ceiling_days: int = 10
    refund_attempts_max: int = 3
    # Refunds leave in files for the bank; without, somebody pays them by other means and says so on each return.
    payouts_by_file: bool = True
    payout_file_csv: bool = False
    payout_file_rows_max: int = 1000
    payout_answer_days: int = 5
    payout_tries_max: int = 5
    payout_payer: str = "Marketplace"
    payout_account: str = "NOTPROVIDED"
    transit_eta_days: int = 10
    transit_late_days: int = 15
    transit_lost_days: int = 30
    partner_decision_days_min: int = 14
    # A seller who is not linked at the partner is reminded by us, some days before the last one to decide there (D2).
    partner_reminder_days: tuple[int, ...] = (7, 3, 1)
    partner_reminder_hour: int = 10
    found_choice_days: int = 7
    claim_file_days: int = 14
    claim_answer_days: int = 30
    compensation_credit_day: int = 6
    compensation_credit_hour: int = 2
    compensation_due_days: int = 7
    compensation_alarm_day: int = 5
    # A product comes back too often when its return rate is so many times that of its category; of fewer units nothing is said.
    many_returns_times: int = 2
    many_returns_delivered_min: int = 20
    many_returns_returned_min: int = 3
    # How old the last rate may be that holds on a day: weekends and holidays have none of their own.
    exchange_rate_days_max: int = 10
    # How long a seller may object to a weight that was measured in another band than the catalogue's.
    weight_objection_days: int = 5
    # From when a weight on the way back is told as another one than the order's: beyond so many grams, and beyond so many percent.
    weight_differs_gram: int = 50
    weight_differs_pct: int = 5
    variant_c_compensable: bool = False
    pickup_returns_enabled_by_country: dict[str, bool] = msgspec.field(default_factory=lambda: {"TR": True})
    moderation_free_until: str = "2024-10-31T21:00:00Z"
    # What a request costs a seller who consented to this version of the price; another version needs another consent.
    premoderation_price_minor: int = 3000
    premoderation_price_version: str = "2024-11"
    key_valid_days: int = 180
    keys_max: int = 20
    webhooks_max: int = 10
    # How long a message to a seller's program is tried, when a receiver that takes nothing is paused, how long events are kept.
    webhook_try_days: int = 3
    webhook_pause_days: int = 5
    event_keep_days: int = 30
    report_days: int = 7
    report_months_max: int = 3
    report_link_minutes: int = 5
    reports_max: int = 20
    # What has more rows than this is done in the background; how much of it an owner may have open, of how many returns at most.
    job_from_rows: int = 500
    job_items_max: int = 10_000
    jobs_max: int = 5
    job_days: int = 7
    block_days: int = 365
    block_appeal_days: int = 14
    block_appeal_decide_days: int = 3
    block_level_2_cases_min: int = 2
    block_comment_min_characters: int = 30
    # How long what customers sent is kept after the end of a return; disputes, claims and blocks hold it (D22).
    media_keep_days: int = 180
    # The same for our copies of what the partner photographed: as long as the partner keeps them (R67, D22).
    inspection_photos_keep_days: int = 90
    # What a customer wrote: from when on after the end of their last return staff read it masked, and when nobody reads it any more.
    words_mask_days: int = 30
    words_keep_days: int = 90
    # How long the row of a mail that was sent keeps its address.
    mail_keep_days: int = 30
    key_reminder_days: tuple[int, ...] = (30, 7, 1)
    # Whether moderators and support may work only with a second factor.
    staff_second_factor: bool = False
    # Books, invoices and facts are compared once a day, from this hour on in Moscow.
    reconcile_hour: int = 4
    break_comment_min_characters: int = 10

    def takes_returns_from(self, country: str) -> bool:
        """Whether customers may start returns of products that sellers from this country sold (P28)."""
        return self.pickup_returns_enabled_by_country.get(country, True)


class Terms(msgspec.Struct, frozen=True):
    """The policy, the rate card and the catalogues in force, each with its version, and every rule book so far: a return keeps its own."""

    policy: Policy = Policy()
    policy_version: str = "1"
    card: RateCard = SEED_CARD
    rule_books: tuple[RuleBook, ...] = (SEED_BOOK,)
    reasons: ReturnReasons = SEED_REASONS
    rejections: RejectionReasons = SEED_REJECTIONS
