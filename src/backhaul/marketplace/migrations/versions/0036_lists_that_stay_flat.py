"""Lists that stay flat: indexes that begin with what a list is chosen by, so that it reads a page and not a seller's whole past"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

FILTERED = ["mark", "reason_group", "route", "sku"]
BEFORE = ["seller_id", "return_id", "price_minor", "decide_us", "status", *FILTERED]
INDEXES = {
    "returns_of_seller_by_offer": ("returns", ["seller_id", "offer_id", "id"], None),
    "returns_at_points": ("returns", ["point_id", "status", "id"], sa.text("point_id != ''")),
    "return_facets_of_seller_by_status": (
        "return_facets",
        ["seller_id", "status", "return_id", "price_minor", "decide_us", "mark", "reason_group", "route", "sku"],
        None,
    ),
    "return_facets_of_seller_by_mark": ("return_facets", ["seller_id", "mark", "return_id"], sa.text("mark != ''")),
    "return_facets_of_seller_by_route": ("return_facets", ["seller_id", "route", "return_id"], sa.text("route != ''")),
}


def upgrade() -> None:
    """Indexes; what the seller's own index held beside the order of its returns stands in the one by state now."""
    op.drop_index("return_facets_of_seller", "return_facets")
    op.create_index("return_facets_of_seller", "return_facets", ["seller_id", "return_id"])
    for name, (table, columns, where) in INDEXES.items():
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Without them."""
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table)
    op.drop_index("return_facets_of_seller", "return_facets")
    op.create_index("return_facets_of_seller", "return_facets", BEFORE)
