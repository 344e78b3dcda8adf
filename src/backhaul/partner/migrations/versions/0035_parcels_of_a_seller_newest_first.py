"""A seller's parcels of all states in the order of their ids, so that a page of them is read and not all"""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One index."""
    op.create_index("parcels_of_seller_newest", "parcels", ["seller_id", "id"])


def downgrade() -> None:
    """Without it."""
    op.drop_index("parcels_of_seller_newest", "parcels")
