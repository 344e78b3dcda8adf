"""T35: the bill of materials has all that is locked, and an audit that looked at nothing does not say that nothing was found."""

from typing import Any

import pytest

from tools import supply

KNOWS = {
    "dependencies": [
        {"name": "Jinja2", "version": "2.10", "vulns": [{"id": "CVE-2019-10906", "fix_versions": ["2.10.1"]}]}
    ]
}
CLEAN = {"dependencies": [{"name": "msgspec", "version": "0.22", "vulns": []}]}
SKIPPED = {
    "dependencies": [{"name": "six", "skip_reason": "Dependency not found on PyPI and could not be audited: six"}]
}
OLD = {
    "dependencies": [
        {"name": "pillow", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": []}]},
        *SKIPPED["dependencies"],
    ]
}


@pytest.mark.parametrize(
    ("report", "control", "status", "said"),
    [
        (CLEAN, KNOWS, 0, "1 packages, none known to be vulnerable"),
        (SKIPPED, KNOWS, 3, "NOT RUN for six"),
        (CLEAN, CLEAN, 3, "NOT RUN: jinja2 2.10 is vulnerable"),
        (CLEAN, SKIPPED, 3, "NOT RUN: jinja2 2.10 is vulnerable"),
        (None, KNOWS, 3, "NOT RUN: no database"),
        (CLEAN, None, 3, "NOT RUN: no database"),
        (OLD, KNOWS, 1, "pillow 1.0: CVE-1, mended in no version"),
    ],
)
def test_an_audit_is_only_green_when_it_knows_what_is_vulnerable(
    report: dict[str, Any] | None, control: dict[str, Any] | None, status: int, said: str
) -> None:
    found, lines = supply.verdict(report, control)

    assert status == found
    assert lines[0].startswith(said)


def test_what_is_locked_and_not_in_the_bill_is_named() -> None:
    locked = supply.pins("a-b==1.0 \\\n    --hash=sha256:00\nc[x]==2.0 ; python_version < '3.12'\nd==3\ne==4\n")
    hashed = {"externalReferences": [{"hashes": [{"alg": "SHA-256", "content": "00"}]}]}
    bill = {"components": [
        {"name": "A_b", "version": "1.0", **hashed}, {"name": "c", "version": "2.1", **hashed}, {"name": "d", "version": "3"},
    ]}  # fmt: skip

    assert {"a-b": "1.0", "c": "2.0", "d": "3", "e": "4"} == locked
    assert ["c", "d", "e"] == supply.missing(bill, locked)


def test_no_more_packages_are_asked_for_than_are_needed() -> None:
    """Each is somebody whom we trust; the count goes up with a reason only."""
    assert len(supply.pins(supply.LOCKED.read_text(encoding="utf-8"))) <= 75
