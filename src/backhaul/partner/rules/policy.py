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
    # Photos on order (P11).
    media_working_days: int = 2
    media_order_by_day: int = 12
    media_delay_days_max: int = 5
    # How long a disposal can be undone (D9); a missed deadline waits for the next working day instead.
    undo_hours_person: int = 2
    undo_hours_key: int = 24
    lost_link_wait_days: int = 7
    destination_wait_hours: int = 48
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
    reopen_reason_min_characters: int = 10
    scanner_ahead_hours_max: int = 24
    # Where units may be sent, by the seller's country of registration (P1, R81, R91).
    destinations_by_country: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"TR": ("RU",), "CN": ("RU", "CN", "HK"), "HK": ("RU", "CN", "HK")}
    )
    destinations_otherwise: tuple[str, ...] = ("RU",)
    # Sellers from these countries lose a unit to disposal only by a missed deadline (1.1).
    no_disposal_by_choice: tuple[str, ...] = ("TR",)
    sign_up_languages: tuple[str, ...] = ("zh",)
    confirm_email_days: int = 3
    key_valid_days: int = 180
    keys_max: int = 20
    key_reminder_days: tuple[int, ...] = (30, 7, 1)

    def destinations_of(self, country: str) -> tuple[str, ...]:
        """The countries that a seller from this country may send units to."""
        return self.destinations_by_country.get(country, self.destinations_otherwise)

    def disposes_by_choice(self, country: str) -> bool:
        """Whether a seller from this country may have units disposed of before the deadline is missed."""
        return country not in self.no_disposal_by_choice

    def destinations(self) -> frozenset[str]:
        """All countries that anybody may send units to."""
        return frozenset(self.destinations_otherwise).union(*self.destinations_by_country.values())


class Terms(msgspec.Struct, frozen=True):
    """The policy and the tariff in force."""

    policy: Policy = Policy()
    policy_version: str = "1"
    tariff: Tariff = SEED_TARIFF
