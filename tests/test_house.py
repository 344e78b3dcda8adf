"""The house keeps its own rules: pages fresh, catalogues complete, nothing too long, no drawer for odds and ends, no brand names."""

import ast
import importlib
import re
import subprocess
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from backhaul import documents
from backhaul.partner import billing_texts

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "backhaul"
FOLDERS = ("ru", "zh_Hans", "tr")
# Names, a unit and a sentence of places alone: nothing in them is another language's.
SAME = frozenset({"{what}: {who}, {at}.", "SKU", "E-mail", "API", "Backhaul", "kg"})

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 60
LINES_MAX = {"README.md": 80, "ARCHITECTURE.md": 200, "STYLE.md": 150, "CONTRIBUTING.md": 100}
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]

LONG_FILES = {
    "cli.py": "every command of the command line with its options",
    "documents.py": "four written pages and the words for every deadline",
    "kit/database.py": "the one file that knows which database it is",
    "kit/desk.py": "the one write path, read in one piece",
    "marketplace/api.py": "every operation of API v1 with its shapes",
    "marketplace/migrations/versions/0001_the_first_schema.py": "a schema is said once",
    "marketplace/notice_texts.py": "the words of the notices, a catalogue",
    "marketplace/queries.py": "every look at a return, one statement and one function each",
    "marketplace/rules/blocks.py": "the law of a block in one piece: its acts, events, tables, decisions and fold",
    "marketplace/rules/commands.py": "one small shape a command",
    "marketplace/rules/decisions.py": "one `match` over the commands and its helpers",
    "marketplace/rules/events.py": "one small shape an event",
    "marketplace/rules/returns.py": "one `match` over the events",
    "marketplace/texts.py": "the words of the marketplace, a catalogue",
    "marketplace/tables.py": "the schema, declared once",
    "partner/errands.py": "every change that is no command to a parcel, one small function each",
    "partner/rules/events.py": "one small shape an event",
    "partner/rules/packing.py": "the law of a consignment, one `match` over its commands",
    "partner/api.py": "every operation of API v1 with its shapes",
    "partner/migrations/versions/0001_the_first_schema.py": "a schema is said once",
    "partner/pages/parcels.py": "the page of one parcel with its timers, offers and tasks",
    "partner/queries.py": "every look at a parcel, one statement and one function each",
    "partner/tables.py": "the schema, declared once",
    "partner/rules/parcels.py": "one `match` over the events",
    "partner/texts.py": "the words of the partner, a catalogue",
    "scenarios.py": "one function for each state of the demo",
    "world.py": "the demo's people, orders and what they can do",
}
LONG_FUNCTIONS = {
    "kit/journal.py:__init__": "five tables and their statements, declared once for both houses",
    "marketplace/api.py:routes": "handlers are functions inside one",
    "marketplace/migrations/versions/0001_the_first_schema.py:upgrade": "a schema is said once",
    "marketplace/rules/decisions.py:_decide": "one case a command",
    "marketplace/rules/returns.py:_evolve": "one case an event",
    "partner/migrations/versions/0001_the_first_schema.py:upgrade": "a schema is said once",
    "partner/migrations/versions/0012_platforms_and_agreement.py:upgrade": "six tables, said once",
}
CASES_LEFT_OPEN = {
    "marketplace/rules/chart.py": "most events move no money",
    "marketplace/rules/decisions.py": "hands commands about money over to payments.py",
    "marketplace/rules/epcis.py": "most events are no physical step",
    "marketplace/rules/recipients.py": "most events hand nothing to anybody",
    "partner/rules/explaining.py": "most events set no date",
    "marketplace/rules/payments.py": "the end of that hand-over: refuses what nobody knows",
}


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


@pytest.mark.parametrize("name", ["REFUSALS", "FIELD_LABELS"])
def test_no_words_of_billing_take_the_place_of_others(name: str) -> None:
    """What is put into a dictionary as a whole would silently win over what stands there."""
    tree = ast.parse((SOURCE / "partner" / "texts.py").read_text(encoding="utf-8"))
    [kept] = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and name in {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        and isinstance(node.value, ast.Dict)
    ]  # fmt: skip
    own = {key.value for key in kept.keys if isinstance(key, ast.Constant)}

    assert len(own) > 1
    assert set() == own & set(getattr(billing_texts, name))


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


def test_nobody_hides_in_a_drawer_for_odds_and_ends() -> None:
    names = {path.stem for path in SOURCE.rglob("*.py")}

    assert set() == names & {"utils", "helpers", "common", "misc", "service", "manager", "base"}


# -- Documents --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", documents.DOCUMENTS)
def test_a_written_page_is_fresh(name: str) -> None:
    kept = (ROOT / "docs" / name).read_text(encoding="utf-8")

    assert documents.text(name) == kept, "run: .venv/bin/python -m backhaul.documents"


def test_the_journeys_name_what_exists() -> None:
    """docs/journey.md names functions as `marketplace.perform.request_return`, below the package `backhaul`."""
    named = re.findall(r"`([a-z_]+(?:\.\w+)+)`", (ROOT / "docs" / "journey.md").read_text(encoding="utf-8"))
    missing = sorted({name for name in named if not exists(name)})

    assert len(set(named)) >= 60
    assert [] == missing


def exists(name: str) -> bool:
    """Whether a dotted name is a module of `backhaul`, or something in one."""
    words = name.split(".")
    for cut in range(len(words), 0, -1):
        path = SOURCE.joinpath(*words[:cut])
        if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
            thing: object = importlib.import_module(".".join(["backhaul", *words[:cut]]))
            for word in words[cut:]:
                if not hasattr(thing, word):
                    return False
                thing = getattr(thing, word)
            return True
    return False


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert [] == broken


@pytest.mark.parametrize(("name", "lines_max"), LINES_MAX.items())
def test_a_page_for_people_stays_short(name: str, lines_max: int) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= lines_max


def test_decisions_are_numbered_and_have_their_parts() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    parts = {"## Context", "## Decision", "## Consequences", "## Alternatives"}
    lacking = [page.name for page in decisions if not parts <= set(page.read_text(encoding="utf-8").splitlines())]

    assert [f"{n:04}" for n in range(1, len(decisions) + 1)] == [page.name[:4] for page in decisions]
    assert [] == lacking


def test_no_brand_of_the_source_text_stands_in_a_page() -> None:
    """Only these two pages state with which public contract and which clients of it we are compatible."""
    found = [
        f"{page.relative_to(ROOT)}: {line}"
        for page in PAGES
        if page.name not in {"seller-api.md", "clients.md"}
        for line in page.read_text(encoding="utf-8").splitlines()
        if re.search(r"ozon|\biml\b", line, re.IGNORECASE)
    ]

    assert [] == found


# -- Code -------------------------------------------------------------------------------------------------------------


def test_no_file_is_long_without_a_reason() -> None:
    long = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > FILE_LINES_MAX
    }

    assert set(LONG_FILES) == long, "split it by noun, or say why not in LONG_FILES; take out what is short again"


def test_no_function_is_long_without_a_reason() -> None:
    long = {
        f"{path.relative_to(SOURCE)}:{node.name}"
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX
    }

    assert set(LONG_FUNCTIONS) == long, "split it, or say why not in LONG_FUNCTIONS; take out what is short again"


def test_the_law_names_every_case() -> None:
    """`case _` would let a forgotten command through."""
    found = {
        str(path.relative_to(SOURCE))
        for house in ("marketplace", "partner")
        for path in (SOURCE / house / "rules").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.match_case) and isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None
        if node.pattern.name is None
    }

    assert set(CASES_LEFT_OPEN) == found


def test_the_law_knows_no_float() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for house in ("marketplace", "partner")
        for path in (SOURCE / house / "rules").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]

    assert [] == found
