"""A body that fits for each operation of API v1 that takes one. `openapi.json` shows it; tests/fuzzing/test_examples.py sends it.

Ids are those of one unit and its pictures; who sends an example puts their own in their places.
"""

from typing import Any

from backhaul.partner.rules.tariff import SEED_TARIFF

PHOTO = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
UNIT = 100_017
NOTE = {"note": "Driver Petrov took it back."}
REASON = {"reason": "The seller could not be reached."}
WORDS = "The photos came two working days after they were promised."
MARK = {"mark": "serviceable", "photos": []}
COMING = {
    "return_id": UNIT, "return_number": f"R-{UNIT}", "seller_id": 2_093_311, "seller_country": "CN", "variant": "C",
    "posting_number": "12345678-0001-1", "sku": 700_100, "offer_id": "HUB-1", "name": "USB hub",
    "category": "electronics", "price": {"minor": 230_000, "currency": "RUB"}, "weight_gram": 350,
    "outbound_weight_gram": None, "serial": None, "marking_code": None, "reason": "did_not_fit",
    "reason_group": "fit_or_dislike", "is_defect": False, "used": False, "complete": True, "packaging_intact": True,
    "checked": True, "seal": "S-88", "point_weight_gram": None, "accepted_at_us": 1_727_168_400_000_000,
    "eta_us": 1_728_032_400_000_000,
}  # fmt: skip

ACTS: dict[str, dict[str, Any]] = {
    "approve-claim": {"payer": "carrier", "comment": "Granted after the review."},
    "arrive": {
        "warehouse": "MSK-2",
        "arrived_at_us": 1_727_962_920_000_000,
        "weight_gram": 350,
        "photos": [PHOTO],
        "shelf": "A-1",
    },
    "check-gate": {"label_matches": True, "item_code": "700100", "weight_gram": 350},
    "decide": {"decision": "dispose"},
    "deliver-media": {"photos": [PHOTO]},
    "destroy": {"method": "shredding", "witness": "M. Orlova", "photos": [PHOTO]},
    "dispatch": {"tracking": "T-1"},
    "dispose-on-arrival": {"wanted": True},
    "hand-over": {"collector": "Ivan P.", "code": "123456"},
    "mark": MARK,
    "note-shipment-lost": {"note": "Not found in the hub."},
    "order-media": {"kind": "photo"},
    "print-label": {"carrier": "Line", "tracking": "T-1"},
    "put-away": {"shelf": "B-01"},
    "queue-inspection": {"reason": "The box is dented."},
    "refuse-claim": {"comment": "The outbound weight of the parcel had not been loaded."},
    "release-quarantine": {"reason": "It is soap, the sign is wrong."},
    "reopen": REASON,
}
OF_CONSIGNMENTS: dict[str, dict[str, Any]] = {
    "pack-unit": {"code": f"R-{UNIT}"},
    "take-out-unit": {"parcel_id": UNIT},
    "measure-carton": {"carton": 1, "length_cm": 40, "width_cm": 30, "height_cm": 20, "weight_gram": 900},
    "remove-carton": {"carton": 1},
    "declare-goods": {"parcel_id": UNIT, "hs_code": "940521", "origin": "CN"},
    "close-consignment": {"price_minor": None},
    "cancel-consignment": {"reason": "The seller chose another address."},
    "dispatch-consignment": {"tracking": "PF-1"},
    "note-tracking": {"status": "customs", "place": "Hong Kong"},
    "deliver-consignment": {"received_by": "Mr Wong"},
    "note-consignment-lost": {"note": "The carrier has no trace of it."},
}

HOOK = {"url": "https://erp.example.com/parcels", "name": "ERP", "types": ["parcel.arrived"]}
POLICY = {
    "changes": {"decision_days": 16},
    "valid_from": "2030-01-01T00:00:00+03:00",
    "why": "Longer holidays.",
    "seen": "1",
}
PRICES = {service.value: price for service, price in SEED_TARIFF.prices_minor.items()}
TARIFF = {
    "changes": {"prices_minor": {**PRICES, "media": 7_00}},
    "valid_from": "2030-01-01T00:00:00+03:00",
    "why": "The rent went up.",
    "seen": "0",
}
VEHICLE = {
    "arrival_us": 1_730_797_200_000_000, "driver_name": "Ivan Petrov", "driver_phone": "+7 900 000-00-00",
    "license_plate": "A123BC77", "vehicle_model": "GAZelle Next",
}  # fmt: skip

EXAMPLES: dict[str, Any] = {
    **{f"POST /api/v1/parcels/{{parcel_id}}/{word}": body for word, body in ACTS.items()},
    **{f"POST /api/v1/consignments/{{consignment_id}}/{word}": body for word, body in OF_CONSIGNMENTS.items()},
    **{
        f"POST /api/v1/orphans/{{orphan_id}}/{word}": NOTE
        for word in ("dispose", "hand-to-marketplace", "return-to-carrier")
    },
    "POST /api/v1/account/language": {"language": "zh"},
    "POST /api/v1/account/password": {"current": "correct horse battery", "password": "another horse battery"},
    "POST /api/v1/arrival-passes/change": {"seller_id": 2_093_311, "by": "key:3n5q8w1x", "vehicles": [[1, VEHICLE]]},
    "POST /api/v1/arrival-passes/give": {"seller_id": 2_093_311, "by": "key:3n5q8w1x", "vehicles": [["MSK-2", VEHICLE]]},
    "POST /api/v1/arrival-passes/withdraw": {"seller_id": 2_093_311, "ids": [1]},
    "POST /api/v1/authorizations": {
        "platform": "marketplace", "business_type": "CANCEL_ORDERS", "seller_id": 2_093_311,
        "key": "bh_rw_3n5q8w1x7z2c9v4b6m0k_0000",
    },
    "POST /api/v1/breaker/propose-release": {"reason": "A week of standstill is made up for."},
    "POST /api/v1/carrier-files": {"name": "statuses", "statuses": [{"number": "C-1001", "status": "lost"}]},
    "POST /api/v1/companies": {
        "company": "Kwai Chung Trading", "country": "HK", "name": "Ada Wong", "login": "ada@kwaichung.example",
        "password": "correct horse battery", "language": "zh",
    },
    "POST /api/v1/companies/confirm": {"token": "3n5q8w1x7z2c9v4b6m0k"},
    "POST /api/v1/consignments": {"destination_id": 1},
    "POST /api/v1/decisions": {"items": [{"parcel_id": UNIT, "decision": "dispose"}]},
    "POST /api/v1/decisions/preview": {"items": [{"parcel_id": UNIT, "decision": "dispose"}]},
    "POST /api/v1/destinations": {"country": "HK", "city": "Hong Kong", "street": "Kwai Chung, Unit 5B", "contact": "Mr Wong"},
    "POST /api/v1/disposal-ceilings": {"seller_id": 2_093_311},
    "POST /api/v1/disposal-ceilings/set": {
        "seller_id": 2_093_311, "by": "key:3n5q8w1x", "ceilings": {"proper_below_rub": 1_500, "defective_below_rub": None},
    },
    "POST /api/v1/disputes/{dispute_id}/credit": {"amount_minor": 1, "reason": WORDS},
    "POST /api/v1/disputes/{dispute_id}/refuse": {"reason": WORDS},
    "POST /api/v1/events": {"type": "return.expected", "timestamp": "2024-09-24T09:00:00Z", "data": COMING},
    "POST /api/v1/invoices/{number}/credits": {"line": f"receipt:{UNIT}", "amount_minor": 1, "reason": WORDS},
    "POST /api/v1/invoices/{number}/disputes": {"line": f"receipt:{UNIT}", "reason": WORDS},
    "POST /api/v1/keys": {"name": "ERP", "role": "returns"},
    "POST /api/v1/labels": {"parcel_ids": [UNIT], "form": "zpl"},
    "POST /api/v1/marked-photos": {"return_id": UNIT, "photo": PHOTO},
    "POST /api/v1/messages/read": {"until": 1},
    "POST /api/v1/orphans": {"warehouse": "MSK-2", "weight_gram": 350, "codes": "4006381333931", "shelf": "O-01", "photos": [PHOTO]},
    "POST /api/v1/orphans/{orphan_id}/match": {"parcel_id": UNIT},
    "POST /api/v1/orphans/{orphan_id}/move": {"shelf": "O-02"},
    "POST /api/v1/payments": {
        "invoice": "INV-000001", "date": "2024-11-01", "amount_minor": 1, "currency": "CNY", "reference": "B-1",
    },
    "POST /api/v1/payments/match": {"reference": "B-1", "invoice": "INV-000001"},
    "POST /api/v1/pickup-barcode": {"seller_id": 2_093_311, "by": "key:3n5q8w1x", "renew": False},
    "POST /api/v1/pickup-points": {"seller_id": 2_093_311},
    "POST /api/v1/pickups": {"seller_id": 2_093_311, "most": 100},
    "POST /api/v1/policy/preview": POLICY,
    "POST /api/v1/policy/versions": POLICY,
    "POST /api/v1/receiving/put-away": {"code": f"R-{UNIT}", "shelf": "B-01"},
    "POST /api/v1/receiving/scan": {"code": f"R-{UNIT}"},
    "POST /api/v1/second-checks/{parcel_id}/check": MARK,
    "POST /api/v1/second-checks/{parcel_id}/review": {"verdict": "revised", "comment": "It is dented at the back."},
    "POST /api/v1/sessions": {"login": "chen@lumitek.cn", "password": "correct horse battery"},
    "POST /api/v1/standing-rules": {"seller_id": 2_093_311, "below_rub": 1_500},
    "POST /api/v1/tariff/preview": TARIFF,
    "POST /api/v1/tariff/versions": TARIFF,
    "POST /api/v1/webhooks": HOOK,
    "PUT /api/v1/webhooks/{webhook_id}": HOOK,
    "POST /api/v1/webhooks/{webhook_id}/redeliver": {
        "since": "2024-10-01T00:00:00Z", "until": "2024-10-02T00:00:00Z", "undelivered": True,
    },
    "POST /api/v1/webhooks/{webhook_id}/secrets": {"keep_hours": 24},
}  # fmt: skip
