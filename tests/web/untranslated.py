"""English that stands on a page in another language: texts of the catalogue that were shown as they are in the code."""

import re
from collections.abc import Mapping
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files

from babel.messages.pofile import read_po

from backhaul.kit import i18n

READ_ALOUD = ("alt", "aria-label", "placeholder", "title", "data-error", "data-said")
UNSPOKEN = {"script", "style", "code"}  # and codes, which are the same for everybody
GAP = re.compile(r"%\((\w+)\)s|{(\w*)[^{}]*}|%%")
LATIN = re.compile(r"[A-Za-z]{3,}")
LETTERS_MIN = 3  # outside of places: what is shorter says nothing about its language
# What a person of the demo wrote or is called happens to be a text of ours, too.
OF_PEOPLE: frozenset[str] = frozenset()


class Texts(HTMLParser):
    """What a page says: its text from tag to tag, and the attributes that are read out. What a field says to be in another language is not the page's."""

    def __init__(self, html: str, language: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._language = language
        self._mute = 0
        self._elsewhere = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = dict(attrs)
        self._mute += tag in UNSPOKEN
        self._elsewhere |= tag == "textarea" and at.get("lang", self._language) != self._language
        names = (*READ_ALOUD, *(["value"] if tag == "input" and at.get("type") in {"submit", "button"} else []))
        self.said += [value for name in names if (value := at.get(name))]

    def handle_endtag(self, tag: str) -> None:
        self._mute -= tag in UNSPOKEN
        self._elsewhere &= tag != "textarea"

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not self._mute and not self._elsewhere:
            self.said.append(text)


@cache
def _english(language: str) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Texts that this language says otherwise: those without places, and the shapes of those with."""
    source = files("backhaul") / "locale" / i18n.FOLDERS[language] / "LC_MESSAGES" / "messages.po"
    plain, shaped = set(), []
    with source.open("rb") as file:
        catalogue = read_po(file, locale=i18n.FOLDERS[language])
    for message in catalogue:
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        for text in ids:
            bare = GAP.sub("", text)
            if "<" in text or text in strings or len(re.sub(r"[^A-Za-z]", "", bare)) < LETTERS_MIN:
                continue
            if bare == text:
                plain.add(" ".join(text.split()))
            elif len(re.findall(r"[A-Za-z]{3,}", bare)) > 1:
                parts = [
                    re.escape(" ".join(part.split(" "))) for part in re.split(GAP.pattern.replace("(", "(?:"), text)
                ]
                shaped.append(re.compile(".+".join(parts)))
    return frozenset(plain), tuple(shaped)


def untranslated(html: str, language: str) -> list[str]:
    """What this page says in English although the catalogue of its language has it."""
    if language == i18n.DEFAULT:
        return []
    plain, shaped = _english(language)
    said = {text for text in Texts(html, language).said if text not in OF_PEOPLE}
    latin = [text for text in said if re.search(r"[A-Za-z]{3}.*[A-Za-z]{3}", text)]
    return sorted(
        {text for text in said if text in plain}
        | {text for text in latin if any(one.fullmatch(text) for one in shaped)}
    )


def foreign(text: str, facts: Mapping[str, object]) -> set[str]:
    """Words in Latin letters that no fact brought into a Russian or Chinese text."""
    words = {*LATIN.findall(text)} - {"API"}
    brought = " ".join(str(value) for value in facts.values()) if words else ""
    return {word for word in words if word not in brought}
