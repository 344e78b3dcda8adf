"""How far the comparison within a seller has come, breaks by their unit, and the first place that a webhook waits for"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None

WAITS = sa.text("next_us IS NOT NULL")


def upgrade() -> None:
    """A column and two indexes."""
    op.add_column("reconciliations", sa.Column("unit", sa.Text(), nullable=False, server_default=""))
    op.create_index("breaks_of_unit", "breaks", ["seller_id", "return_number", "id"])
    op.create_index(
        "webhook_deliveries_first",
        "webhook_deliveries",
        ["webhook_id", "position"],
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )


def downgrade() -> None:
    """Without them."""
    op.drop_index("webhook_deliveries_first", "webhook_deliveries")
    op.drop_index("breaks_of_unit", "breaks")
    op.drop_column("reconciliations", "unit")
