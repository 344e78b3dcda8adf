"""What companies are told, their webhooks, and every delivery"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

UNPLACED = sa.text("position IS NULL")
WAITS = sa.text("next_us IS NOT NULL")


def number() -> sa.Column[int]:
    """The number that the database gives."""
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def upgrade() -> None:
    """Five tables."""
    _events()
    _webhooks()
    _deliveries()


def _events() -> None:
    op.create_table(
        "company_events",
        number(),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index("company_events_of_company", "company_events", ["company_id", "position"])
    op.create_index("company_events_by_age", "company_events", ["recorded_us"])
    op.create_index("company_events_without_position", "company_events", ["id"], sqlite_where=UNPLACED,
                    postgresql_where=UNPLACED)  # fmt: skip


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("fails", sa.Integer(), nullable=False),
        sa.Column("failing_since_us", sa.BigInteger(), nullable=True),
        sa.Column("next_us", sa.BigInteger(), nullable=False),
        sa.Column("lease_us", sa.BigInteger(), nullable=False),
        sa.Column("removed_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("webhooks_of_company", "webhooks", ["company_id", "created_us"])
    op.create_table(
        "webhook_secrets",
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last4", sa.Text(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("webhook_id", "number"),
    )


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        number(),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("written_us", sa.BigInteger(), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=True),
        sa.Column("next_us", sa.BigInteger(), nullable=True),
        sa.Column("done_us", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("webhook_id", "event_id"),
    )
    op.create_index("webhook_deliveries_of_event", "webhook_deliveries", ["event_id"])
    op.create_index("webhook_deliveries_newest", "webhook_deliveries", ["webhook_id", "id"])
    op.create_index("webhook_deliveries_by_state", "webhook_deliveries", ["webhook_id", "state", "id"])
    op.create_index("webhook_deliveries_waiting", "webhook_deliveries", ["webhook_id", "next_us", "position"],
                    sqlite_where=WAITS, postgresql_where=WAITS)  # fmt: skip
    op.create_index("webhook_deliveries_first", "webhook_deliveries", ["webhook_id", "position"],
                    sqlite_where=WAITS, postgresql_where=WAITS)  # fmt: skip
    op.create_index("webhook_deliveries_in_order", "webhook_deliveries", ["webhook_id", "case_id", "position"],
                    sqlite_where=WAITS, postgresql_where=WAITS)  # fmt: skip
    op.create_table(
        "webhook_attempts",
        number(),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("webhook_attempts_of_delivery", "webhook_attempts", ["delivery_id", "id"])


def downgrade() -> None:
    """Without them."""
    for table in ("webhook_attempts", "webhook_deliveries", "webhook_secrets", "webhooks", "company_events"):
        op.drop_table(table)
