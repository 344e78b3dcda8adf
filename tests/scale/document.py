"""The tables of docs/scale.md that follow from the code. `python -m tests.scale.document` writes them anew."""

from collections import Counter
from functools import cache
from pathlib import Path

from tests.scale import everywhere, houses, statements
from tests.scale.statements import Bound, Place

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
BEGIN, END = "<!-- python -m tests.scale.document -->\n", "<!-- end -->\n"
HOUSES = {"marketplace": houses.MARKETPLACE, "partner": houses.PARTNER}
SAID = {
    Bound.TENANT: "bound by the tenant's own column (`seller_id`; for a company's and a customer's things `company_id`, `customer_ref`)",
    Bound.FOLLOWS: "bound by a key from which the home follows (a case's number, a posting, ...)",
    Bound.SHARED: "touch shared tables only",
    Bound.EVERY: "run in every home, for a reason that is listed",
}


@cache
def read_all(house: str) -> dict[str, statements.Reading]:
    """Every statement of a house, read."""
    found = statements.named(house)
    return {name: statements.read(one, HOUSES[house]) for name, one in found.items()}


def readings(house: str) -> dict[str, Bound]:
    """How every statement of a house is bound."""
    return {name: one.verdict() for name, one in read_all(house).items()}


def named_reason(name: str) -> str:
    """Why a statement may run everywhere; nothing where nobody said so."""
    plain = name.partition("[")[0]
    return next((why for why, names in everywhere.EVERYWHERE.items() if plain in names), "")


def written() -> str:
    """The part of the page between its marks."""
    lines = ["", "### Statements", "", "| how it is bound | marketplace | partner |", "|---|---|---|"]
    counts = {house: Counter(readings(house).values()) for house in HOUSES}
    for bound, said in SAID.items():
        lines.append(f"| {said} | {counts['marketplace'][bound]} | {counts['partner'][bound]} |")
    lines += [
        "",
        "Those that run in every home, by why that does:",
        "",
        "| why | marketplace | partner |",
        "|---|---|---|",
    ]
    reasons = {house: Counter(named_reason(name) for name, bound in readings(house).items() if bound is Bound.EVERY)
               for house in HOUSES}  # fmt: skip
    for why in everywhere.EVERYWHERE:
        lines.append(f"| {why} | {reasons['marketplace'][why]} | {reasons['partner'][why]} |")
    for house, places in HOUSES.items():
        lines += [
            "",
            f"### Tables of the {house}",
            "",
            "| table | stands by | follows from | note |",
            "|---|---|---|---|",
        ]
        lines += [_row(name, place) for name, place in sorted(places.items(), key=_order)]
    return "\n".join([*lines, "", ""])


def page() -> str:
    """The whole page with that part as it should be."""
    text = PAGE.read_text()
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}{written()}{END}{rest.partition(END)[2]}"


def _order(entry: tuple[str, Place]) -> tuple[bool, str, str]:
    name, place = entry
    return not place.group, place.group, name


def _row(name: str, place: Place) -> str:
    stands = (
        f"{place.group}: `{place.key}`" if place.key else f"{place.group}, by the home" if place.group else "shared"
    )
    follows = ", ".join(f"`{one}`" for one in place.follows)
    return f"| `{name}` | {stands} | {follows} | {place.why} |"


if __name__ == "__main__":
    PAGE.write_text(page())
