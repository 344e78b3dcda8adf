"""Returns by route and acceptance: what a back-test of a rate card reads"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ACCEPTED = sa.text("accepted_us IS NOT NULL")


def upgrade() -> None:
    """One index."""
    op.create_index(
        "returns_accepted_on_route", "returns", ["route", "accepted_us", "id"], sqlite_where=ACCEPTED,
        postgresql_where=ACCEPTED,
    )  # fmt: skip


def downgrade() -> None:
    """Without it."""
    op.drop_index("returns_accepted_on_route", "returns")
