"""Photos, videos and pick-ups by when they are due, units here by seller, charges by time, their sums by invoice"""

import json
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

COLUMNS = {"id": sa.BigInteger, "status": sa.Text, "decision": sa.Text, "media": sa.Text, "media_by_us": sa.BigInteger,
           "collect_by_us": sa.BigInteger, "doc": sa.LargeBinary}  # fmt: skip
parcels = sa.table("parcels", *(sa.column(name, kind) for name, kind in COLUMNS.items()))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = 1_000


def upgrade() -> None:
    """Two columns, filled from what is there, and indexes."""
    op.add_column("parcels", sa.Column("media_by_us", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("parcels", sa.Column("collect_by_us", sa.BigInteger(), nullable=True))
    _fill(op.get_bind())
    _fill_collectors(op.get_bind())
    op.drop_index("parcels_by_media", "parcels")
    op.create_index("parcels_by_media", "parcels", ["media", "media_by_us", "id"])
    op.create_index("parcels_of_state", "parcels", ["status", "id", "mark", "decision", "decide_by_us"])
    op.create_index("parcels_by_seller", "parcels", ["status", "seller_id", "arrived_us"])
    collected = sa.text("collect_by_us IS NOT NULL")
    op.create_index(
        "parcels_to_collect", "parcels", ["collect_by_us"], sqlite_where=collected, postgresql_where=collected
    )
    op.drop_index("charges_of_invoice", "charges")
    columns = ["invoice_id", "at_us", "cause", "seller_id", "currency", "amount_minor"]
    op.create_index("charges_of_invoice", "charges", columns)
    op.create_index("charges_by_time", "charges", ["at_us", "service", "currency", "quantity", "amount_minor"])


def _fill(connection: sa.Connection) -> None:
    after = -1
    while found := connection.execute(
        sa.select(parcels.c.id, parcels.c.doc)
        .where(parcels.c.media != "none", parcels.c.id > after)
        .order_by(parcels.c.id)
        .limit(STEP)
    ).fetchall():
        for parcel_id, doc in found:
            due = json.loads(bytes(doc)).get("media", {}).get("due")
            due_us = _us(due) if due else 0
            connection.execute(parcels.update().where(parcels.c.id == parcel_id).values(media_by_us=due_us))
        after = found[-1][0]


def _fill_collectors(connection: sa.Connection) -> None:
    after = -1
    while found := connection.execute(
        sa.select(parcels.c.id, parcels.c.doc)
        .where(parcels.c.status == "arrived", parcels.c.decision == "pickup", parcels.c.id > after)
        .order_by(parcels.c.id)
        .limit(STEP)
    ).fetchall():
        for parcel_id, doc in found:
            if due := json.loads(bytes(doc)).get("collect_by"):
                connection.execute(parcels.update().where(parcels.c.id == parcel_id).values(collect_by_us=_us(due)))
        after = found[-1][0]


def _us(due: str) -> int:
    return (datetime.fromisoformat(due) - EPOCH) // timedelta(microseconds=1)


def downgrade() -> None:
    """Without them."""
    op.drop_index("charges_of_invoice", "charges")
    op.create_index("charges_of_invoice", "charges", ["invoice_id", "at_us", "cause"])
    op.drop_index("parcels_to_collect", "parcels")
    op.drop_index("charges_by_time", "charges")
    op.drop_index("parcels_by_seller", "parcels")
    op.drop_index("parcels_of_state", "parcels")
    op.drop_index("parcels_by_media", "parcels")
    op.create_index("parcels_by_media", "parcels", ["media", "id"])
    op.drop_column("parcels", "collect_by_us")
    op.drop_column("parcels", "media_by_us")
