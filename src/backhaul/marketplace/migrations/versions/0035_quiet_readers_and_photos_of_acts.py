"""The last event of each seller that was deleted; photos of acts from before they were kept for themselves"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

PAGE_ROWS = 500
ACTS = ("CheckedIn", "TurnedAway", "ReceivedForDisposal", "DisposalCertified")

events = sa.table("events", *(sa.column(name) for name in ("case_id", "seq", "kind", "data")))
blob_cases = sa.table("blob_cases", sa.column("blob_id"), sa.column("case_id"))


def upgrade() -> None:
    """A table, and rows of another one; which events were deleted before is not known any more."""
    op.create_table(
        "seller_events_gone",
        sa.Column("seller_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seller_id"),
    )
    _keep_photos_of_acts(op.get_bind())


def _keep_photos_of_acts(connection: sa.Connection) -> None:
    """What acts show stays: those that were written before this was noted are noted now."""
    place = (0, 0)
    while rows := connection.execute(
        sa.select(events.c.case_id, events.c.seq, events.c.data)
        .where(events.c.kind.in_(ACTS), sa.tuple_(events.c.case_id, events.c.seq) > sa.tuple_(*place))
        .order_by(events.c.case_id, events.c.seq)
        .limit(PAGE_ROWS)
    ).all():
        shown = sorted({blob for row in rows for blob in json.loads(row.data).get("photos", ())})
        known = sa.select(blob_cases.c.blob_id).where(blob_cases.c.case_id == 0, blob_cases.c.blob_id.in_(shown))
        there = set(connection.execute(known).scalars())
        if lacking := [{"blob_id": blob, "case_id": 0} for blob in shown if blob not in there]:
            connection.execute(sa.insert(blob_cases), lacking)
        place = (rows[-1].case_id, rows[-1].seq)


def downgrade() -> None:
    """Without the table; what is kept stays."""
    op.drop_table("seller_events_gone")
