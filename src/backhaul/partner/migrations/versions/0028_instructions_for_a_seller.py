"""Standing rules for units with or without a defect, rules that a key made; what a seller's collector shows"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns and one table."""
    op.add_column("standing_rules", sa.Column("is_defect", sa.Boolean(), nullable=True))
    op.add_column("standing_rules", sa.Column("through_key", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "pickup_barcodes",
        sa.Column("seller_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("barcode", sa.Text(), nullable=False),
        sa.Column("drawn_us", sa.BigInteger(), nullable=False),
        sa.Column("drawn_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seller_id"),
    )


def downgrade() -> None:
    """Without them."""
    op.drop_table("pickup_barcodes")
    op.drop_column("standing_rules", "through_key")
    op.drop_column("standing_rules", "is_defect")
