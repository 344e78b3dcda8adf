"""When a return at a platform was created and last looked at in vain; the last event of each company that was deleted"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns, of which the next walk fills the first, and a table."""
    op.add_column("watched", sa.Column("created_us", sa.BigInteger(), nullable=True))
    op.add_column("watched", sa.Column("tried_us", sa.BigInteger(), nullable=True))
    op.create_table(
        "company_events_gone",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("company_id"),
    )


def downgrade() -> None:
    """Without them."""
    op.drop_table("company_events_gone")
    op.drop_column("watched", "tried_us")
    op.drop_column("watched", "created_us")
