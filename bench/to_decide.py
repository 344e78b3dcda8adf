"""The seller's first page among very many returns: `python -m bench.to_decide [RETURNS]` tells it alone.

One real return, then copies of its row made inside SQLite. A tenth is one large seller's, and one in fifty of those waits.
What a look takes over HTTP is compared, in this run, with the page's own statements on the bare driver and its template.
"""

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from rich.console import Console
from rich.table import Table

from backhaul.kit import drawing, keys
from backhaul.kit.clock import Clock
from backhaul.kit.database import Statement, Tx
from backhaul.kit.desk import Errand
from backhaul.kit.server import Served
from backhaul.marketplace import access, errands, tables
from backhaul.marketplace.app import make_app
from backhaul.marketplace.doors import SESSION_COOKIE
from backhaul.marketplace.office import Office, open_office
from backhaul.marketplace.rules.words import Role
from bench import copies, load
from bench.fixture import SELLER_ID, prepare

RETURNS = 1_000_000
LARGE_ONE_IN, WAITS_ONE_IN, OTHERS = 10, 50, 90
LOOKS = 60
DAY_US = 86_400_000_000
# What differs from the original, by the number `n` of the copy: SQL of the column.
WAITS = f"n % {LARGE_ONE_IN * WAITS_ONE_IN} = 0"
SAID = {
    "said_seller": f"CASE WHEN n % {LARGE_ONE_IN} = 0 THEN {SELLER_ID} ELSE {SELLER_ID} + 1 + n % {OTHERS} END",
    "said_price": "50000 + n * 7919 % 4000000",
}
COPIED = {
    "id": "id + n", "return_id": "return_id + n", "number": "'R-' || (id + n)", "seller_id": "said_seller", "customer_ref": "'C-' || n",
    "posting_number": "n || '-0001-1'", "status": f"CASE WHEN {WAITS} THEN status ELSE 'approved' END",
    "decide_us": f"CASE WHEN {WAITS} THEN decide_us + n / 500 % 12 * {DAY_US} END", "price_minor": "said_price",
    "words": "words || ' ' || n",
    "doc": "CAST(replace(replace(CAST(doc AS TEXT), 'R-' || id, 'R-' || (id + n)), '\"id\":' || id, '\"id\":' || (id + n)) AS BLOB)",
}  # fmt: skip


class Looked(msgspec.Struct):
    """What one look at the page asked the database, and what its template was given."""

    asked: list[tuple[str, Any]]
    drawn: list[Callable[[], str]]


def fill(path: Path, count: int) -> None:
    """Copies of the one return that is there, and of what filters know of it."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
        connection.execute(f"PRAGMA {pragma}")
    copied = (tables.returns, tables.return_facets)
    with copies.without_indexes(connection, "sqlite", copied):
        for table in copied:
            copies.copy(connection, "sqlite", table, COPIED, count, said=SAID)
    connection.execute("ANALYZE")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def sign_in(office: Office) -> str:
    """The large seller's operator; the session's token."""
    token = keys.session_token()

    def run(tx: Tx, at: datetime) -> bytes:
        errands.add_account(tx, "operator", "no password", Role.SELLER, str(SELLER_ID), "Operator", "en", owner=True)
        row = tx.one(access.LOGIN, login="operator")
        if row is not None:
            errands.sign_in(tx, access.account_of(row[:-1]), token, at)
        return b""

    office.desk.perform_now(Errand(run))
    return token


@contextmanager
def watched() -> Iterator[Looked]:
    """Whatever is read and drawn meanwhile."""
    seen = Looked([], [])
    execute, render = Tx._execute, drawing.Pages.render  # noqa: SLF001 -- what it is for

    def executing(tx: Tx, statement: Statement, values: Any) -> Any:
        text, constants = statement.text(tx.dialect)
        said = {
            name: msgspec.json.encode(one).decode() if isinstance(one, list) else one for name, one in values.items()
        }
        seen.asked.append((text, {**constants, **said}))
        return execute(tx, statement, values)

    def rendering(pages: drawing.Pages, template: str, language: str, status: int = 200, **context: Any) -> Any:
        seen.drawn.append(lambda: pages.environment(language).get_template(template).render(nonce="", **context))
        return render(pages, template, language, status, **context)

    setattr(Tx, "_execute", executing)  # noqa: B010 -- only while one look is watched
    setattr(drawing.Pages, "render", rendering)  # noqa: B010
    try:
        yield seen
    finally:
        setattr(Tx, "_execute", execute)  # noqa: B010
        setattr(drawing.Pages, "render", render)  # noqa: B010


def middle_ms(run: Callable[[], object]) -> float:
    """The middle of many, warm."""
    took = []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        run()
        took.append(1000 * (time.perf_counter() - begun))
    return statistics.median(took)


def measure(console: Console, root: Path, count: int = RETURNS) -> dict[str, float]:
    """How many times the page's bare statements and template its server takes."""
    root.mkdir()
    path = root / "marketplace.db"
    prepare(f"sqlite:///{path}", root, 1)
    begun = time.perf_counter()
    fill(path, count)
    filled = time.perf_counter() - begun
    office = open_office(f"sqlite:///{path}", root, Clock())
    server = Served(make_app(office)).start()
    try:
        cookie = f"{SESSION_COOKIE}={sign_in(office)}"
        request = f"GET /to-decide HTTP/1.1\r\nhost: bench\r\ncookie: {cookie}\r\n\r\n".encode()
        load.run(server.port, [request] * 5, 1)
        with watched() as seen:
            page = httpx2.get(f"{server.url}/to-decide", headers={"cookie": cookie})
        served = load.run(server.port, [request] * LOOKS, 1)
        connection = sqlite3.connect(path)
        queries = middle_ms(lambda: [connection.execute(text, values).fetchall() for text, values in seen.asked])
        connection.close()
        template = middle_ms(lambda: [draw() for draw in seen.drawn])
    finally:
        server.stop()
        office.close()
    if page.status_code != 200 or page.text.count('class="strong"') != 50 or served.failed:
        raise RuntimeError(f"the page did not come with 50 rows: {page.status_code}")
    table = Table("", "ms", title=f"To decide, {count:,} returns (made in {filled:.0f} s)", title_justify="left")
    for name, figure in (
        ("over HTTP, alone, p50", served.p50_ms),
        ("its statements", queries),
        ("its template", template),
    ):
        table.add_row(name, f"{figure:.1f}")
    console.print(table)
    return {"to_decide_vs_queries_and_template_p50": served.p50_ms / (queries + template)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="backhaul-bench-") as folder:
        print(measure(Console(), Path(folder) / "house", int(sys.argv[1]) if len(sys.argv) > 1 else RETURNS))
