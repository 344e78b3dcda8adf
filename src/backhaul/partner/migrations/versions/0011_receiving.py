"""Receiving: when units are expected and arrived, the gate check, codes without dashes, the orphan bay"""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from backhaul.kit.migrations import append_only

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROWS_A_TIME = 1000


def upgrade() -> None:
    """Columns for the lists of the dock, filled from the documents that are there, and three tables."""
    op.add_column("parcels", sa.Column("gate", sa.Text(), nullable=False, server_default="none"))
    op.add_column("parcels", sa.Column("carrier", sa.Text(), nullable=False, server_default=""))
    op.add_column("parcels", sa.Column("eta_us", sa.BigInteger(), nullable=True))
    op.add_column("parcels", sa.Column("arrived_us", sa.BigInteger(), nullable=True))
    op.create_index("parcels_by_eta", "parcels", ["status", "eta_us", "id"])
    op.create_index("parcels_by_carrier", "parcels", ["status", "carrier", "eta_us", "id"])
    op.create_index("parcels_by_gate", "parcels", ["gate", "arrived_us", "id"])
    op.create_index("parcels_by_arrival", "parcels", ["arrived_us", "id"])
    op.create_index("parcels_by_place", "parcels", ["status", "warehouse", "shelf", "arrived_us"])
    _orphans()
    _fill()
    op.execute(
        sa.text(
            "INSERT INTO parcel_codes (code, parcel_id) SELECT DISTINCT replace(code, '-', ''), parcel_id "
            "FROM parcel_codes WHERE code LIKE '%-%' ON CONFLICT DO NOTHING"
        )
    )


def downgrade() -> None:
    """Without them. Codes without dashes stay: they harm nobody."""
    for table in ("orphan_events", "orphan_codes", "orphans"):
        op.drop_table(table)
    for index in ("place", "arrival", "gate", "carrier", "eta"):
        op.drop_index(f"parcels_by_{index}", "parcels")
    for column in ("arrived_us", "eta_us", "carrier", "gate"):
        op.drop_column("parcels", column)


def _orphans() -> None:
    op.create_table(
        "orphans",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("warehouse", sa.Text(), nullable=False),
        sa.Column("shelf", sa.Text(), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=True),
        sa.Column("registered_us", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    matched = sa.text("parcel_id IS NOT NULL")
    op.create_index(
        "orphans_matched", "orphans", ["parcel_id"], unique=True, sqlite_where=matched, postgresql_where=matched
    )
    op.create_index("orphans_by_status", "orphans", ["status", "id"])
    op.create_index("orphans_by_place", "orphans", ["status", "warehouse", "shelf"])
    op.create_table(
        "orphan_codes",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("orphan_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", "orphan_id"),
    )
    op.create_table(
        "orphan_events",
        sa.Column("orphan_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("orphan_id", "seq"),
    )
    append_only(op.get_bind(), "orphan_events")


def _fill() -> None:
    """When and by whom each parcel is brought stands in its document already."""
    connection, last = op.get_bind(), -1
    read = sa.text("SELECT id, doc FROM parcels WHERE id > :last ORDER BY id LIMIT :most")
    write = sa.text(
        "UPDATE parcels SET eta_us = :eta_us, arrived_us = :arrived_us, carrier = :carrier WHERE id = :parcel"
    )
    while rows := connection.execute(read, {"last": last, "most": ROWS_A_TIME}).fetchall():
        found = [(row[0], json.loads(bytes(row[1]))) for row in rows]
        connection.execute(
            write,
            [
                {
                    "parcel": parcel,
                    "eta_us": _us(doc["unit"]["eta"]),
                    "arrived_us": _us(doc.get("arrived_at")),
                    "carrier": doc.get("carrier", ""),
                }
                for parcel, doc in found
            ],
        )
        last = rows[-1][0]


def _us(text: str | None) -> int | None:
    if text is None:
        return None
    instant = datetime.fromisoformat(text)
    return int(instant.timestamp()) * 1_000_000 + instant.microsecond
