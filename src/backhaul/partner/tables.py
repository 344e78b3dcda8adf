"""The partner's tables, declared once. A parcel's row is its searchable columns and the whole document."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
)

from backhaul.kit.journal import Journal
from backhaul.kit.media_book import MediaBook
from backhaul.kit.noticeboard import Noticeboard
from backhaul.kit.second_factor import SecondFactors
from backhaul.kit.seen_photos import SeenPhotos, SeenPhotoTables
from backhaul.kit.terms import Shelf
from backhaul.kit.turns import turns_table
from backhaul.kit.webhook_tables import WebhookTables

metadata = MetaData()
metadata.info["row_owners"] = ("company",)
metadata.info["secret_tables"] = ("sessions", "second_factors", "recovery_codes", "sign_in_steps")
metadata.info["secret_columns"] = {
    "accounts": ("password", "confirmation"),
    "api_keys": ("digest",),
    "marketplaces": ("secret_in", "secret_out"),
}
journal = Journal(metadata)
board = Noticeboard(metadata)
factors = SecondFactors(metadata, journal)
turns = turns_table(metadata)


def one_of(column: Column[str], *words: str) -> ColumnElement[bool]:
    """`column` is one of these codes of ours, as constants: compiled once, and an index answers it."""
    return column.in_([literal_column(f"'{word}'") for word in words])


parcels = Table(
    "parcels",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False, unique=True),
    Column("return_number", Text, nullable=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("variant", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("inspection", Text, nullable=False),
    Column("media", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("disposal", Text, nullable=False),
    Column("warehouse", Text, nullable=False),
    Column("shelf", Text, nullable=False),
    Column("pickup_code", Text, nullable=False),
    Column("sku", BigInteger, nullable=False, server_default="0"),
    Column("price_minor", BigInteger, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("mark", Text, nullable=False, server_default="none"),
    Column("claim", Text, nullable=False, server_default="none"),
    Column("due_us", BigInteger),
    Column("decide_by_us", BigInteger),
    Column("ships_to", Integer),
    Column("inspect_by_us", BigInteger, nullable=False, server_default="0"),
    Column("doc", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("over_us", BigInteger),
    Column("gate", Text, nullable=False, server_default="none"),
    Column("carrier", Text, nullable=False, server_default=""),
    Column("eta_us", BigInteger),
    Column("arrived_us", BigInteger),
    Column("media_by_us", BigInteger, nullable=False, server_default="0"),
    Column("collect_by_us", BigInteger),
)
Index("parcels_of_seller", parcels.c.seller_id, parcels.c.status, parcels.c.id)
Index("parcels_of_seller_newest", parcels.c.seller_id, parcels.c.id)
Index("parcels_by_return_number", parcels.c.return_number)
Index("parcels_by_status", parcels.c.status, parcels.c.decision, parcels.c.id)
Index("parcels_by_inspection", parcels.c.inspection, parcels.c.id)
Index("parcels_by_claim", parcels.c.claim, parcels.c.id)
Index("parcels_to_inspect", parcels.c.inspection, parcels.c.inspect_by_us, parcels.c.id)
Index("parcels_by_media", parcels.c.media, parcels.c.media_by_us, parcels.c.id)
Index("parcels_of_state", parcels.c.status, parcels.c.id, parcels.c.mark, parcels.c.decision, parcels.c.decide_by_us)
Index("parcels_by_seller", parcels.c.status, parcels.c.seller_id, parcels.c.arrived_us)
Index("parcels_by_disposal", parcels.c.disposal, parcels.c.id)
Index("parcels_over", parcels.c.over_us, parcels.c.id, sqlite_where=parcels.c.over_us.is_not(None),
      postgresql_where=parcels.c.over_us.is_not(None))  # fmt: skip
Index("parcels_due", parcels.c.due_us, parcels.c.id, sqlite_where=parcels.c.due_us.is_not(None),
      postgresql_where=parcels.c.due_us.is_not(None))  # fmt: skip
Index("parcels_to_collect", parcels.c.collect_by_us, sqlite_where=parcels.c.collect_by_us.is_not(None),
      postgresql_where=parcels.c.collect_by_us.is_not(None))  # fmt: skip
Index("parcels_to_ship", parcels.c.ships_to, parcels.c.id, sqlite_where=parcels.c.ships_to.is_not(None),
      postgresql_where=parcels.c.ships_to.is_not(None))  # fmt: skip
Index("parcels_by_eta", parcels.c.status, parcels.c.eta_us, parcels.c.id)
Index("parcels_by_carrier", parcels.c.status, parcels.c.carrier, parcels.c.eta_us, parcels.c.id)
Index("parcels_by_gate", parcels.c.gate, parcels.c.arrived_us, parcels.c.id)
Index("parcels_by_arrival", parcels.c.arrived_us, parcels.c.id)
Index("parcels_by_place", parcels.c.status, parcels.c.warehouse, parcels.c.shelf, parcels.c.arrived_us)

parcel_codes = Table(
    "parcel_codes",
    metadata,
    Column("code", Text, primary_key=True),
    Column("parcel_id", BigInteger, primary_key=True),
)

# The orphan bay: parcels without a known code. `parcel_id` is the expected unit that one turned out to be.
orphans = Table(
    "orphans",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    Column("warehouse", Text, nullable=False),
    Column("shelf", Text, nullable=False),
    Column("parcel_id", BigInteger),
    Column("registered_us", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("doc", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
)
Index("orphans_matched", orphans.c.parcel_id, unique=True, sqlite_where=orphans.c.parcel_id.is_not(None),
      postgresql_where=orphans.c.parcel_id.is_not(None))  # fmt: skip
Index("orphans_by_status", orphans.c.status, orphans.c.id)
Index("orphans_by_place", orphans.c.status, orphans.c.warehouse, orphans.c.shelf)

orphan_codes = Table(
    "orphan_codes",
    metadata,
    Column("code", Text, primary_key=True),
    Column("orphan_id", BigInteger, primary_key=True),
)

# A photo shows one parcel: those of orphans are kept here until they are a unit's.
orphan_photos = Table(
    "orphan_photos",
    metadata,
    Column("blob_id", Text, primary_key=True),
    Column("orphan_id", BigInteger, nullable=False),
)

orphan_events = Table(
    "orphan_events",
    metadata,
    Column("orphan_id", BigInteger, primary_key=True, autoincrement=False),
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

companies = Table(
    "companies",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("email", Text, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("login", Text, nullable=False, unique=True),
    Column("password", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("company_id", Integer),
    Column("owner", Boolean, nullable=False),
    Column("email_confirmed", Boolean, nullable=False),
    Column("confirmation", LargeBinary),
    Column("confirm_until_us", BigInteger),
    Column("messages_read", BigInteger, nullable=False, server_default="0"),
    Column("confirmed_us", BigInteger),
    Index("accounts_by_confirmed", "confirmed_us"),
    Index("accounts_of_company", "company_id", "id"),
    Index("accounts_by_confirmation", "confirmation"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("until_us", BigInteger, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("company_id", Integer, primary_key=True, autoincrement=False),
    Column("seller_id", BigInteger, primary_key=True, autoincrement=False),
    Column("platform", Text, nullable=False),
    Column("business_type", Text, nullable=False),
    Column("seller_name", Text, nullable=False),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("linked_us", BigInteger, nullable=False),
    Column("checked_us", BigInteger, nullable=False),
    Column("lost_us", BigInteger),
    Column("expires_us", BigInteger, nullable=False),
    Index("links_of_seller", "seller_id", "company_id"),
    Index("links_by_check", "checked_us"),
)

standing_rules = Table(
    "standing_rules",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("company_id", Integer, nullable=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("below_rub", Integer),
    Column("sku", BigInteger),
    Column("reason", Text, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("ended_us", BigInteger),
    Column("ended_by", Text, nullable=False, server_default=""),
    Column("is_defect", Boolean),
    Column("through_key", Boolean, nullable=False, server_default=false()),
    Index("standing_rules_of_seller", "seller_id", "company_id"),
)

# What the collector of everything that is kept for a seller shows, as the marketplace gave it to that seller.
pickup_barcodes = Table(
    "pickup_barcodes",
    metadata,
    Column("seller_id", BigInteger, primary_key=True, autoincrement=False),
    Column("barcode", Text, nullable=False),
    Column("drawn_us", BigInteger, nullable=False),
    Column("drawn_by", Text, nullable=False),
)

# Which vehicle comes when for a seller's units; who drives it is forgotten soon after.
arrival_passes = Table(
    "arrival_passes",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("warehouse", Text, nullable=False),
    Column("arrival_us", BigInteger, nullable=False),
    Column("driver_name", Text, nullable=False),
    Column("driver_phone", Text, nullable=False),
    Column("license_plate", Text, nullable=False),
    Column("vehicle_model", Text, nullable=False),
    Column("given_us", BigInteger, nullable=False),
    Column("given_by", Text, nullable=False),
    Index("arrival_passes_by_arrival", "arrival_us", "id"),
    Index("arrival_passes_of_seller", "seller_id", "arrival_us"),
)

destruction_hours = Table(
    "destruction_hours",
    metadata,
    Column("hour_us", BigInteger, primary_key=True, autoincrement=False),
    Column("released", Integer, nullable=False),
)

breaker_turns = Table(
    "breaker_turns",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("turn", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("by_login", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("until_us", BigInteger),
)

# Servers other than our own marketplace that speak the Seller API.
platforms = Table(
    "platforms",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("registered_us", BigInteger, nullable=False),
)

# Links to sellers there. Apart from `links` on purpose: an id of another server says nothing about whose parcel is whose here.
foreign_links = Table(
    "foreign_links",
    metadata,
    Column("company_id", Integer, primary_key=True, autoincrement=False),
    Column("platform", Text, primary_key=True),
    Column("seller_id", BigInteger, primary_key=True, autoincrement=False),
    Column("business_type", Text, nullable=False),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("linked_us", BigInteger, nullable=False),
    Column("checked_us", BigInteger, nullable=False),
    Column("lost_us", BigInteger),
    Column("expires_us", BigInteger, nullable=False),
    Index("foreign_links_of_seller", "platform", "seller_id", "company_id"),
    Index("foreign_links_by_check", "checked_us"),
)

# Every return that a seller's key shows at a platform. It is looked at only; parcels come of signed messages alone.
watched = Table(
    "watched",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("seller_id", BigInteger, primary_key=True, autoincrement=False),
    Column("return_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False),
    Column("posting_number", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("offer_id", Text, nullable=False),
    Column("price", Text, nullable=False),
    Column("group_state", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("tracking", Text, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
    Column("changed_us", BigInteger, nullable=False),
    Column("read_us", BigInteger),
    Column("created_us", BigInteger),  # at the platform; when it does not say, its first sight
    Column("tried_us", BigInteger),  # the last single look that came to nothing
    Index("watched_to_read", "platform", "seller_id", "read_us"),
)

# How far the asking by a seller's key has come.
polls = Table(
    "polls",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("seller_id", BigInteger, primary_key=True, autoincrement=False),
    Column("next_us", BigInteger, nullable=False),
    Column("started_us", BigInteger),
    Column("after_id", BigInteger, nullable=False),
    Column("polled_us", BigInteger),
    Column("faults", Integer, nullable=False),
    Column("fault", Text, nullable=False),
    Index("polls_due", "platform", "next_us"),
)

# The nights on which both houses were compared.
reconciliations = Table(
    "reconciliations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("started_us", BigInteger, nullable=False),
    Column("next_us", BigInteger, nullable=False),
    Column("after_id", BigInteger, nullable=False),
    Column("finished_us", BigInteger),
    Column("units", Integer, nullable=False),
    Column("differences", Integer, nullable=False),
    Index("reconciliations_by_start", "started_us"),
)

differences = Table(
    "differences",
    metadata,
    Column("return_id", BigInteger, primary_key=True, autoincrement=False),
    Column("what", Text, primary_key=True),
    Column("first_us", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False),
    Column("ours", Text, nullable=False),
    Column("theirs", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("last_us", BigInteger, nullable=False),
    Column("tried_us", BigInteger),
    Column("healed_us", BigInteger),
)
Index("differences_open", differences.c.last_us, sqlite_where=differences.c.healed_us.is_(None),
      postgresql_where=differences.c.healed_us.is_(None))  # fmt: skip
Index("differences_by_first", differences.c.first_us, differences.c.return_id)

destinations = Table(
    "destinations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("company_id", Integer, nullable=False),
    Column("country", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("street", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("confirmed_us", BigInteger),
    Column("confirmed_by", Text, nullable=False),
    Index("destinations_of_company", "company_id", "id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("public_id", Text, primary_key=True),
    Column("company_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("last4", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger),
    Index("api_keys_of_company", "company_id", "created_us"),
    Index("api_keys_by_expiry", "expires_us"),
)

marketplaces = Table(
    "marketplaces",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret_in", LargeBinary, nullable=False),
    Column("secret_out", LargeBinary, nullable=False),
    Column("tried_us", BigInteger),
    Column("heard_us", BigInteger),
    Column("letters_waiting", Integer, nullable=False, server_default="0"),
    Column("waiting_since_us", BigInteger),
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
seen_photo_tables = SeenPhotoTables(metadata)
book = MediaBook(blobs, blob_cases, blob_uses, SeenPhotos(seen_photo_tables))

photo_uses = Table(
    "photo_uses",
    metadata,
    Column("blob_id", Text, primary_key=True),
    Column("parcel_id", BigInteger, nullable=False),
)

draw_epochs = Table(
    "draw_epochs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("begins_us", BigInteger, nullable=False),
    Column("ends_us", BigInteger, nullable=False),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("key_sha256", Text, nullable=False),
    Column("published_us", BigInteger, nullable=False),
)

# How many lines the log of an epoch has, so that nobody counts them for everybody who looks.
draw_counts = Table(
    "draw_counts",
    metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("units", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
)

draws = Table(
    "draws",
    metadata,
    Column("parcel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("return_number", Text, nullable=False),
    Column("stratum", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("share_pct", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("drawn", Boolean, nullable=False),
    Column("rules", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index("draws_of_epoch", "epoch", "parcel_id"),
)

strata = Table(
    "strata",
    metadata,
    Column("name", Text, primary_key=True),
    Column("arrived", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("clean_run", BigInteger, nullable=False),
    Column("checked", BigInteger, nullable=False),
    Column("findings", BigInteger, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("parcel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("inspector", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index("marks_by_time", "at_us", "inspector"),
)

inspector_weeks = Table(
    "inspector_weeks",
    metadata,
    Column("inspector", Text, primary_key=True),
    Column("week_us", BigInteger, primary_key=True, autoincrement=False),
    Column("marks", Integer, nullable=False),
    Column("sample", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("tightened", Boolean, nullable=False),
    Index("inspector_weeks_by_time", "week_us", "inspector"),
)

second_checks = Table(
    "second_checks",
    metadata,
    Column("parcel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("inspector", Text, nullable=False),
    Column("week_us", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("ordered_us", BigInteger, nullable=False),
    Column("second", Text, nullable=False),
    Column("doc", LargeBinary, nullable=False),
    Index("second_checks_by_status", "status", "parcel_id"),
    Index("second_checks_of_inspector", "inspector", "week_us", "status"),
)

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

# What is charged, invoiced and paid. A charge explains a ledger entry of the same cause; its invoice is written once.

charges = Table(
    "charges",
    metadata,
    Column("cause", Text, primary_key=True),
    Column("seller_id", BigInteger, nullable=False),
    Column("parcel_id", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("return_number", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("tariff", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("stored_from_us", BigInteger),
    Column("stored_until_us", BigInteger),
    Column("invoice_id", BigInteger),
    Index("charges_of_seller", "seller_id", "at_us", "cause"),
    Index("charges_of_invoice", "invoice_id", "at_us", "cause", "seller_id", "currency", "amount_minor"),
    Index("charges_by_time", "at_us", "service", "currency", "quantity", "amount_minor"),
)
Index("charges_unbilled", charges.c.seller_id, charges.c.at_us, sqlite_where=charges.c.invoice_id.is_(None),
      postgresql_where=charges.c.invoice_id.is_(None))  # fmt: skip

closed_months = Table(
    "closed_months",
    metadata,
    Column("month", Text, primary_key=True),
    Column("closed_us", BigInteger, nullable=False),
)

invoices = Table(
    "invoices",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False, unique=True),
    Column("seller_id", BigInteger, nullable=False),
    Column("company_id", Integer),
    Column("month", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("vat_pct", Integer, nullable=False),
    Column("vat_minor", BigInteger, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("language", Text, nullable=False),
    Column("issued_us", BigInteger, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("doc", LargeBinary, nullable=False),
    UniqueConstraint("seller_id", "month", "currency"),
    Index("invoices_of_company", "company_id", "id"),
)

# What of an invoice is still owed: the part of it that changes.
dues = Table(
    "dues",
    metadata,
    Column("invoice_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seller_id", BigInteger, nullable=False),
    Column("company_id", Integer),
    Column("currency", Text, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("credited_minor", BigInteger, nullable=False),
    Column("paid_minor", BigInteger, nullable=False),
    Column("disputed_minor", BigInteger, nullable=False),
    Column("open_minor", BigInteger, nullable=False),
    Column("remind_us", BigInteger),
    CheckConstraint("open_minor >= 0", name="dues_open"),
)
_open = dues.c.open_minor > 0
Index("dues_of_seller", dues.c.seller_id, dues.c.due_us, sqlite_where=_open, postgresql_where=_open)
Index("dues_by_day", dues.c.due_us, dues.c.invoice_id, sqlite_where=_open, postgresql_where=_open)
Index("dues_of_company", dues.c.company_id, dues.c.due_us, sqlite_where=_open, postgresql_where=_open)
Index("dues_to_remind", dues.c.remind_us, sqlite_where=dues.c.remind_us.is_not(None),
      postgresql_where=dues.c.remind_us.is_not(None))  # fmt: skip

disputes = Table(
    "disputes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("cause", Text, nullable=False, unique=True),
    Column("invoice_id", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_us", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("decided_us", BigInteger),
    Column("decided_by", Text, nullable=False),
    Index("disputes_by_status", "status", "id"),
    Index("disputes_of_invoice", "invoice_id", "id"),
)

credit_notes = Table(
    "credit_notes",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False, unique=True),
    Column("invoice_id", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("vat_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("issued_us", BigInteger, nullable=False),
    Column("issued_by", Text, nullable=False),
    Index("credit_notes_of_invoice", "invoice_id", "id"),
)

payments = Table(
    "payments",
    metadata,
    Column("reference", Text, primary_key=True),
    Column("invoice_id", BigInteger),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("paid_on", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("recorded_us", BigInteger, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index("payments_of_invoice", "invoice_id", "recorded_us"),
)
Index("payments_unmatched", payments.c.recorded_us, sqlite_where=payments.c.invoice_id.is_(None),
      postgresql_where=payments.c.invoice_id.is_(None))  # fmt: skip
consignments = Table(
    "consignments",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False, unique=True),
    Column("company_id", Integer, nullable=False),
    Column("destination_id", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("tracking", Text, nullable=False),
    Column("manifest_us", BigInteger),
    Column("doc", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Index("consignments_of_company", "company_id", "id"),
    Index("consignments_by_status", "status", "id"),
    Index("consignments_by_tracking", "tracking"),
)

consignment_events = Table(
    "consignment_events",
    metadata,
    Column("consignment_id", BigInteger, primary_key=True, autoincrement=False),
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

# A unit lies in one consignment at most: its parcel is the key.
consignment_units = Table(
    "consignment_units",
    metadata,
    Column("parcel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("consignment_id", BigInteger, nullable=False),
    Index("units_of_consignment", "consignment_id", "parcel_id"),
)

customs_goods = Table(
    "customs_goods",
    metadata,
    Column("seller_id", BigInteger, primary_key=True, autoincrement=False),
    Column("sku", BigInteger, primary_key=True, autoincrement=False),
    Column("hs_code", Text, nullable=False),
    Column("origin", Text, nullable=False),
)

carrier_files = Table(
    "carrier_files",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("taken_us", BigInteger, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("result", Text, nullable=False),
    Index("carrier_files_taken", "taken_us"),
)

# What companies are told of their units and invoices, their webhooks and every delivery.
telling = WebhookTables(metadata, "company")
