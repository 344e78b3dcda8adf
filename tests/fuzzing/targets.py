"""T20: everything of ours that reads what strangers write, each as a function of bytes. What it raises is a fault; a refusal is none.

Steered by coverage with Atheris (`./bh fuzz`, `tests/fuzzing/steered.py`), by a seeded mutator on every run (`test_parsers.py`).
"""

import csv
import io
import os
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import msgspec
from PIL import Image

from backhaul import wire
from backhaul.kit import (
    cells,
    egress,
    file_names,
    forms,
    gs1,
    http,
    i18n,
    keys,
    media,
    outside,
    pictures,
    videos,
    webhooks,
)
from backhaul.kit.machine import Refused
from backhaul.marketplace import filters, invoice_files, orders, rate_card_files, rate_files, statement_files
from backhaul.marketplace.order_faults import BadHeader
from backhaul.marketplace.rules import commands as do
from backhaul.partner import bank_statement, decision_file

AT = datetime(2024, 9, 2, 7, tzinfo=UTC)
SECRET = "whsec_QmFja2hhdWwtZXhhbXBsZS1zZWNyZXQtMzItYnl0ZXM="
WAY = egress.Way(resolve=lambda *_: (), connect=lambda *_: (_ for _ in ()).throw(OSError()))
PIXELS_MAX = 1_000_000  # in this process, where no child is bounded


def text(data: bytes) -> str:
    """As a header or a form brings it: any letters, but no halves of them (`uploads.FormRequest`)."""
    return data.decode("utf-8", "replace") if data[:1] != b"\xff" else data.decode("latin-1")


def answer_of_a_house(data: bytes) -> None:
    try:
        outside.read(data, wire.Message)
    except httpx2.DecodingError:
        return
    http.body_as(wire.Message, data)  # what one reader takes the other takes


def message_of_a_house(data: bytes) -> None:
    message: wire.Message = http.body_as(wire.Message, data)
    for shape in (wire.ExpectedParcel, wire.DispatchedParcel, wire.ClaimFacts):
        try:
            said = http.body_as(shape, bytes(message.data))
        except Refused:
            continue
        assert http.body_as(shape, msgspec.json.encode(said)) == said


def signature(data: bytes) -> None:
    said = (text(data) + "\0\0\0").split("\0")
    headers = {"webhook-id": said[0], "webhook-timestamp": said[1], "webhook-signature": said[2]}
    webhooks.verified_id(SECRET, headers, data, AT)
    raise AssertionError("nobody who does not know the secret signs")


def key(data: bytes) -> None:
    said = text(data)
    public_id = keys.public_id_of(said)
    keys.says_read_only(said)
    assert public_id is None or public_id in said


def address(data: bytes) -> None:
    kept = egress.checked_url(WAY, text(data))
    host = httpx2.URL(kept).host
    assert kept.lower().startswith("https://")
    assert "." in host or ":" in host


def version(data: bytes) -> None:
    found = http.version_of(text(data))
    assert found is None or 0 <= found < 10**9


def part_of_a_film(data: bytes) -> None:
    bounds = media.part(text(data), 1000)
    assert bounds is None or (0 <= bounds[0] <= 1000 and bounds[1] <= 999)


def languages(data: bytes) -> None:
    assert i18n.best(text(data)) in i18n.LANGUAGES


def filter_of_an_address(data: bytes) -> None:
    names = filters.Filter.__struct_fields__
    values = dict(zip(names, text(data).split("&"), strict=False))
    found = filters.read(values)
    found.decided_between_us(AT)
    found.address("/returns")


def form(data: bytes) -> None:
    said = text(data).split("&")
    for command in (do.Approve, do.Reject, do.CheckIn, do.RequestReturn):
        try:
            forms.parse(command, dict(zip(command.__struct_fields__, said, strict=False)))
        except Refused:
            continue


def body(data: bytes) -> None:
    for command in (do.Reject, do.CheckIn, do.RequestReturn):
        try:
            http.body_as(command, data)
        except Refused:
            continue


def code_of_a_product(data: bytes) -> None:
    found = gs1.elements(text(data))
    assert all(isinstance(value, str) and value for value in found.values())


def cell(data: bytes) -> None:
    said = text(data)
    kept = cells.inert(said)
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(["first", kept, 7])
    assert [["first", kept, "7"]] == list(csv.reader(io.StringIO(out.getvalue(), newline=""), strict=True))
    for delimiter in ";\t":
        for row in csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=delimiter):
            for one in row:
                seen = next((c for c in one if unicodedata.category(c)[0] not in "CZM"), "")
                assert unicodedata.normalize("NFKC", seen)[:1] not in {"=", "+", "-", "@"}, repr(one)


def file_name(data: bytes) -> None:
    kept = file_names.fitting(os.fsdecode(data.replace(b"\0", b"").replace(b"/", b"")))
    assert len(os.fsencode(kept)) <= file_names.BYTES_MAX
    assert "/" not in kept


def order_file(data: bytes) -> None:
    lines = io.StringIO(data.decode("utf-8", "surrogateescape"), newline="")
    try:
        for _, found in orders.read_numbered(lines, AT):
            msgspec.json.encode(found) if isinstance(found, orders.OrderLine) else str(found)
    except BadHeader:
        return


def statement_of_a_bank(data: bytes) -> None:
    statement_files.read(data)


def payments_of_a_bank(data: bytes) -> None:
    list(bank_statement.read(data))


def invoice_of_the_partner(data: bytes) -> None:
    invoice_files.read(data, "INV-1", "1")


def price_list(data: bytes) -> None:
    invoice_files.read_price_list(data)


def rates(data: bytes) -> None:
    rate_files.parsed(data, "Bank")


def rate_card(data: bytes) -> None:
    rate_card_files.card_of(rate_card_files.parsed(data), "v1")


def decisions(data: bytes) -> None:
    list(decision_file._whole(decision_file._rows(data)))  # noqa: SLF001 -- the reading of the file, without its database


def picture(data: bytes) -> None:
    """In this process, so with a bound on pixels that keeps it small."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, PIXELS_MAX // 2
    try:
        made = pictures._rebuild(data)[pictures.PRINT_BYTES :]  # noqa: SLF001 -- what the child does
    finally:
        Image.MAX_IMAGE_PIXELS = before
    assert not made or (made.startswith(b"\xff\xd8") and b"Exif" not in made)


def film(data: bytes) -> None:
    assert videos.form_of(data) in {"", "mov", "matroska"}


Target = Callable[[bytes], None]
TARGETS: dict[str, Target] = {
    one.__name__: one
    for one in (
        answer_of_a_house, message_of_a_house, signature, key, address, version, part_of_a_film, languages, filter_of_an_address, form, body,
        code_of_a_product, cell, file_name, order_file, statement_of_a_bank, payments_of_a_bank, invoice_of_the_partner, price_list, rates,
        rate_card, decisions, picture, film,
    )
}  # fmt: skip


def seeds() -> Mapping[str, list[bytes]]:
    """What fits, from which what nearly fits is made; and what broke a parser once."""
    from tests.hostile import corpus  # noqa: PLC0415 -- draws pictures
    from tests.marketplace import bank, papers  # noqa: PLC0415 -- opens houses in other tests

    message = b'{"type":"return.dispatched","timestamp":"2024-09-02T07:00:00Z","data":{"return_id":1,"carrier":"CDEK","waybill":"W"}}'
    rows = (Path(orders.__file__).parent / "sample" / "orders.csv").read_bytes()[:900]
    key_text = keys.make_key(read_only=False).text.encode()
    return {
        "answer_of_a_house": [message], "message_of_a_house": [message, message.replace(b"timestamp", b'timestamp":1,"x')[:80], message.replace(b"CDEK", b"\xff").replace(b"type", b"typ")], "signature": [b"evt_1\x001725260400\0v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
        "key": [key_text], "address": [b"https://hooks.example.com:8443/in?a=1", b"https://[2606:2800:220:1::1]/", b"https://127.0.0.1/", b"https://[2606:2800:220:1::1]https://127.example.com/"], "version": [b'W/"7-ab12"'],
        "part_of_a_film": [b"bytes=0-99", b"bytes=-5", b"bytes=7-"], "languages": [b"ru-RU,ru;q=0.9,en;q=0.8,*;q=0.1"], "filter_of_an_address": [b"seller_review&R-1&3&7&A"],
        "form": [b"looks_used&It was worn&yes&no"], "body": [b'{"reason":"looks_used","comment":"It was worn and has no label any more."}'],
        "code_of_a_product": [b"(01)04600000000015(21)AB12", b"010460000000001521AB12\x1d10X", b"https://id.gs1.org/01/04600000000015/21/AB12", b"(01)04600000000015(21)"],
        "cell": [b'=1+1;"=2', b"a\t@SUM(A1)", "\u202e＝1".encode()], "file_name": [b"photo.jpg", "фото".encode() * 60 + b".jpeg"], "order_file": [rows],
        "statement_of_a_bank": [bank.statement([bank.entry("K-1")]), bank.report("K-1"), b"date,amount,currency,reference,end_to_end_id,status,reason\n2024-09-02,1.00,RUB,R,E,booked,\n"],
        "payments_of_a_bank": [b"date,amount,currency,reference,details\n2024-09-02,100.00,RUB,INV-000001,x\n"],
        "invoice_of_the_partner": [papers.paper(papers.charge("R-1", "receipt", "2024-09-02T10:00:00+03:00", 10_000)), b'{"invoice":"I-1","lines":[]}'],
        "price_list": [b'{"version":"1","currency":"RUB","prices_minor":{"receipt":100}}'], "rates": [b"date,currency,nominal,rate,source\n2024-08-30,CNY,1,13.50,Bank\n", b'<ValCurs Date="30.08.2024"><Valute><CharCode>CNY</CharCode><Nominal>1</Nominal><Value>12,3</Value></Valute></ValCurs>'],
        "rate_card": [b"quality,weight_from_g,weight_to_g,percent\nproper,0,1000,30\n", b'{"version":"v","cells":[{"quality":"proper"}]}'], "decisions": [b"number,decision,destination_id\nP-100001,dispose,\n"],
        "picture": [corpus.picture(form, (8, 6), exif=corpus.exif()) for form in corpus.FORMS], "film": [b"\0\0\0\x18ftypmp42", b"\x1a\x45\xdf\xa3"],
    }  # fmt: skip


def run(target: Target, data: bytes) -> None:
    """One execution: a refusal is an answer; so is, for JSON, that nobody can follow its brackets (`app._nested`)."""
    try:
        target(data)
    except Refused:
        return
    except RecursionError:
        if not any(deep in data for deep in (b"[" * 900, b'{"a":' * 300)):
            raise
