"""A body that fits for each operation of API v1 that takes one. `openapi.json` shows it; tests/fuzzing/test_examples.py sends it.

Ids are those of one return and its pictures; who sends an example puts their own in their places.
"""

from typing import Any

from backhaul.marketplace import catalogue_files, rate_card_files
from backhaul.marketplace.reason_names import named
from backhaul.marketplace.rules.catalogues import SEED_REASONS
from backhaul.marketplace.rules.compensation import SEED_CARD

PHOTO = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
RETURN = 100_001
WORDS = {"comment": "The soles are worn through and the laces are gone."}
VALID_FROM = "2030-01-01T00:00:00+03:00"
VERSION = {"valid_from": VALID_FROM, "why": "Prices of the carrier went up."}
CARD = {**VERSION, "version": "2030-01", "cells": rate_card_files.rows(SEED_CARD)}
REASONS = {**VERSION, "entries": catalogue_files.rows(named(SEED_REASONS))}
POLICY = {"valid_from": VALID_FROM, "why": "More time for sellers.", "changes": {"answer_days": 4}}
HOOK = {"url": "https://erp.example.com/returns", "name": "ERP", "types": ["return.approved"]}
TEMPLATE = {
    "title": "The parcel is late",
    "texts": {
        "en": "The return {number} is late; we ask the carrier.", "ru": "Возврат {number} задерживается; мы запросили перевозчика.",
        "zh": "退货 {number} 延误，我们正在询问承运商。", "tr": "{number} iadesi gecikti; taşıyıcıya soruyoruz.",
    },
}  # fmt: skip
MESSAGE_DATA = {
    "return_id": RETURN, "warehouse": "MSK-2", "arrived_at_us": 1_727_967_720_000_000,
    "decide_by_us": 1_729_198_800_000_000, "weight_gram": 350, "packaging_intact": True,
}  # fmt: skip

ACTS: dict[str, dict[str, Any]] = {
    "add-photos": {"photos": [PHOTO]},
    "approve": {"route": "B"},
    "ask-photos": WORDS,
    "certify-disposal": {"method": "shredding", "witness": "M. Orlova", "photos": [PHOTO]},
    "check-in": {"point_id": "77-0412", "same_product": True, "used": False, "photos": [PHOTO, PHOTO]},
    "choose-point": {"point_id": "77-0412"},
    "decide-dispute": {"for_customer": True, **WORDS},
    "decide-weight": {"measured": True, **WORDS},
    "dispatch": {"carrier": "Linehaul", "waybill": "W-1"},
    "fail-refund": WORDS,
    "hold-refund": WORDS,
    "object-to-weight": WORDS,
    "offer": {"amount_rub": 500},
    "open-dispute": WORDS,
    "receive-for-disposal": {"weight_gram": 900, "photos": []},
    "record-carrier-answer": {"accepts": False, **WORDS},
    "refuse-claim": WORDS,
    "reject": {"reason": "looks_used", **WORDS},
    "reverse-claim": WORDS,
    "reverse-compensation": WORDS,
    "send-photos": {"photos": [PHOTO], "comment": "Taken in daylight."},
}

EXAMPLES: dict[str, Any] = {
    **{f"POST /api/v1/returns/{{return_id}}/{word}": body for word, body in ACTS.items()},
    **{f"POST /api/v1/blocks/{{block_id}}/{word}": WORDS for word in ("lift", "raise-level")},
    **{
        f"POST /api/v1/reconciliation/breaks/{{break_id}}/{word}": {"comment": "The unit was there until that day."}
        for word in ("dispute", "explain", "close")
    },
    "POST /api/v1/account/language": {"language": "tr"},
    "POST /api/v1/account/password": {"current": "correct horse battery", "password": "another horse battery"},
    "POST /api/v1/bank-statements/{statement_id}/entries/{place}/settle": {"comment": "A fee of the bank."},
    "POST /api/v1/blocks/{block_id}/decide-appeal": {"upheld": True, **WORDS},
    "POST /api/v1/catalogues/{name}": REASONS,
    "POST /api/v1/catalogues/{name}/preview": REASONS,
    "PUT /api/v1/answer-templates/{code}": TEMPLATE,
    "POST /api/v1/my-data/erasure": {"password": "correct horse battery"},
    "PUT /api/v1/clerks/{login}": {"customer_ref": "C-1001"},
    "POST /api/v1/counter/dispatches": {"return_ids": [RETURN], "carrier": "Linehaul", "waybill": "W-1"},
    "POST /api/v1/exchange-rates": {
        "rates": [{"currency": "CNY", "on": "2024-08-30", "rate": "13.50", "source": "Central bank"}]
    },
    "POST /api/v1/keys": {"name": "ERP 2", "role": "returns", "networks": ["192.0.2.0/24"]},
    "PUT /api/v1/keys/{public_id}/networks": {"networks": ["192.0.2.0/24", "127.0.0.0/8"]},
    "POST /api/v1/keys/{public_id}/revoke": {"because": "It was sent by mail."},
    "POST /api/v1/messages/email": {"email": "returns@example.com"},
    "POST /api/v1/messages/read": {"until": 1},
    "POST /api/v1/my-block/appeal": {"comment": "It is the product that I was sent, the label shows it.", "photos": []},
    "POST /api/v1/jobs/breaks": {"file": "xlsx", "status": "open", "language": "ru"},
    "POST /api/v1/jobs/statement": {"first_day": "2024-09-01", "last_day": "2024-09-30", "file": "csv"},
    "POST /api/v1/jobs/decisions": {"act": "approve", "items": [{"return_id": RETURN}], "body": {"route": "B"}},
    "POST /api/v1/jobs/back-test": {
        "version": "2030-01", "cells": CARD["cells"], "first_day": "2024-09-01", "last_day": "2024-09-30",
    },
    "POST /api/v1/orders/{line_id}/returns": {"reason": "did_not_like", "photos": [PHOTO], "units": 1, "send": True},
    "POST /api/v1/partner/claim-photos": {"return_id": RETURN, "photo": PHOTO},
    "POST /api/v1/partner/hold-check": {"return_ids": [RETURN]},
    "POST /api/v1/partner/link-check": {
        "seller_id": 1_180_457, "key": "bh_rw_3n5q8w1x7z2c9v4b6m0k_0000", "business_type": "RETURN_PRODUCT",
    },
    "POST /api/v1/partner/send-again": {"return_ids": [RETURN]},
    "POST /api/v1/partner/units": {"after": 0, "most": 100},
    "POST /api/v1/rate-cards": CARD,
    "POST /api/v1/rate-cards/preview": CARD,
    "POST /api/v1/reports": {"type": "parcel.arrived", "timestamp": "2024-10-03T13:42:00Z", "data": MESSAGE_DATA},
    "POST /api/v1/returns-reports": {"first_day": "2024-09-01", "last_day": "2024-09-30", "kind": "xlsx"},
    "POST /api/v1/returns/{return_id}/messages": {"to": "customer", "text": "We looked into it and write again tomorrow."},
    "POST /api/v1/returns/bulk": {"act": "approve", "items": [{"return_id": RETURN}], "body": {"route": "B"}},
    "POST /api/v1/sessions": {"login": "elif", "password": "correct horse battery"},
    "POST /api/v1/users": {"login": "wu.min", "name": "Wu Min", "language": "zh", "rights": "analyst"},
    "POST /api/v1/users/{number}/rights": {"rights": "analyst", "manages_keys": False},
    "POST /api/v1/invitations/{token}/accept": {"password": "another horse battery"},
    "POST /api/v1/policy": POLICY,
    "POST /api/v1/policy/preview": POLICY,
    "POST /api/v1/returns/bulk/preview": {"act": "approve", "items": [{"return_id": RETURN}]},
    "POST /api/v1/settings/moderation/consent": {"price_version": "2024-11"},
    "PUT /api/v1/sellers/{seller_id}/moderation": {"ticket": "55-1204", "rules": "Photos of the label."},
    "PUT /api/v1/settings/default-route": {"route": "A"},
    "PUT /api/v1/settings/payout-currency": {"currency": "CNY"},
    "POST /api/v1/webhooks": HOOK,
    "PUT /api/v1/webhooks/{webhook_id}": HOOK,
    "POST /api/v1/webhooks/{webhook_id}/redeliver": {
        "since": "2024-09-01T00:00:00Z", "until": "2024-09-02T00:00:00Z", "undelivered": True,
    },
    "POST /api/v1/webhooks/{webhook_id}/secrets": {"keep_hours": 24},
}  # fmt: skip
