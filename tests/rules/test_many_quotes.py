"""Quotes in columns are the quotes of the law, and a back-test of blocks is one of return after return."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backhaul.kit.money import Money
from backhaul.marketplace.rules import back_tests, reckoning
from backhaul.marketplace.rules.back_tests import Change, Past, SellersChange
from backhaul.marketplace.rules.compensation import SEED_CARD, Quality, RateCard, quote
from backhaul.marketplace.rules.many_quotes import QUALITIES, amounts, units_of
from backhaul.marketplace.rules.reckoning import back_test
from tests.rules.test_back_tests import HALF, KINDER, past
from tests.rules.test_rate_card import a_hundred_thousand

EDGES = st.lists(st.integers(1, 10_000), min_size=1, max_size=6, unique=True).map(lambda edges: tuple(sorted(edges)))


@st.composite
def cards(draw: st.DrawFn) -> RateCard:
    """Any card: its bands and its percentages by chance."""
    weights, prices = draw(EDGES), draw(EDGES)
    row = st.tuples(*[st.integers(0, 100)] * (len(prices) + 1))
    rows = st.tuples(*[row] * (len(weights) + 1))
    return RateCard("any", weights, prices, {quality: draw(rows) for quality in QUALITIES})


def test_a_hundred_thousand_quotes_in_columns_are_those_of_the_law() -> None:
    triples = a_hundred_thousand()
    rows = [(n, 1, QUALITIES.index(Quality(grade)), w, p, 0) for n, (grade, w, p) in enumerate(triples)]
    one_by_one = [quote(SEED_CARD, Quality(grade), w, Money(p)).amount.minor for grade, w, p in triples]

    assert one_by_one == amounts(SEED_CARD, units_of(rows)).tolist()


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(card=cards(), seed=st.integers(0, 2**32 - 1))
def test_so_are_those_of_any_card_at_its_edges(card: RateCard, seed: int) -> None:
    chance = Random(seed)

    def near(edges: tuple[int, ...]) -> int:
        return max(1, chance.choice(edges) + chance.randint(-1, 1))

    rows = [
        (n, 1, chance.randrange(len(QUALITIES)), near(card.weight_edges_gram), near(card.price_edges_minor), 0)
        for n in range(200)
    ]
    one_by_one = [quote(card, QUALITIES[q], w, Money(p)).amount.minor for _, _, q, w, p, _ in rows]

    assert one_by_one == amounts(card, units_of(rows)).tolist()


def test_the_dearest_unit_and_none_at_all_are_quoted_too() -> None:
    """100 million roubles, 15 %: the columns do not run over."""
    dearest = units_of([(1, 1, 0, 500, 10_000_000_000, 0)])

    assert [1_500_000_000] == amounts(SEED_CARD, dearest).tolist()
    assert [] == amounts(SEED_CARD, units_of([])).tolist()


def some_returns(count: int) -> list[Past]:
    chance = Random(7)
    return [
        past(
            n,
            chance.choice([4_000, 5_000, 5_001, 12_400, 12_400, 17_000, 25_001]),
            quality=chance.choice(QUALITIES),
            seller=chance.randint(1, 15),
            compensation=chance.choice(["credited", "credited", "accrued", "none"]),
        )
        for n in range(1, count + 1)
    ]


def one_after_the_other(card: RateCard, returns: list[Past]) -> tuple[object, ...]:
    """The same back-test without columns: who gains, who loses, by how much."""
    changes, sellers = [], Counter[int]()
    counted = 0
    for it in returns:
        brought = back_tests.compensation_of(it)
        if brought is None:
            continue
        counted += 1
        after = quote(card, brought.quality, brought.weight_gram, brought.price).amount
        if after != brought.amount:
            changes.append(Change(it.id, it.number, it.seller_id, brought.quality, brought.weight_gram, brought.price,
                                  brought.amount, after))  # fmt: skip
            sellers[it.seller_id] += after.minor - brought.amount.minor
    largest = sorted(changes, key=lambda c: (-abs(c.minor), c.return_id))
    ordered = sorted(sellers.items(), key=lambda s: (-abs(s[1]), s[0]))
    gaining, losing = [c for c in largest if c.minor > 0], [c for c in largest if c.minor < 0]
    return (
        counted, len(gaining), len(losing), sum(c.minor for c in gaining), -sum(c.minor for c in losing),
        tuple(gaining[:10]), tuple(losing[:10]), sum(m > 0 for m in sellers.values()), sum(m < 0 for m in sellers.values()),
        tuple(SellersChange(*one) for one in ordered[:10]),
    )  # fmt: skip


@pytest.mark.parametrize("card", [SEED_CARD, HALF, KINDER], ids=lambda card: card.version)
@pytest.mark.parametrize("block", [1, 7, 100, 10_000])
def test_a_back_test_in_blocks_is_one_of_return_after_return(
    card: RateCard, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reckoning, "BLOCK", block)
    returns = some_returns(500)
    found = back_test(card, returns)
    total = found.total

    assert one_after_the_other(card, returns) == (
        total.returns, total.gaining, total.losing, total.gained_minor, total.lost_minor, found.gaining, found.losing,
        found.sellers_gaining, found.sellers_losing, found.sellers,
    )  # fmt: skip
    assert total.returns == sum(one.returns for one in found.classes.values())
    assert total.change_minor == sum(one.change_minor for one in found.classes.values())


def test_of_equal_changes_the_older_returns_are_named() -> None:
    named = [one.return_id for one in back_test(HALF, [past(n, 6_000) for n in range(1, 40)]).losing]

    assert all(older < younger for older, younger in pairwise(named))
    assert list(range(1, 11)) == named
