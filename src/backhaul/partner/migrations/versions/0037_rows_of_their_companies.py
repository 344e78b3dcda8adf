"""On PostgreSQL the looks of a company see what is its own and its sellers', also where a query forgets to say so"""

from alembic import op

from backhaul.kit.row_owners import keep_apart, leave_together

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

READERS = "SELECT 'seller:' || links.seller_id FROM links"
OWNER = "current_setting('backhaul.owner')"
LINKED = "(seller_id IN (SELECT links.seller_id FROM links))"
OF_PARCEL = "(EXISTS (SELECT 1 FROM parcels WHERE parcels.id = {column}))"
OF_INVOICE = "(EXISTS (SELECT 1 FROM invoices WHERE invoices.id = invoice_id))"
OF_WEBHOOK = "(EXISTS (SELECT 1 FROM webhooks WHERE webhooks.id = webhook_id))"
OWN = f"(company_id = CAST({OWNER} AS BIGINT) OR {LINKED})"
# The cases of the journal are parcels, and invoices below zero.
OF_CASE = (
    "(EXISTS (SELECT 1 FROM parcels WHERE parcels.id = case_id)"
    " OR EXISTS (SELECT 1 FROM invoices WHERE invoices.id = -case_id))"
)
ASKED = (
    "(seller_id IN (SELECT links.seller_id FROM links WHERE links.platform = {table}.platform)"
    " OR seller_id IN (SELECT foreign_links.seller_id FROM foreign_links WHERE foreign_links.platform = {table}.platform))"
)
# By table: what a company sees; without a condition nothing.
POLICIES = {
    **dict.fromkeys(
        ("links", "foreign_links", "accounts", "api_keys", "standing_rules", "destinations", "consignments", "webhooks",
         "company_events", "company_events_gone"),
        "company_id",
    ),
    "companies": f"(id = CAST({OWNER} AS BIGINT))",
    **dict.fromkeys(("parcels", "arrival_passes", "pickup_barcodes", "customs_goods"), LINKED),
    "invoices": OWN,
    "dues": OWN,
    "charges": f"({LINKED} OR {OF_INVOICE})",
    **dict.fromkeys(("disputes", "credit_notes", "payments"), OF_INVOICE),
    **dict.fromkeys(("events", "entries"), OF_CASE),
    **dict.fromkeys(
        ("parcel_codes", "photo_uses", "draws", "marks", "second_checks"), OF_PARCEL.format(column="parcel_id")
    ),
    "blob_cases": OF_PARCEL.format(column="case_id"),
    "differences": OF_PARCEL.format(column="return_id"),
    "blob_uses": f"(uploader = 'seller:' || {OWNER})",
    "watched": ASKED.format(table="watched"),
    "polls": ASKED.format(table="polls"),
    "notices": f"(reader IN ('company:' || {OWNER}, 'owner:' || {OWNER}) OR reader IN ({READERS}))",
    "consignment_units": "(EXISTS (SELECT 1 FROM consignments WHERE consignments.id = consignment_id))",
    "consignment_events": "(EXISTS (SELECT 1 FROM consignments WHERE consignments.id = consignment_id))",
    "webhook_secrets": OF_WEBHOOK,
    "webhook_deliveries": OF_WEBHOOK,
    "webhook_attempts": "(EXISTS (SELECT 1 FROM webhook_deliveries WHERE webhook_deliveries.id = delivery_id))",
    **dict.fromkeys(
        ("orphans", "orphan_codes", "orphan_photos", "orphan_events", "answers", "access_log", "outbox", "mails",
         "carrier_files", "inspector_weeks"),
        "",
    ),
}  # fmt: skip


def upgrade() -> None:
    """Policies."""
    for table, whose in POLICIES.items():
        keep_apart(op.get_bind(), table, **({"company": whose} if whose else {}))


def downgrade() -> None:
    """Without them."""
    for table, whose in POLICIES.items():
        leave_together(op.get_bind(), table, *(["company"] if whose else []))
