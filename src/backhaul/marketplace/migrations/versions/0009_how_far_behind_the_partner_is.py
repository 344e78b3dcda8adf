"""How far behind the partner is, and units by their route"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table and one index."""
    op.create_table(
        "partner_syncs",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.Column("letters_waiting", sa.Integer(), nullable=False),
        sa.Column("waiting_since_us", sa.BigInteger(), nullable=True),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id"),
    )
    op.create_index("returns_by_route", "returns", ["route", "id"])


def downgrade() -> None:
    """Without them."""
    op.drop_index("returns_by_route", "returns")
    op.drop_table("partner_syncs")
