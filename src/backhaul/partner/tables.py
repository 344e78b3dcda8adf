"""The partner's tables, declared once. A parcel's row is its searchable columns and the whole document."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text

from backhaul.kit.journal import Journal
from backhaul.kit.noticeboard import Noticeboard

metadata = MetaData()
journal = Journal(metadata)
board = Noticeboard(metadata)

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
    Column("due_us", BigInteger),
    Column("decide_by_us", BigInteger),
    Column("doc", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
)
Index("parcels_of_seller", parcels.c.seller_id, parcels.c.status, parcels.c.id)
Index("parcels_by_status", parcels.c.status, parcels.c.decision, parcels.c.id)
Index("parcels_by_inspection", parcels.c.inspection, parcels.c.id)
Index("parcels_by_media", parcels.c.media, parcels.c.id)
Index("parcels_by_disposal", parcels.c.disposal, parcels.c.id)
Index("parcels_due", parcels.c.due_us, parcels.c.id, sqlite_where=parcels.c.due_us.is_not(None),
      postgresql_where=parcels.c.due_us.is_not(None))  # fmt: skip

parcel_codes = Table(
    "parcel_codes",
    metadata,
    Column("code", Text, primary_key=True),
    Column("parcel_id", BigInteger, primary_key=True),
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
    Column("dispose_below_rub", Integer, nullable=False),
    Index("links_of_seller", "seller_id", "company_id"),
    Index("links_by_check", "checked_us"),
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
    Index("polls_due", "next_us"),
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
)

blob_uses = Table(
    "blob_uses",
    metadata,
    Column("blob_id", Text, primary_key=True),
    Column("uploader", Text, primary_key=True),
)

terms = Table(
    "terms",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("valid_from_us", BigInteger, nullable=False),
    Column("doc", LargeBinary, nullable=False),
)

numbers = Table(
    "numbers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next", BigInteger, nullable=False),
)
