"""How far the comparison within a seller has come, and breaks by their unit"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column and an index."""
    op.add_column("reconciliations", sa.Column("unit", sa.Text(), nullable=False, server_default=""))
    op.create_index("breaks_of_unit", "breaks", ["seller_id", "return_number", "id"])


def downgrade() -> None:
    """Without them."""
    op.drop_index("breaks_of_unit", "breaks")
    op.drop_column("reconciliations", "unit")
