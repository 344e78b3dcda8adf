"""Which sellers of a platform are to be asked for"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index begins with the platform."""
    op.drop_index("polls_due", "polls")
    op.create_index("polls_due", "polls", ["platform", "next_us"])


def downgrade() -> None:
    """By the time alone."""
    op.drop_index("polls_due", "polls")
    op.create_index("polls_due", "polls", ["next_us"])
