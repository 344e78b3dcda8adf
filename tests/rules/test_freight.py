"""The weight that freight is charged by, its price, and shares to the cent: by hand, both sides of each bound."""

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backhaul.kit.money import Money
from backhaul.partner.rules.freight import Carton, alone, chargeable_gram, price, quoted, shares, unit_weights
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.tariff import SEED_TARIFF, Freight, Tariff
from backhaul.partner.rules.words import Decision
from tests.partner.cast import ParcelStory, cny

BY_WEIGHT = msgspec.structs.replace(SEED_TARIFF, version="2", freight={"HK": Freight(40_00, 12_50)})


@pytest.mark.parametrize(
    ("carton", "gram"),
    [
        (Carton(1, 40, 30, 25, 3_000), 6_000),  # 30,000 cm3 / 5000 = 6.0 kg, more than it weighs
        (Carton(1, 40, 30, 25, 6_000), 6_000),
        (Carton(1, 40, 30, 25, 6_001), 6_500),  # a gram more is the next half kilogram
        (Carton(1, 50, 50, 1, 100), 500),  # 2,500 cm3 / 5000 = 0.5 kg exactly
        (Carton(1, 7, 19, 19, 100), 1_000),  # 2,527 cm3: a little more than 0.5 kg
        (Carton(1, 1, 1, 1, 1), 500),
    ],
)
def test_a_carton_is_charged_by_the_larger_weight_rounded_up_to_half_a_kilogram(carton: Carton, gram: int) -> None:
    assert gram == chargeable_gram(carton, Policy())


def test_divisor_and_step_are_policy() -> None:
    policy = Policy(volumetric_divisor=6000, chargeable_step_gram=100)

    assert 5_000 == chargeable_gram(Carton(1, 40, 30, 25, 3_000), policy)
    assert 5_100 == chargeable_gram(Carton(1, 40, 30, 25, 5_001), policy)


def test_a_country_without_freight_keeps_the_flat_price_of_the_first_tariff() -> None:
    """J14: two shipments to Hong Kong are 136.00."""
    assert cny("136.00") == price(SEED_TARIFF, "HK", [6_000], 2)
    assert cny("22.00") == price(BY_WEIGHT, "RU", [6_000], 1)


def test_freight_is_a_base_and_a_price_for_each_kilogram_of_chargeable_weight() -> None:
    """40.00 + 12.50 x 8.5 kg = 146.25, whatever the number of units."""
    assert cny("146.25") == price(BY_WEIGHT, "HK", [6_000, 2_500], 7)


def test_a_tariff_stored_before_there_was_freight_is_read() -> None:
    old = {name: value for name, value in msgspec.to_builtins(SEED_TARIFF).items() if name != "freight"}

    assert msgspec.convert(old, Tariff) == SEED_TARIFF


def test_what_remains_goes_to_the_largest_remainders_and_then_to_the_first() -> None:
    """100.00 by 1:1:1 is 33.34 + 33.33 + 33.33; by 1:2:4 it is 14.2857.., 28.5714.., 57.1428.."""
    assert [33_34, 33_33, 33_33] == shares(100_00, [Fraction(1)] * 3)
    assert [14_29, 28_57, 57_14] == shares(100_00, [Fraction(1), Fraction(2), Fraction(4)])


@given(
    st.integers(0, 10_000_000),
    st.lists(st.tuples(st.integers(0, 100_000), st.integers(1, 997)), min_size=1, max_size=60),
)
def test_shares_add_up_to_the_price_and_none_is_a_cent_away(minor: int, parts: list[tuple[int, int]]) -> None:
    weights = [Fraction(*part) for part in parts]
    found = shares(minor, weights)
    total = sum(weights) or Fraction(len(weights))
    exact = [minor * (weight if sum(weights) else Fraction(1)) / total for weight in weights]

    assert minor == sum(found)
    assert all(abs(one - should) < 1 for one, should in zip(found, exact, strict=True))


def test_a_unit_has_the_part_of_its_cartons_chargeable_weight_that_it_weighs() -> None:
    """6 kg over 300 g and 600 g: 2 and 4; 1 kg alone: 1."""
    weights = unit_weights([1, 1, 2], [300, 600, 50], {1: 6_000, 2: 1_000})

    assert [2_000, 4_000, 1_000] == weights


def test_the_price_beside_a_choice_is_that_of_the_unit_alone_by_its_weight() -> None:
    """350 g are charged as 0.5 kg: 40.00 + 6.25."""
    it = ParcelStory().arrived().it
    terms = Terms(tariff=BY_WEIGHT)

    assert cny("46.25") == quoted(it, Decision.SHIP_HK, terms)
    assert cny("46.25") == alone(it, Decision.SHIP_HK, terms)
    assert cny("52.00") == quoted(it, Decision.SHIP_CN, terms)
    assert cny("3.00") == quoted(it, Decision.DISPOSE, terms)
    assert cny("1.50") == quoted(it, Decision.PICKUP, terms)
    assert Money(0, "CNY") == alone(it, Decision.DISPOSE, terms)
