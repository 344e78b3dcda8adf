"""Where every table of both houses stands when one database is cut into shards by seller, and why."""

from tests.scale.statements import Place

SELLER, CUSTOMER, COMPANY, FILE = "seller", "customer", "company", "file"


def _own(key: str, *follows: str, group: str = SELLER) -> Place:
    return Place(group, key, follows)


def _by(*follows: str, group: str = SELLER, why: str) -> Place:
    return Place(group, "", follows, why)


def _shared(why: str) -> Place:
    return Place("", "", (), why)


CASE = "the number of a case says its home; migration: `seller_id`, first in the primary key"
POSTING = "a posting is one seller's (the import refuses another's), so its number says its home as the line's id does"
DIRECTORY = "looked up before a home is known; a row a person or key"
SMALL = "small and the same everywhere"
ORPHAN = "nobody knows yet whose it is; stays with the warehouse"

# What both houses have by `kit`.
KIT: dict[str, Place] = {
    "events": _by("case_id", why=CASE),
    "entries": _by("case_id", "cause", why=f"{CASE}; `cause` begins with it"),
    "outbox": _by("case_id", "id", why=f"{CASE}; `id` begins with it"),
    "answers": _by("key", why="remembered with the command, in the home of its case or of who called"),
    "access_log": _by("id", "caller", why="written with the command, in its home"),
    "notices": _by("case_id", "id", "cause", why=CASE),
    "mails": _by("case_id", "id", why=CASE),
    "blobs": _own("id", "poster", group=FILE),
    "blob_cases": _own("blob_id", group=FILE),
    "blob_uses": _own("blob_id", group=FILE),
    "photo_prints": _own("blob_id", "id", group=FILE),
    "photo_looks": _own("blob_id", group=FILE),
    "seen_photos": _by("case_id", why=CASE),
    "terms": _shared(SMALL),
    "turns": _shared("a row a round of the workers, of the whole house"),
    "numbers": _by("name", why="a counter a home: numbers of a home never meet another's"),
}

MARKETPLACE: dict[str, Place] = {
    **KIT,
    "returns": _own("seller_id", "id", "number", "posting_number"),
    "order_lines": Place(SELLER, "seller_id", ("id", "posting_number"), POSTING, ("customer_ref",)),
    "units": _by("line_id", "return_id", why="as its order line; migration: `seller_id`, first in the primary key"),
    "return_money": _own("seller_id", "return_id"),
    "return_facets": _own("seller_id", "return_id"),
    "return_outcomes": _own("seller_id", "return_id"),
    "return_claims": _own("seller_id", "return_id"),
    "return_messages": _by("return_id", "id", why=CASE),
    "payouts": _by("return_id", "key", why=f"{CASE}; `key` is the return's"),
    "breaks": _own("seller_id", "id", "return_id"),
    "break_events": _by("break_id", why="as its break; migration: `seller_id`"),
    "partner_invoices": _own("seller_id", "id"),
    "partner_invoice_lines": _own("seller_id", "invoice_id"),
    "partner_tariffs": _own("seller_id"),
    "reports": _own("seller_id", "id"),
    "report_links": _own("seller_id", "digest", "report_id"),
    "jobs": _by("owner", "id", why="`owner` is the seller's company; the asker's home"),
    "job_inputs": _by("job_id", why="as its job"),
    "seller_events": _own("seller_id", "id", "case_id", "event_id"),
    "seller_events_gone": _own("seller_id"),
    "webhooks": _own("seller_id", "id"),
    "webhook_secrets": _by("webhook_id", why="as its webhook; migration: `seller_id`"),
    "webhook_deliveries": _by("webhook_id", "id", "event_id", why="as its webhook; migration: `seller_id`"),
    "webhook_attempts": _by("delivery_id", "id", why="as its delivery; migration: `seller_id`"),
    "push_urls": _own("seller_id", "id"),
    "pushes": _by("id", "url_id", why="as its address; migration: `seller_id`"),
    "blocks": _own("customer_ref", "id", group=CUSTOMER),
    "block_events": _by("block_id", group=CUSTOMER, why="as its block; migration: `customer_ref`"),
    "erasures": _by("customer_ref", "id", why="a row in each home where the customer bought: each forgets its own"),
    "person_keys": _by(
        "customer_ref", "id", why="a row in each home where the customer bought, made there with the first return"
    ),
    "customers": _by("ref", why="a row in each home where the customer bought: the import of order lines writes both"),
    "sellers": _shared(SMALL),
    "points": _shared(SMALL),
    "partners": _shared(SMALL),
    "partner_syncs": _shared(SMALL),
    "exchange_rates": _shared(SMALL),
    "answer_templates": _shared(SMALL),
    "reconciliations": _shared(SMALL),
    "accounts": _shared(DIRECTORY),
    "invitations": _shared(DIRECTORY),
    "sessions": _shared(DIRECTORY),
    "second_factors": _shared(DIRECTORY),
    "recovery_codes": _shared(DIRECTORY),
    "sign_in_steps": _shared(DIRECTORY),
    "api_keys": _shared(DIRECTORY),
    "payout_batches": _shared("one row a file to the bank"),
    "bank_statements": _shared("one row a file of the bank"),
    "bank_entries": _shared("one row an entry of the bank's files; a day's entries, then only breaks are asked for"),
}

PARTNER: dict[str, Place] = {
    **KIT,
    "parcels": _own("seller_id", "id", "number"),
    "parcel_codes": _by("parcel_id", why="as its parcel; migration: `seller_id`; a scan asks by `code`"),
    "charges": _own("seller_id", "parcel_id", "cause", "invoice_id"),
    "invoices": _own("seller_id", "id", "number"),
    "dues": _own("seller_id", "invoice_id"),
    "disputes": _by("cause", "invoice_id", "id", why="as the charge; migration: `seller_id`"),
    "credit_notes": _by("invoice_id", "cause", "id", "number", why="as its invoice; migration: `seller_id`"),
    "payments": _by("invoice_id", "reference", why="as its invoice; migration: `seller_id`"),
    "arrival_passes": _own("seller_id", "id"),
    "pickup_barcodes": _own("seller_id"),
    "customs_goods": _own("seller_id"),
    "standing_rules": _own("seller_id", "id"),
    "foreign_links": _own("seller_id"),
    "watched": _own("seller_id"),
    "polls": _own("seller_id"),
    "photo_uses": _by("parcel_id", "blob_id", why="as its parcel; migration: `seller_id`"),
    "draws": _by("parcel_id", why="as its parcel; migration: `seller_id`"),
    "marks": _by("parcel_id", why="as its parcel; migration: `seller_id`"),
    "second_checks": _by("parcel_id", why="as its parcel; migration: `seller_id`"),
    "differences": _by("return_id", why="as its parcel; migration: `seller_id`"),
    "consignment_units": _by("parcel_id", why="as its parcel; migration: `seller_id`"),
    "consignments": _own("company_id", "id", "number", group=COMPANY),
    "consignment_events": _by("consignment_id", group=COMPANY, why="as its consignment; migration: `company_id`"),
    "company_events": _own("company_id", "id", "case_id", "event_id", group=COMPANY),
    "company_events_gone": _own("company_id", group=COMPANY),
    "webhooks": _own("company_id", "id", group=COMPANY),
    "webhook_secrets": _by("webhook_id", group=COMPANY, why="as its webhook; migration: `company_id`"),
    "webhook_deliveries": _by(
        "webhook_id", "id", "event_id", group=COMPANY, why="as its webhook; migration: `company_id`"
    ),
    "webhook_attempts": _by("delivery_id", "id", group=COMPANY, why="as its delivery; migration: `company_id`"),
    "links": _shared("which company acts for which seller; a row a seller"),
    "companies": _shared(DIRECTORY),
    "accounts": _shared(DIRECTORY),
    "sessions": _shared(DIRECTORY),
    "second_factors": _shared(DIRECTORY),
    "recovery_codes": _shared(DIRECTORY),
    "sign_in_steps": _shared(DIRECTORY),
    "api_keys": _shared(DIRECTORY),
    "destinations": _shared(SMALL),
    "marketplaces": _shared(SMALL),
    "platforms": _shared(SMALL),
    "orphans": _shared(ORPHAN),
    "orphan_codes": _shared(ORPHAN),
    "orphan_photos": _shared(ORPHAN),
    "orphan_events": _shared(ORPHAN),
    "carrier_files": _shared("a row a file of a carrier"),
    "closed_months": _shared(SMALL),
    "reconciliations": _shared(SMALL),
    "destruction_hours": _shared("counters of the whole house; a row an hour"),
    "breaker_turns": _shared(SMALL),
    "draw_epochs": _shared("a row an epoch of the draw"),
    "draw_counts": _shared("a counter an epoch of the draw"),
    "strata": _shared("a counter a stratum of the draw"),
    "inspector_weeks": _shared("a counter an inspector and week"),
}
