"""The history of what the comparison found, each event vouching for all before it"""

import hashlib

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None

events = sa.table(
    "break_events", sa.column("break_id"), sa.column("seq"), sa.column("data"), sa.column("at_us"), sa.column("role"),
    sa.column("actor"), sa.column("hash"),
)  # fmt: skip
breaks = sa.table("breaks", sa.column("id"), sa.column("head"))


def upgrade() -> None:
    """One column each; what is there is chained as if it had been from the start."""
    op.add_column("break_events", sa.Column("hash", sa.LargeBinary(), nullable=True))
    op.add_column("breaks", sa.Column("head", sa.LargeBinary(), nullable=True))
    connection = op.get_bind()
    _let_change(connection, forbidden=False)
    after = -1
    while found := connection.execute(
        sa.select(breaks.c.id).where(breaks.c.id > after).order_by(breaks.c.id).limit(500)
    ).all():
        for (break_id,) in found:
            _chain(connection, break_id)
        after = found[-1][0]
    _let_change(connection, forbidden=True)


def downgrade() -> None:
    """Without them."""
    op.drop_column("breaks", "head")
    _let_change(op.get_bind(), forbidden=False)
    op.drop_column("break_events", "hash")
    _let_change(op.get_bind(), forbidden=True)


def _chain(connection: sa.Connection, break_id: int) -> None:
    head = b"\0" * 32
    rows = connection.execute(sa.select(events).where(events.c.break_id == break_id).order_by(events.c.seq)).all()
    for row in rows:
        said = msgspec.json.encode((break_id, row.seq, row.at_us, row.at_us, row.role, row.actor, ""))
        head = hashlib.sha256(head + said + row.data.encode()).digest()
        connection.execute(
            events.update().where(events.c.break_id == break_id, events.c.seq == row.seq).values(hash=head)
        )
    connection.execute(breaks.update().where(breaks.c.id == break_id).values(head=head))


def _let_change(connection: sa.Connection, *, forbidden: bool) -> None:
    """The table's own rule against changes, put aside while the hashes are written, and back."""
    if connection.dialect.name != "sqlite":
        act = "ENABLE" if forbidden else "DISABLE"
        connection.execute(sa.text(f"ALTER TABLE break_events {act} TRIGGER break_events_append_only"))
    elif forbidden:
        connection.execute(
            sa.text(
                "CREATE TRIGGER break_events_no_update BEFORE UPDATE ON break_events "
                "BEGIN SELECT RAISE(ABORT, 'break_events is append-only'); END"
            )
        )
    else:
        connection.execute(sa.text("DROP TRIGGER break_events_no_update"))
