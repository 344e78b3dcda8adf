"""Breaks between books, the partner's invoices and facts, and the papers that sellers bring"""

import sqlalchemy as sa
from alembic import op

from backhaul.kit.migrations import append_only

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Breaks with their history, invoices and price lists of the partner, how far the comparison has come."""
    op.create_table(
        "breaks",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("return_id", sa.BigInteger(), nullable=False),
        sa.Column("return_number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("seller_id", "key"),
    )
    op.create_index("breaks_of_seller", "breaks", ["seller_id", "id"])
    op.create_index("breaks_of_seller_by_status", "breaks", ["seller_id", "status", "id"])
    op.create_index("breaks_by_status", "breaks", ["status", "id"])
    op.create_index("breaks_of_return", "breaks", ["return_id", "source"])
    op.create_table(
        "break_events",
        sa.Column("break_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("break_id", "seq"),
    )
    append_only(op.get_bind(), "break_events")
    _papers()
    op.create_table(
        "reconciliations",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("done_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )


def _papers() -> None:
    op.create_table(
        "partner_invoices",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("brought_us", sa.BigInteger(), nullable=False),
        sa.Column("brought_by", sa.Text(), nullable=False),
        sa.Column("replaced_by", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("seller_id", "number", "revision"),
    )
    op.create_index("partner_invoices_of_seller", "partner_invoices", ["seller_id", "status", "id"])
    op.create_index("partner_invoices_by_status", "partner_invoices", ["status", "seller_id"])
    op.create_table(
        "partner_invoice_lines",
        sa.Column("invoice_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("return_number", sa.Text(), nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("invoice_id", "number"),
    )
    op.create_index(
        "partner_invoice_lines_of_unit", "partner_invoice_lines", ["seller_id", "return_number", "invoice_id", "number"]
    )
    op.create_table(
        "partner_tariffs",
        sa.Column("seller_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.Column("brought_us", sa.BigInteger(), nullable=False),
        sa.Column("brought_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seller_id", "version"),
    )


def downgrade() -> None:
    """Without reconciliation."""
    for table in (
        "reconciliations", "partner_tariffs", "partner_invoice_lines", "partner_invoices", "break_events", "breaks",
    ):  # fmt: skip
        op.drop_table(table)
