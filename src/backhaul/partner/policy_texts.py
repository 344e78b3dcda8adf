"""The numbers of the partner's policy and tariff in words, as the pages for publishing a version show them."""

from backhaul.kit.i18n import N_
from backhaul.kit.terms_form import Topic

POLICY_LABELS = {
    "warehouses": N_("Warehouses where a unit can be scanned in"),
    "decision_days": N_("Days that a seller has to decide, from the arrival scan"),
    "reminder_days": N_("Reminders so many days before the last day to decide"),
    "reminder_hour": N_("Hour of these reminders"),
    "last_reminder_hours": N_("Last reminder so many hours before the bound"),
    "reopen_days": N_("Days that a seller gets when a supervisor reopens the decision"),
    "keep_days": N_("Days to collect a unit that is kept for pick-up"),
    "notice_days": N_("Days of the notice round that follows"),
    "media_working_days": N_("Working days until a photo set is ready"),
    "media_order_by_day": N_("Last day on which a photo set still moves the bound, counted from the arrival"),
    "media_delay_days_max": N_("Days by which a late photo set moves the bound, at most"),
    "videos_max": N_("Videos of an ordered set, at most"),
    "video_seconds_max": N_("Seconds of a video, at most"),
    "video_mb_max": N_("Megabytes of a video, at most"),
    "media_keep_days": N_("Days that pictures of a unit are kept after it has left"),
    "undo_hours_person": N_("Hours in which a person can take a disposal back"),
    "undo_hours_key": N_("Hours in which a disposal by an API key can be taken back"),
    "lost_link_wait_days": N_("Days that a disposal waits when the authorization was lost"),
    "standing_rules_max": N_("Standing rules of a company for one seller, at most"),
    "breaker_times_mean": N_("All destruction stops at so many times the mean hour"),
    "breaker_mean_days": N_("Days over which that mean is taken"),
    "breaker_never_below": N_("Units an hour that never stop destruction"),
    "breaker_look_again_hours": N_("Hours after which a stopped destruction is looked at again"),
    "breaker_calm_hours": N_("Hours after a release in which nothing stops destruction"),
    "claim_review_working_days": N_("Working days in which a claim for a substituted product is reviewed"),
    "claim_refusal_min_characters": N_("Characters of the reason to refuse a claim, at least"),
    "gate_check_hours": N_("Hours after the scan in which the gate check is due"),
    "gate_photos_min": N_("Photos of a gate check, at least"),
    "quarantine_shelves": N_("Shelves of the quarantine zone"),
    "release_reason_min_characters": N_("Characters of the reason to release from quarantine, at least"),
    "shelf_units_max": N_("Units that a shelf holds (0: any number)"),
    "shelf_units_max_by_shelf": N_("Shelves that hold another number"),
    "label_language": N_("Language of the labels that the warehouse prints"),
    "label_font": N_("Font of the label printer"),
    "orphan_window_days_before": N_("Days before an orphan's arrival in which its unit may have been expected"),
    "orphan_window_days_after": N_("Days after an orphan's arrival in which its unit may be expected"),
    "orphan_candidates_max": N_("Candidates that are shown for an orphan, at most"),
    "orphan_dispose_days": N_("Days after which an orphan that nobody asks for may be disposed of"),
    "business_types": N_("Business type to choose when linking, by the seller's country"),
    "business_type_otherwise": N_("Business type of all other sellers"),
    "recheck_minutes": N_("Minutes after which a difference is looked at again"),
    "poll_minutes": N_("Minutes between two looks at a seller's returns at the platform"),
    "poll_days": N_("Days back to which the platform is asked for returns"),
    "reconcile_hour": N_("Hour of the night at which both houses are compared"),
    "link_reminder_days": N_("Reminders so many days after sign-up to link an account"),
    "volumetric_divisor": N_("Cubic centimetres of a carton that count as a kilogram"),
    "chargeable_step_gram": N_("Step to which the chargeable weight is rounded up"),
    "ship_working_days": N_("Working days that a decided shipment waits at most"),
    "consignment_units_max": N_("Units of a consignment, at most"),
    "consignment_cartons_max": N_("Cartons of a consignment, at most"),
    "freight_sender": N_("Sender on freight documents"),
    "freight_sender_address": N_("Address of the sender"),
    "invoice_due_days": N_("Days to pay an invoice, from the day of its issue"),
    "invoice_reminder_days": N_("Reminders so many days after the last day to pay"),
    "dispute_days": N_("Days in which a line of an invoice can be disputed"),
    "dispute_reason_min_characters": N_("Characters of the reason of a dispute, at least"),
    "vat_pct": N_("Value added tax on the services"),
    "invoice_issuer": N_("Who issues the invoices, line by line"),
    "invoice_bank": N_("Where to pay, line by line"),
    "destination_wait_hours": N_("Hours after which an address that nobody confirmed can be used"),
    "inspect_above_rub": N_("Products above this price are checked in full"),
    "inspect_reason_groups": N_("Groups of reasons whose products are checked in full"),
    "weight_off_gram": N_("Weight differs by at least this much"),
    "weight_off_pct": N_("Weight differs by at least this share"),
    "damage_photos_min": N_("Photos of a damage, at least"),
    "substitution_photos_min": N_("Photos of a substituted product, at least"),
    "destruction_photos_min": N_("Photos of a destruction, at least"),
    "reopen_reason_min_characters": N_("Characters of a reason to reopen, at least"),
    "scanner_ahead_hours_max": N_("Hours by which the clock of a scanner may be ahead, at most"),
    "destinations_by_country": N_("Where units may be sent, by the seller's country of registration"),
    "destinations_otherwise": N_("Where units of all other sellers may be sent"),
    "no_disposal_by_choice": N_("Sellers from these countries lose a unit to disposal only by a missed deadline"),
    "sign_up_languages": N_("Languages of the sign-up form, the first one by default"),
    "confirm_email_days": N_("Days to confirm an e-mail address"),
    "key_valid_days": N_("Days that an API key is valid"),
    "keys_max": N_("Active API keys of a company, at most"),
    "key_reminder_days": N_("Reminders so many days before an API key expires"),
}

# What stands together on the page; a field that no topic names stands under "Other".
POLICY_TOPICS = (
    Topic("decisions", N_("Decisions"), (
        "decision_days", "reminder_days", "reminder_hour", "last_reminder_hours", "reopen_days",
        "reopen_reason_min_characters",
    )),
    Topic("pickup", N_("Pick-up"), ("keep_days", "notice_days")),
    Topic("media", N_("Photo sets"), (
        "media_working_days", "media_order_by_day", "media_delay_days_max", "videos_max",
        "video_seconds_max", "video_mb_max", "media_keep_days",
    )),
    Topic("disposal", N_("Disposal"), (
        "undo_hours_person", "undo_hours_key", "lost_link_wait_days", "no_disposal_by_choice",
        "destruction_photos_min", "standing_rules_max",
    )),
    Topic("breaker", N_("The breaker of destruction"), (
        "breaker_times_mean", "breaker_mean_days", "breaker_never_below", "breaker_look_again_hours",
        "breaker_calm_hours",
    )),
    Topic("invoices", N_("Invoices"), (
        "invoice_due_days", "invoice_reminder_days", "dispute_days", "dispute_reason_min_characters", "vat_pct",
        "invoice_issuer", "invoice_bank",
    )),
    Topic("shipping", N_("Shipping"), (
        "volumetric_divisor", "chargeable_step_gram", "ship_working_days", "consignment_units_max",
        "consignment_cartons_max", "freight_sender", "freight_sender_address",
    )),
    Topic("sync", N_("Agreement with the marketplace"), (
        "poll_minutes", "poll_days", "reconcile_hour", "recheck_minutes", "link_reminder_days", "business_types",
        "business_type_otherwise",
    )),
    Topic("claims", N_("Claims"), ("claim_review_working_days", "claim_refusal_min_characters")),
    Topic("inspection", N_("Inspection"), (
        "inspect_above_rub", "inspect_reason_groups", "weight_off_gram", "weight_off_pct", "damage_photos_min",
        "substitution_photos_min",
    )),
    Topic("destinations", N_("Destinations"), (
        "destinations_by_country", "destinations_otherwise", "destination_wait_hours",
    )),
    Topic("warehouse", N_("Warehouse"), (
        "warehouses", "scanner_ahead_hours_max", "gate_check_hours", "gate_photos_min", "quarantine_shelves",
        "release_reason_min_characters", "shelf_units_max", "shelf_units_max_by_shelf", "label_language", "label_font",
    )),
    Topic("orphans", N_("Orphan bay"), (
        "orphan_window_days_before", "orphan_window_days_after", "orphan_candidates_max", "orphan_dispose_days",
    )),
    Topic("accounts", N_("Sign-up and API keys"), (
        "sign_up_languages", "confirm_email_days", "key_valid_days", "keys_max", "key_reminder_days",
    )),
)  # fmt: skip
POLICY_HINTS = {
    "inspect_reason_groups": N_("Known: fit_or_dislike, defect, misgrading, damage_on_delivery."),
    "destinations_by_country": N_("Two-letter country codes. The partner ships to RU, CN and HK."),
    "destinations_otherwise": N_("Two-letter country codes. The partner ships to RU, CN and HK."),
    "no_disposal_by_choice": N_("Two-letter country codes."),
    "sign_up_languages": N_("Known: en, ru, zh, tr."),
}

TARIFF_LABELS = {"prices_minor": N_("Price of one unit"), "freight": N_("Freight by country, by weight")}
TARIFF_TOPICS = (Topic("prices", N_("Prices"), ("prices_minor", "freight")),)
TARIFF_HINTS = {
    "freight": N_("A country without an entry has the flat price of its service for each unit."),
    "prices_minor": N_("What was charged before keeps its price. The currency stays."),
}
