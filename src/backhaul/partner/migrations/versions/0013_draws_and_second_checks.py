"""The draw, photos that belong to one parcel, second checks"""

import sqlalchemy as sa
from alembic import op

from backhaul.kit.migrations import append_only

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Seven tables; the queue of the inspection is ordered by its due time."""
    op.add_column("parcels", sa.Column("inspect_by_us", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("parcels_to_inspect", "parcels", ["inspection", "inspect_by_us", "id"])
    op.create_table(
        "photo_uses",
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("blob_id"),
    )
    _draw()
    append_only(op.get_bind(), "draw_epochs", "draws")
    _second_checks()


def _draw() -> None:
    op.create_table(
        "draw_epochs",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("begins_us", sa.BigInteger(), nullable=False),
        sa.Column("ends_us", sa.BigInteger(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("key_sha256", sa.Text(), nullable=False),
        sa.Column("published_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "draws",
        sa.Column("parcel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("return_number", sa.Text(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("share_pct", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("parcel_id"),
    )
    op.create_index("draws_of_epoch", "draws", ["epoch", "parcel_id"])
    op.create_table(
        "strata",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("arrived", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("clean_run", sa.BigInteger(), nullable=False),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.Column("findings", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _second_checks() -> None:
    op.create_table(
        "marks",
        sa.Column("parcel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("parcel_id", "revision"),
    )
    op.create_index("marks_by_time", "marks", ["at_us", "inspector"])
    op.create_table(
        "inspector_weeks",
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("week_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("tightened", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("inspector", "week_us"),
    )
    op.create_index("inspector_weeks_by_time", "inspector_weeks", ["week_us", "inspector"])
    op.create_table(
        "second_checks",
        sa.Column("parcel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("week_us", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ordered_us", sa.BigInteger(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("parcel_id"),
    )
    op.create_index("second_checks_by_status", "second_checks", ["status", "parcel_id"])
    op.create_index("second_checks_of_inspector", "second_checks", ["inspector", "week_us", "status"])


def downgrade() -> None:
    """Without them."""
    for table in ("second_checks", "inspector_weeks", "marks", "strata", "draws", "draw_epochs", "photo_uses"):
        op.drop_table(table)
    op.drop_index("parcels_to_inspect", "parcels")
    op.drop_column("parcels", "inspect_by_us")
