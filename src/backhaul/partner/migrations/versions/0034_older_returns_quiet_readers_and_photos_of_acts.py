"""When a return at a platform was created and last looked at in vain; the last event of a company that was deleted; photos of acts"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

PAGE_ROWS = 500
ACTS = ("Destroyed",)

events = sa.table("events", *(sa.column(name) for name in ("case_id", "seq", "kind", "data")))
blob_cases = sa.table("blob_cases", sa.column("blob_id"), sa.column("case_id"))


def upgrade() -> None:
    """Two columns, of which the next walk fills the first, a table, and rows of another one."""
    op.add_column("watched", sa.Column("created_us", sa.BigInteger(), nullable=True))
    op.add_column("watched", sa.Column("tried_us", sa.BigInteger(), nullable=True))
    op.create_table(
        "company_events_gone",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("company_id"),
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
    """Without columns and table; what is kept stays."""
    op.drop_table("company_events_gone")
    op.drop_column("watched", "tried_us")
    op.drop_column("watched", "created_us")
