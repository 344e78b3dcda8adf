"""On PostgreSQL pages, search, keys, messages, jobs and webhooks of sellers and customers see their own rows, too"""

from alembic import op

from backhaul.kit.row_owners import keep_apart, leave_together

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

OWNER = "current_setting('backhaul.owner')"
CASE = "(EXISTS (SELECT 1 FROM returns WHERE returns.id = {column}))"
OF_WEBHOOK = "(EXISTS (SELECT 1 FROM webhooks WHERE webhooks.id = webhook_id))"
# By table: whose rows a seller and a customer see. Who is not named sees none.
POLICIES: dict[str, dict[str, str]] = {
    **{table: {"seller": "seller_id"} for table in ("api_keys", "report_links", "webhooks", "seller_events_gone")},
    "sellers": {
        "seller": f"(id = CAST({OWNER} AS BIGINT))",
        "customer": "(EXISTS (SELECT 1 FROM order_lines WHERE order_lines.seller_id = sellers.id))",
    },
    "customers": {"customer": f"(ref = {OWNER})"},
    "jobs": {"seller": f"(owner = 'seller:' || {OWNER})"},
    "job_inputs": {"seller": "(EXISTS (SELECT 1 FROM jobs WHERE jobs.id = job_id))"},
    "notices": {
        "seller": f"(reader IN ('seller:' || {OWNER}, 'owner:' || {OWNER}))",
        "customer": f"(reader = 'customer:' || {OWNER})",
    },
    "return_messages": dict.fromkeys(("seller", "customer"), CASE.format(column="return_id")),
    "blob_cases": dict.fromkeys(("seller", "customer"), CASE.format(column="case_id")),
    "blob_uses": {noun: f"(uploader = '{noun}:' || {OWNER})" for noun in ("seller", "customer")},
    "units": dict.fromkeys(
        ("seller", "customer"), "(EXISTS (SELECT 1 FROM order_lines WHERE order_lines.id = line_id))"
    ),
    "break_events": {"seller": "(EXISTS (SELECT 1 FROM breaks WHERE breaks.id = break_id))"},
    "block_events": {"customer": "(EXISTS (SELECT 1 FROM blocks WHERE blocks.id = block_id))"},
    "webhook_secrets": {"seller": OF_WEBHOOK},
    "webhook_deliveries": {"seller": OF_WEBHOOK},
    "webhook_attempts": {"seller": "(EXISTS (SELECT 1 FROM webhook_deliveries WHERE webhook_deliveries.id = delivery_id))"},
    "pushes": {"seller": "(EXISTS (SELECT 1 FROM push_urls WHERE push_urls.id = url_id))"},
    "access_log": {"seller": "(EXISTS (SELECT 1 FROM api_keys WHERE 'key:' || api_keys.public_id = caller))"},
    **{
        table: {}
        for table in (
            "answers", "outbox", "mails", "bank_entries", "bank_statements", "payout_batches", "partner_syncs",
        )
    },
}  # fmt: skip


def upgrade() -> None:
    """Policies."""
    for table, whose in POLICIES.items():
        keep_apart(op.get_bind(), table, **whose)


def downgrade() -> None:
    """Without them."""
    for table, whose in POLICIES.items():
        leave_together(op.get_bind(), table, *whose)
