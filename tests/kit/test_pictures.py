"""T21: what strangers upload. Only pixels survive; whatever is hostile is refused, and the next picture is served."""

import io
import struct
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from backhaul.kit import pictures
from backhaul.kit.machine import Refused


def drawn(form: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 128 if mode in {"L", "P", "1"} else (90, 120, 150, 255)[: len(mode)]).save(
        out, form, **options
    )
    return out.getvalue()


def read(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_says(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A PNG whose head promises a size, whatever follows."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(pixels or b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def with_location() -> bytes:
    """A JPEG that tells where it was taken and by whom."""
    exif = Image.Exif()
    exif[0x013B] = "Irina S."
    place = ImageFileDirectory_v2()
    place[1], place[2] = "N", (55.0, 45.0, 0.0)
    exif[0x8825] = dict(place)
    return drawn("JPEG", exif=exif, comment=b"<script>alert(1)</script>")


GOOD = {
    "jpeg": drawn("JPEG"),
    "jpeg in cmyk": drawn("JPEG", mode="CMYK"),
    "grey jpeg": drawn("JPEG", mode="L"),
    "progressive jpeg": drawn("JPEG", progressive=True),
    "png": drawn("PNG"),
    "png with alpha": drawn("PNG", mode="RGBA"),
    "png with a palette": drawn("PNG", mode="P"),
    "webp": drawn("WEBP"),
    "jpeg with a page behind it": drawn("JPEG") + b"<html><script>alert(1)</script>",
    "jpeg with an archive behind it": drawn("JPEG") + b"PK\x03\x04" + b"\0" * 200,
    "one pixel": drawn("PNG", (1, 1)),
    "long and thin": drawn("PNG", (20_000, 2)),
}
HOSTILE = {
    "nothing": b"",
    "one byte": b"\xff",
    "text": b"not a picture",
    "page": b"<html><script>alert(1)</script></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "svg with an entity": b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
    "pdf": b"%PDF-1.4\n1 0 obj<</OpenAction 2 0 R>>",
    "archive": b"PK\x03\x04" + b"\0" * 100,
    "program": b"\x7fELF" + b"\0" * 100,
    "gif": drawn("GIF"),
    "tiff": drawn("TIFF"),
    "bmp": drawn("BMP"),
    "ico": drawn("ICO"),
    "gif called jpeg": b"\xff\xd8\xff" + drawn("GIF"),
    "half a jpeg": drawn("JPEG", (800, 600))[:400],
    "head of a png": drawn("PNG")[:20],
    "png of 900 megapixels": png_that_says(30_000, 30_000),
    "png of 41 megapixels": png_that_says(8_200, 5_000),
    "png of four milliards a side": png_that_says(2**32 - 1, 2**32 - 1),
    "png without width": png_that_says(0, 10),
    "png with broken pixels": png_that_says(500, 500, b"\x07" * 5),
    "png with a wrong checksum": drawn("PNG").replace(b"IDAT", b"IDAU", 1),
    "png whose texts unpack to a gigabyte": b"\x89PNG\r\n\x1a\n"
    + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 200_000_000))
    + png_chunk(b"IEND", b""),
    "webp of nothing": b"RIFF\x10\0\0\0WEBPVP8 \x04\0\0\0\0\0\0\0",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_picture_comes_out_as_a_plain_jpeg(name: str) -> None:
    made = pictures.rebuilt(GOOD[name])

    assert ("JPEG", "RGB") == (read(made).format, read(made).mode)
    assert b"script" not in made
    assert b"PK\x03\x04" not in made
    assert max(read(made).size) <= 2400


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_picture_is_refused_and_the_next_one_is_served(name: str) -> None:
    with pytest.raises(Refused, match="not_a_picture") as refused:
        pictures.rebuilt(HOSTILE[name])

    assert ("invalid", "photos") == (refused.value.kind, refused.value.field)
    assert pictures.rebuilt(GOOD["jpeg"])


def test_where_and_by_whom_a_picture_was_taken_is_gone() -> None:
    hidden = with_location()
    assert b"Irina" in hidden
    made = pictures.rebuilt(hidden)

    assert {} == dict(read(made).getexif())
    assert not any(text in made for text in (b"Irina", b"script", b"Exif"))


def test_a_picture_that_lies_on_its_side_is_set_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = pictures.rebuilt(drawn("JPEG", (64, 48), exif=exif))

    assert (48, 64) == read(made).size


def child() -> "subprocess.Popen[bytes]":
    pictures.rebuilt(GOOD["png"])
    found = pictures._mill._child  # noqa: SLF001 -- whose death is tried here
    assert found is not None
    return found


def test_when_the_child_dies_nobody_waits_for_ever_and_the_next_one_serves() -> None:
    dying = child()
    begun = threading.Barrier(9)

    def send(_: int) -> bool:
        begun.wait()
        try:
            return bool(pictures.rebuilt(GOOD["png"]))
        except Refused:
            return False

    with ThreadPoolExecutor(8) as senders:
        waiting = [senders.submit(send, n) for n in range(8)]
        begun.wait()
        dying.kill()
        answers = [one.result(30) for one in waiting]

    assert answers.count(False) <= 1
    assert child().pid != dying.pid


def test_the_child_ends_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(
        "import sys, time\nfrom backhaul.kit import pictures\n"
        "pictures.rebuilt(sys.stdin.buffer.read())\nprint(pictures._mill._child.pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(GOOD["png"])
    parent.stdin.close()
    pid = int(parent.stdout.readline())
    assert Path(f"/proc/{pid}").exists()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)

    assert not Path(f"/proc/{pid}").exists()


def test_the_child_has_bounds_of_its_own() -> None:
    """Memory, processor time and files: read off the running child."""
    limits = Path(f"/proc/{child().pid}/limits").read_text()
    bounds = {line[:25].strip(): line[26:46].strip() for line in limits.splitlines()[1:]}

    assert str(512 * 1024**2) == bounds["Max address space"]
    assert ("0", "0") == (bounds["Max file size"], bounds["Max core file size"])
    assert int(bounds["Max cpu time"]) <= 60
