"""What was delivered for a seller in a period: of how many units so many came back"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index."""
    op.create_index("order_lines_of_seller", "order_lines", ["seller_id", "delivered_us"])


def downgrade() -> None:
    """Without it."""
    op.drop_index("order_lines_of_seller", "order_lines")
