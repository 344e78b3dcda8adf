"""Notices, their mails, and how far a person has read"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WAITS = sa.text("next_us IS NOT NULL")


def upgrade() -> None:
    """Two tables; accounts learn an e-mail address and how far they have read; keys are found by their end."""
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("told_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reader", "kind", "cause"),
    )
    op.create_index("notices_of_reader", "notices", ["reader", "id"])
    op.create_table(
        "mails",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("written_us", sa.BigInteger(), nullable=False),
        sa.Column("next_us", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_us", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("mails_waiting", "mails", ["next_us"], sqlite_where=WAITS, postgresql_where=WAITS)
    op.add_column("accounts", sa.Column("email", sa.Text(), nullable=False, server_default=""))
    op.add_column("accounts", sa.Column("messages_read", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("api_keys_by_expiry", "api_keys", ["expires_us"])


def downgrade() -> None:
    """Without them."""
    op.drop_index("api_keys_by_expiry", "api_keys")
    op.drop_column("accounts", "messages_read")
    op.drop_column("accounts", "email")
    op.drop_index("mails_waiting", "mails")
    op.drop_table("mails")
    op.drop_index("notices_of_reader", "notices")
    op.drop_table("notices")
