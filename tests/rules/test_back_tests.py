"""A back-test says who would have gained, who lost and by how much; expectations by hand from the published table (4.2)."""

import msgspec
import pytest

from backhaul.kit.money import Money
from backhaul.marketplace.rules.back_tests import Past, Tally, compensation_of
from backhaul.marketplace.rules.compensation import SEED_CARD, Quality, RateCard, quote
from backhaul.marketplace.rules.reckoning import back_test

HALF = msgspec.structs.replace(
    SEED_CARD,
    version="half",
    rates_pct={q: tuple(tuple(rate // 2 for rate in row) for row in rows) for q, rows in SEED_CARD.rates_pct.items()},
)
# Proper quality up to 1 kg and 5,000 RUB brings 0 % by the seed; here it brings 10 %.
KINDER = msgspec.structs.replace(
    SEED_CARD,
    version="kinder",
    rates_pct={**SEED_CARD.rates_pct, Quality.PROPER: ((10, *SEED_CARD.rates_pct[Quality.PROPER][0][1:]),
                                                      *SEED_CARD.rates_pct[Quality.PROPER][1:])},
)  # fmt: skip


def past(number: int, price_rub: int, *, quality: Quality = Quality.PROPER, seller: int = 1, compensation: str = "credited",
         refund: str = "confirmed", claim: str = "none", status: str = "disposed_by_marketplace") -> Past:  # fmt: skip
    """A return of 900 g that was accepted for disposal."""
    quoted = quote(SEED_CARD, quality, 900, Money(price_rub * 100))
    document = {
        "id": number, "number": f"R-{number}", "seller_id": seller, "status": status, "check": {"quote": quoted},
        "refund": {"status": refund}, "claim": {"status": claim},
        "compensation": {"status": compensation, "quote": quoted if compensation != "none" else None},
    }  # fmt: skip
    return msgspec.json.decode(msgspec.json.encode(document), type=Past)


THROW, CUP, LAMP = past(1, 12_400), past(2, 4_000, compensation="none", seller=2), past(3, 6_000, seller=3)


def test_a_card_of_half_takes_half_from_everybody_who_received_something() -> None:
    """12,400 RUB x 30 % = 3,720.00, by half 15 % = 1,860.00; 6,000 RUB x 20 % = 1,200.00, by half 600.00; the cup had nothing."""
    found = back_test(HALF, [THROW, CUP, LAMP])

    assert Tally(3, 0, 2, 4_920_00, 2_460_00, 0, 2_460_00) == found.total
    assert (1, -2_460_00) == (found.total.same, found.total.change_minor)
    assert [(1, 3_720_00, 1_860_00), (3, 1_200_00, 600_00)] == [
        (one.return_id, one.before.minor, one.after.minor) for one in found.losing
    ]
    assert ((), 0, 2) == (found.gaining, found.sellers_gaining, found.sellers_losing)
    assert [(1, -1_860_00), (3, -600_00)] == [(one.seller_id, one.change_minor) for one in found.sellers]


def test_what_brought_nothing_by_the_table_gains_where_the_new_card_gives_something() -> None:
    """4,000 RUB x 10 % = 400.00."""
    found = back_test(KINDER, [THROW, CUP, LAMP])

    assert Tally(3, 1, 0, 4_920_00, 5_320_00, 400_00, 0) == found.total
    assert [(2, 0, 400_00)] == [(one.return_id, one.before.minor, one.after.minor) for one in found.gaining]


def test_classes_are_counted_apart() -> None:
    """Improper, 900 g, 12,400 RUB: 18 % = 2,232.00, by half 9 % = 1,116.00."""
    found = back_test(HALF, [THROW, past(4, 12_400, quality=Quality.IMPROPER)])

    assert (1, 3_720_00, 1_860_00) == _sums(found.classes[Quality.PROPER])
    assert (1, 2_232_00, 1_116_00) == _sums(found.classes[Quality.IMPROPER])
    assert (0, 0, 0) == _sums(found.classes[Quality.SELLER_FAULT])


@pytest.mark.parametrize(
    "it",
    [
        past(5, 12_400, compensation="none"),  # a claim or another way: the table brought nothing, and would not
        past(6, 12_400, compensation="reversed"),
        past(7, 4_000, compensation="none", refund="held"),
        past(8, 4_000, compensation="none", refund="cancelled"),
        past(9, 4_000, compensation="none", claim="filed"),
        past(10, 4_000, compensation="none", status="lost"),
    ],
    ids=lambda it: str(it.id),
)
def test_what_the_table_does_not_compensate_is_not_counted(it: Past) -> None:
    assert compensation_of(it) is None
    assert 0 == back_test(KINDER, [it]).total.returns


def test_only_the_ten_that_change_most_are_named_and_all_are_counted() -> None:
    found = back_test(HALF, [past(n, 6_000 + n, seller=n) for n in range(1, 31)])

    assert (30, 30) == (found.total.returns, found.total.losing)
    assert list(range(30, 20, -1)) == [one.return_id for one in found.losing]
    assert (30, 10) == (found.sellers_losing, len(found.sellers))


def test_the_same_card_changes_nothing() -> None:
    same: RateCard = msgspec.structs.replace(SEED_CARD, version="same")
    found = back_test(same, [THROW, CUP, LAMP])

    assert Tally(3, 0, 0, 4_920_00, 4_920_00, 0, 0) == found.total
    assert ((), ()) == (found.gaining, found.losing)


def _sums(tally: Tally) -> tuple[int, int, int]:
    return tally.returns, tally.before_minor, tally.after_minor
