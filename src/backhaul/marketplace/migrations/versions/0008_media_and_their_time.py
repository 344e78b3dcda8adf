"""Posters of videos, and media that are deleted after their time"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PAGE_ROWS = 500
IS_OVER = sa.text("over_us IS NOT NULL")
# States from which nothing follows but money; whether a return is over, the law says when it is looked at.
ENDS = (
    "cancelled", "closed_no_reply", "rejected", "refunded_without_return", "partially_refunded", "dropoff_expired",
    "refused_at_pvz", "lost", "disposed_by_marketplace", "at_partner",
)  # fmt: skip

returns = sa.table("returns", *(sa.column(name) for name in ("id", "status", "doc", "over_us")))
blocks = sa.table("blocks", *(sa.column(name) for name in ("id", "doc")))
events = sa.table("events", sa.column("case_id"), sa.column("at_us"))
blob_cases = sa.table("blob_cases", sa.column("blob_id"), sa.column("case_id"))


def upgrade() -> None:
    """Files learn their poster and their end; what returns show now, and since when they are over, is filled in."""
    op.add_column("blobs", sa.Column("poster", sa.Text(), nullable=False, server_default=""))
    op.add_column("blobs", sa.Column("deleted_us", sa.BigInteger(), nullable=True))
    op.create_table(
        "blob_cases",
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("blob_id", "case_id"),
    )
    op.create_index("blob_cases_of_case", "blob_cases", ["case_id"])
    op.add_column("returns", sa.Column("over_us", sa.BigInteger(), nullable=True))
    connection = op.get_bind()
    _fill_in(connection)
    last = sa.select(sa.func.max(events.c.at_us)).where(events.c.case_id == returns.c.id).scalar_subquery()
    connection.execute(sa.update(returns).where(returns.c.status.in_(ENDS)).values(over_us=last))
    op.create_index("returns_over", "returns", ["over_us", "id"], sqlite_where=IS_OVER, postgresql_where=IS_OVER)


def downgrade() -> None:
    """Without them; what was deleted stays deleted."""
    op.drop_index("returns_over", "returns")
    op.drop_column("returns", "over_us")
    op.drop_index("blob_cases_of_case", "blob_cases")
    op.drop_table("blob_cases")
    op.drop_column("blobs", "deleted_us")
    op.drop_column("blobs", "poster")


def _fill_in(connection: sa.Connection) -> None:
    for page in _pages(connection, returns):
        _write(connection, {(blob, row.id) for row in page for blob in _shown(json.loads(row.doc))})
    known = sa.select(blob_cases.c.blob_id, blob_cases.c.case_id)
    for page in _pages(connection, blocks):
        sent = {pair for row in page for pair in _appealed(json.loads(row.doc))}
        there = connection.execute(known.where(blob_cases.c.blob_id.in_(sorted({blob for blob, _ in sent})))).all()
        _write(connection, sent - {(row.blob_id, row.case_id) for row in there})


def _shown(doc: dict[str, Any]) -> set[str]:
    return {*doc["photos"], *(doc.get("parcel") or {}).get("photos", [])}


def _appealed(doc: dict[str, Any]) -> set[tuple[str, int]]:
    sent = (doc.get("appeal") or {}).get("photos", [])
    return {(blob, case["return_id"]) for case in doc.get("cases", []) for blob in sent}


def _write(connection: sa.Connection, pairs: set[tuple[str, int]]) -> None:
    rows = [{"blob_id": blob, "case_id": case_id} for blob, case_id in sorted(pairs)]
    if rows:
        connection.execute(sa.insert(blob_cases), rows)


def _pages(connection: sa.Connection, table: sa.TableClause) -> Iterator[Any]:
    after = 0
    while rows := connection.execute(
        sa.select(table.c.id, table.c.doc).where(table.c.id > after).order_by(table.c.id).limit(PAGE_ROWS)
    ).all():
        yield rows
        after = rows[-1].id
