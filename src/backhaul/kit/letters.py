"""Letters as people see them: a text is cut between them and never in one, and none turns the order in which others are read."""

import re
import unicodedata

# What turns the reading order of all that follows until somebody turns it back. Marks that only say which way a letter goes stay.
OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_JOINER = "\u200d"
_SKIN = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)
_VOWELS_AND_ENDS = range(0x1160, 0x1200)  # of Korean syllables that are written in parts


def straight(text: str) -> str:
    """The text in the order in which it was written."""
    return text if text.isascii() else OVERRIDES.sub("", text)


def cut(text: str, most: int) -> str:
    """Its beginning, at most so many characters, without half a letter at the end (UAX 29, extended grapheme clusters)."""
    if len(text) <= most:
        return text
    end = max(most, 0)
    while end and not _parts(text, end):
        end -= 1
    return text[:end]


def _parts(text: str, at: int) -> bool:
    """Whether one letter ends and another begins before this character."""
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return False
    if unicodedata.category(after)[0] == "M" or after == _JOINER or ord(after) in _SKIN or ord(after) in _TAGS:
        return False
    if before == _JOINER or ord(after) in _VOWELS_AND_ENDS:
        return False
    flags = len(text[:at]) - len(text[:at].rstrip("".join(map(chr, _FLAGS)))) if ord(after) in _FLAGS else 0
    return flags % 2 == 0
