"""Publishing a rate card: a proof that every weight and price is covered once, cell by cell; the difference of two cards (MNY, D14)."""

from typing import Any

import pytest

from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import rate_card_files, version_texts
from backhaul.marketplace.rules.compensation import SEED_CARD, Quality, RateCard, quote
from backhaul.marketplace.rules.rate_cards import CellChange, assembled, cells_of, differences, read
from backhaul.marketplace.rules.versions import Fault

HEADER = "class,weight_from_gram,weight_to_gram,price_from_rub,price_to_rub,rate_pct\n"
# One limit of weight (1 kg) and one of price (5,000 RUB); improper and seller_fault in one row each.
SMALL = (
    HEADER
    + """proper,0,1000,0,5000,0
proper,0,1000,5000,,20
proper,1000,,0,5000,1
proper,1000,,5000,,5
improper,0,,0,,7
seller_fault,,,,,3
"""
)


def card_of(text: str) -> RateCard:
    return rate_card_files.card_of(rate_card_files.parsed(text.encode()), "2")


def faults_of(text: str | bytes) -> list[Fault]:
    with pytest.raises(Refused) as refusal:
        rate_card_files.card_of(rate_card_files.parsed(text if isinstance(text, bytes) else text.encode()), "2")
    assert ("rate_card_invalid", "invalid") == (refusal.value.code, refusal.value.kind)
    found: list[Fault] = refusal.value.facts["faults"]  # type: ignore[assignment]
    return found


def told(text: str | bytes) -> list[str]:
    return [version_texts.sentence(fault, "en") for fault in faults_of(text)]


@pytest.mark.parametrize("write", [rate_card_files.as_csv, rate_card_files.as_json])
def test_the_template_is_the_card_and_reads_back_as_the_same_card(write: Any) -> None:
    file = rate_card_files.parsed(write(SEED_CARD))

    assert 72 == len(file.cells)
    assert SEED_CARD == rate_card_files.card_of(file, SEED_CARD.version)


def test_rows_may_span_several_bands_and_semicolons_and_a_byte_order_mark_are_read() -> None:
    for text in (SMALL, SMALL.replace(",", ";"), "\ufeff" + SMALL):
        card = card_of(text)

        assert ((1000,), (500_000,)) == (card.weight_edges_gram, card.price_edges_minor)
        assert ((0, 20), (1, 5)) == card.rates_pct[Quality.PROPER]
        assert ((7, 7), (7, 7)) == card.rates_pct[Quality.IMPROPER]
        assert ((3, 3), (3, 3)) == card.rates_pct[Quality.SELLER_FAULT]


def test_a_band_includes_its_upper_limit_and_not_its_lower_one() -> None:
    card = card_of(SMALL)

    for weight, price, rate in ((1000, 5_000_00, 0), (1000, 5_000_01, 20), (1001, 5_000_00, 1), (1001, 5_000_01, 5)):
        assert rate == quote(card, Quality.PROPER, weight, Money(price)).rate_pct, (weight, price)


MISFITS = [
    (
        SMALL.replace("proper,1000,,5000,,5\n", "", 1),
        ["Gap: no row covers Proper quality, weight 1000–… g, price 5000–… RUB."],
    ),
    (
        SMALL.replace("proper,0,1000,5000,,20", "proper,0,999,5000,,20"),
        ["Gap: no row covers Proper quality, weight 999–1000 g, price 5000–… RUB."],
    ),
    (
        SMALL.replace("proper,1000,,0,5000,1", "proper,999,,0,5000,1"),
        ["Overlap: rows 1 and 3 both cover Proper quality, weight 999–1000 g, price 0–5000 RUB."],
    ),
    (
        SMALL.replace("proper,0,1000,5000,,20", "proper,0,1000,4999.99,,20"),
        ["Overlap: rows 1 and 2 both cover Proper quality, weight 0–1000 g, price 4999.99–5000 RUB."],
    ),
    (SMALL + "improper,0,,0,,7\n", [
        "Overlap: rows 5 and 7 both cover Improper quality, weight 0–1000 g, price 0–5000 RUB.",
    ]),
    (SMALL.replace("improper", "improbable"), ["Row 5: “improbable” is no class; proper, improper or seller_fault."]),
    (SMALL.replace(",20\n", ",101\n"), ["Row 2, rate_pct: 101 is out of range."]),
    (SMALL.replace(",20\n", ",-1\n"), ["Row 2, rate_pct: -1 is out of range."]),
    (SMALL.replace(",20\n", ",20.5\n"), ["Row 2, rate_pct: “20.5” is no number that fits here."]),
    (SMALL.replace(",20\n", ",\n"), ["Row 2, rate_pct: “” is no number that fits here."]),
    (
        SMALL.replace("0,1000,5000,,20", "1000,1000,5000,,20"),
        ["Row 2, weight_to_gram: the band ends at 1000, before it begins."],
    ),
    (SMALL.replace("proper,0,1000,0,5000,0", "proper,x,1000,0,1e3,0"), [
        "Row 1, weight_from_gram: “x” is no number that fits here.",
        "Row 1, price_to_rub: “1e3” is no number that fits here.",
    ]),
    (SMALL.replace("rate_pct", "rate"), ["The column rate_pct is missing.", "There is no column rate."]),
    (SMALL.replace("proper,0,1000,0,5000,0", "proper,0,1000,0,5000"), ["Row 1: 5 cells, but there are 6 columns."]),
    (HEADER, ["There is at least one limit of weight and one of price."]),
    ("", ["The file is empty."]),
    (",,,,,", ["The file is empty."]),
    ("\n; ;\n", ["The file is empty."]),
    ("{", ["This is no JSON: Input data was truncated."]),
    (b"class\xff", ["The file is no UTF-8 text: save it as CSV UTF-8."]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentences"), MISFITS, ids=range(len(MISFITS)))
def test_every_fault_is_named_with_its_row_or_cell(text: str | bytes, sentences: list[str]) -> None:
    assert sentences == told(text)


def test_a_hundred_percent_and_none_are_allowed() -> None:
    assert 100 == card_of(SMALL.replace(",20\n", ",100\n")).rates_pct[Quality.PROPER][0][1]


def test_thirty_bands_are_allowed_and_one_more_is_not() -> None:
    """29 limits make 30 bands; the rows of one class run along them."""

    def rows(limits: int) -> str:
        edges = [str(gram) for gram in range(1000, 1000 * (limits + 1), 1000)]
        bands = zip(["0", *edges], [*edges, ""], strict=True)
        own = "".join(f"proper,{low},{high},0,5000,1\nproper,{low},{high},5000,,1\n" for low, high in bands)
        return HEADER + own + "improper,,,,,1\nseller_fault,,,,,1\n"

    assert 30 == len(card_of(rows(29)).rates_pct[Quality.PROPER])
    assert ["There are more than 30 bands of weight or of price."] == told(rows(30))


def test_faults_are_told_in_four_languages_and_are_never_more_than_fifty() -> None:
    many = HEADER + "nothing,x,y,z,w,v\n" * 200

    assert 50 <= len(faults_of(many)) <= 55
    for fault in faults_of(many)[:6]:
        assert 1 <= len({version_texts.sentence(fault, language) for language in ("en", "ru", "zh", "tr")})


def test_cells_and_card_are_the_same_thing() -> None:
    cells, faults = read({"class": "proper"} for _ in ())

    assert ([], []) == (cells, faults)
    assert (SEED_CARD, []) == assembled(SEED_CARD.version, cells_of(SEED_CARD))


def test_the_difference_of_two_cards_is_told_cell_by_cell_also_where_the_bands_differ() -> None:
    """The proper cell up to 1 kg above 5,000 RUB is cut in two at 8,000 RUB, and the upper part gives more."""
    before = card_of(SMALL)
    after = card_of(SMALL.replace("proper,0,1000,5000,,20", "proper,0,1000,5000,8000,20\nproper,0,1000,8000,,25"))

    assert [] == differences(before, before)
    assert [CellChange(Quality.PROPER, 0, 1000, 8_000_00, None, 20, 25)] == differences(before, after)
    assert [CellChange(Quality.PROPER, 0, 1000, 8_000_00, None, 25, 20)] == differences(after, before)
