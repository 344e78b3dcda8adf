"""What was written to people because of a return, for its timeline"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index."""
    op.create_index("notices_of_case", "notices", ["case_id", "id"])


def downgrade() -> None:
    """Without it."""
    op.drop_index("notices_of_case", "notices")
