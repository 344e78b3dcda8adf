"""The marketplace's tables, declared once. A return's row is its searchable columns and the whole document."""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text

from backhaul.kit.journal import Journal
from backhaul.kit.media import MediaBook
from backhaul.kit.noticeboard import Noticeboard
from backhaul.kit.terms import Shelf

metadata = MetaData()
journal = Journal(metadata)
board = Noticeboard(metadata)
Index("access_log_of_caller", journal.access_log.c.caller, journal.access_log.c.id)

returns = Table(
    "returns",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False, unique=True),
    Column("seller_id", BigInteger, nullable=False),
    Column("customer_ref", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("route", Text, nullable=False),
    Column("point_id", Text, nullable=False),
    Column("posting_number", Text, nullable=False),
    Column("offer_id", Text, nullable=False),
    Column("group_state", Text, nullable=False),
    Column("requested_us", BigInteger, nullable=False),
    Column("due_us", BigInteger),
    Column("act_by_us", BigInteger),
    Column("accepted_us", BigInteger),
    Column("dispatched_us", BigInteger),
    Column("doc", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("over_us", BigInteger),
)
Index("returns_of_seller", returns.c.seller_id, returns.c.id)
Index("returns_of_seller_by_group", returns.c.seller_id, returns.c.group_state, returns.c.id)
Index("returns_of_seller_by_posting", returns.c.seller_id, returns.c.posting_number)
Index("returns_of_customer", returns.c.customer_ref, returns.c.id)
Index("returns_by_status", returns.c.status, returns.c.id)
Index("returns_of_seller_by_request", returns.c.seller_id, returns.c.requested_us, returns.c.id)
Index("returns_by_route", returns.c.route, returns.c.id)
Index("returns_accepted", returns.c.status, returns.c.accepted_us)
Index("returns_dispatched", returns.c.point_id, returns.c.dispatched_us,
      sqlite_where=returns.c.dispatched_us.is_not(None), postgresql_where=returns.c.dispatched_us.is_not(None))  # fmt: skip
Index("returns_over", returns.c.over_us, returns.c.id, sqlite_where=returns.c.over_us.is_not(None),
      postgresql_where=returns.c.over_us.is_not(None))  # fmt: skip
Index("returns_accepted_on_route", returns.c.route, returns.c.accepted_us, returns.c.id,
      sqlite_where=returns.c.accepted_us.is_not(None), postgresql_where=returns.c.accepted_us.is_not(None))  # fmt: skip
Index("returns_due", returns.c.due_us, returns.c.id, sqlite_where=returns.c.due_us.is_not(None),
      postgresql_where=returns.c.due_us.is_not(None))  # fmt: skip

sellers = Table(
    "sellers",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("linked", Boolean, nullable=False),
    Column("default_route", Text, nullable=False),
    Column("moderation_ticket", Text, nullable=False),
    Column("moderation_price_version", Text, nullable=False),
    Column("moderation_rules", Text, nullable=False),
)

customers = Table(
    "customers",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("language", Text, nullable=False),
)

points = Table(
    "points",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("posting_number", Text, nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("customer_ref", Text, nullable=False),
    Column("delivered_us", BigInteger, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("doc", LargeBinary, nullable=False),
    sa.UniqueConstraint("posting_number", "line_number"),
    Index("order_lines_of_customer", "customer_ref", "id"),
)

units = Table(
    "units",
    metadata,
    Column("line_id", BigInteger, primary_key=True),
    Column("unit_no", Integer, primary_key=True),
    Column("return_id", BigInteger),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("login", Text, nullable=False, unique=True),
    Column("password", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("owner", Boolean, nullable=False),
    Column("reads_only", Boolean, nullable=False, server_default=sa.false()),
    Column("manages_keys", Boolean, nullable=False, server_default=sa.false()),
    Column("ended_us", BigInteger),
    Column("customer_ref", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),
    Column("messages_read", BigInteger, nullable=False, server_default="0"),
    Index("accounts_of_subject", "role", "subject", "id"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Index("invitations_of_account", "account_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Index("sessions_of_account", "account_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("public_id", Text, primary_key=True),
    Column("seller_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("last4", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger),
    Column("networks", Text, nullable=False, server_default=""),
    Column("revoked_by", Text, nullable=False, server_default=""),
    Column("revoked_role", Text, nullable=False, server_default=""),
    Column("revoked_because", Text, nullable=False, server_default=""),
    Index("api_keys_of_seller", "seller_id", "created_us"),
    Index("api_keys_by_expiry", "expires_us"),
)

partners = Table(
    "partners",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret_in", LargeBinary, nullable=False),
    Column("secret_out", LargeBinary, nullable=False),
)

# When each partner last compared its units with ours, and how far it said that it is behind.
partner_syncs = Table(
    "partner_syncs",
    metadata,
    Column("partner_id", Text, primary_key=True),
    Column("asked_us", BigInteger, nullable=False),
    Column("letters_waiting", Integer, nullable=False),
    Column("waiting_since_us", BigInteger),
    Column("differences", Integer, nullable=False),
)

blobs = Table(
    "blobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("uploaded_us", BigInteger, nullable=False),
    Column("poster", Text, nullable=False, server_default=""),
    Column("deleted_us", BigInteger),
)

# Which cases show a file, until its time is over: a file goes when no case shows it any more.
blob_cases = Table(
    "blob_cases",
    metadata,
    Column("blob_id", Text, primary_key=True),
    Column("case_id", BigInteger, primary_key=True, autoincrement=False),
    Index("blob_cases_of_case", "case_id"),
)

blob_uses = Table(
    "blob_uses",
    metadata,
    Column("blob_id", Text, primary_key=True),
    Column("uploader", Text, primary_key=True),
)
book = MediaBook(blobs, blob_cases, blob_uses)

terms = Table(
    "terms",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("valid_from_us", BigInteger, nullable=False),
    Column("doc", LargeBinary, nullable=False),
    Column("published_by", Text, nullable=False, server_default=""),
    Column("why", Text, nullable=False, server_default=""),
    Column("published_us", BigInteger, nullable=False, server_default="0"),
)
shelf = Shelf(terms)

numbers = Table(
    "numbers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next", BigInteger, nullable=False),
)

# What a worker must look at has `due_us`: waiting since then, a lease that ends, or the end of the file's life.
reports = Table(
    "reports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seller_id", BigInteger, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("wanted", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("rows_done", Integer, nullable=False),
    Column("rows_total", Integer, nullable=False),
    Column("rows_found", Integer, nullable=False),
    Column("file", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("due_us", BigInteger),
    Column("maker", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Index("reports_of_seller", "seller_id", "created_us"),
)
Index("reports_due", reports.c.due_us, reports.c.id, sqlite_where=reports.c.due_us.is_not(None),
      postgresql_where=reports.c.due_us.is_not(None))  # fmt: skip

report_links = Table(
    "report_links",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("report_id", Text, nullable=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Index("report_links_by_end", "until_us"),
)

# A customer's blocks: one stands at a time. `due_us` is when the calendar ends it, None once it is over.
blocks = Table(
    "blocks",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_ref", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("appeal", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("imposed_us", BigInteger, nullable=False),
    Column("due_us", BigInteger),
    Column("decide_us", BigInteger),
    Column("doc", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
)
Index("blocks_standing", blocks.c.customer_ref, unique=True, sqlite_where=blocks.c.due_us.is_not(None),
      postgresql_where=blocks.c.due_us.is_not(None))  # fmt: skip
Index("blocks_of_customer", blocks.c.customer_ref, blocks.c.id)
Index("blocks_due", blocks.c.due_us, sqlite_where=blocks.c.due_us.is_not(None),
      postgresql_where=blocks.c.due_us.is_not(None))  # fmt: skip
Index("blocks_by_appeal", blocks.c.appeal, blocks.c.decide_us, blocks.c.id)

block_events = Table(
    "block_events",
    metadata,
    Column("block_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("recorded_us", BigInteger, nullable=False),
    Column("role", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

# Where a seller's program gets pushes. `next_us`: when it is the turn of what waits for it; nothing: nothing waits.
push_urls = Table(
    "push_urls",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seller_id", BigInteger, nullable=False),
    Column("url", Text, nullable=False),
    Column("types", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("fails", Integer, nullable=False),
    Column("failing_since_us", BigInteger),
    Column("next_us", BigInteger),
    Index("push_urls_of_seller", "seller_id", "id"),
)
Index("push_urls_waiting", push_urls.c.next_us, sqlite_where=push_urls.c.next_us.is_not(None),
      postgresql_where=push_urls.c.next_us.is_not(None))  # fmt: skip

pushes = Table(
    "pushes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("url_id", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("written_us", BigInteger, nullable=False),
    Index("pushes_of_url", "url_id", "id"),
)
