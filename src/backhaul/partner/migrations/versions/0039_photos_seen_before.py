"""Prints of photos, which cases show them, and photos that two cases show"""

import sqlalchemy as sa
from alembic import op

from backhaul.kit.row_owners import keep_apart, leave_together

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

BANDS = ("band_0", "band_1", "band_2", "band_3")
OWN = "(EXISTS (SELECT 1 FROM parcels WHERE parcels.id = case_id))"
NOUNS = ("company",)
DRAWN = {"sqlite": "plain IS 0", "postgresql": "plain IS false"}
INDEXES = {
    "photo_looks_due": ("photo_looks", ["look_us"], "look_us IS NOT NULL"),
    "seen_photos_newest": ("seen_photos", ["found_us", "case_id"], "case_id > other_case_id"),
}


def upgrade() -> None:
    """Three tables. What was there before is compared by rounds of the worker."""
    op.create_table(
        "photo_prints",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("plain", sa.Boolean(), nullable=False),
        *(sa.Column(band, sa.Integer(), nullable=False) for band in BANDS),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("blob_id"),
    )
    op.create_table(
        "photo_looks",
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("look_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("blob_id", "case_id"),
    )
    op.create_table(
        "seen_photos",
        sa.Column("case_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("other_case_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("other_blob_id", sa.Text(), nullable=False),
        sa.Column("agrees_pct", sa.Integer(), nullable=False),
        sa.Column("found_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "blob_id", "other_case_id", "other_blob_id"),
    )
    drawn = sa.text(DRAWN[op.get_bind().dialect.name])
    for n, band in enumerate(BANDS):
        columns = [band, *(other for other in BANDS if other != band), "id"]
        op.create_index(
            f"photo_prints_by_band_{n}", "photo_prints", columns, sqlite_where=drawn, postgresql_where=drawn
        )
    for index, (table, columns, where) in INDEXES.items():
        condition = sa.text(where)
        op.create_index(index, table, columns, sqlite_where=condition, postgresql_where=condition)
    for table in ("photo_prints", "photo_looks"):
        keep_apart(op.get_bind(), table)
    keep_apart(op.get_bind(), "seen_photos", **dict.fromkeys(NOUNS, OWN))


def downgrade() -> None:
    """Without them."""
    leave_together(op.get_bind(), "seen_photos", *NOUNS)
    for table in ("photo_looks", "photo_prints"):
        leave_together(op.get_bind(), table)
    for table in ("seen_photos", "photo_looks", "photo_prints"):
        op.drop_table(table)
