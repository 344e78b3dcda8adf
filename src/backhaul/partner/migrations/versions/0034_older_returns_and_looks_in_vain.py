"""When a return at a platform was created, and when a single look at it last came to nothing"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns; the next walk fills the first."""
    op.add_column("watched", sa.Column("created_us", sa.BigInteger(), nullable=True))
    op.add_column("watched", sa.Column("tried_us", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Without them."""
    op.drop_column("watched", "tried_us")
    op.drop_column("watched", "created_us")
