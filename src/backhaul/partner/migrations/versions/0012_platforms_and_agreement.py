"""Other platforms, asking by the sellers' keys, and the comparison of both houses"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OPEN = sa.text("healed_us IS NULL")


def upgrade() -> None:
    """Six tables; what is watched is asked for anew with more columns, so its rows are not carried over."""
    op.drop_table("watched")
    op.create_table(
        "platforms",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("registered_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "foreign_links",
        sa.Column("company_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_type", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("linked_us", sa.BigInteger(), nullable=False),
        sa.Column("checked_us", sa.BigInteger(), nullable=False),
        sa.Column("lost_us", sa.BigInteger(), nullable=True),
        sa.Column("expires_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "platform", "seller_id"),
    )
    op.create_index("foreign_links_by_check", "foreign_links", ["checked_us"])
    op.create_index("foreign_links_of_seller", "foreign_links", ["platform", "seller_id", "company_id"])
    op.create_table(
        "watched",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("return_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("posting_number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("price", sa.Text(), nullable=False),
        sa.Column("group_state", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("seen_us", sa.BigInteger(), nullable=False),
        sa.Column("changed_us", sa.BigInteger(), nullable=False),
        sa.Column("read_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("platform", "seller_id", "return_id"),
    )
    op.create_index("watched_to_read", "watched", ["platform", "seller_id", "read_us"])
    op.create_table(
        "polls",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_us", sa.BigInteger(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), nullable=True),
        sa.Column("after_id", sa.BigInteger(), nullable=False),
        sa.Column("polled_us", sa.BigInteger(), nullable=True),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "seller_id"),
    )
    op.create_index("polls_due", "polls", ["next_us"])
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), nullable=False),
        sa.Column("next_us", sa.BigInteger(), nullable=False),
        sa.Column("after_id", sa.BigInteger(), nullable=False),
        sa.Column("finished_us", sa.BigInteger(), nullable=True),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("reconciliations_by_start", "reconciliations", ["started_us"])
    op.create_table(
        "differences",
        sa.Column("return_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("first_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("ours", sa.Text(), nullable=False),
        sa.Column("theirs", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("tried_us", sa.BigInteger(), nullable=True),
        sa.Column("healed_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("return_id", "what", "first_us"),
    )
    op.create_index("differences_by_first", "differences", ["first_us", "return_id"])
    op.create_index("differences_open", "differences", ["last_us"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("links_by_check", "links", ["checked_us"])
    op.add_column("accounts", sa.Column("confirmed_us", sa.BigInteger(), nullable=True))
    op.create_index("accounts_by_confirmed", "accounts", ["confirmed_us"])
    op.execute(
        "INSERT INTO polls (platform, seller_id, next_us, after_id, faults, fault) "
        "SELECT DISTINCT platform, seller_id, 0, 0, 0, '' FROM links"
    )
    op.add_column("marketplaces", sa.Column("tried_us", sa.BigInteger(), nullable=True))
    op.add_column("marketplaces", sa.Column("heard_us", sa.BigInteger(), nullable=True))
    op.add_column("marketplaces", sa.Column("letters_waiting", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("marketplaces", sa.Column("waiting_since_us", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Without them; the returns of sellers are asked for anew when they are linked again."""
    op.drop_index("accounts_by_confirmed", "accounts")
    op.drop_column("accounts", "confirmed_us")
    for column in ("waiting_since_us", "letters_waiting", "heard_us", "tried_us"):
        op.drop_column("marketplaces", column)
    op.drop_index("links_by_check", "links")
    for table in ("differences", "reconciliations", "polls", "watched", "foreign_links", "platforms"):
        op.drop_table(table)
    op.create_table(
        "watched",
        sa.Column("seller_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("return_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seller_id", "return_id"),
    )
