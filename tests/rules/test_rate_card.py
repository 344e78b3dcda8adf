"""The compensation table: every published cell, every edge, and a second reckoning straight from the published paper.

`rate_card.json` is the paper's own machine-readable copy; nothing in it was made from the code.
"""

import json
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise, product
from math import floor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backhaul.kit.money import Money, half_up
from backhaul.marketplace.rules.compensation import SEED_CARD, Quality, Quote, quality, quote
from backhaul.marketplace.rules.words import Mark, ReasonGroup
from tests.rules.cast import rub

PAPER: dict[str, Any] = json.loads((Path(__file__).parent / "rate_card.json").read_text("utf-8"))
WEIGHT_BANDS = PAPER["weight_bands"]
PRICE_BANDS = PAPER["price_bands"]
KOPECK, GRAM = 1, 1

# Requirements 4.1, copied by hand: the columns are <=5,000, 5-10, 10-15, 15-20, 20-25 and >25 thousand roubles.
BY_HAND = {
    ("proper", "w_le_1"): (0, 20, 30, 35, 30, 15),
    ("proper", "w_1_4"): (0, 5, 20, 25, 20, 10),
    ("proper", "w_4_7"): (0, 0, 10, 15, 10, 5),
    ("proper", "w_gt_7"): (0, 0, 0, 0, 0, 0),
    ("improper", "w_le_1"): (0, 7, 18, 23, 13, 8),
    ("improper", "w_1_4"): (0, 0, 8, 13, 5, 5),
    ("improper", "w_4_7"): (0, 0, 0, 0, 0, 0),
    ("improper", "w_gt_7"): (0, 0, 0, 0, 0, 0),
    ("seller_fault", "w_le_1"): (0, 0, 10, 15, 5, 0),
    ("seller_fault", "w_1_4"): (0, 0, 3, 5, 0, 0),
    ("seller_fault", "w_4_7"): (0, 0, 0, 0, 0, 0),
    ("seller_fault", "w_gt_7"): (0, 0, 0, 0, 0, 0),
}


def quoted(grade: str, weight_gram: int, price_minor: int) -> Quote:
    return quote(SEED_CARD, Quality(grade), weight_gram, Money(price_minor))


def grams(kg: str) -> int:
    return int(Decimal(kg) * 1000)


def kopecks(roubles: str) -> int:
    return int(Decimal(roubles) * 100)


# -- The second reckoning: bands are walked as published, money is Decimal --------------------------------------------


def band(bands: list[dict[str, Any]], low: str, high: str, value: Decimal) -> str:
    """The one band (low, high] that the value lies in; no value is in two or in none."""
    found = [
        str(one["id"])
        for one in bands
        if (one[low] is None or value > Decimal(one[low])) and (one[high] is None or value <= Decimal(one[high]))
    ]
    (only,) = found
    return only


def weight_band(weight_gram: int) -> str:
    return band(WEIGHT_BANDS, "gt_kg", "le_kg", Decimal(weight_gram) / 1000)


def price_band(price_minor: int) -> str:
    return band(PRICE_BANDS, "gt_rub", "le_rub", Decimal(price_minor) / 100)


def reckoned(grade: str, weight_gram: int, price_minor: int) -> tuple[int, Decimal]:
    """Percentage and amount in roubles, from the paper alone."""
    price = Decimal(price_minor) / 100
    weights, prices = weight_band(weight_gram), price_band(price_minor)
    (rate_pct,) = [
        cell["rate_pct"]
        for cell in PAPER["cells"]
        if (cell["quality"], cell["weight_band"], cell["price_band"]) == (grade, weights, prices)
    ]
    return rate_pct, (price * rate_pct / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


# -- The table --------------------------------------------------------------------------------------------------------


def test_the_paper_has_72_cells_and_its_own_sums() -> None:
    rates = [cell["rate_pct"] for cell in PAPER["cells"]]

    assert (72, 28, 388) == (len(rates), sum(rate > 0 for rate in rates), sum(rates))
    assert (72, 28, 388) == tuple(PAPER["checks"][name] for name in ("cells", "nonzero_cells", "sum_of_all_pct"))


def test_the_code_has_no_cell_besides_the_72() -> None:
    shape = {str(grade): [len(row) for row in rows] for grade, rows in SEED_CARD.rates_pct.items()}

    assert {grade: [6, 6, 6, 6] for grade in ("proper", "improper", "seller_fault")} == shape


@pytest.mark.parametrize(
    "cell", PAPER["cells"], ids=lambda cell: "-".join(cell[name] for name in ("quality", "weight_band", "price_band"))
)
def test_every_published_cell_is_quoted(cell: dict[str, Any]) -> None:
    row = [one["id"] for one in WEIGHT_BANDS].index(cell["weight_band"])
    column = [one["id"] for one in PRICE_BANDS].index(cell["price_band"])
    weight_gram = (500, 2_500, 5_500, 9_000)[row]
    price_minor = (2_500_00, 7_500_00, 12_500_00, 17_500_00, 22_500_00, 40_000_00)[column]
    answer = quoted(cell["quality"], weight_gram, price_minor)

    assert cell["rate_pct"] == BY_HAND[cell["quality"], cell["weight_band"]][column] == answer.rate_pct
    assert Money(price_minor * cell["rate_pct"] // 100) == answer.amount


@pytest.mark.parametrize("vector", PAPER["test_vectors"], ids=lambda vector: vector["why"])
def test_every_vector_of_the_paper_is_paid(vector: dict[str, Any]) -> None:
    answer = quoted(vector["quality"], grams(vector["weight_kg"]), kopecks(vector["price_rub"]))

    assert vector["rate_pct"] == answer.rate_pct
    assert rub(vector["compensation_rub"]) == answer.amount


def test_the_paper_has_25_vectors() -> None:
    assert 25 == len(PAPER["test_vectors"])


# -- The edges: (low, high] -------------------------------------------------------------------------------------------

# (edge in kopecks, rate at and below it, rate one kopeck above it), from 4.1: Proper, up to 1 kg.
PRICE_EDGES = [
    (5_000_00, 0, 20),
    (10_000_00, 20, 30),
    (15_000_00, 30, 35),
    (20_000_00, 35, 30),
    (25_000_00, 30, 15),
]
# (edge in grams, rate at and below it, rate one gram above it), from 4.1: Proper, 15,000 to 20,000.
WEIGHT_EDGES = [(1_000, 35, 25), (4_000, 25, 15), (7_000, 15, 0)]


@pytest.mark.parametrize(("edge", "below", "above"), PRICE_EDGES)
def test_a_price_on_the_edge_belongs_to_the_band_below(edge: int, below: int, above: int) -> None:
    rates = [quoted("proper", 350, edge + step).rate_pct for step in (-KOPECK, 0, KOPECK)]

    assert [below, below, above] == rates


@pytest.mark.parametrize(("edge", "below", "above"), WEIGHT_EDGES)
def test_a_weight_on_the_edge_belongs_to_the_band_below(edge: int, below: int, above: int) -> None:
    rates = [quoted("proper", edge + step, 17_000_00).rate_pct for step in (-GRAM, 0, GRAM)]

    assert [below, below, above] == rates


@pytest.mark.parametrize("grade", ["proper", "improper", "seller_fault"])
def test_both_reckonings_agree_around_every_corner_of_the_table(grade: str) -> None:
    weights = [edge + step for edge, _, _ in WEIGHT_EDGES for step in (-GRAM, 0, GRAM)]
    prices = [edge + step for edge, _, _ in PRICE_EDGES for step in (-KOPECK, 0, KOPECK)]
    parted = [(w, p) for w, p in product(weights, prices) if told(quoted(grade, w, p)) != reckoned(grade, w, p)]

    assert [] == parted


def told(answer: Quote) -> tuple[int, Decimal]:
    return answer.rate_pct, Decimal(answer.amount.minor) / 100


@settings(max_examples=400, deadline=None, database=None, derandomize=True)
@given(
    grade=st.sampled_from(["proper", "improper", "seller_fault"]),
    weight_gram=st.integers(1, 30_000),
    price_minor=st.integers(1, 60_000_00),
)
def test_both_reckonings_agree_everywhere(grade: str, weight_gram: int, price_minor: int) -> None:
    answer = quoted(grade, weight_gram, price_minor)

    assert reckoned(grade, weight_gram, price_minor) == told(answer)


def a_hundred_thousand() -> list[tuple[str, int, int]]:
    """Class, weight and price by chance, the same in every run: half of them within a gram and a kopeck of an edge."""
    chance = Random(20240902)
    weights = [edge + step for edge, _, _ in WEIGHT_EDGES for step in (-GRAM, 0, GRAM)]
    prices = [edge + step for edge, _, _ in PRICE_EDGES for step in (-KOPECK, 0, KOPECK)]
    return [
        (
            chance.choice(BY_CLASS),
            chance.choice(weights) if chance.random() < 0.5 else chance.randint(1, 30_000),
            chance.choice(prices) if chance.random() < 0.5 else chance.randint(1, 60_000_00),
        )
        for _ in range(100_000)
    ]


def test_a_hundred_thousand_quotes_are_those_of_the_second_reckoning() -> None:
    """T04. Bands of a weight and of a price are looked up once, so that this takes a second or two."""
    bands_of_weights, bands_of_prices = cache(weight_band), cache(price_band)
    rates = {(c["quality"], c["weight_band"], c["price_band"]): c["rate_pct"] for c in PAPER["cells"]}
    parted = []
    for grade, weight_gram, price_minor in a_hundred_thousand():
        rate_pct = rates[grade, bands_of_weights(weight_gram), bands_of_prices(price_minor)]
        kopecks_exact = Fraction(price_minor * rate_pct, 100)
        answer = quoted(grade, weight_gram, price_minor)
        if (rate_pct, floor(kopecks_exact + Fraction(1, 2))) != (answer.rate_pct, answer.amount.minor):
            parted.append((grade, weight_gram, price_minor))

    assert [] == parted


@pytest.mark.parametrize("weight_gram", [350, 1_000, 1_001, 4_000, 4_001, 7_000, 7_001])
@pytest.mark.parametrize("price_minor", [4_999_99, 5_000_00, 5_000_01, 25_000_00, 25_000_01])
def test_a_quote_names_the_band_it_lies_in(weight_gram: int, price_minor: int) -> None:
    answer = quoted("proper", weight_gram, price_minor)
    low_gram, high_gram = answer.weight_low_gram, answer.weight_high_gram
    low_minor, high_minor = answer.price_low_minor, answer.price_high_minor

    assert (low_gram or 0) < weight_gram <= (high_gram or weight_gram)
    assert (low_minor or 0) < price_minor <= (high_minor or price_minor)
    assert (weight_gram, Money(price_minor), SEED_CARD.version) == (
        answer.weight_gram,
        answer.price,
        answer.card_version,
    )


def test_a_better_class_never_pays_less_and_weight_never_pays_more() -> None:
    prices = [2_500_00, 7_500_00, 12_500_00, 17_500_00, 22_500_00, 40_000_00]
    weights = [500, 2_500, 5_500, 9_000]
    by_class = [[quoted(g, w, p).rate_pct for w, p in product(weights, prices)] for g in BY_CLASS]
    by_weight = [[quoted(g, w, p).rate_pct for g, p in product(BY_CLASS, prices)] for w in weights]

    assert all(better >= worse for a, b in pairwise(by_class) for better, worse in zip(a, b, strict=True))
    assert all(light >= heavy for a, b in pairwise(by_weight) for light, heavy in zip(a, b, strict=True))


BY_CLASS = ("proper", "improper", "seller_fault")

# -- J13: prices and weights on the edge ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "weight_gram", "paid"),
    [
        ("5000.00", 350, "0.00"),
        ("5000.13", 350, "1000.03"),
        ("25000.00", 350, "7500.00"),
        ("25000.01", 350, "3750.00"),
        ("17000.00", 1_000, "5950.00"),
        ("17000.00", 1_001, "4250.00"),
        ("17000.00", 7_000, "2550.00"),
        ("17000.00", 7_001, "0.00"),
    ],
)
def test_the_table_of_journey_13_is_paid(price: str, weight_gram: int, paid: str) -> None:
    assert rub(paid) == quoted("proper", weight_gram, kopecks(price)).amount


@pytest.mark.parametrize(
    ("fen", "price", "paid"),
    [(370_37, "5000.00", "0.00"), (370_38, "5000.13", "1000.03")],  # 370.37 CNY x 13.50 is 4,999.995
)
def test_the_price_is_rounded_to_kopecks_before_its_band_is_looked_up(fen: int, price: str, paid: str) -> None:
    price_minor = half_up(fen * 1350, 100)

    assert rub(price) == Money(price_minor)
    assert rub(paid) == quoted("proper", 350, price_minor).amount


def test_two_units_of_4000_are_two_times_nothing_and_not_a_fifth_of_8000() -> None:
    each = quoted("proper", 350, 4_000_00).amount

    assert (rub("0.00"), rub("1600.00")) == (each + each, quoted("proper", 350, 8_000_00).amount)


# -- Rounding: half-up, away from zero --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [
        (0, 100, 0),
        (49, 100, 0),
        (50, 100, 1),
        (51, 100, 1),
        (149, 100, 1),
        (150, 100, 2),  # where a banker would also say 2
        (250, 100, 3),  # where a banker would say 2
        (425_511_500, 1000, 425_512),  # 23 % of 18,500.50 is 4,255.115
        (-50, 100, -1),
        (-49, 100, 0),
        (-250, 100, -3),
        (1, 3, 0),
        (2, 3, 1),
        (5, 1, 5),
    ],
)
def test_a_half_goes_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert rounded == half_up(numerator, denominator)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(numerator=st.integers(-(10**15), 10**15), denominator=st.integers(1, 10**6))
def test_rounding_agrees_with_exact_fractions(numerator: int, denominator: int) -> None:
    exact = abs(Fraction(numerator, denominator))
    whole = int(exact)
    nearest = whole + (1 if exact - whole >= Fraction(1, 2) else 0)

    assert (nearest if numerator >= 0 else -nearest) == half_up(numerator, denominator)


@pytest.mark.parametrize(("price_minor", "kopeck"), [(5_000_05, 350_00), (5_000_07, 350_00), (5_000_08, 350_01)])
def test_an_amount_is_rounded_half_up_to_the_kopeck(price_minor: int, kopeck: int) -> None:
    """7 % of 5,000.07 is 350.0049, of 5,000.08 it is 350.0056."""
    assert Money(kopeck) == quoted("improper", 350, price_minor).amount


# -- 4.3: the class of a unit -----------------------------------------------------------------------------------------

PROPER, IMPROPER, FAULT = "proper", "improper", "seller_fault"
MATRIX = {
    #              not inspected, serviceable, partially damaged, completely damaged, substituted
    "fit_or_dislike": (PROPER, PROPER, IMPROPER, IMPROPER, None),
    "defect": (IMPROPER, IMPROPER, IMPROPER, IMPROPER, None),
    "misgrading": (FAULT, FAULT, FAULT, FAULT, None),
    "damage_on_delivery": (FAULT, PROPER, FAULT, FAULT, None),
}
COLUMNS = (None, Mark.SERVICEABLE, Mark.PARTIALLY_DAMAGED, Mark.COMPLETELY_DAMAGED, Mark.SUBSTITUTED)


@pytest.mark.parametrize("group", MATRIX)
def test_the_class_is_reason_group_times_mark(group: str) -> None:
    classes = tuple(quality(ReasonGroup(group), mark) for mark in COLUMNS)

    assert MATRIX[group] == classes


def test_damage_together_with_the_packaging_is_improper_until_the_outbound_carrier_has_answered() -> None:
    """D3: not inspected, so only the reason speaks."""
    classes = {group: quality(group, None, packaging_damaged=True) for group in ReasonGroup}

    assert IMPROPER == classes[ReasonGroup.DAMAGE]
    assert (PROPER, IMPROPER, FAULT) == tuple(
        classes[group] for group in (ReasonGroup.FIT, ReasonGroup.DEFECT, ReasonGroup.MISGRADING)
    )


def test_the_paper_says_the_same_of_the_class_without_an_inspection() -> None:
    paper = PAPER["class_resolution_PROPOSED"]["matrix"]
    first_words = {group: cells["not_inspected"].split()[0] for group, cells in paper.items()}

    assert {group: row[0] for group, row in MATRIX.items()} == first_words
