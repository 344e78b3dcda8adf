"""Custody at the points: since when goods wait, and who of the clerks is a customer too"""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOSCOW = ZoneInfo("Europe/Moscow")
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
# The events that a return remembers whole from now on.
REMEMBERED = {"TurnedAway": "turned_away", "ReceivedForDisposal": "received", "DisposalCertified": "disposal"}

returns = sa.table(
    "returns",
    sa.column("id", sa.BigInteger),
    sa.column("status", sa.Text),
    sa.column("doc", sa.LargeBinary),
    sa.column("due_us", sa.BigInteger),
    sa.column("accepted_us", sa.BigInteger),
)
events = sa.table("events", *(sa.column(name) for name in ("case_id", "seq", "kind", "data")))


def upgrade() -> None:
    """Rows keep what they say; what follows from their events is filled in, so that both agree as before."""
    op.add_column("accounts", sa.Column("customer_ref", sa.Text(), nullable=False, server_default=""))
    op.add_column("returns", sa.Column("accepted_us", sa.BigInteger(), nullable=True))
    op.add_column("returns", sa.Column("dispatched_us", sa.BigInteger(), nullable=True))
    connection = op.get_bind()
    _remember(connection)
    _fill_in(connection)
    op.create_index("returns_accepted", "returns", ["status", "accepted_us"])
    dispatched = sa.text("dispatched_us IS NOT NULL")
    op.create_index("returns_dispatched", "returns", ["point_id", "dispatched_us"], sqlite_where=dispatched,
                    postgresql_where=dispatched)  # fmt: skip


def downgrade() -> None:
    """Without them; what rows remember of their events is read by nobody then."""
    op.drop_index("returns_dispatched", "returns")
    op.drop_index("returns_accepted", "returns")
    for table, column in (("returns", "dispatched_us"), ("returns", "accepted_us"), ("accounts", "customer_ref")):
        op.drop_column(table, column)


def _remember(connection: sa.Connection) -> None:
    found = connection.execute(
        sa.select(events.c.case_id, events.c.kind, events.c.data)
        .where(events.c.kind.in_(REMEMBERED))
        .order_by(events.c.case_id, events.c.seq)
    )
    for case_id, kind, data in found.all():
        doc = json.loads(connection.execute(sa.select(returns.c.doc).where(returns.c.id == case_id)).scalar_one())
        doc[REMEMBERED[kind]] = json.loads(data)
        _write(connection, case_id, doc=json.dumps(doc, ensure_ascii=False, separators=(",", ":")).encode())


def _fill_in(connection: sa.Connection) -> None:
    """`accepted_us` everywhere; what waits at a point now is looked at when its three days are over."""
    after = 0
    while rows := connection.execute(
        sa.select(returns.c.id, returns.c.status, returns.c.due_us, returns.c.doc)
        .where(returns.c.id > after)
        .order_by(returns.c.id)
        .limit(500)
    ).all():
        for return_id, status, due_us, data in rows:
            accepted = json.loads(data).get("accepted_at")
            if accepted:
                at = datetime.fromisoformat(accepted)
                values = {"accepted_us": _us(at)}
                if status == "accepted_at_pvz":
                    values["due_us"] = min(due_us or 2**62, _us(_end_of_day_3(at)))
                _write(connection, return_id, **values)
        after = rows[-1][0]


def _write(connection: sa.Connection, return_id: int, **values: object) -> None:
    connection.execute(sa.update(returns).where(returns.c.id == return_id).values(values))


def _us(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def _end_of_day_3(at: datetime) -> datetime:
    day = at.astimezone(MOSCOW).date() + timedelta(days=4)
    return datetime(day.year, day.month, day.day, tzinfo=MOSCOW)
