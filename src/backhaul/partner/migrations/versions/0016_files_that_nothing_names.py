"""Files that nothing names, and the videos of a poster"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

IS_POSTER = sa.text("poster != ''")
WAITS = sa.text("waits_us IS NOT NULL")


def upgrade() -> None:
    """Files that were brought before stay: nobody wrote down which of them are named by something."""
    op.add_column("blobs", sa.Column("waits_us", sa.BigInteger(), nullable=True))
    op.create_index("blobs_of_poster", "blobs", ["poster"], sqlite_where=IS_POSTER, postgresql_where=IS_POSTER)
    op.create_index("blobs_waiting", "blobs", ["waits_us", "id"], sqlite_where=WAITS, postgresql_where=WAITS)


def downgrade() -> None:
    """Without them."""
    op.drop_index("blobs_waiting", "blobs")
    op.drop_index("blobs_of_poster", "blobs")
    op.drop_column("blobs", "waits_us")
