"""T21 for files that are read and not kept: orders, decisions, bank statements, payments, invoices, rates. Hostile ones are refused with their reason.

No entity is expanded, nothing outside is read, nothing packed is unpacked; what comes in is at most as large as its door says.
"""

import gzip
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import httpx2
import pytest

from tests.hostile.corpus import archive
from tests.marketplace.cast import market
from tests.marketplace.people import calling, let_in
from tests.marketplace.test_jobs import another_runner, work
from tests.partner.doors import calling as calling_partner
from tests.partner.house import CHEN, opened

SECRET = "C4N4RY of the machine"
CAMT = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def hostile(secret: Path) -> dict[str, bytes]:
    outside = f'<!DOCTYPE Document [<!ENTITY x SYSTEM "file://{secret}">]>'
    return {
        "a file of the machine": f"<?xml version='1.0'?>{outside}{CAMT}<BkToCstmrStmt>&x;</BkToCstmrStmt></Document>".encode(),
        "a parameter entity": f"<!DOCTYPE Document [<!ENTITY % x SYSTEM 'file://{secret}'> %x;]>{CAMT}</Document>".encode(),
        "a call to the inside": b"<!DOCTYPE Document SYSTEM 'http://169.254.169.254/latest/meta-data/'>" + f"{CAMT}</Document>".encode(),
        "a milliard laughs": f"<!DOCTYPE Document [<!ENTITY l0 'ha'>{LAUGHS}]>{CAMT}&l9;</Document>".encode(),
        "an entity as long as a book": f"<!DOCTYPE Document [<!ENTITY a '{'a' * 50_000}'>]>{CAMT}{'&a;' * 5_000}</Document>".encode(),
        "an inclusion": f"{CAMT}<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file://{secret}' parse='text'/></Document>".encode(),
        "a style sheet": f"<?xml-stylesheet href='file://{secret}'?>{CAMT}</Document>".encode(),
        "ten thousand levels": (CAMT + "<a>" * 10_000).encode(),
        "half a million attributes": (CAMT[:-1] + "".join(f' a{n}="x"' for n in range(50_000)) + "></Document>").encode(),
        "in UTF-16 with a document type": f"<!DOCTYPE Document [<!ENTITY x SYSTEM 'file://{secret}'>]>{CAMT}&x;</Document>".encode("utf-16"),
        "in UTF-7": b"<?xml version='1.0' encoding='UTF-7'?>+ADw-!DOCTYPE Document+AD4-",
        "another kind of document": b"<html><script>alert(1)</script></html>",
        "cut off": f"{CAMT}<BkToCstmrStmt><Stmt>".encode(),
        "a workbook": archive({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": outside.encode()}),
        "an archive bomb": archive({"orders.csv": bytes(10 << 20)}),
        "a packed bomb": gzip.compress(bytes(10 << 20)),
        "a picture": b"\xff\xd8\xff\xe0" + bytes(1000),
        "a program": b"\x7fELF" + bytes(1000),
        "zeros": bytes(100_000),
        "no text": b"\xff\xfe\xfd" * 1000,
        "an open quote": b'a,b,c\n"' + b"x,\n" * 100_000,
        "a row of a hundred thousand cells": b"a," * 100_000 + b"\n" + b"1," * 100_000,
        "a cell of a megabyte": b"a,b\n" + b"x" * 1_000_000 + b",1\n",
        "formulas": b"=cmd|'/C calc'!A0,@SUM(A1)\n=1+1,+1\n",
        "JSON as deep as it goes": b"[" * 100_000,
        "a number without end": b'{"version":"1","currency":"RUB","prices_minor":{"receipt":' + b"9" * 100_000 + b"}}",
        "no number": b'{"invoice":"I","lines":[{"amount":NaN}]}',
        "nothing": b"",
        "blanks": b" \r\n\t" * 1000,
    }  # fmt: skip


# Whose file it is, and where it is brought.
MARKETPLACE = {
    "/api/v1/bank-statements?name=s.xml": "marina", "/api/v1/jobs/bank-statement?name=s.xml": "marina", "/api/v1/jobs/exchange-rates?source=Bank": "marina",
    "/api/v1/reconciliation/invoices?number=I-1": "elif", "/api/v1/jobs/invoice?number=I-1": "elif", "/api/v1/reconciliation/price-lists": "elif",
    "/api/v1/jobs/orders?name=orders.csv": "marina",
}  # fmt: skip
PARTNER = {"/decisions/file": CHEN, "/payments/import": "sonia"}
# These take a file as it is, and say what was wrong with it when they have read it.
LATER = ("/api/v1/jobs/bank-statement", "/api/v1/jobs/orders")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret.txt"
    file.write_text(SECRET)
    return file


@pytest.mark.parametrize("one_of", [5, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_hostile_files_of_tables_are_refused_with_their_reason(tmp_path: Path, secret: Path, one_of: int) -> None:
    wrong: dict[tuple[str, str], str] = {}
    files, slowest = hostile(secret), 0.0
    with ExitStack() as stack:
        shop = stack.enter_context(market(f"sqlite:///{tmp_path / 'm.sqlite'}", tmp_path / "m"))
        shop.errand(let_in)
        call = stack.enter_context(calling(shop))
        house = stack.enter_context(opened(f"sqlite:///{tmp_path / 'p.sqlite'}", tmp_path / "p"))
        partners = stack.enter_context(calling_partner(house))
        callers = {path: call(who) for path, who in MARKETPLACE.items()} | {
            path: partners(who) for path, who in PARTNER.items()
        }
        for turn, (path, client) in enumerate(callers.items()):
            for name, data in islice(files.items(), turn % one_of, None, one_of):  # at each door others
                began = time.process_time()
                answer = client.post(path, content=data, headers={"content-type": "application/octet-stream"})
                slowest = max(slowest, time.process_time() - began)
                if not (taken(path, answer) or refused(answer)) or SECRET in answer.text:
                    wrong[path, name] = f"{answer.status_code} {answer.text[:200]}"
        work(another_runner(shop))
        jobs = call("marina").get("/api/v1/jobs").text

    assert {} == wrong
    assert slowest < 3  # all threads together
    assert SECRET not in jobs
    assert '"code":"failed"' not in jobs


def taken(path: str, answer: httpx2.Response) -> bool:
    return answer.status_code == 201 and path.startswith(LATER)


def refused(answer: httpx2.Response) -> bool:
    """About the file, and with words."""
    said = answer.json() if answer.status_code in {400, 413, 422} else {}
    return len(said.get("detail", "")) > 10 and said["code"] != "failed"
