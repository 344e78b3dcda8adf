"""Payouts of refunds, the files they leave in, and what the bank says of them"""

import sqlalchemy as sa
from alembic import op

from backhaul.kit.migrations import append_only

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'waiting'")
IN_DOUBT = sa.text("state = 'in_doubt'")
DUE = sa.text("due_us IS NOT NULL")
NOT_APPLIED = sa.text("outcome = 'waiting'")
TO_SETTLE = sa.text("outcome = 'break' AND settled_us IS NULL")


def upgrade() -> None:
    """Four tables."""
    _payouts()
    _batches()
    _statements()
    _entries()


def _payouts() -> None:
    op.create_table(
        "payouts",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("return_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("customer_ref", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger()),
        sa.UniqueConstraint("return_id", "attempt"),
        sa.CheckConstraint("amount_minor > 0", name="payouts_positive"),
    )
    op.create_index("payouts_of_batch", "payouts", ["batch_id", "key"])
    op.create_index("payouts_waiting", "payouts", ["asked_us", "key"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index(
        "payouts_in_doubt", "payouts", ["asked_us", "key"], sqlite_where=IN_DOUBT, postgresql_where=IN_DOUBT
    )


def _batches() -> None:
    op.create_table(
        "payout_batches",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("message_id", sa.Text(), nullable=False, unique=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("payouts", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("handed_over_us", sa.BigInteger()),
        sa.Column("due_us", sa.BigInteger()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_index("payout_batches_due", "payout_batches", ["due_us", "id"], sqlite_where=DUE, postgresql_where=DUE)


def _statements() -> None:
    op.create_table(
        "bank_statements",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("sha256", sa.Text(), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("taken_us", sa.BigInteger(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    append_only(op.get_bind(), "bank_statements")


def _entries() -> None:
    op.create_table(
        "bank_entries",
        sa.Column("statement_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("place", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("return_id", sa.BigInteger()),
        sa.Column("settled_us", sa.BigInteger()),
        sa.Column("settled_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("comment", sa.Text(), nullable=False, server_default=""),
    )
    op.create_index("bank_entries_by_reference", "bank_entries", ["reference"])
    op.create_index("bank_entries_of_key", "bank_entries", ["key"])
    op.create_index(
        "bank_entries_waiting", "bank_entries", ["statement_id", "place"], sqlite_where=NOT_APPLIED,
        postgresql_where=NOT_APPLIED,
    )  # fmt: skip
    op.create_index(
        "bank_entries_to_settle", "bank_entries", ["statement_id", "place"], sqlite_where=TO_SETTLE,
        postgresql_where=TO_SETTLE,
    )  # fmt: skip


def downgrade() -> None:
    """Without them."""
    for table in ("bank_entries", "bank_statements", "payout_batches", "payouts"):
        op.drop_table(table)
