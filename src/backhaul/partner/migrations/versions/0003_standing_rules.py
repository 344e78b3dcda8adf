"""Standing rules: by price, SKU or reason, several for a seller; the one by price moves from its link"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

links = sa.table("links", *(sa.column(name) for name in ("company_id", "seller_id", "linked_us", "dispose_below_rub")))
rules = sa.table(
    "standing_rules",
    *(sa.column(name) for name in ("company_id", "seller_id", "below_rub", "reason", "made_us", "made_by", "ended_us")),
)
MOVED_BY = "migration"


def upgrade() -> None:
    """Each link's price becomes a rule of its company."""
    op.create_table(
        "standing_rules",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.BigInteger(), nullable=False),
        sa.Column("below_rub", sa.Integer(), nullable=True),
        sa.Column("sku", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("standing_rules_of_seller", "standing_rules", ["seller_id", "company_id"])
    moved = sa.select(
        links.c.company_id, links.c.seller_id, links.c.dispose_below_rub, sa.literal(""), links.c.linked_us,
        sa.literal(MOVED_BY),
    ).where(links.c.dispose_below_rub > 0)  # fmt: skip
    into = ["company_id", "seller_id", "below_rub", "reason", "made_us", "made_by"]
    op.execute(rules.insert().from_select(into, moved))
    op.drop_column("links", "dispose_below_rub")


def downgrade() -> None:
    """The highest price alone stays, on its link."""
    op.add_column("links", sa.Column("dispose_below_rub", sa.Integer(), nullable=False, server_default="0"))
    highest = (
        sa.select(sa.func.coalesce(sa.func.max(rules.c.below_rub), 0))
        .where(
            rules.c.company_id == links.c.company_id,
            rules.c.seller_id == links.c.seller_id,
            rules.c.ended_us.is_(None),
        )
        .scalar_subquery()
    )
    op.execute(links.update().values(dispose_below_rub=highest))
    op.drop_table("standing_rules")
