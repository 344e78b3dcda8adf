"""Which worker process does a round that asks other servers; on PostgreSQL sellers' and customers' looks see their own rows"""

import sqlalchemy as sa
from alembic import op

from backhaul.kit.row_owners import keep_apart, leave_together

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

OF_SELLERS = (
    "return_facets", "return_claims", "reports", "breaks", "partner_invoices", "partner_invoice_lines", "partner_tariffs",
    "push_urls", "seller_events",
)  # fmt: skip
OF_BOTH = ("returns", "order_lines", "return_money", "return_outcomes")
OF_CUSTOMERS = ("blocks", "payouts")
# What a return leaves behind is seen by whoever sees the return: the look into `returns` is held to its owner, too.
OF_RETURNS = ("events", "entries")
SEEN = "(EXISTS (SELECT 1 FROM returns WHERE returns.id = {table}.case_id))"
PERSON = "(role = '{noun}' AND subject = current_setting('backhaul.owner'))"


def upgrade() -> None:
    """A table, and policies."""
    op.create_table(
        "turns",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    connection = op.get_bind()
    for table in OF_SELLERS:
        keep_apart(connection, table, seller="seller_id")
    for table in OF_BOTH:
        keep_apart(connection, table, seller="seller_id", customer="customer_ref")
    for table in OF_CUSTOMERS:
        keep_apart(connection, table, customer="customer_ref")
    for table in OF_RETURNS:
        seen = SEEN.format(table=table)
        keep_apart(connection, table, seller=seen, customer=seen)
    people = {noun: PERSON.format(noun=noun) for noun in ("seller", "customer")}
    keep_apart(connection, "accounts", **people)


def downgrade() -> None:
    """Without them."""
    connection = op.get_bind()
    for table in OF_SELLERS:
        leave_together(connection, table, "seller")
    for table in (*OF_BOTH, *OF_RETURNS, "accounts"):
        leave_together(connection, table, "seller", "customer")
    for table in OF_CUSTOMERS:
        leave_together(connection, table, "customer")
    op.drop_table("turns")
