"""Which vehicle comes when for a seller's units, as the seller's program told the marketplace"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table."""
    op.create_table(
        "arrival_passes",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("warehouse", sa.Text(), nullable=False),
        sa.Column("arrival_us", sa.BigInteger(), nullable=False),
        sa.Column("driver_name", sa.Text(), nullable=False),
        sa.Column("driver_phone", sa.Text(), nullable=False),
        sa.Column("license_plate", sa.Text(), nullable=False),
        sa.Column("vehicle_model", sa.Text(), nullable=False),
        sa.Column("given_us", sa.BigInteger(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("arrival_passes_by_arrival", "arrival_passes", ["arrival_us", "id"])
    op.create_index("arrival_passes_of_seller", "arrival_passes", ["seller_id", "arrival_us"])


def downgrade() -> None:
    """Without it."""
    op.drop_table("arrival_passes")
