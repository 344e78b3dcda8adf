"""The first version of the rule cards (sections 6.1, 6.3 and 6.4 of the requirements); later ones are rows of `terms` (D30).

What the sources leave open is advice here, never a block (P24).
"""

from datetime import date, datetime

from backhaul.kit.days import MOSCOW
from backhaul.marketplace.rules.rule_cards import OTHER, Force, RuleBook, RuleCard, Statement, Topic, Windows
from backhaul.marketplace.rules.words import ReasonGroup

LAW, TERMS = "consumer_law", "marketplace_terms"
TASTE = (ReasonGroup.FIT,)
DEFECT = (ReasonGroup.DEFECT, ReasonGroup.DAMAGE)
FAULT = (*DEFECT, ReasonGroup.MISGRADING)
SEVEN = Windows(proper_days=7, improper_days=7)

CARDS = (
    RuleCard(OTHER, ("kitchen", "home textile", "home", "lighting", "toys", "carpets")),
    RuleCard("food", windows=Windows(proper_days=0, improper_days=1, defect_days=1)),
    RuleCard("digital", windows=Windows(proper_days=0, improper_days=7)),
    RuleCard("made_to_order", windows=Windows(proper_days=0, improper_days=7, refusal_days=0)),
    RuleCard("books", windows=SEVEN),
    RuleCard("hygiene", windows=SEVEN),
    RuleCard("christmas", windows=SEVEN),
    RuleCard("underwear", ("hosiery", "underwear and hosiery"), SEVEN),
    RuleCard("medical", ("medical devices", "medicines"), SEVEN),
    RuleCard("cosmetics", ("perfume",)),
    RuleCard("by_length", ("fabrics",)),
    RuleCard("clothes", ("shoes", "sneakers", "bags")),
    RuleCard("marked", ("photo", "tyres")),
    RuleCard("electronics", ("speakers", "headphones", "audio", "microphones", "hubs", "cables")),
    RuleCard("complex", ("watches", "home appliances", "projectors", "drones", "tools", "scooters")),
    RuleCard("bulky", ("furniture",)),
)
INDIVIDUAL = ("made_to_order",)
NOT_INDIVIDUAL = tuple(card.code for card in CARDS if card.windows.refusal_days)
FOR_FAULTS_ONLY = tuple(card.code for card in CARDS if not card.windows.proper_days)
FOR_TASTE_TOO = tuple(card.code for card in CARDS if card.windows.proper_days)
DEVICES = ("electronics", "complex")
NOT_EXCHANGED = ("hygiene", "underwear", "medical", "cosmetics", "by_length")
OPENED_MATTERS = ("hygiene", "underwear", "cosmetics")

WINDOWS = (
    Statement("refusal_window", Topic.WINDOW, Force.RULE, LAW, "26.1(4)", cards=NOT_INDIVIDUAL, groups=TASTE),
    Statement("refusal_unwritten", Topic.WINDOW, Force.RULE, LAW, "26.1(4)", cards=NOT_INDIVIDUAL, groups=TASTE),
    Statement("individual_goods", Topic.WINDOW, Force.RULE, LAW, "26.1(4)", cards=INDIVIDUAL, groups=TASTE),
    Statement("marketplace_window", Topic.WINDOW, Force.RULE, TERMS, cards=FOR_TASTE_TOO),
    Statement("marketplace_window_faults", Topic.WINDOW, Force.RULE, TERMS, cards=FOR_FAULTS_ONLY),
    Statement("defect_window", Topic.WINDOW, Force.RULE, LAW, "19", groups=FAULT, facts={"years": 2}),
    Statement(
        "complex_window", Topic.WINDOW, Force.RULE, "decree_924", cards=("complex",), groups=FAULT,
        valid_from=date(2011, 11, 10), facts={"days": 15, "repair_days": 30},
    ),
    Statement(
        "complex_without_warranty", Topic.WINDOW, Force.RULE, TERMS, cards=("complex",), groups=FAULT, facts={"days": 365}
    ),
    Statement("after_all_windows", Topic.WINDOW, Force.ADVICE, TERMS),
)  # fmt: skip

QUALITY = (
    Statement("unused", Topic.QUALITY, Force.RULE, LAW, "26.1(4)", groups=TASTE),
    Statement("factory_packaging", Topic.QUALITY, Force.RULE, TERMS, groups=TASTE),
    Statement("full_set", Topic.QUALITY, Force.RULE, TERMS, groups=TASTE),
    Statement("not_activated", Topic.QUALITY, Force.RULE, TERMS, cards=("digital", *DEVICES), groups=TASTE),
    Statement("receipt_not_needed", Topic.QUALITY, Force.RULE, LAW, "26.1(4)", groups=TASTE),
)

REJECTIONS_UNDER_LAW = (
    Statement(
        "distance_refusal", Topic.REJECTION, Force.BLOCK, LAW, "26.1(4)", cards=NOT_INDIVIDUAL, groups=TASTE,
        bars=("not_returnable", "request_too_late", "defect_not_visible"), bars_with_photos=("too_few_photos",),
        only_while_refusable=True,
    ),
    Statement(
        "defect_opened_packaging", Topic.REJECTION, Force.BLOCK, LAW, "18", groups=DEFECT, bars=("packaging_damaged",)
    ),
    Statement("refund_term", Topic.REJECTION, Force.BLOCK, LAW, "26.1(4), 22", facts={"days": 10}),
    Statement(
        "not_exchangeable", Topic.REJECTION, Force.ADVICE, "decree_2463", cards=NOT_EXCHANGED, groups=TASTE,
        valid_from=date(2021, 1, 1),
    ),
    Statement("shop_exchange", Topic.REJECTION, Force.ADVICE, LAW, "25", groups=TASTE, facts={"days": 14}),
)  # fmt: skip

WAY_BACK = (
    Statement("customer_pays", Topic.WAY_BACK, Force.RULE, LAW, "26.1(4)", groups=TASTE),
    Statement("seller_pays", Topic.WAY_BACK, Force.RULE, LAW, "18", groups=FAULT),
    Statement("bulky_carried", Topic.WAY_BACK, Force.RULE, LAW, "18", cards=("bulky",), groups=FAULT),
    Statement("heavy_carried", Topic.WAY_BACK, Force.RULE, LAW, "18", groups=FAULT, over_gram=5_000, facts={"kg": 5}),
    Statement(
        "any_channel", Topic.WAY_BACK, Force.RULE, "court_7p", cards=NOT_INDIVIDUAL, groups=TASTE,
        valid_from=date(2026, 2, 17),
    ),
)  # fmt: skip

HANDLING = (
    Statement("marking_code", Topic.HANDLING, Force.RULE, "marking_rules", marked=True),
    Statement(
        "marking_expected", Topic.HANDLING, Force.ADVICE, "marking_rules", cards=("clothes", "marked", "cosmetics")
    ),
    Statement("photograph_opened", Topic.HANDLING, Force.RULE, TERMS, cards=OPENED_MATTERS),
    Statement("serial_number", Topic.HANDLING, Force.RULE, TERMS, cards=DEVICES),
    Statement("activation_lock", Topic.HANDLING, Force.RULE, TERMS, cards=DEVICES),
    Statement("batteries", Topic.HANDLING, Force.ADVICE, "carriage_rules", cards=DEVICES, countries=("CN", "HK")),
    Statement("complex_list", Topic.HANDLING, Force.ADVICE, "decree_924", cards=DEVICES, valid_from=date(2011, 11, 10)),
    Statement("quarantine", Topic.HANDLING, Force.RULE, TERMS, cards=("food", "medical")),
    Statement("platform_duties", Topic.HANDLING, Force.RULE, "law_289", valid_from=date(2026, 10, 1)),
)

CUSTOMS = (
    Statement("export_duty", Topic.CUSTOMS, Force.ADVICE, TERMS),
    Statement(
        "original_state_2023", Topic.CUSTOMS, Force.ADVICE, "customs_cn_2023", countries=("CN",), facts={"months": 6},
        valid_from=date(2023, 1, 30), valid_to=date(2025, 12, 31),
    ),
    Statement(
        "original_state_2026", Topic.CUSTOMS, Force.ADVICE, "customs_cn_2026", countries=("CN",), facts={"months": 6},
        valid_from=date(2026, 1, 1), valid_to=date(2027, 12, 31),
    ),
)  # fmt: skip

# In force since the marketplace takes returns at pick-up points; of earlier days there is nothing on file.
SEED_BOOK = RuleBook(
    version="1",
    valid_from=datetime(2024, 1, 23, tzinfo=MOSCOW),
    cards=CARDS,
    statements=(*WINDOWS, *QUALITY, *REJECTIONS_UNDER_LAW, *WAY_BACK, *HANDLING, *CUSTOMS),
)
