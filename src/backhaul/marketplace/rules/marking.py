"""Marking codes of single items: what a scanner reads against what the order names (R110)."""

from backhaul.marketplace.rules.words import Marking

GROUP_SEPARATOR = "\x1d"
SYMBOLOGY_CHARACTERS = 3
UNCHANGING_CHARACTERS_MIN = 18


def compared(expected: str | None, read: str, *, unreadable: bool) -> Marking:
    """Whether the code on the product is the one of the order; without an expected code there is nothing to compare."""
    if not expected:
        return Marking.NOT_EXPECTED
    if read.strip():
        return Marking.MATCHES if _same(_plain(expected), _plain(read)) else Marking.DIFFERS
    return Marking.UNREADABLE if unreadable else Marking.UNCHECKED


def _same(one: str, other: str) -> bool:
    """Equal, or equal up to the signature that ends a code: some systems keep it, some scanners drop it."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= UNCHANGING_CHARACTERS_MIN and long.startswith(short))


def _plain(code: str) -> str:
    """The code without what only a scanner or a printer adds: symbology, separators, brackets, blanks. Case is part of it."""
    text = code.strip()
    if text.startswith("]"):
        text = text[SYMBOLOGY_CHARACTERS:]
    if text.startswith("(01)"):
        text = text.replace("(01)", "01", 1).replace("(21)", "21", 1).replace("(91)", "91", 1).replace("(92)", "92", 1)
    return "".join(c for c in text if c != GROUP_SEPARATOR and not c.isspace())
