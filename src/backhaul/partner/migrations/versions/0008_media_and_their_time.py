"""Posters of videos, and media that are deleted after their time"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PAGE_ROWS = 500
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
IS_OVER = sa.text("over_us IS NOT NULL")

parcels = sa.table("parcels", *(sa.column(name) for name in ("id", "doc", "over_us")))
blob_cases = sa.table("blob_cases", sa.column("blob_id"), sa.column("case_id"))


def upgrade() -> None:
    """Files learn their poster and their end; what parcels show now, and since when they have left, is filled in."""
    op.add_column("blobs", sa.Column("poster", sa.Text(), nullable=False, server_default=""))
    op.add_column("blobs", sa.Column("deleted_us", sa.BigInteger(), nullable=True))
    op.create_table(
        "blob_cases",
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("blob_id", "case_id"),
    )
    op.create_index("blob_cases_of_case", "blob_cases", ["case_id"])
    op.add_column("parcels", sa.Column("over_us", sa.BigInteger(), nullable=True))
    _fill_in(op.get_bind())
    op.create_index("parcels_over", "parcels", ["over_us", "id"], sqlite_where=IS_OVER, postgresql_where=IS_OVER)


def downgrade() -> None:
    """Without them; what was deleted stays deleted."""
    op.drop_index("parcels_over", "parcels")
    op.drop_column("parcels", "over_us")
    op.drop_index("blob_cases_of_case", "blob_cases")
    op.drop_table("blob_cases")
    op.drop_column("blobs", "deleted_us")
    op.drop_column("blobs", "poster")


def _fill_in(connection: sa.Connection) -> None:
    for page in _pages(connection):
        rows = [{"blob_id": blob, "case_id": row.id} for row in page for blob in sorted(_shown(json.loads(row.doc)))]
        if rows:
            connection.execute(sa.insert(blob_cases), rows)
        for row in page:
            finished = json.loads(row.doc).get("finished_at")
            if finished:
                over_us = (datetime.fromisoformat(finished) - EPOCH) // timedelta(microseconds=1)
                connection.execute(sa.update(parcels).where(parcels.c.id == row.id).values(over_us=over_us))


def _shown(doc: dict[str, Any]) -> set[str]:
    inspection, media = doc.get("inspection") or {}, doc.get("media") or {}
    proposed = inspection.get("proposed") or {}
    return {blob for part in (doc, inspection, proposed, media) for blob in part.get("photos", [])}


def _pages(connection: sa.Connection) -> Iterator[Any]:
    after = 0
    while rows := connection.execute(
        sa.select(parcels.c.id, parcels.c.doc).where(parcels.c.id > after).order_by(parcels.c.id).limit(PAGE_ROWS)
    ).all():
        yield rows
        after = rows[-1].id
