"""What is told to programs, their webhooks, and every delivery: six tables that both houses have alike.

Only whose they are differs: sellers at the marketplace, companies at the partner.
"""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text


class WebhookTables:
    """The tables of a house. `owner` is whose webhooks they are: `seller` gives `seller_events` with `seller_id`."""

    def __init__(self, metadata: MetaData, owner: str) -> None:
        self.owner = f"{owner}_id"
        self.events = _events(metadata, owner)
        self.gone = _gone(metadata, owner)
        self.webhooks = _webhooks(metadata, owner)
        self.secrets = _secrets(metadata)
        self.deliveries = _deliveries(metadata)
        self.attempts = _attempts(metadata)

    @property
    def owner_of_event(self) -> "Column[int]":
        """Whose an event is."""
        return self.events.c[self.owner]

    @property
    def owner_of_gone(self) -> "Column[int]":
        """Whose events they were."""
        return self.gone.c[self.owner]

    @property
    def owner_of_webhook(self) -> "Column[int]":
        """Whose a webhook is."""
        return self.webhooks.c[self.owner]


def _number() -> "Column[int]":
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _events(metadata: MetaData, owner: str) -> Table:
    """`position` is the order in which they are read: given after the commit, so that no gap can fill up behind a reader."""
    name = f"{owner}_events"
    table = Table(
        name,
        metadata,
        _number(),
        Column("event_id", Text, nullable=False, unique=True),
        Column(f"{owner}_id", BigInteger, nullable=False),
        Column("case_id", BigInteger, nullable=False),
        Column("kind", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("recorded_us", BigInteger, nullable=False),
        Column("position", BigInteger),
        Index(f"{name}_of_{owner}", f"{owner}_id", "position"),
        Index(f"{name}_by_age", "recorded_us"),
    )
    unplaced = table.c.position.is_(None)
    Index(f"{name}_without_position", table.c.id, sqlite_where=unplaced, postgresql_where=unplaced)
    return table


def _gone(metadata: MetaData, owner: str) -> Table:
    """The last event of each owner that was deleted: who has read it goes on from there and has lost nothing."""
    return Table(
        f"{owner}_events_gone",
        metadata,
        Column(f"{owner}_id", BigInteger, primary_key=True, autoincrement=False),
        Column("event_id", Text, nullable=False),
        Column("position", BigInteger, nullable=False),
    )


def _webhooks(metadata: MetaData, owner: str) -> Table:
    """`why` it is paused: `owner`, `failing` or `gone`. `fails` in a row; nobody else sends to it before `lease_us`."""
    return Table(
        "webhooks",
        metadata,
        Column("id", Text, primary_key=True),
        Column(f"{owner}_id", BigInteger, nullable=False),
        Column("url", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("kinds", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("why", Text, nullable=False),
        Column("created_us", BigInteger, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("fails", Integer, nullable=False),
        Column("failing_since_us", BigInteger),
        Column("next_us", BigInteger, nullable=False),
        Column("lease_us", BigInteger, nullable=False),
        Column("removed_us", BigInteger),
        Index(f"webhooks_of_{owner}", f"{owner}_id", "created_us"),
    )


def _secrets(metadata: MetaData) -> Table:
    return Table(
        "webhook_secrets",
        metadata,
        Column("webhook_id", Text, primary_key=True),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("sealed", LargeBinary, nullable=False),
        Column("last4", Text, nullable=False),
        Column("created_us", BigInteger, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("until_us", BigInteger),
    )


def _deliveries(metadata: MetaData) -> Table:
    """One message to one receiver. `next_us` while it waits; `body` is that of a ping, which is no event."""
    table = Table(
        "webhook_deliveries",
        metadata,
        _number(),
        Column("webhook_id", Text, nullable=False),
        Column("event_id", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("case_id", BigInteger, nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("state", Text, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("written_us", BigInteger, nullable=False),
        Column("first_us", BigInteger),
        Column("next_us", BigInteger),
        Column("done_us", BigInteger),
        Column("body", LargeBinary),
        sa.UniqueConstraint("webhook_id", "event_id"),
        Index("webhook_deliveries_of_event", "event_id"),
        Index("webhook_deliveries_newest", "webhook_id", "id"),
        Index("webhook_deliveries_by_state", "webhook_id", "state", "id"),
    )
    columns, waits = table.c, table.c.next_us.is_not(None)
    Index("webhook_deliveries_waiting", columns.webhook_id, columns.next_us, columns.position, sqlite_where=waits,
          postgresql_where=waits)  # fmt: skip
    Index("webhook_deliveries_first", columns.webhook_id, columns.position, sqlite_where=waits, postgresql_where=waits)
    Index("webhook_deliveries_in_order", columns.webhook_id, columns.case_id, columns.position, sqlite_where=waits,
          postgresql_where=waits)  # fmt: skip
    return table


def _attempts(metadata: MetaData) -> Table:
    return Table(
        "webhook_attempts",
        metadata,
        _number(),
        Column("delivery_id", BigInteger, nullable=False),
        Column("at_us", BigInteger, nullable=False),
        Column("url", Text, nullable=False),
        Column("stamp", Text, nullable=False),
        Column("signature", Text, nullable=False),
        Column("status", Integer, nullable=False),
        Column("milliseconds", Integer, nullable=False),
        Column("error", Text, nullable=False),
        Column("answer", Text, nullable=False),
        Index("webhook_attempts_of_delivery", "delivery_id", "id"),
    )
