"""The house keeps its own rules: catalogues complete, no file too long, no foreign names, no addresses in the locks."""

import subprocess
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "backhaul"
FOLDERS = ("ru", "zh_Hans", "tr")
# The same in every language: codes, not words.
SAME = frozenset({"SKU", "E-mail", "API", "Backhaul"})


def catalogue(folder: str) -> object:
    with (SOURCE / "locale" / folder / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=folder)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_text_is_translated(folder: str) -> None:
    """D42: no catalogue has an empty, fuzzy or English entry, and none lacks a text that the template has."""
    with (SOURCE / "locale" / "messages.pot").open("rb") as file:
        wanted = {message.id for message in read_po(file) if message.id}
    found = {message.id: message for message in catalogue(folder) if message.id}  # type: ignore[attr-defined]
    forms = {key: [m.string] if isinstance(m.string, str) else list(m.string) for key, m in found.items()}
    empty = [key for key, strings in forms.items() if not all(strings)]
    english = [key for key, strings in forms.items() if key in strings and key not in SAME]
    fuzzy = [key for key, message in found.items() if message.fuzzy]

    assert set() == wanted - set(found)
    assert ([], [], []) == (empty, english, fuzzy)


def test_the_template_has_every_text_of_the_code(tmp_path: Path) -> None:
    fresh = tmp_path / "messages.pot"
    command = ["pybabel", "-q", "extract", "-F", "babel.cfg", "-k", "N_", "--no-location", "-o", str(fresh), "."]
    subprocess.run([str(ROOT / ".venv" / "bin" / command[0]), *command[1:]], cwd=ROOT, check=True, capture_output=True)
    with fresh.open("rb") as new, (SOURCE / "locale" / "messages.pot").open("rb") as kept:
        ids = [{message.id for message in read_po(file) if message.id} for file in (new, kept)]

    assert ids[1] == ids[0]


def test_no_brand_of_the_source_text_stands_in_the_product() -> None:
    """P2: Ozon and IML are sample data and a stated compatibility, never names in code."""
    allowed = {"wire_states.py"}
    found = [
        path.name
        for path in SOURCE.rglob("*")
        if path.suffix in {".py", ".html", ".po", ".css", ".js"} and path.name not in allowed
        for word in ("ozon", " iml ")
        if word in path.read_text(encoding="utf-8").lower()
    ]

    assert [] == found


def test_the_law_has_no_floats() -> None:
    floats = [
        f"{path.name}: {line.strip()}"
        for house in ("marketplace", "partner")
        for path in (SOURCE / house / "rules").glob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if ": float" in line or "float(" in line
    ]

    assert [] == floats


def test_nobody_hides_in_a_drawer_for_odds_and_ends() -> None:
    names = {path.stem for path in SOURCE.rglob("*.py")}

    assert set() == names & {"utils", "helpers", "common", "misc", "service", "manager", "base"}
