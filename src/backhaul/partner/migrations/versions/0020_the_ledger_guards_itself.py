"""The ledger guards itself: no entry without its event, without two accounts, or twice; nothing kept is truncated"""

import sqlalchemy as sa
from alembic import op

from backhaul.kit.migrations import guard_entries, leave_entries_unguarded, never_emptied

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OF_CASES = sa.text("case_id > 0")
KEPT = (
    "events",
    "entries",
    "terms",
    "invoices",
    "credit_notes",
    "closed_months",
    "consignment_events",
    "orphan_events",
    "draw_epochs",
    "draws",
)


def upgrade() -> None:
    """By database rules, as the append-only tables are kept."""
    op.create_index(
        "entries_once", "entries", ["case_id", "seq", "debit", "credit"], unique=True, sqlite_where=OF_CASES,
        postgresql_where=OF_CASES,
    )  # fmt: skip
    guard_entries(op.get_bind())
    never_emptied(op.get_bind(), *KEPT)


def downgrade() -> None:
    """Without them; that kept tables are not truncated stays."""
    leave_entries_unguarded(op.get_bind())
    op.drop_index("entries_once", "entries")
