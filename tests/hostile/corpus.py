"""T21: hostile files, made here and never stored. Each carries the canary wherever its kind has room for words.

A picture's pixels never hold it, so whatever shows it again after an upload was copied from what was sent.
"""

import gzip
import io
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, PngImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2

CANARY = b"C4N4RY-Irina-55.7558N"
WORDS = CANARY.decode()
SCRIPT = b"<html><script>alert('" + CANARY + b"')</script></html>"
FORMS = ("JPEG", "PNG", "WEBP")
CUTS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
# What stands behind or before a picture so that another program takes the file for its own.
TAILS: dict[str, bytes] = {
    "a page": SCRIPT,
    "php": b"<?php system($_GET['" + CANARY + b"']); ?>",
    "javascript": b"*/=1;alert('" + CANARY + b"')//",
    "shell": b"\n#!/bin/sh\necho " + CANARY + b"\n",
    "a program": b"\x7fELF\x02\x01\x01" + CANARY + bytes(60),
    "a windows program": b"MZ" + bytes(58) + b"PE\0\0" + CANARY,
    "pdf with a script": b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert('" + CANARY + b"'))>>>>endobj\n%%EOF",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><text>" + CANARY + b"</text></svg>",
    "flash": b"FWS\x06" + CANARY + bytes(40),
    "rar": b"Rar!\x1a\x07\x01\0" + CANARY,
    "another picture": b"\xff\xd8\xff\xfe\0\x17" + CANARY[:19] + b"\xff\xd9",
}  # fmt: skip


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    """A red corner on grey; its pixels are the same in every form."""
    image = Image.new("RGB", size, (120, 120, 120))
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 3, size[1] // 3), fill=(230, 20, 20))
    out = io.BytesIO()
    image.convert(mode).save(out, form, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, body: bytes, *more: bytes, interlaced: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def packed_zeros(count: int) -> bytes:
    """So many zeros as zlib packs them, made piece by piece."""
    packer, piece = zlib.compressobj(9), bytes(1 << 20)
    return b"".join(
        [*(packer.compress(piece) for _ in range(count >> 20)), packer.compress(bytes(count & 0xFFFFF)), packer.flush()]
    )


def segment(mark: int, data: bytes) -> bytes:
    return b"\xff" + bytes([mark]) + struct.pack(">H", len(data) + 2) + data


def in_jpeg(*segments: bytes) -> bytes:
    plain = picture()
    return plain[:2] + b"".join(segments) + plain[2:]


def in_riff(kind: bytes, data: bytes, flag: int) -> bytes:
    """A WebP of the extended form with one more chunk."""
    plain = picture("WEBP", lossless=True)
    said = struct.pack("<B3x", flag) + struct.pack("<I", 63)[:3] + struct.pack("<I", 47)[:3]
    body = b"WEBP" + _riff(b"VP8X", said) + plain[12:] + _riff(kind, data)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def exif() -> Image.Exif:
    """Who, with what, where: in every tag that takes words, and in the place's."""
    said = Image.Exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x8298, 0x9C9B, 0x9C9D):
        said[tag] = WORDS
    place = ImageFileDirectory_v2()
    place[1], place[2], place[3], place[4] = "N", (55.0, 45.0, 21.0), "E", (37.0, 37.0, 2.0)
    place[0x1B] = CANARY
    said[0x8825] = dict(place)
    return said


XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    b'exif:GPSLatitude="' + CANARY + b'"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def _polyglots() -> Iterator[tuple[str, bytes]]:
    for form in (*FORMS, "GIF", "TIFF", "BMP"):
        for name, tail in TAILS.items():
            yield f"{form} with {name} behind it", picture(form) + tail
    for form in FORMS:
        for name in ("a page", "php", "pdf with a script", "a windows program"):
            yield f"{name} with a {form} behind it", TAILS[name] + picture(form)
        yield f"{form} with an archive behind it", picture(form) + archive({"META-INF/MANIFEST.MF": CANARY})
        yield f"archive with a {form} behind it", archive({"a.txt": CANARY}) + picture(form)
    for name, tail in TAILS.items():
        yield f"JPEG with {name} in its comment", in_jpeg(segment(0xFE, tail))
        yield (
            f"PNG with {name} in a text",
            png(1, 1, 8, 2, zlib.compress(bytes(4)), chunk(b"tEXt", b"Comment\0" + tail)),
        )
        yield f"WebP with {name} in a chunk of its own", in_riff(b"JUNK", tail, 0)


def _metadata() -> Iterator[tuple[str, bytes]]:
    said = exif()
    for form in FORMS:
        yield f"{form} with EXIF and its place", picture(form, exif=said)
        yield f"{form} with a profile that tells", picture(form, icc_profile=CANARY * 20)
    yield "JPEG with XMP and its place", in_jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP))
    yield (
        "JPEG with IPTC",
        in_jpeg(segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x1c\x02\x78\0\x15" + CANARY)),
    )
    yield "WebP with XMP and its place", in_riff(b"XMP ", XMP, 4)
    yield "WebP with EXIF by hand", in_riff(b"EXIF", said.tobytes(), 8)
    yield "JPEG with a preview that tells", in_jpeg(segment(0xE0, b"JFXX\0\x10" + picture(comment=CANARY)))
    yield "JPEG with EXIF of 900 kB", in_jpeg(*(segment(0xE1, b"Exif\0\0" + CANARY * 3000) for _ in range(14)))
    yield (
        "JPEG with EXIF that points to itself",
        in_jpeg(segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\4\0\1\0\0\0\x08\0\0\0")),
    )
    yield "JPEG with EXIF of nonsense", in_jpeg(segment(0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff" + CANARY))
    yield "JPEG turned the ninth way", picture(exif=_turned(9))
    for mark in range(0xE2, 0xF0):
        yield f"JPEG with a segment {mark:X} that tells", in_jpeg(segment(mark, b"SECRET\0" + CANARY))
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", WORDS)
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    text.add_text("Comment", WORDS, zip=True)
    yield "PNG with texts of each kind", picture("PNG", pnginfo=text)
    for kind in (b"prVt", b"eXIf", b"iCCP", b"zTXt", b"iTXt", b"sPLT", b"tIME", b"caBX"):
        yield f"PNG with {kind.decode()} that tells", png(1, 1, 8, 2, zlib.compress(bytes(4)), chunk(kind, CANARY * 3))


def _turned(way: int) -> Image.Exif:
    said = Image.Exif()
    said[0x0112] = way
    return said


def _bombs() -> Iterator[tuple[str, bytes]]:
    for edge in (9_000, 13_000, 19_000, 30_000):
        yield (
            f"PNG of {edge // 1000}k x {edge // 1000}k bits",
            png(edge, edge, 1, 0, packed_zeros((edge // 8 + 1) * edge)),
        )
    for name, (depth, colour, share) in {"greys": (8, 0, 1), "colours": (8, 2, 3), "long colours": (16, 6, 8)}.items():
        yield (
            f"PNG of 81 megapixels of {name}",
            png(9_000, 9_000, depth, colour, packed_zeros((9_000 * share + 1) * 9_000)),
        )
        yield (
            f"PNG of 39 megapixels of {name}",
            png(6_240, 6_250, depth, colour, packed_zeros((6_240 * share + 1) * 6_250)),
        )
    yield (
        "interlaced PNG of 39 megapixels",
        png(6_240, 6_250, 8, 6, packed_zeros((6_240 * 4 + 1) * 6_250), interlaced=1),
    )
    yield "PNG of four milliards a side", png(2**32 - 1, 2**32 - 1, 8, 2, zlib.compress(bytes(1000)))
    yield "PNG that is as long as nothing is high", png(2**31 - 1, 1, 1, 0, packed_zeros(1 << 24))
    for kind, head in ((b"zTXt", b"Comment\0\0"), (b"iTXt", b"Comment\0\1\0\0\0"), (b"iCCP", b"p\0\0")):
        yield (
            f"PNG whose {kind.decode()} unpacks to 300 MB",
            png(1, 1, 8, 2, zlib.compress(bytes(4)), chunk(kind, head + packed_zeros(300 << 20))),
        )
    yield "GIF of 50,000 frames", many_frames(50_000)
    yield "GIF of a giant screen", b"GIF89a\xff\xff\xff\xff\0\0\0" + many_frames(3)[13:]
    yield "animated PNG of 2,000 frames", apng(2_000)
    yield (
        "animated WebP",
        picture("WEBP", save_all=True, append_images=[Image.new("RGB", (64, 48), (n, n, n)) for n in range(30)]),
    )
    yield "JPEG that says 65,500 a side", _jpeg_of(65_500, 65_500)
    yield "JPEG that says 6,200 a side and ends", _jpeg_of(6_200, 6_200)
    yield "JPEG that says nothing a side", _jpeg_of(0, 0)
    yield "JPEG of two thousand scans", _scans(2_000)
    yield "progressive JPEG of 39 megapixels", picture(size=(6_240, 6_250), progressive=True)
    yield "JPEG of 39 megapixels in CMYK", picture(size=(6_240, 6_250), mode="CMYK")
    yield "WebP of 16,000 a side", picture("WEBP", size=(16_000, 2_400))
    yield "TIFF that lists itself", b"II*\0\x08\0\0\0\0\0\x08\0\0\0"
    yield (
        "TIFF of a giant strip",
        b"II*\0\x08\0\0\0\x02\0\0\1\3\0\1\0\0\0\xff\xff\0\0\1\1\3\0\1\0\0\0\xff\xff\0\0\0\0\0\0",
    )


def many_frames(count: int) -> bytes:
    """A GIF as small as it can be, whose one frame stands there so often."""
    frame = b"\x21\xf9\4\0\0\0\0\0\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + frame * count + b";"


def apng(count: int) -> bytes:
    control = b"".join(chunk(b"fcTL", struct.pack(">IIIIIHHBB", n, 1, 1, 0, 0, 1, 100, 0, 0)) for n in range(count))
    return png(1, 1, 8, 2, zlib.compress(bytes(4)), chunk(b"acTL", struct.pack(">II", count, 0)), control)


def _jpeg_of(width: int, height: int) -> bytes:
    plain = picture()
    at = plain.index(b"\xff\xc0") + 5
    return plain[:at] + struct.pack(">HH", height, width) + plain[at + 4 :]


def _scans(count: int) -> bytes:
    """A progressive JPEG that refines the same coefficients again and again."""
    plain = picture(size=(800, 800), progressive=True)
    first = plain.rindex(b"\xff\xda")
    return plain[:first] + plain[first:-2] * count + b"\xff\xd9"


def archive(files: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as file:
        for name, data in files.items():
            file.writestr(zipfile.ZipInfo(name), data, compress_type=packing)
    return out.getvalue()


def _link() -> bytes:
    """A tar whose member is a link out of its folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        member = tarfile.TarInfo(WORDS)
        member.type, member.linkname = tarfile.SYMTYPE, "../../../../etc/passwd"
        file.addfile(member)
    return out.getvalue()


def _archives() -> Iterator[tuple[str, bytes]]:
    zeros = bytes(12 << 20)
    yield "zip bomb", archive({f"{n}.jpg": zeros for n in range(3)})
    yield "zip in zip", archive({"a.zip": archive({"b.zip": archive({"c.jpg": zeros})})})
    yield "gz bomb", gzip.compress(zeros, 9)
    yield "gz in gz", gzip.compress(gzip.compress(zeros, 9), 9)
    yield "picture in gz", gzip.compress(picture(comment=CANARY))
    yield "zlib bomb", zlib.compress(zeros, 9)
    for name in (
        "../../../../etc/cron.d/x",
        "/etc/passwd",
        "..\\..\\x.bat",
        "CON",
        "a\0b.jpg",
        "x" * 4096,
        "photo\u202egpj.exe",
    ):
        yield f"zip with {name[:20]!r}", archive({name: CANARY}, zipfile.ZIP_STORED)
    yield "tar with a link", _link()
    yield "office paper with a macro", archive({"[Content_Types].xml": b"<Types/>", "word/vbaProject.bin": CANARY})
    yield "jar", archive({"META-INF/MANIFEST.MF": b"Main-Class: X", "X.class": b"\xca\xfe\xba\xbe" + CANARY})


SVG = {
    "script": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "onload": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a page inside": b"<svg xmlns='http://www.w3.org/2000/svg'><foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>" + SCRIPT + b"</body></foreignObject></svg>",
    "a file of the machine": b"<!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg xmlns='http://www.w3.org/2000/svg'><text>&x;</text></svg>",
    "a call inside": b"<!DOCTYPE s SYSTEM 'http://169.254.169.254/latest'><svg xmlns='http://www.w3.org/2000/svg'/>",
    "a milliard laughs": b"<!DOCTYPE l [<!ENTITY a '" + b"ha" * 10 + b"'>" + b"".join(
        b"<!ENTITY %c '%s'>" % (98 + n, (b"&%c;" % (97 + n)) * 10) for n in range(9)) + b"]><svg>&j;</svg>",
    "a link": b"<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "a picture from elsewhere": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://127.0.0.1/x'/></svg>",
}  # fmt: skip


def _drawings() -> Iterator[tuple[str, bytes]]:
    for name, text in SVG.items():
        yield f"SVG with {name}", text + b"<!--" + CANARY + b"-->"
        yield f"SVG in gz with {name}", gzip.compress(text)
        yield f"SVG in UTF-16 with {name}", text.decode().encode("utf-16")
        yield f"SVG with {name} after what begins a JPEG", b"\xff\xd8\xff\xe0" + text


OTHERS = {
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + CANARY, "avif": b"\0\0\0\x18ftypavif\0\0\0\0" + CANARY, "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (r) file\n" + CANARY,
    "pdf": b"%PDF-1.7\n" + CANARY, "psd": b"8BPS\0\1" + CANARY, "wmf": b"\xd7\xcd\xc6\x9a" + CANARY, "emf": b"\1\0\0\0" + bytes(36) + b" EMF" + CANARY,
    "xpm": b'/* XPM */ static char*x[]={"1 1 1 1","a c #fff","a"};' + CANARY, "xbm": b"#define x_width 1\n#define x_height 1\nstatic char x_bits[]={0};" + CANARY,
    "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + CANARY, "fits": b"SIMPLE  =                    T" + CANARY, "dicom": bytes(128) + b"DICM" + CANARY,
    "mvg": b"push graphic-context\nfill 'url(https://127.0.0.1/x|ls)'\npop graphic-context" + CANARY, "html": SCRIPT, "xml": b"<?xml version='1.0'?><a>" + CANARY + b"</a>",
    "json": b'{"a":"' + CANARY + b'"}', "csv": b"=cmd|'/C calc'!A0," + CANARY, "mp3": b"ID3\4" + CANARY, "wave": b"RIFF\x24\0\0\0WAVEfmt " + CANARY,
    "avi": b"RIFF\x24\0\0\0AVI LIST" + CANARY, "ogg": b"OggS\0\2" + CANARY, "mkv": b"\x1a\x45\xdf\xa3" + CANARY, "font": b"wOFF" + CANARY, "wasm": b"\0asm\1\0\0\0" + CANARY,
    "class": b"\xca\xfe\xba\xbe" + CANARY, "pickle": b"cposix\nsystem\n(S'id'\ntR." + CANARY, "private key": b"-----BEGIN PRIVATE KEY-----\n" + CANARY,
    "nothing": b"", "a zero": b"\0", "zeros": bytes(100_000), "ones": b"\xff" * 100_000, "a line end": b"\r\n", "words": CANARY, "a head of JPEG alone": b"\xff\xd8\xff",
    "heads of JPEG": b"\xff\xd8" * 50_000, "a head of PNG alone": b"\x89PNG\r\n\x1a\n", "a head of WebP alone": b"RIFF\0\0\0\0WEBP", "no end of markers": b"\xff\xd8" + b"\xff" * 500_000,
}  # fmt: skip


def _others() -> Iterator[tuple[str, bytes]]:
    yield from OTHERS.items()
    for form, mode in (("BMP", "RGB"), ("ICO", "RGB"), ("PCX", "RGB"), ("PPM", "RGB"), ("SGI", "RGB"), ("TGA", "RGB"), ("TIFF", "RGB"), ("GIF", "P"), ("DIB", "RGB"), ("ICNS", "RGB"), ("JPEG2000", "RGB"), ("PDF", "RGB"), ("EPS", "RGB"), ("MSP", "1"), ("XBM", "1"), ("AVIF", "RGB"), ("MPO", "RGB")):  # fmt: skip
        try:
            yield f"a whole {form}", picture(form, mode=mode)
        except (KeyError, OSError, ValueError):
            continue  # this Pillow does not write it
    for form in FORMS:
        whole = picture(form, size=(800, 600))
        for share in CUTS:
            yield f"{form} cut at {share:.0%}", whole[: int(len(whole) * share)]
    plain = picture("PNG")
    for kind in (b"IHDR", b"IDAT", b"IEND"):
        yield f"PNG with a wrong {kind.decode()}", plain.replace(kind, kind[:3] + b"X")
    yield "PNG with pixels twice", png(1, 1, 8, 2, zlib.compress(bytes(4)), chunk(b"IDAT", zlib.compress(bytes(4))))
    yield "PNG whose length lies", plain[:8] + b"\x7f\xff\xff\xff" + plain[12:]
    yield "PNG without a palette", png(1, 1, 8, 3, zlib.compress(bytes(2)))
    yield "PNG of a colour that there is not", png(1, 1, 8, 5, zlib.compress(bytes(4)))
    yield "WebP whose length lies", b"RIFF\xff\xff\xff\xff" + picture("WEBP")[8:]


def atom(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def films(whole: bytes) -> Iterator[tuple[str, bytes]]:
    """Films with what their kind hides, and with heads that lie. `whole` is an MP4 that tells where it was taken."""
    words = (
        atom(b"\xa9xyz", b"\0\x15\x15\xc7" + CANARY)
        + atom(b"\xa9nam", b"\0\x15\x15\xc7" + CANARY)
        + atom(b"loci", bytes(6) + CANARY)
    )
    yield "place in udta", whole + atom(b"udta", words)
    yield "place in a second moov", whole + atom(b"moov", atom(b"udta", words))
    yield "words in uuid", whole + atom(b"uuid", CANARY * 5)
    yield "words in free", whole + atom(b"free", CANARY * 5)
    yield "archive behind it", whole + archive({"a.txt": CANARY})
    yield "page behind it", whole + SCRIPT
    yield "page before it", SCRIPT + whole
    yield "a length of all that there is", whole[:24] + struct.pack(">I", 1) + b"mdat" + b"\xff" * 8 + CANARY
    yield "a length of nothing", whole[:24] + struct.pack(">I", 0) + b"moov" + CANARY
    yield (
        "boxes in boxes",
        b"\0\0\0\x18ftypmp42"
        + bytes(12)
        + b"".join(struct.pack(">I", 8 * (5_000 - n)) + b"moov" for n in range(5_000)),
    )
    for box in (b"stco", b"stsz", b"stsc", b"stts", b"mdhd", b"tkhd", b"avcC", b"elst"):
        at = whole.find(box)
        if at > 0:
            yield f"{box.decode()} of nonsense", whole[: at + 8] + b"\xff" * 12 + whole[at + 20 :]
    yield "a playlist", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    yield (
        "a film that names a file",
        b"\0\0\0\x18ftypqt  " + atom(b"moov", atom(b"rmra", atom(b"rdrf", b"url \0\0\0\x20file:///etc/passwd"))),
    )
    yield "matroska of nothing", b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" + CANARY
    for share in CUTS:
        yield f"MP4 cut at {share:.0%}", whole[: int(len(whole) * share)]


@cache
def small() -> dict[str, bytes]:
    """The corpus but its bombs, by what each file is."""
    return _by_name(_polyglots(), _metadata(), _archives(), _drawings(), _others())


@cache
def bombs() -> dict[str, bytes]:
    """Files that are more inside than outside. They take a while to make."""
    return _by_name(_bombs())


def _by_name(*kinds: Iterator[tuple[str, bytes]]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, data in (one for kind in kinds for one in kind):
        assert name not in found, name
        found[name] = data
    return found


def mutants(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Small good pictures that tell, each with a few bytes turned, taken out, doubled or put in from another."""
    said = exif()
    good = [picture(form, (40, 30), exif=said) + CANARY for form in FORMS]
    good += [
        in_jpeg(segment(0xFE, CANARY)),
        picture("JPEG", (40, 30), progressive=True),
        picture("PNG", (40, 30), "P"),
        in_riff(b"XMP ", XMP, 4),
    ]
    for number in range(count):
        chance = random.Random(seed * 1_000_003 + number)
        data = bytearray(chance.choice(good))
        for _ in range(chance.randint(1, 12)):
            at, length = chance.randrange(len(data)), chance.randint(1, 30)
            match chance.randrange(5):
                case 0:
                    data[at] ^= 1 << chance.randrange(8)
                case 1:
                    data[at : at + length] = chance.randbytes(length)
                case 2:
                    del data[at : at + length]
                case 3:
                    data[at:at] = data[at : at + length] * chance.randint(1, 20)
                case _:
                    other = chance.choice(good)
                    start = chance.randrange(len(other))
                    data[at:at] = other[start : start + length]
            data = data or bytearray(b"\0")
        yield f"mutant {number} of seed {seed}", bytes(data)
