"""Catalogues that break nothing: each text has the places of its English, each plural as many forms as its language; no text of a
template stands outside of the catalogues. That none is missing, fuzzy or still English, tests/test_house.py says."""

import re
from html import unescape
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

SOURCE = Path(__file__).parent.parent / "src" / "backhaul"
FORMS = {"ru": 3, "zh_Hans": 1, "tr": 1}
PLACE = re.compile(r"%\((\w+)\)[sd]|{(\w+)[^{}]*}")
COUNTED = re.compile(
    r"{%-?\s*trans\s+((\w+)(?:(?!%}).)*)%}(?:(?!endtrans).)*?{%-?\s*pluralize\s*(\w*)\s*-?%}", re.DOTALL
)
TEMPLATES = sorted(SOURCE.glob("*/templates/*.html"))
SPOKEN = re.compile(r"""(?:alt|aria-label|placeholder|title)="([^"{]*)\"""")
# The same in every language: names of things, formats and headers, and the "ERP" that a program's name may be.
NAMES = {
    "Backhaul",
    "Moscow",
    "API",
    "SKU",
    "CSV",
    "JSON",
    "XML",
    "XLSX",
    "ZIP",
    "PDF",
    "ZPL",
    "GTIN",
    "RUB",
    "ERP",
    "SHA-",
    "webhook-id",
}
SAMPLES = {"style_guide.html"}  # products and codes that it shows


def places(text: str) -> set[str]:
    return {found[0] or found[1] for found in PLACE.findall(text)}


@pytest.mark.parametrize("folder", FORMS)
def test_every_translation_has_the_places_of_its_english_and_all_plurals(folder: str) -> None:
    with (SOURCE / "locale" / folder / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=folder)
    broken = []
    for message in catalogue:
        if not message.id:
            continue
        plural = not isinstance(message.id, str)
        english = message.id if isinstance(message.id, str) else list(message.id)[-1]
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if len(strings) != (FORMS[folder] if plural else 1):
            broken.append(f"{english}: {len(strings)} forms")
        broken += [f"{english}: {said}" for said in strings if places(str(said)) != places(english)]

    assert FORMS[folder] == catalogue.num_plurals
    assert [] == broken


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_a_plural_is_chosen_by_the_count(path: Path) -> None:
    """Jinja chooses it by the first value: another number gives the wrong form, a text none at all, but not in English."""
    counted = COUNTED.findall(path.read_text(encoding="utf-8"))

    assert [] == [values for values, first, named in counted if (named or first) != "count"]


def bare(template: str) -> str:
    """What is left of a template without its statements, values, comments, translated texts and scripts."""
    text = re.sub(r"{#.*?#}|{%-?\s*trans\b.*?endtrans\s*-?%}", " ", template, flags=re.DOTALL)
    text = re.sub(r"{{.*?}}|{%.*?%}", " ", text, flags=re.DOTALL)
    text = re.sub(r"https://[\w./]+|aria-(invalid|describedby)=\"[^\"]*\"", " ", text)
    return re.sub(r"<(script|style|code|svg)\b.*?</\1>", " ", text, flags=re.DOTALL)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_no_text_of_a_page_stands_outside_of_the_catalogues(path: Path) -> None:
    left = bare(path.read_text(encoding="utf-8"))
    texts = [unescape(text) for text in re.split(r"<[^<>]*>", left)] + SPOKEN.findall(left)
    words = {word for text in texts for word in re.findall(r"[A-Za-z][A-Za-z-]{2,}", text)}

    assert set() == (words - NAMES if path.name not in SAMPLES else set())
