"""What a stolen table of passwords costs: Argon2id, not below the least that OWASP's cheat sheet on password storage asks for."""

import re
import subprocess
import sys

import pytest

from backhaul.kit import keys, passwords
from backhaul.kit.machine import Refused

MEMORY_KIB_MIN, PASSES_MIN = 19 * 1024, 2


def test_a_house_hashes_with_the_cost_that_is_asked_for() -> None:
    """In a process of its own: the tests hash more cheaply."""
    program = "from backhaul.kit import keys; print(keys.hash_password('correct horse'))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", told)

    assert found is not None, told
    memory_kib, passes, _ = map(int, found.groups())
    assert memory_kib >= MEMORY_KIB_MIN
    assert passes >= PASSES_MIN
    assert keys.password_fits("correct horse", told)
    assert not keys.password_fits("correct horsf", told)


def test_nobody_is_told_apart_by_an_empty_hash() -> None:
    assert not keys.password_fits("nobody's password", "")


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        (" " * 12, "blank"), ("\t \u3000 \u00a0        ", "blank"), ("x" * 12, "one_character"), ("Xx" * 6, "one_character"),
        ("elif@anadolu.tr", "login"), ("ELIF@anadolu.tr ", "login"), ("elif", "login"),
        ("correct horse battery", "current"),
    ],
)  # fmt: skip
def test_what_everybody_guesses_is_no_password(password: str, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        passwords.check_guessable(password, "elif@anadolu.tr", "correct horse battery")

    assert ("password_guessable", "password", rule) == (
        caught.value.code,
        caught.value.field,
        caught.value.facts["rule"],
    )


@pytest.mark.parametrize("password", ["xxxxxxxxxxxy", "elif@anadolu.tr!", "correct horse batterz", " x  y        "])
def test_what_is_only_near_to_that_is_one(password: str) -> None:
    passwords.check_guessable(password, "elif@anadolu.tr", "correct horse battery")
