"""A text without what leads to a person: e-mail addresses, telephone numbers, names in messengers, and words that are known to be theirs.

What a person is called cannot be guessed; their own names are known and are covered, wherever they stand in what they wrote.
"""

import re
from collections.abc import Iterable

COVER = "•••"
KNOWN_CHARACTERS_MIN = 3  # of a word that is covered because it is known: shorter ones are everybody's

E_MAIL = re.compile(r"[\w.+%-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")
LINK = re.compile(r"(?:https?://|www\.|t\.me/|wa\.me/|vk\.com/)\S+", re.IGNORECASE)
HANDLE = re.compile(r"(?<![\w@])@[A-Za-z]\w{3,}")
# Ten to thirteen digits that stand together, with what people write between them; no date.
TELEPHONE = re.compile(r"(?<![\w-])(?!\d{4}-\d\d-\d\d)\+?\(?\d(?:[\s().\-\u2010-\u2015\u00a0]{0,3}\d){9,12}(?![\w-])")
POSTING = re.compile(r"\d{5,}-\d{4}-\d{1,3}")


def masked(text: str, known: Iterable[str] = ()) -> str:
    """The text with a cover over addresses, numbers and the known names. The number of a posting stays: its seller has it anyway."""
    for pattern in (E_MAIL, LINK, HANDLE):
        text = pattern.sub(COVER, text)
    text = TELEPHONE.sub(lambda found: found[0] if POSTING.fullmatch(found[0]) else COVER, text)
    words = sorted(words_of(known), key=len, reverse=True)
    if not words:
        return text
    either = "|".join(re.escape(word) for word in words)
    return re.sub(rf"(?<!\w)(?:{either})(?!\w)", COVER, text, flags=re.IGNORECASE)


def words_of(known: Iterable[str]) -> set[str]:
    """The words of names and addresses that lead to somebody."""
    found = {word for text in known for word in re.split(r"[\s,;@]+", text)}
    return {word for word in found if len(word) >= KNOWN_CHARACTERS_MIN}
