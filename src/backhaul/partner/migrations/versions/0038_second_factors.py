"""A second factor for who signs in: sealed secrets, recovery codes, half sign-ins; and notices that one person alone is told"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

TABLES = ("second_factors", "recovery_codes", "sign_in_steps")
OF_FACTORS = sa.text("substr(code, 1, 14) = 'second_factor_'")
# What a company sees of the notices, before and now: what is told to one of its people, too. Of accounts it sees its own.
BEFORE = (
    "reader IN ('company:' || current_setting('backhaul.owner'), 'owner:' || current_setting('backhaul.owner'))"
    " OR reader IN (SELECT 'seller:' || links.seller_id FROM links)"
)
OWN = "EXISTS (SELECT 1 FROM accounts WHERE 'account:' || accounts.id = reader)"


def upgrade() -> None:
    """Three tables, an index of what the access log says of them, and notices to one person."""
    op.create_table(
        "second_factors",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("recovery_codes_of_account", "recovery_codes", ["account_id"])
    op.create_table(
        "sign_in_steps",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("sign_in_steps_of_account", "sign_in_steps", ["account_id"])
    op.create_index("sign_in_steps_by_end", "sign_in_steps", ["until_us"])
    op.create_index("access_log_of_factors", "access_log", ["id"], sqlite_where=OF_FACTORS, postgresql_where=OF_FACTORS)
    _notices(f"{BEFORE} OR {OWN}")


def downgrade() -> None:
    """Without them."""
    _notices(BEFORE)
    op.drop_index("access_log_of_factors", "access_log")
    for table in reversed(TABLES):
        op.drop_table(table)


def _notices(condition: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"ALTER POLICY company_rows ON notices USING ({condition})")
