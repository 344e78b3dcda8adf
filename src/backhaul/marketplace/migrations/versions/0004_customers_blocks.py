"""Customers' blocks with their chained history"""

import sqlalchemy as sa
from alembic import op

from backhaul.kit.migrations import append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Blocks, and events that the database itself keeps from changing."""
    op.create_table(
        "blocks",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_ref", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("appeal", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("imposed_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=True),
        sa.Column("decide_us", sa.BigInteger(), nullable=True),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    due = sa.text("due_us IS NOT NULL")
    op.create_index("blocks_standing", "blocks", ["customer_ref"], unique=True, sqlite_where=due, postgresql_where=due)
    op.create_index("blocks_of_customer", "blocks", ["customer_ref", "id"])
    op.create_index("blocks_due", "blocks", ["due_us"], sqlite_where=due, postgresql_where=due)
    op.create_index("blocks_by_appeal", "blocks", ["appeal", "decide_us", "id"])
    op.create_table(
        "block_events",
        sa.Column("block_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("block_id", "seq"),
    )
    append_only(op.get_bind(), "block_events")


def downgrade() -> None:
    """Without blocks."""
    op.drop_table("block_events")
    op.drop_table("blocks")
