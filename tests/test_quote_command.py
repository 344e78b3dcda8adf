"""`backhaul quote` at its real command line: what it prints for people and for machines, and what it refuses."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from backhaul.cli import app

# The published paper's own machine-readable copy; nothing in it was made from the code.
PAPER: dict[str, Any] = json.loads((Path(__file__).parent / "rules" / "rate_card.json").read_text("utf-8"))
CARD = "seed-000_30f6c7343d7c5654"
CLASSES = {"proper": "proper", "improper": "improper", "seller_fault": "sellers-fault"}
PLAIN = {"--class": "proper", "--weight-kg": "0.9", "--price-rub": "12400"}
SECONDS = 30


def ask(*more: str, **changes: str | None) -> Any:
    """The README's question, with some options said otherwise; None leaves one out."""
    options = {**PLAIN, **{f"--{name.replace('_', '-')}": value for name, value in changes.items()}}
    said = [word for name, value in options.items() if value is not None for word in (name, value)]
    return CliRunner().invoke(app, ["quote", *said, *more])


def refusal(**changes: str | None) -> tuple[int, str, str]:
    """Exit code, what stands on the output, and what on the error stream."""
    answer = ask(**changes)
    return answer.exit_code, answer.stdout, " ".join(answer.stderr.split())


def test_the_readmes_quote_is_explained_as_a_process_of_its_own() -> None:
    """J3: 30 % of 12 400; the cell, its bounds, and the version of the card."""
    words = [sys.executable, "-m", "backhaul.cli", "quote", *(word for pair in PLAIN.items() for word in pair)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    assert [
        "3720.00 RUB",
        "30 % of 12400.00 RUB, half-up to the kopeck",
        "class   proper",
        "weight  0.900 kg: up to 1.000 kg",
        "price   more than 10000.00 up to 15000.00 RUB",
        f"card    {CARD}",
    ] == [line.strip() for line in done.stdout.splitlines()]


def test_the_same_for_machines() -> None:
    answer = ask("--json")

    assert 0 == answer.exit_code
    assert {
        "amount_rub": "3720.00", "rate_pct": 30, "class": "proper", "weight_kg": "0.900", "price_rub": "12400.00",
        "weight_gt_kg": None, "weight_le_kg": "1.000", "price_gt_rub": "10000.00", "price_le_rub": "15000.00",
        "card_version": CARD,
    } == json.loads(answer.stdout)  # fmt: skip


@pytest.mark.parametrize("vector", PAPER["test_vectors"], ids=lambda vector: vector["why"])
def test_every_vector_of_the_paper_is_quoted_with_its_cell(vector: dict[str, Any]) -> None:
    """P17: the amount, the percentage, and the bounds of the bands that the paper names."""
    (weights,) = [band for band in PAPER["weight_bands"] if band["id"] == vector["weight_band"]]
    (prices,) = [band for band in PAPER["price_bands"] if band["id"] == vector["price_band"]]
    named = {"class": CLASSES[vector["quality"]], "weight_kg": vector["weight_kg"], "price_rub": vector["price_rub"]}
    told = json.loads(ask("--json", **named).stdout)
    bounds = [told[name] for name in ("weight_gt_kg", "weight_le_kg", "price_gt_rub", "price_le_rub")]
    published = [weights["gt_kg"], weights["le_kg"], prices["gt_rub"], prices["le_rub"]]

    assert (vector["compensation_rub"], vector["rate_pct"]) == (told["amount_rub"], told["rate_pct"])
    assert [None if one is None else Decimal(one) for one in published] == [
        None if one is None else Decimal(one) for one in bounds
    ]
    assert f"{vector['compensation_rub']} RUB" == ask(**named).stdout.splitlines()[0]


def test_the_open_ends_of_the_table_are_said_in_words() -> None:
    told = ask(weight_kg="7.001", price_rub="25000.01").stdout

    assert "weight  7.001 kg: more than 7.000 kg" in told
    assert "price   more than 25000.00 RUB" in told
    assert "price   up to 5000.00 RUB" in ask(price_rub="5000").stdout


@pytest.mark.parametrize(
    ("price_rub", "read_as", "amount"),
    [("10000.004", "10000.00", "2000.00"), ("10000.005", "10000.01", "3000.00"), ("0.005", "0.01", "0.00")],
)
def test_a_fraction_of_a_kopeck_is_rounded_before_the_band_is_looked_up(
    price_rub: str, read_as: str, amount: str
) -> None:
    """D13, P17: half-up, and only then banded: 20 % up to 10 000.00 and 30 % from a kopeck more."""
    told = json.loads(ask("--json", price_rub=price_rub).stdout)

    assert (read_as, amount) == (told["price_rub"], told["amount_rub"])


@pytest.mark.parametrize("heavy", ["0", "-0.9", "1000.001"])
def test_a_weight_out_of_bounds_is_refused_with_the_bounds(heavy: str) -> None:
    assert (2, "", f"--weight-kg is above 0 and at most 1000, not {heavy}") == refusal(weight_kg=heavy)


@pytest.mark.parametrize("dear", ["0", "-1", "0.004", "100000000.01"])
def test_a_price_out_of_bounds_is_refused_with_the_bounds(dear: str) -> None:
    assert (2, "", f"--price-rub is above 0 and at most 100000000, not {dear}") == refusal(price_rub=dear)


def test_the_greatest_weight_and_price_are_quoted() -> None:
    assert 0 == ask(weight_kg="1000").exit_code
    assert "15000000.00 RUB" == ask(price_rub="100000000").stdout.splitlines()[0]


@pytest.mark.parametrize("said", ["0,9", "0.0009", "1e3", "heavy", "", "NaN", "0.9 kg", "٠٫٩", "1-2", "."])
def test_a_weight_that_is_no_number_of_grams_is_refused_as_it_was_said(said: str) -> None:
    sentence = "--weight-kg is a number with at most three digits after the point, not"

    assert (2, "", f"{sentence} {said!r}") == refusal(weight_kg=said)


@pytest.mark.parametrize("said", ["12 400", "12,400", "12400.0000001", "Infinity", "₽12400", "--", "[/red]"])
def test_a_price_that_is_no_number_is_refused_as_it_was_said(said: str) -> None:
    sentence = "--price-rub is a number with at most six digits after the point, not"

    assert (2, "", f"{sentence} {said!r}") == refusal(price_rub=said)


@pytest.mark.parametrize("said", ["Proper", "seller_fault", "substituted", ""])
def test_a_class_that_there_is_not_is_answered_with_those_that_there_are(said: str) -> None:
    sentence = "--class is one of proper, improper, sellers-fault, not"

    assert (2, "", f"{sentence} {said!r}") == refusal(**{"class": said})


@pytest.mark.parametrize("option", PLAIN)
def test_an_option_that_is_not_there_is_named(option: str) -> None:
    code, out, said = refusal(**{option.removeprefix("--").replace("-", "_"): None})

    assert (2, "") == (code, out)
    assert f"Missing option '{option}'" in said
