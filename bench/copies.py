"""Very many returns out of one real one: its rows are copied inside the database, each column an expression of the copy's number `n`.

The history is `count` long at the same flow whatever its length: the newest `live` are open, everything before is over. A tenth
is one large seller's. Customers have ten returns each, a waybill two hundred; a product has fifty.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, DropIndex

from backhaul.marketplace import queries, tables
from backhaul.marketplace.rules.wire_states import LOOKS
from bench.fixture import SELLER_ID

FIRST_ID = 100_001
LARGE_ONE_IN, OTHERS, POINTS = 10, 90, 20
STEP_US, DAY_US = 3_000_000, 86_400_000_000
CHUNK = 1_000_000
SHORT = {"comment": "", "photos": []}
RARE_BEFORE = 100  # the oldest of the large seller are lost: few, and far back
OVER = (
    "rejected", "at_partner", "refunded_without_return", "at_partner", "cancelled", "at_partner", "rejected",
    "refunded_without_return", "at_partner", "dropoff_expired", "at_partner", "disposed_by_marketplace", "at_partner",
    "refunded_without_return", "cancelled", "rejected", "at_partner", "partially_refunded", "refunded_without_return",
    "disposed_by_marketplace",
)  # fmt: skip
OPEN = (
    "seller_review", "awaiting_dropoff", "seller_review", "accepted_at_pvz", "seller_review", "on_the_way", "seller_review",
    "pre_moderation", "seller_review", "dispute",
)  # fmt: skip
AT_POINTS = "'awaiting_dropoff', 'accepted_at_pvz', 'on_the_way', 'at_partner'"
ACCEPTED = "'accepted_at_pvz', 'on_the_way', 'at_partner'"
QUEUED = "'pre_moderation', 'dispute'"


def _cases(of: str, values: Mapping[Any, str]) -> str:
    return f"CASE {of} " + " ".join(f"WHEN {key} THEN '{value}'" for key, value in values.items()) + " END"


def _said(count: int, live: int) -> dict[str, str]:
    """What several columns say, once: names that the expressions below know."""
    over, open_ones = (_cases(f"n / {LARGE_ONE_IN} % {len(some)}", dict(enumerate(some))) for some in (OVER, OPEN))
    status = f"CASE WHEN n < {RARE_BEFORE} AND n % {LARGE_ONE_IN} = 0 THEN 'lost' WHEN n < {count - live} THEN {over} ELSE {open_ones} END"
    return {
        "said_status": status,
        "said_seller": f"CASE WHEN n % {LARGE_ONE_IN} = 0 THEN {SELLER_ID} ELSE {SELLER_ID} + 1 + n % {OTHERS} END",
        "said_price": "50000 + n * 7919 % 4000000",
        "said_sku": f"(400000 + n * 7919 % {max(count // 50, 1)})",
        "said_customer": f"'C-' || (n % {max(count // 10, 1)})",
        "ago_us": f"({count} - n) * {STEP_US}",
    }


GROUP = _cases("said_status", {f"'{status.value}'": LOOKS[status].group for status in LOOKS})
# What a document says otherwise than its original.
SAID_IN_DOC = (
    (f'"id":{FIRST_ID},', '"id":%s,', "id + n"), (f'"R-{FIRST_ID}"', '"R-%s"', "id + n"),
    ('"status":"seller_review"', '"status":"%s"', "said_status"), (f'"seller_id":{SELLER_ID}', '"seller_id":%s', "said_seller"),
    ('"customer_ref":"C-1"', '"customer_ref":"%s"', "said_customer"), ('"line_id":1,', '"line_id":%s,', "1 + n"),
    ('"posting_number":"10000000-', '"posting_number":"%s-', "10000000 + n"), ('"sku":400000', '"sku":%s', "said_sku"),
    ('"offer_id":"OF-0"', '"offer_id":"OF-%s"', "said_sku"), ('"price":{"minor":790000', '"price":{"minor":%s', "said_price"),
)  # fmt: skip
NOW = "requested_us"
RETURNS = {
    "id": "id + n", "number": "'R-' || (id + n)", "seller_id": "said_seller", "customer_ref": "said_customer",
    "status": "said_status", "posting_number": "(10000000 + n) || '-0001-1'", "offer_id": "'OF-' || said_sku",
    "group_state": GROUP, "requested_us": f"{NOW} - ago_us", "route": "CASE WHEN said_status = 'at_partner' THEN 'B' ELSE '' END",
    "point_id": f"CASE WHEN said_status IN ({AT_POINTS}) THEN 'P-' || (n % {POINTS}) ELSE '' END",
    "due_us": f"CASE WHEN said_status IN ('seller_review', {QUEUED}, 'awaiting_dropoff') THEN due_us + n % 12 * {DAY_US} END",
    "act_by_us": f"CASE WHEN said_status IN ('seller_review', {QUEUED}, 'awaiting_dropoff') THEN act_by_us + n % 12 * {DAY_US} END",
    "accepted_us": f"CASE WHEN said_status IN ({ACCEPTED}) THEN {NOW} - ago_us + {DAY_US} END",
    "dispatched_us": f"CASE WHEN said_status IN ('on_the_way', 'at_partner') THEN {NOW} - ago_us + 2 * {DAY_US} END",
}  # fmt: skip
FACETS = {
    "return_id": "return_id + n", "seller_id": "said_seller", "status": "said_status", "sku": "said_sku", "price_minor": "said_price",
    "decide_us": f"CASE WHEN said_status = 'seller_review' THEN decide_us + n / 500 % 12 * {DAY_US} END",
    "words": "'r-' || (return_id + n) || ' ' || (10000000 + n) || '-0001-1 of-' || said_sku || ' ' || said_sku || ' headset'",
    "delivered_us": "delivered_us - ago_us", "accepted_us": f"CASE WHEN said_status IN ({ACCEPTED}) THEN delivered_us - ago_us + {DAY_US} END",
    "waybill": "CASE WHEN said_status IN ('on_the_way', 'at_partner') THEN 'WB' || (1000000 + n / 200) ELSE '' END",
    "mark": "CASE WHEN said_status = 'at_partner' THEN 'serviceable' ELSE '' END",
    "route": "CASE WHEN said_status = 'at_partner' THEN 'B' ELSE '' END",
}  # fmt: skip
OUTCOMES = {
    "return_id": "return_id + n", "seller_id": "said_seller", "customer_ref": "said_customer", "price_minor": "said_price",
    "asked_us": "asked_us - ago_us", "rejected": "CASE WHEN said_status = 'rejected' THEN 'seller' ELSE '' END",
    "queue": "CASE said_status WHEN 'pre_moderation' THEN 'requests' WHEN 'dispute' THEN 'disputes' ELSE '' END",
    "act_us": f"CASE WHEN said_status IN ({QUEUED}) THEN asked_us + n % 3 * {DAY_US} END",
    "point_id": f"CASE WHEN said_status IN ({AT_POINTS}) THEN 'P-' || (n % {POINTS}) ELSE '' END",
}  # fmt: skip
LINES = {
    "id": "id + n", "posting_number": "(10000000 + n) || '-0001-1'", "seller_id": "said_seller", "customer_ref": "said_customer",
    "sku": "said_sku", "delivered_us": "delivered_us - ago_us",
}  # fmt: skip
UNITS = {"line_id": "line_id + n", "return_id": "return_id + n"}
EVENTS = {"case_id": "case_id + n"}
COPIED: tuple[tuple[sa.Table, dict[str, str], str], ...] = (
    (tables.returns, RETURNS, ""), (tables.return_facets, FACETS, ""), (tables.return_outcomes, OUTCOMES, ""),
    # What only reports and customers look at: of the large seller.
    (tables.order_lines, LINES, f"n % {LARGE_ONE_IN} = 0"), (tables.units, UNITS, f"n % {LARGE_ONE_IN} = 0"),
    (tables.journal.events, EVENTS, f"n % {LARGE_ONE_IN} = 0"),
)  # fmt: skip


def fill(connection: Any, dialect: str, count: int, live: int) -> None:
    """`count` returns in all, of the one that is there; indexes are made again behind them, and the database looks at what it holds."""
    if dialect == "sqlite":
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
    else:
        connection.execute("SET maintenance_work_mem = '512MB'")
    narrow(connection, dialect)
    with without_indexes(connection, dialect, [table for table, _, _ in COPIED]):
        doc, said = {"doc": _doc(connection, dialect)}, _said(count, live)
        for table, changed, where in COPIED:
            changes = changed | doc if table is tables.returns else changed
            copy(connection, dialect, table, changes, count, said=said, where=where)
    # The original is the oldest.
    connection.execute(f"UPDATE returns SET requested_us = requested_us - {count * STEP_US} WHERE id = {FIRST_ID}")  # noqa: S608 -- our own names
    if dialect == "sqlite":
        connection.execute("ANALYZE")
        connection.execute("PRAGMA journal_mode=WAL")
    else:
        connection.execute("VACUUM (ANALYZE, INDEX_CLEANUP off)")  # as autovacuum does in life


def narrow(connection: Any, dialect: str) -> None:
    """The original's document without what it says by default, and so its copies'."""
    ((row,),) = connection.execute("SELECT doc FROM returns").fetchall()
    said = msgspec.json.decode(row)
    whole = queries.decode_return(msgspec.json.encode({**said, **SHORT}))
    for part in (said := {**said, **SHORT}, said["line"]):
        for name in list(part):
            value = part.pop(name)
            try:
                same = queries.decode_return(msgspec.json.encode(said)) == whole
            except msgspec.ValidationError:
                same = False
            if not same:
                part[name] = value
    mark = "?" if dialect == "sqlite" else "%s"
    connection.execute(f"UPDATE returns SET doc = {mark}", (_in_order(said),))  # noqa: S608 -- our own names


def _in_order(said: dict[str, Any]) -> bytes:
    """Ids first: what the copies replace stands where they look for it."""
    return msgspec.json.encode({"id": said["id"], **said})


def _doc(connection: Any, dialect: str) -> str:
    """The document of a copy as the database writes it: the original's with other values in their places."""
    ((found,),) = connection.execute("SELECT doc FROM returns").fetchall()
    text = bytes(found).decode()
    places = sorted((text.index(old), new, value) for old, new, value in SAID_IN_DOC)
    for old, new, _ in SAID_IN_DOC:
        text = text.replace(old, new, 1)
    said = f"format('{text}', {', '.join(value for _, _, value in places)})"
    return f"CAST({said} AS BLOB)" if dialect == "sqlite" else f"convert_to({said}, 'UTF8')"


def copy(connection: Any, dialect: str, table: sa.Table, changed: Mapping[str, str], count: int, *,
         said: Mapping[str, str], where: str = "") -> None:  # fmt: skip
    """The first case of a table, `count` - 1 times more: its columns as they are, but those that change."""
    key = next(iter(table.primary_key.columns)).name
    names = [column.name for column in table.columns]
    values = ", ".join(changed.get(name, name) for name in names)
    words = ", ".join(f"{text} AS {name}" for name, text in said.items())
    for first in range(1, count, CHUNK):
        last = min(first + CHUNK, count) - 1
        series, before = f"generate_series({first}::bigint, {last}::bigint) AS copies(n)", ""
        if dialect == "sqlite":
            series = "copies"
            before = (
                f"WITH RECURSIVE copies(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM copies WHERE n < {last}) "  # noqa: S608 -- our own names
            )
        # The limit keeps what is said from being said again for each column.
        some = f"SELECT n, {words} FROM {series}" + (f" WHERE {where}" if where else "") + f" LIMIT {CHUNK}"  # noqa: S608 -- our own names
        original = f"SELECT * FROM {table.name} WHERE {key} = (SELECT MIN({key}) FROM {table.name})"  # noqa: S608 -- our own names
        connection.execute("BEGIN")
        connection.execute(
            f"{before}INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} FROM ({some}) AS one, ({original}) AS it"  # noqa: S608 -- our own names
        )
        connection.execute("COMMIT")


@contextmanager
def without_indexes(connection: Any, dialect: str, of: Iterable[sa.Table]) -> Iterator[None]:
    """Meanwhile the tables have none but their keys."""
    dialects: dict[str, Any] = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}
    known = dialects[dialect]()
    indexes = [index for table in of for index in sorted(table.indexes, key=lambda one: str(one.name))]
    for index in indexes:
        connection.execute(str(DropIndex(index).compile(dialect=known)))
    yield
    for index in indexes:
        connection.execute(str(CreateIndex(index).compile(dialect=known)))
