"""A photo of an orphan shows nothing else; the log of an epoch is counted while it grows"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whose photo is whose, for what lies in the bay; the counts of every epoch there is."""
    op.create_table(
        "orphan_photos",
        sa.Column("blob_id", sa.Text(), nullable=False),
        sa.Column("orphan_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("blob_id"),
    )
    op.create_table(
        "draw_counts",
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("epoch"),
    )
    counts = sa.table("draw_counts", sa.column("epoch"), sa.column("units"), sa.column("drawn"))
    epochs = sa.table("draw_epochs", sa.column("number"))
    draws = sa.table("draws", sa.column("epoch"), sa.column("drawn", sa.Boolean()))
    counted = (
        sa.select(
            epochs.c.number,
            sa.func.count(draws.c.epoch),
            sa.func.sum(sa.case((draws.c.drawn.is_(sa.true()), 1), else_=0)),
        )
        .select_from(epochs.outerjoin(draws, draws.c.epoch == epochs.c.number))
        .group_by(epochs.c.number)
    )
    op.execute(counts.insert().from_select(["epoch", "units", "drawn"], counted))


def downgrade() -> None:
    """Forget them."""
    op.drop_table("draw_counts")
    op.drop_table("orphan_photos")
