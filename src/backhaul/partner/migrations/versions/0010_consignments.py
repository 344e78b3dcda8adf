"""Consignments with their chained history, what waits for one, customs data of goods, the files of carriers"""

import json

import sqlalchemy as sa
from alembic import op

from backhaul.kit.migrations import append_only

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SHIPS = sa.text("ships_to IS NOT NULL")


def upgrade() -> None:
    """Five tables; parcels learn which address they wait to be shipped to."""
    _consignments()
    op.create_table(
        "customs_goods",
        sa.Column("seller_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hs_code", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seller_id", "sku"),
    )
    op.create_table(
        "carrier_files",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("taken_us", sa.BigInteger(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("carrier_files_taken", "carrier_files", ["taken_us"])
    op.add_column("parcels", sa.Column("ships_to", sa.Integer(), nullable=True))
    op.create_index("parcels_to_ship", "parcels", ["ships_to", "id"], sqlite_where=SHIPS, postgresql_where=SHIPS)
    _fill(op.get_bind())


def _consignments() -> None:
    op.create_table(
        "consignments",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("destination_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("manifest_us", sa.BigInteger(), nullable=True),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("consignments_of_company", "consignments", ["company_id", "id"])
    op.create_index("consignments_by_status", "consignments", ["status", "id"])
    op.create_index("consignments_by_tracking", "consignments", ["tracking"])
    op.create_table(
        "consignment_events",
        sa.Column("consignment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("consignment_id", "seq"),
    )
    append_only(op.get_bind(), "consignment_events")
    op.create_table(
        "consignment_units",
        sa.Column("parcel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("consignment_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("parcel_id"),
    )
    op.create_index("units_of_consignment", "consignment_units", ["consignment_id", "parcel_id"])


def _fill(connection: sa.Connection) -> None:
    """The address stands in the document of each parcel that waits to be shipped."""
    waiting = sa.text("SELECT id, doc FROM parcels WHERE status = 'arrived' AND decision LIKE 'ship%'")
    for parcel_id, doc in connection.execute(waiting).all():
        destination = json.loads(bytes(doc)).get("destination") or {}
        if destination.get("id") is not None:
            connection.execute(
                sa.text("UPDATE parcels SET ships_to = :to WHERE id = :id"), {"to": destination["id"], "id": parcel_id}
            )


def downgrade() -> None:
    """Without consignments."""
    op.drop_index("parcels_to_ship", "parcels")
    op.drop_column("parcels", "ships_to")
    for table in ("carrier_files", "customs_goods", "consignment_units", "consignment_events", "consignments"):
        op.drop_table(table)
