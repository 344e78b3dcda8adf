"""Every version of policy, rate card and rule cards says who published it, when and why; versions are never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Old versions were published by nobody that is known."""
    for name in ("published_by", "why"):
        op.add_column("terms", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("terms", sa.Column("published_us", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Without that."""
    for name in ("published_us", "why", "published_by"):
        op.drop_column("terms", name)
