"""Files that nothing names, the videos of a poster, and a time of their own for copies of the partner's photos"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

IS_POSTER = sa.text("poster != ''")
OVER = sa.text("copies_over_us IS NOT NULL")
WAITS = sa.text("waits_us IS NOT NULL")


def upgrade() -> None:
    """Files that were brought before stay: nobody wrote down which of them are named by something."""
    op.add_column("blobs", sa.Column("waits_us", sa.BigInteger(), nullable=True))
    op.create_index("blobs_of_poster", "blobs", ["poster"], sqlite_where=IS_POSTER, postgresql_where=IS_POSTER)
    op.add_column("returns", sa.Column("copies_over_us", sa.BigInteger(), nullable=True))
    op.execute(
        sa.text("UPDATE returns SET copies_over_us = over_us WHERE over_us IS NOT NULL AND status = 'at_partner'")
    )
    op.create_index(
        "returns_copies_over", "returns", ["copies_over_us", "id"], sqlite_where=OVER, postgresql_where=OVER
    )
    op.create_index("blobs_waiting", "blobs", ["waits_us", "id"], sqlite_where=WAITS, postgresql_where=WAITS)


def downgrade() -> None:
    """Without them."""
    op.drop_index("returns_copies_over", "returns")
    op.drop_column("returns", "copies_over_us")
    op.drop_index("blobs_waiting", "blobs")
    op.drop_index("blobs_of_poster", "blobs")
    op.drop_column("blobs", "waits_us")
