"""The marketplace's tables, declared once. A return's row is its searchable columns and the whole document."""

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text

from backhaul.kit.journal import Journal
from backhaul.kit.media_book import MediaBook
from backhaul.kit.noticeboard import Noticeboard
from backhaul.kit.second_factor import SecondFactors
from backhaul.kit.seen_photos import SeenPhotos, SeenPhotoTables
from backhaul.kit.terms import Shelf
from backhaul.kit.turns import turns_table
from backhaul.kit.webhook_tables import WebhookTables

metadata = MetaData()
metadata.info["row_owners"] = ("seller", "customer")
metadata.info["secret_tables"] = (
    "sessions", "invitations", "partners", "person_keys", "second_factors", "recovery_codes", "sign_in_steps",
)  # fmt: skip
metadata.info["secret_columns"] = {"api_keys": ("digest",), "report_links": ("digest",)}
journal = Journal(metadata)
board = Noticeboard(metadata)
factors = SecondFactors(metadata, journal)
turns = turns_table(metadata)
Index("access_log_of_caller", journal.access_log.c.caller, journal.access_log.c.id)
Index("mails_by_address", board.mails.c.address)
Index("mails_sent", board.mails.c.sent_us, sqlite_where=board.mails.c.sent_us.is_not(None),
      postgresql_where=board.mails.c.sent_us.is_not(None))  # fmt: skip
Index("notices_of_case", board.notices.c.case_id, board.notices.c.id)

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
    Column("copies_over_us", BigInteger),
)
Index("returns_of_seller", returns.c.seller_id, returns.c.id)
Index("returns_of_seller_by_group", returns.c.seller_id, returns.c.group_state, returns.c.id)
Index("returns_of_seller_by_posting", returns.c.seller_id, returns.c.posting_number)
Index("returns_of_seller_by_offer", returns.c.seller_id, returns.c.offer_id, returns.c.id)
_at_point = returns.c.point_id != ""
Index(
    "returns_at_points",
    returns.c.point_id,
    returns.c.status,
    returns.c.id,
    sqlite_where=_at_point,
    postgresql_where=_at_point,
)
Index("returns_of_customer", returns.c.customer_ref, returns.c.id)
Index("returns_by_posting", returns.c.posting_number, returns.c.id)
Index("returns_by_status", returns.c.status, returns.c.id)
Index("returns_of_seller_by_request", returns.c.seller_id, returns.c.requested_us, returns.c.id)
Index("returns_by_route", returns.c.route, returns.c.id)
Index("returns_accepted", returns.c.status, returns.c.accepted_us)
Index("returns_dispatched", returns.c.point_id, returns.c.dispatched_us,
      sqlite_where=returns.c.dispatched_us.is_not(None), postgresql_where=returns.c.dispatched_us.is_not(None))  # fmt: skip
Index("returns_over", returns.c.over_us, returns.c.id, sqlite_where=returns.c.over_us.is_not(None),
      postgresql_where=returns.c.over_us.is_not(None))  # fmt: skip
Index("returns_copies_over", returns.c.copies_over_us, returns.c.id, sqlite_where=returns.c.copies_over_us.is_not(None),
      postgresql_where=returns.c.copies_over_us.is_not(None))  # fmt: skip
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
    Column("payout_currency", Text, nullable=False, server_default="RUB"),
)

customers = Table(
    "customers",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("language", Text, nullable=False),
)
Index("customers_by_email", customers.c.email)

# What opens the words that a customer wrote, wherever they stand. `id` stands beside the words; the row is all that makes them readable.
person_keys = Table(
    "person_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("customer_ref", Text, nullable=False, unique=True),
    Column("secret", LargeBinary, nullable=False),
    # When somebody looks whether the words are to be masked or erased; nothing: there are none.
    Column("look_us", BigInteger),
    Column("masked", Boolean, nullable=False, server_default=sa.false()),
)
Index("person_keys_due", person_keys.c.look_us, person_keys.c.id, sqlite_where=person_keys.c.look_us.is_not(None),
      postgresql_where=person_keys.c.look_us.is_not(None))  # fmt: skip

# Who asked to be erased, until it is done and for ever after: a database that comes out of an old backup is erased anew by these.
# `look_us`: when somebody must look again, because something stood in the way or files are still to go.
erasures = Table(
    "erasures",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_ref", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_us", BigInteger, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("look_us", BigInteger),
    Column("erased_us", BigInteger),
    Column("doc", LargeBinary, nullable=False),
    Index("erasures_of_customer", "customer_ref", "id"),
)
Index("erasures_due", erasures.c.look_us, erasures.c.id, sqlite_where=erasures.c.look_us.is_not(None),
      postgresql_where=erasures.c.look_us.is_not(None))  # fmt: skip

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
    Column("sku", BigInteger, nullable=False, server_default="0"),
    Column("category", Text, nullable=False, server_default=""),
    sa.UniqueConstraint("posting_number", "line_number"),
    Index("order_lines_of_customer", "customer_ref", "id"),
    Index("order_lines_of_seller", "seller_id", "delivered_us", "sku", "category", "quantity"),
    Index("order_lines_by_category", "category", "delivered_us", "seller_id", "quantity"),
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
Index("accounts_by_customer", accounts.c.customer_ref, sqlite_where=accounts.c.customer_ref != "",
      postgresql_where=accounts.c.customer_ref != "")  # fmt: skip

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
    Index("api_keys_by_end", "last4"),
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
    # Since when a file waits for something that names it.
    Column("waits_us", BigInteger),
)
Index("blobs_of_poster", blobs.c.poster, sqlite_where=blobs.c.poster != "", postgresql_where=blobs.c.poster != "")
Index("blobs_waiting", blobs.c.waits_us, blobs.c.id, sqlite_where=blobs.c.waits_us.is_not(None),
      postgresql_where=blobs.c.waits_us.is_not(None))  # fmt: skip

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
Index("blob_uses_by_uploader", blob_uses.c.uploader)
seen_photo_tables = SeenPhotoTables(metadata)
book = MediaBook(blobs, blob_cases, blob_uses, SeenPhotos(seen_photo_tables))

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

# Work in the background. Ids sort by when they were asked for; `due_us` is when the runner looks at it again.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("wanted", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("rows_found", Integer, nullable=False),
    Column("told", LargeBinary, nullable=False),
    Column("failure", LargeBinary, nullable=False),
    Column("file", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger),
    Column("expires_us", BigInteger, nullable=False),
    Column("due_us", BigInteger),
    Column("worker", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("cancelling", Integer, nullable=False),
    Index("jobs_of_owner", "owner", "id"),
)
Index("jobs_due", jobs.c.due_us, jobs.c.id, sqlite_where=jobs.c.due_us.is_not(None),
      postgresql_where=jobs.c.due_us.is_not(None))  # fmt: skip

# What was handed in with a job; gone when it has ended.
job_inputs = Table(
    "job_inputs",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
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
Index("blocks_by_beginning", blocks.c.imposed_us, blocks.c.status, blocks.c.appeal)

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

# One attempt to pay a refund: `key` is its end-to-end id at the bank, the same however often it is handed over.
payouts = Table(
    "payouts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("return_id", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("customer_ref", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_us", BigInteger, nullable=False),
    Column("batch_id", BigInteger),
    sa.UniqueConstraint("return_id", "attempt"),
    sa.CheckConstraint("amount_minor > 0", name="payouts_positive"),
    Index("payouts_of_batch", "batch_id", "key"),
)
Index("payouts_waiting", payouts.c.asked_us, payouts.c.key, sqlite_where=payouts.c.state == "waiting",
      postgresql_where=payouts.c.state == "waiting")  # fmt: skip
Index("payouts_in_doubt", payouts.c.asked_us, payouts.c.key, sqlite_where=payouts.c.state == "in_doubt",
      postgresql_where=payouts.c.state == "in_doubt")  # fmt: skip

# A file for the bank, recorded before it leaves. `due_us` is when a worker must look at it again.
payout_batches = Table(
    "payout_batches",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("payouts", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("handed_over_us", BigInteger),
    Column("due_us", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
Index("payout_batches_due", payout_batches.c.due_us, payout_batches.c.id, sqlite_where=payout_batches.c.due_us.is_not(None),
      postgresql_where=payout_batches.c.due_us.is_not(None))  # fmt: skip

# What the bank says, as it said it, and each of its entries with what became of it.
bank_statements = Table(
    "bank_statements",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("taken_us", BigInteger, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

bank_entries = Table(
    "bank_entries",
    metadata,
    Column("statement_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("line", Integer, nullable=False),
    Column("reference", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("booked_on", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("return_id", BigInteger),
    Column("settled_us", BigInteger),
    Column("settled_by", Text, nullable=False, server_default=""),
    Column("comment", Text, nullable=False, server_default=""),
    Index("bank_entries_by_reference", "reference"),
    Index("bank_entries_of_key", "key"),
)
Index("bank_entries_waiting", bank_entries.c.statement_id, bank_entries.c.place,
      sqlite_where=bank_entries.c.outcome == "waiting", postgresql_where=bank_entries.c.outcome == "waiting")  # fmt: skip
_open_break = sa.and_(bank_entries.c.outcome == "break", bank_entries.c.settled_us.is_(None))
Index("bank_entries_to_settle", bank_entries.c.statement_id, bank_entries.c.place, sqlite_where=_open_break,
      postgresql_where=_open_break)  # fmt: skip
# What a currency was worth in roubles on a day, and who says so; a correction is one more row, the last one counts.
exchange_rates = Table(
    "exchange_rates",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("currency", Text, nullable=False),
    Column("on_day", Text, nullable=False),
    Column("nominal", Integer, nullable=False),
    Column("rate_micro", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("imported_us", BigInteger, nullable=False),
    Index("exchange_rates_of_currency", "currency", "on_day", "id"),
)

# Where the money of a return stands, as far as there is any: what the pages of money look for. Amounts are in kopecks.
return_money = Table(
    "return_money",
    metadata,
    Column("return_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("customer_ref", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("refund", Text, nullable=False),
    Column("refund_minor", BigInteger, nullable=False),
    Column("refund_us", BigInteger, nullable=False),
    Column("compensation", Text, nullable=False),
    Column("compensation_minor", BigInteger, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("quality", Text, nullable=False),
    Column("weight_low_gram", BigInteger, nullable=False),
    Column("weight_high_gram", BigInteger),
    Column("price_low_minor", BigInteger, nullable=False),
    Column("price_high_minor", BigInteger),
    Column("claim", Text, nullable=False),
    Column("claim_minor", BigInteger, nullable=False),
    Column("weight", Text, nullable=False),
)
_m = return_money.c
Index("return_money_of_seller", _m.seller_id, _m.compensation, _m.due_us, _m.return_id)
Index("return_money_by_compensation", _m.compensation, _m.due_us, _m.return_id)
Index("return_money_by_refund", _m.refund, _m.refund_us, _m.refund_minor)
Index("return_money_refunds_of_seller", _m.seller_id, _m.refund, _m.refund_us, _m.refund_minor)
Index("return_money_of_customer", _m.customer_ref, _m.return_id)
Index("return_money_claims", _m.seller_id, _m.return_id, sqlite_where=_m.claim != "none",
      postgresql_where=_m.claim != "none")  # fmt: skip
Index("return_money_claims_by_state", _m.claim, _m.claim_minor, sqlite_where=_m.claim != "none",
      postgresql_where=_m.claim != "none")  # fmt: skip
Index("return_money_weights", _m.return_id, sqlite_where=_m.weight == "objected",
      postgresql_where=_m.weight == "objected")  # fmt: skip
Index("return_money_claims_on_carriers", _m.carrier, sqlite_where=_m.claim != "none",
      postgresql_where=_m.claim != "none")  # fmt: skip

# What a seller filters returns by, beside the document: one narrow row a return since its customer sent it. `decide_us`: the
# bound of what waits for the seller; `words`: what is searched, in small letters. Figures count by it, too: `passed` is a
# deadline that the seller let pass, `choice` what was done with the product.
return_facets = Table(
    "return_facets",
    metadata,
    Column("return_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("reason_group", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("sku", BigInteger, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("decide_us", BigInteger),
    Column("words", Text, nullable=False),
    Column("category", Text, nullable=False, server_default=""),
    Column("delivered_us", BigInteger, nullable=False, server_default="0"),
    Column("accepted_us", BigInteger),
    Column("passed", Text, nullable=False, server_default=""),
    Column("choice", Text, nullable=False, server_default=""),
    Column("waybill", Text, nullable=False, server_default=""),
)
_f = return_facets.c
Index("return_facets_by_sku", _f.sku, _f.return_id)
Index("return_facets_of_seller_by_sku", _f.seller_id, _f.sku, _f.return_id)
_has_waybill = _f.waybill != ""
Index("return_facets_by_waybill", _f.waybill, _f.return_id, sqlite_where=_has_waybill, postgresql_where=_has_waybill)
Index("return_facets_of_seller_by_waybill", _f.seller_id, _f.waybill, _f.return_id, sqlite_where=_has_waybill,
      postgresql_where=_has_waybill)  # fmt: skip
_filtered = (_f.status, _f.mark, _f.reason_group, _f.route, _f.sku)
Index("return_facets_of_seller", _f.seller_id, _f.return_id)
# A page of one state never looks at others, however many a seller has of those.
Index("return_facets_of_seller_by_status", _f.seller_id, _f.status, _f.return_id, _f.price_minor, _f.decide_us, _f.mark,
      _f.reason_group, _f.route, _f.sku)  # fmt: skip
_marked, _routed = _f.mark != "", _f.route != ""
Index(
    "return_facets_of_seller_by_mark",
    _f.seller_id,
    _f.mark,
    _f.return_id,
    sqlite_where=_marked,
    postgresql_where=_marked,
)
Index(
    "return_facets_of_seller_by_route",
    _f.seller_id,
    _f.route,
    _f.return_id,
    sqlite_where=_routed,
    postgresql_where=_routed,
)
Index("return_facets_to_decide", _f.seller_id, _f.decide_us, _f.price_minor, _f.return_id, *_filtered,
      sqlite_where=_f.decide_us.is_not(None), postgresql_where=_f.decide_us.is_not(None))  # fmt: skip
_accepted = _f.accepted_us.is_not(None)
Index("return_facets_accepted", _f.seller_id, _f.delivered_us, _f.sku, _f.category, _f.reason_group, sqlite_where=_accepted,
      postgresql_where=_accepted)  # fmt: skip
Index("return_facets_by_category", _f.category, _f.delivered_us, sqlite_where=_accepted, postgresql_where=_accepted)

# What staff queue, count and compare: one narrow row a return since its customer sent it. `queue`: where it waits for staff, until
# `act_us`; `reason`: why it was rejected; `unchecked`: taken in without the point's checks; `hold_us`: how long the point had it.
return_outcomes = Table(
    "return_outcomes",
    metadata,
    Column("return_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("customer_ref", Text, nullable=False),
    Column("point_id", Text, nullable=False),
    Column("reason_group", Text, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("earlier", Integer, nullable=False),
    Column("asked_us", BigInteger, nullable=False),
    Column("queue", Text, nullable=False),
    Column("act_us", BigInteger),
    Column("rejected", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("dispute", Text, nullable=False),
    Column("taken", Text, nullable=False),
    Column("unchecked", Integer, nullable=False),
    Column("accepted_us", BigInteger),
    Column("hold_us", BigInteger),
    Column("mark", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("disposed_us", BigInteger),
)
_o = return_outcomes.c
Index("return_outcomes_queue", _o.queue, _o.act_us, _o.return_id, _o.seller_id, _o.reason_group, _o.price_minor, _o.earlier,
      sqlite_where=_o.act_us.is_not(None), postgresql_where=_o.act_us.is_not(None))  # fmt: skip
Index("return_outcomes_by_request", _o.asked_us, _o.point_id, _o.taken, _o.unchecked, _o.hold_us, _o.mark)
Index("return_outcomes_rejected", _o.asked_us, _o.rejected, _o.reason, _o.dispute, sqlite_where=_o.rejected != "",
      postgresql_where=_o.rejected != "")  # fmt: skip
Index("return_outcomes_of_customer", _o.customer_ref, _o.rejected, _o.taken, _o.mark)
Index("return_outcomes_substituted", _o.asked_us, _o.customer_ref, _o.point_id, _o.price_minor,
      sqlite_where=_o.mark == "substituted", postgresql_where=_o.mark == "substituted")  # fmt: skip
Index("return_outcomes_disposed", _o.disposed_us, _o.return_id, sqlite_where=_o.disposed_us.is_not(None),
      postgresql_where=_o.disposed_us.is_not(None))  # fmt: skip

# The claims of a return by their number, one after another, and when each went from state to state. `due_us`: until when the
# next step should be made, the end of times where no bound stands, nothing once it is over.
return_claims = Table(
    "return_claims",
    metadata,
    Column("return_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("due_us", BigInteger),
    Column("drafted_us", BigInteger, nullable=False),
    Column("filed_us", BigInteger),
    Column("settled_us", BigInteger),
)
_k = return_claims.c
Index("return_claims_open", _k.due_us, _k.return_id, _k.kind, _k.carrier, _k.status, sqlite_where=_k.due_us.is_not(None),
      postgresql_where=_k.due_us.is_not(None))  # fmt: skip
Index(
    "return_claims_by_draft", _k.drafted_us, _k.kind, _k.carrier, _k.status, _k.amount_minor, _k.filed_us, _k.settled_us
)

# Templates of answers, a row a version: the newest one is current. Those that came with the product stand in the code until changed.
answer_templates = Table(
    "answer_templates",
    metadata,
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("doc", LargeBinary, nullable=False),
    Column("written_us", BigInteger, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("replaced_us", BigInteger),
)
Index("answer_templates_current", answer_templates.c.code, unique=True, sqlite_where=answer_templates.c.replaced_us.is_(None),
      postgresql_where=answer_templates.c.replaced_us.is_(None))  # fmt: skip

# What support wrote to the customer or the seller about a return.
return_messages = Table(
    "return_messages",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("return_id", BigInteger, nullable=False),
    Column("reader", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("written_us", BigInteger, nullable=False),
    Index("return_messages_of_return", "return_id", "id"),
)

# What the comparison of books, invoices and facts found; `key` is the same as often as it is found.
breaks = Table(
    "breaks",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("return_id", BigInteger, nullable=False),
    Column("return_number", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("doc", LargeBinary, nullable=False),
    Column("head", LargeBinary),
    sa.UniqueConstraint("seller_id", "key"),
    Index("breaks_of_seller", "seller_id", "id"),
    Index("breaks_of_seller_by_status", "seller_id", "status", "id"),
    Index("breaks_by_status", "status", "id"),
    Index("breaks_of_return", "return_id", "source"),
    Index("breaks_of_unit", "seller_id", "return_number", "id"),
)

break_events = Table(
    "break_events",
    metadata,
    Column("break_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True),
    Column("data", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("role", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("hash", LargeBinary),
)

# The partner's invoices as sellers brought them: papers to compare with, no debt and no price of ours (P21).
partner_invoices = Table(
    "partner_invoices",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("brought_us", BigInteger, nullable=False),
    Column("brought_by", Text, nullable=False),
    Column("replaced_by", Integer, nullable=False),
    sa.UniqueConstraint("seller_id", "number", "revision"),
    Index("partner_invoices_of_seller", "seller_id", "status", "id"),
    Index("partner_invoices_by_status", "status", "seller_id"),
)

partner_invoice_lines = Table(
    "partner_invoice_lines",
    metadata,
    Column("invoice_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True),
    Column("seller_id", BigInteger, nullable=False),
    Column("return_number", Text, nullable=False),
    Column("doc", LargeBinary, nullable=False),
    Index("partner_invoice_lines_of_unit", "seller_id", "return_number", "invoice_id", "number"),
)

# The partner's price lists as sellers brought them, to compare the prices of lines with.
partner_tariffs = Table(
    "partner_tariffs",
    metadata,
    Column("seller_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Text, primary_key=True),
    Column("doc", LargeBinary, nullable=False),
    Column("brought_us", BigInteger, nullable=False),
    Column("brought_by", Text, nullable=False),
)

# How far the comparison of a day has come: the last return or seller, and within a seller the last unit (empty: all of them).
reconciliations = Table(
    "reconciliations",
    metadata,
    Column("name", Text, primary_key=True),
    Column("day", Text, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("unit", Text, nullable=False, server_default=""),
    Column("done_us", BigInteger),
)

# What sellers are told of their returns, their webhooks and every delivery.
telling = WebhookTables(metadata, "seller")
seller_events, webhooks, webhook_secrets = telling.events, telling.webhooks, telling.secrets
webhook_deliveries, webhook_attempts = telling.deliveries, telling.attempts

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
