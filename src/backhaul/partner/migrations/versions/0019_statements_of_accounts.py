"""Statements of accounts: a ledger's indexes hold all that a balance needs, in the order of a statement"""

from alembic import op

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two wider indexes."""
    for side in ("debit", "credit"):
        op.drop_index(f"entries_by_{side}", "entries")
        op.create_index(f"entries_by_{side}", "entries", [side, "at_us", "cause", "currency", "amount_minor"])


def downgrade() -> None:
    """As they were."""
    for side in ("debit", "credit"):
        op.drop_index(f"entries_by_{side}", "entries")
        op.create_index(f"entries_by_{side}", "entries", [side, "at_us"])
