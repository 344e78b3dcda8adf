"""Published terms stay as they are: a version is followed by another one, never changed"""

import sqlalchemy as sa
from alembic import op

from backhaul.kit.migrations import append_only

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """By database rule, as at the partner."""
    append_only(op.get_bind(), "terms")


def downgrade() -> None:
    """Without it."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(sa.text(f"DROP TRIGGER terms_no_{act}"))
    else:
        op.execute(sa.text("DROP TRIGGER terms_append_only ON terms"))
