"""Support finds a customer by the address that they write from"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index."""
    op.create_index("customers_by_email", "customers", ["email"])


def downgrade() -> None:
    """Without it."""
    op.drop_index("customers_by_email", "customers")
