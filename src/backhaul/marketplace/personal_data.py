"""What every column of the marketplace holds of people. Only what stands under another tag than `NOTHING` is anybody's.

A customer is a pseudonym (`customer_ref`) wherever a case is: name, login and address stand in two rows that erasing empties, what
they wrote is closed with a key of their own (`kit/sealed_words`), and their pictures are files with a time.
"""

from collections.abc import Mapping
from types import MappingProxyType

from backhaul.kit.personal_data import NOTHING, Kind, Register, Tag

CUSTOMER, SELLER, STAFF, CLERK, ANYBODY = "customer", "seller's people", "staff", "clerk of a point", "whoever acted"
INSIDE = ("support", "moderator")

WITH_THE_CASE = "as long as the case; nobody after erasing"
UNTIL_ERASED = "until erased"
REF = Tag(Kind.PSEUDONYM, CUSTOMER, WITH_THE_CASE, INSIDE)
ERASED = Tag(Kind.PSEUDONYM, CUSTOMER, "for ever: backups are erased anew by it", ("support",))
CUSTOMERS_ADDRESS = Tag(Kind.ADDRESS, CUSTOMER, UNTIL_ERASED, ("customer", "support"))
CUSTOMERS_KEY = Tag(Kind.PROOF, CUSTOMER, UNTIL_ERASED)
CASE_DOC = Tag(Kind.WORDS, CUSTOMER, "closed with the customer's key: masked {words_mask_days}, unreadable {words_keep_days} days after their last return",
               ("customer", *INSIDE, "seller and points without addresses, numbers and names"))  # fmt: skip
TOLD = Tag(
    Kind.WORDS,
    "customer, or whoever is told",
    "a customer's go when they are erased; words are closed",
    ("its reader",),
)
MAIL_TO = Tag(
    Kind.ADDRESS,
    "customer, seller's people, staff",
    "{mail_keep_days} days after it is sent",
    (),
)
MAIL = Tag(
    Kind.WORDS,
    "whoever is told",
    "until it is sent; a mail written to a file (`--mail file`) {mail_keep_days} days more",
    ("its reader",),
)
PERSON = "until the account ends; a customer's as their address"
ACCOUNT_NAME = Tag(Kind.NAME, "whoever signs in", PERSON, ("oneself", "colleagues", "support"))
ACCOUNT_ADDRESS = Tag(Kind.ADDRESS, "whoever signs in", PERSON, ("oneself", "support"))
LOGIN_SECRET = Tag(Kind.PROOF, "whoever signs in", "until the account, the link or the session ends")
BUYS_AS = Tag(Kind.PSEUDONYM, CLERK, PERSON, ("support",))
ACTOR = Tag(
    Kind.ACT,
    "whoever acted; a customer by the pseudonym",
    "as long as the case",
    (*INSIDE, "the seller: its own people"),
)
BY = Tag(Kind.ACT, "staff and seller's people", "as long as the row", ("support", "the seller: its own people"))
CALLER = Tag(Kind.ACT, "whoever called; a customer by the pseudonym", "for support", ("support",))
ANSWERED = Tag(Kind.PSEUDONYM, ANYBODY, "as long as the key may be sent again", ("who asked",))
PICTURE = Tag(Kind.PICTURE, "customer, clerk of a point, partner's staff", "{media_keep_days} days after the case, unless held",
              ("customer: their own", *INSIDE, "seller and point of the case"))  # fmt: skip
BROUGHT = Tag(Kind.ACT, "whoever brought it; a customer by the pseudonym", "until the person is erased", ())
PAPER = Tag(Kind.PSEUDONYM, CUSTOMER, "as tax law has it: payments are not erased", ("support",))
SELLERS_NAME = Tag(
    Kind.NAME, "seller (a trader)", "as long as the seller trades here", ("everybody who sees its goods",)
)
SELLERS_WORDS = Tag(Kind.WORDS, SELLER, "as long as the row", ("support", "the seller"))
STAFFS_WORDS = Tag(Kind.WORDS, STAFF, "as long as the row", INSIDE)
LETTER = Tag(
    Kind.WORDS, CUSTOMER, "closed with the customer's key: unreadable once it is destroyed", ("its reader", "support")
)
WANTED = Tag(Kind.WORDS, SELLER, "{job_days} days", ("who asked", "support"))
HANDED_IN = Tag(Kind.ADDRESS, CUSTOMER, "until the work is over: a file of orders has e-mails; erasing leaves it")
RESULT = Tag(Kind.ADDRESS, CUSTOMER, "{job_days} days: the faults of a file of orders repeat what stood there; erasing leaves it",
             ("who asked",))  # fmt: skip
FILE = Tag(
    Kind.WORDS, CUSTOMER, "{report_days} days, less when one of its customers is erased", ("the seller, masked",)
)

CHAINED = {
    NOTHING: "seq kind at_us recorded_us request_id hash",
    CASE_DOC: "data",
    ACTOR: "role actor",
}
NOBODYS: Mapping[str, str] = {
    "entries": "cause case_id seq debit credit amount_minor currency at_us",
    "turns": "name holder until_us",
    "outbox": "id receiver case_id seq topic body written_us next_us tries sent_us answer",
    "points": "id kind address",
    "units": "line_id unit_no return_id",
    "partners": "id name url secret_in secret_out",
    "partner_syncs": "partner_id asked_us letters_waiting waiting_since_us differences",
    "blob_cases": "blob_id case_id",
    "photo_looks": "blob_id case_id look_us",
    "numbers": "name next",
    "report_links": "digest report_id seller_id until_us",
    "return_facets": "return_id seller_id status route reason_group mark sku price_minor decide_us words category delivered_us"
    " accepted_us passed choice waybill",
    "return_claims": "return_id number seller_id carrier kind status amount_minor due_us drafted_us filed_us settled_us",
    "partner_invoice_lines": "invoice_id number seller_id return_number doc",
    "reconciliations": "name day after unit done_us",
    "seller_events": "id event_id seller_id case_id kind body recorded_us position",
    "seller_events_gone": "seller_id event_id position",
    "webhook_deliveries": "id webhook_id event_id kind case_id position state tries written_us first_us next_us done_us body",
    "webhook_attempts": "id delivery_id at_us url stamp signature status milliseconds error answer",
    "push_urls": "id seller_id url types enabled created_us fails failing_since_us next_us",
    "pushes": "id url_id body written_us",
}
OF_PEOPLE: Register = {
    "events": {**CHAINED, NOTHING: f"case_id {CHAINED[NOTHING]}"},
    "block_events": {**CHAINED, NOTHING: f"block_id {CHAINED[NOTHING]}"},
    "break_events": {NOTHING: "break_id seq at_us hash", SELLERS_WORDS: "data", BY: "role actor"},
    "answers": {NOTHING: "key at_us body_hash", CALLER: "caller", ANSWERED: "answer"},
    "access_log": {NOTHING: "id at_us code", CALLER: "caller what"},
    "notices": {NOTHING: "id kind cause case_id at_us told_us", REF: "reader", TOLD: "facts"},
    "mails": {
        NOTHING: "id language kind case_id written_us next_us tries sent_us",
        MAIL_TO: "address answer",
        MAIL: "facts",
    },
    "returns": {
        NOTHING: "id number seller_id status version route point_id posting_number offer_id group_state requested_us due_us"
        " act_by_us accepted_us dispatched_us head over_us copies_over_us",
        REF: "customer_ref",
        CASE_DOC: "doc",
    },
    "sellers": {
        NOTHING: "id country linked default_route moderation_ticket moderation_price_version moderation_rules payout_currency",
        SELLERS_NAME: "name",
    },
    "person_keys": {NOTHING: "id look_us masked", REF: "customer_ref", CUSTOMERS_KEY: "secret"},
    "erasures": {NOTHING: "id key_id state asked_us look_us erased_us doc", ERASED: "customer_ref asked_by"},
    "customers": {REF: "ref", CUSTOMERS_ADDRESS: "email", NOTHING: "language"},
    "order_lines": {
        NOTHING: "id posting_number line_number seller_id delivered_us quantity sku category",
        REF: "customer_ref doc",
    },
    "accounts": {
        NOTHING: "id role language owner reads_only manages_keys ended_us messages_read",
        ACCOUNT_NAME: "name login",
        LOGIN_SECRET: "password",
        REF: "subject",
        BUYS_AS: "customer_ref",
        ACCOUNT_ADDRESS: "email",
    },
    "invitations": {LOGIN_SECRET: "digest", NOTHING: "account_id until_us"},
    "sessions": {LOGIN_SECRET: "digest", NOTHING: "account_id until_us"},
    "second_factors": {LOGIN_SECRET: "secret", NOTHING: "account_id since_us last_step"},
    "recovery_codes": {LOGIN_SECRET: "digest", NOTHING: "account_id"},
    "sign_in_steps": {LOGIN_SECRET: "digest", NOTHING: "account_id until_us"},
    "api_keys": {
        NOTHING: "public_id seller_id role last4 created_us expires_us revoked_us networks revoked_role",
        LOGIN_SECRET: "digest",
        SELLERS_WORDS: "name revoked_because",
        BY: "created_by revoked_by",
    },
    "blobs": {PICTURE: "id poster", NOTHING: "media_type size_bytes uploaded_us deleted_us waits_us"},
    "blob_uses": {NOTHING: "blob_id", BROUGHT: "uploader"},
    "photo_prints": {NOTHING: "id plain", PICTURE: "blob_id band_0 band_1 band_2 band_3 points"},
    "seen_photos": {NOTHING: "case_id other_case_id agrees_pct found_us", PICTURE: "blob_id other_blob_id"},
    "terms": {NOTHING: "kind version valid_from_us doc published_us", BY: "published_by", STAFFS_WORDS: "why"},
    "reports": {
        NOTHING: "id seller_id state rows_done rows_total rows_found size_bytes sha256 created_us expires_us due_us maker"
        " attempts",
        BY: "asked_by",
        WANTED: "wanted",
        FILE: "file",
    },
    "jobs": {
        NOTHING: "id kind state done total rows_found size_bytes sha256 created_us ended_us expires_us due_us worker attempts"
        " cancelling",
        BY: "owner asked_by",
        WANTED: "wanted told failure",
        RESULT: "file",
    },
    "job_inputs": {NOTHING: "job_id", HANDED_IN: "data"},
    "blocks": {
        NOTHING: "id status appeal version imposed_us due_us decide_us head",
        REF: "customer_ref",
        CASE_DOC: "doc",
    },
    "payouts": {NOTHING: "key return_id attempt amount_minor currency state asked_us batch_id", PAPER: "customer_ref"},
    "payout_batches": {
        NOTHING: "id message_id state form currency payouts amount_minor made_us handed_over_us due_us tries answer sha256",
        PAPER: "content",
    },
    "bank_statements": {NOTHING: "id sha256 name form entries taken_us", BY: "taken_by", PAPER: "content"},
    "bank_entries": {
        NOTHING: "statement_id place line reference key kind amount_minor currency booked_on outcome code return_id settled_us",
        PAPER: "reason",
        BY: "settled_by",
        STAFFS_WORDS: "comment",
    },
    "exchange_rates": {NOTHING: "id currency on_day nominal rate_micro source imported_us", BY: "imported_by"},
    "return_money": {
        NOTHING: "return_id seller_id carrier refund refund_minor refund_us compensation compensation_minor due_us quality"
        " weight_low_gram weight_high_gram price_low_minor price_high_minor claim claim_minor weight",
        REF: "customer_ref",
    },
    "return_outcomes": {
        NOTHING: "return_id seller_id point_id reason_group price_minor earlier asked_us queue act_us rejected reason dispute"
        " taken unchecked accepted_us hold_us mark certificate disposed_us",
        REF: "customer_ref",
    },
    "answer_templates": {NOTHING: "code version written_us replaced_us", STAFFS_WORDS: "doc", BY: "written_by"},
    "return_messages": {
        NOTHING: "id return_id reader template language written_us",
        LETTER: "body",
        BY: "written_by",
    },
    "breaks": {
        NOTHING: "id seller_id key kind source status return_id return_number version head",
        SELLERS_WORDS: "doc",
    },
    "partner_invoices": {
        NOTHING: "id seller_id number revision status sha256 currency lines total_minor brought_us replaced_by",
        BY: "brought_by",
    },
    "partner_tariffs": {NOTHING: "seller_id version doc brought_us", BY: "brought_by"},
    "webhooks": {
        NOTHING: "id seller_id url kinds state why created_us fails failing_since_us next_us lease_us removed_us",
        SELLERS_WORDS: "name",
        BY: "created_by",
    },
    "webhook_secrets": {
        NOTHING: "webhook_id number last4 created_us until_us",
        LOGIN_SECRET: "sealed",
        BY: "created_by",
    },
}
REGISTER: Register = MappingProxyType({**OF_PEOPLE, **{table: {NOTHING: names} for table, names in NOBODYS.items()}})
