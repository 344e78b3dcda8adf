"""Rights of a seller's users, one-time links, networks of keys, and who revoked them"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who is no owner stays an operator; a key works from everywhere as before."""
    with op.batch_alter_table("accounts") as accounts:
        accounts.add_column(sa.Column("reads_only", sa.Boolean(), nullable=False, server_default=sa.false()))
        accounts.add_column(sa.Column("manages_keys", sa.Boolean(), nullable=False, server_default=sa.false()))
        accounts.add_column(sa.Column("ended_us", sa.BigInteger(), nullable=True))
        accounts.create_index("accounts_of_subject", ["role", "subject", "id"])
    with op.batch_alter_table("api_keys") as api_keys:
        for name in ("networks", "revoked_by", "revoked_role", "revoked_because"):
            api_keys.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "invitations",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("invitations_of_account", "invitations", ["account_id"])
    op.create_index("sessions_of_account", "sessions", ["account_id"])
    op.create_index("access_log_of_caller", "access_log", ["caller", "id"])


def downgrade() -> None:
    """Back to owners and all others."""
    op.drop_index("access_log_of_caller", "access_log")
    op.drop_index("sessions_of_account", "sessions")
    op.drop_table("invitations")
    with op.batch_alter_table("api_keys") as api_keys:
        for name in ("revoked_because", "revoked_role", "revoked_by", "networks"):
            api_keys.drop_column(name)
    with op.batch_alter_table("accounts") as accounts:
        accounts.drop_index("accounts_of_subject")
        for name in ("ended_us", "manages_keys", "reads_only"):
            accounts.drop_column(name)
