"""What a seller filters returns by, and until when each waits for its seller"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0027"
branch_labels = None
depends_on = None

WAITS = sa.text("decide_us IS NOT NULL")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = 1_000
ASKED = {"seller_review", "seller_review_after_offer", "found_after_claim"}
# The groups of reasons as they were before a return carried its own.
GROUPS = {
    "did_not_fit": "fit_or_dislike", "did_not_like": "fit_or_dislike", "changed_mind": "fit_or_dislike",
    "does_not_work": "defect", "external_defects": "defect", "used_before_me": "defect", "broke_in_use": "defect",
    "counterfeit": "defect", "wrong_item": "misgrading", "part_missing": "misgrading", "incomplete": "misgrading",
    "packaging_and_product_damaged": "damage_on_delivery", "product_damaged_packaging_intact": "damage_on_delivery",
}  # fmt: skip
FILTERED = ["status", "mark", "reason_group", "route", "sku"]


def upgrade() -> None:
    """A table, filled from the returns that are there."""
    table = op.create_table(
        "return_facets",
        sa.Column("return_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("reason_group", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("sku", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("decide_us", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("return_id"),
    )
    op.create_index(
        "return_facets_of_seller", "return_facets", ["seller_id", "return_id", "price_minor", "decide_us", *FILTERED]
    )
    op.create_index(
        "return_facets_to_decide", "return_facets", ["seller_id", "decide_us", "price_minor", "return_id", *FILTERED],
        sqlite_where=WAITS, postgresql_where=WAITS,
    )  # fmt: skip
    _fill(op.get_bind(), table)


def _fill(connection: sa.Connection, table: sa.Table) -> None:
    returns = sa.table("returns", sa.column("id", sa.BigInteger), sa.column("doc", sa.LargeBinary))
    after = -1
    while found := connection.execute(
        sa.select(returns.c.id, returns.c.doc).where(returns.c.id > after).order_by(returns.c.id).limit(STEP)
    ).fetchall():
        docs = [json.loads(bytes(row[1])) for row in found]
        if rows := [_row(doc) for doc in docs if doc.get("submitted_at")]:
            connection.execute(table.insert(), rows)
        after = found[-1][0]


def _row(doc: dict[str, Any]) -> dict[str, Any]:
    """As the house writes it."""
    line, parcel = doc["line"], doc.get("parcel") or {}
    open_parcel = (
        bool(parcel) and parcel.get("status", "arrived") == "arrived" and parcel.get("decision", "none") == "none"
    )
    decides = doc["status"] == "at_partner" and open_parcel
    bound = doc.get("act_by") if doc["status"] in ASKED else parcel.get("decide_by") if decides else None
    words = f"{doc['number']} {line['posting_number']} {line['offer_id']} {line['sku']} {line['name']}"
    return {
        "return_id": doc["id"], "seller_id": doc["seller_id"], "status": doc["status"], "route": doc.get("route") or "",
        "reason_group": doc.get("reason_group") or GROUPS[doc["reason"]], "mark": parcel.get("mark") or "",
        "sku": line["sku"], "price_minor": line["price"]["minor"],
        "decide_us": (datetime.fromisoformat(bound) - EPOCH) // timedelta(microseconds=1) if bound else None,
        "words": " ".join(words.casefold().split()),
    }  # fmt: skip


def downgrade() -> None:
    """Without it."""
    op.drop_table("return_facets")
