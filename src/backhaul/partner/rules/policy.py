"""What the business may change without changing the law: days, limits, hours. These literals seed version 1 (D30).

In force is the newest version stored in the table `terms` (`errands.put_terms`).
"""

import msgspec

from backhaul.partner.rules.tariff import SEED_TARIFF, Tariff


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days are calendar days in Moscow with the event's day as day 0 (P3), unless they are called working days."""

    # The houses of the partner: where a unit can be scanned in.
    warehouses: tuple[str, ...] = ("MSK-2",)
    # How long a seller has to decide, from the arrival scan (R76, P12).
    decision_days: int = 14
    reminder_days: tuple[int, ...] = (7, 3, 1)
    reminder_hour: int = 10
    last_reminder_hours: int = 4
    reopen_days: int = 3
    # Kept for pick-up: to collect, and the notice round that follows (P13).
    keep_days: int = 14
    notice_days: int = 14
    # Vehicles that a seller may announce at a time, how far ahead, and how long the driver's name is kept.
    arrival_passes_max: int = 50
    arrival_pass_days_ahead: int = 30
    arrival_pass_keep_days: int = 30
    # Photos on order (P11).
    media_working_days: int = 2
    media_order_by_day: int = 12
    media_delay_days_max: int = 5
    videos_max: int = 1
    video_seconds_max: int = 30
    video_mb_max: int = 64
    # How long pictures of a unit are kept after it has left (R67, D22).
    media_keep_days: int = 90
    # How long a disposal can be undone (D9); a missed deadline waits for the next working day instead.
    undo_hours_person: int = 2
    undo_hours_key: int = 24
    lost_link_wait_days: int = 7
    # Destruction stops for everybody when far more than usual comes up in an hour, until two people release it (D9).
    breaker_times_mean: int = 3
    breaker_mean_days: int = 30
    breaker_never_below: int = 50
    breaker_look_again_hours: int = 4
    breaker_calm_hours: int = 24
    standing_rules_max: int = 100
    destination_wait_hours: int = 48
    # Freight: how many cubic centimetres count as a kilogram, and the step to which a carton's weight is rounded up.
    volumetric_divisor: int = 5000
    chargeable_step_gram: int = 500
    # How many working days a decided shipment waits at most, and how large a consignment gets.
    ship_working_days: int = 3
    consignment_units_max: int = 500
    consignment_cartons_max: int = 100
    # Who stands as the sender on freight documents.
    freight_sender: str = "Return logistics partner"
    freight_sender_address: str = "Warehouse MSK-2, Moscow, Russia"
    # The gate check after the scan (8.1), and where dangerous goods are kept apart (R78).
    gate_check_hours: int = 24
    gate_photos_min: int = 1
    quarantine_shelves: tuple[str, ...] = ("QUARANTINE",)
    release_reason_min_characters: int = 10
    # How many units a shelf holds; 0: as many as one likes. Shelves that differ from the others by name.
    shelf_units_max: int = 0
    shelf_units_max_by_shelf: dict[str, int] = msgspec.field(default_factory=dict)
    # What a unit of a service costs the partner, in minor units of the tariff's currency: from it follows the margin of the tariff.
    service_costs_minor: dict[str, int] = msgspec.field(default_factory=dict)
    # The language of what the warehouse prints for itself, and the font that its label printer has for it.
    label_language: str = "ru"
    label_font: str = "0"
    # What links in printed codes begin with; empty: the address at which the page was opened.
    public_address: str = ""
    # This one is among those that GS1 keeps for examples: a house in business enters its own.
    gs1_prefix: str = "9521321"
    # The orphan bay: what may have been sent in which days before and after, and when nobody asks for it any more.
    orphan_window_days_before: int = 40
    orphan_window_days_after: int = 10
    orphan_candidates_max: int = 10
    orphan_dispose_days: int = 30
    # Who must be checked in full (8.1).
    inspect_above_rub: int = 10_000
    inspect_reason_groups: tuple[str, ...] = ("defect", "misgrading", "damage_on_delivery")
    weight_off_gram: int = 50
    weight_off_pct: int = 10
    inspect_first_of_seller: int = 20
    inspect_first_of_sku: int = 10
    watched_points: tuple[str, ...] = ()
    watched_carriers: tuple[str, ...] = ()
    inspect_working_days: int = 2
    # The draw among the rest, CSP-1 with a floor (8.1): clean units in a row, then a share; how long a key's epoch is.
    draw_clean_units: int = 25
    draw_share_pct: int = 20
    draw_floor_pct: int = 5
    draw_stratum_units_min: int = 25
    draw_epoch_days: int = 7
    draw_epochs_ahead: int = 1
    # From so many units that wait longer than they should, only the floor is drawn.
    overload_units: int = 1
    # Photos are tied to a parcel by a one-time code in the frame, and belong to one parcel.
    photo_codes: bool = True
    photo_code_minutes: int = 15
    photos_once: bool = True
    # Blind second checks of an inspector's week: (marks up to, sample, differences accepted), AQL 4.0 level II (8.1).
    second_check_plan: tuple[tuple[int, int, int], ...] = (
        (25, 3, 0),
        (90, 13, 1),
        (150, 20, 2),
        (280, 32, 3),
        (500, 50, 5),
        (1200, 80, 7),
        (3200, 125, 10),
    )
    second_check_plan_tightened: tuple[tuple[int, int, int], ...] = (
        (50, 5, 0),
        (150, 20, 1),
        (280, 32, 2),
        (500, 50, 3),
        (1200, 80, 5),
        (3200, 125, 8),
    )
    second_check_failed_weeks: int = 2
    second_check_weeks: int = 5
    damage_photos_min: int = 1
    substitution_photos_min: int = 3
    destruction_photos_min: int = 1
    # Working days in which a claim for a substituted unit is reviewed (R75), and what a refusal must say.
    claim_review_working_days: int = 5
    claim_refusal_min_characters: int = 30
    reopen_reason_min_characters: int = 10
    scanner_ahead_hours_max: int = 24
    # Invoices: the day of issue is day 0; reminders count from the last day to pay (P21, J14).
    invoice_due_days: int = 9
    invoice_reminder_days: tuple[int, ...] = (0, 3, 7)
    dispute_days: int = 30
    dispute_reason_min_characters: int = 30
    # Value added tax on the partner's services; 0: no line for it.
    vat_pct: int = 0
    # What stands on an invoice: who issues it, and where to pay.
    invoice_issuer: tuple[str, ...] = ("Logistics partner", "Moscow")
    invoice_bank: tuple[str, ...] = ("Bank account 40702156000000000001", "Name the invoice in the payment")
    # Where units may be sent, by the seller's country of registration (P1, R81, R91).
    destinations_by_country: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"TR": ("RU",), "CN": ("RU", "CN", "HK"), "HK": ("RU", "CN", "HK")}
    )
    destinations_otherwise: tuple[str, ...] = ("RU",)
    # Sellers from these countries lose a unit to disposal only by a missed deadline (1.1).
    no_disposal_by_choice: tuple[str, ...] = ("TR",)
    # What a seller from these countries picks when linking, and all others (P20).
    business_types: dict[str, str] = msgspec.field(default_factory=lambda: {"TR": "RETURN_PRODUCT"})
    business_type_otherwise: str = "CANCEL_ORDERS"
    # Keeping in step with the platforms (R99): asking by a seller's key, and comparing both houses at night, in Moscow.
    poll_minutes: int = 10
    poll_days: int = 365
    reconcile_hour: int = 3
    recheck_minutes: int = 10
    # Who signed up and linked nothing is reminded after these days.
    link_reminder_days: tuple[int, ...] = (1, 7)
    sign_up_languages: tuple[str, ...] = ("zh",)
    confirm_email_days: int = 3
    key_valid_days: int = 180
    keys_max: int = 20
    key_reminder_days: tuple[int, ...] = (30, 7, 1)
    # Whether the people of the warehouse may work only with a second factor.
    staff_second_factor: bool = False
    webhooks_max: int = 10
    # How long a message to a company's program is tried, when a receiver that takes nothing is paused, how long events are kept.
    webhook_try_days: int = 3
    webhook_pause_days: int = 5
    event_keep_days: int = 30

    def destinations_of(self, country: str) -> tuple[str, ...]:
        """The countries that a seller from this country may send units to."""
        return self.destinations_by_country.get(country, self.destinations_otherwise)

    def disposes_by_choice(self, country: str) -> bool:
        """Whether a seller from this country may have units disposed of before the deadline is missed."""
        return country not in self.no_disposal_by_choice

    def business_type_of(self, country: str) -> str:
        """The business type that fits a seller's country."""
        return self.business_types.get(country, self.business_type_otherwise)

    def destinations(self) -> frozenset[str]:
        """All countries that anybody may send units to."""
        return frozenset(self.destinations_otherwise).union(*self.destinations_by_country.values())


class Terms(msgspec.Struct, frozen=True):
    """The policy and the tariff in force."""

    policy: Policy = Policy()
    policy_version: str = "1"
    tariff: Tariff = SEED_TARIFF
