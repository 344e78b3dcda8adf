"""T21: requests that lie about their files: names, parts, lengths, encodings, and a body that does not come. Every answer is a 4xx with words."""

import gzip
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backhaul.marketplace.doors import SESSION_COOKIE
from tests.access.asking import Principal, principal
from tests.doors import files_below
from tests.hostile import corpus
from tests.hostile.at_the_doors import BLOB, code_of
from tests.marketplace.cast import Market, market, served
from tests.marketplace.people import let_in, session

LINE = "aXbYcZ"
FORM = f"multipart/form-data; boundary={LINE}"
END = f"--{LINE}--\r\n".encode()
DOOR = "/orders/1/return"
PICTURE = corpus.picture()
NAMES = ("a\0b.jpg", "CON", "AUX.jpg", "../../../../etc/passwd", "..\\..\\x.jpg", "/etc/passwd", "x" * 4096, "photo\u202egpj.exe", "a.jpg.php", ".htaccess", "%00.jpg",
         "a;b.jpg", "a.jpg\\", "фото.jpg", "😀.jpg", "\u200b.jpg", "-rf.jpg", "|ls.jpg", "$(id).jpg", "<svg onload=alert(1)>.jpg")  # fmt: skip


def part(name: str, data: bytes, said: str = "", head: str = "") -> bytes:
    begins = f'--{LINE}\r\nContent-Disposition: form-data; name="{name}"{said}\r\n{head}\r\n'
    return begins.encode() + data + b"\r\n"


def photo(name: str, data: bytes = PICTURE, more: str = "") -> bytes:
    return part("photos", data, f'; filename="{name}"{more}', "Content-Type: image/jpeg\r\n")


def charset(name: str) -> bytes:
    return part("reason", b"\\ud800\\udfff", head=f"Content-Type: text/plain; charset={name}\r\n") + END


BODIES: dict[str, tuple[str, bytes]] = {
    **{f"named {name[:20]!r}": (FORM, photo(name) + END) for name in NAMES},
    **{f"in {name[:20]}": (FORM, charset(name)) for name in ("nonsense", "unicode_escape", "raw_unicode_escape", "punycode", "rot13", "zlib", "hex", "undefined", "x" * 1000)},
    "two names": (FORM, photo("a.jpg", more='; filename="b.php"') + END),
    "a name of the other kind": (FORM, photo("a.jpg", more="; filename*=UTF-8''%2e%2e%2fx.php") + END),
    "no name": (FORM, part("photos", PICTURE, '; filename=""') + END),
    "a picture as a text": (FORM, part("photos", PICTURE) + END),
    "ids of nobody": (FORM, part("photos", b"../../../etc/passwd") + part("photos", b"0" * 64) + END),
    "a text that is none": (FORM, part("reason", b"\xff\xfe") + END),
    "ten thousand parts": (FORM, b"".join(part(f"f{n}", b"x") for n in range(10_000)) + END),
    "ten thousand files": (FORM, b"".join(photo("a.jpg", b"x") for _ in range(10_000)) + END),
    "nine hundred pictures": (FORM, photo("a.jpg") * 900 + END),
    "no boundary": ("multipart/form-data", photo("a.jpg") + END),
    "an empty boundary": ("multipart/form-data; boundary=", photo("a.jpg") + END),
    "a long boundary": ("multipart/form-data; boundary=" + "b" * 5_000, photo("a.jpg") + END),
    "another boundary": ("multipart/form-data; boundary=other", photo("a.jpg") + END),
    "a part without its head": (FORM, f"--{LINE}\r\n\r\nx\r\n".encode() + END),
    "a part without a name": (FORM, f"--{LINE}\r\nContent-Disposition: form-data\r\n\r\nx\r\n".encode() + END),
    "a head of nonsense": (FORM, f"--{LINE}\r\nContent-Disposition: ".encode() + b"\xff\xfe\r\n\r\nx\r\n" + END),
    "a head of 100 kB": (FORM, part("n" * 100_000, b"x") + END),
    "no end": (FORM, photo("a.jpg")[:-40]),
    "parts in a part": (FORM, part("photos", photo("b.jpg") + END, '; filename="a.jpg"', "Content-Type: multipart/mixed; boundary=x\r\n") + END),
    "in base64": (FORM, part("photos", b"/9j/4AAQ", '; filename="a.jpg"', "Content-Transfer-Encoding: base64\r\n") + END),
    "nothing": (FORM, b""),
    "no form": ("text/plain", b"reason=defect"),
    "halves of letters": ("application/x-www-form-urlencoded", b"reason=%ff%ed%a0%80&comment=\xff"),
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Market, Path]]:
    folder = tmp_path_factory.mktemp("requests")
    with market(f"sqlite:///{folder / 'database.sqlite'}", folder) as opened:
        opened.errand(let_in)
        yield opened, folder


@pytest.fixture
def there(shop: tuple[Market, Path]) -> Iterator[tuple[Principal, Path]]:
    with served(shop[0]) as url:
        irina = principal("irina", url, SESSION_COOKIE, session=session(shop[0], "irina"))
        try:
            yield irina, shop[1]
        finally:
            irina.client.close()


def test_every_form_that_lies_is_refused_with_words(there: tuple[Principal, Path]) -> None:
    who, folder = there
    before, answers = files_below(folder), {}
    for name, (kind, body) in BODIES.items():
        answers[name] = who.client.post(DOOR, content=body, headers={"content-type": kind, "x-csrftoken": who.csrf})
    kept = {path for path in files_below(folder) - before if BLOB.fullmatch(path.name)}

    assert {} == {name: one.status_code for name, one in answers.items() if not 400 <= one.status_code < 500}
    assert {} == {
        name: one.text[:300]
        for name, one in answers.items()
        if code_of(one) == "no words" and 'class="code"' in one.text
    }
    assert len(kept) == 1  # the one good picture, under whatever name; nine hundred of it were not even read
    assert "at most 50" in answers["nine hundred pictures"].text


def test_a_packed_body_is_not_unpacked(there: tuple[Principal, Path]) -> None:
    who, _ = there
    packed = {name: gzip.compress(data) for name, data in {"picture": PICTURE, "bomb": bytes(50 << 20)}.items()}
    answers = [
        who.client.post("/api/v1/photos", content=data, headers={"content-encoding": "gzip"})
        for data in packed.values()
    ]

    assert [(422, "not_a_picture")] * 2 == [(one.status_code, one.json()["code"]) for one in answers]


def spoken(who: Principal, said: bytes, *, ends: bool = True) -> bytes:
    """Say these bytes on a connection and hear what comes back until it is closed, or for a second."""
    url = who.client.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=1) as line:
        line.sendall(said)
        if ends:
            line.shutdown(socket.SHUT_WR)
        heard = b""
        try:
            while piece := line.recv(65_536):
                heard += piece
        except TimeoutError:
            pass
        return heard


def head(who: Principal, *lines: str) -> bytes:
    token = who.client.headers["authorization"]
    said = (
        "POST /api/v1/photos HTTP/1.1",
        "host: house",
        f"authorization: {token}",
        "content-type: image/jpeg",
        *lines,
    )
    return ("\r\n".join(said) + "\r\n\r\n").encode()


LENGTHS = {
    "more than comes": (("content-length: 100000",), PICTURE),
    "less than comes": (("content-length: 10",), PICTURE),
    "below nothing": (("content-length: -1",), PICTURE),
    "two of them": (("content-length: 10", f"content-length: {len(PICTURE)}"), PICTURE),
    "no number": (("content-length: ten",), PICTURE),
    "beyond every number": (("content-length: 99999999999999999999999",), PICTURE),
    "more than is taken": (("content-length: 999999999",), PICTURE),
    "a length and pieces": (("content-length: 5", "transfer-encoding: chunked"), b"0\r\n\r\n"),
    "a piece of nonsense": (("transfer-encoding: chunked",), b"zz\r\nabc\r\n"),
    "a piece without end": (("transfer-encoding: chunked",), b"ffffffff\r\nabc"),
}


@pytest.mark.parametrize("name", LENGTHS)
def test_a_length_that_lies_keeps_nothing(there: tuple[Principal, Path], name: str) -> None:
    who, _ = there
    lines, body = LENGTHS[name]
    heard = spoken(who, head(who, *lines) + body)

    assert b" 201 " not in heard.partition(b"\r\n")[0]
    assert b" 500 " not in heard.partition(b"\r\n")[0]


def test_while_a_body_does_not_come_others_are_served(there: tuple[Principal, Path]) -> None:
    who, _ = there
    url = who.client.base_url
    lines = [socket.create_connection((url.host, url.port or 80), timeout=5) for _ in range(50)]
    try:
        for line in lines:
            line.sendall(head(who, "content-length: 5000000") + b"\xff\xd8")
        began = time.monotonic()
        answers = [who.client.post("/api/v1/photos", content=PICTURE).status_code for _ in range(5)]
        took = time.monotonic() - began
    finally:
        for line in lines:
            line.close()

    assert [201] * 5 == answers
    assert took < 20
