"""A text without what leads to a person: e-mail addresses, telephone numbers, names in messengers, and words that are known to be theirs.

What a person is called cannot be guessed; their own names are known and are covered, wherever they stand in what they wrote.
"""

import re
from collections.abc import Iterable

COVER = "•••"
KNOWN_CHARACTERS_MIN = 3  # of a word that is covered because it is known: shorter ones are everybody's
SIGNS_MIN = 2  # of one in a writing without blanks, where a sign is a syllable or a word

# Writings that put no blanks between words: Han, kana. Where a word ends there, nothing tells.
UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
HAS_UNSPACED = re.compile(f"[{UNSPACED}]")

E_MAIL = re.compile(r"[\w.+%-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")
LINK = re.compile(r"(?:https?://|www\.|t\.me/|wa\.me/|vk\.com/)\S+", re.IGNORECASE)
HANDLE = re.compile(r"(?<!@)@[A-Za-z]\w{3,}")
# Ten to thirteen digits that stand together, with what people write between them; letters may touch them. Before that, what looks
# like one and stays: the number of a posting, which its seller has anyway, and a date.
NUMBERS = re.compile(
    r"(?<!\d)(?:"
    r"(?P<stays>\d{7,}-\d{4}-\d{1,3}(?!-?\d)|(?:19|20)\d\d-[01]\d-[0-3]\d(?!-?\d)|[0-3]?\d\.[01]?\d\.(?:19|20)\d\d(?!\d))"
    r"|\+?\(?\d(?:[\s().\-\u2010-\u2015\u00a0]{0,3}\d){9,12}(?!\d))"
)


def masked(text: str, known: Iterable[str] = ()) -> str:
    """The text with a cover over addresses, numbers and the known names."""
    for pattern in (E_MAIL, LINK, HANDLE):
        text = pattern.sub(COVER, text)
    text = NUMBERS.sub(lambda found: found["stays"] or COVER, text)
    words = sorted(words_of(known), key=len, reverse=True)
    if not words:
        return text
    letter = rf"[^\W{UNSPACED}]"
    either = "|".join(
        re.escape(word) if HAS_UNSPACED.search(word) else rf"(?<!{letter}){re.escape(word)}(?!{letter})"
        for word in words
    )
    return re.sub(either, COVER, text, flags=re.IGNORECASE)


def words_of(known: Iterable[str]) -> set[str]:
    """The words of names and addresses that lead to somebody; of a name with an initial, which alone is everybody's, the whole, too."""
    found = set[str]()
    for text in known:
        words = [word for word in re.split(r"[\s,;@]+", text) if word]
        leading = {word for word in words if _leads(word)}
        found |= leading
        if leading and len(leading) < len(set(words)):
            found.add(text.strip())
    return found


def _leads(word: str) -> bool:
    return len(word) >= (SIGNS_MIN if HAS_UNSPACED.search(word) else KNOWN_CHARACTERS_MIN)
