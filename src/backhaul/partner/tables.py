"""The partner's tables, declared once. A parcel's row is its searchable columns and the whole document."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal_column,
)

from backhaul.kit.journal import Journal
from backhaul.kit.noticeboard import Noticeboard

metadata = MetaData()
journal = Journal(metadata)
board = Noticeboard(metadata)


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
    Column("due_us", BigInteger),
    Column("decide_by_us", BigInteger),
    Column("doc", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("gate", Text, nullable=False, server_default="none"),
    Column("carrier", Text, nullable=False, server_default=""),
    Column("eta_us", BigInteger),
    Column("arrived_us", BigInteger),
)
Index("parcels_of_seller", parcels.c.seller_id, parcels.c.status, parcels.c.id)
Index("parcels_by_status", parcels.c.status, parcels.c.decision, parcels.c.id)
Index("parcels_by_inspection", parcels.c.inspection, parcels.c.id)
Index("parcels_by_media", parcels.c.media, parcels.c.id)
Index("parcels_by_disposal", parcels.c.disposal, parcels.c.id)
Index("parcels_due", parcels.c.due_us, parcels.c.id, sqlite_where=parcels.c.due_us.is_not(None),
      postgresql_where=parcels.c.due_us.is_not(None))  # fmt: skip
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
