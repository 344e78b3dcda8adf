"""How long a scan takes among very many parcels: `python -m bench.scan DATABASE_URL [PARCELS]`. The database must be empty.

Every parcel is found by its number, return number, posting, waybill, seal, article and GTIN. One in ten is still open;
a thousand parcels share each article. What is told: the middle and the worst of 200 scans of each kind, and the plan.
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from backhaul import wire
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement, transaction
from backhaul.kit.days import to_us
from backhaul.kit.desk import Errand
from backhaul.kit.money import Money
from backhaul.partner import queries, tables
from backhaul.partner.office import Office, open_office
from backhaul.partner.perform import THE_MARKETPLACE, expect
from backhaul.partner.rules import codes
from backhaul.partner.rules.around import By
from backhaul.partner.rules.words import Role, Status

FIRST = 1_000_001
ARTICLES = 1000
OPEN_ONE_IN = 10
SCANS = 200
CHUNK_ROWS = 20_000
GTIN = "04600000000015"

INSERT = Statement(tables.parcels.insert())
INSERT_CODE = Statement(tables.parcel_codes.insert())
ROW = Statement(sa.select(*tables.parcels.c).where(tables.parcels.c.id == sa.bindparam("original")))


def announced(at_us: int) -> wire.ExpectedParcel:
    """The unit of which all others are copies."""
    return wire.ExpectedParcel(
        return_id=FIRST, return_number=f"R-{FIRST}", seller_id=1, seller_country="CN", variant="C",
        posting_number="10000001-0001-1", sku=500_000, offer_id="ART-0", name="USB hub, 4 ports", category="electronics",
        price=Money(230_000), weight_gram=350, outbound_weight_gram=None, serial=None, marking_code=None,
        reason="did_not_fit", reason_group="fit_or_dislike", is_defect=False, used=False, complete=True,
        packaging_intact=True, checked=True, seal=f"S-{FIRST}", point_weight_gram=None, accepted_at_us=at_us,
        eta_us=at_us, gtin=GTIN,
    )  # fmt: skip


def fill(office: Office, count: int) -> None:
    """One real announcement, then copies of its row with codes of their own."""
    at_us = to_us(office.clock.now())
    by = By(Role.MARKETPLACE, THE_MARKETPLACE)

    def run(tx: Any, at: Any) -> bytes:
        expect(tx, office.desk, announced(at_us), by, at)
        return b""

    office.desk.perform_now(Errand(run))
    with office.database.read() as tx:
        row = tx.one(ROW, original=FIRST)
    assert row is not None
    original = dict(zip(tables.parcels.c.keys(), row, strict=True))
    connection = office.database.writer()
    for numbers in _chunks(count):
        with transaction(connection, office.database.dialect) as tx:
            tx.many(INSERT, [_parcel(original, n) for n in numbers])
    for kind in ("R", "P9", "1000", "S", "WB", ""):
        for numbers in _chunks(count):
            with transaction(connection, office.database.dialect) as tx:
                tx.many(INSERT_CODE, [{"code": _code(kind, n), "parcel_id": FIRST + n} for n in numbers])
    for numbers in _chunks(count):
        with transaction(connection, office.database.dialect) as tx:
            tx.many(INSERT_CODE, [{"code": _gtin(n), "parcel_id": FIRST + n} for n in numbers])
    connection.execute("ANALYZE")
    connection.close()


def _chunks(count: int) -> Iterator[range]:
    for start in range(1, count, CHUNK_ROWS):
        yield range(start, min(start + CHUNK_ROWS, count))


def _parcel(original: dict[str, Any], n: int) -> dict[str, Any]:
    status = Status.EXPECTED if n % OPEN_ONE_IN == 0 else Status.DELIVERED
    doc = bytes(original["doc"]).replace(str(FIRST).encode(), str(FIRST + n).encode())
    if status is not Status.EXPECTED:
        doc = doc.replace(b'"status":"expected"', b'"status":"delivered"')
    return {
        **original, "id": FIRST + n, "number": f"P-9{FIRST + n}", "return_number": f"R-{FIRST + n}", "status": status,
        "doc": doc,
    }  # fmt: skip


def _code(kind: str, n: int) -> str:
    """As `codes.kept` keeps it; the article without a letter."""
    return f"{kind}{FIRST + n}" if kind else str(500_000 + n % ARTICLES)


def _gtin(n: int) -> str:
    digits = f"0460{n % ARTICLES:09d}"
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{(10 - weighed % 10) % 10}"


def scans(count: int) -> dict[str, list[str]]:
    """What is scanned, by kind, as a scanner or a person types it."""
    some = [1 + n * 7919 % (count - 1) for n in range(SCANS)]
    return {
        "return number": [f"r-{FIRST + n}" for n in some],
        "return number, Russian keys": [f"К-{FIRST + n}" for n in some],
        "parcel number": [f"P-9{FIRST + n}" for n in some],
        "waybill": [f"wb {FIRST + n}" for n in some],
        "seal": [f"S-{FIRST + n}" for n in some],
        "article, shared by many": [str(500_000 + n % ARTICLES) for n in some],
        "GTIN-13, shared by many": [_gtin(n)[1:] for n in some],
        "GS1 element string": [f"]d201{_gtin(n)}21ABCDEFGHIJKLM\x1d91EE06" for n in some],
        "unknown": [f"XX-{n}" for n in some],
    }


def measure(office: Office, count: int) -> dict[str, tuple[float, float, int]]:
    """The middle and the worst milliseconds of a whole scan, parcels read, and how many parcels one finds."""
    told = {}
    for kind, typed in scans(count).items():
        took, found = [], 0
        for text in typed:
            before = time.perf_counter()
            with office.database.read() as tx:
                ids = queries.by_code(tx, text)
                found = len([queries.one(tx, parcel_id) for parcel_id in ids])
            took.append(1000 * (time.perf_counter() - before))
        told[kind] = (statistics.median(took), max(took), found)
    return told


def plan(database: Database, code: str) -> list[str]:
    """How the database looks a code up."""
    with database.read() as tx:
        text, constants = queries.BY_CODE.text(database.dialect)
        explain = "EXPLAIN QUERY PLAN " if database.dialect == "sqlite" else "EXPLAIN "
        rows = tx.connection.execute(explain + text, {**constants, "code": code}).fetchall()
    return [str(row[-1]) for row in rows]


def main() -> None:
    """Fill, measure, tell."""
    url, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with TemporaryDirectory() as data:
        office = open_office(url, Path(data), Clock())
        try:
            started = time.perf_counter()
            fill(office, count)
            print(f"{count} parcels in {time.perf_counter() - started:.0f} s")
            for kind, (middle, worst, found) in measure(office, count).items():
                print(f"{kind:30} median {middle:7.2f} ms   worst {worst:7.2f} ms   {found} found")
            print(json.dumps(plan(office.database, codes.kept(f"R-{FIRST + 1}")), indent=1))
        finally:
            office.close()


if __name__ == "__main__":
    main()
