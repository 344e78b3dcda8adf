"""Documents on paper: PDFs from Typst templates, and the codes that a scanner reads. No font of the machine is used."""

import functools
import importlib.util
import io
import re
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import zxingcpp
from PIL import Image

from backhaul.kit import letters

if TYPE_CHECKING:
    import typst

FONT_PACKAGES = ("fontpkg_noto_sans", "manimgx_fonts_cjk")
FONTS = '("Noto Sans", "Noto Sans CJK SC")'


@functools.cache
def _compiler_fonts() -> "typst.Fonts":
    import typst  # noqa: PLC0415 -- eight megabytes that only a house that prints needs

    found = [importlib.util.find_spec(name) for name in FONT_PACKAGES]
    folders = [folder for spec in found if spec for folder in spec.submodule_search_locations or ()]
    return typst.Fonts(include_system_fonts=False, font_paths=folders)


def pdf(template: str, data: object, pictures: dict[str, bytes] | None = None, at: datetime | None = None) -> bytes:
    """A PDF from a Typst template, which finds its `data` as a dictionary of that name and its `pictures` as files.

    With `at`, the instant that the file names as its own, the same data give the same bytes. The page's letters are set before the template begins; nothing of the machine's disk can be read.
    """
    import typst  # noqa: PLC0415 -- as above

    head = f"#set text(font: {FONTS}, size: 10pt)\n#let data = json(bytes(sys.inputs.data))\n"
    inputs = {"data": letters.straight(msgspec.json.encode(data).decode())}
    with tempfile.TemporaryDirectory() as folder:
        main = Path(folder) / "main.typ"
        main.write_text(head + template, encoding="utf-8")
        for name, picture in (pictures or {}).items():
            (main.parent / name).write_bytes(picture)
        fonts = _compiler_fonts()
        if at is None:
            return typst.compile(str(main), root=folder, font_paths=fonts, sys_inputs=inputs)
        seconds = int(at.timestamp())
        return typst.compile(str(main), root=folder, font_paths=fonts, sys_inputs=inputs, timestamp=seconds)


def qr_svg(text: str) -> str:
    """A QR code as an SVG picture with its quiet zone."""
    return _svg(text, zxingcpp.BarcodeFormat.QRCode)


def code128_svg(text: str) -> str:
    """A Code 128 bar code as an SVG picture with its quiet zone."""
    return _svg(text, zxingcpp.BarcodeFormat.Code128)


def code128_png(text: str) -> bytes:
    """The same for who cannot draw: black on white, four pixels to the thinnest bar."""
    drawn: Any = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128).to_image(scale=4, add_quiet_zones=True)
    height, width = drawn.shape
    out = io.BytesIO()
    Image.frombytes("L", (width, height), bytes(memoryview(drawn))).save(out, "PNG")
    return out.getvalue()


def _svg(text: str, form: zxingcpp.BarcodeFormat) -> str:
    """With a view box, so that a page may draw it in any size."""
    drawn = str(zxingcpp.create_barcode(text, form).to_svg(add_quiet_zones=True))
    return re.sub(
        r'<svg width="(\d+)" height="(\d+)"', r'<svg width="\1" height="\2" viewBox="0 0 \1 \2"', drawn, count=1
    )
