"""What every column of the partner holds of people: its own staff, the sellers' people, drivers. Nothing of a customer comes here.

What the marketplace announces names a return by its number; the pictures that were taken of the product here show things.
"""

from collections.abc import Mapping
from types import MappingProxyType

from backhaul.kit.personal_data import NOTHING, Kind, Register, Tag

STAFF, SELLER, DRIVER = "the partner's staff", "seller's people", "driver"

WHILE_THERE = "as long as the row"
CASE_ACTS = Tag(Kind.WORDS, "whoever acted", "as long as the unit's history", ("the seller", STAFF))
ACTOR = Tag(
    Kind.ACT, "the partner's staff and seller's people", "as long as the unit's history", (STAFF, "the seller: its own")
)
BY = Tag(Kind.ACT, "the partner's staff and seller's people", WHILE_THERE, (STAFF, "the company: its own"))
INSPECTOR = Tag(Kind.ACT, STAFF, WHILE_THERE, ("supervisor",))
CALLER = Tag(Kind.ACT, "whoever called", "for supervisors", ("supervisor",))
ANSWERED = Tag(Kind.ACT, "whoever called", "as long as the key may be sent again", ("who asked",))
TOLD = Tag(Kind.WORDS, "whoever is told", WHILE_THERE, ("its reader",))
MAIL_TO = Tag(
    Kind.ADDRESS, "seller's people, the partner's staff", "as long as the row; what it said goes when it is sent", ()
)
MAIL = Tag(Kind.WORDS, "whoever is told", "as long as the row; what it said goes when it is sent", ("its reader",))
ACCOUNT_NAME = Tag(Kind.NAME, "whoever signs in", "as long as the account", ("oneself", "colleagues", STAFF))
ACCOUNT_ADDRESS = Tag(Kind.ADDRESS, "whoever signs in, the company", "as long as the account", ("the company", STAFF))
LOGIN_SECRET = Tag(Kind.PROOF, "whoever signs in", "until the account, the link or the session ends")
COMPANY_NAME = Tag(Kind.NAME, "company (a trader)", "as long as the company stores here", ("the company", STAFF))
DRIVERS = Tag(Kind.NAME, DRIVER, "{arrival_pass_keep_days} days after the arrival", ("the company", "the gate"))
DRIVERS_PHONE = Tag(
    Kind.ADDRESS, DRIVER, "{arrival_pass_keep_days} days after the arrival", ("the company", "the gate")
)
WHERE_TO = Tag(Kind.ADDRESS, "who receives at a seller's address", WHILE_THERE, ("the company", STAFF, "the carrier"))
PICTURE = Tag(Kind.PICTURE, STAFF, "{media_keep_days} days after the unit has left, unless held",
              ("the seller", STAFF, "the marketplace: copies of inspections"))  # fmt: skip
WORDS = Tag(Kind.WORDS, "the partner's staff and seller's people", WHILE_THERE, ("the company", STAFF))
PAPER = Tag(Kind.WORDS, "company (a trader)", "as tax law has it", ("the company", STAFF))

CHAINED = {NOTHING: "seq kind at_us recorded_us request_id hash", CASE_ACTS: "data", ACTOR: "role actor"}
NOBODYS: Mapping[str, str] = {
    "entries": "cause case_id seq debit credit amount_minor currency at_us",
    "turns": "name holder until_us",
    "outbox": "id receiver case_id seq topic body written_us next_us tries sent_us answer",
    "parcel_codes": "code parcel_id",
    "orphan_codes": "code orphan_id",
    "destruction_hours": "hour_us released",
    "platforms": "id name kind url registered_us",
    "watched": "platform seller_id return_id number posting_number name offer_id price group_state state state_name reason"
    " tracking seen_us changed_us read_us created_us tried_us",
    "polls": "platform seller_id next_us started_us after_id polled_us faults fault",
    "reconciliations": "id started_us next_us after_id finished_us units differences",
    "differences": "return_id what first_us number ours theirs remedy last_us tried_us healed_us",
    "marketplaces": "id name url secret_in secret_out tried_us heard_us letters_waiting waiting_since_us",
    "blob_cases": "blob_id case_id",
    "draw_epochs": "number begins_us ends_us sealed_key key_sha256 published_us",
    "draw_counts": "epoch units drawn",
    "draws": "parcel_id epoch return_number stratum basis policy_version share_pct digest drawn rules at_us",
    "strata": "name arrived units clean_run checked findings",
    "photo_looks": "blob_id case_id look_us",
    "numbers": "name next",
    "charges": "cause seller_id parcel_id number return_number event service quantity price_minor amount_minor currency tariff"
    " at_us stored_from_us stored_until_us invoice_id",
    "closed_months": "month closed_us",
    "dues": "invoice_id seller_id company_id currency due_us credited_minor paid_minor disputed_minor open_minor remind_us",
    "consignment_units": "parcel_id consignment_id",
    "customs_goods": "seller_id sku hs_code origin",
    "company_events": "id event_id company_id case_id kind body recorded_us position",
    "company_events_gone": "company_id event_id position",
    "webhook_deliveries": "id webhook_id event_id kind case_id position state tries written_us first_us next_us done_us body",
    "webhook_attempts": "id delivery_id at_us url stamp signature status milliseconds error answer",
}
OF_PEOPLE: Register = {
    "events": {**CHAINED, NOTHING: f"case_id {CHAINED[NOTHING]}"},
    "orphan_events": {**CHAINED, NOTHING: f"orphan_id {CHAINED[NOTHING]}"},
    "consignment_events": {**CHAINED, NOTHING: f"consignment_id {CHAINED[NOTHING]}"},
    "answers": {NOTHING: "key at_us body_hash", CALLER: "caller", ANSWERED: "answer"},
    "access_log": {NOTHING: "id at_us code", CALLER: "caller what"},
    "notices": {NOTHING: "id reader kind cause case_id at_us told_us", TOLD: "facts"},
    "mails": {
        NOTHING: "id language kind case_id written_us next_us tries sent_us",
        MAIL_TO: "address answer",
        MAIL: "facts",
    },
    "parcels": {
        NOTHING: "id number return_number seller_id variant status version inspection media decision disposal warehouse shelf"
        " pickup_code sku price_minor reason mark claim due_us decide_by_us ships_to inspect_by_us head over_us gate carrier"
        " eta_us arrived_us media_by_us collect_by_us",
        CASE_ACTS: "doc",
    },
    "orphans": {NOTHING: "id number status warehouse shelf parcel_id registered_us version head", WORDS: "doc"},
    "orphan_photos": {PICTURE: "blob_id", NOTHING: "orphan_id"},
    "companies": {NOTHING: "id country", COMPANY_NAME: "name", ACCOUNT_ADDRESS: "email"},
    "accounts": {
        NOTHING: "id role language company_id owner email_confirmed confirm_until_us messages_read confirmed_us",
        ACCOUNT_ADDRESS: "login",
        ACCOUNT_NAME: "name",
        LOGIN_SECRET: "password confirmation",
    },
    "sessions": {LOGIN_SECRET: "digest", NOTHING: "account_id until_us"},
    "second_factors": {LOGIN_SECRET: "secret", NOTHING: "account_id since_us last_step"},
    "recovery_codes": {LOGIN_SECRET: "digest", NOTHING: "account_id"},
    "sign_in_steps": {LOGIN_SECRET: "digest", NOTHING: "account_id until_us"},
    "links": {
        NOTHING: "company_id seller_id platform business_type mode state linked_us checked_us lost_us expires_us",
        COMPANY_NAME: "seller_name",
        LOGIN_SECRET: "sealed_key",
    },
    "foreign_links": {
        NOTHING: "company_id platform seller_id business_type mode state linked_us checked_us lost_us expires_us",
        LOGIN_SECRET: "sealed_key",
    },
    "standing_rules": {
        NOTHING: "id company_id seller_id below_rub sku reason made_us ended_us is_defect through_key",
        BY: "made_by ended_by",
    },
    "pickup_barcodes": {NOTHING: "seller_id barcode drawn_us", BY: "drawn_by"},
    "arrival_passes": {
        NOTHING: "id seller_id warehouse arrival_us vehicle_model given_us",
        DRIVERS: "driver_name license_plate",
        DRIVERS_PHONE: "driver_phone",
        BY: "given_by",
    },
    "breaker_turns": {NOTHING: "id turn at_us count until_us", BY: "by_login", WORDS: "reason"},
    "destinations": {
        NOTHING: "id company_id country created_us confirmed_us",
        WHERE_TO: "city street contact",
        BY: "created_by confirmed_by",
    },
    "api_keys": {
        NOTHING: "public_id company_id role last4 created_us expires_us revoked_us",
        LOGIN_SECRET: "digest",
        WORDS: "name",
        BY: "created_by",
    },
    "blobs": {PICTURE: "id poster", NOTHING: "media_type size_bytes uploaded_us deleted_us waits_us"},
    "blob_uses": {NOTHING: "blob_id", BY: "uploader"},
    "photo_prints": {NOTHING: "id plain", PICTURE: "blob_id band_0 band_1 band_2 band_3 points"},
    "seen_photos": {NOTHING: "case_id other_case_id agrees_pct found_us", PICTURE: "blob_id other_blob_id"},
    "photo_uses": {PICTURE: "blob_id", NOTHING: "parcel_id"},
    "marks": {NOTHING: "parcel_id revision at_us", INSPECTOR: "inspector"},
    "inspector_weeks": {NOTHING: "week_us marks sample accepted tightened", INSPECTOR: "inspector"},
    "second_checks": {NOTHING: "parcel_id week_us status ordered_us", INSPECTOR: "inspector second", WORDS: "doc"},
    "terms": {NOTHING: "kind version valid_from_us doc published_us", BY: "published_by", WORDS: "why"},
    "invoices": {
        NOTHING: "id number seller_id company_id month currency lines net_minor vat_pct vat_minor total_minor language"
        " issued_us due_us",
        PAPER: "doc",
    },
    "disputes": {
        NOTHING: "id cause invoice_id amount_minor currency opened_us status decided_us",
        WORDS: "reason answer",
        BY: "opened_by decided_by",
    },
    "credit_notes": {
        NOTHING: "id number invoice_id cause net_minor vat_minor currency issued_us",
        WORDS: "reason",
        BY: "issued_by",
    },
    "payments": {
        NOTHING: "reference invoice_id amount_minor currency paid_on source recorded_us",
        PAPER: "details",
        BY: "recorded_by",
    },
    "consignments": {
        NOTHING: "id number company_id destination_id status version tracking manifest_us head",
        WHERE_TO: "doc",
    },
    "carrier_files": {NOTHING: "digest name taken_us result", BY: "taken_by"},
    "webhooks": {
        NOTHING: "id company_id url kinds state why created_us fails failing_since_us next_us lease_us removed_us",
        WORDS: "name",
        BY: "created_by",
    },
    "webhook_secrets": {
        NOTHING: "webhook_id number last4 created_us until_us",
        LOGIN_SECRET: "sealed",
        BY: "created_by",
    },
}
REGISTER: Register = MappingProxyType({**OF_PEOPLE, **{table: {NOTHING: names} for table, names in NOBODYS.items()}})
