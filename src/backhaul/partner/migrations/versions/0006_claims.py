"""Claims for substituted units are found by where they stand"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has been told of a claim yet."""
    op.add_column("parcels", sa.Column("claim", sa.Text(), nullable=False, server_default="none"))
    op.create_index("parcels_by_claim", "parcels", ["claim", "id"])


def downgrade() -> None:
    """Without it."""
    op.drop_index("parcels_by_claim", "parcels")
    op.drop_column("parcels", "claim")
