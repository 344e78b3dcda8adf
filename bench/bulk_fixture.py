"""Very many overdue parcels: one that arrived in the ordinary way, and copies of its rows, each with a chain of its own."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Database, Statement, transaction
from backhaul.kit.desk import Errand, Order
from backhaul.kit.journal import GENESIS, Mark, event_hash
from backhaul.partner import errands, tables
from backhaul.partner.access import Known
from backhaul.partner.office import Office, open_office
from backhaul.partner.perform import expect
from backhaul.partner.rules.policy import Policy
from tests.partner.cast import LUMITEK, MARKETPLACE, RUSLAN, announced, moscow, scan

FIRST, COMPANY, SELLERS = 3_000_017, 1, 500
COPIED_ROWS = 20_000
ANNOUNCED, ARRIVES, REMINDED = moscow("2024-09-24 12:00"), moscow("2024-10-03 16:42"), moscow("2024-10-17 20:30")
SWEPT = moscow("2024-10-18 00:30")
# As when two people have said beforehand that much will come up: destruction is not held back. One reminder, nothing drawn.
POLICY = Policy(warehouses=("MSK-2",), breaker_never_below=10**8, reminder_days=(), inspect_first_of_seller=0,
                inspect_first_of_sku=0, draw_clean_units=0, draw_share_pct=0, draw_floor_pct=0, photo_codes=False,
                shelf_units_max=0)  # fmt: skip

Rows = list[dict[str, Any]]


class Told(msgspec.Struct):
    """The rows of the one parcel, by table: as it waits for its deadline, and what the sweep of it added or changed."""

    before: dict[str, Rows]
    after: dict[str, Rows]


def office_at(url: str, data: Path, clock: TurnedClock) -> Office:
    """A partner under the bench's policy, with links of one company to every seller; nobody there has an address for mails."""
    office = open_office(url, data, clock)
    link = Statement(tables.links.insert())
    rows = [
        {"company_id": COMPANY, "seller_id": LUMITEK + n, "platform": "marketplace", "business_type": "CANCEL_ORDERS",
         "seller_name": "Seller", "sealed_key": b"", "mode": "returns", "state": "active", "linked_us": 0,
         "checked_us": 0, "lost_us": None, "expires_us": 2**50}
        for n in range(SELLERS)
    ]  # fmt: skip

    def run(tx: Any, at: Any) -> bytes:
        errands.put_terms(tx, "policy", "bench", POLICY, at)
        office.house.read_terms_again(tx, at)
        tx.many(link, rows)
        return b""

    office.desk.perform_now(Errand(run))
    return office


def told(root: Path) -> Told:
    """The story of the one parcel, in a database of its own."""
    clock = TurnedClock(ANNOUNCED)
    office = office_at(f"sqlite:///{root / 'told.db'}", root, clock)
    try:
        office.publish_epochs()
        unit = announced(return_id=FIRST, return_number=f"R-{FIRST}")

        def expects(tx: Any, at: Any) -> bytes:
            expect(tx, office.desk, unit, MARKETPLACE, at)
            return b""

        office.desk.perform_now(Errand(expects))
        clock.turn_to(ARRIVES)
        office.desk.perform_now(Order(FIRST, scan(ARRIVES, photos=()), Known(RUSLAN)))
        clock.turn_to(REMINDED)
        office.desk.sweep()
        before = rows_of(office.database)
        clock.turn_to(SWEPT)
        if office.desk.sweep() != 1:
            raise RuntimeError("the one parcel was not swept")
        return Told(before, rows_of(office.database))
    finally:
        office.close()


WRITTEN = {
    "parcels": tables.parcels, "events": tables.journal.events, "outbox": tables.journal.outbox,
    "notices": tables.board.notices, "company_events": tables.telling.events,
}  # fmt: skip


def rows_of(database: Database) -> dict[str, Rows]:
    """All rows of the tables that a sweep writes, in a small database."""
    with database.read() as tx:
        return {
            name: [
                dict(zip(table.c.keys(), row, strict=True))
                for row in tx.rows(Statement(sa.select(*table.c).order_by(*table.primary_key.columns)))
            ]
            for name, table in WRITTEN.items()
        }


def names_of(n: int) -> tuple[tuple[str, str], ...]:
    """What stands in the one parcel's rows, and what stands there in copy `n`."""
    return (
        (str(FIRST), str(FIRST + n)),
        ("P-100001", f"P-{100_001 + n}"),
        (str(LUMITEK), str(LUMITEK + n % SELLERS)),
    )


def copied(text: str, n: int) -> str:
    """A text of the one parcel, as copy `n` has it."""
    for said, says in names_of(n):
        text = text.replace(said, says)
    return text


def fill(office: Office, one: Told, count: int) -> None:
    """Parcels that wait for their deadline, with their events, in a database that has none."""
    connection = office.database.writer()
    try:
        for start in range(0, count, COPIED_ROWS):
            numbers = range(start, min(start + COPIED_ROWS, count))
            rows = list(_copies(one, numbers))
            with transaction(connection, office.database.dialect) as tx:
                tx.many(Statement(tables.parcels.insert()), [parcel for parcel, _ in rows])
                tx.many(Statement(tables.journal.events.insert()), [event for _, events in rows for event in events])
        connection.execute("ANALYZE")
    finally:
        connection.close()


def _copies(one: Told, numbers: Sequence[int] | range) -> Iterator[tuple[dict[str, Any], Rows]]:
    parcel, events = one.before["parcels"][0], one.before["events"]
    for n in numbers:
        head, mine = GENESIS, []
        for event in events:
            data = copied(event["data"], n)
            mark = Mark(event["at_us"], event["recorded_us"], event["role"], event["actor"], event["request_id"])
            head = event_hash(head, FIRST + n, event["seq"], data.encode(), mark)
            mine.append({**event, "case_id": FIRST + n, "data": data, "hash": head})
        doc = copied(parcel["doc"].decode(), n).encode()
        row = {
            **parcel, "id": FIRST + n, "number": f"P-{100_001 + n}", "return_number": f"R-{FIRST + n}",
            "seller_id": LUMITEK + n % SELLERS, "doc": doc, "head": head,
        }  # fmt: skip
        yield row, mine


CHAIN = Statement(
    sa.select(*tables.journal.events.c)
    .where(tables.journal.events.c.case_id == bindparam("case_id"))
    .order_by(tables.journal.events.c.seq)
)


def prove_chain(database: Database, parcel_id: int) -> None:
    """Every event of this parcel vouches for those before it, and the parcel's row for the last."""
    with database.read() as tx:
        rows = tx.rows(CHAIN, case_id=parcel_id)
        parcel = tx.one(
            Statement(sa.select(tables.parcels.c.head).where(tables.parcels.c.id == bindparam("id"))), id=parcel_id
        )
    head = GENESIS
    for case_id, seq, _, data, at_us, recorded_us, role, actor, request_id, said in rows:
        head = event_hash(head, case_id, seq, data.encode(), Mark(at_us, recorded_us, role, actor, request_id))
        if head != bytes(said):
            raise RuntimeError(f"the chain of parcel {parcel_id} breaks at {seq}")
    if parcel is None or bytes(parcel[0]) != head:
        raise RuntimeError(f"parcel {parcel_id} has another head than its chain")
