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
    Column("inspect_by_us", BigInteger, nullable=False, server_default="0"),
    Column("doc", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
)
Index("parcels_of_seller", parcels.c.seller_id, parcels.c.status, parcels.c.id)
Index("parcels_by_status", parcels.c.status, parcels.c.decision, parcels.c.id)
Index("parcels_by_inspection", parcels.c.inspection, parcels.c.id)
Index("parcels_to_inspect", parcels.c.inspection, parcels.c.inspect_by_us, parcels.c.id)
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
)

watched = Table(
    "watched",
    metadata,
    Column("seller_id", BigInteger, primary_key=True, autoincrement=False),
    Column("return_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("name", Text, nullable=False),
)

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
)

numbers = Table(
    "numbers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next", BigInteger, nullable=False),
)
