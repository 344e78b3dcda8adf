"""Every version of policy and tariff says who published it, when and why; the database keeps it as it is"""

import sqlalchemy as sa
from alembic import op

from backhaul.kit.migrations import append_only

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Old versions were published by nobody that is known."""
    for name in ("published_by", "why"):
        op.add_column("terms", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("terms", sa.Column("published_us", sa.BigInteger(), nullable=False, server_default="0"))
    append_only(op.get_bind(), "terms")


def downgrade() -> None:
    """Without that."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(sa.text(f"DROP TRIGGER terms_no_{act}"))
    else:
        op.execute(sa.text("DROP TRIGGER terms_append_only ON terms"))
    for name in ("published_us", "why", "published_by"):
        op.drop_column("terms", name)
