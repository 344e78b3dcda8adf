"""Labels in ZPL II for a printer of 203 dots an inch. Whatever people typed goes through `escaped`: it is never a command."""

import re

from backhaul.kit import letters

DOTS_A_MM = 8
# What stands for itself in a field; of everything else the bytes are written as `_XX` (`^FH`).
PLAIN = re.compile(r"[A-Za-z0-9 .,:/+()#-]")
BAR_CODE_TEXT = re.compile(r"[A-Z0-9-]{1,20}")
SQUARE_CODE_TEXT = re.compile(r"[A-Za-z0-9:/?=.%&-]{1,300}")
PRINTER_FONT = re.compile(r"[A-Z0-9]|[A-Z]:[A-Z0-9]{1,16}\.[A-Z0-9]{3}")
BUILT_IN_FONT = "0"


def escaped(text: str) -> str:
    """A field's data: UTF-8, with `^`, `~`, `_` and all else that is no plain letter or digit as hexadecimal bytes."""
    return "".join(c if PLAIN.fullmatch(c) else "".join(f"_{b:02X}" for b in _printable(c).encode()) for c in text)


class Label:
    """One label of a size in millimetres, built field by field; places are in dots from the upper left corner."""

    def __init__(self, width_mm: int, height_mm: int, font: str = BUILT_IN_FONT) -> None:
        self.width, self.height = width_mm * DOTS_A_MM, height_mm * DOTS_A_MM
        self.font = font if PRINTER_FONT.fullmatch(font) else BUILT_IN_FONT
        self._fields: list[str] = []

    def text(self, x: int, y: int, size: int, words: str, *, inverse: bool = False) -> None:
        """A line of text, cut where the label ends. `inverse`: white on black, for warnings."""
        shown = _cut(words, (self.width - x) * 2 // size)
        if inverse:
            self._fields.append(f"^FO{x - 6},{y - 6}^GB{_width(shown) * size // 2 + 12},{size + 12},{size + 12}^FS")
        face = f"^A{self.font}N,{size},{size}" if len(self.font) == 1 else f"^A@N,{size},{size},{self.font}"
        self._fields.append(f"^FO{x},{y}{face}{'^FR' if inverse else ''}^FH^FD{escaped(shown)}^FS")

    def code128(self, x: int, y: int, height: int, code: str) -> None:
        """A Code 128 bar code of two dots a module without a line of text below."""
        self._fields.append(f"^FO{x},{y}^BY2^BCN,{height},N,N,N^FD{_bar_code_text(code)}^FS")

    def qr(self, x: int, y: int, magnification: int, code: str) -> None:
        """A QR code, level M."""
        self._fields.append(f"^FO{x},{y}^BQN,2,{magnification}^FDMA,{_square_code_text(code)}^FS")

    def zpl(self) -> str:
        """The whole label: UTF-8, its size, its fields, one copy."""
        head = f"^XA^CI28^PW{self.width}^LL{self.height}^LH0,0"
        return "\n".join([head, *self._fields, "^PQ1^XZ", ""])


def _bar_code_text(code: str) -> str:
    """Our own numbers only: other characters would be commands of the bar code."""
    if not BAR_CODE_TEXT.fullmatch(code):
        msg = f"no number of ours: {code!r}"
        raise ValueError(msg)
    return code


def _square_code_text(code: str) -> str:
    """A number of ours or the link to it."""
    if not SQUARE_CODE_TEXT.fullmatch(code):
        msg = f"no number or link of ours: {code!r}"
        raise ValueError(msg)
    return code


def _printable(character: str) -> str:
    return character if character.isprintable() else " "


def _width(text: str) -> int:
    """In halves of the letters' size: a Chinese character takes two."""
    return sum(2 if character >= "⺀" else 1 for character in text)


def _cut(text: str, halves: int) -> str:
    if _width(text) <= halves:
        return text
    most = len(text) - 1
    while most and _width(text[:most]) > halves - 1:
        most -= 1
    return f"{letters.cut(text, most)}…"
