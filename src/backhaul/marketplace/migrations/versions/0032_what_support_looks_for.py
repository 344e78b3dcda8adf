"""What support looks for and writes: messages of a return, templates of answers, returns by posting, product and waybill"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

WITH_WAYBILL = sa.text("waybill != ''")
CURRENT = sa.text("replaced_us IS NULL")
STEP = 1_000


def upgrade() -> None:
    """Indexes, and a column that is filled from the returns that are there."""
    op.create_index("notices_of_case", "notices", ["case_id", "id"])
    op.create_index("returns_by_posting", "returns", ["posting_number", "id"])
    op.create_index("api_keys_by_end", "api_keys", ["last4"])
    op.create_index("return_facets_by_sku", "return_facets", ["sku", "return_id"])
    op.create_index("return_facets_of_seller_by_sku", "return_facets", ["seller_id", "sku", "return_id"])
    op.add_column("return_facets", sa.Column("waybill", sa.Text(), nullable=False, server_default=""))
    _fill(op.get_bind())
    op.create_index(
        "return_facets_by_waybill", "return_facets", ["waybill", "return_id"],
        sqlite_where=WITH_WAYBILL, postgresql_where=WITH_WAYBILL,
    )  # fmt: skip
    op.create_index(
        "return_facets_of_seller_by_waybill", "return_facets", ["seller_id", "waybill", "return_id"],
        sqlite_where=WITH_WAYBILL, postgresql_where=WITH_WAYBILL,
    )  # fmt: skip

    op.create_table(
        "answer_templates",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.Column("written_us", sa.BigInteger(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("replaced_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("code", "version"),
    )
    op.create_index(
        "answer_templates_current",
        "answer_templates",
        ["code"],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    op.create_table(
        "return_messages",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("return_id", sa.BigInteger(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("return_messages_of_return", "return_messages", ["return_id", "id"])


def _fill(connection: sa.Connection) -> None:
    returns = sa.table("returns", sa.column("id", sa.BigInteger), sa.column("doc", sa.LargeBinary))
    facets = sa.table("return_facets", sa.column("return_id", sa.BigInteger), sa.column("waybill", sa.Text))
    write = facets.update().where(facets.c.return_id == sa.bindparam("of_return")).values(waybill=sa.bindparam("said"))
    after = -1
    while found := connection.execute(
        sa.select(returns.c.id, returns.c.doc).where(returns.c.id > after).order_by(returns.c.id).limit(STEP)
    ).fetchall():
        said = [(row[0], json.loads(bytes(row[1])).get("waybill") or "") for row in found]
        rows = [{"of_return": number, "said": waybill.strip().upper()} for number, waybill in said if waybill.strip()]
        if rows:
            connection.execute(write, rows)
        after = found[-1][0]


def downgrade() -> None:
    """Without them."""
    op.drop_table("return_messages")
    op.drop_table("answer_templates")
    op.drop_index("return_facets_of_seller_by_waybill", "return_facets")
    op.drop_index("return_facets_by_waybill", "return_facets")
    op.drop_column("return_facets", "waybill")
    op.drop_index("return_facets_of_seller_by_sku", "return_facets")
    op.drop_index("return_facets_by_sku", "return_facets")
    op.drop_index("api_keys_by_end", "api_keys")
    op.drop_index("returns_by_posting", "returns")
    op.drop_index("notices_of_case", "notices")
