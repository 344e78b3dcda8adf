"""A photo of an orphan shows nothing else"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whose photo is whose, for what lies in the bay."""
    op.create_table(
        "orphan_photos",
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("orphan_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("blob_id"),
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_table("orphan_photos")
