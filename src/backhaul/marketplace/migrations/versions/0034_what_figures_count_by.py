"""What figures count by: SKU and category of order lines, acceptance, passed deadlines and choices of returns"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

ACCEPTED = sa.text("accepted_us IS NOT NULL")
CLAIMED = sa.text("claim != 'none'")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = 1_000
INDEXES = {
    "return_facets_accepted": (
        "return_facets",
        ["seller_id", "delivered_us", "sku", "category", "reason_group"],
        ACCEPTED,
    ),
    "return_facets_by_category": ("return_facets", ["category", "delivered_us"], ACCEPTED),
    "return_money_claims_by_state": ("return_money", ["claim", "claim_minor"], CLAIMED),
}


def upgrade() -> None:
    """Columns, filled from what is there, and indexes."""
    op.add_column("order_lines", sa.Column("sku", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("order_lines", sa.Column("category", sa.Text(), server_default="", nullable=False))
    op.add_column("return_facets", sa.Column("category", sa.Text(), server_default="", nullable=False))
    op.add_column("return_facets", sa.Column("delivered_us", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("return_facets", sa.Column("accepted_us", sa.BigInteger(), nullable=True))
    op.add_column("return_facets", sa.Column("passed", sa.Text(), server_default="", nullable=False))
    op.add_column("return_facets", sa.Column("choice", sa.Text(), server_default="", nullable=False))
    _fill(op.get_bind(), "order_lines", "order_lines", "id", _line)
    _fill(op.get_bind(), "returns", "return_facets", "return_id", _facet)
    op.drop_index("order_lines_of_seller", "order_lines")
    op.create_index(
        "order_lines_of_seller", "order_lines", ["seller_id", "delivered_us", "sku", "category", "quantity"]
    )
    op.create_index("order_lines_by_category", "order_lines", ["category", "delivered_us", "seller_id", "quantity"])
    for name, (table, columns, where) in INDEXES.items():
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _fill(connection: sa.Connection, docs: str, table: str, key: str, values: Any) -> None:
    source = sa.table(docs, sa.column("id", sa.BigInteger), sa.column("doc", sa.LargeBinary))
    after = -1
    while found := connection.execute(
        sa.select(source.c.id, source.c.doc).where(source.c.id > after).order_by(source.c.id).limit(STEP)
    ).fetchall():
        by_calendar = _by_calendar(connection, [row[0] for row in found]) if table == "return_facets" else frozenset()
        rows = [{"of_row": row[0], **values(json.loads(bytes(row[1])), row[0] in by_calendar)} for row in found]
        said = [name for name in rows[0] if name != "of_row"]
        changed = sa.table(table, *(sa.column(name) for name in (key, *said)))
        statement = changed.update().where(changed.c[key] == sa.bindparam("of_row"))
        connection.execute(statement.values({name: sa.bindparam(name) for name in said}), rows)
        after = found[-1][0]


def _by_calendar(connection: sa.Connection, ids: list[int]) -> frozenset[int]:
    """Those that the calendar agreed to."""
    events = sa.table("events", *(sa.column(name) for name in ("case_id", "kind", "role")))
    found = connection.execute(
        sa.select(events.c.case_id).where(
            events.c.case_id.in_(ids), events.c.role == "calendar",
            events.c.kind.in_(["Approved", "RefundedWithoutReturn"]),
        )
    )  # fmt: skip
    return frozenset(row[0] for row in found)


def _line(doc: dict[str, Any], _: bool) -> dict[str, Any]:  # noqa: FBT001 -- the same shape as of a return
    return {"sku": doc["sku"], "category": doc["category"]}


def _facet(doc: dict[str, Any], by_calendar: bool) -> dict[str, Any]:  # noqa: FBT001 -- a fact of the row
    """As the house writes it."""
    parcel, accepted = doc.get("parcel") or {}, doc.get("accepted_at")
    decision, undecided = parcel.get("decision", "none"), bool(parcel.get("undecided"))
    choice = ""
    if accepted and doc.get("route") == "A":
        choice = "compensation"
    elif accepted and parcel:
        dispose = undecided or decision == "dispose"
        choice = "ship" if decision.startswith("ship") else "dispose" if dispose else decision
        choice = "" if choice == "none" else choice
    passed = "decision" if undecided else "answer" if by_calendar and not doc.get("moderated") else ""
    return {
        "category": doc["line"]["category"], "delivered_us": _us(doc["line"]["delivered_at"]),
        "accepted_us": _us(accepted) if accepted else None, "passed": passed, "choice": choice,
    }  # fmt: skip


def _us(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def downgrade() -> None:
    """Without them."""
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table)
    op.drop_index("order_lines_by_category", "order_lines")
    op.drop_index("order_lines_of_seller", "order_lines")
    op.create_index("order_lines_of_seller", "order_lines", ["seller_id", "delivered_us"])
    for table, names in (
        ("return_facets", ("category", "delivered_us", "accepted_us", "passed", "choice")),
        ("order_lines", ("sku", "category")),
    ):
        for name in names:
            op.drop_column(table, name)
