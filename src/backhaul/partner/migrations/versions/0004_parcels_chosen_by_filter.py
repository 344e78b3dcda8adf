"""Parcels are chosen by SKU, price, reason and mark, and found by their return's number"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAMES = ("sku", "price_minor", "reason", "mark")
ROWS = 500

parcels = sa.table("parcels", *(sa.column(name) for name in ("id", *NAMES)), sa.column("doc", sa.LargeBinary))


def upgrade() -> None:
    """The columns say what the document says."""
    for name in ("sku", "price_minor"):
        op.add_column("parcels", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("parcels", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("parcels", sa.Column("mark", sa.Text(), nullable=False, server_default="none"))
    connection = op.get_bind()
    after = 0
    while rows := connection.execute(
        sa.select(parcels.c.id, parcels.c.doc).where(parcels.c.id > after).order_by(parcels.c.id).limit(ROWS)
    ).all():
        for parcel_id, doc in rows:
            connection.execute(parcels.update().where(parcels.c.id == parcel_id).values(_said(json.loads(doc))))
        after = rows[-1][0]
    op.create_index("parcels_by_return_number", "parcels", ["return_number"])


def downgrade() -> None:
    """Without them."""
    op.drop_index("parcels_by_return_number", "parcels")
    for name in NAMES:
        op.drop_column("parcels", name)


def _said(doc: dict[str, Any]) -> dict[str, Any]:
    unit = doc["unit"]
    mark = doc["inspection"]["mark"] or "none"
    return {"sku": unit["sku"], "price_minor": unit["price"]["minor"], "reason": unit["reason"], "mark": mark}
