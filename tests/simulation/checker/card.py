"""MNY-6: what a disposed product brings, from the published table (section 4 of the requirements), half-up to the kopeck."""

# rouble bands (low, high] up to 5, 10, 15, 20, 25 thousand and above; kilograms up to 1, 4, 7 and above.
PRICES = (500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000)
WEIGHTS = (1_000, 4_000, 7_000)
CARD = {
    "proper": ((0, 20, 30, 35, 30, 15), (0, 5, 20, 25, 20, 10), (0, 0, 10, 15, 10, 5), (0,) * 6),
    "improper": ((0, 7, 18, 23, 13, 8), (0, 0, 8, 13, 5, 5), (0,) * 6, (0,) * 6),
    "seller_fault": ((0, 0, 10, 15, 5, 0), (0, 0, 3, 5, 0, 0), (0,) * 6, (0,) * 6),
}
# Matrix 4.3, not inspected; D3 for damage together with the packaging.
CLASS_OF = {
    "did_not_fit": "proper", "did_not_like": "proper", "does_not_work": "improper", "wrong_item": "seller_fault",
    "packaging_and_product_damaged": "improper", "product_damaged_packaging_intact": "seller_fault",
}  # fmt: skip


def band(edges: tuple[int, ...], value: int) -> int:
    """The number of the band (low, high] of a value."""
    return sum(1 for edge in edges if value > edge)


def brings(grade: str, weight_gram: int, price_minor: int) -> int:
    """Kopecks."""
    percent = CARD[grade][band(WEIGHTS, weight_gram)][band(PRICES, price_minor)]
    whole, rest = divmod(price_minor * percent, 100)
    return whole + (1 if rest * 2 >= 100 else 0)
